"""Regular expressions as trees. What is known here can be found in a time that only grows with the text, so references
back to a group and looking around are not."""

import re
from collections.abc import Callable
from dataclasses import dataclass

MOST_REPEATS = 100
"""How often a counted repeat (`a{3,5}`) may repeat at most."""

DEEPEST = 50
"""Groups within each other at most."""

_COUNTED = re.compile(r"\{(\d{0,6})(?:(,)(\d{0,6}))?\}")
_HEX = re.compile(r"x([0-9a-fA-F]{2})|u([0-9a-fA-F]{4})")
_CONTROLS = {"n": "\n", "r": "\r", "t": "\t", "f": "\f", "v": "\v"}


class RegexError(ValueError):
    """A pattern that is not understood, at an index of it."""

    def __init__(self, message: str, at: int) -> None:
        super().__init__(message)
        self.message = message
        self.at = at


def is_word(sign: str) -> bool:
    """A letter, a digit or `_`, in any script."""
    return sign.isalnum() or sign == "_"


_CLASSES: dict[str, Callable[[str], bool]] = {
    "d": str.isdecimal,
    "w": is_word,
    "s": str.isspace,
    "D": lambda sign: not sign.isdecimal(),
    "W": lambda sign: not is_word(sign),
    "S": lambda sign: not sign.isspace(),
}


@dataclass(frozen=True, slots=True)
class Signs:
    """One character out of `ranges` (first and last) and `classes` (letters as in `\\d`), or, `negated`, any other."""

    ranges: tuple[tuple[str, str], ...] = ()
    classes: str = ""
    negated: bool = False

    def has(self, spellings: str) -> bool:
        """Whether one of these, all spellings of a character, is meant."""
        for sign in spellings:
            if any(low <= sign <= high for low, high in self.ranges) or any(
                _CLASSES[one](sign) for one in self.classes
            ):
                return not self.negated
        return self.negated

    @property
    def literal(self) -> str:
        """The character, where it is one only."""
        if self.negated or self.classes or len(self.ranges) != 1:
            return ""
        ((low, high),) = self.ranges
        return low if low == high else ""


@dataclass(frozen=True, slots=True)
class Edge:
    """A place between characters: `^` or `$`, the start and the end of the text, `b` or `B`, of a word or not."""

    kind: str


@dataclass(frozen=True, slots=True)
class Repeat:
    """A part, `low` to `high` times, None for without end."""

    part: "Tree"
    low: int
    high: int | None


@dataclass(frozen=True, slots=True)
class Row:
    """Parts behind each other."""

    parts: "tuple[Tree, ...]"


@dataclass(frozen=True, slots=True)
class Choice:
    """Any of the parts."""

    parts: "tuple[Tree, ...]"


Tree = Signs | Edge | Repeat | Row | Choice


def read(pattern: str) -> Tree:
    """The tree of a pattern. Raises RegexError."""
    reader = _Reader(pattern)
    tree = reader.choice()
    if reader.next:
        raise RegexError("Nothing was opened that this bracket closes.", reader.at)
    return tree


def literal(tree: Tree) -> str:
    """The longest text that stands in every text with the pattern, as far as it shows; empty for none."""
    if isinstance(tree, Signs):
        return tree.literal
    if not isinstance(tree, Row):
        return ""
    texts = [""]
    for part in tree.parts:
        one = part.literal if isinstance(part, Signs) else ""
        if one:
            texts[-1] += one
        elif not isinstance(part, Edge):
            inner = part.part if isinstance(part, Repeat) and part.low else part
            texts += [literal(inner), ""]
    return max(texts, key=len)


