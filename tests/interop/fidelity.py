"""What a case of fidelity is."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from bulltui.domain.actions import Action
from bulltui.domain.outcome import Reason
from bulltui.domain.queue import QueueRef
from bulltui.domain.states import JobState
from bulltui.domain.targets import Every, Jobs, Queues, Schedulers, Target, queues_of
from tests.interop.keyspace import Keyspace
from tests.interop.library import PREFIX

MODERN = ("4", "5", "6")
ALL = ("3", *MODERN)
NEWEST = ("5", "6")
BOTH = (False, True)
RUNNING = (False,)

Patch = Callable[[Keyspace, Keyspace], Keyspace]
"""From what was before and what the library made of it to what ours makes of it."""


@dataclass(frozen=True)
class Differs:
    """Where ours does not do what the library does, on purpose: why, and what it makes instead, None where it leaves
    everything as it was. `skips` is as in a case, `stops` the code of the error with which it ends."""

    why: str
    instead: Patch | None = None
    skips: Reason | None = None
    stops: str = ""


@dataclass(frozen=True)
class Case:
    """One act on one scene. `act` and `at` are what the library is told (`node/acts.mjs`), `action` and `target` what
    ours is. An id `@name` is that of the next run of a scheduler,
    and `~name` that of a repeatable whose jobs have that name.

    `skips` is why ours leaves what it was told to change, or some of it, as it was; the library need not say so.
    `differs` is by library, and by library and "paused" where it is otherwise then.
    """

    name: str
    scene: str
    act: str
    action: Action
    target: Target
    at: Mapping[str, Any] = field(default_factory=dict)
    libraries: tuple[str, ...] = MODERN
    paused: tuple[bool, ...] = BOTH
    skips: Reason | None = None
    differs: Mapping[str, Differs] = field(default_factory=dict)

    @property
    def target_queue(self) -> str:
        """The name of the queue."""
        (found,) = queues_of(self.target)
        return found.name


def ref(queue: str) -> QueueRef:
    """A queue of the scenes."""
    return QueueRef(PREFIX, queue)


def one(queue: str, job_id: str, state: JobState | None = None) -> Jobs:
    """One job."""
    return Jobs(ref(queue), (job_id,), state)


def every(queue: str, state: JobState, **limits: Any) -> Every:
    """All jobs of a state."""
    return Every(ref(queue), state, **limits)


def whole(queue: str) -> Queues:
    """One queue."""
    return Queues((ref(queue),))


def scheduler(queue: str, scheduler_id: str) -> Schedulers:
    """One scheduler."""
    return Schedulers(ref(queue), (scheduler_id,))
