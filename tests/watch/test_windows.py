"""The last hour in memory: what was put in comes out, in steps at first and in minutes later, however it came in."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bulltui.domain.point import Flow, Point, Stand
from bulltui.domain.sketch import sketch_of
from bulltui.services.watch.gathered import Gathered
from bulltui.services.watch.windows import Windows
from tests.thorough import tried
from tests.watch.recording import MAIL, PAY, START, TurnedClock

STEP = 10_000


def moved(at_ms: int, number: int = 1) -> Point:
    return Point(
        at_ms, Stand(reads=1, waiting=2, active=number), Flow(number, number, number, 0), run=sketch_of([50.0] * number)
    )


def still(at_ms: int) -> Point:
    return Point(at_ms, Stand(reads=2, waiting=2, paused=1))


def test_a_span_begins_at_the_nearest_step() -> None:
    windows = Windows(TurnedClock(START + 60_000))
    for number in range(6):
        windows.add(MAIL, moved(START + number * STEP))
    found = windows.over(MAIL, 30)
    assert (found.at_ms, found.flow.completed, found.run.total) == (START + 30_000, 3, 3)
    assert windows.over(MAIL, 3600).flow.completed == 6
    assert windows.covers(MAIL) == 60
    assert windows.over(PAY, 60) == Point(START)
    assert windows.covers(PAY) == windows.covers(None) == 0


def test_what_is_not_over_yet_is_there() -> None:
    running = Gathered()
    running.completed = 5
    windows = Windows(TurnedClock(START + 13_000), lambda ref, since_ms: [(START + STEP, running)])
    windows.add(MAIL, moved(START))
    assert windows.over(MAIL, 60).flow.completed == 6
    assert windows.flow(MAIL, 60).completed == 6


def test_what_stands_still_is_kept_once_and_counted_as_often_as_it_was() -> None:
    clock = TurnedClock(START)
    windows = Windows(clock)
    for number in range(360):
        windows.add(MAIL, still(START + number * STEP))
        clock.now = START + (number + 1) * STEP
    assert len(windows._lanes[MAIL].packs) == 1
    assert windows.over(MAIL, 600).stand.reads == 120
    assert windows.over(MAIL, 600).stand.paused == 60
    assert windows.over(MAIL, 3600).stand.reads == 720


def test_what_comes_late_goes_where_it_belongs() -> None:
    windows = Windows(TurnedClock(START + 60_000))
    for number in range(6):
        windows.add(MAIL, still(START + number * STEP))
    windows.add(MAIL, Point(START + 2 * STEP, flow=Flow(completed=4)))
    assert windows.over(MAIL, 30).flow.completed == 0
    assert windows.over(MAIL, 40).flow.completed == 4
    assert windows.over(MAIL, 60).stand.reads == 12
    windows.add(MAIL, moved(START - 5 * STEP, 3))
    assert windows.over(MAIL, 3600).flow.completed == 7


def test_more_than_an_hour_ago_is_forgotten() -> None:
    clock = TurnedClock(START)
    windows = Windows(clock)
    for number in range(800):
        clock.now = START + number * STEP
        windows.add(MAIL, moved(clock.now))
    windows.add(MAIL, moved(START))
    assert len(windows._lanes[MAIL].packs) < 100
    assert windows.covers(MAIL) == 3600
    assert windows.over(MAIL, 3600).flow.completed == pytest.approx(360, abs=6)  # the first minute is there as a whole


@settings(max_examples=tried(300, 30), deadline=None)
@given(st.lists(st.tuples(st.integers(0, 359), st.integers(0, 3)), max_size=60), st.integers(0, 3600))
def test_sums_are_those_of_what_was_put_in(steps: list[tuple[int, int]], seconds: int) -> None:
    clock = TurnedClock(START)
    windows = Windows(clock)
    for at, number in sorted(steps):
        clock.now = START + (at + 1) * STEP
        windows.add(MAIL, moved(START + at * STEP, number) if number else still(START + at * STEP))
    clock.now = START + 3_600_000
    found = windows.over(MAIL, 3600)
    assert found.flow.completed == sum(number for _, number in steps)
    assert found.run.total == found.flow.completed
    assert found.stand.reads == sum(1 if number else 2 for _, number in steps)
    assert windows.flow(MAIL, seconds) == windows.over(MAIL, seconds).flow


def test_numbers_beyond_all_bounds_are_kept_as_the_greatest() -> None:
    windows = Windows(TurnedClock(START + STEP))
    windows.add(MAIL, Point(START, Stand(reads=1, oldest_ms=2**40, workers=None), Flow(completed=1)))
    found = windows.over(MAIL, 60).stand
    assert (found.oldest_ms, found.workers) == (2**32 - 2, None)
