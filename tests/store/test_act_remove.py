"""Removing, draining and cleaning: what goes, what stays and why, what parents and events say."""

from collections.abc import Callable
from typing import Any

import pytest

from bulltui.demo.server import EmbeddedServer
from bulltui.domain.actions import Clean, Drain, Remove
from bulltui.domain.errors import BulltuiError, NotAllowedError
from bulltui.domain.layout import Layout
from bulltui.domain.orders import Item
from bulltui.domain.outcome import Reason
from bulltui.domain.states import JobState
from bulltui.store.actor import RedisActor
from tests.conftest import PASSWORD, url_for
from tests.store.acting import (
    ALL,
    NOW,
    Q,
    events,
    failed,
    keys,
    listed,
    make_queue,
    put,
    told,
)
from tests.store.keyspace import keyspace
from tests.store.support import MAIL, add_job, fill_list, js, reading


@pytest.mark.parametrize("layout", ALL)
async def test_one_is_gone_with_all_it_has(raw: Any, actor: RedisActor, layout: Layout) -> None:
    make_queue(raw, layout)
    key = failed(raw, "a", deid="once").decode()
    for side, fill in (("logs", raw.rpush), ("dependencies", raw.sadd)):
        fill(f"{key}:{side}", "x")
    raw.hset(f"{key}:processed", "c", "1")
    raw.set(f"{Q}:de:once", "a")
    raw.hset(f"{Q}:dn:once", "name", "next")
    assert await told(actor, Remove(), ["a"], layout) == [None]
    assert keys(raw) == {f"{Q}:meta", f"{Q}:events"}
    assert events(raw) == [{"event": "removed", "jobId": "a", "prev": "failed"}]


async def test_the_deduplication_of_another_stays(raw: Any, actor: RedisActor) -> None:
    make_queue(raw)
    failed(raw, "a", deid="once")
    raw.set(f"{Q}:de:once", "b")
    await told(actor, Remove(), ["a"])
    assert raw.get(f"{Q}:de:once") == b"b"


@pytest.mark.parametrize("state", ["wait", "paused", "active"])
async def test_one_of_a_list(raw: Any, actor: RedisActor, state: str) -> None:
    make_queue(raw)
    for i in range(5):
        add_job(raw, Q, f"j{i}")
        raw.lpush(f"{Q}:{state}", f"j{i}")
    assert await told(actor, Remove(), ["j0", "j3"]) == [None, None]
    assert listed(raw, state) == ["j4", "j2", "j1"]
    assert [one["prev"] for one in events(raw)] == [state, state]


async def test_why_one_stays(raw: Any, actor: RedisActor) -> None:
    make_queue(raw)
    failed(raw, "good")
    put(raw, JobState.ACTIVE, "locked")
    raw.set(f"{Q}:locked:lock", "token")
    put(raw, JobState.WAITING, "elsewhere")
    failed(raw, "changed")
    raw.set(f"{Q}:foreign", "a string")
    raw.zadd(f"{Q}:failed", {"foreign": 1, "side": 2})
    add_job(raw, Q, "side")
    raw.set(f"{Q}:side:logs", "no list")
    put(raw, JobState.DELAYED, "repeat:s:1000", score=1000 * 4096, rjk="s")
    raw.zadd(f"{Q}:repeat", {"s": 1000})
    before = keyspace(raw)
    items = [
        *map(Item, ("missing", "locked")),
        Item("changed", "0" * 40),
        *map(Item, ("foreign", "side", "repeat:s:1000")),
    ]
    assert await told(actor, Remove(), items) == [
        Reason.MISSING,
        Reason.LOCKED,
        Reason.CHANGED,
        Reason.FOREIGN,
        Reason.FOREIGN,
        Reason.SCHEDULER,
    ]
    assert await told(actor, Remove(), ["elsewhere"], state=JobState.FAILED) == [Reason.STATE]
    assert keyspace(raw) == before
    assert not events(raw)
    assert await told(actor, Remove(), ["good"], state=JobState.FAILED) == [None]


