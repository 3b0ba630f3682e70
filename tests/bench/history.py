"""Ninety days of a thousand queues: how large the file is, and how long a chart takes.

The days are laid into the tables by the store's own code, a tier at a time: what a write every ten seconds would have
left there, in minutes instead of a day. `tests/history/test_size.py` holds the two against each other.
"""

import asyncio
import gc
import random
import sys
import tempfile
import time
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from bulltui.domain.charting import Ask, Measure, chart_of
from bulltui.domain.point import Flow, OfName, Point, Stand, beside
from bulltui.domain.queue import QueueRef
from bulltui.domain.sketch import Sketch, sketch_of
from bulltui.history import laying
from bulltui.history.file_history import FileHistory
from bulltui.history.files import history_path, open_history
from bulltui.history.rows import COLUMNS, Kept, kept_of, put, row_of
from bulltui.history.schema import open_to_write
from bulltui.history.tiers import (
    DAY,
    DAYS,
    HOUR,
    HOURS,
    MINUTE,
    MINUTES,
    NAME_DAYS,
    NAME_HOURS,
    TEN_SECONDS,
    Tier,
)
from bulltui.history.writing import TOTAL, Writer
from bulltui.services.clock import SystemClock
from bulltui.services.watch.protocols import STEP_MS, Written
from tests.bench.figures import Figure

BEGIN = 1_800_000_000_000 // DAY * DAY
SERVER = "bench:6379/0"
MAX_MB = 1500
NAMES = ("charge", "refund", "capture", "void", "notify")
TIMES = (Measure.WAIT_P50, Measure.WAIT_P95, Measure.WAIT_P99, Measure.RUN_P50, Measure.RUN_P95, Measure.RUN_P99)
ALL = (Measure.COMPLETED, Measure.FAILED, Measure.WAITING, Measure.ACTIVE, *TIMES)
_VARIANTS = 8


@dataclass(frozen=True)
class Load:
    """So many queues of each kind over so many days. A busy one ends a job a second, one that works now and then one to
    three in every twentieth step."""

    busy: int = 200
    now_and_then: int = 500
    idle: int = 300
    days: int = 90
    seed: int = 7

    @property
    def refs(self) -> list[QueueRef]:
        """All queues, the busy ones first."""
        return [QueueRef("bull", f"queue-{number:04}") for number in range(self.busy + self.now_and_then + self.idle)]


