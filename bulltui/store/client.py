"""The one client of the process: a small pool, explicit timeouts and retries, a name that operators recognise."""

import asyncio
import re
from collections.abc import Callable
from typing import Any
from urllib.parse import parse_qs, urlsplit

from redis.asyncio import Redis
from redis.asyncio.connection import AbstractConnection, BlockingConnectionPool, SSLConnection, parse_url
from redis.asyncio.retry import Retry
from redis.backoff import ExponentialWithJitterBackoff, NoBackoff
from redis.exceptions import AuthenticationError, InvalidResponse, RedisError, ResponseError
from redis.exceptions import ConnectionError as RedisConnectionError
from redis.exceptions import TimeoutError as RedisTimeoutError
from redis.maint_notifications import MaintNotificationsConfig

from bulltui.domain.address import public_address
from bulltui.domain.connection import Connection
from bulltui.domain.errors import UsageError
from bulltui.domain.text import visible

CLIENT_NAME = "bulltui"
CONNECTIONS = 2
"""One for the refresh, one for what a person opens or a search for queues."""

_SCHEMES = ("redis", "rediss", "unix")
_FORM = "redis://USER:PASSWORD@HOST:PORT/DB"

_TAKEN = frozenset(
    ("db", "username", "password", "protocol", "socket_timeout", "socket_connect_timeout", "socket_keepalive")
)
_TLS = "ssl_"
_PASSED_OVER = frozenset(
    (
        "client_name",
        "decode_responses",
        "encoding",
        "encoding_errors",
        "health_check_interval",
        "legacy_responses",
        "lib_name",
        "lib_version",
        "max_connections",
        "retry_on_error",
        "retry_on_timeout",
        "socket_read_size",
        "timeout",
    )
)
"""Options of redis-py that a URL shared with other programs may have, and that would change what this one relies on."""


class _GreetingError(ResponseError):
    """A refusal at connecting. Unlike the library's own errors it is no lost connection, and so is not tried again: a
    wrong password is sent once."""


async def _greet(connection: AbstractConnection) -> None:
    """Says hello and names the connection, within the time for connecting: redis-py counts only the TCP part."""
    try:
        async with asyncio.timeout(connection.socket_connect_timeout):
            await _hello(connection)
    except TimeoutError:
        raise RedisTimeoutError("no answer to the greeting") from None
    except AuthenticationError as error:
        raise _GreetingError(str(error), status_code=error.status_code) from None
    except (RedisError, OSError):
        raise
    except Exception as error:  # redis-py takes for granted that what answers is a Redis
        raise InvalidResponse(f"an answer that no Redis gives: {type(error).__name__}") from None


async def _hello(connection: AbstractConnection) -> None:
    """RESP2 where a server or a user's rights do not allow RESP3. The name is a courtesy: users without the right to
    CLIENT SETNAME work all the same."""
    try:
        await connection.on_connect()
    except ResponseError as error:
        if not _about_hello(str(error)):
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


def shown_address(url: str) -> str:
    """`url` as it may stand in a sentence: without secrets, harmless, of bounded length."""
    address = visible(public_address(url.strip()))
    return address if len(address) <= 200 else address[:199] + "…"


def _checked(url: str) -> dict[str, Any]:
    """The connection's arguments from `url`. Raises UsageError, never with a password in it."""
    shown = shown_address(url)
    if any(sign.isspace() or not sign.isprintable() for sign in url):
        raise UsageError(f"The URL {shown} has a space or an invisible character in it.", hint="Write it as %20 etc.")
    try:
        parts = urlsplit(url)
        _ = parts.port
        options = parse_qs(parts.query)
    except ValueError as error:
        raise UsageError(f"The URL {shown} cannot be read: {_without_quotes(error)}.", hint=_FORM) from None
    if parts.scheme not in _SCHEMES or "://" not in url:
        raise UsageError(f"The URL {shown} does not begin with redis://, rediss:// or unix://.", hint=_FORM)
    if parts.scheme == "unix" and not parts.path.strip("/"):
        raise UsageError(f"The URL {shown} names no socket.", hint="unix:///PATH/TO/SOCKET?db=0")
    database = parts.path.strip("/")
    if parts.scheme != "unix" and database and not (database.isascii() and database.isdigit()):
        raise UsageError(
            f"The URL {shown} names a database that is no number.",
            hint="A database is a number, /0 to /15; a / in a password is written %2F.",
        )
    for name in options:
        if name not in _TAKEN and name not in _PASSED_OVER and not name.startswith(_TLS):
            raise UsageError(
                f"The URL {shown} has an option that is not known: {visible(name[:40])}.",
                hint="Known are " + ", ".join(sorted(_TAKEN)) + " and those beginning with ssl_.",
            )
    try:
        arguments = dict(parse_url(url))
    except ValueError as error:
        raise UsageError(f"The URL {shown} cannot be read: {_without_quotes(error)}", hint=_FORM) from None
    taken = {name: value for name, value in arguments.items() if name not in _PASSED_OVER}
    _check_numbers(taken, shown)
    return taken


