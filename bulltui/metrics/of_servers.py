"""How servers are, as samples."""

from collections import Counter
from collections.abc import Callable, Mapping

from bulltui.domain.alert import Watched
from bulltui.domain.alert_values import of_server
from bulltui.domain.metric import Metric
from bulltui.domain.server import ServerInfo
from bulltui.domain.snapshot import Link, ServerState
from bulltui.domain.vitals import Breaker
from bulltui.metrics import labels
from bulltui.metrics.lines import Lines, histogram, joined, line
from bulltui.metrics.view import View

Value = Callable[[ServerState, int], float | None]
"""What a server has of a metric at a time (epoch ms), None for nothing."""


def _of_info(get: Callable[[ServerInfo], float | None]) -> Value:
    return lambda state, _: None if state.server is None else get(state.server)


VALUES: Mapping[str, Value] = {
    "bulltui_redis_up": lambda state, _: state.health.link in (Link.ONLINE, Link.SLOW),
    "bulltui_redis_latency_seconds": lambda state, _: _seconds(state.health.latency_ms),
    "bulltui_snapshot_age_seconds": lambda state, now: max(0, now - state.taken_at) / 1000 if state.taken_at else None,
    "bulltui_refresh_duration_seconds": lambda state, _: state.vitals.refresh_s,
    "bulltui_breaker_opened_total": lambda state, _: state.vitals.opened,
    "bulltui_cache_hits_total": lambda state, _: state.vitals.cache.hits,
    "bulltui_cache_misses_total": lambda state, _: state.vitals.cache.misses,
    "bulltui_redis_memory_used_bytes": _of_info(lambda info: info.used_memory),
    "bulltui_redis_memory_max_bytes": _of_info(lambda info: info.max_memory),
    "bulltui_redis_memory_used_ratio": lambda state, _: _memory(state),
    "bulltui_redis_connected_clients": _of_info(lambda info: info.clients),
    "bulltui_redis_evicted_keys_total": _of_info(lambda info: info.evicted),
}
"""How each metric of the table is had from the state of a server."""


def plain(metric: Metric, view: View) -> Lines:
    """A metric of `VALUES`."""
    of = VALUES[metric.name]
    for state in view.servers:
        value = of(state, view.now_ms)
        if value is not None:
            yield line(metric.name, labels.of_server(state.label), value)


def queues(metric: Metric, view: View) -> Lines:
    """How many there are of each."""
    counts = Counter(row.ref.server for row in view.rows)
    for state in view.servers:
        yield line(metric.name, labels.of_server(state.label), counts[state.label])


def breaker(metric: Metric, view: View) -> Lines:
    """A sample for each state that a breaker may have."""
    for state in view.servers:
        for one in Breaker:
            where = joined(labels.of_server(state.label), labels.of(state=one.value))
            yield line(metric.name, where, int(state.vitals.breaker is one))


def calls(metric: Metric, view: View) -> Lines:
    """How long calls took, by name."""
    for state in view.servers:
        for call, stats in state.vitals.calls.items():
            yield histogram(
                metric.name, _called(metric, state, call), metric.bounds, stats.buckets, stats.sum_ms / 1000
            )


def errors(metric: Metric, view: View) -> Lines:
    """Calls that failed, by name."""
    for state in view.servers:
        for call, stats in state.vitals.calls.items():
            yield line(metric.name, _called(metric, state, call), stats.errors)


def info(metric: Metric, view: View) -> Lines:
    """What a server is."""
    for state in view.servers:
        server = state.server
        if server is not None:
            own = labels.of(
                software=server.software,
                version=server.version,
                mode=server.mode,
                role=server.role,
                eviction_policy=server.memory_policy,
            )
            yield line(metric.name, joined(labels.of_server(state.label), own), 1)


def _called(metric: Metric, state: ServerState, call: str) -> str:
    return joined(labels.of_server(state.label), labels.of(**{metric.labels[0]: call}))


def _memory(state: ServerState) -> float | None:
    percent, _ = of_server(Watched.MEMORY, state.server, state.health)
    return None if percent is None else percent / 100


def _seconds(ms: float | None) -> float | None:
    return None if ms is None else ms / 1000
