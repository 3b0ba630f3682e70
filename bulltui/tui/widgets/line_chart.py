"""A chart of several lines over time, painted line by line: only lines that changed are painted again."""

import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from rich.segment import Segment
from textual import events
from textual.geometry import Region
from textual.message import Message
from textual.strip import Strip
from textual.widget import Widget

from bulltui.domain.axes import Scale, Unit, scale_for, time_ticks, value_text
from bulltui.domain.chart_view import Window
from bulltui.domain.charting import Value
from bulltui.domain.raster import NOBODY, Line, Raster, column_of, level, raster
from bulltui.tui.themes import palette_of
from bulltui.tui.widgets.cells import Cell, Pen, paint, width_of
from bulltui.tui.widgets.trend import ascii_only

LABELS = 6
"""Cells for the numbers at the left."""
ENDS = 4
"""Cells at the right, where each line is named by its letter."""
_TICK_CELLS = 8
_NAMES = "dim"
_HEAD, _FOOT = 1, 2
LEAST_HEIGHT = _HEAD + _FOOT + 2


@dataclass(frozen=True, slots=True)
class _Signs:
    """What the frame of a chart is drawn with."""

    bar: str
    tick: str
    corner: str
    axis: str
    time: str
    unknown: str
    chosen: str


_DRAWN = _Signs("│", "┤", "└", "─", "┴", "╌", "▌")
_PLAIN = _Signs("|", "+", "+", "-", "+", " ", ">")


def plot_cells(width: int) -> int:
    """How many cells of a chart of this width are for its lines."""
    return max(1, width - LABELS - 1 - ENDS)


@dataclass(frozen=True, slots=True)
class Trace:
    """A line: its name, the letter that stands for it, its token, and its values."""

    name: str
    letter: str
    token: str
    values: tuple[Value, ...]
    dashed: bool = False


@dataclass(frozen=True, slots=True)
class Plot:
    """What a chart shows. `marks` are signs at places of values, the later ones over
    the earlier ones, `cursor` is the place of the cursor. `empty` is said
    where nothing is known."""

    title: str
    unit: Unit
    window: Window
    traces: tuple[Trace, ...] = ()
    note: str = ""
    marks: tuple[tuple[int, str, str], ...] = ()
    cursor: int | None = None
    empty: str = ""