async def test_what_changes_a_digest(raw: Any, actor: RedisActor) -> None:
    make_queue(raw)
    key = failed(raw, "a").decode()

    async def digest() -> str:
        (job,) = await actor.save(MAIL, ["a"])
        return job.digest

    before = await digest()
    seen = [before]
    changes: tuple[Callable[[], object], ...] = (
        lambda: raw.hset(key, "data", '{"n":2}'),
        lambda: raw.hset(key, "more", ""),
        lambda: raw.zadd(f"{Q}:failed", {"a": 5}),
        lambda: raw.rpush(f"{key}:logs", "x"),
        lambda: raw.sadd(f"{key}:dependencies", "bull:o:1"),
        lambda: raw.hset(f"{key}:processed", "bull:o:1", "1"),
        lambda: raw.hset(key, "data", "x" * 100_000),
    )
    for change in changes:
        change()
        seen.append(await digest())
    assert len(set(seen)) == len(seen)
    raw.set(f"{key}:lock", "token")
    raw.zadd(f"{Q}:failed", {"b": 6})
    assert await digest() == seen[-1]
    raw.zrem(f"{Q}:failed", "a")
    raw.rpush(f"{Q}:wait", "a")
    in_line = await digest()
    raw.rpush(f"{Q}:wait", "b")
    assert await digest() == in_line


@pytest.mark.parametrize(
    ("rjk", "run", "score"),
    [
        ("s", "repeat:s:1000", 1000),
        ("daily:id::UTC:0 0 * * *", "repeat:0123456789abcdef0123456789abcdef:1000", 1000),
    ],
    ids=["scheduler", "repeatable"],
)
@pytest.mark.parametrize("layout", ALL)
async def test_schedules_go_on(raw: Any, actor: RedisActor, layout: Layout, rjk: str, run: str, score: int) -> None:
    make_queue(raw, layout)
    raw.zadd(f"{Q}:repeat", {rjk: score})
    for state in (JobState.WAITING, JobState.DELAYED):
        put(raw, state, run, score=score * 4096, rjk=rjk)
        put(raw, state, "other")
        old = run.replace("1000", "900")
        put(raw, state, old, rjk=rjk)
        assert await told(actor, Drain(delayed=True), [run, "other", old], layout, state=state) == [
            Reason.SCHEDULER,
            None,
            None,
        ]
        assert await told(actor, Clean(state=state), [run], layout, state=state) == [Reason.SCHEDULER]
        assert await told(actor, Remove(), [run], layout) == [Reason.SCHEDULER]
        raw.delete(f"{Q}:wait")
    finished = put(raw, JobState.COMPLETED, run, rjk=rjk)
    raw.delete(f"{Q}:delayed")
    assert await told(actor, Clean(), [run], layout, state=JobState.COMPLETED) == [None]
    assert not raw.exists(finished)


AGES: dict[JobState, tuple[dict[str, int], float]] = {
    JobState.COMPLETED: ({"finishedOn": NOW + 9}, NOW - 100),
    JobState.WAITING: ({"timestamp": NOW - 100}, 0),
    JobState.ACTIVE: ({"timestamp": NOW + 9, "processedOn": NOW - 100}, 0),
    JobState.DELAYED: ({"timestamp": NOW - 100}, (NOW + 10_000) * 4096),
    JobState.PRIORITIZED: ({"timestamp": NOW - 100, "processedOn": NOW + 9}, 7),
}


@pytest.mark.parametrize("state", AGES)
async def test_the_age_of_a_job(raw: Any, actor: RedisActor, state: JobState) -> None:
    make_queue(raw)
    given, score = AGES[state]
    fields: dict[str, Any] = dict(given)
    put(raw, state, "a", score=score, **fields)
    assert await told(actor, Clean(state=state), ["a"], state=state, not_after_ms=NOW - 101) == [Reason.UNDUE]
    assert await told(actor, Clean(state=state), ["a"], state=state, not_after_ms=NOW - 100) == [None]
    put(raw, state, "ageless", score=0, timestamp=None)
    assert await told(actor, Clean(state=state), ["ageless"], state=state, not_after_ms=1) == [None]


