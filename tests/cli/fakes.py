"""A store in memory and a clock that stands still: what the command line makes of data, without a server."""

from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

from bulltui.config.settings import Settings
from bulltui.domain.errors import BulltuiError
from bulltui.domain.fields import RawHash, raw_field
from bulltui.domain.job import Job, decode, summarize
from bulltui.domain.layout import Layout, LayoutVerdict
from bulltui.domain.queue import Counts, Queue, QueueRef, RateLimit
from bulltui.domain.reads import Anchor, Discovered, JobPage, Latency, LogPage, Rights
from bulltui.domain.scheduler import Scheduler, SchedulerPage
from bulltui.domain.series import MetricSeries
from bulltui.domain.server import ServerInfo
from bulltui.domain.states import JobState
from bulltui.domain.worker import Client
from bulltui.services.bus import Bus
from bulltui.services.poller import Poller, PollOptions
from bulltui.wiring import Runtime
from tests.cli.acting_fakes import FakeRunner
from tests.fake_explorer import FakeExplorer
from tests.fake_finder import FakeFinder
from tests.fake_following import FakeEvents, FakeFlows
from tests.fake_watch import FakeAlerts, FakeHistory, FakeMarks

NOW = 1_750_000_000_000
PAYMENTS = QueueRef("bull", "payments")
MAIL = QueueRef("bull", "mail.bulk")
SURE_V5 = LayoutVerdict(Layout.V5, ("meta.version is bullmq:5.81.5", "a marker"))


def hash_of(**fields: str) -> RawHash:
    """The hash of a job as a store reads it."""
    return {name: raw_field(value) for name, value in fields.items()}


def failed_job(number: int) -> RawHash:
    """A job that failed in its last attempt."""
    return hash_of(
        name="charge",
        data=f'{{"order":{number}}}',
        opts='{"attempts":3,"kl":100}',
        timestamp=str(NOW - 60_000),
        processedOn=str(NOW - 32_000),
        finishedOn=str(NOW - 2_000),
        delay="0",
        priority="0",
        atm="3",
        ats="3",
        failedReason="ETIMEDOUT while calling acquirer",
        stacktrace='["Error: ETIMEDOUT\\n    at Socket.onTimeout (acquirer.ts:88:13)"]',
    )


