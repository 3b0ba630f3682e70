"""What the tests on a Cluster fill it with, and a gate that remembers."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import Any

from bulltui.demo.server import EmbeddedServer
from bulltui.domain.connection import Connection
from bulltui.domain.errors import BulltuiError, UnreachableError
from bulltui.domain.queue import QueueRef
from bulltui.store.cluster import ClusterCalls
from bulltui.store.opening import open_calls
from bulltui.store.reader import RedisReader
from tests.servers.cluster import ClusterServer

T = 1_700_000_000_000
MAIL = QueueRef("{bull}", "mail")


class Watcher:
    """A gate that remembers what was told."""

    def __init__(self) -> None:
        self.heard: list[str] = []
        self.away: list[UnreachableError] = []

    async def enter(self, *, probe: bool = False) -> None:
        """See Gate."""

    def told(self, call: str, ms: float, error: BulltuiError | None) -> None:
        """See Gate."""
        self.heard.append(call)
        if isinstance(error, UnreachableError):
            self.away.append(error)


def calls_to(cluster: ClusterServer, watcher: Watcher | None = None, **more: Any) -> ClusterCalls:
    """Calls to the test's Cluster."""
    made = open_calls(Connection(cluster.url, **more), watcher or Watcher())
    assert isinstance(made, ClusterCalls)
    return made


@asynccontextmanager
async def reading(cluster: ClusterServer, watcher: Watcher | None = None, **more: Any) -> AsyncIterator[RedisReader]:
    """A reader of it."""
    reader = RedisReader(calls_to(cluster, watcher, **more))
    try:
        yield reader
    finally:
        await reader.close()


def fill(raw: Any, ref: QueueRef, *, failed: int = 0, waiting: int = 0) -> None:
    """A queue of BullMQ 5 with failed and waiting jobs."""
    q = ref.key
    pipe = raw.pipeline(transaction=False)
    pipe.hset(f"{q}:meta", mapping={"version": "bullmq:5.81.5", "opts.maxLenEvents": 10000})
    pipe.set(f"{q}:id", failed + waiting)
    for number in range(failed + waiting):
        fields = {"name": "charge", "data": "{}", "opts": "{}", "timestamp": T, "delay": 0, "priority": 0}
        if number < failed:
            fields |= {"atm": 1, "finishedOn": T + number, "failedReason": "boom"}
            pipe.zadd(f"{q}:failed", {str(number): T + number})
        else:
            pipe.lpush(f"{q}:wait", number)
        pipe.hset(f"{q}:{number}", mapping=fields)
    pipe.execute()


def tags_on(cluster: ClusterServer, count: int = 1) -> dict[EmbeddedServer, list[str]]:
    """Hash tags, so many for each primary."""
    found: dict[EmbeddedServer, list[str]] = {node: [] for node in cluster.primaries()}
    number = 0
    while min(map(len, found.values())) < count:
        tag = f"{{t{number}}}"
        number += 1
        tags = found[cluster.holder(tag)]
        if len(tags) < count:
            tags.append(tag)
    return found


async def until(condition: Callable[[], Any], *, within_s: float = 20.0) -> None:
    """Looks until it holds. Raises AssertionError where it does not in time."""
    for _ in range(int(within_s / 0.02)):
        if condition():
            return
        await asyncio.sleep(0.02)
    raise AssertionError(f"not within {within_s:g} s")


def ran(cluster: ClusterServer, node: EmbeddedServer, command: str) -> int:
    """How often a node was given a command since the statistics were reset."""
    stats = cluster.tell(node, "INFO", "commandstats").decode()
    return sum(
        int(line.partition("calls=")[2].partition(",")[0])
        for line in stats.splitlines()
        if line.startswith(f"cmdstat_{command}:")
    )
