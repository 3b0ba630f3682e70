"""The built-in rules of alerts as rules of Prometheus, for those whom their own Alertmanager tells."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from bulltui.domain.alert import Rule, Severity, Watched
from bulltui.domain.alert_rules import BUILT_IN, REASONS
from bulltui.domain.alert_values import LEAST_ENDED

READY = "(bullmq_queue_waiting + bullmq_queue_prioritized + bullmq_queue_paused)"
"""Jobs of a queue that could run now."""
_ENDED = "(increase(bulltui_jobs_completed_total[{w}]) + increase(bulltui_jobs_failed_total[{w}]))"

_NOT_PAUSED = "(bulltui_queue_paused == 0)"
_QUEUE = "{{ $labels.queue }}"
_VALUE = '{{ $value | printf "%.0f" }}'


@dataclass(frozen=True, slots=True)
class As:
    """How what a rule watches is said to Prometheus: an expression, which gives something while it is so, and a
    sentence."""

    expression: Callable[[Rule], str]
    summary: str


def _over(value: str) -> Callable[[Rule], str]:
    return lambda rule: f"{value} {'<' if rule.below else '>'} {rule.threshold:g}"


def _in_window(value: str) -> Callable[[Rule], str]:
    return lambda rule: f"{value.format(w=span(rule.window_s))} {'<' if rule.below else '>'} {rule.threshold:g}"


def _failure_share(rule: Rule) -> str:
    window = span(rule.window_s)
    ended = _ENDED.format(w=window)
    share = f"100 * increase(bulltui_jobs_failed_total[{window}]) / {ended}"
    return f"{share} > {rule.threshold:g} and {ended} >= {LEAST_ENDED}"


def _no_completions(rule: Rule) -> str:
    # Counters begin with the process: before that nobody would have seen a job end.
    watched = f"on (job, instance) (time() - process_start_time_seconds > {rule.window_s:g})"
    ended = _ENDED.format(w=span(rule.window_s))
    return f"{READY} > {rule.threshold:g} and {ended} == 0 and {_NOT_PAUSED} and {watched}"


def _no_workers(rule: Rule) -> str:
    return f"({READY} + bullmq_queue_active) > {rule.threshold:g} and (bulltui_queue_workers == 0) and {_NOT_PAUSED}"


def _overdue(rule: Rule) -> str:
    return f"bulltui_queue_scheduler_overdue_seconds > {rule.threshold:g} and {_NOT_PAUSED}"


def _quantile(which: str) -> Callable[[Rule], str]:
    return _over(f'bulltui_job_{which}_seconds_quantile{{quantile="0.95"}}')


AS: Mapping[Watched, As] = {
    Watched.FAILED: As(_over("bullmq_queue_failed"), f"{_QUEUE} keeps {_VALUE} failed jobs."),
    Watched.FAILED_RATE: As(
        _in_window("60 * rate(bulltui_jobs_failed_total[{w}])"), f"{_VALUE} jobs of {_QUEUE} fail a minute."
    ),
    Watched.FAILURE_SHARE: As(_failure_share, f"{_VALUE} % of the jobs of {_QUEUE} fail."),
    Watched.BACKLOG: As(_over(READY), f"{_VALUE} jobs of {_QUEUE} wait."),
    Watched.OLDEST_WAITING: As(
        _over("bulltui_queue_oldest_waiting_age_seconds"),
        f"The next job of {_QUEUE} has waited for {{{{ $value | humanizeDuration }}}}.",
    ),
    Watched.WAIT_P95: As(_quantile("wait"), f"Jobs of {_QUEUE} wait {{{{ $value | humanizeDuration }}}} (p95)."),
    Watched.RUN_P95: As(_quantile("run"), f"Jobs of {_QUEUE} run {{{{ $value | humanizeDuration }}}} (p95)."),
    Watched.NO_WORKERS: As(_no_workers, f"No worker is connected for {_QUEUE}, and {_VALUE} jobs are there for one."),
    Watched.STALLED: As(_in_window("increase(bulltui_jobs_stalled_total[{w}])"), f"{_VALUE} jobs of {_QUEUE} stalled."),
    Watched.OVERDUE_SCHEDULER: As(
        _overdue, f"A scheduler of {_QUEUE} has been due for {{{{ $value | humanizeDuration }}}}."
    ),
    Watched.PAUSED: As(lambda _: "bulltui_queue_paused == 1", f"{_QUEUE} is paused."),
    Watched.NO_COMPLETIONS: As(_no_completions, f"{_VALUE} jobs of {_QUEUE} wait, and none has ended."),
    Watched.MEMORY: As(
        _over("100 * bulltui_redis_memory_used_ratio"), f"{_VALUE} % of the memory that Redis may take is used."
    ),
    Watched.EVICTION_POLICY: As(
        lambda _: 'bulltui_redis_info{eviction_policy!~"|noeviction"} == 1',
        "Redis may throw away parts of jobs: its maxmemory-policy is {{ $labels.eviction_policy }}.",
    ),
    Watched.UNREACHABLE: As(lambda _: "bulltui_redis_up == 0", "Redis does not answer."),
}
"""What rules can watch, in the words of Prometheus."""

_HEAD = """\
# The built-in alerts of bulltui, for a Prometheus whose Alertmanager tells of them. Written by `make metrics` from the
# table of metrics and the built-in rules: change those, or copy what you want to be different under another name.
#
# Where bulltui tells of alerts itself (`bulltui monitor` with ways of delivery), take one of both. `keep_firing_for`
# wants Prometheus 2.42 or newer; without it an alert ends as soon as it is over.
groups:
  - name: bulltui
    rules:
