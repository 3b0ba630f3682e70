"""All metrics that the endpoint for Prometheus may tell: the server, its documents, the dashboard and the rules are
made from this."""

from collections.abc import Collection

from bulltui.domain.metric import Family, Kind, Metric, Scope
from bulltui.domain.metric_table_others import BULL_EXPORTER, BULL_MONITOR, BULLMQ_METRICS, DER_DASH
from bulltui.domain.vitals import BUCKETS_MS

GAUGE, COUNTER, HISTOGRAM = Kind.GAUGE, Kind.COUNTER, Kind.HISTOGRAM
SERVER, PROCESS = Scope.SERVER, Scope.PROCESS

ACTION_S = (0.01, 0.05, 0.1, 0.5, 1.0, 5.0, 10.0, 60.0, 300.0)
"""Buckets of how long actions took."""
JOB_S = (0.005, 0.025, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0, 60.0, 120.0, 300.0, 900.0, 3600.0)
"""Buckets of how long jobs waited and ran."""
CALL_S = tuple(ms / 1000 for ms in BUCKETS_MS)

NO_METRICS = "0 where no worker keeps BullMQ's metrics"

# promtool calls it a mistake when a gauge ends in `_count`. The name is the library's and stays; without a type of its
# own nothing that reads it changes, and a check of all the rest comes out clean.
BULLMQ = (
    Metric(
        "bullmq_job_count",
        Kind.UNTYPED,
        "Number of jobs in the queue by state; a gauge.",
        labels=("state",),
        family=Family.BULLMQ,
        absent="state paused, where BullMQ 6 serves the queue and has left nothing there",
    ),
    Metric(
        "bullmq_job_completed_total",
        COUNTER,
        f"Total number of completed jobs, as BullMQ's metrics count them; {NO_METRICS}.",
        family=Family.BULLMQ,
    ),
    Metric(
        "bullmq_job_failed_total",
        COUNTER,
        f"Total number of failed jobs, as BullMQ's metrics count them; {NO_METRICS}.",
        family=Family.BULLMQ,
    ),
)

STANDING = (
    Metric(
        "bulltui_queue_oldest_waiting_age_seconds",
        GAUGE,
        "How long the job that runs next has been there; 0 where none waits.",
        unit="seconds",
        absent="its time of creation cannot be read",
    ),
    Metric(
        "bulltui_queue_workers",
        GAUGE,
        "Workers that are connected for the queue.",
        absent="the server does not tell its clients",
    ),
    Metric("bulltui_queue_paused", GAUGE, "Whether the queue is paused, 0 or 1."),
    Metric(
        "bulltui_queue_global_concurrency",
        GAUGE,
        "How many jobs of the queue may run at once.",
        absent="the queue has no such limit",
    ),
    Metric(
        "bulltui_queue_rate_limit_max",
        GAUGE,
        "Jobs that may start in one window of the queue's global rate limit.",
        absent="it has none; limits of workers are not stored in Redis",
    ),
    Metric(
        "bulltui_queue_rate_limit_duration_seconds",
        GAUGE,
        "Length of the window of the queue's global rate limit.",
        unit="seconds",
        absent="it has none",
    ),
    Metric("bulltui_queue_rate_limit_used", GAUGE, "Jobs that started in the window that runs now."),
    Metric(
        "bulltui_queue_rate_limit_ttl_seconds",
        GAUGE,
        "What is left of the window that runs now; 0 where none does.",
        unit="seconds",
    ),
    Metric("bulltui_queue_rate_limited", GAUGE, "Whether workers wait for the window to end, 0 or 1."),
    Metric("bulltui_queue_schedulers", GAUGE, "Job schedulers of the queue."),
    Metric(
        "bulltui_queue_scheduler_overdue_seconds",
        GAUGE,
        "How long the earliest of the queue's schedulers has been due; 0 where its time is still to come.",
        unit="seconds",
        absent="it has none",
    ),
    Metric("bulltui_queue_read_age_seconds", GAUGE, "How old what is told of the queue is.", unit="seconds"),
)

MOVING = (
    *(
        Metric(f"bulltui_jobs_{what}_total", COUNTER, f"{about} since bulltui began to watch.", absent=absent)
        for what, about, absent in (
            ("added", "Jobs that were added", ""),
            ("started", "Attempts that began", ""),
            ("completed", "Jobs that completed", ""),
            ("failed", "Jobs that failed for good", ""),
            ("retried", "Attempts that failed and are to be repeated", ""),
            ("stalled", "Jobs that were found stalled", ""),
        )
    ),
    Metric(
        "bulltui_job_wait_seconds",
        HISTOGRAM,
        "How long jobs could have run before they did, by the name of the job.",
        labels=("name",),
        unit="seconds",
        bounds=JOB_S,
        absent="none has ended since bulltui began to watch",
    ),
    Metric(
        "bulltui_job_run_seconds",
        HISTOGRAM,
        "How long the attempts took that ended jobs, well or not, by the name of the job.",
        labels=("name",),
        unit="seconds",
        bounds=JOB_S,
        absent="none has ended since bulltui began to watch",
    ),
    Metric(
        "bulltui_job_wait_seconds_quantile",
        Kind.SUMMARY,
        "How long jobs of the last 5 minutes could have run before they did; right within one percent.",
        labels=("quantile",),
        unit="seconds",
        absent="none has begun in the last 5 minutes",
    ),
    Metric(
        "bulltui_job_run_seconds_quantile",
        Kind.SUMMARY,
        "How long the attempts took that ended jobs in the last 5 minutes; right within one percent.",
        labels=("quantile",),
        unit="seconds",
        absent="none has ended in the last 5 minutes",
    ),
)

