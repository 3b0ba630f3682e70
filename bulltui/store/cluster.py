"""A Redis Cluster behind the same calls as one server.

Each command goes to the node that holds the slot of its key; several go to all nodes side by side, one pipeline each.
A node that does not hold a slot says so (MOVED) and has done nothing, so that the command is sent to the one it names,
changes too. While a slot moves, commands with one key follow it (ASK). Scripts do not, since their keys may lie on both
sides: what they read is then asked for command by command, and what they would change has to wait.
"""

import asyncio
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from time import monotonic
from typing import Self

from redis.asyncio import Redis
from redis.asyncio.connection import AbstractConnection
from redis.exceptions import (
    AskError,
    AuthenticationError,
    AuthorizationError,
    BusyLoadingError,
    ClusterDownError,
    MasterDownError,
    MovedError,
    NoScriptError,
    RedisError,
    ResponseError,
    TryAgainError,
)

from bulltui.domain.connection import Connection
from bulltui.domain.errors import BulltuiError, UnreachableError, UsageError
from bulltui.domain.gate import Gate
from bulltui.domain.orders import LostAnswerError
from bulltui.domain.text import exact, visible
from bulltui.store.calls import KEYS_A_CALL, MOVING, Calls, Command, Member, Raw, Refused, ScriptsRefusedError
from bulltui.store.client import open_client
from bulltui.store.cluster_nodes import Node, Nodes
from bulltui.store.cluster_scripts import guarded, guarded_digest, is_elsewhere
from bulltui.store.commands import SCRIPT_VERBS, Words, bytes_of, keys_of, text_of
from bulltui.store.errors import explain
from bulltui.store.slot_map import Where, is_tagged, slot_of, spelt
from bulltui.store.urls import node_url, read_url, shown_address

READ_S = 1.5
"""How long a read waits for a Cluster that is taking a failover or moving the slot, in seconds."""

HOPS = 8
"""How often one command is sent on to where another node says that its slot is."""

LOSSES = 2
"""How often a read is asked again where a node does not answer: of the one that holds the slot by then."""

_FIRST_PAUSE_S, _LAST_PAUSE_S = 0.02, 0.4

_NOT_NOW = (TryAgainError, ClusterDownError, MasterDownError, BusyLoadingError)
"""Answers that say that nothing was done and that it may be otherwise in a moment."""


class NodeGate:
    """Stands before calls to one node of several: that it is away does not mean that the Cluster is."""

    def __init__(self, whole: Gate, away: Callable[[], None]) -> None:
        self._whole = whole
        self._away = away

    async def enter(self, *, probe: bool = False) -> None:
        """See Gate."""
        await self._whole.enter(probe=probe)

    def told(self, call: str, ms: float, error: BulltuiError | None) -> None:
        """See Gate."""
        if isinstance(error, UnreachableError):
            self._away()
        else:
            self._whole.told(call, ms, error)


NodeClient = Callable[[Connection], Redis]


def open_node(connection: Connection) -> Redis:
    """A client of one node. Of a replica, it may read there."""
    return open_client(connection, then=(read_only,) if connection.replica else ())


async def read_only(link: AbstractConnection) -> None:
    """Has a replica answer to reads, rather than name its primary."""
    await link.send_command("READONLY", check_health=False)
    await link.read_response()


@dataclass(slots=True)
class _Asked:
    """One command on its way: where it lies, and where it was last told to go while its slot moves."""

    words: Words
    slot: int | None
    is_script: bool
    hops: int = 0
    losses: int = 0
    importing: Where | None = None


