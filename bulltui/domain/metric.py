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

    BULLMQ = "bullmq"
    DER_DASH = "bull-der-dash"
    OURS = "bulltui"
    PROCESS = "process"
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
    scope. `bounds` are the upper ends of a histogram's buckets, of which a last one has none; `absent` says when there
    is no sample."""

    name: str
    kind: Kind
    help: str
    scope: Scope = Scope.QUEUE
    labels: tuple[str, ...] = ()
    family: Family = Family.OURS
    unit: str = ""
    bounds: tuple[float, ...] = ()
    absent: str = ""

    @property
    def all_labels(self) -> tuple[str, ...]:
        """Its labels with those of its scope, as far as they are always there."""
        if self.scope is not Scope.QUEUE:
            return self.labels
        return (*_QUEUE_LABELS.get(self.family, ("queue",)), *self.labels)


_QUEUE_LABELS = {
    Family.BULL_EXPORTER: ("queue", "prefix"),
    Family.BULL_MONITOR: ("queue_prefix", "queue_name"),
}
"""What others call a queue, where it is not `queue`."""

QUANTILES = (0.5, 0.95, 0.99)
"""Which shares of jobs the quantiles of the last minutes are of."""
RECENT_S = 300.0
"""Over how many of the last seconds these go."""
