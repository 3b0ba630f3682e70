"""Hundreds of bad moments, one after the other: nothing piles up."""

import asyncio
import gc
import time
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest

from bulltui.config.settings import Settings
from bulltui.domain.errors import BulltuiError
from bulltui.domain.snapshot import Link
from bulltui.domain.states import JobState
from bulltui.tui.app import BulltuiApp
from bulltui.wiring import Runtime, open_runtime
from tests.faults.faults import Ground
from tests.faults.proxy import Weather
from tests.faults.test_everything import PAY, Person, fill
from tests.thorough import tried
from tests.tui.fakes import hurried

CYCLES = tried(200, 40)
BEFORE = tried(40, 16)
"""After so many cycles all that is kept on purpose is there."""
PATIENCE_S = 0.15


class Kept:
    """What is there now, between two refreshes: `tasks` are the fewest that there were at a time."""

    def __init__(self, ground: Ground, tasks: int) -> None:
        gc.collect()
        self.tasks = tasks
        self.links = ground.proxy.links
        self.files = len(list(Path("/proc/self/fd").iterdir()))
        self.objects = len(gc.get_objects())

    def __str__(self) -> str:
        return f"{self.tasks} tasks, {self.links} links, {self.files} files, {self.objects} objects"


@pytest.mark.timeout(150)
async def test_hundreds_of_faults_leave_nothing_behind(ground: Ground, tmp_path: Path) -> None:
    fill(ground.raw)
    settings = Settings(
        url=ground.url, refresh_s=0.2, refresh_timeout_s=PATIENCE_S, connect_timeout_s=PATIENCE_S,
        action_timeout_s=PATIENCE_S, search_timeout_s=PATIENCE_S, state_folder=str(tmp_path),
    )  # fmt: skip
    async with open_runtime(settings) as runtime:
        app = BulltuiApp(runtime)
        async with hurried(), app.run_test(size=(140, 40)) as pilot:
            who = Person(app, runtime)
            await who.until("it starts", lambda: len(runtime.bus.last.rows) == 2, 10)
            await pilot.press("enter")
            before = await _cycles(ground, who, pilot, range(BEFORE))
            after = await _cycles(ground, who, pilot, range(BEFORE, CYCLES))
    assert after.tasks <= before.tasks + 3, f"{before} -> {after}"
    assert after.links <= 3, f"{before} -> {after}"
    assert after.files <= before.files + 3, f"{before} -> {after}"
    # Caches of the screen that have a bound fill up, and so does the list of slow calls.
    assert after.objects <= before.objects + 10 * (CYCLES - BEFORE) + 1_000, f"{before} -> {after}"


async def _cycles(ground: Ground, who: Person, pilot: Any, numbers: range) -> Kept:
    for number in numbers:
        kind = number % 8
        if kind in (0, 1, 2, 4, 5, 6):
            ground.proxy.cut()
        elif kind == 3:
            ground.proxy.refuse()
        else:
            ground.proxy.set(Weather(stalled=True))
        reads = [_tried(who.runtime) for _ in range(3)]
        await pilot.press("down" if number % 2 else "up")
        await asyncio.gather(*reads)
        if kind in (3, 7):
            await who.until("it is away", lambda: who.runtime.bus.last.health.link is Link.OFFLINE, 5)
            ground.proxy.calm()
        elif number % 40:
            continue  # the next one comes while this one is not over
        ended = who.runtime.clock.now_ms()
        deadline = time.monotonic() + 20
        while who.runtime.bus.last.health.link is Link.OFFLINE or who.runtime.bus.last.taken_at < ended:
            assert time.monotonic() < deadline, who.text
            who.runtime.poller.refresh_now()
            await asyncio.sleep(0.01)
    tasks = len(asyncio.all_tasks())
    for _ in range(50):  # reads and timers come and go
        await asyncio.sleep(0.02)
        tasks = min(tasks, len(asyncio.all_tasks()))
    return Kept(ground, tasks)


async def _tried(runtime: Runtime) -> None:
    """A read that may fail."""
    with suppress(BulltuiError):
        await runtime.reader.page(PAY, JobState.FAILED, 0, 20)
