"""Each fault in the middle of everything at once: the screen refreshes, pages and shows a job, a search runs, many jobs
are retried, events are followed. Afterwards all goes on by itself; nothing is lost, told twice or done twice."""

import asyncio
import logging
import time
from collections import Counter
from collections.abc import AsyncIterator, Callable
from contextlib import aclosing, asynccontextmanager
from pathlib import Path
from typing import Any

import pytest

from bulltui.config.settings import Settings
from bulltui.domain import actions
from bulltui.domain.errors import BulltuiError
from bulltui.domain.event import Event, Gap
from bulltui.domain.outcome import Kind, Outcome, Progress
from bulltui.domain.query.parsing import parse
from bulltui.domain.queue import QueueRef
from bulltui.domain.snapshot import Link
from bulltui.domain.states import JobState
from bulltui.domain.targets import Every
from bulltui.services.follow import Follow
from bulltui.services.request import Request
from bulltui.services.search import Scope, Search
from bulltui.tui.app import BulltuiApp
from bulltui.wiring import Runtime, open_runtime
from tests.faults.faults import FAULTS, PASSWORD, Fault, Ground
from tests.thorough import tried
from tests.tui.fakes import hurried
from tests.tui.support import screen_text

PAY = QueueRef("bull", "pay")
P = "bull:pay"
T = 1_700_000_000_000
JOBS = 4_000
WANTED = 40
"""How many of the jobs the search is for."""
RECOVERED_S = 20.0
SOME = ("cut", "swallowed", "killed", "busy-script", "wrong-password")
"""The most unlike; what the others say is held by the tests of the store's errors."""


