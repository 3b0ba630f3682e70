"""What bulk actions cost: against the Node library, to the server in single calls, and to the event loop."""

import asyncio
import gc
import json
import subprocess
import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from redis import Redis

from bulltui.config.settings import Settings
from bulltui.domain.actions import Clean, Remove, Restore, Retry
from bulltui.domain.outcome import Outcome
from bulltui.domain.queue import QueueRef
from bulltui.domain.states import JobState
from bulltui.domain.targets import Every, Jobs, Past, Queues
from bulltui.services.request import Request
from bulltui.tui.app import BulltuiApp
from bulltui.wiring import Runtime, open_runtime
from tests.bench.data import NODE
from tests.bench.figures import Figure

JOBS = 100_000
MARKED = 10_000
LONGEST_CALL_MS = 10
LONGEST_BLOCK_MS = 30
NAMES = ("node", "ours", "clean", "remove")

_FILL = """
local base, state = KEYS[1], ARGV[1]
for i = ARGV[2], ARGV[3] do
  local id = string.format("%d", i)
  redis.call("HSET", base .. id, "name", "charge", "data",
    '{"number":' .. id .. ',"to":"customer' .. id .. '@example.com","amount":1250,"currency":"EUR"}',
    "opts", '{"attempts":3,"backoff":{"type":"exponential","delay":1000}}', "timestamp", ARGV[4], "delay", "0",
    "priority", "0", "atm", "3", "ats", "3", "processedOn", ARGV[4], "finishedOn", ARGV[4],
    "failedReason", "connect ETIMEDOUT 10.0.0.7:443",
    "stacktrace", '["Error: connect ETIMEDOUT 10.0.0.7:443\\\\n    at Socket.onTimeout (src/acquirer.ts:88:13)"]')
  redis.call("ZADD", base .. state, ARGV[4] + i, id)
end
redis.call("HSET", base .. "meta", "opts.maxLenEvents", "10000", "version", "bullmq:5.81.5")
redis.call("SET", base .. "id", ARGV[3])
"""


def _fill(raw: Any, name: str, state: str, count: int) -> None:
    """`count` finished jobs as BullMQ 5 leaves them, in pieces that no slowlog minds."""
    began = int(time.time() * 1000) - 10 * count
    for start in range(1, count + 1, 1000):
        raw.eval(_FILL, 1, f"bull:{name}:", state, start, min(start + 999, count), began)


class _Loop:
    """The longest time for which the event loop did nothing else, while the block lasts."""

    def __init__(self) -> None:
        self.longest = 0.0

    async def __aenter__(self) -> "_Loop":
        self._task = asyncio.create_task(self._watch())
        return self

    async def __aexit__(self, *_: object) -> None:
        self._task.cancel()

    async def _watch(self) -> None:
        while True:
            started = time.perf_counter()
            await asyncio.sleep(0.001)
            self.longest = max(self.longest, time.perf_counter() - started - 0.001)


@dataclass(frozen=True, slots=True)
class _Run:
    """One action: seconds, the longest call of the server and the longest block of the loop in ms, and its outcome."""

    seconds: float
    call_ms: float
    block_ms: float
    outcome: Outcome


async def _measured(runtime: Runtime, raw: Any, request: Request) -> _Run:
    raw.config_set("slowlog-log-slower-than", 1000)
    raw.config_set("slowlog-max-len", 10_000)
    raw.slowlog_reset()
    async with _Loop() as loop:
        started = time.perf_counter()
        outcome = await runtime.runner.run(request)
        seconds = time.perf_counter() - started
    assert outcome.error is None, outcome
    calls = [entry["duration"] for entry in raw.slowlog_get(10_000) if not entry["command"].startswith(b"CONFIG")]
    return _Run(seconds, max(calls, default=0) / 1000, loop.longest * 1000, outcome)


def _node(url: str) -> float:
    """Seconds that the Node library takes for its own."""
    done = subprocess.run(
        ["node", "retry.mjs", "--url", url, "--name", "node"], cwd=NODE, capture_output=True, text=True, check=True
    )
    said = json.loads(done.stdout)
    assert said["left"] == 0
    return float(said["seconds"])


async def measure(url: str, *, with_node: bool) -> list[Figure]:
    """Figures of the actions, in the real screen, which refreshes meanwhile. `url` is an empty server."""
    raw: Any = Redis.from_url(url)
    for name in NAMES:
        _fill(raw, name, "completed" if name == "clean" else "failed", JOBS)
    figures: list[Figure] = []
    node = _node(url) if with_node else None
    with tempfile.TemporaryDirectory() as folder:
        settings = Settings(url=url, refresh_s=1, state_folder=folder)
        async with open_runtime(settings) as runtime, BulltuiApp(runtime).run_test(size=(140, 40)):
            async with asyncio.timeout(20):
                while len(runtime.bus.last.rows) < len(NAMES):
                    await asyncio.sleep(0.01)
            await asyncio.sleep(1)
            gc.freeze()  # as the program does after its start

            def ref(name: str) -> QueueRef:
                return QueueRef("bull", name)

            marked = tuple(str(9 * i + 5) for i in range(MARKED))
            steps: list[tuple[str, Callable[[], Request], float | None]] = [
                ("retry-all of 100,000", lambda: Request(Retry(), Every(ref("ours"), JobState.FAILED)), None),
                ("clean of 100,000", lambda: Request(Clean(), Queues((ref("clean"),))), None),
                ("undo of the clean", lambda: Request(Restore(last), Past(last)), 20),
                ("remove of 10,000 marked", lambda: Request(Remove(), Jobs(ref("remove"), marked)), None),
            ]
            last = 0
            for name, request, limit in steps:
                run = await _measured(runtime, raw, request())
                last = run.outcome.undo or 0
                assert run.outcome.done == (MARKED if "marked" in name else JOBS), run.outcome
                if "retry" in name and node is not None:
                    figures.append(Figure(name, run.seconds, "s", 2, node, "Node retryJobs", by_ratio=True))
                else:
                    figures.append(Figure(name, run.seconds, "s", limit))
                figures.append(Figure("  longest call of the server", run.call_ms, "ms", LONGEST_CALL_MS))
                figures.append(Figure("  longest block of the loop", run.block_ms, "ms", LONGEST_BLOCK_MS))
    raw.close()
    return figures
