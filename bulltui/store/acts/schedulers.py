"""Schedulers to be gone, and the repeatable jobs that came before them."""

from collections.abc import Sequence

from bulltui.domain.orders import Answer, Item, Order
from bulltui.domain.text import to_bytes
from bulltui.store.acts.queue_keys import run_beginnings
from bulltui.store.calls import Calls
from bulltui.store.mutate import Argument, Place, answer_of, mutate


async def unschedule(calls: Calls, order: Order, items: Sequence[Item]) -> Answer:
    """See Unschedule."""
    told: list[Argument] = []
    for item in items:
        told += (to_bytes(item.id), *map(to_bytes, run_beginnings(item.id)))
    return answer_of(await mutate(calls, "act/unschedule", Place.of(order), told))
