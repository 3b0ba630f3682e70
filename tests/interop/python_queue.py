"""Fills queues by the official Python package, in the manner of `node/scenario.mjs` and with the same ready line.

    python -m tests.interop.python_queue --url redis://127.0.0.1:6379 --prefix bull

It stays, with its workers connected, until standard input closes, and leaves the data behind.
"""

import argparse
import asyncio
import json
import os
import sys
import time
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from importlib.metadata import version
from typing import Any

from bullmq import FlowProducer, Job, Queue, Worker
from redis.asyncio import Redis

HOUR = 3_600_000
LOCK = 600_000
SETTLES_WITHIN = 20.0  # seconds

_COUNTS = {
    "active": "llen",
    "prioritized": "zcard",
    "delayed": "zcard",
    "completed": "zcard",
    "failed": "zcard",
    "waiting-children": "zcard",
}

Counts = dict[str, int]


class PaymentError(Exception):
    """A failure with a class of its own."""


async def process(job: Job, _token: str) -> Any:
    """Does what the job's name says."""
    match job.name:
        case "hold":
            await job.updateProgress({"step": "waiting for the bank", "done": 1})
            await job.log("taken")
            await asyncio.Event().wait()
        case "fail":
            raise PaymentError("amount must be positive, not −1 €")
        case "half":
            await job.updateProgress(50)
            return None
        case "chatty":
            for number in range(12):
                await job.log(f"line {number} ✓")
    return {"ok": True, "of": job.name}


class Stage:
    """Queues and workers on one server."""

    def __init__(self, url: str, prefix: str) -> None:
        self.url = url
        self.prefix = prefix
        # Only a client that decodes is understood by the package, and only one of ours is not retried for minutes.
        self.client: Redis = Redis.from_url(url, decode_responses=True)

    def queue(self, name: str) -> Queue:
        return Queue(name, {"connection": self.client, "prefix": self.prefix})

    def worker(self, queue: str, **options: Any) -> Worker:
        return Worker(queue, process, {"connection": self.url, "prefix": self.prefix, "lockDuration": LOCK, **options})

    @asynccontextmanager
    async def working(self, queue: str) -> AsyncIterator[None]:
        """A worker for the length of the block."""
        worker = self.worker(queue)
        try:
            yield
        finally:
            await worker.close(force=True)

    async def settled(self, queue: str, expected: Mapping[str, int]) -> Counts:
        """Waits until the queue holds exactly `expected`; states that are not named are empty."""
        wanted = dict.fromkeys(["waiting", *_COUNTS], 0) | dict(expected)
        deadline = time.monotonic() + SETTLES_WITHIN
        while True:
            found = await self._counts(queue)
            if found == wanted:
                return found
            if time.monotonic() > deadline:
                raise TimeoutError(f"{queue}: wanted {wanted}, found {found}")
            await asyncio.sleep(0.02)

    async def _counts(self, queue: str) -> Counts:
        base = f"{self.prefix}:{queue}"
        async with self.client.pipeline(transaction=False) as pipeline:
            pipeline.llen(f"{base}:wait")
            pipeline.llen(f"{base}:paused")
            for state, command in _COUNTS.items():
                getattr(pipeline, command)(f"{base}:{state}")
            wait, paused, *others = await pipeline.execute()
        return {"waiting": wait + paused, **dict(zip(_COUNTS, others, strict=True))}