class ClusterCalls(Calls):
    """See Calls. `nodes` knows them, and how each is reached."""

    def __init__(self, nodes: Nodes, address: str, gate: Gate | None = None, label: str = "") -> None:
        self._settle(address, gate, label)
        self._nodes = nodes

    @classmethod
    def open(cls, connection: Connection, gate: Gate | None = None, *, make: NodeClient = open_node) -> Self:
        """Calls to the Cluster of `connection`; `make` makes the client of a node. Raises UsageError for what cannot be
        read in the URL or does not go with a Cluster."""
        address = connection.shown or shown_address(connection.url)
        place = read_url(connection.url)
        if connection.tunnel:
            raise UsageError(
                "A tunnel leads to one port, and a Redis Cluster has several nodes that name each other.",
                hint="Run this where the nodes can be reached, or use a VPN.",
            )

        def opened(where: Where, reading: bool) -> Calls:
            url = node_url(connection.url, *where)
            node = replace(connection, url=url, tunnel=(), shown="", replica=reading)
            calls = Calls(make(node), shown_address(url), made.gate_of(where), connection.label)
            calls.action_timeout_s = connection.action_timeout_s
            return calls

        made = cls(Nodes(address, place.nodes, opened, replicas=connection.replica), address, gate, connection.label)
        made.action_timeout_s = connection.action_timeout_s
        return made

    def gate_of(self, where: Where) -> "NodeGate":
        """What calls to this node alone pass."""
        return NodeGate(self.gate, lambda: self._nodes.silent(where))

    @property
    def protocol(self) -> int:
        """See Calls."""
        return min((calls.protocol for calls in self._nodes.open if calls.protocol), default=0)

    @property
    def database(self) -> int:
        """A Cluster has only this one."""
        return 0

    @property
    def is_encrypted(self) -> bool:
        """See Calls."""
        return any(calls.is_encrypted for calls in self._nodes.open)

    @property
    def keys_a_trip(self) -> int:
        """See Calls: each node is asked for its part of them."""
        return KEYS_A_CALL * 3

    async def spaces(self) -> Sequence[Calls]:
        """See Calls."""
        return [node.calls for node in await self._nodes.shards()]

    async def nodes(self) -> Sequence[Calls]:
        """See Calls."""
        return [node.calls for node in await self._nodes.all()]

    async def members(self) -> Sequence[Member]:
        """See Calls."""
        known = await self._nodes.map()
        primaries = [
            Member(self._nodes.node(one).calls, spelt(one), "", known.slots_of(one)) for one in known.primaries
        ]
        return primaries + [
            Member(self._nodes.node(one).calls, spelt(one), spelt(primary)) for one, primary in known.replicas.items()
        ]

    def together(self, keys: Sequence[bytes]) -> list[list[int]]:
        """See Calls: those of one slot."""
        groups: dict[int, list[int]] = {}
        for at, key in enumerate(keys):
            groups.setdefault(slot_of(key), []).append(at)
        return list(groups.values())

    def text(self, name: str) -> str:
        """See Calls."""
        return guarded(name)

    def digest(self, name: str) -> str:
        """See Calls."""
        return guarded_digest(name)

    async def close(self) -> None:
        """See Calls."""
        await self._nodes.close()

    # --- trips

    async def trip(self, words: Words, timeout_s: float | None = None) -> Raw:
        """See Calls. PING is answered when all primaries have."""
        if text_of(words[0]).upper() == "PING":
            replies = await asyncio.gather(*(self._of(node, words) for node in await self._nodes.primaries()))
            return replies[0]
        (reply,) = await self._answers([words], timeout_s)
        if isinstance(reply, BaseException):
            is_script = text_of(words[0]).upper() in SCRIPT_VERBS
            raise reply if is_script or not _is_moving(reply) else _apart(self.address)
        return reply

    async def _of(self, node: Node, words: Words) -> Raw:
        async with node.used() as calls:
            try:
                return await calls.trip(words)
            except (RedisError, OSError) as error:
                self._nodes.silent(node.where)
                raise explain(error, calls.address) from error

    async def trips(self, commands: Sequence[Words]) -> list[Raw]:
        """See Calls."""
        return await self._answers(commands, None)

    async def _answers(self, commands: Sequence[Words], timeout_s: float | None) -> list[Raw]:
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
                    waits = waits or isinstance(reply, _NOT_NOW) or _is_lost(reply)
            left = again
            if waits:
                await asyncio.sleep(pause)
                pause = min(_LAST_PAUSE_S, pause * 2)
        for reply in replies:
            if isinstance(reply, _NOT_NOW) and not isinstance(reply, TryAgainError):
                raise explain(reply, self.address)
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

    async def trip_once(self, words: Sequence[bytes | str | int], timeout_s: float, *, asking: bool = False) -> Raw:
        """See Calls. Sent again only where a node says, or shows by not being there, that nothing was done."""
        one = _asked(words)
        if one.is_script:
            self._refuse_scattered(words)
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
                    raise
                continue
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
        return _moves(self.address) if _is_moving(error) else error

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

    # --- scripts

    def _refuse_scattered(self, words: Sequence[bytes | str | int]) -> None:
        keys = keys_of(words)
        if keys and not (is_tagged(keys[0]) and len(self.together(keys)) == 1):
            raise scattered(keys[0], self.address)

    async def script(
        self,
        name: str,
        keys: Sequence[bytes],
        arguments: Sequence[bytes | str | int],
        *,
        timeout_s: float | None = None,
    ) -> Raw:
        """See Calls. Also refused where the keys do not surely lie in one slot, or are on their way to another node:
        then each command finds its own way."""
        if not all(map(is_tagged, keys)) or len(self.together(keys)) > 1:
            raise ScriptsRefusedError
        return await super().script(name, keys, arguments, timeout_s=timeout_s)

    def _give_up_scripts(self, error: Exception) -> None:
        if _is_moving(error):
            raise ScriptsRefusedError from None
        super()._give_up_scripts(error)

    async def scripts(self, name: str, items: Sequence[tuple[bytes, Sequence[bytes | str | int]]]) -> list[Raw]:
        """See Calls."""
        if not all(is_tagged(key) for key, _ in items):
            raise ScriptsRefusedError
        answers: list[Raw] = []
        for start in range(0, len(items), self.keys_a_trip):
            part = items[start : start + self.keys_a_trip]
            answers += await self._run_all(name, [([key], arguments) for key, arguments in part])
        for answer in answers:
            if isinstance(answer, Exception):
                self._give_up_scripts(answer)
                raise explain(answer, self.address)
        return answers

    async def _run_all(
        self, name: str, items: Sequence[tuple[Sequence[bytes], Sequence[bytes | str | int]]]
    ) -> list[Raw]:
        """Runs a script on groups of keys, each of one slot, in one trip to each node; errors stand in their places."""
        replies: list[Raw] = []
        if self.scripts_allowed is None and items:  # the first one tells whether and in which form they are allowed
            replies.append(await self.script(name, *items[0]))
        rest = items[len(replies) :]
        words = [(self._by_digest, self.digest(name), len(keys), *keys, *arguments) for keys, arguments in rest]
        found = await self._send_all(name, words) if words else []
        unknown = [at for at, reply in enumerate(found) if isinstance(reply, NoScriptError)]
        if unknown:
            by_text = self._by_digest.replace("EVALSHA", "EVAL")
            seen: set[Node | None] = set()
            resent: list[Words] = []
            for at in unknown:
                node = await self._nodes.of_slot(slot_of(rest[at][0][0]), reading=True)
                resent.append(words[at] if node in seen else (by_text, self.text(name), *words[at][2:]))
                seen.add(node)
            for at, reply in zip(unknown, await self._send_all(name, resent), strict=True):
                found[at] = reply
        return replies + found

    async def _batch(self, keys: Sequence[bytes], commands: Sequence[Command]) -> list[list[Raw]]:
        rows: list[list[Raw]] = [[]] * len(keys)
        tagged = [at for at, key in enumerate(keys) if is_tagged(key)]
        groups = [[tagged[place] for place in group] for group in self.together([keys[at] for at in tagged])]
        if self.scripts_allowed is not False and len(commands) > 1:
            words: list[bytes | str | int] = []
            for command in commands:
                words += (len(command), *command)
            try:
                answers = await self._run_all("batch", [([keys[at] for at in group], words) for group in groups])
            except ScriptsRefusedError:
                answers = [ScriptsRefusedError()] * len(groups)
            for group, answer in zip(groups, answers, strict=True):
                for at, row in zip(group, self._rows_of(answer, len(group), len(commands)), strict=True):
                    rows[at] = row
        left = [at for at, row in enumerate(rows) if not row]
        flat = await self.pipeline(
            [(name, keys[at] + bytes_of(suffix), *rest) for at in left for name, suffix, *rest in commands]
        )
        for place, at in enumerate(left):
            rows[at] = flat[place * len(commands) : (place + 1) * len(commands)]
        return rows

    def _rows_of(self, answer: Raw, items: int, width: int) -> list[list[Raw]]:
        """The answers of the script to each key; empty ones where it has to be asked for in another way."""
        nothing: list[list[Raw]] = [[] for _ in range(items)]
        if isinstance(answer, ScriptsRefusedError):
            return nothing
        if isinstance(answer, Exception):
            try:
                self._give_up_scripts(answer)
            except ScriptsRefusedError:
                return nothing
            raise explain(answer, self.address)
        flat, errors = answer
        for at, text in zip(errors[::2], errors[1::2], strict=True):
            if is_elsewhere(text):
                return nothing
            flat[at - 1] = self._own(Refused(text.decode("utf-8", "replace")))
        return [flat[at : at + width] for at in range(0, items * width, width)]


