"""The poller over a reader that does what each test says."""

import asyncio
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager

import pytest

from bulltui.domain.errors import NotAllowedError, UnreachableError
from bulltui.domain.layout import Layout, LayoutVerdict
from bulltui.domain.queue import Counts, Queue, QueueRef
from bulltui.domain.reads import Discovered, Latency, Rights
from bulltui.domain.scheduler import SchedulerPage
from bulltui.domain.series import MetricSeries
from bulltui.domain.server import ServerInfo
from bulltui.domain.snapshot import Link, Snapshot
from bulltui.domain.worker import Client
from bulltui.services.breaker import BACKOFF_LAST_S, backoff_s
from bulltui.services.bus import Bus
from bulltui.services.clock import SystemClock
from bulltui.services.poller import Poller, PollOptions

REF = QueueRef("bull", "mail")


def queue(ref: QueueRef, waiting: int = 0, added: int = 0) -> Queue:
    return Queue(ref, Counts(waiting=waiting), LayoutVerdict(Layout.V5), added=added)


class FakeReader:
    """Answers from fields that a test sets; raises what a test puts into them."""

    def __init__(self, refs: Sequence[QueueRef] = (REF,)) -> None:
        self.refs = list(refs)
        self.fault: Exception | None = None
        self.search_fault: Exception | None = None
        self.clients_fault: Exception | None = None
        self.hang = False
        self.left_out = ""
        self.searches = 0
        self.asked: list[list[QueueRef]] = []
        self.waiting = 0
        self.names: list[Client] = []

    async def discover(self, prefixes: Sequence[str] | None) -> AsyncIterator[Discovered]:
        self.searches += 1
        if self.search_fault:
            raise self.search_fault
        yield Discovered(tuple(self.refs), 100)
        yield Discovered((), 200, () if self.refs else ("other",), self.left_out)

    async def counts(self, refs: Sequence[QueueRef]) -> list[Queue]:
        self.asked.append(list(refs))
        if self.hang:
            await asyncio.sleep(60)
        if self.fault:
            raise self.fault
        return [queue(ref, self.waiting, added=self.waiting) for ref in refs]

    async def series(self, refs: Sequence[QueueRef], minutes: int) -> dict[QueueRef, tuple[MetricSeries, MetricSeries]]:
        return {ref: (MetricSeries(), MetricSeries()) for ref in refs}

    async def schedulers(self, ref: QueueRef, start: int, limit: int) -> SchedulerPage:
        return SchedulerPage((), 0)

    async def clients(self) -> list[Client]:
        if self.clients_fault:
            raise self.clients_fault
        return self.names

    async def server(self) -> ServerInfo:
        return ServerInfo(version="7.0.15")

    async def latency(self, samples: int) -> Latency:
        if self.fault:
            raise self.fault
        return Latency(1.0, 1.0, 1.0)

    async def rights(self, prefix: str = "bull") -> Rights:
        return Rights()


class Watch:
    """A running poller and what it published."""

    def __init__(self, poller: Poller, bus: Bus) -> None:
        self.poller = poller
        self.bus = bus
        self.seen: list[Snapshot] = []
        bus.subscribe(self.seen.append)

    async def until(self, condition: Callable[[Snapshot], bool], seconds: float = 5.0) -> Snapshot:
        async with asyncio.timeout(seconds):
            while not condition(self.bus.last):
                await asyncio.sleep(0.005)
        return self.bus.last


@asynccontextmanager
async def watching(reader: FakeReader, discovery_s: float = 0.1) -> AsyncIterator[Watch]:
    bus = Bus()
    options = PollOptions(("bull",), refresh_s=0.02, timeout_s=0.2, discovery_s=discovery_s, workers_s=0.05)
    poller = Poller(reader, bus, SystemClock(), options)
    task = asyncio.create_task(poller.run())
    try:
        yield Watch(poller, bus)
    finally:
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task


async def test_the_first_snapshot_has_what_was_found() -> None:
    async with watching(FakeReader()) as watch:
        snapshot = await watch.until(lambda s: bool(s.rows))
        assert snapshot.rows[0].ref == REF
        assert snapshot.health.link is Link.ONLINE
        assert snapshot.health.latency_ms == 1.0


async def test_nothing_found_is_told_with_the_prefixes_that_do_exist() -> None:
    async with watching(FakeReader([])) as watch:
        snapshot = await watch.until(lambda s: s.discovery.finished_at is not None)
        assert snapshot.rows == ()
        assert snapshot.discovery.other_prefixes == ("other",)


async def test_a_failed_refresh_keeps_the_last_data_with_its_age_and_recovers() -> None:
    reader = FakeReader()
    async with watching(reader) as watch:
        good = await watch.until(lambda s: bool(s.rows))
        reader.fault = UnreachableError("Nothing listens.", hint="Start it.")
        bad = await watch.until(lambda s: s.health.link is Link.OFFLINE and s.health.next_try_ms is not None)
        assert bad.rows
        assert bad.health.message == "Nothing listens."
        assert bad.health.hint == "Start it."
        last_read = bad.taken_at
        assert last_read >= good.taken_at
        reader.fault = None
        again = await watch.until(lambda s: s.health.link is Link.ONLINE)
        assert again.taken_at > last_read


