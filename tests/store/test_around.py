"""What stands around a job, by script and by pipeline, on every layout and among keys of strangers."""

from dataclasses import replace

import pytest
from redis import Redis

from bulltui.demo.server import EmbeddedServer
from bulltui.domain.queue import QueueRef, RateLimit
from bulltui.domain.states import JobState
from bulltui.domain.surroundings import Surroundings
from bulltui.store.explorer import RedisExplorer
from bulltui.store.reader import RedisReader
from tests.conftest import url_for
from tests.store.support import MAIL, ServerTime, add_job, fill_list, fill_set, reading

PRIORITY = 2**32
LOOKED = 100_000


@pytest.fixture
def explorer(reader: RedisReader) -> RedisExplorer:
    """Looks in each way."""
    return RedisExplorer(reader.calls)


def lay_out(raw: Redis) -> None:
    """A queue of BullMQ 5 or 6: d runs first, then c, b, a, then those with a priority."""
    for job_id in ("a", "b", "c", "d", "one", "two", "low"):
        add_job(raw, "bull:mail", job_id)
    raw.lpush("bull:mail:wait", "d", "c", "b", "a")
    raw.zadd("bull:mail:prioritized", {"one": PRIORITY + 1, "two": PRIORITY + 2, "low": 7 * PRIORITY + 3})
    raw.hset("bull:mail:meta", mapping={"version": "bullmq:6.7.0", "opts.maxLenEvents": 10_000})
    raw.set("bull:mail:id", 7)


async def test_the_line(explorer: RedisExplorer, raw: Redis) -> None:
    lay_out(raw)
    ahead = {}
    for job_id in ("d", "c", "a", "one", "two", "low"):
        seen = await explorer.around(MAIL, job_id)
        assert seen.exists
        ahead[job_id] = (seen.ahead, seen.higher, seen.states)
    waiting, prioritized = (JobState.WAITING,), (JobState.PRIORITIZED,)
    assert ahead == {
        "d": (0, 0, waiting),
        "c": (1, 0, waiting),
        "a": (3, 0, waiting),
        "one": (4, 4, prioritized),
        "two": (5, 4, prioritized),
        "low": (6, 6, prioritized),
    }


async def test_what_holds_the_queue(explorer: RedisExplorer, raw: Redis) -> None:
    lay_out(raw)
    raw.hset("bull:mail:meta", mapping={"paused": 1, "concurrency": 3, "max": 10, "duration": 60_000})
    raw.set("bull:mail:limiter", 10, px=60_000)
    raw.set("bull:mail:stalled-check", 1, px=30_000)
    raw.lpush("bull:mail:active", "x", "y")
    raw.zadd("bull:mail:marker", {"1": 1_700_000_000_000})
    seen = await explorer.around(MAIL, "a")
    assert seen.paused
    assert seen.paused_at_ms is None
    assert (seen.concurrency, seen.active, seen.marker, seen.last_id) == (3, 2, 1_700_000_000_000, 7)
    assert 59_000 < seen.limit.ttl_ms <= 60_000
    assert replace(seen.limit, ttl_ms=0) == RateLimit(10, 60_000, used=10)
    assert seen.limit.limited
    assert seen.stalled_check_ttl_ms is not None
    assert 29_000 < seen.stalled_check_ttl_ms <= 30_000
    now = raw.time()
    assert abs(seen.now_ms - int(now[0]) * 1000) < 5_000

    raw.set("bull:mail:limiter", 9_007_199_254_740_991, px=60_000)
    raw.zadd("bull:mail:marker", {"0": 0})
    seen = await explorer.around(MAIL, "a")
    assert seen.limit.manual
    assert seen.marker == 0