async def _orders(stage: Stage) -> Counts:
    queue = stage.queue("py-orders")
    await queue.addBulk([{"name": "ok", "data": {"n": n}} for n in range(30)])
    for name in ("half", "chatty"):
        await queue.add(name, {"name": name, "text": "żółć 🐂", "float": 0.1, "none": None})
    await queue.add("fail", {"tries": 1})
    await queue.add("fail", {"tries": 3}, {"attempts": 3, "backoff": 5})
    await queue.add("fail", {"retry": "later"}, {"attempts": 4, "backoff": {"type": "fixed", "delay": HOUR}})
    done = {"completed": 32, "failed": 2, "delayed": 1}
    async with stage.working("py-orders"):
        await stage.settled("py-orders", done)
    await queue.add("hold", {"n": 1})
    stage.worker("py-orders", name="till")
    await stage.settled("py-orders", done | {"active": 1})
    await queue.addBulk([{"name": "later", "data": [n, "text", None, 1.5]} for n in range(4)])
    for priority in (9, 1, 5, 1):
        await queue.add("urgent", {"priority": priority}, {"priority": priority})
    for hours in (2, 1):
        await queue.add("reminder", {"hours": hours}, {"delay": hours * HOUR})
    return done | {"active": 1, "waiting": 4, "prioritized": 4, "delayed": 3}


async def _paused(stage: Stage) -> Counts:
    queue = stage.queue("py-paused")
    await queue.add("before", {})
    await queue.pause()
    await queue.add("after", {})
    await queue.add("urgent", {}, {"priority": 2})
    return {"waiting": 2, "prioritized": 1}


async def _schedules(stage: Stage) -> Counts:
    queue = stage.queue("py-schedules")
    await queue.upsertJobScheduler("every-hour", {"every": HOUR}, "beat", {"n": 1}, {"attempts": 2})
    await queue.upsertJobScheduler("nightly", {"pattern": "15 3 * * *", "tz": "Europe/Berlin"}, "night", {"ü": 1})
    return {"waiting": 1, "delayed": 1}


async def _odd_name(stage: Stage) -> Counts:
    queue = stage.queue("py ünïcode 🐂")
    await queue.add("named", {}, {"jobId": "order 1 🐂"})
    return {"waiting": 1}


async def _flows(stage: Stage) -> dict[str, Counts]:
    producer = FlowProducer({"connection": stage.client, "prefix": stage.prefix})

    def child(name: str, **options: Any) -> dict[str, Any]:
        return {"name": name, "queueName": "py-shipments", "data": {"child": name}, "opts": options}

    trees = {
        "done": [child("ok"), child("ok")],
        "half-done": [child("ok"), child("pending", delay=HOUR)],
        "ignores": [child("fail", ignoreDependencyOnFailure=True), child("pending", delay=HOUR)],
        "fails": [child("fail", failParentOnFailure=True)],
    }
    for name, children in trees.items():
        await producer.add(
            {
                "name": name,
                "queueName": "py-flows",
                "data": {"flow": name},
                "opts": {"jobId": name},
                "children": children,
            }
        )
    stage.worker("py-shipments")
    stage.worker("py-flows", name="packer")
    parents = {"completed": 1, "failed": 1, "waiting-children": 2}
    children_ = {"completed": 3, "failed": 2, "delayed": 2}
    return {"py-flows": parents, "py-shipments": children_}


async def fill(stage: Stage) -> dict[str, Counts]:
    """All queues, and the counts that they end with."""
    expected = {
        "py-orders": await _orders(stage),
        "py-paused": await _paused(stage),
        "py-schedules": await _schedules(stage),
        "py ünïcode 🐂": await _odd_name(stage),
        **await _flows(stage),
    }
    return {queue: await stage.settled(queue, counts) for queue, counts in expected.items()}


async def _main(url: str, prefix: str) -> None:
    expected = await fill(Stage(url, prefix))
    ready = {"ready": True, "lib": "python", "version": version("bullmq"), "prefix": prefix}
    print(json.dumps(ready | {"queues": sorted(expected), "expected": expected}), flush=True)
    await asyncio.to_thread(sys.stdin.read)
    os._exit(0)  # an orderly close would end the jobs that are held


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--url", default="redis://127.0.0.1:6379")
    parser.add_argument("--prefix", default="bull")
    arguments = parser.parse_args()
    asyncio.run(_main(arguments.url, arguments.prefix))
