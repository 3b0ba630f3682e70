"""Queues as a whole: paused and resumed without losing or reordering a job, limits, events, single keys."""

from typing import Any

import pytest

from bulltui.demo.server import EmbeddedServer
from bulltui.domain.actions import (
    ClearRateLimit,
    Pause,
    RemoveDeduplication,
    Resume,
    SetConcurrency,
    SetRateLimit,
    TrimEvents,
)
from bulltui.domain.errors import BulltuiError, NotAllowedError
from bulltui.domain.layout import Layout
from bulltui.domain.orders import Answer
from bulltui.domain.outcome import Reason
from bulltui.domain.states import JobState
from bulltui.store.actor import RedisActor
from tests.conftest import PASSWORD, url_for
from tests.store.acting import ALL, NEW, NOW, Q, events, in_set, listed, make_queue, order, pause_as, put
from tests.store.keyspace import keyspace
from tests.store.support import ServerTime, add_job, fill_list, reading

OLD_LISTS = (Layout.V3, Layout.V4, Layout.V5)


async def done(actor: RedisActor, action: Pause | Resume, layout: Layout) -> list[Answer]:
    """The answers of the calls until nothing is left."""
    answers = [await actor.act(order(action, layout))]
    while answers[-1].left:
        answers.append(await actor.act(order(action, layout)))
        assert len(answers) < 100
    return answers


def waiting(raw: Any, *ids: str, name: str = "wait") -> None:
    """Jobs in a list, the first the oldest."""
    for job_id in ids:
        add_job(raw, Q, job_id, timestamp=1_000 + int(job_id[1:]))
        raw.lpush(f"{Q}:{name}", job_id)


@pytest.mark.parametrize("layout", ALL)
async def test_paused_and_resumed(raw: Any, actor: RedisActor, layout: Layout) -> None:
    make_queue(raw, layout)
    waiting(raw, "j1", "j2", "j3")
    if layout in NEW:
        raw.zadd(f"{Q}:marker", {"0": 0})
    before = keyspace(raw)
    (answer,) = await done(actor, Pause(), layout)
    assert answer == Answer((None,), before={"paused": ""}, after={"paused": "1"})
    held, empty = ("wait", "paused") if layout is Layout.V6 else ("paused", "wait")
    assert (listed(raw, held), listed(raw, empty)) == (["j3", "j2", "j1"], [])
    assert raw.hget(f"{Q}:meta", "paused") == b"1"
    assert not raw.exists(f"{Q}:marker")
    (again,) = await done(actor, Pause(), layout)
    assert again.statuses == (Reason.ALREADY,)
    (answer,) = await done(actor, Resume(), layout)
    assert answer == Answer((None,), before={"paused": "1"}, after={"paused": ""})
    assert keyspace(raw) == before
    (again,) = await done(actor, Resume(), layout)
    assert again.statuses == (Reason.ALREADY,)
    assert events(raw) == [{"event": "paused"}, {"event": "resumed"}]


@pytest.mark.parametrize("layout", ALL)
async def test_an_empty_queue(raw: Any, actor: RedisActor, layout: Layout) -> None:
    await done(actor, Pause(), layout)
    assert keyspace(raw) == {f"{Q}:meta": ("hash", [(b"paused", b"1")], False)}
    await done(actor, Resume(), layout)
    assert not keyspace(raw)


@pytest.mark.parametrize("layout", ALL)
async def test_what_wakes_workers(raw: Any, actor: RedisActor, layout: Layout) -> None:
    make_queue(raw, layout)
    put(raw, JobState.DELAYED, "later", score=(NOW + 5) * 4096)
    pause_as(raw, layout)
    await done(actor, Resume(), layout)
    assert in_set(raw, "marker") == ({"1": NOW + 5} if layout in NEW else {})
    if layout is Layout.V3:
        return
    pause_as(raw, layout)
    put(raw, JobState.PRIORITIZED, "first", score=1)
    await done(actor, Resume(), layout)
    if layout is Layout.V4:
        assert listed(raw, "wait") == ["0:0"]
    else:
        assert in_set(raw, "marker") == {"0": 0}


@pytest.mark.parametrize("layout", OLD_LISTS)
async def test_a_second_pause_puts_no_list_over_another(raw: Any, actor: RedisActor, layout: Layout) -> None:
    make_queue(raw, layout)
    waiting(raw, "j1", "j2")
    await done(actor, Pause(), layout)
    waiting(raw, "j3", "j4")  # of something that does not know how this queue is paused
    (answer,) = await done(actor, Pause(), layout)
    assert answer == Answer((None,), before={"paused": "1"}, after={"paused": "1"})
    assert (listed(raw, "paused"), listed(raw, "wait")) == (["j4", "j3", "j2", "j1"], [])
    assert events(raw) == [{"event": "paused"}]


