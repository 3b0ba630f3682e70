"""Active jobs whose worker is gone: released to run again, or failed by hand."""

from typing import Any

import pytest

from bulltui.domain.actions import Fail, Release
from bulltui.domain.layout import Layout
from bulltui.domain.outcome import Reason
from bulltui.domain.states import JobState
from bulltui.store.actor import RedisActor
from tests.store.acting import ALL, NEW, NOW, Q, events, fields, in_set, keys, listed, make_queue, pause_as, put, told
from tests.store.support import js

STEP = 2**32
P = "bull:other"
BOTH = [Release(), Fail("gone")]


def stuck(raw: Any, job_id: str, **more: Any) -> bytes:
    """An active job without a lock, in its first attempt."""
    return put(raw, JobState.ACTIVE, job_id, **({"processedOn": NOW - 5, "ats": 1} | more))


@pytest.mark.parametrize("layout", ALL)
async def test_released_it_runs_next(actor: RedisActor, raw: Any, layout: Layout) -> None:
    make_queue(raw, layout)
    put(raw, JobState.WAITING, "other")
    key = stuck(raw, "1")
    before = fields(raw, key)
    assert await told(actor, Release(), ["1"], layout, state=JobState.ACTIVE) == [None]
    assert listed(raw, "wait") == ["other", "1"]
    assert listed(raw, "active") == []
    assert fields(raw, key) == before
    prev = {"prev": "active"} if layout in NEW else {}
    assert events(raw) == [{"event": "waiting", "jobId": "1"} | prev]
    assert in_set(raw, "marker") == ({"0": 0.0} if layout in NEW else {})


@pytest.mark.parametrize("layout", ALL)
async def test_released_before_its_equals(actor: RedisActor, raw: Any, layout: Layout) -> None:
    make_queue(raw, layout)
    stuck(raw, "1", priority=3)
    statuses = await told(actor, Release(), ["1"], layout)
    if layout is Layout.V3:
        assert statuses == [Reason.PRIORITY]
        assert listed(raw, "active") == ["1"]
    else:
        assert in_set(raw, "prioritized") == {"1": 3 * STEP}
        assert listed(raw, "wait") == (["0:0"] if layout is Layout.V4 else [])


@pytest.mark.parametrize("layout", ALL)
async def test_released_while_paused(actor: RedisActor, raw: Any, layout: Layout) -> None:
    make_queue(raw, layout)
    put(raw, JobState.WAITING, "other")
    pause_as(raw, layout)
    stuck(raw, "1")
    assert await told(actor, Release(), ["1"], layout) == [None]
    assert listed(raw, "wait" if layout is Layout.V6 else "paused") == ["other", "1"]


async def test_the_slot_that_becomes_free_wakes_a_worker(actor: RedisActor, raw: Any) -> None:
    make_queue(raw, concurrency=1)
    stuck(raw, "1")
    assert await told(actor, Release(), ["1"]) == [None]
    assert in_set(raw, "marker") == {"0": 0.0}


@pytest.mark.parametrize("action", BOTH)
async def test_left_as_they_were(actor: RedisActor, raw: Any, action: Any) -> None:
    stuck(raw, "held")
    raw.set(f"{Q}:held:lock", "token")
    put(raw, JobState.WAITING, "moved")
    raw.lpush(f"{Q}:active", "gone")
    before = keys(raw)
    assert await told(actor, action, ["held", "moved", "gone"]) == [Reason.LOCKED, Reason.STATE, Reason.MISSING]
    assert keys(raw) == before
    assert listed(raw, "active") == ["gone", "held"]
    assert listed(raw, "wait") == ["moved"]


@pytest.mark.parametrize("layout", ALL)
async def test_failed_by_hand(actor: RedisActor, raw: Any, layout: Layout) -> None:
    make_queue(raw, layout)
    made = {"atm": 1} if layout in NEW else {"attemptsMade": 2}
    key = stuck(raw, "1", opts='{"attempts":2}', defa="x", **made)
    assert await told(actor, Fail("gone \udcff"), ["1"], layout, state=JobState.ACTIVE) == [None]
    assert in_set(raw, "failed") == {"1": NOW}
    left = fields(raw, key)
    assert (left["failedReason"], left["finishedOn"]) == ("gone \udcff", str(NOW))
    assert left["atm" if layout in NEW else "attemptsMade"] == "2"
    assert ("defa" in left) == (layout not in NEW)
    prev = {"prev": "active"} if layout in NEW else {}
    assert events(raw) == [
        {"event": "failed", "jobId": "1", "failedReason": "gone \udcff"} | prev,
        {"event": "retries-exhausted", "jobId": "1", "attemptsMade": "2"},
        {"event": "drained"},
    ]


