"""What a metric is: its name, kind and labels, and where the name comes from."""

from dataclasses import dataclass
from enum import StrEnum


class Kind(StrEnum):
    """What a number is, in the words of the Prometheus text format."""

    GAUGE = "gauge"
    COUNTER = "counter"
    HISTOGRAM = "histogram"
    SUMMARY = "summary"
    INFO = "info"
    UNTYPED = "untyped"


class Family(StrEnum):
    """Whose name it is. Those of `COMPAT` are told only where they are asked for."""

    OURS = "bulltui"
    BULLMQ = "bullmq"
    DER_DASH = "bull-der-dash"
    BULL_EXPORTER = "bull_exporter"
    BULL_MONITOR = "bull_monitor"
    BULLMQ_METRICS = "bullmq_metrics"


COMPAT = (Family.BULL_EXPORTER, Family.BULL_MONITOR, Family.BULLMQ_METRICS)
"""The families of other exporters, whose dashboards go on working with them."""


class Scope(StrEnum):
    """What a sample is about, which is said by the labels before those of the metric: a `queue`, with `prefix` where it
    is not BullMQ's default and `server` where several are shown; a `server`, where several are shown; this process."""

    QUEUE = "queue"
    SERVER = "server"
    PROCESS = "process"


@dataclass(frozen=True, slots=True)
class Metric:
    """A metric. `name` is that of its samples, with `_total` for a counter; `labels` are its own, beside those of its
    scope. `bounds` are the upper ends of a histogram's buckets, `absent` says when there is no sample."""

    name: str
    kind: Kind
    help: str
    scope: Scope = Scope.QUEUE
    labels: tuple[str, ...] = ()
    family: Family = Family.OURS
    unit: str = ""
    bounds: tuple[float, ...] = ()
    absent: str = ""


RUN_S = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0, 60.0, 120.0, 300.0, 1800.0)
"""Buckets of how long jobs ran."""
WAIT_S = (0.01, 0.05, 0.1, 0.5, 1.0, 5.0, 10.0, 30.0, 60.0, 300.0, 1800.0, 3600.0, 14_400.0, 86_400.0)
"""Buckets of how long jobs waited."""
DER_DASH_S = (
    *(0.005, 0.01, 0.025, 0.05, 0.075, 0.1, 0.15, 0.25, 0.5, 0.75, 1.0, 1.5, 2.0, 2.5, 3.0, 4.0, 5.0),
    *(7.5, 10.0, 15.0, 30.0, 60.0, 120.0, 300.0),
)
"""Those of `bullmq_job_completion_duration_seconds`, as dashboards know them."""
LONG_S = tuple(sorted({*RUN_S, *WAIT_S, *DER_DASH_S}))
"""All of these together: durations are counted by them once, and told by any of them."""
QUANTILES = (0.5, 0.95, 0.99)
"""Which shares of jobs the quantiles of the last minutes are of."""
RECENT_S = 300.0
"""Over how many of the last seconds these go."""
