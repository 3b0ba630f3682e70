"""Actions on jobs that are there: which script does it and what it is told."""

from collections.abc import Sequence
from typing import cast

from bulltui.domain import actions
from bulltui.domain.orders import Answer, Item, Order
from bulltui.domain.states import SUFFIX
from bulltui.domain.text import to_bytes
from bulltui.store.calls import Calls
from bulltui.store.mutate import Argument, Place, answer_of, mutate


async def retry(calls: Calls, order: Order, items: Sequence[Item]) -> Answer:
    """See Retry."""
    action = cast("actions.Retry", order.action)
    state = SUFFIX[order.state] if order.state else ""
    return await _on_ids(
        calls, "act/retry", order, items, state, int(action.reset_attempts), int(action.reset_stalled), _until(order)
    )


async def promote(calls: Calls, order: Order, items: Sequence[Item]) -> Answer:
    """See Promote."""
    action = cast("actions.Promote", order.action)
    return await _on_ids(calls, "act/promote", order, items, int(action.scheduled), _until(order))


def _until(order: Order) -> Argument:
    return "" if order.not_after_ms is None else order.not_after_ms


async def _on_ids(calls: Calls, script: str, order: Order, items: Sequence[Item], *arguments: Argument) -> Answer:
    told = (*arguments, *(to_bytes(item.id) for item in items))
    return answer_of(await mutate(calls, script, Place.of(order), told))
