"""Numbers as fields hold them and as people type them."""

import re
from collections.abc import Callable
from operator import eq, ge, gt, le, lt, ne

from bulltui.domain.query.tree import Op

COMPARE: dict[Op, Callable[[float, float], bool]] = {
    Op.LESS: lt,
    Op.AT_MOST: le,
    Op.MORE: gt,
    Op.AT_LEAST: ge,
    Op.EQUAL: eq,
    Op.UNEQUAL: ne,
}
"""What each operator means for two numbers."""

_STORED = re.compile(r"[+-]?[0-9]+\.?[0-9]*(?:[eE][+-]?[0-9]+)?")
_BYTES = re.compile(r"(\d{1,15}(?:\.\d{1,9})?)\s*([kmgt]?)(?:i?b)?", re.IGNORECASE)
_DECIMAL = re.compile(r"-?[0-9]+(?:\.[0-9]+)?")


def stored_number(text: str | None) -> float | None:
    """The number in a field as the scripts read it; None for what is no number, and where there is none."""
    if text is None or len(text) > 40 or _STORED.fullmatch(text) is None:
        return None
    return float(text)


def decimal(text: str) -> int | float | None:
    """A number written in plain decimals, as one types it and as numbers stand in texts; None for anything else."""
    if len(text) > 40 or _DECIMAL.fullmatch(text) is None:
        return None
    return float(text) if "." in text else int(text)


def byte_count(text: str) -> int | None:
    """A number of bytes as one types it, `500`, `20kb`, `1.5 MiB`, each unit 1024 times the one before."""
    found = _BYTES.fullmatch(text)
    return None if found is None else round(float(found[1]) * 1024.0 ** " kmgt".index(found[2].lower() or " "))


def digits(text: str) -> tuple[str, ...]:
    """The digits that every plain way to write the decimal number `text` has together: `42` for `-042.0`, `1` and `5`
    for `1.50`, none for zero."""
    whole, _, fraction = text.lstrip("-").partition(".")
    return tuple(part for part in (whole.lstrip("0"), fraction.rstrip("0")) if part)
