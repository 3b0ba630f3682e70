"""Removing, draining and cleaning: what goes, what stays and why, what parents and events say."""

from collections.abc import Callable
from typing import Any

import pytest

from bulltui.demo.server import EmbeddedServer
from bulltui.domain.actions import Clean, Drain, Remove, RemoveChildren
from bulltui.domain.errors import BulltuiError, NotAllowedError
from bulltui.domain.layout import Layout
from bulltui.domain.orders import Item
from bulltui.domain.outcome import Reason
from bulltui.domain.queue import QueueRef
from bulltui.domain.states import JobState
from bulltui.store.actor import RedisActor
from tests.conftest import PASSWORD, url_for
from tests.store.acting import (
    ALL,
    NOW,
    Q,
    events,
    failed,
    in_set,
    keys,
    listed,
    make_queue,
    pause_as,
    put,
    told,
)
from tests.store.keyspace import keyspace
from tests.store.support import MAIL, add_job, js, reading

OTHER = QueueRef("bull", "other")


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


# --- flows


def flow(raw: Any, parent_queue: str, children: int = 2, *, layout: Layout = Layout.V6, **fields: Any) -> str:
    """A parent that waits for children in the queue `mail`; returns its key."""
    parent = f"{parent_queue}:p"
    raw.hset(parent, mapping={"name": "parent", "data": "{}", "opts": "{}", "timestamp": NOW, **fields})
    raw.zadd(f"{parent_queue}:waiting-children", {"p": NOW - 5})
    for i in range(children):
        put(
            raw,
            JobState.WAITING,
            f"c{i}",
            parentKey=parent,
            parent=js({"id": "p", "queueKey": parent_queue}),
        )
        raw.sadd(f"{parent}:dependencies", f"{Q}:c{i}")
    return parent


@pytest.mark.parametrize("paused", [False, True], ids=["runs", "paused"])
@pytest.mark.parametrize("action", [Remove(), Drain(), Clean(state=JobState.WAITING)], ids=["remove", "drain", "clean"])
@pytest.mark.parametrize("where", [Q, "bull:other"], ids=["same", "other"])
@pytest.mark.parametrize("layout", ALL)
async def test_a_parent_goes_on_without_its_last_child_and_waits_again_after_undo(
    raw: Any, actor: RedisActor, layout: Layout, where: str, action: Remove | Drain | Clean, paused: bool
) -> None:
    make_queue(raw, layout)
    if where != Q:
        raw.hset(f"{where}:meta", mapping={"version": raw.hget(f"{Q}:meta", "version")})
    parent = flow(raw, where, layout=layout)
    if paused:
        pause_as(raw, layout)
        raw.hset(f"{where}:meta", "paused", 1)
    before = keyspace(raw)
    (first,) = await actor.save(MAIL, ["c0"])
    assert (first.parent, first.parent_score) == (parent, str(NOW - 5))
    assert await told(actor, action, ["c0"], layout) == [None]
    assert raw.zscore(f"{where}:waiting-children", "p") == NOW - 5
    (second,) = await actor.save(MAIL, ["c1"])
    assert await told(actor, action, ["c1"], layout) == [None]
    name = "paused" if paused and layout is not Layout.V6 else "wait"
    assert raw.lrange(f"{where}:{name}", 0, -1) == [b"p"]
    assert not raw.exists(f"{where}:waiting-children", f"{parent}:dependencies")
    happened = [e[b"event"] for _, e in raw.xrange(f"{where}:events")]
    assert (b"waiting" in happened) == (isinstance(action, Remove) or where == Q)
    for job in (second, first):
        answer = await actor.restore(layout, [job], {}, NOW)
        assert answer.statuses == (None,)
    assert keyspace(raw, without=(":marker",)) == before


async def test_a_parent_that_started_meanwhile_is_left_alone(raw: Any, actor: RedisActor) -> None:
    for gone_to in ("active", "completed", ""):
        raw.flushall()
        make_queue(raw)
        parent = flow(raw, "bull:other", 1)
        saved = await actor.save(MAIL, ["c0"])
        await told(actor, Remove(), ["c0"])
        raw.delete("bull:other:wait")
        if gone_to == "active":
            raw.rpush("bull:other:active", "p")
        elif gone_to:
            raw.zadd(f"bull:other:{gone_to}", {"p": 1})
        else:
            raw.delete(parent)
        answer = await actor.restore(Layout.V6, saved, {}, NOW)
        assert answer.statuses == (Reason.PARENT,)
        assert listed(raw, "wait") == ["c0"]
        assert not raw.exists(f"{parent}:dependencies", "bull:other:waiting-children")


async def test_a_parent_that_waits_for_others_waits_for_it_too(raw: Any, actor: RedisActor) -> None:
    make_queue(raw)
    parent = flow(raw, "bull:other", 3)
    saved = await actor.save(MAIL, ["c0", "c1"])
    await told(actor, Remove(), ["c0", "c1"])
    assert (await actor.restore(Layout.V6, saved, {}, NOW)).statuses == (None, None)
    assert raw.scard(f"{parent}:dependencies") == 3


