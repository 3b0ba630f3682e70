"""Changes of jobs that stay: priority, delay, data, logs."""

from typing import Any

import pytest

from bulltui.domain.actions import AddLog, Reprioritize, Reschedule, UpdateData
from bulltui.domain.layout import Layout
from bulltui.domain.orders import Item
from bulltui.domain.outcome import Reason
from bulltui.domain.states import JobState
from bulltui.store.actor import RedisActor
from tests.store.acting import (
    ALL,
    NEW,
    NOW,
    Q,
    act,
    events,
    failed,
    fields,
    in_set,
    keys,
    listed,
    make_queue,
    pause_as,
    put,
    told,
)
from tests.store.support import MAIL, ServerTime, fill_list

STEP = 2**32


@pytest.mark.parametrize("layout", [one for one in ALL if one is not Layout.V3])
async def test_from_waiting_to_a_priority_and_back(actor: RedisActor, raw: Any, layout: Layout) -> None:
    make_queue(raw, layout)
    key = put(raw, JobState.WAITING, "1")
    assert await told(actor, Reprioritize(5), ["1"], layout) == [None]
    assert in_set(raw, "prioritized") == {"1": 5 * STEP + 1}
    assert fields(raw, key)["priority"] == "5"
    assert listed(raw, "wait") == (["0:0"] if layout is Layout.V4 else [])
    assert await told(actor, Reprioritize(0), ["1"], layout) == [None]
    assert fields(raw, key)["priority"] == "0"
    assert "1" in listed(raw, "wait")
    assert in_set(raw, "prioritized") == {}
    assert events(raw) == []


async def test_among_equals(actor: RedisActor, raw: Any) -> None:
    raw.set(f"{Q}:pc", 7)
    put(raw, JobState.PRIORITIZED, "1", score=9 * STEP + 1, priority=9)
    put(raw, JobState.PRIORITIZED, "2", score=9 * STEP + 2, priority=9)
    assert await told(actor, Reprioritize(3), ["1"]) == [None]
    assert await told(actor, Reprioritize(3, lifo=True), ["2"]) == [None]
    assert in_set(raw, "prioritized") == {"2": 3 * STEP, "1": 3 * STEP + 8}


async def test_to_the_front_and_the_back_of_the_list(actor: RedisActor, raw: Any) -> None:
    for one in ("1", "2", "3"):
        put(raw, JobState.WAITING, one)
    assert await told(actor, Reprioritize(0), ["1"]) == [None]
    assert await told(actor, Reprioritize(0, lifo=True), ["3"]) == [None]
    assert listed(raw, "wait") == ["1", "2", "3"]


@pytest.mark.parametrize("layout", NEW)
@pytest.mark.parametrize("pauser", NEW)
async def test_while_paused_by_either_library(actor: RedisActor, raw: Any, layout: Layout, pauser: Layout) -> None:
    make_queue(raw, layout)
    for one in ("1", "2"):
        put(raw, JobState.WAITING, one)
    pause_as(raw, pauser)
    assert await told(actor, Reprioritize(0), ["1"], layout) == [None]
    assert listed(raw, "paused" if pauser is Layout.V5 else "wait") == ["1", "2"]
    assert await told(actor, Reprioritize(4), ["1"], layout) == [None]
    assert in_set(raw, "prioritized").keys() == {"1"}
    assert in_set(raw, "marker") == {}


@pytest.mark.parametrize("state", [JobState.DELAYED, JobState.ACTIVE, JobState.FAILED, JobState.COMPLETED])
async def test_elsewhere_only_the_field(actor: RedisActor, raw: Any, state: JobState) -> None:
    key = put(raw, state, "1")
    before = keys(raw)
    assert await told(actor, Reprioritize(4), ["1"], state=state) == [None]
    assert fields(raw, key)["priority"] == "4"
    assert keys(raw) == before


async def test_a_job_that_left_its_state_keeps_its_priority(actor: RedisActor, raw: Any) -> None:
    key = put(raw, JobState.ACTIVE, "1")
    assert await told(actor, Reprioritize(4), ["1", "no"], state=JobState.WAITING) == [Reason.STATE, Reason.MISSING]
    assert fields(raw, key)["priority"] == "0"


@pytest.mark.quiet
@pytest.mark.parametrize("job_id", ["40", "999960"])
async def test_at_either_end_of_a_long_list_it_costs_little(actor: RedisActor, raw: Any, job_id: str) -> None:
    fill_list(raw, f"{Q}:wait", 1_000_000)
    failed(raw, job_id)
    raw.delete(f"{Q}:failed")

    async def there_and_back() -> None:
        raw.zrem(f"{Q}:prioritized", job_id)
        raw.linsert(f"{Q}:wait", "AFTER" if job_id == "40" else "BEFORE", "41" if job_id == "40" else "999959", job_id)
        raw.slowlog_reset()
        assert await told(actor, Reprioritize(2), [job_id]) == [None]

    assert await told(actor, Reprioritize(2), [job_id]) == [None]
    await ServerTime(raw).of(there_and_back, longest_ms=5)


