"""Whether a job passes a filter, as the server would tell (store/scripts/lib/filter.lua)."""

import operator
import re
from functools import lru_cache

from bulltui.domain.fields import RawHash
from bulltui.domain.scan import ID, Filter, Kind, Test
from bulltui.domain.text import to_bytes

_NUMBER = re.compile(rb"[+-]?[0-9]+\.?[0-9]*([eE][+-]?[0-9]+)?")
_COMPARED = {
    "<": operator.lt,
    "<=": operator.le,
    ">": operator.gt,
    ">=": operator.ge,
    "=": operator.eq,
    "!=": operator.ne,
}


def passes(wanted: Filter, job_id: str, raw: RawHash) -> bool:
    """Whether a job passes."""
    return all(any(_holds(test, job_id, raw) for test in clause) for clause in wanted.clauses)


def _holds(test: Test, job_id: str, raw: RawHash) -> bool:
    return any(
        _compares(test, to_bytes(job_id) if name == ID else to_bytes(raw[name].text) if name in raw else None)
        for name in test.fields
    )


def _compares(test: Test, value: bytes | None) -> bool:
    text = to_bytes(test.text)
    if test.kind is Kind.NUMBER:
        bound = test.text.lstrip("<>=!")
        number = float(value) if value is not None and len(value) <= 40 and _NUMBER.fullmatch(value) else 0.0
        return bool(_COMPARED[test.text.removesuffix(bound)](number, float(bound)))
    if value is None:
        return False
    match test.kind:
        case Kind.HAS:
            return text in value
        case Kind.FOLD:
            return text in value.lower()
        case Kind.EQUAL:
            return text == value
        case Kind.PRESENT:
            return True
        case Kind.PATTERN:
            return _pattern(text).search(value) is not None


_PIECE = re.compile(rb"\[([^\]]+)\]|%(.)|([^\[%])", re.DOTALL)


@lru_cache(maxsize=64)
def _pattern(lua: bytes) -> re.Pattern[bytes]:
    """A Lua pattern of bytes and of sets of bytes, which is all that queries need (`domain/query/needles.py`)."""
    parts = []
    for some, escaped, plain in _PIECE.findall(lua):
        if some:
            parts.append(b"[" + b"".join(map(_one, some)) + b"]")
        else:
            parts.append(_one(0 if escaped == b"z" else (escaped or plain)[0]))
    return re.compile(b"".join(parts))


def _one(byte: int) -> bytes:
    return b"\\x%02x" % byte
