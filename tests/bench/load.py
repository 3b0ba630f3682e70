"""What a watched server has to do for it: processor time and commands over five minutes at a refresh of 5 s.

Three servers with the same data and a few queues in which jobs move: one that nobody looks at, whose own time is taken
off; one watched by the screen; one by the screen without the cache, as each refresh was before there was one. Beside
them what bull-board's page costs that asks for all at that pace: its refreshes take longer here, so one is measured.
`python -m tests.bench.load --seconds 90` is the short form.
"""

import argparse
import asyncio
import json
import subprocess
import sys
import threading
import time
import urllib.request
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from typing import Any

import redis

from bulltui.config.settings import Settings
from bulltui.demo.server import EmbeddedServer
from bulltui.tui.app import BulltuiApp
from bulltui.wiring import open_runtime
from tests.bench.data import NODE, QUEUES, fill, node_ready
from tests.bench.figures import Figure, cpu_seconds, table

SECONDS = 300.0
REFRESH_S = 5.0
CACHE_S = 30.0
MOVING = 20
"""In so many queues a job is added and another finishes each second."""


@dataclass(frozen=True, slots=True)
class Spent:
    """What a server has done: processor seconds, commands by name, within scripts too."""

    cpu_s: float
    commands: dict[str, int]

    def since(self, before: "Spent") -> "Spent":
        """What came after."""
        grown = {name: count - before.commands.get(name, 0) for name, count in self.commands.items()}
        return Spent(self.cpu_s - before.cpu_s, {name: count for name, count in grown.items() if count})

    @property
    def count(self) -> int:
        """All commands."""
        return sum(self.commands.values())


def _spent(server: EmbeddedServer, client: Any) -> Spent:
    stats = client.info("commandstats")
    commands = {name.removeprefix("cmdstat_"): int(value["calls"]) for name, value in stats.items()}
    return Spent(cpu_seconds(server.pid), commands)


def _copies(stack: ExitStack, first: EmbeddedServer, number: int) -> list[EmbeddedServer]:
    """Servers with the data of the first."""
    made = [stack.enter_context(EmbeddedServer()) for _ in range(number)]
    redis.Redis(port=first.port).config_set("repl-diskless-sync-delay", 0)
    for server in made:
        client = redis.Redis(port=server.port)
        client.replicaof("127.0.0.1", str(first.port))
        deadline = time.monotonic() + 60
        while client.info("replication").get("master_link_status") != "up":
            if time.monotonic() > deadline:
                raise TimeoutError("a copy of the data was not made")
            time.sleep(0.1)
        client.replicaof("NO", "ONE")
    return made


