"""What the tests of actions need: orders on a queue, and jobs in a state as the libraries leave them."""

from collections.abc import Sequence
from typing import Any

from bulltui.domain.actions import Action
from bulltui.domain.layout import Layout
from bulltui.domain.orders import Answer, Item, Order
from bulltui.domain.outcome import Reason
from bulltui.domain.states import SUFFIX, JobState
from bulltui.domain.text import exact
from bulltui.store.actor import RedisActor
from tests.store.support import MAIL, add_job

Q = "bull:mail"
NOW = 1_800_000_000_000
VERSIONS = {Layout.V3: "3.16.2", Layout.V4: "4.18.3", Layout.V5: "5.81.5", Layout.V6: "6.7.0"}
NEW = (Layout.V5, Layout.V6)
ALL = tuple(VERSIONS)


def order(action: Action, layout: Layout = Layout.V6, **more: Any) -> Order:
    """An order on the queue `mail`."""
    return Order(action, MAIL, layout, NOW, **more)


async def act(
    actor: RedisActor, action: Action, ids: Sequence[str | Item], layout: Layout = Layout.V6, **more: Any
) -> Answer:
    """Carries out an action on jobs of the queue `mail`."""
    items = [one if isinstance(one, Item) else Item(one) for one in ids]
    return await actor.act(order(action, layout, **more), items)


async def told(
    actor: RedisActor, action: Action, ids: Sequence[str | Item], layout: Layout = Layout.V6, **more: Any
) -> list[Reason | None]:
    """The statuses of an action, asked again for those that a call had no time for."""
    found: list[Reason | None] = []
    while len(found) < len(ids):
        found += (await act(actor, action, ids[len(found) :], layout, **more)).statuses
    return found


def make_queue(raw: Any, layout: Layout = Layout.V6, **meta: str | int) -> None:
    """The options of a queue as its library writes them."""
    raw.hset(f"{Q}:meta", mapping={"version": f"bullmq:{VERSIONS[layout]}", "opts.maxLenEvents": 10000} | meta)


def pause_as(raw: Any, layout: Layout) -> None:
    """Pauses the queue as its library does."""
    raw.hset(f"{Q}:meta", "paused", 1)
    raw.delete(f"{Q}:marker")
    if layout is not Layout.V6 and raw.exists(f"{Q}:wait"):
        raw.rename(f"{Q}:wait", f"{Q}:paused")


def put(raw: Any, state: JobState, job_id: str | bytes, *, score: float = NOW - 1000, **fields: Any) -> bytes:
    """A job in a state; returns its key."""
    key = add_job(raw, Q, job_id, **fields)
    if state in (JobState.WAITING, JobState.ACTIVE, JobState.PAUSED):
        raw.lpush(f"{Q}:{SUFFIX[state]}", job_id)
    else:
        raw.zadd(f"{Q}:{state.value}", {job_id: score})
    return key


def failed(raw: Any, job_id: str | bytes, **fields: Any) -> bytes:
    """A failed job after two attempts."""
    given: dict[str, Any] = {
        "failedReason": "boom",
        "stacktrace": '["boom"]',
        "processedOn": NOW - 2000,
        "finishedOn": NOW - 1000,
        "atm": 2,
        "ats": 2,
    } | fields
    return put(raw, JobState.FAILED, job_id, **given)


def listed(raw: Any, name: str) -> list[str]:
    """The entries of a list of the queue, the head first."""
    return [exact(one) for one in raw.lrange(f"{Q}:{name}", 0, -1)]


def in_set(raw: Any, name: str) -> dict[str, float]:
    """The members of a sorted set of the queue with their scores."""
    return {exact(member): score for member, score in raw.zrange(f"{Q}:{name}", 0, -1, withscores=True)}


def fields(raw: Any, key: bytes | str) -> dict[str, str]:
    """A hash."""
    return {exact(name): exact(value) for name, value in raw.hgetall(key).items()}


def events(raw: Any) -> list[dict[str, str]]:
    """The events of the queue, the oldest first."""
    return [{exact(k): exact(v) for k, v in entry.items()} for _, entry in raw.xrange(f"{Q}:events")]


def keys(raw: Any) -> set[str]:
    """All keys of the server."""
    return {exact(one) for one in raw.keys("*")}
