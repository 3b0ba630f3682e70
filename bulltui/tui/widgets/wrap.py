"""Long text as rows of a given width, found out bit by bit, so that megabytes never hold up the screen.

A logical line is one *block*, or several if it is very long; all rows of a block but its last are full. A block of
characters of one cell each needs no list of where its rows start: that is arithmetic.
"""

import time
from array import array
from bisect import bisect_right
from collections.abc import Iterable
from typing import NamedTuple

from rich.cells import get_character_cell_size

from bulltui.domain.text import visible

PIECE = 8192  # characters of a line that are looked at in one go
_JOINERS = "\u200d\ufe0f"  # may make what is before them wider


class Row(NamedTuple):
    """A row: the logical line it is of, where in that line it starts, its text, and whether the line goes on in the
    next row."""

    line: int
    offset: int
    text: str
    goes_on: bool


def clean(text: str) -> str:
    """`text` without tabs and with a sign for each dangerous character; a line that is clean is itself."""
    return text if text.isprintable() else visible(text.removesuffix("\r").expandtabs(4))


def row_starts(text: str, width: int) -> "array[int]":
    """Where the rows of `text` start, if no row has more than `width` cells and no wide character is cut."""
    starts = array("I", [0])
    used = 0
    for at, character in enumerate(text):
        size = 1 if character in _JOINERS else get_character_cell_size(character)
        if used + size > width and used:
            starts.append(at)
            used = 0
        used += size
    return starts


class Wrap:
    """Lines wrapped to a width. `add` takes them, `advance` works on them, `row` tells what is known."""

    def __init__(self, width: int) -> None:
        self.width = max(1, width)
        self.rows = 0
        """How many rows are known so far."""
        self._texts: list[str] = []
        self._lines = array("I")
        self._offsets = array("I")
        self._firsts = array("I")
        self._starts: dict[int, array[int]] = {}
        self._todo: list[str] = []
        self._next = 0  # of _todo
        self._at = 0  # in the line that is worked on
        self._carry = ""
        self._line = 0
        self._offset = 0

    @property
    def done(self) -> bool:
        """Whether all lines are wrapped."""
        return self._next >= len(self._todo)

    @property
    def blocks(self) -> int:
        """How many blocks are known so far."""
        return len(self._texts)

    def add(self, lines: Iterable[str]) -> None:
        """More lines, after those before."""
        if self.done:
            self._todo, self._next = [], 0
        self._todo.extend(lines)

    def advance(self, seconds: float) -> bool:
        """Work for about so long; whether all is done."""
        until = time.perf_counter() + seconds
        count = 0
        while not self.done:
            self._step()
            count += 1
            if (self._at or count % 32 == 0) and time.perf_counter() > until:
                break
        return self.done

    def _step(self) -> None:
        """Make the next block."""
        line = self._todo[self._next]
        piece = line[self._at : self._at + PIECE]
        self._at += PIECE
        last = self._at >= len(line)
        text = self._carry + clean(piece)
        starts = None if text.isascii() else row_starts(text, self.width)
        self._carry = ""
        if not last:  # what does not fill a row goes to the next block
            full = len(text) // self.width * self.width if starts is None else starts.pop() if len(starts) > 1 else 0
            text, self._carry = text[:full], text[full:]
        if text or last:
            self._put(text, starts)
        if last:
            self._next += 1
            self._line += 1
            self._at = self._offset = 0

    def _put(self, text: str, starts: "array[int] | None") -> None:
        self._texts.append(text)
        self._lines.append(self._line)
        self._offsets.append(self._offset)
        self._firsts.append(self.rows)
        if starts is None:
            self.rows += max(1, -(-len(text) // self.width))
        else:
            self._starts[len(self._texts) - 1] = starts
            self.rows += len(starts)
        self._offset += len(text)

    # --- asking

    def row(self, row: int) -> Row:
        """A row that is known."""
        block = bisect_right(self._firsts, row) - 1
        text, k = self._texts[block], row - self._firsts[block]
        starts = self._starts.get(block)
        if starts is None:
            start = k * self.width
            end = start + self.width
        else:
            start = starts[k]
            end = starts[k + 1] if k + 1 < len(starts) else len(text)
        goes_on = end < len(text) or self._continues(block)
        return Row(self._lines[block], self._offsets[block] + start, text[start:end], goes_on)

    def _continues(self, block: int) -> bool:
        following = block + 1
        return following < len(self._texts) and self._lines[following] == self._lines[block]

    def row_of(self, line: int, offset: int) -> int | None:
        """The row that shows character `offset` of a line; None while it is not known."""
        block = bisect_right(self._lines, line) - 1
        if block < 0 or self._lines[block] != line:
            return None
        offset = max(0, offset)
        while self._offsets[block] > offset:
            block -= 1
        inside = offset - self._offsets[block]
        if inside >= len(self._texts[block]) > 0 and not self.done:
            return None
        starts = self._starts.get(block)
        k = inside // self.width if starts is None else bisect_right(starts, inside) - 1
        last = (self._firsts[block + 1] if block + 1 < self.blocks else self.rows) - 1
        return min(self._firsts[block] + k, last)

    def block_of(self, row: int) -> int:
        """The block that a row is in."""
        return max(0, bisect_right(self._firsts, row) - 1)

    def block_place(self, block: int) -> tuple[int, int]:
        """The line that a block is of, and where in the line it starts."""
        return self._lines[block], self._offsets[block]

    def block_text(self, block: int, reach: int = 0) -> str:
        """The text of a block, and `reach` characters of what follows in the same line."""
        text = self._texts[block]
        return text + self._texts[block + 1][:reach] if reach and self._continues(block) else text

    def around(self, row: Row, reach: int) -> tuple[str, int]:
        """The text of a row with `reach` characters before and after it in its line, and where in the line that
        starts."""
        block = bisect_right(self._lines, row.line) - 1
        while self._offsets[block] > row.offset:
            block -= 1
        start = row.offset - self._offsets[block]
        before = self._texts[block][max(0, start - reach) : start]
        if start < reach and block and self._lines[block - 1] == row.line:
            before = self._texts[block - 1][-reach:] + before
        end = start + len(row.text)
        after = self._texts[block][end : end + reach]
        if len(after) < reach and self._continues(block):
            after += self._texts[block + 1][:reach]
        return before + row.text + after, row.offset - len(before)
