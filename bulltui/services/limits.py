"""Finds out what holds queues up: looks at them for some seconds, and takes what their streams and the history tell of
the time before."""

from bisect import bisect_left
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Protocol

from bulltui.domain.bottleneck import ENOUGH_JOBS, NOT_SEEN, Bottleneck, Window, bottleneck, evidence_of, with_rates
from bulltui.domain.errors import BulltuiError, NotFoundError
from bulltui.domain.event import Event
from bulltui.domain.explain_queue import QueueEvidence
from bulltui.domain.point import Flow, Point, Stand
from bulltui.domain.queue import Queue, QueueRef, RateLimit
from bulltui.domain.rates import Rates, rates, sample
from bulltui.domain.sketch import Sketch, sketch_of
from bulltui.domain.snapshot import QueueRow
from bulltui.domain.text import visible
from bulltui.domain.why import Cause
from bulltui.services.exploring import Explorer, FlowReader
from bulltui.services.following import EventSource
from bulltui.services.protocols import Clock, Reader
from bulltui.services.why import evidence_of_queue

if TYPE_CHECKING:
    from bulltui.services.watch.protocols import HistorySource, Recent

LOOKED_S = 3.0
"""For so long a queue is looked at, unless told otherwise."""
_LOOK_S = 0.1
_LOOK_ALL_S = 0.5
LATELY_MS = 300_000
"""The span that a verdict is of, where it is known."""
MINUTE_MS = 60_000
HOUR_MS = 3_600_000
_EVENTS = 5_000
"""So many of a queue's newest events are read."""
_EVENTS_OF_ALL = 50_000
_CLOSER, _EVENTS_CLOSER = 50, 500
"""So many of all queues are looked at once more, by so many events of each."""
_OPEN = frozenset({Cause.STUCK, Cause.RUNNING, Cause.IDLE, Cause.MOVING})
"""What a few seconds in which not much moved do not decide."""
_PHASES = 500
"""So many starts may be the first of a window; who lets more start in one has no use for exact ones."""


class Sources(Protocol):
    """Where it is found out; a runtime has all of them."""

    @property
    def reader(self) -> Reader:
        """Reads of queues."""

    @property
    def explorer(self) -> Explorer:
        """What stands around jobs."""

    @property
    def flows(self) -> FlowReader:
        """Parents and children."""

    @property
    def events(self) -> EventSource:
        """The streams of queues."""

    @property
    def history(self) -> "HistorySource":
        """What was seen before."""

    @property
    def clock(self) -> Clock:
        """Time."""


@dataclass(frozen=True, slots=True)
class Limited:
    """A queue as it was looked at, and what holds it up."""

    row: QueueRow
    found: Bottleneck


async def limits_of_queue(sources: Sources, ref: QueueRef, seconds: float = LOOKED_S) -> Limited:
    """What holds one queue up, looked at for so many seconds. Its starts are counted over whole windows of its limit
    where its stream still has these. Raises NotFoundError where it is gone."""
    looks = await _looked(sources, [ref], seconds, _LOOK_S)
    seen = looks.get(ref)
    if seen is None or seen.last is None:
        raise NotFoundError(f"The queue {visible(ref.shown)!r} is gone.", hint="It was removed just now.")
    ended = sources.clock.now_ms()
    try:
        now_ms = await sources.events.now_ms()
        told: list[Event] | None = await sources.events.before(ref, _EVENTS)
    except BulltuiError:
        now_ms, told = ended, None
    row = QueueRow(seen.last)
    evidence = await evidence_of_queue(sources, ref, row=row, measure=told is None)
    before = (await hour_ago(sources.history, ended)).get(ref, NOT_SEEN)
    if told is None:
        window = _counted(seen)
        found = bottleneck(with_rates(evidence, window), window, before)
    else:
        found = _judged(evidence, seen, told, now_ms, before)
    return Limited(replace(row, rates=_rates_of(found), workers=evidence.ground.workers.total), found)