async def test_with_attempts_left_it_fails_all_the_same(actor: RedisActor, raw: Any) -> None:
    stuck(raw, "1", opts='{"attempts":5,"removeOnFail":true}')
    put(raw, JobState.WAITING, "other")
    assert await told(actor, Fail(), ["1"]) == [None]
    assert [event["event"] for event in events(raw)] == ["failed"]
    assert in_set(raw, "failed").keys() == {"1"}


@pytest.mark.parametrize("atm", ["many", "-1", "1.5", "9223372036854775807"])
async def test_attempts_that_are_no_number(actor: RedisActor, raw: Any, atm: str) -> None:
    stuck(raw, "1", atm=atm)
    assert await told(actor, Fail(), ["1"]) == [Reason.FOREIGN]
    assert listed(raw, "active") == ["1"]


# --- its deduplication


async def test_its_deduplication_ends(actor: RedisActor, raw: Any) -> None:
    raw.set(f"{Q}:de:mine", "1")
    raw.set(f"{Q}:de:other", "2")
    raw.set(f"{Q}:de:timed", "3", px=60_000)
    for one, dedup in (("1", "mine"), ("4", "other"), ("3", "timed")):
        stuck(raw, one, deid=dedup)
    assert await told(actor, Fail(), ["1", "4", "3"]) == [None] * 3
    assert [raw.exists(f"{Q}:de:{one}") for one in ("mine", "other", "timed")] == [0, 1, 1]


async def test_the_next_job_of_its_deduplication_starts(actor: RedisActor, raw: Any) -> None:
    raw.set(f"{Q}:de:x", "1")
    opts = js({"priority": 2, "de": {"id": "x", "keepLastIfActive": True}})
    kept = {"name": "next", "data": "[2]", "opts": opts, "jid": "own", "pk": f"{P}:p", "pd": "{}"}
    raw.hset(f"{Q}:dn:x", mapping=kept | {"pdk": f"{P}:p:dependencies"})
    stuck(raw, "1", deid="x")
    assert await told(actor, Fail(), ["1"]) == [None]
    made = fields(raw, f"{Q}:own")
    assert (made["name"], made["data"], made["deid"], made["parentKey"]) == ("next", "[2]", "x", f"{P}:p")
    assert in_set(raw, "prioritized") == {"own": 2 * STEP + 1}
    assert raw.get(f"{Q}:de:x") == b"own"
    assert raw.smembers(f"{P}:p:dependencies") == {b"bull:mail:own"}
    assert not raw.exists(f"{Q}:dn:x")


# --- its parent


def child(raw: Any, flag: str, parent: str = "p", **more: Any) -> bytes:
    """A stuck child of a waiting parent in another queue, with one of the options about its failure."""
    told_parent = js({"id": parent, "queueKey": P} | ({flag: True} if flag else {}))
    opts = js({flag: True} if flag else {})
    key = stuck(raw, "1", parentKey=f"{P}:{parent}", parent=told_parent, opts=opts, **more)
    raw.hset(f"{P}:{parent}", mapping={"name": "parent", "priority": 0, "delay": 0})
    raw.zadd(f"{P}:waiting-children", {parent: 5})
    raw.sadd(f"{P}:{parent}:dependencies", key)
    return key


@pytest.mark.parametrize("layout", NEW)
@pytest.mark.parametrize("parent", ["p", "a:b:c"])
async def test_a_parent_that_is_to_fail_too(actor: RedisActor, raw: Any, layout: Layout, parent: str) -> None:
    child(raw, "fpof", parent)
    assert await told(actor, Fail(), ["1"], layout) == [None]
    assert raw.lrange(f"{P}:wait", 0, -1) == [parent.encode()]
    assert raw.zcard(f"{P}:waiting-children") == 0
    assert raw.hget(f"{P}:{parent}", "defa") == b"child bull:mail:1 failed"
    assert raw.zrange(f"{P}:{parent}:unsuccessful", 0, -1) == [b"bull:mail:1"]
    assert raw.scard(f"{P}:{parent}:dependencies") == 0
    assert raw.zscore(f"{P}:marker", "0") == 0


