"""How queues stand, by steps of the history: from rows that were read, and of others as they were known to stand."""

from collections.abc import Mapping

from bulltui.domain.point import Stand, stand_after
from bulltui.domain.queue import QueueRef
from bulltui.domain.snapshot import QueueRow
from bulltui.services.watch.protocols import STEP_MS

_KEPT = 4
"""Looks of so many steps are kept until they are taken."""


def stand_of(row: QueueRow, at_ms: int) -> Stand:
    """How a queue stood when it was read, at `at_ms` (epoch ms)."""
    queue = row.queue
    counts = queue.counts
    ready = counts.ready
    oldest = 0
    if ready and queue.oldest_waiting_at is not None:
        oldest = max(0, at_ms - queue.oldest_waiting_at)
    full = queue.concurrency is not None and 0 < queue.concurrency <= counts.active
    return Stand(
        reads=1,
        waiting=ready,
        waiting_max=ready,
        active=counts.active,
        active_max=counts.active,
        delayed=counts.delayed,
        waiting_children=counts.waiting_children,
        failed=counts.failed,
        failed_max=counts.failed,
        completed=counts.completed,
        oldest_ms=oldest,
        workers=row.workers,
        workers_min=row.workers,
        paused=int(queue.paused),
        limited=int(queue.limit.limited),
        saturated=int(full),
    )


class Stands:
    """The looks at each queue in steps that are not over."""

    def __init__(self) -> None:
        self._steps: dict[int, dict[QueueRef, Stand]] = {}
        self._last: dict[QueueRef, Stand] = {}

    def look(self, ref: QueueRef, stand: Stand, at_ms: int) -> None:
        """A queue was read."""
        start = at_ms - at_ms % STEP_MS
        step = self._steps.setdefault(start, {})
        before = step.get(ref)
        step[ref] = stand if before is None else stand_after(before, stand)
        self._last[ref] = stand
        while len(self._steps) > _KEPT:
            del self._steps[min(self._steps)]

    def of(self, ref: QueueRef, at_ms: int) -> Stand | None:
        """The looks at a queue in the step that begins then, None without any."""
        return self._steps.get(at_ms, {}).get(ref)

    def take(self, at_ms: int, *, known: bool) -> Mapping[QueueRef, Stand]:
        """The step that begins then. `known`: the server was there, so a queue that was not read again, since its turn
        had not come, stands as it did."""
        looks = self._steps.pop(at_ms, {})
        for old in [at for at in self._steps if at < at_ms]:
            del self._steps[old]
        return self._last | looks if known else looks

    def forget(self, ref: QueueRef) -> None:
        """The queue is gone."""
        self._last.pop(ref, None)