def tree(raw: Any) -> None:
    """A root with a child in each way of having ended or not, some with children of their own, in two queues."""
    make_queue(raw)
    raw.hset("bull:other:meta", "version", "bullmq:6.7.0")
    raw.hset(f"{Q}:root", mapping={"name": "r", "timestamp": NOW})
    raw.zadd(f"{Q}:waiting-children", {"root": 7})

    def child(queue: str, job_id: str, parent: str, **more: Any) -> str:
        parent_queue, _, parent_id = parent.rpartition(":")
        key = f"{queue}:{job_id}"
        told = js({"id": parent_id, "queueKey": parent_queue})
        raw.hset(key, mapping={"name": job_id, "timestamp": NOW, "parentKey": parent, "parent": told, **more})
        return key

    root = f"{Q}:root"
    raw.sadd(f"{root}:dependencies", child("bull:other", "pending", root), child(Q, "middle", root))
    raw.lpush("bull:other:wait", "pending")
    raw.zadd(f"{Q}:waiting-children", {"middle": 8})
    raw.sadd(f"{Q}:middle:dependencies", child("bull:other", "a:b:leaf", f"{Q}:middle"))
    raw.zadd("bull:other:delayed", {"a:b:leaf": 5})
    raw.hset(f"{root}:processed", mapping={child("bull:other", "done", root): "1", "bull:other:long-gone": "2"})
    raw.zadd("bull:other:completed", {"done": 5})
    raw.hset(f"{root}:failed", child("bull:other", "ignored", root), "boom")
    raw.zadd(f"{root}:unsuccessful", {child("bull:other", "broken", root): 5})
    raw.zadd("bull:other:failed", {"ignored": 5, "broken": 6})


async def with_family(actor: RedisActor, job_id: str, *, pending_only: bool = False) -> Item:
    (root,) = await actor.save(MAIL, [job_id])
    family = await actor.family(MAIL, job_id, pending_only=pending_only)
    return Item(job_id, root.digest, tuple(family))


async def test_with_all_below_and_back(raw: Any, actor: RedisActor) -> None:
    tree(raw)
    before = keyspace(raw)
    saved = await actor.save(MAIL, ["root"])
    item = await with_family(actor, "root")
    assert {(job.ref.name, job.id) for job in item.family} == {
        ("other", "pending"),
        ("mail", "middle"),
        ("other", "a:b:leaf"),
        ("other", "done"),
        ("other", "ignored"),
        ("other", "broken"),
    }
    assert await told(actor, Remove(children=True), [item]) == [None]
    assert set(keyspace(raw, without=(":marker",))) == {f"{Q}:meta", "bull:other:meta"}
    assert {"event": "removed", "jobId": "root", "prev": "wait"} in events(raw)
    for ref in (MAIL, OTHER):
        jobs = [job for job in (*saved, *item.family) if job.ref == ref]
        assert set((await actor.restore(Layout.V6, jobs, {}, NOW)).statuses) == {None}
    assert keyspace(raw, without=(":marker",)) == before


async def test_nothing_of_a_tree_goes_where_one_of_it_must_stay(raw: Any, actor: RedisActor) -> None:
    tree(raw)
    item = await with_family(actor, "root")
    for key, reason in ((f"{Q}:middle:lock", Reason.LOCKED), ("bull:other:done:lock", Reason.LOCKED)):
        raw.set(key, "token")
        before = keyspace(raw)
        assert await told(actor, Remove(children=True), [item]) == [reason]
        assert keyspace(raw) == before
        raw.delete(key)
    raw.hset("bull:other:a:b:leaf", "data", "changed")
    before = keyspace(raw)
    assert await told(actor, Remove(children=True), [item]) == [Reason.CHANGED]
    assert keyspace(raw) == before
    item = await with_family(actor, "root")
    raw.hset("bull:other:new", mapping={"name": "new", "parentKey": f"{Q}:middle"})
    raw.sadd(f"{Q}:middle:dependencies", "bull:other:new")
    assert await told(actor, Remove(children=True), [item]) == [Reason.CHANGED]
    raw.delete(f"{Q}:meta")
    raw.set("bull:other:wait:x", "no matter")
    raw.delete("bull:other:wait")
    raw.set("bull:other:wait", "another program's")
    item = Item(item.id, "", item.family)
    before = keyspace(raw)
    assert await told(actor, Remove(children=True), [item]) == [Reason.FOREIGN]
    assert keyspace(raw) == before


async def test_without_children_these_stay(raw: Any, actor: RedisActor) -> None:
    tree(raw)
    assert await told(actor, Remove(), ["root"]) == [None]
    assert raw.exists(f"{Q}:middle", "bull:other:pending", "bull:other:done") == 3


