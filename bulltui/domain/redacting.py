"""Goes through the text of a payload and masks what rules hide in it.

The text may be only the start of JSON, or no JSON at all: it is taken token by token, and from the first that does not
fit nothing more is let through. Nothing is parsed as a whole, so that names which come twice are all seen.
"""

import json
import re

from bulltui.domain.jsontext import CUT_ESCAPE
from bulltui.domain.redaction import MASK, Places, Redaction

_TOKEN = re.compile(
    r"""[ \t\r\n]*(?:
      (?P<text>"(?:[^"\\]|\\.)*+")
    | (?P<sign>[{}\[\],:])
    | (?P<plain>(?:-?[0-9]+(?:\.[0-9]*)?(?:[eE][+-]?[0-9]*)?|true|false|null|NaN|-?Infinity)(?![^\s,\]}]))
    | (?P<part>"(?:[^"\\]|\\.)*+\\?\Z)
    | (?P<rest>[-a-zN]{1,4}\Z)
    | (?P<end>\Z)
    )""",
    re.VERBOSE | re.DOTALL,
)
_WITHIN = re.compile(r"[\s\ufeff]*[\[{\"]")
_DEPTH = 8
"""JSON within texts of JSON deeper than this is hidden."""
_MASKED = f'"{MASK}"'


def masked(redaction: Redaction, name: str, text: str, *, cut: bool = False) -> str:
    """The text of the payload `name` with what is hidden in it masked, the very same where nothing is. `cut` says that
    it is only the start of one. What is no JSON from some place on is hidden from there."""
    places = redaction.start(name)
    if not places or not text:
        return text
    return _MASKED if redaction.hides(places) else _Masking(redaction, text, cut=cut).of(places)


class _Masking:
    """One text on its way. `stack` is what one is in, each with the places of the rules there and how many items of it
    were met."""

    def __init__(self, redaction: Redaction, text: str, *, cut: bool, depth: int = 0) -> None:
        self._redaction = redaction
        self._source = text
        self._cut = cut
        self._depth = depth
        self._out: list[str] = []
        self._kept = 0
        self._stack: list[tuple[str, Places, int]] = []
        self._hidden: tuple[int, int] | None = None  # where what is hidden begins, and how deep it lies
        self.broken = False

    def of(self, places: Places) -> str:
        """The text with what is hidden masked."""
        expects, at = "value", 0
        while True:
            found = _TOKEN.match(self._source, at)
            kind = found.lastgroup if found else None
            if found is None or kind is None or kind in ("part", "rest", "end"):
                self._last(at if found is None or kind is None else found.start(kind), kind, expects, places)
                break
            word, start, at = found[kind], found.start(kind), found.end()
            if kind == "text" and expects in ("name", "first name"):
                name = _meant(word)
                if name is None:
                    self._hide_from(start)
                    break
                places, expects = self._redaction.below(self._stack[-1][1], name), "colon"
            elif word == ":" and expects == "colon":
                expects = "value"
            elif expects in ("value", "first value") and word not in "]},:":
                places = self._item(places)
                expects = self._value(kind, word, start, at, places)
            elif word == "," and expects == "next":
                expects = "name" if self._stack[-1][0] == "{" else "value"
            elif self._closes(word, expects):
                self._stack.pop()
                self._left(at)
                expects = self._next
            else:
                self._hide_from(start)
                break
        return "".join(self._out) + self._source[self._kept :] if self._out else self._source

    @property
    def _next(self) -> str:
        return "next" if self._stack else "end"

    def _closes(self, word: str, expects: str) -> bool:
        if not self._stack:
            return False
        opened = self._stack[-1][0]
        return (word == "}" and opened == "{" and expects in ("next", "first name")) or (
            word == "]" and opened == "[" and expects in ("next", "first value")
        )

    def _item(self, places: Places) -> Places:
        """The places of the value that comes: in a list those of its next item."""
        if not self._stack or self._stack[-1][0] == "{":
            return places
        opened, above, count = self._stack[-1]
        self._stack[-1] = (opened, above, count + 1)
        return self._redaction.below(above, count)

    def _value(self, kind: str, word: str, start: int, end: int, places: Places) -> str:
        if self._hidden is None and self._redaction.hides(places):
            self._hidden = (start, len(self._stack))
        if kind == "sign":
            self._stack.append((word, places, 0))
            return "first name" if word == "{" else "first value"
        if self._hidden is None and kind == "text":
            self._within(start, end, places, cut=False)
        self._left(end)
        return self._next

    def _left(self, end: int) -> None:
        """A value has ended: if it is the one that is hidden, it is masked."""
        if self._hidden is not None and self._hidden[1] == len(self._stack):
            self._put(self._hidden[0], end, _MASKED)
            self._hidden = None

    def _last(self, start: int, kind: str | None, expects: str, places: Places) -> None:
        """The end, or the start of a word, which stands at the end of what is cut; else it is no JSON."""
        awaited = expects in ("value", "first value")
        if self._hidden is not None:
            self._hide_from(start)
        elif kind == "end":
            return
        elif not self._cut or kind is None:
            self._hide_from(start)
        elif awaited:
            places = self._item(places)
            if self._redaction.hides(places):
                self._hide_from(start)
            elif kind == "part":
                self._within(start, len(self._source), places, cut=True)
        elif kind != "part" or expects not in ("name", "first name"):
            self._hide_from(start)

    def _within(self, start: int, end: int, places: Places, *, cut: bool) -> None:
        """Masks in JSON that is the text of a value."""
        word = self._source[start:end]
        text = _meant(CUT_ESCAPE.sub(r"\1", word) + '"' if cut else word)
        if text is None:
            self._put(start, end, _MASKED)
        elif _WITHIN.match(text):
            if self._depth >= _DEPTH:
                self._put(start, end, _MASKED)
                return
            inner = _Masking(self._redaction, text.lstrip("\ufeff"), cut=cut, depth=self._depth + 1)
            found = inner.of(places)
            # A text that only looks like JSON at its start, such as "[mail] sent", stays.
            if found != text and not (inner.broken and ":" not in text and "\\" not in text):
                self._put(start, end, json.dumps(found, ensure_ascii=False))

    def _hide_from(self, start: int) -> None:
        self.broken = self._hidden is None
        self._put(start if self._hidden is None else self._hidden[0], len(self._source), _MASKED)

    def _put(self, start: int, end: int, instead: str) -> None:
        self._out += (self._source[self._kept : start], instead)
        self._kept = end


def _meant(word: str) -> str | None:
    """The text that a JSON string means, None where it means none."""
    try:
        value = json.loads(word, strict=False)
    except ValueError:
        return None
    return value if isinstance(value, str) else None
