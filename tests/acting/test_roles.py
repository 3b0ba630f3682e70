"""What a role does not allow is refused before anything is looked at, written down or sent."""

from dataclasses import replace

import pytest

from bulltui.domain import actions
from bulltui.domain.errors import ExitCode, NotAllowedError, UsageError
from bulltui.domain.outcome import Kind, Reason
from bulltui.domain.queue import QueueRef
from bulltui.domain.record import SavedJob
from bulltui.domain.roles import OPERATOR, VIEWER, Role, custom
from bulltui.domain.states import JobState
from bulltui.domain.targets import Every, Jobs, NewJobs, Past, Picked, Queues, Schedulers, Target
from bulltui.ledger.journal import FileJournal
from bulltui.services.request import Request
from tests.acting.conftest import MakeRunner
from tests.acting.fakes import FakeActor, FakeQueue, Q

OTHER = QueueRef("bull", "other")
HERE = Role("here", None, (Q.name,))
FAILED = JobState.FAILED


async def refused(make_runner: MakeRunner, role: Role, request: Request) -> NotAllowedError:
    """What a request is refused with, whether it is only looked at or carried out."""
    runner = make_runner(role=role)
    with pytest.raises(NotAllowedError) as looked:
        await runner.preview(request)
    with pytest.raises(NotAllowedError) as ran:
        await runner.run(request)
    assert (looked.value.message, looked.value.hint) == (ran.value.message, ran.value.hint)
    assert ran.value.exit_code is ExitCode.NOT_ALLOWED
    assert ran.value.code == "role"
    assert await runner.audit.deeds(5) == []
    return ran.value


async def test_an_action_outside(make_runner: MakeRunner, actor: FakeActor) -> None:
    for target in (Jobs(Q, ("1",)), Every(Q, FAILED), Picked((Jobs(Q, ("1",)),))):
        error = await refused(make_runner, OPERATOR, Request(actions.Remove(), target))
        assert error.message == "The role operator does not allow `remove`."
        assert error.hint.startswith("It allows retry, promote, duplicate")
    assert not actor.calls


OUTSIDE: tuple[tuple[actions.Action, Target], ...] = (
    (actions.Retry(), Jobs(OTHER, ("1",))),
    (actions.Retry(), Every(OTHER, FAILED)),
    (actions.Retry(), Picked((Jobs(Q, ("1",)), Jobs(OTHER, ("2",))))),
    (actions.Pause(), Queues((Q, OTHER))),
    (actions.Trigger(), Schedulers(OTHER, ("day",))),
    (actions.AddAll(), NewJobs(OTHER, (actions.Add("a"),), 1)),
    (actions.Add("a"), Queues((OTHER,))),
)


@pytest.mark.parametrize(("action", "target"), OUTSIDE, ids=lambda one: type(one).__name__)
async def test_a_queue_outside(
    make_runner: MakeRunner, actor: FakeActor, action: actions.Action, target: Target
) -> None:
    error = await refused(make_runner, HERE, Request(action, target))
    assert error.message == "The role here does nothing to other."
    assert error.hint == f"It acts on the queues {Q.name}."
    assert not actor.calls


async def test_a_viewer_changes_nothing(make_runner: MakeRunner, actor: FakeActor) -> None:
    runner = make_runner(role=VIEWER)
    assert runner.refusal == "the role viewer changes nothing"
    for kind in actions.ALL:
        error = await refused(make_runner, VIEWER, Request(kind(), Jobs(Q, ("1",))))
        assert error.message == "Nothing is changed here: the role viewer changes nothing."
        assert not runner.allows(kind.verb.name)
    assert not actor.calls


async def test_what_is_allowed_is_told_before(make_runner: MakeRunner) -> None:
    runner = make_runner(role=replace(OPERATOR, queues=(Q.name,)))
    assert runner.refusal == ""
    assert runner.allows("retry-all", [Q])
    assert not runner.allows("retry", [Q, OTHER])
    assert not runner.allows("remove", [Q])
    assert not make_runner(refusal="read-only").allows("retry")
    assert make_runner().allows("obliterate", [OTHER])


async def test_a_role_may_ask_for_a_reason(make_runner: MakeRunner, actor: FakeActor) -> None:
    actor.one().fill(FAILED, 1)
    runner = make_runner(role=custom("careful", ["retry"], require_reason=True))
    request = Request(actions.Retry(), Jobs(Q, ("0",)))
    with pytest.raises(UsageError, match="A reason is needed") as told:
        await runner.run(request)
    assert told.value.code == "no-reason"
    await runner.preview(request)
    assert (await runner.run(replace(request, reason="since"))).kind is Kind.DONE


async def test_what_another_role_did_is_not_taken_back(
    make_runner: MakeRunner, actor: FakeActor, journal: FileJournal
) -> None:
    actor.queues[OTHER] = FakeQueue()
    actor.one().fill(FAILED, 2)
    actor.one(OTHER).fill(FAILED, 2)
    admin = make_runner()
    here = await admin.run(Request(actions.Remove(), Every(Q, FAILED)))
    there = await admin.run(Request(actions.Remove(), Every(OTHER, FAILED)))
    assert here.undo is not None
    assert there.undo is not None

    for role, number, message in (
        (OPERATOR, here.undo, f"Number {here.undo} is not undone here: the role operator does not allow `remove-all`."),
        (HERE, there.undo, "The role here does nothing to bull:other."),
        (custom("no", ["remove"]), here.undo, "The role no does not allow `undo`."),
    ):
        runner = make_runner(role=role)
        request = Request(actions.Restore(number), Past(number))
        for call in (runner.preview, runner.run):
            with pytest.raises(NotAllowedError) as told:
                await call(request)
            assert (told.value.message, told.value.code) == (message, "role")
    assert (await make_runner(role=HERE).run(Request(actions.Restore(here.undo), Past(here.undo)))).done == 2


async def test_children_in_a_queue_outside_keep_their_parent(
    make_runner: MakeRunner, actor: FakeActor, monkeypatch: pytest.MonkeyPatch
) -> None:
    actor.one().fill(FAILED, 2)

    async def family(ref: QueueRef, job_id: str, *, pending_only: bool) -> list[SavedJob]:
        return [SavedJob(OTHER if job_id == "1" else Q, "child", "wait")]

    monkeypatch.setattr(actor, "family", family)
    request = Request(actions.Remove(children=True), Jobs(Q, ("0", "1")), undo=False)
    outcome = await make_runner(role=HERE).run(request)
    assert (outcome.done, outcome.skipped) == (1, {Reason.ROLE: 1})
    assert outcome.examples == {Reason.ROLE: ("1",)}
