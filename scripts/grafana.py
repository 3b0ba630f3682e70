"""The dashboard for Grafana: rows of panels, each with its queries, from which the file is made."""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from scripts.prometheus_rules import READY

_WHERE = 'job=~"$job",server=~"$server"'
_Q = f'{{{_WHERE},queue=~"$queue"}}'
_S = f"{{{_WHERE}}}"
_P = '{job=~"$job"}'
_RATE = "[$__rate_interval]"
_READY = READY.replace("waiting", f"waiting{_Q}").replace("prioritized", f"prioritized{_Q}").replace(
    "queue_paused", f"queue_paused{_Q}"
)  # fmt: skip

STAT, LINES, STACK, TABLE = "stat", "lines", "stack", "table"
WIDTH = 24


@dataclass(frozen=True, slots=True)
class Panel:
    """A panel. `queries` are expressions with what their lines are called."""

    title: str
    queries: tuple[tuple[str, str], ...]
    kind: str = LINES
    unit: str = "short"
    about: str = ""
    width: int = 8
    bad_from: float | None = None
    bad_below: float | None = None


@dataclass(frozen=True, slots=True)
class Row:
    """A row of panels with a heading."""

    title: str
    panels: tuple[Panel, ...]


def _stat(
    title: str,
    query: str,
    about: str,
    *,
    unit: str = "short",
    bad_from: float | None = None,
    bad_below: float | None = None,
) -> Panel:
    return Panel(title, ((query, ""),), STAT, unit, about, 3, bad_from, bad_below)


def _per_queue(name: str, *, per_minute: bool = True) -> str:
    rate = f"sum by (queue, prefix, server) (rate({name}{_Q}{_RATE}))"
    return f"60 * {rate}" if per_minute else rate


_NAME = "{{server}} {{prefix}} {{queue}}"


def _percentiles(which: str) -> tuple[tuple[str, str], ...]:
    start = f"bulltui_job_{which}_seconds_quantile"
    return tuple(
        (f'max by (queue, prefix, server) ({start}{{{_WHERE},queue=~"$queue",quantile="{share}"}})', f"{_NAME} {name}")
        for share, name in (("0.5", "p50"), ("0.95", "p95"), ("0.99", "p99"))
    )


def _by_name(which: str) -> str:
    return f"histogram_quantile(0.95, sum by (le, name) (rate(bulltui_job_{which}_seconds_bucket{_Q}{_RATE})))"


