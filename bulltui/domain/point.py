"""What is kept of a queue over a span of time: how it stood, what moved through it, and how long that took.

Points go together in two ways: `after` one another, which makes the point of a longer span, and `beside` one another,
which makes that of several queues. Both can be done in any grouping with the same result, so the history may roll up
what it likes when it likes.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass

from bulltui.domain.sketch import NONE, Sketch, merged


@dataclass(frozen=True, slots=True)
class Stand:
    """How a queue stood. `reads` is how often it was looked at in the span. Numbers are of the last look, those ending
    in `_max` the greatest, `workers_min` the least of all looks; workers are None where they are not known. `waiting`
    are jobs that could run now: waiting, prioritized and set aside by a pause. `oldest_ms` is how long the job that
    runs next has been there at the worst look. `paused`, `limited` and `saturated` count the looks at which the queue
    was paused, held by its rate limit, and at its global concurrency."""

    reads: int = 0
    waiting: int = 0
    waiting_max: int = 0
    active: int = 0
    active_max: int = 0
    delayed: int = 0
    waiting_children: int = 0
    failed: int = 0
    failed_max: int = 0
    completed: int = 0
    oldest_ms: int = 0
    workers: int | None = None
    workers_min: int | None = None
    paused: int = 0
    limited: int = 0
    saturated: int = 0


@dataclass(frozen=True, slots=True)
class Flow:
    """What moved through a queue in the span: jobs `added`, attempts `started`, jobs `completed` and `failed` for good,
    attempts that failed and are `retried`, jobs found `stalled`. `estimated` is how many of completed and failed follow
    from counts, since the queue's events were not seen; `lost` how many events at least were not."""

    added: int = 0
    started: int = 0
    completed: int = 0
    failed: int = 0
    retried: int = 0
    stalled: int = 0
    estimated: int = 0
    lost: int = 0

    @property
    def finished(self) -> int:
        """Jobs that ended, well or not."""
        return self.completed + self.failed

    def __add__(self, other: "Flow") -> "Flow":
        return Flow(
            self.added + other.added,
            self.started + other.started,
            self.completed + other.completed,
            self.failed + other.failed,
            self.retried + other.retried,
            self.stalled + other.stalled,
            self.estimated + other.estimated,
            self.lost + other.lost,
        )

    def most(self, other: "Flow") -> "Flow":
        """The greater one of each number."""
        return Flow(*(max(getattr(self, name), getattr(other, name)) for name in self.__slots__))

    def __bool__(self) -> bool:
        return self != _STILL


_STILL = Flow()
_NOTHING = Stand()


@dataclass(frozen=True, slots=True)
class Point:
    """A queue over the span that begins at `at_ms` (epoch ms). `wait` has how long jobs could have run before they did,
    `run` how long attempts took that ended a job, both in ms by the server's clock."""

    at_ms: int
    stand: Stand = Stand()
    flow: Flow = Flow()
    wait: Sketch = NONE
    run: Sketch = NONE

    @property
    def known(self) -> bool:
        """Whether anything was seen in the span."""
        return bool(self.stand.reads or self.flow or self.wait or self.run)


def _least(one: int | None, other: int | None) -> int | None:
    known = [number for number in (one, other) if number is not None]
    return min(known, default=None)


def _sum(one: int | None, other: int | None) -> int | None:
    return other if one is None else one if other is None else one + other


def stand_after(first: Stand, then: Stand) -> Stand:
    """How a queue stood over two spans, `then` the later one."""
    if not then.reads or not first.reads:
        return then if then.reads else first
    return Stand(
        reads=first.reads + then.reads,
        waiting=then.waiting,
        waiting_max=max(first.waiting_max, then.waiting_max),
        active=then.active,
        active_max=max(first.active_max, then.active_max),
        delayed=then.delayed,
        waiting_children=then.waiting_children,
        failed=then.failed,
        failed_max=max(first.failed_max, then.failed_max),
        completed=then.completed,
        oldest_ms=max(first.oldest_ms, then.oldest_ms),
        workers=first.workers if then.workers is None else then.workers,
        workers_min=_least(first.workers_min, then.workers_min),
        paused=first.paused + then.paused,
        limited=first.limited + then.limited,
        saturated=first.saturated + then.saturated,
    )


