"""What a person reads before an action."""

from dataclasses import replace

import pytest

from bulltui.domain import actions
from bulltui.domain.layout import Layout, LayoutVerdict
from bulltui.domain.outcome import Preview
from bulltui.domain.queue import QueueRef
from bulltui.domain.record import SavedJob, SavedKey
from bulltui.domain.states import JobState
from bulltui.domain.targets import Every, Jobs, Past, Queues, Schedulers, Target
from bulltui.services.request import Request
from bulltui.services.runner import ActionRunner
from tests.acting.fakes import FakeActor, FakeQueue, Q

FAILED = JobState.FAILED
TWO = QueueRef("bull", "mail")


@pytest.fixture(autouse=True)
def filled(actor: FakeActor) -> None:
    actor.one().fill(FAILED, 312)
    actor.one().fill(JobState.WAITING, 4, "w")
    actor.queues[TWO] = FakeQueue()


async def preview(runner: ActionRunner, action: actions.Action, target: Target, *, undo: bool = True) -> Preview:
    return await runner.preview(Request(action, target, undo=undo))


@pytest.mark.parametrize(
    ("action", "target", "title"),
    [
        (actions.Retry(), Every(Q, FAILED), "Retry 312 failed jobs of pay"),
        (actions.Retry(), Every(Q, FAILED, limit=10), "Retry the next 10 failed jobs of pay"),
        (actions.Retry(), Every(Q, FAILED, None, 3_600_000), "Retry up to 312 failed jobs of pay older than 1h 00m"),
        (actions.Retry(), Every(Q, FAILED, per_second=2.5), "Retry 312 failed jobs of pay, 2.5 a second"),
        (actions.Remove(), Jobs(Q, ("7",)), "Remove job 7 of pay"),
        (actions.Remove(), Jobs(Q, ("7", "8"), FAILED), "Remove 2 failed jobs of pay"),
        (actions.Reprioritize(3), Jobs(Q, ("7",)), "Change the priority of job 7 of pay"),
        (actions.Pause(), Queues((Q, TWO)), "Pause pay, mail"),
        (actions.Drain(), Queues((Q,)), "Drain pay: 4 jobs"),
        (
            actions.Clean(FAILED, 60_000, 100),
            Queues((Q,)),
            "Clean pay: up to 100 failed jobs older than 1m 00s, 100 at most",
        ),
        (actions.Obliterate(), Queues((Q,)), "Obliterate pay with 316 jobs"),
        (actions.SetConcurrency(4), Queues((Q,)), "Set the global concurrency of pay to 4"),
        (actions.SetConcurrency(None), Queues((Q,)), "Remove the global concurrency of pay"),
        (actions.SetRateLimit(10, 1000), Queues((Q,)), "Set the global rate limit of pay to 10 in 1.0s"),
        (actions.Unschedule(), Schedulers(Q, ("night",)), "Remove scheduler night of pay"),
        (actions.Add("charge"), Queues((Q,)), "Add a job to pay"),
    ],
    ids=str,
)
async def test_the_title_names_action_and_target(
    runner: ActionRunner, action: actions.Action, target: Target, title: str
) -> None:
    assert (await preview(runner, action, target)).title == title


async def test_nothing_is_changed_or_written(runner: ActionRunner, actor: FakeActor) -> None:
    await preview(runner, actions.Remove(), Every(Q, FAILED))
    assert actor.orders == []
    assert await runner.audit.deeds(5) == []


@pytest.mark.parametrize(
    ("action", "target", "typed"),
    [
        (actions.Drain(), Queues((Q,)), "pay"),
        (actions.Obliterate(), Queues((Q,)), "pay"),
        (actions.Clean(FAILED), Queues((Q,)), "pay"),
        (actions.Clean(FAILED, 1000), Queues((Q,)), ""),
        (actions.Clean(FAILED, 0, 5), Queues((Q,)), ""),
        (actions.Drain(), Queues((Q, TWO)), "2 queues"),
        (actions.Remove(), Every(Q, FAILED), "pay"),
        (actions.Remove(), Jobs(Q, ("7",)), ""),
        (actions.Retry(), Every(Q, FAILED), ""),
    ],
    ids=str,
)
async def test_the_name_is_typed_where_everything_goes(
    runner: ActionRunner, action: actions.Action, target: Target, typed: str
) -> None:
    assert (await preview(runner, action, target)).type_name == typed


