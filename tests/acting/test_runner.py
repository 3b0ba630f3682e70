"""How requests are carried out: what is written down before, how they stop, what their outcome says."""

import asyncio
from collections.abc import Sequence
from pathlib import Path
from random import Random

import pytest

from bulltui.domain import actions
from bulltui.domain.errors import BulltuiError, NotAllowedError, NotFoundError, UnreachableError, UsageError
from bulltui.domain.layout import Layout, LayoutVerdict
from bulltui.domain.orders import Answer, Item, LostAnswerError, Order
from bulltui.domain.outcome import Kind, Progress, Reason
from bulltui.domain.queue import QueueRef
from bulltui.domain.record import Over, SavedJob
from bulltui.domain.states import JobState
from bulltui.domain.targets import Every, Jobs, Queues
from bulltui.domain.telling import result
from bulltui.ledger.journal import FileJournal
from bulltui.services.request import Cancel, Request
from bulltui.services.runner import ActionRunner
from tests.acting.conftest import MakeRunner
from tests.acting.fakes import FakeActor, FakeClock, FakeQueue, Fault, Q

FAILED = JobState.FAILED
WAITING = JobState.WAITING
UNSURE = LayoutVerdict(Layout.UNKNOWN, ("no marker",), sure=False, mix=(Layout.V3, Layout.V4, Layout.V5, Layout.V6))


def retry(count: int) -> Request:
    return Request(actions.Retry(), Jobs(Q, tuple(map(str, range(count))), FAILED))


def remove(count: int, *, undo: bool = True) -> Request:
    return Request(actions.Remove(), Jobs(Q, tuple(map(str, range(count)))), undo=undo)


# --- chunks and progress


async def test_jobs_go_in_chunks_and_progress_tells_of_each(runner: ActionRunner, actor: FakeActor) -> None:
    actor.one().fill(FAILED, 600)
    told: list[Progress] = []
    outcome = await runner.run(retry(600), on_progress=told.append)
    assert (outcome.kind, outcome.done, outcome.left) == (Kind.DONE, 600, 0)
    assert actor.calls == [("act", 250), ("act", 250), ("act", 100)]
    assert [(one.handled, one.done, one.total) for one in told] == [(250, 250, 600), (500, 500, 600), (600, 600, 600)]


async def test_what_a_call_did_not_come_to_is_asked_for_again(runner: ActionRunner, actor: FakeActor) -> None:
    ids = actor.one().fill(FAILED, 60)
    actor.most = 25
    assert (await runner.run(retry(60))).done == 60
    assert actor.calls == [("act", 60), ("act", 35), ("act", 10)]
    assert actor.one().jobs[WAITING] == ids


async def test_a_server_that_comes_to_nothing_ends_it(runner: ActionRunner, actor: FakeActor) -> None:
    actor.one().fill(FAILED, 10)
    actor.most = 0
    outcome = await runner.run(retry(10))
    assert outcome.error is not None
    assert outcome.error.code == "no-progress"
    assert (outcome.kind, outcome.left) == (Kind.FAILED, 10)


async def test_an_id_given_twice_is_one_job(runner: ActionRunner, actor: FakeActor) -> None:
    actor.one().fill(FAILED, 1)
    outcome = await runner.run(Request(actions.Retry(), Jobs(Q, ("0", "0"), FAILED)))
    assert (outcome.done, outcome.skipped) == (1, {})


async def test_skipped_ones_are_counted_by_reason_with_examples(runner: ActionRunner, actor: FakeActor) -> None:
    actor.one().fill(FAILED, 2)
    actor.one().fill(JobState.ACTIVE, 1, "a")
    actor.one().locked = {"1"}
    outcome = await runner.run(
        Request(actions.Retry(), Jobs(Q, ("0", "1", "a0", *(f"x{n}" for n in range(9))), FAILED))
    )
    assert outcome.kind is Kind.PARTLY
    assert outcome.skipped == {Reason.LOCKED: 1, Reason.STATE: 1, Reason.MISSING: 9}
    assert outcome.examples[Reason.MISSING] == ("x0", "x1", "x2", "x3", "x4")


