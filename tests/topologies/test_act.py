"""What is done, and taken back, is the same on every kind of server."""

from pathlib import Path
from typing import Any

import pytest

from bulltui.domain import actions
from bulltui.domain.layout import Layout
from bulltui.domain.outcome import Kind, Outcome, Reason
from bulltui.domain.queue import QueueRef
from bulltui.domain.states import JobState
from bulltui.domain.targets import Every, Jobs, NewJobs, Past, Picked, Queues, Schedulers, Target
from bulltui.services.request import Request
from bulltui.wiring import Runtime
from tests.cli.desk import Desk
from tests.topologies.filling import fill, keyspace
from tests.topologies.places import SECRET, Place
from tests.topologies.test_see import MAIL, pay

Case = tuple[actions.Action, Target]


def there_and_back(ref: QueueRef) -> dict[str, Case]:
    """What can be taken back, by name."""
    new = tuple(actions.Add("later", data=f'{{"n":{number}}}') for number in range(3))
    return {
        "remove": (actions.Remove(), Jobs(ref, ("w2", "p1", "d2", "c2", "f2", "child"))),
        "remove a tree": (actions.Remove(children=True), Jobs(ref, ("middle", "w4"))),
        "remove children": (actions.RemoveChildren(), Jobs(ref, ("middle",))),
        "remove from several queues": (
            actions.Remove(),
            Picked((Jobs(ref, ("f1", "f2")), Jobs(MAIL, ("n1", "m1")))),
        ),
        "replay": (actions.Replay(data='{"amount":6}'), Jobs(ref, ("f2",))),
        "update data": (actions.UpdateData('{"amount":7}'), Jobs(ref, ("w3", "f2", "d1"))),
        "reprioritize": (actions.Reprioritize(9), Jobs(ref, ("p1", "w3"))),
        "reschedule": (actions.Reschedule(60_000), Jobs(ref, ("d1", "d2"))),
        "drain": (actions.Drain(), Queues((ref,))),
        "clean": (actions.Clean(JobState.COMPLETED, limit=3), Queues((ref, MAIL))),
        "remove all failed": (actions.Remove(), Every(ref, JobState.FAILED)),
        "remove all failed of a tagged name": (actions.Remove(), Every(MAIL, JobState.FAILED)),
        "obliterate": (actions.Obliterate(force=True), Queues((MAIL,))),
        "pause": (actions.Pause(), Queues((ref, MAIL))),
        "concurrency": (actions.SetConcurrency(3), Queues((ref, MAIL))),
        "limit": (actions.SetRateLimit(10, 1000), Queues((ref,))),
        "remove-deduplication": (actions.RemoveDeduplication("other"), Queues((ref,))),
        "remove-scheduler": (actions.Unschedule(), Schedulers(ref, ("night",))),
        "add": (actions.AddAll(new), NewJobs(ref, new, 3)),
    }


def one_way(ref: QueueRef) -> dict[str, tuple[actions.Action, Target, int]]:
    """What cannot, with how many it is done to."""
    return {
        "retry": (actions.Retry(), Jobs(ref, ("f1", "f2")), 2),
        "retry-all": (actions.Retry(), Every(ref, JobState.FAILED), 7),
        "retry all of a tagged name": (actions.Retry(), Every(MAIL, JobState.FAILED), 3),
        "promote": (actions.Promote(), Jobs(ref, ("d1",)), 1),
        "promote-all": (actions.Promote(), Every(ref, JobState.DELAYED), 2),
        "duplicate": (actions.Duplicate(), Jobs(ref, ("c1", "c2")), 2),
        "add-log": (actions.AddLog("seen"), Jobs(ref, ("c1",)), 1),
        "release": (actions.Release(), Jobs(ref, ("stuck",)), 1),
        "trigger": (actions.Trigger(), Schedulers(ref, ("night",)), 1),
        "clear-rate-limit": (actions.ClearRateLimit(), Queues((ref,)), 1),
        "trim-events": (actions.TrimEvents(0), Queues((ref, MAIL)), 2),
    }


async def undo(runtime: Runtime, outcome: Outcome) -> Outcome:
    """Takes it back."""
    assert outcome.undo is not None
    return await runtime.runner.run(Request(actions.Restore(outcome.undo), Past(outcome.undo)))


