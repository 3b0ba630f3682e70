"""Opens the way to one server, or to several, and closes it again."""

from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager

from bulltui.config.settings import Settings
from bulltui.domain.gate import Gate
from bulltui.services.bus import Bus
from bulltui.services.clock import SystemClock
from bulltui.services.poller import Poller, PollOptions
from bulltui.services.protocols import Clock, Reader
from bulltui.services.vitals import ServerGate
from bulltui.wiring.runtime import Runtime, runner_of


@asynccontextmanager
async def open_runtime(settings: Settings, clock: Clock | None = None, *, live: bool = True) -> AsyncIterator[Runtime]:
    """A runtime on the server of `settings`, or on those of its `fleet`. Connects on first use; closes all connections
    and ends all tunnels at the end. What asks once and ends is not `live`: then nothing is kept to be asked again, and
    no call is held back since others failed.

    Raises UsageError for a URL that cannot be read.
    """
    time = clock or SystemClock()
    async with AsyncExitStack() as stack:
        if len(settings.fleet) < 2:
            yield await stack.enter_async_context(_open_one(settings, time, live=live))
            return
        from bulltui.wiring.fleet import fleet_of

        servers = [await stack.enter_async_context(_open_one(one, time, live=live)) for one in settings.fleet]
        fleet = fleet_of(settings, servers, time)
        try:
            yield fleet
        finally:
            await fleet.close()


@asynccontextmanager
async def _open_one(settings: Settings, clock: Clock, *, live: bool) -> AsyncIterator[Runtime]:
    from bulltui.store.client import shown_address
    from bulltui.store.opening import open_calls
    from bulltui.store.reader import RedisReader

    connection = settings.connection
    vitals = ServerGate(clock, shown_address(connection.url))
    gate: Gate | None = vitals if live else None
    async with AsyncExitStack() as stack:
        if connection.tunnel:
            from bulltui.tunnel import tunnelled

            connection, gate = await stack.enter_async_context(tunnelled(connection, gate, live=live))
        calls = open_calls(connection, gate)
        reader: Reader = RedisReader(calls)
        if settings.redact:
            from bulltui.services.redacted import redacted_reader

            reader = redacted_reader(reader, settings.redact)
        bus = Bus()
        options = PollOptions(
            prefixes=settings.prefixes,
            globs=settings.queues,
            refresh_s=settings.refresh_s,
            timeout_s=settings.refresh_timeout_s,
            discovery_s=settings.discovery_s,
            cache_s=settings.cache_s,
            label=settings.label,
            address=vitals.address,
            replica=settings.replica,
        )
        poller = Poller(reader, bus, clock, options, vitals)
        runtime = Runtime(settings, reader, clock, bus, poller, runner_of, calls, gate, connection)
        try:
            yield runtime
        finally:
            await runtime.close()
