"""Servers that sentinels know: which one is the master is asked at each connect.

redis-py's own client for this asks one sentinel after the other, so that one that drops packets takes all the time; it
wants the right to SENTINEL MASTERS; and it takes the answer READONLY for a lost connection, after which nobody would
know whether something was done. So its connections are used, and the asking is our own.
"""

import asyncio
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from time import monotonic
from typing import Any

from redis.asyncio.connection import AbstractConnection
from redis.exceptions import AuthenticationError, InvalidResponse, RedisError, ResponseError

from bulltui.domain.errors import BulltuiError, NotAllowedError, UnreachableError, UsageError
from bulltui.domain.text import visible
from bulltui.store.credentials import Refusals, ToldError
from bulltui.store.errors import explain
from bulltui.store.greeting import GreetingError
from bulltui.store.links import TlsLink, WatchedLink

Node = tuple[str, int]

STAGGER_S = 0.2
"""So long a sentinel may think before the next one is asked as well."""

STATE_WITHIN_S = 0.3


@dataclass(frozen=True, slots=True)
class Standing:
    """What a sentinel says: the master, None where it knows none of that name, and the replicas that are well."""

    master: Node | None
    replicas: tuple[Node, ...] = ()


@dataclass(frozen=True, slots=True)
class State:
    """What one sentinel knows: the master, since which of the takeovers, and whether it is at the next one."""

    master: Node
    epoch: int
    fails_over: bool


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

    async def is_failing_over(self) -> bool:
        """Whether any sentinel is at making another server the master, which only that one knows. Those that do not
        answer soon, or may not tell, do not count. Where one has just done so, what was named last holds no more."""
        told = await asyncio.gather(*map(self._state, self._nodes), return_exceptions=True)
        states = [one for one in told if isinstance(one, State)]
        newest = max(states, key=lambda one: one.epoch, default=None)
        if newest is not None and newest.master != self.named:
            self.asked_at = 0.0
        return any(one.fails_over for one in states)

    async def _state(self, node: Node) -> State:
        link = self._link(*node)
        try:
            async with asyncio.timeout(STATE_WITHIN_S):
                await link.connect()  # type: ignore[no-untyped-call]
                words = await said(link, "SENTINEL", "MASTER", self.name)
            facts = dict(zip(words[::2], words[1::2], strict=True))
            flags = facts.get(b"flags", b"")
            return State(
                _node((facts[b"ip"], facts[b"port"])),
                int(facts.get(b"config-epoch", 0)),
                b"failover_in_progress" in flags,
            )
        finally:
            await link.disconnect(nowait=True)

    async def _ask(self, node: Node, replicas: bool) -> Standing:
        link = self._link(*node)
        try:
            await link.connect()  # type: ignore[no-untyped-call]
            address = await said(link, "SENTINEL", "GET-MASTER-ADDR-BY-NAME", self.name)
            if address is None:
                return Standing(None)
            others = await said(link, "SENTINEL", "REPLICAS", self.name) if replicas else ()
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
        why = "; ".join(f"{spelt(node)}: {_WHY.get(one.code, one.code)}" for node, one in told.items())
        return ToldError(
            UnreachableError(
                f"No sentinel of {self.shown} answers ({why}).",
                hint="Check hosts and ports: sentinels listen at 26379 unless told otherwise.",
                code="no-sentinel",
            )
        )

    def _told(self, node: Node, error: BaseException) -> BulltuiError:
        shown = spelt(node)
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


def spelt(node: Node) -> str:
    host, port = node
    return f"[{host}]:{port}" if ":" in host else f"{visible(host)}:{port}"


async def said(link: AbstractConnection, *words: str) -> Any:
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
