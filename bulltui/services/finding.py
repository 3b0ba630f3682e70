"""What a search needs of a store."""

from collections.abc import Sequence
from typing import Protocol

from bulltui.domain.queue import QueueRef
from bulltui.domain.scan import Look, Probe


class Finder(Protocol):
    """Looks through the jobs of a state. Each method raises a `BulltuiError` when the server does not answer."""

    async def look(self, probe: Probe) -> Look:
        """One bounded look, a few ms of the server. Where scripts are not allowed the jobs are read by pipelines and
        the filter is applied here, with the same answer."""

    async def holders(self, refs: Sequence[QueueRef], job_id: str) -> list[QueueRef]:
        """The queues of `refs` that have a job (its hash) of this id, in a few trips for a thousand queues."""

    @property
    def on_server(self) -> bool:
        """Whether the server itself filters; False where scripts are not allowed."""
