"""Builds the object graph: the only module that imports every floor."""

from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

from bulltui.config.settings import Settings
from bulltui.services.bus import Bus
from bulltui.services.clock import SystemClock
from bulltui.services.poller import Poller, PollOptions
from bulltui.services.protocols import Clock, Reader

if TYPE_CHECKING:
    from bulltui.index.folder import IndexFolder
    from bulltui.ledger.remembered import Remembered
    from bulltui.services.acting import Runner
    from bulltui.services.counters import Counters
    from bulltui.services.exploring import Explorer, FlowReader
    from bulltui.services.finding import Finder
    from bulltui.services.following import EventSource
    from bulltui.services.indexed import Indexed
    from bulltui.services.runner import ActionRunner
    from bulltui.store.calls import Calls
    from bulltui.store.reader import RedisReader


@dataclass(frozen=True)
class Runtime:
    """Everything a front end works with. A command that only reads never loads what `make_runner` makes. What stands on
    `calls`, the way to the server, is built when it is first asked for; a runtime of tests has its own instead."""

    settings: Settings
    reader: Reader
    clock: Clock
    bus: Bus
    poller: Poller
    make_runner: "Callable[[Runtime], Runner]"
    calls: "Calls | None" = None

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
        from bulltui.store.finder import RedisFinder

        return RedisFinder(self._calls)

    @cached_property
    def flows(self) -> "FlowReader":
        """Who reads parents and children."""
        from bulltui.store.flows import RedisFlows

        return RedisFlows(self._calls)

    @cached_property
    def events(self) -> "EventSource":
        """Who follows the streams of queues, over a connection of its own."""
        from bulltui.store.events import RedisEvents

        settings = self.settings
        return RedisEvents.from_url(
            settings.url, connect_timeout_s=settings.connect_timeout_s, timeout_s=settings.refresh_timeout_s
        )

    @cached_property
    def remembered(self) -> "Remembered":
        """What is remembered from one run to the next."""
        from bulltui.ledger.paths import state_folder
        from bulltui.ledger.remembered import Remembered

        return Remembered(state_folder(self.settings.state_folder), keeps_history=self.settings.history)

    @cached_property
    def indexes(self) -> "IndexFolder":
        """The full-text indexes on this machine."""
        from bulltui.domain.address import server_of
        from bulltui.index.folder import IndexFolder
        from bulltui.ledger.paths import state_folder

        folder = state_folder(self.settings.state_folder) / "index"
        return IndexFolder(folder, server_of(self.settings.url))

    @cached_property
    def indexed(self) -> "Indexed":
        """What answers searches from the indexes, as far as these are fresh."""
        from bulltui.services.indexed import Indexed
        from bulltui.store.events import RedisEvents

        return Indexed(self.indexes.at, self.reader, RedisEvents(self._calls))

    @property
    def _calls(self) -> "Calls":
        if self.calls is None:
            raise RuntimeError("this runtime has no server")
        return self.calls


@asynccontextmanager
async def open_runtime(settings: Settings, clock: Clock | None = None) -> AsyncIterator[Runtime]:
    """A runtime on the server of `settings`. Connects on first use; closes all connections at the end.

    Raises UsageError for a URL that cannot be read.
    """
    from bulltui.store.reader import RedisReader

    time = clock or SystemClock()
    reader = RedisReader.from_url(
        settings.url, connect_timeout_s=settings.connect_timeout_s, timeout_s=settings.refresh_timeout_s
    )
    bus = Bus()
    options = PollOptions(
        prefixes=settings.prefixes,
        globs=settings.queues,
        refresh_s=settings.refresh_s,
        timeout_s=settings.refresh_timeout_s,
        discovery_s=settings.discovery_s,
    )
    try:
        poller = Poller(reader, bus, time, options)
        runtime = Runtime(settings, reader, time, bus, poller, lambda one: runner_of(one, reader), reader.calls)
        yield runtime
        if "events" in vars(runtime):
            await runtime.events.close()
    finally:
        await reader.close()


def runner_of(runtime: Runtime, reader: "RedisReader") -> "ActionRunner":
    """The runner of actions. Where everything is read-only nothing that writes to the server is even built."""
    from bulltui.domain.address import server_of
    from bulltui.ledger.audit import FileAudit
    from bulltui.ledger.journal import FileJournal
    from bulltui.ledger.paths import state_folder
    from bulltui.services.runner import READ_ONLY, ActionRunner, Rules

    settings = runtime.settings
    folder = state_folder(settings.state_folder)
    return ActionRunner(
        None if settings.read_only else reader.actor(settings.action_timeout_s),
        FileAudit(folder),
        FileJournal(folder / "undo", limit=settings.undo_limit, total=settings.undo_total),
        runtime.clock,
        Rules(
            server=server_of(settings.url),
            refusal=READ_ONLY if settings.read_only else "",
            require_reason=settings.require_reason,
            layout=settings.layout,
            audit_payloads=settings.audit_payloads,
        ),
        counters=runtime.counters,
        changed=lambda _: runtime.poller.refresh_now(),
    )
