"""What holds a queue up and how fast it is, held against the library's own workers: for each verdict a queue that goes
on like that while it is looked at."""

import asyncio
import statistics
import time
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
    library says of them, with when their jobs began and ended."""

    library: Library
    database: int
    each: dict[str, Limited]
    together: dict[str, Limited]
    theirs: dict[str, Any]
    ttl: dict[str, int]
    times: dict[str, list[tuple[int, int]]]
    ended_ms: float


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
        ended = time.time() * 1000
        times = {name: _times(client, name) for name in ("limited", "slower")}
        theirs = {name: library("paced", database, queue=name) for name in SAID}
        ttl = {name: int(client.pttl(f"{PREFIX}:{name}:limiter")) for name in SAID}
        library("unpaced", database)
        library("stop", database)
        yield Looked(library, database, each, together, theirs, ttl, times, ended)
        client.flushdb()


def _times(client: Any, name: str) -> list[tuple[int, int]]:
    """When the library says that its workers took each of the jobs, and when they were done with it; 0 where they are
    not."""
    ids = client.execute_command("ZRANGE", f"{PREFIX}:{name}:completed", 0, -1)
    ids += client.execute_command("LRANGE", f"{PREFIX}:{name}:active", 0, -1)
    keys = [f"{PREFIX}:{name}:{one.decode()}" for one in ids]
    times = [client.execute_command("HMGET", one, "processedOn", "finishedOn") for one in keys]
    return sorted((int(began), int(ended or 0)) for began, ended in times)


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
    together = asyncio.create_task(limits_of_all(runtime, rows, 2.0))
    each = await asyncio.gather(*(limits_of_queue(runtime, QueueRef(PREFIX, name), 2.0) for name in SAID))
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
    # 25 begin together with each window and pause before the next; when that of the first ones began nobody knows.
    begins = [began for began, _ in looked.times["limited"]][::25][1:]
    for where in (looked.each, looked.together):
        numbers = where["limited"].found.numbers
        assert numbers.limit_per_minute == 3750
        assert numbers.started is not None
        assert numbers.started <= 3750 * 1.005, numbers
        count = round(numbers.started * numbers.starts_ms / 60_000)
        windows = max(1, round(count / 25))
        # How long so many windows took at some time, by the library's own clock. On a machine that is very busy workers
        # may be too slow for the limit now and then: what a window lacks then is less than one job in each.
        took = [end - begin for begin, end in zip(begins, begins[windows:], strict=False)]
        paces = [windows * 25 * 60_000 / ms for ms in took]
        assert min(abs(pace - numbers.started) for pace in paces) <= numbers.started * WITHIN, (numbers, paces)
        assert numbers.limited is not None
        assert numbers.limited > 0.2


def test_how_fast_it_grows_and_when_it_is_empty(looked: Looked) -> None:
    for name in ("growing", "draining"):
        numbers, theirs = looked.each[name].found.numbers, looked.theirs[name]
        assert numbers.growth is not None
        # One looked for a while that ended at some time in the last two seconds.
        could_be: list[float] = []
        left: list[float] = []
        for end in range(int(looked.ended_ms) - 2000, int(looked.ended_ms) + 1, 50):
            added, ended = (
                sum(end - numbers.span_ms < at <= end for at in theirs[what]) * 60_000 / numbers.span_ms
                for what in ("added", "ended")
            )
            could_be.append(added - ended)
            waits = sum(at <= end for at in theirs["added"]) - sum(at <= end for at in theirs["ended"])
            left.append(waits / max(0.1, ended - added) * 60_000)
        slack = 0.05 * max(map(abs, could_be))
        assert min(could_be) - slack <= numbers.growth <= max(could_be) + slack, numbers
        if name == "growing":
            assert numbers.drains_ms is None
        else:
            assert numbers.drains_ms is not None
            assert min(left) * 0.95 <= numbers.drains_ms <= max(left) * 1.05, numbers


def test_jobs_are_as_slow_as_they_are(looked: Looked) -> None:
    numbers = looked.each["slower"].found.numbers
    since = looked.ended_ms - numbers.span_ms
    theirs = [ended - began for began, ended in looked.times["slower"] if since < ended <= looked.ended_ms]
    assert numbers.run_p50 == pytest.approx(statistics.median_low(theirs), rel=0.25), numbers
    assert numbers.run_p50 is not None
    assert numbers.run_p50 >= 59
    assert numbers.before_p50 is not None
    assert 9 <= numbers.before_p50 < numbers.run_p50 / 1.5, numbers
