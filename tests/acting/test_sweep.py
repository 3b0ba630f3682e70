"""Retries and promotions of whole states: call by call on the server, at a pace, and after a lost answer."""

from collections.abc import Sequence

import pytest

from bulltui.domain import actions
from bulltui.domain.errors import UnreachableError
from bulltui.domain.orders import Answer, Item, LostAnswerError, Order, Sweep
from bulltui.domain.outcome import Kind, Progress, Reason
from bulltui.domain.states import JobState
from bulltui.domain.targets import Every
from bulltui.services.request import Request
from bulltui.services.runner import ActionRunner
from tests.acting.fakes import FakeActor, FakeClock, Q

FAILED, WAITING = JobState.FAILED, JobState.WAITING


def retry_all(limit: int | None = None, per_second: float | None = None) -> Request:
    return Request(actions.Retry(), Every(Q, FAILED, limit, per_second=per_second))


async def test_all_of_a_state_go_with_progress(runner: ActionRunner, actor: FakeActor) -> None:
    ids = actor.one().fill(FAILED, 2_500)
    told: list[Progress] = []
    outcome = await runner.run(retry_all(), on_progress=told.append)
    assert (outcome.kind, outcome.done, outcome.verb) == (Kind.DONE, 2_500, "retry-all")
    assert [(one.done, one.total) for one in told] == [(1_000, 2_500), (2_000, 2_500), (2_500, 2_500)]
    assert actor.one().jobs[WAITING] == ids


async def test_what_a_call_has_no_time_for_is_asked_for_again_in_smaller_pieces(
    runner: ActionRunner, actor: FakeActor
) -> None:
    actor.one().fill(FAILED, 1_500)
    actor.most = 200
    assert (await runner.run(retry_all())).done == 1_500
    asked = [count for call, count in actor.calls if call == "act"]
    assert asked == [1_000, *[250] * 6, 100]


async def test_only_the_next_ones_at_a_pace(runner: ActionRunner, actor: FakeActor, clock: FakeClock) -> None:
    actor.one().fill(FAILED, 500)
    outcome = await runner.run(retry_all(limit=100, per_second=40))
    assert (outcome.kind, outcome.done) == (Kind.DONE, 100)
    assert outcome.elapsed_s == pytest.approx(2.25)  # ten go at once, then ten each quarter of a second
    assert actor.one().jobs[FAILED][0] == "100"


async def test_those_that_stay_are_said_with_why(runner: ActionRunner, actor: FakeActor) -> None:
    actor.one().fill(FAILED, 5)
    actor.one().locked = {"3"}
    outcome = await runner.run(retry_all())
    assert (outcome.kind, outcome.done, outcome.skipped) == (Kind.PARTLY, 4, {Reason.LOCKED: 1})
    assert outcome.examples == {Reason.LOCKED: ("3",)}


@pytest.mark.parametrize("done", [0, 1_000])
async def test_after_a_lost_answer_the_count_tells_what_happened(
    runner: ActionRunner, actor: FakeActor, done: int
) -> None:
    actor.one().fill(FAILED, 2_500)

    def lost(actor: FakeActor, order: Order, items: Sequence[Item]) -> Answer | None:
        actor.done(order, items[:done])
        raise LostAnswerError("The connection was lost.")

    actor.faults = [None, lost] if done else [None, lambda *_: _raise()]
    outcome = await runner.run(retry_all())
    assert (outcome.done, outcome.unsure, outcome.left) == (1_000 + done, 0, 1_500 - done)
    assert isinstance(outcome.error, LostAnswerError)
    assert len(actor.orders) == 2  # it was not sent again


def _raise() -> Answer:
    raise LostAnswerError("The connection was lost.")


async def test_a_server_that_stays_away_leaves_a_call_unsure(runner: ActionRunner, actor: FakeActor) -> None:
    actor.one().fill(FAILED, 1_200)

    def gone(actor: FakeActor, order: Order, items: Sequence[Item]) -> Answer | None:
        actor.sweep = _unreachable  # type: ignore[method-assign, assignment]
        return _raise()

    actor.faults = [None, gone]
    outcome = await runner.run(retry_all())
    assert (outcome.done, outcome.unsure, outcome.left) == (1_000, 200, 0)


async def _unreachable(*_: object) -> Sweep:
    raise UnreachableError("gone")
