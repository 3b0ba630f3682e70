"""What a job must be like at least for a query to mean it, as clauses that the server can test."""

from dataclasses import dataclass

from bulltui.domain.query import globs
from bulltui.domain.query.needles import Needle
from bulltui.domain.query.numbers import COMPARE
from bulltui.domain.query.regex import Regex
from bulltui.domain.query.stored import FIELDS, JSON_FIELDS, MOMENTS, NUMBERS, by_score
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
    Op,
    Place,
    Some,
    Value,
)
from bulltui.domain.query.values import keys, needed_for
from bulltui.domain.scan import ID, Kind, Test
from bulltui.domain.states import JobState

MOST = 8
"""Clauses that alternatives are multiplied out to at most; beyond that each gives its first one only."""

Clause = tuple[Test, ...]

_OPPOSITE = {
    Op.LESS: Op.AT_LEAST,
    Op.AT_LEAST: Op.LESS,
    Op.MORE: Op.AT_MOST,
    Op.AT_MOST: Op.MORE,
    Op.EQUAL: Op.UNEQUAL,
    Op.UNEQUAL: Op.EQUAL,
}


@dataclass(frozen=True, slots=True)
class Needed:
    """Clauses that all must hold; `exact` says that nothing more is needed."""

    clauses: tuple[Clause, ...] = ()
    exact: bool = False


OPEN = Needed()
"""Only the client can tell."""


def needed(node: Node, state: JobState) -> Needed:
    """What must hold for the node to hold for a job of this state."""
    match node:
        case All(parts):
            return _all([needed(part, state) for part in parts])
        case Some(parts):
            return _some([needed(part, state) for part in parts])
        case Not(Compares(measure, op, value)) if measure in NUMBERS:
            return _number(Compares(measure, _OPPOSITE[op], value))
        case Contains(path=()):
            return _contains(FIELDS.get(node.place, ()), Needle.of(node.text, exact=node.exact))
        case Contains():
            return _inside(node.place, node.path, [Needle.of(node.text, exact=node.exact)])
        case Matches(path=()):
            needle = Regex.of(node.pattern, ignore_case=node.ignore_case).needle
            return Needed(_contains(FIELDS.get(node.place, ()), needle).clauses)
        case Matches():
            return _inside(node.place, node.path, [Regex.of(node.pattern, ignore_case=node.ignore_case).needle])
        case Value(path=(), op=None):
            fields = FIELDS.get(node.place, ())
            return Needed(((Test(fields, Kind.PRESENT, ""),),)) if fields else OPEN
        case Value():
            return _inside(node.place, node.path, needed_for(node))
        case Is():
            return _is(node)
        case Compares():
            return _number(node)
        case Between(measure, low, high) if not by_score(measure, state):
            return _time(MOMENTS[measure], low, high)
    return OPEN


def _all(parts: list[Needed]) -> Needed:
    clauses = dict.fromkeys(clause for part in parts for clause in part.clauses)
    return Needed(tuple(clauses), all(part.exact for part in parts))


def _some(parts: list[Needed]) -> Needed:
    exact = all(part.exact for part in parts)
    if any(not part.clauses for part in parts):
        return Needed((), exact)
    product: list[Clause] = [()]
    total = 1
    for part in parts:
        total *= len(part.clauses)
    for part in parts:
        chosen = part.clauses if total <= MOST else part.clauses[:1]
        product = [(*one, *other) for one in product for other in chosen]
    return Needed(tuple(product), exact and total <= MOST)


def _contains(fields: tuple[str, ...], needle: Needle) -> Needed:
    """A text in one of several fields."""
    if not fields:
        return OPEN
    clauses = [(Test(fields, *look),) for look in needle.looks()]
    json = tuple(field for field in fields if field in JSON_FIELDS)
    if not json or needle.plain:
        return Needed(tuple(clauses), True)
    # Where JSON may hold it with escapes, only its plain parts are sure to be there.
    escaped = Test(json, Kind.HAS, "\\")
    runs = [(Test(fields, *look),) for run in _longest(needle) for look in Needle(run, needle.exact).looks()]
    return Needed((*runs, *((*clause, escaped) for clause in clauses)))


def _longest(needle: Needle) -> list[str]:
    longest = max(needle.runs, key=len, default="")
    return [longest] if len(longest) > 1 else []


def _inside(place: Place, path: tuple[str, ...], needles: list[Needle]) -> Needed:
    """Texts in a JSON field that something at a path of it needs."""
    # The longest first: it is the one that fewest jobs have.
    wanted = sorted(needles, key=lambda needle: -len(needle.text)) + keys(place, path)
    found = _all([_contains(FIELDS[place], needle) for needle in wanted])
    return Needed(found.clauses)


def _is(node: Is) -> Needed:
    if node.place is Place.ID:
        return _some([_id(value) for value in node.values])
    fields = FIELDS.get(node.place, ())
    if not fields:
        return OPEN
    found = []
    for value in node.values:
        longest = max(globs.pieces(value), key=len)
        found.append(Needed(_contains_text(fields, longest)))
    return _some(found)


def _contains_text(fields: tuple[str, ...], text: str) -> tuple[Clause, ...]:
    """A text in fields compared as they are stored."""
    return tuple((Test(fields, *look),) for look in Needle.of(text).looks())


def _id(value: str) -> Needed:
    pieces = globs.pieces(value)
    if len(pieces) == 1:
        return Needed(((Test((ID,), Kind.EQUAL, pieces[0]),),), True)
    longest = max(pieces, key=len)
    return Needed(((Test((ID,), Kind.HAS, longest),),)) if longest else OPEN


def _number(node: Compares) -> Needed:
    """A number in a field; without one, or with none in it, it is 0."""
    fields = NUMBERS.get(node.measure)
    if fields is None:
        return Needed(((Test(("processedOn",), Kind.PRESENT, ""),),)) if node.measure is Measure.RUN else OPEN
    test = Test(fields, Kind.NUMBER, f"{node.op}{_decimal(node.value)}")
    if len(fields) == 1:
        return Needed(((test,),), True)
    # Of two fields the one that is not there counts as 0.
    return OPEN if COMPARE[node.op](0, node.value) else Needed(((test,),))


def _decimal(value: float) -> str:
    return str(int(value)) if float(value).is_integer() else repr(float(value))


def _time(field: str, low: int | None, high: int | None) -> Needed:
    clauses: list[Clause] = []
    if low is not None:
        clauses.append((Test((field,), Kind.NUMBER, f">={low}"),))
    if high is not None:
        clauses.append((Test((field,), Kind.NUMBER, f"<={high}"),))
    return Needed(tuple(clauses))
