"""What stands in a JSON field, and at a path of it."""

import json
from collections.abc import Iterable, Iterator

from bulltui.domain.jsontext import Json


def scalars(value: Json) -> Iterator[str]:
    """Every text in a value, keys among them, and every number, `true` and `false` as they are written."""
    left: list[Json] = [value]
    while left:
        one = left.pop()
        if isinstance(one, str):
            yield one
        elif isinstance(one, dict):
            yield from one
            left.extend(one.values())
        elif isinstance(one, list):
            left.extend(one)
        elif one is not None:
            yield json.dumps(one)


def at_path(values: list[Json], path: Iterable[str]) -> list[Json]:
    """What stands at a path of the values, in document order: a step takes a key of an object, an index of an array,
    or else the step of each element of an array, of arrays in it too."""
    found = values
    for step in path:
        found = [below for one in found for below in _step(one, step)]
    return found


def _step(value: Json, step: str) -> Iterator[Json]:
    if isinstance(value, dict):
        if step in value:
            yield value[step]
    elif isinstance(value, list):
        if step.isascii() and step.isdigit():
            if len(step) < 10 and int(step) < len(value):
                yield value[int(step)]
        else:
            yield from (one[step] for one in flat(value) if isinstance(one, dict) and step in one)


def flat(values: Iterable[Json]) -> Iterator[Json]:
    """The values, instead of an array its elements."""
    left = [iter(values)]
    while left:
        for value in left[-1]:
            if isinstance(value, list):
                left.append(iter(value))
                break
            yield value
        else:
            left.pop()
