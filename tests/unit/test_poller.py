"""The poller over a reader that does what each test says."""

import asyncio
import gc
import tracemalloc
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import replace
from typing import Any

import pytest

from bulltui.domain.errors import NotAllowedError, UnreachableError
from bulltui.domain.layout import Layout, LayoutVerdict
from bulltui.domain.queue import Counts, Queue, QueueRef
from bulltui.domain.reads import Discovered, Latency, Rights
from bulltui.domain.scheduler import SchedulerPage
from bulltui.domain.series import MetricSeries
from bulltui.domain.server import ServerInfo
from bulltui.domain.snapshot import Link, Snapshot
from bulltui.domain.vitals import Breaker
from bulltui.domain.worker import Client
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
        self.info = ServerInfo(version="7.0.15", role="master")
        self.pings: list[float] = []
        self.series_asked: list[list[QueueRef]] = []

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
        self.series_asked.append(list(refs))
        return {ref: (MetricSeries(), MetricSeries()) for ref in refs}

    async def schedulers(self, ref: QueueRef, start: int, limit: int) -> SchedulerPage:
        return SchedulerPage((), 0)

    async def clients(self) -> list[Client]:
        if self.clients_fault:
            raise self.clients_fault
        return self.names

    async def server(self) -> ServerInfo:
        return self.info

    async def latency(self, samples: int) -> Latency:
        if self.fault:
            raise self.fault
        ms = self.pings.pop(0) if self.pings else 1.0
        return Latency(ms, ms, ms)

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
async def watching(reader: FakeReader, discovery_s: float = 0.1, **more: Any) -> AsyncIterator[Watch]:
    bus = Bus()
    options = PollOptions(
        ("bull",), **({"refresh_s": 0.02, "timeout_s": 0.2, "discovery_s": discovery_s, "workers_s": 0.05} | more)
    )
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


async def test_a_queue_that_is_found_later_has_its_workers_at_once() -> None:
    reader = FakeReader()
    reader.names = [Client(1, "bull:bGF0ZQ==", "10.0.0.1:1")]
    late = QueueRef("bull", "late")
    async with watching(reader, workers_s=60) as watch:
        await watch.until(lambda s: bool(s.rows) and s.rows[0].workers == 0)
        reader.refs.append(late)
        snapshot = await watch.until(lambda s: s.row(late) is not None)
        row = snapshot.row(late)
        assert row is not None
        assert row.workers == 1


async def test_what_is_measured_of_a_queue_found_meanwhile_is_read_soon() -> None:
    late = QueueRef("bull", "late")

    class Meanwhile(FakeReader):
        """Finds the second queue, and is through with its search, while the metrics of the first are read."""

        reading = asyncio.Event()

        async def discover(self, prefixes: Sequence[str] | None) -> AsyncIterator[Discovered]:
            yield Discovered((REF,), 100)
            await self.reading.wait()
            yield Discovered((late,), 200)

        async def series(
            self, refs: Sequence[QueueRef], minutes: int
        ) -> dict[QueueRef, tuple[MetricSeries, MetricSeries]]:
            self.reading.set()
            await asyncio.sleep(0.05)
            return await super().series(refs, minutes)

    reader = Meanwhile()
    async with watching(reader, series_s=60, discovery_s=60, timeout_s=2):
        async with asyncio.timeout(5):
            while not any(late in asked for asked in reader.series_asked):
                await asyncio.sleep(0.01)


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


async def test_a_snapshot_says_of_its_server_what_is_known_of_it() -> None:
    async with watching(FakeReader(), label="eu", address="redis://eu:6379") as watch:
        watch.poller.gate.told("PING", 3.0, None)
        snapshot = await watch.until(lambda s: bool(s.rows) and bool(s.server))
        (server,) = snapshot.servers
        assert (server.label, server.address) == ("eu", "redis://eu:6379")
        assert (server.server, server.health, server.taken_at) == (snapshot.server, snapshot.health, snapshot.taken_at)
        assert server.vitals is snapshot.vitals
        assert snapshot.vitals.calls["PING"].count == 1
        assert snapshot.vitals.cache.misses > 0


async def test_what_a_server_told_of_itself_has_the_time_when_it_did() -> None:
    """Which is not that of the counts: it has its own pace, and may be refused."""
    reader = FakeReader()
    async with watching(reader, server_s=0.02) as watch:
        told = await watch.until(lambda s: s.server is not None)
        assert told.server_at
        assert told.servers[0].server_at == told.server_at
        await watch.until(lambda s: s.server_at > told.server_at)

        async def refused() -> ServerInfo:
            raise NotAllowedError("It may not be asked.")

        reader.server = refused  # type: ignore[method-assign]
        last = watch.bus.last
        later = await watch.until(lambda s: s.taken_at > last.taken_at + 200)
        await watch.until(lambda s: s.taken_at > later.taken_at + 200)
        assert watch.bus.last.server_at == later.server_at < watch.bus.last.taken_at - 200
        assert watch.bus.last.server is not None