# --- stopping


async def test_a_person_stops_it_after_the_running_chunk(runner: ActionRunner, actor: FakeActor) -> None:
    actor.one().fill(FAILED, 600)
    cancel = Cancel()
    outcome = await runner.run(retry(600), on_progress=lambda _: cancel.ask(), cancel=cancel)
    assert (outcome.kind, outcome.cancelled, outcome.done, outcome.left) == (Kind.PARTLY, True, 250, 350)
    (deed,) = await runner.audit.deeds(1)
    assert deed.outcome is not None
    assert (deed.outcome.done, deed.outcome.left, deed.outcome.cancelled) == (250, 350, True)


async def test_a_cancelled_task_finishes_its_chunk_and_the_audit_knows(runner: ActionRunner, actor: FakeActor) -> None:
    actor.one().fill(FAILED, 600)
    inside, go_on = asyncio.Event(), asyncio.Event()
    act = actor.act

    async def slow(order: Order, items: Sequence[Item] = ()) -> Answer:
        inside.set()
        await go_on.wait()
        return await act(order, items)

    actor.act = slow  # type: ignore[method-assign]
    task = asyncio.create_task(runner.run(retry(600)))
    await inside.wait()
    task.cancel()
    await asyncio.sleep(0)
    task.cancel()  # a second time, as an impatient person does
    await asyncio.sleep(0)
    go_on.set()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert len(actor.one().jobs[WAITING]) == 250
    (deed,) = await runner.audit.deeds(1)
    assert deed.outcome is not None
    assert (deed.outcome.done, deed.outcome.left, deed.outcome.cancelled) == (250, 350, True)
    assert await runner.audit.interrupted() == []


async def test_an_error_stops_it_and_what_was_done_is_told(runner: ActionRunner, actor: FakeActor) -> None:
    actor.one().fill(FAILED, 600)
    actor.faults = [None, _raise(NotAllowedError("No rights."))]
    outcome = await runner.run(retry(600))
    assert (outcome.kind, outcome.done, outcome.left) == (Kind.PARTLY, 250, 350)
    assert outcome.error is not None
    assert outcome.error.message == "No rights."


async def test_an_error_that_nobody_foresaw_is_in_the_audit_too(runner: ActionRunner, actor: FakeActor) -> None:
    actor.one().fill(FAILED, 300)
    actor.faults = [None, _raise(RuntimeError("a fault of ours"))]
    with pytest.raises(RuntimeError):
        await runner.run(retry(300))
    (deed,) = await runner.audit.deeds(1)
    assert deed.outcome is not None
    assert deed.outcome.done == 250
    assert deed.outcome.error is not None


def _raise(error: Exception) -> Fault:
    def fault(actor: FakeActor, order: Order, items: Sequence[Item]) -> Answer | None:
        raise error

    return fault


# --- lost answers


def _lost(done: int) -> Fault:
    """Does the first `done` of the items, then the answer is lost."""

    def fault(actor: FakeActor, order: Order, items: Sequence[Item]) -> Answer | None:
        if done:
            actor.done(order, items[:done])
        raise LostAnswerError("The connection was lost.")

    return fault


@pytest.mark.parametrize("done", [0, 10])
@pytest.mark.parametrize("undo", [True, False])
async def test_after_a_lost_answer_the_jobs_tell_what_happened(
    runner: ActionRunner, actor: FakeActor, done: int, undo: bool
) -> None:
    actor.one().fill(FAILED, 10)
    actor.faults = [_lost(done)]
    outcome = await runner.run(remove(10, undo=undo))
    assert (outcome.done, outcome.unsure, outcome.left) == (done, 0, 10 - done)
    assert isinstance(outcome.error, LostAnswerError)
    assert len(actor.orders) == 1  # it was not sent again