def fill(raw: Any) -> None:
    """Failed jobs of BullMQ 5, some of which are looked for, and a queue beside."""
    for queue in ("pay", "search"):
        raw.hset(f"bull:{queue}:meta", mapping={"version": "bullmq:5.81.5", "opts.maxLenEvents": 1_000_000})
    raw.set(f"{P}:id", JOBS)
    pipe = raw.pipeline(transaction=False)
    for number in range(JOBS):
        data = '{"to":"ann@example.com"}' if number % (JOBS // WANTED) == 0 else '{"to":"bob"}'
        fields = {"name": "charge", "data": data, "opts": "{}", "timestamp": T, "atm": 1, "finishedOn": T + number}
        pipe.hset(f"{P}:{number}", mapping=fields)
        pipe.zadd(f"{P}:failed", {str(number): T + number})
        pipe.hset(f"bull:search:{number}", mapping=fields)
        pipe.zadd("bull:search:completed", {str(number): T + number})
    pipe.execute()


class Person:
    """Somebody at the screen."""

    def __init__(self, app: BulltuiApp, runtime: Runtime) -> None:
        self.app = app
        self.runtime = runtime
        self.seen: list[str] = []

    @property
    def text(self) -> str:
        """What is on the screen, on one line and without gaps, since a sentence may be folded."""
        return " ".join(" ".join(screen_text(self.app)).split())

    async def until(self, what: str, check: Any, seconds: float) -> None:
        """Waits for something to be so."""
        deadline = time.monotonic() + seconds
        while not check():
            assert time.monotonic() < deadline, f"{what}: {self.text}"
            await asyncio.sleep(0.02)


@asynccontextmanager
async def person(ground: Ground, folder: Path) -> AsyncIterator[tuple[Person, Any]]:
    """The app on the proxy, quick to notice."""
    settings = Settings(
        url=ground.url, refresh_s=0.2, refresh_timeout_s=0.6, connect_timeout_s=0.6, action_timeout_s=0.8,
        search_timeout_s=0.8, state_folder=str(folder), prefixes=("bull",),
    )  # fmt: skip
    async with open_runtime(settings) as runtime:
        app = BulltuiApp(runtime)
        async with hurried(), app.run_test(size=(140, 40)) as pilot:
            yield Person(app, runtime), pilot


class Pulse:
    """Measures for how long the loop served nobody else, in seconds of this thread: other programs do not count."""

    def __init__(self) -> None:
        self.longest_s = 0.0
        self._task = asyncio.ensure_future(self._beat())

    async def _beat(self) -> None:
        while True:
            before = time.thread_time()
            await asyncio.sleep(0)
            await asyncio.sleep(0.002)
            self.longest_s = max(self.longest_s, time.thread_time() - before)

    def end(self) -> None:
        """Measures no more."""
        self._task.cancel()


class Bulk:
    """Retries all failed jobs; `tries` are the outcomes, one after the other until all is done. `meanwhile` is called
    once, when some are done and others are not."""

    def __init__(self, runtime: Runtime, meanwhile: Callable[[], None]) -> None:
        self.runtime = runtime
        self.meanwhile = meanwhile
        self.begun = asyncio.Event()
        self.tries: list[Outcome | BulltuiError] = []

    async def run(self) -> None:
        """Until nothing is left, as a person would try again."""
        deadline = time.monotonic() + RECOVERED_S + 5
        while time.monotonic() < deadline:
            try:
                outcome = await self.runtime.runner.run(
                    Request(actions.Retry(), Every(PAY, JobState.FAILED)), on_progress=self._progress
                )
            except BulltuiError as error:
                self.tries.append(error)
                await asyncio.sleep(0.1)
                continue
            self.tries.append(outcome)
            if outcome.kind in (Kind.DONE, Kind.NOTHING) and not outcome.left:
                return
            await asyncio.sleep(0.1)
        raise AssertionError(f"the retry never came to its end: {self.tries[-3:]}")

    def _progress(self, progress: Progress) -> None:
        if progress.done and not self.begun.is_set():
            assert progress.done < JOBS
            self.begun.set()
            self.meanwhile()


async def search(runtime: Runtime, found: list[str]) -> None:
    """Looks for jobs, and goes on where it stopped."""
    query = parse("data:ann@example.com", runtime.clock.now_ms())
    looking = Search(runtime.finder, runtime.reader, runtime.clock, query, Scope((QueueRef("bull", "search"),)))
    deadline = time.monotonic() + RECOVERED_S + 5
    while time.monotonic() < deadline:
        try:
            async with aclosing(looking.steps()) as steps:
                async for step in steps:
                    found += [match.job.id for match in step.matches]
                    await asyncio.sleep(0.01)
                    if step.over:
                        return
        except BulltuiError:
            await asyncio.sleep(0.1)
    raise AssertionError("the search never came to its end")


async def follow(runtime: Runtime, follower: Follow, told: list[Event], gaps: list[Gap]) -> None:
    """Follows the retried queue."""
    async for handful in follower.told():
        told += [one for one in handful if isinstance(one, Event) and one.kind == "waiting"]
        gaps += [one for one in handful if isinstance(one, Gap)]


@pytest.mark.timeout(90)
@pytest.mark.parametrize("fault", tried(FAULTS, tuple(one for one in FAULTS if one.name in SOME)), ids=str)
async def test_a_fault_in_the_middle_of_everything(
    ground: Ground, fault: Fault, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO)
    fill(ground.raw)
    async with person(ground, tmp_path) as (who, pilot):
        bus = who.runtime.bus
        await who.until("it starts", lambda: len(bus.last.rows) == 2 and "pay" in who.text, 10)
        await pilot.press("enter")
        told: list[Event] = []
        gaps: list[Gap] = []
        found: list[str] = []
        follower = Follow(who.runtime.events, who.runtime.clock)
        follower.watch([PAY])
        following = asyncio.ensure_future(follow(who.runtime, follower, told, gaps))
        await who.until("events are followed", lambda: bool(follower.cursors), 10)
        bulk = Bulk(who.runtime, lambda: fault.begin(ground))
        work = [asyncio.ensure_future(bulk.run()), asyncio.ensure_future(search(who.runtime, found))]
        await asyncio.wait_for(bulk.begun.wait(), 10)
        pulse = Pulse()
        try:
            for key in ("down", "down", "]", "[", "down"):
                await pilot.press(key)
            if fault.says:
                await who.until(f"it says {fault.says!r}", lambda: fault.says in who.text, 8)
                assert "Traceback" not in who.text
                assert len(bus.last.rows) == 2  # what was there last stays
            else:
                await asyncio.sleep(0.5)
        finally:
            fault.end(ground)
        ended = time.monotonic()
        pulse.end()
        assert pulse.longest_s < 0.25, "keys had to wait"
        await who.until("it is back", lambda: _fresh(who, ended), RECOVERED_S)
        await asyncio.gather(*work)
        waiting = [int(one) for one in ground.raw.lrange(f"{P}:wait", 0, -1)]
        await who.until("all counts are right", lambda: f"waiting {JOBS // 1000}" in who.text, 10)
        await who.until("all events came", lambda: len(told) >= JOBS, 10)
        await pilot.press("1", "down", "enter")
        await who.until("a job is shown", lambda: "charge" in who.text, 10)
        await asyncio.sleep(0.3)
        following.cancel()
    assert sorted(waiting) == list(range(JOBS)), "each job waits once"
    assert ground.raw.zcard(f"{P}:failed") == 0
    assert not gaps
    twice = [job for job, times in Counter(one.job_id for one in told).items() if times > 1]
    assert not twice, twice[:5]
    assert len(told) == JOBS
    assert Counter(found) == Counter(str(number) for number in range(0, JOBS, JOBS // WANTED))
    sure = sum(one.done for one in bulk.tries if isinstance(one, Outcome))
    unsure = sum(one.unsure for one in bulk.tries if isinstance(one, Outcome))
    assert sure <= JOBS <= sure + unsure, bulk.tries
    _no_secret(tmp_path, caplog)


def _fresh(who: Person, ended: float) -> bool:
    """Whether the counts were read after the fault."""
    last = who.runtime.bus.last
    old_s = (who.runtime.clock.now_ms() - last.taken_at) / 1000
    return last.health.link is not Link.OFFLINE and old_s < time.monotonic() - ended


def _no_secret(folder: Path, caplog: pytest.LogCaptureFixture) -> None:
    for path in folder.rglob("*"):
        if path.is_file():
            assert PASSWORD.encode() not in path.read_bytes(), path
    assert PASSWORD not in caplog.text
    assert not [record for record in caplog.records if record.levelno >= logging.ERROR], caplog.text
