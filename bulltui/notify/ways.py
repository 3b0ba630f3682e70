"""Ways of delivery as the configuration has them, made ready to send."""

import re
from collections.abc import Callable, Sequence
from urllib.parse import unquote

from bulltui.config.watching import Way
from bulltui.domain.address import secrets_of
from bulltui.domain.alert import Severity
from bulltui.domain.secrets import know
from bulltui.services.watch.outlets import TERMINAL, Message, Outlet

Show = Callable[[Message], None]
"""Shows a message on the terminal of this process; it is called in a thread."""


def outlets_of(ways: Sequence[Way], show: Show | None = None) -> tuple[Outlet, ...]:
    """The outlets of these ways. Those of the terminal are there where somebody shows what they are told; without one
    among the ways there is one by the name `terminal` for all alerts."""
    found = [_outlet(way, show) for way in ways if way.kind != TERMINAL or show is not None]
    if show is not None and not any(way.kind == TERMINAL for way in ways):
        found.append(Outlet(TERMINAL, TERMINAL, show, per_minute=600))
    return tuple(found)


def _outlet(way: Way, show: Show | None) -> Outlet:
    know(way.secret, *secret_parts(way.url))
    severities = frozenset(map(Severity, way.severities))
    per_minute = max(1, way.per_minute)
    return Outlet(way.name, way.kind, _sender(way, show), severities, per_minute, way.timeout_s)


def secret_parts(url: str) -> tuple[str, ...]:
    """What of a URL may be a secret: all of it, its passwords, and each long part that is neither a plain word nor a
    host. Those who carry a message quote parts of it."""
    parts = (unquote(part) for part in _BETWEEN.split(url) if len(part) >= _LONG)
    return (url, *secrets_of(url), *(part for part in parts if not _PLAIN.fullmatch(part)))


_BETWEEN = re.compile(r"[/:@?&=#]+")
_PLAIN = re.compile(r"[a-z][a-z-]*|[A-Z]+|[A-Z][a-z]+|[A-Za-z0-9-]+(?:\.[A-Za-z0-9-]+)+|[0-9.]+")
_LONG = 8


def _sender(way: Way, show: Show | None) -> Show:
    if way.kind == "webhook":

        def send(message: Message) -> None:
            from bulltui.notify.webhook import post  # noqa: PLC0415 - the clients of HTTP and TLS are slow to load

            post(message, way.url, way.timeout_s, secret=way.secret, body=way.body)

        return send
    if way.kind == "apprise":

        def tell(message: Message) -> None:
            from bulltui.notify.with_apprise import notify  # noqa: PLC0415

            notify(message, way.url, title=way.title, body=way.body)

        return tell
    if way.kind == "command":

        def run(message: Message) -> None:
            from bulltui.notify.command import run_command  # noqa: PLC0415

            run_command(message, way.argv, way.timeout_s, title=way.title, body=way.body)

        return run
    if show is None:  # pragma: no cover - such a way has no outlet
        raise ValueError(way.kind)
    return show
