"""Taking back: which records come back, which are left alone, what is marked, and what may not be undone."""

from collections.abc import Sequence
from pathlib import Path

import pytest

from bulltui.domain import actions
from bulltui.domain.errors import BulltuiError, NotAllowedError, NotFoundError
from bulltui.domain.layout import Layout, LayoutVerdict
from bulltui.domain.orders import Answer, Item, LostAnswerError, Order
from bulltui.domain.outcome import Kind, Reason
from bulltui.domain.queue import QueueRef
from bulltui.domain.record import Change
from bulltui.domain.states import JobState
from bulltui.domain.targets import Jobs, Past, Queues
from bulltui.ledger.entry import RECORDS
from bulltui.ledger.frames import forwards
from bulltui.ledger.journal import FileJournal
from bulltui.services.queue_settings import opposite
from bulltui.services.request import Cancel, Request
from bulltui.services.runner import ActionRunner
from tests.acting.conftest import MakeRunner
from tests.acting.fakes import FakeActor, FakeQueue, Q

FAILED = JobState.FAILED


def remove(count: int) -> Request:
    return Request(actions.Remove(), Jobs(Q, tuple(map(str, range(count)))))


def undo(number: int | None) -> Request:
    assert number is not None
    return Request(actions.Restore(number), Past(number))


async def undone(runner: ActionRunner) -> list[bool]:
    return [past.undone for past in await runner.journal.entries()]


async def test_what_was_removed_comes_back_and_is_marked(runner: ActionRunner, actor: FakeActor) -> None:
    actor.one().fill(FAILED, 300)
    before = dict(actor.one().data)
    removed = await runner.run(remove(300))
    assert actor.one().data == {}
    outcome = await runner.run(undo(removed.undo))
    assert (outcome.verb, outcome.kind, outcome.done) == ("undo", Kind.DONE, 300)
    assert actor.one().data == before
    assert set(actor.one().jobs[FAILED]) == set(before)
    assert await undone(runner) == [True]
    deed = (await runner.audit.deeds(1))[0]
    assert (deed.intent.undoes, deed.intent.queues, deed.intent.count) == (removed.undo, ("bull:pay",), 300)


async def test_the_last_changed_comes_back_first(runner: ActionRunner, actor: FakeActor) -> None:
    actor.one().fill(FAILED, 45)
    removed = await runner.run(remove(45))
    await runner.run(undo(removed.undo))
    assert [count for call, count in actor.calls if call == "restore"] == [25, 20]


async def test_those_that_were_left_alone_are_no_part_of_it(runner: ActionRunner, actor: FakeActor) -> None:
    actor.one().fill(FAILED, 3)
    actor.one().locked = {"1"}
    removed = await runner.run(remove(3))
    actor.one().data["1"] = "went on"
    outcome = await runner.run(undo(removed.undo))
    assert (outcome.kind, outcome.done) == (Kind.DONE, 2)
    assert actor.one().data["1"] == "went on"
    assert await undone(runner) == [True]


async def test_a_newer_job_is_not_overwritten(runner: ActionRunner, actor: FakeActor) -> None:
    actor.one().fill(FAILED, 3)
    removed = await runner.run(remove(3))
    actor.one().data["1"] = "newer"
    actor.one().jobs[JobState.WAITING] = ["1"]
    outcome = await runner.run(undo(removed.undo))
    assert (outcome.kind, outcome.done, outcome.skipped) == (Kind.PARTLY, 2, {Reason.EXISTS: 1})
    assert actor.one().data["1"] == "newer"
    assert await undone(runner) == [False]


async def test_a_second_undo_brings_the_rest(runner: ActionRunner, actor: FakeActor) -> None:
    actor.one().fill(FAILED, 3)
    removed = await runner.run(remove(3))
    actor.one().data["1"] = "in the way"
    await runner.run(undo(removed.undo))
    del actor.one().data["1"]
    outcome = await runner.run(undo(removed.undo))
    assert (outcome.done, outcome.skipped) == (1, {Reason.ALREADY: 2})
    assert await undone(runner) == [True]


async def test_changed_data_goes_back_unless_it_changed_again(runner: ActionRunner, actor: FakeActor) -> None:
    actor.one().fill(FAILED, 2)
    changed = await runner.run(Request(actions.UpdateData('{"a":1}'), Jobs(Q, ("0", "1"))))
    assert actor.one().data == {"0": '{"a":1}', "1": '{"a":1}'}
    actor.one().data["1"] = '{"b":2}'
    outcome = await runner.run(undo(changed.undo))
    assert (outcome.done, outcome.skipped) == (1, {Reason.CHANGED: 1})
    assert actor.one().data == {"0": "{}", "1": '{"b":2}'}


