"""Following events at 5,000 a second, and opening a wide flow."""

import asyncio
import gc
import json
import statistics
import subprocess
import sys
import time
from contextlib import suppress
from typing import Any

from redis import Redis

from bulltui.config.settings import Settings
from bulltui.domain.event import Event, Gap
from bulltui.domain.flow import JobRef
from bulltui.domain.queue import QueueRef
from bulltui.services.flows import FlowTree
from bulltui.services.follow import Follow
from bulltui.wiring import open_runtime
from tests.bench.figures import Figure, own_memory_mb

RATE = 5_000
SECONDS = 20
QUEUES = 1_000
CHILDREN = 2_000

_PRODUCER = """
import sys, time
from redis import Redis
url, rate, seconds, queues = sys.argv[1], int(sys.argv[2]), float(sys.argv[3]), int(sys.argv[4])
client = Redis.from_url(url)
sys.stdin.readline()
number, began = 0, time.monotonic()
while time.monotonic() - began < seconds:
    due = int((time.monotonic() - began) * rate) - number
    if due <= 0:
        time.sleep(0.005)
        continue
    with client.pipeline(transaction=False) as pipe:
        for number in range(number, number + due):
            fields = {"event": "completed", "jobId": number, "returnvalue": '{"sent":true}', "prev": "active"}
            # Most of it in one queue, so that its stream is trimmed again and again; the rest in all others.
            name = 0 if number % 4 else number // 4 % queues
            pipe.xadd(f"bull:q{name}:events", fields, maxlen=10000)
        number += 1
        pipe.execute()
print(number)
"""


async def measure(url: str) -> list[Figure]:
    """Figures of both."""
    client: Any = Redis.from_url(url)
    client.flushdb()
    figures = await _follow(url, client)
    client.flushdb()
    figures += await _flow(url, client)
    client.close()
    return figures


async def _follow(url: str, client: Any) -> list[Figure]:
    refs = [QueueRef("bull", f"q{number}") for number in range(QUEUES)]
    seen: dict[int, None] = {}
    doubles = gaps = handfuls = 0
    late: list[float] = []
    longest = 0.0

    async def listen(follow: Follow) -> None:
        nonlocal doubles, gaps, handfuls
        async for told in follow.told():
            handfuls += 1
            for one in told:
                if isinstance(one, Event):
                    number = int(one.job_id)
                    doubles += number in seen
                    seen[number] = None
                elif isinstance(one, Gap):
                    gaps += 1
            last = told[-1]
            if isinstance(last, Event):
                late.append(time.time() * 1000 - last.at_ms)

    async def beat() -> None:
        nonlocal longest
        while True:
            before = time.perf_counter()
            await asyncio.sleep(0.005)
            longest = max(longest, time.perf_counter() - before - 0.005)

    words = (sys.executable, "-c", _PRODUCER, url, str(RATE), str(SECONDS), str(QUEUES))
    with subprocess.Popen(words, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as producer:
        async with open_runtime(Settings(url=url)) as runtime:
            follow = Follow(runtime.events, runtime.clock)
            follow.watch(refs)
            task = asyncio.create_task(listen(follow))
            while not follow.cursors:
                await asyncio.sleep(0.05)
            gc.collect()
            memory, before = own_memory_mb(), time.process_time()
            client.config_resetstat()
            client.config_set("slowlog-log-slower-than", 1000)
            client.slowlog_reset()
            heart = asyncio.create_task(beat())
            written, _ = await asyncio.to_thread(producer.communicate, "go\n")
            await asyncio.sleep(1)
            cpu = time.process_time() - before
            heart.cancel()
            task.cancel()
            with suppress(asyncio.CancelledError):
                await task
    stats = client.info("commandstats")
    reading = sum(
        stats.get(f"cmdstat_{name}", {}).get("usec", 0) for name in ("xread", "xrange", "evalsha_ro", "eval_ro")
    )
    slow = [entry["duration"] / 1000 for entry in client.slowlog_get(1000) if b"XREAD" in entry["command"]]
    name = f"{RATE:,} events a second of {QUEUES:,} queues, {SECONDS} s"
    return [
        Figure(f"{name}: lost, doubled or gaps", int(written) - len(seen) + doubles + gaps, "events", 0),
        Figure(f"{name}: handed out", len(seen) / SECONDS, "a second"),
        Figure(f"{name}: behind, median", statistics.median(late), "ms", 300),
        Figure(f"{name}: handfuls", handfuls / (SECONDS + 1), "a second", 11),
        Figure(f"{name}: the loop did nothing else", longest * 1000, "ms", 100),
        Figure(f"{name}: our processor time", 100 * cpu / SECONDS, "%"),
        Figure(f"{name}: the server's time for reading", reading / 10_000 / SECONDS, "%"),
        Figure(f"{name}: longest read on the server", max(slow, default=0.0), "ms", 10),
        Figure(f"{name}: memory it added", own_memory_mb() - memory, "MB", 60),
    ]


async def _flow(url: str, client: Any) -> list[Figure]:
    parents = 20
    pipe = client.pipeline(transaction=False)
    for name in ("top", "middle", "leaf"):
        pipe.hset(f"bull:{name}:meta", "opts.maxLenEvents", "10000")

    def add(queue: str, job_id: str, parent: tuple[str, str] | None) -> None:
        fields = {"name": queue, "data": "{}", "timestamp": 1}
        if parent:
            told = {"id": parent[1], "queueKey": f"bull:{parent[0]}"}
            fields |= {"parentKey": f"bull:{parent[0]}:{parent[1]}", "parent": json.dumps(told)}
            pipe.sadd(f"bull:{parent[0]}:{parent[1]}:dependencies", f"bull:{queue}:{job_id}")
        pipe.hset(f"bull:{queue}:{job_id}", mapping=fields)

    add("top", "root", None)
    pipe.zadd("bull:top:waiting-children", {"root": 1})
    for number in range(parents):
        add("middle", str(number), ("top", "root"))
        pipe.zadd("bull:middle:waiting-children", {str(number): 1})
    for number in range(CHILDREN):
        add("leaf", str(number), ("middle", str(number % parents)))
        pipe.lpush("bull:leaf:wait", str(number))
    pipe.execute()
    client.slowlog_reset()
    refs = tuple(QueueRef("bull", name) for name in ("top", "middle", "leaf"))
    opened, whole = [], []
    async with open_runtime(Settings(url=url)) as runtime:
        for _ in range(6):
            started = time.perf_counter()
            tree = FlowTree(runtime.flows, refs, width=100)
            await tree.open(JobRef(refs[2], "77"))
            opened.append(time.perf_counter() - started)
            await tree.expand_all(3, 5_000)
            whole.append(time.perf_counter() - started)
            assert len(tree.lines()) == 1 + parents + CHILDREN
    slow = [entry["duration"] / 1000 for entry in client.slowlog_get(1000) if b"EVAL" in entry["command"]]
    name = f"a flow of 3 levels and {CHILDREN:,} children"
    return [
        Figure(f"{name}: opened from a leaf", min(opened) * 1000, "ms", 200),
        Figure(f"{name}: all of it", min(whole) * 1000, "ms", 500),
        Figure(f"{name}: longest call on the server", max(slow, default=0.0), "ms", 10),
    ]
