"""What reads of a store give back besides queues and jobs."""

from dataclasses import dataclass, field

from bulltui.domain.job import JobSummary
from bulltui.domain.queue import QueueRef
from bulltui.domain.states import JobState


@dataclass(frozen=True, slots=True)
class Discovered:
    """A step of the search for queues: those found in it, and how many keys were looked at so far. `problem` says why
    queues under the prefixes asked for are left out; `unasked` that they are all of a server, which told nothing."""

    refs: tuple[QueueRef, ...]
    scanned: int
    other_prefixes: tuple[str, ...] = ()
    problem: str = ""
    unasked: bool = False


@dataclass(frozen=True, slots=True)
class JobPage:
    """Some jobs of a state. `start` is the index of the first among `total`, in the order asked for."""

    state: JobState
    start: int
    total: int
    jobs: tuple[JobSummary, ...]
    oldest_first: bool


@dataclass(frozen=True, slots=True)
class LogPage:
    """Some log lines of a job, oldest first from index `start` of `total`."""

    start: int
    total: int
    lines: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Anchor:
    """A job seen at an index of a page. A page asked for with an anchor moves along with that job."""

    id: str
    index: int


@dataclass(frozen=True, slots=True)
class Rights:
    """What the connected user may do: `user` its name, `missing` the commands that reading needs and it lacks, and
    whether it may read the `keys` it was asked for."""

    user: str = ""
    missing: tuple[str, ...] = ()
    keys: bool = True


@dataclass(frozen=True, slots=True)
class RoleRights:
    """How the connected user's rights stand to what a role needs. `missing` are commands, `keys` tells whether the keys
    of its queues may be read, and changed where the role changes any.

    What goes beyond is told only where it is `known`: `actions` that the role does not allow and that Redis would carry
    out, `commands` that harm a whole server, and whether keys `elsewhere` may be read or changed.
    """

    known: bool = False
    missing: tuple[str, ...] = ()
    keys: bool = True
    actions: tuple[str, ...] = ()
    commands: tuple[str, ...] = ()
    elsewhere: bool = False


@dataclass(frozen=True, slots=True)
class Latency:
    """Round trips to the server in ms."""

    best: float
    median: float
    worst: float
    samples: tuple[float, ...] = field(default=(), repr=False)
