"""Schedulers removed and whole queues obliterated, and both brought back."""

from hashlib import md5
from typing import Any

import pytest

from bulltui.domain.actions import Obliterate, Pause, Remove, Resume, Unschedule
from bulltui.domain.layout import Layout
from bulltui.domain.orders import Item
from bulltui.domain.outcome import Reason
from bulltui.domain.record import SavedJob, SavedKey, SavedQueue
from bulltui.domain.states import LISTED, SUFFIX, JobState
from bulltui.store.actor import RedisActor
from tests.store.acting import ALL, NEW, NOW, Q, act, events, in_set, listed, make_queue, order, put, told
from tests.store.keyspace import keyspace
from tests.store.support import MAIL, ServerTime, js

DUE = NOW + 60_000


def schedule(raw: Any, member: str, run: str, *, state: JobState = JobState.DELAYED, **definition: Any) -> None:
    """A scheduler with its next run."""
    raw.zadd(f"{Q}:repeat", {member: DUE})
    if definition:
        raw.hset(f"{Q}:repeat:{member}", mapping=definition)
    key = put(raw, state, run, score=DUE * 4096, rjk=member, opts=js({"repeat": {"every": 60_000}})).decode()
    raw.rpush(f"{key}:logs", "x")


def md5_of(text: str) -> str:
    return md5(text.encode(), usedforsecurity=False).hexdigest()


OLD = "daily:7::Europe/Vienna:0 0 * * *"
SCHEDULERS: dict[str, tuple[str, str, dict[str, Any]]] = {
    "scheduler": ("s:1", f"repeat:s:1:{DUE}", {"name": "n", "every": 60_000, "ic": 3, "data": "{}"}),
    "late BullMQ 5": (md5_of("x"), f"repeat:{md5_of('x')}:{DUE}", {"name": "n", "pattern": "* * * * *"}),
    "BullMQ 3 and 4": (OLD, f"repeat:{md5_of('daily7' + md5_of(OLD))}:{DUE}", {}),
}


@pytest.mark.parametrize("kind", SCHEDULERS)
@pytest.mark.parametrize("layout", ALL)
async def test_a_scheduler_and_its_next_run(raw: Any, actor: RedisActor, layout: Layout, kind: str) -> None:
    make_queue(raw, layout)
    member, run, definition = SCHEDULERS[kind]
    schedule(raw, member, run, **definition)
    raw.zadd(f"{Q}:repeat", {"other": 5})
    put(raw, JobState.DELAYED, "job", score=(DUE + 5) * 4096)
    before = keyspace(raw)
    saved = await actor.save_queue(order(Unschedule(), layout), [Item(member), Item("gone")])
    assert await told(actor, Unschedule(), [member, "gone"], layout) == [None, Reason.MISSING]
    assert in_set(raw, "repeat") == {"other": 5}
    assert in_set(raw, "delayed") == {"job": (DUE + 5) * 4096}
    assert not [key for key in keyspace(raw) if run in key or f"repeat:{member}" in key]
    assert events(raw) == [{"event": "removed", "jobId": run, "prev": "delayed"}]
    answer = await actor.restore_queue(None, saved, NOW, NOW)
    assert set(answer.statuses) == {None}
    # A worker that sleeps is told, in the way of its library.
    assert in_set(raw, "marker") == ({"1": DUE} if layout in NEW else {})
    assert listed(raw, "wait") == ([] if layout in NEW else [f"0:{DUE}"])
    assert keyspace(raw, without=(":marker", ":wait")) == before
    assert set((await actor.restore_queue(None, saved, NOW, NOW)).statuses) == {Reason.EXISTS}


async def test_of_an_unknown_library_nobody_is_told(raw: Any, actor: RedisActor) -> None:
    schedule(raw, "s", f"repeat:s:{DUE}", every=5)
    before = keyspace(raw)
    saved = await actor.save_queue(order(Unschedule()), [Item("s")])
    await told(actor, Unschedule(), ["s"])
    await actor.restore_queue(None, saved, NOW, NOW)
    assert keyspace(raw) == before


@pytest.mark.parametrize("layout", ALL)
async def test_where_the_library_is_told_its_workers_are_woken(raw: Any, actor: RedisActor, layout: Layout) -> None:
    schedule(raw, "s", f"repeat:s:{DUE}", every=5)
    saved = await actor.save_queue(order(Unschedule()), [Item("s")])
    await told(actor, Unschedule(), ["s"])
    await actor.restore_queue(layout, saved, NOW, NOW)
    assert in_set(raw, "marker") == ({"1": DUE} if layout in NEW else {})
    assert listed(raw, "wait") == ([] if layout in NEW else [f"0:{DUE}"])


