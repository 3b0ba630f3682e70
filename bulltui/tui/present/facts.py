"""A name and what is said of it, line by line, and two columns of such lines."""

from collections.abc import Sequence

from bulltui.tui.present.line import Pieces
from bulltui.tui.widgets.cells import cut, width_of

GOOD, BAD = ("✓", "ok"), ("✖", "failed bold")
"""Signs before what is said."""
Phrase = tuple[str, str]
"""Some words and their token. An empty one is left out."""

_NAME = 10


def heading(text: str, more: str = "") -> Pieces:
    """What the lines below are about."""
    return [(f" {text}", "bold"), (f"  {more}" if more else "", "dim")]


def row(name: str, width: int, *said: Phrase) -> list[Pieces]:
    """A name and phrases, folded between these where they do not fit, and between words where one alone does not. A
    sign stays with the phrase behind it."""
    room = max(12, width - _NAME - 3)
    lines: list[Pieces] = [[]]
    used, gap, signed = 0, 0, False
    for place, (text, token) in enumerate(said):
        words = text.split()
        whole = width_of(" ".join(words))
        signs = (text, token) in (GOOD, BAD)
        if signs and place + 1 < len(said):
            whole += 1 + width_of(" ".join(said[place + 1][0].split()))
        # What is wider than a line is folded anyway, but its sign would be alone at the end of one.
        if used and not signed and used + gap + whole > room and (signs or room >= whole):
            lines.append([])
            used = 0
        for word in words:
            if used and used + gap + width_of(word) > room:
                lines.append([])
                used = 0
            piece = cut(word, room)
            gap = gap if used else 0
            lines[-1].append((" " * gap + piece, token))
            used += gap + width_of(piece)
            gap = 1
        gap, signed = (1, True) if signs else (2, False)
    return [[(f" {'' if place else name:<{_NAME}} ", "dim"), *pieces] for place, pieces in enumerate(lines)]


def faded(lines: Sequence[Pieces]) -> list[Pieces]:
    """The same as one sees that it is old. What was bad is not better by that."""
    return [
        [(text, style if style == "dim" or "failed" in str(style) else "stale") for text, style in line]
        for line in lines
    ]


def beside(left: Sequence[Pieces], right: Sequence[Pieces], left_width: int) -> list[Pieces]:
    """Two columns, the left one so many cells wide."""
    lines: list[Pieces] = []
    for place in range(max(len(left), len(right))):
        first = left[place] if place < len(left) else []
        second = right[place] if place < len(right) else []
        used = sum(width_of(text) for text, _ in first)
        lines.append([*first, (" " * max(1, left_width - used), ""), ("│", "dim"), *second])
    return lines
