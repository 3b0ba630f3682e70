"""How what stands at a path of a JSON field compares with what a person typed."""

from collections.abc import Callable
from typing import Any

from bulltui.domain.jsontext import Json
from bulltui.domain.query.folding import fold
from bulltui.domain.query.needles import Needle
from bulltui.domain.query.numbers import COMPARE, decimal, digits
from bulltui.domain.query.tree import Op, Place, Value

_WORDS = {True: "true", False: "false", None: "null"}


def comparison(op: Op, text: str) -> Callable[[Json], bool]:
    """Tells whether a value compares so with `text`. A number and a text that is one are the same (`42`, `"42"`,
    `42.0`); texts compare without regard to case, `<` and `>` in the order of their characters."""
    number, folded = decimal(text), fold(text)
    compare: Callable[[Any, Any], bool] = COMPARE[op]

    def holds(value: Json) -> bool:
        if isinstance(value, bool) or value is None:
            return op is Op.EQUAL and folded == _WORDS[value]
        as_number = decimal(value) if isinstance(value, str) else value
        if number is not None and isinstance(as_number, int | float):
            return compare(as_number, number)
        if not isinstance(value, str) or (number is not None and op is not Op.EQUAL):
            return False
        return compare(fold(value), folded)

    return holds


def needed_for(node: Value) -> list[Needle]:
    """What a JSON text must have for anything in it to equal the node's text: of numbers the digits, since they are
    written in plain decimals, of others the text itself."""
    if node.op is not Op.EQUAL:
        return []
    if decimal(node.text) is not None:
        return [Needle(part, exact=True) for part in digits(node.text)]
    return [Needle.of(node.text)]


def keys(place: Place, path: tuple[str, ...]) -> list[Needle]:
    """The keys that a JSON text must have for there to be anything at a path. Those of options are stored shorter."""
    return [Needle(step, exact=True) for step in path if not step.isdigit()] if place is not Place.OPTS else []
