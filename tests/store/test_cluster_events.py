"""Events on a real Cluster: of one slot, of several, through a failover and while a slot moves."""

import asyncio
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from time import monotonic
from typing import Any

import pytest

from bulltui.domain.connection import Connection
from bulltui.domain.errors import BulltuiError
from bulltui.domain.event import Event
from bulltui.domain.queue import QueueRef
from bulltui.store.events import RedisEvents
from tests.own_time import own_time
from tests.servers.cluster import ClusterServer, slot_of
from tests.store.cluster_support import MAIL, ran, tags_on


@pytest.fixture
def cluster(running: ClusterServer) -> ClusterServer:
    running.flush()
    return running


@pytest.fixture
def raw(cluster: ClusterServer) -> Iterator[Any]:
    client = cluster.everywhere()
    yield client
    client.close()


class Follower:
    """Reads on and on."""

    def __init__(self, source: RedisEvents) -> None:
        self.source = source
        self.events: list[Event] = []
        self.gaps = 0
        self.problems: list[BulltuiError] = []

    async def run(self, refs: list[QueueRef]) -> None:
        cursors = dict(await self.source.tails(refs))
        self.began.set()
        while True:
            try:
                batch = await self.source.read(cursors, wait_ms=500, limit=1_000)
            except BulltuiError as error:
                self.problems.append(error)
                await asyncio.sleep(0.05)
                continue
            cursors = dict(batch.cursors)
            self.events += batch.events
            self.gaps += len(batch.gaps)

    async def has(self, count: int) -> list[tuple[str, str]]:
        """Queue and job of each event, once there are so many."""
        end = monotonic() + 20
        while len(self.events) < count and monotonic() < end:
            await asyncio.sleep(0.01)
        return [(event.ref.prefix, event.job_id) for event in self.events]

    began: asyncio.Event


@asynccontextmanager
async def following(cluster: ClusterServer, refs: list[QueueRef]) -> AsyncIterator[Follower]:
    source = RedisEvents.open(Connection(cluster.url))
    follower = Follower(source)
    follower.began = asyncio.Event()
    task = asyncio.create_task(follower.run(refs))
    try:
        await asyncio.wait_for(follower.began.wait(), 10)
        yield follower
    finally:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)
        await source.close()


def write(raw: Any, ref: QueueRef, *ids: str) -> list[tuple[str, str]]:
    for job_id in ids:
        raw.xadd(f"{ref.key}:events", {"event": "completed", "jobId": job_id})
    return [(ref.prefix, job_id) for job_id in ids]


async def test_streams_of_several_slots_over_one_connection_to_each_node(cluster: ClusterServer, raw: Any) -> None:
    refs = [QueueRef(tag, "mail") for tags in tags_on(cluster, 3).values() for tag in tags]
    async with following(cluster, refs) as follower:
        written: list[tuple[str, str]] = []
        for number in range(20):
            for ref in refs:
                written += write(raw, ref, str(number))
        seen = await follower.has(len(written))
        assert sorted(seen) == sorted(written)
        for ref in refs:
            assert [job for prefix, job in seen if prefix == ref.prefix] == [str(number) for number in range(20)]
        for node in cluster.primaries():
            own = [line for line in cluster.tell(node, "CLIENT", "LIST").splitlines() if b"name=bulltui" in line]
            assert len(own) == 1
            cluster.tell(node, "CONFIG", "RESETSTAT")
        await asyncio.sleep(1.2)
        for node in cluster.primaries():
            assert 3 <= ran(cluster, node, "xread") <= 3 * 8  # three slots each, some five looks a second
    assert follower.gaps == 0
    assert follower.problems == []


async def test_streams_of_one_slot_are_waited_for_there(cluster: ClusterServer, raw: Any) -> None:
    refs = [MAIL, QueueRef("{bull}", "pay")]
    async with following(cluster, refs) as follower:
        node = cluster.holder(MAIL.key)
        await asyncio.sleep(0.7)  # it is in its second wait by now
        cluster.tell(node, "CONFIG", "RESETSTAT")
        await asyncio.sleep(1.2)
        assert ran(cluster, node, "xread") <= 4
        began = own_time()
        write(raw, MAIL, "1")
        await follower.has(1)
        assert own_time() - began < 0.15
    assert follower.problems == []


async def test_nothing_is_missed_or_told_twice_through_a_failover(cluster: ClusterServer, raw: Any) -> None:
    others = [QueueRef(tags[0], "mail") for tags in tags_on(cluster).values()]
    for refs in ([MAIL], others):
        async with following(cluster, refs) as follower:
            written = [pair for ref in refs for pair in write(raw, ref, "before")]
            await asyncio.to_thread(cluster.failover, cluster.holder(refs[0].key))
            written += [pair for ref in refs for pair in write(raw, ref, "after", "last")]
            assert sorted(await follower.has(len(written))) == sorted(written)
            assert follower.gaps == 0


async def test_nothing_is_missed_while_a_slot_moves(cluster: ClusterServer, raw: Any) -> None:
    refs = [MAIL, QueueRef("{bull}", "pay"), *(QueueRef(tags[0], "mail") for tags in tags_on(cluster).values())]
    source = cluster.holder(MAIL.key)
    target = next(node for node in cluster.primaries() if node is not source)
    async with following(cluster, refs) as follower:
        written = [pair for ref in refs for pair in write(raw, ref, "before")]
        await follower.has(len(written))
        with cluster.moving(slot_of(MAIL.key), target) as move:
            move.keys(f"{MAIL.key}:events")
            await asyncio.sleep(0.5)
            written += [pair for ref in refs if ref.prefix != "{bull}" for pair in write(raw, ref, "during")]
            await follower.has(len(written))
        written += [pair for ref in refs for pair in write(raw, ref, "after")]
        assert sorted(await follower.has(len(written))) == sorted(written)
        assert follower.gaps == 0
