"""Retry: finished jobs back to where workers of each layout take them."""

import time
from typing import Any

import pytest

from bulltui.domain.actions import Retry
from bulltui.domain.layout import Layout
from bulltui.domain.orders import CHUNK
from bulltui.domain.outcome import Reason
from bulltui.domain.states import JobState
from bulltui.domain.text import exact
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


@pytest.mark.parametrize("layout", ALL)
async def test_a_failed_job_waits_again(actor: RedisActor, raw: Any, layout: Layout) -> None:
    make_queue(raw, layout)
    key = failed(raw, "7")
    assert await told(actor, Retry(), ["7"], layout, state=JobState.FAILED) == [None]
    assert listed(raw, "wait") == ["7"]
    assert in_set(raw, "failed") == {}
    left = fields(raw, key)
    assert not {"failedReason", "finishedOn", "processedOn"} & left.keys()
    assert (left["stacktrace"], left["atm"]) == ('["boom"]', "2")
    assert events(raw) == [{"event": "waiting", "jobId": "7", "prev": "failed"}]
    assert in_set(raw, "marker") == ({"0": 0.0} if layout in NEW else {})


async def test_a_completed_job_waits_again(actor: RedisActor, raw: Any) -> None:
    key = put(raw, JobState.COMPLETED, "7", returnvalue="1", finishedOn=NOW, processedOn=NOW, failedReason="earlier")
    assert await told(actor, Retry(), ["7"]) == [None]
    left = fields(raw, key)
    assert not {"returnvalue", "finishedOn", "processedOn"} & left.keys()
    assert left["failedReason"] == "earlier"
    assert events(raw) == [{"event": "waiting", "jobId": "7", "prev": "completed"}]


async def test_of_either_state_or_only_of_the_one_it_was_seen_in(actor: RedisActor, raw: Any) -> None:
    failed(raw, "1")
    put(raw, JobState.COMPLETED, "2")
    assert await told(actor, Retry(), ["1", "2"], state=JobState.COMPLETED) == [Reason.STATE, None]
    assert await told(actor, Retry(), ["1"]) == [None]


@pytest.mark.parametrize("layout", ALL)
async def test_attempts_and_the_stalled_counter_stay_unless_asked(actor: RedisActor, raw: Any, layout: Layout) -> None:
    long = {"attemptsMade": 2, "atm": None, "ats": None, "stalledCounter": 2}
    given = {"stc": 2} if layout in NEW else long
    key = failed(raw, "1", **given)
    assert await told(actor, Retry(), ["1"], layout) == [None]
    assert {"atm", "ats", "stc"} <= fields(raw, key).keys() or fields(raw, key)["attemptsMade"] == "2"
    raw.delete(f"{Q}:wait")
    key = failed(raw, "1", **given)
    assert await told(actor, Retry(reset_attempts=True, reset_stalled=True), ["1"], layout) == [None]
    assert not {"atm", "ats", "attemptsMade", "stc", "stalledCounter"} & fields(raw, key).keys()


@pytest.mark.parametrize("layout", ALL)
async def test_a_priority_is_kept(actor: RedisActor, raw: Any, layout: Layout) -> None:
    make_queue(raw, layout)
    raw.set(f"{Q}:pc", 4)
    failed(raw, "1", priority=3)
    statuses = await told(actor, Retry(), ["1"], layout)
    if layout is Layout.V3:
        assert statuses == [Reason.PRIORITY]
        assert in_set(raw, "failed").keys() == {"1"}
        assert not raw.exists(f"{Q}:events")
    else:
        assert statuses == [None]
        assert in_set(raw, "prioritized") == {"1": 3 * 2**32 + 5}
        assert listed(raw, "wait") == (["0:0"] if layout is Layout.V4 else [])


@pytest.mark.parametrize("priority", ["inf", "nan", "-3", "0x10", "9" * 30, "1e300", "", "2097153", "high"])
async def test_a_priority_that_is_none_counts_as_none(actor: RedisActor, raw: Any, priority: str) -> None:
    failed(raw, "1", priority=priority)
    assert await told(actor, Retry(), ["1"]) == [None]
    assert listed(raw, "wait") == ["1"]


