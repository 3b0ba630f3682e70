"""What moved since this process began, as counters that only grow: what Prometheus wants of us.

Whoever records the history tells each step of it here as well. A job that ended is told by itself, with its durations:
these are kept in buckets of fixed bounds, since a histogram of Prometheus has no others.
"""

from bisect import bisect_left
from collections.abc import Collection, Mapping
from dataclasses import dataclass

from bulltui.domain.metric import LONG_S
from bulltui.domain.point import NAMES_A_QUEUE, OTHER_NAMES, UNKNOWN_NAME, Flow
from bulltui.domain.queue import QueueRef

NAMES = 1000
"""So many names are told apart over all queues: each has some hundred samples at every scrape."""
_BOUNDS_MS = tuple(bound * 1000 for bound in LONG_S)


@dataclass(frozen=True, slots=True)
class Spread:
    """Durations: how many, seconds of all, and how many up to each of `LONG_S` (each bucket counts only its own), with
    one bucket more for the longer ones."""

    count: int = 0
    sum_s: float = 0.0
    buckets: tuple[int, ...] = (0,) * (len(LONG_S) + 1)


@dataclass(frozen=True, slots=True)
class Ended:
    """Jobs of one name that ended one way: how many, how long they had waited, and how long the last attempt took."""

    jobs: int = 0
    wait: Spread = Spread()
    run: Spread = Spread()


EndedKey = tuple[QueueRef, str, bool]
"""A queue, the name of jobs in it, and whether they failed."""


class _Durations:
    __slots__ = ("buckets", "count", "sum_ms")

    def __init__(self) -> None:
        self.count, self.sum_ms = 0, 0.0
        self.buckets = [0] * (len(_BOUNDS_MS) + 1)

    def add(self, ms: float | None) -> None:
        if ms is None:
            return
        self.count += 1
        self.sum_ms += max(0.0, ms)
        self.buckets[bisect_left(_BOUNDS_MS, ms)] += 1

    @property
    def spread(self) -> Spread:
        return Spread(self.count, self.sum_ms / 1000, tuple(self.buckets))


class _Kind:
    """Jobs of one name, while they are counted. `kept` is the last copy, None once there is more."""

    __slots__ = ("jobs", "kept", "run", "wait")

    def __init__(self) -> None:
        self.jobs = 0
        self.wait, self.run = _Durations(), _Durations()
        self.kept: Ended | None = None

    @property
    def ended(self) -> Ended:
        if self.kept is None:
            self.kept = Ended(self.jobs, self.wait.spread, self.run.spread)
        return self.kept


class Totals:
    """Counts of one process. All within one event loop; what it gives out never changes."""

    def __init__(self) -> None:
        self._flows: dict[QueueRef, Flow] = {}
        self._kinds: dict[EndedKey, _Kind] = {}
        self._names: dict[QueueRef, set[str]] = {}
        self._known = 0

    def moved(self, ref: QueueRef, flow: Flow) -> None:
        """So much more moved through a queue."""
        self._flows[ref] = self._flows.get(ref, Flow()) + flow

    def ended(
        self, ref: QueueRef, name: str, *, failed: bool, wait_ms: float | None = None, run_ms: float | None = None
    ) -> None:
        """A job has ended; durations in ms where they are known. Names beyond those that are told apart count as
        `OTHER_NAMES`."""
        key = (ref, self._name(ref, name), failed)
        kind = self._kinds.get(key)
        if kind is None:
            kind = self._kinds[key] = _Kind()
        kind.jobs += 1
        kind.wait.add(wait_ms)
        kind.run.add(run_ms)
        kind.kept = None

    def keep(self, alive: Collection[QueueRef]) -> None:
        """Drops what is counted of queues that are gone."""
        there = set(alive)
        for ref in (self._flows.keys() | self._names.keys()) - there:
            self._flows.pop(ref, None)
            self._known -= len(self._names.pop(ref, ()))
        for key in [key for key in self._kinds if key[0] not in there]:
            del self._kinds[key]

    @property
    def flows(self) -> Mapping[QueueRef, Flow]:
        """What moved through each queue."""
        return dict(self._flows)

    @property
    def jobs(self) -> Mapping[EndedKey, Ended]:
        """Jobs that ended. Of what has not changed it gives the same objects again."""
        return {key: kind.ended for key, kind in self._kinds.items()}

    def _name(self, ref: QueueRef, name: str) -> str:
        names = self._names.setdefault(ref, set())
        if name in names or name in (OTHER_NAMES, UNKNOWN_NAME):
            return name
        if len(names) >= NAMES_A_QUEUE or self._known >= NAMES:
            return OTHER_NAMES
        names.add(name)
        self._known += 1
        return name
