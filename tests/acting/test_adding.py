"""Many new jobs as one action: in handfuls, stopped in good order, written down once."""

from collections.abc import Iterator, Sequence
from itertools import count

import pytest

from bulltui.domain import actions
from bulltui.domain.actions import Add, AddAll
from bulltui.domain.errors import BulltuiError
from bulltui.domain.orders import Answer, Item, LostAnswerError, Order
from bulltui.domain.outcome import Kind, Progress, Reason
from bulltui.domain.targets import NewJobs
from bulltui.services.adding import AT_ONCE, SIZE, handfuls
from bulltui.services.request import Cancel, Request
from bulltui.services.runner import ActionRunner
from tests.acting.fakes import FakeActor, Q


@pytest.fixture(autouse=True)
def adding(actor: FakeActor, monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The names of what was added. A call comes to at most 150; one named `taken` has an id that is there."""
    added: list[str] = []
    numbers = count(1)

    def on_queue(_: object, order: Order) -> Answer:
        assert isinstance(order.action, AddAll)
        some = order.action.jobs[:150]
        statuses = tuple(Reason.EXISTS if job.name == "taken" else None for job in some)
        added.extend(job.name for job in some if job.name != "taken")
        return Answer(statuses, made=tuple(str(next(numbers)) for status in statuses if status is None))

    monkeypatch.setattr(actor, "_on_queue", on_queue)
    return added


def jobs(many: int) -> Iterator[Add]:
    for number in range(many):
        yield Add(f"n{number}", "{}", '{"attempts":0}')


def request(made: Iterator[Add] | Sequence[Add], many: int) -> Request:
    return Request(AddAll(), NewJobs(Q, made, many))


async def test_all_of_them_in_their_order(runner: ActionRunner, adding: list[str]) -> None:
    told: list[Progress] = []
    outcome = await runner.run(request(jobs(1000), 1000), on_progress=told.append)
    assert (outcome.kind, outcome.done, outcome.undo) == (Kind.DONE, 1000, None)
    assert adding == [f"n{number}" for number in range(1000)]
    assert outcome.made == tuple(str(number) for number in range(1, 1001))
    assert [progress.handled for progress in told] == [200, 400, 600, 800, 1000]
    (deed,) = await runner.audit.deeds(5)
    assert (deed.intent.verb, deed.intent.count, deed.intent.queues) == ("add", 1000, ("bull:pay",))
    assert deed.outcome is not None
    assert "n0" not in repr(deed.intent)


async def test_ids_that_are_taken_are_told_by_their_names(runner: ActionRunner) -> None:
    taken = Add("taken", "{}", '{"attempts":0,"jobId":"order-1"}')
    outcome = await runner.run(request([*jobs(2), taken], 3))
    assert (outcome.kind, outcome.done, outcome.skipped) == (Kind.PARTLY, 2, {Reason.EXISTS: 1})
    assert outcome.examples == {Reason.EXISTS: ("order-1",)}


async def test_stopped_after_the_running_handful(runner: ActionRunner, adding: list[str]) -> None:
    cancel = Cancel()
    outcome = await runner.run(request(jobs(1000), 1000), on_progress=lambda _: cancel.ask(), cancel=cancel)
    assert (outcome.cancelled, outcome.done, outcome.left) == (True, AT_ONCE, 1000 - AT_ONCE)
    assert len(adding) == AT_ONCE


async def test_an_answer_that_was_lost_is_never_sent_again(runner: ActionRunner, actor: FakeActor) -> None:
    def lost(_: FakeActor, order: Order, items: Sequence[Item]) -> Answer:
        raise LostAnswerError("The answer was lost.")

    actor.faults = [None, None, lost]  # a handful needs two calls here
    outcome = await runner.run(request(jobs(1000), 1000))
    assert (outcome.done, outcome.unsure, outcome.left) == (AT_ONCE, AT_ONCE, 1000 - 2 * AT_ONCE)
    assert outcome.error is not None
    assert len(actor.orders) == 3


async def test_a_refusal_ends_it(runner: ActionRunner, actor: FakeActor) -> None:
    def refused(_: FakeActor, order: Order, items: Sequence[Item]) -> Answer:
        raise BulltuiError("No room in the server.")

    actor.faults = [None, None, refused]
    outcome = await runner.run(request(jobs(500), 500))
    assert (outcome.done, outcome.left, str(outcome.error)) == (AT_ONCE, 500 - AT_ONCE, "No room in the server.")


async def test_calls_that_come_to_nothing_end_it(runner: ActionRunner, actor: FakeActor) -> None:
    actor.faults = [lambda *_: Answer(())] * 5
    outcome = await runner.run(request(jobs(5), 5))
    assert outcome.error is not None
    assert (outcome.error.code, outcome.left) == ("no-progress", 5)


async def test_a_preview_tells_how_many(runner: ActionRunner, actor: FakeActor) -> None:
    preview = await runner.preview(request(jobs(7), 7))
    assert (preview.title, preview.count, preview.undoable) == ("Add 7 jobs to pay", 7, False)
    assert preview.lines == ("New jobs are added.",)
    assert not actor.orders


def test_handfuls_are_bounded_by_number_and_size() -> None:
    assert [len(some) for some in handfuls(jobs(2 * AT_ONCE + 1))] == [AT_ONCE, AT_ONCE, 1]
    large = Add("x", '"' + "y" * (SIZE // 2) + '"', "{}")
    assert [len(some) for some in handfuls([large, large, large])] == [1, 1, 1]
    assert list(handfuls([])) == []


def test_both_ways_to_add_have_the_same_name() -> None:
    assert actions.BY_NAME["add"].done == Add.verb.done == AddAll.verb.done
