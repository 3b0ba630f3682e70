"""Counts of every state, in the layouts of all libraries, and with keys that are not what they should be."""

import pytest
from redis import Redis

from bulltui.demo.server import EmbeddedServer
from bulltui.domain.errors import NotAllowedError
from bulltui.domain.layout import Layout
from bulltui.domain.queue import Counts, Queue, QueueRef
from bulltui.store.reader import RedisReader
from tests.conftest import PASSWORD
from tests.store.support import MAIL, ServerTime, add_job, reading

MANUAL = 9007199254740991


async def count(reader: RedisReader, ref: QueueRef = MAIL) -> Queue:
    (queue,) = await reader.counts([ref])
    assert queue.ref == ref
    return queue


def fill(raw: Redis, key: str = "bull:mail") -> None:
    """Every state, each with another number of jobs."""
    raw.hset(f"{key}:meta", mapping={"version": "bullmq:5.81.5", "opts.maxLenEvents": 10000})
    raw.lpush(f"{key}:wait", "w1")
    raw.lpush(f"{key}:active", *[f"a{i}" for i in range(2)])
    for number, state in enumerate(("prioritized", "delayed", "waiting-children", "completed", "failed"), 3):
        raw.zadd(f"{key}:{state}", {f"{state}{i}": i for i in range(number)})
    raw.zadd(f"{key}:repeat", {"daily": 1})
    raw.set(f"{key}:id", 25)


async def test_every_state(reader: RedisReader, raw: Redis) -> None:
    fill(raw)
    add_job(raw, "bull:mail", "w1", timestamp=17)
    queue = await count(reader)
    assert queue.counts == Counts(1, 2, 3, 4, 5, 6, 7, 0)
    assert (queue.added, queue.schedulers, queue.max_events, queue.version) == (25, 1, 10000, "bullmq:5.81.5")
    assert queue.oldest_waiting_at == 17
    assert (queue.paused, queue.concurrency, queue.faults) == (False, None, ())
    assert queue.layout.layout is Layout.V5


async def test_the_next_run_of_all_schedulers_and_jobs_under_watch(reader: RedisReader, raw: Redis) -> None:
    fill(raw)
    queue = await count(reader)
    assert (queue.next_run_at, queue.stalled) == (1, 0)
    raw.zadd("bull:mail:repeat", {"daily": 1_800_000_086_400_000, "hourly": 1_800_000_003_600})
    raw.sadd("bull:mail:stalled", "a0", "a1")
    queue = await count(reader)
    assert (queue.schedulers, queue.next_run_at, queue.stalled) == (2, 1_800_000_003_600, 2)
    raw.delete("bull:mail:repeat")
    assert (await count(reader)).next_run_at is None


@pytest.mark.parametrize("score", ["inf", "-inf", "-1", "1e300"])
async def test_a_next_run_that_is_no_time(reader: RedisReader, raw: Redis, score: str) -> None:
    fill(raw)
    raw.zadd("bull:mail:repeat", {"strange": float(score)})
    raw.zrem("bull:mail:repeat", "daily")
    assert (await count(reader)).next_run_at is None


async def test_schedulers_and_watched_jobs_of_foreign_types(reader: RedisReader, raw: Redis) -> None:
    fill(raw)
    raw.delete("bull:mail:repeat")
    raw.set("bull:mail:repeat", "text")
    raw.set("bull:mail:stalled", "text")
    queue = await count(reader)
    assert (queue.next_run_at, queue.stalled) == (None, 0)
    assert set(queue.faults) == {"repeat", "stalled"}


@pytest.mark.parametrize(
    ("entries", "jobs"),
    [
        (["0:0"], 0),
        (["0:1700000000000"], 0),
        (["0:0", "1"], 1),
        (["1", "0:0"], 1),
        (["0:0", "1", "0:0"], 1),
        (["1", "2"], 2),
        (["0", "00:1"], 2),
    ],
)
@pytest.mark.parametrize("name", ["wait", "paused", "active"])
async def test_markers_in_lists_are_no_jobs(
    reader: RedisReader, raw: Redis, name: str, entries: list[str], jobs: int
) -> None:
    raw.hset("bull:mail:meta", "version", "bullmq:4.18.3")
    raw.rpush(f"bull:mail:{name}", *entries)
    counts = (await count(reader)).counts
    assert (counts.waiting, counts.paused, counts.active).count(0) == 3 - (jobs > 0)
    assert counts.total == jobs


