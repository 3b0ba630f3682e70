"""Which part of the past a chart shows: how long a span, up to when, in which steps."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from math import isfinite

from bulltui.domain.charting import RANGES, Chart, Mark, Range, Value
from bulltui.domain.human import DAY_MS, HOUR_MS, MINUTE_MS

STEPS_MS = (
    *(10_000, 30_000, MINUTE_MS, 2 * MINUTE_MS, 5 * MINUTE_MS, 10 * MINUTE_MS, 15 * MINUTE_MS, 30 * MINUTE_MS),
    *(HOUR_MS, 2 * HOUR_MS, 3 * HOUR_MS, 6 * HOUR_MS, 12 * HOUR_MS, DAY_MS),
)
"""The steps that a chart may have."""
PER_CELL = 2
"""So many values a cell of a line has room for."""
COMPARISONS_MS = (0, DAY_MS, 7 * DAY_MS)
"""How far back the time lies that a chart is compared with; 0 for none."""
_OVER = 0.05
"""Of a step that still runs less than this share tells nothing yet."""


@dataclass(frozen=True, slots=True)
class Window:
    """From when to when (epoch ms, multiples of the step) values are asked for, one each `step_ms`."""

    start_ms: int
    end_ms: int
    step_ms: int

    @property
    def steps(self) -> int:
        """How many values that is."""
        return (self.end_ms - self.start_ms) // self.step_ms

    def place_of(self, at_ms: int) -> int | None:
        """The place of the value of a time, None where it lies outside."""
        return (at_ms - self.start_ms) // self.step_ms if self.start_ms <= at_ms < self.end_ms else None


def step_for(span_ms: int, least_ms: int, cells: int) -> int:
    """The shortest step, `least_ms` at least, of which a line of so many cells has room for all values. It divides the
    span and the day, so that steps of both days of a comparison begin at the same time."""
    fitting = [step for step in STEPS_MS if step >= least_ms and span_ms % step == 0]
    roomy = [step for step in fitting if span_ms // step <= max(1, cells) * PER_CELL]
    return roomy[0] if roomy else fitting[-1] if fitting else least_ms


@dataclass(frozen=True, slots=True)
class View:
    """What a person chose: a span (the place of one of `RANGES`), its end (epoch ms, None: now, going on), and how far
    back the time is that it is compared with (ms, 0 for none)."""

    range: int = 1
    end_ms: int | None = None
    compare_ms: int = 0

    @property
    def chosen(self) -> Range:
        """The span."""
        return RANGES[self.range]

    def window(self, now_ms: int, cells: int) -> Window:
        """The time that a line of so many cells shows. A step of a minute or less is shown once it is over, a longer
        one while it still runs."""
        span = self.chosen.span_ms
        step = step_for(span, self.chosen.step_ms, cells)
        until = now_ms if self.end_ms is None else min(self.end_ms, now_ms)
        runs_on = -until % step if step > MINUTE_MS or self.end_ms is not None else -(until % step)
        end = until + runs_on
        return Window(end - span, end, step)

    def zoomed(self, by: int, now_ms: int, around_ms: int | None = None) -> "View":
        """A longer span (`by` over 0) or a shorter one, with the time `around_ms` in its middle where one is looked
        at."""
        place = max(0, min(len(RANGES) - 1, self.range + by))
        if place == self.range:
            return self
        if around_ms is None:
            return replace(self, range=place)
        return replace(self, range=place)._ending(around_ms + RANGES[place].span_ms // 2, now_ms)

    def moved(self, by: float, now_ms: int) -> "View":
        """Earlier (`by` under 0) or later by a share of the span; where that would be to come, live."""
        end = now_ms if self.end_ms is None else self.end_ms
        return self._ending(round(end + by * self.chosen.span_ms), now_ms)

    def showing(self, at_ms: int, now_ms: int) -> "View":
        """With a time in its middle."""
        return self._ending(at_ms + self.chosen.span_ms // 2, now_ms)

    def live(self) -> "View":
        """Up to now, and on."""
        return replace(self, end_ms=None)

    def compared(self) -> "View":
        """Compared with what comes next: the day before, the week before, nothing."""
        place = COMPARISONS_MS.index(self.compare_ms) if self.compare_ms in COMPARISONS_MS else 0
        return replace(self, compare_ms=COMPARISONS_MS[(place + 1) % len(COMPARISONS_MS)])

    def _ending(self, end_ms: int, now_ms: int) -> "View":
        return replace(self, end_ms=None if end_ms >= now_ms else max(self.chosen.span_ms, end_ms))


def known_until(window: Window, now_ms: int, last_ms: int | None) -> int:
    """Up to when a window is known, of a history whose last step began at `last_ms`: what a step of it lacks that is
    over was not seen, and is not made up."""
    return now_ms if last_ms is None or window.end_ms <= now_ms else min(now_ms, last_ms + STEPS_MS[0])


def settled(chart: Chart, until_ms: int) -> Chart:
    """The chart with its flows as they are up to `until_ms` (epoch ms): what moved in a step that still runs is by the
    minute of what passed of it, and not known at its very start. What is no finite number is not known either."""
    lines = {measure: tuple(map(_finite, values)) for measure, values in chart.lines.items()}
    for measure, values in list(lines.items()):
        if not measure.is_flow or not values:
            continue
        begun = chart.start_ms + (len(values) - 1) * chart.step_ms
        share = (until_ms - begun) / chart.step_ms
        if share < 1 and values[-1] is not None:
            last = values[-1] / share if share >= _OVER else None
            lines[measure] = (*values[:-1], last)
    return replace(chart, lines=lines)


def _finite(value: Value) -> Value:
    return value if value is not None and isfinite(value) else None


def total(values: Sequence[Value], step_ms: int) -> float | None:
    """How many jobs a flow by the minute was, None where nothing is known. Not of `settled` ones, since a step that
    still runs counts only as far as it is over."""
    known = [value for value in map(_finite, values) if value is not None]
    return sum(known) * step_ms / MINUTE_MS if known else None


def next_mark(marks: Sequence[Mark], at_ms: int | None, by: int, window: Window) -> int | None:
    """The time of the next mark (`by` over 0) or the one before, from a time or the end that one comes from; those of
    one value are one stop."""
    steps = sorted({mark.at_ms // window.step_ms for mark in marks if window.place_of(mark.at_ms) is not None})
    if by > 0:
        here = -1 if at_ms is None else at_ms // window.step_ms
        found = next((step for step in steps if step > here), None)
    else:
        here = window.end_ms if at_ms is None else at_ms // window.step_ms
        found = next((step for step in reversed(steps) if step < here), None)
    return None if found is None else found * window.step_ms


def span_window(start_ms: int, end_ms: int, step_ms: int | None, cells: int) -> Window:
    """The window from a time to another in whole steps of `step_ms`, None for as many as a line of so many cells has
    room for."""
    span = max(1, end_ms - start_ms)
    if step_ms is None:
        least = next((one.step_ms for one in RANGES if one.span_ms >= span), DAY_MS)
        fitting = [step for step in STEPS_MS if step >= least]
        step_ms = next((step for step in fitting if span // step <= max(1, cells) * PER_CELL), STEPS_MS[-1])
    return Window(start_ms // step_ms * step_ms, -(-end_ms // step_ms) * step_ms, step_ms)
