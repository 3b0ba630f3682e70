"""Flows that follow from counts, where events were not seen.

Between two reads of a queue its counters tell how much moved, and events how much of it was seen. Where all events
were seen nothing is added; where some were trimmed unread, or none can be followed, what is missing is: never less
than nothing, and never more than there was to move. A counter that went back (the queue obliterated and filled again,
all keys deleted, a replica that lagged behind promoted) tells nothing of the time between.
"""

from collections.abc import Iterator
from dataclasses import dataclass

from bulltui.domain.point import Flow
from bulltui.domain.queue import Queue
from bulltui.domain.rates import Sample, sample
from bulltui.services.watch.protocols import STEP_MS

_OPEN = 4
"""So many reads are kept of which the events are not all seen yet; more are passed over."""

_PARTS = 360
"""Over so many steps at most what is missing is divided."""


@dataclass(frozen=True, slots=True)
class Missing:
    """What moved unseen from `start_ms` to `end_ms`."""

    flow: Flow
    start_ms: int
    end_ms: int


class Interval:
    """What was seen since a read. `blind` is whether anything may be missing, and then from when to when."""

    __slots__ = ("active", "added", "blind", "completed", "end_ms", "failed", "first", "retried", "start_ms", "started")

    def __init__(self, first: Sample, active: int) -> None:
        self.first = first
        self.active = active
        self.added = self.started = self.completed = self.failed = self.retried = 0
        self.blind = False
        self.start_ms = self.end_ms = 0

    def hide(self, start_ms: int, end_ms: int) -> None:
        """Of this time something was not seen."""
        self.start_ms = min(self.start_ms, start_ms) if self.blind else start_ms
        self.end_ms = max(self.end_ms, end_ms)
        self.blind = True


class Account:
    """Reads of a queue, and what was seen between them. Times are those of this machine."""

    __slots__ = ("_intervals",)

    def __init__(self) -> None:
        self._intervals: list[Interval] = []

    def interval(self, at_ms: int) -> Interval | None:
        """Where an event of this moment belongs; None before the first read."""
        for one in reversed(self._intervals):
            if at_ms > one.first.at:
                return one
        return None

    def read(self, queue: Queue, at_ms: int, *, followed: bool) -> None:
        """The queue was read. Not `followed`: nobody sees its events from now on."""
        intervals = self._intervals
        if intervals and at_ms <= intervals[-1].first.at:
            return
        if len(intervals) < _OPEN:
            intervals.append(Interval(sample(queue, at_ms), queue.counts.active))
        if not followed and len(intervals) > 1:
            intervals[-2].hide(intervals[-2].first.at, intervals[-1].first.at)

    def lose(self, start_ms: int, end_ms: int) -> None:
        """Events of this time were trimmed before anybody read them."""
        for at, one in enumerate(self._intervals):
            end = self._intervals[at + 1].first.at if at + 1 < len(self._intervals) else None
            if end_ms > one.first.at and (end is None or start_ms <= end):
                one.hide(max(start_ms, one.first.at), end_ms if end is None else min(end_ms, end))

    def settle(self, until_ms: int) -> list[Missing]:
        """All events up to `until_ms` were seen: what is missing in the intervals that ended by then."""
        found = []
        while len(self._intervals) > 1 and self._intervals[1].first.at <= until_ms:
            done, then = self._intervals[0], self._intervals[1]
            del self._intervals[0]
            if done.blind:
                flow = missing(done, then)
                if flow:
                    found.append(Missing(flow, done.start_ms, max(done.start_ms, done.end_ms)))
        return found


def missing(done: Interval, then: Interval) -> Flow:
    """What moved between two reads and was not seen."""
    first, last = done.first, then.first
    added = last.added - first.added
    ended = _ended(first, last)
    if added < 0 or ended is None:
        return Flow()
    completed, failed = max(0, ended[0] - done.completed), max(0, ended[1] - done.failed)
    started = max(0, sum(ended) + then.active - done.active + done.retried - done.started)
    return Flow(max(0, added - done.added), started, completed, failed, estimated=completed + failed)


def _ended(first: Sample, last: Sample) -> tuple[int, int] | None:
    """Jobs completed and failed for good between two reads, None where that cannot be known."""
    added = last.added - first.added
    if last.completed_total is not None or last.failed_total is not None:
        # A counter is not there before the first job that it counts.
        completed = (last.completed_total or 0) - (first.completed_total or 0)
        failed = (last.failed_total or 0) - (first.failed_total or 0)
    else:
        # What was added and is not pending any more has ended.
        ended = max(0, added - (last.pending - first.pending))
        failed = min(ended, max(0, last.failed - first.failed))
        completed = ended - failed
    most = max(0, added) + first.pending + first.failed
    return (completed, failed) if completed >= 0 and failed >= 0 and completed + failed <= most else None


def divided(found: Missing) -> Iterator[tuple[int, Flow]]:
    """What is missing, evenly over the steps of its time: a moment in each, and what moved in it."""
    start, span = found.start_ms, max(1, found.end_ms - found.start_ms)
    stride = STEP_MS * max(1, -(-span // (STEP_MS * _PARTS)))
    flow = found.flow
    all_of_it = (flow.added, flow.started, flow.completed, flow.failed)
    given: tuple[int, ...] = (0,) * len(all_of_it)
    at = start
    while True:
        end = min(found.end_ms, at - at % STEP_MS + stride)
        share = (end - start) / span if end < found.end_ms else 1.0
        until = tuple(int(number * share) for number in all_of_it)
        added, started, completed, failed = (now - before for now, before in zip(until, given, strict=True))
        part = Flow(added, started, completed, failed, estimated=completed + failed)
        if part:
            yield at, part
        if end >= found.end_ms:
            return
        given, at = until, end
