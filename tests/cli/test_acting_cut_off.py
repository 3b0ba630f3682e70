"""Changes that something comes between: Ctrl+C, a hang-up, a kill, the end of the server; and those on a terminal."""

import json
import os
import pty
import select
import signal
import subprocess
import time
from pathlib import Path

import pytest
from redis import Redis

from bulltui.demo.server import EmbeddedServer
from tests.cli.conftest import ENVIRONMENT
from tests.cli.desk import COMMAND, Desk, fill, until, waiting
from tests.conftest import url_for
from tests.own_time import own_time

SLOW = ("queues", "retry-all", "payments", "--rate", "100", "--yes", "-o", "json")
"""A change that can be met in the middle."""


def test_ctrl_c_in_the_middle(desk: Desk, raw: Redis) -> None:
    fill(raw, 1000)
    with desk.running(*SLOW) as process:
        until(raw, 20)
        process.send_signal(signal.SIGINT)
        out, err = process.communicate(timeout=10)
    document = json.loads(out)
    assert (process.returncode, err) == (3, b"")
    assert (document["outcome"], document["cancelled"]) == ("partly", True)
    assert document["done"] == waiting(raw) < 1000
    assert document["done"] + document["left"] == 1000
    assert desk("audit", "-o", "json").json[0]["done"] == document["done"]


def test_a_hang_up_in_the_middle_is_written_down(desk: Desk, raw: Redis) -> None:
    fill(raw, 1000)
    with desk.running(*SLOW) as process:
        until(raw, 20)
        process.send_signal(signal.SIGHUP)
        assert process.wait(10) == 3
    assert desk("audit", "-o", "json").json[0]["done"] == waiting(raw)


def test_under_nohup_a_hang_up_is_nothing(desk: Desk, raw: Redis) -> None:
    fill(raw, 60)
    words = ["nohup", *COMMAND, *SLOW]
    with subprocess.Popen(
        words, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, env={**ENVIRONMENT, **desk.env}
    ) as process:
        until(raw, 5)
        process.send_signal(signal.SIGHUP)
        assert process.wait(10) == 0
    assert waiting(raw) == 60


def test_killed_in_the_middle(desk: Desk, raw: Redis) -> None:
    fill(raw, 1000)
    with desk.running(*SLOW) as process:
        until(raw, 20)
        process.kill()
        process.wait(10)
    done = waiting(raw)
    assert done + raw.zcard("bull:payments:failed") == 1000
    told = desk("jobs", "retry", "payments", "1000", "-y")
    assert told.code == 0
    assert "An earlier retry-all on bull:payments by" in told.err
    assert "was cut off in the middle" in told.err
    assert desk("jobs", "retry", "payments", "999", "-y").err == ""
    cut_off = desk("audit", "-o", "json").json[-1]
    assert (cut_off["action"], cut_off["outcome"], cut_off["interrupted"]) == ("retry-all", None, True)


def test_the_server_dies_in_the_middle(tmp_path: Path, capfdbinary: pytest.CaptureFixture[bytes]) -> None:
    with EmbeddedServer() as doomed:
        raw = Redis(port=doomed.port)
        fill(raw, 1000)
        desk = Desk(url_for(doomed), tmp_path, capfdbinary)
        with desk.running(*SLOW) as process:
            until(raw, 20)
            raw.shutdown(nosave=True, force=True, now=True)
            out, err = process.communicate(timeout=30)
        raw.close()
    document = json.loads(out)
    assert process.returncode == 3
    assert document["done"] >= 20
    assert document["done"] + document["unsure"] + document["left"] == 1000
    assert json.loads(err)["error"]["message"] == document["error"]["message"]


# --- on a terminal


