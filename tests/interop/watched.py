"""A queue with a worker that tells the truth about itself, and our recording of it beside."""

import asyncio
import contextlib
import json
import math
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from typing import Any

from bulltui.domain.point import Point
from bulltui.domain.queue import QueueRef
from bulltui.domain.sketch import Sketch
from bulltui.services.bus import Bus
from bulltui.services.clock import SystemClock
from bulltui.services.pace import PollOptions
from bulltui.services.poller import Poller
from bulltui.services.watch.recorder import Recorder
from bulltui.services.watch.totals import Totals
from bulltui.store.events import RedisEvents
from bulltui.store.job_times import RedisPast
from bulltui.store.reader import RedisReader
from tests.fake_history_store import FakeHistoryStore
from tests.interop.support import NODE

TRUTH = QueueRef("bull", "truth")
_WITHIN_S = 60.0

OFF = 0.02
"""How far a number of ours may be off, as a share."""
OFF_MS = 4.0
"""How far times may be off beside: Node looks at its clock before and after the server does."""


class Worker:
    """The program `node/truth.mjs`, see there."""

    def __init__(self, process: asyncio.subprocess.Process) -> None:
        self._process = process

    async def __call__(self, **command: Any) -> Any:
        """Has it do something, and waits for the answer."""
        stdin, stdout = self._process.stdin, self._process.stdout
        assert stdin is not None
        assert stdout is not None
        stdin.write(json.dumps(command).encode() + b"\n")
        await stdin.drain()
        async with asyncio.timeout(_WITHIN_S):
            return json.loads(await stdout.readline())

    async def work(self, jobs: int) -> None:
        """Adds jobs and waits until all are done."""
        await self(jobs=jobs)
        await self(quiet=True)


@asynccontextmanager
async def working(library: str, url: str, *options: str) -> AsyncIterator[Worker]:
    """A worker of a library, until the end of the block."""
    process = await asyncio.create_subprocess_exec(
        *("node", str(NODE / "truth.mjs"), "--lib", library, "--url", url, *options),
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
        limit=1 << 26,
    )
    assert process.stdout is not None
    try:
        async with asyncio.timeout(_WITHIN_S):
            assert json.loads(await process.stdout.readline())["ready"]
        yield Worker(process)
    finally:
        with contextlib.suppress(ProcessLookupError):
            process.kill()
        await process.wait()


class Recording:
    """Our recording of all queues of a server, begun and ended as often as one likes; the history stays."""

    def __init__(self, url: str, store: FakeHistoryStore | None = None, *, events: bool = True) -> None:
        self._url = url
        self._events = events
        self.store = store or FakeHistoryStore()
        self.totals = Totals()
        self.problems: tuple[str, ...] = ()

    @asynccontextmanager
    async def on(self) -> AsyncIterator[Recorder]:
        """Records in the block, from when the queue was found and is followed."""
        reader, clock, bus = RedisReader.from_url(self._url), SystemClock(), Bus()
        source = RedisEvents.from_url(self._url)
        poller = Poller(reader, bus, clock, PollOptions(("bull",), refresh_s=0.3, discovery_s=0.3))
        recorder = Recorder(
            clock, RedisPast(reader.calls), self.totals, store=self.store, source=source if self._events else None
        )
        bus.subscribe(recorder.tell)
        tasks = [asyncio.create_task(poller.run()), asyncio.create_task(recorder.run())]
        try:
            async with asyncio.timeout(_WITHIN_S):
                while bus.last.row(TRUTH) is None or not (
                    recorder.counted_until_ms or (recorder.leads and not self._events)
                ):
                    await asyncio.sleep(0.01)
            yield recorder
            seen = bus.last.seq
            async with asyncio.timeout(_WITHIN_S):
                # All that was written by now is seen, and the counts were read once more.
                now = clock.now_ms()
                while bus.last.seq < seen + 3 or (self._events and recorder.counted_until_ms < now):
                    await asyncio.sleep(0.01)
            self.problems = recorder.problems
        finally:
            for task in reversed(tasks):
                task.cancel()
                with contextlib.suppress(asyncio.CancelledError):
                    await task
            await source.close()
            await reader.close()

    async def ended(self, recorder: Recorder, jobs: int) -> None:
        """Waits until so many jobs were seen to end, those included that are not written yet."""
        async with asyncio.timeout(_WITHIN_S):
            while True:
                running = sum(found.completed + found.failed for _, found in recorder._steps.pending(TRUTH, 0))
                if self.total.flow.finished + running >= jobs:
                    return
                await asyncio.sleep(0.02)

    @property
    def total(self) -> Point:
        """All that is recorded of the queue."""
        return self.store.total(TRUTH)


def quantile(durations: Sequence[float], share: float) -> float:
    """The same as a sketch says, without one."""
    return sorted(durations)[max(1, math.ceil(share * len(durations))) - 1]


def agrees(sketch: Sketch, truth: Sequence[float], *, all_of_them: bool = True) -> None:
    """Whether percentiles are as they truly were. Between two neighbours in the order one cannot tell: a job more or
    less moves a percentile from one to the other."""
    if all_of_them:
        assert abs(sketch.total - len(truth)) <= OFF * len(truth)
    for share in (0.5, 0.95):
        found = sketch.quantile(share)
        assert found is not None
        low, high = quantile(truth, share - 0.01), quantile(truth, share + 0.01)
        assert low * (1 - OFF) - OFF_MS <= found <= high * (1 + OFF) + OFF_MS, (share, found, low, high)


def near(found: float, truth: float) -> bool:
    """Whether a number is right."""
    return abs(found - truth) <= OFF * truth


def flows(point: Point) -> Mapping[str, int]:
    """What moved, in the words of the worker."""
    flow = point.flow
    return {name: getattr(flow, name) for name in ("added", "started", "completed", "failed", "retried")}


def told(truth: Mapping[str, Any]) -> Mapping[str, int]:
    """The same as the worker told it."""
    return {name: truth[name] for name in ("added", "started", "completed", "failed", "retried")}
