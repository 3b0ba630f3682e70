"""What of a request is written down, and what stays out of it."""

from dataclasses import fields

import pytest

from bulltui.domain import actions
from bulltui.domain.history import Intent
from bulltui.domain.layout import Layout, LayoutVerdict
from bulltui.domain.queue import Counts, Queue, QueueRef
from bulltui.domain.states import JobState
from bulltui.domain.targets import Every, Jobs, Past, Queues, Schedulers, Target
from bulltui.services.ground import Ground
from bulltui.services.intents import intent_of
from bulltui.services.request import Request

Q = QueueRef("bull", "pay")
GROUNDS = {Q: Ground(Queue(Q, Counts(), LayoutVerdict(Layout.V5)), Layout.V5)}
SECRET = "card 4111-1111"


def intent(action: actions.Action, target: Target, *, payloads: bool = False, **more: str) -> Intent:
    return intent_of(Request(action, target, **more), "here:6379/0", GROUNDS, count=3, payloads=payloads)  # type: ignore[arg-type]


def holding(kind: type[actions.Action]) -> actions.Action:
    """An action whose texts about jobs are all the secret."""
    texts = {one.name: SECRET for one in fields(kind) if one.name in ("name", "data", "opts", "line")}
    return kind(**texts)


@pytest.mark.parametrize("kind", actions.ALL)
def test_what_jobs_hold_stays_out(kind: type[actions.Action]) -> None:
    written = intent(holding(kind), Jobs(Q, ("1",)))
    assert SECRET not in repr(written)


def test_what_jobs_hold_is_let_in_on_request() -> None:
    written = intent(actions.Replay(data=SECRET, copy=True), Jobs(Q, ("1",)), payloads=True)
    assert written.details == {"data": SECRET, "copy": True, "layouts": {"bull:pay": "v5"}}


def test_options_that_were_given_are_written() -> None:
    every = Every(Q, JobState.FAILED, limit=10, older_than_ms=1000, per_second=2.5)
    written = intent(actions.Retry(reset_attempts=True), every, reason="why")
    assert (written.verb, written.state, written.count, written.reason) == ("retry-all", "failed", 3, "why")
    assert written.details == {
        "reset_attempts": True, "limit": 10, "older_than_ms": 1000, "per_second": 2.5, "layouts": {"bull:pay": "v5"}
    }  # fmt: skip
    clean = intent(actions.Clean(JobState.WAITING, 5_000, 7), Queues((Q,)))
    assert (clean.state, clean.details["grace_ms"], clean.details["limit"]) == ("waiting", 5_000, 7)
    assert intent(actions.SetConcurrency(4), Queues((Q,))).details["concurrency"] == 4


def test_the_first_ids_are_written() -> None:
    assert intent(actions.Retry(), Jobs(Q, tuple(map(str, range(50))))).ids == tuple(map(str, range(20)))
    assert intent(actions.Trigger(), Schedulers(Q, ("night",))).ids == ("night",)


def test_an_undo_says_what_it_takes_back() -> None:
    earlier = Intent("remove", "here:6379/0", ("bull:pay",))
    written = intent_of(Request(actions.Restore(7), Past(7)), "here:6379/0", {}, past=earlier)
    assert (written.verb, written.undoes, written.queues) == ("undo", 7, ("bull:pay",))


def test_that_nothing_was_saved_is_written() -> None:
    written = intent_of(Request(actions.Remove(), Jobs(Q, ("1",)), undo=False), "here:6379/0", GROUNDS)
    assert written.details["undo"] is False
