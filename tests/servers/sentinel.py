"""Servers that sentinels watch over: a master, replicas and three sentinels, on free ports, gone at the end."""

import tempfile
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from redis import Redis

from bulltui.demo.server import EmbeddedServer, find_server
from tests.servers.cluster import wait_for

MASTER = "main"
SENTINELS = 3
DOWN_AFTER_MS = 500
"""After which a silent master is taken for dead."""


class SentinelServers:
    """`config` holds further lines of redis.conf for master and replicas, `password` is that of their default user and
    `sentinel_password` that of the sentinels'."""

    def __init__(
        self,
        *,
        replicas: int = 1,
        config: Sequence[str] = (),
        password: str | None = None,
        sentinel_password: str | None = None,
    ) -> None:
        self.password = password
        self.sentinel_password = sentinel_password
        auth = (f"masterauth {password}",) if password else ()
        lines = ("repl-diskless-sync-delay 0", "repl-ping-replica-period 1", *auth, *config)
        self.nodes = [EmbeddedServer(password=password, config=lines) for _ in range(1 + replicas)]
        self.sentinels: list[EmbeddedServer] = []
        self._folder = tempfile.TemporaryDirectory()

    # --- life

    def start(self) -> Self:
        """Starts them; returns when the sentinels know each other and the replicas."""
        try:
            with ThreadPoolExecutor() as pool:
                list(pool.map(EmbeddedServer.start, self.nodes))
                for node in self.nodes[1:]:
                    self.client(node).replicaof("127.0.0.1", str(self.nodes[0].port))
                wait_for(lambda: all(map(self._in_step, self.nodes)), "the replicas are in step")
                self.sentinels = [self._sentinel() for _ in range(SENTINELS)]
                list(pool.map(EmbeddedServer.start, self.sentinels))
            wait_for(self.is_whole, "the sentinels know each other and the replicas")
        except BaseException:
            self.stop()
            raise
        return self

    def stop(self) -> None:
        """Ends all of them and removes their folders."""
        for node in (*self.sentinels, *self.nodes):
            node.stop()
        self._folder.cleanup()

    def __enter__(self) -> Self:
        return self.start()

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, _: TracebackType | None) -> None:
        self.stop()

    def _sentinel(self) -> EmbeddedServer:
        # A server that is called by this name is a sentinel.
        program = Path(self._folder.name) / "redis-sentinel"
        if not program.exists():
            program.symlink_to(find_server())
        own = (f"sentinel sentinel-pass {self.sentinel_password}",) if self.sentinel_password else ()
        return EmbeddedServer(
            binary=program,
            password=self.sentinel_password,
            config=(
                f"sentinel monitor {MASTER} 127.0.0.1 {self.nodes[0].port} 2",
                f"sentinel down-after-milliseconds {MASTER} {DOWN_AFTER_MS}",
                f"sentinel failover-timeout {MASTER} 2000",
                *((f"sentinel auth-pass {MASTER} {self.password}",) if self.password else ()),
                *own,
            ),
        )

    # --- asking

    def client(self, node: EmbeddedServer) -> Redis:
        """A plain client of one server or sentinel."""
        password = self.sentinel_password if node in self.sentinels else self.password
        return Redis(host="127.0.0.1", port=node.port, password=password, socket_timeout=5)

    @property
    def url(self) -> str:
        """Of all sentinels, with the credentials of the default users."""
        return self.url_of(*self.sentinels)

    def url_of(self, *sentinels: EmbeddedServer, name: str = MASTER) -> str:
        """Of some sentinels."""
        who = f":{self.password}@" if self.password else ""
        nodes = ",".join(f"127.0.0.1:{one.port}" for one in sentinels)
        option = f"?sentinel_password={self.sentinel_password}" if self.sentinel_password else ""
        return f"redis+sentinel://{who}{nodes}/{name}/0{option}"

    @property
    def master(self) -> EmbeddedServer:
        """The one that the sentinels name."""
        return self._named(self.sentinels[0])

    @property
    def replicas(self) -> list[EmbeddedServer]:
        """The living others."""
        master = self.master
        return [node for node in self.nodes if node is not master and node.alive]

    def _named(self, sentinel: EmbeddedServer) -> EmbeddedServer:
        with self.client(sentinel) as client:
            client.response_callbacks.clear()
            found: Any = client.execute_command("SENTINEL", "GET-MASTER-ADDR-BY-NAME", MASTER)
        return next(node for node in self.nodes if node.port == int(found[1]))

    def _in_step(self, node: EmbeddedServer) -> bool:
        with self.client(node) as client:
            facts: Any = client.info("replication")
        return bool(facts["role"] == "master" or facts["master_link_status"] == "up")

    def _role(self, node: EmbeddedServer) -> str:
        with self.client(node) as client:
            facts: Any = client.info("replication")
        return str(facts["role"])

    def is_whole(self) -> bool:
        """Whether all live and are in step, and the sentinels agree, know each other, and find the replicas well."""
        if not all(node.alive for node in self.nodes):
            return False
        masters = [node for node in self.nodes if self._role(node) == "master"]
        return (
            len(masters) == 1
            and all(map(self._in_step, self.nodes))
            and all(self._named(one) is masters[0] and self._sees_all(one) for one in self.sentinels)
        )

    def _sees_all(self, sentinel: EmbeddedServer) -> bool:
        with self.client(sentinel) as client:
            state: Any = client.sentinel_master(MASTER)
            replicas: Any = client.sentinel_slaves(MASTER)
        well = [one for one in replicas if not one["is_sdown"] and not one["is_disconnected"]]
        return (
            state["num-other-sentinels"] == len(self.sentinels) - 1
            and {one["port"] for one in well} == {node.port for node in self.nodes if node.port != state["port"]}
            and all(one["master-link-status"] == "ok" for one in well)
        )

    # --- what happens to them

    def failover(self) -> EmbeddedServer:
        """Tells the sentinels to make a replica the master, and returns it when they all name it. The old master does
        not know of it for some ten seconds, in which it takes writes that are lost then."""
        old = self.master
        with self.client(self.sentinels[0]) as client:
            client.sentinel_failover(MASTER)
        return self.await_takeover(old)

    def kill(self) -> EmbeddedServer:
        """SIGKILL to the master, which is returned; a replica takes over within some seconds."""
        old = self.master
        old.kill()
        return old

    def await_takeover(self, old: EmbeddedServer) -> EmbeddedServer:
        """Returns the new master when all sentinels name it."""

        def taken() -> bool:
            named = {self._named(one) for one in self.sentinels}
            return len(named) == 1 and old not in named and self._role(self.master) == "master"

        wait_for(taken, "a replica is the master")
        return self.master

    def flush(self) -> None:
        """Empties them."""
        with self.client(self.master) as client:
            client.flushall()
