"""Jobs saved, removed and restored: afterwards everything is as before."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

import pytest

from bulltui.demo.server import EmbeddedServer
from bulltui.domain import actions
from bulltui.domain.actions import Action, Drain, Remove
from bulltui.domain.errors import BulltuiError, NotAllowedError
from bulltui.domain.layout import Layout
from bulltui.domain.orders import Item
from bulltui.domain.outcome import Reason
from bulltui.domain.queue import QueueRef
from bulltui.domain.record import SavedJob, SavedKey
from bulltui.domain.states import LISTED, JobState
from bulltui.store.actor import RedisActor
from tests.conftest import PASSWORD, url_for
from tests.store.acting import ALL, NEW, NOW, Q, act, events, failed, in_set, listed, make_queue, order, pause_as, put
from tests.store.keyspace import keyspace, no_id_twice
from tests.store.support import MAIL, ServerTime, add_job, fill_list, reading

STAYING = tuple(state for state in LISTED if state not in (JobState.ACTIVE, JobState.PAUSED))

OF_3 = ("waiting", "delayed", "waiting-children", "completed", "failed")


async def take(
    actor: RedisActor, ids: Sequence[str], layout: Layout = Layout.V6, action: Action | None = None, chunk: int = 250
) -> list[list[SavedJob]]:
    """Saves and removes, chunk by chunk as the runner does; what was saved."""
    chunks = []
    for start in range(0, len(ids), chunk):
        saved = await actor.save(MAIL, ids[start : start + chunk])
        chunks.append(saved)
        digests = {job.id: job.digest for job in saved}
        items = [Item(one, digests[one]) for one in ids[start : start + chunk]]
        while items:
            answer = await act(actor, action or Remove(), items, layout)
            assert set(answer.statuses) == {None}, answer
            items = items[len(answer.statuses) :]
    return chunks


async def give_back(
    actor: RedisActor,
    chunks: Sequence[Sequence[SavedJob]],
    layout: Layout = Layout.V6,
    over: Mapping[tuple[QueueRef, str], str] | None = None,
) -> list[Reason | None]:
    """Restores chunk by chunk, the last first; the statuses."""
    found: list[Reason | None] = []
    for chunk in reversed(chunks):
        found += (await actor.restore(layout, chunk, over or {}, NOW)).statuses
    return found


def fill(raw: Any, layout: Layout, state: JobState, *, paused: bool, count: int = 6) -> None:
    """Jobs in a state, each with all that can hang on one, as the library of this layout keeps them."""
    make_queue(raw, layout)
    for i in range(count):
        key = put(raw, state, f"j{i}", score=NOW * 4096 + i if state is JobState.DELAYED else NOW + i).decode()
        raw.rpush(f"{key}:logs", "one", b"tw\xffo")
        raw.hset(f"{key}:processed", mapping={f"bull:other:c{i}": '{"a":1}'})
        raw.sadd(f"{key}:dependencies", f"bull:other:d{i}", f"bull:other:e{i}")
        if layout in NEW:
            raw.hset(f"{key}:failed", f"bull:other:f{i}", "boom")
            raw.zadd(f"{key}:unsuccessful", {f"bull:other:u{i}": NOW})
            raw.hset(key, "deid", f"once{i}")
            raw.set(f"{Q}:de:once{i}", f"j{i}", px=1_000_000 if i % 2 else None)
            raw.hset(f"{Q}:dn:once{i}", "name", "next")
        if layout is Layout.V3 and state is JobState.WAITING:
            raw.zadd(f"{Q}:priority", {f"j{i}": i % 3})
    if layout in NEW and state in (JobState.WAITING, JobState.PRIORITIZED):
        raw.zadd(f"{Q}:marker", {"0": 0})
    if layout in NEW and state is JobState.DELAYED:
        raw.zadd(f"{Q}:marker", {"1": NOW})
    if layout not in NEW and state is JobState.DELAYED:
        raw.lpush(f"{Q}:wait", f"0:{NOW}")
    if layout is Layout.V4 and state is JobState.PRIORITIZED:
        raw.lpush(f"{Q}:wait", "0:0")
    if paused:
        pause_as(raw, layout)


@pytest.mark.parametrize("paused", [False, True], ids=["runs", "paused"])
@pytest.mark.parametrize(
    ("layout", "state"),
    [(layout, state) for layout in ALL for state in STAYING if layout is not Layout.V3 or state.value in OF_3],
)
async def test_every_state_comes_back_as_it_was(
    raw: Any, actor: RedisActor, layout: Layout, state: JobState, paused: bool
) -> None:
    fill(raw, layout, state, paused=paused)
    before = keyspace(raw)
    saved = await take(actor, ["j0", "j2", "j3", "j5"], layout, chunk=2)
    no_id_twice(raw, Q)
    left = [key for key in keyspace(raw) if any(f":j{i}" in key or f":once{i}" in key for i in (0, 2, 3, 5))]
    assert not left
    assert set(await give_back(actor, saved, layout)) == {None}
    after = keyspace(raw)
    # What was put back may run again, so a worker that sleeps is woken for it, or told when.
    assert before == {key: after[key] for key in after if not key.endswith(":marker") or key in before}


@pytest.mark.parametrize("layout", ALL)
async def test_what_was_active_runs_next(raw: Any, actor: RedisActor, layout: Layout) -> None:
    make_queue(raw, layout)
    for i in range(3):
        put(raw, JobState.ACTIVE, f"a{i}")
        put(raw, JobState.WAITING, f"w{i}")
    saved = await take(actor, ["a0", "a1", "a2"], layout)
    assert [job.id for job in saved[0]] == ["a2", "a1", "a0"]
    assert await give_back(actor, saved, layout) == [None] * 3
    assert listed(raw, "active") == []
    assert listed(raw, "wait") == ["w2", "w1", "w0", "a2", "a1", "a0"]


@pytest.mark.parametrize("layout", ALL)
@pytest.mark.parametrize("paused", [False, True], ids=["runs", "paused"])
async def test_a_long_list_drained_comes_back_in_order(
    raw: Any, actor: RedisActor, layout: Layout, paused: bool
) -> None:
    make_queue(raw, layout)
    with raw.pipeline(transaction=False) as pipe:
        for i in range(700):
            put(pipe, JobState.WAITING, f"j{i}")
        pipe.execute()
    if paused:
        pause_as(raw, layout)
    before = keyspace(raw)
    name = "paused" if paused and layout is not Layout.V6 else "wait"
    saved = await take(actor, listed(raw, name)[::-1], layout, Drain())
    assert not listed(raw, name)
    assert set(await give_back(actor, saved, layout)) == {None}
    after = keyspace(raw, without=(":marker",))
    assert after == before


async def test_a_list_comes_back_around_what_stayed(raw: Any, actor: RedisActor) -> None:
    make_queue(raw)
    for i in range(400):
        put(raw, JobState.WAITING, f"j{i}")
    before = listed(raw, "wait")
    saved = await take(actor, [f"j{i}" for i in range(400) if i % 7 and i != 399], chunk=60)
    assert set(await give_back(actor, saved)) == {None}
    assert listed(raw, "wait") == before


PLACES = {
    "next to the tail": range(100),
    "near the tail": range(2_000, 2_100),
    "in the middle": range(12_000, 12_040),
    "near the head": range(22_500, 22_600),
    "at the head": range(23_900, 24_000),
    "here and there": range(5, 24_000, 397),
    "all over": [(i * 7919) % 24_000 for i in range(60)],
}


@pytest.mark.parametrize("where", PLACES)
async def test_anywhere_in_a_long_list(raw: Any, actor: RedisActor, where: str) -> None:
    make_queue(raw)
    fill_list(raw, f"{Q}:wait", 24_000, prefix="j")
    before = listed(raw, "wait")
    ids = [f"j{i + 1}" for i in PLACES[where]]
    for job_id in ids:
        add_job(raw, Q, job_id)
    saved = await take(actor, ids, chunk=50)
    assert listed(raw, "wait") == [one for one in before if one not in set(ids)]
    assert set(await give_back(actor, saved)) == {None}
    assert listed(raw, "wait") == before


@pytest.mark.quiet
async def test_deep_in_a_list_no_call_is_long(raw: Any, actor: RedisActor) -> None:
    make_queue(raw)
    fill_list(raw, f"{Q}:wait", 90_000, prefix="j")
    ids = [f"j{i}" for i in range(45_000, 45_012)]
    for job_id in ids:
        add_job(raw, Q, job_id)

    async def there_and_back() -> None:
        assert set(await give_back(actor, await take(actor, ids))) == {None}

    await ServerTime(raw).of(there_and_back, longest_ms=10)


async def test_neighbours_that_have_gone_on(raw: Any, actor: RedisActor) -> None:
    make_queue(raw)
    for i in range(6):
        put(raw, JobState.WAITING, f"j{i}")
    saved = await take(actor, ["j1", "j2", "j4"])
    raw.lrem(f"{Q}:wait", 1, "j0")
    raw.lrem(f"{Q}:wait", 1, "j3")
    put(raw, JobState.WAITING, "new")
    assert await give_back(actor, saved) == [None] * 3
    # Those after them have gone on, so they run next.
    assert listed(raw, "wait") == ["new", "j5", "j2", "j1", "j4"]


async def test_the_pause_came_between(raw: Any, actor: RedisActor) -> None:
    for layout in ALL:
        raw.flushall()
        make_queue(raw, layout)
        for i in range(4):
            put(raw, JobState.WAITING, f"j{i}")
        saved = await take(actor, ["j1", "j2"], layout)
        pause_as(raw, layout)
        await give_back(actor, saved, layout)
        name = "wait" if layout is Layout.V6 else "paused"
        assert listed(raw, name) == ["j3", "j2", "j1", "j0"]
        assert not listed(raw, "paused" if layout is Layout.V6 else "wait")
        assert not raw.exists(f"{Q}:marker")


async def test_resumed_between(raw: Any, actor: RedisActor) -> None:
    for layout in ALL:
        raw.flushall()
        make_queue(raw, layout)
        for i in range(4):
            put(raw, JobState.WAITING, f"j{i}")
        pause_as(raw, layout)
        saved = await take(actor, ["j1", "j2"], layout)
        await actor.act(order(actions.Resume(), layout))
        await give_back(actor, saved, layout)
        assert listed(raw, "wait") == ["j3", "j2", "j1", "j0"]
        assert not listed(raw, "paused")


async def test_a_newer_job_of_the_same_id_stays(raw: Any, actor: RedisActor) -> None:
    make_queue(raw)
    failed(raw, "a")
    failed(raw, "b")
    put(raw, JobState.WAITING, "c")
    saved = await take(actor, ["a", "b", "c"])
    put(raw, JobState.DELAYED, "a", name="newer")
    raw.rpush(f"{Q}:wait", "c")  # an id without a hash
    before = keyspace(raw)
    answer = await actor.restore(Layout.V6, saved[0], {}, NOW)
    statuses = {job.id: status for job, status in zip(saved[0], answer.statuses, strict=True)}
    assert statuses == {"a": Reason.EXISTS, "b": None, "c": Reason.EXISTS}
    after = keyspace(raw)
    assert after[f"{Q}:a"] == before[f"{Q}:a"]
    assert listed(raw, "wait") == ["c"]
    assert in_set(raw, "failed") == {"b": NOW - 1000}
    no_id_twice(raw, Q)


async def test_over_what_it_became(raw: Any, actor: RedisActor) -> None:
    make_queue(raw)
    key = failed(raw, "a").decode()
    raw.rpush(f"{key}:logs", "x")
    before = keyspace(raw)
    (saved,) = await actor.save(MAIL, ["a"])
    answer = await act(actor, actions.Replay(data='{"n":2}'), [Item("a", saved.digest)])
    assert answer.statuses == (None,)
    now = answer.digests[0]
    assert await give_back(actor, [[saved]], over={(MAIL, "a"): "0" * 40}) == [Reason.EXISTS]
    raw.set(f"{key}:lock", "token")
    assert await give_back(actor, [[saved]], over={(MAIL, "a"): now}) == [Reason.LOCKED]
    raw.delete(f"{key}:lock")
    assert await give_back(actor, [[saved]], over={(MAIL, "a"): now}) == [None]
    assert keyspace(raw, without=(":marker",)) == before


async def test_over_keeps_the_place_in_line(raw: Any, actor: RedisActor) -> None:
    make_queue(raw)
    for i in range(5):
        put(raw, JobState.WAITING, f"j{i}")
    raw.zadd(f"{Q}:marker", {"0": 0})
    before = keyspace(raw)
    (saved,) = await actor.save(MAIL, ["j2"])
    answer = await act(actor, actions.Reprioritize(priority=7), [Item("j2", saved.digest)])
    assert listed(raw, "wait") == ["j4", "j3", "j1", "j0"]
    assert await give_back(actor, [[saved]], over={(MAIL, "j2"): answer.digests[0]}) == [None]
    assert keyspace(raw, without=(":pc",)) == before


@pytest.mark.parametrize("held", [True, False], ids=["held", "stuck"])
async def test_over_leaves_an_active_job_where_it_is(raw: Any, actor: RedisActor, held: bool) -> None:
    """It was active and still is: only what was changed of it is set back, whether a worker runs it or not."""
    make_queue(raw)
    for job_id in ("a", "b"):
        put(raw, JobState.ACTIVE, job_id)
    if held:
        raw.set(f"{Q}:a:lock", "token", px=30_000)
    before = keyspace(raw)
    (saved,) = await actor.save(MAIL, ["a"])
    for action in (actions.UpdateData('{"n":2}'), actions.Reprioritize(priority=7)):
        answer = await act(actor, action, [Item("a", saved.digest)])
        assert answer.statuses == (None,)
        assert keyspace(raw) != before
        assert await give_back(actor, [[saved]], over={(MAIL, "a"): answer.digests[0]}) == [None]
        assert keyspace(raw) == before


async def test_ids_without_a_hash_and_hashes_without_a_state(raw: Any, actor: RedisActor) -> None:
    make_queue(raw)
    raw.lpush(f"{Q}:wait", "ghost", "w")
    raw.zadd(f"{Q}:failed", {"gone": 5})
    add_job(raw, Q, "orphan")
    raw.rpush(f"{Q}:logged:logs", "only logs")
    before = keyspace(raw)
    saved = await take(actor, ["ghost", "gone", "orphan", "logged"])
    assert set(keyspace(raw)) == {f"{Q}:meta", f"{Q}:wait"}
    assert set(await give_back(actor, saved)) == {None}
    assert keyspace(raw, without=(":marker",)) == before


HOSTILE = (b"\xff\xfe", b"a\x1b[31m\n", b"..", "\u202ex".encode(), b"a:b:c", b" ", b"%s", b"j{1}", b"0")


async def test_hostile_ids_fields_and_bytes(raw: Any, actor: RedisActor) -> None:
    make_queue(raw)
    nameless: dict[str, Any] = {"": "empty name"}
    for i, one in enumerate(HOSTILE):
        key = put(raw, list(STAYING)[i % len(STAYING)], one, data=bytes(range(256)), **nameless)
        raw.hset(key, b"\xff\x00", b"\x00\r\n$5\r\n")
        raw.rpush(key + b":logs", bytes(range(256)), b"")
    before = keyspace(raw)
    saved = await take(actor, [one.decode("utf-8", "surrogateescape") for one in HOSTILE])
    assert set(keyspace(raw)) == {f"{Q}:meta"}
    assert set(await give_back(actor, saved)) == {None}
    assert keyspace(raw, without=(":marker",)) == before


async def test_large_fields_and_long_logs(raw: Any, actor: RedisActor) -> None:
    make_queue(raw)
    big: dict[str, Any] = {"data": "x" * 3_000_000, "returnvalue": "y" * 1_500_000, "stacktrace": "z" * 90_000}
    for i in range(3):
        key = put(raw, JobState.COMPLETED, f"j{i}", **big).decode()
        raw.rpush(f"{key}:logs", *(f"line {n}" for n in range(2500)))
        raw.sadd(f"{key}:dependencies", *(f"bull:o:{n}" for n in range(1500)))
        raw.zadd(f"{key}:unsuccessful", {f"bull:o:{n}": NOW + n for n in range(700)})
        raw.hset(f"{key}:processed", mapping={f"bull:o:{n}": "v" * 40 for n in range(1500)})
    add_job(raw, Q, "wide", **{f"field{n}": n for n in range(3000)})
    raw.zadd(f"{Q}:completed", {"wide": 1})
    before = keyspace(raw)
    saved = await take(actor, ["j0", "j1", "wide", "j2"])
    assert set(keyspace(raw)) == {f"{Q}:meta"}
    assert set(await give_back(actor, saved)) == {None}
    assert keyspace(raw) == before


@pytest.mark.quiet
async def test_a_large_payload_holds_nobody_up(raw: Any, actor: RedisActor) -> None:
    make_queue(raw)
    failed(raw, "a", data="x" * 8_000_000, returnvalue="\x00" * 300_000)
    before = keyspace(raw)
    spent = ServerTime(raw)

    async def there_and_back() -> None:
        saved = await take(actor, ["a"])
        await give_back(actor, saved)

    await spent.of(there_and_back, longest_ms=10)
    assert keyspace(raw) == before
    there = await actor.save(MAIL, ["a"])
    assert await give_back(actor, [there]) == [Reason.EXISTS]
    assert keyspace(raw) == before
    raw.expire(f"{Q}:a", 500)
    saved = await take(actor, ["a"])
    await give_back(actor, saved)
    assert 400 < raw.ttl(f"{Q}:a") <= 500


async def test_the_time_that_keys_have_left(raw: Any, actor: RedisActor) -> None:
    make_queue(raw)
    key = failed(raw, "a")
    raw.pexpire(key, 500_000)
    saved = await take(actor, ["a"])
    await give_back(actor, saved)
    assert 400_000 < raw.pttl(key) <= 500_000


@pytest.mark.quiet
@pytest.mark.parametrize("state", [JobState.WAITING, JobState.FAILED])
async def test_the_time_of_the_server(raw: Any, actor: RedisActor, state: JobState) -> None:
    make_queue(raw)
    for i in range(150):
        put(raw, state, f"j{i}", score=NOW + i, stacktrace="x" * 2_000)
    before = keyspace(raw)
    spent = ServerTime(raw)

    async def there_and_back() -> None:
        saved = await take(actor, [f"j{i}" for i in range(150)])
        assert set(await give_back(actor, saved)) == {None}

    await spent.of(there_and_back, longest_ms=10)
    assert keyspace(raw, without=(":marker",)) == before


async def test_only_what_will_run_is_told(raw: Any, actor: RedisActor) -> None:
    make_queue(raw)
    failed(raw, "f")
    put(raw, JobState.WAITING, "w")
    put(raw, JobState.DELAYED, "d", score=NOW * 4096 + 3)
    saved = await take(actor, ["f", "w", "d"])
    raw.delete(f"{Q}:events")
    await give_back(actor, saved)
    found = sorted(events(raw), key=lambda one: one["jobId"])
    assert found == [
        {"event": "delayed", "jobId": "d", "delay": str(NOW)},
        {"event": "waiting", "jobId": "w"},
    ]
    assert in_set(raw, "marker") == {"0": 0, "1": pytest.approx(NOW)}


async def test_of_a_foreign_hand_written_record_nothing_is_taken(raw: Any, actor: RedisActor) -> None:
    job = SavedJob(MAIL, "a", "failed", score="1", keys=(SavedKey(f"{Q}:a", "hash", (("name", "x"),)),))
    for wrong in (
        replace(job, state="meta"),
        replace(job, keys=(SavedKey("other:key", "hash", (("name", "x"),)),)),
        replace(job, keys=(SavedKey(f"{Q}:a", "stream", (("name", "x"),)),)),
        replace(job, keys=(SavedKey(f"{Q}:a", "parked", "meta"),)),
    ):
        with pytest.raises(BulltuiError):
            await actor.restore(Layout.V6, [wrong], {}, NOW)
    assert not raw.keys("*")


@pytest.mark.parametrize(
    "right", ["hset", "rpush", "zadd", "set", "pexpire", "rename", "hsetnx", "xadd", "sadd", "linsert"]
)
async def test_a_missing_right_brings_nothing_back(
    server: EmbeddedServer, raw: Any, actor: RedisActor, right: str
) -> None:
    make_queue(raw)
    failed(raw, "a")
    put(raw, JobState.WAITING, "b")
    raw.rpush(f"{Q}:a:logs", "x")
    saved = await take(actor, ["a", "b"])
    before = keyspace(raw)
    raw.execute_command("ACL", "SETUSER", "some", "reset", "on", f">{PASSWORD}", "~*", "&*", "+@all", f"-{right}")
    async with reading(url_for(server, "some")) as reader:
        with pytest.raises(NotAllowedError):
            await reader.actor().restore(Layout.V6, saved[0], {}, NOW)
    assert keyspace(raw) == before
    raw.execute_command("ACL", "DELUSER", "some")
