"""A queue to be gone with everything in it, in several calls, so that none is long and all of it can be saved.

The order of calls: `Pause`, so that no worker takes a job meanwhile; then state by state `ids`, `save` and Obliterate
with these items, until none is left (active jobs only on `force`); then `save_queue` and Obliterate without items,
which deletes the queue's own keys, again while it answers `left`. It deletes nothing as long as there is a job: then it
answers ACTIVE, or STATE where jobs came meanwhile, and the states are gone through once more.
"""

from collections.abc import Sequence
from typing import cast

from bulltui.domain import actions
from bulltui.domain.orders import Answer, Item, Order
from bulltui.domain.outcome import Reason
from bulltui.domain.text import exact
from bulltui.store.acts.removing import take_away
from bulltui.store.calls import Calls
from bulltui.store.mutate import Place, mutate


async def obliterate(calls: Calls, order: Order, items: Sequence[Item]) -> Answer:
    """See Obliterate: of these jobs, or without any of the queue itself."""
    force = cast("actions.Obliterate", order.action).force
    if items:
        return await take_away(calls, order, items, "force" if force else "all")
    status, left = await mutate(calls, "act/obliterate", Place.of(order), (int(force),))
    return Answer((Reason(exact(status)) if status else None,), left=left)
