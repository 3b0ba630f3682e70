"""What is known of a full-text index of a queue's jobs."""

from dataclasses import dataclass

from bulltui.domain.queue import QueueRef
from bulltui.domain.scan import Spot
from bulltui.domain.states import JobState


@dataclass(frozen=True, slots=True)
class Scan:
    """How far the first look through all jobs is: the state it is at and the spot in it."""

    state: JobState
    spot: Spot = Spot()


@dataclass(frozen=True, slots=True)
class Standing:
    """How an index stands. It has what all jobs were when the queue's stream was at `cursor`, once `scan` is None:
    until then the jobs behind it are missing. `caught_up_ms` is when that was (epoch ms), `built_ms` when the first
    look began. `unread` are ids of jobs with fields too large to be read."""

    ref: QueueRef
    cursor: str
    built_ms: int
    caught_up_ms: int
    scan: Scan | None = None
    unread: tuple[str, ...] = ()

    @property
    def complete(self) -> bool:
        """Whether all jobs were looked at."""
        return self.scan is None


@dataclass(frozen=True, slots=True)
class Found:
    """Ids of the jobs that a query may mean, the best first; there are `total` of them."""

    ids: tuple[str, ...]
    total: int


@dataclass(frozen=True, slots=True)
class Facet:
    """How many jobs have one name, or one error."""

    text: str
    count: int


@dataclass(frozen=True, slots=True)
class Facets:
    """The most common names and errors, and how many jobs the index has."""

    jobs: int
    names: tuple[Facet, ...] = ()
    errors: tuple[Facet, ...] = ()
