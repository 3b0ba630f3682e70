"""What passes between the runner of actions and the store: orders, their items, and what came of them."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from bulltui.domain.actions import Action
from bulltui.domain.errors import UnreachableError
from bulltui.domain.layout import Layout
from bulltui.domain.outcome import Reason
from bulltui.domain.queue import QueueRef
from bulltui.domain.record import SavedJob
from bulltui.domain.states import JobState

CHUNK = 1_000
"""How many jobs one call is about at most. A script stops by itself earlier when it took its few ms."""


class LostAnswerError(UnreachableError):
    """A change was sent and its answer never came: it may have happened. It is never sent a second time."""


@dataclass(frozen=True, slots=True)
class Order:
    """One action on one queue. `state` is where its jobs were seen, None for anywhere. `started_ms` is when the action
    began, the same for all its chunks; `not_after_ms` spares jobs that finished, or were created, later than that."""

    action: Action
    ref: QueueRef
    layout: Layout
    started_ms: int
    state: JobState | None = None
    not_after_ms: int | None = None


@dataclass(frozen=True, slots=True)
class Item:
    """One job or scheduler of an order. With a `digest` (of `SavedJob`) it is changed only while it is still as it was
    saved; `family` are the descendants that go with it, as saved, each with its digest."""

    id: str
    digest: str = ""
    family: tuple[SavedJob, ...] = ()


@dataclass(frozen=True, slots=True)
class Answer:
    """What a call did. `statuses` has one entry for each of the first items, in order, None where it was done; items
    beyond were not come to, since the call had taken its time: they are asked for again. Of a queue as a whole it is
    one entry. `made` are ids of new jobs, `digests` what changed jobs are now (in the order of the done ones). `left`
    says that the call must be repeated (a pause that moves a long list). `before` and `after` are what a setting of
    the queue was and is."""

    statuses: tuple[Reason | None, ...]
    made: tuple[str, ...] = ()
    digests: tuple[str, ...] = ()
    left: int = 0
    before: Mapping[str, str] = field(default_factory=dict)
    after: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Cursor:
    """How far through a state one is: in a sorted set behind this score and member, in a list behind `kept` entries
    from the end that workers take from. Who leaves entries of a list where they are adds their number to `kept`."""

    score: str = ""
    member: str = ""
    kept: int = 0


@dataclass(frozen=True, slots=True)
class IdPage:
    """Ids of a state, the oldest (next to run, soonest due) first, and where to go on; None at the end."""

    ids: tuple[str, ...]
    cursor: Cursor | None


@dataclass(frozen=True, slots=True)
class Sweep:
    """What a call did on the next jobs of a state: how many were `done`, which were `left` and why, where to go on
    (None at the end), and how many there are still of those that it is about."""

    done: int
    left: tuple[tuple[str, Reason], ...]
    cursor: Cursor | None
    remaining: int