ROWS = (
    Row(
        "Overview",
        (
            _stat("Redis answers", f"min(bulltui_redis_up{_S})", "1 where every server does.", bad_below=1),
            _stat("Alerts", f"sum(bulltui_alerts_firing{_P})", "That fire now.", bad_from=1),
            _stat("Queues", f"sum(bulltui_queues{_S})", "That are watched."),
            _stat("Ready", f"sum({_READY})", "Jobs that could run now: waiting, prioritized, set aside by a pause."),
            _stat("Active", f"sum(bullmq_queue_active{_Q})", "Jobs that run."),
            _stat("Failed", f"sum(bullmq_queue_failed{_Q})", "Failed jobs that are kept.", bad_from=1),
            _stat("Workers", f"sum(bulltui_queue_workers{_Q})", "That are connected."),
            _stat("Age", f"max(bulltui_snapshot_age_seconds{_S})", "How old these numbers are.", unit="s", bad_from=30),
        ),
    ),
    Row(
        "Throughput and failures",
        (
            Panel("Completed", ((_per_queue("bulltui_jobs_completed_total"), _NAME),), about="Jobs a minute."),
            Panel("Failed", ((_per_queue("bulltui_jobs_failed_total"), _NAME),), about="Jobs a minute, for good."),
            Panel(
                "Share of failures",
                (
                    (
                        f"sum by (queue, prefix, server) (rate(bulltui_jobs_failed_total{_Q}{_RATE})) / "
                        f"(sum by (queue, prefix, server) (rate(bulltui_jobs_failed_total{_Q}{_RATE})) + "
                        f"sum by (queue, prefix, server) (rate(bulltui_jobs_completed_total{_Q}{_RATE})) > 0)",
                        _NAME,
                    ),
                ),
                unit="percentunit",
            ),
            Panel("Added", ((_per_queue("bulltui_jobs_added_total"), _NAME),), about="Jobs a minute."),
            Panel("Retried", ((_per_queue("bulltui_jobs_retried_total"), _NAME),), about="Attempts a minute."),
            Panel("Stalled", ((_per_queue("bulltui_jobs_stalled_total"), _NAME),), about="Jobs a minute."),
        ),
    ),
    Row(
        "Backlog",
        (
            Panel("Ready", ((f"sum by (queue, prefix, server) ({_READY})", _NAME),), about="Jobs that could run now."),
            Panel("Oldest waiting", ((f"bulltui_queue_oldest_waiting_age_seconds{_Q}", _NAME),), unit="s"),
            Panel("Jobs by state", ((f"sum by (state) (bullmq_job_count{_Q})", "{{state}}"),), STACK),
        ),
    ),
    Row(
        "Wait and run",
        (
            Panel("Wait", _percentiles("wait"), unit="s", about="Of the last 5 minutes.", width=12),
            Panel("Run", _percentiles("run"), unit="s", about="Of the last 5 minutes.", width=12),
            Panel("Wait by name, p95", ((_by_name("wait"), "{{name}}"),), unit="s", width=12),
            Panel("Run by name, p95", ((_by_name("run"), "{{name}}"),), unit="s", width=12),
            Panel(
                "Ended by name",
                ((f"60 * sum by (name, result) (rate(bullmq_jobs_finished_total{_Q}{_RATE}))", "{{name}} {{result}}"),),
                about="Jobs a minute.",
                width=24,
            ),
        ),
    ),
    Row(
        "Workers and limits",
        (
            Panel("Workers", ((f"bulltui_queue_workers{_Q}", _NAME),)),
            Panel(
                "Active, and how many may be",
                (
                    (f"bullmq_queue_active{_Q}", f"{_NAME} active"),
                    (f"bulltui_queue_global_concurrency{_Q}", f"{_NAME} may be"),
                ),
                about="Global concurrency; that of workers is not in Redis.",
            ),
            Panel("Paused", ((f"bulltui_queue_paused{_Q}", _NAME),)),
            Panel(
                "Rate limit",
                (
                    (f"bulltui_queue_rate_limit_used{_Q}", f"{_NAME} used"),
                    (f"bulltui_queue_rate_limit_max{_Q}", f"{_NAME} at most"),
                ),
                about="Global rate limits, in the window that runs; those of workers are not in Redis.",
            ),
            Panel(
                "Held by the limit",
                ((f"avg_over_time(bulltui_queue_rate_limited{_Q}{_RATE})", _NAME),),
                unit="percentunit",
                about="Share of the time.",
            ),
            Panel("Schedulers overdue", ((f"bulltui_queue_scheduler_overdue_seconds{_Q}", _NAME),), unit="s"),
        ),
    ),
    Row(
        "Alerts",
        (
            Panel("Firing", ((f"sum by (rule, severity) (bulltui_alerts_firing{_P}) > 0 or "
                              f"sum by (rule, severity) (bulltui_alerts_firing{_P})", "{{severity}} {{rule}}"),),
                  width=16),
            Panel("Muted", ((f"sum(bulltui_alerts_muted{_P})", "muted"),), about="That fire and nobody is told of."),
        ),
    ),
    Row(
        "Redis",
        (
            Panel(
                "Memory",
                (
                    (f"bulltui_redis_memory_used_bytes{_S}", "{{server}} used"),
                    (f"bulltui_redis_memory_max_bytes{_S} > 0 or bulltui_redis_memory_used_bytes{_S}",
                     "{{server}} at most"),
                ),
                unit="bytes",
            ),
            Panel("Clients", ((f"bulltui_redis_connected_clients{_S}", "{{server}}"),)),
            Panel("Evicted keys", ((f"60 * rate(bulltui_redis_evicted_keys_total{_S}{_RATE})", "{{server}}"),),
                  about="A minute. There must be none."),
            Panel("Latency", ((f"bulltui_redis_latency_seconds{_S}", "{{server}}"),), unit="s"),
            Panel(
                "Our calls, p95",
                ((f"histogram_quantile(0.95, sum by (le, call) (rate(bulltui_redis_call_duration_seconds_bucket"
                  f"{_S}{_RATE})))", "{{call}}"),),
                unit="s",
            ),
            Panel(
                "Our calls that failed",
                ((f"60 * sum by (call) (rate(bulltui_redis_call_errors_total{_S}{_RATE}))", "{{call}}"),),
                about="A minute.",
            ),
        ),
    ),
    Row(
        "bulltui itself",
        (
            Panel("Age of the numbers", ((f"bulltui_snapshot_age_seconds{_S}", "{{server}}"),), unit="s"),
            Panel("Refresh", ((f"bulltui_refresh_duration_seconds{_S}", "{{server}}"),), unit="s"),
            Panel("Breaker", ((f"bulltui_breaker_state{_S} == 1", "{{server}} {{state}}"),)),
            Panel(
                "Counts from the cache",
                ((f"rate(bulltui_cache_hits_total{_S}{_RATE}) / (rate(bulltui_cache_hits_total{_S}{_RATE}) + "
                  f"rate(bulltui_cache_misses_total{_S}{_RATE}))", "{{server}}"),),
                unit="percentunit",
            ),
            Panel("Actions", ((f"sum by (verb, outcome) (increase(bulltui_actions_total{_P}{_RATE})) or vector(0)",
                               "{{verb}} {{outcome}}"),)),
            Panel("Problems", ((f"bulltui_watch_problems{_P}", "{{instance}}"),),
                  about="What cannot be done of history and alerts."),
            Panel("History", ((f"bulltui_history_size_bytes{_P}", "{{instance}}"),), unit="bytes"),
            Panel("History behind", ((f"bulltui_history_lag_seconds{_P}", "{{instance}}"),), unit="s"),
            Panel("Scrapes", ((f"histogram_quantile(0.95, sum by (le, path) (rate(http_request_duration_seconds_bucket"
                               f"{_P}{_RATE})))", "{{path}}"),), unit="s", about="How long answers took, p95."),
            Panel("Processor", ((f"rate(process_cpu_seconds_total{_P}{_RATE})", "{{instance}}"),), unit="percentunit"),
            Panel("Process memory", ((f"process_resident_memory_bytes{_P}", "{{instance}}"),), unit="bytes"),
            Panel("Version", ((f"bulltui_build_info{_P}", "{{version}} on Python {{python}}"),), TABLE),
        ),
    ),
)  # fmt: skip


