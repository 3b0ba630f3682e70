"""Finds out what holds queues up: looks at them for some seconds, and takes what their streams and the history tell of
the time before."""

from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Protocol

from bulltui.domain.bottleneck import ENOUGH_JOBS, NOT_SEEN, Bottleneck, Window, bottleneck, evidence_of, with_rates
from bulltui.domain.errors import BulltuiError, NotFoundError
from bulltui.domain.event import Event
from bulltui.domain.explain_queue import QueueEvidence
from bulltui.domain.point import Point
from bulltui.domain.queue import QueueRef
from bulltui.domain.rates import Rates
from bulltui.domain.snapshot import QueueRow
from bulltui.domain.text import visible
from bulltui.domain.why import Cause
from bulltui.services.exploring import Explorer, FlowReader
from bulltui.services.following import EventSource
from bulltui.services.limit_looks import LATELY_MS, Seen, of_counts, of_events, of_stream
from bulltui.services.protocols import Clock, Reader
from bulltui.services.why import evidence_of_queue

if TYPE_CHECKING:
    from bulltui.services.watch.protocols import HistorySource, Recent

LOOKED_S = 3.0
"""For so long a queue is looked at, unless told otherwise."""
_LOOK_S = 0.1
_LOOK_ALL_S = 0.5
MINUTE_MS = 60_000
HOUR_MS = 3_600_000
_EVENTS = 5_000
"""So many of a queue's newest events are read."""
_EVENTS_OF_ALL = 50_000
_CLOSER, _EVENTS_CLOSER = 50, 500
"""So many of all queues are looked at once more, by so many events of each."""
_OPEN = frozenset({Cause.STUCK, Cause.RUNNING, Cause.IDLE, Cause.MOVING})
"""What a few seconds in which not much moved do not decide."""


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
        window = of_counts(seen)
        found = bottleneck(with_rates(evidence, window), window, before)
    else:
        found = _judged(evidence, seen, told, now_ms, before)
    return Limited(replace(row, rates=_rates_of(found), workers=evidence.ground.workers.total), found)


def _judged(evidence: QueueEvidence, seen: Seen, told: Sequence[Event], now_ms: int, before: Window) -> Bottleneck:
    """By what moved while one looked, since what was done before may be long over. Where that leaves it open, as of a
    queue that moves every few seconds, by the last minute."""
    window = of_stream(seen, told, now_ms, seen.ended_ms - seen.began_ms)
    found = bottleneck(with_rates(evidence, window), window, before)
    if not _open(found, window):
        return found
    longer = of_stream(seen, told, now_ms, MINUTE_MS)
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
        window = of_counts(seen) if told is None else of_events(seen, told.get(row.ref, []), began, ended)
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


def lately(ref: QueueRef, recent: "Recent", now_ms: int) -> Window:
    """What was seen of a queue lately: how it stood and how long jobs took over minutes, what moved over the last one,
    since what was added before may be long done."""
    known_ms = int(recent.covers(ref) * 1000)
    if known_ms < 1000:
        return NOT_SEEN
    span_ms, over_ms = min(MINUTE_MS, known_ms), min(LATELY_MS, known_ms)
    last, all_of_it = recent.over(ref, span_ms / 1000), recent.over(ref, over_ms / 1000)
    span_ms, over_ms = _really(last, span_ms, now_ms), _really(all_of_it, over_ms, now_ms)
    point, flow = replace(all_of_it, flow=last.flow), all_of_it.flow
    # Where no events were seen, what follows from counts tells of no starts.
    starts = flow.started if flow.started or not flow.estimated else None
    return Window(point, span_ms, starts=starts, starts_ms=over_ms, looks_ms=over_ms)


def _really(point: Point, asked_ms: int, now_ms: int) -> int:
    """How long the span of a point is: it begins with a step, and so a little sooner or later than was asked for."""
    span_ms = now_ms - point.at_ms
    return span_ms if asked_ms / 2 <= span_ms <= asked_ms * 2 else asked_ms


async def hour_ago(history: "HistorySource", now_ms: int) -> dict[QueueRef, Window]:
    """What is known of each queue around an hour ago; nothing where the history cannot be read."""
    start = (now_ms - HOUR_MS - LATELY_MS) // 60_000 * 60_000
    try:
        points = await history.each(start, start + 2 * LATELY_MS)
    except BulltuiError:
        return {}
    return {ref: Window(point, 2 * LATELY_MS) for ref, point in points.items()}


# --- looking


async def _looked(sources: Sources, refs: Sequence[QueueRef], seconds: float, every_s: float) -> dict[QueueRef, Seen]:
    clock, seen = sources.clock, {ref: Seen() for ref in refs}
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