async def test_what_cannot_be_known_is_unsure(runner: ActionRunner, actor: FakeActor) -> None:
    actor.one().fill(FAILED, 300)
    actor.faults = [None, _lost(0)]
    outcome = await runner.run(Request(actions.AddLog("x"), Jobs(Q, tuple(map(str, range(300))))))
    assert (outcome.kind, outcome.done, outcome.unsure, outcome.left) == (Kind.PARTLY, 250, 50, 0)


async def test_a_server_that_stays_away_leaves_it_unsure(
    runner: ActionRunner, actor: FakeActor, clock: FakeClock
) -> None:
    actor.one().fill(FAILED, 10)

    def fault(actor: FakeActor, order: Order, items: Sequence[Item]) -> Answer | None:
        actor.save_error = UnreachableError("gone")
        raise LostAnswerError("The connection was lost.")

    actor.faults = [fault]
    outcome = await runner.run(remove(10))
    assert (outcome.done, outcome.unsure, outcome.left) == (0, 10, 0)
    assert outcome.undo is not None  # what was saved is kept, since it may be needed
    assert sum(clock.waits) < 10


async def test_a_lost_retry_that_ran_and_failed_again_is_unsure(runner: ActionRunner, actor: FakeActor) -> None:
    actor.one().fill(FAILED, 2)
    saved = actor.saved

    def later(ref: QueueRef, job_id: str) -> SavedJob:
        job = saved(ref, job_id)
        score = "9999999999999" if job_id == "0" else "5"
        return SavedJob(ref, job_id, job.state, score, keys=job.keys)

    actor.saved = later  # type: ignore[method-assign]
    actor.faults = [_lost(0)]
    outcome = await runner.run(retry(2))
    assert (outcome.done, outcome.unsure, outcome.left) == (0, 1, 1)


# --- the journal


async def test_what_is_destroyed_is_on_the_disk_before(
    runner: ActionRunner, actor: FakeActor, journal: FileJournal, tmp_path: Path
) -> None:
    actor.one().fill(FAILED, 50)
    on_disk: list[int] = []

    def look(actor: FakeActor, order: Order, items: Sequence[Item]) -> Answer | None:
        (path,) = (tmp_path / "undo").iterdir()
        on_disk.append(path.stat().st_size)
        return None

    actor.faults = [look, look]
    outcome = await runner.run(remove(50))
    assert outcome.done == 50
    assert actor.calls == [("save", 20), ("act", 20), ("save", 30), ("act", 30)]
    assert 0 < on_disk[0] < on_disk[1]
    assert outcome.undo is not None
    kept = [record.id for record in await _records(journal, outcome.undo) if isinstance(record, SavedJob)]
    assert sorted(kept, key=int) == [str(number) for number in range(50)]


async def _records(journal: FileJournal, number: int) -> list[object]:
    return [record async for chunk in journal.records(number) for record in chunk]


async def test_large_jobs_are_saved_few_at_a_time(runner: ActionRunner, actor: FakeActor) -> None:
    actor.one().fill(FAILED, 40)
    for job_id in actor.one().data:
        actor.one().data[job_id] = "x" * 1_000_000
    assert (await runner.run(remove(40, undo=True))).done == 40
    widths = [count for call, count in actor.calls if call == "save"]
    assert widths[0] == 20
    assert set(widths[1:]) == {8, 4}


async def test_one_that_changed_meanwhile_is_saved_and_tried_once_more(
    runner: ActionRunner, actor: FakeActor, journal: FileJournal
) -> None:
    actor.one().fill(FAILED, 3)

    def change(value: str) -> Fault:
        def fault(actor: FakeActor, order: Order, items: Sequence[Item]) -> Answer | None:
            actor.one().data["1"] = value
            return None

        return fault

    actor.faults = [change("first")]
    outcome = await runner.run(remove(3))
    assert outcome.done == 3
    assert [call for call in actor.calls if call[0] == "save"] == [("save", 3), ("save", 1)]

    actor.one().fill(FAILED, 3)
    actor.faults = [change("first"), change("second")]
    outcome = await runner.run(remove(3))
    assert (outcome.done, outcome.skipped) == (2, {Reason.CHANGED: 1})


