"""How a server answers: measured on our own calls."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum

BUCKETS_MS = (0.5, 1.0, 2.5, 5.0, 10.0, 25.0, 50.0, 100.0, 250.0, 500.0, 1000.0, 2500.0)
"""Upper bounds of latencies; one bucket more for the longer ones."""


class Breaker(StrEnum):
    """Whether calls are let through: `closed` all, `open` none, `half-open` one probe."""

    CLOSED = "closed"
    OPEN = "open"
    HALF_OPEN = "half-open"


@dataclass(frozen=True, slots=True)
class CallStats:
    """Of one kind of call since the start: how many, how many failed, ms of all, and how many up to each of
    `BUCKETS_MS` (each bucket counts only its own)."""

    count: int = 0
    errors: int = 0
    sum_ms: float = 0.0
    max_ms: float = 0.0
    buckets: tuple[int, ...] = (0,) * (len(BUCKETS_MS) + 1)


@dataclass(frozen=True, slots=True)
class SlowCall:
    """A call that took long: when it ended (epoch ms), its name, how long, and what went wrong, if anything."""

    at_ms: int
    call: str
    ms: float
    error: str = ""


@dataclass(frozen=True, slots=True)
class CacheStats:
    """How often counts were taken from what is known (`hits`) and how often they were read (`misses`)."""

    hits: int = 0
    misses: int = 0
    ttl_s: float = 0.0

    @property
    def rate(self) -> float:
        """The share of hits, 0 to 1."""
        asked = self.hits + self.misses
        return self.hits / asked if asked else 0.0


@dataclass(frozen=True, slots=True)
class Vitals:
    """All of it at one instant. `slow` has the newest last. `opened` counts how often the breaker opened, `refresh_s`
    is how long the last refresh took, None before the first."""

    breaker: Breaker = Breaker.CLOSED
    calls: Mapping[str, CallStats] = field(default_factory=dict)
    slow: tuple[SlowCall, ...] = ()
    opened: int = 0
    cache: CacheStats = CacheStats()
    refresh_s: float | None = None
