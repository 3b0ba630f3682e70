"""Servers that sentinels know: which one is the master is asked at each connect.

redis-py's own client for this asks one sentinel after the other, so that one that drops packets takes all the time; it
wants the right to SENTINEL MASTERS; and it takes the answer READONLY for a lost connection, after which nobody would
know whether something was done. So its connections are used, and the asking is our own.
"""

import asyncio
import random
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from time import monotonic
from typing import Any

from redis.asyncio.connection import AbstractConnection
from redis.exceptions import AuthenticationError, BusyLoadingError, InvalidResponse, RedisError, ResponseError
from redis.exceptions import ConnectionError as RedisConnectionError
from redis.exceptions import TimeoutError as RedisTimeoutError

from bulltui.domain.errors import BulltuiError, NotAllowedError, UnreachableError, UsageError
from bulltui.domain.text import visible
from bulltui.store.credentials import Refusals, ToldError
from bulltui.store.errors import explain
from bulltui.store.greeting import GreetingError
from bulltui.store.links import LinkPool, TcpLink, TlsLink, WatchedLink

Node = tuple[str, int]

STAGGER_S = 0.2
"""So long a sentinel may think before the next one is asked as well."""

AGAIN_S = 0.1
"""While a failover is under way the sentinels are asked this often."""

FRESH_S = 1.0
"""So long what the sentinels said is relied on."""

RECHECK_WITHIN_S = 0.5


@dataclass(frozen=True, slots=True)
class Standing:
    """What a sentinel says: the master, None where it knows none of that name, and the replicas that are well."""

    master: Node | None
    replicas: tuple[Node, ...] = ()


class WrongRoleError(RedisError):
    """A server is not what the sentinels take it for."""


class Sentinels:
    """Those who know. `link` makes a connection to one of them, by host and port."""

    def __init__(
        self, nodes: tuple[Node, ...], master: str, shown: str, link: Callable[[str, int], WatchedLink]
    ) -> None:
        self._nodes = list(nodes)
        self.name = master
        self.shown = shown
        self._link = link
        self.named: Node | None = None
        """The master, as it was named last."""
        self.asked_at = 0.0
        self._refusals = Refusals()

    async def standing(self, *, replicas: bool) -> Standing:
        """What the first sentinel says that answers and knows the master; the one that answered last is asked first,
        the next ones after it fails or lets wait. Raises ToldError."""
        self._refusals.check()
        waiting, running = list(self._nodes), dict[asyncio.Task[Standing], Node]()
        failed: dict[Node, BaseException | None] = {}
        try:
            while waiting or running:
                if waiting:
                    node = waiting.pop(0)
                    running[asyncio.create_task(self._ask(node, replicas))] = node
                done, _ = await asyncio.wait(
                    running, timeout=STAGGER_S if waiting else None, return_when=asyncio.FIRST_COMPLETED
                )
                for task in done:
                    node = running.pop(task)
                    error = task.exception()
                    if error is None and task.result().master is not None:
                        self._nodes.remove(node)
                        self._nodes.insert(0, node)
                        self._refusals.welcome()
                        self.named, self.asked_at = task.result().master, monotonic()
                        return task.result()
                    failed[node] = error
        finally:
            for task in running:
                task.cancel()
            await asyncio.gather(*running, return_exceptions=True)
        raise self._failure(failed)

    async def _ask(self, node: Node, replicas: bool) -> Standing:
        link = self._link(*node)
        try:
            await link.connect()  # type: ignore[no-untyped-call]
            address = await _said(link, "SENTINEL", "GET-MASTER-ADDR-BY-NAME", self.name)
            if address is None:
                return Standing(None)
            others = await _said(link, "SENTINEL", "REPLICAS", self.name) if replicas else ()
            return Standing(_node(address), tuple(_well(others)))
        except (TypeError, ValueError, AttributeError, LookupError) as error:
            raise InvalidResponse(f"an answer that no sentinel gives: {type(error).__name__}") from None
        finally:
            await link.disconnect(nowait=True)

    def _failure(self, failed: Mapping[Node, BaseException | None]) -> RedisError:
        if any(error is None for error in failed.values()):
            return ToldError(
                UsageError(
                    f"The sentinels of {self.shown} know no master by the name of {visible(self.name)}.",
                    hint="SENTINEL MASTERS at one of them lists the names; it stands behind the hosts in the URL.",
                    code="unknown-master",
                )
            )
        told = {node: self._told(node, error) for node, error in failed.items() if error is not None}
        kinds = {one.code for one in told.values()}
        first = next(iter(told.values()))
        refused = [one for one in told.values() if isinstance(one, NotAllowedError)]
        if refused:
            refusal = ToldError(refused[0])
            self._refusals.refused(refusal)
            return refusal
        if len(told) == 1 or (len(kinds) == 1 and first.code in ("tls", "no-sentinel")):
            return ToldError(first)
        why = "; ".join(f"{_spelt(node)}: {_WHY.get(one.code, one.code)}" for node, one in told.items())
        return ToldError(
            UnreachableError(
                f"No sentinel of {self.shown} answers ({why}).",
                hint="Check hosts and ports: sentinels listen at 26379 unless told otherwise.",
                code="no-sentinel",
            )
        )

    def _told(self, node: Node, error: BaseException) -> BulltuiError:
        shown = _spelt(node)
        if isinstance(error, AuthenticationError | GreetingError):
            return NotAllowedError(
                f"The sentinel {shown} refused the user name or password: it has those of its own.",
                hint="Put them behind the URL: ?sentinel_username=USER&sentinel_password=PASSWORD.",
                code="sentinel-password",
            )
        if isinstance(error, ResponseError) and "unknown command" in str(error).lower():
            return UnreachableError(
                f"What answers at {shown} is no sentinel.",
                hint="Sentinels listen at 26379 unless told otherwise; a server by itself is redis://HOST:PORT.",
                code="no-sentinel",
            )
        return explain(error, f"the sentinel {shown}", tls=isinstance(self._link(*node), TlsLink))


