"""Everything a front end works with on one server."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Protocol

from bulltui.config.settings import Settings
from bulltui.domain.errors import UsageError
from bulltui.domain.gate import Gate
from bulltui.domain.listening import Listening
from bulltui.services.bus import Bus
from bulltui.services.protocols import Clock, Reader

if TYPE_CHECKING:
    from bulltui.domain.connection import Connection
    from bulltui.domain.queue import QueueRef
    from bulltui.index.folder import JobIndex
    from bulltui.ledger.remembered import Remembered
    from bulltui.services.acting import Runner
    from bulltui.services.counters import Counters
    from bulltui.services.doctor_rights import RightsReader
    from bulltui.services.exploring import Explorer, FlowReader
    from bulltui.services.finding import Finder
    from bulltui.services.following import EventSource
    from bulltui.services.polling import Polling
    from bulltui.services.runner import ActionRunner
    from bulltui.services.search import Index
    from bulltui.services.shell import Shell
    from bulltui.services.watch.protocols import AlertBoard, HistorySource, Marks, Watch
    from bulltui.store.actor import RedisActor
    from bulltui.store.calls import Calls
    from bulltui.wiring.watching import ServerWatching


class Indexes(Protocol):
    """The full-text indexes on this machine of the queues of one server, or of several."""

    def at(self, ref: "QueueRef") -> "JobIndex":
        """The index of a queue, whether there is one or not."""

    def all(self) -> "list[JobIndex]":
        """The indexes that there are."""


@dataclass(frozen=True)
class Runtime:
    """Everything a front end works with. A command that only reads never loads what `make_runner` makes. What stands on
    `calls`, the way to the server, is built when it is first asked for; a runtime of tests has its own instead.
    `gate` is what each call passes, and `connection` where further ones are opened to, such as that of events."""

    settings: Settings
    reader: Reader
    clock: Clock
    bus: Bus
    poller: "Polling"
    make_runner: "Callable[[Runtime], Runner]"
    calls: "Calls | None" = None
    gate: Gate | None = None
    connection: "Connection | None" = None

    @cached_property
    def runner(self) -> "Runner":
        """Who changes anything."""
        return self.make_runner(self)

    @cached_property
    def counters(self) -> "Counters":
        """What the runner has done since the start."""
        from bulltui.services.counters import Counters

        return Counters()

    @cached_property
    def explorer(self) -> "Explorer":
        """Who looks around jobs."""
        from bulltui.store.explorer import RedisExplorer

        return RedisExplorer(self._calls)

    @cached_property
    def finder(self) -> "Finder":
        """Who looks through jobs."""
        from bulltui.services.redacted import redacted_finder
        from bulltui.store.finder import RedisFinder

        return redacted_finder(RedisFinder(self._calls, self.settings.search_timeout_s), self.settings.redact)

    @cached_property
    def shell(self) -> "Shell":
        """Who sends raw commands."""
        from bulltui.domain.address import server_of
        from bulltui.domain.redaction import Redaction
        from bulltui.ledger.audit import FileAudit
        from bulltui.ledger.paths import state_folder
        from bulltui.services.shell import Shell, ShellRules
        from bulltui.store.raw_commands import RawCommands

        settings = self.settings
        rules = ShellRules(
            server_of(settings.url),
            settings.read_only,
            settings.role,
            settings.require_reason,
            Redaction.of(settings.redact),
        )
        wire = RawCommands(self._calls, self.changing)
        return Shell(wire, FileAudit(state_folder(settings.state_folder)), self.clock, rules)

    @cached_property
    def rights(self) -> "RightsReader":
        """Who asks what the connected user may do."""
        from bulltui.store.role_rights import RedisRights

        return RedisRights(self._calls)

    @cached_property
    def flows(self) -> "FlowReader":
        """Who reads parents and children."""
        from bulltui.store.flows import RedisFlows

        return RedisFlows(self._calls)

    @cached_property
    def events(self) -> "EventSource":
        """Who follows the streams of queues, over a connection of its own."""
        from bulltui.services.redacted import redacted_events
        from bulltui.store.events import RedisEvents

        return redacted_events(
            RedisEvents.open(self.connection or self.settings.connection, self.gate), self.settings.redact
        )

    @cached_property
    def changing(self) -> "Calls":
        """The way to the primary, which alone is changed and knows at once what was; the same calls as those that read
        unless these go to replicas."""
        from dataclasses import replace

        from bulltui.store.opening import open_calls

        connection = self.connection or self.settings.connection
        return open_calls(replace(connection, replica=False), self.gate) if connection.replica else self._calls

    @property
    def actor(self) -> "RedisActor":
        """What changes the server."""
        from bulltui.store.actor import RedisActor

        return RedisActor(self.changing, self.settings.action_timeout_s)

    @cached_property
    def remembered(self) -> "Remembered":
        """What is remembered from one run to the next."""
        from bulltui.ledger.paths import state_folder
        from bulltui.ledger.remembered import Remembered

        return Remembered(state_folder(self.settings.state_folder), keeps_history=self.settings.history)

    @cached_property
    def indexes(self) -> "Indexes":
        """The full-text indexes on this machine."""
        from bulltui.domain.address import server_of
        from bulltui.index.folder import IndexFolder
        from bulltui.ledger.paths import ensure_folder, state_folder

        folder = state_folder(self.settings.state_folder) / "index"
        return IndexFolder(
            folder,
            server_of(self.settings.url),
            label=self.settings.label,
            redact=self.settings.redact,
            ensure=ensure_folder,
        )

    @cached_property
    def indexed(self) -> "Index":
        """What answers searches from the indexes, as far as these are fresh."""
        from bulltui.services.indexed import Indexed
        from bulltui.store.events import RedisEvents

        return Indexed(self.indexes.at, self.reader, RedisEvents(self._calls))

    @cached_property
    def history(self) -> "HistorySource":
        """Where charts and reports are read from."""
        from bulltui.wiring.watching import history_of

        return history_of(self)

    @cached_property
    def alerts(self) -> "AlertBoard":
        """What is wrong, and who must not be told."""
        from bulltui.wiring.watching import alerts_of

        return alerts_of(self)

    @cached_property
    def marks(self) -> "Marks":
        """What happened and may explain a chart."""
        from bulltui.wiring.watching import marks_of

        return marks_of(self)

    @cached_property
    def watch(self) -> "Watch":
        """Who writes the history, looks for alerts and tells of them."""
        from bulltui.wiring.watching import watch_of

        return watch_of(self)

    @cached_property
    def listening(self) -> Listening:
        """Where Prometheus is answered; whoever begins that (`wiring.serving`) says so here."""
        return Listening()

    @cached_property
    def watching(self) -> "ServerWatching":
        """What the last four are made of, of one server."""
        from bulltui.wiring.watching import ServerWatching

        return ServerWatching(self)

    @property
    def servers(self) -> "tuple[Runtime, ...]":
        """A runtime for each server: of one, itself."""
        return (self,)

    def at(self, ref: "QueueRef") -> "Runtime":
        """The runtime of a queue's server alone. Raises NotFoundError for a server that there is not."""
        return self

    async def close(self) -> None:
        """Closes every connection."""
        own = vars(self)
        try:
            if "watching" in own:
                await self.watching.close()
            if "events" in own:
                await self.events.close()
            if "changing" in own and self.changing is not self.calls:
                await self.changing.close()
        finally:
            await self.reader.close()

    @property
    def _calls(self) -> "Calls":
        if self.calls is None:
            raise UsageError(
                "This is done on one server, and there are several.",
                hint="Say which one: --profile NAME, once.",
                code="servers",
            )
        return self.calls


def runner_of(runtime: Runtime) -> "ActionRunner":
    """The runner of actions. Where everything is read-only nothing that writes to the server is even built."""
    from bulltui.domain.address import server_of
    from bulltui.domain.redaction import Redaction
    from bulltui.ledger.audit import FileAudit
    from bulltui.ledger.journal import FileJournal
    from bulltui.ledger.paths import state_folder
    from bulltui.services.runner import READ_ONLY, ActionRunner, Rules

    settings = runtime.settings
    folder = state_folder(settings.state_folder)
    return ActionRunner(
        None if settings.read_only or settings.role.views_only else runtime.actor,
        FileAudit(folder),
        FileJournal(folder / "undo", limit=settings.undo_limit, total=settings.undo_total, label=settings.label),
        runtime.clock,
        Rules(
            server=server_of(settings.url),
            refusal=READ_ONLY if settings.read_only else "",
            require_reason=settings.require_reason,
            layout=settings.layout,
            audit_payloads=settings.audit_payloads,
            role=settings.role,
            redaction=Redaction.of(settings.redact),
        ),
        counters=runtime.counters,
        changed=runtime.poller.changed,
    )