def _asked(words: Words) -> _Asked:
    keys = keys_of(words)
    return _Asked(words, slot_of(keys[0]) if keys else None, text_of(words[0]).upper() in SCRIPT_VERBS)


def _not_served(slot: int | None = None) -> ClusterDownError:
    which = "not all slots are" if slot is None else f"slot {slot} is not"
    return ClusterDownError(f"{which} served by any node", status_code="CLUSTERDOWN")


def _is_lost(reply: BaseException) -> bool:
    return isinstance(reply, UnreachableError)


def _is_moving(error: BaseException) -> bool:
    """Whether it was refused since the slot is on its way to another node."""
    asks = isinstance(error, AskError | TryAgainError) and not isinstance(error, MovedError)
    return asks or is_elsewhere(error)


def _apart(address: str) -> BulltuiError:
    return BulltuiError(
        f"{address} is giving some of these keys to another node of its Cluster.", hint="Try again.", code=MOVING
    )


def _moves(address: str) -> BulltuiError:
    return UnreachableError(
        f"The slot of this queue is being moved to another node of {address}, so nothing was changed.",
        hint="Try again when it has moved; CLUSTER NODES shows slots that move.",
        code=MOVING,
    )


def scattered(key: bytes, address: str) -> BulltuiError:
    """A queue whose keys do not lie together."""
    return BulltuiError(
        f"{address} is a Redis Cluster, and the keys of this queue are in several slots, since {visible(exact(key))!r} "
        "has no hash tag. Nothing was changed.",
        hint="BullMQ needs a prefix like {bull} on a Cluster, and so does whatever changes its queues.",
        code="no-hash-tag",
    )
