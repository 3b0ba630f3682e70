"""The words a shop is described in: queues, sorts of jobs, flows, schedules. Plain data, no Redis."""

from collections.abc import Callable
from dataclasses import dataclass, field
from random import Random

from . import errors, payloads

Draw = Callable[[Random], payloads.Json]


@dataclass(frozen=True)
class Kind:
    """One sort of job. `seconds` is the shortest and the longest run; `steps` are its reports of progress."""

    name: str
    data: Draw
    result: Draw = payloads.null
    share: float = 1.0
    seconds: tuple[float, float] = (0.05, 0.4)
    steps: tuple[str, ...] = ()
    """Non-empty: after each step the worker logs it and reports progress, in percent or, with `rich_progress`, as an
    object."""
    rich_progress: bool = False


@dataclass(frozen=True)
class Fill:
    """How many jobs of each state a queue has when the shop opens. Parents and their children come on top."""

    waiting: int = 0
    active: int = 0
    prioritized: int = 0
    delayed: int = 0
    completed: int = 0
    failed: int = 0


@dataclass(frozen=True)
class Schedule:
    """A job scheduler: every `every` ms, or by the cron `pattern` in UTC."""

    key: str
    kind: str
    every: int = 0
    pattern: str = ""


@dataclass(frozen=True)
class QueueSpec:
    """One queue. Probabilities are of 1; `traffic` is its share of all arrivals, in any unit."""

    name: str
    kinds: tuple[Kind, ...]
    fill: Fill = Fill()
    traffic: float = 1.0
    families: tuple[errors.Family, ...] = ()
    doomed: float = 0.0
    """Jobs that fail at every attempt."""
    flaky: float = 0.0
    """Jobs that fail at first and succeed at a later attempt."""
    attempts: int = 3
    backoff: int = 1000
    """First pause before a retry, in ms; it doubles."""
    priorities: tuple[int, ...] = ()
    delays: tuple[int, ...] = ()
    """Pauses in ms; a job in five gets one of them."""
    workers: tuple[str, ...] = ()
    by_turns: bool = False
    """Served by nobody of its own: a few workers go round all such queues."""
    paused: bool = False
    limit: tuple[int, int] | None = None
    """Global rate limit: jobs, and the window in ms."""
    concurrency: int | None = None
    """Global concurrency."""
    schedules: tuple[Schedule, ...] = ()
    deduplicates: bool = False
    version: str = "bullmq:6.7.0"
    keep: int = 1000
    """Finished jobs kept of each sort."""

    def kind(self, name: str) -> Kind:
        """The kind called `name`; any other name (a job added by hand) is treated as the first kind."""
        return next((kind for kind in self.kinds if kind.name == name), self.kinds[0])

    @property
    def mean_seconds(self) -> float:
        """Mean run time of its jobs."""
        total = sum(kind.share for kind in self.kinds)
        return sum(kind.share * sum(kind.seconds) / 2 for kind in self.kinds) / total

    @property
    def legacy(self) -> bool:
        """Whether a pause renames the list `wait`, as BullMQ did before version 6."""
        return not self.version.startswith("bullmq:6")


@dataclass(frozen=True)
class Node:
    """A job of a flow. `options` are BullMQ's for the child, such as failParentOnFailure."""

    queue: str
    kind: str
    children: tuple["Node", ...] = ()
    options: dict[str, bool] = field(default_factory=dict)

    def queues(self) -> set[str]:
        """The queues of the whole tree."""
        return {self.queue}.union(*(child.queues() for child in self.children))
