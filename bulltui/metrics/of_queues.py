"""How queues stand, as samples."""

from collections.abc import Callable, Mapping

from bulltui.domain.layout import Layout
from bulltui.domain.metric import Metric
from bulltui.domain.metric_table_others import STATES
from bulltui.domain.snapshot import QueueRow
from bulltui.domain.states import LISTED, JobState
from bulltui.metrics.lines import Lines, number
from bulltui.metrics.view import View

Value = Callable[[QueueRow, int], float | None]
"""What a queue has of a metric at a time (epoch ms), None for nothing."""

_STATES = [(state, f',state="{state.value}"') for state in LISTED]
"""The states in the order of `Counts.as_tuple`, with the rest of their labels."""


def job_count(metric: Metric, view: View) -> Lines:
    """The states that the library of the queue has, as its own export names them."""
    for row, where in zip(view.rows, view.where.rows(metric.family), strict=True):
        counts = row.queue.counts
        plain = row.queue.layout.layout is Layout.V6 and not counts.paused
        start = f"{metric.name}{{{where}"
        for (state, text), count in zip(_STATES, counts.as_tuple(), strict=True):
            if not (plain and state is JobState.PAUSED):
                yield f"{start}{text}}} {count}\n"


def standing(metric: Metric, view: View) -> Lines:
    """A metric of `VALUES`."""
    of, start, now = VALUES[metric.name], metric.name + "{", view.now_ms
    return [
        f"{start}{where}}} {value if type(value) is int else number(value)}\n"
        for row, where in zip(view.rows, view.where.rows(metric.family), strict=True)
        if (value := of(row, now)) is not None
    ]


def _seen(row: QueueRow, now: int) -> int:
    """When a row was read; that is what its ages are to be told of."""
    return row.read_at or now


def _oldest(row: QueueRow, now: int) -> float | None:
    if not row.queue.counts.ready:
        return 0
    at = row.queue.oldest_waiting_at
    return None if at is None else max(0, _seen(row, now) - at) / 1000


def _overdue(row: QueueRow, now: int) -> float | None:
    at = row.queue.next_run_at
    return None if at is None else max(0, _seen(row, now) - at) / 1000


def _window(row: QueueRow, now: int) -> float | None:
    ms = row.queue.limit.duration_ms
    return None if ms is None else ms / 1000


def _completed_lately(row: QueueRow, now: int) -> float | None:
    rates = row.rates
    return None if rates.finished is None else max(0.0, rates.finished - (rates.failed or 0.0))


def _in_state(field: str) -> Value:
    return lambda row, _: int(getattr(row.queue.counts, field))


def _counts(name: str, fields: tuple[str, ...]) -> dict[str, Value]:
    """The count of a state for each name that has it."""
    return {name.format(field): _in_state(field) for field in fields}


_SHARED = ("waiting", "active", "delayed", "completed", "failed")
"""The states that every exporter tells."""

VALUES: Mapping[str, Value] = {
    **_counts("bullmq_queue_{}", STATES),
    **_counts("bull_queue_{}", _SHARED),
    **_counts("jobs_{}_total", _SHARED),
    "bullmq_queue_stalled": lambda row, _: row.queue.stalled,
    "bullmq_job_completed_total": lambda row, _: row.queue.completed_total or 0,
    "bullmq_job_failed_total": lambda row, _: row.queue.failed_total or 0,
    "bullmq_jobs_completed_total": lambda row, _: row.queue.completed_total or 0,
    "bullmq_jobs_failed_total": lambda row, _: row.queue.failed_total or 0,
    "bullmq_jobs_completed_last_minute": _completed_lately,
    "bullmq_jobs_failed_last_minute": lambda row, _: row.rates.failed,
    "bulltui_queue_oldest_waiting_age_seconds": _oldest,
    "bulltui_queue_workers": lambda row, _: row.workers,
    "bulltui_queue_paused": lambda row, _: row.queue.paused,
    "bulltui_queue_global_concurrency": lambda row, _: row.queue.concurrency,
    "bulltui_queue_rate_limit_max": lambda row, _: row.queue.limit.maximum,
    "bulltui_queue_rate_limit_duration_seconds": _window,
    "bulltui_queue_rate_limit_used": lambda row, _: row.queue.limit.used,
    "bulltui_queue_rate_limit_ttl_seconds": lambda row, _: max(0, row.queue.limit.ttl_ms) / 1000,
    "bulltui_queue_rate_limited": lambda row, _: row.queue.limit.limited,
    "bulltui_queue_schedulers": lambda row, _: row.queue.schedulers,
    "bulltui_queue_scheduler_overdue_seconds": _overdue,
    "bulltui_queue_read_age_seconds": lambda row, now: max(0, now - _seen(row, now)) / 1000,
}
"""How each metric of the table is had from a queue's row."""
