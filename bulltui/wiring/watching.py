"""Builds what watches: the history, alerts and the metrics of one server, or of several."""

from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

from bulltui.config.history import LOCAL, PROMETHEUS, checked
from bulltui.domain.queue import QueueRef

if TYPE_CHECKING:
    from bulltui.config.watching import HistorySettings
    from bulltui.services.following import EventSource
    from bulltui.services.watch.outlets import AlertStore, Outlet
    from bulltui.services.watch.past import Past
    from bulltui.services.watch.protocols import AlertBoard, HistorySource, HistoryStore, Marks, Watch
    from bulltui.services.watch.recorder import Recorder
    from bulltui.services.watch.totals import Totals
    from bulltui.services.watch.watch import Part
    from bulltui.wiring.runtime import Runtime

LOOK_S = 30.0
"""So often it is looked how each stream stands. Events are read as they come; for a screen that shows them it is done
more often, which for all streams of a thousand queues would be most of what watching costs."""

OFF = "No history of queues is kept here, since that is switched off."
OFF_HINT = "Set `enabled` of `[history]` to true, and leave out --no-history and BULLTUI_HISTORY_ENABLED."


def history_of(runtime: "Runtime") -> "HistorySource":
    """Where charts and reports are read from. Raises UsageError for settings that are not whole."""
    from bulltui.services.watch.local import LocalHistory
    from bulltui.services.watch.off import NoHistory

    settings = checked(runtime.settings.watching.history)
    if not settings.enabled:
        return NoHistory(OFF, OFF_HINT)
    if settings.source == PROMETHEUS:
        return _from_prometheus(runtime, settings)
    return LocalHistory({one.settings.label: one.watching.history for one in runtime.servers})


def _from_prometheus(runtime: "Runtime", settings: "HistorySettings") -> "HistorySource":
    from bulltui.history.prometheus import PrometheusHistory
    from bulltui.history.prometheus_words import Servers

    labels = tuple(one.settings.label for one in runtime.servers if one.settings.label)
    servers = Servers(labels, runtime.settings.profile, settings.match)
    return PrometheusHistory(settings, servers, runtime.clock)


def alerts_of(runtime: "Runtime") -> "AlertBoard":
    """The alerts of all servers of the runtime."""
    from bulltui.config.alerts import rules_of
    from bulltui.services.watch.alert_board import Alerts, OfServer

    servers = [OfServer(one.watching.board_store, one.watching.name, one.settings.label) for one in runtime.servers]
    return Alerts(servers, rules_of(runtime.settings.watching.alerts), _outlets(runtime), runtime.clock)


def marks_of(runtime: "Runtime") -> "Marks":
    """What happened on them."""
    from bulltui.ledger.audit import FileAudit
    from bulltui.ledger.paths import state_folder
    from bulltui.services.watch.marks import TimeMarks

    settings = runtime.settings
    audit = FileAudit(state_folder(settings.state_folder))
    return TimeMarks(audit, runtime.alerts, settings.servers, lambda: (row.ref for row in runtime.bus.last.rows))


def watch_of(runtime: "Runtime") -> "Watch":
    """Who writes the history, looks for alerts and tells of them, while it runs. Raises UsageError for settings that
    are not whole."""
    if len(runtime.servers) > 1:
        from bulltui.services.fleet.members import Members
        from bulltui.services.fleet.watching import FleetWatch

        return FleetWatch(Members({one.settings.label: one.watch for one in runtime.servers}))
    return runtime.watching.watch


def _outlets(runtime: "Runtime") -> "tuple[Outlet, ...]":
    from bulltui.notify.ways import outlets_of

    return outlets_of(runtime.settings.watching.alerts.ways)


