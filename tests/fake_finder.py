"""A finder in memory."""

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from bulltui.domain.errors import BulltuiError
from bulltui.domain.fields import RawHash
from bulltui.domain.queue import QueueRef
from bulltui.domain.scan import Candidate, Look, Probe, Spot
from bulltui.domain.states import JobState

Stored = tuple[str, float, RawHash]


@dataclass
class FakeFinder:
    """Looks through jobs by queue and state, the newest first, at most `most` at once. It lets every job pass. `error`
    is raised once, by the look after the next `error_after` ones."""

    jobs: Mapping[tuple[QueueRef, JobState], Sequence[Stored]] = field(default_factory=dict)
    most: int = 3
    error: BulltuiError | None = None
    error_after: int = 0
    unread: tuple[str, ...] = ()
    on_server: bool = True
    probes: list[Probe] = field(default_factory=list)

    async def look(self, probe: Probe) -> Look:
        await asyncio.sleep(0)
        self.probes.append(probe)
        if self.error is not None:
            self.error_after -= 1
            if self.error_after < 0:
                error, self.error = self.error, None
                raise error
        between = [
            one
            for one in self.jobs.get((probe.ref, probe.state), ())
            if (probe.low is None or one[1] >= probe.low) and (probe.high is None or one[1] <= probe.high)
        ]
        start = int(probe.spot.member or 0)
        end = start + min(self.most, probe.limit)
        found = tuple(Candidate(probe.ref, job_id, probe.state, at, raw) for job_id, at, raw in between[start:end])
        spot = Spot(member=str(end)) if end < len(between) else None
        return Look(min(end, len(between)) - start, len(between), found, spot, self.unread if spot is None else ())

    async def holders(self, refs: Sequence[QueueRef], job_id: str) -> list[QueueRef]:
        return [
            ref
            for ref in refs
            if any(job_id == one[0] for (at, _), all_ in self.jobs.items() for one in all_ if at == ref)
        ]
