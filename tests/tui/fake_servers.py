"""Servers as they are seen on a good day and on a bad one."""

from collections.abc import Mapping
from dataclasses import replace

from bulltui.domain.server import Node, Persistence, Replica, Replication, ServerInfo
from bulltui.domain.snapshot import Discovery, Health, Link, ServerState
from bulltui.domain.vitals import Breaker, CacheStats, CallStats, SlowCall, Vitals

NOW = 1_800_000_000_000
GIB = 1024**3

INFO = ServerInfo(
    "valkey",
    "8.1.4",
    mode="standalone",
    role="primary",
    memory_policy="noeviction",
    used_memory=GIB,
    max_memory=4 * GIB,
    clients=41,
    uptime_s=90_000,
    keys=120_331,
    user="ops",
    protocol=3,
    fragmentation=1.1,
    max_clients=10_000,
    blocked=3,
    rejected=0,
    evicted=0,
    expired=12,
    ops_s=1_204,
    persistence=Persistence(NOW // 1000 - 240, 123, rdb_ok=True, aof=True, aof_ok=True, aof_bytes=50 * 1024**2),
    replication=Replication((Replica("10.0.0.2:6379", "online", 14, 0),)),
)
BAD_INFO = replace(
    INFO,
    memory_policy="allkeys-lru",
    used_memory=4 * GIB - 1,
    clients=9_900,
    rejected=7,
    evicted=5,
    persistence=Persistence(None, 9, rdb_ok=False, aof=False),
)
NODES = (
    Node("10.0.0.1:7000", "primary", slots=8192, used_memory=GIB, keys=1200, ops_s=40),
    Node("10.0.0.2:7000", "primary", slots=8192, problem="It did not answer within 2 seconds."),
)


def calls(**kinds: Mapping[int, int]) -> dict[str, CallStats]:
    """Kinds of calls by name, each with how many there are in which bucket."""
    made = {}
    for name, buckets in kinds.items():
        row = tuple(buckets.get(place, 0) for place in range(13))
        made[name] = CallStats(sum(row), 0, float(sum(place * number for place, number in buckets.items())), 90.0, row)
    return made


VITALS = Vitals(
    calls={**calls(batch={1: 900, 2: 90, 3: 9, 7: 1}), "page": CallStats(4, 1, 900.0, 800.0, (0,) * 9 + (3, 1, 0, 0))},
    slow=(SlowCall(NOW - 252_000, "page", 800.0), SlowCall(NOW - 9_000, "find", 5_000.0, "It did not answer.")),
    opened=2,
    cache=CacheStats(83, 17, 30.0),
)
ONLINE = Health(Link.ONLINE, 1.2, NOW - 252_000)
AWAY = Health(Link.OFFLINE, None, NOW - 65_000, NOW + 7_000, "Connection refused.", "Is it running?")


def state(label: str = "", health: Health = ONLINE, **more: object) -> ServerState:
    """A server on a good day, but for what is told otherwise."""
    address = f"redis://{label or '127.0.0.1'}:6379"
    found = ServerState(label, address, NOW, INFO, health, Discovery(finished_at=NOW), VITALS, server_at=NOW)
    return replace(found, **more)  # type: ignore[arg-type]


def away(label: str = "", **more: object) -> ServerState:
    """A server that does not answer."""
    vitals = replace(VITALS, breaker=Breaker.OPEN, opened=3)
    return state(label, AWAY, **{"vitals": vitals, "taken_at": NOW - 65_000, "server_at": NOW - 70_000, **more})