class Terminal:
    """A call on a terminal, and a person at it."""

    def __init__(self, desk: Desk, *argv: str) -> None:
        self._leader, follower = pty.openpty()
        environment = {**ENVIRONMENT, **desk.env, "TERM": "xterm", "COLUMNS": "100", "LINES": "30"}
        self.process = subprocess.Popen(
            [*COMMAND, *argv], stdin=follower, stdout=follower, stderr=follower, env=environment, start_new_session=True
        )
        os.close(follower)
        self.shown = ""

    def see(self, text: str, within: float = 20) -> None:
        """Waits until something is shown."""
        deadline = time.monotonic() + within
        while text not in self.shown:
            assert self._read(deadline), self.shown

    def _read(self, deadline: float) -> bool:
        ready, _, _ = select.select([self._leader], [], [], max(0.0, deadline - time.monotonic()))
        try:
            chunk = os.read(self._leader, 65536) if ready else b""
        except OSError:  # the process has closed the terminal
            chunk = b""
        self.shown += chunk.decode().replace("\r\n", "\n")
        return bool(chunk)

    def type(self, text: str) -> None:
        """Types."""
        os.write(self._leader, text.encode())

    def vanish(self) -> None:
        """The terminal is closed."""
        os.close(self._leader)

    def end(self) -> int:
        """The exit code."""
        while self._read(time.monotonic() + 20):
            pass
        os.close(self._leader)
        return self.process.wait(10)


def test_asked_on_a_terminal(desk: Desk, raw: Redis) -> None:
    fill(raw)
    terminal = Terminal(desk, "queues", "drain", "payments")
    terminal.see("Type payments to do it: ")
    terminal.type("no\n")
    assert terminal.end() == 1
    assert "Nothing was changed." in terminal.shown
    terminal = Terminal(desk, "jobs", "retry", "payments", "1")
    terminal.see("Do it? [y/N] ")
    terminal.type("\x03")  # Ctrl+C
    terminal.process.send_signal(signal.SIGINT)
    assert terminal.end() == 130
    assert waiting(raw) == 0
    terminal = Terminal(desk, "jobs", "retry", "payments", "1")
    terminal.see("Do it? [y/N] ")
    terminal.type("y\n")
    assert terminal.end() == 0
    assert terminal.shown.endswith("1 job retried.\n")


def test_progress_on_a_terminal_and_ctrl_c_twice(desk: Desk, raw: Redis) -> None:
    fill(raw, 1000)
    terminal = Terminal(desk, "queues", "retry-all", "payments", "--rate", "20", "-y")
    terminal.see("of 1,000, ")
    assert "\rRetrying: " in terminal.shown
    assert "Ctrl+C stops." in terminal.shown
    os.kill(terminal.process.pid, signal.SIGINT)
    assert terminal.end() == 3
    assert "\r\x1b[K" in terminal.shown
    assert "jobs retried. Stopped, " in terminal.shown


def test_a_terminal_that_is_gone_stops_nothing_halfway(desk: Desk, raw: Redis) -> None:
    fill(raw, 60)
    terminal = Terminal(desk, "queues", "retry-all", "payments", "--rate", "50", "-y")
    terminal.see("of 60, ")
    terminal.vanish()
    terminal.process.wait(20)
    assert waiting(raw) == 60
    assert desk("audit", "-o", "json").json[0]["outcome"] == "done"


def test_ctrl_c_twice_ends_at_once(tmp_path: Path, capfdbinary: pytest.CaptureFixture[bytes]) -> None:
    """Even while the server answers nothing."""
    with EmbeddedServer() as server, Redis(port=server.port) as raw:
        fill(raw, 1000)
        desk = Desk(url_for(server), tmp_path, capfdbinary)
        with desk.running(*SLOW) as process:
            until(raw, 20)
            server.pause()
            time.sleep(0.3)
            process.send_signal(signal.SIGINT)
            time.sleep(0.2)
            started = own_time()
            process.send_signal(signal.SIGINT)
            out, err = process.communicate(timeout=10)
            assert own_time() - started < 2
            server.resume()
        assert (process.returncode, out) == (130, b"")
        assert b"Ended at once" in err
