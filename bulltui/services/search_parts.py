"""What a search goes through: the states of queues in order, and how much of them is left."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

from bulltui.domain.fields import Field
from bulltui.domain.job import LIST_FIELDS, JobSummary, summarize
from bulltui.domain.query.planning import plan
from bulltui.domain.query.query import Query
from bulltui.domain.query.tree import All, Node, Not, Some
from bulltui.domain.queue import Queue
from bulltui.domain.scan import READABLE, Candidate, Look, Probe
from bulltui.domain.states import JobState

ORDER = (
    JobState.FAILED,
    JobState.ACTIVE,
    JobState.WAITING,
    JobState.PAUSED,
    JobState.PRIORITIZED,
    JobState.DELAYED,
    JobState.WAITING_CHILDREN,
    JobState.COMPLETED,
)
"""The states in the order in which people look for jobs."""


@dataclass(frozen=True, slots=True)
class Part:
    """A state of a queue, or a range of it, as far as it was looked through: `probe` is the next look. `left` is how
    many jobs are still to be looked at, as far as is known, `needs` the fields that a match is decided by."""

    probe: Probe
    left: int
    needs: frozenset[str]

    def behind(self, look: Look) -> "Part | None":
        """What is left behind a look, None where that was the last one."""
        if look.spot is None:
            return None
        left = look.spot.left if look.spot.left >= 0 else max(0, self.left - look.examined)
        return replace(self, probe=replace(self.probe, spot=look.spot), left=left)


def parts_of(query: Query, queue: Queue, states: Sequence[JobState]) -> list[Part]:
    """The parts of a queue where a job may match, in the order in which they are looked through."""
    parts: list[Part] = []
    for state in ORDER:
        count = queue.counts.of(state)
        planned = plan(query, state, queue.ref) if count and (not states or state in states) else None
        if planned is not None:
            probe = Probe(queue.ref, state, planned.filter, planned.wants, planned.low, planned.high)
            parts.append(Part(probe, count, frozenset(want.name for want in planned.wants if want.cap >= READABLE)))
    return parts


def summary_of(found: Candidate) -> JobSummary:
    """What a list shows of a job that was found."""
    raw = {name: _start(found.raw[name], cap) for name, cap in LIST_FIELDS if name in found.raw}
    return summarize(found.id, found.state, raw if found.raw else {}, score=found.score)


def _start(field: Field, cap: int) -> Field:
    return field if len(field.text) <= cap else Field(field.text[:cap], field.size, cut=True)


def is_half_read(found: Candidate, needs: frozenset[str]) -> bool:
    """Whether a field that decides was too large to be read."""
    fields = (found.raw.get(name) for name in needs)
    return any(field is not None and field.size > READABLE and not field.text for field in fields)


def has_not(node: Node) -> bool:
    """Whether a query is also about what a job has not, so that one that was not read whole may seem to match."""
    match node:
        case All(parts) | Some(parts):
            return any(map(has_not, parts))
    return isinstance(node, Not)