async def test_priorities_of_bullmq_3_are_left_alone(actor: RedisActor, raw: Any) -> None:
    put(raw, JobState.WAITING, "1")
    put(raw, JobState.WAITING, "2", priority=2)
    raw.zadd(f"{Q}:priority", {"2": 2})
    assert await told(actor, Reprioritize(4), ["1"], Layout.V3) == [Reason.PRIORITY]
    assert await told(actor, Reprioritize(0), ["2"], Layout.V3) == [Reason.PRIORITY]
    assert listed(raw, "wait") == ["2", "1"]


@pytest.mark.parametrize("layout", ALL)
async def test_another_time(actor: RedisActor, raw: Any, layout: Layout) -> None:
    make_queue(raw, layout)
    due = NOW + 5000
    put(raw, JobState.DELAYED, "other", score=due * 4096 + 3)
    key = put(raw, JobState.DELAYED, "4100", score=due * 4096 * 2, delay=1)
    assert await told(actor, Reschedule(5000), ["4100"], layout) == [None]
    assert in_set(raw, "delayed")["4100"] == due * 4096 + 4
    assert fields(raw, key)["delay"] == "5000"
    assert events(raw) == [{"event": "delayed", "jobId": "4100", "delay": str(due)}]
    assert in_set(raw, "marker") == ({"1": pytest.approx(due, abs=1)} if layout in NEW else {})
    assert listed(raw, "wait") == []


async def test_many_at_once_keep_their_order(actor: RedisActor, raw: Any) -> None:
    ids = [f"job{at}" for at in range(60)]
    for one in ids:
        put(raw, JobState.DELAYED, one, score=1)
    left = ids
    while left:
        left = left[len((await act(actor, Reschedule(1000), left)).statuses) :]
    assert [one for one, _ in sorted(in_set(raw, "delayed").items(), key=lambda pair: pair[1])] == ids


async def test_only_delayed_jobs_have_a_time(actor: RedisActor, raw: Any) -> None:
    failed(raw, "1")
    assert await told(actor, Reschedule(5), ["1", "no"]) == [Reason.STATE, Reason.MISSING]
    assert not raw.exists(f"{Q}:delayed")


@pytest.mark.parametrize("state", [JobState.WAITING, JobState.ACTIVE, JobState.DELAYED, JobState.FAILED])
async def test_other_data(actor: RedisActor, raw: Any, state: JobState) -> None:
    key = put(raw, state, "1")
    assert await told(actor, UpdateData('{"é":"\udcff"}'), ["1", "no"]) == [None, Reason.MISSING]
    assert raw.hget(key, "data") == b'{"\xc3\xa9":"\xff"}'
    assert await told(actor, UpdateData("2"), ["1"], state=JobState.PRIORITIZED) == [Reason.STATE]
    assert await told(actor, UpdateData("2"), ["1"], state=state) == [None]
    assert events(raw) == []


@pytest.mark.parametrize("action", [UpdateData('{"n":2}'), Reprioritize(2), Reschedule(5)])
async def test_only_while_it_is_as_saved(actor: RedisActor, raw: Any, action: Any) -> None:
    key = put(raw, JobState.DELAYED, "1")
    (saved,) = await actor.save(MAIL, ["1"])
    raw.hset(key, "progress", "50")
    assert await told(actor, action, [Item("1", saved.digest)]) == [Reason.CHANGED]
    (saved,) = await actor.save(MAIL, ["1"])
    answer = await act(actor, action, [Item("1", saved.digest)])
    assert answer.statuses == (None,)
    (after,) = await actor.save(MAIL, ["1"])
    assert answer.digests == (after.digest,) != (saved.digest,)


async def test_a_log_line(actor: RedisActor, raw: Any) -> None:
    failed(raw, "1")
    failed(raw, "2", opts='{"kl":2}')
    failed(raw, "3", opts='{"kl":"many"}')
    raw.set(f"{Q}:4:logs", "mine")
    failed(raw, "4")
    for line in ("one", "\udcff", "three"):
        statuses = await told(actor, AddLog(line), ["1", "2", "3", "4", "no"])
        assert statuses == [None, None, None, Reason.FOREIGN, Reason.MISSING]
    assert raw.lrange(f"{Q}:1:logs", 0, -1) == [b"one", b"\xff", b"three"]
    assert raw.lrange(f"{Q}:2:logs", 0, -1) == [b"\xff", b"three"]
    assert raw.llen(f"{Q}:3:logs") == 3
    assert not raw.exists(f"{Q}:no:logs")
