"""What following the streams of queues needs of a store."""

from collections.abc import Mapping, Sequence
from typing import Protocol

from bulltui.domain.event import Batch, Event
from bulltui.domain.queue import QueueRef


class EventSource(Protocol):
    """The streams, over one connection of its own that blocks. Raises a `BulltuiError` when the server does not answer;
    the next call connects anew."""

    async def now_ms(self) -> int:
        """The server's time (epoch ms), which the ids of its events are made of."""

    async def tails(self, refs: Sequence[QueueRef]) -> dict[QueueRef, str]:
        """The last id of each stream now (`0-0` for one that is empty or absent): whoever goes on from there misses
        nothing that is written from now on."""

    async def before(self, ref: QueueRef, limit: int, until: str = "+") -> list[Event]:
        """The newest events of a queue up to the id `until`, the oldest of them first."""

    async def read(self, cursors: Mapping[QueueRef, str], *, wait_ms: int, limit: int) -> Batch:
        """What was written behind `cursors`, at most about `limit` events a call and a bounded number of bytes; waits
        up to `wait_ms` for the first. A stream that begins anew (its queue obliterated) is followed from its start."""

    async def close(self) -> None:
        """Ends the connection."""


__all__ = ["Batch", "EventSource"]