async def test_pause_of_bullmq_5(reader: RedisReader, raw: Redis) -> None:
    fill(raw)
    raw.rename("bull:mail:wait", "bull:mail:paused")
    raw.hset("bull:mail:meta", "paused", 1)
    add_job(raw, "bull:mail", "w1", timestamp=17)
    queue = await count(reader)
    assert queue.paused
    assert (queue.counts.waiting, queue.counts.paused) == (0, 1)
    assert queue.oldest_waiting_at == 17
    assert queue.layout.layout is Layout.V5


async def test_pause_of_bullmq_6(reader: RedisReader, raw: Redis) -> None:
    fill(raw)
    raw.hset("bull:mail:meta", mapping={"version": "bullmq:6.7.0", "paused": ""})
    queue = await count(reader)
    assert queue.paused, "the presence of the field counts, not its value"
    assert (queue.counts.waiting, queue.counts.paused) == (1, 0)
    assert queue.layout.layout is Layout.V6


async def test_pause_of_bull(reader: RedisReader, raw: Redis) -> None:
    raw.rpush("bull:mail:paused", "1")
    raw.set("bull:mail:meta-paused", 1)
    queue = await count(reader)
    assert queue.paused
    assert queue.layout.layout is Layout.BULL


async def test_concurrency_and_rate_limit(reader: RedisReader, raw: Redis) -> None:
    fill(raw)
    raw.hset("bull:mail:meta", mapping={"concurrency": 0, "max": 10, "duration": 5000})
    queue = await count(reader)
    assert queue.concurrency == 0
    assert (queue.limit.maximum, queue.limit.duration_ms, queue.limit.used) == (10, 5000, 0)
    assert not queue.limit.limited
    raw.set("bull:mail:limiter", 9, px=4000)
    assert not (await count(reader)).limit.limited
    raw.set("bull:mail:limiter", 10, px=4000)
    limit = (await count(reader)).limit
    assert limit.limited
    assert 3000 < limit.ttl_ms <= 4000


async def test_limit_held_by_a_worker(reader: RedisReader, raw: Redis) -> None:
    fill(raw)
    raw.set("bull:mail:limiter", MANUAL, px=4000)
    limit = (await count(reader)).limit
    assert limit.manual
    assert limit.limited
    assert limit.maximum is None


async def test_limit_of_a_worker_is_not_known_to_be_reached(reader: RedisReader, raw: Redis) -> None:
    fill(raw)
    raw.set("bull:mail:limiter", 3, px=4000)
    limit = (await count(reader)).limit
    assert (limit.used, limit.maximum, limit.limited) == (3, None, False)


async def test_metrics_totals(reader: RedisReader, raw: Redis) -> None:
    fill(raw)
    assert (await count(reader)).completed_total is None
    raw.hset("bull:mail:metrics:completed", "count", 5)
    raw.hset("bull:mail:metrics:failed", "count", 2)
    queue = await count(reader)
    assert (queue.completed_total, queue.failed_total) == (5, 2)


async def test_queues_that_are_gone_are_left_out(reader: RedisReader, raw: Redis) -> None:
    fill(raw)
    fill(raw, "bull:pay")
    refs = [QueueRef("bull", "gone"), MAIL, QueueRef("other", "mail"), QueueRef("bull", "pay")]
    assert [queue.ref for queue in await reader.counts(refs)] == [refs[1], refs[3]]
    assert await reader.counts([]) == []
    raw.flushall()
    assert await reader.counts(refs) == []


KEYS = {
    "meta": "hash",
    "wait": "list",
    "paused": "list",
    "active": "list",
    "prioritized": "zset",
    "delayed": "zset",
    "waiting-children": "zset",
    "completed": "zset",
    "failed": "zset",
    "repeat": "zset",
    "id": "string",
    "limiter": "string",
    "metrics:completed": "hash",
    "metrics:failed": "hash",
    "events": "stream",
    "marker": "zset",
}


@pytest.mark.parametrize("suffix", KEYS)
async def test_key_of_a_foreign_type_is_a_fault(reader: RedisReader, raw: Redis, suffix: str) -> None:
    fill(raw)
    raw.delete(f"bull:mail:{suffix}")
    raw.sadd(f"bull:mail:{suffix}", "0:x", "y")
    queue = await count(reader)
    assert queue.faults == (suffix,)
    assert min(queue.counts.as_tuple()) == 0