async def test_what_was_left_alone_is_noted(runner: ActionRunner, actor: FakeActor, journal: FileJournal) -> None:
    actor.one().fill(FAILED, 3)
    actor.one().locked = {"1"}
    outcome = await runner.run(remove(3))
    assert (outcome.done, outcome.skipped) == (2, {Reason.LOCKED: 1})
    assert outcome.undo is not None
    assert [one for one in await _records(journal, outcome.undo) if isinstance(one, Over)] == [Over(Q, "1", "")]


async def test_too_much_to_save_is_refused_before_anything_is_destroyed(
    make_runner: MakeRunner, actor: FakeActor, tmp_path: Path
) -> None:
    runner = make_runner()
    runner._journal = FileJournal(tmp_path / "undo", limit=3_000, total=10_000)
    ids = actor.one().fill(FAILED, 2_000)
    outcome = await runner.run(remove(2_000))
    assert (outcome.kind, outcome.done, outcome.left, outcome.undo) == (Kind.FAILED, 0, 2_000, None)
    assert outcome.error is not None
    assert "2.9 KiB" in outcome.error.message
    assert "--no-undo" in outcome.error.hint
    assert actor.one().jobs[FAILED] == ids
    assert list((tmp_path / "undo").iterdir()) == []

    outcome = await runner.run(remove(2_000, undo=False))
    assert (outcome.done, outcome.undo) == (2_000, None)
    assert ("save", 250) not in actor.calls


async def test_a_full_journal_in_the_middle_stops_it(make_runner: MakeRunner, actor: FakeActor, tmp_path: Path) -> None:
    """Later jobs may be larger than the first ones, from which the whole was estimated."""
    runner = make_runner()
    runner._journal = FileJournal(tmp_path / "undo", limit=20_000, total=40_000)
    actor.one().fill(FAILED, 60)
    for number in range(20, 60):
        actor.one().data[str(number)] = Random(number).randbytes(1_000).hex()
    outcome = await runner.run(remove(60))
    assert (outcome.kind, outcome.done, outcome.left) == (Kind.PARTLY, 20, 40)
    assert outcome.error is not None
    assert outcome.error.code == "journal-full"
    assert outcome.undo is not None


async def test_copies_save_nothing(runner: ActionRunner, actor: FakeActor) -> None:
    actor.one().fill(FAILED, 1)
    outcome = await runner.run(Request(actions.Replay(copy=True), Jobs(Q, ("0",))))
    assert (outcome.done, outcome.undo) == (1, None)
    assert await runner.journal.entries() == []


# --- guards


async def test_read_only_refuses_everything(tmp_path: Path, make_runner: MakeRunner, actor: FakeActor) -> None:
    runner = make_runner(refusal="read-only")
    assert runner.refusal == "read-only"
    for call in (runner.preview(retry(1)), runner.run(retry(1))):
        with pytest.raises(NotAllowedError, match="read-only"):
            await call
    assert actor.calls == []
    assert await runner.audit.deeds(5) == []


async def test_a_reason_is_asked_for_where_one_is_needed(make_runner: MakeRunner, actor: FakeActor) -> None:
    runner = make_runner(require_reason=True)
    actor.one().fill(FAILED, 1)
    await runner.preview(retry(1))
    with pytest.raises(UsageError, match="reason"):
        await runner.run(Request(actions.Retry(), Jobs(Q, ("0",)), reason="  "))
    outcome = await runner.run(Request(actions.Retry(), Jobs(Q, ("0",)), reason="the acquirer is back"))
    assert outcome.done == 1
    (deed,) = await runner.audit.deeds(5)
    assert deed.intent.reason == "the acquirer is back"


