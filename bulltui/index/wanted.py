"""What of a query an index can answer: the texts that a job must have."""

from bulltui.domain.query import globs
from bulltui.domain.query.needles import Needle
from bulltui.domain.query.regex import Regex
from bulltui.domain.query.tree import All, Contains, Is, Matches, Node, Place, Some, Value
from bulltui.domain.query.values import keys, needed_for
from bulltui.index.document import searchable

SHORTEST = 3
"""Characters of a text that an index can look for."""

_PLACES = frozenset({Place.TEXT, Place.NAME, Place.ERROR, Place.DATA})


def wanted(node: Node) -> Node | None:
    """A tree of texts, with nothing but All, Some and Contains in it, that holds wherever `node` does; None where the
    index cannot tell anything."""
    match node:
        case All(parts):
            return _all([wanted(part) for part in parts])
        case Some(parts):
            return _some([wanted(part) for part in parts])
        case Contains(place, text, _, path) if place in _PLACES:
            return _texts([Needle(text), *keys(place, path)])
        case Value(Place.DATA, path, op) if op is not None or path:
            return _texts([*needed_for(node), *keys(Place.DATA, path)])
        case Matches(place, pattern, ignore_case, path) if place in _PLACES:
            return _texts([Regex.of(pattern, ignore_case=ignore_case).needle, *keys(place, path)])
        case Is(place, values) if place in _PLACES:
            return _some([_texts([Needle(max(globs.pieces(value), key=len))]) for value in values])
    return None


def _texts(needles: list[Needle]) -> Node | None:
    texts = [searchable(needle.text) for needle in needles]
    return _all([Contains(Place.TEXT, text) for text in texts if len(text) >= SHORTEST])


def _all(parts: list[Node | None] | list[Contains]) -> Node | None:
    known = tuple(part for part in parts if part is not None)
    return (known[0] if len(known) == 1 else All(known)) if known else None


def _some(parts: list[Node | None]) -> Node | None:
    known = tuple(part for part in parts if part is not None)
    return Some(known) if known and len(known) == len(parts) else None
