"""Parents and children, across queues."""

from collections.abc import Iterable
from dataclasses import dataclass, replace
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
    is gone (removed, or by `removeOnComplete`); its parent may still hold its result. One that is `hidden` lies where
    the user's rights do not reach: nothing else is known of it. `parent` is what it names."""

    job: JobRef
    bond: Bond | None = None
    name: str = ""
    state: JobState = JobState.UNKNOWN
    missing: bool = False
    failed_reason: str = ""
    children: Dependencies = Dependencies()
    parent: JobRef | None = None
    hidden: bool = False


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


def divisions(key: str, server: str = "") -> list[JobRef]:
    """The ways in which a job's key can be divided into prefix, name and id, the longest queue first: all three may
    have colons. The last part of a queue's key is its name, since BullMQ 5 allows none in there. `server` is the label
    of its server."""
    parts = key.split(":")
    found = []
    for at in range(len(parts) - 1, 1, -1):
        ref = replace(queue_of(":".join(parts[:at])), server=server)
        found.append(JobRef(ref, ":".join(parts[at:])))
    return found


def queue_of(key: str, like: QueueRef | None = None) -> QueueRef:
    """The queue of this key, under the prefix of `like` where that is one of it, else divided at the last colon; on the
    server of `like`."""
    server = "" if like is None else like.server
    if like is not None and key.startswith(f"{like.prefix}:"):
        return QueueRef(like.prefix, key[len(like.prefix) + 1 :], server)
    prefix, _, name = key.rpartition(":")
    return QueueRef(prefix, name, server)


def of_known(key: str, known: Iterable[QueueRef]) -> JobRef | None:
    """The job of this key in the queue of the longest key among `known`, None where it is in none of them."""
    fitting = [ref for ref in known if key.startswith(f"{ref.key}:")]
    if not fitting:
        return None
    ref = max(fitting, key=lambda one: len(one.key))
    return JobRef(ref, key[len(ref.key) + 1 :])