async def test_an_audit_that_cannot_be_written_means_that_nothing_happens(
    runner: ActionRunner, actor: FakeActor, tmp_path: Path
) -> None:
    actor.one().fill(FAILED, 1)
    (tmp_path / "running").write_text("in the way")
    with pytest.raises(BulltuiError) as caught:
        await runner.run(retry(1))
    assert str(tmp_path) in caught.value.message
    assert "BULLTUI_STATE_DIR" in caught.value.hint
    assert actor.orders == []


async def test_a_queue_that_is_gone_or_not_understood_is_refused(runner: ActionRunner, actor: FakeActor) -> None:
    with pytest.raises(NotFoundError, match="nowhere"):
        await runner.run(Request(actions.Retry(), Jobs(QueueRef("bull", "nowhere"), ("1",))))
    actor.one().layout = UNSURE
    with pytest.raises(NotAllowedError) as caught:
        await runner.run(retry(1))
    assert caught.value.code == "layout"
    assert "--layout" in caught.value.hint
    assert await runner.audit.deeds(5) == []


async def test_a_layout_that_a_person_chose_is_gone_by(make_runner: MakeRunner, actor: FakeActor) -> None:
    actor.one().layout = UNSURE
    actor.one().fill(FAILED, 2)
    await make_runner().run(Request(actions.Retry(), Jobs(Q, ("0",)), layout=Layout.V4))
    await make_runner(layout=Layout.V3).run(Request(actions.Retry(), Jobs(Q, ("1",))))
    assert [order.layout for order in actor.orders] == [Layout.V4, Layout.V3]


async def test_the_layout_of_a_profile_is_for_queues_that_do_not_tell(
    make_runner: MakeRunner, actor: FakeActor
) -> None:
    """A person who names one for this action knows better than what a dashboard wrote; a profile does not."""
    actor.one().fill(FAILED, 2)
    runner = make_runner(layout=Layout.V4)
    await runner.run(Request(actions.Retry(), Jobs(Q, ("0",))))
    await runner.run(Request(actions.Retry(), Jobs(Q, ("1",)), layout=Layout.V6))
    assert [order.layout for order in actor.orders] == [Layout.V5, Layout.V6]


# --- states


async def test_all_of_a_state_go_the_oldest_first(runner: ActionRunner, actor: FakeActor, clock: FakeClock) -> None:
    ids = actor.one().fill(FAILED, 700)
    outcome = await runner.run(Request(actions.Retry(), Every(Q, FAILED)))
    assert (outcome.verb, outcome.done) == ("retry-all", 700)
    assert actor.one().jobs[WAITING] == ids
    assert {order.started_ms for order in actor.orders} == {clock.now_ms()}
    assert {order.not_after_ms for order in actor.orders} == {clock.now_ms()}


async def test_now_is_what_the_server_says(runner: ActionRunner, actor: FakeActor, clock: FakeClock) -> None:
    """A desk whose clock is slow would leave out what failed since."""
    actor.one().fill(FAILED, 3)
    actor.clock, actor.ahead_ms = clock, 600_000
    assert (await runner.run(Request(actions.Retry(), Every(Q, FAILED)))).done == 3
    assert {order.not_after_ms for order in actor.orders} == {clock.now_ms() + 600_000}


async def test_jobs_that_fail_again_meanwhile_are_not_taken_twice(runner: ActionRunner, actor: FakeActor) -> None:
    queue = actor.one()
    queue.fill(FAILED, 300)

    def fails_again(actor: FakeActor, order: Order, items: Sequence[Item]) -> Answer | None:
        answer = actor.done(order, items)
        for item in items:
            actor.move(queue, item.id, FAILED)
        return answer

    actor.faults = [fails_again, fails_again, fails_again, fails_again]
    outcome = await runner.run(Request(actions.Retry(), Every(Q, FAILED)))
    assert outcome.done == 300
    assert sum(count for call, count in actor.calls if call == "act") == 300


