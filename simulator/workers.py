"""Workers on the official package that play the Node services of the shop."""

import asyncio
import contextlib
import itertools
import math
from collections import Counter
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from random import Random
from typing import Any

from bullmq import Worker
from bullmq.custom_errors import UnrecoverableError
from bullmq.redis_connection import RedisConnection
from redis.asyncio import Redis

from .entries import progress
from .errors import Failure
from .jobs import Json, fate
from .model import QueueSpec

_MAX_CONCURRENCY = 50
_LOCK_MS = 30_000
_METRIC_POINTS = 60 * 24 * 7
_TURN_SECONDS = 0.05


class NodeError(Exception):
    """An error of the shop. Its text is the message alone, as in Node."""


class FatalNodeError(NodeError, UnrecoverableError):  # type: ignore[misc]
    """An error that no retry follows."""


@dataclass
class Setting:
    """What all producers and workers share."""

    client: "Redis"
    """For all but blocking commands: decodes its responses and has a bounded pool."""
    open_client: Callable[[str], "Redis"]
    """Makes a client of one connection with the given name, for a worker to block on."""
    prefix: str
    seed: int
    stopping: asyncio.Event = field(default_factory=asyncio.Event)
    tally: Counter[str] = field(default_factory=Counter)

    async def pause(self, seconds: float) -> None:
        """Sleep, but no longer than until the shop closes."""
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(self.stopping.wait(), seconds)


def concurrency(spec: QueueSpec, arrivals: float) -> int:
    """What each worker of the queue takes on at a time, just enough for `arrivals` jobs a second."""
    need = arrivals * spec.mean_seconds * 1.3 / max(1, len(spec.workers))
    return min(_MAX_CONCURRENCY, max(1, math.ceil(need)))


def _options(setting: Setting, jobs_at_once: int, name: str = "") -> dict[str, Any]:
    return {
        "connection": setting.client,
        "prefix": setting.prefix,
        "name": name,
        "autorun": False,
        "concurrency": jobs_at_once,
        "lockDuration": _LOCK_MS,
        "runRetryDelay": 1_000,
        "metrics": {"maxDataPoints": _METRIC_POINTS},
    }


async def open_worker(setting: Setting, spec: QueueSpec, name: str, jobs_at_once: int) -> Any:
    """A worker that shares our client and blocks on one named connection of its own.

    Left alone, every worker would open two pools, and name connections of a shared one after itself.
    """
    worker = Worker(spec.name, processor(setting, spec, name), _options(setting, jobs_at_once, name))
    blocking = setting.open_client(worker.clientName)
    await blocking.ping()  # a worker that finds enough to do would not block, so not be seen, for a long time
    worker.backend.owns_connection = False
    worker.backend.blocking_connection = RedisConnection(blocking)
    worker._client_name_set = True
    worker.on("completed", lambda *_: setting.tally.update(["completed"]))
    worker.on("failed", lambda *_: setting.tally.update(["failed attempts"]))
    return worker


async def serve_by_turns(setting: Setting, specs: list[QueueSpec]) -> None:
    """Go round queues that have no worker of their own, a few jobs at each."""
    workers: dict[str, Any] = {}
    for turn, spec in enumerate(itertools.cycle(specs)):
        if setting.stopping.is_set():
            return
        worker = workers.get(spec.name)
        if worker is None:
            worker = workers[spec.name] = Worker(spec.name, processor(setting, spec, "rounds"), _options(setting, 1))
        for number in range(5):
            token = f"rounds:{turn}:{number}"
            job = await worker.moveToActive(token)
            if job is None:
                break
            await worker.processJob(job, token)
            setting.tally["completed"] += 1
        await setting.pause(_TURN_SECONDS)


def processor(setting: Setting, spec: QueueSpec, worker: str) -> Callable[[Any, str], Awaitable[Json]]:
    """The work of a queue: takes the time, writes the logs, and ends as the job's fate has it."""

    async def work(job: Any, _token: str) -> Json:
        kind = spec.kind(job.name)
        story = fate(setting.seed, spec, kind, job.id, int(job.opts.get("attempts") or 1))
        # The package does not record who runs a job, as Node's worker does.
        await setting.client.hset(f"{setting.prefix}:{spec.name}:{job.id}", "pb", worker)
        seconds = Random(f"{setting.seed}/{spec.name}/{job.id}/{job.attemptsMade}").uniform(*kind.seconds)
        failure = story.failures[job.attemptsMade] if job.attemptsMade < len(story.failures) else None
        steps = len(kind.steps)
        for done in range(1, steps + 1):
            await setting.pause(seconds / steps)
            if failure and done > steps // 2:
                break
            await job.log(kind.steps[done - 1])
            await job.updateProgress(progress(kind, done))
        if not steps:
            await setting.pause(seconds)
        if failure:
            raise _thrown(job, failure)
        return story.result

    return work


def _thrown(job: Any, failure: Failure) -> NodeError:
    """The error to raise; `job` will store the stack of Node in place of the Python traceback it would format."""
    job.updateStacktrace = lambda: job.stacktrace.append(failure.stack)
    return (FatalNodeError if failure.fatal else NodeError)(failure.message)
