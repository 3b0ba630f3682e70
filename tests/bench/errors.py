"""A hundred thousand failed jobs of many families of real errors, in groups."""

import asyncio
import time
from typing import Any

import redis

from bulltui.domain.queue import QueueRef
from bulltui.services.clock import SystemClock
from bulltui.services.grouping import Grouping
from bulltui.store.finder import RedisFinder
from bulltui.store.reader import RedisReader
from tests.bench.figures import Figure, own_memory_mb
from tests.errors.corpus import score
from tests.errors.filling import fill_failed

JOBS = 100_000
PAYMENTS = QueueRef("bull", "payments")
PROMISED_S = 5
BLINK_MS = 50
_TICK_S = 0.002


async def measure(url: str) -> list[Figure]:
    """Figures of the groups of 100,000 failed jobs. The server is to be empty."""
    client: Any = redis.Redis.from_url(url)
    families = fill_failed(client, JOBS)
    client.slowlog_reset()
    client.config_resetstat()
    reader = RedisReader.from_url(url, timeout_s=10)
    before = own_memory_mb()
    grouping = Grouping(RedisFinder(reader.calls), SystemClock(), [PAYMENTS])
    watching = asyncio.create_task(_longest_pause())
    started = time.perf_counter()
    first = 0.0
    async for _ in grouping.steps():
        first = first or time.perf_counter() - started
    took = time.perf_counter() - started
    pause = _ended(watching)
    groups = grouping.groups()
    found = score((families[one], group.fingerprint.key) for group in groups for one in group.ids[PAYMENTS])
    slowest = max((entry["duration"] for entry in client.slowlog_get(128)), default=0) / 1000
    await reader.close()
    what = f"{JOBS:,} failed jobs of {found.families} families of errors"
    return [
        Figure(f"{what}, grouped", took, "s", PROMISED_S),
        Figure("... the first groups", first * 1000, "ms"),
        Figure("... pairs of one family that are not in one group", 1 - found.recall, "of all", 0.02),
        Figure("... pairs in one group that are not of one family", 1 - found.precision, "of all", 0.02),
        Figure("... slowest single call, if over 10", slowest, "ms", 10),
        Figure("... longest time that the screen waits", await pause, "ms", BLINK_MS),
        Figure("... memory that it added", own_memory_mb() - before, "MB", 100),
    ]


async def _longest_pause() -> float:
    """The longest time (ms) in which nothing else came to its turn, until it is cancelled."""
    longest = 0.0
    try:
        while True:
            before = time.perf_counter()
            await asyncio.sleep(_TICK_S)
            longest = max(longest, time.perf_counter() - before - _TICK_S)
    except asyncio.CancelledError:
        return longest * 1000


async def _ended(task: "asyncio.Task[float]") -> float:
    task.cancel()
    return await task
