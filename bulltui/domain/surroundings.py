"""What stands around a job in its queue, and what is told of one that is gone."""

from dataclasses import dataclass

from bulltui.domain.queue import RateLimit
from bulltui.domain.states import JobState

CLEANED = "cleaned"
"""The event of a clean, which names no job."""


@dataclass(frozen=True, slots=True)
class Surroundings:
    """What stands around a job at one instant.

    `exists` is whether it has a hash, `foreign` whether its key is something else; `states` are all lists and sets that
    hold its id, in the library's order, `unsearched` the lists that are too long to say. `score` is its own in the
    sorted set. `ahead` is how many jobs run before it (None where it does not wait), `ahead_deeper` says that there are
    more than were counted; `higher` how many of these have a higher priority, None where that is not known.
    `lock_ttl_ms` is what is left of its lock, None without one; `in_stalled` whether the next check for stalled jobs
    looks at it; `stalled_check_ttl_ms` when that check may run, None where it may at once. `paused`, `concurrency` and
    `limit` are the queue's, `active` is how many jobs run. `marker` says what wakes workers: the due time (ms) of the
    next delayed job, 0 for work now, None for no marker. `dedup_owner` is the job that holds its deduplication id, and
    `dedup_ttl_ms` for how long, None for without end. `now_ms` is the server's time. `last_id` is the queue's counter
    of ids; `paused_at_ms` when its stream says it was paused last, None where that is not known. `stamp` tells one
    attempt of a job from the next: when it was started and finished, and how often it was tried. `faults` names keys of
    a foreign type.
    """

    now_ms: int
    exists: bool
    foreign: bool = False
    states: tuple[JobState, ...] = ()
    unsearched: tuple[JobState, ...] = ()
    score: float | None = None
    ahead: int | None = None
    ahead_deeper: bool = False
    higher: int | None = None
    lock_ttl_ms: int | None = None
    in_stalled: bool = False
    stalled_check_ttl_ms: int | None = None
    paused: bool = False
    concurrency: int | None = None
    limit: RateLimit = RateLimit()
    active: int = 0
    marker: int | None = None
    dedup_owner: str = ""
    dedup_ttl_ms: int | None = None
    last_id: int = 0
    paused_at_ms: int | None = None
    stamp: tuple[int | None, int | None, int] = (None, None, 0)
    faults: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class LastSeen:
    """What a queue's stream says last of a job that is gone, or that never was: the event's kind, when (epoch ms), the
    state it came from, and for a deduplicated id which job has it."""

    kind: str
    at_ms: int
    other: str = ""
    before: str = ""
