"""What tests of recording share: a clock that a test turns, jobs' times that it sets, and events by their words."""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass, field

from bulltui.domain.event import Event
from bulltui.domain.job_times import EndedJobs, JobTimes
from bulltui.domain.layout import Layout, LayoutVerdict
from bulltui.domain.queue import Counts, Queue, QueueRef
from bulltui.domain.series import MetricSeries
from bulltui.domain.snapshot import Health, Link, QueueRow, ServerState, Snapshot
from bulltui.domain.states import JobState

MAIL = QueueRef("bull", "mail")
PAY = QueueRef("bull", "pay")
START = 1_800_000_000_000
"""The beginning of an hour, and so of a step."""


class TurnedClock:
    """Time that passes when a test says so; sleeps end when their time has come."""

    def __init__(self, now_ms: int = START) -> None:
        self.now = now_ms
        self._sleeps: list[tuple[int, asyncio.Event]] = []

    def now_ms(self) -> int:
        return self.now

    def monotonic(self) -> float:
        return self.now / 1000

    async def sleep(self, seconds: float) -> None:
        over = asyncio.Event()
        self._sleeps.append((self.now + max(1, int(seconds * 1000)), over))
        await over.wait()

    async def turn(self, ms: int) -> None:
        """Lets time pass, and everybody do what they do at each moment of it."""
        until = self.now + ms
        while True:
            for _ in range(50):
                await asyncio.sleep(0)
            due = [at for at, _ in self._sleeps if at <= until]
            if not due:
                break
            self.now = max(self.now, min(due))
            ended = [one for one in self._sleeps if one[0] <= self.now]
            self._sleeps = [one for one in self._sleeps if one[0] > self.now]
            for _, over in ended:
                over.set()
        self.now = until


@dataclass
class FakePast:
    """Hashes and sets that a test sets. `asked` are the jobs that were asked for."""

    times: dict[tuple[QueueRef, str], JobTimes] = field(default_factory=dict)
    ended: dict[tuple[QueueRef, JobState], EndedJobs] = field(default_factory=dict)
    metrics: dict[QueueRef, tuple[MetricSeries, MetricSeries]] = field(default_factory=dict)
    asked: list[tuple[QueueRef, str]] = field(default_factory=list)
    error: Exception | None = None

    async def job_times(self, jobs: Sequence[tuple[QueueRef, str]]) -> list[JobTimes | None]:
        if self.error is not None:
            raise self.error
        self.asked += jobs
        return [self.times.get(job) for job in jobs]

    async def newest_ended(self, ref: QueueRef, state: JobState, limit: int) -> EndedJobs:
        found = self.ended.get((ref, state), EndedJobs())
        return EndedJobs(found.jobs[:limit], found.all_of_them and len(found.jobs) <= limit)

    async def series(self, refs: Sequence[QueueRef], minutes: int) -> dict[QueueRef, tuple[MetricSeries, MetricSeries]]:
        return {ref: self.metrics[ref] for ref in refs if ref in self.metrics}


def event(at_ms: int, kind: str, job_id: str = "1", ref: QueueRef = MAIL, place: int = 0, **fields: str) -> Event:
    """An event at a time after `START`."""
    return Event(ref, f"{START + at_ms}-{place}", kind, job_id, fields)


def queue(ref: QueueRef = MAIL, **known: object) -> Queue:
    """A queue as it was read."""
    counts = known.pop("counts", Counts())
    return Queue(ref, counts, LayoutVerdict(Layout.V5), **known)  # type: ignore[arg-type]  # a test's own words


def snapshot(*queues: Queue, at_ms: int, link: Link = Link.ONLINE) -> Snapshot:
    """A refresh in which all were read."""
    rows = tuple(QueueRow(one, workers=2, read_at=at_ms) for one in queues)
    return Snapshot(1, at_ms, rows, health=Health(link), servers=(ServerState("", "here"),))