async def test_one_event_of_cleaning_and_none_of_draining(raw: Any, actor: RedisActor) -> None:
    make_queue(raw)
    for i in range(3):
        failed(raw, f"f{i}")
        put(raw, JobState.WAITING, f"w{i}")
    await told(actor, Drain(), ["w0", "w1", "w2"], state=JobState.WAITING)
    assert not events(raw)
    await told(actor, Clean(state=JobState.FAILED), ["f0", "gone", "f1"], state=JobState.FAILED)
    found = events(raw)
    assert {one["event"] for one in found} == {"cleaned"}
    assert sum(int(one["count"]) for one in found) == 2
    await told(actor, Clean(state=JobState.FAILED), ["gone"], state=JobState.FAILED)
    assert events(raw) == found


# --- the server


async def test_foreign_keys_of_the_queue(raw: Any, actor: RedisActor) -> None:
    make_queue(raw)
    failed(raw, "a")
    raw.set(f"{Q}:wait", "another program's")
    before = keyspace(raw)
    with pytest.raises(BulltuiError, match="another program"):
        await told(actor, Remove(), ["a"])
    with pytest.raises(BulltuiError, match="The key wait of the queue holds a string of another program"):
        await actor.save(MAIL, ["a"])
    assert keyspace(raw) == before


@pytest.mark.parametrize("right", ["xadd", "unlink", "lrem", "zrem", "srem", "rpush", "zscore", "hkeys", "lpos"])
async def test_a_missing_right_changes_nothing(server: EmbeddedServer, raw: Any, right: str) -> None:
    raw.execute_command("ACL", "SETUSER", "some", "reset", "on", f">{PASSWORD}", "~*", "&*", "+@all", f"-{right}")
    make_queue(raw)
    failed(raw, "a", parentKey="bull:other:p", parent=js({"id": "p", "queueKey": "bull:other"}))
    put(raw, JobState.WAITING, "b")
    before = keyspace(raw)
    async with reading(url_for(server, "some")) as reader:
        with pytest.raises(NotAllowedError):
            await told(reader.actor(), Remove(), ["a", "b"])
    assert keyspace(raw) == before
    raw.execute_command("ACL", "DELUSER", "some")


async def test_in_the_middle_of_a_long_list(raw: Any, actor: RedisActor) -> None:
    make_queue(raw)
    fill_list(raw, f"{Q}:wait", 125_000)
    raw.lpush(f"{Q}:wait", add_job(raw, Q, "middle").removeprefix(f"{Q}:".encode()))
    raw.eval("for i = 1, 125000 do redis.call('LPUSH', KEYS[1], 'n' .. i) end", 1, f"{Q}:wait")
    (saved,) = await actor.save(MAIL, ["middle"])
    assert saved.after == "125000"
    assert await told(actor, Remove(), [Item("middle", saved.digest)]) == [None]
    assert raw.llen(f"{Q}:wait") == 250_000
    assert not raw.exists(f"{Q}:middle")
    await actor.restore(Layout.V6, [saved], {}, NOW)
    assert raw.lrange(f"{Q}:wait", -125_001, -125_001) == [b"middle"]


async def test_in_the_middle_of_a_list_too_long(raw: Any, actor: RedisActor) -> None:
    make_queue(raw)
    add_job(raw, Q, "middle")
    raw.eval("for i = 1, 400000 do redis.call('LPUSH', KEYS[1], i == 200000 and 'middle' or i) end", 1, f"{Q}:wait")
    (saved,) = await actor.save(MAIL, ["middle"])
    assert saved.keys
    assert await told(actor, Remove(), ["middle"]) == [Reason.LARGE]
    assert raw.exists(f"{Q}:middle")


async def test_without_the_right_to_ask_for_sizes(server: EmbeddedServer, raw: Any, actor: RedisActor) -> None:
    make_queue(raw)
    failed(raw, "small")
    failed(raw, "large", data="x" * 100_000)
    raw.execute_command("ACL", "SETUSER", "some", "reset", "on", f">{PASSWORD}", "~*", "&*", "+@all", "-memory")
    saved = await actor.save(MAIL, ["small", "large"])
    async with reading(url_for(server, "some")) as reader:
        assert await reader.actor().save(MAIL, ["small", "large"]) == saved
    raw.execute_command("ACL", "DELUSER", "some")
