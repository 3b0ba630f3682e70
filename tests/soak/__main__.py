"""`make soak`: an hour of the screen on 1,000 queues with 500 jobs/s, the server restarted every 5 minutes.

Holds: memory and processor time of the last third are those of the middle third (5 %), nothing else grows, and once all
is quiet the screen's totals are those of the server.
"""

import argparse
import json
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager, suppress
from typing import Any

from redis import Redis
from redis.exceptions import RedisError

from bulltui.demo.server import EmbeddedServer
from tests.bench.data import NODE, node_ready

LEEWAY = 0.05
AWAY_S = 5.0
"""How long the server is away at each restart."""

_LISTS = ("wait", "active")
_SETS = ("prioritized", "delayed", "waiting-children", "completed", "failed")
Told = dict[str, Any]


class Child:
    """A process that writes lines of JSON, all of which are kept."""

    def __init__(self, words: Sequence[str], cwd: Any = None) -> None:
        self.lines: list[Told] = []
        self.process = subprocess.Popen(words, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, cwd=cwd)
        self._reader = threading.Thread(target=self._read, daemon=True)
        self._reader.start()

    def _read(self) -> None:
        assert self.process.stdout is not None
        for line in self.process.stdout:
            self.lines.append({"at": time.monotonic()} | json.loads(line))

    def say(self, word: str) -> None:
        """One line to its standard input."""
        assert self.process.stdin is not None
        self.process.stdin.write(f"{word}\n")
        self.process.stdin.flush()

    def close(self) -> None:
        """Ends it."""
        assert self.process.stdin is not None
        self.process.stdin.close()
        try:
            self.process.wait(20)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()


@contextmanager
def _child(words: Sequence[str], cwd: Any = None) -> Iterator[Child]:
    made = Child(words, cwd)
    try:
        yield made
    finally:
        made.close()


def main() -> int:
    """The exit code: 0 where all held."""
    parser = argparse.ArgumentParser(prog="python -m tests.soak")
    parser.add_argument("--minutes", type=float, default=60)
    parser.add_argument("--restart-every", type=float, default=5, help="minutes")
    parser.add_argument("--queues", type=int, default=1_000)
    parser.add_argument("--rate", type=int, default=500, help="jobs a second")
    given = parser.parse_args()
    if problem := node_ready():
        print(f"make soak wants Node: {problem}")
        return 1
    with ExitStack() as stack:
        server = stack.enter_context(EmbeddedServer())
        folder = stack.enter_context(tempfile.TemporaryDirectory())
        load = ["node", "load.mjs", "--url", server.url, "--queues", str(given.queues), "--rate", str(given.rate)]
        loading = stack.enter_context(_child(load, NODE))
        looking = stack.enter_context(_child([sys.executable, "-m", "tests.soak.looking", server.url, folder]))
        _go_on(server, looking, given.minutes * 60, given.restart_every * 60)
        return _judge(server, loading, looking, given.queues)


def _go_on(server: EmbeddedServer, looking: Child, seconds: float, pause: float) -> None:
    """Waits, and restarts the server now and then."""
    began = restarted = told = time.monotonic()
    while time.monotonic() - began < seconds:
        time.sleep(1)
        now = time.monotonic()
        if now - restarted >= pause and seconds - (now - began) > pause / 2:
            restarted = now
            _shut_down(server)
            time.sleep(AWAY_S)
            server.restart()
            print(f"{now - began:6.0f} s  the server was restarted", flush=True)
        if now - told >= 60 and looking.lines:
            told = now
            print(f"{now - began:6.0f} s  {json.dumps(looking.lines[-1])}", flush=True)
        if looking.process.poll() is not None:
            raise SystemExit(f"the screen ended by itself: {looking.process.returncode}")


def _shut_down(server: EmbeddedServer) -> None:
    """As by an operator: what it has is on the disk first, and is there again when it comes back."""
    with Redis(port=server.port, socket_timeout=60) as raw, suppress(RedisError):
        raw.shutdown(save=True)
    server.kill()


def _judge(server: EmbeddedServer, loading: Child, looking: Child, queues: int) -> int:
    lines = list(looking.lines)
    third = len(lines) // 3
    before, after = lines[third : 2 * third], lines[2 * third :]
    bad = []
    for name, leeway in (("rss_mb", LEEWAY), ("objects", LEEWAY), ("tasks", 0.2), ("files", 0.2)):
        first, last = (statistics.median(line[name] for line in part) for part in (before, after))
        bad += _held(name, first, last, leeway)
    first, last = map(_processor, (before, after))
    bad += _held("processor %", first, last, 2 * LEEWAY)
    away = sum(line["link"] == "offline" for line in lines)
    print(f"the server was away in {away} of {len(lines)} looks")
    loading.say("stop")
    deadline = time.monotonic() + 300
    while len(loading.lines) < 2 and time.monotonic() < deadline:
        time.sleep(0.2)
    truth = _truth(server, queues)
    seen: tuple[int, ...] = ()
    deadline = time.monotonic() + 120
    while time.monotonic() < deadline:
        seen = tuple(looking.lines[-1]["totals"])[:7]
        if seen == truth and looking.lines[-1]["queues"] == queues:
            break
        time.sleep(1)
    held = seen == truth
    print(f"{'held' if held else 'NOT HELD'}  counts at the end: the screen {seen}, the server {truth}")
    print(f"          jobs acknowledged: {loading.lines[-1].get('added', 'not told')}")
    return 1 if bad or not held else 0


def _processor(part: Sequence[Told]) -> float:
    """Per cent of a core."""
    took: float = part[-1]["cpu_s"] - part[0]["cpu_s"]
    return took / float(part[-1]["at"] - part[0]["at"]) * 100


def _held(name: str, first: float, last: float, leeway: float) -> list[str]:
    grown = last / first - 1 if first else 0.0
    word = "held" if grown <= leeway else "NOT HELD"
    print(f"{word}  {name}: {first:.2f} in the middle, {last:.2f} at the end ({grown:+.1%}, at most {leeway:+.0%})")
    return [name] if word != "held" else []


def _truth(server: EmbeddedServer, queues: int) -> tuple[int, ...]:
    """What lies in Redis, in the order of `Counts`, `paused` left out."""
    with Redis(port=server.port) as raw:
        pipe = raw.pipeline(transaction=False)
        for number in range(queues):
            base = f"bull:load-{number:04}"
            for name in _LISTS:
                pipe.llen(f"{base}:{name}")
            for name in _SETS:
                pipe.zcard(f"{base}:{name}")
        try:
            found = pipe.execute()
        except RedisError as error:
            raise SystemExit(f"the server does not tell: {error}") from error
    width = len(_LISTS) + len(_SETS)
    return tuple(sum(found[at::width]) for at in range(width))


if __name__ == "__main__":
    sys.exit(main())
