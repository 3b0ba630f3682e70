"""BullMQ's own per-minute metrics of finished jobs (reference, section 5.8)."""

from collections.abc import Sequence
from dataclasses import dataclass

MINUTE_MS = 60_000


@dataclass(frozen=True, slots=True)
class MetricSeries:
    """Jobs finished per minute, newest first, as the library keeps them.

    `count` is the total since the metrics began, `rolled_at` (epoch ms) when the newest value was written,
    `rolled_count` the total then. An absent metric has all zero.
    """

    count: int = 0
    rolled_at: int = 0
    rolled_count: int = 0
    points: tuple[int, ...] = ()

    @property
    def kept(self) -> bool:
        """Whether any worker keeps this metric."""
        return self.rolled_at > 0 or self.count > 0

    def per_minute(self, now_ms: int, minutes: int) -> tuple[int, ...]:
        """The last `minutes` whole minutes, oldest first. Nothing is written while idle, so the gap since the last
        write is filled with zeros."""
        idle = max(0, (now_ms - self.rolled_at) // MINUTE_MS) if self.rolled_at else 0
        recent: list[int] = [0] * min(idle, minutes)
        recent += self.points[: minutes - len(recent)]
        recent += [0] * (minutes - len(recent))
        return tuple(reversed(recent))


def totals(series: Sequence[tuple[int, ...]]) -> tuple[int, ...]:
    """Several series of one length added up."""
    return tuple(sum(column) for column in zip(*series, strict=True))