def _judged(evidence: QueueEvidence, seen: "_Seen", told: Sequence[Event], now_ms: int, before: Window) -> Bottleneck:
    """By what moved while one looked, since what was done before may be long over. Where that leaves it open, as of a
    queue that moves every few seconds, by the last minute."""
    window = _of_stream(seen, told, now_ms, seen.ended_ms - seen.began_ms)
    found = bottleneck(with_rates(evidence, window), window, before)
    if not _open(found, window):
        return found
    longer = _of_stream(seen, told, now_ms, MINUTE_MS)
    return bottleneck(with_rates(evidence, longer), longer, before) if longer.point.flow else found


def _open(found: Bottleneck, window: Window) -> bool:
    flow = window.point.flow
    return found.why.cause in _OPEN and flow.started + flow.finished < ENOUGH_JOBS


def _rates_of(found: Bottleneck) -> Rates:
    numbers = found.numbers
    return Rates(numbers.added, numbers.finished)


async def limits_of_all(sources: Sources, rows: Sequence[QueueRow], seconds: float = LOOKED_S) -> list[Limited]:
    """What holds each of these queues up, all looked at together for so many seconds."""
    refs = [row.ref for row in rows]
    if not refs:
        return []
    try:
        tails: Mapping[QueueRef, str] = await sources.events.tails(refs)
        began = await sources.events.now_ms()
    except BulltuiError:
        tails, began = {}, 0
    looks = await _looked(sources, refs, seconds, max(_LOOK_ALL_S, len(refs) / 1000))
    told, ended = await _since(sources, tails) if tails else (None, 0)
    past = await hour_ago(sources.history, sources.clock.now_ms())
    found: list[Limited] = []
    closer = _CLOSER
    for row in rows:
        seen = looks.get(row.ref)
        if seen is None or seen.last is None:
            continue
        window = _counted(seen) if told is None else _of_events(seen, told.get(row.ref, []), began, ended)
        fresh = replace(row, queue=seen.last)
        before = past.get(row.ref, NOT_SEEN)
        evidence = evidence_of(fresh, sources.clock.now_ms())
        verdict = bottleneck(with_rates(evidence, window), window, before)
        if verdict.numbers.waiting and told is not None and closer > 0 and _open(verdict, window):
            closer -= 1
            with suppress(BulltuiError):
                events = await sources.events.before(row.ref, _EVENTS_CLOSER)
                verdict = _judged(evidence, seen, events, await sources.events.now_ms(), before)
        found.append(Limited(replace(fresh, rates=_rates_of(verdict)), verdict))
    return found


def limits_of_row(row: QueueRow, recent: "Recent", now_ms: int, before: Window = NOT_SEEN) -> Bottleneck:
    """The same from what this process has seen, without reading anything."""
    window = lately(row.ref, recent)
    return bottleneck(with_rates(evidence_of(row, now_ms), window), window, before)


def lately(ref: QueueRef, recent: "Recent") -> Window:
    """What was seen of a queue lately: how it stood and how long jobs took over minutes, what moved over the last one,
    since what was added before may be long done."""
    known_ms = int(recent.covers(ref) * 1000)
    if known_ms < 1000:
        return NOT_SEEN
    span_ms, over_ms = min(MINUTE_MS, known_ms), min(LATELY_MS, known_ms)
    last, all_of_it = recent.over(ref, span_ms / 1000), recent.over(ref, over_ms / 1000)
    point = replace(all_of_it, flow=last.flow)
    return Window(point, span_ms, starts=all_of_it.flow.started, starts_ms=over_ms, looks_ms=over_ms)


async def hour_ago(history: "HistorySource", now_ms: int) -> dict[QueueRef, Window]:
    """What is known of each queue around an hour ago; nothing where the history cannot be read."""
    start = (now_ms - HOUR_MS - LATELY_MS) // 60_000 * 60_000
    try:
        points = await history.each(start, start + 2 * LATELY_MS)
    except BulltuiError:
        return {}
    return {ref: Window(point, 2 * LATELY_MS) for ref, point in points.items()}


# --- looking


