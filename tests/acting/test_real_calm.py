"""On a real server with more queues than are read at once: what an action changed shows at once; while the server is
away nothing is sent, and once it is back all goes on."""

import asyncio
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest
from redis import Redis

from bulltui.config.settings import Settings
from bulltui.demo.server import EmbeddedServer
from bulltui.domain import actions
from bulltui.domain.errors import BulltuiError
from bulltui.domain.outcome import Kind
from bulltui.domain.queue import QueueRef
from bulltui.domain.snapshot import Link, Snapshot
from bulltui.domain.states import JobState
from bulltui.domain.targets import Every
from bulltui.services.breaker import OFFLINE
from bulltui.services.request import Request
from bulltui.wiring import Runtime, open_runtime
from tests.acting.test_real_runner import PAY, fill
from tests.own_time import own_time

QUEUES = 150


def _many(raw: Any) -> None:
    pipe = raw.pipeline(transaction=False)
    for number in range(QUEUES - 1):
        pipe.hset(f"bull:q{number:03}:meta", mapping={"version": "bullmq:5.81.5", "opts.maxLenEvents": 10000})
    pipe.execute()
    fill(raw, 50)


@pytest.fixture
def own() -> Iterator[EmbeddedServer]:
    with EmbeddedServer() as server:
        yield server


@asynccontextmanager
async def polled(own: EmbeddedServer, folder: Path, **more: Any) -> AsyncIterator[Runtime]:
    with Redis(port=own.port) as raw:
        _many(raw)
    async with open_runtime(Settings(url=own.url, state_folder=str(folder), **more)) as runtime:
        polling = asyncio.create_task(runtime.poller.run())
        try:
            await until(runtime, lambda s: len(s.rows) == QUEUES and s.discovery.finished_at is not None)
            yield runtime
        finally:
            polling.cancel()


async def until(runtime: Runtime, there: Callable[[Snapshot], bool], seconds: float = 10.0) -> Snapshot:
    async with asyncio.timeout(seconds):
        while not there(runtime.bus.last):
            await asyncio.sleep(0.01)
    return runtime.bus.last


def failed(snapshot: Snapshot, ref: QueueRef = PAY) -> int:
    row = snapshot.row(ref)
    return -1 if row is None else row.queue.counts.failed


async def _look(runtime: Runtime) -> None:
    await runtime.reader.page(PAY, JobState.FAILED, 0, 10)


async def _retry(runtime: Runtime) -> None:
    outcome = await runtime.runner.run(Request(actions.Retry(), Every(PAY, JobState.FAILED)))
    if outcome.error is not None:
        raise outcome.error


async def test_what_an_action_changed_out_of_sight_shows_at_once(own: EmbeddedServer, tmp_path: Path) -> None:
    async with polled(own, tmp_path, refresh_s=5.0) as runtime:
        assert failed(runtime.bus.last) == 50
        runtime.poller.visible = (QueueRef("bull", "q001"),)
        misses = runtime.bus.last.vitals.cache.misses
        outcome = await runtime.runner.run(Request(actions.Retry(), Every(PAY, JobState.FAILED)))
        assert outcome.done == 50
        shown = await until(runtime, lambda s: failed(s) == 0, 2.0)
        assert shown.vitals.cache.misses - misses < QUEUES / 2, "all were read for one"
        assert shown.totals.failed == 0


async def test_while_it_is_away_nothing_is_sent_and_then_it_goes_on(own: EmbeddedServer, tmp_path: Path) -> None:
    async with polled(own, tmp_path, refresh_s=0.2) as runtime:
        own.kill()
        away = await until(runtime, lambda s: s.health.link is Link.OFFLINE, 3.0)
        assert len(away.rows) == QUEUES
        assert away.servers[0].vitals.opened == 1
        for call in (_look, _retry):
            began = own_time()
            with pytest.raises(BulltuiError) as held:
                await call(runtime)
            assert own_time() - began < 0.2
            assert held.value.code == OFFLINE
            assert "is offline since" in held.value.message
            assert "refused" in held.value.message or "closed" in held.value.message
        own.restart()
        with Redis(port=own.port) as raw:
            _many(raw)
        await until(runtime, lambda s: s.health.link is Link.ONLINE and failed(s) == 50, 20.0)
        outcome = await runtime.runner.run(Request(actions.Retry(), Every(PAY, JobState.FAILED)))
        assert (outcome.kind, outcome.done) == (Kind.DONE, 50)


async def test_calls_and_the_server_are_known_to_the_screen(own: EmbeddedServer, tmp_path: Path) -> None:
    async with polled(own, tmp_path, refresh_s=0.2) as runtime:
        shown = await until(runtime, lambda s: bool(s.server) and "INFO" in s.vitals.calls)
        assert shown.vitals.calls["PING"].count > 0
        assert shown.vitals.calls["batch"].sum_ms > 0
        assert shown.servers[0].address == own.url
        assert shown.vitals.cache.ttl_s == 30.0
        seq = shown.seq
        later = await until(runtime, lambda s: s.seq > seq + 5)
        assert later.vitals.cache.rate > 0.3
