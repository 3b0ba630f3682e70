"""Jobs to be gone: one, many, those of a state, with or without what hangs below them."""

from collections.abc import Sequence
from typing import cast

from bulltui.domain import actions
from bulltui.domain.orders import Answer, Item, Order
from bulltui.domain.states import SUFFIX
from bulltui.domain.text import to_bytes
from bulltui.store.calls import Calls
from bulltui.store.keys import base
from bulltui.store.mutate import Argument, Place, answer_of, mutate


async def remove(calls: Calls, order: Order, items: Sequence[Item]) -> Answer:
    """See Remove."""
    action = cast("actions.Remove", order.action)
    return await take_away(calls, order, items, "soft", depth="tree" if action.children else "")


async def remove_children(calls: Calls, order: Order, items: Sequence[Item]) -> Answer:
    """See RemoveChildren. The items are the parents; their own digests do not matter, since they stay."""
    return await take_away(calls, order, items, "soft", depth="below")


async def drain(calls: Calls, order: Order, items: Sequence[Item]) -> Answer:
    """See Drain. Its ids come page by page from the end that workers take from."""
    return await take_away(calls, order, items, "hard")


async def clean(calls: Calls, order: Order, items: Sequence[Item]) -> Answer:
    """See Clean."""
    return await take_away(calls, order, items, "hard", cleaned=True)


async def take_away(
    calls: Calls, order: Order, items: Sequence[Item], how: str, *, depth: str = "", cleaned: bool = False
) -> Answer:
    """The script that removes, see there for `how` and `depth`."""
    told: list[Argument] = [
        how,
        SUFFIX.get(order.state, "") if order.state else "",
        "" if order.not_after_ms is None else order.not_after_ms,
        depth,
        int(cleaned),
    ]
    for item in items:
        told += (to_bytes(item.id), item.digest, len(item.family))
        for one in item.family:
            told += (base(one.ref), to_bytes(one.id), one.digest)
    return answer_of(await mutate(calls, "act/remove", Place.of(order), told))
