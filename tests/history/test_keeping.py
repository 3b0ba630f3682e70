"""How long what is kept, in how many bytes, and what a chart shows over the edge of that."""

import itertools
import random
import sqlite3
from collections.abc import Iterator
from pathlib import Path
from unittest import mock

import pytest

from bulltui.domain.point import NAMES_A_QUEUE, OTHER_NAMES, Flow, OfName, Point, Stand
from bulltui.domain.queue import QueueRef
from bulltui.domain.sketch import sketch_of
from bulltui.history import laying, reading, room, tiers
from bulltui.history.rows import COLUMNS
from bulltui.history.schema import open_to_write
from bulltui.history.tiers import DAY, DAYS, HOUR, HOURS, MINUTE, MINUTES, NAME_HOURS, TEN_SECONDS, Tier
from bulltui.history.writing import Writer
from bulltui.services.watch.protocols import STEP_MS, Written
from tests.history.support import BEGIN

_ALL = ", ".join(COLUMNS)
MAIL = QueueRef("bull", "mail")
OTHER = QueueRef("bull", "other")
_STAND = Stand(reads=1, waiting=4, waiting_max=4)


@pytest.fixture
def base(tmp_path: Path) -> Iterator[sqlite3.Connection]:
    opened = open_to_write(tmp_path / "a.db", "here", 100)
    opened.execute("PRAGMA synchronous = OFF")
    yield opened
    opened.close()


def _written(at: int, ref: QueueRef = MAIL, added: int = 1) -> Written:
    return Written(at, {ref: Point(at, _STAND, Flow(added=added), run=sketch_of([100.0]))})


def _added(base: sqlite3.Connection, start: int, end: int, step: int) -> list[int | None]:
    found = reading.points(base, [MAIL], start, end, step, timings=True)
    return [None if one is None else one.flow.added for one in found]


def _slots(base: sqlite3.Connection, tier: Tier) -> list[int]:
    rows = laying.rows(base, tier, tier.slot(BEGIN), tier.slot(BEGIN + 10 * DAY), [1], _ALL)
    return [slot for _, slot, _ in rows]


