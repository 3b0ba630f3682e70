"""What a query means for a job.

A text is in a JSON field when it stands in it as stored, or in any text or key that the JSON holds, so that a producer
that escapes and one that does not are found alike (`needles` has the small print). What is missing or broken is empty:
it holds no text and compares with nothing.
"""

from collections.abc import Callable
from functools import lru_cache
from math import isfinite

from bulltui.domain.fields import long_options
from bulltui.domain.job import due, summarize, waited
from bulltui.domain.jsontext import Json, parse
from bulltui.domain.query import globs
from bulltui.domain.query.folding import fold
from bulltui.domain.query.json_values import at_path, flat, scalars
from bulltui.domain.query.needles import Needle
from bulltui.domain.query.numbers import COMPARE, stored_number
from bulltui.domain.query.query import Query
from bulltui.domain.query.regex import Regex
from bulltui.domain.query.stored import DATA, FIELDS, JSON_FIELDS, MOMENTS, NUMBERS, ONLY_IN, by_score
from bulltui.domain.query.tree import (
    All,
    Between,
    Compares,
    Contains,
    Is,
    Matches,
    Measure,
    Node,
    Not,
    Place,
    Some,
    Value,
)
from bulltui.domain.query.values import comparison, keys, needed_for
from bulltui.domain.scan import Candidate
from bulltui.domain.states import JobState

Test = Callable[[Candidate], bool]

_IN_LINE = (JobState.WAITING, JobState.PAUSED, JobState.PRIORITIZED)


def matches(query: Query, candidate: Candidate) -> bool:
    """Whether the query means this job. The candidate must have the fields that `planning.plan` wants. Never raises."""
    return matcher(query)(candidate)


@lru_cache(maxsize=32)
def matcher(query: Query) -> Test:
    """What tells the jobs that a query means, for asking of many."""
    return _test(query.root, query.asked_ms)


def _test(node: Node, asked_ms: int) -> Test:
    match node:
        case All(parts):
            tests = [_test(part, asked_ms) for part in parts]
            return lambda job: all(test(job) for test in tests)
        case Some(parts):
            tests = [_test(part, asked_ms) for part in parts]
            return lambda job: any(test(job) for test in tests)
        case Not(part):
            test = _test(part, asked_ms)
            return lambda job: not test(job)
        case Contains():
            return _contains(node)
        case Matches():
            return _regex(node)
        case Is():
            return _is(node)
        case Value():
            return _value(node)
        case Compares(measure, op, value):
            compare = COMPARE[op]
            return lambda job: (number := _measured(job, measure, asked_ms)) is not None and compare(number, value)
        case Between(measure, low, high):
            return lambda job: (
                (at := _moment(job, measure)) is not None
                and (low is None or at >= low)
                and (high is None or at <= high)
            )


def _stored(job: Candidate, field: str) -> str:
    found = job.raw.get(field)
    return found.text if found else ""


def _json(job: Candidate, field: str) -> list[Json]:
    """The value of a JSON field; nothing where it holds none."""
    parsed = parse(_stored(job, field))
    if not parsed.text or not parsed.ok:
        return []
    return [long_options(parsed.value) if field == "opts" else parsed.value]


def _contains(node: Contains) -> Test:
    needle = Needle.of(node.text, exact=node.exact)
    if node.path:
        return _at(node.place, node.path, [needle], lambda value: any(map(needle.within, scalars(value))))
    fields = FIELDS.get(node.place, ())

    def holds(job: Candidate) -> bool:
        return any(
            _in_json(job, field, needle) if field in JSON_FIELDS else needle.within(_stored(job, field))
            for field in fields
        )

    return holds


def _in_json(job: Candidate, field: str, needle: Needle) -> bool:
    stored = _stored(job, field)
    if needle.within(stored):
        return True
    return needle.may_be_in(stored) and any(map(needle.within, scalars(_json(job, field))))


def _at(place: Place, path: tuple[str, ...], needed: list[Needle], holds: Callable[[Json], bool]) -> Test:
    """Whether it holds for anything at a path of a JSON field, which must have what is needed for that."""
    field = FIELDS[place][0]
    needed = [*keys(place, path), *needed]

    def test(job: Candidate) -> bool:
        stored = _stored(job, field)
        if not stored or not all(needle.may_be_in(stored) for needle in needed):
            return False
        return any(map(holds, at_path(_json(job, field), path)))

    return test


def _regex(node: Matches) -> Test:
    regex = Regex.of(node.pattern, ignore_case=node.ignore_case)
    if node.path:
        return _at(node.place, node.path, [regex.needle], lambda value: any(map(regex.found, scalars(value))))
    fields = FIELDS.get(node.place, ())

    def holds(job: Candidate) -> bool:
        for field in fields:
            stored = _stored(job, field)
            if regex.found(stored):
                return True
            may_be = field in JSON_FIELDS and regex.needle.may_be_in(stored)
            if may_be and any(map(regex.found, scalars(_json(job, field)))):
                return True
        return False

    return holds


def _value(node: Value) -> Test:
    if node.op is None:
        return _present(node)
    holds = comparison(node.op, node.text)
    return _at(node.place, node.path, needed_for(node), lambda value: any(map(holds, flat([value]))))


def _present(node: Value) -> Test:
    if node.path:
        return _at(node.place, node.path, [], lambda value: value is not None)
    field = FIELDS.get(node.place, ("",))[0]
    if field in JSON_FIELDS:
        return lambda job: (text := _stored(job, field).strip()) != "" and text != "null"
    return lambda job: _stored(job, field) != ""


def _is(node: Is) -> Test:
    values, place = node.values, node.place
    if place is Place.ID:
        return lambda job: any(globs.fits(value, job.id) for value in values)
    values = tuple(map(fold, values))
    if place is Place.STATE:
        return lambda job: any(globs.fits(value, job.state.value) for value in values)
    if place is Place.QUEUE:
        return lambda job: any(
            globs.fits(value, fold(name)) for value in values for name in (job.ref.name, job.ref.key, job.ref.shown)
        )
    fields = FIELDS.get(place, ())
    return lambda job: any(globs.fits(value, fold(_stored(job, field))) for value in values for field in fields)


def _measured(job: Candidate, measure: Measure, asked_ms: int) -> float | None:
    """A number of a job, None where there is none."""
    if measure in NUMBERS:
        text = next(filter(None, (_stored(job, field) for field in NUMBERS[measure])), "")
        return stored_number(text) or 0
    if measure is Measure.SIZE:
        data = job.raw.get(DATA)
        return data.size if data else 0
    started = stored_number(_stored(job, "processedOn"))
    if measure is Measure.RUN:
        ended = asked_ms if job.state is JobState.ACTIVE else stored_number(_stored(job, "finishedOn"))
        return max(0.0, ended - started) if started is not None and ended is not None else None
    summary = summarize(job.id, job.state, job.raw)
    if job.state in _IN_LINE:
        # As if it were started now.
        return waited(JobState.ACTIVE, summary.attempts_made, summary.timestamp, asked_ms, summary.asked_delay)
    return summary.waited_ms


def _moment(job: Candidate, measure: Measure) -> float | None:
    """A time of a job (epoch ms), None where it has none."""
    if measure is Measure.DUE:
        return due(job.score) if job.state is JobState.DELAYED else None
    if measure in ONLY_IN and job.state is not ONLY_IN[measure]:
        return None
    if by_score(measure, job.state) and job.score is not None:
        return job.score if isfinite(job.score) else None
    return stored_number(_stored(job, MOMENTS[measure]))