# --- calm when it fails


async def test_one_lost_connection_does_not_make_the_screen_blink() -> None:
    reader = FakeReader()
    async with watching(reader) as watch:
        await watch.until(lambda s: bool(s.rows))
        answer, lost = reader.latency, 0

        async def once(samples: int) -> Latency:
            nonlocal lost
            if not lost:
                lost += 1
                raise UnreachableError("The connection was closed.", code="closed")
            return await answer(samples)

        reader.latency = once  # type: ignore[method-assign]
        before = watch.bus.last.taken_at
        await watch.until(lambda s: lost == 1 and s.taken_at > before)
        assert {snapshot.health.link for snapshot in watch.seen if snapshot.rows} == {Link.ONLINE}
        assert watch.bus.last.vitals.opened == 0


async def test_a_dead_server_is_asked_less_and_less_and_says_when_next() -> None:
    reader = FakeReader()
    tries = 0

    async def dead(samples: int) -> Latency:
        nonlocal tries
        tries += 1
        raise UnreachableError("Nothing listens.", code="refused")

    async with watching(reader) as watch:
        await watch.until(lambda s: bool(s.rows))
        reader.latency = dead  # type: ignore[method-assign]
        reader.search_fault = UnreachableError("Nothing listens.", code="refused")
        bad = await watch.until(lambda s: s.health.link is Link.OFFLINE)
        assert bad.vitals.breaker is Breaker.OPEN
        assert bad.vitals.opened == 1
        assert bad.health.since_ms == watch.poller.gate.breaker.since_ms
        await asyncio.sleep(1.0)
        assert 2 <= tries <= 5, "it was asked at the pace of a refresh"
        last = watch.bus.last.health
        assert last.since_ms == bad.health.since_ms
        assert last.next_try_ms is not None
        assert last.next_try_ms > bad.health.since_ms


async def test_a_probe_of_which_the_gate_is_not_told_is_over_when_the_refresh_is() -> None:
    reader = FakeReader()
    answer, tries = reader.latency, 0
    async with watching(reader) as watch:
        await watch.until(lambda s: bool(s.rows))

        async def one_of_several(samples: int) -> Latency:
            nonlocal tries
            tries += 1
            await watch.poller.gate.enter(probe=True)
            return await answer(samples)

        reader.latency = one_of_several  # type: ignore[method-assign]
        reader.fault = UnreachableError("Nothing listens.", code="refused")
        await watch.until(lambda s: s.health.link is Link.OFFLINE)
        tries = 0
        await asyncio.sleep(0.8)
        assert 1 <= tries <= 3
        reader.fault = None
        await watch.until(lambda s: s.health.link is Link.ONLINE, 2.0)


async def test_what_another_call_finds_out_is_on_the_screen_before_the_next_refresh() -> None:
    reader = FakeReader()
    async with watching(reader, refresh_s=30.0) as watch:
        await watch.until(lambda s: bool(s.rows))
        reader.fault = UnreachableError("Nothing listens.", code="refused")
        watch.poller.gate.told("page", 2.0, reader.fault)
        await watch.until(lambda s: s.health.link is Link.OFFLINE, 1.0)
        reader.fault = None
        await watch.until(lambda s: s.health.link is Link.ONLINE, 2.0)


async def test_after_its_return_all_is_read_and_searched_for_anew() -> None:
    refs = [QueueRef("bull", f"q{n:03}") for n in range(150)]
    reader = FakeReader(refs)
    async with watching(reader, discovery_s=60.0, cache_s=60.0) as watch:
        await watch.until(lambda s: len(s.rows) == 150)
        reader.fault = UnreachableError("Nothing listens.", code="refused")
        await watch.until(lambda s: s.health.link is Link.OFFLINE)
        reader.refs = [*refs, QueueRef("bull", "new")]
        reader.waiting = 7
        searches = reader.searches
        reader.fault = None
        back = await watch.until(lambda s: s.health.link is Link.ONLINE)
        assert {row.queue.counts.waiting for row in back.rows} == {7}
        await watch.until(lambda s: len(s.rows) == 151)
        assert reader.searches > searches


async def test_a_server_that_refuses_is_offline_for_us_though_it_answers() -> None:
    reader = FakeReader()
    async with watching(reader) as watch:
        await watch.until(lambda s: bool(s.rows))
        reader.fault = NotAllowedError("It wants a password.", hint="Give one.", code="no-password")
        bad = await watch.until(lambda s: s.health.link is Link.OFFLINE)
        assert (bad.health.message, bad.vitals.breaker) == ("It wants a password.", Breaker.CLOSED)
        reader.fault = None
        await watch.until(lambda s: s.health.link is Link.ONLINE)


