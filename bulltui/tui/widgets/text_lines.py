"""Lines of text with the styles of their parts, as given or as a highlighter finds them when a line comes in sight."""

from collections.abc import Callable, Iterable, Sequence
from typing import TypeAlias

from rich.segment import Segment
from rich.style import Style
from textual.cache import LRUCache

from bulltui.tui.themes import StyleLike
from bulltui.tui.widgets.wrap import PIECE, clean

Line: TypeAlias = str | list[tuple[str, StyleLike]] | list[tuple[str, str]]
"""A line of text, or the pieces of one with their styles."""
Span: TypeAlias = tuple[int, int, StyleLike]
"""From a character up to, without, another, and the style between."""
Highlighter: TypeAlias = Callable[[str], Iterable[Span]]
"""Gives the spans of one line; called for lines that come in sight only. Later spans are laid upon earlier ones."""


class TextLines:
    """The lines of a text, and their spans."""

    def __init__(self, highlighter: Highlighter | None = None) -> None:
        self.lines: list[str] = []
        self._spans: dict[int, list[Span]] = {}
        self._highlighter = highlighter
        self._found: LRUCache[int, list[Span]] = LRUCache(256)

    def clear(self) -> None:
        """Forget all lines."""
        self.lines = []
        self._spans = {}
        self._found.clear()

    def extend(self, text: str | Iterable[Line]) -> None:
        """Add lines, or a text of several."""
        if isinstance(text, str):
            self.lines.extend(text.removesuffix("\n").split("\n") if text else ())
            return
        for line in text:
            if isinstance(line, str):
                self.lines.extend(line.split("\n") if "\n" in line else (line,))
                continue
            spans: list[Span] = []
            whole = ""
            for piece, style in line:
                shown = clean(piece)
                spans.append((len(whole), len(whole) + len(shown), style))
                whole += shown
            self._spans[len(self.lines)] = spans
            self.lines.append(whole)

    def drop(self, count: int) -> None:
        """Forget the first lines."""
        del self.lines[:count]
        self._spans = {line - count: spans for line, spans in self._spans.items() if line >= count}
        self._found.clear()

    def spans(self, line: int) -> Sequence[Span]:
        """The spans of a line as it is shown. Very long lines are not highlighted."""
        given = self._spans.get(line)
        if given is not None or self._highlighter is None:
            return given or ()
        text = self.lines[line]
        if len(text) > PIECE:
            return ()
        found = self._found.get(line)
        if found is None:
            found = self._found[line] = list(self._highlighter(clean(text)))
        return found


def segments(text: str, styles: Sequence[Style]) -> list[Segment]:
    """`text` in segments, each character in its style."""
    out: list[Segment] = []
    start = 0
    for at in range(1, len(text) + 1):
        if at == len(text) or styles[at] is not styles[start]:
            out.append(Segment(text[start:at], styles[start]))
            start = at
    return out
