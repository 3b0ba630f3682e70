"""Lines over time as dots of braille, two by four in a cell, or as letters where a terminal has no more than ASCII.

A value stands over the columns of its own time, and is joined to its neighbours by a vertical. Nothing is drawn where
nothing is known, and nothing in between is made up. Where several values share a column, it is filled from the least to
the greatest of them: neither a spike nor a dip is lost, however narrow the picture. Zero is the lowest row, and no
other value is.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass

Value = float | None
"""A value of a line, None where nothing is known."""

_LEFT = [0] * 16
_RIGHT = [0] * 16
for _bits in range(16):
    for _row, (_left, _right) in enumerate(((0x40, 0x80), (0x04, 0x20), (0x02, 0x10), (0x01, 0x08))):  # from below
        if _bits >> _row & 1:
            _LEFT[_bits] |= _left
            _RIGHT[_bits] |= _right
_BRAILLE = 0x2800
_NAMED_EVERY = 15
"""So many cells apart a line is named by its letter, where it is to be told without colours."""
NOBODY = -1
"""The line of a cell in which there is none."""
DASH = "."
"""What a dashed line is drawn with in ASCII."""


@dataclass(frozen=True, slots=True)
class Line:
    """A value for each step. `letter` names the line where colours do not; one that is `dashed` lies below others and
    has no name of its own."""

    values: Sequence[Value]
    letter: str = "*"
    dashed: bool = False


@dataclass(frozen=True, slots=True)
class Raster:
    """A picture, the highest row first: the signs of each row and, for each of them, the place of its line or `NOBODY`.
    `ends` has the row in which each line ends, None for one that is not known at its end."""

    signs: tuple[str, ...]
    owners: tuple[tuple[int, ...], ...]
    ends: tuple[int | None, ...]


def columns_of(values: Sequence[Value], columns: int) -> list[tuple[float, float] | None]:
    """The least and the greatest value of each column, None where nothing is known."""
    number = len(values)
    if not number or columns <= 0:
        return [None] * max(0, columns)
    known = [value if value is not None and math.isfinite(value) else None for value in values]
    if number <= columns:
        each = [known[(2 * column + 1) * number // (2 * columns)] for column in range(columns)]
        return [None if value is None else (value, value) for value in each]
    found: list[tuple[float, float] | None] = [None] * columns
    for place, value in enumerate(known):
        if value is not None:
            column = place * columns // number
            before = found[column]
            found[column] = (value, value) if before is None else (min(before[0], value), max(before[1], value))
    return found


def column_of(place: int, number: int, columns: int) -> int:
    """The column in the middle of what stands for the value at `place` of so many."""
    return min(columns - 1, max(0, (2 * place + 1) * columns // (2 * max(1, number))))


def level(value: float, top: float, rows: int) -> int:
    """The row of a value, counted from below, when `top` is the highest of so many rows."""
    if value <= 0 or top <= 0:
        return 0
    return min(rows - 1, max(1, round(value / top * (rows - 1))))


def _masks(line: Line, columns: int, rows: int, top: float) -> tuple[list[int], int | None]:
    """The rows that are filled in each column, a bit each; and the highest row of the last column, None where that is
    not known."""
    masks = [0] * columns
    known = False
    low = high = low_before = high_before = 0
    span: tuple[float, float] | None = None
    for column, now in enumerate(columns_of(line.values, columns)):
        if now is None:
            known, span = False, None
            continue
        if now != span:
            span = now
            low = level(now[0], top, rows)
            high = low if now[1] == now[0] else level(now[1], top, rows)
        mask = (2 << high) - (1 << low)
        if known:
            # All of the way in the column that is higher: a spike of one value is one column wide.
            if low_before > high:
                masks[column - 1] |= (1 << low_before) - (1 << high)
            elif high_before < low:
                mask |= (1 << low) - (1 << high_before)
        masks[column] = mask
        known, low_before, high_before = True, low, high
    if line.dashed:
        for column in range(columns):
            if column % 4 > 1:
                masks[column] = 0
    return masks, high if known else None


def raster(
    lines: Sequence[Line],
    width: int,
    height: int,
    top: float,
    *,
    ascii: bool = False,  # noqa: A002
    named: bool = False,
) -> Raster:
    """The lines in so many cells, later ones over earlier ones. `named` puts the letter of a line into it now and then,
    for where colours do not tell."""
    width, height = max(0, width), max(0, height)
    if not width or not height:
        return Raster(("",) * height, ((),) * height, (None,) * len(lines))
    per_row, per_cell = (1, 1) if ascii else (4, 2)
    made = [_masks(line, width * per_cell, height * per_row, top) for line in lines]
    masks = [mask for mask, _ in made]
    owners = [[NOBODY] * width for _ in range(height)]
    crowded: set[int] | None = set() if named else None
    signs = _letters(lines, masks, owners) if ascii else _dots(masks, owners, crowded)
    if crowded is not None and not ascii:
        _name(lines, signs, owners, crowded)
    ends = tuple(None if high is None else height - 1 - high // per_row for _, high in made)
    return Raster(tuple(map("".join, signs)), tuple(map(tuple, owners)), ends)


def _dots(masks: Sequence[Sequence[int]], owners: list[list[int]], crowded: set[int] | None) -> list[list[str]]:
    height = len(owners)
    width = len(owners[0]) if owners else 0
    dots = [[0] * width for _ in range(height)]
    for owner, mask in enumerate(masks):
        for x, (first, second) in enumerate(zip(mask[::2], mask[1::2], strict=True)):
            both = first | second
            if not both:
                continue
            row = ((both & -both).bit_length() - 1) // 4
            left, right, y = first >> 4 * row, second >> 4 * row, height - 1 - row
            while left or right:
                if found := _LEFT[left & 15] | _RIGHT[right & 15]:
                    dots[y][x] |= found
                    line = owners[y]
                    if crowded is not None and line[x] != NOBODY:
                        crowded.add(y * width + x)
                    line[x] = owner
                left, right, y = left >> 4, right >> 4, y - 1
    return [[chr(_BRAILLE + found) if found else " " for found in row] for row in dots]


def _letters(lines: Sequence[Line], masks: Sequence[Sequence[int]], owners: list[list[int]]) -> list[list[str]]:
    height = len(owners)
    signs = [[" "] * len(row) for row in owners]
    for owner, (line, mask) in enumerate(zip(lines, masks, strict=True)):
        sign = DASH if line.dashed else line.letter
        for x, rows in enumerate(mask):
            for row in range(height):
                if rows >> row & 1:
                    signs[height - 1 - row][x] = sign
                    owners[height - 1 - row][x] = owner
    return signs


def _name(lines: Sequence[Line], signs: list[list[str]], owners: list[list[int]], crowded: set[int]) -> None:
    width = len(owners[0]) if owners else 0
    for owner, line in enumerate(lines):
        if line.dashed:
            continue
        start = 2 + owner * _NAMED_EVERY // max(1, len(lines))
        for first in range(start, width, _NAMED_EVERY):
            free = (
                (y, x)
                for x in range(first, min(width, first + _NAMED_EVERY))
                for y in range(len(owners))
                if owners[y][x] == owner and y * width + x not in crowded
            )
            if (found := next(free, None)) is not None:
                signs[found[0]][found[1]] = line.letter
