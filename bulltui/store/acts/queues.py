"""Queues as a whole: paused and resumed, their limits, their events."""

from collections.abc import Sequence
from typing import cast

from bulltui.domain import actions
from bulltui.domain.layout import Layout
from bulltui.domain.orders import Answer, Item, Order
from bulltui.domain.outcome import Reason
from bulltui.domain.text import exact, to_bytes
from bulltui.store.calls import Calls
from bulltui.store.mutate import Argument, Place, mutate

_NEW = (Layout.V5, Layout.V6)


async def pause(calls: Calls, order: Order, items: Sequence[Item]) -> Answer:
    """See Pause. `before` is of the call, so that of the first one counts where several are needed."""
    return await _changed(calls, order, "act/pause", ("paused",))


async def resume(calls: Calls, order: Order, items: Sequence[Item]) -> Answer:
    """See Resume. The queue stays paused until nothing is left to move."""
    return await _changed(calls, order, "act/resume", ("paused",))


async def set_concurrency(calls: Calls, order: Order, items: Sequence[Item]) -> Answer:
    """See SetConcurrency. LAYOUT where workers would not know of it."""
    action = cast("actions.SetConcurrency", order.action)
    return await _set(calls, order, {"concurrency": action.concurrency})


async def set_rate_limit(calls: Calls, order: Order, items: Sequence[Item]) -> Answer:
    """See SetRateLimit. LAYOUT where workers would not know of it."""
    action = cast("actions.SetRateLimit", order.action)
    return await _set(calls, order, {"max": action.maximum, "duration": action.duration_ms})


async def _set(calls: Calls, order: Order, fields: dict[str, int | None]) -> Answer:
    if order.layout not in _NEW:
        return Answer((Reason.LAYOUT,))
    told: list[Argument] = []
    for name, value in fields.items():
        told += (name, "" if value is None else value)
    return await _changed(calls, order, "act/settings", tuple(fields), told)


async def clear_rate_limit(calls: Calls, order: Order, items: Sequence[Item]) -> Answer:
    """See ClearRateLimit. ALREADY where no window runs."""
    return await _changed(calls, order, "act/delete_keys", (), ("already", "limiter"))


async def remove_deduplication(calls: Calls, order: Order, items: Sequence[Item]) -> Answer:
    """See RemoveDeduplication. What was kept to run after the active one stays: that still runs then. MISSING where
    there is no such key."""
    own = to_bytes(cast("actions.RemoveDeduplication", order.action).deduplication_id)
    return await _changed(calls, order, "act/destroy_keys", (), ("missing", b"de:" + own))


async def trim_events(calls: Calls, order: Order, items: Sequence[Item]) -> Answer:
    """See TrimEvents."""
    return await _changed(calls, order, "act/trim_events", (), (cast("actions.TrimEvents", order.action).keep,))


async def _changed(
    calls: Calls, order: Order, script: str, names: Sequence[str], arguments: Sequence[Argument] = ()
) -> Answer:
    """What a script on the queue itself answers: its status, what is left to do, settings before and after."""
    status, left, *settings = await mutate(calls, script, Place.of(order), arguments)
    values = [exact(value) for value in settings]
    return Answer(
        (Reason(exact(status)) if status else None,),
        left=left,
        before=dict(zip(names, values[: len(names)], strict=True)),
        after=dict(zip(names, values[len(names) :], strict=True)),
    )
