"""The shop open for business: everything that happens between the first key written and the last connection closed."""

import asyncio
import contextlib
import functools
import time
from collections.abc import AsyncIterator, Callable, Iterable
from dataclasses import dataclass
from typing import Any

from bullmq import redis_connection
from redis.asyncio import BlockingConnectionPool, Redis
from redis.asyncio.retry import Retry
from redis.backoff import ExponentialBackoff
from redis.exceptions import ConnectionError as RedisConnectionError
from redis.exceptions import TimeoutError as RedisTimeoutError

from . import backlog, past
from .layout import Command
from .model import QueueSpec
from .producer import Producer
from .shop import flows, queues
from .workers import Setting, concurrency, open_worker, serve_by_turns

LOST = (RedisConnectionError, RedisTimeoutError, OSError)
_CONNECT_SECONDS = 2.0
_ANSWER_SECONDS = 20.0
_COMMAND_CONNECTIONS = 12
_ROUNDS = 3
_PIPELINE = 1_000
_GIVE_UP_SECONDS = 30.0
_REPORT_SECONDS = 30.0
_CLOSE_SECONDS = 3.0


@dataclass(frozen=True)
class Plan:
    """What to do, as the command line gives it: `now` in epoch ms, `duration` in seconds, `rate` in jobs a second."""

    url: str
    now: int
    prefix: str = "bull"
    seed: int = 7
    queues: int | None = None
    rate: float = 12.0
    backlog: int = 0
    backlog_queue: str = ""
    duration: float | None = None
    still: bool = False
    empty: bool = False


class ShopError(Exception):
    """The plan cannot be carried out: a sentence for people."""


def _options() -> dict[str, Any]:
    return {
        "decode_responses": True,
        "socket_connect_timeout": _CONNECT_SECONDS,
        "retry": Retry(ExponentialBackoff(cap=0.5, base=0.05), 2),
    }


@contextlib.asynccontextmanager
async def connected(url: str) -> AsyncIterator["Redis"]:
    """A client for commands whose pool is bounded, whatever asks for connections."""
    pool: Any = BlockingConnectionPool.from_url(
        url, max_connections=_COMMAND_CONNECTIONS, timeout=None, socket_timeout=_ANSWER_SECONDS, **_options()
    )
    client = Redis(connection_pool=pool)
    try:
        yield client
    finally:
        await client.aclose()
        await pool.disconnect()


def _share_scripts() -> None:
    """The package reads its Lua anew for each queue and keeps it: 400 KB times a thousand, were it not shared."""
    redis_connection.loadScript = functools.cache(redis_connection.loadScript)


async def run(plan: Plan, stopping: asyncio.Event, say: Callable[[str], None]) -> None:
    """Carry out `plan` until it is done or `stopping` is set. Raises `ShopError` and the errors of `LOST`."""
    _share_scripts()
    specs = queues(plan.queues)
    async with connected(plan.url) as client:
        await client.ping()
        setting = Setting(
            client,
            lambda name: Redis.from_url(plan.url, client_name=name, socket_timeout=None, **_options()),
            plan.prefix,
            plan.seed,
            stopping,
        )
        await _open(plan, client, specs, say)
        if plan.backlog:
            await _pile_up(plan, client, specs, say, stopping)
        if not plan.still:
            await _trade(plan, setting, specs, say)


async def _open(plan: Plan, client: "Redis", specs: tuple[QueueSpec, ...], say: Callable[[str], None]) -> None:
    """Write the past, once: a shop that is there already just goes on."""
    if plan.empty:
        return
    if await client.exists(*(f"{plan.prefix}:{spec.name}:id" for spec in specs)):
        if plan.still:
            raise ShopError(f"there is a shop under the prefix {plan.prefix!r} already; give another --prefix")
        say(f"going on with the shop under {plan.prefix!r}")
        return
    begun = time.monotonic()
    opening = past.Opening(plan.prefix, plan.seed, plan.now, plan.still)
    written = await _send(client, past.commands(opening, specs, flows(specs)))
    say(f"opened {len(specs)} queues under {plan.prefix!r}: {written:,} commands in {time.monotonic() - begun:.1f} s")


