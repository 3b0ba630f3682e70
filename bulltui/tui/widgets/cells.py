"""Cells of a table: text with a style, cut and padded to an exact number of terminal cells. Never markup."""

from collections.abc import Sequence
from typing import Literal, TypeAlias

from rich.cells import cell_len, set_cell_size
from rich.segment import Segment
from rich.style import Style

from bulltui.domain.text import visible
from bulltui.tui.themes import Palette, StyleLike, faded, upon

Cell: TypeAlias = str | tuple[str, StyleLike] | list[tuple[str, StyleLike]] | list[tuple[str, str]]
"""A text; a text and its style; or a list of such pieces, one after the other, for bars and sparklines.

A list must not be changed once it was given to a table: tables compare cells to see what to paint.
"""

Align: TypeAlias = Literal["left", "right"]


def width_of(text: str) -> int:
    """How many cells `text` takes in a terminal."""
    return len(text) if text.isascii() else cell_len(text)


def cut(text: str, width: int) -> str:
    """`text` in at most `width` cells, with `…` at its end when it was cut; wide characters count two.

    >>> cut("waiting-children", 8)
    'waiting…'
    """
    if width <= 0:
        return ""
    # Names may be very long: only what could be seen is looked at. Combining signs take no cell, hence the factor.
    head = text[: width * 4 + 8]
    if not head.isprintable():
        head = visible(head)
    if len(head) <= width and head.isascii() and len(head) == len(text):
        return head
    if width_of(head) <= width and len(text) <= width * 4 + 8:
        return head
    if head.isascii():
        return head[: width - 1] + "…"
    return set_cell_size(head, width - 1) + "…"


_LEAST_LABEL = 3


def cut_name(text: str, width: int) -> str:
    """`server/queue` in at most `width` cells such that both can still be told: of the server the middle goes, since
    names of servers often differ in their ends, and of the queue the end.

    >>> cut_name("production-eu/payments", 14)
    'prod…-eu/paym…'
    """
    label, mark, name = text[: width * 8 + 64].partition("/")
    if not mark or width_of(text) <= width or not label.isascii():
        return cut(text, width)
    most = max(_LEAST_LABEL, (width - 1) // 2, width - 1 - width_of(name))
    if len(label) > most:
        head = most // 2
        label = f"{label[:head]}…{label[len(label) - (most - 1 - head) :]}"
    return cut(f"{label}/{name}", width)


class Pen:
    """Turns styles of cells into whole styles upon one background, remembering each."""

    def __init__(self, base: Style, palette: Palette, *, stale: bool = False) -> None:
        self.base = faded(base) if stale else base
        self._whole = base
        self._palette = palette
        self._stale = stale
        self._styles: dict[StyleLike, Style] = {"": self.base}

    def style(self, name: StyleLike) -> Style:
        """The style of a piece of text upon this pen's background."""
        style = self._styles.get(name)
        if style is None:
            style = upon(self._whole, self._palette.style(name))
            style = self._styles[name] = faded(style) if self._stale else style
        return style


def paint(cell: Cell, width: int, align: Align, pen: Pen, out: list[Segment]) -> None:
    """Add the segments of `cell` to `out`: exactly `width` cells, whatever the cell holds."""
    if isinstance(cell, list):
        _paint_pieces(cell, width, align, pen, out)
        return
    text, name = (cell, "") if isinstance(cell, str) else cell
    text = cut(text, width)
    style = pen.style(name)
    space = width - width_of(text)
    if space <= 0:
        out.append(Segment(text, style))
    elif style.reverse or style.underline or style.bgcolor is not pen.base.bgcolor:
        # The padding of such a cell would show: it is drawn in the row's own style.
        padding = Segment(" " * space, pen.base)
        out.extend((padding, Segment(text, style)) if align == "right" else (Segment(text, style), padding))
    else:
        out.append(Segment(" " * space + text if align == "right" else text + " " * space, style))


def _paint_pieces(
    pieces: Sequence[tuple[str, StyleLike]], width: int, align: Align, pen: Pen, out: list[Segment]
) -> None:
    drawn: list[Segment] = []
    left = width
    for position, (text, name) in enumerate(pieces):
        if not text:
            continue
        shown = cut(text, left)
        size = width_of(shown)
        if size == left and not shown.endswith("…") and any(more for more, _ in pieces[position + 1 :]):
            shown = cut(text + "  ", left)  # more follows and has no room: say so
        if shown:
            drawn.append(Segment(shown, pen.style(name)))
        left -= width_of(shown)
        if left <= 0:
            break
    if left > 0:
        padding = Segment(" " * left, pen.base)
        drawn = [padding, *drawn] if align == "right" else [*drawn, padding]
    out.extend(drawn)
