"""How commands find the nodes of a Cluster that hold their keys, and what is made of the answers of those that do not.

A node that does not hold a slot says so (MOVED) and has done nothing, so that the command is sent to the one it names,
changes too. While a slot moves, commands with one key follow it (ASK). Scripts do not, since their keys may lie on both
sides.
"""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass
from time import monotonic

from redis.exceptions import (
    AskError,
    AuthenticationError,
    AuthorizationError,
    BusyLoadingError,
    ClusterDownError,
    MasterDownError,
    MovedError,
    RedisError,
    ResponseError,
    TryAgainError,
)

from bulltui.domain.errors import BulltuiError, UnreachableError
from bulltui.domain.orders import LostAnswerError
from bulltui.store.calls import MOVING, Raw
from bulltui.store.cluster_nodes import Node, Nodes
from bulltui.store.cluster_scripts import is_elsewhere
from bulltui.store.commands import SCRIPT_VERBS, Words, keys_of, text_of
from bulltui.store.errors import explain
from bulltui.store.slot_map import Where, slot_of

READ_S = 1.5
"""How long a read waits for a Cluster that is taking a failover or moving the slot, in seconds."""

HOPS = 8
"""How often one command is sent on to where another node says that its slot is."""

QUICK_HOPS = 2
"""So often at once: where two nodes name each other, they are about to agree."""

LOSSES = 2
"""How often a read is asked again where a node does not answer: of the one that holds the slot by then."""

_FIRST_PAUSE_S, _LAST_PAUSE_S = 0.02, 0.4

_NOT_NOW = (TryAgainError, ClusterDownError, MasterDownError, BusyLoadingError)
"""Answers that say that nothing was done and that it may be otherwise in a moment."""


@dataclass(slots=True)
class _Asked:
    """One command on its way: where it lies, and where it was last told to go while its slot moves."""

    words: Words
    slot: int | None
    is_script: bool
    hops: int = 0
    losses: int = 0
    importing: Where | None = None


