"""A week of a shop's queues as a history would have it: days and nights, an outage of the card acquirer with failures
and a backlog, a deployment that makes work faster, an hour in which the mails were paused. The same from one seed.

`python -m tests.history_week URL FOLDER` fills the history of a server in a state folder, to look at."""

import asyncio
import math
import random
import sys
from bisect import bisect_left
from collections.abc import Iterator
from dataclasses import dataclass, field

from bulltui.domain.charting import Mark, MarkKind
from bulltui.domain.point import Flow, Point, Stand, after
from bulltui.domain.queue import QueueRef
from bulltui.domain.sketch import NONE, sketch_of
from bulltui.services.watch.protocols import STEP_MS, HistoryState, HistoryStore, Written
from tests.fake_watch import FakeHistory, FakeMarks

MINUTE_MS = 60_000
HOUR_MS = 60 * MINUTE_MS
DAY_MS = 24 * HOUR_MS
WEEK_MS = 7 * DAY_MS
_SAMPLES = 24
"""So many durations at most stand for those of a point."""


@dataclass(frozen=True, slots=True)
class _Kind:
    """What a queue does: jobs a minute at its best hour, seconds of a run, workers, and its share of failures."""

    name: str
    peak: float
    run_s: float
    workers: int
    fails: float = 0.002
    nightly: bool = False
    deploys: bool = False
    breaks: bool = False
    pauses: bool = False


_KINDS = (
    _Kind("payments", 130, 0.45, 2, 0.004, breaks=True, deploys=True),
    _Kind("emails", 260, 0.2, 3, 0.001, pauses=True),
    _Kind("images", 60, 2.6, 4, 0.006),
    _Kind("reports", 4, 22, 1, 0.01, nightly=True),
    _Kind("webhooks", 90, 0.3, 2, 0.03),
)
QUEUES = tuple(QueueRef("bull", kind.name) for kind in _KINDS)