@pytest.mark.parametrize(
    ("flag", "noted", "goes_on"), [("cpof", True, True), ("idof", True, False), ("rdof", False, False)]
)
async def test_a_parent_that_goes_on(actor: RedisActor, raw: Any, flag: str, noted: bool, goes_on: bool) -> None:
    child(raw, flag)
    raw.sadd(f"{P}:p:dependencies", f"{Q}:2")
    assert await told(actor, Fail("why"), ["1"]) == [None]
    assert raw.hgetall(f"{P}:p:failed") == ({b"bull:mail:1": b"why"} if noted else {})
    assert raw.smembers(f"{P}:p:dependencies") == {b"bull:mail:2"}
    assert raw.lrange(f"{P}:wait", 0, -1) == ([b"p"] if goes_on else [])
    raw.srem(f"{P}:p:dependencies", f"{Q}:2")


@pytest.mark.parametrize(
    ("attributes", "where"), [({"priority": 3}, "prioritized"), ({"delay": 500}, "delayed"), ({}, "wait")]
)
async def test_where_the_parent_of_the_last_child_goes(
    actor: RedisActor, raw: Any, attributes: dict[str, int], where: str
) -> None:
    child(raw, "idof")
    if attributes:
        raw.hset(f"{P}:p", mapping=attributes)
    raw.hset(f"{P}:meta", "version", "bullmq:6.7.0")
    assert await told(actor, Fail(), ["1"]) == [None]
    found = raw.lrange(f"{P}:wait", 0, -1) if where == "wait" else raw.zrange(f"{P}:{where}", 0, -1)
    assert found == [b"p"]


async def test_without_an_option_the_parent_waits_on(actor: RedisActor, raw: Any) -> None:
    key = child(raw, "")
    assert await told(actor, Fail(), ["1"]) == [None]
    assert raw.zrange(f"{P}:waiting-children", 0, -1) == [b"p"]
    assert raw.smembers(f"{P}:p:dependencies") == {key}


@pytest.mark.parametrize("layout", [Layout.V3, Layout.V4])
async def test_in_older_libraries_the_parents_fail_at_once(actor: RedisActor, raw: Any, layout: Layout) -> None:
    child(raw, "fpof")
    raw.hset(f"{P}:p", "parent", js({"id": "top", "queueKey": P, "fpof": True}))
    raw.hset(f"{P}:top", "name", "top")
    raw.zadd(f"{P}:waiting-children", {"top": 6})
    assert await told(actor, Fail(), ["1"], layout) == [None]
    assert raw.zrange(f"{P}:failed", 0, -1) == [b"p", b"top"]
    assert raw.zcard(f"{P}:waiting-children") == 0
    assert raw.hget(f"{P}:top", "failedReason") == b"child bull:other:p failed"


async def test_in_older_libraries_pending_children_keep_it(actor: RedisActor, raw: Any) -> None:
    stuck(raw, "1")
    raw.sadd(f"{Q}:1:dependencies", "bull:mail:2")
    assert await told(actor, Fail(), ["1"], Layout.V4) == [Reason.CHILDREN]
    assert await told(actor, Fail(), ["1"], Layout.V6) == [None]


@pytest.mark.parametrize("suffix", ["", ":dependencies", ":unsuccessful"])
async def test_a_parent_of_another_program(actor: RedisActor, raw: Any, suffix: str) -> None:
    child(raw, "fpof")
    raw.delete(f"{P}:p{suffix}")
    raw.set(f"{P}:p{suffix}", "mine")
    assert await told(actor, Fail(), ["1"]) == [Reason.FOREIGN]
    assert listed(raw, "active") == ["1"]
    assert not raw.exists(f"{Q}:failed")


async def test_a_parent_whose_queue_is_of_another_program(actor: RedisActor, raw: Any) -> None:
    child(raw, "fpof")
    raw.set(f"{P}:wait", "mine")
    assert await told(actor, Fail(), ["1"]) == [Reason.FOREIGN]
    assert listed(raw, "active") == ["1"]


@pytest.mark.parametrize("parent", ["{broken", "[]", '{"id":5}', "", '{"id":"p","queueKey":"bull:gone"}'])
async def test_a_parent_that_is_gone_or_nonsense(actor: RedisActor, raw: Any, parent: str) -> None:
    stuck(raw, "1", parent=parent, parentKey="bull:gone:p")
    stuck(raw, "2", parent=parent, parentKey="nocolon")
    assert await told(actor, Fail(), ["1", "2"]) == [None, None]