class Routes:
    """The ways to the nodes of a Cluster that is called `address`."""

    def __init__(self, nodes: Nodes, address: str) -> None:
        self._nodes = nodes
        self._address = address

    async def answers(self, commands: Sequence[Words], timeout_s: float | None = None) -> list[Raw]:
        """What the nodes say to commands that only read, each asked until it is answered or the time is over."""
        asked = [_asked(words) for words in commands]
        replies: list[Raw] = [None] * len(asked)
        left = list(range(len(asked)))
        deadline, pause = monotonic() + READ_S, _FIRST_PAUSE_S
        while left:
            again: list[int] = []
            waits = False
            for at, reply in await self._round(asked, left, timeout_s):
                one = asked[at]
                replies[at] = reply
                if isinstance(reply, BaseException) and monotonic() < deadline and self._asks_again(one, reply):
                    again.append(at)
                    waits = waits or one.hops > QUICK_HOPS or isinstance(reply, _NOT_NOW) or _is_lost(reply)
            left = again
            if waits:
                await asyncio.sleep(pause)
                pause = min(_LAST_PAUSE_S, pause * 2)
        for reply in replies:
            if isinstance(reply, _NOT_NOW) and not isinstance(reply, TryAgainError):
                raise explain(reply, self._address)
            if isinstance(reply, BaseException) and _is_lost(reply):
                raise reply
        return replies

    def _asks_again(self, one: _Asked, reply: BaseException) -> bool:
        """Takes up what a node said in place of an answer; whether the command is to be sent again."""
        one.importing = None
        if isinstance(reply, MovedError):  # an AskError as well for the library, so that it goes first
            one.hops += 1
            self._follow(reply)
            return one.hops <= HOPS
        if isinstance(reply, AskError):
            one.hops += 1
            one.importing = (reply.host, reply.port)
            return not one.is_script and one.hops <= HOPS
        if isinstance(reply, _NOT_NOW):
            self._nodes.spoil()
            return not isinstance(reply, TryAgainError)  # who asks for several keys can ask for each by itself
        if _is_lost(reply):
            one.losses += 1
            return one.losses <= LOSSES
        return False

    def _follow(self, reply: MovedError) -> None:
        if reply.host in ("", "?"):
            self._nodes.spoil()  # who answered does not know by which name we reach it
        else:
            self._nodes.moved(int(reply.slot_id), (reply.host, reply.port))

    async def _round(
        self, asked: Sequence[_Asked], left: Sequence[int], timeout_s: float | None
    ) -> list[tuple[int, Raw]]:
        """Sends what is left to its nodes, side by side."""
        groups: dict[Node, list[int]] = {}
        replies: list[tuple[int, Raw]] = []
        for at in left:
            node = await self._node_for(asked[at])
            if node is None:
                replies.append((at, _not_served(asked[at].slot)))
            else:
                groups.setdefault(node, []).append(at)
        for part in await asyncio.gather(*(self._ask(node, asked, ats, timeout_s) for node, ats in groups.items())):
            replies += part
        return replies

    async def _node_for(self, one: _Asked) -> Node | None:
        if one.importing is not None:
            return self._nodes.node(one.importing)
        return await self._nodes.any() if one.slot is None else await self._nodes.of_slot(one.slot, reading=True)

    async def _ask(
        self, node: Node, asked: Sequence[_Asked], ats: Sequence[int], timeout_s: float | None
    ) -> list[tuple[int, Raw]]:
        """One trip to one node. Where it is lost, each of the commands has the loss for an answer."""
        commands: list[Words] = []
        for at in ats:
            commands += [("ASKING",), asked[at].words] if asked[at].importing else [asked[at].words]
        async with node.used() as calls:
            try:
                if len(commands) == 1:
                    return [(ats[0], await calls.trip(commands[0], timeout_s))]
                replies = iter(await calls.trips(commands))
            except (ResponseError, AuthenticationError, AuthorizationError) as error:
                return [(at, error) for at in ats]
            except BusyLoadingError as error:
                return [(at, error) for at in ats]
            except (RedisError, OSError, ValueError) as error:
                self._nodes.silent(node.where)
                told = explain(error, calls.address)
                return [(at, told) for at in ats]
        found: list[tuple[int, Raw]] = []
        for at in ats:
            if asked[at].importing:
                next(replies)
            found.append((at, next(replies)))
        return found

    async def once(self, words: Sequence[bytes | str | int], timeout_s: float) -> Raw:
        """One command that changes something: sent again only where a node says, or shows by not being there, that
        nothing was done."""
        one = _asked(words)
        deadline, pause = monotonic() + timeout_s, _FIRST_PAUSE_S
        while True:
            error: Exception
            try:
                return await self._send_once_to(one, words, deadline)
            except LostAnswerError:
                self._nodes.spoil()
                raise
            except MovedError as answer:
                one.hops, one.importing = one.hops + 1, None
                self._follow(answer)
                if one.hops > HOPS:
                    raise _moves(self._address) from None
                if one.hops <= QUICK_HOPS:
                    continue
                error = answer
            except AskError as answer:
                one.importing = None if one.is_script else (answer.host, answer.port)
                error = answer
            except _NOT_NOW as answer:
                error = answer
                self._nodes.spoil()
            except UnreachableError as answer:  # no connection was to be had: nothing was sent
                error = answer
            except ResponseError as answer:
                if not is_elsewhere(answer):
                    raise
                error = answer
            if monotonic() + pause > deadline:
                raise self._final(error)
            await asyncio.sleep(pause)
            pause = min(_LAST_PAUSE_S, pause * 2)

    def _final(self, error: Exception) -> Exception:
        if "cluster is down" in str(error).lower():  # as a script says it
            return _not_served()
        return _moves(self._address) if is_moving(error) or isinstance(error, MovedError) else error

    async def _send_once_to(self, one: _Asked, words: Sequence[bytes | str | int], deadline: float) -> Raw:
        if one.importing is not None:
            node: Node | None = self._nodes.node(one.importing)
        elif one.slot is None:
            node = await self._nodes.any()
        else:
            node = await self._nodes.of_slot(one.slot, reading=False)
        if node is None:
            raise _not_served(one.slot)
        async with node.used() as calls:
            try:
                time_left = max(0.05, deadline - monotonic())
                return await calls.trip_once(words, time_left, asking=one.importing is not None)
            except UnreachableError:
                self._nodes.silent(node.where)
                raise


def _asked(words: Words) -> _Asked:
    keys = keys_of(words)
    return _Asked(words, slot_of(keys[0]) if keys else None, text_of(words[0]).upper() in SCRIPT_VERBS)


def _not_served(slot: int | None = None) -> ClusterDownError:
    which = "not all slots are" if slot is None else f"slot {slot} is not"
    return ClusterDownError(f"{which} served by any node", status_code="CLUSTERDOWN")


def _is_lost(reply: BaseException) -> bool:
    return isinstance(reply, UnreachableError)


def is_moving(error: BaseException) -> bool:
    """Whether it was refused since the slot is on its way to another node."""
    asks = isinstance(error, AskError | TryAgainError) and not isinstance(error, MovedError)
    return asks or is_elsewhere(error)


def apart(address: str) -> BulltuiError:
    """Some of the keys of one command are on their way."""
    return BulltuiError(
        f"{address} is giving some of these keys to another node of its Cluster.", hint="Try again.", code=MOVING
    )


def _moves(address: str) -> BulltuiError:
    return UnreachableError(
        f"The slot of this queue is being moved to another node of {address}, so nothing was changed.",
        hint="Try again when it has moved; CLUSTER NODES shows slots that move.",
        code=MOVING,
    )
