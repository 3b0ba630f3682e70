"""`bulltui monitor` as a process: it begins without its server, tells what matters, and ends when it is told to."""

import json
import os
import queue
import signal
import socket
import subprocess
import sys
import threading
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from redis import Redis

from bulltui.demo.server import EmbeddedServer
from tests.cli.conftest import here
from tests.conftest import url_for
from tests.thorough import THOROUGH

PATIENCE_S = 20.0


class Monitor:
    """A process with what it says, line by line."""

    def __init__(self, folder: Path, *words: str, **variables: str) -> None:
        known = ("PATH", "LANG", "LC_ALL", "COVERAGE_PROCESS_START")
        environment = {name: os.environ[name] for name in known if name in os.environ}
        environment |= {
            "BULLTUI_STATE_DIR": str(folder / "state"),
            "XDG_CONFIG_HOME": "/nowhere",
            "BULLTUI_REFRESH": "0.2",
            **variables,
        }
        self._process = subprocess.Popen(
            [sys.executable, "-m", "bulltui", "monitor", "--log", "json", "--metrics-port", "0", *words],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            env=environment,
            text=True,
            umask=0,
        )
        self._lines: queue.SimpleQueue[str] = queue.SimpleQueue()
        self.told: list[dict[str, Any]] = []
        self._passed: list[dict[str, Any]] = []
        self._reader = threading.Thread(target=self._read, daemon=True)
        self._reader.start()

    def _read(self) -> None:
        assert self._process.stderr is not None
        for line in self._process.stderr:
            self._lines.put(line)

    def wait(self, event: str, **fields: object) -> dict[str, Any]:
        """The first line about this event, and with these fields, that was not waited for before: what happens side by
        side is told in any order."""
        until = time.monotonic() + PATIENCE_S

        def fits(told: dict[str, Any]) -> bool:
            return told["event"] == event and fields.items() <= told.items()

        for earlier in self._passed:
            if fits(earlier):
                self._passed.remove(earlier)
                return earlier
        while True:
            try:
                told: dict[str, Any] = json.loads(self._lines.get(timeout=max(0.01, until - time.monotonic())))
            except queue.Empty:
                raise AssertionError(f"no {event}: {self.told}") from None
            self.told.append(told)
            if fits(told):
                return told
            self._passed.append(told)

    def send(self, number: signal.Signals) -> None:
        self._process.send_signal(number)

    def ended(self, number: signal.Signals | None = signal.SIGTERM) -> tuple[int, float]:
        """Its exit code and how long it took to end (s)."""
        began = time.monotonic()
        if number is not None:
            self._process.send_signal(number)
        code = self._process.wait(PATIENCE_S)
        took = time.monotonic() - began
        self._reader.join(5)
        assert self._process.stdout is not None
        assert self._process.stdout.read() == ""
        return code, took

    def close(self) -> None:
        self._process.kill()
        self._process.wait()
        self._reader.join(5)
        for stream in (self._process.stdout, self._process.stderr):
            assert stream is not None
            stream.close()


Start = Callable[..., Monitor]


@pytest.fixture
def start(tmp_path: Path) -> Iterator[Start]:
    running: list[Monitor] = []

    def begin(*words: str, **variables: str) -> Monitor:
        running.append(Monitor(tmp_path, *words, **variables))
        return running[-1]

    yield begin
    for one in running:
        one.close()


def status(url: str) -> tuple[int, str]:
    try:
        with urllib.request.urlopen(url, timeout=5) as answer:
            return answer.status, answer.read().decode()
    except urllib.error.HTTPError as error:
        with error:
            return error.code, error.read().decode()


def until(true: Callable[[], bool], what: str) -> None:
    deadline = time.monotonic() + PATIENCE_S
    while not true():
        assert time.monotonic() < deadline, what
        time.sleep(0.02)


def queue_in(raw: Redis, name: str, waiting: int = 0) -> None:
    raw.hset(f"bull:{name}:meta", mapping={"version": "bullmq:5.81.5", "opts.maxLenEvents": 10000})
    for number in range(waiting):
        raw.lpush(f"bull:{name}:wait", str(number))


@pytest.fixture
def own() -> Iterator[EmbeddedServer]:
    """A server that a test may break."""
    with EmbeddedServer(password="canary-pw") as running:
        yield running


