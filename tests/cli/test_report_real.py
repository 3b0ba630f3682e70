"""`bulltui report` of a real history file, a real server, and what was really done: its numbers are those that one
counts by hand."""

import asyncio
import random
import time
from pathlib import Path

import pytest
from redis import Redis

from bulltui.domain.address import server_of
from bulltui.domain.human import DAY_MS, HOUR_MS, MINUTE_MS
from bulltui.domain.point import Flow, OfName, Point, Stand
from bulltui.domain.queue import QueueRef
from bulltui.domain.sketch import ACCURACY, sketch_of
from bulltui.history.files import open_history
from bulltui.services.clock import SystemClock
from bulltui.services.watch.protocols import Written
from tests.cli.desk import Desk, fill
from tests.unit.test_import_hygiene import HEAVY, NOWHERE, loaded

PAYMENTS, MAIL = QueueRef("bull", "payments"), QueueRef("bull", "mail")
RUNS = {PAYMENTS: (900.0, 300.0), MAIL: (60.0, 20.0)}


def minutes(ref: QueueRef, now: int, chance: random.Random) -> list[tuple[Point, list[float]]]:
    """A minute of each five, of two days and an hour up to now, and how long each run took."""
    found = []
    middle, wide = RUNS[ref]
    for at in range(now - 2 * DAY_MS - HOUR_MS, now, 5 * MINUTE_MS):
        runs = [max(1.0, chance.gauss(middle, wide)) for _ in range(chance.randrange(3))]
        failed = chance.randrange(2) if runs else 0
        flow = Flow(added=len(runs) + 1, started=len(runs), completed=len(runs) - failed, failed=failed, retried=failed)
        found.append((Point(at, Stand(reads=6, waiting=len(runs), waiting_max=3), flow, run=sketch_of(runs)), runs))
    return found


async def write(folder: Path, server: str, points: dict[QueueRef, list[Point]], now: int) -> None:
    store = open_history(folder, server, max_mb=100, clock=SystemClock())
    assert await store.lead()
    for ref, some in points.items():
        await store.fill(ref, some[:-1], MINUTE_MS)
    last = {ref: some[-1] for ref, some in points.items()}
    names = {
        (PAYMENTS, "charge"): OfName(5, 1, run=sketch_of([700.0] * 6)),
        (MAIL, "news"): OfName(1, 0, run=sketch_of([9.0])),
    }
    at_ms = next(iter(last.values())).at_ms
    await store.write(Written(at_ms, last, names))
    await store.close()


def test_the_numbers_are_those_of_the_file_the_server_and_the_audit(desk: Desk, raw: Redis) -> None:
    chance = random.Random(3)
    now = int(time.time() * 1000) // MINUTE_MS * MINUTE_MS
    known = {ref: minutes(ref, now, chance) for ref in RUNS}
    points = {ref: [point for point, _ in some] for ref, some in known.items()}
    asyncio.run(write(Path(desk.env["BULLTUI_STATE_DIR"]), server_of(desk.url), points, now))
    fill(raw, 7)
    for number, ago in ((1, HOUR_MS), (2, 2 * HOUR_MS), (3, 23 * HOUR_MS), (4, 30 * HOUR_MS), (5, 90 * HOUR_MS)):
        raw.zadd("bull:payments:failed", {str(number): now - ago})
        raw.hset(f"bull:payments:{number}", "finishedOn", now - ago)
    assert desk("queues", "pause", "payments", "--yes", "--reason", "ticket 4711").code == 0

    ended = desk("report", "--format", "json")
    assert ended.code == 0, ended.err
    document = ended.json
    spans = {"total": document["period"], "before": document["period"]["before"]}
    for name, span in spans.items():
        within = [
            (one, runs) for some in known.values() for one, runs in some if span["start"] <= one.at_ms < span["end"]
        ]
        told = document[name]
        assert told["added"] == sum(one.flow.added for one, _ in within)
        assert told["completed"] == sum(one.flow.completed for one, _ in within)
        assert told["failed"] == sum(one.flow.failed for one, _ in within)
        assert told["retried"] == sum(one.flow.retried for one, _ in within)
        every = sorted(run for _, runs in within for run in runs)
        assert told["run"]["jobs"] == len(every)
        for share, word in ((0.5, "p50"), (0.95, "p95"), (0.99, "p99")):
            assert told["run"][word] == pytest.approx(
                every[max(0, -(-int(share * 100) * len(every) // 100) - 1)], rel=ACCURACY
            )
    by_queue = {queue["name"]: queue for queue in document["queues"]}
    for ref, some in points.items():
        start, end = spans["total"]["start"], spans["total"]["end"]
        assert by_queue[ref.name]["now"]["failed"] == sum(one.flow.failed for one in some if start <= one.at_ms < end)
        assert by_queue[ref.name]["now"]["waiting"] == some[-1].stand.waiting
    assert [(group["count"], group["before"]) for group in document["errors"]["groups"]] == [(3, 1)]
    assert [(one["job"], one["run"]["jobs"]) for one in document["names"]] == [("charge", 6), ("news", 1)]
    assert [(one["what"], one["reason"], one["outcome"]) for one in document["actions"]] == [
        ("pause 1", "ticket 4711", "done")
    ]
    assert [(one["name"], one["paused"]) for one in document["now"]] == [("payments", True)]
    assert (document["whole"], document["covered"]) == (True, pytest.approx(1, abs=0.01))
    # The chart says the same as the number: all but the step that runs, and the part of the first one before the start.
    line = [value for value in document["charts"]["now"]["lines"]["completed"] if value is not None]
    assert sum(line) * 10 == pytest.approx(document["total"]["completed"], rel=0.03)


def test_without_the_server_the_rest_is_there(desk: Desk, raw: Redis) -> None:
    now = int(time.time() * 1000) // MINUTE_MS * MINUTE_MS
    some = [Point(now - back * MINUTE_MS, Stand(reads=6), Flow(completed=2)) for back in range(60, 0, -1)]
    nowhere = "redis://127.0.0.1:1"
    asyncio.run(write(Path(desk.env["BULLTUI_STATE_DIR"]), server_of(nowhere), {PAYMENTS: some}, now))
    ended = desk("report", "-u", nowhere, "--format", "json")
    assert ended.code == 3
    assert ended.json["total"]["completed"] == 120
    assert ended.json["whole"] is False
    assert "from the history alone" in ended.err


def test_what_a_report_needs_not_is_not_loaded() -> None:
    """Text needs no package for PDF; and help needs nothing."""
    told = loaded(("report", "--help"), ("report", "-o", "json", *NOWHERE), ("report", "--format", "html", *NOWHERE))
    assert [code for code, _ in told] == [0, 3, 3]
    for _, packages in told:
        assert not packages & (HEAVY | {"fpdf", "PIL", "fontTools", "http", "apprise"})
    assert not told[0][1] & {"redis", "asyncio", "sqlite3"}
