"""Spans of time as people type them."""

import re

from bulltui.domain import human
from bulltui.domain.errors import UsageError

_UNITS = {
    "ms": 1,
    "s": human.SECOND_MS,
    "m": human.MINUTE_MS,
    "h": human.HOUR_MS,
    "d": human.DAY_MS,
    "w": 7 * human.DAY_MS,
}
_PIECE = re.compile(r"(\d{1,15}(?:\.\d{1,9})?)\s*(ms|[smhdw])")
_LONGEST = 100 * human.YEAR_MS


def span(text: str) -> int:
    """A span in ms: `90s`, `10m`, `1h30m`, `2d`, `250ms`; a bare `0` needs no unit. Raises UsageError.

    >>> span("1h30m")
    5400000
    """
    wanted = text.strip().lower()
    if wanted == "0":
        return 0
    pieces = _PIECE.findall(wanted)
    if not pieces or _PIECE.sub("", wanted).strip():
        raise UsageError(f"{text.strip()!r} is no span of time.", hint="Write it like 90s, 10m, 1h30m or 2d.")
    total = sum(round(float(number) * _UNITS[unit]) for number, unit in pieces)
    if total > _LONGEST:
        raise UsageError(f"{text.strip()} is too long: 100 years are the most.")
    return total
