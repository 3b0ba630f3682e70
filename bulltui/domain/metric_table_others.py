"""Names that other exporters gave to what can be known of queues, whose dashboards go on working with them."""

from bulltui.domain.metric import Family, Kind, Metric, Scope
from bulltui.domain.vitals import BUCKETS_MS

GAUGE, COUNTER, HISTOGRAM, SUMMARY = Kind.GAUGE, Kind.COUNTER, Kind.HISTOGRAM, Kind.SUMMARY
UNTYPED = Kind.UNTYPED

STATES = ("waiting", "active", "paused", "prioritized", "waiting_children", "failed", "completed", "delayed")
COMPLETION_S = (
    *(0.005, 0.01, 0.025, 0.05, 0.075, 0.1, 0.15, 0.25, 0.5, 0.75, 1.0, 1.5, 2.0, 2.5, 3.0, 4.0, 5.0),
    *(7.5, 10.0, 15.0, 30.0, 60.0, 120.0, 300.0),
)
REQUEST_S = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0)
_ENDED = ("name", "result")
_NONE_ENDED = "none has ended since bulltui began to watch"
_DASH = Family.DER_DASH

DER_DASH = (
    *(
        Metric(f"bullmq_queue_{state}", GAUGE, f"Jobs in the state {state.replace('_', '-')}.", family=_DASH)
        for state in STATES
    ),
    Metric("bullmq_queue_stalled", GAUGE, "Jobs that the next check for stalled ones will look at.", family=_DASH),
    Metric(
        "bullmq_jobs_finished_total",
        COUNTER,
        "Jobs that ended since bulltui began to watch, by name and result.",
        labels=_ENDED,
        family=_DASH,
        absent=_NONE_ENDED,
    ),
    Metric(
        "bullmq_job_completion_duration_seconds",
        HISTOGRAM,
        "Time from the start of the last attempt to the end of the job, by name and result.",
        labels=_ENDED,
        family=_DASH,
        unit="seconds",
        bounds=COMPLETION_S,
        absent=_NONE_ENDED,
    ),
    Metric(
        "redis_operation_duration_seconds",
        HISTOGRAM,
        "How long our calls to the server took.",
        Scope.SERVER,
        ("operation",),
        _DASH,
        "seconds",
        tuple(ms / 1000 for ms in BUCKETS_MS),
    ),
    Metric(
        "redis_operation_errors_total",
        COUNTER,
        "Our calls to the server that failed.",
        Scope.SERVER,
        ("operation",),
        _DASH,
    ),
    Metric(
        "http_request_duration_seconds",
        HISTOGRAM,
        "How long requests to this endpoint took.",
        Scope.PROCESS,
        ("method", "path", "status"),
        _DASH,
        "seconds",
        REQUEST_S,
        "none has been answered yet",
    ),
)
NOT_TOLD = {
    "bullmq_queue_orphaned": "job hashes in no state are found only by a scan of all keys, and a scrape costs nothing",
    "bullmq_workload_*": "they are about how that program follows events; what cannot be done of it here is told by "
    "`bulltui_watch_problems` and `bulltui_history_lag_seconds`",
}
"""What is known of such families and not told, and why."""

BULL_EXPORTER = (
    *(
        Metric(f"bull_queue_{state}", GAUGE, f"Jobs in the state {state}.", family=Family.BULL_EXPORTER)
        for state in ("completed", "active", "delayed", "failed", "waiting")
    ),
    Metric(
        "bull_queue_complete_duration",
        SUMMARY,
        "How long completed jobs ran, in ms: the quantiles those of the last 5 minutes.",
        labels=("quantile",),
        family=Family.BULL_EXPORTER,
        absent="none has completed since bulltui began to watch",
    ),
)

_NAMED = ("job_name",)
_MONITOR = Family.BULL_MONITOR
# Counters without `_total` beside gauges that have it: told with these types they would be taken for one another.
BULL_MONITOR = (
    *(
        Metric(f"jobs_{state}_total", UNTYPED, f"Jobs in the state {state}; a gauge.", family=_MONITOR)
        for state in ("active", "completed", "failed", "waiting", "delayed")
    ),
    *(
        Metric(f"jobs_{what}", UNTYPED, f"{about} since bulltui began to watch; a counter.", family=_MONITOR)
        for what, about in (
            ("waiting", "Jobs that were added"),
            ("active", "Attempts that began"),
            ("stalled", "Jobs that were found stalled"),
        )
    ),
    *(
        Metric(
            f"jobs_{what}",
            UNTYPED,
            f"Jobs that {what} since bulltui began to watch; a counter.",
            labels=_NAMED,
            family=_MONITOR,
            absent=_NONE_ENDED,
        )
        for what in ("failed", "completed")
    ),
    *(
        Metric(name, SUMMARY, about, labels=("job_name", "status"), family=_MONITOR, absent=_NONE_ENDED)
        for name, about in (
            ("job_duration", "How long jobs ran, in ms, by name and how they ended: sum and count."),
            ("job_wait_duration", "How long jobs waited, in ms, by name and how they ended: sum and count."),
        )
    ),
)
NOT_TOLD |= {
    "jobs_delayed": "the event of a delayed job is not counted, its state is (`jobs_delayed_total`)",
    "job_attempts": "attempts of a job that ended are in its hash alone, and no scrape reads hashes",
}

_METRICS = Family.BULLMQ_METRICS
BULLMQ_METRICS = (
    *(
        Metric(
            f"bullmq_jobs_{what}_total", COUNTER, f"Jobs that {what}, as BullMQ's metrics count them.", family=_METRICS
        )
        for what in ("completed", "failed")
    ),
    *(
        Metric(
            f"bullmq_jobs_{what}_last_minute",
            GAUGE,
            f"Jobs that {what} in the last minute.",
            family=_METRICS,
            absent="it is not known yet",
        )
        for what in ("completed", "failed")
    ),
    Metric("bullmq_exporter_queues_discovered", GAUGE, "Queues that were found.", Scope.PROCESS, family=_METRICS),
)