# How long before the end each of them was.
OUTAGE = (2 * DAY_MS + HOUR_MS, 2 * DAY_MS - HOUR_MS // 2)
DEPLOYED = 1 * DAY_MS - 3 * HOUR_MS
PAUSE = (1 * DAY_MS + 2 * HOUR_MS, 1 * DAY_MS + HOUR_MS)
AWAY = (5 * DAY_MS + 14 * HOUR_MS, 5 * DAY_MS + 10 * HOUR_MS)
"""Nobody watched then."""


def _rhythm(kind: _Kind, at_ms: int) -> float:
    """The share of its best hour that a queue has at a time."""
    hour = at_ms % DAY_MS / HOUR_MS
    weekend = (at_ms // DAY_MS + 3) % 7 >= 5
    if kind.nightly:
        return 1.0 if 1 <= hour < 3 else 0.04
    day = max(0.0, math.exp(-(((hour - 11) / 3.2) ** 2)) + 0.9 * math.exp(-(((hour - 17.5) / 2.6) ** 2)))
    return (0.02 + 0.98 * min(1.0, day)) * (0.45 if weekend else 1.0)


def _within(span: tuple[int, int], back_ms: int) -> bool:
    return span[1] < back_ms <= span[0]


@dataclass
class _Line:
    """A queue as it stands while time goes on."""

    kind: _Kind
    rng: random.Random
    waiting: float = 0.0
    retries: float = 0.0
    kept: int = 3
    done: int = 0
    extra: dict[str, float] = field(default_factory=dict)

    def point(self, at_ms: int, step_ms: int, back_ms: int) -> Point:
        kind, rng, minutes = self.kind, self.rng, step_ms / MINUTE_MS
        broken = kind.breaks and _within(OUTAGE, back_ms)
        paused = kind.pauses and _within(PAUSE, back_ms)
        run_s = kind.run_s * (6.0 if broken else 1.0) * (0.6 if kind.deploys and back_ms < DEPLOYED else 1.0)
        added = self._about(kind.peak * _rhythm(kind, at_ms) * minutes)
        capacity = 0.0 if paused else kind.workers * 60 / run_s * minutes
        before = self.waiting
        self.waiting += added + self.retries
        started = int(min(self.waiting, capacity))
        self.waiting -= started
        share = 0.55 if broken else kind.fails
        bad = min(started, self._about(started * share))
        failed = self._about(bad * 0.4) if bad else 0
        failed = min(failed, bad)
        self.retries = float(bad - failed)
        self.kept += failed
        completed = started - bad
        self.done += completed
        most = max(before, self.waiting)
        backlog_s = most / capacity * 60 * minutes if capacity else 0.0
        number = min(_SAMPLES, started)
        runs = [1000 * run_s * rng.lognormvariate(0, 0.5) for _ in range(number)]
        waits = [1000 * (backlog_s * rng.uniform(0.7, 1.0) + 0.02 * rng.lognormvariate(0, 0.8)) for _ in range(number)]
        busy = min(1.0, started / capacity) if capacity else 0.0
        active = 0 if paused else min(kind.workers, math.ceil(busy * kind.workers)) if started else 0
        reads = max(1, step_ms // STEP_MS)
        stand = Stand(
            reads=reads,
            waiting=int(self.waiting),
            waiting_max=int(most),
            active=active,
            active_max=active,
            delayed=int(self.retries),
            failed=self.kept,
            failed_max=self.kept,
            completed=min(5000, self.done),
            oldest_ms=int(backlog_s * 1000),
            workers=kind.workers,
            workers_min=kind.workers,
            paused=reads if paused else 0,
            saturated=reads if self.waiting > 1 and not paused else 0,
        )
        flow = Flow(added, started, completed, failed, bad - failed)
        return Point(at_ms, stand, flow, sketch_of(waits) if waits else NONE, sketch_of(runs) if runs else NONE)

    def _about(self, mean: float) -> int:
        """A whole number near `mean`, as chance has it."""
        return max(0, round(self.rng.gauss(mean, math.sqrt(mean) * 0.8))) if mean > 8 else self._few(mean)

    def _few(self, mean: float) -> int:
        left, number = math.exp(-mean), 0
        seen = self.rng.random()
        while seen > left:
            seen *= self.rng.random()
            number += 1
        return number


def spans(end_ms: int, coarse_ms: int = 10 * MINUTE_MS) -> Iterator[tuple[int, int]]:
    """The starts and lengths of all points of the week up to `end_ms`: the last half hour in steps of 10 s, six hours
    in minutes, the rest in steps of `coarse_ms`."""
    end = end_ms // STEP_MS * STEP_MS
    fine = (end - 30 * MINUTE_MS) // MINUTE_MS * MINUTE_MS
    finer = (end - 6 * HOUR_MS) // HOUR_MS * HOUR_MS
    start = (end - WEEK_MS) // DAY_MS * DAY_MS
    for first, last, step in ((start, finer, coarse_ms), (finer, fine, MINUTE_MS), (fine, end, STEP_MS)):
        for at in range(first, last, step):
            yield at, step


def week(end_ms: int, *, coarse_ms: int = 10 * MINUTE_MS, seed: int = 7) -> dict[QueueRef, list[tuple[Point, int]]]:
    """The points of each queue, oldest first, each with the ms it is of."""
    found: dict[QueueRef, list[tuple[Point, int]]] = {}
    for ref, kind in zip(QUEUES, _KINDS, strict=True):
        line = _Line(kind, random.Random(f"{seed} {kind.name}"))
        found[ref] = [
            (line.point(at, step, end_ms - at), step)
            for at, step in spans(end_ms, coarse_ms)
            if not _within(AWAY, end_ms - at)
        ]
    return found


def marks(end_ms: int) -> list[Mark]:
    """What happened in that week."""
    payments, emails = QUEUES[0], QUEUES[1]
    return [
        Mark(end_ms - PAUSE[0], MarkKind.ACTION, "ops paused emails", (emails,)),
        Mark(end_ms - PAUSE[1], MarkKind.ACTION, "ops resumed emails", (emails,)),
        Mark(end_ms - OUTAGE[0] + 4 * MINUTE_MS, MarkKind.FIRING, "payments: 55 % of jobs fail", (payments,)),
        Mark(end_ms - OUTAGE[1] + 10 * MINUTE_MS, MarkKind.RESOLVED, "payments: 0.4 % of jobs fail", (payments,)),
        Mark(end_ms - OUTAGE[1] + 25 * MINUTE_MS, MarkKind.ACTION, "ops retried 812 failed jobs", (payments,)),
    ]


class WeekHistory(FakeHistory):
    """The week in memory, as fast as a screen needs it."""

    def __init__(self, end_ms: int) -> None:
        points = {ref: [point for point, _ in some] for ref, some in week(end_ms).items()}
        first = min(some[0].at_ms for some in points.values())
        super().__init__(points, stands=HistoryState("here", leads=True, first_ms=first, last_ms=end_ms))
        self._times = {ref: [point.at_ms for point in some] for ref, some in points.items()}

    def _over(self, ref: QueueRef, start_ms: int, end_ms: int) -> Point | None:
        times = self._times.get(ref, [])
        first, last = bisect_left(times, start_ms), bisect_left(times, end_ms)
        return after(self.points[ref][first:last], start_ms) if last > first else None


def week_marks(end_ms: int) -> FakeMarks:
    """The marks of that week."""
    return FakeMarks(marks(end_ms))


async def fill(store: HistoryStore, end_ms: int) -> None:
    """Writes the week into a history: what is long over in minutes, the last hours as they would have been written."""
    await store.lead()
    steps: dict[int, dict[QueueRef, Point]] = {}
    for ref, points in week(end_ms, coarse_ms=MINUTE_MS).items():
        await store.fill(ref, [point for point, step in points if step == MINUTE_MS], MINUTE_MS)
        for point, step in points:
            if step == STEP_MS:
                steps.setdefault(point.at_ms, {})[ref] = point
    for at_ms in sorted(steps):
        await store.write(Written(at_ms, steps[at_ms]))


async def _fill_server(url: str, folder: str) -> None:
    from bulltui.config.settings import Settings
    from bulltui.wiring import open_runtime

    async with open_runtime(Settings(url=url, state_folder=folder), live=False) as runtime:
        await fill(runtime.watching.history, runtime.clock.now_ms())


if __name__ == "__main__":
    asyncio.run(_fill_server(*sys.argv[1:]))
