"""What watching costs: 5,000 events a second turned into the history, and 1,000 queues in which nothing happens.

`python -m tests.bench.watching` measures it by itself.
"""

import asyncio
import gc
import os
import subprocess
import sys
import tempfile
import time
from contextlib import suppress
from pathlib import Path
from typing import Any

from redis import Redis

from bulltui.config.settings import Settings
from bulltui.demo.server import EmbeddedServer
from bulltui.domain.point import Flow, Point, Stand
from bulltui.domain.queue import QueueRef
from bulltui.domain.sketch import sketch_of
from bulltui.services.clock import SystemClock
from bulltui.services.watch.in_flight import JOBS, InFlight
from bulltui.services.watch.windows import Windows
from bulltui.wiring import open_runtime
from tests.bench.figures import Figure, table
from tests.own_time import own_time

RATE = 5_000
SECONDS = 10.0
QUEUES = 1_000
BUSY = 50

_PRODUCER = """
import sys, time
from redis import Redis
url, rate, seconds, queues = sys.argv[1], int(sys.argv[2]), float(sys.argv[3]), int(sys.argv[4])
client = Redis.from_url(url)
sys.stdin.readline()
number, began = 0, time.monotonic()
while time.monotonic() - began < seconds:
    due = (int((time.monotonic() - began) * rate) - number) // 4
    if due <= 0:
        time.sleep(0.005)
        continue
    with client.pipeline(transaction=False) as pipe:
        for job in range(number // 4, number // 4 + due):
            key = f"bull:q{job % queues}:events"
            pipe.xadd(key, {"event": "added", "jobId": job, "name": f"name-{job % 7}"}, maxlen=10000)
            pipe.xadd(key, {"event": "waiting", "jobId": job}, maxlen=10000)
            done = job - queues * 5
            if done >= 0:
                pipe.xadd(key, {"event": "active", "jobId": done, "prev": "waiting"}, maxlen=10000)
                done -= queues * 5
            if done >= 0:
                fields = {"event": "completed", "jobId": done, "returnvalue": '{"sent":true}', "prev": "active"}
                pipe.xadd(key, fields, maxlen=10000)
        pipe.execute()
    number += due * 4
print(number)
"""


def rss_mb() -> float:
    """The memory that this process has now, in MB."""
    pages = int(Path("/proc/self/statm").read_text().split()[1])
    return pages * os.sysconf("SC_PAGE_SIZE") / 1024 / 1024


def _fill(client: Any) -> None:
    client.flushdb()
    with client.pipeline(transaction=False) as pipe:
        for number in range(QUEUES):
            pipe.hset(f"bull:q{number}:meta", mapping={"version": "bullmq:5.81.5", "opts.maxLenEvents": 10000})
            pipe.set(f"bull:q{number}:id", 7)
        pipe.execute()


async def measure(url: str, seconds: float = SECONDS) -> list[Figure]:
    """Figures of the events, of rest, and of what is kept in memory."""
    client: Any = Redis.from_url(url)
    _fill(client)
    with tempfile.TemporaryDirectory() as folder:
        figures = await _watch(url, Path(folder), seconds)
    client.close()
    return [*figures, _in_flight(), _windows()]


async def _watch(url: str, folder: Path, seconds: float) -> list[Figure]:
    settings = Settings(url=url, prefixes=("bull",), state_folder=str(folder))
    async with open_runtime(settings) as runtime:
        polled = await _cpu(runtime.poller.run(), seconds, settle_s=8)
        gc.collect()
        gc.freeze()  # as the program does after its start
        watched = await _cpu(_both(runtime.poller.run(), runtime.watch.run()), seconds, settle_s=8)
        producer = subprocess.Popen(
            [sys.executable, "-c", _PRODUCER, url, str(RATE), str(seconds + 12), str(BUSY)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
        )
        blocks: list[float] = []
        assert producer.stdin is not None
        producer.stdin.write(b"\n")
        producer.stdin.flush()
        work = _both(runtime.poller.run(), runtime.watch.run(), _ticks(blocks))
        loaded = await _cpu(work, seconds, settle_s=10)
        gc.unfreeze()
        producer.kill()
        producer.wait()
    busiest = sorted(blocks)[-max(1, len(blocks) // 1000)] * 1000
    return [
        Figure("watching 1,000 idle queues with alerts, over polling", (watched - polled) * 100, "% of a core", 2.0),
        Figure(f"watching {RATE:,} events a second, over polling", (loaded - polled) * 100, "% of a core", 50.0),
        Figure("longest hold of the loop meanwhile, of 999 in 1,000", busiest, "ms", 20.0),
        Figure("the very longest", max(blocks) * 1000, "ms"),
    ]


async def _both(*work: Any) -> None:
    await asyncio.gather(*work)


async def _ticks(blocks: list[float]) -> None:
    before = own_time()
    while True:
        await asyncio.sleep(0.002)
        now = own_time()
        blocks.append(now - before - 0.002)
        before = now


async def _cpu(work: Any, seconds: float, *, settle_s: float) -> float:
    """The share of a core that `work` takes, once it has settled."""
    task = asyncio.ensure_future(work)
    await asyncio.sleep(settle_s)
    began, spent = time.monotonic(), time.process_time()
    await asyncio.sleep(seconds)
    share = (time.process_time() - spent) / (time.monotonic() - began)
    task.cancel()
    with suppress(asyncio.CancelledError):
        await task
    return share


def _in_flight() -> Figure:
    gc.collect()
    before = rss_mb()
    flights = InFlight()
    jobs = flights.of(QueueRef("bull", "q"))
    for number in range(JOBS):
        jobs.ready[f"0b7f6f5e-0000-4000-8000-{number:012}"] = ("name", 1_800_000_000_000 + number)
    flights.bound()
    return Figure(f"{JOBS:,} jobs under way, in memory", rss_mb() - before, "MB", 80.0)


def _windows() -> Figure:
    gc.collect()
    before = rss_mb()
    clock = SystemClock()
    windows = Windows(clock)
    now = clock.now_ms() // 60_000 * 60_000
    refs = [QueueRef("bull", f"q{number}") for number in range(1_000)]
    for step in range(360):
        at = now - 3_600_000 + step * 10_000
        run = sketch_of(10.0 * 1.3**number for number in range(12))
        for number, ref in enumerate(refs):
            stand = Stand(1, step, step, 3, 3, number, 0, 7, 7, 1000 + step, step, 4, 4)
            windows.add(ref, Point(at, stand, Flow(step, step, step, 1), run, run))
    return Figure("the last hour of 1,000 busy queues, in memory", rss_mb() - before, "MB", 25.0)


def main() -> int:
    """Measures, and prints the table."""
    with EmbeddedServer() as server:
        figures = asyncio.run(measure(server.url))
    print(table(figures))
    return int(any(figure.held is False for figure in figures))


if __name__ == "__main__":
    sys.exit(main())