async def test_a_server_that_is_down_at_the_start_is_told_at_once_and_found_later() -> None:
    reader = FakeReader()
    reader.fault = reader.search_fault = UnreachableError("Nothing listens.")
    async with watching(reader) as watch:
        await watch.until(lambda s: s.health.link is Link.OFFLINE, 1.0)
        reader.fault = reader.search_fault = None
        snapshot = await watch.until(lambda s: bool(s.rows))
        assert snapshot.health.link is Link.ONLINE


async def test_a_server_that_hangs_is_offline_after_the_timeout() -> None:
    reader = FakeReader()
    async with watching(reader) as watch:
        await watch.until(lambda s: bool(s.rows))
        reader.hang = True
        snapshot = await watch.until(lambda s: s.health.link is Link.OFFLINE)
        assert "did not answer within 0.2 s" in snapshot.health.message
        reader.hang = False
        await watch.until(lambda s: s.health.link is Link.ONLINE)


async def test_a_refresh_never_overlaps_another() -> None:
    reader = FakeReader()
    running = 0

    async def counts(refs: Sequence[QueueRef]) -> list[Queue]:
        nonlocal running
        running += 1
        assert running == 1
        await asyncio.sleep(0.05)
        running -= 1
        return [queue(ref) for ref in refs]

    reader.counts = counts  # type: ignore[method-assign]
    async with watching(reader) as watch:
        for _ in range(20):
            watch.poller.refresh_now()
            await asyncio.sleep(0.01)


async def test_queues_on_screen_are_read_first() -> None:
    refs = [QueueRef("bull", f"q{n}") for n in range(5)]
    reader = FakeReader(refs)
    async with watching(reader) as watch:
        await watch.until(lambda s: len(s.rows) == 5)
        watch.poller.visible = (refs[3], QueueRef("bull", "gone"))
        reader.asked.clear()
        await watch.until(lambda s: len(reader.asked) > 1)
        assert reader.asked[1][0] == refs[3]
        assert sorted(reader.asked[1]) == refs


async def test_a_queue_that_is_gone_disappears_and_a_new_one_shows() -> None:
    reader = FakeReader()
    async with watching(reader) as watch:
        await watch.until(lambda s: bool(s.rows))
        reader.refs = [QueueRef("bull", "new")]
        snapshot = await watch.until(lambda s: [row.ref.name for row in s.rows] == ["new"])
        assert snapshot.row(REF) is None


async def test_forbidden_search_is_a_sentence_and_no_storm() -> None:
    reader = FakeReader()
    reader.search_fault = NotAllowedError("The Redis user may not do this: scan.", hint="Grant it.")
    async with watching(reader, discovery_s=10.0) as watch:
        snapshot = await watch.until(lambda s: bool(s.discovery.problem))
        assert snapshot.discovery.problem == "The Redis user may not do this: scan. Grant it."
        await asyncio.sleep(0.1)
        assert reader.searches == 1


async def test_queues_that_are_left_out_are_told() -> None:
    reader = FakeReader()
    reader.left_out = "The Redis user may not read all keys."
    async with watching(reader) as watch:
        snapshot = await watch.until(lambda s: s.discovery.finished_at is not None)
        assert snapshot.rows
        assert snapshot.discovery.problem == reader.left_out


async def test_workers_that_cannot_be_seen_are_unknown_not_zero() -> None:
    reader = FakeReader()
    reader.clients_fault = NotAllowedError("Workers cannot be seen.")
    async with watching(reader) as watch:
        snapshot = await watch.until(lambda s: bool(s.rows) and bool(s.workers_problem))
        assert snapshot.workers_problem == "Workers cannot be seen."
        assert snapshot.rows[0].workers is None
        reader.clients_fault = None
        await watch.until(lambda s: s.rows[0].workers == 0 and not s.workers_problem)


async def test_workers_are_counted_and_listed() -> None:
    reader = FakeReader()
    reader.names = [Client(1, "bull:bWFpbA==", "10.0.0.1:1"), Client(2, "bull:bWFpbA==:w:one", "10.0.0.1:2")]
    async with watching(reader) as watch:
        await watch.until(lambda s: bool(s.rows) and s.rows[0].workers == 2)
        assert [worker.name for worker in watch.poller.workers_of(REF)] == ["", "one"]
        assert len(watch.poller.workers_of()) == 2


async def test_rates_come_from_successive_reads() -> None:
    reader = FakeReader()
    async with watching(reader) as watch:
        await watch.until(lambda s: bool(s.rows))
        reader.waiting = 50
        snapshot = await watch.until(lambda s: bool(s.rows) and bool(s.rows[0].rates.added))
        assert snapshot.rows[0].rates.estimated
        assert snapshot.rows[0].rates.finished == 0


def test_backoff_doubles_within_its_bounds() -> None:
    assert 0.125 <= backoff_s(1) <= 0.25
    assert 0.5 <= backoff_s(3) <= 1.0
    assert backoff_s(1000) <= BACKOFF_LAST_S
