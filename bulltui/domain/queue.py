"""A queue as it lies in Redis at one instant."""

from dataclasses import dataclass, field

from bulltui.domain.layout import LayoutVerdict
from bulltui.domain.states import JobState

DEFAULT_PREFIX = "bull"
"""The key prefix that the libraries use unless told otherwise."""


@dataclass(frozen=True, slots=True, order=True)
class QueueRef:
    """Which queue: BullMQ's key prefix and the queue's name, both exact and both possibly with colons. `server` is the
    label of its server where several are shown at once, else empty; it is no part of any key."""

    prefix: str
    name: str
    server: str = ""
    _hash: int = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "_hash", hash((self.prefix, self.name, self.server)))

    def __hash__(self) -> int:
        return self._hash  # of 1,000 queues a thousand are looked up for every few events

    @property
    def key(self) -> str:
        """The start of every key of the queue, without the last colon."""
        return f"{self.prefix}:{self.name}"

    @property
    def shown(self) -> str:
        """The name as it tells the queue from those of other servers, `eu/mail`, where several are shown."""
        return f"{self.server}/{self.name}" if self.server else self.name

    @property
    def shown_key(self) -> str:
        """The key as it tells the queue from those of other prefixes and servers, `eu/bull:mail`."""
        return f"{self.server}/{self.key}" if self.server else self.key


@dataclass(frozen=True, slots=True)
class Counts:
    """Jobs by state. `waiting` is the list `wait` only; `paused` the list of Bull and of BullMQ up to 5."""

    waiting: int = 0
    active: int = 0
    prioritized: int = 0
    delayed: int = 0
    waiting_children: int = 0
    completed: int = 0
    failed: int = 0
    paused: int = 0

    def of(self, state: JobState) -> int:
        """The count of one state; 0 for `unknown`."""
        return int(getattr(self, state.value.replace("-", "_"), 0))

    @property
    def pending(self) -> int:
        """Jobs that have not finished."""
        return self.waiting + self.paused + self.active + self.prioritized + self.delayed + self.waiting_children

    @property
    def runnable(self) -> int:
        """Jobs that a worker could take now, if nothing held the queue."""
        return self.waiting + self.paused + self.prioritized

    @property
    def ready(self) -> int:
        """Jobs that could run now: waiting, prioritized, and those set aside by a pause."""
        return self.waiting + self.prioritized + self.paused

    @property
    def total(self) -> int:
        """All jobs that are in a state."""
        return self.pending + self.completed + self.failed

    def __add__(self, other: "Counts") -> "Counts":
        return Counts(*(a + b for a, b in zip(self.as_tuple(), other.as_tuple(), strict=True)))

    def as_tuple(self) -> tuple[int, ...]:
        """The counts in the order of the fields."""
        return (
            self.waiting,
            self.active,
            self.prioritized,
            self.delayed,
            self.waiting_children,
            self.completed,
            self.failed,
            self.paused,
        )


@dataclass(frozen=True, slots=True)
class RateLimit:
    """A global rate limit and what is used of it now.

    `maximum` jobs per `duration_ms` come from the queue's `meta` (BullMQ 5.60 and later); None when the limit, if any,
    is a worker's own, which is not stored. `used` counts the jobs started in the running window, `ttl_ms` is what is
    left of the window; both 0 when no window runs. `manual` is true while a worker holds the queue by `rateLimit()`.
    """

    maximum: int | None = None
    duration_ms: int | None = None
    used: int = 0
    ttl_ms: int = 0
    manual: bool = False

    @property
    def limited(self) -> bool:
        """Whether workers wait for the window now."""
        if self.ttl_ms <= 0:
            return False
        return self.manual or (self.maximum is not None and self.used >= self.maximum)


@dataclass(frozen=True, slots=True)
class Queue:
    """One read of a queue.

    `version` is what the last `Queue` object of the Node library wrote about itself, e.g. `bullmq:5.81.5`, or empty.
    `added` is the queue's id counter, which grows with every add. `completed_total` and `failed_total` are the
    library's metrics counters, None where no worker keeps metrics. `oldest_waiting_at` is the creation time (epoch ms)
    of the job that runs next, None when unknown. `faults` names keys of the queue that have a foreign Redis type.
    `next_run_at` is when the earliest of its schedulers is due (epoch ms), None without any; `stalled` how many jobs
    the next check for stalled ones will look at.
    """

    ref: QueueRef
    counts: Counts
    layout: LayoutVerdict
    paused: bool = False
    concurrency: int | None = None
    limit: RateLimit = RateLimit()
    version: str = ""
    added: int = 0
    completed_total: int | None = None
    failed_total: int | None = None
    schedulers: int = 0
    oldest_waiting_at: int | None = None
    max_events: int | None = None
    faults: tuple[str, ...] = ()
    next_run_at: int | None = None
    stalled: int = 0

    @property
    def states(self) -> tuple[JobState, ...]:
        """The states this queue's layout has, the paused list only where it is used or holds leftovers."""
        shown = (
            JobState.WAITING,
            JobState.ACTIVE,
            JobState.PRIORITIZED,
            JobState.DELAYED,
            JobState.WAITING_CHILDREN,
            JobState.COMPLETED,
            JobState.FAILED,
        )
        return (JobState.WAITING, JobState.PAUSED, *shown[1:]) if self.counts.paused else shown
