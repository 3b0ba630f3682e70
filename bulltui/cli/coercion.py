"""Turns words of the command line into plain values without Pydantic.

Typer loads Pydantic for the first value of any kind but a flag, a third of the whole time of a short command. For
texts, numbers, choices and lists of these a few lines do; anything else keeps Typer's own way, as does every parameter
of a Typer that works differently inside.
"""

from collections.abc import Callable, Iterable
from enum import Enum
from typing import Any, get_args, get_origin

import typer

Read = Callable[[Any], Any]

_SLOT = "_runtime_param"
"""Where Typer keeps what coerces the values of a parameter, None until it is needed."""


class _Coercion:
    """What Typer asks for the value of a parameter."""

    def __init__(self, read: Read) -> None:
        self._read = read

    def coerce(self, value: Any, param: Any, ctx: Any) -> Any:
        """The value for a parameter, or BadParameter with a sentence."""
        if value is None:
            return () if param.multiple or param.nargs == -1 else None
        try:
            return self._read(value)
        except ValueError as error:
            raise typer.BadParameter(str(error), ctx=ctx, param=param) from None


def make_light(parameters: Iterable[Any]) -> None:
    """Gives each parameter of a simple type a coercion of our own."""
    for parameter in parameters:
        descriptor = getattr(parameter, "type_descriptor", None)
        if descriptor is None or getattr(parameter, _SLOT, parameter) is not None:
            continue
        read = reader_for(descriptor.annotation, getattr(descriptor, "parameter_info", None))
        if read is not None:
            setattr(parameter, _SLOT, _Coercion(read))


def reader_for(annotation: Any, info: Any) -> Read | None:
    """What reads a value of this type; None for types that are not simple."""
    if get_origin(annotation) is list:
        one = reader_for(get_args(annotation)[0], info)
        return None if one is None else lambda values: [one(value) for value in values]
    if annotation is bool:
        return bool
    if annotation is str:
        return str
    if annotation in (int, float):
        return _number(annotation, getattr(info, "min", None), getattr(info, "max", None))
    if isinstance(annotation, type) and issubclass(annotation, Enum):
        return _choice(annotation)
    return None


def _number(kind: type[int] | type[float], low: float | None, high: float | None) -> Read:
    def read(value: Any) -> Any:
        try:
            number = kind(value)
        except (ValueError, OverflowError):
            raise ValueError(f"{value!r} is no {'whole ' if kind is int else ''}number.") from None
        if number != number or (low is not None and number < low) or (high is not None and number > high):  # noqa: PLR0124
            if low is not None and high is not None:
                raise ValueError(f"{value} is not from {low:g} to {high:g}.")
            raise ValueError(
                f"{value} is {'less' if low is not None else 'more'} than {low if high is None else high:g}."
            )
        return number

    return read


def _choice(kind: type[Enum]) -> Read:
    def read(value: Any) -> Any:
        if isinstance(value, kind):
            return value
        for choice in kind:
            if str(value).lower() == str(choice.value).lower():
                return choice
        raise ValueError(f"{value!r} is none of {', '.join(str(choice.value) for choice in kind)}.")

    return read
