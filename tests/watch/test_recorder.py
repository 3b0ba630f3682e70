"""Steps are written once and whole, whoever leads, whatever becomes of the disk, the server and the process."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from dataclasses import replace

import pytest

from bulltui.domain.errors import BulltuiError, NotAllowedError
from bulltui.domain.event import Event, Gap
from bulltui.domain.job_times import Ended, EndedJobs, JobTimes
from bulltui.domain.point import Flow
from bulltui.domain.queue import Counts, Queue, QueueRef
from bulltui.domain.series import MetricSeries
from bulltui.domain.snapshot import Link
from bulltui.domain.states import JobState
from bulltui.services.watch import tail
from bulltui.services.watch.protocols import STEP_MS
from bulltui.services.watch.recorder import Recorder
from bulltui.services.watch.totals import Totals
from tests.fake_following import FakeEvents
from tests.fake_history_store import FakeHistoryStore
from tests.watch.recording import MAIL, PAY, START, FakePast, TurnedClock, queue, snapshot

FULL = BulltuiError("The disk is full.", hint="Make room.")


class Bench:
    """A recorder with all that is around it. `clock` is the time of all."""

    def __init__(self, store: FakeHistoryStore | None = None, clock: TurnedClock | None = None) -> None:
        self.clock = clock or TurnedClock()
        self.source = FakeEvents(time_ms=self.clock.now)
        self.past = FakePast()
        self.store = store or FakeHistoryStore()
        self.totals = Totals()
        self.queues: list[Queue] = [queue()]
        self.link = Link.ONLINE

    def write(self, kind: str, job_id: str = "1", ref: QueueRef = MAIL, **fields: str) -> Event:
        """A library writes an event now."""
        self.source.time_ms = self.clock.now
        return self.source.write(ref, kind, job_id, **fields)

    def job(self, job_id: str, ref: QueueRef = MAIL) -> None:
        """A job comes, and is done."""
        self.write("added", job_id, ref, name="welcome")
        self.write("waiting", job_id, ref)
        self.write("active", job_id, ref, prev="waiting")
        self.write("completed", job_id, ref, prev="active")

    @asynccontextmanager
    async def on(self, *, events: bool = True, always: bool = False) -> AsyncIterator[Recorder]:
        """Records in the block."""
        recorder = Recorder(
            self.clock,
            self.past,
            self.totals,
            store=self.store,
            source=self.source if events else None,
            always=always,
        )
        self.recorder = recorder
        self.refresh()
        task = asyncio.create_task(recorder.run())
        await self.turn(100)
        try:
            yield recorder
        finally:
            task.cancel()
            with suppress(asyncio.CancelledError):
                await task

    def refresh(self) -> None:
        """All queues are read."""
        self.queues = [replace(one) for one in self.queues]
        self.recorder.tell(snapshot(*self.queues, at_ms=self.clock.now, link=self.link))

    async def turn(self, ms: int) -> None:
        """Time passes; what is written meanwhile is followed in real time."""
        self.source.time_ms = self.clock.now
        await self.clock.turn(ms)
        self.source.news.set()
        for _ in range(20):
            await asyncio.sleep(0.001)
        await self.clock.turn(0)

    async def fill(self, *refs: QueueRef) -> None:
        """Until the past of these is filled, in which a thread has a part."""
        async with asyncio.timeout(10):
            while not self.store.filled.keys() >= set(refs):
                await self.turn(1_000)

    async def step(self) -> None:
        """Until the running step is written."""
        await self.turn(STEP_MS - self.clock.now % STEP_MS + 1_200)


async def test_a_step_has_what_moved_and_how_queues_stand() -> None:
    bench = Bench()
    bench.queues = [queue(counts=Counts(waiting=3, active=1), oldest_waiting_at=START - 5_000, paused=True), queue(PAY)]
    async with bench.on() as recorder:
        bench.job("1")
        await bench.step()
        point = bench.store.steps[MAIL][START]
        assert point.flow == Flow(added=1, started=1, completed=1)
        assert (point.stand.reads, point.stand.waiting, point.stand.paused, point.stand.workers) == (1, 3, 1, 2)
        assert point.stand.oldest_ms == 5_000
        assert bench.store.steps[PAY][START].stand.reads == 1
        assert recorder.recent.over(MAIL, 60).flow.completed == 1
        assert recorder.recent.over(None, 60).flow.completed == 1
        assert bench.totals.flows[MAIL].completed == 1
    assert bench.store.places[MAIL] == bench.source.streams[MAIL][-1].id


async def test_a_queue_that_was_not_read_again_stands_as_it_did_while_the_server_is_there() -> None:
    bench = Bench()
    bench.queues = [queue(counts=Counts(waiting=3))]
    async with bench.on():
        for _ in range(3):
            await bench.step()
            bench.recorder.tell(replace(snapshot(*bench.queues, at_ms=START), taken_at=bench.clock.now))
        assert {at - START: one.stand.waiting for at, one in bench.store.steps[MAIL].items()} == {
            0: 3,
            10_000: 3,
            20_000: 3,
        }
        bench.recorder.tell(replace(snapshot(*bench.queues, at_ms=START, link=Link.OFFLINE), taken_at=bench.clock.now))
        await bench.step()
    assert len(bench.store.steps[MAIL]) == 3


async def test_each_event_is_counted_once_in_its_own_step_over_a_restart() -> None:
    bench = Bench()
    async with bench.on():
        bench.job("1")
        await bench.turn(2_000)
    async with bench.on():
        await bench.turn(1_000)
    bench.job("2")  # while nobody watches
    written_at = bench.clock.now
    await bench.turn(60_000)
    async with bench.on() as recorder:
        bench.job("3")
        await bench.step()
        assert recorder.recent.over(MAIL, 600).flow.completed == 3
        assert recorder.problems == ()
    assert bench.store.total(MAIL).flow == Flow(added=3, started=3, completed=3)
    assert bench.store.steps[MAIL][written_at // STEP_MS * STEP_MS].flow.completed >= 1
    assert bench.totals.jobs[MAIL, "welcome", "completed"].ended == 2  # of this process, not of the time between


async def test_nothing_is_lost_of_the_first_queue_however_late_it_is_found() -> None:
    bench = Bench()
    bench.queues = []
    async with bench.on(always=True) as recorder:
        await bench.turn(5_000)
        bench.job("1")
        for _ in range(2):
            await bench.turn(11_000)
            bench.refresh()
        bench.past.ended[MAIL, JobState.COMPLETED] = EndedJobs((Ended(START + 5_000, JobTimes("welcome")),))
        bench.queues = [queue(counts=Counts(completed=1))]
        bench.refresh()
        bench.job("2")
        await bench.step()
        assert recorder.recent.over(MAIL, 600).flow.completed == 2
        assert bench.totals.flows[MAIL].completed == 2
    assert bench.store.total(MAIL).flow == Flow(2, 2, 2)
    assert bench.store.steps[MAIL][START].flow.completed == 1
    assert bench.store.of_names[MAIL, "welcome"].run.total == 2
    assert bench.totals.jobs[MAIL, "welcome", "completed"].ended == 2
    assert MAIL not in bench.store.filled


async def test_what_came_before_the_watch_began_is_none_of_its_events() -> None:
    bench = Bench(clock=TurnedClock(START - 5_000))
    bench.job("1")
    bench.job("1", PAY)
    await bench.turn(5_000)
    bench.queues = []
    async with bench.on(always=True):
        await bench.turn(5_000)
        bench.job("2", PAY)
        await bench.turn(5_000)
        bench.queues = [queue(), queue(PAY)]
        bench.refresh()
        await bench.step()
    # A place behind the end of a stream would look as if it had begun anew, and all of it were to be read.
    assert bench.store.places[MAIL] == bench.source.streams[MAIL][-1].id
    assert bench.store.total(MAIL).flow == Flow()
    assert bench.store.total(PAY).flow == Flow(1, 1, 1)
    assert bench.totals.flows[PAY].completed == 1


async def test_nor_is_it_where_the_queue_is_found_while_the_events_of_others_are_looked_at(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    bench = Bench(clock=TurnedClock(START - 5_000))
    bench.job("1")
    bench.job("1", PAY)
    await bench.turn(5_000)
    bench.queues = [queue(counts=Counts(waiting=1))]
    before = bench.source.before

    async def slow(ref: QueueRef, limit: int, until: str = "+") -> list[Event]:
        bench.queues = [queue(counts=Counts(waiting=1)), queue(PAY)]
        bench.refresh()
        return await before(ref, limit, until)

    monkeypatch.setattr(bench.source, "before", slow)
    async with bench.on(always=True):
        await bench.turn(2_000)
        bench.job("2", PAY)
        await bench.step()
    assert bench.store.total(PAY).flow == Flow(1, 1, 1)
    assert bench.store.total(MAIL).flow == Flow()


async def test_counters_lose_nothing_when_another_process_leads_from_now_on() -> None:
    bench = Bench()
    async with bench.on(always=True):
        await bench.step()
        bench.store.leading = False
        await bench.turn(START + 20_500 - bench.clock.now)
        bench.job("1")  # in a step that is not over when the lead goes, and read once more then
        await bench.turn(200)
        bench.refresh()
        assert bench.totals.flows[MAIL].completed == 1
        await bench.turn(1_000)
        bench.job("2")
        await bench.turn(200)
        bench.refresh()
        assert bench.totals.flows[MAIL].completed == 2
        assert bench.totals.jobs[MAIL, "welcome", "completed"].ended == 2


async def test_events_that_could_not_be_read_at_first_are_not_counted_again() -> None:
    bench = Bench()
    bench.queues = [queue(added=10, completed_total=8)]
    bench.source.error = NotAllowedError("XREAD is not allowed.")
    async with bench.on():
        bench.job("1")
        await bench.turn(1_000)
        bench.queues = [queue(added=11, completed_total=9)]
        bench.refresh()
        bench.source.error = None
        await bench.turn(60_000)
    assert bench.store.total(MAIL).flow.completed == 1


async def test_a_full_disk_is_told_and_written_later() -> None:
    bench = Bench()
    async with bench.on() as recorder:
        bench.store.error = None
        await bench.step()
        bench.job("1")

        async def full(written: object) -> None:
            raise FULL

        write, bench.store.write = bench.store.write, full  # type: ignore[method-assign]
        for _ in range(3):
            bench.refresh()
            await bench.step()
        assert list(recorder.problems) == ["The disk is full. Make room. The last 1 min of the history wait in memory."]
        assert recorder.recent.over(MAIL, 60).flow.completed == 1
        bench.store.write = write  # type: ignore[method-assign]
        await bench.step()
        assert not recorder.problems
    assert bench.store.total(MAIL).flow.completed == 1


async def test_what_waits_for_a_full_disk_is_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tail, "POINTS", 60)
    bench = Bench()
    bench.queues = [queue(QueueRef("bull", f"q{number}")) for number in range(10)]

    async def full(written: object) -> None:
        raise FULL

    async with bench.on() as recorder:
        write, bench.store.write = bench.store.write, full  # type: ignore[method-assign]
        for _ in range(9):
            bench.recorder.tell(replace(snapshot(*bench.queues, at_ms=START), taken_at=bench.clock.now))
            await bench.clock.turn(STEP_MS)
        assert len(recorder._tail) == 6
        assert "what came before is lost" in recorder.problems[0]
        bench.store.write = write  # type: ignore[method-assign]


async def test_one_writes_and_the_other_reads_what_it_wrote() -> None:
    first = Bench()
    second = Bench(first.store.another(), first.clock)
    second.source = first.source
    async with first.on(), second.on() as reader:
        first.job("1")
        await first.step()
        await first.step()
        assert reader.recent.over(MAIL, 60).flow.completed == 1
        assert second.totals.flows[MAIL].completed == 1
        assert not second.store.writes
        assert not reader.leads
    async with second.on() as reader:
        second.store.leading = True
        first.job("2")
        await second.step()
        assert reader.leads
        assert reader.recent.over(MAIL, 60).flow.completed == 2
        await second.step()
    assert first.store.total(MAIL).flow.completed == 2


async def test_without_events_flows_follow_from_counts() -> None:
    bench = Bench()
    bench.queues = [queue(added=10, completed_total=8, failed_total=0)]
    async with bench.on(events=False) as recorder:
        await bench.turn(4_000)
        bench.queues = [queue(added=16, completed_total=13, failed_total=1)]
        bench.refresh()
        await bench.step()
        assert recorder.recent.over(MAIL, 60).flow == Flow(6, 6, 5, 1, estimated=6)
    assert bench.store.total(MAIL).flow == Flow(6, 6, 5, 1, estimated=6)


async def test_a_stream_that_cannot_be_read_is_told_and_counted_otherwise() -> None:
    bench = Bench()
    bench.queues = [queue(added=10, completed_total=8), queue(PAY, added=10, completed_total=8)]
    bench.source.unfollowed = {MAIL: "bull:mail:events is a string, no stream: another program wrote it."}
    bench.write("added", "7", PAY)
    async with bench.on() as recorder:
        bench.write("added", "8", PAY)
        await bench.turn(1_000)
        bench.refresh()
        await bench.turn(1_000)
        bench.queues = [queue(added=12, completed_total=10), queue(PAY, added=12, completed_total=10)]
        bench.refresh()
        await bench.step()
        assert "bull:mail:events is a string" in recorder.problems[0]
    assert bench.store.total(MAIL).flow == Flow(2, 2, 2, 0, estimated=2)
    assert bench.store.total(PAY).flow == Flow(1)


async def test_a_user_who_may_not_read_events() -> None:
    bench = Bench()
    bench.queues = [queue(added=10, completed_total=8)]
    bench.source.error = NotAllowedError("XREAD is not allowed.")
    async with bench.on() as recorder:
        await bench.turn(3_000)
        bench.refresh()
        await bench.turn(1_000)
        bench.queues = [queue(added=12, completed_total=10)]
        bench.refresh()
        await bench.step()
        assert recorder.problems[0].startswith("XREAD is not allowed.")
    assert bench.store.total(MAIL).flow.completed == 2


async def test_a_gap_is_made_up_for_by_counters_once_its_events_are_in() -> None:
    bench = Bench()
    bench.queues = [queue(added=10, completed_total=10, failed_total=0)]
    async with bench.on():
        await bench.turn(1_000)
        bench.refresh()
        await bench.turn(100)
        event = bench.write("completed", "9", prev="active")
        bench.source.gaps.append(Gap(MAIL, f"{START}-0", event.id, 40))
        await bench.turn(1_000)
        bench.queues = [queue(added=20, completed_total=20, failed_total=0)]
        bench.refresh()
        await bench.step()
        await bench.step()
    flow = bench.store.total(MAIL).flow
    assert (flow.completed, flow.estimated, flow.lost) == (10, 9, 40)


async def test_a_queue_that_is_gone_is_forgotten() -> None:
    bench = Bench()
    bench.queues = [queue(), queue(PAY)]
    async with bench.on() as recorder:
        bench.job("1")
        await bench.step()
        bench.queues = [queue(PAY)]
        bench.refresh()
        assert recorder.recent.covers(MAIL) == 0
        assert MAIL not in bench.totals.flows
        assert not bench.totals.jobs


async def test_labels_of_servers_are_nothing_to_the_history() -> None:
    bench = Bench()
    labelled = replace(MAIL, server="eu")
    bench.queues = [queue(labelled)]
    async with bench.on() as recorder:
        bench.job("1", labelled)
        await bench.step()
        assert recorder.recent.over(labelled, 60).flow.completed == 1
    assert bench.store.total(MAIL).flow.completed == 1
    assert (MAIL, "welcome") in bench.store.of_names
    bench.job("2", labelled)
    async with bench.on():
        await bench.step()
    assert bench.store.total(MAIL).flow.completed == 2


async def test_a_history_begins_with_what_queues_tell_of_before() -> None:
    bench = Bench()
    bench.queues = [queue(counts=Counts(completed=2), completed_total=7), queue(PAY, counts=Counts(completed=1))]
    at = START - 600_000
    bench.past.metrics[MAIL] = (MetricSeries(7, at, 4, (4,)), MetricSeries())
    times = JobTimes("welcome", at - 900, 0, at - 500, at)
    bench.past.ended[MAIL, JobState.COMPLETED] = EndedJobs((Ended(at, times),))
    bench.past.ended[PAY, JobState.COMPLETED] = EndedJobs((Ended(at + 60_000, times), Ended(at, times)))
    async with bench.on():
        await bench.fill(MAIL, PAY)
    step_ms, points = bench.store.filled[MAIL]
    assert step_ms == 60_000
    assert sum(one.flow.completed for one in points) == 7
    assert sum(one.run.total for one in points) == 1
    _, points = bench.store.filled[PAY]
    assert sum(one.flow.completed for one in points) == sum(one.flow.estimated for one in points) == 2


async def test_a_history_has_all_of_the_minute_in_which_it_began() -> None:
    """What is filled goes to the end of a minute, and nobody reads the part of a minute after that."""
    bench = Bench(clock=TurnedClock(START - 5_000))
    times = JobTimes("welcome", START - 5_000, 0, START - 5_000, START - 5_000)
    at = []
    for ms, number in ((0, "1"), (17_000, "2"), (20_000, "3")):
        await bench.turn(ms)
        bench.job(number)
        at.append(bench.clock.now)
    assert at == [START - 5_000, START + 12_000, START + 32_000]
    await bench.turn(3_000)
    bench.past.ended[MAIL, JobState.COMPLETED] = EndedJobs(
        tuple(Ended(one, times) for one in (*reversed(at), START - 100_000))
    )
    bench.queues = [queue(counts=Counts(completed=4))]
    async with bench.on(always=True) as recorder:
        await bench.turn(500)
        bench.job("4")
        await bench.turn(1_000)
        bench.refresh()
        assert bench.totals.flows[MAIL].completed == 1  # since this process began
        await bench.step()
        await bench.fill(MAIL)
        assert recorder.recent.over(MAIL, 60).flow.completed == 3
        assert bench.totals.flows[MAIL].completed == 1
    steps = bench.store.steps[MAIL].items()
    assert {at - START: one.flow.completed for at, one in steps if one.flow} == {10_000: 1, 30_000: 2}
    assert bench.store.steps[MAIL][START + 30_000].stand.reads == 2
    assert bench.totals.jobs[MAIL, "welcome", "completed"].ended == 1
    _, filled = bench.store.filled[MAIL]
    assert [(one.at_ms - START, one.flow.completed) for one in filled] == [(-60_000, 1)]


async def test_a_job_that_was_under_way_at_the_end_is_known_by_the_next() -> None:
    bench = Bench()
    async with bench.on():
        bench.write("added", name="welcome")
        bench.write("waiting")
        bench.write("active", prev="waiting")
        await bench.turn(1_000)
    bench.write("completed", prev="active")  # and so nothing is under way when the queue is read again
    async with bench.on():
        await bench.step()
    assert bench.store.of_names[MAIL, "welcome"].run.total == 1
    assert bench.store.total(MAIL).flow == Flow(1, 1, 1)