def _without_quotes(error: ValueError) -> str:
    """The reason only: what is quoted of the URL may be a part of a password."""
    return re.sub(r"'.*'|\".*\"|: .*", "…", visible(str(error)))


def _check_numbers(arguments: dict[str, Any], shown: str) -> None:
    if arguments.get("protocol", 3) not in (2, 3):
        raise UsageError(f"The URL {shown} asks for an unknown protocol.", hint="protocol is 2 or 3.")
    for name in ("socket_timeout", "socket_connect_timeout"):
        seconds = arguments.get(name, 1.0)
        if not 0 < seconds < 3600:
            raise UsageError(f"The URL {shown} has a {name} that is no time.", hint="It is in seconds, like 2.5.")


def open_client(connection: Connection, *, connections: int = CONNECTIONS) -> Redis:
    """A client for the server of `connection`; it connects on first use.

    A refused port is known within a fraction of a second: one retry, for the case that the server closed an idle
    connection, in place of the library's many. Replies are raw bytes, without the library's conversions.
    """
    retry = Retry(ExponentialWithJitterBackoff(base=0.02, cap=0.1), 1, supported_errors=(RedisConnectionError,))
    return _client(_pool(connection, connections, retry))


def open_blocking_client(connection: Connection, *, block_s: float, connected: Callable[[], None]) -> Redis:
    """A client of one connection, for commands that may block for up to `block_s` before they are answered. A
    connection that is lost within one shows at once, and `connected` is called for each new one, so that whoever
    follows something knows of it."""

    async def greet(new: AbstractConnection) -> None:
        await _greet(new)
        connected()

    pool = _pool(connection, 1, Retry(NoBackoff(), 0))
    pool.connection_kwargs["redis_connect_func"] = greet
    pool.connection_kwargs["socket_timeout"] += block_s
    pool.timeout += block_s
    return _client(pool)


def _client(pool: BlockingConnectionPool) -> Redis:
    client = Redis.from_pool(pool)  # closing the client closes the pool's connections
    client.response_callbacks.clear()
    return client


def _pool(connection: Connection, connections: int, retry: Retry) -> BlockingConnectionPool:
    arguments: dict[str, Any] = {
        "max_connections": connections,
        "timeout": connection.timeout_s + connection.connect_timeout_s,
        "socket_timeout": connection.timeout_s,
        "socket_connect_timeout": connection.connect_timeout_s,
        "socket_keepalive": True,
        "protocol": 3,
        "retry": retry,
        "redis_connect_func": _greet,
        "maint_notifications_config": MaintNotificationsConfig(enabled=False),
    }
    arguments.update(_checked(connection.url.strip()))
    if "path" in arguments:
        arguments.pop("socket_keepalive")
    pool = BlockingConnectionPool(**arguments)
    _try_options(pool, connection.url)
    return pool


def _try_options(pool: BlockingConnectionPool, url: str) -> None:
    """Options that cannot work show here, not at first use: a file that is not there, a wrong word."""
    problem = ""
    try:
        connection = pool.connection_class(**pool.connection_kwargs)
        if isinstance(connection, SSLConnection):
            connection.ssl_context.get()
    except TypeError:
        problem = "an option that does not go with its scheme"
    except OSError as error:  # ssl.SSLError as well
        names = (pool.connection_kwargs.get(name) for name in ("ssl_ca_certs", "ssl_certfile", "ssl_keyfile"))
        files = ", ".join(visible(str(name)) for name in names if name)
        why = error.strerror or getattr(error, "reason", None) or "it cannot be used"
        problem = f"a certificate or key that cannot be read ({files}): {why}"
    except (ValueError, RedisError) as error:
        problem = f"an option that cannot be used: {visible(str(error))}"
    if problem:
        raise UsageError(f"The URL {shown_address(url)} has {problem}.", hint="Check what stands behind the ? in it.")