async def test_a_job_that_runs(explorer: RedisExplorer, raw: Redis) -> None:
    add_job(raw, "bull:mail", "run", processedOn=1_700_000_000_500, atm=1, deid="one")
    raw.lpush("bull:mail:active", "run", "other")
    raw.set("bull:mail:run:lock", "token", px=20_000)
    raw.sadd("bull:mail:stalled", "run")
    raw.set("bull:mail:de:one", "owner", px=9_000)
    seen = await explorer.around(MAIL, "run")
    assert seen.states == (JobState.ACTIVE,)
    assert seen.ahead is None
    assert seen.lock_ttl_ms is not None
    assert 19_000 < seen.lock_ttl_ms <= 20_000
    assert seen.in_stalled
    assert seen.stamp == (1_700_000_000_500, None, 1)
    assert seen.dedup_owner == "owner"
    assert seen.dedup_ttl_ms is not None
    assert 8_000 < seen.dedup_ttl_ms <= 9_000
    raw.persist("bull:mail:de:one")
    assert (await explorer.around(MAIL, "run")).dedup_ttl_ms is None
    raw.delete("bull:mail:run:lock")
    assert (await explorer.around(MAIL, "run")).lock_ttl_ms is None


async def test_all_places_are_told(explorer: RedisExplorer, raw: Redis) -> None:
    raw.lpush("bull:mail:active", "a")
    raw.lpush("bull:mail:paused", "a", "b")
    raw.zadd("bull:mail:delayed", {"a": 4096.0 * 1_700_000_000_000})
    raw.zadd("bull:mail:waiting-children", {"a": 5})
    seen = await explorer.around(MAIL, "a")
    assert seen.states == (JobState.DELAYED, JobState.ACTIVE, JobState.PAUSED, JobState.WAITING_CHILDREN)
    assert seen.score == 4096.0 * 1_700_000_000_000
    assert not seen.exists


async def test_nothing_at_all(explorer: RedisExplorer, raw: Redis) -> None:
    seen = await explorer.around(MAIL, "a")
    assert replace(seen, now_ms=0) == Surroundings(0, exists=False)


@pytest.mark.parametrize("at_tail", [True, False])
async def test_markers_of_bullmq_3_and_4_are_no_jobs(explorer: RedisExplorer, raw: Redis, *, at_tail: bool) -> None:
    raw.lpush("bull:mail:wait", "b", "a")
    (raw.rpush if at_tail else raw.lpush)("bull:mail:wait", "0:0")
    raw.zadd("bull:mail:prioritized", {"p": PRIORITY})
    assert (await explorer.around(MAIL, "b")).ahead == 0
    assert (await explorer.around(MAIL, "a")).ahead == 1
    assert (await explorer.around(MAIL, "p")).ahead == 2


async def test_priorities_within_the_list_of_bull_and_bullmq_3(explorer: RedisExplorer, raw: Redis) -> None:
    raw.lpush("bull:mail:wait", "c", "b", "a")
    raw.zadd("bull:mail:priority", {"b": 1, "a": 2})
    seen = await explorer.around(MAIL, "a")
    assert (seen.ahead, seen.higher) == (2, None)


async def test_the_pauses_of_each_layout(explorer: RedisExplorer, raw: Redis) -> None:
    raw.lpush("bull:mail:paused", "b", "a")
    raw.set("bull:mail:meta-paused", 1)
    seen = await explorer.around(MAIL, "a")
    assert seen.paused
    assert (seen.states, seen.ahead) == ((JobState.PAUSED,), 1)
    raw.zadd("bull:mail:prioritized", {"p": PRIORITY})
    raw.lpush("bull:mail:wait", "w")
    assert (await explorer.around(MAIL, "p")).ahead == 3


@pytest.mark.parametrize("job_id", ["x:y:z", "repeat:nightly:1700000000000", "🐂", "a*b?[c]", " ", "\udcff\udcfe"])
async def test_ids_as_people_make_them(explorer: RedisExplorer, raw: Redis, job_id: str) -> None:
    add_job(raw, "bull:mail", job_id.encode("utf-8", "surrogateescape"), deid="d:e:f")
    raw.lpush("bull:mail:wait", "first", job_id.encode("utf-8", "surrogateescape"))
    raw.set("bull:mail:de:d:e:f", job_id.encode("utf-8", "surrogateescape"))
    seen = await explorer.around(MAIL, job_id)
    assert (seen.exists, seen.states, seen.ahead, seen.dedup_owner) == (True, (JobState.WAITING,), 1, job_id)