@dataclass
class _Seen:
    """A queue while it is looked at, by our clock (ms)."""

    first: Queue | None = None
    last: Queue | None = None
    began_ms: int = 0
    ended_ms: int = 0
    stand: Stand = field(default_factory=Stand)

    def look(self, queue: Queue, at_ms: int) -> None:
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


async def _looked(sources: Sources, refs: Sequence[QueueRef], seconds: float, every_s: float) -> dict[QueueRef, _Seen]:
    clock, seen = sources.clock, {ref: _Seen() for ref in refs}
    until = clock.monotonic() + seconds
    while True:
        for queue in await sources.reader.counts(refs):
            seen[queue.ref].look(queue, clock.now_ms())
        left = until - clock.monotonic()
        if left <= 0:
            return seen
        await clock.sleep(min(every_s, left))


async def _since(sources: Sources, tails: Mapping[QueueRef, str]) -> tuple[dict[QueueRef, list[Event]] | None, int]:
    """What the streams told since, and the server's time now; None where they cannot be read."""
    told: dict[QueueRef, list[Event]] = {}
    cursors, left, more = tails, _EVENTS_OF_ALL, True
    try:
        now_ms = await sources.events.now_ms()
        while more and left > 0:
            batch = await sources.events.read(cursors, wait_ms=0, limit=1000)
            for event in batch.events:
                told.setdefault(event.ref, []).append(event)
            cursors, more = batch.cursors, batch.more or len(batch.events) > 0
            left -= len(batch.events)
    except BulltuiError:
        return None, 0
    return (told, now_ms) if left > 0 else (None, 0)


# --- what moved


def _of_stream(seen: _Seen, told: Sequence[Event], now_ms: int, span_ms: int) -> Window:
    """What moved in the last span, no further back than the newest events reach; starts over whole windows of the limit
    and durations as far back as these do where there are too few in the span."""
    if span_ms > seen.ended_ms - seen.began_ms and told:
        span_ms = max(seen.ended_ms - seen.began_ms, min(span_ms, now_ms - told[0].at_ms))
    window = _of_events(seen, told, now_ms - span_ms, now_ms)
    past = _of_events(seen, told, now_ms - LATELY_MS, now_ms)
    if past.starts is not None and window.starts_ms < span_ms / 2:
        window = replace(window, starts=past.starts, starts_ms=past.starts_ms)
    if window.point.run.total < ENOUGH_JOBS:
        window = replace(window, point=replace(window.point, run=past.point.run))
    return window


def _of_events(seen: _Seen, told: Sequence[Event], start_ms: int, end_ms: int) -> Window:
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
    whole = whole_windows(starts, limit.duration_ms or 0)
    return window if whole is None else replace(window, starts=whole[0], starts_ms=whole[1])


def whole_windows(starts: Sequence[int], duration_ms: int) -> tuple[int, int] | None:
    """How many jobs started in how many ms that are a whole number of windows of a limiter, None where not even one is
    known. A window begins with the first start after the one before it has ended; nobody tells when the first one did.
    Where a limit holds workers they pause before each window, so the windows with the longest pauses are those.

    >>> whole_windows([5, 8, 1000, 1010, 2003, 2004], 1000)
    (2, 1003)
    """
    if duration_ms <= 0 or not starts:
        return None
    # The latest that one may begin is with the first start after a window that would begin with the first of all.
    last = min(bisect_left(starts, starts[0] + duration_ms), len(starts) - 1, _PHASES)
    found = [_begins(starts, place, duration_ms) for place in range(1, last + 1)]
    begins = max(found, key=lambda some: sum(starts[at] - starts[at - 1] for at in some) / len(some), default=[])
    if len(begins) < 2:
        return None
    return begins[-1] - begins[0], starts[begins[-1]] - starts[begins[0]]


def _begins(starts: Sequence[int], first: int, duration_ms: int) -> list[int]:
    """Where windows begin, if one does at `first`."""
    begins = [first]
    while (at := bisect_left(starts, starts[begins[-1]] + duration_ms)) < len(starts):
        begins.append(at)
    return begins


def _counted(seen: _Seen) -> Window:
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
