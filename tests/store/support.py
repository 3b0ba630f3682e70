"""What several tests of the store need: filling a server as the libraries do, and asking it what it did."""

import json
from collections.abc import AsyncIterator, Awaitable, Callable, Iterable, Sequence
from contextlib import asynccontextmanager
from typing import Any, cast

from redis import Redis

from bulltui.domain.queue import QueueRef
from bulltui.domain.reads import Discovered
from bulltui.store.reader import RedisReader

MAIL = QueueRef("bull", "mail")


async def searched(reader: RedisReader, prefixes: Sequence[str] | None = ("bull",)) -> list[Discovered]:
    """All steps of a search."""
    return [step async for step in reader.discover(prefixes)]


async def found(reader: RedisReader, prefixes: Sequence[str] | None = ("bull",)) -> set[tuple[str, str]]:
    """The queues that a search finds, each once."""
    refs = [ref for step in await searched(reader, prefixes) for ref in step.refs]
    assert len(refs) == len(set(refs)), "a queue was reported twice"
    return {(ref.prefix, ref.name) for ref in refs}


def add_job(raw: Any, queue: str, job_id: str | bytes, **fields: Any) -> bytes:
    """A job's hash as BullMQ writes it; returns its key. Fields given as None are left out."""
    values: dict[str, Any] = {
        "name": "job",
        "data": '{"n":1}',
        "opts": '{"attempts":3}',
        "timestamp": 1_700_000_000_000,
        "delay": 0,
        "priority": 0,
    } | fields
    key = queue.encode() + b":" + (job_id if isinstance(job_id, bytes) else job_id.encode())
    raw.hset(key, mapping={name: value for name, value in values.items() if value is not None})
    return key


_FILLS: dict[tuple[object, ...], bytes] = {}
"""What was filled in before, as a server of its kind stores it: to put it back costs a hundredth."""


def _fill(raw: Redis, key: str, count: int, script: str, word: str) -> None:
    """The key as `script` makes it, which is told from where to where and `word`; put back where it was made before."""
    known = (raw.connection_pool.connection_kwargs.get("port"), script, count, word)
    if known not in _FILLS:
        raw.delete(key)
        for start in range(1, count + 1, 50_000):  # a script that runs for seconds makes the server refuse others
            raw.eval(script, 1, key, str(start), str(min(start + 49_999, count)), word)
        _FILLS[known] = cast("bytes", raw.dump(key))
    else:
        raw.restore(key, 0, _FILLS[known], replace=True)


def fill_list(raw: Redis, key: str, count: int, *, prefix: str = "") -> None:
    """A list of `count` ids, the newest at the head as after that many adds: count, ..., 2, 1."""
    script = """
    for from = ARGV[1], ARGV[2], 1000 do
      local ids = {}
      for i = from, math.min(from + 999, ARGV[2]) do ids[#ids + 1] = ARGV[3] .. i end
      redis.call("LPUSH", KEYS[1], unpack(ids))
    end"""
    _fill(raw, key, count, script, prefix)


def fill_set(raw: Redis, key: str, count: int, *, factor: int = 1) -> None:
    """A sorted set of the ids 1 to `count`, with score = id * factor."""
    script = """
    for from = ARGV[1], ARGV[2], 1000 do
      local pairs = {}
      for i = from, math.min(from + 999, ARGV[2]) do
        pairs[#pairs + 1] = string.format("%d", i * ARGV[3])
        pairs[#pairs + 1] = i
      end
      redis.call("ZADD", KEYS[1], unpack(pairs))
    end"""
    _fill(raw, key, count, script, str(factor))


_KNOWN_WORK = """
for i = 1, 200 do
  redis.call("HSET", KEYS[1], "field" .. i, string.rep("x", i))
  redis.call("HGETALL", KEYS[1])
  if i % 20 == 0 then redis.call("DEL", KEYS[1]) end
end
redis.call("DEL", KEYS[1])"""
_KNOWN_WORK_MS = 1.5
"""Milliseconds of a server at rest for it, at best, on two cores of a common cloud machine."""


class ServerTime:
    """What the server did between two looks: its own time by command, from INFO commandstats."""

    def __init__(self, raw: Redis) -> None:
        self._raw = raw

    def reset(self) -> None:
        """Begin to count."""
        self._raw.config_resetstat()
        self._raw.config_set("slowlog-log-slower-than", 500)
        self._raw.config_set("slowlog-max-len", 5000)
        self._raw.slowlog_reset()

    def commands(self) -> dict[str, tuple[int, int]]:
        """Calls and microseconds by command, those of this class left out, inner calls of scripts included."""
        stats: dict[str, dict[str, Any]] = self._raw.info("commandstats")
        own = ("cmdstat_config", "cmdstat_slowlog", "cmdstat_info")
        return {
            name.removeprefix("cmdstat_"): (int(values["calls"]), int(values["usec"]))
            for name, values in stats.items()
            if not name.startswith(own)
        }

    def total_ms(self) -> float:
        """Milliseconds of the server for everything. What a script calls counts twice, so this is more than it was."""
        return sum(usec for _, usec in self.commands().values()) / 1000

    def longest_ms(self) -> float:
        """The longest single call, 0 when none took as long as half a millisecond."""
        skipped = (b"CONFIG", b"SLOWLOG", b"INFO", b"HELLO", b"CLIENT", b"AUTH")
        entries: Iterable[dict[str, Any]] = self._raw.slowlog_get(5000)
        durations = [int(e["duration"]) for e in entries if not e["command"].upper().startswith(skipped)]
        return max(durations, default=0) / 1000

    def slowness(self) -> float:
        """How much longer than on a machine at rest the server takes now, at least 1: a bound in milliseconds is one
        of that machine, and beside other work, or on a slower one, all of it takes longer alike."""
        took = []
        for _ in range(3):
            self._raw.config_resetstat()
            self._raw.eval(_KNOWN_WORK, 1, "own:known-work")
            took.append(dict(self.commands())["eval"][1] / 1000)
        return max(1.0, max(took) / _KNOWN_WORK_MS)

    async def of(self, work: Callable[[], Awaitable[object]], *, longest_ms: float, total_ms: float = 1e9) -> None:
        """Does `work` and asserts how long the server took for it. The machine may have other things to do in the
        same moment, so the best of some runs counts, and known work is looked at beside."""
        for left in reversed(range(6)):
            slowness = self.slowness()
            self.reset()
            await work()
            longest, total = self.longest_ms(), self.total_ms()
            if longest <= longest_ms * slowness and total <= total_ms * slowness:
                return
            if not left:
                raise AssertionError(
                    f"the longest call took {longest} ms, all {total} ms, at {slowness:.1f} times rest"
                )


def js(value: object) -> str:
    """`value` as JavaScript's JSON.stringify writes it."""
    return json.dumps(value, separators=(",", ":"), ensure_ascii=False)


@asynccontextmanager
async def reading(url: str, **timeouts: float) -> AsyncIterator[RedisReader]:
    """A reader of `url` for a block."""
    made = RedisReader.from_url(url, **timeouts)
    try:
        yield made
    finally:
        await made.close()