async def test_a_run_that_waits_already_stays(raw: Any, actor: RedisActor) -> None:
    make_queue(raw)
    schedule(raw, "s", f"repeat:s:{DUE}", state=JobState.WAITING, every=5)
    saved = await actor.save_queue(order(Unschedule()), [Item("s")])
    assert [one.key for one in saved.keys] == [f"{Q}:repeat", f"{Q}:repeat:s"]
    assert await told(actor, Unschedule(), ["s"]) == [None]
    assert raw.exists(f"{Q}:repeat:s:{DUE}")
    assert not events(raw)


async def test_a_definition_without_a_time_and_a_foreign_one(raw: Any, actor: RedisActor) -> None:
    make_queue(raw)
    raw.hset(f"{Q}:repeat:lost", "every", 5)
    raw.set(f"{Q}:repeat:foreign", "x")
    raw.zadd(f"{Q}:repeat", {"foreign": 5})
    assert await told(actor, Unschedule(), ["lost", "foreign"]) == [None, Reason.FOREIGN]
    assert raw.exists(f"{Q}:repeat:foreign")
    assert not raw.exists(f"{Q}:repeat:lost")


# --- all of a queue


def fill(raw: Any, layout: Layout) -> None:
    """A queue with something in every key that it may have."""
    make_queue(raw, layout, **({"concurrency": 5} if layout in NEW else {}))
    for state in LISTED:
        if state in (JobState.ACTIVE, JobState.PAUSED) or (layout is Layout.V3 and state is JobState.PRIORITIZED):
            continue
        for i in range(5):
            put(raw, state, f"{state.value}{i}", score=NOW + i, deid=f"{state.value}{i}")
            raw.set(f"{Q}:de:{state.value}{i}", f"{state.value}{i}")
    schedule(raw, "s", f"repeat:s:{DUE}", every=60_000, name="n")
    raw.set(f"{Q}:id", 100)
    raw.set(f"{Q}:limiter", 3, px=900_000)
    raw.hset(f"{Q}:metrics:completed", mapping={"count": 5, "prevTS": NOW, "prevCount": 4})
    raw.rpush(f"{Q}:metrics:completed:data", *range(3000))
    if layout in NEW:
        raw.set(f"{Q}:pc", 7)
        raw.zadd(f"{Q}:marker", {"0": 0})
    raw.set(f"{Q}:stalled-check", NOW, px=30_000)
    raw.xadd(f"{Q}:events", {"event": "added"})


async def obliterate(
    actor: RedisActor, layout: Layout, *, force: bool = False
) -> tuple[list[list[SavedJob]], SavedQueue, Reason | None]:
    """As the runner does it: what was saved, and how it ended."""
    action = Obliterate(force=force)
    chunks = []
    for state in LISTED:
        names = [one.decode() for one in await _ids(actor, state)]
        if not names:
            continue
        saved = await actor.save(MAIL, names)
        chunks.append(saved)
        items = [Item(job.id, job.digest) for job in saved]
        assert await told(actor, action, items, layout, state=state) == [None] * len(items)
    queue = await actor.save_queue(order(action, layout), ())
    answer = await actor.act(order(action, layout))
    while answer.left:
        answer = await actor.act(order(action, layout))
    return chunks, queue, answer.statuses[0]


async def _ids(actor: RedisActor, state: JobState) -> list[bytes]:
    verb = "LRANGE" if state in (JobState.WAITING, JobState.PAUSED, JobState.ACTIVE) else "ZRANGE"
    found = await actor.calls.execute(verb, f"{Q}:{SUFFIX[state]}".encode(), 0, -1)
    return [one for one in found if not one.startswith(b"0:")][::-1]


@pytest.mark.parametrize("layout", ALL)
async def test_a_queue_obliterated_and_back(raw: Any, actor: RedisActor, layout: Layout) -> None:
    fill(raw, layout)
    raw.set("bull:mailing:id", 5)
    before = keyspace(raw)
    await actor.act(order(Pause(), layout))
    chunks, queue, status = await obliterate(actor, layout)
    assert status is None
    assert raw.keys("*") == [b"bull:mailing:id"]
    assert set((await actor.restore_queue(None, queue, NOW, NOW)).statuses) == {None}
    for chunk in reversed(chunks):
        assert set((await actor.restore(layout, chunk, {}, NOW)).statuses) == {None}
    await actor.act(order(Resume(), layout))
    after = keyspace(raw, without=(":marker", ":stalled-check"))
    assert after == {key: value for key, value in before.items() if not key.endswith((":marker", ":stalled-check"))}


async def test_active_jobs_stop_it(raw: Any, actor: RedisActor) -> None:
    make_queue(raw, paused=1)
    key = put(raw, JobState.ACTIVE, "a").decode()
    raw.set(f"{key}:lock", "token")
    before = keyspace(raw)
    assert (await actor.act(order(Obliterate()))).statuses == (Reason.ACTIVE,)
    assert await told(actor, Obliterate(), ["a"]) == [Reason.LOCKED]
    assert (await actor.act(order(Obliterate(force=True)))).statuses == (Reason.STATE,)
    assert keyspace(raw) == before
    assert await told(actor, Obliterate(force=True), ["a"]) == [None]
    assert (await actor.act(order(Obliterate(force=True)))).statuses == (None,)
    assert not raw.keys("*")


