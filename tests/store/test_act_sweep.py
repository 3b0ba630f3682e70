"""Retry and promote of the next jobs of a state, chosen on the server."""

from typing import Any

from bulltui.domain.actions import Action, Promote, Retry
from bulltui.domain.orders import Cursor, Sweep
from bulltui.domain.outcome import Reason
from bulltui.domain.states import JobState
from bulltui.store.actor import RedisActor
from tests.store.acting import NOW, Q, listed, make_queue, order, put


async def all_of(actor: RedisActor, action: Action, state: JobState, limit: int, **more: Any) -> list[Sweep]:
    """Calls until the end."""
    what = order(action, state=state, **more)
    sweeps = [await actor.sweep(what, Cursor(), limit)]
    while (cursor := sweeps[-1].cursor) is not None:
        sweeps.append(await actor.sweep(what, cursor, limit))
    return sweeps


def fail(raw: Any, job_id: str, finished: int = NOW - 1000) -> None:
    put(raw, JobState.FAILED, job_id, score=finished, finishedOn=finished, failedReason="no")


async def test_the_oldest_go_first_call_by_call(actor: RedisActor, raw: Any) -> None:
    make_queue(raw)
    for number in range(25):
        fail(raw, str(number), NOW - 1_000 + number)
    sweeps = await all_of(actor, Retry(), JobState.FAILED, 10)
    assert [(one.done, one.remaining) for one in sweeps] == [(10, 15), (10, 5), (5, 0)]
    assert listed(raw, "wait")[::-1] == [str(number) for number in range(25)]


async def test_none_at_all_is_only_counted(actor: RedisActor, raw: Any) -> None:
    for number in range(3):
        fail(raw, str(number))
    assert await actor.sweep(order(Retry(), state=JobState.FAILED), Cursor(), 0) == Sweep(0, (), None, 3)
    assert raw.zcard(f"{Q}:failed") == 3


async def test_those_that_stay_are_named_and_passed_also_at_one_score(actor: RedisActor, raw: Any) -> None:
    for number in range(30):
        fail(raw, f"{number:02}")
    lost = ("03", "04", "05", "06", "17")
    for job_id in lost:
        raw.delete(f"{Q}:{job_id}")
    sweeps = await all_of(actor, Retry(), JobState.FAILED, 4)
    assert [one for sweep in sweeps for one in sweep.left] == [(job_id, Reason.MISSING) for job_id in lost]
    assert sum(sweep.done for sweep in sweeps) == 25
    assert sweeps[-1].remaining == 5


async def test_what_failed_since_is_not_meant(actor: RedisActor, raw: Any) -> None:
    for number in range(6):
        fail(raw, str(number), NOW - 300 + 100 * number)
    sweeps = await all_of(actor, Retry(), JobState.FAILED, 2, not_after_ms=NOW)
    assert [sweep.done for sweep in sweeps] == [2, 2]
    assert not any(sweep.left for sweep in sweeps)
    assert raw.zrange(f"{Q}:failed", 0, -1) == [b"4", b"5"]


async def test_delayed_ones_are_promoted_save_for_the_next_run_of_a_scheduler(actor: RedisActor, raw: Any) -> None:
    for number in range(7):
        put(raw, JobState.DELAYED, str(number), score=(NOW + number) * 4096, delay=60_000, priority=number % 2)
    armed = f"repeat:daily:{NOW + 3}"
    put(raw, JobState.DELAYED, armed, score=(NOW + 3) * 4096 + 1, rjk="daily")
    raw.zadd(f"{Q}:repeat", {"daily": NOW + 3})
    sweeps = await all_of(actor, Promote(), JobState.DELAYED, 3)
    assert [one for sweep in sweeps for one in sweep.left] == [(armed, Reason.SCHEDULER)]
    assert sum(sweep.done for sweep in sweeps) == 7
    assert listed(raw, "wait")[::-1] == ["0", "2", "4", "6"]
    assert raw.zrange(f"{Q}:prioritized", 0, -1) == [b"1", b"3", b"5"]
    assert raw.zrange(f"{Q}:delayed", 0, -1) == [armed.encode()]