class Movers(threading.Thread):
    """Jobs that come and go, alike on all servers."""

    def __init__(self, servers: list[EmbeddedServer]) -> None:
        super().__init__(daemon=True)
        self._clients = [redis.Redis(port=server.port) for server in servers]
        self._names = sorted(
            key.decode().removesuffix(":meta") for key in self._clients[0].scan_iter("bull:*:meta", count=5000)
        )[:: QUEUES // MOVING][:MOVING]
        self.ended = threading.Event()

    def run(self) -> None:
        """Once a second, until it is ended."""
        while not self.ended.wait(1.0):
            for client in self._clients:
                pipe = client.pipeline(transaction=False)
                for name in self._names:
                    pipe.incr(f"{name}:id")
                    pipe.lpush(f"{name}:wait", "moving")
                    pipe.rpop(f"{name}:wait")
                pipe.execute()


async def _watch(url: str, cache_s: float) -> None:
    """The screen on a server until standard input closes."""
    settings = Settings(url=url, refresh_s=REFRESH_S, cache_s=cache_s)
    async with open_runtime(settings) as runtime:
        app = BulltuiApp(runtime)
        async with app.run_test(size=(140, 40)):
            async with asyncio.timeout(60):
                while len(runtime.bus.last.rows) < QUEUES or runtime.bus.last.discovery.finished_at is None:
                    await asyncio.sleep(0.05)
            print(json.dumps({"rows": len(runtime.bus.last.rows)}), flush=True)
            await asyncio.to_thread(sys.stdin.read)
            last = runtime.bus.last
            oldest = max(last.taken_at - (row.read_at or last.taken_at) for row in last.rows)
            print(
                json.dumps({"hits": last.vitals.cache.rate, "oldest_ms": oldest, "link": last.health.link}), flush=True
            )


@contextmanager
def _child(words: list[str], cwd: Any = None) -> Iterator[tuple["subprocess.Popen[str]", dict[str, Any]]]:
    """A process that says when it is ready."""
    with subprocess.Popen(words, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, cwd=cwd) as process:
        try:
            assert process.stdout is not None
            yield process, json.loads(process.stdout.readline())
        finally:
            process.terminate()


def _page(server: EmbeddedServer, client: Any) -> Spent:
    """What one refresh of bull-board's page costs the server: the middle one of three."""
    with _child(["node", "board.mjs", "--url", server.url], NODE) as (_, told):
        pages = []
        for _ in range(3):
            before = _spent(server, client)
            with urllib.request.urlopen(f"http://127.0.0.1:{told['port']}/api/queues") as answer:
                answer.read()
            pages.append(_spent(server, client).since(before))
    return sorted(pages, key=lambda page: page.cpu_s)[1]


def measure(first: EmbeddedServer, *, with_node: bool, seconds: float = SECONDS) -> list[Figure]:
    """Figures of the load, on a server that has the data."""
    watch = [sys.executable, "-m", "tests.bench.load", "--watch"]
    with ExitStack() as stack:
        servers = [first, *_copies(stack, first, 2)]
        clients = [redis.Redis(port=server.port) for server in servers]
        movers = Movers(servers)
        movers.start()
        stack.callback(movers.ended.set)
        screens = [
            stack.enter_context(_child([*watch, server.url, "--cache", str(cache)]))[0]
            for server, cache in zip(servers[1:3], (CACHE_S, 0.0), strict=True)
        ]
        time.sleep(REFRESH_S * 2)
        before = [_spent(server, client) for server, client in zip(servers, clients, strict=True)]
        began = time.monotonic()
        time.sleep(seconds)
        spent = [
            _spent(server, client).since(was) for server, client, was in zip(servers, clients, before, strict=True)
        ]
        took = time.monotonic() - began
        for screen in screens:
            assert screen.stdin is not None
            assert screen.stdout is not None
            screen.stdin.close()
            print(screen.stdout.readline().strip(), flush=True)
        movers.ended.set()
        page = _page(first, clients[0]) if with_node else None
    for name, one in zip(("nobody", "with cache", "without"), spent, strict=True):
        most = sorted(one.commands.items(), key=lambda item: -item[1])[:6]
        print(f"{name}: {one.cpu_s:.2f} s, {one.count / took:,.0f} commands/s {most}", flush=True)
    return _figures(spent, page, took)


def _figures(spent: list[Spent], page: Spent | None, took: float) -> list[Figure]:
    alone = spent[0]
    name = f"server's processor time over {took:.0f} s at {QUEUES:,} queues, refresh {REFRESH_S:g} s"
    cpu = [max(0.0, one.cpu_s - alone.cpu_s) for one in spent]
    rate = [(one.count - alone.count) / took for one in spent]
    figures = [
        Figure(name, cpu[1], "s", 0.2, cpu[2], "without the cache", by_ratio=True),
        Figure("commands of it, those in scripts counted", rate[1], "1/s", 0.2, rate[2], "without", by_ratio=True),
        Figure("commands without the cache", rate[2], "1/s"),
    ]
    if page is not None:
        pages = took / REFRESH_S
        board = f"bull-board's page every {REFRESH_S:g} s"
        figures += [
            Figure("the same beside another", cpu[1], "s", 0.1, page.cpu_s * pages, board, by_ratio=True),
            Figure("the same without the cache", cpu[2], "s", 0.5, page.cpu_s * pages, board, by_ratio=True),
            Figure("commands", rate[1], "1/s", 0.5, page.count / REFRESH_S, board, by_ratio=True),
        ]
    return figures


def main() -> int:
    """The exit code is 1 when a promise is not held."""
    parser = argparse.ArgumentParser(prog="python -m tests.bench.load")
    parser.add_argument("--seconds", type=float, default=SECONDS)
    parser.add_argument("--watch", default="", help="the screen on this server, until standard input closes")
    parser.add_argument("--cache", type=float, default=CACHE_S)
    chosen = parser.parse_args()
    if chosen.watch:
        asyncio.run(_watch(chosen.watch, chosen.cache))
        return 0
    reason = node_ready()
    with EmbeddedServer() as server:
        print(fill(server.url, with_node=not reason), flush=True)
        figures = measure(server, with_node=not reason, seconds=chosen.seconds)
    print(table(figures))
    return int(any(figure.held is False for figure in figures))


if __name__ == "__main__":
    sys.exit(main())
