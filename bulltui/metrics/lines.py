"""Samples as lines of an exposition, the same in the text format of Prometheus and in OpenMetrics."""

import math
from collections.abc import Iterator, Sequence
from itertools import accumulate

Lines = Iterator[str]


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


def histogram(name: str, labels: str, bounds: Sequence[float], counts: Sequence[int], sum_s: float) -> Lines:
    """A histogram; `counts` has what is in each bucket by itself, and in one more for what is longer."""
    start = f"{name}_bucket{{{labels},le=" if labels else f"{name}_bucket{{le="
    total = 0
    for bound, total in zip(bounds, accumulate(counts), strict=False):
        yield f'{start}"{bound!r}"}} {total}\n'
    total = sum(counts)
    yield f'{start}"+Inf"}} {total}\n'
    yield line(f"{name}_sum", labels, sum_s)
    yield line(f"{name}_count", labels, total)


def fewer(counts: Sequence[int], known: Sequence[float], wanted: Sequence[float]) -> list[int]:
    """What is counted up to each bound of `known` (and beyond the last), by bounds that are some of them."""
    found, rest = [], 0
    ends = set(wanted)
    for bound, count in zip(known, counts, strict=False):
        rest += count
        if bound in ends:
            found.append(rest)
            rest = 0
    return [*found, rest + sum(counts[len(known) :])]
