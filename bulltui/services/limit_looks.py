"""What was seen of a queue while one looked at it: by its counts, and by what its stream tells."""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from itertools import pairwise

from bulltui.domain.bottleneck import ENOUGH_JOBS, NOT_SEEN, Window
from bulltui.domain.event import Event
from bulltui.domain.limiter_windows import window_begins
from bulltui.domain.point import Flow, Point, Stand
from bulltui.domain.queue import Queue, RateLimit
from bulltui.domain.rates import rates, sample
from bulltui.domain.sketch import Sketch, sketch_of

LATELY_MS = 300_000
"""The span that is looked back over at most."""


@dataclass
class Seen:
    """A queue while it is looked at, by our clock (ms)."""

    first: Queue | None = None
    last: Queue | None = None
    began_ms: int = 0
    ended_ms: int = 0
    stand: Stand = field(default_factory=Stand)

    def look(self, queue: Queue, at_ms: int) -> None:
        """Takes a look at it."""
        if self.first is None:
            self.first, self.began_ms = queue, at_ms
        self.last, self.ended_ms = queue, at_ms
        stand, full = self.stand, queue.concurrency is not None and queue.counts.active >= queue.concurrency
        self.stand = replace(
            stand,
            reads=stand.reads + 1,
            waiting=queue.counts.runnable,
            active=queue.counts.active,
            limited=stand.limited + queue.limit.limited,
            saturated=stand.saturated + full,
        )


def of_stream(seen: Seen, told: Sequence[Event], now_ms: int, span_ms: int) -> Window:
    """What moved in the last span, no further back than the newest events reach; starts over whole windows of the limit
    and durations as far back as these do where there are too few in the span."""
    if span_ms > seen.ended_ms - seen.began_ms and told:
        span_ms = max(seen.ended_ms - seen.began_ms, min(span_ms, now_ms - told[0].at_ms))
    window = of_events(seen, told, now_ms - span_ms, now_ms)
    past = of_events(seen, told, now_ms - LATELY_MS, now_ms)
    if past.starts is not None and (window.starts is None or window.starts_ms < span_ms / 2):
        window = replace(window, starts=past.starts, starts_ms=past.starts_ms, windows=past.windows, full=past.full)
    if window.point.run.total < ENOUGH_JOBS:
        window = replace(window, point=replace(window.point, run=past.point.run))
    return window


def of_events(seen: Seen, told: Sequence[Event], start_ms: int, end_ms: int) -> Window:
    """What moved from one time to another, by the server's clock."""
    counts = dict.fromkeys(("added", "active", "completed", "failed", "stalled"), 0)
    starts: list[int] = []
    running: dict[str, int] = {}
    runs: list[int] = []
    for event in told:
        if event.kind == "active":
            running[event.job_id] = event.at_ms
        if not start_ms < event.at_ms <= end_ms:
            continue
        if event.kind in counts:
            counts[event.kind] += 1
        if event.kind == "active":
            starts.append(event.at_ms)
        elif event.kind in ("completed", "failed") and event.job_id in running:
            runs.append(event.at_ms - running.pop(event.job_id))
    flow = Flow(counts["added"], counts["active"], counts["completed"], counts["failed"], stalled=counts["stalled"])
    point = Point(start_ms, seen.stand, flow, run=sketch_of(runs) if runs else Sketch())
    window = Window(point, max(1, end_ms - start_ms), looks_ms=seen.ended_ms - seen.began_ms)
    limit = seen.last.limit if seen.last is not None else RateLimit()
    duration_ms = limit.duration_ms or 0
    begins = window_begins(starts, duration_ms)
    # What has stopped since starts nothing, however fast it was until then.
    if len(begins) < 2 or starts[-1] < end_ms - 2 * duration_ms:
        return window
    sizes = [then - begin for begin, then in pairwise(begins)]
    full = sum(size >= limit.maximum for size in sizes) if limit.maximum is not None else 0
    lasted = starts[begins[-1]] - starts[begins[0]]
    return replace(window, starts=begins[-1] - begins[0], starts_ms=lasted, windows=len(sizes), full=full)


def of_counts(seen: Seen) -> Window:
    """What follows from counts where no stream can be read."""
    if seen.first is None or seen.last is None:
        return NOT_SEEN
    span = seen.ended_ms - seen.began_ms
    found = rates((sample(seen.first, seen.began_ms), sample(seen.last, seen.ended_ms)))
    if found.added is None or found.finished is None or span < 1000:
        return replace(NOT_SEEN, point=Point(seen.began_ms, seen.stand))
    added, finished = (round(one * span / 60_000) for one in (found.added, found.finished))
    flow = Flow(added=added, completed=finished, estimated=finished)
    return Window(Point(seen.began_ms, seen.stand, flow), span, looks_ms=span)
