"""What something has to be told before it can be done: a few fields, and what is made of them."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Generic, TypeVar

from bulltui.domain.errors import UsageError
from bulltui.domain.spans import span

T = TypeVar("T")

Values = Mapping[str, str]
"""What is in the fields, by their ids."""


class Kind(StrEnum):
    """How a field is filled."""

    TEXT = "text"
    CHOICE = "choice"
    AREA = "area"


@dataclass(frozen=True, slots=True)
class Field:
    """A field: `value` is its default, `hint` says what may stand there, `choices` are values with their words."""

    id: str
    label: str
    value: str = ""
    hint: str = ""
    kind: Kind = Kind.TEXT
    choices: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True, slots=True)
class Form(Generic[T]):
    """Fields, and what they make. `make` raises UsageError with what is still wrong; `tells` says what it will be."""

    title: str
    fields: tuple[Field, ...]
    make: Callable[[Values], T]
    tells: Callable[[T], str] = lambda made: ""

    @property
    def defaults(self) -> dict[str, str]:
        """The values at the start."""
        return {field.id: field.value for field in self.fields}


YES, NO = "yes", "no"


def flag(field_id: str, label: str, hint: str = "", *, on: bool = False) -> Field:
    """A field that is yes or no."""
    return Field(field_id, label, YES if on else NO, hint, Kind.CHOICE, ((NO, NO), (YES, YES)))


def is_set(values: Values, field_id: str) -> bool:
    """Whether a flag is yes."""
    return values[field_id] == YES


def text_of(values: Values, field_id: str, what: str) -> str:
    """A text that must be there."""
    text = values[field_id]
    if not text.strip():
        raise UsageError(f"{what} is needed.")
    return text


_LARGEST = 2**53 - 1


def number_of(values: Values, field_id: str, what: str, *, least: int = 0, most: int = _LARGEST) -> int | None:
    """A whole number, None for an empty field."""
    text = values[field_id].strip().replace(",", "").replace("_", "")
    if not text:
        return None
    if not (text.isascii() and text.isdigit() and len(text) <= 16):
        raise UsageError(f"{what} must be a whole number.")
    number = int(text)
    if not least <= number <= most:
        raise UsageError(f"{what} must be {least:,} at least" + (f", {most:,} at most." if most < _LARGEST else "."))
    return number


def rate_of(values: Values, field_id: str, what: str) -> float | None:
    """How many a second, None for an empty field."""
    text = values[field_id].strip()
    if not text:
        return None
    try:
        rate = float(text)
    except ValueError:
        raise UsageError(f"{what} must be a number.") from None
    if not 0 < rate <= 1_000_000:
        raise UsageError(f"{what} must be more than 0.")
    return rate


def span_of(values: Values, field_id: str, what: str) -> int:
    """A span in ms, 0 for an empty field."""
    text = values[field_id].strip()
    try:
        return span(text) if text else 0
    except UsageError as error:
        raise UsageError(f"{what}: {error.message} {error.hint}".strip()) from None