async def test_after_a_lost_answer_what_happened_can_be_undone(runner: ActionRunner, actor: FakeActor) -> None:
    actor.one().fill(FAILED, 4)

    def fault(actor: FakeActor, order: Order, items: Sequence[Item]) -> Answer | None:
        actor.done(order, items[:2])
        raise LostAnswerError("lost")

    actor.faults = [fault]
    changed = await runner.run(Request(actions.UpdateData('{"a":1}'), Jobs(Q, ("0", "1", "2", "3"))))
    assert (changed.done, changed.left) == (2, 2)
    outcome = await runner.run(undo(changed.undo))
    assert (outcome.kind, outcome.done) == (Kind.DONE, 2)
    assert set(actor.one().data.values()) == {"{}"}


# --- settings


async def test_a_pause_is_undone_by_resuming(runner: ActionRunner, actor: FakeActor) -> None:
    paused = await runner.run(Request(actions.Pause(), Queues((Q,))))
    assert actor.one().paused
    outcome = await runner.run(undo(paused.undo))
    assert (outcome.kind, outcome.done) == (Kind.DONE, 1)
    assert not actor.one().paused
    assert await undone(runner) == [True]


async def test_a_queue_that_was_paused_before_leaves_nothing_to_undo(runner: ActionRunner, actor: FakeActor) -> None:
    actor.one().paused = True
    outcome = await runner.run(Request(actions.Pause(), Queues((Q,))))
    assert (outcome.skipped, outcome.undo) == ({Reason.ALREADY: 1}, None)
    assert await runner.journal.entries() == []


async def test_a_setting_that_is_as_before_already_stays(runner: ActionRunner, actor: FakeActor) -> None:
    paused = await runner.run(Request(actions.Pause(), Queues((Q,))))
    actor.one().paused = False
    outcome = await runner.run(undo(paused.undo))
    assert outcome.skipped == {Reason.ALREADY: 1}
    assert await undone(runner) == [True]


@pytest.mark.parametrize(
    ("change", "action"),
    [
        (Change(Q, "paused", {"paused": ""}, {"paused": "1"}), actions.Resume()),
        (Change(Q, "paused", {"paused": "1"}, {"paused": ""}), actions.Pause()),
        (Change(Q, "concurrency", {"concurrency": ""}, {"concurrency": "5"}), actions.SetConcurrency(None)),
        (Change(Q, "concurrency", {"concurrency": "3"}, {"concurrency": ""}), actions.SetConcurrency(3)),
        (
            Change(Q, "limit", {"max": "3", "duration": "1000"}, {"max": "", "duration": ""}),
            actions.SetRateLimit(3, 1000),
        ),
        (
            Change(Q, "limit", {"max": "", "duration": ""}, {"max": "1", "duration": "1"}),
            actions.SetRateLimit(None, None),
        ),
    ],
)
def test_the_opposite_of_a_change(change: Change, action: actions.Action) -> None:
    assert opposite(change) == action


async def test_queues_paused_here_are_remembered_until_they_are_resumed(
    runner: ActionRunner, actor: FakeActor, make_runner: MakeRunner
) -> None:
    refs = tuple(QueueRef("bull", name) for name in "abc")
    actor.queues |= {ref: FakeQueue() for ref in refs}
    actor.one(refs[2]).paused = True  # by somebody else
    await runner.run(Request(actions.Pause(), Queues(refs)))
    assert await runner.paused_here() == list(refs[:2])
    assert await make_runner(server="there:6379/0").paused_here() == []

    await runner.run(Request(actions.Resume(), Queues(refs[:1])))
    assert await runner.paused_here() == [refs[1]]
    await runner.run(Request(actions.Resume(), Queues(tuple(await runner.paused_here()))))
    assert await runner.paused_here() == []
    assert actor.one(refs[2]).paused

    await runner.run(Request(actions.Pause(), Queues(refs[:1])))
    assert await runner.paused_here() == [refs[0]]


async def test_resuming_exactly_what_was_paused_marks_the_pause(runner: ActionRunner) -> None:
    paused = await runner.run(Request(actions.Pause(), Queues((Q,))))
    await runner.run(Request(actions.Resume(), Queues((Q,))))
    with pytest.raises(NotAllowedError, match="undone already"):
        await runner.run(undo(paused.undo))


@pytest.mark.parametrize("happened", [True, False])
async def test_whether_a_pause_happened_whose_answer_was_lost_is_seen(
    runner: ActionRunner, actor: FakeActor, happened: bool
) -> None:
    def fault(actor: FakeActor, order: Order, items: Sequence[Item]) -> Answer | None:
        actor.one().paused = happened
        raise LostAnswerError("lost")

    actor.faults = [fault]
    outcome = await runner.run(Request(actions.Pause(), Queues((Q,))))
    assert isinstance(outcome.error, LostAnswerError)
    assert (outcome.done, outcome.unsure, outcome.left) == ((1, 0, 0) if happened else (0, 0, 1))
    if happened:
        await runner.run(undo(outcome.undo))
        assert not actor.one().paused


async def test_a_new_job_whose_answer_was_lost_is_unsure(runner: ActionRunner, actor: FakeActor) -> None:
    def fault(actor: FakeActor, order: Order, items: Sequence[Item]) -> Answer | None:
        raise LostAnswerError("lost")

    actor.faults = [fault]
    outcome = await runner.run(Request(actions.Add("charge"), Queues((Q,))))
    assert (outcome.kind, outcome.unsure, outcome.left, len(actor.orders)) == (Kind.PARTLY, 1, 0, 1)


