"""What this process does and is, as samples."""

import os
import platform
import time
from collections import Counter
from pathlib import Path

from bulltui import __version__
from bulltui.domain.alert import Phase
from bulltui.domain.metric import Metric
from bulltui.metrics import labels
from bulltui.metrics.lines import Lines, histogram, line
from bulltui.metrics.view import View

_STARTED = time.time()


def firing(metric: Metric, view: View) -> Lines:
    """Alerts that fire, 0 for a rule of which none does."""
    counts = Counter({(rule.name, rule.severity): 0 for rule in view.rules})
    counts.update((alert.rule, alert.severity) for alert in view.alerts if alert.phase is Phase.FIRING)
    for (rule, severity), count in counts.items():
        yield line(metric.name, labels.of(rule=rule, severity=severity.value), count)


def muted(metric: Metric, view: View) -> Lines:
    """Alerts that fire in silence."""
    yield line(metric.name, "", sum(alert.phase is Phase.FIRING and bool(alert.muted) for alert in view.alerts))


def history_size(metric: Metric, view: View) -> Lines:
    """Bytes on the disk."""
    if view.history is not None and view.history.bytes:
        yield line(metric.name, "", view.history.bytes)


def history_lag(metric: Metric, view: View) -> Lines:
    """How old the last point is."""
    if view.history is not None and view.history.last_ms is not None:
        yield line(metric.name, "", max(0, view.now_ms - view.history.last_ms) / 1000)


def history_writer(metric: Metric, view: View) -> Lines:
    """Whether it is we who write."""
    if view.history is not None:
        yield line(metric.name, "", int(view.history.leads))


def problems(metric: Metric, view: View) -> Lines:
    """How many there are."""
    yield line(metric.name, "", view.problems)


def actions(metric: Metric, view: View) -> Lines:
    """How many of each kind."""
    for (verb, outcome), count in view.actions.actions.items():
        yield line(metric.name, labels.of(verb=verb, outcome=outcome.value), count)


def affected(metric: Metric, view: View) -> Lines:
    """What they changed."""
    for verb, count in view.actions.affected.items():
        yield line(metric.name, labels.of(verb=verb), count)


def action_durations(metric: Metric, view: View) -> Lines:
    """How long they took."""
    for verb, one in view.actions.durations.items():
        yield histogram(metric.name, labels.of(verb=verb), metric.bounds, one.buckets, one.sum_s)


def requests(metric: Metric, view: View) -> Lines:
    """How long answers of the endpoint took."""
    for (method, path, status), one in view.requests.items():
        where = labels.of(method=method, path=path, status=status)
        yield histogram(metric.name, where, metric.bounds, one.buckets, one.sum_s)


def discovered(metric: Metric, view: View) -> Lines:
    """How many queues there are."""
    yield line(metric.name, "", len(view.rows))


def build(metric: Metric, view: View) -> Lines:
    """Which version runs on what."""
    yield line(metric.name, labels.of(version=__version__, python=platform.python_version()), 1)


def started(metric: Metric, view: View) -> Lines:
    """When the process began, or nearly so."""
    yield line(metric.name, "", _STARTED)


def processor(metric: Metric, view: View) -> Lines:
    """Seconds of all its threads."""
    yield line(metric.name, "", time.process_time())


def memory(metric: Metric, view: View) -> Lines:
    """What is resident, where the system has /proc."""
    try:
        pages = int(Path("/proc/self/statm").read_bytes().split()[1])
    except (OSError, IndexError, ValueError):
        return
    yield line(metric.name, "", pages * os.sysconf("SC_PAGE_SIZE"))
