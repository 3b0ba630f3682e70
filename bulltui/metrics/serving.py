"""The endpoint as a whole: what it tells, who may ask, and where it listens."""

import asyncio
import contextlib
import ipaddress
import ssl
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

from bulltui.config.metrics import checked
from bulltui.config.watching import MetricsSettings
from bulltui.domain.errors import UsageError
from bulltui.domain.listening import Listening
from bulltui.domain.metric_table import told
from bulltui.domain.text import visible
from bulltui.metrics.door import Door
from bulltui.metrics.gather import Gatherer, Source
from bulltui.metrics.listener import Listener
from bulltui.metrics.pages import Pages


@asynccontextmanager
async def metrics_server(settings: MetricsSettings, source: Source) -> AsyncIterator[Listening]:
    """Listens while it is entered.

    Raises UsageError for settings that are not whole, and BulltuiError where nobody can listen there.
    """
    checked(settings)
    tls = await asyncio.to_thread(_tls, settings)
    gatherer = Gatherer(source)
    pages = Pages(gatherer, told(settings.compat), Door.of(settings))
    listener = await asyncio.to_thread(Listener, settings.host, settings.port or 0, pages.answer, pages.served)
    gathering = asyncio.create_task(gatherer.run())
    try:
        listener.start(tls)
        host = f"[{settings.host}]" if ":" in settings.host else settings.host
        address = f"{'https' if tls else 'http'}://{visible(host)}:{listener.port}"
        yield Listening(address, _warning(settings))
    finally:
        gathering.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await gathering
        await asyncio.to_thread(listener.close)


def _warning(settings: MetricsSettings) -> str:
    if _loopback(settings.host):
        return ""
    open_to = f"The metrics are served at {visible(settings.host)}"
    if not (settings.token or settings.password):
        return f"{open_to} to whoever can reach it: names of queues and jobs are in them. A token or a password keeps \
others out."
    if not settings.cert:
        return f"{open_to} without TLS: the password or token can be read on the way. `cert` and `key` are for that."
    return ""


def _loopback(host: str) -> bool:
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host.lower() == "localhost"


def _tls(settings: MetricsSettings) -> ssl.SSLContext | None:
    if not settings.cert:
        return None
    for path in (settings.cert, settings.key):
        if not Path(path).is_file():
            raise UsageError(f"For the metrics there is no file {visible(path)}.", code="metrics-tls")
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    try:
        # A key with a passphrase would ask for it on the terminal.
        context.load_cert_chain(settings.cert, settings.key, password=lambda: "")
    except (OSError, ValueError) as error:
        raise UsageError(
            f"The certificate {visible(settings.cert)} and the key {visible(settings.key)} cannot be used: "
            f"{getattr(error, 'strerror', None) or 'they do not belong together, or are no PEM'}.",
            hint="Both are PEM files, the key without a passphrase.",
            code="metrics-tls",
        ) from None
    return context
