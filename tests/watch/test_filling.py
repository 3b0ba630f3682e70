"""What queues tell of the time before: as much as is sure, and no more."""

from bulltui.domain.filling import filling
from bulltui.domain.job_times import Ended, EndedJobs, JobTimes
from bulltui.domain.series import MetricSeries
from tests.watch.recording import START

MINUTE = 60_000
NONE = EndedJobs()


def ended(*minutes: float, all_of_them: bool = True) -> EndedJobs:
    """Jobs that ended so many minutes before `START`."""
    times = [START - int(one * MINUTE) for one in minutes]
    return EndedJobs(tuple(Ended(at, JobTimes("a", at - 900, 0, at - 300, at)) for at in times), all_of_them)


def test_minutes_of_metrics_count_and_jobs_say_how_long_they_took() -> None:
    series = MetricSeries(count=10, rolled_at=START - 2 * MINUTE, rolled_count=7, points=(4, 0, 3))
    points = filling(ended(2.5), NONE, (series, MetricSeries()), until_ms=START)
    assert [(START - one.at_ms) // MINUTE for one in points] == [5, 3, 2]
    assert [one.flow.completed for one in points] == [3, 4, 3]
    assert [one.run.total for one in points] == [0, 1, 0]
    assert not any(one.flow.estimated for one in points)


def test_all_jobs_that_are_kept_are_counted_from_the_first_whole_minute_on() -> None:
    points = filling(ended(0.5, 1.5, 1.6, 3.5), ended(1.7), until_ms=START)
    assert [(one.at_ms - START) // MINUTE for one in points] == [-2, -1]
    assert [(one.flow.completed, one.flow.failed, one.flow.estimated) for one in points] == [(2, 1, 3), (1, 0, 1)]
    assert [(one.wait.total, one.run.total) for one in points] == [(3, 3), (1, 1)]


def test_a_sample_that_was_cut_covers_what_is_after_its_oldest_job() -> None:
    points = filling(ended(0.5, 4.5), ended(0.4, 2.5, all_of_them=False), until_ms=START)
    assert [(one.at_ms - START) // MINUTE for one in points] == [-1]


def test_where_completed_jobs_are_not_kept_nothing_is_claimed() -> None:
    assert filling(NONE, ended(0.5, 1.5), until_ms=START) == []


def test_the_minute_in_which_watching_begins_is_left_to_it() -> None:
    assert filling(ended(0.5, 1.5, 2.5), NONE, until_ms=START - 30_000)[-1].at_ms == START - 2 * MINUTE


def test_jobs_without_a_hash_count_and_say_nothing_of_time() -> None:
    jobs = EndedJobs((Ended(START - MINUTE // 2), Ended(START - 3 * MINUTE)), all_of_them=True)
    (point,) = filling(jobs, NONE, until_ms=START)[-1:]
    assert (point.flow.completed, point.run.total) == (1, 0)