def stand_beside(one: Stand, other: Stand) -> Stand:
    """How two queues stood over the same span. The greatest of each may have been at different times: their sum is what
    the two of them had at most."""
    if not one.reads or not other.reads:
        return one if one.reads else other
    return Stand(
        reads=one.reads + other.reads,
        waiting=one.waiting + other.waiting,
        waiting_max=one.waiting_max + other.waiting_max,
        active=one.active + other.active,
        active_max=one.active_max + other.active_max,
        delayed=one.delayed + other.delayed,
        waiting_children=one.waiting_children + other.waiting_children,
        failed=one.failed + other.failed,
        failed_max=one.failed_max + other.failed_max,
        completed=one.completed + other.completed,
        oldest_ms=max(one.oldest_ms, other.oldest_ms),
        workers=_sum(one.workers, other.workers),
        workers_min=_sum(one.workers_min, other.workers_min),
        paused=one.paused + other.paused,
        limited=one.limited + other.limited,
        saturated=one.saturated + other.saturated,
    )


def after(points: Iterable[Point], at_ms: int) -> Point:
    """The point of a longer span that begins at `at_ms`, from those within it in their order."""
    return _together(list(points), at_ms, _stands_after)


def beside(points: Iterable[Point], at_ms: int) -> Point:
    """The point of several queues over one span that begins at `at_ms`."""
    return _together(list(points), at_ms, _stands_beside)


def _together(some: list[Point], at_ms: int, stands: Callable[[list[Stand]], Stand]) -> Point:
    looked = [one.stand for one in some if one.stand.reads]
    moved = [one.flow for one in some if one.flow]
    return Point(
        at_ms,
        (looked[0] if looked else _NOTHING) if len(looked) < 2 else stands(looked),
        (moved[0] if moved else _STILL) if len(moved) < 2 else _flows(moved),
        merged(one.wait for one in some),
        merged(one.run for one in some),
    )


def _stands_after(some: list[Stand]) -> Stand:
    """What `stand_after` makes of them one by one, at a go: a chart has thousands."""
    last = some[-1]
    return Stand(
        sum(one.reads for one in some),
        last.waiting,
        max(one.waiting_max for one in some),
        last.active,
        max(one.active_max for one in some),
        last.delayed,
        last.waiting_children,
        last.failed,
        max(one.failed_max for one in some),
        last.completed,
        max(one.oldest_ms for one in some),
        next((one.workers for one in reversed(some) if one.workers is not None), None),
        min((one.workers_min for one in some if one.workers_min is not None), default=None),
        sum(one.paused for one in some),
        sum(one.limited for one in some),
        sum(one.saturated for one in some),
    )


def _stands_beside(some: list[Stand]) -> Stand:
    """What `stand_beside` makes of them one by one."""
    workers = [one.workers for one in some if one.workers is not None]
    least = [one.workers_min for one in some if one.workers_min is not None]
    return Stand(
        sum(one.reads for one in some),
        sum(one.waiting for one in some),
        sum(one.waiting_max for one in some),
        sum(one.active for one in some),
        sum(one.active_max for one in some),
        sum(one.delayed for one in some),
        sum(one.waiting_children for one in some),
        sum(one.failed for one in some),
        sum(one.failed_max for one in some),
        sum(one.completed for one in some),
        max(one.oldest_ms for one in some),
        sum(workers) if workers else None,
        sum(least) if least else None,
        sum(one.paused for one in some),
        sum(one.limited for one in some),
        sum(one.saturated for one in some),
    )


def _flows(some: list[Flow]) -> Flow:
    return Flow(
        sum(one.added for one in some),
        sum(one.started for one in some),
        sum(one.completed for one in some),
        sum(one.failed for one in some),
        sum(one.retried for one in some),
        sum(one.stalled for one in some),
        sum(one.estimated for one in some),
        sum(one.lost for one in some),
    )


def part_of(point: Point, number: int, parts: int, at_ms: int) -> Point:
    """What a point says of one of so many equal parts of its span, which begins at `at_ms`: its share of the jobs, so
    that all parts together have as many, and how the queue stood and how long jobs took in the whole of it."""
    shares = (count * (number + 1) // parts - count * number // parts for count in _counts(point.flow))
    return Point(at_ms, point.stand, Flow(*shares) if point.flow else point.flow, point.wait, point.run)


def _counts(flow: Flow) -> tuple[int, ...]:
    return (
        *(flow.added, flow.started, flow.completed, flow.failed),
        *(flow.retried, flow.stalled, flow.estimated, flow.lost),
    )


@dataclass(frozen=True, slots=True)
class OfName:
    """Jobs of one name in a queue over a span."""

    completed: int = 0
    failed: int = 0
    wait: Sketch = NONE
    run: Sketch = NONE

    def __add__(self, other: "OfName") -> "OfName":
        return OfName(
            self.completed + other.completed,
            self.failed + other.failed,
            self.wait + other.wait,
            self.run + other.run,
        )


OTHER_NAMES = "__other__"
"""Stands for the names of jobs beyond those that are told apart."""
UNKNOWN_NAME = "__unknown__"
"""Stands for the name of a job that was gone before anybody could look."""
NAMES_A_QUEUE = 50
"""So many names of a queue are told apart."""
