"""Sentences as lines of a given width, harmless whatever they quote."""

from bulltui.domain.text import visible
from bulltui.tui.present.line import Pieces
from bulltui.tui.widgets.cells import width_of
from bulltui.tui.widgets.wrap import row_starts


def folded(text: str, width: int) -> list[str]:
    """`text` in lines of at most `width` cells, broken between words where that is possible."""
    width = max(8, width)
    lines: list[str] = []
    line = ""
    for word in visible(text).split(" "):
        joined = f"{line} {word}" if line else word
        if width_of(joined) <= width:
            line = joined
            continue
        if line:
            lines.append(line)
        starts = row_starts(word, width)
        ends = (*starts[1:], len(word))
        *whole, line = (word[start:end] for start, end in zip(starts, ends, strict=True))
        lines += whole
    return [*lines, line] if line or not lines else lines


def prose(text: str, token: str, width: int, *, sign: str = "", indent: str = " ") -> list[Pieces]:
    """A sentence as lines for `Lines`, with a sign before the first."""
    room = width - len(indent) - width_of(sign) - 1
    return [
        [(indent, ""), (sign if not place else " " * width_of(sign), token), (line, token)]
        for place, line in enumerate(folded(text, room))
    ]
