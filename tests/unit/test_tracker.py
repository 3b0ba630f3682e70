"""Rates and trends of queues over time."""

import pytest

from bulltui.domain.layout import Layout, LayoutVerdict
from bulltui.domain.queue import Counts, Queue, QueueRef
from bulltui.domain.series import MINUTE_MS, MetricSeries
from bulltui.services.tracker import TREND_POINTS, Tracker

REF = QueueRef("bull", "mail")


def queue(added: int, waiting: int = 0, completed_total: int | None = None, failed_total: int | None = None) -> Queue:
    return Queue(
        REF,
        Counts(waiting=waiting),
        LayoutVerdict(Layout.V5),
        added=added,
        completed_total=completed_total,
        failed_total=failed_total,
    )


def test_one_read_gives_no_rate() -> None:
    assert Tracker().add(queue(10), 0).added is None


def test_rates_are_per_minute_over_the_last_minute() -> None:
    tracker = Tracker()
    tracker.add(queue(0), 0)
    rates = tracker.add(queue(30, waiting=10), 30_000)
    assert (rates.added, rates.finished, rates.estimated) == (60.0, 40.0, True)


def test_old_reads_leave_the_window() -> None:
    tracker = Tracker()
    tracker.add(queue(0), 0)
    for second in range(10, 130, 10):
        rates = tracker.add(queue(100), second * 1000)
    assert rates.added == 0.0


def test_frequent_reads_do_not_pile_up() -> None:
    tracker = Tracker()
    for at in range(0, 600_000, 500):
        tracker.add(queue(at), at)
    assert len(tracker._samples[REF]) <= 15


def test_the_librarys_metrics_are_used_where_they_are_kept() -> None:
    tracker = Tracker()
    tracker.add(queue(0, completed_total=100, failed_total=5), 0)
    rates = tracker.add(queue(0, completed_total=160, failed_total=11), 60_000)
    assert (rates.finished, rates.failed, rates.estimated) == (66.0, 6.0, False)


def test_a_queue_that_was_obliterated_starts_anew() -> None:
    tracker = Tracker()
    tracker.add(queue(1000), 0)
    assert tracker.add(queue(3), 10_000).added is None
    assert tracker.add(queue(6), 70_000).added == 3.0


def test_the_trend_is_what_was_seen_until_metrics_are_known() -> None:
    tracker = Tracker()
    for step in range(5):
        tracker.add(queue(step * 5), step * 5_000)
    assert tracker.trend(REF, 0) == (60.0, 60.0, 60.0, 60.0)
    series = MetricSeries(count=5, rolled_at=10 * MINUTE_MS, points=(5, 2))
    tracker.learn({REF: (series, MetricSeries())}, 11 * MINUTE_MS)
    trend = tracker.trend(REF, 11 * MINUTE_MS)
    assert len(trend) == TREND_POINTS
    assert trend[-3:] == (2.0, 5.0, 0.0)


def test_a_burst_between_two_points_of_the_trend_is_in_it() -> None:
    tracker = Tracker()
    for at, added in ((0, 0), (2_000, 0), (4_000, 100), (6_000, 100), (8_000, 100), (10_000, 100)):
        tracker.add(queue(added), at)
    assert sum(tracker.trend(REF, 0)) > 0


def test_gone_queues_are_forgotten() -> None:
    tracker = Tracker()
    tracker.add(queue(1), 0)
    tracker.add(queue(2), 9_000)
    tracker.forget([])
    assert tracker.trend(REF, 0) == ()
    assert tracker.add(queue(3), 18_000).added is None


def test_the_first_read_has_the_rate_of_the_librarys_last_minute() -> None:
    tracker = Tracker()
    tracker.learn(
        {REF: (MetricSeries(9, 10 * MINUTE_MS, 9, (5, 2)), MetricSeries(1, 10 * MINUTE_MS, 1, (1,)))}, 10 * MINUTE_MS
    )
    rates = tracker.add(queue(0, completed_total=9), 10 * MINUTE_MS + 5)
    assert (rates.added, rates.finished, rates.failed) == (None, 6.0, 1.0)
    soon = tracker.add(queue(1, completed_total=10), 10 * MINUTE_MS + 2_005)
    assert (soon.added, soon.finished) == (30.0, 6.0)
    later = tracker.add(queue(1, completed_total=10), 10 * MINUTE_MS + 30_005)
    assert (later.added, later.finished) == (2.0, 2.0)


def test_reads_far_apart_fill_as_many_points_as_they_span() -> None:
    tracker = Tracker()
    for at, added in ((0, 0), (5_000, 5), (35_000, 35), (40_000, 40), (45_000, 45)):
        tracker.add(queue(added), at)
    assert tracker.trend(REF, 45_000) == (60.0,) * 9  # one, six for the half minute, one, and the running one


def test_rates_are_right_however_far_apart_the_reads_are() -> None:
    tracker = Tracker()
    for at in (0, 29_000, 31_000, 55_000, 113_000, 171_000, 173_000):
        rates = tracker.add(queue(at // 1000), at)
        if at:
            assert rates.added == pytest.approx(60.0)


def test_minutes_of_which_nothing_is_known_are_not_minutes_without_jobs() -> None:
    tracker = Tracker()
    now = 10 * MINUTE_MS
    series = MetricSeries(count=50, rolled_at=now, rolled_count=50, points=(5,) * 10)
    tracker.learn({REF: (series, MetricSeries())}, now)
    fresh = tracker.trend(REF, now)
    assert fresh[-1] == 5.0
    assert tracker.trend(REF, now + 5 * MINUTE_MS) == fresh
    assert tracker.add(queue(1, completed_total=50), now + 5 * MINUTE_MS).finished is None
