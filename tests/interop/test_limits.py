"""What holds a queue up and how fast it is, held against the library's own workers: for each verdict a queue that goes
on like that while it is looked at."""

import asyncio
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass, replace
from typing import Any

import pytest
from redis import Redis

from bulltui.config.settings import Settings
from bulltui.domain.bottleneck import Verdict, Window
from bulltui.domain.point import Point
from bulltui.domain.queue import QueueRef
from bulltui.domain.sketch import sketch_of
from bulltui.services.limits import Limited, limits_of_all, limits_of_queue
from bulltui.services.overview import overview
from bulltui.wiring import Runtime, open_runtime
from tests.fake_watch import FakeHistory
from tests.interop.library import PREFIX, Library
from tests.interop.stand import Stand

DATABASES = {"5": 7, "6": 8}
WITHIN = 0.02
V = Verdict
SAID = {
    "limited": (V.RATE_LIMITED, True),
    "limited-long": (V.RATE_LIMITED, True),
    "held": (V.RATE_LIMITED, True),
    "own-limit": (V.RATE_LIMITED, False),
    "paused": (V.PAUSED, True),
    "no-workers": (V.NO_WORKERS, True),
    "saturated": (V.SATURATED, True),
    "shut": (V.SATURATED, True),
    "growing": (V.GROWING, True),
    "draining": (V.DRAINING, True),
    "starved": (V.STARVED, True),
    "idle": (V.IDLE, True),
    "slower": (V.SLOWER, True),
}
"""Each queue, the verdict on it, and whether that is sure."""


@dataclass(frozen=True)
class Looked:
    """All queues of one version of the library, looked at side by side: each by itself, all together, and what the
    library says of them."""

    library: Library
    database: int
    each: dict[str, Limited]
    together: dict[str, Limited]
    theirs: dict[str, Any]
    ttl: dict[str, int]


@pytest.fixture(scope="module", params=DATABASES)
def looked(request: pytest.FixtureRequest, stand: Stand) -> Iterator[Looked]:
    database = DATABASES[request.param]
    library = stand.library(request.param)
    with ExitStack() as stack:
        client = stack.enter_context(Redis(port=stand.server.port, db=database))
        client.flushdb()
        runtime = stand.open(stack, open_runtime(Settings(url=f"{stand.server.url}/{database}"), live=False))
        history = FakeHistory()
        vars(runtime)["history"] = history
        for name in SAID:
            library("pace", database, queue=name)
        # Jobs get slower while one looks away; how they were stands in the history as of an hour ago.
        ref = QueueRef(PREFIX, "slower")
        fast = _took(stand, runtime, ref)
        library("paced", database, queue="slower", ms=60)
        now = runtime.clock.now_ms()
        history.points[ref] = [replace(fast.point, at_ms=now - 3_600_000)]
        each, together = stand.wait(_look(runtime))
        theirs = {name: library("paced", database, queue=name) for name in SAID}
        ttl = {name: int(client.pttl(f"{PREFIX}:{name}:limiter")) for name in SAID}
        library("unpaced", database)
        library("stop", database)
        yield Looked(library, database, each, together, theirs, ttl)
        client.flushdb()


def _took(stand: Stand, runtime: Runtime, ref: QueueRef) -> Window:
    async def wait() -> Window:
        while True:
            found = (await limits_of_queue(runtime, ref, 0.1)).found.numbers
            if found.runs >= 30:
                assert found.run_p50 is not None
                return Window(Point(0, run=sketch_of([found.run_p50] * found.runs)), 600_000)

    return stand.wait(asyncio.wait_for(wait(), 10))


async def _look(runtime: Runtime) -> tuple[dict[str, Limited], dict[str, Limited]]:
    rows = (await overview(runtime.reader, runtime.clock, (PREFIX,), ())).rows
    together = asyncio.create_task(limits_of_all(runtime, rows, 2.5))
    each = await asyncio.gather(*(limits_of_queue(runtime, QueueRef(PREFIX, name), 2.5) for name in SAID))
    return dict(zip(SAID, each, strict=True)), {one.row.ref.name: one for one in await together}


@pytest.mark.parametrize("name", SAID)
def test_the_verdict(looked: Looked, name: str) -> None:
    verdict, sure = SAID[name]
    found = looked.each[name].found
    if name == "starved" and found.numbers.waiting:  # that was the moment in which a job came
        assert found.verdict is V.FINE
    else:
        assert (found.verdict, found.sure) == (verdict, sure), found
    # Of all queues at once nobody asks which workers wait for a job.
    less = {V.STARVED: {V.STARVED, V.FINE}}
    assert looked.together[name].found.verdict in less.get(verdict, {verdict}), looked.together[name].found


def test_the_limit_its_counter_and_its_ttl(looked: Looked) -> None:
    limit = looked.each["limited-long"].found.numbers.limit
    assert (limit.maximum, limit.duration_ms, limit.used) == (5, 600_000, 5)
    assert limit.ttl_ms == pytest.approx(looked.ttl["limited-long"], rel=WITHIN)
    held = looked.each["held"].found.numbers.limit
    assert held.manual
    assert held.ttl_ms == pytest.approx(looked.ttl["held"], rel=WITHIN)
    own = looked.each["own-limit"].found.numbers.limit
    assert (own.maximum, own.used) == (None, 1)
    assert own.ttl_ms == pytest.approx(looked.ttl["own-limit"], rel=WITHIN)


def test_as_many_start_as_the_workers_of_the_library_started(looked: Looked) -> None:
    theirs = looked.theirs["limited"]
    # 25 begin together with each window, and pause before the next. While the other queues were made the library had
    # no time to take note of when.
    begins = [at for place, at in enumerate(theirs["started"]) if place % 25 == 0 and at > theirs["now"] - 2500]
    whole = (len(begins) - 1) * 25 * 60_000 / (begins[-1] - begins[0])
    for where in (looked.each, looked.together):
        numbers = where["limited"].found.numbers
        assert numbers.limit_per_minute == 3750
        assert numbers.started is not None
        assert numbers.started == pytest.approx(whole, rel=WITHIN), numbers
        assert numbers.started <= 3750 * 1.005, numbers
        assert numbers.limited is not None
        assert numbers.limited > 0.5


def test_how_fast_it_grows_and_when_it_is_empty(looked: Looked) -> None:
    for name in ("growing", "draining"):
        numbers, theirs = looked.each[name].found.numbers, looked.theirs[name]
        added, ended = (_per_minute(theirs[what]) for what in ("added", "ended"))
        assert numbers.growth == pytest.approx(added - ended, rel=0.1), numbers
    assert looked.each["growing"].found.numbers.drains_ms is None
    numbers, theirs = looked.each["draining"].found.numbers, looked.theirs["draining"]
    assert numbers.drains_ms is not None
    left = len(theirs["added"]) - len(theirs["ended"])
    pace = _per_minute(theirs["ended"]) - _per_minute(theirs["added"])
    assert numbers.drains_ms == pytest.approx(left / pace * 60_000, rel=0.15)


def _per_minute(times: list[int]) -> float:
    """Of the last two seconds."""
    return sum(at > times[-1] - 2000 for at in times) * 30


def test_jobs_are_as_slow_as_they_are(looked: Looked) -> None:
    numbers = looked.each["slower"].found.numbers
    assert numbers.run_p95 is not None
    assert 60 <= numbers.run_p95 < 90, numbers
    assert numbers.before_p50 is not None
    assert 9 <= numbers.before_p50 < 30, numbers
