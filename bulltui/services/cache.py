"""The counts of queues as they were last read, and which are to be read again.

What a server gives for a refresh of all is mostly the answer that nothing has changed in a thousand queues that nobody
looks at. So a refresh reads the queues on the screen, and of the others those whose time is up.
"""

import asyncio
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Protocol

from bulltui.domain.errors import BulltuiError
from bulltui.domain.queue import Queue, QueueRef
from bulltui.domain.vitals import CacheStats
from bulltui.services.protocols import Clock
from bulltui.services.turns import Turns

ALL_AT_ONCE = 100
"""Up to so many queues are all read each time: one call to the server takes as many, so less would spare nothing."""

READ_AT_ONCE = 100
"""How many queues are asked for in one read."""


class CountReader(Protocol):
    """Who reads counts."""

    async def counts(self, refs: Sequence[QueueRef]) -> list[Queue]:
        """See `QueueReader`."""


@dataclass(frozen=True, slots=True)
class Kept:
    """A queue as it was read at a time (epoch ms)."""

    queue: Queue
    read_at: int


class CountsCache:
    """What is known of queues, none of it older than `ttl_s` or, where nothing moves, twice that; 0: nothing is kept
    from one refresh to the next. A queue that is being read is not read a second time at once: whoever asks for it
    gets the same answer."""

    def __init__(self, reader: CountReader, clock: Clock, ttl_s: float) -> None:
        self._reader = reader
        self._clock = clock
        self.turns = Turns(clock, ttl_s)
        self._kept: dict[QueueRef, Kept] = {}
        self._flying: dict[QueueRef, asyncio.Future[dict[QueueRef, Queue]]] = {}
        self._hits = 0
        self._misses = 0

    @property
    def stats(self) -> CacheStats:
        """How often a refresh took what was known, and how often it read."""
        return CacheStats(self._hits, self._misses, self.turns.ttl_s)

    def of(self, ref: QueueRef) -> Kept | None:
        """What is known of a queue; None if nothing, or if it was gone when it was last read."""
        return self._kept.get(ref)

    def due(self, known: Sequence[QueueRef], visible: Sequence[QueueRef], every_s: float) -> list[list[QueueRef]]:
        """What a refresh of `known` has to read, one of which there is `every_s`: in reads of bounded size, those on
        the screen first."""
        there = set(known)
        first = dict.fromkeys(ref for ref in visible if ref in there)
        if len(known) <= ALL_AT_ONCE or self.turns.ttl_s <= 0:
            wanted = [*first, *(ref for ref in known if ref not in first)]
        else:
            # The next refresh would be too late for what is due before it.
            wanted = self.turns.due(known, first, ahead_s=every_s)
        self._hits += len(known) - len(wanted)
        self._misses += len(wanted)
        return [wanted[at : at + READ_AT_ONCE] for at in range(0, len(wanted), READ_AT_ONCE)]

    async def read(self, refs: Sequence[QueueRef]) -> dict[QueueRef, Queue]:
        """Those of `refs` that exist, read now, by as many reads as their number wants of the caller. Of what another
        is asking for at this moment its answer is taken. Raises what the reader raises."""
        found: dict[QueueRef, Queue] = {}
        missing = list(dict.fromkeys(refs))
        while missing:
            joined = {ref: self._flying[ref] for ref in missing if ref in self._flying}
            own = [ref for ref in missing if ref not in joined]
            if own:
                found |= await self._fly(own)
            if joined:
                await asyncio.wait(set(joined.values()))
            # Where the one who asked has given up, it is asked again.
            missing = [ref for ref, flight in joined.items() if flight.cancelled()]
            for ref, flight in joined.items():
                if not flight.cancelled() and ref in flight.result():
                    found[ref] = flight.result()[ref]
        return {ref: found[ref] for ref in refs if ref in found}

    def changed(self, refs: Iterable[QueueRef] | None = None) -> None:
        """These queues, or all, are other than when they were read, which a read that is under way may have missed."""
        gone = list(self._flying) if refs is None else list(refs)
        self.turns.changed(None if refs is None else gone)
        for ref in gone:
            self._flying.pop(ref, None)

    def forget(self, alive: Iterable[QueueRef]) -> None:
        """Drops what is known of all other queues."""
        kept = set(alive)
        self.turns.keep(kept)
        for ref in self._kept.keys() - kept:
            del self._kept[ref]

    async def _fly(self, refs: Sequence[QueueRef]) -> dict[QueueRef, Queue]:
        flight: asyncio.Future[dict[QueueRef, Queue]] = asyncio.get_running_loop().create_future()
        self._flying |= dict.fromkeys(refs, flight)
        change = self.turns.change
        try:
            answers = {queue.ref: queue for queue in await self._reader.counts(refs)}
        except BulltuiError as error:
            flight.set_exception(error)
            flight.exception()  # nobody may have been waiting for it
            raise
        except BaseException:
            flight.cancel()
            raise
        finally:
            for ref in refs:
                if self._flying.get(ref) is flight:
                    del self._flying[ref]
        self._take(refs, answers, change)
        flight.set_result(answers)
        return answers

    def _take(self, refs: Sequence[QueueRef], answers: dict[QueueRef, Queue], change: int) -> None:
        now = self._clock.now_ms()
        refs = [ref for ref in refs if not self.turns.is_late(ref, change)]
        moved: list[QueueRef] = []
        for ref in refs:
            before, queue = self._kept.get(ref), answers.get(ref)
            if queue is None:
                self._kept.pop(ref, None)
            else:
                self._kept[ref] = Kept(queue, now)
            if before is None or queue is None or _moves(before.queue) != _moves(queue):
                moved.append(ref)
        self.turns.done(refs, moved, seen=change)


def _moves(queue: Queue) -> tuple[object, ...]:
    """What of a queue is other when something has happened in it."""
    return (queue.counts, queue.added, queue.completed_total, queue.failed_total, queue.paused)