class ServerWatching:
    """The parts that watch one server, each built when it is first asked for. Who looks at alerts has files of their
    own: those of the ones that look for them are closed when these end."""

    def __init__(self, runtime: "Runtime") -> None:
        self._runtime = runtime
        self._settings = runtime.settings

    @property
    def name(self) -> str:
        """What the server is called here."""
        return self._settings.label or self._settings.profile or self._runtime.reader.address

    @cached_property
    def history(self) -> "HistoryStore":
        """The history on this machine."""
        from bulltui.history.files import open_history

        max_mb = self._settings.watching.history.max_mb
        return open_history(self._folder, self._server, max_mb=max_mb, clock=self._runtime.clock)

    @cached_property
    def board_store(self) -> "AlertStore":
        """The alerts, for those who look at them."""
        return self._alert_store()

    @cached_property
    def totals(self) -> "Totals":
        """What moved since the start."""
        from bulltui.services.watch.totals import Totals

        return Totals()

    @cached_property
    def source(self) -> "EventSource":
        """The events of its queues, over a connection of their own: a screen may follow some at the same time."""
        from bulltui.services.redacted import redacted_events
        from bulltui.services.watch.eyes import WAIT_S
        from bulltui.store.events import RedisEvents

        runtime = self._runtime
        connection = runtime.connection or self._settings.connection
        events = RedisEvents.open(connection, runtime.gate, block_s=WAIT_S, look_s=LOOK_S)
        return redacted_events(events, self._settings.redact)

    @cached_property
    def recorder(self) -> "Recorder":
        """Who sees what moves, and writes it down where it is kept."""
        from bulltui.services.watch.recorder import Recorder

        watching = self._settings.watching
        history = checked(watching.history)
        return Recorder(
            self._runtime.clock,
            self._past,
            self.totals,
            store=self.history if history.enabled and history.source == LOCAL else None,
            source=self.source if history.events else None,
            always=watching.metrics.port is not None,
        )

    @cached_property
    def watch(self) -> "Watch":
        """See Runtime."""
        from bulltui.services.watch.watch import ServerWatch

        runtime = self._runtime
        return ServerWatch(runtime.bus, runtime.clock, self._parts(), self.recorder.recent, self.totals)

    async def close(self) -> None:
        """Ends the connections and files that were opened."""
        own = vars(self)
        for name in ("source", "history", "board_store"):
            if name in own:
                await own[name].close()

    def _parts(self) -> "list[Part]":
        """In the order in which they end."""
        from bulltui.config.alerts import rules_of
        from bulltui.services.watch.alerts import AlertWatch, Pace
        from bulltui.services.watch.watch import Part

        recorder, runtime = self.recorder, self._runtime
        parts = [Part("Recording", recorder, lambda: recorder.problems)]
        settings = self._settings.watching.alerts
        alerts = AlertWatch(  # without a rule it still ends the alerts of rules that are gone
            self._alert_store(),
            rules_of(settings),
            _outlets(runtime),
            recorder.recent,
            runtime.clock,
            server=self.name,
            pace=Pace(settings.group_s),
            selects=self._selects,
            lacks=[one.message for one in settings.missing],
        )
        parts.append(Part("Looking for alerts", alerts, lambda: alerts.problems))
        return parts

    def _selects(self, ref: QueueRef) -> bool:
        from bulltui.domain.match import selected

        prefixes = self._settings.prefixes
        return selected(ref, self._settings.queues) and (prefixes is None or ref.prefix in prefixes)

    def _alert_store(self) -> "AlertStore":
        from bulltui.history.alert_store import AlertFolder
        from bulltui.history.files import history_path

        return AlertFolder(self._folder / "alerts" / history_path(self._folder, self._server).stem)

    @cached_property
    def _past(self) -> "Past":
        from bulltui.services.watch.off import NoPast
        from bulltui.store.job_times import RedisPast

        calls = self._runtime.calls
        return NoPast() if calls is None else RedisPast(calls)

    @property
    def _folder(self) -> Path:
        from bulltui.ledger.paths import state_folder

        return state_folder(self._settings.state_folder)

    @property
    def _server(self) -> str:
        from bulltui.domain.address import server_of

        return server_of(self._settings.url)
