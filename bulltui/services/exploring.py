"""What explanations and flows need of a store, beside the reads of queues and jobs."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

from bulltui.domain.flow import ChildCursor, ChildPage, FlowNode, JobRef
from bulltui.domain.queue import QueueRef
from bulltui.domain.states import JobState


@dataclass(frozen=True, slots=True)
class Surroundings:
    """What stands around a job at one instant.

    `states` are all lists and sets that hold its id. `ahead` is how many jobs run before it (None where it does not
    wait), `ahead_deeper` says that there are more than were counted; `higher` how many of these have a higher priority.
    `lock_ttl_ms` is what is left of its lock, None without one; `in_stalled` whether the next check for stalled jobs
    looks at it; `stalled_check_ttl_ms` when that check may run. `limiter_ttl_ms` and `limiter_used` are the queue's
    rate limiter now. `active` is how many jobs run. `marker` says what wakes workers: the due time (ms) of the next
    delayed job, 0 for work now, None for no marker. `dedup_owner` is the job that holds its deduplication id, and
    `dedup_ttl_ms` for how long, None for without end. `now_ms` is the server's time. `last_id` is the queue's counter
    of ids; `paused_at_ms` when its stream says it was paused last, None where that is not known.
    """

    now_ms: int
    exists: bool
    states: tuple[JobState, ...] = ()
    ahead: int | None = None
    ahead_deeper: bool = False
    higher: int | None = None
    lock_ttl_ms: int | None = None
    in_stalled: bool = False
    stalled_check_ttl_ms: int | None = None
    limiter_ttl_ms: int = 0
    limiter_used: int = 0
    active: int = 0
    marker: int | None = None
    dedup_owner: str = ""
    dedup_ttl_ms: int | None = None
    last_id: int = 0
    paused_at_ms: int | None = None


@dataclass(frozen=True, slots=True)
class LastSeen:
    """What a queue's stream says last of a job that is gone, or that never was: the event's kind, when (epoch ms), and
    for a deduplicated id which job has it."""

    kind: str
    at_ms: int
    other: str = ""


class Explorer(Protocol):
    """Looks around jobs. Each method is bounded, and raises a `BulltuiError` when the server does not answer."""

    async def around(self, ref: QueueRef, job_id: str) -> Surroundings:
        """What stands around a job, by one script at one instant, or by plain commands."""

    async def last_seen(self, ref: QueueRef, job_id: str) -> list[LastSeen]:
        """The newest events of a job among the last 10,000 or so of its queue, the newest first."""


class FlowReader(Protocol):
    """Reads flows. Each method is bounded, and raises a `BulltuiError` when the server does not answer."""

    async def nodes(self, jobs: Sequence[JobRef]) -> list[FlowNode]:
        """Jobs as nodes of a flow, in their order."""

    async def children(self, job: JobRef, cursor: ChildCursor, limit: int, known: Sequence[QueueRef]) -> ChildPage:
        """The next children of a parent, those that failed first. `known` are queues that may hold them: an id may have
        colons, so where a key can be divided in several ways, the longest known queue decides."""
