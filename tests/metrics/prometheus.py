"""A real Prometheus that scrapes us, and its promtool."""

import contextlib
import json
import math
import os
import shutil
import socket
import subprocess
import time
import urllib.parse
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from bulltui.children import Keeper
from scripts import grafana

RULES = Path(__file__).parents[2] / "docs" / "deploy" / "prometheus" / "bulltui.rules.yml"
_READY_S = 20.0


def needs(program: str) -> str:
    """The path of a program; where it is missing the test is skipped, in CI it fails."""
    found = shutil.which(program)
    if found is None:
        if os.environ.get("CI") == "true":
            pytest.fail(f"{program} is missing (Debian: apt-get install prometheus)")
        pytest.skip(f"{program} is missing")
    return found


def promtool(*words: str, given: bytes = b"") -> str:
    """What promtool says of it, empty where it has nothing to object to."""
    done = subprocess.run([needs("promtool"), *words], input=given, capture_output=True, timeout=30, check=False)
    return "" if done.returncode == 0 else (done.stdout + done.stderr).decode()


def without_variables(query: str, window: str) -> str:
    """A query of the dashboard as Grafana sends it with all queues of all servers chosen."""
    for name in ("job", "server", "queue"):
        query = query.replace(f"${name}", ".*")
    return query.replace("$__rate_interval", window)


@dataclass(frozen=True)
class Prometheus:
    """A server that runs, by its HTTP API."""

    url: str

    def api(self, path: str, **words: str) -> Any:
        """The `data` of an answer."""
        with urllib.request.urlopen(f"{self.url}/api/v1/{path}?{urllib.parse.urlencode(words)}", timeout=10) as answer:
            return json.load(answer)["data"]

    def values(self, query: str) -> list[float]:
        """The numbers that a query has now."""
        return [float(one["value"][1]) for one in self.api("query", query=query)["result"]]

    def lacking(self, window: str) -> list[str]:
        """The panels of the dashboard that have a query without any number."""
        found = []
        for title, query in grafana.queries():
            numbers = self.values(without_variables(query, window))
            if not any(map(math.isfinite, numbers)):
                found.append(title)
        return found

    def firing(self) -> set[str]:
        """The alerts that fire."""
        return {one["labels"]["alertname"] for one in self.api("alerts")["alerts"] if one["state"] == "firing"}

    def up(self) -> bool:
        """Whether the last scrape went well; False before the first."""
        return self.values('up{job="bulltui"}') == [1.0]

    def problems(self) -> list[str]:
        """Why scrapes fail."""
        return [one["lastError"] for one in self.api("targets")["activeTargets"] if one["lastError"]]


@contextmanager
def prometheus(folder: Path, target: str, *, scrape_s: float, more: str = "") -> Iterator[Prometheus]:
    """A Prometheus that scrapes `target` (HOST:PORT) as our example has it, with our rules, and keeps its data in
    `folder`. `more` are further lines of its job."""
    program = needs("prometheus")
    interval = f"{scrape_s * 1000:.0f}ms"
    config = folder / "prometheus.yml"
    config.write_text(
        f"global:\n  scrape_interval: {interval}\n  scrape_timeout: {interval}\n  evaluation_interval: {interval}\n"
        f"rule_files: ['{RULES}']\n"
        f"scrape_configs:\n  - job_name: bulltui\n    static_configs: [{{targets: ['{target}']}}]\n{more}"
    )
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    words = [program, f"--config.file={config}", f"--storage.tsdb.path={folder / 'data'}"]
    words += [f"--web.listen-address=127.0.0.1:{port}", "--log.level=warn"]
    with contextlib.closing(Keeper()) as keeper, (folder / "prometheus.log").open("wb") as log:
        child = keeper.spawn(words, output=log)
        running = Prometheus(f"http://127.0.0.1:{port}")
        _wait(running, folder / "prometheus.log")
        assert child.poll() is None, "another one has the port"
        yield running


def _wait(running: Prometheus, log: Path) -> None:
    deadline = time.monotonic() + _READY_S
    while True:
        try:
            with urllib.request.urlopen(f"{running.url}/-/ready", timeout=1):
                return
        except OSError:
            if time.monotonic() > deadline:
                raise AssertionError(log.read_text(errors="replace")[-2000:]) from None
            time.sleep(0.05)