def queries() -> list[tuple[str, str]]:
    """Each query with the title of its panel."""
    return [(panel.title, query) for row in ROWS for panel in row.panels for query, _ in panel.queries]


def dashboard() -> str:
    """The file that Grafana imports."""
    panels: list[dict[str, Any]] = []
    top = 0
    for row in ROWS:
        panels.append({"type": "row", "title": row.title, "collapsed": False, "gridPos": _at(0, top, WIDTH, 1)})
        top += 1
        left = height = 0
        for panel in row.panels:
            tall = 4 if panel.kind == STAT else 8
            if left + panel.width > WIDTH:
                top, left, height = top + height, 0, 0
            panels.append(_panel(panel, _at(left, top, panel.width, tall)))
            left, height = left + panel.width, max(height, tall)
        top += height
    for number, one in enumerate(panels, 1):
        one["id"] = number
    document = {
        "uid": "bulltui",
        "title": "bulltui: BullMQ queues",
        "tags": ["bullmq", "bulltui"],
        "timezone": "browser",
        "schemaVersion": 39,
        "version": 1,
        "editable": True,
        "refresh": "30s",
        "time": {"from": "now-6h", "to": "now"},
        "templating": {"list": _variables()},
        "annotations": {"list": []},
        "panels": panels,
    }
    return json.dumps(document, indent=2) + "\n"


