"""A chart as lines and texts with their places, for whoever can draw: a picture in a page, or a page of a PDF.

Lengths are in units of a surface whose size whoever draws has chosen, in which a text is `TEXT` high.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from enum import StrEnum

from bulltui.domain.axes import Unit, scale_for, time_ticks, value_text
from bulltui.domain.charting import MarkKind
from bulltui.domain.report_period import minute
from bulltui.domain.text import visible
from bulltui.reports.page import Line, Plot

TEXT = 11.0
_WIDTH_OF_SIGN = 6.6
_TOP, _BOTTOM, _RIGHT = 30.0, 18.0, 8.0
_EVERY = 26.0
"""So far apart are the lines of the upward axis, at least."""


class Role(StrEnum):
    """What something in a drawing is, which decides how it looks. Lines of a chart are told apart by their dashes as
    well, marks by their form."""

    GRID = "grid"
    AXIS = "axis"
    TITLE = "title"
    FIRST = "first"
    SECOND = "second"
    FAINT = "faint"
    GAP = "gap"
    ALERT = "alert"
    ACTION = "action"


Spot = tuple[float, float]


@dataclass(frozen=True, slots=True)
class Stroke:
    """A line through some places."""

    spots: tuple[Spot, ...]
    role: Role


@dataclass(frozen=True, slots=True)
class Area:
    """A closed area, filled."""

    spots: tuple[Spot, ...]
    role: Role
    told: str = ""


@dataclass(frozen=True, slots=True)
class Word:
    """A text on one line, that begins, has its middle or ends at `x`; `y` is its foot."""

    x: float
    y: float
    text: str
    role: Role
    anchor: str = "start"


@dataclass(frozen=True, slots=True)
class Zone:
    """Where a pointer is told something: from `x` on, `width` wide, over all of the chart."""

    x: float
    y: float
    width: float
    height: float
    told: str


@dataclass(frozen=True, slots=True)
class Drawing:
    """A chart: `strokes`, `areas` and `words`, in the order in which they are drawn: areas, strokes, words."""

    width: float
    height: float
    areas: tuple[Area, ...]
    strokes: tuple[Stroke, ...]
    words: tuple[Word, ...]
    zones: tuple[Zone, ...]
    told: str


@dataclass(frozen=True, slots=True)
class _Frame:
    left: float
    top: float
    right: float
    bottom: float
    start_ms: int
    end_ms: int
    highest: float

    def x(self, ms: float) -> float:
        return self.left + (ms - self.start_ms) / (self.end_ms - self.start_ms) * (self.right - self.left)

    def y(self, value: float) -> float:
        return self.bottom - min(value, self.highest) / self.highest * (self.bottom - self.top)


def drawing_of(plot: Plot, width: float, height: float) -> Drawing:
    """The chart on a surface of this size."""
    steps = max((len(line.values) for line in plot.lines), default=0) or 1
    known = [value for line in plot.lines for value in line.values if value is not None]
    scale = scale_for(max(known, default=0.0), plot.unit, 2 * max(2, int((height - _TOP - _BOTTOM) / _EVERY)))
    marks, numbers = scale.ticks, [scale.text(value) for value in scale.ticks]
    left = max(map(len, numbers)) * _WIDTH_OF_SIGN + 10
    end = plot.start_ms + steps * plot.step_ms
    frame = _Frame(left, _TOP, width - _RIGHT, height - _BOTTOM, plot.start_ms, end, scale.top)
    strokes = [Stroke(((frame.left, frame.y(value)), (frame.right, frame.y(value))), Role.GRID) for value in marks]
    words = [
        Word(frame.left - 5, frame.y(value) + TEXT * 0.35, text, Role.AXIS, "end")
        for value, text in zip(marks, numbers, strict=True)
    ]
    for tick in time_ticks(plot.start_ms, end, max(2, int((frame.right - frame.left) / 56))):
        x, text = frame.x(tick.at_ms), tick.text
        strokes.append(Stroke(((x, frame.bottom), (x, frame.bottom + 4)), Role.AXIS))
        if _fits(x, text, width):
            words.append(Word(x, height - 3, text, Role.AXIS, "middle"))
    areas = [*_gaps(plot, frame), *_marks(plot, frame, strokes)]
    for line, role in reversed(list(zip(plot.lines, _roles(plot.lines), strict=True))):
        strokes.extend(Stroke(spots, role) for spots in _runs(line, plot, frame))
    if not known:
        words.append(
            Word((frame.left + frame.right) / 2, (frame.top + frame.bottom) / 2, "nothing known", Role.AXIS, "middle")
        )
    _legend(plot, width, strokes, words)
    return Drawing(
        width, height, tuple(areas), tuple(strokes), tuple(words), tuple(_zones(plot, frame, steps)), _told(plot)
    )


def _fits(x: float, text: str, width: float) -> bool:
    half = len(text) * _WIDTH_OF_SIGN / 2
    return x >= half and x + half <= width


def _roles(lines: Sequence[Line]) -> Iterator[Role]:
    strong = iter((Role.FIRST, Role.SECOND))
    for line in lines:
        yield Role.FAINT if line.faint else next(strong, Role.SECOND)


def _runs(line: Line, plot: Plot, frame: _Frame) -> Iterator[tuple[Spot, ...]]:
    """The line without what is not known; what is known for one step alone is a short line."""
    run: list[Spot] = []
    for number, value in enumerate((*line.values, None)):
        at = plot.start_ms + number * plot.step_ms
        if value is not None:
            run.append((frame.x(at + plot.step_ms / 2), frame.y(value)))
            continue
        if len(run) == 1:
            (x, y), half = run[0], (frame.x(plot.start_ms + plot.step_ms) - frame.left) / 2
            run = [(x - half, y), (x + half, y)]
        if run:
            yield tuple(run)
        run = []


def _gaps(plot: Plot, frame: _Frame) -> Iterator[Area]:
    """Where the first line knows nothing, and no other does."""
    strong = [line.values for line in plot.lines if not line.faint and line.values]
    if not strong:
        return
    start: int | None = None
    for number in range(len(strong[0]) + 1):
        unknown = number < len(strong[0]) and all(values[number] is None for values in strong)
        if unknown and start is None:
            start = number
        if not unknown and start is not None:
            begin, end = (plot.start_ms + one * plot.step_ms for one in (start, number))
            yield Area(_box(frame.x(begin), frame.top, frame.x(end), frame.bottom), Role.GAP)
            start = None


def _box(left: float, top: float, right: float, bottom: float) -> tuple[Spot, ...]:
    return ((left, top), (right, top), (right, bottom), (left, bottom))


def _marks(plot: Plot, frame: _Frame, strokes: list[Stroke]) -> Iterator[Area]:
    """A triangle that points up at an alert, a diamond at an action, above the chart."""
    for mark in plot.marks:
        if mark.kind is MarkKind.RESOLVED or not frame.start_ms <= mark.at_ms <= frame.end_ms:
            continue
        x, y, size = frame.x(mark.at_ms), frame.top - 4, 4.0
        told = f"{minute(mark.at_ms)} {visible(mark.text)}"
        if mark.kind is MarkKind.FIRING:
            strokes.append(Stroke(((x, frame.top), (x, frame.bottom)), Role.ALERT))
            yield Area(((x - size, y + size), (x + size, y + size), (x, y - size)), Role.ALERT, told)
        else:
            strokes.append(Stroke(((x, frame.top), (x, frame.bottom)), Role.ACTION))
            yield Area(((x - size, y), (x, y - size), (x + size, y), (x, y + size)), Role.ACTION, told)


def _legend(plot: Plot, width: float, strokes: list[Stroke], words: list[Word]) -> None:
    """The title, and to the right of it what each line is."""
    title = plot.title if plot.unit is Unit.SECONDS else f"{plot.title}, {plot.unit.value}"
    words.append(Word(2, TEXT, title, Role.TITLE))
    x = width - _RIGHT
    for line, role in reversed(list(zip(plot.lines, _roles(plot.lines), strict=True))):
        words.append(Word(x, TEXT, line.label, Role.AXIS, "end"))
        x -= len(line.label) * _WIDTH_OF_SIGN + 4
        strokes.append(Stroke(((x - 16, TEXT - 4), (x, TEXT - 4)), role))
        x -= 25


def _zones(plot: Plot, frame: _Frame, steps: int) -> Iterator[Zone]:
    wide = (frame.right - frame.left) / steps
    for number in range(steps):
        told = [
            f"{line.label} {value_text(value, plot.unit)}"
            for line in plot.lines
            if number < len(line.values) and (value := line.values[number]) is not None
        ]
        at = minute(plot.start_ms + number * plot.step_ms)
        yield Zone(
            frame.left + number * wide,
            frame.top,
            wide,
            frame.bottom - frame.top,
            f"{at}: {', '.join(told) or 'nothing known'}",
        )


def _told(plot: Plot) -> str:
    """The chart in a sentence, for who cannot see it."""
    parts = []
    for line in plot.lines:
        known: list[float] = [value for value in line.values if value is not None]
        if known:
            parts.append(
                f"{line.label} between {value_text(min(known), plot.unit)} and {value_text(max(known), plot.unit)}"
                f", last {value_text(known[-1], plot.unit)}"
            )
    return f"{plot.title}: {'; '.join(parts) or 'nothing known'}."