async def _send(client: "Redis", commands: Iterable[Command]) -> int:
    """Send the commands in pipelines, and give their number."""
    total = 0
    pipe = client.pipeline(transaction=False)
    for command in commands:
        pipe.execute_command(*command)
        total += 1
        if total % _PIPELINE == 0:
            await pipe.execute()
    await pipe.execute()
    return total


async def _pile_up(
    plan: Plan, client: "Redis", specs: tuple[QueueSpec, ...], say: Callable[[str], None], stopping: asyncio.Event
) -> None:
    if plan.backlog_queue:
        chosen = [spec for spec in specs if spec.name == plan.backlog_queue]
        if not chosen:
            raise ShopError(f"the shop has no queue {plan.backlog_queue!r}")
        parts = [(chosen[0], plan.backlog)]
    else:
        parts = backlog.shares(specs, plan.backlog)
    begun, total, told = time.monotonic(), 0, 0
    async for count in backlog.fill(client, plan.prefix, plan.seed, plan.now, parts):
        total += count
        if total - told >= 100_000:
            told = total
            say(f"backlog: {total:,} of {plan.backlog:,} jobs")
        if stopping.is_set():
            break
    say(f"backlog: {total:,} waiting jobs in {time.monotonic() - begun:.1f} s")


async def _trade(plan: Plan, setting: Setting, specs: tuple[QueueSpec, ...], say: Callable[[str], None]) -> None:
    """Producers and workers at work until the shop closes; jobs in hand are finished early, none is dropped."""
    producer = Producer(setting, specs, flows(specs), plan.rate)
    await producer.set_up()
    traffic = sum(spec.traffic for spec in specs) or 1.0
    workers = [
        await open_worker(setting, spec, name, concurrency(spec, plan.rate * spec.traffic / traffic))
        for spec in specs
        for name in spec.workers
    ]
    rounds = [spec for spec in specs if spec.by_turns]
    tasks = [asyncio.create_task(worker.run()) for worker in workers]
    tasks += [asyncio.create_task(_patient(setting, producer.run))]
    tasks += [
        asyncio.create_task(_patient(setting, functools.partial(serve_by_turns, setting, rounds[n::_ROUNDS])))
        for n in range(_ROUNDS)
        if rounds[n::_ROUNDS]
    ]
    say(f"{len(workers)} workers and a producer of {plan.rate:g} jobs a second at work; Ctrl+C ends it")
    try:
        await _watch(plan, setting, tasks, say)
    finally:
        setting.stopping.set()
        await _close(workers, tasks)
        say("closed: " + _summary(setting))


async def _close(workers: list[Any], tasks: list[asyncio.Task[Any]]) -> None:
    """Let the workers finish what they hold. Without a server they would try that for ever: then drop it."""
    everything = [*tasks, *(asyncio.create_task(worker.close()) for worker in workers)]
    _, late = await asyncio.wait(everything, timeout=_CLOSE_SECONDS)
    if late:
        for worker in workers:
            worker.cancelProcessing()
        for task in late:
            task.cancel()
    await asyncio.gather(*everything, return_exceptions=True)


async def _watch(plan: Plan, setting: Setting, tasks: list[asyncio.Task[Any]], say: Callable[[str], None]) -> None:
    """Wait for the end: of the plan, or of a task, which would be a failure."""
    end = asyncio.create_task(setting.pause(plan.duration if plan.duration is not None else float(2**31)))
    try:
        while not end.done():
            done, _ = await asyncio.wait([end, *tasks], timeout=_REPORT_SECONDS, return_when=asyncio.FIRST_COMPLETED)
            for task in done - {end}:
                task.result()
                if not setting.stopping.is_set():
                    raise ShopError("a worker of the shop ended unexpectedly")
            if not done:
                say(_summary(setting))
    finally:
        end.cancel()


async def _patient(setting: Setting, work: Callable[[], Any]) -> None:
    """Do `work` again when the server goes away, unless it stays away."""
    lost_since: float | None = None
    while not setting.stopping.is_set():
        try:
            await work()
        except LOST:
            now = time.monotonic()
            if lost_since is None or now - lost_since > 2 * _GIVE_UP_SECONDS:
                lost_since = now
            if now - lost_since > _GIVE_UP_SECONDS:
                raise
            await setting.pause(1)


def _summary(setting: Setting) -> str:
    return ", ".join(f"{count:,} {what}" for what, count in sorted(setting.tally.items())) or "nothing done"
