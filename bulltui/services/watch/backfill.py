"""Fills the history of queues that are seen for the first time, so that charts do not begin empty.

It takes its time and little of the server: one queue after the other, a bounded number of jobs of all, with pauses.
"""

import asyncio
from collections.abc import Iterable, Sequence

from bulltui.domain.errors import BulltuiError
from bulltui.domain.filling import filling
from bulltui.domain.job_times import EndedJobs
from bulltui.domain.point import Point, after
from bulltui.domain.queue import Queue, QueueRef
from bulltui.domain.series import MetricSeries
from bulltui.domain.states import JobState
from bulltui.services.protocols import Clock
from bulltui.services.watch.past import Past
from bulltui.services.watch.protocols import HistoryStore

JOBS = 20_000
"""So many jobs of all queues are looked at."""
JOBS_A_STATE = 500
MINUTES = 500_000
"""So many minutes of BullMQ's metrics of all queues are read."""
MINUTES_A_QUEUE = 20_160
"""Two weeks."""
PAUSE_S = 0.05

HOUR_MS = 3_600_000
FINE_MS = 70 * HOUR_MS
"""Minutes go back so far in the history; what is older is filled by the hour."""


class Backfill:
    """Queues that wait to be filled, and what may still be read for them."""

    def __init__(self, past: Past, clock: Clock) -> None:
        self._past = past
        self._clock = clock
        self._done: set[QueueRef] = set()
        self._jobs = JOBS
        self._minutes = MINUTES

    def skip(self, refs: Iterable[QueueRef]) -> None:
        """These have a history."""
        self._done.update(refs)

    def lacks(self, ref: QueueRef) -> bool:
        """Whether a queue was not filled yet."""
        return ref not in self._done

    async def fill(self, queues: Sequence[Queue], store: HistoryStore, until_ms: int) -> None:
        """Fills those with what they tell of the time before `until_ms`. Raises a BulltuiError where the history cannot
        be written; what cannot be read now is left out."""
        for left, queue in zip(range(len(queues), 0, -1), queues, strict=True):
            self._done.add(queue.ref)
            metrics = queue.completed_total is not None or queue.failed_total is not None
            if not (metrics or queue.counts.completed or queue.counts.failed):
                continue
            try:
                points = await self._read(queue, left, until_ms)
            except BulltuiError:
                continue
            if points:
                older, newer = _divided(points, until_ms)
                if older:
                    await store.fill(queue.ref, older, HOUR_MS)
                if newer:
                    await store.fill(queue.ref, newer, 60_000)
            await self._clock.sleep(PAUSE_S)

    async def _read(self, queue: Queue, left: int, until_ms: int) -> list[Point]:
        limit = min(JOBS_A_STATE, self._jobs // left // 2)
        completed = await self._ended(queue, JobState.COMPLETED, queue.counts.completed, limit)
        failed = await self._ended(queue, JobState.FAILED, queue.counts.failed, limit)
        metrics = (MetricSeries(), MetricSeries())
        minutes = min(MINUTES_A_QUEUE, self._minutes // left)
        if minutes and (queue.completed_total is not None or queue.failed_total is not None):
            metrics = (await self._past.series([queue.ref], minutes)).get(queue.ref, metrics)
            self._minutes -= max(len(one.points) for one in metrics)
        return await asyncio.to_thread(filling, completed, failed, metrics, until_ms=until_ms)

    async def _ended(self, queue: Queue, state: JobState, number: int, limit: int) -> EndedJobs:
        if not number:
            return EndedJobs()
        if not limit:
            return EndedJobs((), all_of_them=False)
        found = await self._past.newest_ended(queue.ref, state, limit)
        self._jobs -= len(found.jobs)
        return found


def _divided(points: Sequence[Point], until_ms: int) -> tuple[list[Point], list[Point]]:
    """What is filled by the hour, and what by the minute."""
    edge = until_ms - FINE_MS
    edge -= edge % HOUR_MS
    hours: dict[int, list[Point]] = {}
    for point in points:
        if point.at_ms < edge:
            hours.setdefault(point.at_ms - point.at_ms % HOUR_MS, []).append(point)
    older = [after(some, at) for at, some in sorted(hours.items())]
    return older, [point for point in points if point.at_ms >= edge]