def test_each_tier_keeps_its_time_and_a_chart_is_whole_over_the_edge(base: sqlite3.Connection) -> None:
    writer = Writer(base, 10**9)
    end = BEGIN + 5 * DAY
    with mock.patch.object(room, "_AT_ONCE", dict.fromkeys(tiers.TIERS, 10**6)):
        for at in range(BEGIN, end, 5 * MINUTE):
            writer.write(_written(at))
    last = end - 5 * MINUTE
    for tier in (TEN_SECONDS, MINUTES):
        oldest = tier.slot(last - tier.keep_ms - 5 * MINUTE)  # by the step before the last
        assert _slots(base, tier)[0] in range(oldest - tier.drop, oldest + 31)
        assert room.floor_ms(base, tier) <= last - tier.keep_ms
    assert _slots(base, HOURS)[0] == HOURS.slot(BEGIN)
    # In minutes: the first days are told by the hours, in equal parts, and nothing is told twice or left out.
    found = _added(base, BEGIN, end, MINUTE)
    assert sum(one or 0 for one in found) == (end - BEGIN) // (5 * MINUTE)
    assert None not in found[: DAY // MINUTE]
    assert found[-10:] == [1, None, None, None, None, 1, None, None, None, None]
    # In steps of ten seconds over the edge of the finest tier: minutes tell what was before.
    edge = room.floor_ms(base, TEN_SECONDS)
    assert sum(one or 0 for one in _added(base, edge - HOUR, edge + HOUR, STEP_MS)) == 24
    # A queue over a span whose begin is no longer kept to the second.
    assert reading.each(base, BEGIN + 30 * MINUTE, end, timings=True)[MAIL].flow.added == 5 * 288
    assert reading.each(base, BEGIN + 90 * MINUTE, BEGIN + 3 * HOUR, timings=True)[MAIL].flow.added == 24
    assert base.execute("PRAGMA integrity_check").fetchall() == [("ok",)]


def test_a_clock_that_was_wrong_for_a_moment_costs_little(base: sqlite3.Connection) -> None:
    writer = Writer(base, 10**9)
    for number in range(400):
        writer.write(_written(BEGIN + number * STEP_MS))
    before = len(_slots(base, TEN_SECONDS)), len(_slots(base, MINUTES))
    writer.write(_written(BEGIN + 30 * 365 * DAY))
    writer.write(_written(0))
    for number in range(400, 420):
        writer.write(_written(BEGIN + number * STEP_MS))
    after = len(_slots(base, TEN_SECONDS)), len(_slots(base, MINUTES))
    assert after[0] >= before[0] + 20
    assert after[1] >= before[1]
    assert sum(one or 0 for one in _added(base, BEGIN, BEGIN + DAY, HOUR)) == 420


def test_what_stands_idle_costs_nothing(base: sqlite3.Connection) -> None:
    writer = Writer(base, 10**9)
    idle = Point(0, Stand(reads=1, completed=70, workers=2, workers_min=2))
    with mock.patch.object(room, "drop"):
        for number in range(3 * 360 + 2):
            at = BEGIN + number * STEP_MS
            writer.write(Written(at, {MAIL: idle}))
    assert base.execute("SELECT count(*) FROM laid_m1").fetchone()[0] == 3 * 2  # all queues together are one as well
    found = reading.points(base, [MAIL], BEGIN, BEGIN + 3 * HOUR, MINUTE, timings=True)
    assert {one and one.stand for one in found} == {Stand(reads=6, completed=70, workers=2, workers_min=2)}
    # One that comes late divides what was one row.
    late = BEGIN + 30 * MINUTE
    writer.write(Written(late, {MAIL: Point(late, flow=Flow(added=5))}))
    found = reading.points(base, [MAIL], BEGIN, BEGIN + 3 * HOUR, MINUTE, timings=True)
    assert [one.flow.added for one in found if one] == [0] * 30 + [5] + [0] * 149


def test_the_file_keeps_its_size_by_giving_up_the_oldest_of_the_finest(tmp_path: Path) -> None:
    path = tmp_path / "a.db"
    base = open_to_write(path, "here", room.log_pages(1_500_000))
    draw = random.Random(5)
    refs = [QueueRef("bull", f"q{number}") for number in range(12)]
    writer = Writer(base, 1_500_000)
    largest = 0
    for number in range(220):
        at = BEGIN + number * MINUTE
        run = sketch_of(draw.lognormvariate(7, 2) for _ in range(80))
        writer.write(Written(at, {ref: Point(at, _STAND, Flow(added=1), run, run) for ref in refs}))
        largest = max(largest, room.file_bytes(path))
    assert largest <= 1_500_000
    # The hours have all of it, minutes and steps only the last.
    found = reading.points(base, refs[:1], BEGIN, BEGIN + 12 * HOUR, HOUR, timings=True)
    assert sum(one.flow.added for one in found if one) == 220
    assert 0 < len(_slots(base, TEN_SECONDS)) < len(_slots(base, MINUTES))
    base.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchall()
    smaller = Writer(base, 700_000)
    for number in range(220, 250):
        smaller.write(_written(BEGIN + number * MINUTE))
    base.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchall()
    assert room.file_bytes(path) <= 700_000
    assert base.execute("PRAGMA integrity_check").fetchall() == [("ok",)]
    base.close()


def test_no_more_names_are_told_apart_than_shall_be(base: sqlite3.Connection) -> None:
    writer = Writer(base, 10**9)
    numbers = itertools.count()
    one = OfName(completed=1, run=sketch_of([10.0]))
    for step in range(40):
        names = {(MAIL, f"name-{next(numbers)}"): one for _ in range(5)}
        writer.write(Written(BEGIN + step * 6 * MINUTE, names={**names, (MAIL, "often"): one, (OTHER, "often"): one}))
    assert base.execute("SELECT max(n) FROM (SELECT count(*) n FROM names_h1 GROUP BY slot, series)").fetchone() == (
        51,
    )
    found = reading.names(base, None, BEGIN, BEGIN + DAY)
    assert len([name for ref, name in found if ref == MAIL]) == NAMES_A_QUEUE + 1
    assert sum(one.completed for (ref, _), one in found.items() if ref == MAIL) == 240
    assert found[MAIL, "often"].completed == found[OTHER, "often"].completed == 40
    assert found[MAIL, OTHER_NAMES].run.total == found[MAIL, OTHER_NAMES].completed
    assert set(reading.names(base, [OTHER], BEGIN, BEGIN + DAY)) == {(OTHER, "often")}


def test_names_of_long_ago_are_told_by_days(base: sqlite3.Connection) -> None:
    writer = Writer(base, 10**9)
    for day in range(20):
        for hour in (3, 20):
            at = BEGIN + day * DAY + hour * HOUR
            writer.write(Written(at, {MAIL: Point(at, _STAND)}, {(MAIL, "charge"): OfName(completed=1)}))
    assert room.floor_ms(base, NAME_HOURS) > BEGIN
    assert reading.names(base, None, BEGIN, BEGIN + 20 * DAY)[MAIL, "charge"].completed == 40
    assert reading.names(base, None, BEGIN + DAY + 10 * HOUR, BEGIN + 2 * DAY)[MAIL, "charge"].completed == 2
    assert reading.names(base, None, BEGIN + 19 * DAY + 10 * HOUR, BEGIN + 20 * DAY)[MAIL, "charge"].completed == 1


def test_a_queue_of_which_nothing_is_left_is_forgotten(base: sqlite3.Connection) -> None:
    writer = Writer(base, 10**9)
    writer.write(Written(BEGIN, {OTHER: Point(BEGIN, _STAND)}, {(OTHER, "x"): OfName(1)}, {OTHER: "1-0"}))
    for at in range(BEGIN + 760 * DAY, BEGIN + 765 * DAY, 6 * HOUR):
        writer.write(_written(at))
    assert base.execute("SELECT name FROM series").fetchall() == [(b"mail",)]
    assert reading.cursors(base) == {}
    assert base.execute("SELECT count(*) FROM name WHERE text = ?", (b"x",)).fetchone() == (0,)
    at = BEGIN + 765 * DAY
    writer.write(Written(at, {OTHER: Point(at, _STAND)}))
    assert set(reading.each(base, at, at + STEP_MS, timings=True)) == {OTHER}
    assert DAYS.slot(BEGIN) not in [slot for _, slot, _ in laying.rows(base, DAYS, 0, 10**6, None, _ALL)]


def test_a_fill_beyond_what_is_kept_goes_to_the_tiers_that_keep_it(base: sqlite3.Connection) -> None:
    writer = Writer(base, 10**9)
    now = BEGIN + 100 * DAY
    ages = (2 * DAY, 10 * DAY, 95 * DAY, 800 * DAY)
    filled = [Point((now - age) // MINUTE * MINUTE, flow=Flow(completed=3)) for age in sorted(ages, reverse=True)]
    writer.fill(MAIL, filled, MINUTE, now)
    counts = {tier.name: len(list(laying.rows(base, tier, 0, 10**9, [1], "added"))) for tier in tiers.TIERS}
    assert counts == {"s10": 0, "m1": 1, "h1": 2, "d1": 3}
    writer.fill(MAIL, filled, MINUTE, now)  # what is there stays as it is
    found = reading.each(base, now - 1000 * DAY, now, timings=True)
    assert found[MAIL].flow.completed == 9
