"""What a tunnel is told, and what is connected to behind it."""

from collections.abc import Sequence
from dataclasses import replace

from bulltui.domain.address import address_of, public_address
from bulltui.domain.connection import Connection
from bulltui.domain.errors import UsageError
from bulltui.domain.text import visible

HERE = "127.0.0.1"
PORT = "{port}"


def target_of(url: str) -> tuple[str, int]:
    """Host and port that a tunnel leads to, the host of an IPv6 address in brackets. Raises UsageError for a URL that
    names none, or several."""
    parts = address_of(url.strip())
    shown = visible(public_address(url.strip()))
    if parts.kind or len(parts.nodes) > 1:
        raise UsageError(
            f"{shown} names several nodes, and a tunnel leads to one.",
            hint="Run bulltui where it reaches all of them, or name the one node that you want to look at.",
            code="tunnel",
        )
    if parts.scheme.lower() == "unix" or not parts.scheme:
        raise UsageError(
            f"{shown} names no host for a tunnel to lead to.",
            hint="Write redis://HOST:PORT or rediss://.",
            code="tunnel",
        )
    host, port = parts.nodes[0] if parts.nodes else ("", "6379")
    if not (port.isascii() and port.isdigit() and 0 < int(port) < 65536):
        raise UsageError(f"{shown} has a port that is none.", hint="It is a number, as in redis://HOST:6379.")
    return host or "localhost", int(port)


def filled(words: Sequence[str], port: int, host: str, target_port: int) -> tuple[str, ...]:
    """The words of a command with `{port}`, `{host}` and `{target_port}` put in; all else stays as it is."""
    values = {PORT: str(port), "{host}": host, "{target_port}": str(target_port)}

    def fill(word: str) -> str:
        for sign, value in values.items():
            word = word.replace(sign, value)
        return word

    return tuple(map(fill, words))


def led(connection: Connection, port: int) -> Connection:
    """What to connect to in place of `connection`: `port` of this machine. A certificate has to be that of the server,
    not of this machine."""
    url = connection.url.strip()
    parts = address_of(url)
    host, _ = target_of(url)
    credentials = f"{parts.user}:{parts.secret}@" if parts.secret else f"{parts.user}@" * bool(parts.user)
    options = f"?{parts.query}" if parts.query else ""
    tls = connection.tls
    if parts.scheme.lower() == "rediss" and not tls.server_name:
        tls = replace(tls, server_name=host.strip("[]"))
    return replace(
        connection,
        url=f"{parts.scheme}://{credentials}{HERE}:{port}{parts.path}{options}",
        tls=tls,
        shown=visible(public_address(url)),
    )
