"""What a failed connection does not tell by itself: one more is made, which only listens or asks in the other way."""

import asyncio
import ssl
from collections.abc import Mapping
from contextlib import suppress
from typing import Any

LISTEN_S = 0.2


class WantsTlsError(Exception):
    """A server that was spoken to without TLS speaks it."""


class NoTlsError(Exception):
    """A server that was spoken to in TLS speaks none."""


async def tls_wanted(host: str, port: int) -> Exception | None:
    """Whether a server that closed a plain connection speaks TLS: it need not say so to whom speaks none."""
    context = ssl.create_default_context()
    context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
    try:
        async with asyncio.timeout(LISTEN_S):
            _, writer = await asyncio.open_connection(host, port, ssl=context)
        writer.close()
    except ssl.SSLError as error:
        return WantsTlsError() if "ALERT" in str(error.reason) else None
    except (OSError, TimeoutError):
        return None
    return WantsTlsError()


async def certificate_refused(arguments: Mapping[str, Any]) -> Exception | None:
    """What a server has against our certificate that closed a connection with TLS: from version 1.3 on it tells so
    after TLS is agreed, and what we say meanwhile is in the way of hearing it."""
    with suppress(OSError, TimeoutError):
        async with asyncio.timeout(LISTEN_S):
            reader, writer = await asyncio.open_connection(**arguments)
            try:
                await reader.read(1)
            except ssl.SSLError as error:
                return error
            finally:
                writer.close()
    return None


async def no_tls(host: str, port: int) -> Exception | None:
    """Whether a server that did not answer in TLS does so without: it waits for the end of what it takes for a line."""
    with suppress(OSError, TimeoutError):
        async with asyncio.timeout(LISTEN_S):
            reader, writer = await asyncio.open_connection(host, port)
            try:
                writer.write(b"PING\r\n")
                if (await reader.read(1)) in (b"+", b"-"):
                    return NoTlsError()
            finally:
                writer.close()
    return None