_SOURCE = {"type": "prometheus", "uid": "${datasource}"}


def _variables() -> list[dict[str, Any]]:
    source = {"name": "datasource", "label": "Data source", "type": "datasource", "query": "prometheus"}
    return [
        source,
        _variable("job", "Job", "label_values(bulltui_build_info, job)"),
        _variable("server", "Server", 'label_values(bulltui_redis_up{job=~"$job"}, server)'),
        _variable("queue", "Queue", 'label_values(bulltui_queue_paused{job=~"$job",server=~"$server"}, queue)'),
    ]


def _variable(name: str, label: str, query: str) -> dict[str, Any]:
    # Everything is `.*`, which also means those without the label: `server` is told only where there are several.
    everything = {"selected": True, "text": "All", "value": "$__all"}
    return {
        "name": name,
        "label": label,
        "type": "query",
        "datasource": _SOURCE,
        "query": {"query": query, "refId": name},
        "definition": query,
        "refresh": 2,
        "sort": 1,
        "multi": True,
        "includeAll": True,
        "allValue": ".*",
        "current": everything,
    }


def _panel(panel: Panel, at: dict[str, int]) -> dict[str, Any]:
    kind = {STAT: "stat", TABLE: "table"}.get(panel.kind, "timeseries")
    made: dict[str, Any] = {
        "type": kind,
        "title": panel.title,
        "description": panel.about,
        "datasource": _SOURCE,
        "gridPos": at,
        "targets": [_target(panel, number, query, name) for number, (query, name) in enumerate(panel.queries)],
        "fieldConfig": {"defaults": _field(panel), "overrides": []},
    }
    if kind == "timeseries":
        made["options"] = {
            "tooltip": {"mode": "multi", "sort": "desc"},
            "legend": {"displayMode": "list", "placement": "bottom", "showLegend": True, "calcs": []},
        }
    if kind == "stat":
        made["options"] = {"reduceOptions": {"calcs": ["lastNotNull"]}, "colorMode": "value", "graphMode": "area"}
    return made


def _field(panel: Panel) -> dict[str, Any]:
    steps: list[dict[str, Any]] = [{"color": "green", "value": None}]
    if panel.bad_from is not None:
        steps.append({"color": "red", "value": panel.bad_from})
    if panel.bad_below is not None:
        steps = [{"color": "red", "value": None}, {"color": "green", "value": panel.bad_below}]
    field: dict[str, Any] = {"unit": panel.unit, "min": 0, "thresholds": {"mode": "absolute", "steps": steps}}
    if panel.kind in (LINES, STACK):
        stacked = panel.kind == STACK
        field["custom"] = {
            "lineWidth": 1,
            "fillOpacity": 30 if stacked else 5,
            "showPoints": "never",
            "stacking": {"mode": "normal" if stacked else "none"},
        }
    return field


def _target(panel: Panel, number: int, query: str, name: str) -> dict[str, Any]:
    now: dict[str, Any] = {"format": "table", "instant": True} if panel.kind == TABLE else {}
    return {
        "refId": chr(ord("A") + number),
        "datasource": _SOURCE,
        "expr": query,
        "legendFormat": name or "__auto",
        **now,
    }


def _at(left: int, top: int, width: int, height: int) -> dict[str, int]:
    return {"x": left, "y": top, "w": width, "h": height}


__all__: Sequence[str] = ["ROWS", "Panel", "Row", "dashboard", "queries"]
