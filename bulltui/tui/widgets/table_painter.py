"""How a table's lines look: strips made from cells, each remembered until its cells, its state or the look change."""

import textwrap
from collections.abc import Hashable, Sequence
from dataclasses import dataclass

from rich.segment import Segment
from rich.style import Style
from textual.cache import LRUCache
from textual.strip import Strip

from bulltui.tui.themes import Palette
from bulltui.tui.widgets.cells import Cell, Pen, cut, paint, width_of
from bulltui.tui.widgets.columns import Column, Placed, place

SIGNS = 2
"""Cells at the left of each row: the sign of the cursor and the sign of a mark."""
CURSOR_SIGN, MARK_SIGN, NOT_LOADED = "▌", "✓", "·"
SORT_SIGNS = {False: "▲", True: "▼"}
_KEPT = 256  # strips remembered: some screens. More would only give the garbage collector more to walk through.
_ROOMY = 100  # from this width on, columns stand two cells apart


@dataclass(frozen=True)
class Look:
    """All that decides how the same cells look."""

    width: int
    columns: tuple[Column, ...]
    base: Style
    header: Style
    sorted: Style
    cursor: Style
    marked: Style
    sign: Style
    placeholder: Style
    palette: Palette
    stale: bool


class TablePainter:
    """Draws rows in one look. A table makes another painter when the look changes."""

    def __init__(self, look: Look) -> None:
        self.look = look
        self._gap = 2 if look.width >= _ROOMY else 1
        self.placed: tuple[Placed, ...] = place(look.columns, look.width - SIGNS, self._gap)
        self._pens: dict[tuple[bool, bool], Pen] = {}
        self._strips: LRUCache[tuple[Hashable, bool, bool], tuple[Sequence[Cell], Strip]] = LRUCache(_KEPT)
        self._blanks: dict[tuple[bool, bool], Strip] = {}
        self._messages: dict[int, Strip] = {}
        self._message = ""

    def column_at(self, x: int) -> Column | None:
        """The column at a cell of the line; the gap after a column belongs to it."""
        for placed in self.placed:
            if placed.x <= x - SIGNS < placed.x + placed.width + self._gap:
                return self.look.columns[placed.index]
        return None

    def row(self, key: Hashable | None, cells: Sequence[Cell] | None, cursor: bool, marked: bool) -> Strip:
        """The strip of a row; the very same object as long as nothing about it changed."""
        if key is None or cells is None:
            blank = self._blanks.get((cursor, marked))
            if blank is None:
                sign = (NOT_LOADED, self.look.placeholder)
                blank = self._blanks[cursor, marked] = self._strip([sign] * len(self.look.columns), cursor, marked)
            return blank
        known = self._strips.get((key, cursor, marked))
        if known is not None and known[0] == cells:
            return known[1]
        strip = self._strip(cells, cursor, marked)
        self._strips[key, cursor, marked] = (cells, strip)
        return strip

    def _strip(self, cells: Sequence[Cell], cursor: bool, marked: bool) -> Strip:
        pen = self._pen(cursor, marked)
        signs = (CURSOR_SIGN if cursor else " ") + (MARK_SIGN if marked else " ")
        out = [Segment(signs, pen.style(self.look.sign) if cursor or marked else pen.base)]
        gap = Segment(" " * self._gap, pen.base)
        at = 0
        for placed in self.placed:
            if at:
                out.append(gap)
            cell: Cell = cells[placed.index] if placed.index < len(cells) else ""
            column = self.look.columns[placed.index]
            if column.shorten is not None and isinstance(cell, str):
                cell = column.shorten(cell, placed.width)
            paint(cell, placed.width, column.align, pen, out)
            at = placed.x + placed.width
        return self._filled(out, SIGNS + at, pen.base)

    def _filled(self, out: list[Segment], used: int, style: Style) -> Strip:
        if used < self.look.width:
            out.append(Segment(" " * (self.look.width - used), style))
            used = self.look.width
        return Strip(out, used)

    def _pen(self, cursor: bool, marked: bool) -> Pen:
        pen = self._pens.get((cursor, marked))
        if pen is None:
            look = self.look
            base = look.cursor if cursor else look.base
            if marked:
                base += look.marked
            pen = self._pens[cursor, marked] = Pen(base, look.palette, stale=look.stale)
        return pen

    def header(self, sort: tuple[str, bool] | None) -> Strip:
        """The titles, the sign of the order at that of the column that rows are sorted by."""
        look = self.look
        out = [Segment(" " * SIGNS, look.header)]
        at = 0
        for placed in self.placed:
            column = look.columns[placed.index]
            if at:
                out.append(Segment(" " * self._gap, look.header))
            title, style = column.title, look.header
            if sort is not None and sort[0] == column.key:
                sign = SORT_SIGNS[sort[1]]
                room = " " if width_of(title) + 2 <= placed.width else ""
                title = f"{cut(title, placed.width - 1 - len(room))}{room}{sign}" if placed.width > 3 else sign
                style = look.sorted
            title = cut(title, placed.width)
            space = " " * (placed.width - width_of(title))
            out.append(Segment(space + title if column.align == "right" else title + space, style))
            at = placed.x + placed.width
        return self._filled(out, SIGNS + at, look.header)

    def message(self, text: str, line: int) -> Strip:
        """Line `line` under the header of a text shown instead of rows, or below them; the very same object as long as
        the text is the same."""
        if text != self._message:
            self._message = text
            self._messages.clear()
        known = self._messages.get(line)
        if known is None:
            known = self._messages[line] = self._of_message(text, line)
        return known

    def _of_message(self, text: str, line: int) -> Strip:
        width = max(1, self.look.width - 2 * SIGNS)
        lines = [piece for part in text.split("\n") for piece in (textwrap.wrap(part, width) or [""])]
        shown = cut(lines[line - 1], width) if 0 < line <= len(lines) else ""
        out = [Segment(" " * SIGNS + shown, self.look.placeholder)]
        return self._filled(out, SIGNS + width_of(shown), self.look.base)
