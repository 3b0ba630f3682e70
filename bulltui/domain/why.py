"""Why a job is where it is, and why a queue does not go on: causes, evidence, next steps."""

from dataclasses import dataclass
from enum import StrEnum

from bulltui.domain.flow import JobRef


class Cause(StrEnum):
    """What holds or has ended a job. The values are stable words for scripts."""

    IN_LINE = "in-line"  # workers take it when its turn comes
    PAUSED = "paused"
    NO_WORKERS = "no-workers"
    WORKERS_BUSY = "workers-busy"
    CONCURRENCY = "global-concurrency"
    RATE_LIMITED = "rate-limited"
    DELAYED = "delayed"
    BACKOFF = "backoff"  # delayed after a failed attempt
    OVERDUE = "overdue"  # due, and nobody moves it
    PRIORITY = "behind-priority"
    CHILDREN = "waiting-for-children"
    CHILD_FAILED = "child-failed"
    RUNNING = "running"
    STALLED = "stalled"
    ATTEMPTS = "attempts-exhausted"
    UNRECOVERABLE = "unrecoverable"  # failed for good before its attempts were used
    COMPLETED = "completed"
    REMOVED = "removed"  # by hand, by code, or without a trace
    AUTO_REMOVED = "auto-removed"
    DEDUPLICATED = "deduplicated"
    NO_HASH = "no-hash"  # an id in a state whose job is gone
    NO_STATE = "no-state"  # a job that is in no state
    NOT_FOUND = "not-found"
    IDLE = "idle"  # of a queue: nothing to do
    MOVING = "moving"  # of a queue: jobs come and go
    STUCK = "stuck"  # of a queue: jobs wait, workers are there, and nothing moves


@dataclass(frozen=True, slots=True)
class Related:
    """Another job that an explanation speaks of, and what it is to this one: `child that failed`, `parent`, `job that
    holds its deduplication id`."""

    role: str
    job: JobRef


@dataclass(frozen=True, slots=True)
class Why:
    """An explanation. `verdict` is one plain sentence; `causes` are what it names, the decisive one first; `evidence`
    are the facts that were seen, `steps` what to do next. `sure` is False where the server does not tell enough.
    `related` are jobs to go to from here."""

    verdict: str
    causes: tuple[Cause, ...]
    evidence: tuple[str, ...] = ()
    steps: tuple[str, ...] = ()
    sure: bool = True
    related: tuple[Related, ...] = ()

    @property
    def cause(self) -> Cause:
        """The decisive one."""
        return self.causes[0]
