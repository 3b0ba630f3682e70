"""Parents and children: what goes with a job of a flow, what its parent does then, and both brought back."""

from typing import Any

import pytest

from bulltui.demo.server import EmbeddedServer
from bulltui.domain import actions
from bulltui.domain.actions import Clean, Drain, Remove, RemoveChildren
from bulltui.domain.errors import BulltuiError
from bulltui.domain.layout import Layout
from bulltui.domain.orders import Item
from bulltui.domain.outcome import Reason
from bulltui.domain.queue import QueueRef
from bulltui.domain.states import JobState
from bulltui.store.actor import RedisActor
from tests.conftest import PASSWORD, url_for
from tests.store.acting import ALL, NEW, NOW, Q, act, events, failed, in_set, listed, make_queue, pause_as, put, told
from tests.store.keyspace import keyspace, no_id_twice
from tests.store.support import MAIL, ServerTime, js, reading

OTHER = QueueRef("bull", "other")


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
        said = js({"id": parent_id, "queueKey": parent_queue})
        raw.hset(key, mapping={"name": job_id, "timestamp": NOW, "parentKey": parent, "parent": said, **more})
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


@pytest.mark.parametrize(("count", "there"), [(1200, 0), (400, 400)], ids=["named", "there"])
async def test_a_family_too_large_is_refused(raw: Any, actor: RedisActor, count: int, there: int) -> None:
    make_queue(raw)
    put(raw, JobState.WAITING_CHILDREN, "root")
    for i in range(there):
        raw.hset(f"bull:other:c{i}", "name", "x")
    raw.sadd(f"{Q}:root:dependencies", *(f"bull:other:c{i}" for i in range(count)))
    with pytest.raises(BulltuiError, match="More than 250 jobs") as refused:
        await actor.family(MAIL, "root", pending_only=False)
    assert refused.value.code == "too-many"
    assert await told(actor, Remove(children=True), ["root"]) == [Reason.CHANGED if there else Reason.LARGE]


@pytest.mark.quiet
async def test_as_large_a_family_as_may_be(raw: Any, actor: RedisActor) -> None:
    make_queue(raw)
    said = js({"id": "root", "queueKey": Q})

    async def remove() -> None:
        put(raw, JobState.WAITING_CHILDREN, "root")
        raw.hset(f"{Q}:root:processed", mapping={f"bull:other:gone{i}": "1" for i in range(700)})
        for i in range(250):
            put(raw, JobState.WAITING, f"c{i}", parentKey=f"{Q}:root", parent=said)
        raw.sadd(f"{Q}:root:dependencies", *(f"{Q}:c{i}" for i in range(250)))
        item = await with_family(actor, "root")
        assert len(item.family) == 250
        assert await told(actor, Remove(children=True), [item]) == [None]
        assert set(keyspace(raw)) == {f"{Q}:meta", f"{Q}:marker"}

    await ServerTime(raw).of(remove, longest_ms=40)


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
    assert await told(actor, RemoveChildren(), [await with_family(actor, "p", pending_only=True)]) == [Reason.CHILDREN]


async def test_parents_in_queues_that_cannot_be_told(raw: Any, actor: RedisActor) -> None:
    make_queue(raw)
    flow(raw, "bull:other", 1)
    raw.set("bull:other:events", "another program's")
    before = keyspace(raw)
    assert await told(actor, Remove(), ["c0"]) == [Reason.FOREIGN]
    assert keyspace(raw) == before