async def test_the_next_n_are_n_that_were_done(runner: ActionRunner, actor: FakeActor) -> None:
    queue = actor.one()
    queue.fill(FAILED, 100)
    queue.locked = {"0", "2"}
    outcome = await runner.run(Request(actions.Retry(), Every(Q, FAILED, limit=5)))
    assert (outcome.done, outcome.skipped) == (5, {Reason.LOCKED: 2})
    assert queue.jobs[WAITING] == ["1", "3", "4", "5", "6"]


async def test_only_those_older(runner: ActionRunner, actor: FakeActor, clock: FakeClock) -> None:
    """The ids of the fake are its times."""
    actor.one().fill(FAILED, 100)
    clock.now = 0.060
    told: list[Progress] = []
    request = Request(actions.Retry(), Every(Q, FAILED, older_than_ms=20))
    outcome = await runner.run(request, on_progress=told.append)
    assert (outcome.kind, outcome.done, outcome.left) == (Kind.DONE, 41, 0)
    assert told[-1].total is None  # how many are old enough, nobody knows before


async def test_so_many_a_second(runner: ActionRunner, actor: FakeActor, clock: FakeClock) -> None:
    actor.one().fill(FAILED, 100)
    start = clock.monotonic()
    outcome = await runner.run(Request(actions.Retry(), Every(Q, FAILED, per_second=20)))
    assert outcome.done == 100
    assert clock.monotonic() - start == pytest.approx(95 / 20)
    assert max(count for call, count in actor.calls if call == "act") == 5
    assert outcome.elapsed_s == pytest.approx(95 / 20)


async def test_a_pause_between_chunks_ends_when_it_is_stopped(
    runner: ActionRunner, actor: FakeActor, clock: FakeClock
) -> None:
    actor.one().fill(FAILED, 100)
    cancel = Cancel()
    told: list[Progress] = []

    async def sleep(seconds: float) -> None:
        clock.now += seconds
        cancel.ask()

    clock.sleep = sleep  # type: ignore[method-assign]
    start = clock.monotonic()
    request = Request(actions.Retry(), Every(Q, FAILED, per_second=0.01))
    outcome = await runner.run(request, on_progress=told.append, cancel=cancel)
    assert (outcome.done, outcome.left, outcome.cancelled) == (1, 99, True)
    assert clock.monotonic() - start < 1


async def test_jobs_not_old_enough_are_no_skipped_ones(runner: ActionRunner, actor: FakeActor) -> None:
    actor.one().fill(WAITING, 10)
    actor.faults = [lambda actor, order, items: Answer((Reason.UNDUE,) * len(items))]
    outcome = await runner.run(Request(actions.Clean(WAITING, 1000), Queues((Q,))))
    assert (outcome.kind, outcome.skipped, outcome.left) == (Kind.NOTHING, {}, 0)


async def test_those_left_in_a_list_do_not_hide_the_others(runner: ActionRunner, actor: FakeActor) -> None:
    queue = actor.one()
    queue.fill(WAITING, 600)
    queue.locked = {str(number) for number in range(0, 600, 2)}
    outcome = await runner.run(Request(actions.Drain(), Queues((Q,))))
    assert (outcome.done, outcome.skipped) == (300, {Reason.LOCKED: 300})
    assert queue.jobs[WAITING] == sorted(queue.locked, key=int)


