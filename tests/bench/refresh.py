"""What a refresh of all counts costs: against the bare scripts, against bull-board, and to the event loop."""

import asyncio
import gc
import json
import subprocess
import time
import urllib.request
from statistics import median

from bulltui.config.settings import Settings
from bulltui.domain.queue import QueueRef
from bulltui.services.overview import find_queues
from bulltui.store.calls import KEYS_A_CALL, Calls
from bulltui.store.counts import COMMANDS, next_to_run
from bulltui.store.keys import base, job_key
from bulltui.store.reader import RedisReader
from bulltui.tui.app import BulltuiApp
from bulltui.wiring import open_runtime
from tests.bench.data import NODE
from tests.bench.figures import Figure

ROUNDS = 15


async def _bare(calls: Calls, refs: list[QueueRef], oldest: list[bytes]) -> None:
    """The very calls of a refresh and nothing else."""
    words: list[bytes | str | int] = []
    for command in COMMANDS:
        words += (len(command), *command)
    for start in range(0, len(refs), KEYS_A_CALL):
        await calls.script("batch", [base(ref) for ref in refs[start : start + KEYS_A_CALL]], words)
        await calls.script("batch", oldest[start : start + KEYS_A_CALL], (3, "HGET", "", "timestamp"))


async def _oldest(calls: Calls, refs: list[QueueRef]) -> list[bytes]:
    rows = await calls.batch([base(ref) for ref in refs], COMMANDS)
    found = ((ref, next_to_run(row)) for ref, row in zip(refs, rows, strict=True))
    return [job_key(ref, job_id.decode()) for ref, job_id in found if job_id is not None]


async def measure(url: str, *, with_node: bool) -> list[Figure]:
    """Figures of the refresh."""
    reader = RedisReader.from_url(url, timeout_s=10)
    calls = reader.calls
    refs, _ = await find_queues(reader, ("bull",), ())
    oldest = await _oldest(calls, refs)
    ours: list[float] = []
    floor: list[float] = []
    for _ in range(ROUNDS):
        started = time.perf_counter()
        await reader.counts(refs)
        ours.append(time.perf_counter() - started)
        started = time.perf_counter()
        await _bare(calls, refs, oldest)
        floor.append(time.perf_counter() - started)
    refresh = median(ours) * 1000
    figures = [
        Figure("refresh of all counts", refresh, "ms", 2, median(floor) * 1000, "the same scripts, bare", by_ratio=True)
    ]
    if with_node:
        board = _bull_board(url) * 1000
        figures.append(Figure("refresh of all counts", refresh, "ms", 0.1, board, "bull-board", by_ratio=True))
    await reader.close()
    figures.append(await _longest_block(url, len(refs)))
    return figures


def _bull_board(url: str) -> float:
    """Seconds of bull-board's own refresh, the best of five."""
    with subprocess.Popen(
        ["node", "board.mjs", "--url", url], cwd=NODE, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as board:
        assert board.stdout is not None
        try:
            port = json.loads(board.stdout.readline())["port"]
            times: list[float] = []
            for _ in range(5):
                started = time.perf_counter()
                with urllib.request.urlopen(f"http://127.0.0.1:{port}/api/queues") as answer:
                    answer.read()
                times.append(time.perf_counter() - started)
            return min(times)
        finally:
            board.terminate()


async def _longest_block(url: str, queues: int) -> Figure:
    """The longest time for which the screen, refreshing twice a second, kept the event loop from anything else."""
    async with open_runtime(Settings(url=url, refresh_s=0.5, refresh_timeout_s=10)) as runtime:
        app = BulltuiApp(runtime)
        async with app.run_test(size=(140, 40)):
            async with asyncio.timeout(20):
                while len(runtime.bus.last.rows) < queues:
                    await asyncio.sleep(0.01)
            await asyncio.sleep(2)
            gc.freeze()  # as the program does after its start
            worst = sorted([await _worst(4) for _ in range(3)])
    # The middle of three: what else runs on the machine is none of our blocks.
    return Figure("longest block of the event loop by a refresh", worst[1] * 1000, "ms", 15)


async def _worst(seconds: float) -> float:
    worst = 0.0
    until = time.perf_counter() + seconds
    while (now := time.perf_counter()) < until:
        await asyncio.sleep(0.001)
        worst = max(worst, time.perf_counter() - now - 0.001)
    return worst
