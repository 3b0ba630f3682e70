"""Looking for jobs and around them on several servers."""

from collections.abc import Sequence

from bulltui.domain.flow import ChildCursor, ChildPage, FlowNode, JobRef
from bulltui.domain.queue import QueueRef
from bulltui.domain.scan import Look, Probe
from bulltui.domain.surroundings import LastSeen, Surroundings
from bulltui.services.exploring import Explorer, FlowReader
from bulltui.services.finding import Finder
from bulltui.services.fleet.members import Members, in_order


class FleetFinder:
    """See `services.finding.Finder`."""

    def __init__(self, finders: Members[Finder]) -> None:
        self._finders = finders

    async def look(self, probe: Probe) -> Look:
        """See Finder."""
        return await self._finders.at(probe.ref).look(probe)

    async def holders(self, refs: Sequence[QueueRef], job_id: str) -> list[QueueRef]:
        """See Finder: those of several servers side by side, in the order asked for."""
        parts = self._finders.split(refs)
        told = await self._finders.each(lambda label, finder: finder.holders(parts[label], job_id), parts)
        found = {ref: ref for some in told.values() for ref in some}
        return in_order(refs, found, self._finders.labels)

    @property
    def on_server(self) -> bool:
        """See Finder: False where one of the servers allows no scripts."""
        return all(finder.on_server for finder in self._finders.all)


class FleetExplorer:
    """See `services.exploring.Explorer`."""

    def __init__(self, explorers: Members[Explorer]) -> None:
        self._explorers = explorers

    async def around(self, ref: QueueRef, job_id: str) -> Surroundings:
        """See Explorer."""
        return await self._explorers.at(ref).around(ref, job_id)

    async def paused_at(self, ref: QueueRef) -> int | None:
        """See Explorer."""
        return await self._explorers.at(ref).paused_at(ref)

    async def last_seen(self, ref: QueueRef, job_id: str) -> list[LastSeen]:
        """See Explorer."""
        return await self._explorers.at(ref).last_seen(ref, job_id)


class FleetFlows:
    """See `services.exploring.FlowReader`. A flow lies on one server, with all its queues."""

    def __init__(self, flows: Members[FlowReader]) -> None:
        self._flows = flows

    async def nodes(self, jobs: Sequence[JobRef]) -> list[FlowNode]:
        """See FlowReader."""
        parts: dict[str, list[JobRef]] = {}
        for job in jobs:
            self._flows.at(job.ref)
            parts.setdefault(job.ref.server, []).append(job)
        told = await self._flows.each(lambda label, flows: flows.nodes(parts[label]), parts)
        answers = {label: iter(nodes) for label, nodes in told.items()}
        return [next(answers[job.ref.server]) for job in jobs]

    async def children(self, job: JobRef, cursor: ChildCursor, limit: int, known: Sequence[QueueRef]) -> ChildPage:
        """See FlowReader."""
        there = [ref for ref in known if ref.server == job.ref.server]
        return await self._flows.at(job.ref).children(job, cursor, limit, there)
