"""Follows the streams of queues for as long as someone listens: over lost connections, and while queues come and go."""

import asyncio
from collections.abc import AsyncGenerator, Iterable, Mapping, Sequence
from dataclasses import dataclass

from bulltui.domain.errors import BulltuiError
from bulltui.domain.event import Event, Gap, place
from bulltui.domain.queue import QueueRef
from bulltui.services.breaker import backoff_s
from bulltui.services.following import EventSource
from bulltui.services.protocols import Clock

PACE_S = 0.1
"""The least time between two handfuls: what comes meanwhile is handed out together."""

EVENTS_A_READ = 500
EVENTS_AT_ONCE = 5_000
"""A handful has about this many events at most."""

WAIT_S = 1.0
"""How long one read waits for news; then it is seen whether the server still answers, and what is to be followed."""


@dataclass(frozen=True, slots=True)
class Lost:
    """The server cannot be read, for the reason of `error`; the next try is at `next_try_ms` (epoch ms)."""

    at_ms: int
    error: BulltuiError
    next_try_ms: int


@dataclass(frozen=True, slots=True)
class Back:
    """The server is read again, after `away_ms`. What it wrote meanwhile comes next, as far as it still has it."""

    at_ms: int
    away_ms: int


@dataclass(frozen=True, slots=True)
class Unfollowed:
    """The stream of a queue cannot be read, for the reason of the sentence `why`; empty: now it can."""

    at_ms: int
    ref: QueueRef
    why: str


Told = Event | Gap | Lost | Back | Unfollowed
"""What a follower is told. A gap stands before the first event behind it."""


class Follow:
    """What some queues tell from now on. `watch` says which queues, at any time; `told` hands it out."""

    def __init__(
        self,
        source: EventSource,
        clock: Clock,
        cursors: Mapping[QueueRef, str] | None = None,
        *,
        began_ms: int | None = None,
        wait_s: float = WAIT_S,
        pace_s: float = PACE_S,
    ) -> None:
        """`cursors` are places to go on from, for queues of which the past is wanted too. `began_ms` is when the
        following began, by the server's time, if that is not just now: someone looked for queues before.

        `wait_s` is how long one read waits for news, `pace_s` the least time between two handfuls: both may be longer
        where many queues are followed and nobody looks.

        `settled` is how far each queue was read where all of it was handed out and the listener is done with it;
        `settled_ms` the time up to which that is all that was written, 0 while nothing is known."""
        self._source = source
        self._clock = clock
        self._wait_ms = int(wait_s * 1000)
        self._pace_s = pace_s
        self._places: dict[QueueRef, str] = dict(cursors or {})  # also of those that are not followed for now
        self._refs: dict[QueueRef, None] = dict.fromkeys(self._places)
        self._began_ms = began_ms
        self._failures = 0
        self._pause_s = 0.0
        self._lost_at: float | None = None
        self._unfollowed: dict[QueueRef, str] = {}
        self._read_ms = 0
        self.settled: Mapping[QueueRef, str] = {}
        self.settled_ms = 0

    @property
    def cursors(self) -> Mapping[QueueRef, str]:
        """How far each queue was read."""
        return self._places

    def watch(self, refs: Iterable[QueueRef]) -> None:
        """Follows exactly these queues from the next read on, within a second. One that comes later than the first ones
        is followed from the time at which the following began, one that was followed before from where that ended."""
        self._refs = dict.fromkeys(refs)

    async def told(self) -> AsyncGenerator[tuple[Told, ...], None]:
        """Handfuls of what happens, at most ten a second, until the caller has enough. Whoever takes its time with a
        handful makes the following wait: nothing is piled up here, and nothing lost while the streams still hold it."""
        while True:
            started = self._clock.monotonic()
            handful: list[Told] = []
            try:
                await self._gather(handful, started)
            except BulltuiError as error:
                handful.append(self._lose(error))
            handed = self._clock.monotonic()
            if handful:
                await asyncio.sleep(0)
                yield tuple(handful)
            self.settled, self.settled_ms = dict(self._places), self._read_ms
            if self._failures:
                await self._clock.sleep(self._pause_s)
            elif handful:
                await self._clock.sleep(max(0.0, self._pace_s - (self._clock.monotonic() - handed)))

    async def _gather(self, handful: list[Told], started: float) -> None:
        """Adds what there is, for as long as there is more and the pace allows."""
        wait_ms = self._wait_ms
        events = 0
        while True:
            cursors = await self._take_up()
            began_ms = self._clock.now_ms()
            batch = await self._source.read(cursors, wait_ms=wait_ms, limit=EVENTS_A_READ)
            await asyncio.sleep(0)  # keys come first
            handful += self._come_back()
            handful += self._changed(batch.unfollowed)
            handful += in_order(batch.events, batch.gaps)
            self._places |= batch.cursors
            self._read_ms = self._read_ms if batch.more else began_ms
            events += len(batch.events)
            late = self._clock.monotonic() - started >= PACE_S
            if not batch.more or events >= EVENTS_AT_ONCE or (handful and late):
                return
            wait_ms = 0

    async def _take_up(self) -> dict[QueueRef, str]:
        """Where to go on; finds the places of queues that are new."""
        fresh = [ref for ref in self._refs if ref not in self._places]
        if self._began_ms is None:
            began_ms = await self._source.now_ms()
            self._places |= await self._source.tails(fresh)
            self._began_ms = began_ms
        else:
            self._places |= await self._places_of_later(fresh)
        return {ref: self._places[ref] for ref in self._refs}

    async def _places_of_later(self, fresh: Sequence[QueueRef]) -> dict[QueueRef, str]:
        """Where queues that came later are followed from: the time at which the following began, or the end of a stream
        that ended before, since a place behind its end would be taken for one of another stream."""
        if not fresh:
            return {}
        began = f"{self._began_ms}-0"
        tails = await self._source.tails(fresh)
        return {ref: min(tails[ref], began, key=place) for ref in fresh}

    def _lose(self, error: BulltuiError) -> Lost:
        self._failures += 1
        if self._lost_at is None:
            self._lost_at = self._clock.monotonic()
        self._pause_s = backoff_s(self._failures)
        now = self._clock.now_ms()
        return Lost(now, error, now + int(self._pause_s * 1000))

    def _come_back(self) -> list[Told]:
        if self._lost_at is None:
            return []
        away_ms = int((self._clock.monotonic() - self._lost_at) * 1000)
        self._failures, self._lost_at = 0, None
        return [Back(self._clock.now_ms(), away_ms)]

    def _changed(self, unfollowed: Mapping[QueueRef, str]) -> list[Told]:
        before, self._unfollowed = self._unfollowed, dict(unfollowed)
        if before == self._unfollowed:
            return []
        now = self._clock.now_ms()
        return [
            Unfollowed(now, ref, unfollowed.get(ref, ""))
            for ref in [*unfollowed, *(ref for ref in before if ref not in unfollowed)]
            if unfollowed.get(ref, "") != before.get(ref, "")
        ]


def in_order(events: Iterable[Event], gaps: Iterable[Gap]) -> list[Told]:
    """Events by time, of each queue in its own order, and each gap before the event behind it."""
    missing = {(gap.ref, gap.before): gap for gap in gaps}
    told: list[Told] = []
    for event in sorted(events, key=lambda event: event.at_ms):
        gap = missing.pop((event.ref, event.id), None)
        told += [event] if gap is None else [gap, event]
    return [*missing.values(), *told]
