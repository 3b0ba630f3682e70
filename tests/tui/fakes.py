"""A deployment of queues in memory, and a clock that stands still: screens come out the same each time."""

import asyncio
from collections.abc import AsyncIterator, Callable, Iterable, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path

from textual.pilot import Pilot

from bulltui.config.settings import Settings
from bulltui.domain.errors import BulltuiError
from bulltui.domain.fields import RawHash, raw_field
from bulltui.domain.job import Job, JobSummary, decode, summarize
from bulltui.domain.layout import Layout, LayoutVerdict
from bulltui.domain.listening import Listening
from bulltui.domain.queue import Counts, Queue, QueueRef
from bulltui.domain.rates import Rates
from bulltui.domain.reads import Anchor, Discovered, JobPage, Latency, LogPage, Rights
from bulltui.domain.scan import Candidate, Look, Probe, Spot
from bulltui.domain.scheduler import Scheduler, SchedulerPage
from bulltui.domain.series import MetricSeries
from bulltui.domain.server import ServerInfo
from bulltui.domain.snapshot import Discovery, Health, Link, QueueRow, Snapshot
from bulltui.domain.states import LISTED, JobState
from bulltui.domain.worker import Client, Worker
from bulltui.ledger.remembered import Content, Remembered
from bulltui.services.bus import Bus
from bulltui.services.search import Index
from bulltui.tui.app import BulltuiApp
from bulltui.tui.switch import Switch
from tests.fake_explorer import FakeExplorer
from tests.fake_following import FakeEvents, FakeFlows
from tests.fake_watch import FakeAlerts, FakeHistory, FakeMarks, FakeWatch
from tests.tui.fake_runner import FakeRunner
from tests.tui.hurry import MOMENT, paint, painted_at_the_end
from tests.tui.hurry import hurried as hurried  # noqa: PLC0414 - others take it from here

NOW = 1_800_000_000_000
SURE = LayoutVerdict(Layout.V5, ("meta.version is bullmq:5.81.5",))


class FakeClock:
    """Stands at `now` until told otherwise."""

    def __init__(self) -> None:
        self.now = NOW

    def now_ms(self) -> int:
        return self.now

    def monotonic(self) -> float:
        return self.now / 1000

    async def sleep(self, seconds: float) -> None:
        """Short ones pass, so that what goes in steps goes on."""
        await (asyncio.sleep(seconds) if seconds < 1 else asyncio.Event().wait())


@dataclass
class FakeJob:
    """A job: its hash as text, and the score it has in a sorted set."""

    id: str
    fields: dict[str, str] = field(default_factory=dict)
    score: float | None = None
    lock_ttl_ms: int | None = 30_000
    logs: list[str] = field(default_factory=list)

    @property
    def raw(self) -> RawHash:
        return {name: raw_field(value) for name, value in self.fields.items()}


def job(number: int | str, name: str = "charge", **fields: str) -> FakeJob:
    """A believable job, added two minutes ago."""
    known = {
        "name": name,
        "data": f'{{"order":{number!r},"amount":12.5}}'.replace("'", '"'),
        "opts": '{"attempts":3,"backoff":{"type":"exponential","delay":1000}}',
        "timestamp": str(NOW - 120_000),
        "delay": "0",
        "priority": "0",
    }
    return FakeJob(str(number), {**known, **fields})


def failed(number: int | str, reason: str = "card declined", **fields: str) -> FakeJob:
    """A job that failed three times, a minute ago."""
    trace = f"Error: {reason}\\n    at charge (/app/src/pay.ts:10:5)\\n    at run (/app/node_modules/bullmq/w.js:1:1)"
    known = {
        "failedReason": reason,
        "stacktrace": f'["{trace}","{trace}","{trace}"]',
        "atm": "3",
        "ats": "3",
        "processedOn": str(NOW - 61_000),
        "finishedOn": str(NOW - 60_000),
    }
    return job(number, **{**known, **fields})


@dataclass
class FakeQueue:
    """A queue: jobs by state, the newest first, and what `Queue` says beside the counts."""

    jobs: dict[JobState, list[FakeJob]] = field(default_factory=dict)
    more: dict[str, object] = field(default_factory=dict)
    rates: Rates = Rates()
    workers: int | None = 1
    trend: tuple[float, ...] = ()

    def counts(self) -> Counts:
        return Counts(**{state.value.replace("-", "_"): len(self.jobs.get(state, ())) for state in LISTED})


