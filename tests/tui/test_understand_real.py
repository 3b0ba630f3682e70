"""What explains failures, on a real server: errors, reasons, flows and live events."""

import json

from redis import Redis

from bulltui.demo.server import EmbeddedServer
from bulltui.tui.screens.errors import ErrorsScreen
from bulltui.tui.screens.main import MainScreen
from tests.conftest import url_for
from tests.tui.test_real import NOW_MS, Screen, add_failed, running


def add_parent(raw: Redis, child: str) -> None:
    """An order that waits for a job of payments, as BullMQ 5 leaves both."""
    raw.hset("bull:orders:meta", mapping={"version": "bullmq:5.81.5", "opts.maxLenEvents": 10000})
    raw.hset(
        "bull:orders:o:1", mapping={"name": "fulfil", "data": "{}", "timestamp": NOW_MS, "delay": 0, "priority": 0}
    )
    raw.zadd("bull:orders:waiting-children", {"o:1": NOW_MS})
    raw.sadd("bull:orders:o:1:dependencies", f"bull:payments:{child}")
    parent = {"id": "o:1", "queueKey": "bull:orders"}
    raw.hset(f"bull:payments:{child}", mapping={"parentKey": "bull:orders:o:1", "parent": json.dumps(parent)})


async def press(screen: Screen, *keys: str) -> None:
    for key in keys:
        await screen.pilot.press(key)


async def test_from_the_error_to_its_jobs_its_reason_and_its_flow(server: EmbeddedServer, raw: Redis) -> None:
    for number in range(300):
        add_failed(raw, "payments", f"j{number}", f"timeout after {number} ms", NOW_MS + number)
    add_failed(raw, "payments", "odd", "card [/]\x1b[31m declined", NOW_MS + 1000)
    add_parent(raw, "odd")
    async with running(url_for(server)) as (app, screen):
        await screen.shows("[failed 301]")
        await press(screen, "E")
        await screen.shows("2 groups", "301 failed jobs", "timeout after", "99%")
        assert isinstance(app.screen, ErrorsScreen)
        await press(screen, "enter")
        await screen.shows("300 jobs of one error", "j299")
        await press(screen, "end")
        await screen.shows("j0")
        await press(screen, "enter")
        await screen.shows("› j0", "at charge (/app/pay.ts:1:1)")
        await press(screen, "escape", "escape", "down", "enter", "enter", "w")
        await screen.shows(
            "Why: job odd of payments", "all 3 attempts are used", "card [/]␛[31m declined", "r      retry"
        )
        await press(screen, "escape", "f")
        await screen.shows("Flow of odd of payments", "▾ ◇ fulfil o:1", "└─ ✖ charge ◀ odd")
        await press(screen, "up", "enter")
        await screen.shows("orders › waiting-children › o:1")


async def test_events_as_they_are_written(server: EmbeddedServer, raw: Redis) -> None:
    add_failed(raw, "payments", "1", "card declined")
    raw.xadd("bull:payments:events", {"event": "added", "jobId": "1", "name": "charge"})
    async with running(url_for(server), (100, 24)) as (app, screen):
        await screen.shows("payments")
        await press(screen, "L")
        await screen.shows("Events of payments", "+ added", "following")
        for number in range(2_000):
            raw.xadd("bull:payments:events", {"event": "completed", "jobId": f"c{number}", "returnvalue": "true"})
        raw.xadd("bull:payments:events", {"event": "failed", "jobId": "1", "failedReason": "card declined"})
        await screen.shows("c1999", "✖ failed", "card declined")
        await press(screen, "N", "enter")
        await screen.shows("› 1", "at charge (/app/pay.ts:1:1)")
        await press(screen, "escape", "escape")
        assert isinstance(app.screen, MainScreen)
