"""A query as a sentence: how it was understood, with brackets wherever they matter."""

from bulltui.domain.human import clock, duration, size
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
from bulltui.domain.query.words import SPANS

_WHERE = {Place.TEXT: "name, data or error"}
_OPERATORS: dict[Op | None, str] = {Op.EQUAL: "is", Op.UNEQUAL: "is not"}


def sentence(node: Node) -> str:
    """What it means, such as `error has "timeout" AND attempts > 3`."""
    match node:
        case All(()):
            return "every job"
        case Some(()):
            return "no job"
        case All(parts):
            return " AND ".join(_bracketed(part) if isinstance(part, Some) else sentence(part) for part in parts)
        case Some(parts):
            return " OR ".join(_bracketed(part) if isinstance(part, All) else sentence(part) for part in parts)
        case Not(part):
            return f"NOT {_bracketed(part) if isinstance(part, All | Some) else sentence(part)}"
        case _:
            return _term(node)


def _bracketed(node: Node) -> str:
    return f"({sentence(node)})"


def _term(node: Node) -> str:
    match node:
        case Contains(place, text, exact, path):
            return f"{_place(place, path)} has {_quoted(text)}" + " with this case" * exact
        case Matches(place, pattern, ignore_case, path):
            return f"{_place(place, path)} matches /{pattern}/" + "i" * ignore_case
        case Is(place, values):
            return f"{_place(place)} is " + " or ".join(map(_quoted, values))
        case Value(place, path, None):
            return f"{_place(place, path)} is there"
        case Value(place, path, op, text):
            return f"{_place(place, path)} {_OPERATORS.get(op, str(op))} {_quoted(text)}"
        case Compares(measure, op, value):
            return f"{measure} {op} {_amount(measure, value)}"
        case Between(measure, low, high):
            return f"{measure} {times(low, high)}"
    raise TypeError(node)


def _place(place: Place, path: tuple[str, ...] = ()) -> str:
    return ".".join((_WHERE.get(place, str(place)), *path))


def _quoted(text: str) -> str:
    return '"' + text.replace("\\", "\\\\").replace('"', '\\"') + '"'


def _amount(measure: Measure, value: float) -> str:
    if measure in SPANS:
        return duration(int(value))
    return size(int(value)) if measure is Measure.SIZE else f"{value:g}"


def times(low: int | None, high: int | None) -> str:
    """A range of time (epoch ms, both inclusive, None for open)."""
    if low is not None and high is not None:
        return f"from {clock(low)} to {clock(high)}"
    return f"from {clock(low)} on" if low is not None else f"until {clock(high)}" if high is not None else "at any time"