async def test_keys_of_strangers(explorer: RedisExplorer, raw: Redis) -> None:
    for name in ("wait", "active", "meta", "stalled", "limiter", "marker", "delayed", "id"):
        raw.lpush(f"bull:mail:{name}", "x") if name not in ("wait", "active") else raw.set(f"bull:mail:{name}", "x")
    raw.lpush("bull:mail:a", "no job")
    raw.zadd("bull:mail:failed", {"a": 5})
    seen = await explorer.around(MAIL, "a")
    assert not seen.exists
    assert seen.foreign
    assert seen.states == (JobState.FAILED,)
    assert {"wait", "active", "meta", "stalled", "limiter", "marker", "delayed", "id"} <= {*seen.faults}


async def test_numbers_that_are_none(explorer: RedisExplorer, raw: Redis) -> None:
    raw.hset("bull:mail:meta", mapping={"concurrency": "many", "max": "\xff", "duration": ""})
    raw.set("bull:mail:limiter", "lots", px=9_000)
    raw.set("bull:mail:id", "none")
    raw.hset("bull:mail:a", mapping={"processedOn": "yesterday", "atm": "twice", "deid": "x" * 5_000})
    raw.zadd("bull:mail:delayed", {"a": float("inf")})
    raw.set("bull:mail:a:lock", "for ever")
    seen = await explorer.around(MAIL, "a")
    assert (seen.concurrency, seen.last_id, seen.stamp) == (None, 0, (None, None, 0))
    assert seen.limit.used == 0
    assert seen.score == float("inf")
    assert seen.lock_ttl_ms == 0


@pytest.mark.quiet
@pytest.mark.parametrize("place", ["tail", "head", "middle"])
async def test_a_list_of_a_million(scripted: RedisReader, raw: Redis, place: str) -> None:
    fill_list(raw, "bull:mail:wait", 1_000_000)
    fill_list(raw, "bull:mail:paused", 400_000, prefix="p")
    fill_set(raw, "bull:mail:prioritized", 100_000, factor=PRIORITY)
    explorer = RedisExplorer(scripted.calls)
    job_id, ahead = {"tail": ("1001", 1_000), "head": ("999000", 998_999), "middle": ("500000", LOOKED)}[place]
    await explorer.around(MAIL, job_id)  # the script is there
    time = ServerTime(raw)
    seen: list[Surroundings] = []

    async def look() -> None:
        seen.append(await explorer.around(MAIL, job_id))

    await time.of(look, longest_ms=10)
    assert seen[-1].ahead == ahead
    assert seen[-1].ahead_deeper is (place == "middle")
    assert (JobState.WAITING in seen[-1].unsearched) is (place == "middle")


async def test_a_long_list_says_nothing_of_one_that_stands_elsewhere(explorer: RedisExplorer, raw: Redis) -> None:
    fill_list(raw, "bull:mail:wait", 250_000)
    raw.zadd("bull:mail:failed", {"a": 5})
    seen = await explorer.around(MAIL, "a")
    assert (seen.states, seen.unsearched) == ((JobState.FAILED,), (JobState.WAITING,))
    assert (seen.ahead, seen.ahead_deeper) == (None, False)


@pytest.mark.quiet
async def test_a_million_without_scripts(server: EmbeddedServer, raw: Redis) -> None:
    fill_list(raw, "bull:mail:wait", 1_000_000)
    async with reading(url_for(server, "plain")) as plain:
        explorer = RedisExplorer(plain.calls)
        seen: list[Surroundings] = []

        async def look() -> None:
            seen.append(await explorer.around(MAIL, "500000"))

        await ServerTime(raw).of(look, longest_ms=10)
        assert (seen[-1].ahead, seen[-1].unsearched) == (LOOKED, (JobState.WAITING,))


async def test_other_prefixes_and_names(explorer: RedisExplorer, raw: Redis) -> None:
    ref = QueueRef("app:{prod}", "mail:bulk")
    add_job(raw, "app:{prod}:mail:bulk", "a")
    raw.lpush("app:{prod}:mail:bulk:wait", "a")
    assert (await explorer.around(ref, "a")).states == (JobState.WAITING,)
