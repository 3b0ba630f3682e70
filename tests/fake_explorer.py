"""What stands around jobs, in memory."""

from collections.abc import Sequence
from dataclasses import dataclass, field

from bulltui.domain.errors import BulltuiError
from bulltui.domain.queue import QueueRef
from bulltui.services.exploring import LastSeen, Surroundings


@dataclass
class FakeExplorer:
    """Jobs by queue and id. Several looks at a job are given out one after the other, the last one for good."""

    places: dict[tuple[QueueRef, str], Sequence[Surroundings]] = field(default_factory=dict)
    told: dict[tuple[QueueRef, str], list[LastSeen]] = field(default_factory=dict)
    pauses: dict[QueueRef, int] = field(default_factory=dict)
    error: BulltuiError | None = None
    looks: int = 0

    async def around(self, ref: QueueRef, job_id: str) -> Surroundings:
        if self.error is not None:
            raise self.error
        self.looks += 1
        places = self.places.get((ref, job_id), [Surroundings(0, exists=False)])
        return places[min(self.looks, len(places)) - 1]

    async def paused_at(self, ref: QueueRef) -> int | None:
        return self.pauses.get(ref)

    async def last_seen(self, ref: QueueRef, job_id: str) -> list[LastSeen]:
        return self.told.get((ref, job_id), [])
