"""What must stand in a stored field for a text to be in it: what a server can look for without knowing JSON.

A JSON text may hold a character as an escape: `é` as `\\u00e9` (Python, PHP), `/` as `\\/` (Lua, PHP), `<` as `\\u003c`
(Go, .NET). Letters, digits and most signs of ASCII are written as they are by every library, and are taken to be.
"""

import re
from dataclasses import dataclass
from itertools import groupby

from bulltui.domain.query.folding import fold, spellings
from bulltui.domain.scan import Kind
from bulltui.domain.text import exact, to_bytes

_PLAIN = re.compile(r"[ !#-%(-*,-.0-;=?-\[\]-_A-Za-z{-~]+")
_ASCII = re.compile(r"[\x00-\x7f]+")
_WORTH_A_LOOK = 4
"""Bytes of a text without case from which on it is worth to look for it first: nothing must be lowered for that."""

Look = tuple[Kind, str]
"""How the server is to look for a text, as in a `Test`."""


@dataclass(frozen=True, slots=True)
class Needle:
    """A text that is looked for, without regard to case unless `exact`."""

    text: str
    exact: bool = False

    @classmethod
    def of(cls, text: str, *, exact: bool = False) -> "Needle":
        """The needle of a text as typed."""
        return cls(text if exact else fold(text), exact)

    @property
    def plain(self) -> bool:
        """Whether JSON can hold it only as it is."""
        return not self.text or _PLAIN.fullmatch(self.text) is not None

    @property
    def runs(self) -> list[str]:
        """The parts of it that JSON can hold only as they are."""
        return _PLAIN.findall(self.text)

    def within(self, text: str) -> bool:
        """Whether a plain text has it."""
        return self._holds(self.text, text)

    def may_be_in(self, stored: str) -> bool:
        """Whether a JSON text can have it, as it is or escaped."""
        if self.within(stored):
            return True
        return "\\" in stored and not self.plain and all(self._holds(run, stored) for run in self.runs)

    def _holds(self, part: str, text: str) -> bool:
        if self.exact:
            return part in text
        if part.isascii() and not text.isascii():  # as `fold` finds it, and sooner
            return part.encode() in text.encode("utf-8", "surrogatepass").lower()
        return part in fold(text)

    def looks(self) -> list[Look]:
        """How a server finds the fields that have it as it is: all must hold, and the last one alone would do. None
        for an empty text, which is in every field."""
        if not self.text:
            return []
        places = [{byte} for byte in to_bytes(self.text)] if self.exact else _places(self.text)
        if all(len(place) == 1 for place in places):
            return [(Kind.HAS, self.text)]
        letters = all(sign.isascii() or len(spellings(sign)) == 1 for sign in self.text)
        whole = (Kind.FOLD, self.text) if letters else (Kind.PATTERN, exact(b"".join(map(_class, places))))
        return [*_first(places, whole[0]), whole]


def _places(text: str) -> list[set[int]]:
    """The bytes that may stand at each place of a text, however it is spelt."""
    return [
        set(place) for sign in text for place in zip(*(to_bytes(spelling) for spelling in spellings(sign)), strict=True)
    ]


def _first(places: list[set[int]], kind: Kind) -> list[Look]:
    """A faster look for the longest part that is spelt in one way only, if it is worth it."""
    single = (b"".join(bytes(place) for place in run) for one, run in groupby(places, _single) if one)
    longest = max(single, key=len, default=b"")
    worth = len(longest) >= _WORTH_A_LOOK if kind is Kind.FOLD else bool(longest)
    return [(Kind.HAS, exact(longest))] if worth else []


def _single(place: set[int]) -> bool:
    return len(place) == 1


def _class(place: set[int]) -> bytes:
    """A byte in a Lua pattern."""
    if len(place) > 1:
        return b"[" + bytes(sorted(place)) + b"]"
    (byte,) = place
    if byte == 0:
        return b"%z"
    return bytes(place) if byte >= 0x80 or chr(byte).isalnum() else b"%" + bytes(place)
