"""A history that counts: each step adds one job to each queue, and the cursor says how many steps there were."""

import asyncio
import sys
from pathlib import Path

from bulltui.domain.point import Flow, OfName, Point, Stand
from bulltui.domain.queue import QueueRef
from bulltui.domain.sketch import sketch_of
from bulltui.history import laying
from bulltui.history.file_history import FileHistory
from bulltui.history.files import open_history
from bulltui.history.rows import COLUMNS, point_of
from bulltui.history.schema import open_to_write
from bulltui.history.tiers import DAY, DAYS, HOURS, MINUTES, TEN_SECONDS
from bulltui.services.clock import SystemClock
from bulltui.services.watch.protocols import STEP_MS, Written

SERVER = "127.0.0.1:6379/0"
BEGIN = 1_800_000_000_000 // DAY * DAY
QUEUES = tuple(QueueRef("bull", f"queue-{number}") for number in range(12))
_SKETCH = sketch_of(range(1, 4000, 13))


def history_in(folder: Path, *, max_mb: int = 100) -> FileHistory:
    """The history of the tests' server."""
    return open_history(folder, SERVER, max_mb=max_mb, clock=SystemClock())


def step(number: int, queues: tuple[QueueRef, ...] = QUEUES) -> Written:
    """The step of a number."""
    at = BEGIN + number * STEP_MS
    stand = Stand(reads=1, waiting=number % 7, waiting_max=number % 7, workers=1, workers_min=1)
    point = Point(at, stand, Flow(added=1, completed=1), _SKETCH, _SKETCH)
    return Written(
        at,
        dict.fromkeys(queues, point),
        {(ref, "charge"): OfName(completed=1, wait=_SKETCH) for ref in queues},
        dict.fromkeys(queues, str(number + 1)),
    )


def assert_whole(path: Path) -> int:
    """The file opens, and all tiers, names and cursors tell of the very same steps; how many these are."""
    base = open_to_write(path, SERVER, 1000)
    try:
        assert base.execute("PRAGMA integrity_check").fetchall() == [("ok",)]
        places = {int(place) for (place,) in base.execute("SELECT place FROM cursor")}
        if not places:
            return 0
        (steps,) = places
        for tier in (MINUTES, HOURS, DAYS):
            jobs = dict.fromkeys(range(len(QUEUES) + 1), 0)
            rows = laying.rows(base, tier, 0, tier.slot(BEGIN + 99 * DAY), None, ", ".join(COLUMNS))
            for number, slot, row in rows:
                point = point_of(row, slot)
                jobs[number] += point.flow.added
                assert point.wait.total == point.flow.added * _SKETCH.total
            assert set(jobs.values()) == {steps, steps * len(QUEUES)}
        fine = list(laying.rows(base, TEN_SECONDS, 0, TEN_SECONDS.slot(BEGIN + 99 * DAY), [1], ", ".join(COLUMNS)))
        assert [slot for _, slot, _ in fine] == list(range(fine[0][1], TEN_SECONDS.slot(BEGIN) + steps))
        named = base.execute("SELECT sum(completed) FROM names_h1 WHERE series = 1").fetchone()[0]
        assert named == steps
        return steps
    finally:
        base.close()


async def _write_on(folder: Path) -> None:
    history = history_in(folder)
    while not await history.lead():
        await asyncio.sleep(0.01)
    number = int((await history.cursors()).get(QUEUES[0], "0"))
    while True:
        await history.write(step(number))
        number += 1
        print(number, flush=True)


if __name__ == "__main__":
    asyncio.run(_write_on(Path(sys.argv[1])))
