"""Keeps the recent past of each queue: rates and trends."""

from collections import deque
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace

from bulltui.domain.queue import Queue, QueueRef
from bulltui.domain.rates import Rates, Sample, rates, sample
from bulltui.domain.series import MINUTE_MS, MetricSeries

WINDOW_MS = 60_000
SPACING_MS = 5_000
ENOUGH_MS = 20_000
TREND_POINTS = 30


@dataclass(frozen=True, slots=True)
class _Series:
    """BullMQ's metrics of a queue as they were at a time (epoch ms)."""

    completed: MetricSeries
    failed: MetricSeries
    at: int

    @property
    def kept(self) -> bool:
        return self.completed.kept or self.failed.kept

    def last(self, now_ms: int, minutes: int) -> tuple[tuple[float, ...], tuple[float, ...]]:
        completed, failed = (
            tuple(map(float, one.per_minute(now_ms, minutes))) for one in (self.completed, self.failed)
        )
        return completed, failed


class Tracker:
    """Samples of every queue over the last minute, and a trend of finished jobs a minute.

    Where workers keep BullMQ's metrics the trend is theirs, a point a minute over half an hour; elsewhere it is what
    was seen here, a point every five seconds or so. Queues need not be read at an even pace: what was seen between two
    reads that are further apart fills as many points.
    """

    def __init__(self) -> None:
        self._samples: dict[QueueRef, deque[Sample]] = {}
        self._seen: dict[QueueRef, deque[float]] = {}
        self._series: dict[QueueRef, _Series] = {}

    def add(self, queue: Queue, at: int) -> Rates:
        """Takes a read of `queue` at `at` (epoch ms) and gives its rates now."""
        new = sample(queue, at)
        samples = self._samples.setdefault(queue.ref, deque())
        if samples and new.added < samples[-1].added:
            samples.clear()  # obliterated and filled again: the past is of another queue
        if len(samples) > 1 and samples[-1].at - samples[-2].at < SPACING_MS:
            samples[-1] = new
        else:
            samples.append(new)
            if len(samples) > 2:
                self._note(queue.ref, samples[-3], samples[-2])  # the last one is still moving
        while len(samples) > 2 and samples[0].at < at - WINDOW_MS:
            samples.popleft()
        return self.rates(queue.ref, at)

    def rates(self, ref: QueueRef, at: int) -> Rates:
        """The rates of a queue as it was last read, which was at `at` (epoch ms)."""
        samples = self._samples.get(ref)
        if not samples:
            return Rates()
        found = rates(samples)
        if at - samples[0].at >= ENOUGH_MS:
            return found
        # Over a few seconds one job more or less is a rate of its own: until there is more, the library's last minute.
        last = self._last_minute(ref, at)
        return found if last.finished is None else replace(last, added=found.added)

    def _last_minute(self, ref: QueueRef, now_ms: int) -> Rates:
        known = self._series.get(ref)
        if known is None or not known.kept or now_ms - known.at > MINUTE_MS:
            return Rates()
        completed, failed = known.last(now_ms, 1)
        return Rates(finished=completed[0] + failed[0], failed=failed[0])

    def _note(self, ref: QueueRef, before: Sample, now: Sample) -> None:
        finished = rates((before, now)).finished
        if finished is not None:
            points = min(TREND_POINTS, max(1, round((now.at - before.at) / SPACING_MS)))
            self._seen.setdefault(ref, deque(maxlen=TREND_POINTS)).extend([finished] * points)

    def learn(self, series: Mapping[QueueRef, tuple[MetricSeries, MetricSeries]], at: int) -> None:
        """Takes BullMQ's own metrics, read at `at` (epoch ms)."""
        for ref, (completed, failed) in series.items():
            self._series[ref] = _Series(completed, failed, at)

    def trend(self, ref: QueueRef, now_ms: int) -> tuple[float, ...]:
        """Finished jobs a minute, oldest first; empty until something is known."""
        known = self._series.get(ref)
        if known is not None and known.kept:
            # Of the minutes since it was read nothing is known, which is not that nothing happened.
            completed, failed = known.last(min(now_ms, known.at + MINUTE_MS - 1), TREND_POINTS)
            return tuple(a + b for a, b in zip(completed, failed, strict=True))
        seen, samples = self._seen.get(ref, ()), self._samples.get(ref)
        running = rates(tuple(samples)[-2:]).finished if samples else None
        return tuple(seen) if running is None else (*seen, running)[-TREND_POINTS:]

    def forget(self, alive: Iterable[QueueRef]) -> None:
        """Drops what is kept of queues that are gone."""
        keep = set(alive)
        for kept in (self._samples, self._seen, self._series):
            for ref in kept.keys() - keep:
                del kept[ref]