class FakeReader:
    """Reads from memory. `error` is raised by every read while it is set; reads wait while `held`."""

    address = "redis://127.0.0.1:6379"
    scripts_allowed: bool | None = True

    def __init__(self, queues: Mapping[str, FakeQueue]) -> None:
        self.queues = {QueueRef("bull", name): queue for name, queue in queues.items()}
        self.error: BulltuiError | None = None
        self.gate = asyncio.Event()
        self.gate.set()
        self.pages: list[tuple[QueueRef, JobState, int, int, Anchor | None]] = []
        self.job_reads = 0
        self.schedulers_of: dict[str, list[Scheduler]] = {}

    async def ready(self) -> None:
        await asyncio.sleep(0)
        await self.gate.wait()
        if self.error is not None:
            raise self.error

    async def discover(self, prefixes: Sequence[str] | None) -> AsyncIterator[Discovered]:
        await self.ready()
        yield Discovered(tuple(self.queues), len(self.queues))

    async def counts(self, refs: Sequence[QueueRef]) -> list[Queue]:
        await self.ready()
        return [self.queue(ref) for ref in refs if ref in self.queues]

    def queue(self, ref: QueueRef) -> Queue:
        found = self.queues[ref]
        queue = Queue(ref, found.counts(), SURE, added=sum(map(len, found.jobs.values())))
        return replace(queue, **found.more)  # type: ignore[arg-type]

    async def series(self, refs: Sequence[QueueRef], minutes: int) -> dict[QueueRef, tuple[MetricSeries, MetricSeries]]:
        return {}

    async def schedulers(self, ref: QueueRef, start: int, limit: int) -> SchedulerPage:
        await self.ready()
        found = self.schedulers_of.get(ref.name, [])
        return SchedulerPage(tuple(found[start : start + limit]), len(found))

    async def clients(self) -> list[Client]:
        return []

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
        self.pages.append((ref, state, start, limit, anchor))
        await self.ready()
        found = self.queues[ref].jobs.get(state, []) if ref in self.queues else []
        jobs = found[::-1] if oldest_first else found
        if anchor is not None:
            place = next((i for i, one in enumerate(jobs) if one.id == anchor.id), anchor.index)
            start = max(0, start + place - anchor.index)
        read = tuple(map(self._summary(state), jobs[start : start + limit]))
        return JobPage(state, start, len(jobs), read, oldest_first)

    @staticmethod
    def _summary(state: JobState) -> Callable[[FakeJob], JobSummary]:
        def summary(one: FakeJob) -> JobSummary:
            locked = one.lock_ttl_ms is not None if state is JobState.ACTIVE else None
            return summarize(one.id, state, one.raw, score=one.score, locked=locked)

        return summary

    async def job(self, ref: QueueRef, job_id: str, *, cap: int = 0, seen: Job | None = None) -> Job | None:
        self.job_reads += 1
        await self.ready()
        for state, jobs in self.queues[ref].jobs.items() if ref in self.queues else ():
            for one in jobs:
                if one.id == job_id:
                    lock = one.lock_ttl_ms if state is JobState.ACTIVE else None
                    return decode(
                        job_id, ref, state, one.raw, score=score_of(one), lock_ttl_ms=lock, log_count=len(one.logs)
                    )
        return None

    async def jobs(self, ref: QueueRef, job_ids: Sequence[str], *, state: JobState, cap: int) -> list[Job]:
        found = [await self.job(ref, one) for one in job_ids]
        known = [job or decode(one, ref, JobState.UNKNOWN, {}) for one, job in zip(job_ids, found, strict=True)]
        return [job if job.state is state else replace(job, state=state, score=None) for job in known]

    def find(self, ref: QueueRef, job_id: str) -> FakeJob | None:
        jobs = (one for jobs in self.queues[ref].jobs.values() for one in jobs)
        return next((one for one in jobs if one.id == job_id), None)

    async def field(self, ref: QueueRef, job_id: str, name: str) -> bytes | None:
        await self.ready()
        found = self.find(ref, job_id)
        return None if found is None or name not in found.fields else found.fields[name].encode()

    async def logs(self, ref: QueueRef, job_id: str, start: int, limit: int) -> LogPage:
        await self.ready()
        found = self.find(ref, job_id)
        lines = found.logs if found is not None else []
        first = max(0, len(lines) + start) if start < 0 else start
        return LogPage(first, len(lines), tuple(lines[first : first + limit]))

    async def server(self) -> ServerInfo:
        return ServerInfo("valkey", "8.1.4")

    async def latency(self, samples: int) -> Latency:
        return Latency(1, 1, 1)

    async def rights(self, prefix: str = "bull") -> Rights:
        return Rights()

    async def close(self) -> None:
        pass


