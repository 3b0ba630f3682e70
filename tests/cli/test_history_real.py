"""`bulltui history` on a real server with a history in a file."""

import asyncio
import json
from pathlib import Path

from bulltui.config.settings import Settings
from bulltui.demo.server import EmbeddedServer
from bulltui.domain.point import Flow, Point, Stand
from bulltui.domain.queue import QueueRef
from bulltui.domain.sketch import sketch_of
from bulltui.wiring import open_runtime
from tests.cli.conftest import here
from tests.conftest import url_for

MINUTE = 60_000


async def fill(url: str, folder: Path) -> int:
    """Two hours of a queue in minutes; gives their end in epoch ms."""
    async with open_runtime(Settings(url=url, state_folder=str(folder)), live=False) as runtime:
        end = runtime.clock.now_ms() // (10 * MINUTE) * 10 * MINUTE
        points = [
            Point(at, Stand(6, waiting=4, waiting_max=9), Flow(12, 10, 10, 2), run=sketch_of([100.0, 200.0, 3000.0]))
            for at in range(end - 120 * MINUTE, end, MINUTE)
        ]
        store = runtime.watching.history
        await store.lead()
        await store.fill(QueueRef("bull", "gone"), points, MINUTE)
        return end


def test_what_was_written_is_shown_of_a_queue_that_is_gone(server: EmbeddedServer, tmp_path: Path) -> None:
    url = url_for(server)
    end = asyncio.run(fill(url, tmp_path))
    env = {"BULLTUI_URL": url, "BULLTUI_STATE_DIR": str(tmp_path)}
    span = ("--from", str(end - 60 * MINUTE), "--to", str(end), "--step", "10m")
    ended = here("history", "gone", *span, "--measure", "completed,failed,waiting,run-p50", "-o", "json", env=env)
    assert (ended.code, ended.err) == (0, "")
    measures = json.loads(ended.out)["measures"]
    assert measures["completed"]["values"] == [10.0] * 6
    assert (measures["completed"]["total"], measures["failed"]["total"]) == (600, 120)
    assert measures["waiting"]["values"] == [9.0] * 6
    assert all(abs(value - 0.2) <= 0.002 for value in measures["run-p50"]["values"])
    drawn = here("history", "--last", "2h", env=env)
    assert drawn.code == 0
    assert "all queues" in drawn.out
    state = here("history", "--state", "-o", "json", env=env).json
    assert state["first"] <= end - 120 * MINUTE
    assert str(tmp_path) in state["where"]


def test_without_any_history(server: EmbeddedServer, tmp_path: Path) -> None:
    env = {"BULLTUI_URL": url_for(server), "BULLTUI_STATE_DIR": str(tmp_path)}
    ended = here("history", env=env)
    assert ended.code == 4
    assert "no history of this server yet" in ended.err
    off = here("history", env={**env, "BULLTUI_HISTORY_ENABLED": "false"})
    assert off.code == 2
    assert "switched off" in off.err
