"""All changes of a BullMQ deployment on Redis, behind the protocol that the runner of actions knows."""

from collections.abc import Awaitable, Callable, Mapping, Sequence

from bulltui.domain import actions
from bulltui.domain.layout import Layout
from bulltui.domain.orders import Answer, Cursor, IdPage, Item, Order, Sweep
from bulltui.domain.queue import Queue, QueueRef
from bulltui.domain.record import SavedJob, SavedQueue
from bulltui.domain.states import JobState
from bulltui.store.acts import (
    families,
    ids,
    jobs,
    looking,
    obliterating,
    queue_keys,
    queues,
    removing,
    restoring,
    saving,
    schedulers,
    sweeping,
)
from bulltui.store.calls import Calls

Act = Callable[[Calls, Order, Sequence[Item]], Awaitable[Answer]]

ACTS: dict[type[actions.Action], Act] = {
    actions.Retry: jobs.retry,
    actions.Promote: jobs.promote,
    actions.Duplicate: jobs.duplicate,
    actions.Replay: jobs.replay,
    actions.Reprioritize: jobs.reprioritize,
    actions.Reschedule: jobs.reschedule,
    actions.UpdateData: jobs.update_data,
    actions.AddLog: jobs.add_log,
    actions.Release: jobs.release,
    actions.Fail: jobs.fail,
    actions.Add: jobs.add,
    actions.AddAll: jobs.add_all,
    actions.Trigger: jobs.trigger,
    actions.Remove: removing.remove,
    actions.RemoveChildren: removing.remove_children,
    actions.Drain: removing.drain,
    actions.Clean: removing.clean,
    actions.Pause: queues.pause,
    actions.Resume: queues.resume,
    actions.SetConcurrency: queues.set_concurrency,
    actions.SetRateLimit: queues.set_rate_limit,
    actions.ClearRateLimit: queues.clear_rate_limit,
    actions.RemoveDeduplication: queues.remove_deduplication,
    actions.TrimEvents: queues.trim_events,
    actions.Unschedule: schedulers.unschedule,
    actions.Obliterate: obliterating.obliterate,
}
"""Who carries out which action."""


class RedisActor:
    """Changes over the connections of `calls`. What each method means is said in `services.acting`. `timeout_s` bounds
    one call that changes something, in seconds."""

    def __init__(self, calls: Calls, timeout_s: float = 10.0) -> None:
        self.calls = calls
        calls.action_timeout_s = timeout_s

    async def now_ms(self) -> int:
        """See Actor."""
        seconds, micros = await self.calls.execute("TIME")
        return int(seconds) * 1000 + int(micros) // 1000

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

    async def sweep(self, order: Order, cursor: Cursor, limit: int) -> Sweep:
        """See Actor."""
        return await sweeping.sweep(self.calls, order, cursor, limit)

    async def save(self, ref: QueueRef, job_ids: Sequence[str]) -> list[SavedJob]:
        """See Actor."""
        return await saving.save(self.calls, ref, job_ids)

    async def family(self, ref: QueueRef, job_id: str, *, pending_only: bool) -> list[SavedJob]:
        """See Actor."""
        return await families.family(self.calls, ref, job_id, pending_only=pending_only)

    async def restore(
        self, layout: Layout, jobs: Sequence[SavedJob], over: Mapping[tuple[QueueRef, str], str], now_ms: int
    ) -> Answer:
        """See Actor."""
        return await restoring.restore(self.calls, layout, jobs, over, now_ms)

    async def save_queue(self, order: Order, items: Sequence[Item]) -> SavedQueue:
        """See Actor."""
        return await queue_keys.save_queue(self.calls, order, items)

    async def restore_queue(self, layout: Layout | None, saved: SavedQueue, now_ms: int, saved_at_ms: int) -> Answer:
        """See Actor."""
        return await queue_keys.restore_queue(self.calls, layout, saved, now_ms, saved_at_ms)