class _Reader:
    def __init__(self, pattern: str) -> None:
        self._pattern = pattern
        self._depth = 0
        self.at = 0

    @property
    def next(self) -> str:
        """The next character, empty at the end."""
        return self._pattern[self.at : self.at + 1]

    def choice(self) -> Tree:
        """Parts with `|` between them."""
        parts = [self._row()]
        while self.next == "|":
            self.at += 1
            parts.append(self._row())
        return parts[0] if len(parts) == 1 else Choice(tuple(parts))

    def _row(self) -> Tree:
        parts: list[Tree] = []
        while self.next and self.next not in "|)":
            part = self._repeated(self._atom())
            parts += part.parts if isinstance(part, Row) else (part,)
        return parts[0] if len(parts) == 1 else Row(tuple(parts))

    def _repeated(self, part: Tree) -> Tree:
        counts = self._counts()
        if counts is None:
            return part
        if self.next == "?":  # whether it takes as few as it can makes no difference to whether it is there
            self.at += 1
        again = self.at
        if self._counts() is not None:
            raise RegexError("This is repeated already: put it in brackets to repeat it again.", again)
        return Repeat(part, *counts)

    def _counts(self) -> tuple[int, int | None] | None:
        start = self.at
        known: dict[str, tuple[int, int | None]] = {"*": (0, None), "+": (1, None), "?": (0, 1)}
        if self.next in known:
            self.at += 1
            return known[self._pattern[start]]
        found = _COUNTED.match(self._pattern, start)
        if found is None or not (found[1] or found[3]):
            return None
        self.at = found.end()
        low = int(found[1] or 0)
        high = low if not found[2] else int(found[3]) if found[3] else None
        if high is not None and high < low:
            raise RegexError("This repeat ends below its start.", start)
        if max(low, high or 0) > MOST_REPEATS:
            raise RegexError(f"A counted repeat goes up to {MOST_REPEATS}.", start)
        return low, high

    def _atom(self) -> Tree:
        start, sign = self.at, self.next
        self.at += 1
        if sign == "(":
            return self._group(start)
        if sign == "[":
            return self._set(start)
        if sign == ".":
            return Signs((("\n", "\n"),), negated=True)
        if sign in "^$":
            return Edge(sign)
        if sign == "\\":
            if self.next in ("b", "B"):
                self.at += 1
                return Edge(self._pattern[self.at - 1])
            return self._escape(start)
        if sign in "*+?":
            raise RegexError("There is nothing before this that could be repeated.", start)
        return Signs(((sign, sign),))

    def _group(self, start: int) -> Tree:
        if self.next == "?":
            if self._pattern[self.at : self.at + 2] != "?:":
                raise RegexError("Only plain groups are known here, (...) and (?:...).", start)
            self.at += 2
        self._depth += 1
        if self._depth > DEEPEST:
            raise RegexError(f"More than {DEEPEST} groups stand within each other here.", start)
        tree = self.choice()
        self._depth -= 1
        if self.next != ")":
            raise RegexError("This bracket is never closed.", start)
        self.at += 1
        return tree

    def _escape(self, start: int) -> Signs:
        sign = self.next
        if not sign:
            raise RegexError("Nothing stands behind this backslash.", start)
        found = _HEX.match(self._pattern, self.at)
        if found is not None:
            self.at = found.end()
            one = chr(int(found[1] or found[2], 16))
            return Signs(((one, one),))
        self.at += 1
        if sign in _CLASSES:
            return Signs(classes=sign)
        if sign.isalnum() and sign not in _CONTROLS:
            raise RegexError(f"\\{sign} is not known here.", start)
        one = _CONTROLS.get(sign, sign)
        return Signs(((one, one),))

    def _set(self, start: int) -> Signs:
        negated = self.next == "^"
        self.at += negated
        ranges: list[tuple[str, str]] = []
        classes = ""
        first = self.at
        while self.next != "]" or self.at == first:
            at = self.at
            low = self._member(start)
            if self.next == "-" and self._pattern[self.at + 1 : self.at + 2] not in ("]", ""):
                self.at += 1
                high = self._member(start)
                if not low.literal or not high.literal or high.literal < low.literal:
                    raise RegexError("This range has no characters.", at)
                ranges.append((low.literal, high.literal))
            else:
                ranges += low.ranges
                classes += low.classes
        self.at += 1
        return Signs(tuple(ranges), classes, negated)

    def _member(self, start: int) -> Signs:
        at, sign = self.at, self.next
        if not sign:
            raise RegexError("This set is never closed.", start)
        self.at += 1
        return self._escape(at) if sign == "\\" else Signs(((sign, sign),))