class LineChart(Widget, can_focus=True):
    """One chart."""

    DEFAULT_CSS = """
    LineChart { background: $background; color: $foreground; }
    """
    ALLOW_SELECT = False

    class Pointed(Message):
        """Someone clicked at the value of a place; None beside the lines."""

        def __init__(self, chart: "LineChart", place: int | None) -> None:
            super().__init__()
            self.chart = chart
            self.place = place

        @property
        def control(self) -> "LineChart":
            """The chart."""
            return self.chart

    def __init__(self, *, ascii: bool | None = None, id: str | None = None) -> None:  # noqa: A002
        super().__init__(id=id)
        self._plot: Plot | None = None
        self._stale = False
        self._chosen = False
        self._ascii = ascii_only() if ascii is None else ascii
        self._signs = _PLAIN if self._ascii else _DRAWN
        self._rows: list[Cell] | None = None
        self._drawn_for = (0, 0)
        self._raster: tuple[object, Raster] | None = None
        self._pen: Pen | None = None

    @property
    def ascii(self) -> bool:
        """Whether it is drawn in ASCII."""
        return self._ascii

    @property
    def plot(self) -> Plot | None:
        """What is shown."""
        return self._plot

    def show(self, plot: Plot | None, *, chosen: bool = False, stale: bool = False) -> None:
        """Show this from now on. A `chosen` chart is marked, one that is `stale` is faded."""
        if stale is not self._stale:
            self._stale, self._rows, self._pen = stale, None, None
            self.refresh()
        if plot == self._plot and chosen is self._chosen:
            return
        self._plot, self._chosen = plot, chosen
        before, self._rows = self._rows, None
        if before is None:
            self.refresh()
            return
        for y, row in enumerate(self._cells()):
            if y >= len(before) or before[y] != row:
                self.refresh(Region(0, y, self.size.width, 1))

    def render_line(self, y: int) -> Strip:
        """Draw one line."""
        width = self.size.width
        rows = self._cells()
        out: list[Segment] = []
        pen = self._pen
        if pen is None:
            pen = self._pen = Pen(self.rich_style, palette_of(self.app), stale=self._stale)
        paint(rows[y] if y < len(rows) else "", width, "left", pen, out)
        return Strip(out, width)

    def notify_style_update(self) -> None:
        """Theme or styles are others."""
        super().notify_style_update()
        self._pen = None

    def on_click(self, event: events.Click) -> None:
        """Put the cursor where one points."""
        plot, offset = self._plot, event.get_content_offset(self)
        if plot is None or offset is None:
            return
        cells = plot_cells(self.size.width)
        x = offset.x - LABELS - 1
        inside = 0 <= x < cells and offset.y >= _HEAD
        self.post_message(self.Pointed(self, x * plot.window.steps // cells if inside else None))

    # --- drawing

    def _cells(self) -> list[Cell]:
        size = (self.size.width, self.size.height)
        if self._rows is None or self._drawn_for != size:
            self._drawn_for = size
            self._rows = [] if self._plot is None else self._draw(self._plot, *size)
        return self._rows

    def _draw(self, plot: Plot, width: int, height: int) -> list[Cell]:
        cells, rows = plot_cells(width), max(1, height - _HEAD - _FOOT)
        known = [value for trace in plot.traces for value in trace.values if value is not None]
        scale = scale_for(max(known, default=0.0), plot.unit, rows)
        drawn: list[Cell] = [legend(plot, width, self._signs.chosen if self._chosen else " ")]
        if known:
            drawn += self._lines(plot, scale, cells, rows)
        else:
            said = [""] * rows
            said[rows // 2] = " " * (LABELS + 2) + plot.empty
            drawn += [(line, "dim") for line in said]
        return [*drawn[: height - _FOOT], *self._axis(plot, cells)]

    def _lines(self, plot: Plot, scale: Scale, cells: int, rows: int) -> list[Cell]:
        named = bool(os.environ.get("NO_COLOR"))
        key = (plot.traces, cells, rows, scale.top, named)
        if self._raster is None or self._raster[0] != key:
            lines = [Line(trace.values, trace.letter, trace.dashed) for trace in plot.traces]
            self._raster = (key, raster(lines, cells, rows, scale.top, ascii=self._ascii, named=named))
        picture = self._raster[1]
        labels = {row_of(tick, scale.top, rows, ascii=self._ascii): scale.text(tick) for tick in scale.ticks}
        at = None if plot.cursor is None else column_of(plot.cursor, plot.window.steps, cells)
        ends: dict[int, list[tuple[str, str]]] = {}
        for trace, end in zip(plot.traces, picture.ends, strict=True):
            if end is not None and not trace.dashed:
                ends.setdefault(end, []).insert(0, (trace.letter, f"{trace.token} bold"))
        found: list[Cell] = []
        for y in range(rows):
            tick = labels.get(y)
            edge = self._signs.bar if tick is None else self._signs.tick
            line: list[tuple[str, str]] = [(f"{tick or '':>{LABELS}}", "dim"), (edge, "dim")]
            line += self._row(plot, picture, y, at, tick is not None and y < rows - 1)
            found.append([*line, (" ", ""), *ends.get(y, ())])
        return found

    def _row(self, plot: Plot, picture: Raster, y: int, at: int | None, ticked: bool) -> list[tuple[str, str]]:
        signs, owners = picture.signs[y], picture.owners[y]
        pieces: list[tuple[str, str]] = []
        start = 0
        for x in range(1, len(signs) + 1):
            if x < len(signs) and owners[x] == owners[start] and at not in (x, start):
                continue
            owner, text = owners[start], signs[start:x]
            token = "" if owner == NOBODY else "dim" if plot.traces[owner].dashed else plot.traces[owner].token
            if start == at:
                text, token = (self._signs.bar, "bold") if owner == NOBODY else (text, f"{token} bold")
            elif owner == NOBODY and ticked and not self._ascii:
                text, token = "".join("·" if (start + i) % 8 == 4 else " " for i in range(x - start)), "dim"
            pieces.append((text, token))
            start = x
        return pieces

    def _axis(self, plot: Plot, cells: int) -> list[Cell]:
        window, signs = plot.window, self._signs
        span = window.end_ms - window.start_ms
        ticks = {
            (tick.at_ms - window.start_ms) * cells // span: tick.text
            for tick in time_ticks(window.start_ms, window.end_ms, max(1, cells // _TICK_CELLS))
        }
        known = known_cells(plot, cells)
        line = [(signs.time if x in ticks else signs.axis if known[x] else signs.unknown, "dim") for x in range(cells)]
        for place, sign, token in plot.marks:
            line[column_of(place, window.steps, cells)] = (sign, token)
        if plot.cursor is not None:
            x = column_of(plot.cursor, window.steps, cells)
            line[x] = (line[x][0], f"{line[x][1]} reverse")
        return [[(" " * LABELS, ""), (signs.corner, "dim"), *_joined(line)], (_times(ticks, cells), "dim")]


def known_cells(plot: Plot, cells: int) -> list[bool]:
    """Whether anything is known in each cell."""
    steps = plot.window.steps
    lines = [trace.values for trace in plot.traces if not trace.dashed]
    known = [any(place < len(line) and line[place] is not None for line in lines) for place in range(steps)]
    return [
        any(known[x * steps // cells : max(x * steps // cells + 1, (x + 1) * steps // cells)]) for x in range(cells)
    ]


def _times(ticks: Mapping[int, str], cells: int) -> str:
    """The texts of the ticks below them, those left out that would meet another."""
    line, used = " " * (LABELS + 1), 0
    for x, text in sorted(ticks.items()):
        start = max(0, min(LABELS + 1 + x - width_of(text) // 2, LABELS + 1 + cells + ENDS - width_of(text)))
        if start > used or not used:
            line = line[:start].ljust(start) + text
            used = start + width_of(text)
    return line


def _joined(pieces: Sequence[tuple[str, str]]) -> list[tuple[str, str]]:
    found: list[tuple[str, str]] = []
    for text, token in pieces:
        if found and found[-1][1] == token:
            found[-1] = (found[-1][0] + text, token)
        else:
            found.append((text, token))
    return found


def row_of(value: float, top: float, rows: int, *, ascii: bool) -> int:  # noqa: A002
    """The row of text, from above, in which a value is drawn."""
    per_row = 1 if ascii else 4
    return rows - 1 - level(value, top, rows * per_row) // per_row


def legend(plot: Plot, width: int, sign: str) -> Cell:
    """The line on top: a sign, title, unit, and each line with its letter and its value: at the cursor, else the last
    that is known."""
    title: list[tuple[str, str]] = [(sign, "active bold"), (plot.title, "bold")]
    unit = "" if plot.unit is Unit.SECONDS else f" {plot.unit.value}"
    title.append((f"{unit}{f', {plot.note}' if plot.note and unit else f' {plot.note}' if plot.note else ''}", "dim"))
    told: list[tuple[str, str]] = []
    for trace in plot.traces:
        if trace.dashed:
            continue
        value = _told(trace.values, plot.cursor)
        before = next((one for one in plot.traces if one.dashed and one.name == trace.name), None)
        told += [("  ", ""), (trace.letter, f"{trace.token} bold"), (f" {trace.name}", _NAMES)]
        told.append((f" {value_text(value, plot.unit)}", trace.token))
        if before is not None and plot.cursor is not None:
            told.append((f" ({value_text(_told(before.values, plot.cursor), plot.unit)})", "stale"))
    for left in (title, title[:2]):
        if sum(width_of(text) for text, _ in (*left, *told)) <= width:
            return [*left, *told]
    # Names go before values do: the letters still tell them.
    brief = [(text, token) for text, token in told if token != _NAMES]
    whole = sum(width_of(text) for text, _ in (*title, *brief)) <= width
    return [*(title if whole else title[:2]), *brief]


def _told(values: Sequence[Value], cursor: int | None) -> Value:
    if cursor is not None:
        return values[cursor] if 0 <= cursor < len(values) else None
    return next((value for value in reversed(values) if value is not None), None)
