"""The fields of a hash as strangers left them: read with their size, taken out without ever raising."""

import math
import re
from collections.abc import Mapping
from dataclasses import dataclass

from bulltui.domain.jsontext import Json, Parsed, dump, parse, parse_start_of_texts
from bulltui.domain.text import exact, to_bytes


@dataclass(frozen=True, slots=True)
class Field:
    """A hash field as read: its exact text, its true size in bytes, and whether the text is only the start of it."""

    text: str
    size: int
    cut: bool = False


RawHash = Mapping[str, Field]
"""The hash of a job by field name. Empty: there is no hash."""


def raw_field(value: bytes | str, size: int | None = None) -> Field:
    """A field from its bytes and, when these may be only the start of it, the true size in bytes."""
    encoded = value if isinstance(value, bytes) else to_bytes(value)
    true_size = len(encoded) if size is None else size
    cut = true_size > len(encoded)
    return Field(exact(_whole_characters(encoded) if cut else encoded), true_size, cut=cut)


def _whole_characters(encoded: bytes) -> bytes:
    """`encoded` without the beginning of a character at its end, which cutting leaves there."""
    for back in range(1, min(4, len(encoded)) + 1):
        byte = encoded[-back]
        if byte & 0xC0 != 0x80:
            needed = 1 + (byte >= 0xC2) + (byte >= 0xE0) + (0xF0 <= byte < 0xF5)
            return encoded[:-back] if back < needed and byte < 0xF5 else encoded
    return encoded


# The short forms in which options are stored (reference, section 2).
_LONG_OPTIONS: dict[str, str] = {
    "fpof": "failParentOnFailure",
    "cpof": "continueParentOnFailure",
    "idof": "ignoreDependencyOnFailure",
    "rdof": "removeDependencyOnFailure",
    "kl": "keepLogs",
    "de": "deduplication",
}
_TELEMETRY: dict[str, str] = {"tm": "metadata", "omc": "omitContext"}


def long_options(stored: Json) -> Json:
    """Options under their public names, as `Job.toJSON` gives them; anything that is no object stays as it is."""
    if not isinstance(stored, dict):
        return stored
    options: dict[str, Json] = {}
    name: str
    for name, value in stored.items():
        options[_LONG_OPTIONS.get(name, name)] = value
    telemetry = {long: options.pop(short) for short, long in _TELEMETRY.items() if short in options}
    if telemetry:
        before = options.get("telemetry")
        options["telemetry"] = {**(before if isinstance(before, dict) else {}), **telemetry}
    return options


class HashReader:
    """Takes fields out of a raw hash, collecting a sentence for each that cannot be read."""

    def __init__(self, raw: RawHash) -> None:
        self.raw = raw
        self.problems: list[str] = []

    def text(self, name: str) -> str:
        """The text of a field, empty when absent."""
        found = self.raw.get(name)
        return found.text if found else ""

    def integer(self, *names: str) -> int | None:
        """The first of `names` that is there, as a whole number; None when absent or no number."""
        for name in names:
            text = self.text(name)
            if not text:
                continue
            number = whole(text)
            if number is None:
                self.problems.append(f"{name} is no number: {text[:40]!a}")
            return number
        return None

    def json(self, name: str, default: Json = None) -> Parsed:
        """A JSON field; `default` as its value when absent or broken."""
        found = self.raw.get(name)
        if found is not None and found.cut:
            part = "only the first part" if found.text else "nothing"
            return Parsed(found.text, default, f"{part} of {found.size:,} bytes was read")
        parsed = parse(found.text if found else "", default)
        if parsed.problem:
            self.problems.append(f"{name} is {parsed.problem}")
        return parsed

    def traces(self) -> tuple[str, ...]:
        """The stack traces, oldest first; a field that is no JSON array of texts is shown as one trace."""
        found = self.raw.get("stacktrace")
        if found is not None and found.cut:
            started = parse_start_of_texts(found.text)
            if started is not None:
                return started
        parsed = self.json("stacktrace", [])
        if parsed.ok and parsed.value is None:
            return ()
        if parsed.ok and isinstance(parsed.value, list):
            return tuple(
                trace if isinstance(trace, str) else dump(trace) for trace in parsed.value if trace is not None
            )
        if parsed.ok:
            self.problems.append("stacktrace is no list")
        return (parsed.text,) if parsed.text and not parsed.text.isspace() else ()


_NUMBER = re.compile(r"[+-]?[0-9]+((?:\.[0-9]*)?(?:[eE][+-]?[0-9]+)?)")


def whole(text: str) -> int | None:
    """A whole number as the libraries write it, also with a fraction or an exponent; None for anything else."""
    found = _NUMBER.fullmatch(text) if len(text) <= 40 else None
    if found is None:
        return None
    if not found[1]:
        return int(text)
    number = float(text)
    return int(number) if math.isfinite(number) else None
