"""Following the streams of several servers at once."""

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from bulltui.domain.errors import BulltuiError
from bulltui.domain.event import Batch, Event
from bulltui.domain.queue import QueueRef
from bulltui.services.breaker import backoff_s
from bulltui.services.fleet.members import Members, answers_of
from bulltui.services.following import EventSource
from bulltui.services.protocols import Clock


@dataclass(slots=True)
class _Away:
    """A server that does not answer: why, how often that was so, and when it is asked again (monotonic s)."""

    error: BulltuiError
    failures: int
    again_at: float


class FleetEvents:
    """See `services.following.EventSource`. Each server's streams are waited for over its own connection, side by side,
    and what the first one tells is handed out at once. The queues of a server that does not answer are unfollowed for
    the reason that it has; only where none answers it raises an error. What such a server writes meanwhile is read
    from the same place once it is back."""

    def __init__(self, sources: Members[EventSource], clock: Clock) -> None:
        self._sources = sources
        self._clock = clock
        self._reads: dict[str, asyncio.Task[Batch]] = {}
        self._asked: dict[str, Mapping[QueueRef, str]] = {}
        self._away: dict[str, _Away] = {}
        self._unfollowed: dict[str, Mapping[QueueRef, str]] = {}

    async def now_ms(self) -> int:
        """See EventSource: that of the clock that is furthest behind, so that nothing is taken for past."""
        told = await self._sources.each_or_error(lambda _, source: source.now_ms())
        return min(answers_of(told).values())

    async def tails(self, refs: Sequence[QueueRef]) -> dict[QueueRef, str]:
        """See EventSource. Of a server that does not answer: now, by the time of the others."""
        parts = self._sources.split(refs)
        if not parts:
            return {}
        told = await self._sources.each_or_error(lambda label, source: source.tails(parts[label]), parts)
        answers = answers_of(told)
        found = {ref: tail for tails in answers.values() for ref, tail in tails.items()}
        missing = [ref for label, some in parts.items() if label not in answers for ref in some]
        if missing:
            now_ms = await self.now_ms()
            found |= dict.fromkeys(missing, f"{now_ms}-0")
        return found

    async def before(self, ref: QueueRef, limit: int, until: str = "+") -> list[Event]:
        """See EventSource."""
        return await self._sources.at(ref).before(ref, limit, until)

    async def read(self, cursors: Mapping[QueueRef, str], *, wait_ms: int, limit: int) -> Batch:
        """See EventSource. A server whose answer is still to come when another tells something is not asked anew: its
        answer is handed out by the next call."""
        parts = self._sources.split(cursors)
        begun: list[asyncio.Task[Batch]] = []
        for label, refs in parts.items():
            if label not in self._reads and not self._rests(label):
                asked = {ref: cursors[ref] for ref in refs}
                self._asked[label] = asked
                read = self._sources.of(label).read(asked, wait_ms=wait_ms, limit=limit)
                self._reads[label] = asyncio.ensure_future(read)
                begun.append(self._reads[label])
        running = [self._reads[label] for label in parts if label in self._reads]
        if begun and not wait_ms:
            await asyncio.wait(begun)  # all that there is now is wanted; who still waits for news has none
        elif running:
            await asyncio.wait(running, return_when=asyncio.FIRST_COMPLETED)
        elif not parts:
            await self._clock.sleep(wait_ms / 1000)
        return self._handed(parts, cursors)

    async def close(self) -> None:
        """See EventSource."""
        for read in self._reads.values():
            read.cancel()
        await asyncio.gather(*self._reads.values(), return_exceptions=True)
        self._reads.clear()
        await asyncio.gather(*(source.close() for source in self._sources.all))

    def _rests(self, label: str) -> bool:
        away = self._away.get(label)
        return away is not None and self._clock.monotonic() < away.again_at

    def _handed(self, parts: Mapping[str, Sequence[QueueRef]], cursors: Mapping[QueueRef, str]) -> Batch:
        """What has come, as one batch, of the queues that are still asked for and from the place that they are at."""
        whole = Batch((), (), dict(cursors))
        for label in [label for label, read in self._reads.items() if read.done()]:
            read, asked = self._reads.pop(label), self._asked.pop(label)
            try:
                batch = read.result()
            except BulltuiError as error:
                self._lose(label, error)
                continue
            self._away.pop(label, None)
            self._unfollowed[label] = batch.unfollowed
            wanted = {ref for ref, place in asked.items() if cursors.get(ref) == place}
            whole = replace(
                whole,
                events=(*whole.events, *(event for event in batch.events if event.ref in wanted)),
                gaps=(*whole.gaps, *(gap for gap in batch.gaps if gap.ref in wanted)),
                cursors={**whole.cursors, **{ref: place for ref, place in batch.cursors.items() if ref in wanted}},
                more=whole.more or batch.more,
            )
        if parts and all(label in self._away for label in parts):
            raise self._away[next(iter(parts))].error
        unfollowed = {ref: why for label in parts for ref, why in self._unfollowed.get(label, {}).items()}
        for label, refs in parts.items():
            if label in self._away:
                unfollowed |= dict.fromkeys(refs, self._away[label].error.message)
        return replace(whole, unfollowed={ref: why for ref, why in unfollowed.items() if ref in cursors})

    def _lose(self, label: str, error: BulltuiError) -> None:
        failures = self._away[label].failures + 1 if label in self._away else 1
        self._away[label] = _Away(error, failures, self._clock.monotonic() + backoff_s(failures))