async def test_all_keys_foreign(reader: RedisReader, raw: Redis) -> None:
    for suffix in KEYS:
        raw.sadd(f"bull:mail:{suffix}", "x")
    queue = await count(reader)
    assert set(queue.faults) == set(KEYS)
    assert queue.counts == Counts()


@pytest.mark.parametrize("value", [b"abc", b"", b"-5", b"1e400", b"9" * 5000, b"\xff\xfe", b"\0!WRONGTYPE x", b"1.5"])
async def test_values_that_are_no_numbers(reader: RedisReader, raw: Redis, value: bytes) -> None:
    fill(raw)
    fields = ("concurrency", "max", "duration", "opts.maxLenEvents", "version")
    raw.hset("bull:mail:meta", mapping=dict.fromkeys(fields, value))
    raw.set("bull:mail:id", value)
    raw.set("bull:mail:limiter", value, px=4000)
    raw.hset("bull:mail:metrics:completed", "count", value)
    queue = await count(reader)
    assert queue.counts.failed == 7
    assert queue.faults == ()
    assert not queue.limit.limited
    str(queue)


@pytest.mark.parametrize("entry", [b"\0!NOPERM x", b"\0!WRONGTYPE Operation", b"-ERR x", b"\xff", b"\0!"])
async def test_entries_that_read_like_errors(reader: RedisReader, raw: Redis, entry: bytes) -> None:
    fill(raw)
    raw.delete("bull:mail:wait")
    raw.lpush("bull:mail:wait", entry)
    add_job(raw, "bull:mail", entry, timestamp=17)
    queue = await count(reader)
    assert queue.counts.waiting == 1
    assert queue.oldest_waiting_at == 17


async def test_names_of_all_kinds(reader: RedisReader, raw: Redis) -> None:
    names = ["a b", "naïve", "👩‍👩‍👧", "a*b", "\x1b[31m", "x" * 10_000, "ma\udcfel", "", ":"]
    refs = [QueueRef("bull", name) for name in names]
    for ref in refs:
        raw.lpush(ref.key.encode("utf-8", "surrogateescape") + b":wait", 1)
    assert [queue.ref for queue in await reader.counts(refs)] == refs


@pytest.mark.parametrize("right", ["llen", "zcard", "hmget", "get", "type", "hget", "lindex", "pttl"])
@pytest.mark.parametrize("scripts", ["+@scripting", "-@scripting"])
async def test_lacking_right_is_an_error_and_no_zero(
    server: EmbeddedServer, raw: Redis, right: str, scripts: str
) -> None:
    fill(raw)
    rights = ("~*", "&*", "+@all", scripts, f"-{right}")
    raw.execute_command("ACL", "SETUSER", "poor", "reset", "on", f">{PASSWORD}", *rights)  # type: ignore[no-untyped-call]
    async with reading(f"redis://poor:{PASSWORD}@127.0.0.1:{server.port}") as poor:
        with pytest.raises(NotAllowedError) as caught:
            await poor.counts([MAIL])
    assert caught.value.code == "no-permission"


@pytest.mark.quiet
async def test_many_queues_in_bounded_calls(reader: RedisReader, raw: Redis) -> None:
    raw.eval(
        """for i = 1, 1002 do
          local base = "bull:queue-" .. i .. ":"
          redis.call("HSET", base .. "meta", "version", "bullmq:5.81.5", "opts.maxLenEvents", 10000)
          for j = 1, 5 do redis.call("LPUSH", base .. "wait", j) end
          for j = 1, 5 do redis.call("ZADD", base .. "completed", j, "c" .. j) end
        end""",
        0,
    )
    refs = [QueueRef("bull", f"queue-{i}") for i in range(1, 1003)]
    await reader.counts(refs[:1])
    time = ServerTime(raw)
    queues = await reader.counts(refs)
    assert len(queues) == 1002
    assert {queue.counts for queue in queues} == {Counts(waiting=5, completed=5)}
    await time.of(lambda: reader.counts(refs), longest_ms=5)
    if reader.scripts_allowed:
        assert time.commands()["evalsha_ro"][0] <= 40
