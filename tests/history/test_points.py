"""Points as rows, points in parts, and the order in which they come."""

from dataclasses import replace
from functools import reduce

from hypothesis import given, settings
from hypothesis import strategies as st

from bulltui.domain.point import Flow, Point, Stand, after, beside, part_of, stand_after, stand_beside
from bulltui.history.rows import LOOK, Kept, kept_from, kept_of, point_of, row_of
from tests.history import strategies as some
from tests.thorough import tried

_many = settings(max_examples=tried(1000, 30), deadline=None)
_AT = 1_800_000_000_000


def _kept(kept: Kept) -> tuple[object, ...]:
    return kept.stand, kept.flow, kept.wait, kept.run, kept.looked, kept.counted


@_many
@given(some.points, st.integers(0, 300))
def test_a_row_says_all_of_a_point(point: Point, late: int) -> None:
    kept = kept_of(point, _AT + late * LOOK)
    row = row_of(kept, _AT)
    assert point_of(row, 5) == replace(point, at_ms=5)
    assert point_of(row[:-2], 5) == Point(5, point.stand, point.flow)
    assert _kept(kept_from(row, _AT)) == _kept(kept)


@_many
@given(st.lists(some.points, min_size=1, max_size=6), st.randoms())
def test_the_order_in_which_points_come_does_not_matter(points: list[Point], random: object) -> None:
    placed = list(enumerate(points))
    random.shuffle(placed)  # type: ignore[attr-defined]
    whole = Kept()
    for number, point in placed:
        whole.add(kept_of(point, _AT + number * LOOK))
    assert Point(5, whole.stand, whole.flow, whole.wait, whole.run) == after(points, 5)


def test_workers_are_those_of_the_last_look_that_knew_them() -> None:
    whole = Kept()
    for number, workers in ((0, 3), (2, None), (1, 4)):
        whole.add(kept_of(Point(0, Stand(reads=1, workers=workers, workers_min=workers)), _AT + number * LOOK))
    assert (whole.stand.workers, whole.stand.workers_min) == (4, 3)


@_many
@given(some.points, st.integers(1, 60))
def test_the_parts_of_a_point_have_all_its_jobs(point: Point, parts: int) -> None:
    each = [part_of(point, number, parts, number) for number in range(parts)]
    assert sum((one.flow for one in each), Flow()) == point.flow
    assert {one.stand for one in each} == {point.stand}
    assert all(one.wait == point.wait and one.run == point.run for one in each)
    assert max(one.flow.added for one in each) - min(one.flow.added for one in each) <= 1


@_many
@given(st.lists(some.points, max_size=6))
def test_many_at_a_go_are_what_they_are_one_by_one(points: list[Point]) -> None:
    stands = [one.stand for one in points]
    assert after(points, 0).stand == reduce(stand_after, stands, Stand())
    assert beside(points, 0).stand == reduce(stand_beside, stands, Stand())
    assert after(points, 0).flow == beside(points, 0).flow == sum((one.flow for one in points), Flow())


@_many
@given(some.points, some.points, some.points)
def test_points_go_together_in_any_grouping(one: Point, two: Point, three: Point) -> None:
    assert (
        after((after((one, two), 0), three), 0)
        == after((one, after((two, three), 0)), 0)
        == after((one, two, three), 0)
    )
    assert beside((beside((one, two), 0), three), 0) == beside((three, beside((two, one), 0)), 0)
