"""Alerts: what is watched for, what was found, and who must not be told."""

from dataclasses import dataclass
from enum import StrEnum

from bulltui.domain.queue import QueueRef


class Severity(StrEnum):
    """How bad it is, the worst first."""

    CRITICAL = "critical"
    WARNING = "warning"
    INFO = "info"


class Watched(StrEnum):
    """What a rule watches. Those of a queue first, then those of a server. The unit of a threshold is said in
    `UNITS`."""

    FAILED = "failed"  # failed jobs that are kept
    FAILED_RATE = "failed-rate"  # jobs that failed for good
    FAILURE_SHARE = "failure-share"  # of the jobs that ended
    BACKLOG = "backlog"
    OLDEST_WAITING = "oldest-waiting"
    WAIT_P95 = "wait-p95"
    RUN_P95 = "run-p95"
    NO_WORKERS = "no-workers"  # jobs that wait while nobody is connected to do them
    STALLED = "stalled"  # jobs that stalled in the window
    OVERDUE_SCHEDULER = "overdue-scheduler"
    PAUSED = "paused"
    NO_COMPLETIONS = "no-completions"  # jobs that wait while none ended in the window
    MEMORY = "memory"
    EVICTION_POLICY = "eviction-policy"
    UNREACHABLE = "unreachable"

    @property
    def of_server(self) -> bool:
        """Whether it is about a server, and no queue."""
        return self in (Watched.MEMORY, Watched.EVICTION_POLICY, Watched.UNREACHABLE)


UNITS = {
    Watched.FAILED: "jobs",
    Watched.FAILED_RATE: "jobs/min",
    Watched.FAILURE_SHARE: "%",
    Watched.BACKLOG: "jobs",
    Watched.OLDEST_WAITING: "s",
    Watched.WAIT_P95: "s",
    Watched.RUN_P95: "s",
    Watched.NO_WORKERS: "jobs",
    Watched.STALLED: "jobs",
    Watched.OVERDUE_SCHEDULER: "s",
    Watched.PAUSED: "",
    Watched.NO_COMPLETIONS: "jobs",
    Watched.MEMORY: "%",
    Watched.EVICTION_POLICY: "",
    Watched.UNREACHABLE: "",
}
"""What thresholds and values are counted in; empty where it is so or not, and there is no threshold."""


@dataclass(frozen=True, slots=True)
class Rule:
    """When to tell whom. The value must be over `threshold` (under it, with `below`) for `for_s` seconds, and is over
    once it was on the other side of `clear` (the threshold itself where that is None) for `clear_s` seconds. Rates and
    percentiles look back `window_s` seconds. `queues` are globs, `!GLOB` excludes, none for all. `to` names the ways of
    delivery, none for all."""

    name: str
    watched: Watched
    threshold: float = 0.0
    below: bool = False
    for_s: float = 60.0
    clear: float | None = None
    clear_s: float = 60.0
    window_s: float = 300.0
    queues: tuple[str, ...] = ()
    severity: Severity = Severity.WARNING
    to: tuple[str, ...] = ()
    built_in: bool = False


class Phase(StrEnum):
    """How far an alert is. One that was pending and passed was none."""

    PENDING = "pending"
    FIRING = "firing"
    RESOLVED = "resolved"


@dataclass(frozen=True, slots=True)
class Alert:
    """What a rule found of a queue (`ref`), or of a server (`ref` None, `server` its label or address). `id` stays the
    same from its first moment to its end. Times in epoch ms, 0 where that has not been. `value` is the last one while
    it is not resolved, and the worst one after; `text` is a sentence that says it. `muted` says by which mute nobody is
    told, 0 for none."""

    id: str
    rule: str
    watched: Watched
    severity: Severity
    phase: Phase
    ref: QueueRef | None
    server: str
    since_ms: int
    fired_ms: int = 0
    resolved_ms: int = 0
    value: float = 0.0
    worst: float = 0.0
    threshold: float = 0.0
    text: str = ""
    muted: int = 0
    seen_ms: int = 0

    @property
    def subject(self) -> str:
        """What it is about, as people name it."""
        return self.server if self.ref is None else self.ref.shown


@dataclass(frozen=True, slots=True)
class Mute:
    """Nobody is told of alerts of these rules (a glob) on these queues (a glob; of a server: its label or address) from
    `at_ms` until `until_ms` (epoch ms; None: for good), or, with `until_resolved`, until those that fire now have
    ended. `by` is who wanted it and `why` the reason."""

    number: int
    rules: str = "*"
    subjects: str = "*"
    at_ms: int = 0
    until_ms: int | None = None
    until_resolved: bool = False
    by: str = ""
    why: str = ""


@dataclass(frozen=True, slots=True)
class Delivery:
    """What became of telling it to one way of delivery: `state` is `waiting`, `sent` or `given-up`, after so many
    `tries`; `problem` says why the last one failed."""

    alert: str
    phase: Phase
    way: str
    state: str
    at_ms: int
    tries: int = 0
    problem: str = ""
