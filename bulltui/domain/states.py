"""The states of a job, in BullMQ's own words and in the order the screens show them."""

from enum import StrEnum


class JobState(StrEnum):
    """Where a job is. `UNKNOWN` is the library's word for a hash that is in no list and no set."""

    WAITING = "waiting"
    ACTIVE = "active"
    PRIORITIZED = "prioritized"
    DELAYED = "delayed"
    WAITING_CHILDREN = "waiting-children"
    COMPLETED = "completed"
    FAILED = "failed"
    PAUSED = "paused"  # the list that Bull and BullMQ up to 5 move `wait` to; not used by BullMQ 6
    UNKNOWN = "unknown"


LISTED: tuple[JobState, ...] = tuple(s for s in JobState if s is not JobState.UNKNOWN)
"""The states that have a list or a sorted set of their own."""

SUFFIX: dict[JobState, str] = {state: state.value for state in LISTED} | {JobState.WAITING: "wait"}
"""The last part of the Redis key of a state."""

LISTS = frozenset({JobState.WAITING, JobState.ACTIVE, JobState.PAUSED})
"""States kept in Redis lists, the others being sorted sets."""

PENDING: tuple[JobState, ...] = (
    JobState.WAITING,
    JobState.PAUSED,
    JobState.ACTIVE,
    JobState.PRIORITIZED,
    JobState.DELAYED,
    JobState.WAITING_CHILDREN,
)
"""States of jobs that have not finished."""