async def test_a_ring_of_children_ends(raw: Any, actor: RedisActor) -> None:
    make_queue(raw)
    for one, other in (("a", "b"), ("b", "a")):
        put(raw, JobState.WAITING_CHILDREN, one, parentKey=f"{Q}:{other}", parent=js({"id": other, "queueKey": Q}))
        raw.sadd(f"{Q}:{one}:dependencies", f"{Q}:{other}")
    item = await with_family(actor, "a")
    assert [job.id for job in item.family] == ["b"]
    assert await told(actor, Remove(children=True), [item]) == [None]
    assert not raw.exists(f"{Q}:a", f"{Q}:b")


async def test_a_family_too_large_is_refused(raw: Any, actor: RedisActor) -> None:
    make_queue(raw)
    put(raw, JobState.WAITING_CHILDREN, "root")
    for i in range(1200):
        raw.hset(f"bull:other:c{i}", "name", "x")
    raw.sadd(f"{Q}:root:dependencies", *(f"bull:other:c{i}" for i in range(1200)))
    with pytest.raises(BulltuiError, match="More than 1,000 jobs") as refused:
        await actor.family(MAIL, "root", pending_only=False)
    assert refused.value.code == "too-many"
    assert await told(actor, Remove(children=True), ["root"]) == [Reason.LARGE]


async def test_only_what_a_parent_waits_for(raw: Any, actor: RedisActor) -> None:
    tree(raw)
    before = keyspace(raw)
    item = await with_family(actor, "root", pending_only=True)
    assert {job.id for job in item.family} == {"pending", "middle", "a:b:leaf"}
    assert await told(actor, RemoveChildren(), [item]) == [None]
    assert listed(raw, "wait") == ["root"]
    assert raw.exists(f"{Q}:root:processed", "bull:other:done", "bull:other:ignored") == 3
    assert not raw.exists(f"{Q}:middle", "bull:other:pending", "bull:other:a:b:leaf")
    assert await told(actor, RemoveChildren(), ["root"]) == [Reason.ALREADY]
    for ref in (MAIL, OTHER):
        jobs = [job for job in item.family if job.ref == ref]
        assert set((await actor.restore(Layout.V6, jobs, {}, NOW)).statuses) == {None}
    assert keyspace(raw, without=(":marker",)) == before


async def test_running_and_failed_children_stay(raw: Any, actor: RedisActor) -> None:
    make_queue(raw)
    parent = flow(raw, Q, 3)
    raw.lrem(f"{Q}:wait", 1, "c0")
    raw.lpush(f"{Q}:active", "c0")
    raw.set(f"{Q}:c0:lock", "token")
    raw.lrem(f"{Q}:wait", 1, "c1")
    raw.zadd(f"{Q}:failed", {"c1": 5})
    item = await with_family(actor, "p", pending_only=True)
    assert [job.id for job in item.family] == ["c2"]
    assert await told(actor, RemoveChildren(), [item]) == [None]
    assert raw.smembers(f"{parent}:dependencies") == {f"{Q}:c0".encode(), f"{Q}:c1".encode()}
    assert in_set(raw, "waiting-children") == {"p": NOW - 5}
    assert await told(actor, RemoveChildren(), [await with_family(actor, "p", pending_only=True)]) == [Reason.LOCKED]


async def test_parents_in_queues_that_cannot_be_told(raw: Any, actor: RedisActor) -> None:
    make_queue(raw)
    flow(raw, "bull:other", 1)
    raw.set("bull:other:events", "another program's")
    before = keyspace(raw)
    assert await told(actor, Remove(), ["c0"]) == [Reason.FOREIGN]
    assert keyspace(raw) == before


# --- the server


async def test_foreign_keys_of_the_queue(raw: Any, actor: RedisActor) -> None:
    make_queue(raw)
    failed(raw, "a")
    raw.set(f"{Q}:wait", "another program's")
    before = keyspace(raw)
    with pytest.raises(BulltuiError, match="another program"):
        await told(actor, Remove(), ["a"])
    with pytest.raises(BulltuiError):
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


async def test_rights_on_the_parent_are_needed_too(server: EmbeddedServer, raw: Any) -> None:
    raw.execute_command("ACL", "SETUSER", "some", "reset", "on", f">{PASSWORD}", f"~{Q}:*", "&*", "+@all")
    make_queue(raw)
    flow(raw, "bull:other", 1)
    before = keyspace(raw)
    async with reading(url_for(server, "some")) as reader:
        assert await told(reader.actor(), Remove(), ["c0"]) == [Reason.FOREIGN]
    assert keyspace(raw) == before
    raw.execute_command("ACL", "DELUSER", "some")


async def test_in_the_middle_of_a_list_too_long(raw: Any, actor: RedisActor) -> None:
    make_queue(raw)
    add_job(raw, Q, "middle")
    raw.eval("for i = 1, 200000 do redis.call('LPUSH', KEYS[1], i == 100000 and 'middle' or i) end", 1, f"{Q}:wait")
    (saved,) = await actor.save(MAIL, ["middle"])
    assert saved.keys
    assert await told(actor, Remove(), ["middle"]) == [Reason.LARGE]
    assert raw.exists(f"{Q}:middle")
