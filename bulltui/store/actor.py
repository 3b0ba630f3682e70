"""All changes of a BullMQ deployment on Redis, behind the protocol that the runner of actions knows."""

from collections.abc import Awaitable, Callable, Sequence

from bulltui.domain import actions
from bulltui.domain.orders import Answer, Cursor, IdPage, Item, Order
from bulltui.domain.queue import Queue, QueueRef
from bulltui.domain.states import JobState
from bulltui.store.acts import ids, jobs, looking
from bulltui.store.calls import Calls

Act = Callable[[Calls, Order, Sequence[Item]], Awaitable[Answer]]

ACTS: dict[type[actions.Action], Act] = {
    actions.Retry: jobs.retry,
    actions.Promote: jobs.promote,
}
"""Who carries out which action."""


class RedisActor:
    """Changes over the connections of `calls`. What each method means is said in `services.acting`. `timeout_s` bounds
    one call that changes something, in seconds."""

    def __init__(self, calls: Calls, timeout_s: float = 10.0) -> None:
        self.calls = calls
        calls.action_timeout_s = timeout_s

    async def queue(self, ref: QueueRef) -> Queue | None:
        """See Actor."""
        return await looking.queue(self.calls, ref)

    async def ids(
        self, ref: QueueRef, state: JobState, cursor: Cursor, limit: int, *, until_ms: int | None = None
    ) -> IdPage:
        """See Actor."""
        return await ids.page(self.calls, ref, state, cursor, limit, until_ms=until_ms)

    async def act(self, order: Order, items: Sequence[Item] = ()) -> Answer:
        """See Actor."""
        return await ACTS[type(order.action)](self.calls, order, items)
