"""Parents and children, across queues."""

from dataclasses import dataclass
from enum import StrEnum

from bulltui.domain.job import Dependencies
from bulltui.domain.queue import QueueRef
from bulltui.domain.states import JobState


@dataclass(frozen=True, slots=True)
class JobRef:
    """Which job."""

    ref: QueueRef
    id: str


class Bond(StrEnum):
    """How a parent stands to a child, the order of a list of children."""

    FAILED = "failed"
    UNPROCESSED = "unprocessed"
    IGNORED = "ignored"
    PROCESSED = "processed"


@dataclass(frozen=True, slots=True)
class FlowNode:
    """A job in a flow. `bond` is how its parent stands to it, None for one at the top. `missing` marks one whose hash
    is gone (removed, or by `removeOnComplete`); its parent may still hold its result. `parent` is what it names."""

    job: JobRef
    bond: Bond | None = None
    name: str = ""
    state: JobState = JobState.UNKNOWN
    missing: bool = False
    failed_reason: str = ""
    children: Dependencies = Dependencies()
    parent: JobRef | None = None


@dataclass(frozen=True, slots=True)
class ChildCursor:
    """How far through the children of a parent one is: the bond, and the place within it."""

    bond: Bond = Bond.FAILED
    at: str = "0"


@dataclass(frozen=True, slots=True)
class ChildPage:
    """Some children of a parent, and where to go on; None at the end."""

    nodes: tuple[FlowNode, ...]
    cursor: ChildCursor | None
