"""The program as a person runs it: in a terminal, from the start, at rest, and while the server does not answer."""

import fcntl
import os
import pty
import re
import select
import signal
import struct
import subprocess
import sys
import termios
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from tempfile import TemporaryDirectory

import redis

from tests.bench.figures import Figure, cpu_seconds, memory_mb

ROWS, COLUMNS = 40, 140
FILLED_S = 100
"""After the first start on a server it takes about a minute to fill the history with what queues tell of before."""


class Terminal:
    """A program in a pseudo terminal of a given size."""

    def __init__(self, command: list[str]) -> None:
        self._master, slave = pty.openpty()
        fcntl.ioctl(slave, termios.TIOCSWINSZ, struct.pack("HHHH", ROWS, COLUMNS, 0, 0))
        environment = {**os.environ, "TERM": "xterm-256color", "COLORTERM": "truecolor"}
        self.process = subprocess.Popen(
            command, stdin=slave, stdout=slave, stderr=slave, env=environment, start_new_session=True
        )
        os.close(slave)
        self._last = b""

    def read(self, seconds: float) -> bytes:
        """What the program writes within that time, at the first pause of it."""
        if not select.select([self._master], [], [], seconds)[0]:
            return b""
        try:
            return os.read(self._master, 1 << 16)
        except OSError:  # the program has ended
            return b""

    def until(self, pattern: bytes, seconds: float) -> float:
        """Seconds until what the program wrote has `pattern`. Raises TimeoutError with what it did write."""
        started = time.perf_counter()
        written = b""
        while time.perf_counter() - started < seconds:
            written += self.read(0.05)
            self._last = written
            if re.search(pattern, written):
                return time.perf_counter() - started
        raise TimeoutError(f"{pattern!r} not in {written[-2000:]!r}")

    def seen(self, text: bytes) -> bool:
        """Whether what was written up to the last text that was waited for holds `text` too."""
        return text in self._last

    def quiet(self, seconds: float) -> None:
        """Reads on for that time, so that the program is never held up by a full terminal."""
        until = time.perf_counter() + seconds
        while (left := until - time.perf_counter()) > 0:
            self.read(left)

    def press(self, keys: bytes) -> float:
        """Seconds until the program writes something after `keys`."""
        while self.read(0):
            pass
        started = time.perf_counter()
        os.write(self._master, keys)
        self.read(5)
        return time.perf_counter() - started

    def close(self) -> None:
        """Ends the program."""
        self.process.send_signal(signal.SIGTERM)
        try:
            until = time.monotonic() + 5
            while self.process.poll() is None and time.monotonic() < until:
                self.read(0.05)
                time.sleep(0.005)
        finally:
            self.process.kill()
            self.process.wait()
            os.close(self._master)


@contextmanager
def program(url: str, *arguments: str) -> Iterator[Terminal]:
    """bulltui on `url`."""
    terminal = Terminal([sys.executable, "-m", "bulltui", "--url", url, *arguments])
    try:
        yield terminal
    finally:
        terminal.close()


def _sent_by_us(client: "redis.Redis", seconds: float, terminal: Terminal) -> int:
    """Commands that clients named bulltui sent in that time, without those that scripts ran within the server."""
    ours = {entry["addr"] for entry in client.client_list() if entry["name"] == "bulltui"}
    counted: list[str] = []

    def listen() -> None:
        with client.monitor() as monitor:  # type: ignore[no-untyped-call]
            until = time.perf_counter() + seconds
            while time.perf_counter() < until:
                said = monitor.next_command()
                address = f"{said['client_address']}:{said['client_port']}"
                if said["client_type"] != "lua" and address in ours:
                    counted.append(str(said["command"]))

    listener = threading.Thread(target=listen, daemon=True)
    listener.start()
    terminal.quiet(seconds)
    client.ping()
    listener.join(2)
    return len(counted)


def measure(url: str, queue_count: str) -> list[Figure]:
    """Figures of the whole program; `queue_count` is how the header writes the number of queues."""
    with TemporaryDirectory() as folder:
        os.environ["BULLTUI_STATE_DIR"] = folder
        try:
            return _measure(url, queue_count)
        finally:
            del os.environ["BULLTUI_STATE_DIR"]


def _measure(url: str, queue_count: str) -> list[Figure]:
    figures = [*_start(url, queue_count), _list(url)]
    client = redis.Redis.from_url(url)
    with program(url, "--refresh", "5") as terminal:
        terminal.until(queue_count.encode(), 10)
        terminal.quiet(FILLED_S)
        pid = terminal.process.pid
        connections = sum(entry["name"] == "bulltui" for entry in client.client_list())
        figures.append(Figure("connections of one process", connections, "", 3, 1_004, "one a queue", by_ratio=False))
        before, started = cpu_seconds(pid), time.perf_counter()
        terminal.quiet(30)
        used = (cpu_seconds(pid) - before) / (time.perf_counter() - started) * 100
        figures.append(Figure("processor at rest, 5 s refresh", used, "% of a core", 3))
        figures.append(Figure("memory at rest", memory_mb(pid), "MB", 120))
        sent = _sent_by_us(client, 20, terminal)
        figures.append(Figure("commands a refresh, all loops", sent / 4, "", 40))
        client.client_pause(5000)
        slowest = 0.0
        for _ in range(30):
            slowest = max(slowest, terminal.press(b"j"))
            terminal.quiet(0.1)
        figures.append(Figure("slowest key while the server is paused", slowest * 1000, "ms", 50))
    return figures


def _start(url: str, queue_count: str) -> list[Figure]:
    first: list[float] = []
    complete: list[float] = []
    for _ in range(5):
        started = time.perf_counter()
        with program(url) as terminal:
            terminal.until(rb"\d queues", 10)  # the header counts queues once counts are there
            first.append(time.perf_counter() - started)
            if not terminal.seen(queue_count.encode()):
                terminal.until(queue_count.encode(), 10)
            complete.append(time.perf_counter() - started)
    return [
        Figure("start to first counts on screen", min(first) * 1000, "ms", 700),
        Figure("start to the counts of all queues on screen", min(complete) * 1000, "ms"),
    ]


def _list(url: str) -> Figure:
    times = []
    for _ in range(5):
        started = time.perf_counter()
        subprocess.run(
            [sys.executable, "-m", "bulltui", "queues", "list", "-o", "json", "--url", url],
            check=True,
            stdout=subprocess.DEVNULL,
        )
        times.append(time.perf_counter() - started)
    return Figure("bulltui queues list -o json", min(times) * 1000, "ms", 500)
