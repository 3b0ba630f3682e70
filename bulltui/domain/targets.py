"""What an action is ordered on."""

from collections.abc import Iterable
from dataclasses import dataclass

from bulltui.domain.actions import Add
from bulltui.domain.queue import QueueRef
from bulltui.domain.states import JobState


@dataclass(frozen=True, slots=True)
class Jobs:
    """Jobs by their ids, in this order. `state` is the one they were seen in, None for whatever state they are in: a
    job that has left it meanwhile is skipped."""

    ref: QueueRef
    ids: tuple[str, ...]
    state: JobState | None = None


@dataclass(frozen=True, slots=True)
class Picked:
    """Jobs that were found in several queues or states, each part with the state they were found in."""

    parts: tuple[Jobs, ...]

    @property
    def together(self) -> tuple[Jobs, ...]:
        """The same jobs, each once, those of one queue and state in one part."""
        parts: dict[tuple[QueueRef, JobState | None], list[str]] = {}
        known: set[tuple[QueueRef, str]] = set()
        for part in self.parts:
            ids = parts.setdefault((part.ref, part.state), [])
            for job_id in part.ids:
                if (part.ref, job_id) not in known:
                    known.add((part.ref, job_id))
                    ids.append(job_id)
        return tuple(Jobs(ref, tuple(ids), state) for (ref, state), ids in parts.items() if ids)

    @property
    def count(self) -> int:
        """How many jobs they are."""
        return sum(len(part.ids) for part in self.together)

    @property
    def state(self) -> JobState | None:
        """The state that they were all found in, None where there are several."""
        states = {part.state for part in self.parts}
        return states.pop() if len(states) == 1 else None


@dataclass(frozen=True, slots=True)
class Every:
    """All jobs of a state, the oldest (delayed: the soonest due) first: at most `limit`, only those that finished, or
    where they have not finished were created, longer ago than `older_than_ms`, at most `per_second`. Jobs that come
    into the state after the start are none of them."""

    ref: QueueRef
    state: JobState
    limit: int | None = None
    older_than_ms: int = 0
    per_second: float | None = None


@dataclass(frozen=True, slots=True)
class Queues:
    """Queues as a whole."""

    refs: tuple[QueueRef, ...]


@dataclass(frozen=True, slots=True)
class Schedulers:
    """Schedulers of a queue by their ids."""

    ref: QueueRef
    ids: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class NewJobs:
    """So many jobs that are to be added to a queue. `jobs` may come from a file, and are gone through once."""

    ref: QueueRef
    jobs: Iterable[Add]
    count: int


@dataclass(frozen=True, slots=True)
class Past:
    """What an entry of the journal holds."""

    number: int


Target = Jobs | Picked | Every | Queues | Schedulers | NewJobs | Past


def queues_of(target: Target) -> tuple[QueueRef, ...]:
    """The queues that a target names."""
    if isinstance(target, Queues):
        return target.refs
    if isinstance(target, Picked):
        return tuple(dict.fromkeys(part.ref for part in target.parts))
    return () if isinstance(target, Past) else (target.ref,)


def members(target: Target) -> frozenset[tuple[QueueRef, str]]:
    """The jobs that a target names by their ids."""
    parts = target.parts if isinstance(target, Picked) else (target,) if isinstance(target, Jobs) else ()
    return frozenset((part.ref, job_id) for part in parts for job_id in part.ids)