@pytest.mark.parametrize(
    ("opts", "place"),
    [('{"lifo":true}', -1), ('{"lifo":false}', 0), ('{"lifo":null}', 0), ('{"lifo"', 0), ("[]", 0), ("[" * 5000, 0)],
)
async def test_lifo_decides_the_end(actor: RedisActor, raw: Any, opts: str, place: int) -> None:
    put(raw, JobState.WAITING, "other")
    failed(raw, "1", opts=opts)
    assert await told(actor, Retry(), ["1"]) == [None]
    assert listed(raw, "wait")[place] == "1"


@pytest.mark.parametrize("layout", ALL)
async def test_while_paused_it_goes_where_a_resume_finds_it(actor: RedisActor, raw: Any, layout: Layout) -> None:
    make_queue(raw, layout)
    put(raw, JobState.WAITING, "first")
    pause_as(raw, layout)
    failed(raw, "1")
    failed(raw, "2", priority=1 if layout is not Layout.V3 else 0)
    assert await told(actor, Retry(), ["1", "2"], layout) == [None, None]
    where = "wait" if layout is Layout.V6 else "paused"
    assert listed(raw, where)[-2:] == ["1", "first"]
    assert listed(raw, "paused" if where == "wait" else "wait") == []
    assert in_set(raw, "marker") == {}


@pytest.mark.parametrize(
    ("layout", "filled", "expected"),
    [
        (Layout.V6, "paused", "paused"),  # BullMQ 5 paused it: its resume would put that list over `wait`
        (Layout.V5, "wait", "wait"),  # BullMQ 6 paused it
        (Layout.V5, "", "paused"),
        (Layout.V6, "", "wait"),
        (Layout.V4, "wait", "paused"),
    ],
)
async def test_on_a_mixed_paused_queue_the_lists_decide(
    actor: RedisActor, raw: Any, layout: Layout, filled: str, expected: str
) -> None:
    make_queue(raw, layout, paused=1)
    if filled:
        raw.lpush(f"{Q}:{filled}", "other")
    failed(raw, "1")
    assert await told(actor, Retry(), ["1"], layout) == [None]
    assert "1" in listed(raw, expected)


async def test_full_slots_wake_nobody(actor: RedisActor, raw: Any) -> None:
    make_queue(raw, concurrency=1)
    put(raw, JobState.ACTIVE, "busy")
    failed(raw, "1")
    assert await told(actor, Retry(), ["1"]) == [None]
    assert in_set(raw, "marker") == {}


@pytest.mark.parametrize("concurrency", ["many", "nan", "-1", "1e3"])
async def test_a_concurrency_that_is_no_number_is_none(actor: RedisActor, raw: Any, concurrency: str) -> None:
    make_queue(raw, concurrency=concurrency)
    failed(raw, "1")
    assert await told(actor, Retry(), ["1"]) == [None]


async def test_meta_is_not_created_and_the_cap_of_events_kept(actor: RedisActor, raw: Any) -> None:
    failed(raw, "1")
    assert await told(actor, Retry(), ["1"]) == [None]
    assert not raw.exists(f"{Q}:meta")
    for value in ("5", "lots", "-5"):
        raw.hset(f"{Q}:meta", "opts.maxLenEvents", value)
        failed(raw, "2")
        assert await told(actor, Retry(), ["2"]) == [None]
    assert "version" not in fields(raw, f"{Q}:meta")


async def test_a_missing_hash_and_a_foreign_key_are_left(actor: RedisActor, raw: Any) -> None:
    raw.zadd(f"{Q}:failed", {"gone": 1, "text": 2})
    raw.set(f"{Q}:text", "mine")
    assert await told(actor, Retry(), ["gone", "text", "nobody"]) == [Reason.MISSING, Reason.FOREIGN, Reason.MISSING]
    assert in_set(raw, "failed") == {"gone": 1, "text": 2}
    assert not raw.exists(f"{Q}:wait", f"{Q}:events")


@pytest.mark.parametrize("state", [JobState.WAITING, JobState.ACTIVE, JobState.DELAYED])
async def test_a_job_elsewhere_is_left(actor: RedisActor, raw: Any, state: JobState) -> None:
    put(raw, state, "1")
    before = keys(raw)
    assert await told(actor, Retry(), ["1"], state=JobState.FAILED) == [Reason.STATE]
    assert await told(actor, Retry(), ["1"], state=state) == [Reason.STATE]
    assert keys(raw) == before


