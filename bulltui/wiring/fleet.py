"""Several servers as one runtime."""

from collections.abc import Sequence
from functools import cached_property
from typing import TYPE_CHECKING

from bulltui.config.settings import Settings
from bulltui.domain.queue import QueueRef
from bulltui.services.bus import Bus
from bulltui.services.fleet.members import Members
from bulltui.services.fleet.polling import FleetPoller, Polled
from bulltui.services.fleet.reading import FleetReader
from bulltui.services.protocols import Clock, Place
from bulltui.wiring.runtime import Runtime

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from bulltui.domain.query.query import Query
    from bulltui.domain.scan import Look
    from bulltui.domain.states import JobState
    from bulltui.index.folder import JobIndex
    from bulltui.services.acting import Runner
    from bulltui.services.exploring import Explorer, FlowReader
    from bulltui.services.finding import Finder
    from bulltui.services.following import EventSource
    from bulltui.services.search import Index


class FleetRuntime(Runtime):
    """A runtime whose parts ask those of the servers. `servers` are these, each whole by itself."""

    @property
    def servers(self) -> tuple[Runtime, ...]:
        """See Runtime."""
        return self.members.all

    @cached_property
    def members(self) -> Members[Runtime]:
        """The servers by their labels; set when it is made."""
        raise RuntimeError("a fleet of no servers")

    def at(self, ref: QueueRef) -> Runtime:
        """See Runtime."""
        return self.members.at(ref)

    @cached_property
    def explorer(self) -> "Explorer":
        """See Runtime."""
        from bulltui.services.fleet.exploring import FleetExplorer

        return FleetExplorer(Members({one.settings.label: one.explorer for one in self.servers}))

    @cached_property
    def finder(self) -> "Finder":
        """See Runtime."""
        from bulltui.services.fleet.exploring import FleetFinder

        return FleetFinder(Members({one.settings.label: one.finder for one in self.servers}))

    @cached_property
    def flows(self) -> "FlowReader":
        """See Runtime."""
        from bulltui.services.fleet.exploring import FleetFlows

        return FleetFlows(Members({one.settings.label: one.flows for one in self.servers}))

    @cached_property
    def events(self) -> "EventSource":
        """See Runtime."""
        from bulltui.services.fleet.events import FleetEvents

        return FleetEvents(Members({one.settings.label: one.events for one in self.servers}), self.clock)

    @cached_property
    def indexes(self) -> "FleetIndexes":
        """See Runtime."""
        return FleetIndexes(self.members)

    @cached_property
    def indexed(self) -> "Index":
        """See Runtime."""
        return FleetIndexed(self.members)

    async def close(self) -> None:
        """Ends what was begun over all servers; each of them is closed by itself."""
        if "events" in vars(self):
            await self.events.close()


class FleetIndexed:
    """See `services.search.Index`."""

    def __init__(self, servers: Members[Runtime]) -> None:
        self._servers = servers

    async def looks(self, query: "Query", ref: QueueRef, states: "Sequence[JobState]") -> "AsyncIterator[Look] | None":
        """See Index."""
        return await self._servers.at(ref).indexed.looks(query, ref, states)


class FleetIndexes:
    """See Indexes."""

    def __init__(self, servers: Members[Runtime]) -> None:
        self._servers = servers

    def at(self, ref: QueueRef) -> "JobIndex":
        """See Indexes."""
        return self._servers.at(ref).indexes.at(ref)

    def all(self) -> "list[JobIndex]":
        """See Indexes."""
        return [index for server in self._servers.all for index in server.indexes.all()]


def fleet_of(settings: Settings, servers: Sequence[Runtime], clock: Clock) -> FleetRuntime:
    """The servers as one. Each stays what it is, and is closed by whoever opened it."""
    by_label = {one.settings.label: one for one in servers}
    bus = Bus()
    reader = FleetReader(
        {label: Place(one.reader, one.settings.prefixes, one.settings.queues) for label, one in by_label.items()}
    )
    poller = FleetPoller(
        Members({label: Polled(one.poller, one.bus, one.reader.address) for label, one in by_label.items()}),
        bus,
        clock,
        refresh_s=settings.refresh_s,
    )
    runtime = FleetRuntime(settings, reader, clock, bus, poller, _runner)
    vars(runtime)["members"] = Members(by_label)
    return runtime


def _runner(runtime: Runtime) -> "Runner":
    from bulltui.services.fleet.runner import FleetRunner
    from bulltui.wiring.runtime import runner_of

    for one in runtime.servers:
        vars(one)["counters"] = runtime.counters  # what was done is counted once for all
    return FleetRunner({one.settings.label: runner_of(one) for one in runtime.servers})
