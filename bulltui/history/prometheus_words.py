"""What is asked of a Prometheus server, in its own language.

Two processes may be scraped that watch the same queues: of each queue the greatest value counts, before queues are put
together. Counters are asked for by `rate` and `increase`, which know resets.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from bulltui.domain.charting import TIMINGS, Measure
from bulltui.domain.label_value import literal, plain, quoted
from bulltui.domain.metric import RECENT_S
from bulltui.domain.queue import DEFAULT_PREFIX, QueueRef

QUEUE = "queue, prefix, server"
"""The labels of a queue."""
_READY = 'state=~"waiting|prioritized|paused"'


@dataclass(frozen=True, slots=True)
class Servers:
    """Whose metrics are meant. `labels` are those of the servers that are shown, none where one is shown alone; `alone`
    is what that one is called where it is watched together with others. `match` are matchers of the configuration."""

    labels: tuple[str, ...] = ()
    alone: str = ""
    match: str = ""

    def all(self) -> str:
        """Matchers of all their queues."""
        names = self.labels or tuple(dict.fromkeys(("", self.alone)))
        return self._with(_one_of("server", names))

    def of(self, label: str) -> str:
        """Matchers of one of them."""
        return self._with(_one_of("server", (label,))) if self.labels else self.all()

    def _with(self, matcher: str) -> str:
        return f"{matcher},{self.match}" if self.match else matcher


def _one_of(label: str, values: Sequence[str]) -> str:
    texts = [plain(value) for value in values]
    if len(texts) == 1:
        return f'{label}="{quoted(texts[0])}"'
    return f'{label}=~"{quoted("|".join(map(literal, texts)))}"'


def matchers_of(servers: Servers, refs: Sequence[QueueRef]) -> list[str]:
    """Matchers of these queues, a set for those of one server and prefix; of all for none."""
    if not refs:
        return [servers.all()]
    groups: dict[tuple[str, str], list[str]] = {}
    for ref in refs:
        groups.setdefault((ref.server, ref.prefix), []).append(ref.name)
    return [
        ",".join(
            (
                _one_of("queue", tuple(dict.fromkeys(names))),
                f'prefix="{"" if prefix == DEFAULT_PREFIX else quoted(plain(prefix))}"',
                servers.of(server),
            )
        )
        for (server, prefix), names in groups.items()
    ]


@dataclass(frozen=True, slots=True)
class Over:
    """Which queues, by sets of matchers, over which range before each moment (ms), and how often they are scraped."""

    matchers: tuple[str, ...]
    range_ms: int
    every_ms: int

    def each(self, function: str, metric: str, more: str = "", by: str = QUEUE) -> str:
        """A function of a range of a metric, for each queue."""
        parts = (
            f"{function}({metric}{{{','.join(filter(None, (more, one)))}}}[{self.range_ms}ms])" for one in self.matchers
        )
        return f"max by ({by}) ({' or '.join(parts)})"

    def moved(self, metric: str) -> str:
        """How much a counter grew in the range, for each queue, to the last one: `rate` knows nothing of what happened
        between two ranges. It stands in where a process began, ended or began anew."""
        parts = []
        for one in self.matchers:
            series, longer = f"{metric}{{{one}}}", f"{metric}{{{one}}}[{self.range_ms + self.every_ms}ms]"
            grown = f"({series} - {series} offset {self.range_ms}ms) unless resets({longer}) > 0"
            share = self.range_ms / (self.range_ms + self.every_ms)
            parts.append(f"({grown}) or {share:.6g} * increase({longer})")
        return f"max by ({QUEUE}) ({' or '.join(parts)})"

    def at(self, metric: str, more: str = "") -> str:
        """A metric at a moment, for each queue."""
        parts = (f"{metric}{{{','.join(filter(None, (more, one)))}}}" for one in self.matchers)
        return f"max by ({QUEUE}) ({' or '.join(parts)})"

    def saturated(self) -> str:
        """The share of the time that each queue was at its global concurrency; nothing of those without."""
        active, most = self.at("bullmq_job_count", 'state="active"'), self.at("bulltui_queue_global_concurrency")
        full = f"{active} >= bool on ({QUEUE}) {most}"
        return f"avg_over_time(({full})[{self.range_ms}ms:{max(self.every_ms, self.range_ms // 60)}ms])"


def state_of(over: Over, state: str, function: str) -> str:
    """Jobs in a state, for each queue."""
    return over.each(function, "bullmq_job_count", f'state="{state}"')


def ready_of(over: Over) -> str:
    """Jobs that could run, at the worst moment of each queue."""
    each = over.each("max_over_time", "bullmq_job_count", _READY, by=f"{QUEUE}, state")
    return f"sum by ({QUEUE}) ({each})"


_STANDS = {
    Measure.ACTIVE: ("active", "max_over_time"),
    Measure.DELAYED: ("delayed", "last_over_time"),
    Measure.FAILED_KEPT: ("failed", "last_over_time"),
}
HISTOGRAMS = {"wait": "bulltui_job_wait_seconds", "run": "bullmq_job_completion_duration_seconds"}
"""Whose buckets are the narrowest."""
_SHARES = {Measure.PAUSED: "bulltui_queue_paused", Measure.LIMITED: "bulltui_queue_rate_limited"}


def query_of(measure: Measure, over: Over, *, single: bool) -> str:
    """The line of a measure of queues together; `single`: it is about one queue."""
    if measure.is_flow:
        return f"{60_000 / over.range_ms:.9g} * sum({over.moved(f'bulltui_jobs_{measure.value}_total')})"
    if measure in TIMINGS:
        return _percentile(measure, over, single=single)
    if measure is Measure.WAITING:
        return f"sum({ready_of(over)})"
    if measure in _STANDS:
        return f"sum({state_of(over, *_STANDS[measure])})"
    if measure is Measure.OLDEST:
        return f"max({over.each('max_over_time', 'bulltui_queue_oldest_waiting_age_seconds')})"
    if measure is Measure.WORKERS:
        return f"sum({over.each('last_over_time', 'bulltui_queue_workers')})"
    if measure in _SHARES:
        return f"avg({over.each('avg_over_time', _SHARES[measure])})"
    queues = f"count({over.each('last_over_time', 'bulltui_queue_paused')})"
    return f"(sum({over.saturated()}) or 0 * {queues}) / {queues}"


def _percentile(measure: Measure, over: Over, *, single: bool) -> str:
    """Of one queue what it told of its last minutes, right within one percent; of several, and over longer steps, what
    follows from buckets."""
    which, _, share = measure.value.partition("-p")
    quantile = int(share) / 100
    metric = f"bulltui_job_{which}_seconds"
    if single and over.range_ms <= RECENT_S * 1000:
        told = over.each("last_over_time", f"{metric}_quantile", f'quantile="{quantile:g}"')
        return f"max({told})"
    buckets = over.each("rate", f"{HISTOGRAMS[which]}_bucket", by=f"{QUEUE}, name, result, le")
    return f"histogram_quantile({quantile:g}, sum by (le) ({buckets}))"