async def test_what_failed_again_later_is_spared(actor: RedisActor, raw: Any) -> None:
    failed(raw, "old")
    put(raw, JobState.FAILED, "new", score=NOW + 1)
    statuses = await told(actor, Retry(), ["old", "new"], state=JobState.FAILED, not_after_ms=NOW)
    assert statuses == [None, Reason.UNDUE]


HOSTILE = [
    "a:b:c",
    "",
    " ",
    "\x1b[31m",
    "\u202e",
    exact(b"\xff\xfe\x00\n"),
    "0:5",
    "%d",
    "'\"\\",
    "x" * 5000,
    "é\ud800",
]


@pytest.mark.parametrize("job_id", [one for one in HOSTILE if one and "\ud800" not in one])
async def test_hostile_ids_and_bytes_survive(actor: RedisActor, raw: Any, job_id: str) -> None:
    encoded = job_id.encode("utf-8", "surrogateescape")
    key = failed(raw, encoded, data=b"\xff\x00\r\n", name=b"\xfe")
    assert await told(actor, Retry(), [job_id]) == [None]
    assert raw.lrange(f"{Q}:wait", 0, -1) == [encoded]
    assert raw.hget(key, "data") == b"\xff\x00\r\n"


@pytest.mark.parametrize("layout", ALL)
@pytest.mark.parametrize(
    ("state", "noted", "kind"),
    [("failed", "unsuccessful", "zset"), ("failed", "failed", "hash"), ("completed", "processed", "hash")],
)
async def test_the_parent_waits_for_it_again(
    actor: RedisActor, raw: Any, layout: Layout, state: str, noted: str, kind: str
) -> None:
    raw.hset("bull:other:p", "name", "parent")
    add = raw.zadd if kind == "zset" else lambda key, mapping: raw.hset(key, mapping=mapping)
    add(f"bull:other:p:{noted}", {f"{Q}:1": 1, f"{Q}:2": 2})
    put(raw, JobState(state), "1", parentKey="bull:other:p")
    assert await told(actor, Retry(), ["1"], layout) == [None]
    # BullMQ 3 and 4 do not look back.
    assert raw.smembers("bull:other:p:dependencies") == ({b"bull:mail:1"} if layout in NEW else set())
    left = raw.zcard(f"bull:other:p:{noted}") if kind == "zset" else raw.hlen(f"bull:other:p:{noted}")
    assert left == (1 if layout in NEW else 2)


async def test_a_parent_of_another_program_is_left_alone(actor: RedisActor, raw: Any) -> None:
    raw.set("bull:other:p", "mine")
    raw.set("bull:other:p:failed", "mine")
    failed(raw, "1", parentKey="bull:other:p")
    failed(raw, "2", parentKey="")
    failed(raw, "3", parentKey="bull:other:gone")
    assert await told(actor, Retry(), ["1", "2", "3"]) == [None, None, None]
    assert raw.get("bull:other:p") == b"mine"


@pytest.mark.quiet
async def test_a_long_chunk_stops_in_time(actor: RedisActor, raw: Any) -> None:
    pipe = raw.pipeline()
    for number in range(2 * CHUNK):
        failed(pipe, str(number))
    pipe.execute()
    ids = [str(number) for number in range(2 * CHUNK)]
    raw.config_set("slowlog-log-slower-than", 30_000)  # far more than a call takes, but the machine is shared
    raw.slowlog_reset()
    answer = await act(actor, Retry(), ids)
    assert 0 < len(answer.statuses) < len(ids)
    assert set(answer.statuses) == {None}
    assert listed(raw, "wait")[::-1] == ids[: len(answer.statuses)]
    left, started = ids[len(answer.statuses) :], time.monotonic()
    while left and time.monotonic() - started < 5:
        left = left[len((await act(actor, Retry(), left)).statuses) :]
    assert listed(raw, "wait")[::-1] == ids
    assert [entry["command"][:20] for entry in raw.slowlog_get(10)] == []