@dataclass
class FakeReader:
    """A deployment in memory. Tests change what they need."""

    queues: dict[QueueRef, Queue] = field(
        default_factory=lambda: {
            PAYMENTS: Queue(
                PAYMENTS,
                Counts(waiting=12, active=2, prioritized=1, delayed=3, completed=98_000, failed=5),
                SURE_V5,
                concurrency=10,
                limit=RateLimit(maximum=100, duration_ms=1000, used=100, ttl_ms=400),
                version="bullmq:5.81.5",
                added=98_023,
                completed_total=98_000,
                schedulers=2,
                oldest_waiting_at=NOW - 252_000,
            ),
            MAIL: Queue(
                MAIL, Counts(paused=88_000), LayoutVerdict(Layout.UNKNOWN, ("no version",), False), paused=True
            ),
        }
    )
    states: dict[tuple[QueueRef, JobState], dict[str, RawHash]] = field(
        default_factory=lambda: {(PAYMENTS, JobState.FAILED): {str(n): failed_job(n) for n in range(5, 0, -1)}}
    )
    """Jobs by state, newest first."""
    job_logs: dict[str, list[str]] = field(default_factory=dict)
    whole_fields: dict[tuple[str, str], bytes] = field(default_factory=dict)
    scheduled: list[Scheduler] = field(default_factory=list)
    connections: list[Client] = field(default_factory=list)
    clients_error: BulltuiError | None = None
    error: BulltuiError | None = None
    info: ServerInfo = ServerInfo(
        "valkey", "8.1.4", "standalone", "master", "noeviction", 50_000_000, 0, 12, 100, 200_000, "ops", 3
    )
    may: Rights = Rights("ops")
    other_prefixes: tuple[str, ...] = ()
    discovery_problem: str = ""
    kept_series: dict[QueueRef, tuple[MetricSeries, MetricSeries]] = field(default_factory=dict)
    pages_asked: list[tuple[int, int, Anchor | None]] = field(default_factory=list)
    address: str = "redis://fake:6379"
    scripts_allowed: bool | None = True
    closed: bool = False

    async def discover(self, prefixes: Sequence[str] | None) -> AsyncIterator[Discovered]:
        self._answer()
        refs = tuple(ref for ref in self.queues if prefixes is None or ref.prefix in prefixes)
        yield Discovered(
            refs, 1000 if self.queues or self.other_prefixes else 0, self.other_prefixes, self.discovery_problem
        )

    async def counts(self, refs: Sequence[QueueRef]) -> list[Queue]:
        self._answer()
        return [self.queues[ref] for ref in refs if ref in self.queues]

    async def series(self, refs: Sequence[QueueRef], minutes: int) -> dict[QueueRef, tuple[MetricSeries, MetricSeries]]:
        self._answer()
        return {ref: self.kept_series.get(ref, (MetricSeries(), MetricSeries())) for ref in refs}

    async def schedulers(self, ref: QueueRef, start: int, limit: int) -> SchedulerPage:
        self._answer()
        return SchedulerPage(tuple(self.scheduled[start : start + limit]), len(self.scheduled))

    async def clients(self) -> list[Client]:
        if self.clients_error:
            raise self.clients_error
        return self.connections

    async def page(
        self,
        ref: QueueRef,
        state: JobState,
        start: int,
        limit: int,
        *,
        oldest_first: bool = False,
        anchor: Anchor | None = None,
    ) -> JobPage:
        self.pages_asked.append((start, limit, anchor))
        jobs = self.states.get((ref, state), {})
        ids = list(reversed(jobs)) if oldest_first else list(jobs)
        if anchor and anchor.id in ids:
            start += ids.index(anchor.id) - anchor.index
        found = tuple(summarize(one, state, jobs[one]) for one in ids[start : start + limit])
        return JobPage(state, start, len(ids), found, oldest_first)

    async def job(self, ref: QueueRef, job_id: str, *, cap: int = 0, seen: Job | None = None) -> Job | None:
        for (where, state), jobs in self.states.items():
            if where == ref and job_id in jobs:
                return decode(job_id, ref, state, jobs[job_id], log_count=len(self.job_logs.get(job_id, ())))
        return None

    async def jobs(self, ref: QueueRef, job_ids: Sequence[str], *, state: JobState, cap: int) -> list[Job]:
        return [decode(one, ref, state, self.states[ref, state].get(one, {})) for one in job_ids]

    async def field(self, ref: QueueRef, job_id: str, name: str) -> bytes | None:
        return self.whole_fields.get((job_id, name))

    async def logs(self, ref: QueueRef, job_id: str, start: int, limit: int) -> LogPage:
        lines = self.job_logs.get(job_id, [])
        first = max(0, len(lines) + start) if start < 0 else start
        return LogPage(first, len(lines), tuple(lines[first : first + limit]))

    async def server(self) -> ServerInfo:
        self._answer()
        return self.info

    async def latency(self, samples: int) -> Latency:
        self._answer()
        return Latency(0.1, 0.2, 1.5, (0.2,) * samples)

    async def rights(self, prefix: str = "bull") -> Rights:
        self._answer()
        return self.may

    async def close(self) -> None:
        self.closed = True

    def _answer(self) -> None:
        if self.error:
            raise self.error


class StillClock:
    """A clock that moves only by sleeping."""

    def __init__(self) -> None:
        self.slept: list[float] = []

    def now_ms(self) -> int:
        return NOW

    def monotonic(self) -> float:
        return sum(self.slept)

    async def sleep(self, seconds: float) -> None:
        self.slept.append(seconds)


@dataclass
class Opened:
    """Stands for `wiring.open_runtime`; remembers with which settings it was called."""

    reader: FakeReader
    clock: StillClock = field(default_factory=StillClock)
    settings: list[Settings] = field(default_factory=list)
    runner: FakeRunner = field(default_factory=FakeRunner)
    explorer: FakeExplorer = field(default_factory=FakeExplorer)
    finder: FakeFinder = field(default_factory=FakeFinder)
    flows: FakeFlows = field(default_factory=FakeFlows)
    events: FakeEvents = field(default_factory=FakeEvents)
    history: FakeHistory = field(default_factory=FakeHistory)
    alerts: FakeAlerts = field(default_factory=FakeAlerts)
    marks: FakeMarks = field(default_factory=FakeMarks)

    @asynccontextmanager
    async def __call__(self, settings: Settings, *, live: bool = True) -> AsyncIterator[Runtime]:
        self.settings.append(settings)
        bus = Bus()
        poller = Poller(self.reader, bus, self.clock, PollOptions(settings.prefixes))
        runtime = Runtime(settings, self.reader, self.clock, bus, poller, lambda _: self.runner)
        # In place of what the first use would build.
        vars(runtime).update(explorer=self.explorer, finder=self.finder, flows=self.flows, events=self.events)
        vars(runtime).update(indexed=None, history=self.history, alerts=self.alerts, marks=self.marks)
        try:
            yield runtime
        finally:
            await self.reader.close()