async def test_an_undo_stops_where_a_person_says_so(runner: ActionRunner, actor: FakeActor) -> None:
    actor.one().fill(FAILED, 45)
    removed = await runner.run(remove(45))
    cancel = Cancel()
    outcome = await runner.run(undo(removed.undo), on_progress=lambda _: cancel.ask(), cancel=cancel)
    assert (outcome.kind, outcome.cancelled, outcome.done, outcome.left) == (Kind.PARTLY, True, 25, 20)
    assert await undone(runner) == [False]
    rest = await runner.run(undo(removed.undo))
    assert (rest.kind, rest.done, rest.skipped) == (Kind.DONE, 20, {Reason.ALREADY: 25})
    assert await undone(runner) == [True]


# --- layouts


async def test_a_queue_that_is_gone_comes_back_in_the_layout_it_had(runner: ActionRunner, actor: FakeActor) -> None:
    actor.one().layout = LayoutVerdict(Layout.V4)
    actor.one().fill(FAILED, 3)
    gone = await runner.run(Request(actions.Obliterate(), Queues((Q,))))
    layouts: list[Layout] = []
    restore = actor.restore

    async def noting(layout: Layout, *more: object) -> Answer:
        layouts.append(layout)
        return await restore(layout, *more)  # type: ignore[arg-type]

    actor.restore = noting  # type: ignore[method-assign, assignment]
    restore_queue = actor.restore_queue
    actor.restore_queue = lambda *more: _nothing(restore_queue(*more), actor)  # type: ignore[method-assign]
    outcome = await runner.run(undo(gone.undo))
    assert outcome.done == 3
    assert layouts == [Layout.V4]


async def _nothing(call, actor: FakeActor) -> Answer:  # type: ignore[no-untyped-def]
    """Brings the keys back, of which nothing tells the layout."""
    answer: Answer = await call
    actor.one().layout = LayoutVerdict(Layout.UNKNOWN, ("nothing tells",), sure=False, mix=(Layout.V4, Layout.V5))
    return answer


# --- what may not be undone


async def test_what_is_not_there_cannot_be_undone(runner: ActionRunner) -> None:
    with pytest.raises(NotFoundError, match="number 7"):
        await runner.run(undo(7))


async def test_an_entry_of_another_server_is_refused(
    runner: ActionRunner, actor: FakeActor, make_runner: MakeRunner
) -> None:
    actor.one().fill(FAILED, 1)
    removed = await runner.run(remove(1))
    elsewhere = make_runner(server="there:6379/0")
    for call in (elsewhere.run(undo(removed.undo)), elsewhere.preview(undo(removed.undo))):
        with pytest.raises(NotAllowedError, match="here:6379/0"):
            await call


async def test_a_running_entry_is_refused(runner: ActionRunner, actor: FakeActor, journal: FileJournal) -> None:
    actor.one().fill(FAILED, 1)
    removed = await runner.run(remove(1))
    (past,) = await journal.entries()
    running = await journal.open(past.intent, 5)
    assert running.number != removed.undo
    with pytest.raises(NotAllowedError, match="running"):
        await runner.run(undo(running.number))


async def test_it_is_not_undone_twice(runner: ActionRunner, actor: FakeActor) -> None:
    actor.one().fill(FAILED, 1)
    removed = await runner.run(remove(1))
    await runner.run(undo(removed.undo))
    with pytest.raises(NotAllowedError, match="undone already"):
        await runner.run(undo(removed.undo))


async def test_a_damaged_entry_is_told_and_brings_back_what_is_whole(
    runner: ActionRunner, actor: FakeActor, tmp_path: Path
) -> None:
    actor.one().fill(FAILED, 45)
    removed = await runner.run(remove(45))
    (path,) = (tmp_path / "undo").iterdir()
    content = bytearray(path.read_bytes())
    with path.open("rb") as file:
        first = next(place for place in forwards(file) if place.kind == RECORDS)
    content[first.start + 10] ^= 0xFF
    path.write_bytes(content)
    outcome = await runner.run(undo(removed.undo))
    assert (outcome.kind, outcome.done) == (Kind.PARTLY, 25)
    assert isinstance(outcome.error, BulltuiError)
    assert "damaged" in outcome.error.message
    assert await undone(runner) == [False]


@pytest.mark.parametrize("count", [0, 1, 5])
async def test_of_a_queue_its_jobs_are_counted_as_when_it_went(
    runner: ActionRunner, actor: FakeActor, count: int
) -> None:
    actor.one().fill(JobState.WAITING, count)
    gone = await runner.run(Request(actions.Obliterate(), Queues((Q,))))
    back = await runner.run(undo(gone.undo))
    assert (back.kind, back.done) == (Kind.DONE, gone.done) == (Kind.DONE, max(1, count))
