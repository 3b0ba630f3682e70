"""Connections to what sentinels name, and what is done when that is another one than before."""

import asyncio
import random
from contextlib import suppress
from time import monotonic
from typing import Any

from redis.asyncio.connection import AbstractConnection
from redis.exceptions import AuthenticationError, BusyLoadingError, RedisError, ResponseError
from redis.exceptions import ConnectionError as RedisConnectionError
from redis.exceptions import TimeoutError as RedisTimeoutError

from bulltui.domain.errors import BulltuiError, UnreachableError
from bulltui.domain.text import visible
from bulltui.store.credentials import ToldError
from bulltui.store.errors import explain
from bulltui.store.links import LinkPool, TcpLink, TlsLink, WatchedLink
from bulltui.store.sentinel import Node, Sentinels, said, spelt

AGAIN_S = 0.1
"""While a failover is under way the sentinels are asked this often."""

FRESH_S = 1.0
"""So long what the sentinels said is relied on."""

RECHECK_WITHIN_S = 0.5

LOOK_S = 0.1
"""Before a change it may be so long ago that no failover was under way."""


class WrongRoleError(RedisError):
    """A server is not what the sentinels take it for."""


class _Led(WatchedLink):
    """A connection to what the sentinels name. All of it, the asking and the greeting too, has the time to connect."""

    host: str
    port: int

    def __init__(self, sentinels: Sentinels, **arguments: Any) -> None:
        super().__init__(**arguments)
        self._sentinels = sentinels
        self.fits: tuple[bytes, ...] = ()
        """The roles that will do, at the server that is being connected to."""

    async def connect_check_health(self, *words: Any, **options: Any) -> None:
        """See redis-py."""
        if self.is_connected:
            return
        if self.greeting is not None:
            await self.greeting.before(self)
        patience, loop = self.socket_connect_timeout or 1.0, asyncio.get_running_loop()
        end = loop.time() + patience
        try:
            while True:
                try:
                    await self._try_each(end, *words, **options)
                    return
                except WrongRoleError:
                    if loop.time() + 2 * AGAIN_S > end:
                        raise ToldError(self._failing_over()) from None
                await asyncio.sleep(AGAIN_S)
        except BaseException:
            await self.disconnect(nowait=True)
            raise
        finally:
            self.socket_connect_timeout = patience

    async def _try_each(self, end: float, *words: Any, **options: Any) -> None:
        loop = asyncio.get_running_loop()
        replica = self.course.wanted == "slave"
        try:
            async with asyncio.timeout_at(end):
                standing = await self._sentinels.standing(replicas=replica)
        except TimeoutError:
            raise ToldError(
                UnreachableError(
                    f"No sentinel of {self._sentinels.shown} answered in time.",
                    hint="Check hosts and ports, and firewalls that drop packets"
                    + ("; sentinels without TLS are redis+sentinel://." if isinstance(self, TlsLink) else "."),
                    code="timeout",
                )
            ) from None
        places: list[tuple[Node, tuple[bytes, ...]]] = []
        if replica:
            places = [(node, (b"slave",)) for node in random.sample(standing.replicas, len(standing.replicas))]
        if standing.master:
            places.append((standing.master, (b"slave", b"master") if replica else (b"master",)))
        for left, ((host, port), fits) in zip(range(len(places), 0, -1), places, strict=True):
            self.host, self.port, self.fits = host, port, fits
            self.socket_connect_timeout = max((end - loop.time()) / left, 0.05)
            try:
                async with asyncio.timeout_at(end):
                    await super().connect_check_health(*words, **options)
                return
            except ToldError:
                raise
            except TimeoutError:
                raise ToldError(self._unreached(RedisTimeoutError())) from None
            except (RedisConnectionError, RedisTimeoutError, WrongRoleError) as error:
                if left > 1:
                    continue
                if isinstance(error, WrongRoleError | AuthenticationError):
                    raise
                raise ToldError(self._unreached(error)) from error

    def _unreached(self, error: RedisError) -> BulltuiError:
        scheme = "rediss" if isinstance(self, TlsLink) else "redis"
        told = explain(error, f"{scheme}://{spelt((self.host, self.port))}")
        return type(told)(
            told.message,
            hint=f"The sentinels name it for {visible(self._sentinels.name)}; a failover may be under way."
            if told.code in ("refused", "timeout", "closed") and not isinstance(error, BusyLoadingError)
            else told.hint,
            code=told.code,
        )

    def _failing_over(self) -> BulltuiError:
        return UnreachableError(
            f"The sentinels name {spelt((self.host, self.port))} as the master of {visible(self._sentinels.name)}, "
            "which it is not: a failover is under way.",
            hint="It passes by itself, once the sentinels agree.",
            code="failover",
        )


class LedPool(LinkPool):
    """Connections to what the sentinels name. A master that another one took over from may not know of it for many
    seconds, and takes changes meanwhile that are lost later: so before a connection is used they are asked again,
    unless they were just now. Where none answers, what was named last holds."""

    async def ensure_connection(self, connection: AbstractConnection) -> None:
        """See redis-py."""
        sentinels = self.connection_kwargs["sentinels"]
        before = sentinels.named
        if before and self.course.wanted == "master" and monotonic() - sentinels.asked_at > FRESH_S:
            with suppress(RedisError, OSError, TimeoutError):
                async with asyncio.timeout(RECHECK_WITHIN_S):
                    await sentinels.standing(replicas=False)
            sentinels.asked_at = monotonic()  # only now: who comes meanwhile must not rely on what is being asked
            if sentinels.named != before:
                self.course.look_again()
        await super().ensure_connection(connection)

    async def before_change(self) -> None:
        """Raises UnreachableError while a failover is under way: until it is over, and some seconds longer, the old
        master takes changes that the new one does not get."""
        if monotonic() - self._looked_at < LOOK_S:
            return
        sentinels = self.connection_kwargs["sentinels"]
        if await sentinels.is_failing_over():
            sentinels.asked_at = 0.0
            raise UnreachableError(
                f"A failover of {visible(sentinels.name)} is under way: nothing is changed until it is over.",
                hint="It passes by itself within seconds; then do it again.",
                code="failover",
            )
        self._looked_at = monotonic()

    _looked_at = 0.0


class LedTcpLink(_Led, TcpLink):
    """Without TLS."""


class LedTlsLink(_Led, TlsLink):
    """With TLS."""


async def check_role(connection: AbstractConnection) -> None:
    """Whether a server is what the sentinels take it for. Where a user may not ask, the answer READONLY will tell."""
    if not isinstance(connection, _Led):
        return
    try:
        reply = await said(connection, "ROLE")
    except ResponseError:
        return
    role, state = reply[0], reply[3] if reply[0] == b"slave" else b"connected"
    if role not in connection.fits or (connection.fits == (b"slave",) and state != b"connected"):
        raise WrongRoleError(f"it is {bytes(role).decode('ascii', 'replace')}")
