"""What moved through queues, as samples."""

from collections.abc import Callable, Mapping, Sequence
from operator import add, attrgetter

from bulltui.domain.metric import QUANTILES, Family, Metric
from bulltui.domain.point import Flow
from bulltui.domain.queue import QueueRef
from bulltui.metrics import labels
from bulltui.metrics.lines import Lines, fewer, histogram, line
from bulltui.metrics.view import View
from bulltui.services.watch.job_counts import BOUNDS_S, COMPLETED, Histogram, NameCounts

Of = Callable[[NameCounts], Histogram]

FLOWS: Mapping[str, str] = {
    **{
        f"bulltui_jobs_{what}_total": what for what in ("added", "started", "completed", "failed", "retried", "stalled")
    },
    "jobs_waiting": "added",
    "jobs_active": "started",
    "jobs_stalled": "stalled",
}
"""Which field of a flow each counter is."""
SPREADS: Mapping[str, Of] = {
    "bulltui_job_wait_seconds": lambda counts: counts.wait,
    "bulltui_job_run_seconds": lambda counts: counts.run,
    "job_wait_duration": lambda counts: counts.wait,
    "job_duration": lambda counts: counts.run,
}
"""Which durations each metric of jobs by name is of."""


def flows(metric: Metric, view: View) -> Lines:
    """A counter of `FLOWS`, 0 where nothing has moved yet: so the first step of it is one."""
    field, still = FLOWS[metric.name], Flow()
    of = attrgetter(field)
    return [
        f"{metric.name}{{{where}}} {of(view.flows.get(row.ref, still))}\n"
        for row, where in zip(view.rows, view.where.rows(metric.family), strict=True)
    ]


def by_name(metric: Metric, view: View) -> Lines:
    """A histogram of ours: jobs that completed and jobs that failed together."""
    of = SPREADS[metric.name]
    together: dict[tuple[QueueRef, str], Histogram] = {}
    for (ref, name, _), counts in view.jobs.items():
        one = of(counts)
        other = together.get((ref, name))
        together[(ref, name)] = one if other is None else _sum(one, other)
    for (ref, name), one in together.items():
        where = f"{view.where.queue(ref)},{labels.of(name=name)}"
        yield histogram(metric.name, where, metric.bounds, fewer(one.counts, BOUNDS_S, metric.bounds), one.sum_s)


def finished(metric: Metric, view: View) -> Lines:
    """Jobs by name and how they ended."""
    for key, counts in view.jobs.items():
        yield line(metric.name, view.where.jobs(key), counts.ended)


def completion(metric: Metric, view: View) -> Lines:
    """How long the last attempts took, by name and how the job ended."""
    for key, counts in view.jobs.items():
        few = fewer(counts.run.counts, BOUNDS_S, metric.bounds)
        yield histogram(metric.name, view.where.jobs(key), metric.bounds, few, counts.run.sum_s)


def quantiles(metric: Metric, view: View) -> Lines:
    """The quantiles of the last minutes."""
    which = "wait" if "wait" in metric.name else "run"
    for row, where in zip(view.rows, view.where.rows(metric.family), strict=True):
        recently = view.recently.get(row.ref)
        values = None if recently is None else getattr(recently, which)
        if values is not None:
            yield _quantiles(metric.name, where, values)


def complete_duration(metric: Metric, view: View) -> Lines:
    """How long completed jobs ran, as bull_exporter tells it, in ms."""
    sums: dict[QueueRef, tuple[float, int]] = {}
    for (ref, _, result), counts in view.jobs.items():
        if result == COMPLETED:
            before = sums.get(ref, (0.0, 0))
            sums[ref] = (before[0] + counts.run.sum_s * 1000, before[1] + counts.run.total)
    for ref, (sum_ms, count) in sums.items():
        where = view.where.queue(ref, metric.family)
        recently = view.recently.get(ref)
        if recently is not None and recently.run is not None:
            yield _quantiles(metric.name, where, [seconds * 1000 for seconds in recently.run])
        yield line(f"{metric.name}_sum", where, sum_ms)
        yield line(f"{metric.name}_count", where, count)


def monitor_ended(metric: Metric, view: View) -> Lines:
    """Jobs that ended one way, as bull-monitor counts them."""
    for (ref, name, result), counts in view.jobs.items():
        if metric.name == f"jobs_{result}":
            yield line(metric.name, _monitored(view, ref, job_name=name), counts.ended)


def monitor_durations(metric: Metric, view: View) -> Lines:
    """Durations in ms, as bull-monitor sums them up."""
    of = SPREADS[metric.name]
    for (ref, name, result), counts in view.jobs.items():
        where, one = _monitored(view, ref, job_name=name, status=result), of(counts)
        yield line(f"{metric.name}_sum", where, one.sum_s * 1000)
        yield line(f"{metric.name}_count", where, one.total)


def _quantiles(name: str, where: str, values: Sequence[float]) -> str:
    return "".join(
        f'{name}{{{where},quantile="{share}"}} {value!r}\n' for share, value in zip(QUANTILES, values, strict=True)
    )


def _monitored(view: View, ref: QueueRef, **more: str) -> str:
    return f"{view.where.queue(ref, Family.BULL_MONITOR)},{labels.of(**more)}"


def _sum(one: Histogram, other: Histogram) -> Histogram:
    return Histogram(tuple(map(add, one.counts, other.counts)), one.sum_s + other.sum_s)