class Drawn:
    """Points drawn at random, of a few patterns, since to draw each would take longer than to write it."""

    def __init__(self, load: Load) -> None:
        self._load = load
        self.random = random.Random(load.seed)
        self._sketches: dict[tuple[int, int], list[Sketch]] = {}
        self._totals: dict[Tier, list[Kept]] = {}

    def _sketch(self, pattern: int, jobs: int) -> Sketch:
        pattern %= 40
        some = self._sketches.setdefault((pattern, jobs), [])
        if len(some) < (_VARIANTS if jobs < 1000 else 2):
            draw = self.random
            middle, spread = 3 + pattern % 8, 0.5 + pattern % 5 / 8
            some.append(sketch_of([draw.lognormvariate(middle, spread) for _ in range(jobs)]))
            return some[-1]
        return self.random.choice(some)

    def point(self, number: int, tier: Tier, at_ms: int) -> Point:
        """A queue over a step of a tier."""
        load, draw = self._load, self.random
        steps = tier.step_ms // STEP_MS
        if number < load.busy:
            jobs = 10 * steps
        elif number < load.busy + load.now_and_then:
            jobs = sum(draw.randint(1, 3) for _ in range(steps) if draw.random() < 0.05) if steps < 99 else steps // 10
        else:
            jobs = 0
        kept, workers = 1000 + number * 37, 1 + number % 9
        if not jobs:
            stand = Stand(reads=steps, completed=kept, failed=number % 50, failed_max=number % 50)
            return Point(at_ms, replace(stand, workers=workers, workers_min=workers))
        waiting, active, failed = draw.randrange(200), draw.randrange(1, 9), draw.randrange(90)
        stand = Stand(
            reads=steps,
            waiting=waiting,
            waiting_max=waiting + draw.randrange(50) * (steps > 1),
            active=active,
            active_max=active + (steps > 1),
            delayed=draw.randrange(20),
            failed=failed,
            failed_max=failed,
            completed=kept,
            oldest_ms=draw.randrange(60_000),
            workers=workers,
            workers_min=workers,
        )
        lost = jobs // 50
        flow = Flow(added=jobs, started=jobs, completed=jobs - lost, failed=lost, retried=lost)
        return Point(at_ms, stand, flow, self._sketch(number, jobs), self._sketch(number + 3, jobs))

    def total(self, tier: Tier, points: Sequence[Point]) -> Kept:
        """All queues together, of some that were added up before."""
        some = self._totals.setdefault(tier, [])
        if len(some) < _VARIANTS:
            some.append(kept_of(beside(points, 0), 0))
            return some[-1]
        return self.random.choice(some)

    def name(self, number: int, jobs: int) -> OfName:
        """Jobs of a name."""
        return OfName(jobs, jobs // 50, self._sketch(number, jobs), self._sketch(number + 1, jobs))


Rows = dict[int, list[tuple[int, tuple[object, ...]]]]
"""By the offset of a step in its hour or day: the number of a queue, and its columns."""


class Pattern:
    """An hour in each of the tiers below it, and a day, drawn once: all hours and days are like these, which is as
    large on the disk as if each were different."""

    def __init__(self, drawn: Drawn, numbers: Sequence[int]) -> None:
        self.rows: dict[Tier, Rows] = {}
        self.points: dict[int, list[Point]] = {}
        """The steps of ten seconds of the hour, by their offset in ms: the point of each queue."""
        minutes: dict[int, dict[int, Kept]] = {at: {} for at in range(0, HOUR, MINUTE)}
        self._steps(drawn, numbers, TEN_SECONDS, HOUR, minutes)
        self.rows[MINUTES] = _rows(MINUTES, minutes)
        hours: dict[int, dict[int, Kept]] = {at: {} for at in range(0, DAY, HOUR)}
        self._steps(drawn, numbers, HOURS, DAY, hours)
        self.rows[HOURS] = _rows(HOURS, hours)
        day: dict[int, Kept] = {}
        for kept in hours.values():
            _add(day, kept)
        self.rows[DAYS] = _rows(DAYS, {0: day})

    def _steps(
        self, drawn: Drawn, numbers: Sequence[int], tier: Tier, span: int, above: dict[int, dict[int, Kept]]
    ) -> None:
        steps: dict[int, dict[int, Kept]] = {}
        for at in range(0, span, tier.step_ms):
            points = [drawn.point(place, tier, at) for place in range(len(numbers))]
            if tier is TEN_SECONDS:
                self.points[at] = points
            looked = at + tier.step_ms - STEP_MS
            steps[at] = {number: kept_of(point, looked) for number, point in zip(numbers, points, strict=True)}
            steps[at][TOTAL] = replace(drawn.total(tier, points), looked=looked // STEP_MS, counted=looked // STEP_MS)
        self.rows[tier] = _rows(tier, steps)
        width = span // len(above)
        if tier is TEN_SECONDS:
            for at, kept in steps.items():
                _add(above[at // width * width], kept)
        else:
            above.update(steps)

    def lay(self, writer: Writer, tier: Tier, at_ms: int) -> None:
        """Writes an hour of a tier below the hours, or a day."""
        values = ", ".join("?" * (len(COLUMNS) + 1))
        first = tier.slot(at_ms)
        put(
            writer.base,
            f"INSERT INTO open_{tier.name} VALUES ({values})",
            (
                (tier.place(first + offset, number), *row)
                for offset, rows in self.rows[tier].items()
                for number, row in rows
            ),
        )


def _add(whole: dict[int, Kept], kept: dict[int, Kept]) -> None:
    for number, one in kept.items():
        whole.setdefault(number, Kept()).add(one)


def _rows(tier: Tier, steps: dict[int, dict[int, Kept]]) -> Rows:
    return {
        tier.slot(at): [(number, row_of(one, at)) for number, one in sorted(kept.items())] for at, kept in steps.items()
    }


def fill(path: Path, load: Load) -> int:
    """Writes the history; when it ends (epoch ms)."""
    base = open_to_write(path, SERVER, 1000)
    base.execute("PRAGMA synchronous = OFF")
    writer, drawn = Writer(base, MAX_MB * 1_000_000), Drawn(load)
    end = BEGIN + load.days * DAY
    base.execute("BEGIN")
    numbers = [writer.number(ref, DAYS.slot(end)) for ref in load.refs]
    base.execute("COMMIT")
    pattern = Pattern(drawn, numbers)
    names = {tier: _names(drawn, load, numbers, tier) for tier in (NAME_HOURS, NAME_DAYS)}
    for day in range(BEGIN, end, DAY):
        base.execute("BEGIN")
        for hour in range(day, day + DAY, HOUR):
            if hour >= end - TEN_SECONDS.keep_ms:
                pattern.lay(writer, TEN_SECONDS, hour)
            if hour >= end - MINUTES.keep_ms:
                pattern.lay(writer, MINUTES, hour)
            if hour >= end - NAME_HOURS.keep_ms:
                writer.put_names(NAME_HOURS, NAME_HOURS.slot(hour), names[NAME_HOURS], DAYS.slot(day))
        for tier in (HOURS, DAYS):
            if day >= end - tier.keep_ms:
                pattern.lay(writer, tier, day)
        writer.put_names(NAME_DAYS, NAME_DAYS.slot(day), names[NAME_DAYS], DAYS.slot(day))
        laying.lay(base, day + DAY)
        base.execute("COMMIT")
    base.close()
    return end


def _names(drawn: Drawn, load: Load, numbers: Sequence[int], tier: Tier) -> dict[tuple[int, str], OfName]:
    jobs = 60 * tier.step_ms // MINUTE
    found = {}
    for place, number in enumerate(numbers[: load.busy + load.now_and_then]):
        for which, name in enumerate(NAMES if place < load.busy else NAMES[:2]):
            some = jobs // 5 if place < load.busy else jobs // 20
            found[number, name] = drawn.name(place + which, some)
    return found


def measure(load: Load | None = None) -> list[Figure]:
    """Figures of the file and of what is asked of it."""
    load = load or Load()
    with tempfile.TemporaryDirectory() as folder:
        path = history_path(Path(folder), SERVER)
        begun = time.perf_counter()
        end = fill(path, load)
        print(f"{len(load.refs):,} queues for {load.days} days in {time.perf_counter() - begun:.0f} s", flush=True)
        return asyncio.run(charts(Path(folder), load, end))


async def charts(folder: Path, load: Load, end: int) -> list[Figure]:
    """Figures of a history that was filled up to a time."""
    history = open_history(folder, SERVER, max_mb=MAX_MB, clock=SystemClock())
    refs = load.refs
    assert await history.lead()
    drawn = Drawn(replace(load, seed=8))
    writes, own = [], []
    for step in range(60):
        at = end + step * STEP_MS
        written = Written(
            at,
            {ref: drawn.point(place, TEN_SECONDS, at) for place, ref in enumerate(refs)},
            {(ref, name): drawn.name(place, 2) for place, ref in enumerate(refs[: load.busy]) for name in NAMES},
            dict.fromkeys(refs, f"{at}-0"),
        )
        begun, cpu = time.perf_counter(), time.process_time()
        await history.write(written)
        writes.append((time.perf_counter() - begun) * 1000)
        own.append((time.process_time() - cpu) * 1000)
    size = (await history.state()).bytes
    gc.freeze()
    one, group = [refs[load.busy // 2]], refs[:50]
    figures = [
        Figure(f"history of {len(refs):,} queues for {load.days} days", size / 1e6, "MB", 1500),
        Figure("  a write of all queues, median", sorted(writes)[30], "ms"),
        Figure("    of it the processor", sorted(own)[30], "ms"),
        Figure("    the longest", max(writes), "ms"),
    ]
    asked_for: tuple[tuple[str, list[QueueRef] | None, int, int, float | None], ...] = (
        ("24 h of one queue, each minute", one, DAY, MINUTE, 50),
        ("24 h of all queues, each minute", None, DAY, MINUTE, 50),
        ("24 h of one queue, each 10 min", one, DAY, 10 * MINUTE, None),
        ("24 h of all queues, each 10 min", None, DAY, 10 * MINUTE, None),
        ("24 h of 50 queues, each 10 min", group, DAY, 10 * MINUTE, None),
        ("1 h of one queue, each 10 s", one, HOUR, STEP_MS, 50),
        ("7 days of one queue, each hour", one, 7 * DAY, HOUR, 50),
        ("90 days of one queue, each hour", one, load.days * DAY, HOUR, None),
        ("90 days of all queues, each hour", None, load.days * DAY, HOUR, None),
    )
    for what, asked, span, step_ms, limit in asked_for:
        ask = Ask(ALL, (end - span) // step_ms * step_ms, end, step_ms, tuple(asked or ()))
        figures.append(Figure(f"  {what}", await _chart(history, ask, load.days), "ms", limit))
    for span, limit in ((7, 50), (90, 50)):
        ask = Ask(ALL[:4], end - span * DAY, end, HOUR, tuple(one))
        figures.append(
            Figure(f"  {span} days of one queue, without times", await _chart(history, ask, load.days), "ms", limit)
        )
    week = end - 7 * DAY
    figures.append(Figure("  a week of each queue", await _timed(lambda: history.each(week, end, timings=True)), "ms"))
    figures.append(Figure("  a week of each name", await _timed(lambda: history.names(None, week, end)), "ms"))
    await history.close()
    return figures


async def _chart(history: FileHistory, ask: Ask, days: int) -> float:
    timings = any(measure in TIMES for measure in ask.measures)

    async def chart() -> None:
        found = await history.points(ask.refs or None, ask.start_ms, ask.end_ms, ask.step_ms, timings=timings)
        assert sum(one is not None for one in found) > 0.9 * min(len(found), days * DAY // ask.step_ms)
        chart_of(found, ask)

    return await _timed(chart)


async def _timed(what: Callable[[], Awaitable[object]], times: int = 5) -> float:
    """The median of some calls, in ms."""
    took = []
    for _ in range(times):
        begun = time.perf_counter()
        await what()
        took.append((time.perf_counter() - begun) * 1000)
    return sorted(took)[times // 2]


def main() -> int:
    """Measures by itself."""
    from tests.bench.figures import table

    figures = measure(Load(days=int(sys.argv[1])) if len(sys.argv) > 1 else None)
    print(table(figures))
    return int(any(figure.held is False for figure in figures))


if __name__ == "__main__":
    sys.exit(main())