class FakeFinder:
    """Looks through the jobs of a reader in memory, at most `most` at once; it lets every job pass."""

    on_server = True

    def __init__(self, reader: FakeReader) -> None:
        self._reader = reader
        self.most = 100
        self.looks = 0

    async def look(self, probe: Probe) -> Look:
        self.looks += 1
        await self._reader.ready()
        queue = self._reader.queues.get(probe.ref)
        jobs = queue.jobs.get(probe.state, []) if queue is not None else []
        start = int(probe.spot.member or 0)
        end = start + min(self.most, probe.limit)
        found = [Candidate(probe.ref, one.id, probe.state, score_of(one), one.raw) for one in jobs[start:end]]
        spot = Spot(member=str(end)) if end < len(jobs) else None
        return Look(len(found), len(jobs), tuple(found), spot)

    async def holders(self, refs: Sequence[QueueRef], job_id: str) -> list[QueueRef]:
        await self._reader.ready()
        return [ref for ref in refs if self._reader.find(ref, job_id) is not None]


def score_of(job: FakeJob) -> float | None:
    """The score in a sorted set."""
    finished = job.fields.get("finishedOn", "")
    return float(finished) if job.score is None and finished.isdigit() else job.score


class FakePoller:
    """Polls when a test says so."""

    def __init__(self) -> None:
        self.visible: tuple[QueueRef, ...] = ()
        self.asked: list[bool] = []
        self.workers: list[Worker] = []

    async def run(self) -> None:
        await asyncio.Event().wait()

    def refresh_now(self, *, discover: bool = False) -> None:
        self.asked.append(discover)

    def changed(self, refs: Iterable[QueueRef]) -> None:
        """Polls when a test says so."""

    def workers_of(self, ref: QueueRef | None = None) -> tuple[Worker, ...]:
        return tuple(worker for worker in self.workers if ref is None or worker.queue == ref)


class InMemory(Remembered):
    """What is remembered, without a file."""

    def __init__(self) -> None:
        super().__init__(Path("/nowhere"))
        self._kept = Content()

    def _read(self) -> Content:
        return self._kept

    def _write(self, change: Callable[[Content], Content]) -> Content:
        self._kept = change(self._kept)
        return self._kept


class FakeRuntime:
    """The graph, with snapshots made of the reader's queues."""

    def __init__(self, queues: Mapping[str, FakeQueue], settings: Settings | None = None) -> None:
        self.settings = settings or Settings()
        self.reader = FakeReader(queues)
        self.clock = FakeClock()
        self.bus = Bus()
        self.poller = FakePoller()
        self.runner = FakeRunner(refusal="read-only" if self.settings.read_only else "")
        self.finder = FakeFinder(self.reader)
        self.explorer = FakeExplorer()
        self.flows = FakeFlows()
        self.events = FakeEvents()
        self.remembered = InMemory()
        self.indexed: Index | None = None
        self.history = FakeHistory()
        self.alerts = FakeAlerts()
        self.marks = FakeMarks()
        self.watch = FakeWatch()
        self.listening = Listening()

    def snapshot(self) -> Snapshot:
        """What a poller would publish now."""
        rows = tuple(
            QueueRow(self.reader.queue(ref), found.rates, found.workers, found.trend)
            for ref, found in sorted(self.reader.queues.items())
        )
        now = self.clock.now
        return Snapshot(
            seq=self.bus.last.seq + 1,
            taken_at=now,
            rows=rows,
            server=ServerInfo("valkey", "8.1.4"),
            health=Health(Link.ONLINE, 1.2, now),
            discovery=Discovery(scanned=len(rows) * 9, found=len(rows), finished_at=now),
        )

    def publish(self, snapshot: Snapshot | None = None) -> None:
        """Hands out a snapshot."""
        self.bus.publish(snapshot or self.snapshot())

    def go_offline(self) -> None:
        """As the poller tells of a server that is away."""
        health = Health(
            Link.OFFLINE, None, self.clock.now, self.clock.now + 3000, "Connection refused.", "Start the server."
        )
        self.reader.error = BulltuiError("Connection refused.", hint="Start the server.")
        self.bus.publish(replace(self.bus.last, seq=self.bus.last.seq + 1, health=health))


