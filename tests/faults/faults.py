"""What can go wrong with a server or the way to it: how it begins and ends, and what is said of it."""

import contextlib
import os
import signal
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from redis import Redis
from redis.exceptions import RedisError

from bulltui.demo.server import EmbeddedServer
from tests.faults.proxy import FaultProxy, Weather

USER = "ops"
PASSWORD = "canary-Xq7w"
"""Who is connected through the proxy. It must never be seen anywhere."""


@dataclass
class Ground:
    """A real server, the proxy before it, and a way to the server beside the proxy."""

    server: EmbeddedServer
    proxy: FaultProxy
    raw: Any

    @property
    def url(self) -> str:
        """Where bulltui connects to."""
        return f"redis://{USER}:{PASSWORD}@127.0.0.1:{self.proxy.port}"

    def ready(self) -> None:
        """The server as it should be, empty, with the user."""
        self.raw.flushall()
        self.permit()

    def permit(self) -> None:
        """The user with all rights."""
        self.raw.acl_setuser(USER, enabled=True, reset=True, passwords=[f"+{PASSWORD}"], keys="*", categories=["+@all"])

    def send_away(self) -> None:
        """Ends the connections of the user at the server."""
        self.raw.execute_command("CLIENT", "KILL", "USER", USER)


@dataclass(frozen=True)
class Fault:
    """A fault by name. `says` is a part of the sentence that it leads to, empty where it is over too soon to be seen.
    `reads`: whether reading goes on meanwhile. `code` of the error."""

    name: str
    begin: Callable[[Ground], None]
    end: Callable[[Ground], None]
    says: str = ""
    reads: bool = False

    def __str__(self) -> str:
        return self.name


def _weather(**fault: Any) -> Callable[[Ground], None]:
    return lambda ground: ground.proxy.set(Weather(**fault))


def _calm(ground: Ground) -> None:
    ground.proxy.calm()


def _answers(line: bytes) -> Callable[[Ground], None]:
    return _weather(reply=b"-" + line + b"\r\n")


# --- the server's own


def _restart(ground: Ground) -> None:
    ground.server.restart()
    wait_for(ground)


def wait_for(ground: Ground) -> None:
    """Waits until the server has loaded its data."""
    deadline = time.monotonic() + 20
    while time.monotonic() < deadline:
        with contextlib.suppress(RedisError, OSError):
            ground.raw.ping()
            ground.permit()
            return
        time.sleep(0.02)
    raise AssertionError("the server did not come back")


def _stop(ground: Ground) -> None:
    os.kill(ground.server.pid, signal.SIGSTOP)


def _go_on(ground: Ground) -> None:
    os.kill(ground.server.pid, signal.SIGCONT)


def _busy(ground: Ground) -> None:
    """A script that does not end. It is sent by a connection that waits in a thread."""

    def run() -> None:
        with contextlib.suppress(RedisError, OSError), Redis(port=ground.server.port, socket_timeout=60) as other:
            other.eval("while true do end", 0)

    threading.Thread(target=run, daemon=True).start()
    time.sleep(0.15)


def _kill_script(ground: Ground) -> None:
    deadline = time.monotonic() + 5
    while time.monotonic() < deadline:
        with contextlib.suppress(RedisError):
            ground.raw.script_kill()
            return
        time.sleep(0.02)


def _replica(ground: Ground) -> None:
    """It was demoted: reads go on, writes do not."""
    ground.raw.replicaof("127.0.0.1", "1")


def _cut_replica(ground: Ground) -> None:
    """A replica that lost its master and answers nothing."""
    ground.raw.config_set("replica-serve-stale-data", "no")
    ground.raw.replicaof("127.0.0.1", "1")


def _master(ground: Ground) -> None:
    ground.raw.replicaof("no", "one")
    ground.raw.config_set("replica-serve-stale-data", "yes")


def _full(ground: Ground) -> None:
    ground.raw.config_set("maxmemory-policy", "noeviction")
    ground.raw.config_set("maxmemory", "1mb")


def _room(ground: Ground) -> None:
    ground.raw.config_set("maxmemory", "0")


def _wrong_password(ground: Ground) -> None:
    ground.raw.acl_setuser(USER, enabled=True, reset=True, passwords=["+other"], keys="*", categories=["+@all"])
    ground.send_away()


def _no_rights(ground: Ground) -> None:
    ground.raw.acl_setuser(USER, enabled=True, reset=True, passwords=[f"+{PASSWORD}"], keys="*", commands=["+auth"])


def _no_clients(ground: Ground) -> None:
    ground.raw.config_set("maxclients", "1")
    ground.send_away()


def _clients(ground: Ground) -> None:
    ground.raw.config_set("maxclients", "10000")


FAULTS = (
    Fault("cut", lambda ground: ground.proxy.cut(), _calm, reads=True),
    Fault("refused", lambda ground: ground.proxy.refuse(), _calm, "refused"),
    Fault("stalled", _weather(stalled=True), _calm, "did not answer"),
    Fault("late", _weather(delay_s=5.0), _calm, "did not answer"),
    Fault("swallowed", _weather(swallow=True), _calm, "did not answer"),
    Fault("half-closed", _weather(half_closed=True), _calm, "did not answer"),
    Fault("torn", _weather(cut_after=300), _calm, "closed"),
    Fault("garbage", _weather(garbage=b"\x00\xfe~%9999\r\n$-9\r\n"), _calm, "no Redis"),
    Fault("max-clients", _no_clients, _clients, "no connection left"),
    Fault("killed", lambda ground: ground.server.kill(), _restart, "closed"),
    Fault("standing", _stop, _go_on, "did not answer"),
    Fault("busy-script", _busy, _kill_script, "busy"),
    Fault("wrong-password", _wrong_password, Ground.permit, "password"),
    Fault("no-password", _answers(b"NOAUTH Authentication required."), _calm, "password"),
    Fault("no-rights", _no_rights, Ground.permit, "may not"),
    Fault("loading", _answers(b"LOADING Redis is loading the dataset in memory"), _calm, "loading"),
    Fault("demoted", _replica, _master, reads=True),
    Fault("master-down", _cut_replica, _master, "master"),
    Fault("full", _full, _room, reads=True),
    Fault("misconf", _answers(b"MISCONF Redis is configured to save RDB snapshots, but is failing"), _calm, "disk"),
    Fault("moved", _answers(b"MOVED 1 127.0.0.1:1"), _calm, "luster"),
    Fault("crossslot", _answers(b"CROSSSLOT Keys in request don't hash to the same slot"), _calm, "luster"),
    Fault("clusterdown", _answers(b"CLUSTERDOWN The cluster is down"), _calm, "luster"),
)
