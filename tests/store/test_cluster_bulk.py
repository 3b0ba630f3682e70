"""A bulk action of the real runner while a primary of a real Cluster changes: nothing lost, nothing done twice."""

import asyncio
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from bulltui.config.settings import Settings
from bulltui.domain import actions
from bulltui.domain.outcome import Outcome, Progress
from bulltui.domain.states import JobState
from bulltui.domain.targets import Every
from bulltui.services.request import Request
from bulltui.wiring import open_runtime
from tests.servers.cluster import ClusterServer
from tests.store.cluster_support import MAIL, T

COUNT = 20_000
AFTER = 4_000

FILL = """
local q = ARGV[1]
redis.call("HSET", q .. ":meta", "version", "bullmq:5.81.5", "opts.maxLenEvents", 100000)
redis.call("SET", q .. ":id", ARGV[2])
for number = tonumber(ARGV[3]), tonumber(ARGV[4]) do
  redis.call("HSET", q .. ":" .. number, "name", "charge", "data", "{}", "opts", "{}", "timestamp", ARGV[5], "atm", 1,
    "finishedOn", ARGV[5] + number, "failedReason", "boom")
  redis.call("ZADD", q .. ":failed", ARGV[5] + number, number)
end
"""


@pytest.fixture
def cluster(running: ClusterServer) -> ClusterServer:
    running.flush()
    node = running.holder(MAIL.key)
    for start in range(0, COUNT, 1_000):
        running.tell(node, "EVAL", FILL, 1, f"{MAIL.key}:meta", MAIL.key, COUNT, start, start + 999, T)
    running.await_replicas()
    return running


async def retried(cluster: ClusterServer, folder: Path, trouble: Callable[[], Any]) -> Outcome:
    """All failed jobs retried by the runner; `trouble` comes when some thousands are done."""
    tasks: list[asyncio.Task[Any]] = []

    def told(progress: Progress) -> None:
        if progress.done >= AFTER and not tasks:
            tasks.append(asyncio.create_task(asyncio.to_thread(trouble)))

    async with open_runtime(Settings(url=cluster.url, state_folder=str(folder))) as runtime:
        outcome = await runtime.runner.run(Request(actions.Retry(), Every(MAIL, JobState.FAILED)), on_progress=told)
        await asyncio.gather(*tasks)
        return outcome


def where_all_are(cluster: ClusterServer) -> tuple[list[int], list[int]]:
    """The ids of failed and of waiting jobs. Asserts that each job is in one of them, once."""
    node = cluster.holder(MAIL.key)
    failed = [int(one) for one in cluster.tell(node, "ZRANGE", f"{MAIL.key}:failed", 0, -1)]
    waiting = [int(one) for one in cluster.tell(node, "LRANGE", f"{MAIL.key}:wait", 0, -1)]
    assert sorted(failed + waiting) == list(range(COUNT))
    return failed, waiting


async def test_a_handover_in_the_middle_of_a_bulk_retry_is_not_noticed(cluster: ClusterServer, tmp_path: Path) -> None:
    primary = cluster.holder(MAIL.key)
    outcome = await retried(cluster, tmp_path, lambda: cluster.failover(primary))
    assert cluster.holder(MAIL.key) is not primary
    assert (outcome.done, outcome.unsure, outcome.left, outcome.error) == (COUNT, 0, 0, None)
    failed, waiting = where_all_are(cluster)
    assert (failed, len(waiting)) == ([], COUNT)
    events = cluster.tell(cluster.holder(MAIL.key), "XRANGE", f"{MAIL.key}:events", "-", "+")
    told = [dict(zip(entry[::2], entry[1::2], strict=True))[b"jobId"] for _, entry in events]
    assert len(told) == len(set(told)) == COUNT  # each was retried once


async def test_a_primary_killed_in_the_middle_of_a_bulk_retry_is_told_as_it_is(
    cluster: ClusterServer, tmp_path: Path
) -> None:
    primary = cluster.holder(MAIL.key)
    replica = cluster.replica_of(primary)
    outcome = await retried(cluster, tmp_path, primary.kill)
    cluster.await_takeover(replica)
    failed, waiting = where_all_are(cluster)
    assert len(waiting) >= AFTER - 500  # what a replica had not heard of yet is as it was
    # What was told as done is done, but for what the replica had not heard of; what is unsure is said to be.
    assert outcome.done + outcome.unsure >= len(waiting)
    assert outcome.done <= len(waiting) + 500
    assert outcome.left <= len(failed)
    if outcome.error is not None:
        assert outcome.left > 0
    async with open_runtime(Settings(url=cluster.url, state_folder=str(tmp_path))) as runtime:
        rest = await runtime.runner.run(Request(actions.Retry(), Every(MAIL, JobState.FAILED)))
    assert rest.done == len(failed)
    failed, waiting = where_all_are(cluster)
    assert (failed, len(waiting)) == ([], COUNT)
