"""Minutes of BullMQ's metrics, with the idle ones that nobody wrote."""

from hypothesis import given
from hypothesis import strategies as st

from bulltui.domain.series import MetricSeries, totals

NOW = 1_700_000_000_000
MINUTE = 60_000


def test_newest_last() -> None:
    assert MetricSeries(9, NOW, 9, (3, 2, 1)).per_minute(NOW + 5, 3) == (1, 2, 3)


def test_idle_minutes_are_zero() -> None:
    series = MetricSeries(9, NOW, 9, (3, 2, 1))
    assert series.per_minute(NOW + 2 * MINUTE, 4) == (2, 3, 0, 0)
    assert series.per_minute(NOW + 3 * MINUTE - 1, 5) == (1, 2, 3, 0, 0)
    assert series.per_minute(NOW + 10**15, 4) == (0, 0, 0, 0)


def test_short_and_absent() -> None:
    assert MetricSeries(9, NOW, 9, (3,)).per_minute(NOW, 4) == (0, 0, 0, 3)
    assert MetricSeries().per_minute(NOW, 4) == (0, 0, 0, 0)
    assert not MetricSeries().kept
    assert MetricSeries(count=1).kept


@given(
    st.integers(),
    st.integers(),
    st.lists(st.integers(), max_size=20),
    st.integers(),
    st.integers(min_value=0, max_value=50),
)
def test_length_is_what_was_asked_for(count: int, rolled: int, points: list[int], now: int, minutes: int) -> None:
    assert len(MetricSeries(count, rolled, 0, tuple(points)).per_minute(now, minutes)) == minutes


def test_totals() -> None:
    assert totals([(1, 2), (3, 4)]) == (4, 6)
    assert totals([]) == ()
