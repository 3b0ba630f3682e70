"""`bulltui jobs index` on a real server, and as a process where that is what it is about."""

import json
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

from bulltui.demo.server import EmbeddedServer
from tests.cli.conftest import ENVIRONMENT, Ended, here
from tests.conftest import url_for
from tests.index.test_index import fill


def run(server: EmbeddedServer, state: Path, *words: str) -> Ended:
    """`bulltui jobs index` with these words."""
    return here("jobs", "index", *words, "-u", url_for(server), env={"BULLTUI_STATE_DIR": str(state)})


def test_builds_tells_and_deletes(server: EmbeddedServer, raw: Any, tmp_path: Path) -> None:
    fill(raw)
    raw.hset("bull:mail:meta", mapping={"opts.maxLenEvents": "10000"})
    assert "There is no index" in run(server, tmp_path).err
    missing = run(server, tmp_path, "mail", "--status")
    assert missing.code == 4
    assert "bulltui jobs index mail" in missing.err
    built = run(server, tmp_path, "mail", "-o", "json")
    assert built.code == 0, built.err
    (document,) = json.loads(built.out)
    assert document["queue"] == "mail"
    assert document["jobs"] == 6
    assert document["complete"]
    assert document["names"][0] == {"name": "charge", "count": 3}
    assert document["errors"] == [{"error": "connect ETIMEDOUT <host>", "count": 2}]
    listed = run(server, tmp_path)
    assert "mail" in listed.out
    words = ("jobs", "find", "zoë", "--in", "mail", "-o", "jsonl", "-u", url_for(server))
    found = here(*words, env={"BULLTUI_STATE_DIR": str(tmp_path)})
    assert "by the index" in found.err
    scanned = here(*words, "--no-index", env={"BULLTUI_STATE_DIR": str(tmp_path)})
    assert "by the index" not in scanned.err
    ids = [sorted(json.loads(line)["id"] for line in ended.out.splitlines()) for ended in (found, scanned)]
    assert ids == [["w1", "w2"], ["w1", "w2"]]
    assert run(server, tmp_path, "mail", "--delete").code == 0
    assert "There is no index" in run(server, tmp_path).err


def test_what_does_not_go_together_is_refused(server: EmbeddedServer, tmp_path: Path) -> None:
    assert run(server, tmp_path, "--follow").code == 2
    assert run(server, tmp_path, "mail", "--status", "--delete").code == 2
    assert run(server, tmp_path, "mail", "--size", "much").code == 2


def test_follows_until_it_is_stopped(server: EmbeddedServer, raw: Any, tmp_path: Path) -> None:
    fill(raw)
    raw.hset("bull:mail:meta", mapping={"opts.maxLenEvents": "10000"})
    words = ("jobs", "index", "mail", "--follow", "-o", "json", "-u", url_for(server))
    environment = {**ENVIRONMENT, "BULLTUI_STATE_DIR": str(tmp_path)}
    command = (sys.executable, "-m", "bulltui", *words)
    with subprocess.Popen(command, env=environment, stdout=subprocess.PIPE, stderr=subprocess.PIPE) as process:
        until = time.monotonic() + 20
        while not list(tmp_path.rglob("standing.json")):
            assert time.monotonic() < until, process.poll()
            time.sleep(0.05)
        process.send_signal(signal.SIGINT)
        out, err = process.communicate(timeout=20)
    assert process.returncode == 0, err
    assert json.loads(out)[0]["jobs"] == 6