@pytest.mark.parametrize("state", [state for state in LISTED if state is not JobState.ACTIVE])
async def test_a_job_that_came_meanwhile_stops_it(raw: Any, actor: RedisActor, state: JobState) -> None:
    make_queue(raw, paused=1)
    put(raw, state, "late")
    before = keyspace(raw)
    assert (await actor.act(order(Obliterate(force=True)))).statuses == (Reason.STATE,)
    assert keyspace(raw) == before


async def test_parents_and_children_of_one_queue(raw: Any, actor: RedisActor) -> None:
    make_queue(raw)
    put(raw, JobState.WAITING_CHILDREN, "p", score=NOW)
    raw.sadd(f"{Q}:p:dependencies", f"{Q}:c")
    put(raw, JobState.WAITING, "c", parentKey=f"{Q}:p", parent=js({"id": "p", "queueKey": Q}))
    before = keyspace(raw)
    first = await actor.save(MAIL, ["c"])
    await act(actor, Obliterate(), ["c"])
    second = await actor.save(MAIL, ["p"])
    assert second[0].state == "wait"
    await act(actor, Obliterate(), ["p"])
    assert set(keyspace(raw, without=(":marker",))) == {f"{Q}:meta"}
    for chunk in (second, first):
        assert set((await actor.restore(Layout.V6, chunk, {}, NOW)).statuses) == {None}
    assert keyspace(raw, without=(":marker",)) == before


@pytest.mark.quiet
async def test_many_schedulers_in_several_calls(raw: Any, actor: RedisActor) -> None:
    make_queue(raw, paused=1)
    for i in range(1200):
        raw.zadd(f"{Q}:repeat", {f"s{i}": i})
        raw.hset(f"{Q}:repeat:s{i}", mapping={"name": "n", "every": i})
    before = keyspace(raw)
    spent = ServerTime(raw)
    spent.reset()
    _, queue, status = await obliterate(actor, Layout.V6)
    assert status is None
    assert not raw.keys("*")
    assert set((await actor.restore_queue(None, queue, NOW, NOW)).statuses) == {None}
    assert keyspace(raw) == before
    longest = spent.longest_ms()
    assert longest < 10 * spent.slowness()


async def test_what_is_there_again_stays(raw: Any, actor: RedisActor) -> None:
    saved = SavedQueue(
        MAIL,
        (
            SavedKey(f"{Q}:meta", "hash", (("version", "bullmq:5.81.5"), ("concurrency", "5"))),
            SavedKey(f"{Q}:id", "string", "100"),
            SavedKey(f"{Q}:pc", "string", "3"),
            SavedKey(f"{Q}:limiter", "string", "9", 500_000),
            SavedKey(f"{Q}:repeat", "zset", (("s", "5"), ("t", "6"))),
            SavedKey(f"{Q}:metrics:completed:data", "list", ("1", "2")),
            SavedKey(f"{Q}:stalled", "set", ("a", "b")),
            SavedKey(f"{Q}:metrics:completed", "hash", (("count", "1"),)),
        ),
    )
    raw.hset(f"{Q}:meta", "version", "bullmq:6.7.0")
    raw.set(f"{Q}:id", 7)
    raw.set(f"{Q}:pc", 4)
    raw.set(f"{Q}:limiter", 1)
    raw.zadd(f"{Q}:repeat", {"s": 50})
    raw.rpush(f"{Q}:metrics:completed:data", "7")
    raw.sadd(f"{Q}:stalled", "a", "b", "c")
    raw.set(f"{Q}:metrics:completed", "another program's")
    answer = await actor.restore_queue(None, saved, NOW, NOW)
    assert answer.statuses == (
        None,
        None,
        Reason.EXISTS,
        Reason.EXISTS,
        None,
        Reason.EXISTS,
        Reason.EXISTS,
        Reason.FOREIGN,
    )
    assert raw.hgetall(f"{Q}:meta") == {b"version": b"bullmq:6.7.0", b"concurrency": b"5"}
    assert (raw.get(f"{Q}:id"), raw.get(f"{Q}:pc"), raw.get(f"{Q}:limiter")) == (b"100", b"4", b"1")
    assert in_set(raw, "repeat") == {"s": 50, "t": 6}
    assert raw.lrange(f"{Q}:metrics:completed:data", 0, -1) == [b"7"]


async def test_other_actions_need_nothing_of_the_queue(actor: RedisActor) -> None:
    assert await actor.save_queue(order(Remove()), [Item("a")]) == SavedQueue(MAIL)
