"""What queues still tell of the time before anybody watched: minutes of the history from BullMQ's metrics and from the
jobs that ended and are still kept."""

from collections.abc import Iterator, Sequence

from bulltui.domain.job_times import Ended, EndedJobs
from bulltui.domain.point import Flow, Point
from bulltui.domain.series import MINUTE_MS, MetricSeries
from bulltui.domain.sketch import sketch_of

Metrics = tuple[MetricSeries, MetricSeries]
"""Of completed and of failed jobs."""

_NO_METRICS = (MetricSeries(), MetricSeries())


def filling(completed: EndedJobs, failed: EndedJobs, metrics: Metrics = _NO_METRICS, *, until_ms: int) -> list[Point]:
    """The minutes before `until_ms` (epoch ms) in which jobs ended, the oldest first. Where metrics are kept they say
    how many, and the jobs only how long they took. Else the jobs are counted: from the minute on of which all of them
    are here, as far as one can know. Of what was added and started then nobody knows more than of what ended."""
    jobs = (_by_minute(completed.jobs), _by_minute(failed.jobs))
    if any(one.kept for one in metrics):
        counts = (dict(_minutes(metrics[0])), dict(_minutes(metrics[1])))
        minutes = sorted(counts[0].keys() | counts[1].keys())
        return [
            _point(at, counts[0].get(at, 0), counts[1].get(at, 0), _of(jobs, at), estimated=False)
            for at in minutes
            if at + MINUTE_MS <= until_ms
        ]
    since = _since(completed, failed)
    if since is None:
        return []
    return [
        _point(at, len(jobs[0].get(at, ())), len(jobs[1].get(at, ())), _of(jobs, at), estimated=True)
        for at in sorted(jobs[0].keys() | jobs[1].keys())
        if since <= at and at + MINUTE_MS <= until_ms
    ]


def _minutes(series: MetricSeries) -> Iterator[tuple[int, int]]:
    """Minutes and how many jobs ended in them, those in which any did. The newest point is of the minute that ended
    when it was written; what came since is of the minute after that."""
    found: dict[int, int] = {}
    newest = series.count - series.rolled_count
    for at, number in enumerate((max(0, newest), *series.points)):
        if number > 0:
            middle = series.rolled_at + MINUTE_MS // 2 - at * MINUTE_MS
            start = middle - middle % MINUTE_MS
            found[start] = found.get(start, 0) + number
    if not series.rolled_at:
        return
    yield from found.items()


def _since(completed: EndedJobs, failed: EndedJobs) -> int | None:
    """The beginning of the first minute of which all jobs are here that ended in it; None of none. Sets are cut at
    their old end; where no completed jobs are kept nobody knows how many there were."""
    if not completed.jobs:
        return None
    oldest = [one.jobs[-1].at_ms for one in (completed, failed) if one.jobs and not one.all_of_them]
    since = max([completed.jobs[-1].at_ms, *oldest])
    return since + (-since) % MINUTE_MS


def _by_minute(jobs: Sequence[Ended]) -> dict[int, list[Ended]]:
    found: dict[int, list[Ended]] = {}
    for job in jobs:
        found.setdefault(job.at_ms - job.at_ms % MINUTE_MS, []).append(job)
    return found


def _of(jobs: tuple[dict[int, list[Ended]], dict[int, list[Ended]]], at_ms: int) -> list[Ended]:
    return [*jobs[0].get(at_ms, ()), *jobs[1].get(at_ms, ())]


def _point(at_ms: int, completed: int, failed: int, jobs: Sequence[Ended], *, estimated: bool) -> Point:
    ended = completed + failed
    times = [job.times for job in jobs if job.times is not None]
    return Point(
        at_ms,
        flow=Flow(ended, ended, completed, failed, estimated=ended if estimated else 0),
        wait=sketch_of(one.wait_ms for one in times if one.wait_ms is not None),
        run=sketch_of(one.run_ms for one in times if one.run_ms is not None),
    )
