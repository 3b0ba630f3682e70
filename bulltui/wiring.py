"""Builds the object graph: the only module that imports every floor."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING

from bulltui.config.settings import Settings
from bulltui.services.acting import Runner
from bulltui.services.bus import Bus
from bulltui.services.clock import SystemClock
from bulltui.services.counters import Counters
from bulltui.services.poller import Poller, PollOptions
from bulltui.services.protocols import Clock, Reader

if TYPE_CHECKING:
    from bulltui.store.reader import RedisReader


@dataclass(frozen=True, slots=True)
class Runtime:
    """Everything a front end works with."""

    settings: Settings
    reader: Reader
    clock: Clock
    bus: Bus
    poller: Poller
    runner: Runner
    counters: Counters


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
    poller = Poller(reader, bus, time, options)
    counters = Counters()
    runner = runner_on(settings, reader, time, poller, counters)
    try:
        yield Runtime(settings, reader, time, bus, poller, runner, counters)
    finally:
        await reader.close()


def runner_on(settings: Settings, reader: "RedisReader", clock: Clock, poller: Poller, counters: Counters) -> Runner:
    """The runner of actions. Where everything is read-only nothing that writes to the server is even built."""
    from bulltui.domain.address import server_of
    from bulltui.ledger.audit import FileAudit
    from bulltui.ledger.journal import FileJournal
    from bulltui.ledger.paths import state_folder
    from bulltui.services.runner import READ_ONLY, ActionRunner, Rules
    from bulltui.store.actor import RedisActor

    folder = state_folder(settings.state_folder)
    return ActionRunner(
        None if settings.read_only else RedisActor(reader.calls, settings.action_timeout_s),
        FileAudit(folder),
        FileJournal(folder / "undo", limit=settings.undo_limit, total=settings.undo_total),
        clock,
        Rules(
            server=server_of(settings.url),
            refusal=READ_ONLY if settings.read_only else "",
            require_reason=settings.require_reason,
            layout=settings.layout,
            audit_payloads=settings.audit_payloads,
        ),
        counters=counters,
        changed=lambda _: poller.refresh_now(),
    )