@pytest.mark.parametrize("layout", OLD_LISTS)
async def test_leftovers_of_an_earlier_pause_join(raw: Any, actor: RedisActor, layout: Layout) -> None:
    make_queue(raw, layout)
    waiting(raw, "j1", "j2", name="paused")
    waiting(raw, "j3", "j4", "j5")
    await done(actor, Pause(), layout)
    assert (listed(raw, "paused"), listed(raw, "wait")) == (["j5", "j4", "j3", "j2", "j1"], [])


@pytest.mark.parametrize("layout", ALL)
@pytest.mark.parametrize(
    ("wait", "paused"),
    [
        (["j1", "j2", "j3"], ["j4"]),  # paused as BullMQ 6 does, then BullMQ 5 added
        (["j4"], ["j1", "j2", "j3"]),  # paused as BullMQ 5 does, then BullMQ 6 added
        (["j3", "j4"], ["j1", "j2"]),
        (["j1", "j2"], ["j3", "j4"]),
    ],
)
async def test_resuming_keeps_the_order_of_a_mixed_fleet(
    raw: Any, actor: RedisActor, layout: Layout, wait: list[str], paused: list[str]
) -> None:
    make_queue(raw, layout, paused=1)
    waiting(raw, *wait)
    waiting(raw, *paused, name="paused")
    await done(actor, Resume(), layout)
    assert (listed(raw, "wait"), listed(raw, "paused")) == (["j4", "j3", "j2", "j1"], [])


@pytest.mark.parametrize("layout", ALL)
async def test_leftovers_of_a_queue_that_runs(raw: Any, actor: RedisActor, layout: Layout) -> None:
    make_queue(raw, layout)
    waiting(raw, "j1", "j2", name="paused")
    waiting(raw, "j3")
    (answer,) = await done(actor, Resume(), layout)
    assert answer.statuses == (None,)
    assert (listed(raw, "wait"), listed(raw, "paused")) == (["j3", "j2", "j1"], [])
    assert not events(raw)


async def test_ends_that_tell_nothing(raw: Any, actor: RedisActor) -> None:
    make_queue(raw, Layout.V5, paused=1)
    raw.lpush(f"{Q}:wait", "ghost", "b")
    raw.set(f"{Q}:ghost", "no hash")
    raw.lpush(f"{Q}:paused", "x", "y", "z")
    await done(actor, Resume(), Layout.V5)
    assert listed(raw, "wait") == ["b", "ghost", "z", "y", "x"]


async def test_markers_among_the_jobs(raw: Any, actor: RedisActor) -> None:
    make_queue(raw, Layout.V4)
    raw.lpush(f"{Q}:wait", "0:0")
    await done(actor, Pause(), Layout.V4)
    assert listed(raw, "paused") == ["0:0"]
    waiting(raw, "j1", "j2")
    await done(actor, Resume(), Layout.V4)
    assert listed(raw, "wait") == ["j2", "j1"]
    raw.lpush(f"{Q}:paused", "0:1700000000000")
    await done(actor, Pause(), Layout.V4)
    assert (listed(raw, "paused"), listed(raw, "wait")) == (["j2", "j1"], [])


def ids(first: int, last: int) -> list[str]:
    """Of a list as `fill_list` makes it."""
    return [f"j{i}" for i in range(last, first - 1, -1)]


@pytest.mark.quiet
@pytest.mark.parametrize("layout", ALL)
async def test_twenty_thousand_in_both_lists(raw: Any, actor: RedisActor, layout: Layout) -> None:
    make_queue(raw, layout, paused=1)
    fill_list(raw, f"{Q}:paused", 20_000, prefix="j")
    fill_list(raw, f"{Q}:wait", 30_000, prefix="k")
    add_job(raw, Q, "j1", timestamp=5)
    add_job(raw, Q, "k1", timestamp=9)
    spent = ServerTime(raw)
    spent.reset()
    answers: list[Answer] = []
    while not answers or answers[-1].left:
        answers.append(await actor.act(order(Resume(), layout)))
        if answers[-1].left:
            assert raw.hget(f"{Q}:meta", "paused") == b"1"
            assert raw.llen(f"{Q}:paused") + raw.llen(f"{Q}:wait") == 50_000
    lefts = [one.left for one in answers]
    assert lefts == sorted(lefts, reverse=True)
    assert len(answers) <= 11
    found = listed(raw, "wait")
    assert found[30_000:] == ids(1, 20_000)
    assert found[:30_000] == [one.replace("j", "k") for one in ids(1, 30_000)]
    longest = spent.longest_ms()
    assert longest < 10 * spent.slowness()
    assert not raw.exists(f"{Q}:paused")