"""
_ABOUT_US = (
    (
        "BulltuiDown",
        'up{job="bulltui"} == 0',
        120,
        Severity.CRITICAL,
        "Prometheus cannot scrape bulltui at {{ $labels.instance }}.",
        "nothing is known of the queues meanwhile",
    ),
    (
        "BulltuiStale",
        "bulltui_snapshot_age_seconds > 60",
        60,
        Severity.WARNING,
        "What is known of the queues is {{ $value | humanizeDuration }} old.",
        "numbers stand still, whatever the queues do",
    ),
)


def rules() -> str:
    """The file of rules."""
    parts = [_HEAD]
    for rule in BUILT_IN:
        told = AS[rule.watched]
        texts = (told.summary, REASONS[rule.name])
        parts.append(_rule(name_of(rule), told.expression(rule), rule.for_s, rule.severity, texts, of=rule))
    parts += [_rule(name, said, for_s, how, texts) for name, said, for_s, how, *texts in _ABOUT_US]
    return "".join(parts)


def name_of(rule: Rule) -> str:
    """`no-workers` as Prometheus names alerts: `BulltuiNoWorkers`."""
    return "Bulltui" + "".join(part.capitalize() for part in rule.name.split("-"))


def _rule(
    name: str, expression: str, for_s: float, severity: Severity, texts: Sequence[str], *, of: Rule | None = None
) -> str:
    summary, reason = texts
    lines = [f"- alert: {name}", f"  expr: {_quoted(expression)}"]
    if for_s:
        lines.append(f"  for: {span(for_s)}")
    if of is not None and of.clear_s:
        lines.append(f"  keep_firing_for: {span(of.clear_s)}")
    lines += ["  labels:", f"    severity: {severity.value}"]
    if of is not None:
        lines.append(f"    rule: {of.name}")
    lines += ["  annotations:", f"    summary: {_quoted(summary)}"]
    lines.append(f"    description: {_quoted(reason[0].upper() + reason[1:] + '.')}")
    return "".join(f"      {line}\n" for line in lines)


def span(seconds: float) -> str:
    """A duration as Prometheus writes it.

    >>> span(300)
    '5m'
    """
    for unit, size in (("d", 86_400), ("h", 3_600), ("m", 60)):
        if seconds >= size and not seconds % size:
            return f"{seconds / size:g}{unit}"
    return f"{seconds:g}s"


def _quoted(text: str) -> str:
    """A text as YAML has it between single quotes."""
    return "'" + text.replace("'", "''") + "'"


EXAMPLE = """\
# A Prometheus that scrapes `bulltui monitor` and knows its alerts. Written by `make metrics`.
global:
  scrape_interval: 15s
  evaluation_interval: 15s

rule_files:
  - bulltui.rules.yml

scrape_configs:
  - job_name: bulltui
    static_configs:
      - targets: ["127.0.0.1:2855"]
    # Where `[metrics]` wants a token or a password (a file, so that it is not in here):
    # authorization:
    #   credentials_file: /etc/prometheus/bulltui.token
    # basic_auth:
    #   username: prometheus
    #   password_file: /etc/prometheus/bulltui.password
    # Where it has a certificate:
    # scheme: https
    # tls_config:
    #   ca_file: /etc/prometheus/bulltui-ca.pem
"""