@pytest.mark.parametrize("end", ["completed", "fpof", "cpof", "idof", "rdof"])
@pytest.mark.parametrize("others", [0, 1])
async def test_a_child_replayed_and_back(raw: Any, actor: RedisActor, end: str, others: int) -> None:
    """Its parent waits for it again by the replay, and no longer after the undo."""
    make_queue(raw)
    parent = "bull:other:p"
    raw.hset(parent, mapping={"name": "p", "timestamp": NOW, "priority": 0})
    said = js({"id": "p", "queueKey": "bull:other", end: True})
    if end == "completed":
        put(raw, JobState.COMPLETED, "c", parentKey=parent, parent=said, returnvalue='{"a":1}')
        raw.hset(f"{parent}:processed", f"{Q}:c", '{"a":1}')
    else:
        failed(raw, "c", parentKey=parent, parent=said)
        if end == "fpof":
            raw.zadd(f"{parent}:unsuccessful", {f"{Q}:c": NOW - 1000})
        elif end != "rdof":
            raw.hset(f"{parent}:failed", f"{Q}:c", "boom")
    raw.zadd("bull:other:waiting-children", {"p": NOW})
    raw.sadd(f"{parent}:dependencies", "bull:other:x")
    before = keyspace(raw)
    (saved,) = await actor.save(MAIL, ["c"])
    answer = await act(actor, actions.Replay(data="{}"), [Item("c", saved.digest)])
    assert raw.sismember(f"{parent}:dependencies", f"{Q}:c") == (end != "rdof")
    if not others:
        raw.srem(f"{parent}:dependencies", "bull:other:x")  # the other one ends meanwhile
    assert (await actor.restore(Layout.V6, [saved], {(MAIL, "c"): answer.digests[0]}, NOW)).statuses == (None,)
    after = keyspace(raw, without=(":marker",))
    if others or end == "rdof":
        assert others == 0 or after == before
    else:
        assert raw.lrange("bull:other:wait", 0, -1) == [b"p"]
        assert not raw.exists("bull:other:waiting-children")


@pytest.mark.parametrize("layout", ALL)
@pytest.mark.parametrize("how", ["completed", "fpof", "cpof", "rdof", "gone", ""])
async def test_a_parent_whose_child_ended_without_it(raw: Any, actor: RedisActor, layout: Layout, how: str) -> None:
    make_queue(raw, layout)
    put(raw, JobState.WAITING_CHILDREN, "p", score=NOW)
    raw.sadd(f"{Q}:p:dependencies", "bull:other:c")
    said = js({"id": "p", "queueKey": Q} | ({how: True} if how else {}))
    raw.hset("bull:other:c", mapping={"name": "c", "parentKey": f"{Q}:p", "parent": said, "failedReason": "boom"})
    saved = await actor.save(MAIL, ["p"])
    assert await told(actor, Remove(), ["p"], layout) == [None]
    if how == "completed":
        raw.hset("bull:other:c", "returnvalue", "7")
        raw.zadd("bull:other:completed", {"c": NOW})
    elif how == "gone":
        raw.delete("bull:other:c")
    else:
        raw.zadd("bull:other:failed", {"c": NOW})
    assert (await actor.restore(layout, saved, {}, NOW)).statuses == (None,)
    no_id_twice(raw, Q)
    ends = how == "completed" or (how in ("fpof", "cpof", "rdof") and layout in NEW)
    assert listed(raw, "wait") == (["p"] if ends else [])
    assert in_set(raw, "waiting-children") == ({} if ends else {"p": NOW})
    noted = {"completed": "processed", "fpof": "unsuccessful", "cpof": "failed"}.get(how)
    assert noted is None or not ends or raw.exists(f"{Q}:p:{noted}")
    assert raw.hexists(f"{Q}:p", "defa") == (how == "fpof" and layout in NEW)


async def test_rights_on_the_parent_are_needed_too(server: EmbeddedServer, raw: Any) -> None:
    raw.execute_command("ACL", "SETUSER", "some", "reset", "on", f">{PASSWORD}", f"~{Q}:*", "&*", "+@all")
    make_queue(raw)
    flow(raw, "bull:other", 1)
    before = keyspace(raw)
    async with reading(url_for(server, "some")) as reader:
        assert await told(reader.actor(), Remove(), ["c0"]) == [Reason.FOREIGN]
    assert keyspace(raw) == before
    raw.execute_command("ACL", "DELUSER", "some")