async def test_those_that_slip_past_as_workers_take_are_found(runner: ActionRunner, actor: FakeActor) -> None:
    """Workers take from the end at which the ones that stay are, so what comes behind them moves up."""
    queue = actor.one()
    queue.fill(WAITING, 100)
    queue.locked = {str(number) for number in range(10)}

    def taken(actor: FakeActor, order: Order, items: Sequence[Item]) -> Answer | None:
        answer = actor.done(order, items)
        for number in range(10):
            actor.move(queue, str(number), JobState.ACTIVE)
        return answer

    actor.faults = [taken]
    await runner.run(Request(actions.Drain(), Queues((Q,))))
    assert queue.jobs[WAITING] == []


async def test_clean_takes_as_many_as_it_was_told(runner: ActionRunner, actor: FakeActor) -> None:
    queue = actor.one()
    queue.fill(JobState.COMPLETED, 50)
    queue.locked = {"1"}
    outcome = await runner.run(Request(actions.Clean(JobState.COMPLETED, 0, 3), Queues((Q,))))
    assert (outcome.done, outcome.skipped) == (3, {Reason.LOCKED: 1})
    assert queue.jobs[JobState.COMPLETED][:2] == ["1", "4"]


async def test_drain_leaves_delayed_jobs_unless_told(runner: ActionRunner, actor: FakeActor) -> None:
    queue = actor.one()
    queue.fill(WAITING, 3, "1")
    queue.fill(JobState.DELAYED, 3, "2")
    assert (await runner.run(Request(actions.Drain(), Queues((Q,))))).done == 3
    assert (await runner.run(Request(actions.Drain(delayed=True), Queues((Q,))))).done == 3


async def test_what_is_spared_on_purpose_is_said_and_leaves_nothing_undone(
    runner: ActionRunner, actor: FakeActor
) -> None:
    queue = actor.one()
    queue.fill(JobState.DELAYED, 3, "1")
    actor.faults = [lambda actor, order, items: Answer((None, Reason.SCHEDULER, None))]
    drain = Request(actions.Drain(delayed=True), Queues((Q,)))
    outcome = await runner.run(drain)
    assert (outcome.kind, outcome.done, outcome.skipped) == (Kind.DONE, 2, {Reason.SCHEDULER: 1})
    actor.faults = [lambda actor, order, items: Answer((Reason.SCHEDULER,) * len(items))]
    none = await runner.run(drain)
    assert (none.kind, none.done, none.exit_code) == (Kind.DONE, 0, 0)
    assert "next run of a scheduler" in result(drain.action, drain.target, none)
    kept = [deed.outcome.kind for deed in await runner.audit.deeds(9) if deed.outcome is not None]
    assert kept == [Kind.DONE, Kind.DONE]


async def test_the_next_run_of_a_scheduler_that_was_named_is_refused(runner: ActionRunner, actor: FakeActor) -> None:
    actor.one().fill(JobState.DELAYED, 1)
    actor.faults = [lambda actor, order, items: Answer((Reason.SCHEDULER,))]
    outcome = await runner.run(Request(actions.Remove(), Jobs(Q, ("0",))))
    assert (outcome.kind, outcome.exit_code) == (Kind.REFUSED, 1)


# --- queues


async def test_one_queue_that_fails_does_not_stop_the_others(
    runner: ActionRunner, actor: FakeActor, changed: list[tuple[QueueRef, ...]]
) -> None:
    refs = tuple(QueueRef("bull", name) for name in "abc")
    actor.queues |= {ref: FakeQueue() for ref in refs}
    actor.faults = [None, _raise(BulltuiError("The key b:meta is foreign."))]
    outcome = await runner.run(Request(actions.Pause(), Queues(refs)))
    assert (outcome.kind, outcome.done, outcome.left) == (Kind.PARTLY, 2, 1)
    assert outcome.error is not None
    assert outcome.error.message == "The key b:meta is foreign."
    assert [actor.one(ref).paused for ref in refs] == [True, False, True]
    assert changed == [(refs[0], refs[2])]


