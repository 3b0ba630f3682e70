"""What we tell Prometheus under BullMQ's own names is what the library itself exports of the same queues."""

import asyncio
import json
import subprocess
from collections.abc import Mapping

import pytest

from bulltui.demo.server import EmbeddedServer
from bulltui.domain.metric_table import told
from bulltui.metrics.exposition import exposition
from bulltui.metrics.view import View
from bulltui.services.clock import SystemClock
from bulltui.services.overview import overview
from bulltui.store.reader import RedisReader
from tests.interop.support import NODE, require_node
from tests.metrics.scene import Values, values

pytestmark = pytest.mark.interop


async def _ours(url: str) -> Values:
    reader = RedisReader.from_url(url)
    try:
        snapshot = await overview(reader, SystemClock(), ("bull",), ())
    finally:
        await reader.close()
    text, _ = exposition(told(()), View(SystemClock().now_ms(), snapshot.servers, snapshot.rows))
    return values(text.decode())


def _theirs(lib: str, url: str) -> Mapping[str, Values]:
    words = ["node", str(NODE / "prometheus.mjs"), "--lib", lib, "--url", url]
    told = json.loads(subprocess.run(words, check=True, capture_output=True, timeout=60).stdout)
    return {name: values(f"{text}\n") for name, text in told.items()}


@pytest.mark.parametrize("lib", ["5", "6"])
def test_values_are_those_of_the_library(lib: str) -> None:
    require_node()
    with EmbeddedServer() as server:
        url = f"redis://127.0.0.1:{server.port}"
        theirs = _theirs(lib, url)
        ours = asyncio.run(_ours(url))
    assert len(theirs) == 4
    seen = set()
    for name, exported in theirs.items():
        assert exported, name
        for (metric, labels), number in exported.items():
            assert ours[(metric, labels)] == number, (metric, labels)
            seen.add((metric, dict(labels).get("state", ""), number > 0))
        told = {labels for metric, labels in ours if metric == "bullmq_job_count" and ("queue", name) in labels}
        assert told == {labels for metric, labels in exported if metric == "bullmq_job_count"}
    for state in ("waiting", "active", "delayed", "completed", "failed", "prioritized", "waiting-children"):
        assert ("bullmq_job_count", state, True) in seen, state
    assert (("bullmq_job_count", "paused", True) in seen) == (lib == "5")
    for metric in ("bullmq_job_completed_total", "bullmq_job_failed_total"):
        assert (metric, "", True) in seen
        assert (metric, "", False) in seen  # of a queue whose workers keep no metrics