def test_it_begins_without_its_server_and_outlives_it(start: Start, own: EmbeddedServer, tmp_path: Path) -> None:
    own.kill()
    notify = tmp_path / "notify"
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as systemd:
        systemd.bind(str(notify))
        systemd.settimeout(PATIENCE_S)
        monitor = start("-u", own.url, NOTIFY_SOCKET=str(notify), WATCHDOG_USEC="200000")
        metrics = monitor.wait("started")["metrics"]
        away = monitor.wait("server-away")
        assert "Nothing listens" in away["message"]
        code, why = status(f"{metrics}/readyz")
        assert code == 503
        assert "away" in why
        assert status(f"{metrics}/healthz")[0] == 200
        heard = b""
        while b"READY=1" not in heard or b"WATCHDOG=1" not in heard:
            heard += systemd.recv(1000) + b"\n"
        own.restart()
        monitor.wait("server-back")
        until(lambda: status(f"{metrics}/readyz")[0] == 200, "it is not ready")
        own.kill()
        monitor.wait("server-away")
        until(lambda: status(f"{metrics}/readyz")[0] == 503, "it is still ready")
        code, took = monitor.ended()
        assert (code, took < 2.5) == (0, True), took
        systemd.setblocking(False)
        try:
            while True:
                heard += systemd.recv(1000) + b"\n"
        except BlockingIOError:
            pass
        assert b"STOPPING=1" in heard
        monitor.wait("stopped")
        assert "canary-pw" not in json.dumps(monitor.told)
        assert b"canary-pw" not in heard
    files = [path for path in (tmp_path / "state").rglob("*") if path.is_file()]
    assert all(path.stat().st_mode & 0o777 == 0o600 for path in files), files


def test_alerts_are_lines_and_the_next_process_goes_on_after_a_kill(start: Start, raw: Redis, tmp_path: Path) -> None:
    queue_in(raw, "mail", waiting=3)
    rules = tmp_path / "config" / "c.toml"
    rules.parent.mkdir(mode=0o700)
    rules.write_text(
        '[alerts]\nbuilt_in = false\n[alerts.rules.full]\nwatch = "backlog"\nover = 2\nfor = 0\nclear_for = 0\n'
    )
    words = ("-u", f"redis://127.0.0.1:{raw.connection_pool.connection_kwargs['port']}", "--config", str(rules))
    first = start(*words)
    first.wait("started", rules=1)
    fired = first.wait("alert-fired")
    assert (fired["rule"], fired["subject"], fired["value"]) == ("full", "mail", 3)
    first.wait("history-ours")
    second = start(*words)
    assert "firing from before" in second.wait("alerts-firing")["message"]
    second.wait("history-of-another")
    raw.delete("bull:mail:wait")
    if THOROUGH:  # who goes on looks every few seconds
        first.send(signal.SIGKILL)
    ended = second.wait("alert-ended")
    assert ended["alert"] == fired["alert"]
    assert second.ended(signal.SIGINT)[0] == 0


def test_the_configuration_is_read_anew_and_a_wrong_one_is_told(start: Start, raw: Redis, tmp_path: Path) -> None:
    config = tmp_path / "config" / "c.toml"
    config.parent.mkdir(mode=0o700)
    config.write_text("[alerts]\nbuilt_in = false\n")
    monitor = start("-u", f"redis://127.0.0.1:{raw.connection_pool.connection_kwargs['port']}", "--config", str(config))
    monitor.wait("started", rules=0)
    monitor.wait("queues-found")
    config.write_text("[alerts]\nbuilt_in = maybe\n")
    monitor.send(signal.SIGHUP)
    assert "stays as it was" in monitor.wait("configuration")["message"]
    monitor.wait("started", rules=0)
    config.write_text('[alerts]\nbuilt_in = false\n[alerts.rules.full]\nwatch = "backlog"\nover = 2\n')
    monitor.send(signal.SIGHUP)
    monitor.wait("started", rules=1)
    assert monitor.ended()[0] == 0


def test_what_cannot_be_begun(server: EmbeddedServer, tmp_path: Path) -> None:
    env = {"BULLTUI_STATE_DIR": str(tmp_path / "state"), "XDG_CONFIG_HOME": "/nowhere"}
    call = ("monitor", "-u", url_for(server))
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = str(taken.getsockname()[1])
        ended = here(*call, "--metrics-port", port, env=env)
    assert ended.code == 1
    assert port in ended.err
    assert "Traceback" not in ended.err
    for words, says in (
        (("--no-metrics", "--no-alerts", "--no-history"), "nothing to do"),
        (("--no-metrics", "--metrics-port", "1"), "do not go together"),
        (("-o", "json"), "--log json"),
    ):
        ended = here(*call, *words, env=env)
        assert (ended.code, says in ended.err) == (2, True), ended.err
    ended = here(*call, env={**env, "BULLTUI_HISTORY_SOURCE": "prometheus"})
    assert (ended.code, "nobody says from which" in ended.err) == (2, True), ended.err
