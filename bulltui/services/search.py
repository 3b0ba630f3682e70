"""A search through the jobs of queues: hits as they come, how far it is, stopped and continued at will."""

from dataclasses import dataclass
from enum import StrEnum

from bulltui.domain.job import JobSummary
from bulltui.domain.queue import QueueRef
from bulltui.domain.states import JobState


@dataclass(frozen=True, slots=True)
class Scope:
    """Where to look: queues in this order, and which states, none for all."""

    refs: tuple[QueueRef, ...]
    states: tuple[JobState, ...] = ()


class Source(StrEnum):
    """Who looked."""

    SERVER = "server"
    CLIENT = "client"  # where scripts are not allowed
    INDEX = "index"


@dataclass(frozen=True, slots=True)
class Match:
    """A job that matches. `at_ms` is the time by which it is sorted: finished, due, or added."""

    ref: QueueRef
    job: JobSummary

    @property
    def at_ms(self) -> int | None:
        """When it finished, is due, or was added (epoch ms)."""
        return self.job.finished_on or self.job.due_at or self.job.timestamp


@dataclass(frozen=True, slots=True)
class Step:
    """What came since the step before, and how far the search is: jobs `examined` of `total` that are to be, jobs
    `unread` since a field of theirs is too large to be looked into. `over` says that all was looked at, or as many
    found as were wanted (`full`)."""

    matches: tuple[Match, ...]
    examined: int
    total: int
    unread: int = 0
    over: bool = False
    full: bool = False
    where: QueueRef | None = None
    source: Source = Source.SERVER
