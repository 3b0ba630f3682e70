"""Numbers as small pictures of block characters: a sparkline, a bar of proportions, and a chart of several lines."""

import math
import os
import sys
from collections.abc import Sequence
from functools import lru_cache

from rich.segment import Segment
from textual.geometry import Region
from textual.strip import Strip
from textual.widget import Widget

from bulltui.tui.themes import StyleLike, palette_of

Value = float | int | None
"""A number of a series; None where nothing is known."""

BLOCKS = "▁▂▃▄▅▆▇█"
ASCII_BLOCKS = "_.:-=+*#"
NOTHING = "·"


@lru_cache(1)
def ascii_only() -> bool:
    """Whether the terminal shows ASCII only, or would show braille as empty boxes."""
    if os.environ.get("BULLTUI_ASCII"):
        return True
    # The console of Linux has no braille in its fonts.
    if os.environ.get("TERM") == "linux":
        return True
    encoding = getattr(sys.__stdout__, "encoding", None) or "utf-8"
    return "utf" not in encoding.lower()


def _number(value: Value) -> float | None:
    return None if value is None or not math.isfinite(value) else max(0.0, value)


def _newest(values: Sequence[Value], width: int) -> list[float | None]:
    """The last `width` numbers, with gaps before the first if there are fewer."""
    shown = [_number(value) for value in values[-width:]] if width > 0 else []
    return [None] * (width - len(shown)) + shown


def sparkline(values: Sequence[Value], width: int, ascii: bool = False) -> str:  # noqa: A002
    """The last `width` values, newest at the right, exactly `width` cells. Zero is the lowest block and no other value
    is; unknown is a space.

    >>> sparkline([0, 1, 4, None, 8], 6)
    ' ▁▂▅ █'
    """
    blocks = ASCII_BLOCKS if ascii else BLOCKS
    shown = _newest(values, width)
    top = max((value for value in shown if value is not None), default=0.0)
    steps = len(blocks) - 1
    return "".join(
        " " if value is None else blocks[0] if not value else blocks[max(1, math.ceil(value / top * steps))]
        for value in shown
    )


def shares(counts: Sequence[int], width: int) -> list[int]:
    """`width` cells divided by the counts: largest remainders, and at least one cell for each count that is not zero,
    as long as there are cells (the largest first)."""
    counts = [max(0, count) for count in counts]
    total = sum(counts)
    if not total or width <= 0:
        return [0] * len(counts)
    order = sorted(range(len(counts)), key=lambda i: (-counts[i], i))
    cells = [count * width // total for count in counts]
    rest = sorted(order, key=lambda i: -(counts[i] * width % total))
    for i in rest[: width - sum(cells)]:
        cells[i] += 1
    for i in order:
        if counts[i] and not cells[i]:
            richest = max(order, key=lambda j: cells[j])
            if cells[richest] <= 1:
                break
            cells[richest] -= 1
            cells[i] += 1
    return cells


def proportion_bar(parts: Sequence[tuple[int, StyleLike]], width: int, fills: str = "█") -> list[tuple[str, StyleLike]]:
    """A bar of `width` cells, each part as long as its share: pieces for a cell. `fills` are the characters of the
    parts in turn, for bars that must be told apart without colour."""
    cells = shares([count for count, _ in parts], width)
    if not any(cells):
        return [(NOTHING * max(0, width), "dim")]
    return [
        (fills[i % len(fills)] * size, style)
        for i, (size, (_, style)) in enumerate(zip(cells, parts, strict=True))
        if size
    ]


def chart_lines(values: Sequence[Value], width: int, height: int, top: float = 0, ascii: bool = False) -> list[str]:  # noqa: A002
    """The last `width` values as columns of `height` lines, the highest line first. `top` is the value that fills the
    height; the largest value shown if that is more."""
    blocks = ASCII_BLOCKS if ascii else BLOCKS
    steps = len(blocks)
    shown = _newest(values, width)
    full = max([top, *(value for value in shown if value is not None)])
    # Zero is drawn as the lowest block at the bottom, so any other value takes at least two.
    heights = [
        0 if value is None else 1 if not value else max(2, round(value / full * height * steps)) for value in shown
    ]
    lines = []
    for line in range(height - 1, -1, -1):
        filled = (min(steps, max(0, size - line * steps)) for size in heights)
        lines.append("".join(blocks[size - 1] if size else " " for size in filled))
    return lines


class Trend(Widget):
    """A chart of the newest values, as many lines high as the widget."""

    DEFAULT_CSS = """
    Trend { height: 4; width: 1fr; background: $background; color: $foreground; }
    """

    def __init__(
        self,
        values: Sequence[Value] = (),
        *,
        style: StyleLike = "active",
        top: float = 0,
        ascii: bool = False,  # noqa: A002
        id: str | None = None,  # noqa: A002
        classes: str | None = None,
    ) -> None:
        super().__init__(id=id, classes=classes)
        self._values = tuple(values)
        self._style = style
        self._top = top
        self._ascii = ascii
        self._lines: tuple[tuple[int, int], list[str]] | None = None

    def update(self, values: Sequence[Value], *, top: float | None = None) -> None:
        """Show these values; lines that look the same are not painted again."""
        before = self._lines[1] if self._lines else []
        self._values = tuple(values)
        self._top = self._top if top is None else top
        self._lines = None
        for y, line in enumerate(self._chart()):
            if y >= len(before) or before[y] != line:
                self.refresh(Region(0, y, self.size.width, 1))

    def _chart(self) -> list[str]:
        size = (self.size.width, self.size.height)
        if self._lines is None or self._lines[0] != size:
            self._lines = (size, chart_lines(self._values, *size, top=self._top, ascii=self._ascii))
        return self._lines[1]

    def render_line(self, y: int) -> Strip:
        """Draw one line."""
        lines = self._chart()
        text = lines[y] if y < len(lines) else " " * self.size.width
        return Strip([Segment(text, self.rich_style + palette_of(self.app).style(self._style))], len(text))
