"""Samples as lines of an exposition, the same in the text format of Prometheus and in OpenMetrics."""

import math
from collections.abc import Iterable, Sequence
from functools import cache
from itertools import accumulate

Lines = Iterable[str]
"""Samples, one or several to a text, each with the end of its line."""


def number(value: float) -> str:
    """A value as both formats write it."""
    if isinstance(value, int):
        return str(int(value))
    if math.isfinite(value):
        return repr(value)
    return "NaN" if math.isnan(value) else "+Inf" if value > 0 else "-Inf"


def line(name: str, labels: str, value: float) -> str:
    """A sample; `labels` is what stands between the braces."""
    return f"{name}{{{labels}}} {number(value)}\n" if labels else f"{name} {number(value)}\n"


def joined(*labels: str) -> str:
    """Labels one after the other."""
    return ",".join(filter(None, labels))


def histogram(name: str, labels: str, bounds: tuple[float, ...], counts: Sequence[int], sum_s: float) -> str:
    """A histogram, all of its lines; `counts` has what is in each bucket by itself, and in one more for what is
    longer."""
    before = f"{name}_bucket{{{labels}," if labels else f"{name}_bucket{{"
    behind = f"{{{labels}}} " if labels else " "
    buckets = [f"{before}{end}{total}\n" for end, total in zip(_ends(bounds), accumulate(counts), strict=True)]
    return f"{''.join(buckets)}{name}_sum{behind}{number(sum_s)}\n{name}_count{behind}{sum(counts)}\n"


@cache
def _ends(bounds: tuple[float, ...]) -> tuple[str, ...]:
    """The ends of the lines of buckets up to their values."""
    return tuple(f'le="{bound}"}} ' for bound in (*map(repr, bounds), "+Inf"))


@cache
def _parts(known: tuple[float, ...], wanted: tuple[float, ...]) -> tuple[slice, ...]:
    ends = [known.index(bound) + 1 for bound in wanted]
    return tuple(slice(start, end) for start, end in zip((0, *ends), (*ends, None), strict=True))


def fewer(counts: Sequence[int], known: tuple[float, ...], wanted: tuple[float, ...]) -> list[int]:
    """What is counted up to each bound of `known` (and beyond the last), by bounds that are some of them."""
    return [sum(counts[part]) for part in _parts(known, wanted)]
