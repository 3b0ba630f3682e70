"""How to look for the jobs that a query means: what the server sorts out by itself, and what must be read."""

from dataclasses import dataclass

from bulltui.domain.job import LIST_FIELDS
from bulltui.domain.query import globs
from bulltui.domain.query.folding import fold
from bulltui.domain.query.necessary import needed
from bulltui.domain.query.query import Query
from bulltui.domain.query.stored import FIELDS, MOMENTS, NUMBERS, ONLY_IN, by_score
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
from bulltui.domain.queue import QueueRef
from bulltui.domain.scan import Filter, Want
from bulltui.domain.states import JobState

_ROW = dict(LIST_FIELDS)
_NOTHING, _ANY = Some(()), All(())


@dataclass(frozen=True, slots=True)
class Plan:
    """A look through one state. Jobs outside the scores `low` to `high` (both inclusive, None for open), and those that
    do not pass the filter, are no matches. Those that pass are still to be asked of `matching`, unless `exact`: then
    the filter decides, save for fields too large for the server to lower. `wants` are the fields that matching and a
    row of a list need."""

    filter: Filter = Filter()
    wants: tuple[Want, ...] = ()
    low: float | None = None
    high: float | None = None
    exact: bool = False


def plan(query: Query, state: JobState, ref: QueueRef | None = None) -> Plan | None:
    """How to look through a state, of one queue or of any; None when no job there can match."""
    root = _narrowed(query.root, state, ref)
    if root == _NOTHING:
        return None
    low, high = _bounds(root, state)
    if low is not None and high is not None and low > high:
        return None
    found = needed(root, state)
    return Plan(Filter(found.clauses), _wants(root), low, high, found.exact)


def jobs_named(query: Query) -> str | None:
    """The text that may be the exact id of a job, where the query is nothing but one: a word, or `id:x`."""
    match query.root:
        case Contains(Place.TEXT, text, _, ()) if text:
            return text
        case Is(Place.ID, (value,)) if len(globs.pieces(value)) == 1:
            return globs.pieces(value)[0]
    return None


def _narrowed(node: Node, state: JobState, ref: QueueRef | None) -> Node:
    """The query as far as it is still open for jobs of a state and a queue: All(()) if all match, Some(()) if none."""
    match node:
        case All(parts):
            left = [_narrowed(part, state, ref) for part in parts]
            if _NOTHING in left:
                return _NOTHING
            left = [part for part in left if part != _ANY]
            return left[0] if len(left) == 1 else All(tuple(left))
        case Some(parts):
            left = [_narrowed(part, state, ref) for part in parts]
            if _ANY in left:
                return _ANY
            left = [part for part in left if part != _NOTHING]
            return left[0] if len(left) == 1 else Some(tuple(left))
        case Not(part):
            inner = _narrowed(part, state, ref)
            return _NOTHING if inner == _ANY else _ANY if inner == _NOTHING else Not(inner)
        case Is(Place.STATE, values):
            return _ANY if any(globs.fits(value, state.value) for value in values) else _NOTHING
        case Is(Place.QUEUE, values) if ref is not None:
            names = (fold(ref.name), fold(ref.key), fold(ref.shown))
            return _ANY if any(globs.fits(fold(value), name) for value in values for name in names) else _NOTHING
        case Between(measure) if ONLY_IN.get(measure, state) is not state:
            return _NOTHING
    return node


def _bounds(node: Node, state: JobState) -> tuple[float | None, float | None]:
    """The scores between which all that can match lies."""
    match node:
        case Between(measure, low, high) if by_score(measure, state):
            if measure is Measure.DUE:
                # A score is 4096 times the ms, and a number below 4096.
                return (None if low is None else low * 4096.0, None if high is None else (high + 1) * 4096.0)
            return (None if low is None else float(low), None if high is None else float(high))
        case All(parts):
            bounds = [_bounds(part, state) for part in parts]
            lows = [low for low, _ in bounds if low is not None]
            highs = [high for _, high in bounds if high is not None]
            return (max(lows, default=None), min(highs, default=None))
        case Some(parts):
            bounds = [_bounds(part, state) for part in parts]
            lows = [low for low, _ in bounds if low is not None]
            highs = [high for _, high in bounds if high is not None]
            return (
                min(lows) if len(lows) == len(bounds) else None,
                max(highs) if len(highs) == len(bounds) else None,
            )
    return (None, None)


def _wants(node: Node) -> tuple[Want, ...]:
    """What a row shows, and whole what matching needs."""
    whole = _fields(node)
    row = [Want(name) if name in whole else Want(name, cap) for name, cap in LIST_FIELDS]
    return (*row, *(Want(name) for name in sorted(whole - _ROW.keys())))


def _fields(node: Node) -> set[str]:
    """The fields that matching needs whole."""
    match node:
        case All(parts) | Some(parts):
            return set().union(*map(_fields, parts))
        case Not(part):
            return _fields(part)
        case Contains(place) | Matches(place) | Is(place) | Value(place):
            return set(FIELDS.get(place, ()))
        case Between(Measure.DUE):
            return set()
        case Between(measure):
            return {MOMENTS[measure]}
        case Compares(measure):
            if measure in NUMBERS:
                return set(NUMBERS[measure])
            if measure is Measure.SIZE:
                return set()  # its size comes with the start of it
            return {"timestamp", "processedOn", "finishedOn", "opts", *NUMBERS[Measure.ATTEMPTS]}
