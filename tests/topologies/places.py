"""The kinds of servers, each real, with the way to it as a person would set it up."""

from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from redis import Redis

from bulltui.config.settings import Settings
from bulltui.demo.server import EmbeddedServer
from bulltui.domain.connection import Tls
from tests.servers.addresses import free_port
from tests.servers.certificates import Certificates
from tests.servers.cluster import PRIMARIES, ClusterServer, wait_for
from tests.servers.sentinel import SentinelServers

SECRET = "canary-s3cr3t"


@dataclass(frozen=True)
class Place:
    """A way to servers. `raw` writes past it, `nodes` are all of the servers, `settle` returns when every replica has
    what the masters have."""

    name: str
    url: str
    raw: Any
    nodes: Sequence[Redis]
    prefix: str = "bull"
    flags: tuple[str, ...] = ()
    more: dict[str, Any] = field(default_factory=dict)
    settle: Callable[[], None] = lambda: None
    empty: Callable[[], None] = lambda: None

    @property
    def prefixes(self) -> tuple[str, ...]:
        """Where the queues of the tests lie."""
        return tuple(dict.fromkeys((self.prefix, "bull")))

    def settings(self, folder: Path, **more: Any) -> Settings:
        """Those of a run here."""
        return Settings(url=self.url, prefixes=self.prefixes, state_folder=str(folder), **(self.more | more))

    @property
    def words(self) -> tuple[str, ...]:
        """The same on a command line."""
        return ("--url", self.url, *self.flags, *(word for one in self.prefixes for word in ("--prefix", one)))


@contextmanager
def single() -> Iterator[Place]:
    """One server at a port."""
    with EmbeddedServer() as server, Redis(port=server.port) as raw:
        yield Place("single", server.url, raw, [raw], empty=raw.flushall)


@contextmanager
def unix() -> Iterator[Place]:
    """One server that has a socket only, with a password."""
    with EmbeddedServer(unix=True, password=SECRET) as server, _at_socket(server) as raw:
        yield Place("unix", server.url, raw, [raw], empty=raw.flushall)


def _at_socket(server: EmbeddedServer) -> Redis:
    return Redis(unix_socket_path=str(server.socket_path), password=server.password)


@contextmanager
def tls(folder: Path) -> Iterator[Place]:
    """One server with TLS and a private CA that wants a certificate."""
    certificates, port = Certificates(folder), free_port()
    client = certificates.client
    flags = ("--ca", str(certificates.ca), "--cert", str(client.cert), "--key", str(client.key))
    more = {"tls": Tls(str(certificates.ca), str(client.cert), str(client.key))}
    with EmbeddedServer(config=certificates.server_config(port)) as server, Redis(port=server.port) as raw:
        yield Place("tls", f"rediss://localhost:{port}", raw, [raw], flags=flags, more=more, empty=raw.flushall)


@contextmanager
def acl() -> Iterator[Place]:
    """One server on which we are a user with the rights to these queues alone, and without the dangerous commands."""
    user = f"user ops on >{SECRET} ~bull:* &* +@all -@admin -@dangerous +info +client|list"
    with EmbeddedServer(password="of-the-owner", config=[user]) as server, _at_socket(server) as raw:
        url = f"redis://ops:{SECRET}@127.0.0.1:{server.port}"
        yield Place("acl", url, raw, [raw], empty=raw.flushall)


@contextmanager
def sentinel(servers: SentinelServers, *, replica: bool) -> Iterator[Place]:
    """A master that sentinels know, or its replica."""
    raw = servers.client(servers.master)
    nodes = [raw, *map(servers.client, servers.replicas)]
    flags, name = (("--replica",), "sentinel-replica") if replica else ((), "sentinel")

    def settle() -> None:
        in_step(*nodes)

    try:
        yield Place(
            name, servers.url, raw, nodes, flags=flags, more={"replica": replica}, settle=settle, empty=servers.flush
        )
    finally:
        for node in nodes:
            node.close()


@contextmanager
def cluster(servers: ClusterServer, *, replica: bool) -> Iterator[Place]:
    """Three masters that share the keys, or their replicas."""
    raw = servers.everywhere()
    nodes = [servers.client(node) for node in servers.nodes]
    pairs = list(zip(nodes[:PRIMARIES], nodes[PRIMARIES:], strict=True))
    flags, name = (("--replica",), "cluster-replica") if replica else ((), "cluster")

    def settle() -> None:
        if replica:
            for master, follower in pairs:
                in_step(master, follower)

    try:
        yield Place(
            name,
            servers.url,
            raw,
            nodes,
            prefix="{bull}",
            flags=flags,
            more={"replica": replica},
            settle=settle,
            empty=servers.flush,
        )
    finally:
        raw.close()
        for node in nodes:
            node.close()


def in_step(master: Redis, *replicas: Redis) -> None:
    """Returns when the replicas have read as far as the master has written."""
    written = _replication(master)["master_repl_offset"]
    wait_for(lambda: all(_replication(one)["slave_repl_offset"] >= written for one in replicas), "replicas are in step")


def _replication(client: Redis) -> dict[str, Any]:
    told: Any = client.info("replication")
    return dict(told)


Opened = AbstractContextManager[Place]

MOST_UNLIKE = ("sentinel", "cluster")
"""Those that differ most from what all other tests run on."""
NAMES = ("single", "unix", "tls", "acl", "sentinel", "sentinel-replica", "cluster", "cluster-replica")
