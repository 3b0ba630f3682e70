"""The one client of the process: a small pool, explicit timeouts and retries, a name that operators recognise."""

import re
from collections.abc import Callable, Sequence
from typing import Any

from redis.asyncio import Redis
from redis.asyncio.connection import AbstractConnection, SSLConnection
from redis.asyncio.retry import Retry
from redis.backoff import ExponentialWithJitterBackoff, NoBackoff
from redis.credentials import CredentialProvider, UsernamePasswordCredentialProvider
from redis.exceptions import ConnectionError as RedisConnectionError
from redis.exceptions import RedisError
from redis.maint_notifications import MaintNotificationsConfig

from bulltui.domain.address import CLUSTER, SENTINEL
from bulltui.domain.connection import Connection
from bulltui.domain.errors import UsageError
from bulltui.domain.text import visible
from bulltui.store.credentials import CommandPassword, command_password
from bulltui.store.greeting import CLIENT_NAME, Greet, Greeting
from bulltui.store.led_links import LedPool, LedTcpLink, LedTlsLink, check_role
from bulltui.store.links import Course, LinkPool, SocketLink, TcpLink, TlsLink, WatchedLink
from bulltui.store.sentinel import Sentinels
from bulltui.store.tls import tls_arguments
from bulltui.store.urls import Place, read_url, shown_address

__all__ = ["CLIENT_NAME", "CONNECTIONS", "open_blocking_client", "open_client", "shown_address"]

CONNECTIONS = 2
"""One for the refresh, one for what a person opens or a search for queues."""


def open_client(connection: Connection, *, connections: int = CONNECTIONS, then: Sequence[Greet] = ()) -> Redis:
    """A client for the server of `connection`; it connects on first use. `then` are further words on each new
    connection. Raises UsageError for what cannot be used.

    A refused port is known within a fraction of a second: one retry, for the case that the server closed an idle
    connection, in place of the library's many. Replies are raw bytes, without the library's conversions.
    """
    retry = Retry(ExponentialWithJitterBackoff(base=0.02, cap=0.1), 1, supported_errors=(RedisConnectionError,))
    return _client(_pool(connection, connections, retry, *then))


def open_blocking_client(connection: Connection, *, block_s: float, connected: Callable[[], None]) -> Redis:
    """A client of one connection, for commands that may block for up to `block_s` before they are answered. A
    connection that is lost within one shows at once, and `connected` is called for each new one, so that whoever
    follows something knows of it."""

    async def told(_: AbstractConnection) -> None:
        connected()

    pool = _pool(connection, 1, Retry(NoBackoff(), 0), told)
    pool.connection_kwargs["socket_timeout"] += block_s
    pool.timeout = (pool.timeout or 0) + block_s
    return _client(pool)


def _client(pool: LinkPool) -> Redis:
    client = Redis.from_pool(pool)  # closing the client closes the pool's connections
    client.response_callbacks.clear()
    return client


def _pool(connection: Connection, connections: int, retry: Retry, *then: Greet) -> LinkPool:
    place = read_url(connection.url)
    shown = connection.shown or shown_address(connection.url)
    if place.kind == CLUSTER:
        raise UsageError(f"{shown} is a Redis Cluster, whose nodes are reached one by one.")
    arguments = _arguments(connection, place, shown)
    arguments |= _who(connection, place)
    if place.kind == SENTINEL:
        course = Course("slave" if connection.replica else "master")
        kind: type[LinkPool] = LedPool
        arguments["sentinels"] = _sentinels(connection, place, shown)
        arguments["connection_class"] = LedTlsLink if place.tls else LedTcpLink
        then = (check_role, *then)
    else:
        course, kind = Course(), LinkPool
        arguments["connection_class"] = _plain_class(place)
        arguments |= dict(zip(("host", "port"), place.nodes[0], strict=True)) if place.nodes else {}
    provider = arguments["credential_provider"]
    command = provider if isinstance(provider, CommandPassword) else None
    arguments["greeting"] = Greeting(command, *then)
    pool = kind(
        course,
        max_connections=connections,
        timeout=connection.timeout_s + connection.connect_timeout_s,
        retry=retry,
        **arguments,
    )
    _try_options(pool, shown)
    return pool


def _arguments(connection: Connection, place: Place, shown: str) -> dict[str, Any]:
    """What connections to servers and to sentinels have in common; what the URL says goes before."""
    arguments: dict[str, Any] = {
        "socket_timeout": connection.timeout_s,
        "socket_connect_timeout": connection.connect_timeout_s,
        "socket_keepalive": True,
        "protocol": 3,
        "driver_info": None,  # CLIENT SETINFO is a right that no user of few rights has
        "maint_notifications_config": MaintNotificationsConfig(enabled=False),
    }
    arguments |= place.arguments
    arguments |= tls_arguments(connection.tls, place, shown)
    if "path" in arguments:
        arguments.pop("socket_keepalive")
    return arguments


def _plain_class(place: Place) -> type[WatchedLink]:
    if not place.nodes:
        return SocketLink
    return TlsLink if place.tls else TcpLink


def _who(connection: Connection, place: Place) -> dict[str, CredentialProvider | None]:
    """Who we are: what the connection says goes before the URL, a password before a command for one."""
    username = connection.username or place.username
    if connection.password_command and not connection.password:
        return {"credential_provider": command_password(connection, username)}
    password = connection.password or place.password
    if not (username or password):
        return {"credential_provider": None}
    return {"credential_provider": UsernamePasswordCredentialProvider(username, password)}


def _sentinels(connection: Connection, place: Place, shown: str) -> Sentinels:
    """Those of the URL. They have users and passwords of their own, no databases, and are asked in RESP2, which all
    speak."""
    arguments = _arguments(connection, place, shown) | {"protocol": 2, "retry": Retry(NoBackoff(), 0)}
    arguments.pop("db", None)
    arguments |= {"username": place.sentinel_username or None, "password": place.sentinel_password or None}
    kind = TlsLink if place.tls else TcpLink

    def link(host: str, port: int) -> WatchedLink:
        return kind(course=Course(), host=host, port=port, **arguments)

    return Sentinels(place.nodes, place.master, shown, link)


def _try_options(pool: LinkPool, shown: str) -> None:
    """Options that cannot work show here, not at first use: a file that is not there, a wrong word."""
    problem = ""
    try:
        connection = pool.connection_class(**pool.connection_kwargs)
        if isinstance(connection, SSLConnection):
            connection.ssl_context.get()
    except TypeError:
        problem = "an option that does not go with its scheme"
    except OSError as error:  # ssl.SSLError as well
        _, cert, key = names = [
            pool.connection_kwargs.get(name) for name in ("ssl_ca_certs", "ssl_certfile", "ssl_keyfile")
        ]
        files = ", ".join(visible(str(name)) for name in names if name)
        why = re.sub(r" \(_ssl\.c:\d+\)$", "", error.strerror or getattr(error, "reason", "") or "it cannot be used")
        hint = "Check --ca, --cert and --key, in a profile `ca`, `cert` and `key`."
        if cert and not key:
            hint += " Where the file of the certificate does not hold its key, that is named too."
        raise UsageError(f"A certificate or key for {shown} cannot be read ({files}): {why}.", hint=hint) from None
    except (ValueError, RedisError) as error:
        problem = f"an option that cannot be used: {visible(str(error))}"
    if problem:
        raise UsageError(f"The URL {shown} has {problem}.", hint="Check what stands behind the ? in it.")
