"""Promote: delayed jobs to run now."""

from typing import Any

import pytest

from bulltui.domain.actions import Promote
from bulltui.domain.layout import Layout
from bulltui.domain.outcome import Reason
from bulltui.domain.states import JobState
from bulltui.store.actor import RedisActor
from tests.store.acting import ALL, NEW, NOW, Q, events, fields, in_set, keys, listed, make_queue, pause_as, put, told

DUE = (NOW + 60_000) * 4096


def delayed(raw: Any, job_id: str, **more: Any) -> bytes:
    """A job that is due in a minute."""
    return put(raw, JobState.DELAYED, job_id, score=DUE, **({"delay": 60_000} | more))


@pytest.mark.parametrize("layout", ALL)
async def test_a_delayed_job_waits(actor: RedisActor, raw: Any, layout: Layout) -> None:
    make_queue(raw, layout)
    put(raw, JobState.WAITING, "earlier")
    key = delayed(raw, "1", opts='{"lifo":true}')
    assert await told(actor, Promote(), ["1"], layout, state=JobState.DELAYED) == [None]
    assert listed(raw, "wait") == ["1", "earlier"]  # behind the others, as the libraries do
    assert in_set(raw, "delayed") == {}
    assert fields(raw, key)["delay"] == "0"
    assert events(raw) == [{"event": "waiting", "jobId": "1", "prev": "delayed"}]
    assert in_set(raw, "marker") == ({"0": 0.0} if layout in NEW else {})


@pytest.mark.parametrize("layout", ALL)
async def test_the_marker_of_older_libraries_makes_way(actor: RedisActor, raw: Any, layout: Layout) -> None:
    make_queue(raw, layout)
    raw.lpush(f"{Q}:wait", f"0:{NOW}")
    delayed(raw, "1")
    assert await told(actor, Promote(), ["1"], layout) == [None]
    assert listed(raw, "wait") == ["1"]


@pytest.mark.parametrize("layout", ALL)
async def test_by_priority(actor: RedisActor, raw: Any, layout: Layout) -> None:
    make_queue(raw, layout)
    raw.lpush(f"{Q}:wait", f"0:{NOW}")
    delayed(raw, "1", priority=2)
    statuses = await told(actor, Promote(), ["1"], layout)
    if layout is Layout.V3:
        assert statuses == [Reason.PRIORITY]
        assert in_set(raw, "delayed") == {"1": DUE}
        assert listed(raw, "wait") == [f"0:{NOW}"]
    else:
        assert statuses == [None]
        assert in_set(raw, "prioritized") == {"1": 2 * 2**32 + 1}
        assert listed(raw, "wait") == (["0:0"] if layout is Layout.V4 else [])


@pytest.mark.parametrize("layout", ALL)
async def test_while_paused(actor: RedisActor, raw: Any, layout: Layout) -> None:
    make_queue(raw, layout)
    put(raw, JobState.WAITING, "first")
    pause_as(raw, layout)
    delayed(raw, "1")
    assert await told(actor, Promote(), ["1"], layout) == [None]
    assert listed(raw, "wait" if layout is Layout.V6 else "paused") == ["1", "first"]
    assert in_set(raw, "marker") == {}


@pytest.mark.parametrize(
    ("job_id", "scheduler"), [("repeat:daily:2000", "daily"), ("repeat:0123abc:2000", "job::::* * * * *")]
)
async def test_the_next_run_of_a_scheduler_only_when_asked(
    actor: RedisActor, raw: Any, job_id: str, scheduler: str
) -> None:
    raw.zadd(f"{Q}:repeat", {scheduler: 2000})
    delayed(raw, job_id, rjk=scheduler)
    assert await told(actor, Promote(), [job_id]) == [Reason.SCHEDULER]
    assert in_set(raw, "delayed") == {job_id: DUE}
    assert await told(actor, Promote(scheduled=True), [job_id]) == [None]
    assert listed(raw, "wait") == [job_id]


async def test_a_past_run_of_a_scheduler_is_a_job_like_others(actor: RedisActor, raw: Any) -> None:
    raw.zadd(f"{Q}:repeat", {"daily": 3000})
    delayed(raw, "repeat:daily:2000", rjk="daily")
    delayed(raw, "own", rjk="daily")
    assert await told(actor, Promote(), ["repeat:daily:2000", "own"]) == [None, None]


async def test_left_as_they_were(actor: RedisActor, raw: Any) -> None:
    put(raw, JobState.WAITING, "moved")
    raw.zadd(f"{Q}:delayed", {"gone": DUE})
    delayed(raw, "later", timestamp=NOW + 5)
    before = keys(raw)
    statuses = await told(actor, Promote(), ["moved", "gone", "later"], not_after_ms=NOW)
    assert statuses == [Reason.STATE, Reason.MISSING, Reason.UNDUE]
    assert keys(raw) == before
    assert in_set(raw, "delayed") == {"gone": DUE, "later": DUE}
