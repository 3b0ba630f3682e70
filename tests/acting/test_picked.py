"""Jobs of several queues and states as one action: one entry of audit and journal, one undo."""

import pytest

from bulltui.domain import actions
from bulltui.domain.errors import NotAllowedError
from bulltui.domain.layout import Layout, LayoutVerdict
from bulltui.domain.outcome import Kind, Progress, Reason
from bulltui.domain.queue import QueueRef
from bulltui.domain.states import JobState
from bulltui.domain.targets import Jobs, Past, Picked
from bulltui.domain.telling import result
from bulltui.services.request import Cancel, Request
from bulltui.services.runner import ActionRunner
from tests.acting.fakes import FakeActor, FakeQueue, Q

FAILED, DONE, WAITING = JobState.FAILED, JobState.COMPLETED, JobState.WAITING
MAIL = QueueRef("bull", "mail")
UNSURE = LayoutVerdict(Layout.V5, ("nothing tells",), sure=False, mix=(Layout.V4, Layout.V5))


@pytest.fixture(autouse=True)
def filled(actor: FakeActor) -> None:
    actor.one().fill(FAILED, 300)
    actor.one().fill(DONE, 2, "d")
    actor.queues[MAIL] = FakeQueue()
    actor.one(MAIL).fill(FAILED, 3, "m")


def some(count: int = 300) -> Picked:
    return Picked(
        (
            Jobs(Q, tuple(str(number) for number in range(count)), FAILED),
            Jobs(Q, ("d0", "d1"), DONE),
            Jobs(MAIL, ("m0", "m2"), FAILED),
        )
    )


async def test_it_is_one_action_with_one_entry_and_progress_over_all(runner: ActionRunner, actor: FakeActor) -> None:
    told: list[Progress] = []
    outcome = await runner.run(Request(actions.Remove(), some()), on_progress=told.append)
    assert (outcome.kind, outcome.done) == (Kind.DONE, 304)
    assert {progress.total for progress in told} == {304}
    assert told[-1].handled == 304
    assert actor.one(MAIL).jobs[FAILED] == ["m1"]
    (deed,) = await runner.audit.deeds(5)
    assert deed.intent.queues == ("bull:pay", "bull:mail")
    assert (deed.intent.count, deed.intent.state) == (304, "")
    assert deed.intent.details["parts"] == {"bull:pay failed": 300, "bull:pay completed": 2, "bull:mail failed": 2}
    assert deed.intent.ids[0] == "bull:pay:0"
    (past,) = await runner.journal.entries()
    assert (past.number, past.done) == (outcome.undo, 304)
    assert result(actions.Remove(), some(), outcome).startswith("304 jobs removed.")


async def test_each_part_is_held_against_its_state(runner: ActionRunner, actor: FakeActor) -> None:
    actor.move(actor.one(MAIL), "m0", WAITING)
    outcome = await runner.run(Request(actions.Remove(), some()))
    assert (outcome.done, dict(outcome.skipped)) == (303, {Reason.STATE: 1})
    assert {(order.ref, order.state) for order in actor.orders} == {(Q, FAILED), (Q, DONE), (MAIL, FAILED)}


async def test_a_job_named_twice_is_taken_once(runner: ActionRunner) -> None:
    twice = Picked((Jobs(Q, ("1", "1"), FAILED), Jobs(MAIL, ("m1",), FAILED), Jobs(Q, ("1", "2"), FAILED)))
    assert twice.together == (Jobs(Q, ("1", "2"), FAILED), Jobs(MAIL, ("m1",), FAILED))
    outcome = await runner.run(Request(actions.Retry(), twice))
    assert (outcome.done, outcome.skipped) == (3, {})


async def test_one_queue_that_is_not_known_well_enough_refuses_all(runner: ActionRunner, actor: FakeActor) -> None:
    actor.one(MAIL).layout = UNSURE
    request = Request(actions.Retry(), some())
    with pytest.raises(NotAllowedError, match="mail"):
        await runner.preview(request)
    with pytest.raises(NotAllowedError, match="mail"):
        await runner.run(request)
    assert actor.orders == []
    assert await runner.audit.deeds(5) == []
    chosen = Request(actions.Retry(), some(), layout=Layout.V5)
    assert (await runner.run(chosen)).done == 304


async def test_jobs_of_a_queue_that_is_gone_are_missing(runner: ActionRunner, actor: FakeActor) -> None:
    del actor.queues[MAIL]
    assert "Left out: mail is not there." in (await runner.preview(Request(actions.Retry(), some()))).warnings
    outcome = await runner.run(Request(actions.Retry(), some()))
    assert (outcome.done, dict(outcome.skipped), outcome.left) == (302, {Reason.MISSING: 2}, 0)


async def test_it_stops_between_parts_too(runner: ActionRunner, actor: FakeActor) -> None:
    cancel = Cancel()

    def stop(progress: Progress) -> None:
        if progress.done >= 300:
            cancel.ask()

    outcome = await runner.run(Request(actions.Retry(), some()), on_progress=stop, cancel=cancel)
    assert (outcome.cancelled, outcome.done, outcome.left) == (True, 300, 4)
    assert {order.ref for order in actor.orders} == {Q}


@pytest.mark.parametrize(
    ("picked", "title"),
    [
        (some(), "Retry 304 jobs of pay, mail"),
        (Picked((Jobs(Q, ("1",), FAILED), Jobs(MAIL, ("m1",), FAILED))), "Retry 2 failed jobs of pay, mail"),
        (Picked((Jobs(Q, ("d1",), DONE),)), "Retry 1 completed job of pay"),
    ],
    ids=str,
)
async def test_the_title_tells_what_they_have_in_common(runner: ActionRunner, picked: Picked, title: str) -> None:
    preview = await runner.preview(Request(actions.Retry(), picked))
    assert (preview.title, preview.count) == (title, picked.count)
    assert set(preview.samples) <= {job_id for part in picked.parts for job_id in part.ids}


async def test_nothing_picked_is_nothing_done(runner: ActionRunner) -> None:
    assert (await runner.run(Request(actions.Retry(), Picked(())))).kind is Kind.NOTHING


async def test_an_undo_names_all_queues(runner: ActionRunner) -> None:
    outcome = await runner.run(Request(actions.Remove(), some(1)))
    assert outcome.undo is not None
    preview = await runner.preview(Request(actions.Restore(outcome.undo), Past(outcome.undo)))
    assert preview.title == f"Undo number {outcome.undo}: 5 removed on bull:pay, bull:mail"
