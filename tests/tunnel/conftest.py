"""Tunnels of tests: commands that forward, and what a process has open."""

import asyncio
import os
import sys
import time
from collections.abc import AsyncIterator, Callable
from pathlib import Path

import pytest

from bulltui.demo.server import EmbeddedServer
from bulltui.domain.connection import Connection
from bulltui.tunnel import Tunnel
from bulltui.tunnel.tunnel import Times

FORWARD = str(Path(__file__).with_name("forward.py"))
FORWARDER = (sys.executable, FORWARD, "{port}", "{host}", "{target_port}")
QUICK = Times(open_s=10.0, again_s=0.05, longest_s=0.2, good_s=5.0, look_s=0.02)

OURS = f"BULLTUI_TESTS={os.getpid()}"
"""What the environment of all that these tests begin has, and of nothing that others on this machine do."""
os.environ["BULLTUI_TESTS"] = str(os.getpid())

Open = Callable[..., Tunnel]


@pytest.fixture
async def tunnel(server: EmbeddedServer) -> AsyncIterator[Open]:
    """Makes tunnels to the test's server, and closes them."""
    made: list[Tunnel] = []

    def make(*words: str, times: Times = QUICK, url: str = "", password: str = "") -> Tunnel:
        connection = Connection(url or f"redis://127.0.0.1:{server.port}", tunnel=words or FORWARDER, password=password)
        made.append(Tunnel(connection, times))
        return made[-1]

    yield make
    for one in made:
        await one.close()


async def until(holds: Callable[[], object], within_s: float = 10.0) -> None:
    """Waits until something holds."""
    deadline = time.monotonic() + within_s
    while not holds():
        assert time.monotonic() < deadline, "it never came"
        await asyncio.sleep(0.01)


def running(word: str) -> list[int]:
    """The processes begun here, zombies left out, that have `word` on their command line."""
    found = []
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit():
            try:
                words = (entry / "cmdline").read_bytes().split(b"\0")
                ours = OURS.encode() in (entry / "environ").read_bytes().split(b"\0")
                state = (entry / "stat").read_text().rpartition(")")[2].split()[0]
            except OSError:
                continue
            if ours and state != "Z" and word.encode() in words:
                found.append(int(entry.name))
    return found


def descriptors() -> int:
    """How many descriptors this process has open."""
    return sum(1 for _ in Path("/proc/self/fd").iterdir())
