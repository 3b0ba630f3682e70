"""JSON from strangers: parsing that never raises, writing that any parser and any terminal takes."""

import json
import re
import sys
from dataclasses import dataclass
from math import isfinite
from typing import Any

from bulltui.domain.text import DANGEROUS, valid_unicode

Json = Any
"""A parsed JSON value: None, bool, int, float, str, list or dict."""


@dataclass(frozen=True, slots=True)
class Parsed:
    """A field that should hold JSON: its exact text, its value, and why there is none if it does not parse."""

    text: str
    value: Json = None
    problem: str = ""

    @property
    def ok(self) -> bool:
        """Whether the text is JSON."""
        return not self.problem


def _no_constant(name: str) -> float:
    raise ValueError(f"{name} is not JSON")


def _finite(number: str) -> float | str:
    """Larger than any float is shown as it was written, since JSON has no infinity."""
    value = float(number)
    return value if isfinite(value) else number


def parse(text: str | None, default: Json = None) -> Parsed:
    """The value of `text`; `default` for an absent or empty text, as the library does. Never raises."""
    if not text:
        return Parsed("", default)
    try:
        return Parsed(text, json.loads(text, parse_constant=_no_constant, parse_float=_finite))
    except RecursionError:
        return Parsed(text, default, "nested too deeply to parse")
    except ValueError as error:
        return Parsed(text, default, f"not JSON: {error}")


CUT_ESCAPE = re.compile(r"(?<!\\)((?:\\\\)*)\\(?:u[0-9a-fA-F]{0,3})?\Z")
"""A JSON escape of which only the beginning is there."""


def parse_start_of_texts(text: str) -> tuple[str, ...] | None:
    """The texts of a JSON array of which only the start is there, the last one as far as it goes. None for what does
    not begin as an array of texts."""
    decoder = json.JSONDecoder(strict=False)
    at = len(text) - len(text.lstrip())
    if text[at : at + 1] != "[":
        return None
    found: list[str] = []
    while True:
        at += 1
        while text[at : at + 1].isspace():
            at += 1
        if text[at : at + 1] != '"':
            return tuple(found) if found or at >= len(text) else None
        try:
            value, at = decoder.raw_decode(text, at)
            found.append(value)
        except ValueError:
            try:
                found.append(json.loads(CUT_ESCAPE.sub(r"\1", text[at:]) + '"', strict=False))
            except ValueError:
                found.append(text[at + 1 :])
            return tuple(found)


def _escape(match: re.Match[str]) -> str:
    code = ord(match[0])
    if code > 0xFFFF:
        code -= 0x10000
        return f"\\u{0xD800 + (code >> 10):04x}\\u{0xDC00 + (code & 0x3FF):04x}"
    return f"\\u{code:04x}"


def harmless(text: str) -> str:
    """JSON text with nothing in it that acts on a terminal or an editor, and the same meaning for every parser."""
    return DANGEROUS.sub(_escape, text)


def _writable(value: Json) -> Json:
    """`value` with what JSON cannot hold in another form: bytes that were no UTF-8, in keys too, as `\\xNN`, and
    numbers that are none as null, which is what JavaScript makes of them."""
    if isinstance(value, float):
        return value if isfinite(value) else None
    if isinstance(value, str):
        return valid_unicode(value)
    if isinstance(value, dict):
        return {valid_unicode(str(key)): _writable(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [_writable(item) for item in value]
    return value


def _written(value: Json, indent: int | None) -> str:
    separators = None if indent else (",", ":")
    try:
        text = json.dumps(value, ensure_ascii=False, indent=indent, separators=separators, allow_nan=False)
        text.encode()
    except ValueError:  # of which UnicodeEncodeError is one
        text = json.dumps(_writable(value), ensure_ascii=False, indent=indent, separators=separators)
    return harmless(text)


def dump(value: Json, *, indent: int | None = None) -> str:
    """`value` as JSON in valid UTF-8 with nothing in it that acts on a terminal.

    Readable letters stay as they are; control, bidi and invisible characters become `\\uXXXX`, so no parser sees a
    difference. Only bytes that were no UTF-8 are written as the text `\\xNN`, since JSON cannot hold them.
    """
    try:
        return _written(value, indent)
    except RecursionError:
        # What could be parsed at one depth of the stack must be writable at another.
        limit = sys.getrecursionlimit()
        sys.setrecursionlimit(limit * 5)
        try:
            return _written(value, indent)
        finally:
            sys.setrecursionlimit(limit)
