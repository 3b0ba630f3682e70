"""The gate before a server that a tunnel leads to."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from time import perf_counter

from bulltui.domain.connection import Connection
from bulltui.domain.errors import BulltuiError, UnreachableError
from bulltui.domain.gate import Gate, OpenGate
from bulltui.tunnel.tunnel import Times, Tunnel

CALL = "tunnel"
"""What waiting for a tunnel is called in measures."""

LIVE_SHARE = 0.7
"""So much of the time for a read is waited on a screen, so that the reason is told and not only that time ran out."""


class TunnelGate:
    """See Gate: lets calls through that `gate` lets through, once the tunnel is open. `patience_s` is how long one
    waits for it."""

    def __init__(self, tunnel: Tunnel, gate: Gate, patience_s: float) -> None:
        self._tunnel = tunnel
        self._gate = gate
        self._patience_s = patience_s

    async def enter(self, *, probe: bool = False) -> None:
        """See Gate."""
        await self._gate.enter(probe=probe)
        if self._tunnel.is_open:
            return
        began = perf_counter()
        try:
            await self._tunnel.ready(self._patience_s)
        except UnreachableError as error:
            self.told(CALL, (perf_counter() - began) * 1000, error)
            raise
        except asyncio.CancelledError:
            if probe:  # there is one at a time, and this one is over
                self.told(CALL, (perf_counter() - began) * 1000, self._tunnel.opening())
            raise

    def told(self, call: str, ms: float, error: BulltuiError | None) -> None:
        """See Gate."""
        self._gate.told(call, ms, error)


@asynccontextmanager
async def tunnelled(
    connection: Connection, gate: Gate | None, *, live: bool = True, times: Times | None = None
) -> AsyncIterator[tuple[Connection, Gate | None]]:
    """What to connect to and by which gate; without a tunnel the same as are given. The tunnel is opened when a call
    first enters, and closed at the end. What is not `live` asks once and waits as long as opening may take.

    Raises UsageError where the URL is nothing that a tunnel can lead to.
    """
    if not connection.tunnel:
        yield connection, gate
        return
    times = times or Times()
    tunnel = Tunnel(connection, times)
    try:
        patience_s = connection.timeout_s * LIVE_SHARE if live else times.open_s + 1
        yield tunnel.connection, TunnelGate(tunnel, gate or OpenGate(), patience_s)
    finally:
        await tunnel.close()
