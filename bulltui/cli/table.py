"""Tables of plain text: columns side by side, no boxes, as `kubectl` and `ps` write them."""

import unicodedata
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from enum import Enum

from bulltui.domain.text import visible

GAP = "  "
_LEAST = 8


class Tone(Enum):
    """The colour of a text. It only repeats what a word or sign already says."""

    PLAIN = ""
    TITLE = "1"
    OK = "32"
    WARN = "33"
    BAD = "31"
    DIM = "2"

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
    """A column by its title; numbers stand to the `right`, and only those that `give` are cut when room is short."""

    title: str
    right: bool = False
    give: bool = False


Row = Sequence[Cell | str]


def cells(text: str) -> int:
    """How many columns of a terminal `text` takes."""
    if text.isascii():
        return len(text)
    return sum(_cells_of(sign) for sign in text)


def _cells_of(sign: str) -> int:
    if unicodedata.combining(sign) or unicodedata.category(sign) in ("Mn", "Me", "Cf"):
        return 0
    return 2 if unicodedata.east_asian_width(sign) in "WF" else 1


def cut(text: str, width: int) -> str:
    """`text` in at most `width` columns, with `…` where something is left out."""
    if cells(text) <= width:
        return text
    if width <= 0:
        return ""
    kept, used = [], 0
    for sign in text:
        used += _cells_of(sign)
        if used > width - 1:
            break
        kept.append(sign)
    return "".join(kept) + "…"


def _fitted(widths: list[int], columns: Sequence[Column], room: int) -> list[int]:
    """`widths` made to fit into `room` by taking from the widest columns that give."""
    widths = list(widths)
    giving = [index for index, column in enumerate(columns) if column.give]
    excess = sum(widths) + len(GAP) * (len(widths) - 1) - room
    while excess > 0 and giving:
        widest = max(giving, key=lambda index: widths[index])
        if widths[widest] <= _LEAST:
            break
        others = [widths[index] for index in giving if widths[index] < widths[widest]]
        step = min(excess, widths[widest] - max([_LEAST, *others]) or 1)
        widths[widest] -= step
        excess -= step
    return widths


def lines(columns: Sequence[Column], rows: Iterable[Row], *, width: int | None, colour: bool) -> Iterator[str]:
    """The lines of a table, titles first. With a `width` no line is longer than it; without one nothing is cut."""
    plain = [[_cell(cell) for cell in row] for row in rows]
    titles = [Cell(column.title.upper(), Tone.TITLE) for column in columns]
    widths = [
        max(cells(title.text), *(cells(row[index].text) for row in plain), 0) if plain else cells(title.text)
        for index, title in enumerate(titles)
    ]
    if width is not None:
        widths = _fitted(widths, columns, width)
    for row in (titles, *plain):
        yield _line(columns, row, widths, width, colour=colour)


def _cell(cell: Cell | str) -> Cell:
    return Cell(visible(cell)) if isinstance(cell, str) else Cell(visible(cell.text), cell.tone)


def _line(
    columns: Sequence[Column], row: Sequence[Cell], widths: Sequence[int], room: int | None, *, colour: bool
) -> str:
    parts: list[str] = []
    used = 0
    last = len(row) - 1
    for index, (column, cell, width) in enumerate(zip(columns, row, widths, strict=True)):
        gap = GAP if index else ""
        if room is not None and used + len(gap) + 1 > room:
            break
        here = width if room is None else min(width, room - used - len(gap))
        text = cut(cell.text, here)
        fill = " " * (here - cells(text))
        painted = cell.tone.paint(text) if colour else text
        if column.right:
            parts.append(gap + fill + painted)
        else:
            parts.append(gap + painted + (fill if index != last else ""))
        used += len(gap) + here
    return "".join(parts).rstrip(" ")
