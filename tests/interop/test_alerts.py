"""Every kind of alert fires and ends once, about queues of the real library that get into trouble and out of it."""

import asyncio
import contextlib
import json
from collections import Counter
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest
from redis import Redis

from bulltui.config.settings import Settings
from bulltui.config.watching import AlertSettings, Watching
from bulltui.demo.server import EmbeddedServer
from bulltui.domain.alert import Alert, Phase, Rule, Watched
from bulltui.wiring import Runtime, open_runtime
from tests.interop.support import NODE, require_node
from tests.thorough import tried

LIBRARIES = tried(("5", "6"), ("6",))
WITHIN_S = 60.0

THRESHOLDS = {
    Watched.FAILED: 3.0,
    Watched.FAILED_RATE: 10.0,
    Watched.FAILURE_SHARE: 50.0,
    Watched.BACKLOG: 5.0,
    Watched.OLDEST_WAITING: 1.0,
    Watched.WAIT_P95: 1.0,
    Watched.RUN_P95: 0.5,
    Watched.NO_WORKERS: 0.0,
    Watched.STALLED: 0.0,
    Watched.OVERDUE_SCHEDULER: 0.5,
    Watched.NO_COMPLETIONS: 0.0,
    Watched.MEMORY: 90.0,
}
"""Over these each fires; the others have none."""


def rule(watched: Watched) -> Rule:
    queues = () if watched.of_server else (watched.value,)
    threshold = THRESHOLDS.get(watched, 0.0)
    return Rule(watched.value, watched, threshold, for_s=0, clear_s=0, window_s=10, queues=queues)


@asynccontextmanager
async def trouble(library: str, url: str) -> AsyncIterator["Trouble"]:
    process = await asyncio.create_subprocess_exec(
        *("node", str(NODE / "alarms.mjs"), "--lib", library, "--url", url),
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
    )
    made = Trouble(process)
    try:
        await made.answer()
        yield made
    finally:
        with contextlib.suppress(ProcessLookupError):
            process.kill()
        await process.wait()


class Trouble:
    """The program `node/alarms.mjs`, see there."""

    def __init__(self, process: asyncio.subprocess.Process) -> None:
        self._process = process

    async def answer(self) -> None:
        assert self._process.stdout is not None
        async with asyncio.timeout(WITHIN_S):
            assert json.loads(await self._process.stdout.readline())

    async def __call__(self, what: str) -> None:
        assert self._process.stdin is not None
        self._process.stdin.write(json.dumps({"do": what}).encode() + b"\n")
        await self._process.stdin.drain()
        await self.answer()


class Board:
    """What is seen of the alerts, through the board that screens and commands have."""

    def __init__(self, runtime: Runtime) -> None:
        self._runtime = runtime

    async def firing(self) -> set[Watched]:
        return {one.watched for one in await self._runtime.alerts.alerts() if one.phase is Phase.FIRING}

    async def past(self) -> list[Alert]:
        return await self._runtime.alerts.past()

    async def all_queues(self, count: int) -> None:
        """Waits until all queues are known, and their events followed."""
        async with asyncio.timeout(WITHIN_S):
            while len(self._runtime.bus.last.rows) < count or not self._runtime.watching.recorder.leads:
                await asyncio.sleep(0.05)

    async def until(self, *wanted: Watched, ended: bool = False) -> None:
        """Waits until all of these fire, or have ended."""
        try:
            async with asyncio.timeout(WITHIN_S):
                while missing := set(wanted) - await self._told(ended=ended):
                    await asyncio.sleep(0.1)
                    self._runtime.poller.refresh_now()
        except TimeoutError:
            raise AssertionError(f"{'not ended' if ended else 'not firing'}: {missing}") from None

    async def _told(self, *, ended: bool) -> set[Watched]:
        over = {one.watched for one in await self.past()}
        return over - await self.firing() if ended else over | await self.firing()


@asynccontextmanager
async def watched(settings: Settings) -> AsyncIterator[tuple[Runtime, Board]]:
    async with open_runtime(settings) as runtime:
        tasks = [asyncio.create_task(runtime.poller.run()), asyncio.create_task(runtime.watch.run())]
        try:
            yield runtime, Board(runtime)
        finally:
            assert runtime.watch.problems == ()
            for task in tasks:
                task.cancel()
            await asyncio.wait(tasks)


@pytest.mark.interop
@pytest.mark.parametrize("library", LIBRARIES)
async def test_every_kind_fires_once_and_ends_once(library: str, tmp_path: Path) -> None:
    require_node()
    of_queues = [kind for kind in Watched if not kind.of_server]
    with EmbeddedServer() as server, Redis(host="127.0.0.1", port=server.port) as raw:
        settings = Settings(
            url=server.url,
            refresh_s=0.25,
            refresh_timeout_s=0.5,
            connect_timeout_s=0.5,
            state_folder=str(tmp_path),
            watching=Watching(alerts=AlertSettings(tuple(map(rule, Watched)), built_in=False)),
        )
        raw.config_set("maxmemory", 1)  # of which more than 90 % are used
        raw.config_set("maxmemory-policy", "allkeys-lru")
        async with watched(settings) as (runtime, seen):
            await seen.until(Watched.MEMORY, Watched.EVICTION_POLICY)
            raw.config_set("maxmemory", 0)
            raw.config_set("maxmemory-policy", "noeviction")
            async with trouble(library, server.url) as node:
                await node("open")
                runtime.poller.refresh_now(discover=True)  # the server's numbers too
                await seen.all_queues(len(of_queues))
                await node("begin")
                await seen.until(*of_queues)
                await node("end")
                await seen.until(*of_queues, Watched.MEMORY, Watched.EVICTION_POLICY, ended=True)
            server.pause()
            await seen.until(Watched.UNREACHABLE)
            server.resume()
            await seen.until(Watched.UNREACHABLE, ended=True)
            past = await seen.past()
    assert Counter(one.watched for one in past) == Counter(Watched)
    for one in past:
        assert one.phase is Phase.RESOLVED
        assert one.since_ms <= one.fired_ms <= one.resolved_ms
        assert (one.ref is None) == one.watched.of_server
        if one.ref is not None:
            assert one.ref.name == one.watched.value
        if one.watched in THRESHOLDS:
            assert one.worst > THRESHOLDS[one.watched]
        assert one.text
    assert len({one.id for one in past}) == len(past)
