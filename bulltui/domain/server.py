"""The server: what it is, how it is, and whether its settings suit a queue."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Persistence:
    """What of the data outlives a restart. None and empty where it is not told.

    `saved_at` (epoch s) is when the last snapshot was written, `unsaved` how many changes there were since. `rdb_ok`,
    `aof_ok` and `rewrite_ok` say whether the last snapshot, the last write to the append-only file and its last rewrite
    went well. `aof` is whether there is such a file, `aof_bytes` its size. `loading`: it reads its data and answers
    nothing yet. `saving`: a snapshot or a rewrite is being written."""

    saved_at: int | None = None
    unsaved: int | None = None
    rdb_ok: bool | None = None
    aof: bool | None = None
    aof_ok: bool | None = None
    rewrite_ok: bool | None = None
    aof_bytes: int | None = None
    loading: bool = False
    saving: bool = False

    @property
    def fault(self) -> str:
        """What goes wrong in writing the data down, empty where nothing does or nothing is told."""
        if self.aof and self.aof_ok is False:
            return "the last write to the append-only file failed"
        if self.aof and self.rewrite_ok is False:
            return "the last rewrite of the append-only file failed"
        if self.rdb_ok is False:
            return "the last snapshot failed"
        return ""


@dataclass(frozen=True, slots=True)
class Replica:
    """A replica as its primary sees it: how many bytes of the stream it has not confirmed, and how many seconds ago it
    spoke last; None where that is not told. `state` is `online` once it is in step."""

    address: str
    state: str = ""
    behind_bytes: int | None = None
    lag_s: int | None = None


@dataclass(frozen=True, slots=True)
class Replication:
    """Who follows whom. `replicas` are those of a primary. Of a replica, `primary` is whom it follows, `link` is `up`
    or `down`, `down_s` since how many seconds, `heard_s` how many seconds ago the primary spoke last, and `syncing`
    whether it takes over all data now."""

    replicas: tuple[Replica, ...] = ()
    primary: str = ""
    link: str = ""
    down_s: int | None = None
    heard_s: int | None = None
    syncing: bool = False


@dataclass(frozen=True, slots=True)
class Node:
    """One of a Cluster's nodes. `role` is `primary` or `replica`, `primary` the address of the one that a replica
    follows, `slots` how many of the 16,384 it holds. `problem` is why it told nothing of itself, empty where it did."""

    address: str
    role: str
    primary: str = ""
    slots: int = 0
    used_memory: int | None = None
    max_memory: int | None = None
    keys: int | None = None
    clients: int | None = None
    ops_s: int | None = None
    link: str = ""
    problem: str = ""


@dataclass(frozen=True, slots=True)
class ServerInfo:
    """What the server says about itself. Empty or None where it does not tell.

    `software` is `redis`, `valkey`, `dragonfly` and so on. Memory in bytes; `max_memory` 0 means no limit, and
    `fragmentation` how many times the used memory the process has taken. `clients` are connected, `max_clients` may be,
    `blocked` of them wait for something, `rejected` were turned away since the start, as keys were `evicted` for want
    of memory and `expired` by their time. `ops_s` is commands a second now. `tls`: whether our own connection is
    encrypted.

    Of a Cluster, numbers are sums over the primaries (clients over all nodes), the rest is that of one of them or the
    worst of all, and `nodes` has each by itself; else there are none.
    """

    software: str = "redis"
    version: str = ""
    mode: str = ""
    role: str = ""
    memory_policy: str = ""
    used_memory: int | None = None
    max_memory: int | None = None
    clients: int | None = None
    uptime_s: int | None = None
    keys: int | None = None
    user: str = ""
    protocol: int = 0
    fragmentation: float | None = None
    max_clients: int | None = None
    blocked: int | None = None
    rejected: int | None = None
    evicted: int | None = None
    expired: int | None = None
    ops_s: int | None = None
    tls: bool = False
    persistence: Persistence = Persistence()
    replication: Replication = Replication()
    nodes: tuple[Node, ...] = ()

    @property
    def is_a_part(self) -> bool:
        """Whether it is one node of a Cluster and looked at by itself, so that only its own keys are seen."""
        return self.mode == "cluster" and not self.nodes

    @property
    def title(self) -> str:
        """`valkey 8.1.4`."""
        return f"{self.software} {self.version}".strip()

    @property
    def policy_is_safe(self) -> bool | None:
        """Whether keys are never evicted, as BullMQ requires; None when unknown."""
        return self.memory_policy == "noeviction" if self.memory_policy else None


PART = "This is one node of a Redis Cluster: queues on its other nodes are not seen."
PART_HINT = "Write redis+cluster:// in place of redis://, rediss+cluster:// with TLS."
"""What is said of a server that `is_a_part`."""