async def test_a_server_that_is_gone_stops_all(runner: ActionRunner, actor: FakeActor) -> None:
    refs = tuple(QueueRef("bull", name) for name in "abc")
    actor.queues |= {ref: FakeQueue() for ref in refs}
    actor.faults = [None, _raise(UnreachableError("gone"))]
    outcome = await runner.run(Request(actions.Pause(), Queues(refs)))
    assert (outcome.done, outcome.left, len(actor.orders)) == (1, 2, 2)


async def test_queues_that_are_not_understood_are_skipped_among_others(runner: ActionRunner, actor: FakeActor) -> None:
    odd, gone = QueueRef("bull", "odd"), QueueRef("bull", "gone")
    actor.queues[odd] = FakeQueue(layout=UNSURE)
    outcome = await runner.run(Request(actions.Pause(), Queues((Q, odd, gone))))
    assert (outcome.done, outcome.skipped) == (1, {Reason.LAYOUT: 1, Reason.MISSING: 1})
    assert not actor.one(odd).paused


async def test_a_pause_that_moves_a_long_list_is_repeated(runner: ActionRunner, actor: FakeActor) -> None:
    def more(left: int, before: str) -> Fault:
        return lambda actor, order, items: Answer((None,), left=left, before={"paused": before}, after={"paused": "1"})

    actor.faults = [more(9_000, ""), more(2_000, "1"), more(0, "1")]
    outcome = await runner.run(Request(actions.Pause(), Queues((Q,))))
    assert (outcome.done, len(actor.orders)) == (1, 3)
    assert outcome.undo is not None


async def test_obliterate_refuses_active_jobs_and_changes_nothing(runner: ActionRunner, actor: FakeActor) -> None:
    actor.one().fill(JobState.ACTIVE, 1)
    outcome = await runner.run(Request(actions.Obliterate(), Queues((Q,))))
    assert outcome.error is not None
    assert outcome.error.code == "active"
    assert actor.orders == []


async def test_obliterate_says_that_the_queue_stays_paused(runner: ActionRunner, actor: FakeActor) -> None:
    """A worker took a job between the look and the pause."""

    def takes_one(actor: FakeActor, order: Order, items: Sequence[Item]) -> Answer | None:
        actor.one().fill(JobState.ACTIVE, 1)
        return None

    actor.one().fill(WAITING, 5, "w")
    actor.faults = [takes_one]
    outcome = await runner.run(Request(actions.Obliterate(), Queues((Q,))))
    assert outcome.error is not None
    assert "stays so" in outcome.error.hint
    assert actor.one().paused
    assert len(actor.one().jobs[WAITING]) == 5


async def test_obliterate_removes_jobs_then_keys(runner: ActionRunner, actor: FakeActor, journal: FileJournal) -> None:
    actor.one().fill(WAITING, 5, "1")
    actor.one().fill(JobState.COMPLETED, 5, "2")
    outcome = await runner.run(Request(actions.Obliterate(), Queues((Q,))))
    assert (outcome.kind, outcome.done) == (Kind.DONE, 10)
    assert Q not in actor.queues
    assert outcome.undo is not None
    last = (await _records(journal, outcome.undo))[0]
    assert type(last).__name__ == "SavedQueue"  # so that it comes back first


async def test_an_empty_queue_counts_as_one_obliterated(runner: ActionRunner, actor: FakeActor) -> None:
    outcome = await runner.run(Request(actions.Obliterate(), Queues((Q,))))
    assert (outcome.kind, outcome.done, outcome.left) == (Kind.DONE, 1, 0)


# --- counters


async def test_actions_are_counted(runner: ActionRunner, actor: FakeActor) -> None:
    actor.one().fill(FAILED, 3)
    await runner.run(retry(3))
    await runner.run(retry(3))
    counts = runner.counters.snapshot()
    assert counts.actions == {("retry", Kind.DONE): 1, ("retry", Kind.REFUSED): 1}
    assert counts.affected == {"retry": 3}
    assert counts.durations["retry"].count == 2
    assert sum(counts.durations["retry"].buckets) == 2
