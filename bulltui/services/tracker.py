"""Keeps the recent past of each queue: rates and trends."""

from collections import deque
from collections.abc import Iterable, Mapping
from dataclasses import replace

from bulltui.domain.queue import Queue, QueueRef
from bulltui.domain.rates import Rates, Sample, rates, sample
from bulltui.domain.series import MetricSeries

WINDOW_MS = 60_000
SPACING_MS = 5_000
ENOUGH_MS = 20_000
TREND_POINTS = 30


class Tracker:
    """Samples of every queue over the last minute, and a trend of finished jobs a minute.

    Where workers keep BullMQ's metrics the trend is theirs, a point a minute over half an hour; elsewhere it is what
    was seen here, a point every five seconds or so.
    """

    def __init__(self) -> None:
        self._samples: dict[QueueRef, deque[Sample]] = {}
        self._seen: dict[QueueRef, deque[float]] = {}
        self._series: dict[QueueRef, tuple[MetricSeries, MetricSeries]] = {}

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
        found = rates(samples)
        if at - samples[0].at >= ENOUGH_MS:
            return found
        # Over a few seconds one job more or less is a rate of its own: until there is more, the library's last minute.
        last = self._last_minute(queue.ref, at)
        return found if last.finished is None else replace(last, added=found.added)

    def _last_minute(self, ref: QueueRef, now_ms: int) -> Rates:
        kept = self._series.get(ref)
        if kept is None or not (kept[0].kept or kept[1].kept):
            return Rates()
        completed, failed = (float(series.per_minute(now_ms, 1)[0]) for series in kept)
        return Rates(finished=completed + failed, failed=failed)

    def _note(self, ref: QueueRef, before: Sample, now: Sample) -> None:
        finished = rates((before, now)).finished
        if finished is not None:
            self._seen.setdefault(ref, deque(maxlen=TREND_POINTS)).append(finished)

    def learn(self, series: Mapping[QueueRef, tuple[MetricSeries, MetricSeries]]) -> None:
        """Takes BullMQ's own metrics."""
        self._series.update(series)

    def trend(self, ref: QueueRef, now_ms: int) -> tuple[float, ...]:
        """Finished jobs a minute, oldest first; empty until something is known."""
        kept = self._series.get(ref)
        if kept is not None and (kept[0].kept or kept[1].kept):
            completed, failed = (series.per_minute(now_ms, TREND_POINTS) for series in kept)
            return tuple(float(a + b) for a, b in zip(completed, failed, strict=True))
        seen, samples = self._seen.get(ref, ()), self._samples.get(ref)
        running = rates(tuple(samples)[-2:]).finished if samples else None
        return tuple(seen) if running is None else (*seen, running)[-TREND_POINTS:]

    def forget(self, alive: Iterable[QueueRef]) -> None:
        """Drops what is kept of queues that are gone."""
        keep = set(alive)
        for kept in (self._samples, self._seen, self._series):
            for ref in kept.keys() - keep:
                del kept[ref]
