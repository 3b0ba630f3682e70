"""Builds the object graph: the only module that imports every floor."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass

from bulltui.config.settings import Settings
from bulltui.services.bus import Bus
from bulltui.services.clock import SystemClock
from bulltui.services.poller import Poller, PollOptions
from bulltui.services.protocols import Clock, Reader


@dataclass(frozen=True, slots=True)
class Runtime:
    """Everything a front end works with."""

    settings: Settings
    reader: Reader
    clock: Clock
    bus: Bus
    poller: Poller


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
        yield Runtime(settings, reader, time, bus, Poller(reader, bus, time, options))
    finally:
        await reader.close()