async def test_a_slow_server_is_told_by_the_middle_of_its_last_answers() -> None:
    reader = FakeReader()
    async with watching(reader) as watch:
        await watch.until(lambda s: bool(s.rows))
        reader.pings = [900.0]
        await watch.until(lambda s: not reader.pings)
        assert all(snapshot.health.link is not Link.SLOW for snapshot in watch.seen)
        reader.pings = [400.0] * 20
        slow = await watch.until(lambda s: s.health.link is Link.SLOW)
        assert slow.health.latency_ms == 400.0
        await watch.until(lambda s: s.health.link is Link.ONLINE)


async def test_a_primary_that_became_a_replica_is_told() -> None:
    reader = FakeReader()
    async with watching(reader, address="redis://a:6379") as watch:
        await watch.until(lambda s: bool(s.rows) and bool(s.server))
        assert not watch.bus.last.health.message
        reader.info = ServerInfo(version="7.0.15", role="slave")
        watch.poller.gate.told("retry", 1.0, NotAllowedError("It is a replica.", code="read-only-server"))
        demoted = await watch.until(lambda s: bool(s.health.message))
        assert demoted.health.message.startswith("redis://a:6379 is a replica")
        assert demoted.health.link is Link.ONLINE
        reader.info = ServerInfo(version="7.0.15", role="master")
        watch.poller.refresh_now(discover=True)
        await watch.until(lambda s: not s.health.message)


async def test_a_replica_that_was_wanted_is_nothing_to_tell() -> None:
    reader = FakeReader()
    reader.info = ServerInfo(version="7.0.15", role="slave")
    async with watching(reader, replica=True) as watch:
        snapshot = await watch.until(lambda s: bool(s.rows) and bool(s.server))
        assert not snapshot.health.message


# --- calm when nobody looks

MANY = [QueueRef("bull", f"q{n:03}") for n in range(300)]


async def test_what_is_on_the_screen_is_always_fresh_and_the_rest_says_how_old_it_is() -> None:
    reader = FakeReader(MANY)
    async with watching(reader, discovery_s=60.0, cache_s=60.0) as watch:
        await watch.until(lambda s: len(s.rows) == 300 and s.discovery.finished_at is not None)
        watch.poller.visible = tuple(MANY[:20])
        reader.waiting = 5
        seq = watch.bus.last.seq
        snapshot = await watch.until(lambda s: s.seq > seq + 3)
        assert all(row.queue.counts.waiting == 5 for row in snapshot.rows[:20])
        assert all(row.read_at >= snapshot.taken_at - 50 for row in snapshot.rows[:20])
        old = [row for row in snapshot.rows[20:] if row.queue.counts.waiting == 0]
        assert len(old) > 200
        assert all(0 < row.read_at < snapshot.taken_at for row in old)
        assert snapshot.totals.waiting == sum(row.queue.counts.waiting for row in snapshot.rows)
        assert snapshot.vitals.cache.rate > 0.3


async def test_a_row_that_was_not_read_again_is_no_news_to_its_rates() -> None:
    reader = FakeReader(MANY)
    async with watching(reader, discovery_s=60.0, cache_s=60.0) as watch:
        await watch.until(lambda s: len(s.rows) == 300 and s.discovery.finished_at is not None)
        seq = watch.bus.last.seq
        snapshot = await watch.until(lambda s: s.seq > seq + 5)
        unread = [row for row in snapshot.rows if row.rates.added is None]
        assert len(unread) > 200, "a rate was made of one read"


async def test_what_comes_into_sight_is_read_before_the_next_refresh() -> None:
    reader = FakeReader(MANY)
    async with watching(reader, discovery_s=60.0, cache_s=60.0, refresh_s=0.5) as watch:
        await watch.until(lambda s: len(s.rows) == 300 and s.discovery.finished_at is not None)
        await asyncio.sleep(0.6)
        reader.asked.clear()
        began = asyncio.get_running_loop().time()
        watch.poller.visible = tuple(MANY[100:120])
        await watch.until(lambda s: any(asked[:20] == MANY[100:120] for asked in reader.asked))
        assert asyncio.get_running_loop().time() - began < 0.45


