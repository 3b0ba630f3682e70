"""Durations kept so that any percentile of them, and of several of them together, is right within one percent.

A duration lies in a bucket of a logarithmic scale. Buckets add up, so the sketch of an hour is exactly that of its
minutes together, in whatever order they are put together.
"""

import math
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass

ACCURACY = 0.01
"""How far a percentile may be off, as a share of it."""

_GAMMA = (1 + ACCURACY) / (1 - ACCURACY)
_LOG = math.log(_GAMMA)
_MIDDLE = 2 / (1 + _GAMMA)
LONGEST_MS = 10 * 365 * 86_400_000
"""Longer ones count as this long."""


def bucket_of(ms: float) -> int:
    """The bucket of a duration in ms; 0 holds those below 1 ms."""
    if not ms >= 1:
        return 0
    return math.ceil(math.log(min(ms, LONGEST_MS)) / _LOG) + 1


def middle_of(bucket: int) -> float:
    """The duration in ms that stands for those of a bucket."""
    return 0.0 if bucket <= 0 else _GAMMA ** (bucket - 1) * _MIDDLE


@dataclass(frozen=True, slots=True)
class Sketch:
    """How many durations fell into each bucket, by bucket, and the ms of all together."""

    counts: tuple[tuple[int, int], ...] = ()
    sum_ms: int = 0

    @property
    def total(self) -> int:
        """How many durations."""
        return sum(count for _, count in self.counts)

    @property
    def mean_ms(self) -> float | None:
        """Their mean in ms, None of none."""
        total = self.total
        return self.sum_ms / total if total else None

    def quantile(self, share: float) -> float | None:
        """The duration in ms that `share` (0 to 1) of all do not exceed, None of none."""
        total = self.total
        if not total:
            return None
        rank = max(1, math.ceil(share * total))
        for bucket, count in self.counts:
            rank -= count
            if rank <= 0:
                return middle_of(bucket)
        return middle_of(self.counts[-1][0])

    def __bool__(self) -> bool:
        return bool(self.counts)

    def __add__(self, other: "Sketch") -> "Sketch":
        return merged((self, other))


NONE = Sketch()


def sketch_of(durations_ms: Iterable[float]) -> Sketch:
    """The sketch of these durations in ms."""
    known = [max(0.0, ms) for ms in durations_ms]
    return Sketch(tuple(sorted(Counter(map(bucket_of, known)).items())), round(sum(known)))


def merged(sketches: Iterable[Sketch]) -> Sketch:
    """All of them together."""
    some = [one for one in sketches if one]
    if len(some) < 2:
        return some[0] if some else NONE
    counts: dict[int, int] = {}
    for one in some:
        for bucket, count in one.counts:
            counts[bucket] = counts.get(bucket, 0) + count
    return Sketch(tuple(sorted(counts.items())), sum(one.sum_ms for one in some))