SERVERS = (
    Metric("bulltui_redis_up", GAUGE, "Whether the server answers, 0 or 1.", SERVER),
    Metric(
        "bulltui_redis_latency_seconds",
        GAUGE,
        "Median of the last round trips to the server.",
        SERVER,
        unit="seconds",
        absent="it does not answer",
    ),
    Metric(
        "bulltui_snapshot_age_seconds",
        GAUGE,
        "How old the numbers of the server's queues are.",
        SERVER,
        unit="seconds",
        absent="they were never read",
    ),
    Metric(
        "bulltui_refresh_duration_seconds",
        GAUGE,
        "How long the last refresh took.",
        SERVER,
        unit="seconds",
        absent="none has ended yet",
    ),
    Metric("bulltui_queues", GAUGE, "Queues that are watched.", SERVER),
    Metric(
        "bulltui_breaker_state",
        GAUGE,
        "Whether calls to the server are let through: 1 for the state that holds, 0 for the others.",
        SERVER,
        ("state",),
    ),
    Metric("bulltui_breaker_opened_total", COUNTER, "How often calls began to be held back.", SERVER),
    Metric(
        "bulltui_redis_call_duration_seconds",
        HISTOGRAM,
        "How long our calls to the server took, by what was called.",
        SERVER,
        ("call",),
        unit="seconds",
        bounds=CALL_S,
    ),
    Metric(
        "bulltui_redis_call_errors_total",
        COUNTER,
        "Our calls to the server that failed, by what was called.",
        SERVER,
        ("call",),
    ),
    Metric("bulltui_cache_hits_total", COUNTER, "Counts of queues that were taken from what is known.", SERVER),
    Metric("bulltui_cache_misses_total", COUNTER, "Counts of queues that were read.", SERVER),
    *(
        Metric(f"bulltui_redis_{name}", kind, about, SERVER, unit=unit, absent="the server does not tell")
        for name, kind, about, unit in (
            ("memory_used_bytes", GAUGE, "Memory that the server's data take.", "bytes"),
            ("memory_max_bytes", GAUGE, "Memory that they may take; 0 for no limit.", "bytes"),
            ("connected_clients", GAUGE, "Clients that are connected to the server.", ""),
            ("evicted_keys_total", COUNTER, "Keys that the server dropped for want of memory.", ""),
        )
    ),
    Metric(
        "bulltui_redis_memory_used_ratio",
        GAUGE,
        "Share of the memory limit that is used, from 0 to 1, of a Cluster by its fullest primary; 0 for no limit.",
        SERVER,
        absent="the server does not tell, or does not answer",
    ),
    Metric(
        "bulltui_redis_info",
        Kind.INFO,
        "The server: software and version, and what it does for want of memory, which has to be noeviction.",
        SERVER,
        ("software", "version", "mode", "role", "eviction_policy"),
        absent="the server does not tell",
    ),
)

OWN = (
    Metric("bulltui_alerts_firing", GAUGE, "Alerts that fire, by rule and severity.", PROCESS, ("rule", "severity")),
    Metric("bulltui_alerts_muted", GAUGE, "Alerts that fire and of which nobody is told.", PROCESS),
    Metric(
        "bulltui_history_size_bytes",
        GAUGE,
        "What the history takes on the disk.",
        PROCESS,
        unit="bytes",
        absent="no history is kept on this machine",
    ),
    Metric(
        "bulltui_history_lag_seconds",
        GAUGE,
        "How old the last point of the history is.",
        PROCESS,
        unit="seconds",
        absent="it has none",
    ),
    Metric("bulltui_history_writer", GAUGE, "Whether this process writes the history, 0 or 1.", PROCESS),
    Metric("bulltui_watch_problems", GAUGE, "What cannot be done now of history and alerts.", PROCESS),
    Metric(
        "bulltui_actions_total", COUNTER, "Actions of this process, by verb and outcome.", PROCESS, ("verb", "outcome")
    ),
    Metric("bulltui_actions_affected_total", COUNTER, "Jobs, or queues, that these changed.", PROCESS, ("verb",)),
    Metric(
        "bulltui_action_duration_seconds",
        HISTOGRAM,
        "How long these took.",
        PROCESS,
        ("verb",),
        unit="seconds",
        bounds=ACTION_S,
    ),
    Metric("bulltui_build_info", Kind.INFO, "Which bulltui this is.", PROCESS, ("version", "python")),
)

PROCESSES = (
    Metric(
        "process_start_time_seconds", GAUGE, "When this process began (epoch).", PROCESS, (), Family.PROCESS, "seconds"
    ),
    Metric(
        "process_cpu_seconds_total", COUNTER, "Processor time of this process.", PROCESS, (), Family.PROCESS, "seconds"
    ),
    Metric(
        "process_resident_memory_bytes",
        GAUGE,
        "Memory of this process.",
        PROCESS,
        (),
        Family.PROCESS,
        "bytes",
        absent="the system does not tell",
    ),
)

METRICS = (
    *(*BULLMQ, *DER_DASH, *STANDING, *MOVING, *SERVERS, *OWN, *PROCESSES),
    *(*BULL_EXPORTER, *BULL_MONITOR, *BULLMQ_METRICS),
)
"""The table."""
BY_NAME = {metric.name: metric for metric in METRICS}
DEFAULT = frozenset((Family.BULLMQ, Family.DER_DASH, Family.OURS, Family.PROCESS))
"""The families that are always told."""


def told(compat: Collection[str]) -> tuple[Metric, ...]:
    """The metrics of the default families and of these others, by their names."""
    return tuple(metric for metric in METRICS if metric.family in DEFAULT or metric.family in compat)