async def test_what_can_be_taken_back(place: Place, runtime: Runtime) -> None:
    """Each on what is as it was before the one before it."""
    before = keyspace(place.raw)
    for name, (action, target) in there_and_back(pay(place)).items():
        outcome = await runtime.runner.run(Request(action, target))
        assert outcome.kind is Kind.DONE, (name, outcome)
        after = keyspace(place.raw)
        assert after != before, f"{name}: nothing was done"
        if outcome.undo is None:
            assert name == "add"
            place.empty()
            fill(place.raw, place.prefix)
        else:
            undone = await undo(runtime, outcome)
            assert undone.kind is Kind.DONE, (name, undone)
            assert keyspace(place.raw) == before, name
        place.settle()


async def test_what_cannot_be_taken_back(place: Place, runtime: Runtime) -> None:
    place.raw.set(f"{place.prefix}:pay:limiter", 3, px=60_000)
    for name, (action, target, count) in one_way(pay(place)).items():
        place.settle()
        outcome = await runtime.runner.run(Request(action, target))
        assert (outcome.kind, outcome.done) == (Kind.DONE, count), (name, outcome)
    place.settle()
    of_pay, mail = await runtime.reader.counts([pay(place), MAIL])
    assert (of_pay.counts.failed, mail.counts.failed, mail.counts.waiting) == (0, 0, 6)
    assert place.raw.lrange(f"{place.prefix}:pay:active", 0, -1) == [b"held"]
    assert not place.raw.exists(f"{place.prefix}:pay:limiter")


async def test_a_locked_job_and_one_that_is_gone_are_left(place: Place, runtime: Runtime) -> None:
    before = keyspace(place.raw)
    outcome = await runtime.runner.run(Request(actions.Remove(), Jobs(pay(place), ("held", "none"))))
    assert (outcome.kind, outcome.done) == (Kind.REFUSED, 0)
    assert outcome.skipped == {Reason.LOCKED: 1, Reason.MISSING: 1}
    outcome = await runtime.runner.run(Request(actions.Fail("by hand"), Jobs(pay(place), ("held",))))
    assert outcome.done == 0
    assert keyspace(place.raw) == before


@pytest.mark.parametrize("layout", [Layout.V5, Layout.V6], ids=str)
async def test_pause_and_resume(place: Place, runtime: Runtime, layout: Layout) -> None:
    place.empty()
    fill(place.raw, place.prefix, layout)
    place.settle()
    base, ref = f"{place.prefix}:pay", pay(place)
    before = keyspace(place.raw)
    assert (await runtime.runner.run(Request(actions.Pause(), Queues((ref, MAIL))))).done == 2
    place.settle()
    of_pay, mail = await runtime.reader.counts([ref, MAIL])
    assert (of_pay.paused, mail.paused) == (True, True)
    assert place.raw.llen(f"{base}:paused") == (7 if layout is Layout.V5 else 0)
    assert of_pay.counts.waiting + of_pay.counts.paused == 7
    assert (await runtime.runner.run(Request(actions.Resume(), Queues((ref, MAIL))))).done == 2
    assert keyspace(place.raw) == before


def test_on_the_command_line_with_its_audit_and_journal(place: Place, desk: Desk, tmp_path: Path) -> None:
    before = keyspace(place.raw)
    ended = desk("jobs", "remove", "pay", "f1", "f2", "--yes", "--reason", "a test", *place.words)
    assert (ended.code, ended.out) == (0, "2 jobs removed. `bulltui undo 1` takes that back.\n"), ended.err
    (deed,) = desk("audit", "-o", "json", *place.words).json
    assert (deed["action"], deed["reason"]) == ("remove", "a test")
    assert desk("undo", "--yes", *place.words).code == 0
    assert keyspace(place.raw) == before
    for path in tmp_path.rglob("*"):
        if path.is_file():
            assert SECRET.encode() not in path.read_bytes()
            assert path.stat().st_mode & 0o077 == 0


async def test_a_dry_run_writes_nothing(place: Place, runtime: Runtime) -> None:
    before = keyspace(place.raw)
    cases: dict[str, Any] = there_and_back(pay(place)) | one_way(pay(place))
    for action, target, *_ in cases.values():
        await runtime.runner.preview(Request(action, target))
    assert keyspace(place.raw) == before
