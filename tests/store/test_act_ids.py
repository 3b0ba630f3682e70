"""Ids of a state piece by piece, and a queue looked at closely."""

from typing import Any

import pytest

from bulltui.domain.layout import Layout
from bulltui.domain.orders import Cursor
from bulltui.domain.queue import QueueRef
from bulltui.domain.states import LISTS, JobState
from bulltui.store.actor import RedisActor
from tests.store.acting import Q, failed, make_queue, put
from tests.store.support import MAIL, ServerTime, fill_set


async def walk(actor: RedisActor, state: JobState, limit: int, **more: Any) -> list[str]:
    """All ids of a state, nothing being done to them."""
    ids: list[str] = []
    cursor: Cursor | None = Cursor()
    while cursor is not None:
        page = await actor.ids(MAIL, state, cursor, limit, **more)
        assert len(page.ids) <= limit
        ids += page.ids
        cursor = page.cursor
        if cursor is not None and state in LISTS:
            cursor = Cursor(kept=cursor.kept + len(page.ids))
    return ids


@pytest.mark.parametrize("limit", [1, 3, 7, 1000])
async def test_by_score_and_bytes(actor: RedisActor, raw: Any, limit: int) -> None:
    members = [b"a", b"B", b"\xff", b"a:b", b"", b"\x00", b"a\x00", "é".encode(), b"10", b"9"]
    for member in members:
        raw.zadd(f"{Q}:failed", {member: 5})
    raw.zadd(f"{Q}:failed", {"first": 1, "last": 9})
    expected = ["first", *(one.decode("utf-8", "surrogateescape") for one in sorted(members)), "last"]
    assert await walk(actor, JobState.FAILED, limit) == expected


async def test_handled_ones_leave_meanwhile(actor: RedisActor, raw: Any) -> None:
    for number in range(100):
        raw.zadd(f"{Q}:failed", {f"job{number:03}": number // 40})
    seen: list[str] = []
    cursor: Cursor | None = Cursor()
    while cursor is not None:
        page = await actor.ids(MAIL, JobState.FAILED, cursor, 7)
        seen += page.ids
        raw.zrem(f"{Q}:failed", *page.ids[:4], "job099")
        raw.zadd(f"{Q}:failed", {"job000x": 0})
        cursor = page.cursor
    assert seen == [f"job{number:03}" for number in range(99)] or seen == sorted({*seen})
    assert {f"job{number:03}" for number in range(98)} <= set(seen)
    assert len(seen) == len(set(seen))


async def test_only_until(actor: RedisActor, raw: Any) -> None:
    fill_set(raw, f"{Q}:completed", 50)
    assert await walk(actor, JobState.COMPLETED, 7, until_ms=20) == [str(one) for one in range(1, 21)]
    assert await walk(actor, JobState.COMPLETED, 10, until_ms=20) == [str(one) for one in range(1, 21)]
    assert await walk(actor, JobState.COMPLETED, 10, until_ms=0) == []


@pytest.mark.parametrize("limit", [1, 2, 100])
async def test_of_a_list_from_the_side_that_workers_take_from(actor: RedisActor, raw: Any, limit: int) -> None:
    raw.rpush(f"{Q}:wait", "0:5", "4", "0:0", "3", "2", "1")
    assert await walk(actor, JobState.WAITING, limit) == ["1", "2", "3", "4"]


async def test_of_a_list_while_it_is_emptied_and_filled(actor: RedisActor, raw: Any) -> None:
    raw.rpush(f"{Q}:wait", *[str(one) for one in range(20, 0, -1)])
    page = await actor.ids(MAIL, JobState.WAITING, Cursor(), 5)
    assert page.ids == ("1", "2", "3", "4", "5")
    assert page.cursor == Cursor(kept=0)
    raw.lrem(f"{Q}:wait", 1, "1")
    raw.lrem(f"{Q}:wait", 1, "2")
    raw.lrem(f"{Q}:wait", 1, "4")
    raw.lpush(f"{Q}:wait", "new")
    page = await actor.ids(MAIL, JobState.WAITING, Cursor(kept=2), 5)
    assert page.ids == ("6", "7", "8", "9", "10")


@pytest.mark.parametrize("state", [JobState.WAITING, JobState.FAILED])
async def test_of_nothing(actor: RedisActor, raw: Any, state: JobState) -> None:
    page = await actor.ids(MAIL, state, Cursor(), 5)
    assert (page.ids, page.cursor) == ((), None)


@pytest.mark.quiet
async def test_a_million_of_one_score_cost_little(actor: RedisActor, raw: Any) -> None:
    fill_set(raw, f"{Q}:failed", 300_000, factor=0)
    times = ServerTime(raw)
    await times.of(
        lambda: actor.ids(MAIL, JobState.FAILED, Cursor("0", "200000"), 1000),
        longest_ms=5,
    )


# --- the queue


async def test_no_queue(actor: RedisActor, raw: Any) -> None:
    assert await actor.queue(MAIL) is None


async def test_counts_and_layout(actor: RedisActor, raw: Any) -> None:
    make_queue(raw, Layout.V5, paused=1)
    put(raw, JobState.PAUSED, "1", timestamp=5)
    failed(raw, "2")
    queue = await actor.queue(MAIL)
    assert queue is not None
    assert (queue.counts.paused, queue.counts.failed, queue.paused) == (1, 1, True)
    assert queue.layout.layout is Layout.V5
    assert queue.oldest_waiting_at == 5


@pytest.mark.parametrize("state", [JobState.FAILED, JobState.COMPLETED, JobState.ACTIVE, JobState.DELAYED])
@pytest.mark.parametrize(
    ("made", "could_be"),
    [
        ({"atm": 1}, (Layout.V5, Layout.V6)),
        ({"ats": 1}, (Layout.V5, Layout.V6)),
        ({"attemptsMade": 1}, (Layout.V3, Layout.V4)),
    ],
)
async def test_jobs_tell_the_layout_where_nothing_else_does(
    actor: RedisActor, raw: Any, state: JobState, made: dict[str, int], could_be: tuple[Layout, ...]
) -> None:
    raw.hset(f"{Q}:meta", "opts.maxLenEvents", 10000)
    put(raw, state, "1", **made)
    for number in range(3):
        put(raw, state, f"other{number}", score=number)
    queue = await actor.queue(MAIL)
    assert queue is not None
    assert queue.layout.could_be == could_be


async def test_foreign_keys_do_not_hinder_the_look(actor: RedisActor, raw: Any) -> None:
    make_queue(raw)
    raw.set(f"{Q}:failed", "mine")
    raw.lpush(f"{Q}:active", "text")
    raw.set(f"{Q}:text", "mine")
    queue = await actor.queue(QueueRef("bull", "mail"))
    assert queue is not None
    assert queue.faults == ("failed",)