_WHY = {
    "refused": "refused",
    "timeout": "no answer in time",
    "unknown-host": "the host is not known",
    "tls": "no TLS that we trust",
    "closed": "closed the connection",
    "not-redis": "no Redis",
    "no-sentinel": "no sentinel",
    "unreachable-host": "cannot be reached",
}


def _spelt(node: Node) -> str:
    host, port = node
    return f"[{host}]:{port}" if ":" in host else f"{visible(host)}:{port}"


async def _said(link: AbstractConnection, *words: str) -> Any:
    await link.send_command(*words, check_health=False)
    return await link.read_response()


def _node(words: Any) -> Node:
    host, port = words
    return bytes(host).decode(), int(port)


def _well(replicas: Any) -> list[Node]:
    """The replicas that can be read from, as far as a sentinel knows."""
    found = []
    for words in replicas:
        facts = dict(zip(words[::2], words[1::2], strict=True)) if isinstance(words, list) else dict(words)
        flags = bytes(facts.get(b"flags", b"")).split(b",")
        if {b"s_down", b"o_down", b"disconnected"} & set(flags) or facts.get(b"master-link-status", b"ok") != b"ok":
            continue
        found.append(_node((facts[b"ip"], facts[b"port"])))
    return found


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
                    hint="Check hosts and ports, and firewalls that drop packets.",
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
                await super().connect_check_health(*words, **options)
                return
            except ToldError:
                raise
            except (RedisConnectionError, RedisTimeoutError, WrongRoleError) as error:
                if left > 1:
                    continue
                if isinstance(error, WrongRoleError | AuthenticationError):
                    raise
                raise ToldError(self._unreached(error)) from error

    def _unreached(self, error: RedisError) -> BulltuiError:
        scheme = "rediss" if isinstance(self, TlsLink) else "redis"
        told = explain(error, f"{scheme}://{_spelt((self.host, self.port))}")
        return type(told)(
            told.message,
            hint=f"The sentinels name it for {visible(self._sentinels.name)}; a failover may be under way."
            if told.code in ("refused", "timeout", "closed") and not isinstance(error, BusyLoadingError)
            else told.hint,
            code=told.code,
        )

    def _failing_over(self) -> BulltuiError:
        return UnreachableError(
            f"The sentinels name {_spelt((self.host, self.port))} as the master of {visible(self._sentinels.name)}, "
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
            sentinels.asked_at = monotonic()
            with suppress(RedisError, OSError, TimeoutError):
                async with asyncio.timeout(RECHECK_WITHIN_S):
                    await sentinels.standing(replicas=False)
            if sentinels.named != before:
                self.course.look_again()
        await super().ensure_connection(connection)


class LedTcpLink(_Led, TcpLink):
    """Without TLS."""


class LedTlsLink(_Led, TlsLink):
    """With TLS."""


async def check_role(connection: AbstractConnection) -> None:
    """Whether a server is what the sentinels take it for. Where a user may not ask, the answer READONLY will tell."""
    if not isinstance(connection, _Led):
        return
    try:
        reply = await _said(connection, "ROLE")
    except ResponseError:
        return
    role, state = reply[0], reply[3] if reply[0] == b"slave" else b"connected"
    if role not in connection.fits or (connection.fits == (b"slave",) and state != b"connected"):
        raise WrongRoleError(f"it is {bytes(role).decode('ascii', 'replace')}")
