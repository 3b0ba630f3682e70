"""All that is known of a job when its state is explained."""

from dataclasses import dataclass

from bulltui.domain.flow import FlowNode
from bulltui.domain.job import Job
from bulltui.domain.layout import Layout
from bulltui.domain.queue import QueueRef, RateLimit
from bulltui.domain.surroundings import LastSeen, Surroundings


@dataclass(frozen=True, slots=True)
class Workforce:
    """The workers of a queue: how many are connected and how many of these wait for a job. None where that is not
    known, and `problem` says why; Bull does not tell of its workers whether they wait. `locks` is how many active jobs
    have a lock, as far as they were looked at: those that a worker holds."""

    total: int | None = None
    idle: int | None = None
    locks: int | None = None
    problem: str = ""


@dataclass(frozen=True, slots=True)
class Ground:
    """What may hold a queue, at one instant. `may_be` are the layouts that it may have, `strange` says
    what speaks for one that is not known here. `per_minute` is how many of its
    jobs finish, None where that was not measured."""

    ref: QueueRef
    now_ms: int
    paused: bool = False
    paused_at_ms: int | None = None
    concurrency: int | None = None
    limit: RateLimit = RateLimit()
    active: int = 0
    stalled_check_ttl_ms: int | None = None
    workers: Workforce = Workforce()
    may_be: tuple[Layout, ...] = ()
    strange: str = ""
    per_minute: float | None = None


@dataclass(frozen=True, slots=True)
class Usual:
    """How long (ms) the middle one of `count` others took that were completed last."""

    ms: int
    count: int


@dataclass(frozen=True, slots=True)
class Evidence:
    """What was seen of a job. `seen` is what the queue's stream tells, the newest first; `children` are some of those
    it has, the ones that failed or that it waits for; `parent` is the job it is a child of. `moving` says that it
    changed its state with each look."""

    ref: QueueRef
    job_id: str
    around: Surroundings
    ground: Ground
    job: Job | None = None
    seen: tuple[LastSeen, ...] = ()
    children: tuple[FlowNode, ...] = ()
    parent: FlowNode | None = None
    usual: Usual | None = None
    moving: bool = False
