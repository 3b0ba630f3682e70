"""Connections and their pool as redis-py makes them, with what we want of them besides.

A server may stop being the one that is wanted while connections to it are open: it was the master, and is a replica
now. Then every connection is made anew before it is used next, by way of the name or of the sentinels.
"""

import asyncio
from collections.abc import Mapping
from typing import Any

from redis.asyncio.connection import (
    AbstractConnection,
    BlockingConnectionPool,
    Connection,
    SSLConnection,
    UnixDomainSocketConnection,
)
from redis.exceptions import ResponseError


class Course:
    """Which server is meant, as all connections of a pool have in common: `turn` counts how often it was found to be
    another one."""

    def __init__(self, wanted: str = "") -> None:
        self.wanted = wanted
        """The role that is wanted, `master` or `slave`; empty where any will do."""
        self.turn = 0
        self._role = wanted

    def look_again(self) -> None:
        """The connections that there are do not lead to where they should."""
        self.turn += 1

    def role_seen(self, role: str) -> None:
        """A server that a connection leads to says that this is its role."""
        if self._role and role != self._role:
            self.look_again()
        self._role = self.wanted or role


class WatchedLink(AbstractConnection):
    """Notices an answer that only a replica gives. It stays an answer: what was asked for has not been done."""

    def __init__(self, course: Course, **arguments: Any) -> None:
        super().__init__(**arguments)
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
        if not self.is_connected:
            self.turn = self.course.turn
        await super().connect_check_health(*words, **options)


class TcpLink(WatchedLink, Connection):
    """Without TLS."""


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

    async def ensure_connection(self, connection: AbstractConnection) -> None:
        """See redis-py."""
        if isinstance(connection, WatchedLink) and connection.is_connected and connection.turn != self.course.turn:
            await connection.disconnect()
        await super().ensure_connection(connection)
