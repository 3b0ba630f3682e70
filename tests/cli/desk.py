"""A place from where a real server is acted on, and what is on it."""

import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from redis import Redis

from bulltui.__main__ import main
from bulltui.domain.text import exact
from tests.cli.conftest import ENVIRONMENT, Ended

COMMAND = (sys.executable, "-m", "bulltui")
NOW = 1_750_000_000_000


def fill(raw: Redis, jobs: int = 3, queue: str = "payments") -> None:
    """A queue of failed jobs."""
    pipeline = raw.pipeline()
    pipeline.hset(f"bull:{queue}:meta", mapping={"opts.maxLenEvents": "10000", "version": "bullmq:5.81.5"})
    pipeline.set(f"bull:{queue}:id", jobs)
    for number in range(1, jobs + 1):
        fields: dict[Any, Any] = {
            "name": "charge",
            "data": f'{{"order":{number}}}',
            "opts": '{"attempts":1}',
            "atm": "1",
        }
        fields |= {"timestamp": NOW - 9000, "processedOn": NOW - 5000, "finishedOn": NOW - 1000 + number}
        fields |= {"failedReason": "no", "stacktrace": "[]", "delay": "0", "priority": "0", "ats": "1"}
        pipeline.hset(f"bull:{queue}:{number}", mapping=fields)
        pipeline.zadd(f"bull:{queue}:failed", {str(number): NOW - 1000 + number})
    pipeline.execute()


class Desk:
    """Calls on one server, with one folder for what is written down: in this process, or in one of their own."""

    def __init__(self, url: str, folder: Path, captured: pytest.CaptureFixture[bytes]) -> None:
        self.url = url
        self.env = {"BULLTUI_STATE_DIR": str(folder), "BULLTUI_URL": url, "XDG_CONFIG_HOME": "/nowhere"}
        self._captured = captured

    def __call__(self, *argv: str, **more: str) -> Ended:
        self._captured.readouterr()
        with pytest.MonkeyPatch.context() as patch:
            for name, value in (self.env | more).items():
                patch.setenv(name, value)
            code = main(argv)
        out, err = self._captured.readouterr()
        return Ended(code, out.decode(), err.decode())

    @contextmanager
    def running(self, *argv: str) -> Iterator[subprocess.Popen[bytes]]:
        """A call in a process of its own that takes its time."""
        with subprocess.Popen(
            [*COMMAND, *argv], stdout=subprocess.PIPE, stderr=subprocess.PIPE, env={**ENVIRONMENT, **self.env}
        ) as process:
            yield process
            process.kill()


def waiting(raw: Redis) -> int:
    return int(raw.llen("bull:payments:wait"))


def until(raw: Redis, jobs: int) -> None:
    """Waits until so many jobs were retried."""
    deadline = time.monotonic() + 20
    while waiting(raw) < jobs:
        assert time.monotonic() < deadline
        time.sleep(0.01)


def contents(raw: Redis) -> dict[Any, Any]:
    """All keys as they mean, but for the stream of events, what wakes workers, and a counter of priorities."""
    found: dict[Any, Any] = {}
    for key in raw.keys("*"):
        if exact(key).endswith((":marker", ":pc")):
            continue
        match raw.type(key):
            case b"hash":
                found[key] = raw.hgetall(key)
            case b"zset":
                found[key] = raw.zrange(key, 0, -1, withscores=True)
            case b"list":
                found[key] = raw.lrange(key, 0, -1)
            case b"string":
                found[key] = raw.get(key)
    return found
