"""The table of metrics, and what is made of it."""

import json
import re

from bulltui.domain.alert import Watched
from bulltui.domain.alert_rules import BUILT_IN
from bulltui.domain.metric import COMPAT, Kind, Scope
from bulltui.domain.metric_table import ACTION_S, BY_NAME, METRICS, told
from bulltui.domain.metric_table_others import NOT_TOLD
from bulltui.metrics.exposition import TELLERS
from bulltui.services.counters import BUCKETS_S
from bulltui.services.watch.job_counts import BOUNDS_S
from scripts import grafana, metrics, prometheus_rules

_NAME = re.compile(r"\b(?:bull(?:tui|mq)?|redis_operation|http_request|process|jobs?)_[a-z_]+\b")


def test_each_metric_is_there_once_and_somebody_tells_it() -> None:
    assert len(BY_NAME) == len(METRICS)
    assert set(TELLERS) == set(BY_NAME)
    assert not set(NOT_TOLD) & set(BY_NAME)


def test_names_and_labels_are_such() -> None:
    for metric in METRICS:
        assert re.fullmatch(r"[a-z][a-z0-9_]*", metric.name), metric.name
        assert all(re.fullmatch(r"[a-z][a-z_]*", label) for label in metric.all_labels), metric.name
        assert metric.help.endswith("."), metric.name
        assert bool(metric.bounds) == (metric.kind is Kind.HISTOGRAM), metric.name
        if metric.scope is Scope.QUEUE:
            assert any("queue" in label for label in metric.all_labels), metric.name
        if metric.family.value.startswith("bulltui"):
            assert metric.kind is not Kind.COUNTER or metric.name.endswith("_total"), metric.name


def test_buckets_are_those_that_are_counted() -> None:
    assert ACTION_S == BUCKETS_S
    for metric in METRICS:
        if metric.bounds and metric.scope is Scope.QUEUE:
            assert set(metric.bounds) <= set(BOUNDS_S), metric.name


def test_others_names_are_told_where_they_are_asked_for() -> None:
    plain = {metric.name for metric in told(())}
    assert "bulltui_queue_workers" in plain
    assert "bullmq_queue_waiting" in plain
    assert not {"bull_queue_waiting", "jobs_active_total", "bullmq_jobs_completed_total"} & plain
    for family in COMPAT:
        more = {metric.name for metric in told((family.value,))} - plain
        assert more == {metric.name for metric in METRICS if metric.family is family}


def test_what_is_made_of_it_is_up_to_date() -> None:
    for path, text in metrics.files().items():
        assert path.read_text(encoding="utf-8") == text, f"{path.name}: run `make metrics`"


def test_the_dashboard_and_the_rules_ask_for_metrics_that_there_are() -> None:
    suffixes = ("", "_bucket", "_sum", "_count")
    known = {name + suffix for name in BY_NAME for suffix in suffixes}
    asked = [query for _, query in grafana.queries()]
    asked += [prometheus_rules.AS[rule.watched].expression(rule) for rule in BUILT_IN]
    for query in asked:
        names = set(_NAME.findall(re.sub(r'"[^"]*"|\{[^}]*\}', "", query)))
        assert names, query
        assert names <= known, query


def test_whatever_a_rule_may_watch_can_be_said_to_prometheus() -> None:
    assert set(prometheus_rules.AS) == set(Watched)


def test_panels_lie_side_by_side() -> None:
    made = json.loads(grafana.dashboard())
    assert len({panel["id"] for panel in made["panels"]}) == len(made["panels"])
    taken: set[tuple[int, int]] = set()
    for panel in made["panels"]:
        at = panel["gridPos"]
        cells = {(at["x"] + x, at["y"] + y) for x in range(at["w"]) for y in range(at["h"])}
        assert at["x"] + at["w"] <= grafana.WIDTH, panel["title"]
        assert not cells & taken, panel["title"]
        taken |= cells
    variables = {variable["name"] for variable in made["templating"]["list"]}
    asked = set(re.findall(r"\$(\w+)", " ".join(query for _, query in grafana.queries())))
    assert asked - {"__rate_interval"} <= variables
