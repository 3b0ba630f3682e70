"""Tables of plain text: columns side by side, no boxes, as `kubectl` and `ps` write them."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from enum import Enum

from bulltui.domain.text import cells, cells_of, visible

__all__ = ["GAP", "Cell", "Column", "Row", "Table", "Tone", "cells", "cut"]

GAP = "  "
_LEAST = 8
_READABLE = 20
_FIRST = 20
_PADDED = 120
"""So wide at most is a column where nothing is cut: what is longer stands out, and no other line is filled up to it."""
_PATIENCE_S = 0.3
"""So many rows, or those of so long a time, decide how wide the columns of a growing table are."""


class Tone(Enum):
    """The colour of a text. It only repeats what a word or sign already says."""

    PLAIN = ""
    TITLE = "1"
    OK = "32"
    WARN = "33"
    BAD = "31"
    DIM = "2"
    ALARM = "1;97;41"

    def paint(self, text: str) -> str:
        """`text` in this colour."""
        return f"\x1b[{self.value}m{text}\x1b[0m" if self.value and text else text


@dataclass(frozen=True, slots=True)
class Cell:
    """A text with a colour. The text is made harmless when it is written."""

    text: str
    tone: Tone = Tone.PLAIN


@dataclass(frozen=True, slots=True)
class Column:
    """A column by its title; numbers stand to the `right`.

    When room is short, columns with a `drop` are left out, the highest first, and those that `give` are cut.
    """

    title: str
    right: bool = False
    give: bool = False
    drop: int = 0


Row = Sequence[Cell | str]


def cut(text: str, width: int) -> str:
    """`text` in at most `width` columns, with `…` where something is left out."""
    if cells(text) <= width:
        return text
    if width <= 0:
        return ""
    kept, used = [], 0
    for sign in text:
        used += cells_of(sign)
        if used > width - 1:
            break
        kept.append(sign)
    return "".join(kept) + "…"


def _fitted(widths: Sequence[int], columns: Sequence[Column], room: int) -> list[int]:
    """`widths` made to fit into `room` by taking from the widest columns that give."""
    fitted = list(widths)
    giving = [index for index, column in enumerate(columns) if column.give]
    excess = _total(fitted) - room
    while excess > 0 and giving:
        widest = max(giving, key=lambda index: fitted[index])
        if fitted[widest] <= _LEAST:
            break
        others = [fitted[index] for index in giving if index != widest]  # of two that are as wide, each gives in turn
        step = min(excess, fitted[widest] - max([_LEAST, *others]) or 1)
        fitted[widest] -= step
        excess -= step
    return fitted


def _total(widths: Sequence[int]) -> int:
    return sum(widths) + len(GAP) * (len(widths) - 1)


def _least(column: Column, width: int) -> int:
    """The width to which a column may be cut without being of no use."""
    return min(width, _READABLE) if column.give else width


@dataclass(frozen=True, slots=True)
class Table:
    """A table laid out. `left_out` are the titles of columns for which there is no room."""

    columns: tuple[Column, ...]
    rows: tuple[tuple[Cell, ...], ...]
    widths: tuple[int, ...]
    room: int | None
    left_out: tuple[str, ...] = ()

    def lines(self, *, colour: bool) -> Iterator[str]:
        """Its lines, titles first."""
        titles = [Cell(column.title.upper(), Tone.TITLE) for column in self.columns]
        for row in (titles, *self.rows):
            yield _line(self, row, colour=colour)


def lay_out(columns: Sequence[Column], rows: Iterable[Row], room: int | None = None) -> Table:
    """A table no line of which is longer than `room`; without one nothing is cut or left out."""
    plain = [tuple(map(_cell, row)) for row in rows]
    widths = [
        max(cells(column.title), max((cells(row[index].text) for row in plain), default=0))
        for index, column in enumerate(columns)
    ]
    kept = list(range(len(columns)))
    if room is not None:
        for index in sorted(kept, key=lambda index: -columns[index].drop):
            if not columns[index].drop or _total([_least(columns[i], widths[i]) for i in kept]) <= room:
                break
            kept.remove(index)
    shown = tuple(columns[index] for index in kept)
    fitted = [widths[index] for index in kept]
    return Table(
        shown,
        tuple(tuple(row[index] for index in kept) for row in plain),
        tuple([min(width, _PADDED) for width in fitted] if room is None else _fitted(fitted, shown, room)),
        room,
        tuple(column.title for column in columns if column not in shown),
    )


class GrowingTable:
    """A table whose rows come in handfuls: laid out by the first ones, which wait a moment for each other. Later ones
    are cut to that where there is a `room`, else they stand out."""

    def __init__(self, columns: Sequence[Column], room: int | None = None) -> None:
        self._columns = columns
        self._room = room
        self._waiting: list[Row] = []
        self._since: float | None = None
        self._table: Table | None = None

    @property
    def left_out(self) -> tuple[str, ...]:
        """The titles of columns for which there is no room."""
        return self._table.left_out if self._table else ()

    def lines(self, rows: Iterable[Row], now_s: float, *, colour: bool, last: bool = False) -> Iterator[str]:
        """The lines that can be written now, with some more rows; all there are for the `last` ones."""
        self._waiting += rows
        if not self._waiting:
            return
        self._since = now_s if self._since is None else self._since
        if self._table is None:
            if not last and len(self._waiting) < _FIRST and now_s - self._since < _PATIENCE_S:
                return
            self._table = lay_out(self._columns, self._waiting, self._room)
            yield from self._table.lines(colour=colour)
        else:
            for row in self._waiting:
                yield self._later(self._table, row, colour=colour)
        self._waiting.clear()

    def _later(self, table: Table, row: Row, *, colour: bool) -> str:
        kept = tuple(_cell(row[self._columns.index(column)]) for column in table.columns)
        return _line(table, kept, colour=colour)


def _cell(cell: Cell | str) -> Cell:
    return Cell(visible(cell)) if isinstance(cell, str) else Cell(visible(cell.text), cell.tone)


def _line(table: Table, row: Sequence[Cell], *, colour: bool) -> str:
    parts: list[str] = []
    used = 0
    room = table.room
    for index, (column, cell, width) in enumerate(zip(table.columns, row, table.widths, strict=True)):
        gap = GAP if index else ""
        if room is not None and used + len(gap) + 1 > room:
            break
        here = width if room is None else min(width, room - used - len(gap))
        text = cell.text if room is None else cut(cell.text, here)
        fill = " " * (here - cells(text))
        painted = cell.tone.paint(text) if colour else text
        parts.append(gap + fill + painted if column.right else gap + painted + fill)
        used += len(gap) + here
    return "".join(parts).rstrip(" ")
