"""What a failed connection does not tell by itself: one more is made, which only listens or asks in the other way."""

import asyncio
import ssl
from asyncio import StreamReader, StreamWriter
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager, suppress
from typing import Any

LISTEN_S = 0.2
"""Seconds in which a server that is near says what it has to say."""


class WantsTlsError(Exception):
    """A server that was spoken to without TLS speaks it."""


class NoTlsError(Exception):
    """A server that was spoken to in TLS speaks none."""


async def tls_wanted(host: str, port: int, within_s: float) -> Exception | None:
    """Whether a server that closed a plain connection speaks TLS: it need not say so to whom speaks none."""
    context = ssl.create_default_context()
    context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
    try:
        async with asyncio.timeout(within_s):
            _, writer = await asyncio.open_connection(host, port, ssl=context)
        writer.close()
    except ssl.SSLError as error:
        return WantsTlsError() if "ALERT" in str(error.reason) else None
    except (OSError, TimeoutError):
        return None
    return WantsTlsError()


async def certificate_refused(arguments: Mapping[str, Any], within_s: float) -> Exception | None:
    """What a server has against our certificate that closed a connection with TLS: from version 1.3 on it tells so
    after TLS is agreed, and what we say meanwhile is in the way of hearing it."""
    for _ in range(2):  # where much goes on the end may be heard before the reason of it
        try:
            async with _listening(arguments, within_s) as (reader, _):
                await reader.read(1)
        except ssl.SSLError as error:  # perhaps while the connection was still being made
            return error
        except (OSError, TimeoutError):
            break
    return None


async def no_tls(host: str, port: int, within_s: float) -> Exception | None:
    """Whether a server that did not answer in TLS does so without: it waits for the end of what it takes for a line."""
    with suppress(OSError, TimeoutError):
        async with _listening({"host": host, "port": port}, within_s) as (reader, writer):
            writer.write(b"PING\r\n")
            if (await reader.read(1)) in (b"+", b"-"):
                return NoTlsError()
    return None


@asynccontextmanager
async def _listening(arguments: Mapping[str, Any], within_s: float) -> AsyncIterator[tuple[StreamReader, StreamWriter]]:
    """A connection that is made `within_s`. What comes over it is waited for twice as long as it took to make it, since
    a server that is far away or busy is so for both. Raises TimeoutError, OSError."""
    loop = asyncio.get_running_loop()
    began = loop.time()
    async with asyncio.timeout(within_s):
        reader, writer = await asyncio.open_connection(**arguments)
    try:
        async with asyncio.timeout(max(LISTEN_S, 2 * (loop.time() - began))):
            yield reader, writer
    finally:
        writer.close()
