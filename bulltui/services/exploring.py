"""What explanations and flows need of a store, beside the reads of queues and jobs."""

from collections.abc import Sequence
from typing import Protocol

from bulltui.domain.flow import ChildCursor, ChildPage, FlowNode, JobRef
from bulltui.domain.queue import QueueRef
from bulltui.domain.surroundings import LastSeen, Surroundings


class Explorer(Protocol):
    """Looks around jobs. Each method is bounded, and raises a `BulltuiError` when the server does not answer."""

    async def around(self, ref: QueueRef, job_id: str) -> Surroundings:
        """What stands around a job, by one script at one instant, or by plain commands."""

    async def paused_at(self, ref: QueueRef) -> int | None:
        """When a queue's stream says it was paused last (epoch ms), None where it does not."""

    async def last_seen(self, ref: QueueRef, job_id: str) -> list[LastSeen]:
        """The newest events of a job among the last 10,000 or so of its queue, and the newest clean, which names no
        job; the newest of them first."""


class FlowReader(Protocol):
    """Reads flows. Each method is bounded, and raises a `BulltuiError` when the server does not answer."""

    async def nodes(self, jobs: Sequence[JobRef]) -> list[FlowNode]:
        """Jobs as nodes of a flow, in their order."""

    async def children(self, job: JobRef, cursor: ChildCursor, limit: int, known: Sequence[QueueRef]) -> ChildPage:
        """The next children of a parent, those that failed first. `known` are queues that may hold them: an id may have
        colons, so where a key can be divided in several ways, the longest known queue decides."""


__all__ = ["Explorer", "FlowReader", "LastSeen", "Surroundings"]