@pytest.mark.parametrize("side", ["wait", "paused"])
async def test_added_between_the_calls(raw: Any, actor: RedisActor, side: str) -> None:
    """Whatever library adds or takes meanwhile, no job is in both lists or in none."""
    make_queue(raw, Layout.V5, paused=1)
    fill_list(raw, f"{Q}:paused", 6_000, prefix="j")
    fill_list(raw, f"{Q}:wait", 6_000, prefix="k")
    expected = set(listed(raw, "paused")) | set(listed(raw, "wait"))
    for i in range(100):
        answer = await actor.act(order(Resume(), Layout.V5))
        if not answer.left:
            break
        raw.lpush(f"{Q}:{side}", f"new{i}")
        expected.add(f"new{i}")
    found = listed(raw, "wait")
    assert len(found) == len(expected)
    assert set(found) == expected
    assert not raw.exists(f"{Q}:paused")


@pytest.mark.parametrize("layout", OLD_LISTS)
async def test_pausing_with_many_leftovers(raw: Any, actor: RedisActor, layout: Layout) -> None:
    make_queue(raw, layout)
    fill_list(raw, f"{Q}:paused", 5_000, prefix="j")
    fill_list(raw, f"{Q}:wait", 6_000, prefix="k")
    answers = [await actor.act(order(Pause(), layout))]
    while answers[-1].left:
        assert not raw.hexists(f"{Q}:meta", "paused")  # half of it is no state in which a resume of BullMQ 5 loses jobs
        answers.append(await actor.act(order(Pause(), layout)))
    assert len(answers) == 3
    assert (answers[0].before, answers[-1].after) == ({"paused": ""}, {"paused": "1"})
    assert listed(raw, "paused") == [one.replace("j", "k") for one in ids(1, 6_000)] + ids(1, 5_000)
    assert not raw.exists(f"{Q}:wait")
    assert events(raw) == [{"event": "paused"}]


@pytest.mark.quiet
async def test_a_million_paused_at_once(raw: Any, actor: RedisActor) -> None:
    make_queue(raw, Layout.V5)
    fill_list(raw, f"{Q}:wait", 1_000_000)
    spent = ServerTime(raw)

    async def there_and_back() -> None:
        await actor.act(order(Pause(), Layout.V5))
        await actor.act(order(Resume(), Layout.V5))

    await spent.of(there_and_back, longest_ms=2)
    assert raw.llen(f"{Q}:wait") == 1_000_000


# --- settings


@pytest.mark.parametrize("layout", ALL)
async def test_concurrency(raw: Any, actor: RedisActor, layout: Layout) -> None:
    make_queue(raw, layout)
    before = keyspace(raw)
    answer = await actor.act(order(SetConcurrency(3), layout))
    if layout not in NEW:
        assert answer.statuses == (Reason.LAYOUT,)
        assert keyspace(raw) == before
        return
    assert answer == Answer((None,), before={"concurrency": ""}, after={"concurrency": "3"})
    assert raw.hget(f"{Q}:meta", "concurrency") == b"3"
    assert (await actor.act(order(SetConcurrency(3), layout))).statuses == (Reason.ALREADY,)
    answer = await actor.act(order(SetConcurrency(None), layout))
    assert answer == Answer((None,), before={"concurrency": "3"}, after={"concurrency": ""})
    assert keyspace(raw) == before
    assert not events(raw)


@pytest.mark.parametrize(
    ("active", "paused", "concurrency", "woken"),
    [(1, False, 2, True), (1, False, None, True), (2, False, 2, False), (0, True, 5, False), (0, False, 0, False)],
)
async def test_a_worker_is_woken_where_it_may_take_more(
    raw: Any, actor: RedisActor, active: int, paused: bool, concurrency: int | None, woken: bool
) -> None:
    make_queue(raw, concurrency=1)
    put(raw, JobState.WAITING, "w")
    for i in range(active):
        put(raw, JobState.ACTIVE, f"a{i}")
    if paused:
        raw.hset(f"{Q}:meta", "paused", 1)
    await actor.act(order(SetConcurrency(concurrency)))
    assert raw.exists(f"{Q}:marker") == woken


async def test_nobody_is_woken_for_nothing(raw: Any, actor: RedisActor) -> None:
    make_queue(raw)
    await actor.act(order(SetConcurrency(5)))
    assert not raw.exists(f"{Q}:marker")