async def test_what_an_action_changed_is_read_at_once() -> None:
    reader = FakeReader(MANY)
    async with watching(reader, discovery_s=60.0, cache_s=60.0, refresh_s=30.0) as watch:
        await watch.until(lambda s: len(s.rows) == 300 and s.discovery.finished_at is not None)
        await asyncio.sleep(0.3)
        reader.waiting = 3
        watch.poller.changed([MANY[250]])
        snapshot = await watch.until(lambda s: s.rows[250].queue.counts.waiting == 3, 2.0)
        assert snapshot.rows[251].queue.counts.waiting == 0
        watch.poller.refresh_now(discover=True)
        await watch.until(lambda s: s.totals.waiting == 900, 2.0)


async def test_a_queue_that_an_action_brought_back_is_there_at_once() -> None:
    """It was gone and forgotten, and the next search for queues is far away."""
    reader, back = FakeReader(), QueueRef("bull", "back")
    async with watching(reader, discovery_s=60) as watch:
        await watch.until(lambda last: last.discovery.finished_at is not None and len(last.rows) == 1)
        reader.refs = [REF, back]
        watch.poller.changed((back,))
        await watch.until(lambda last: len(last.rows) == 2, 1.0)
        searched = reader.searches
        await asyncio.sleep(0.1)
        assert (reader.searches, len(watch.bus.last.rows)) == (searched, 2)
    async with watching(FakeReader(), discovery_s=60, globs=("mail",)) as watch:
        await watch.until(lambda last: last.discovery.finished_at is not None)
        watch.poller.changed((back, QueueRef("other", "mail")))
        await asyncio.sleep(0.1)
        assert [row.queue.ref for row in watch.bus.last.rows] == [REF]


async def test_a_queue_that_is_gone_leaves_at_its_next_read() -> None:
    reader = FakeReader(MANY)
    async with watching(reader, discovery_s=60.0, cache_s=60.0, refresh_s=30.0) as watch:
        await watch.until(lambda s: len(s.rows) == 300 and s.discovery.finished_at is not None)
        await asyncio.sleep(0.3)
        answer = reader.counts

        async def counts(refs: Sequence[QueueRef]) -> list[Queue]:
            return [one for one in await answer(refs) if one.ref != MANY[250]]

        reader.counts = counts  # type: ignore[method-assign]
        watch.poller.changed([MANY[250]])
        await watch.until(lambda s: len(s.rows) == 299 and s.row(MANY[250]) is None, 2.0)


async def test_metrics_of_queues_that_nobody_looks_at_are_read_seldom() -> None:
    reader = FakeReader(MANY)
    async with watching(reader, discovery_s=60.0, cache_s=60.0, series_s=1.2) as watch:
        await watch.until(lambda s: len(s.rows) == 300 and bool(reader.series_asked))
        watch.poller.visible = tuple(MANY[:20])
        first = len(reader.series_asked)
        await watch.until(lambda s: len(reader.series_asked) > first)
        assert len(reader.series_asked[0]) == 300
        assert reader.series_asked[-1][:20] == MANY[:20]
        assert len(reader.series_asked[-1]) < 60


def test_what_costs_more_is_done_less_often() -> None:
    options = PollOptions(None, discovery_s=30.0, workers_s=10.0, cache_s=30.0)
    assert options.search_pause(0.01) == 30.0
    assert options.search_pause(0.5) == 200.0
    assert options.search_pause(60.0) == 300.0
    assert options.workers_pause(100) == 10.0
    assert options.workers_pause(101) == 30.0
    plain = replace(options, cache_s=0.0)
    assert plain.search_pause(60.0) == 30.0
    assert plain.workers_pause(1000) == 10.0
    assert replace(options, discovery_s=600.0).search_pause(60.0) == 600.0


# --- nothing grows


async def test_two_hundred_times_away_and_back_leave_nothing_behind() -> None:
    reader = FakeReader()
    async with watching(reader, refresh_s=0.001, discovery_s=60.0) as watch:
        watch.poller.gate.breaker._backoff = lambda _: 0.001
        watch.seen = []  # the watcher itself keeps what it saw
        watch.bus._listeners.clear()

        async def cycles(number: int) -> tuple[int, int, float]:
            for _ in range(number):
                reader.fault = UnreachableError("Nothing listens.", code="refused")
                await watch.until(lambda s: s.health.link is Link.OFFLINE)
                reader.fault = None
                watch.poller.refresh_now()
                await watch.until(lambda s: s.health.link is Link.ONLINE)
            reader.asked.clear()
            reader.series_asked.clear()
            gc.collect()
            return len(asyncio.all_tasks()), len(watch.bus._listeners), tracemalloc.get_traced_memory()[0] / 1024

        tracemalloc.start()
        try:
            before, after = await cycles(40), await cycles(160)
        finally:
            tracemalloc.stop()
        assert watch.poller.gate.breaker.opened == 200
        assert after[0] <= before[0] + 4
        assert after[1] == before[1]
        assert after[2] <= before[2] + 60, f"{before} -> {after}"
