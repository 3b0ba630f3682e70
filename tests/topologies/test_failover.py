"""Another server becomes the master while we look and act: seen soon, nothing lost, nothing done twice, and told."""

import asyncio
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest

from bulltui.config.settings import Settings
from bulltui.domain import actions
from bulltui.domain.outcome import Kind, Outcome, Progress
from bulltui.domain.queue import QueueRef
from bulltui.domain.snapshot import Snapshot
from bulltui.domain.states import JobState
from bulltui.domain.targets import Every
from bulltui.services.request import Request
from bulltui.wiring import Runtime, open_runtime
from tests.servers.sentinel import SentinelServers
from tests.topologies.filling import fill_failed
from tests.topologies.places import in_step

PAY = QueueRef("bull", "pay")
P = "bull:pay"
JOBS = 20_000
CHUNK = 1_000
"""No more than this is on its way at once."""


@pytest.fixture
def servers() -> Iterator[SentinelServers]:
    """A master of its own for each test, which loses its place."""
    with SentinelServers(replicas=1) as running:
        yield running


@asynccontextmanager
async def polled(
    servers: SentinelServers, folder: Path
) -> AsyncIterator[tuple[Runtime, Callable[[], Snapshot | None]]]:
    """A runtime that refreshes, and its last snapshot."""
    async with open_runtime(Settings(url=servers.url, refresh_s=0.2, state_folder=str(folder))) as runtime:
        last: list[Snapshot] = []
        runtime.bus.subscribe(last.append)
        polling = asyncio.create_task(runtime.poller.run())
        try:
            yield runtime, lambda: last[-1] if last else None
        finally:
            polling.cancel()
            await asyncio.gather(polling, return_exceptions=True)


async def until(condition: Callable[[], bool], within_s: float = 20.0) -> None:
    async with asyncio.timeout(within_s):
        while not condition():
            await asyncio.sleep(0.05)


@pytest.mark.parametrize("how", ["told", "killed"])
async def test_a_refresh_goes_on_at_the_new_master(servers: SentinelServers, tmp_path: Path, how: str) -> None:
    with servers.client(servers.master) as raw:
        fill_failed(raw, P, 10)
        in_step(raw, *map(servers.client, servers.replicas))
    async with polled(servers, tmp_path) as (_, last):

        def waiting() -> int:
            snapshot = last()
            return sum(row.queue.counts.waiting for row in snapshot.rows) if snapshot else -1

        await until(lambda: waiting() == 0)
        if how == "told":
            new = await asyncio.to_thread(servers.failover)
        else:
            new = await asyncio.to_thread(servers.await_takeover, servers.kill())
        with servers.client(new) as raw:
            raw.lpush(f"{P}:wait", "only-here")
        await until(lambda: waiting() == 1)
        snapshot = last()
        assert snapshot is not None
        assert [row.queue.counts.failed for row in snapshot.rows] == [10]


def whole(raw: Any) -> tuple[int, int]:
    """How many jobs failed and wait; each is there once."""
    failed, waiting = raw.zrange(f"{P}:failed", 0, -1), raw.lrange(f"{P}:wait", 0, -1)
    assert len(set(waiting)) == len(waiting), "a job waits twice"
    assert sorted(map(int, [*failed, *waiting])) == list(range(JOBS))
    pipe = raw.pipeline(transaction=False)
    for number in range(JOBS):
        pipe.exists(f"{P}:{number}")
    assert all(pipe.execute())
    return len(failed), len(waiting)


async def retry(servers: SentinelServers, folder: Path, happens: Callable[[], object]) -> Outcome:
    """All that failed is retried, and in the middle of it something happens."""
    with servers.client(servers.master) as raw:
        fill_failed(raw, P, JOBS)
        in_step(raw, *map(servers.client, servers.replicas))
    begun: list[asyncio.Future[object]] = []

    def on_progress(progress: Progress) -> None:
        if progress.done >= 4_000 and not begun:
            begun.append(asyncio.get_running_loop().run_in_executor(None, happens))

    async with open_runtime(Settings(url=servers.url, state_folder=str(folder))) as runtime:
        target = Every(PAY, JobState.FAILED, per_second=4_000)
        outcome = await runtime.runner.run(Request(actions.Retry(), target), on_progress=on_progress)
        await begun[0]
        return outcome


async def finished(servers: SentinelServers, folder: Path) -> None:
    """What is left is retried, and then each job waits once."""
    async with open_runtime(Settings(url=servers.url, state_folder=str(folder))) as runtime:
        rest = await runtime.runner.run(Request(actions.Retry(), Every(PAY, JobState.FAILED)))
    assert rest.kind is Kind.DONE
    with servers.client(servers.master) as raw:
        assert whole(raw) == (0, JOBS)


async def test_a_failover_in_the_middle_of_a_bulk_retry(servers: SentinelServers, tmp_path: Path) -> None:
    """The old master lives on and would take changes that nobody sees: none is sent to it."""
    outcome = await retry(servers, tmp_path, servers.failover)
    assert outcome.kind is Kind.PARTLY, outcome
    assert outcome.error is not None
    assert outcome.error.code in ("failover", "lost-answer", "read-only-server")
    assert 4_000 <= outcome.done < JOBS
    assert outcome.done + outcome.unsure + outcome.left == JOBS
    with servers.client(servers.master) as raw:
        failed, waiting = whole(raw)
    assert outcome.done <= waiting <= outcome.done + outcome.unsure, (outcome, failed, waiting)
    await finished(servers, tmp_path)


async def test_a_master_that_dies_in_the_middle_of_a_bulk_retry(servers: SentinelServers, tmp_path: Path) -> None:
    """What it had answered last may not have reached the replica: that is Redis' own limit, of a few commands."""
    old = servers.master

    def dies() -> None:
        old.kill()
        servers.await_takeover(old)

    outcome = await retry(servers, tmp_path, dies)
    assert outcome.kind is Kind.PARTLY, outcome
    assert outcome.error is not None
    assert outcome.error.exit_code == 6
    assert outcome.done + outcome.unsure + outcome.left == JOBS
    with servers.client(servers.master) as raw:
        _, waiting = whole(raw)
    assert outcome.done - CHUNK <= waiting <= outcome.done + outcome.unsure
    await finished(servers, tmp_path)
