"""Follows the events of all queues for the observer, at a pace that leaves time for others."""

import asyncio
from collections.abc import Iterable, Mapping, Sequence

from bulltui.domain.errors import BulltuiError, NotAllowedError
from bulltui.domain.event import Event, place
from bulltui.domain.queue import QueueRef
from bulltui.services.breaker import backoff_s
from bulltui.services.follow import EVENTS_AT_ONCE, Back, Follow, Lost, Told, Unfollowed
from bulltui.services.following import EventSource
from bulltui.services.protocols import Clock
from bulltui.services.watch.observer import Observer

AT_ONCE = 250
"""So many events are taken before keys have their turn: some ms."""

SKEW_MS = 1_000
"""The server's clock is taken to be ours up to this difference."""

LATE_MS = 60_000
"""Being this far behind is told."""


WAIT_S = 5.0
PACE_S = 0.3
"""How long a read waits for news, and the pause behind it: each has the names of all queues in it."""

RECALLED = 20_000
RECALLED_A_QUEUE = 10_000
"""So many events of before are read at the beginning, to know the jobs that are under way."""

START = "0-0"


class Eyes:
    """One following, from its beginning to its end. Times are those of this machine."""

    def __init__(self, source: EventSource, clock: Clock, observer: Observer) -> None:
        self._source = source
        self._clock = clock
        self._observer = observer
        self._follow: Follow | None = None
        self._refs: tuple[QueueRef, ...] = ()
        self._busy: frozenset[QueueRef] = frozenset()
        self._unfollowed: dict[QueueRef, str] = {}
        self._refused = ""
        self._behind_ms = 0

    @property
    def settled(self) -> Mapping[QueueRef, str]:
        """How far each queue was read, all of it taken by the observer."""
        return self._follow.settled if self._follow else {}

    @property
    def settled_ms(self) -> int:
        """All events up to this time were taken; 0 while that is not known."""
        return self._follow.settled_ms if self._follow else 0

    def follows(self, ref: QueueRef) -> bool:
        """Whether the events of a queue are seen, now or once they are read."""
        return not self._refused and ref not in self._unfollowed

    @property
    def problems(self) -> tuple[str, ...]:
        """What is not seen, or not yet."""
        found = []
        if self._refused:
            found.append(f"{self._refused} Without events, jobs are counted from the size of queues, and not timed.")
        elif self._unfollowed:
            why = next(iter(self._unfollowed.values()))
            some = f"Of {len(self._unfollowed)} queues events cannot be followed. " if len(self._unfollowed) > 1 else ""
            found.append(f"{some}{why} Their jobs are counted from the size of queues, and not timed.")
        if self._behind_ms > LATE_MS:
            found.append(f"Events of the last {self._behind_ms // 60_000} min are still to be read.")
        return tuple(found)

    def watch(self, refs: Iterable[QueueRef], busy: Iterable[QueueRef] = ()) -> None:
        """Follows these queues from now on. `busy` are those in which jobs are under way at the beginning; in others
        that have moved on since they were last seen some were."""
        self._refs = tuple(refs)
        self._busy |= set(busy)
        if self._follow is not None:
            self._follow.watch(self._refs)

    async def run(self, cursors: Mapping[QueueRef, str], since_ms: int) -> None:
        """Follows until cancelled, from `cursors` on. Queues that have none are followed from `since_ms` (epoch ms) on,
        also those that are found later; where events could not be read at first, from when they could."""
        shift_ms = await self._shift()
        self._observer.shift_ms = shift_ms
        began_ms: int | None = since_ms + shift_ms
        places = await self._recall(cursors, f"{began_ms}-0")
        if self._refused:
            began_ms = None
        follow = Follow(self._source, self._clock, places, began_ms=began_ms, wait_s=WAIT_S, pace_s=PACE_S)
        follow.watch(self._refs)
        self._follow = follow
        async for handful in follow.told():
            began = self._clock.monotonic()
            await self._take(handful)
            if len(handful) >= EVENTS_AT_ONCE:  # there is more: half of the time is for others
                await self._clock.sleep(self._clock.monotonic() - began)

    async def _recall(self, cursors: Mapping[QueueRef, str], began: str) -> dict[QueueRef, str]:
        """Learns which jobs are under way from the last events before, and where new queues are followed from: from
        `began`, or from the end of a stream that ended before. A place behind its end is that of another stream."""
        failures = 0
        while True:
            try:
                refs = self._refs
                tails = await self._source.tails(refs)
                # What could not be read at first was counted from the size of queues.
                later = {ref for ref in refs if not self._refused and place(tails[ref]) > place(began)}
                places = {ref: began if ref in later else tails[ref] for ref in refs} | dict(cursors)
                known = [ref for ref in refs if places.get(ref, START) != START]
                busy = [ref for ref in known if ref in self._busy or tails.get(ref) != places[ref]]
                left = RECALLED
                for rest, ref in zip(range(len(busy), 0, -1), busy, strict=True):
                    events = await self._source.before(ref, max(1, min(RECALLED_A_QUEUE, left // rest)), places[ref])
                    left -= len(events)
                    for start in range(0, len(events), AT_ONCE):
                        self._observer.recall(events[start : start + AT_ONCE], self._clock.now_ms())
                        await asyncio.sleep(0)
                return places
            except NotAllowedError as error:
                self._refused = error.message
            except BulltuiError:
                pass
            failures += 1
            await self._clock.sleep(backoff_s(failures))

    async def _shift(self) -> int:
        """How far the server's clock is ahead of ours (ms)."""
        failures = 0
        while True:
            try:
                shift = await self._source.now_ms() - self._clock.now_ms()
                return shift if abs(shift) > SKEW_MS else 0
            except NotAllowedError as error:
                self._refused = error.message
            except BulltuiError:
                pass
            failures += 1
            await self._clock.sleep(backoff_s(failures))

    async def _take(self, handful: Sequence[Told]) -> None:
        now_ms = self._clock.now_ms()
        for start in range(0, len(handful), AT_ONCE):
            part = handful[start : start + AT_ONCE]
            self._observer.take(part, now_ms)
            for one in part:
                if not isinstance(one, Event):
                    self._hear(one)
            await asyncio.sleep(0)
        last = handful[-1]
        if isinstance(last, Event):
            self._behind_ms = now_ms - (last.at_ms - self._observer.shift_ms)

    def _hear(self, one: Told) -> None:
        if isinstance(one, Lost):
            self._refused = one.error.message if isinstance(one.error, NotAllowedError) else ""
        elif isinstance(one, Back):
            self._refused = ""
        elif isinstance(one, Unfollowed):
            if one.why:
                self._unfollowed[one.ref] = one.why
            else:
                self._unfollowed.pop(one.ref, None)
