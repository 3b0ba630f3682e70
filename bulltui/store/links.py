"""Connections and their pool as redis-py makes them, with what we want of them besides.

A server may stop being the one that is wanted while connections to it are open: it was the master, and is a replica
now. Then every connection is made anew before it is used next, by way of the name or of the sentinels.
"""

import asyncio
import ssl
from collections.abc import Mapping
from time import monotonic
from typing import Any

from redis.asyncio import Redis
from redis.asyncio.connection import (
    AbstractConnection,
    BlockingConnectionPool,
    Connection,
    SSLConnection,
    UnixDomainSocketConnection,
)
from redis.exceptions import ConnectionError as RedisConnectionError
from redis.exceptions import RedisError, ResponseError
from redis.exceptions import TimeoutError as RedisTimeoutError

from bulltui.store.greeting import Greeting, OldWordError
from bulltui.store.second_look import certificate_refused, no_tls, tls_wanted

LISTEN_EVERY_S = 30.0
SECOND_LOOK_S = 2.0


def _closed(error: BaseException) -> bool:
    """Whether a connection was made, and closed by the other side."""
    told = str(error).lower()
    return "closed by server" in told or "reset by peer" in told or "broken pipe" in told


def _alert(error: BaseException) -> ssl.SSLError | None:
    """What the other side said in TLS. It is heard of one connection and not of the next, whose end comes first."""
    heard = error.__context__
    return heard if isinstance(heard, ssl.SSLError) and "ALERT" in str(heard.reason) else None


class Course:
    """Which server is meant, as all connections of a pool have in common: `turn` counts how often it was found to be
    another one."""

    def __init__(self, wanted: str = "") -> None:
        self.wanted = wanted
        """The role that is wanted, `master` or `slave`; empty where any will do."""
        self.turn = 0
        self._role = wanted
        self._listened_at = 0.0
        self.reason: Exception | None = None

    def look_again(self) -> None:
        """The connections that there are do not lead to where they should."""
        self.turn += 1

    def may_listen(self) -> bool:
        """Whether it is time to find out why connections fail: it costs one more, so not each time."""
        now = monotonic()
        if self._listened_at and now - self._listened_at < LISTEN_EVERY_S:
            return False
        self._listened_at = now
        return True

    def role_seen(self, role: str) -> None:
        """A server that a connection leads to says that this is its role."""
        if self._role and role != self._role:
            self.look_again()
        self._role = self.wanted or role


class WatchedLink(AbstractConnection):
    """Notices an answer that only a replica gives. It stays an answer: what was asked for has not been done."""

    def __init__(self, course: Course, greeting: Greeting | None = None, **arguments: Any) -> None:
        super().__init__(redis_connect_func=greeting.greet if greeting else None, **arguments)
        self.greeting = greeting
        self.course = course
        self.turn = course.turn

    async def read_response(self, *words: Any, **options: Any) -> Any:
        """See redis-py."""
        try:
            return await super().read_response(*words, **options)
        except ResponseError as error:
            if "READONLY" in str(error) or error.status_code == "READONLY":
                self.course.look_again()
            raise

    async def connect_check_health(self, *words: Any, **options: Any) -> None:
        """See redis-py."""
        if self.is_connected:
            return
        self.turn = self.course.turn
        try:
            try:
                await self._connect_and_greet(*words, **options)
            except OldWordError:
                await self._connect_and_greet(*words, **options)
        except asyncio.CancelledError:
            await self.disconnect(nowait=True)  # it is connected perhaps, but not greeted
            raise
        except (RedisConnectionError, RedisTimeoutError) as error:
            if type(error) not in (RedisConnectionError, RedisTimeoutError):
                raise
            if (heard := _alert(error)) is not None:
                self.course.reason = heard
            elif self.course.may_listen():
                self.course.reason = await self._why(error)
            elif not (_closed(error) or isinstance(error, RedisTimeoutError)):
                self.course.reason = None  # it is another trouble by now
            if self.course.reason is None:
                raise
            raise type(error)(str(error)) from self.course.reason
        self.course.reason = None

    async def _connect_and_greet(self, *words: Any, **options: Any) -> None:
        if self.greeting is not None:
            await self.greeting.before(self)
        await super().connect_check_health(*words, **options)

    async def _why(self, error: RedisError) -> Exception | None:
        """Why a new connection fails, where a second look tells more than the error."""
        return None


def _within_s(link: Connection) -> float:
    """Seconds for another connection like one that failed, which nobody asked for."""
    return min(link.socket_connect_timeout or SECOND_LOOK_S, SECOND_LOOK_S)


class TcpLink(WatchedLink, Connection):
    """Without TLS."""

    async def _why(self, error: RedisError) -> Exception | None:
        """Whether it wants TLS, which a server need not say to whom speaks none."""
        return await tls_wanted(self.host, self.port, _within_s(self)) if _closed(error) else None


class TlsLink(WatchedLink, SSLConnection):
    """With TLS. `server_name` is what is asked for and what the certificate is held against, if it is not the host."""

    def __init__(self, server_name: str = "", **arguments: Any) -> None:
        super().__init__(**arguments)
        self._server_name = server_name

    def _connection_arguments(self) -> Mapping[str, Any]:
        arguments = dict(super()._connection_arguments())
        if self._server_name:
            arguments["server_hostname"] = self._server_name
        return arguments

    async def _why(self, error: RedisError) -> Exception | None:
        """What is wrong with our certificate, or that it speaks no TLS."""
        if _closed(error):
            return await certificate_refused(self._connection_arguments(), _within_s(self))
        return await no_tls(self.host, self.port, _within_s(self)) if isinstance(error, RedisTimeoutError) else None


class SocketLink(WatchedLink, UnixDomainSocketConnection):
    """Over a Unix socket. redis-py greets there while it connects, and so takes a refusal for a lost connection."""

    async def _connect(self) -> None:
        async with asyncio.timeout(self.socket_connect_timeout):
            self._reader, self._writer = await asyncio.open_unix_connection(path=self.path)


class LinkPool(BlockingConnectionPool):
    """A bounded pool whose connections keep to one `Course`."""

    def __init__(self, course: Course, **arguments: Any) -> None:
        super().__init__(course=course, **arguments)
        self.course = course

    async def before_change(self) -> None:
        """Whatever has to be known before something is changed. Raises BulltuiError where it had better not be."""

    async def ensure_connection(self, connection: AbstractConnection) -> None:
        """See redis-py."""
        if isinstance(connection, WatchedLink) and connection.is_connected and connection.turn != self.course.turn:
            await connection.disconnect()
        await connection.connect()  # type: ignore[no-untyped-call]
        if await _is_spent(connection):
            # Not within a handler, as redis-py does it: of why there is no new one nothing would be left.
            await connection.disconnect()
            await connection.connect()  # type: ignore[no-untyped-call]
            if await _is_spent(connection):
                raise RedisConnectionError("Connection not ready")


async def _is_spent(connection: AbstractConnection) -> bool:
    """Whether a connection was closed meanwhile, or holds an answer that nobody took."""
    try:
        return bool(await connection.can_read())
    except (RedisConnectionError, RedisTimeoutError, OSError):
        return True


def role_seen(client: Redis, role: str) -> None:
    """The server that `client` is connected to says that it is a `master` or a `slave`. Where it was meant to be the
    other one, or was it until now, the next calls find their way anew."""
    pool = client.connection_pool
    if role and isinstance(pool, LinkPool):
        pool.course.role_seen(role)