async def test_whether_it_can_be_undone_is_said(runner: ActionRunner) -> None:
    assert (await preview(runner, actions.Remove(), Jobs(Q, ("7",)))).undoable
    assert not (await preview(runner, actions.Remove(), Jobs(Q, ("7",)), undo=False)).undoable
    assert not (await preview(runner, actions.Retry(), Jobs(Q, ("7",)))).undoable


async def test_a_paused_queue_is_told_to_whoever_retries(runner: ActionRunner, actor: FakeActor) -> None:
    actor.one().paused = True
    assert "is paused" in (await preview(runner, actions.Retry(), Every(Q, FAILED))).warnings[0]
    assert (await preview(runner, actions.Remove(), Every(Q, FAILED))).warnings == ()


async def test_active_jobs_are_told_to_whoever_obliterates(runner: ActionRunner, actor: FakeActor) -> None:
    actor.one().fill(JobState.ACTIVE, 2, "a")
    assert "refused unless forced" in (await preview(runner, actions.Obliterate(), Queues((Q,)))).warnings[0]
    assert "under their workers" in (await preview(runner, actions.Obliterate(True), Queues((Q,)))).warnings[0]


async def test_a_fleet_of_two_versions_is_warned_of_at_a_pause(runner: ActionRunner, actor: FakeActor) -> None:
    mix = LayoutVerdict(Layout.V5, ("a mixed fleet",), sure=False, mix=(Layout.V5, Layout.V6))
    actor.one().layout = mix
    warnings = " ".join((await preview(runner, actions.Pause(), Queues((Q,)))).warnings)
    assert "BullMQ 5 itself can lose jobs" in warnings
    assert "a mixed fleet" in warnings


async def test_a_pause_in_the_way_of_six_warns_of_services_of_five_once(runner: ActionRunner, actor: FakeActor) -> None:
    """Nothing tells them from services of 6 while the queue is not paused."""
    for ref in (Q, TWO):
        actor.one(ref).layout = LayoutVerdict(Layout.V6)
    warnings = (await preview(runner, actions.Pause(), Queues((Q, TWO)))).warnings
    assert warnings == ("Where a service still uses BullMQ 5, resume here: its own resume would lose jobs.",)
    actor.one().layout = LayoutVerdict(Layout.V5)
    assert (await preview(runner, actions.Pause(), Queues((Q,)))).warnings == ()


async def test_queues_that_are_left_out_are_told(runner: ActionRunner, actor: FakeActor) -> None:
    actor.one(TWO).layout = LayoutVerdict(Layout.UNKNOWN, ("BullMQ Pro: a `groups` key",), sure=False)
    shown = await preview(runner, actions.Pause(), Queues((Q, TWO)))
    assert shown.count == 1
    assert shown.warnings[0].startswith("Left out: mail")


async def test_parents_and_children_are_told_of(runner: ActionRunner, actor: FakeActor) -> None:
    saved = actor.saved

    def with_family(ref: QueueRef, job_id: str) -> SavedJob:
        job = saved(ref, job_id)
        if job_id == "1":
            return replace(job, keys=(*job.keys, SavedKey("bull:pay:1:dependencies", "set", ("bull:x:1",))))
        return replace(job, parent="bull:x:9") if job_id == "2" else job

    actor.saved = with_family  # type: ignore[method-assign]
    plain = await preview(runner, actions.Remove(), Jobs(Q, ("1", "2", "3")))
    assert [warning for warning in plain.warnings if "stay, without their parent" in warning]
    assert [warning for warning in plain.warnings if "goes on without it" in warning]
    deep = await preview(runner, actions.Remove(children=True), Jobs(Q, ("1",)))
    assert deep.warnings == ("It has children, which go too.",)
    assert plain.samples == ("1", "2", "3")


async def test_of_an_undo_it_says_what_is_taken_back(runner: ActionRunner) -> None:
    removed = await runner.run(Request(actions.Remove(), Jobs(Q, ("1", "2"))))
    assert removed.undo is not None
    shown = await preview(runner, actions.Restore(removed.undo), Past(removed.undo))
    assert shown.title == f"Undo number {removed.undo}: 2 removed on bull:pay"
    assert shown.warnings == ()
