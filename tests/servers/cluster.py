"""A real Redis Cluster of our own: three primaries, a replica each, on free ports, gone without a trace at the end."""

import random
import socket
import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from types import TracebackType
from typing import Any, Self

from redis import Redis
from redis.cluster import RedisCluster
from redis.crc import key_slot
from redis.exceptions import RedisError

from bulltui.demo.server import EmbeddedServer, ServerError

PRIMARIES = 3
SLOTS = 16_384
NODE_TIMEOUT_MS = 1_500
"""After which a silent primary is taken for dead: its replica takes over about as long after that."""

_WITHIN_S = 20.0


@dataclass(frozen=True, slots=True)
class NodeView:
    """A node as another one sees it."""

    id: str
    port: int
    flags: tuple[str, ...]
    primary: str
    ranges: tuple[tuple[int, int], ...]

    @property
    def is_primary(self) -> bool:
        """Whether it holds slots or may."""
        return "master" in self.flags and "fail" not in self.flags

    def holds(self, slot: int) -> bool:
        """Whether the slot is its own."""
        return any(first <= slot <= last for first, last in self.ranges)


@dataclass(frozen=True, slots=True)
class Move:
    """The keys of a slot that is on its way."""

    source: Redis
    slot: int
    port: int
    password: str | None

    def some(self, count: int) -> int:
        """Lets that many keys go over; returns how many were there to go."""
        keys: Any = self.source.execute_command("CLUSTER", "GETKEYSINSLOT", self.slot, count)  # type: ignore[no-untyped-call]
        if keys:
            self.keys(*keys)
        return len(keys)

    def keys(self, *keys: str | bytes) -> None:
        """Lets these keys go over."""
        auth = ("AUTH", self.password) if self.password else ()
        words = ("MIGRATE", "127.0.0.1", self.port, "", 0, 5_000, *auth, "KEYS", *keys)
        self.source.execute_command(*words)  # type: ignore[no-untyped-call]


