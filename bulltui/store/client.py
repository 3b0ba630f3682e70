"""The one client of the process: a small pool, explicit timeouts and retries, a name that operators recognise."""

from typing import Any
from urllib.parse import urlsplit

from redis.asyncio import Redis
from redis.asyncio.connection import AbstractConnection, BlockingConnectionPool, parse_url
from redis.asyncio.retry import Retry
from redis.backoff import ExponentialWithJitterBackoff
from redis.exceptions import AuthenticationError, NoPermissionError, ResponseError
from redis.exceptions import ConnectionError as RedisConnectionError
from redis.maint_notifications import MaintNotificationsConfig

from bulltui.domain.address import public_address
from bulltui.domain.errors import UsageError

CLIENT_NAME = "bulltui"
CONNECTIONS = 2
"""One for the refresh, one for what a person opens or a search for queues."""

_SCHEMES = ("redis", "rediss", "unix")


async def _greet(connection: AbstractConnection) -> None:
    """Says hello, with RESP2 where a server or a user's rights do not allow RESP3, and gives the connection its name.

    The name is a courtesy: users without the right to CLIENT SETNAME work all the same.
    """
    try:
        await connection.on_connect()
    except AuthenticationError:
        raise
    except (ResponseError, NoPermissionError) as error:
        if "max number of clients" in str(error) or not _about_hello(str(error)):
            raise
        connection.protocol = 2
        await connection.on_connect()
    try:
        await connection.send_command("CLIENT", "SETNAME", CLIENT_NAME, check_health=False)
        await connection.read_response()
    except ResponseError:
        pass


def _about_hello(text: str) -> bool:
    lowered = text.lower()
    return "noproto" in lowered or "hello" in lowered or "unknown command" in lowered


def _checked(url: str) -> dict[str, Any]:
    """The connection's arguments from `url`. Raises UsageError, never with a password in it."""
    shown = public_address(url)
    try:
        parts = urlsplit(url)
        _ = parts.port
    except ValueError as error:
        raise UsageError(
            f"The URL {shown} cannot be read: {error}.", hint="redis://USER:PASSWORD@HOST:PORT/DB"
        ) from None
    if parts.scheme not in _SCHEMES or "://" not in url:
        raise UsageError(
            f"The URL {shown} does not begin with redis://, rediss:// or unix://.",
            hint="redis://USER:PASSWORD@HOST:PORT/DB",
        )
    database = parts.path.strip("/")
    if parts.scheme != "unix" and database and not database.isdigit():
        raise UsageError(f"The URL {shown} names the database {database!r}.", hint="A database is a number: /0 to /15.")
    try:
        return dict(parse_url(url))
    except ValueError as error:
        raise UsageError(f"The URL {shown} cannot be read: {error}") from None


def open_client(url: str, *, connect_timeout_s: float, timeout_s: float) -> Redis:
    """A client for `url`; it connects on first use.

    A refused port is known within a fraction of a second: one retry, for the case that the server closed an idle
    connection, in place of the library's many. Replies are raw bytes, without the library's conversions.
    """
    arguments: dict[str, Any] = {
        "max_connections": CONNECTIONS,
        "timeout": timeout_s + connect_timeout_s,
        "socket_timeout": timeout_s,
        "socket_connect_timeout": connect_timeout_s,
        "socket_keepalive": True,
        "protocol": 3,
        "retry": Retry(ExponentialWithJitterBackoff(base=0.02, cap=0.1), 1, supported_errors=(RedisConnectionError,)),
        "redis_connect_func": _greet,
        "maint_notifications_config": MaintNotificationsConfig(enabled=False),
    }
    arguments.update(_checked(url))
    if "path" in arguments:
        arguments.pop("socket_keepalive")
    pool = BlockingConnectionPool(**arguments)
    try:
        pool.connection_class(**pool.connection_kwargs)  # an unknown option of the URL shows here, not at first use
    except (TypeError, ValueError) as error:
        raise UsageError(f"The URL {public_address(url)} has an option that is not known: {error}") from None
    client = Redis.from_pool(pool)  # closing the client closes the pool's connections
    client.response_callbacks.clear()
    return client
