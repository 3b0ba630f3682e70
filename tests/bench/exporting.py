"""What it takes to write a million jobs into a file: time, and memory whatever their number."""

import json
import os
import sys
import tempfile
import time
from pathlib import Path

from redis import Redis

from tests.bench import finding
from tests.bench.figures import Figure
from tests.peak import peak_mb

JOBS = 1_000_000


def measure(url: str) -> list[Figure]:
    """Figures of an export. `url` is a server that `finding` has filled."""
    with tempfile.TemporaryDirectory() as folder, Redis.from_url(url) as raw:
        raw.config_set("slowlog-log-slower-than", 1000)
        raw.config_set("slowlog-max-len", 10_000)
        raw.slowlog_reset()
        path = Path(folder) / "jobs.jsonl"
        words = [sys.executable, "-m", "bulltui", "-u", url, "jobs", "export", finding.BIG.name, "-f", str(path)]
        started = time.perf_counter()
        most = peak_mb(words, {**os.environ, "BULLTUI_STATE_DIR": folder})
        seconds = time.perf_counter() - started
        longest = max((entry["duration"] for entry in raw.slowlog_get(10_000)), default=0) / 1000
        with path.open("rb") as lines:
            first = json.loads(next(lines))
            count = 1 + sum(1 for _ in lines)
    assert count == JOBS
    assert first["data"]["currency"] == "EUR"
    return [
        Figure(f"export of {JOBS:,} jobs", seconds, "s"),
        Figure("  memory of the process at most", most, "MB", 150),
        Figure("  longest call of the server", longest, "ms", finding.LONGEST_CALL_MS),
    ]
