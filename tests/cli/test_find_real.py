"""`bulltui jobs find` on a real server: as it comes, across queues, stopped, and acted on as one."""

import json
import os
import pty
import select
import signal
import subprocess
import time

import pytest
from redis import Redis

from bulltui.demo.server import EmbeddedServer
from tests.cli.conftest import ENVIRONMENT
from tests.cli.desk import COMMAND, Desk, contents, fill
from tests.conftest import url_for


def test_an_exact_id_comes_first_from_any_queue(desk: Desk, raw: Redis) -> None:
    fill(raw, 30)
    fill(raw, 30, "mail")
    raw.hset("bull:mail:order-17", mapping={"name": "welcome", "data": "{}", "opts": "{}", "timestamp": "5"})
    raw.rpush("bull:mail:wait", "order-17")
    found = desk("jobs", "find", "order-17", "-o", "json").json
    assert [(one["queue"], one["id"], one["state"]) for one in found] == [("mail", "order-17", "waiting")]
    assert [one["queue"] for one in desk("jobs", "find", "id:7", "-o", "json").json] == ["mail", "payments"]


@pytest.mark.parametrize("user", ["", "plain"])
def test_the_same_is_found_whether_scripts_are_allowed_or_not(
    desk: Desk, raw: Redis, server: EmbeddedServer, user: str
) -> None:
    fill(raw, 700)
    ended = desk("jobs", "find", "data.order>10 data.order<=40", "-o", "jsonl", BULLTUI_URL=url_for(server, user))
    assert ended.code == 0
    assert [json.loads(line)["id"] for line in ended.out.splitlines()] == [str(number) for number in range(40, 10, -1)]


def test_then_is_one_action_with_one_undo(desk: Desk, raw: Redis) -> None:
    fill(raw, 20)
    fill(raw, 20, "mail")
    before = contents(raw)
    words = ("jobs", "find", "data.order<=5", "--then", "remove")
    preview = desk(*words, "--dry-run")
    assert "  10 jobs: 10 failed." in preview.out.splitlines()
    assert contents(raw) == before
    ended = desk(*words, "--yes", "--reason", "a test")
    assert (ended.code, ended.out) == (0, "10 jobs removed. `bulltui undo 1` takes that back.\n")
    assert (raw.zcard("bull:mail:failed"), raw.zcard("bull:payments:failed")) == (15, 15)
    (deed,) = desk("audit", "-o", "json").json
    assert (deed["action"], deed["queues"], deed["reason"]) == ("remove", ["bull:mail", "bull:payments"], "a test")
    assert desk("undo", "--yes").code == 0
    assert contents(raw) == before


class Terminal:
    """A call whose progress is shown on a terminal, as a person sees it."""

    def __init__(self, desk: Desk, *words: str) -> None:
        self._mine, theirs = pty.openpty()
        env = {**ENVIRONMENT, **desk.env, "COLUMNS": "100"}
        self.process = subprocess.Popen([*COMMAND, *words], stdout=subprocess.PIPE, stderr=theirs, env=env)
        os.close(theirs)
        self.shown = ""

    def until(self, text: str) -> None:
        """Reads until the text is shown."""
        deadline = time.monotonic() + 20
        while text not in self.shown:
            assert time.monotonic() < deadline, self.shown
            if select.select([self._mine], [], [], 0.1)[0]:
                try:
                    self.shown += os.read(self._mine, 65_536).decode(errors="replace")
                except OSError:  # the other end is closed
                    break
        assert text in self.shown

    def interrupt(self) -> None:
        """Ctrl+C."""
        self.process.send_signal(signal.SIGINT)

    def end(self) -> tuple[int, str]:
        """The exit code and what was written."""
        with self.process:
            out, _ = self.process.communicate(timeout=20)
        os.close(self._mine)
        return self.process.returncode, out.decode()


SLOW = "/order.:2999[0-9]/ OR /zz+y/"
"""Every job has to be read and looked into for this."""


def test_ctrl_c_tells_how_far_it_came(desk: Desk, raw: Redis) -> None:
    fill(raw, 30_000)
    terminal = Terminal(desk, "jobs", "find", SLOW, "-o", "jsonl")
    terminal.until("Examining (10 found): ")
    terminal.interrupt()
    terminal.until("look through less.")
    code, out = terminal.end()
    assert code == 3
    assert " of 30,000" in terminal.shown
    assert ", 10 found. The same command begins anew; " in terminal.shown
    assert [json.loads(line)["id"] for line in out.splitlines()] == [str(n) for n in range(29_999, 29_989, -1)]


def test_stopped_before_all_were_found_nothing_is_changed(desk: Desk, raw: Redis) -> None:
    fill(raw, 30_000)
    terminal = Terminal(desk, "jobs", "find", SLOW, "--then", "remove", "--yes", "-o", "json")
    terminal.until("Examining (10 found): ")
    terminal.interrupt()
    terminal.until('"code":"stopped"')
    assert terminal.end() == (1, "")
    assert raw.zcard("bull:payments:failed") == 30_000
