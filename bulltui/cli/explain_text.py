"""What a search would do, without doing it: how the query is understood, and what there is to look through."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from bulltui.cli.call import Call
from bulltui.cli.options import Output
from bulltui.cli.output import Scalar, Shape
from bulltui.cli.query_words import sentence, times
from bulltui.cli.table import Column, Row
from bulltui.domain.query.planning import Plan, jobs_named, plan
from bulltui.domain.query.query import Query
from bulltui.domain.queue import Queue
from bulltui.domain.scan import ID, Filter, Kind, Test
from bulltui.domain.states import JobState
from bulltui.domain.text import plural, visible
from bulltui.services.search_parts import ORDER

_KINDS = {
    Kind.HAS: "has",
    Kind.FOLD: "has",
    Kind.PATTERN: "is like",
    Kind.EQUAL: "is",
    Kind.NUMBER: "is",
    Kind.PRESENT: "is there",
}


@dataclass(frozen=True, slots=True)
class Place:
    """A state that is looked through: in how many queues, how many jobs these have in it, and how."""

    state: JobState
    queues: int
    jobs: int
    plan: Plan

    @property
    def between(self) -> tuple[int | None, int | None]:
        """The times (epoch ms) between which the jobs finished, or are due."""
        unit = 4096 if self.state is JobState.DELAYED else 1
        low, high = self.plan.low, self.plan.high
        return (None if low is None else int(low // unit), None if high is None else int(high // unit))


def places(query: Query, queues: Sequence[Queue], states: Sequence[JobState]) -> list[Place]:
    """The states to look through, in their order."""
    found: list[Place] = []
    for state in ORDER:
        if states and state not in states:
            continue
        planned = [
            (queue.counts.of(state), one)
            for queue in queues
            if queue.counts.of(state) and (one := plan(query, state, queue.ref)) is not None
        ]
        if planned:
            found.append(Place(state, len(planned), sum(count for count, _ in planned), planned[0][1]))
    return found


def tell(call: Call, query: Query, queues: Sequence[Queue], states: Sequence[JobState], *, on_server: bool) -> None:
    """Writes it in the form asked for."""
    found = places(query, queues, states)
    out = call.out
    if call.output in (Output.JSON, Output.JSONL):
        document = {
            "query": query.text,
            "understood": sentence(query.root),
            "id": jobs_named(query),
            "onServer": on_server,
            "states": [_record(place) for place in found],
        }
        out.document(document, short=call.output is Output.JSONL)
        return
    if call.output is Output.TABLE:
        out.line(f"Understood as: {visible(sentence(query.root))}")
        named = jobs_named(query)
        if named is not None:
            out.line(f"First the job with the id {visible(named)} is asked for in {plural(len(queues), 'queue')}.")
        jobs = sum(place.jobs for place in found)
        where = "The server sorts out by itself" if on_server else "Scripts are not allowed: all of it is read here"
        out.line(f"{plural(jobs, 'job')} to look through. {where}." if found else "No job there can match.")
        out.line()
    out.listing(call.output, found, _SHAPE)


def _row(place: Place) -> Row:
    return (
        place.state.value,
        f"{place.queues:,}",
        f"{place.jobs:,}",
        times(*place.between),
        _filter(place.plan.filter),
    )


def _record(place: Place) -> Mapping[str, Scalar]:
    low, high = place.between
    return {
        "state": place.state.value,
        "queues": place.queues,
        "jobs": place.jobs,
        "from": low,
        "to": high,
        "filter": _filter(place.plan.filter),
        "exact": place.plan.exact,
    }


_SHAPE = Shape(
    (
        Column("state"),
        Column("queues", right=True),
        Column("jobs", right=True),
        Column("time", give=True),
        Column("looked into where", give=True),
    ),
    _row,
    ("state", "queues", "jobs", "from", "to", "filter", "exact"),
    _record,
    _record,
)


def _filter(wanted: Filter) -> str:
    """What the server tests before a job is looked into; the fields are those of its hash."""
    return " and ".join(_clause(clause) for clause in wanted.clauses) or "always"


def _clause(tests: Sequence[Test]) -> str:
    parts = [
        f"{' or '.join(name if name != ID else 'id' for name in test.fields)} {_KINDS[test.kind]} {test.text}".rstrip()
        for test in tests
    ]
    return parts[0] if len(parts) == 1 else f"({' or '.join(parts)})"
