"""A line of parts that gives up its least important parts before it cuts any."""

from collections.abc import Sequence
from dataclasses import dataclass

from bulltui.domain.text import visible
from bulltui.tui.themes import StyleLike
from bulltui.tui.widgets.cells import Cell, cut, width_of

Pieces = list[tuple[str, StyleLike]]
"""Pieces of text, each with the tokens of its style."""


def pieces(cell: Cell) -> Pieces:
    """A cell as the pieces it has."""
    if isinstance(cell, list):
        return [*cell]
    return [(cell, "")] if isinstance(cell, str) else [cell]


@dataclass(frozen=True, slots=True)
class Part:
    """A part of a line. Those of the lowest `priority` go first when there is no room; `right` stands at the right."""

    pieces: tuple[tuple[str, StyleLike], ...]
    priority: int
    right: bool = False

    @property
    def width(self) -> int:
        """Cells it takes."""
        return sum(width_of(text) for text, _ in self.pieces)


def part(priority: int, *said: tuple[str, StyleLike], right: bool = False) -> Part:
    """A part of these pieces, the empty ones left out."""
    return Part(tuple(piece for piece in said if piece[0]), priority, right)


def fit(parts: Sequence[Part], width: int, gap: int = 2, margin: int = 1) -> Pieces:
    """The line in at most `width` cells: parts `gap` apart, a margin at both ends, the right ones at the right end."""
    shown = [one for one in parts if one.pieces]
    room = max(0, width - 2 * margin)
    while len(shown) > 1 and sum(one.width + gap for one in shown) - gap > room:
        shown.remove(min(shown, key=lambda one: one.priority))
    left = _joined([one for one in shown if not one.right], gap)
    right = _joined([one for one in shown if one.right], gap)
    used = sum(width_of(text) for text, _ in (*left, *right))
    if used > room:
        return [(" " * margin, ""), *_cut(left or right, room)]
    return [(" " * margin, ""), *left, (" " * (room - used if right else 0), ""), *right, (" " * margin, "")]


def _joined(parts: Sequence[Part], gap: int) -> Pieces:
    pieces: Pieces = []
    for one in parts:
        if pieces:
            pieces.append((" " * gap, ""))
        pieces += one.pieces
    return pieces


def _cut(pieces: Pieces, width: int) -> Pieces:
    shown: Pieces = []
    for text, style in pieces:
        piece = cut(text, width)
        shown.append((piece, style))
        width -= width_of(piece)
        if width <= 0:
            break
    return shown


def crumbs(names: Sequence[str], width: int) -> Pieces:
    """Where one is, from the list of queues to the job; the state between them goes first."""
    parts = [part(5, ("Queues", "dim"))]
    for place, name in enumerate(names):
        parts.append(part((9, 3, 8)[place], ("› ", "dim"), (visible(name), "dim" if place == 1 else "bold")))
    return fit(parts, width, gap=1)