class ClusterServer:
    """Six nodes. `config` holds further lines of redis.conf for each, `password` is that of the default user."""

    def __init__(self, *, config: Sequence[str] = (), password: str | None = None) -> None:
        self.password = password
        self._config = tuple(config)
        self._buses: list[int] = []
        self.nodes: list[EmbeddedServer] = []

    def _node(self, bus: int) -> EmbeddedServer:
        return EmbeddedServer(
            password=self.password,
            config=(
                "cluster-enabled yes",
                "cluster-config-file nodes.conf",
                f"cluster-node-timeout {NODE_TIMEOUT_MS}",
                f"cluster-port {bus}",
                "cluster-allow-replica-migration no",
                "cluster-replica-validity-factor 0",
                "repl-diskless-sync-delay 0",
                *([f"masterauth {self.password}"] if self.password else []),
                *self._config,
            ),
        )

    # --- life

    def start(self) -> Self:
        """Starts and joins the nodes; returns when all of them say that all slots are served."""
        for left in reversed(range(5)):
            self._buses = _free_ports(PRIMARIES * 2)
            self.nodes = [self._node(bus) for bus in self._buses]
            try:
                with ThreadPoolExecutor(len(self.nodes)) as pool:
                    list(pool.map(EmbeddedServer.start, self.nodes))
                self._join()
            except ServerError as error:
                self.stop()
                if not left or "already in use" not in error.message:  # another process was quicker
                    raise
            except BaseException:
                self.stop()
                raise
            else:
                break
        return self

    def stop(self) -> None:
        """Ends all nodes and removes their folders."""
        for node in self.nodes:
            node.stop()

    def __enter__(self) -> Self:
        return self.start()

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, _: TracebackType | None) -> None:
        self.stop()

    def _join(self) -> None:
        width = -(-SLOTS // PRIMARIES)
        for at, node in enumerate(self.nodes):
            self.tell(node, "CLUSTER", "SET-CONFIG-EPOCH", at + 1)
            if at < PRIMARIES:
                self.tell(node, "CLUSTER", "ADDSLOTSRANGE", at * width, min(SLOTS, (at + 1) * width) - 1)
            if at:
                self.tell(self.nodes[0], "CLUSTER", "MEET", "127.0.0.1", node.port, self._buses[at])
        wait_for(lambda: all(map(self._knows_all, self.nodes)), "the nodes know each other")
        for at, name in enumerate([self.id_of(node) for node in self.nodes[:PRIMARIES]]):
            self.tell(self.nodes[PRIMARIES + at], "CLUSTER", "REPLICATE", name)
        wait_for(self.is_whole, "all slots are served, and each primary has its replica")

    def _knows_all(self, node: EmbeddedServer) -> bool:
        views = self.views(node)
        return len(views) == len(self.nodes) and not any("handshake" in view.flags for view in views)

    # --- asking

    def client(self, node: EmbeddedServer) -> Redis:
        """A plain client of one node."""
        return Redis(host="127.0.0.1", port=node.port, password=self.password, socket_timeout=5)

    def tell(self, node: EmbeddedServer, *words: str | int | bytes) -> Any:
        """One command to one node; its answer as it is."""
        with self.client(node) as client:
            client.response_callbacks.clear()
            return client.execute_command(*words)

    def everywhere(self) -> RedisCluster:
        """The library's client of all nodes, to fill the cluster with."""
        node = self._alive()[0]
        return RedisCluster(host="127.0.0.1", port=node.port, password=self.password)

    @property
    def url(self) -> str:
        """Of two nodes, with the credentials of the default user."""
        return self.url_as("", self.password)

    def url_as(self, user: str, password: str | None) -> str:
        """Of two nodes, with these credentials."""
        who = f"{user}:{password}@" if password is not None else ""
        return f"redis+cluster://{who}{','.join(f'127.0.0.1:{node.port}' for node in self.nodes[1:3])}"

    def views(self, node: EmbeddedServer) -> list[NodeView]:
        """All nodes as `node` sees them."""
        return [_view(line) for line in self.tell(node, "CLUSTER", "NODES").decode().splitlines()]

    def id_of(self, node: EmbeddedServer) -> str:
        """The node's own id."""
        return self._own(node).id

    def primaries(self) -> list[EmbeddedServer]:
        """The nodes that say of themselves that they are primaries with slots."""
        return [node for node in self._alive() if (view := self._own(node)).is_primary and view.ranges]

    def replica_of(self, primary: EmbeddedServer) -> EmbeddedServer:
        """The node that follows `primary`."""
        name = self.id_of(primary)
        return next(node for node in self._alive() if self._own(node).primary == name)

    def holder(self, key: bytes | str) -> EmbeddedServer:
        """The primary of the key's slot."""
        return next(node for node in self.primaries() if self._own(node).holds(slot_of(key)))

    def _alive(self) -> list[EmbeddedServer]:
        return [node for node in self.nodes if node.alive]

    def _own(self, node: EmbeddedServer) -> NodeView:
        return next(view for view in self.views(node) if "myself" in view.flags)

    def is_whole(self) -> bool:
        """Whether each node lives and is in step, and all agree on who holds what."""
        if len(self._alive()) < len(self.nodes):
            return False
        seen = {
            tuple(sorted((view.port, view.is_primary, view.ranges) for view in self.views(node))) for node in self.nodes
        }
        return len(seen) == 1 and len(self.primaries()) == PRIMARIES and all(map(self._in_step, self.nodes))

    def _in_step(self, node: EmbeddedServer) -> bool:
        follows = self.tell(node, "INFO", "replication")
        ready = b"role:master" in follows or b"master_link_status:up" in follows
        return ready and b"cluster_state:ok" in self.tell(node, "CLUSTER", "INFO")

    def keys(self) -> int:
        """How many there are in all."""
        return sum(self.tell(node, "DBSIZE") for node in self.primaries())

    def await_replicas(self) -> None:
        """Returns when each replica has all keys of its primary."""
        for node in self.primaries():
            replica = self.replica_of(node)
            wait_for(
                lambda one=node, other=replica: self.tell(one, "DBSIZE") == self.tell(other, "DBSIZE"),  # type: ignore[misc]
                "a replica has caught up",
            )

    # --- what happens to clusters

    def heal(self) -> None:
        """Starts what was killed, and waits until all is well."""
        for node in self.nodes:
            if not node.alive:
                node.restart()
        wait_for(self.is_whole, "the cluster is whole again")

    def flush(self) -> None:
        """Empties the cluster, and heals it before that where a test has left it in pieces."""
        self.heal()
        for node in self.primaries():
            self.tell(node, "FLUSHALL")
        for node in self.nodes:
            self.tell(node, "CONFIG", "RESETSTAT")

    def failover(self, primary: EmbeddedServer) -> EmbeddedServer:
        """Hands the slots of a living primary over to its replica, without loss; returns the new primary."""
        replica = self.replica_of(primary)
        for left in reversed(range(4)):  # the others may not agree in time where the machine has much to do
            self.tell(replica, "CLUSTER", "FAILOVER")
            with suppress(*(AssertionError,) * bool(left)):
                wait_for(lambda: replica in self.primaries(), "the replica has taken over", within_s=6)
                break
        wait_for(self.is_whole, "the nodes agree")
        return replica

    def kill(self, primary: EmbeddedServer) -> EmbeddedServer:
        """SIGKILL to a primary; returns its replica, which takes over by itself within some seconds."""
        replica = self.replica_of(primary)
        primary.kill()
        return replica

    def await_takeover(self, replica: EmbeddedServer) -> None:
        """Returns when `replica` is a primary and all slots are served."""
        wait_for(lambda: replica in self.primaries() and self._in_step(replica), "the replica has taken over")

    @contextmanager
    def moving(self, slot: int, target: EmbeddedServer) -> Iterator[Move]:
        """A slot on its way to another primary: within, keys go over one by one; at the end all of them have."""
        source = next(node for node in self.primaries() if self._own(node).holds(slot))
        from_id, to_id = self.id_of(source), self.id_of(target)
        self.tell(target, "CLUSTER", "SETSLOT", slot, "IMPORTING", from_id)
        self.tell(source, "CLUSTER", "SETSLOT", slot, "MIGRATING", to_id)
        with self.client(source) as client:
            move = Move(client, slot, target.port, self.password)
            try:
                yield move
            finally:
                while move.some(100):
                    pass
                for node in (target, source, *self.primaries()):
                    self.tell(node, "CLUSTER", "SETSLOT", slot, "NODE", to_id)


def slot_of(key: bytes | str) -> int:
    """The slot that a key lies in."""
    return key_slot(key.encode() if isinstance(key, str) else key)


def _view(line: str) -> NodeView:
    name, address, flags, primary, *rest = line.split(" ")
    port = int(address.partition("@")[0].rpartition(":")[2])
    ranges = [part.split("-") for part in rest[4:] if not part.startswith("[")]
    pairs = tuple((int(pair[0]), int(pair[-1])) for pair in ranges)
    return NodeView(name, port, tuple(flags.split(",")), primary, pairs)


def _free_ports(count: int) -> list[int]:
    """Different ones, below those that the system hands out by itself."""
    found: list[int] = []
    for port in random.sample(range(20_000, 32_000), 200):
        with socket.socket() as probe, suppress(OSError):
            probe.bind(("127.0.0.1", port))
            found.append(port)
        if len(found) == count:
            return found
    raise AssertionError("no ports are free")


def wait_for(condition: Callable[[], bool], what: str, *, within_s: float = _WITHIN_S) -> None:
    """Looks until `condition` holds. Raises AssertionError where it does not within the time."""
    deadline = time.monotonic() + within_s
    while time.monotonic() < deadline:
        with suppress(RedisError, OSError, StopIteration):
            if condition():
                return
        time.sleep(0.02)
    raise AssertionError(f"not within {within_s:g} s: {what}")
