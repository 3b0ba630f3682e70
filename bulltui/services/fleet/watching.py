"""Watching several servers: each is watched by itself, and all are shown as one."""

import asyncio
from collections.abc import Mapping, Sequence

from bulltui.domain.point import Flow, Point, beside
from bulltui.domain.queue import QueueRef
from bulltui.services.fleet.members import Members
from bulltui.services.watch.job_counts import NameCounts
from bulltui.services.watch.protocols import Counted, Recent, Watch


class FleetWatch:
    """See `services.watch.protocols.Watch`."""

    def __init__(self, watches: Members[Watch]) -> None:
        self._watches = watches

    @property
    def recent(self) -> "FleetRecent":
        """See Watch."""
        return FleetRecent({label: self._watches.of(label).recent for label in self._watches.labels})

    @property
    def counted(self) -> "FleetCounted":
        """See Watch."""
        return FleetCounted([watch.counted for watch in self._watches.all])

    @property
    def problems(self) -> tuple[str, ...]:
        """See Watch: each with the label of its server."""
        labels = self._watches.labels
        return tuple(f"{label}: {one}" for label in labels for one in self._watches.of(label).problems)

    async def run(self) -> None:
        """See Watch."""
        async with asyncio.TaskGroup() as tasks:
            for watch in self._watches.all:
                tasks.create_task(watch.run())


class FleetRecent:
    """See `services.watch.protocols.Recent`."""

    def __init__(self, recents: Mapping[str, Recent]) -> None:
        self._recents = Members(recents)

    def over(self, ref: QueueRef | None, seconds: float) -> Point:
        """See Recent."""
        if ref is not None:
            return self._recents.at(ref).over(ref, seconds)
        each = [recent.over(None, seconds) for recent in self._recents.all]
        return beside(each, min((one.at_ms for one in each), default=0))

    def flow(self, ref: QueueRef | None, seconds: float) -> Flow:
        """See Recent."""
        if ref is not None:
            return self._recents.at(ref).flow(ref, seconds)
        return sum((recent.flow(None, seconds) for recent in self._recents.all), Flow())

    def still(self, ref: QueueRef, seconds: float) -> bool:
        """See Recent."""
        return self._recents.at(ref).still(ref, seconds)

    def covers(self, ref: QueueRef | None) -> float:
        """See Recent: of all queues what is known of every server."""
        if ref is not None:
            return self._recents.at(ref).covers(ref)
        return min((recent.covers(None) for recent in self._recents.all), default=0.0)


class FleetCounted:
    """See `services.watch.protocols.Counted`."""

    def __init__(self, counted: Sequence[Counted]) -> None:
        self._counted = tuple(counted)

    @property
    def flows(self) -> Mapping[QueueRef, Flow]:
        """See Counted."""
        return {ref: flow for one in self._counted for ref, flow in one.flows.items()}

    @property
    def jobs(self) -> Mapping[tuple[QueueRef, str, str], NameCounts]:
        """See Counted."""
        return {key: counts for one in self._counted for key, counts in one.jobs.items()}