Check = Callable[[], bool]


async def until(
    pilot: Pilot[Switch | None], check: Check, what: str = "", *, seconds: float = 5.0, every_s: float = 0.005
) -> None:
    """Waits until `check` holds, as briefly as possible."""
    deadline = asyncio.get_running_loop().time() + seconds
    while not check():
        if asyncio.get_running_loop().time() > deadline:
            raise AssertionError(what or "it did not come to that")
        await pilot.pause(every_s)


async def settle(pilot: Pilot[Switch | None], *, painted: bool = True) -> None:
    """Waits until what is on the screen is read and painted."""
    app = pilot.app
    assert isinstance(app, BulltuiApp)
    for _ in range(3):  # what is read may ask for more
        await pilot.pause(MOMENT)
        await until(pilot, lambda: app.settled, "it did not settle")
    await pilot.pause(MOMENT)
    if painted:
        paint(app)


@dataclass
class Stage:
    """A running app and what it runs on."""

    app: BulltuiApp
    pilot: Pilot[Switch | None]
    runtime: FakeRuntime

    async def press(self, *keys: str) -> None:
        """Presses keys, each once the one before is done with, and looks at the screen behind the last one. A test
        that wants a look behind each presses one by one."""
        for left, key in zip(range(len(keys) - 1, -1, -1), keys, strict=True):
            await self.pilot.press(key)
            await settle(self.pilot, painted=not left)

    async def type(self, text: str) -> None:
        """Types letters, then waits once."""
        for letter in text:
            await self.pilot.press(letter)
        await settle(self.pilot)

    async def settle(self) -> None:
        """Waits until all is shown."""
        await settle(self.pilot)

    async def publish(self, snapshot: Snapshot | None = None) -> None:
        """A refresh."""
        self.runtime.publish(snapshot)
        await settle(self.pilot)

    @property
    def lines(self) -> list[str]:
        """What is on the screen."""
        from tests.tui.support import screen_text

        return screen_text(self.app)

    @property
    def text(self) -> str:
        """The same as one text."""
        return "\n".join(self.lines)


@asynccontextmanager
async def stage(
    queues: Mapping[str, FakeQueue], size: tuple[int, int] = (140, 40), settings: Settings | None = None
) -> AsyncIterator[Stage]:
    """The app with its first snapshot shown."""
    runtime = FakeRuntime(queues, settings)
    app = BulltuiApp(runtime)
    async with painted_at_the_end(), app.run_test(size=size, notifications=True) as pilot:
        await pilot.pause()
        runtime.publish()
        await settle(pilot)
        yield Stage(app, pilot, runtime)


def shop() -> dict[str, FakeQueue]:
    """A few queues of all kinds."""
    return {
        "payments": FakeQueue(
            {
                JobState.FAILED: [failed(n) for n in range(40, 28, -1)],
                JobState.WAITING: [job(n) for n in range(80, 50, -1)],
                JobState.ACTIVE: [
                    job(50, processedOn=str(NOW - 5_000), pb="worker-1", progress="40"),
                    replace(job(49, processedOn=str(NOW - 900_000)), lock_ttl_ms=None),
                ],
                JobState.COMPLETED: [
                    job(n, processedOn=str(NOW - 9000), finishedOn=str(NOW - 8000), returnvalue='{"ok":true}', atm="1")
                    for n in range(28, 20, -1)
                ],
            },
            rates=Rates(12.0, 10.0, 1.0),
            trend=(1.0, 4.0, 2.0, 8.0),
        ),
        "images": FakeQueue({JobState.WAITING: [job(n) for n in range(300, 0, -1)]}, workers=0),
        "mail:bulk": FakeQueue({JobState.WAITING: [job(1)]}, {"paused": True}),
        "mail:news": FakeQueue(
            {JobState.DELAYED: [replace(job(7), score=float((NOW + 60_000) * 4096))]}, rates=Rates(1, 1, 0, True)
        ),
    }