async def test_rate_limit(raw: Any, actor: RedisActor) -> None:
    make_queue(raw)
    answer = await actor.act(order(SetRateLimit(10, 60_000)))
    assert answer == Answer((None,), before={"max": "", "duration": ""}, after={"max": "10", "duration": "60000"})
    assert raw.hmget(f"{Q}:meta", "max", "duration") == [b"10", b"60000"]
    answer = await actor.act(order(SetRateLimit(10, 1_000)))
    assert answer.before == {"max": "10", "duration": "60000"}
    await actor.act(order(SetRateLimit()))
    assert raw.hmget(f"{Q}:meta", "max", "duration") == [None, None]
    assert (await actor.act(order(SetRateLimit(), Layout.V4))).statuses == (Reason.LAYOUT,)


async def test_clearing_the_limiter(raw: Any, actor: RedisActor) -> None:
    assert (await actor.act(order(ClearRateLimit()))).statuses == (Reason.ALREADY,)
    raw.set(f"{Q}:limiter", 5, px=50_000)
    assert (await actor.act(order(ClearRateLimit()))).statuses == (None,)
    assert not raw.keys("*")


async def test_a_deduplication_key(raw: Any, actor: RedisActor) -> None:
    action = RemoveDeduplication("a:b\udcff")
    assert (await actor.act(order(action))).statuses == (Reason.MISSING,)
    raw.set(b"bull:mail:de:a:b\xff", "7", px=500_000)
    raw.hset(b"bull:mail:dn:a:b\xff", "name", "next")
    before = keyspace(raw)
    saved = await actor.save_queue(order(action), ())
    assert (await actor.act(order(action))).statuses == (None,)
    assert raw.keys("*") == [b"bull:mail:dn:a:b\xff"]  # what was kept for later still runs after the active one
    assert (await actor.restore_queue(None, saved, NOW + 100_000, NOW)).statuses == (None,)
    assert keyspace(raw) == before
    assert 300_000 < raw.pttl(b"bull:mail:de:a:b\xff") <= 400_000
    raw.delete(b"bull:mail:de:a:b\xff")
    await actor.restore_queue(None, saved, NOW + 500_001, NOW)
    assert not raw.exists(b"bull:mail:de:a:b\xff")


@pytest.mark.quiet
@pytest.mark.parametrize("keep", [0, 1_000])
async def test_events_are_trimmed_in_pieces(raw: Any, actor: RedisActor, keep: int) -> None:
    raw.eval("for i = 1, 30000 do redis.call('XADD', KEYS[1], '*', 'event', 'added') end", 1, f"{Q}:events")
    spent = ServerTime(raw)
    spent.reset()
    answers = [await actor.act(order(TrimEvents(keep)))]
    while answers[-1].left:
        answers.append(await actor.act(order(TrimEvents(keep))))
    assert 3 <= len(answers) < 12
    assert keep <= raw.xlen(f"{Q}:events") <= keep + 200
    longest = spent.longest_ms()
    assert longest < 10 * spent.slowness()
    assert (await actor.act(order(TrimEvents(keep)))).statuses == (Reason.ALREADY,)


# --- trouble


@pytest.mark.parametrize("action", [Pause(), Resume()])
@pytest.mark.parametrize("key", ["wait", "paused", "meta", "events", "marker"])
async def test_foreign_keys(raw: Any, actor: RedisActor, action: Pause | Resume, key: str) -> None:
    make_queue(raw, Layout.V5, paused=1)
    waiting(raw, "j1")
    raw.delete(f"{Q}:{key}")
    raw.set(f"{Q}:{key}", "another program's")
    before = keyspace(raw)
    with pytest.raises(BulltuiError, match="another program"):
        await actor.act(order(action, Layout.V5))
    assert keyspace(raw) == before


@pytest.mark.parametrize("right", ["rename", "hset", "hdel", "xadd", "ltrim", "zadd", "rpush"])
async def test_missing_rights(server: EmbeddedServer, raw: Any, right: str) -> None:
    raw.execute_command("ACL", "SETUSER", "some", "reset", "on", f">{PASSWORD}", "~*", "&*", "+@all", f"-{right}")
    for paused in (False, True):
        raw.flushall()
        make_queue(raw, Layout.V5)
        waiting(raw, "j1", "j2")
        if paused:
            pause_as(raw, Layout.V5)
            waiting(raw, "j3")
        before = keyspace(raw)
        async with reading(url_for(server, "some")) as reader:
            with pytest.raises(NotAllowedError):
                await reader.actor().act(order(Resume() if paused else Pause(), Layout.V5))
        assert keyspace(raw) == before
    raw.execute_command("ACL", "DELUSER", "some")
