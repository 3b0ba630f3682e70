"""What rules see of a queue or a server. A value of None is not known: it begins no alert and ends none."""

from dataclasses import dataclass

from bulltui.domain.alert import Rule, Watched
from bulltui.domain.point import Point
from bulltui.domain.server import ServerInfo
from bulltui.domain.snapshot import Health, Link, QueueRow

LEAST_ENDED = 10
"""Of fewer jobs that ended no share of failures is told: one of one is all of them, and says nothing."""

LEAST_KNOWN_S = 60.0
"""A rate is told once so many seconds of its window are known."""


@dataclass(frozen=True, slots=True)
class Seen:
    """What a rule saw: the value in the unit of what it watches, when that was so (epoch ms), and what a sentence adds
    to it."""

    value: float
    at_ms: int
    detail: str = ""


def looks_back(watched: Watched) -> bool:
    """Whether its value comes from a window of time, and not from one look."""
    return watched in _OF_WINDOW


def sees_nothing(rule: Rule, row: QueueRow) -> bool:
    """Whether a rule that looks back finds nothing wrong with a queue through which nothing moved in its window: what
    it sees is 0 then, or not known."""
    if rule.watched is Watched.NO_COMPLETIONS and row.queue.counts.ready and not row.queue.paused:
        return False
    return rule.threshold <= 0 if rule.below else rule.threshold >= 0


def needs_durations(watched: Watched) -> bool:
    """Whether it needs to know how long jobs took, and not only how many moved."""
    return watched in (Watched.WAIT_P95, Watched.RUN_P95)


_OF_WINDOW = frozenset(
    (
        Watched.FAILED_RATE,
        Watched.FAILURE_SHARE,
        Watched.WAIT_P95,
        Watched.RUN_P95,
        Watched.STALLED,
        Watched.NO_COMPLETIONS,
    )
)


def of_look(watched: Watched, row: QueueRow, at_ms: int) -> float | None:
    """The value of a queue as it was read at `at_ms` (epoch ms)."""
    queue, counts = row.queue, row.queue.counts
    if watched is Watched.FAILED:
        return float(counts.failed)
    if watched is Watched.BACKLOG:
        return float(counts.ready)
    if watched is Watched.PAUSED:
        return float(queue.paused)
    if watched is Watched.OLDEST_WAITING:
        if not counts.ready:
            return 0.0
        return None if queue.oldest_waiting_at is None else max(0, at_ms - queue.oldest_waiting_at) / 1000
    if watched is Watched.NO_WORKERS:
        if row.workers is None:
            return None
        return float(counts.ready + counts.active) if row.lacks_worker else 0.0
    if watched is Watched.OVERDUE_SCHEDULER:
        # A paused queue holds its schedulers back as well, and is told as such.
        if queue.paused or queue.next_run_at is None:
            return 0.0
        return max(0, at_ms - queue.next_run_at) / 1000
    raise ValueError(watched)


def of_window(rule: Rule, row: QueueRow, point: Point, known_s: float) -> float | None:
    """The value of a queue over the rule's window: `point` is what is known of it, the last `known_s` seconds. Where
    that is not all of it, what there is may be enough to say that there is too much, and never that there is not."""
    whole = known_s >= rule.window_s
    flow, counts = point.flow, row.queue.counts
    watched = rule.watched
    if watched is Watched.STALLED:
        return float(flow.stalled) if whole or flow.stalled > rule.threshold else None
    if watched is Watched.NO_COMPLETIONS:
        if flow.finished or not counts.ready or row.queue.paused:
            return 0.0
        return float(counts.ready) if whole else None
    if watched is Watched.FAILED_RATE:
        span = min(known_s, rule.window_s)
        if span > 0 and span >= min(LEAST_KNOWN_S, rule.window_s):
            return flow.failed * 60 / span
        least = flow.failed * 60 / rule.window_s
        return least if least > rule.threshold and not rule.below else None
    if watched is Watched.FAILURE_SHARE:
        if flow.finished >= LEAST_ENDED:
            return 100 * flow.failed / flow.finished
        return 0.0 if whole else None
    if watched in (Watched.WAIT_P95, Watched.RUN_P95):
        durations, left = (point.wait, counts.ready) if watched is Watched.WAIT_P95 else (point.run, counts.active)
        found = durations.quantile(0.95)
        if found is not None:
            return found / 1000
        return 0.0 if whole and not left else None
    raise ValueError(watched)


def of_server(watched: Watched, info: ServerInfo | None, health: Health) -> tuple[float | None, str]:
    """The value of a server, and what a sentence adds to it."""
    if watched is Watched.UNREACHABLE:
        if health.link is Link.CONNECTING:
            return None, ""
        return float(health.link is Link.OFFLINE), health.message
    if info is None or health.link is Link.OFFLINE:
        return None, ""
    if watched is Watched.EVICTION_POLICY:
        safe = info.policy_is_safe
        return (None if safe is None else float(not safe)), info.memory_policy
    if watched is Watched.MEMORY:
        return _fullest(info), ""
    raise ValueError(watched)


def _fullest(info: ServerInfo) -> float | None:
    """The share of the memory that is used, in percent; of a Cluster that of its fullest primary, since a full one
    refuses what goes to it whatever room others have. 0 where there is no limit."""
    masters = [(node.used_memory, node.max_memory) for node in info.nodes if node.role == "primary"]
    known = [
        100 * used / most if most else 0.0
        for used, most in masters or [(info.used_memory, info.max_memory)]
        if used is not None and most is not None
    ]
    return max(known, default=None)
