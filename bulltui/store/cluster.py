"""A Redis Cluster behind the same calls as one server.

Each command goes to the node that holds the slot of its key; several go to all nodes side by side, one pipeline each.
A node that does not hold a slot says so (MOVED) and has done nothing, so that the command is sent to the one it names,
changes too. While a slot moves, commands with one key follow it (ASK). Scripts do not, since their keys may lie on both
sides: what they read is then asked for command by command, and what they would change has to wait.
"""

import asyncio
from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Self

from redis.asyncio import Redis
from redis.asyncio.connection import AbstractConnection
from redis.exceptions import NoScriptError, RedisError

from bulltui.domain.connection import Connection
from bulltui.domain.errors import BulltuiError, UnreachableError, UsageError
from bulltui.domain.gate import Gate
from bulltui.domain.text import exact, visible
from bulltui.store.calls import KEYS_A_CALL, Calls, Command, Member, Raw, Refused, ScriptsRefusedError
from bulltui.store.client import open_client
from bulltui.store.cluster_nodes import Node, Nodes
from bulltui.store.cluster_routes import Routes, apart, is_moving
from bulltui.store.cluster_scripts import guarded, guarded_digest, is_elsewhere
from bulltui.store.commands import SCRIPT_VERBS, Words, bytes_of, keys_of, text_of
from bulltui.store.errors import explain
from bulltui.store.slot_map import Where, is_tagged, slot_of, spelt
from bulltui.store.urls import node_url, read_url, shown_address


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


class ClusterCalls(Calls):
    """See Calls. `nodes` knows them, and how each is reached."""

    def __init__(self, nodes: Nodes, address: str, gate: Gate | None = None, label: str = "") -> None:
        self._settle(address, gate, label)
        self._nodes = nodes
        self._routes = Routes(nodes, address)

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
        (reply,) = await self._routes.answers([words], timeout_s)
        if isinstance(reply, BaseException):
            is_script = text_of(words[0]).upper() in SCRIPT_VERBS
            raise reply if is_script or not is_moving(reply) else apart(self.address)
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
        return await self._routes.answers(commands)

    async def trip_once(self, words: Sequence[bytes | str | int], timeout_s: float, *, asking: bool = False) -> Raw:
        """See Calls."""
        keys = keys_of(words)
        is_script = text_of(words[0]).upper() in SCRIPT_VERBS
        if is_script and keys and not (is_tagged(keys[0]) and len(self.together(keys)) == 1):
            raise scattered(keys[0], self.address)
        return await self._routes.once(words, timeout_s)

    # --- scripts

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
        if is_moving(error):
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


def scattered(key: bytes, address: str) -> BulltuiError:
    """A queue whose keys do not lie together."""
    return BulltuiError(
        f"{address} is a Redis Cluster, and the keys of this queue are in several slots, since {visible(exact(key))!r} "
        "has no hash tag. Nothing was changed.",
        hint="BullMQ needs a prefix like {bull} on a Cluster, and so does whatever changes its queues.",
        code="no-hash-tag",
    )
