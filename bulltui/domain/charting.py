"""What charts show of the history: which measure, over which span, in which steps."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum

from bulltui.domain.point import Point
from bulltui.domain.queue import QueueRef


class Measure(StrEnum):
    """What a line of a chart may show. Flows are per minute, times in seconds, shares from 0 to 1."""

    ADDED = "added"
    STARTED = "started"
    COMPLETED = "completed"
    FAILED = "failed"
    RETRIED = "retried"
    STALLED = "stalled"
    WAITING = "waiting"
    ACTIVE = "active"
    DELAYED = "delayed"
    FAILED_KEPT = "failed-kept"
    OLDEST = "oldest"
    WORKERS = "workers"
    WAIT_P50 = "wait-p50"
    WAIT_P95 = "wait-p95"
    WAIT_P99 = "wait-p99"
    RUN_P50 = "run-p50"
    RUN_P95 = "run-p95"
    RUN_P99 = "run-p99"
    PAUSED = "paused"
    LIMITED = "limited"
    SATURATED = "saturated"

    @property
    def is_flow(self) -> bool:
        """Whether it is a number of jobs a minute."""
        return self in _FLOWS

    @property
    def is_time(self) -> bool:
        """Whether it is in seconds."""
        return self in TIMINGS or self is Measure.OLDEST

    @property
    def is_share(self) -> bool:
        """Whether it is a share of the time, from 0 to 1."""
        return self in (Measure.PAUSED, Measure.LIMITED, Measure.SATURATED)


_FLOWS = frozenset(
    (Measure.ADDED, Measure.STARTED, Measure.COMPLETED, Measure.FAILED, Measure.RETRIED, Measure.STALLED)
)
TIMINGS = frozenset(
    (
        *(Measure.WAIT_P50, Measure.WAIT_P95, Measure.WAIT_P99),
        *(Measure.RUN_P50, Measure.RUN_P95, Measure.RUN_P99),
    )
)
"""Those that need the durations of jobs, which cost more to read."""

Value = float | None
_MINUTE_MS = 60_000
_SHARE = {"50": 0.5, "95": 0.95, "99": 0.99}


@dataclass(frozen=True, slots=True)
class Ask:
    """Which measures of `refs` together (none: of all queues), from `start_ms` up to `end_ms` (epoch ms), a value each
    `step_ms`. Both ends are multiples of the step."""

    measures: tuple[Measure, ...]
    start_ms: int
    end_ms: int
    step_ms: int
    refs: tuple[QueueRef, ...] = ()

    @property
    def steps(self) -> int:
        """How many values a line has."""
        return max(0, -(-(self.end_ms - self.start_ms) // self.step_ms))

    def earlier(self, by_ms: int) -> "Ask":
        """The same of an earlier time."""
        return Ask(self.measures, self.start_ms - by_ms, self.end_ms - by_ms, self.step_ms, self.refs)


@dataclass(frozen=True, slots=True)
class Chart:
    """The answer: for each measure a value for each step, None where nothing is known. `estimated`: some flows follow
    from counts, since nobody saw the events. `problem` is a sentence where the answer is not whole."""

    start_ms: int
    step_ms: int
    lines: Mapping[Measure, tuple[Value, ...]] = field(default_factory=dict)
    estimated: bool = False
    problem: str = ""


def chart_of(points: Sequence[Point | None], ask: Ask) -> Chart:
    """The chart of points, one for each step; None where there is none."""
    known = [one if one is not None and one.known else None for one in points]
    lines: dict[Measure, tuple[Value, ...]] = {}
    for measure in ask.measures:
        value = _reader(measure, ask.step_ms)
        lines[measure] = tuple(None if one is None else value(one) for one in known)
    return Chart(ask.start_ms, ask.step_ms, lines, any(one is not None and one.flow.estimated for one in points))


def value_of(point: Point, measure: Measure, span_ms: int) -> Value:
    """What a point over `span_ms` says of a measure, None where it says nothing."""
    return _reader(measure, span_ms)(point)


def _reader(measure: Measure, span_ms: int) -> Callable[[Point], Value]:
    """What reads a measure off points: a chart has thousands of them."""
    if measure.is_flow:
        name = measure.value
        return lambda point: float(getattr(point.flow, name)) * _MINUTE_MS / span_ms
    if measure in TIMINGS:
        which, _, percent = measure.value.partition("-p")
        share = _SHARE[percent]
        if which == "wait":
            return lambda point: _seconds(point.wait.quantile(share))
        return lambda point: _seconds(point.run.quantile(share))
    of_stand = _OF_STAND[measure]
    return lambda point: of_stand(point) if point.stand.reads else None


def _seconds(ms: float | None) -> Value:
    return None if ms is None else ms / 1000


_OF_STAND: Mapping[Measure, Callable[[Point], Value]] = {
    Measure.WAITING: lambda one: float(one.stand.waiting_max),
    Measure.ACTIVE: lambda one: float(one.stand.active_max),
    Measure.DELAYED: lambda one: float(one.stand.delayed),
    Measure.FAILED_KEPT: lambda one: float(one.stand.failed),
    Measure.OLDEST: lambda one: one.stand.oldest_ms / 1000,
    Measure.WORKERS: lambda one: None if one.stand.workers is None else float(one.stand.workers),
    Measure.PAUSED: lambda one: one.stand.paused / one.stand.reads,
    Measure.LIMITED: lambda one: one.stand.limited / one.stand.reads,
    Measure.SATURATED: lambda one: one.stand.saturated / one.stand.reads,
}


class MarkKind(StrEnum):
    """What happened at a mark."""

    ACTION = "action"
    FIRING = "firing"
    RESOLVED = "resolved"


@dataclass(frozen=True, slots=True)
class Mark:
    """Something that happened at a time (epoch ms) and may explain a chart: an action of ours, an alert. `refs` are the
    queues that it was about, none for a server."""

    at_ms: int
    kind: MarkKind
    text: str
    refs: tuple[QueueRef, ...] = ()


@dataclass(frozen=True, slots=True)
class Range:
    """A span that one can choose, with the step of its values. Times in ms."""

    name: str
    span_ms: int
    step_ms: int


_M = 60_000
_H = 60 * _M
_D = 24 * _H
RANGES = (
    Range("15m", 15 * _M, 10_000),
    Range("1h", _H, 10_000),
    Range("6h", 6 * _H, _M),
    Range("24h", _D, _M),
    Range("7d", 7 * _D, _H),
    Range("30d", 30 * _D, _H),
    Range("90d", 90 * _D, _H),
)
"""From 15 minutes to 90 days; a wider step may be asked for where a line has fewer cells."""
