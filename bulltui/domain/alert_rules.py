"""The rules that hold without anybody writing one, and which queues a rule means."""

from dataclasses import replace

from bulltui.domain.alert import Rule, Severity, Watched
from bulltui.domain.match import selected
from bulltui.domain.queue import QueueRef

_OWN = (
    (
        Rule("unreachable", Watched.UNREACHABLE, for_s=30, clear_s=30, severity=Severity.CRITICAL),
        "a restart or a failover takes less than that",
    ),
    (
        Rule("memory", Watched.MEMORY, 90, for_s=120, clear=85, severity=Severity.CRITICAL),
        "a full Redis refuses jobs, or throws them away; one without a limit has no share",
    ),
    (
        Rule("eviction-policy", Watched.EVICTION_POLICY, for_s=0, clear_s=0),
        "with any other than noeviction Redis may throw away parts of jobs",
    ),
    (
        Rule("no-workers", Watched.NO_WORKERS, for_s=300),
        "a deployment takes less than that; a queue without jobs needs no worker",
    ),
    (
        Rule("failing", Watched.FAILURE_SHARE, 50, for_s=120, clear=25, clear_s=120),
        "most jobs fail, of ten at least: something that they all need is broken",
    ),
    (
        Rule("stalled", Watched.STALLED, 3, for_s=0, clear=0, clear_s=0, window_s=900),
        "workers die, or block their loop; now and then one is what a deployment costs",
    ),
    (
        Rule("overdue-scheduler", Watched.OVERDUE_SCHEDULER, 300, for_s=60),
        "what should run by the clock does not",
    ),
    (
        Rule("no-completions", Watched.NO_COMPLETIONS, for_s=300, window_s=1800),
        "jobs wait and none has ended for half an hour: workers hang, or are blocked",
    ),
    (
        Rule("paused", Watched.PAUSED, for_s=86_400, severity=Severity.INFO),
        "a queue that is paused for a day has been forgotten",
    ),
)

BUILT_IN: tuple[Rule, ...] = tuple(replace(rule, built_in=True) for rule, _ in _OWN)
"""Our own rules. None of them fires on a server that is in order, whatever its load: how much is too much only their
owner knows of a queue."""

REASONS: dict[str, str] = {rule.name: why for rule, why in _OWN}
"""Why each is as it is."""


def rule_means(rule: Rule, ref: QueueRef | None, server: str) -> bool:
    """Whether a rule is about a queue, or (None) about a server; `server` is what that server is called here. The globs
    of a rule about servers are those of their names."""
    if rule.watched.of_server:
        return ref is None and selected(QueueRef("", server), rule.queues)
    return ref is not None and selected(QueueRef(ref.prefix, ref.name, ref.server or server), rule.queues)
