"""What queues tell: the entries of their streams."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from bulltui.domain.queue import QueueRef


def place(stream_id: str) -> tuple[int, int]:
    """An id of a stream as it compares."""
    head, _, tail = stream_id.partition("-")
    return int(head or 0), int(tail or 0)


@dataclass(frozen=True, slots=True)
class Event:
    """An entry of a queue's stream (reference, section 5.6). `id` is the stream's, `kind` BullMQ's word (`completed`,
    `failed`, ...), empty where a stranger left it out. `fields` are all others, each cut to what a line needs, `cut`
    names those that were."""

    ref: QueueRef
    id: str
    kind: str
    job_id: str = ""
    fields: Mapping[str, str] = field(default_factory=dict)
    cut: frozenset[str] = frozenset()

    @property
    def at_ms(self) -> int:
        """When it was written, by the server's clock (epoch ms)."""
        head = self.id.partition("-")[0]
        return int(head) if head.isascii() and head.isdigit() else 0


@dataclass(frozen=True, slots=True)
class Gap:
    """Events of a queue between two of its ids were trimmed before they were read: `lost` is how many at least, None
    where nobody can know."""

    ref: QueueRef
    after: str
    before: str
    lost: int | None = None


@dataclass(frozen=True, slots=True)
class Batch:
    """Events in the order in which each queue wrote them, and what was trimmed before it was read. `cursors` is where
    to go on. `more` tells that there is more to read at once. `unfollowed` are queues whose stream cannot be read, with
    a sentence why."""

    events: tuple[Event, ...]
    gaps: tuple[Gap, ...]
    cursors: Mapping[QueueRef, str]
    more: bool = False
    unfollowed: Mapping[QueueRef, str] = field(default_factory=dict)
