"""Streams and flows in memory."""

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace

from bulltui.domain.errors import BulltuiError
from bulltui.domain.event import Batch, Event, Gap
from bulltui.domain.flow import Bond, ChildCursor, ChildPage, FlowNode, JobRef
from bulltui.domain.queue import QueueRef


@dataclass
class FakeEvents:
    """Streams of events. `error` is raised as long as it is there; `gaps` are told once, with the next batch."""

    time_ms: int = 1_800_000_000_000
    streams: dict[QueueRef, list[Event]] = field(default_factory=dict)
    gaps: list[Gap] = field(default_factory=list)
    unfollowed: dict[QueueRef, str] = field(default_factory=dict)
    error: BulltuiError | None = None
    closed: bool = False
    news: asyncio.Event = field(default_factory=asyncio.Event)

    def write(self, ref: QueueRef, kind: str, job_id: str = "", **fields: str) -> Event:
        """Adds an event to a stream."""
        stream = self.streams.setdefault(ref, [])
        event = Event(ref, f"{self.time_ms}-{len(stream)}", kind, job_id, fields)
        stream.append(event)
        self.news.set()
        return event

    async def now_ms(self) -> int:
        self._check()
        return self.time_ms

    async def tails(self, refs: Sequence[QueueRef]) -> dict[QueueRef, str]:
        self._check()
        return {ref: stream[-1].id if (stream := self.streams.get(ref)) else "0-0" for ref in refs}

    async def before(self, ref: QueueRef, limit: int, until: str = "+") -> list[Event]:
        self._check()
        known = self.streams.get(ref, [])
        return [one for one in known if until == "+" or _place(one.id) <= _place(until)][-limit:]

    async def read(self, cursors: Mapping[QueueRef, str], *, wait_ms: int, limit: int) -> Batch:
        self._check()
        found = self._behind(cursors)
        if not found and not self.gaps:
            self.news.clear()
            try:
                async with asyncio.timeout(wait_ms / 1000):
                    await self.news.wait()
            except TimeoutError:
                pass
            self._check()
            found = self._behind(cursors)
        gaps, self.gaps = tuple(self.gaps), []
        read = found[:limit]
        after = dict(cursors) | {event.ref: event.id for event in read}
        return Batch(tuple(read), gaps, after, len(found) > limit, dict(self.unfollowed))

    async def close(self) -> None:
        self.closed = True

    def _check(self) -> None:
        if self.error is not None:
            raise self.error

    def _behind(self, cursors: Mapping[QueueRef, str]) -> list[Event]:
        found: list[Event] = []
        for ref, cursor in cursors.items():
            stream = self.streams.get(ref, [])
            # A place behind the end is one of another stream: this one began anew.
            anew = bool(stream) and _place(stream[-1].id) < _place(cursor)
            found += [event for event in stream if anew or _place(event.id) > _place(cursor)]
        return found


def _place(stream_id: str) -> tuple[int, ...]:
    return tuple(map(int, stream_id.split("-")))


@dataclass
class FakeFlows:
    """Nodes by job, and the children of each by how it stands to them. `reads` counts the pages of children."""

    jobs: dict[JobRef, FlowNode] = field(default_factory=dict)
    bonds: dict[JobRef, list[tuple[Bond, JobRef]]] = field(default_factory=dict)
    error: BulltuiError | None = None
    reads: int = 0

    async def nodes(self, jobs: Sequence[JobRef]) -> list[FlowNode]:
        if self.error is not None:
            raise self.error
        return [self.jobs.get(job, FlowNode(job, missing=True)) for job in jobs]

    async def children(self, job: JobRef, cursor: ChildCursor, limit: int, known: Sequence[QueueRef]) -> ChildPage:
        self.reads += 1
        order = list(Bond)
        bonds = sorted(self.bonds.get(job, []), key=lambda pair: order.index(pair[0]))
        start = int(cursor.at)
        nodes = [
            replace(node, bond=bond)
            for bond, child in bonds[start : start + limit]
            for node in await self.nodes([child])
        ]
        end = start + limit
        return ChildPage(tuple(nodes), ChildCursor(bonds[end][0], str(end)) if end < len(bonds) else None)
