"""Builds what watches: the history, alerts and the metrics of one server, or of several."""

from functools import cached_property
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from bulltui.services.watch.protocols import AlertBoard, HistorySource, Marks, Recent, Watch
    from bulltui.services.watch.totals import Totals
    from bulltui.services.watch.watch import Part
    from bulltui.wiring.runtime import Runtime

OFF = "No history of queues is kept here, since `[history] enabled` is false."
OFF_HINT = "Set it to true in the configuration, and leave out --no-history."


def history_of(runtime: "Runtime") -> "HistorySource":
    """Where charts and reports are read from."""
    from bulltui.services.watch.off import NoHistory

    return NoHistory(OFF, OFF_HINT)


def alerts_of(runtime: "Runtime") -> "AlertBoard":
    """The alerts of all servers of the runtime."""
    from bulltui.services.watch.off import NoAlerts

    return NoAlerts()


def marks_of(runtime: "Runtime") -> "Marks":
    """What happened on them."""
    from bulltui.ledger.audit import FileAudit
    from bulltui.ledger.paths import state_folder
    from bulltui.services.watch.marks import TimeMarks

    settings = runtime.settings
    audit = FileAudit(state_folder(settings.state_folder))
    return TimeMarks(audit, runtime.alerts, settings.servers, lambda: (row.ref for row in runtime.bus.last.rows))


def watch_of(runtime: "Runtime") -> "Watch":
    """Who writes the history, looks for alerts and tells of them, while it runs."""
    if len(runtime.servers) > 1:
        from bulltui.services.fleet.members import Members
        from bulltui.services.fleet.watching import FleetWatch

        return FleetWatch(Members({one.settings.label: one.watch for one in runtime.servers}))
    return runtime.watching.watch


class ServerWatching:
    """The parts that watch one server, each built when it is first asked for."""

    def __init__(self, runtime: "Runtime") -> None:
        self._runtime = runtime

    @cached_property
    def recent(self) -> "Recent":
        """What was seen lately."""
        from bulltui.services.watch.off import Unseen

        return Unseen()

    @cached_property
    def totals(self) -> "Totals":
        """What moved since the start."""
        from bulltui.services.watch.totals import Totals

        return Totals()

    @cached_property
    def watch(self) -> "Watch":
        """See Runtime."""
        from bulltui.services.watch.watch import ServerWatch

        return ServerWatch(self._runtime.bus, self._runtime.clock, self.parts, self.recent, self.totals)

    @property
    def parts(self) -> "list[Part]":
        """In the order in which they end."""
        return []

    async def close(self) -> None:
        """Ends the connections and files that were opened."""
