"""Jobs that ended since this process began, by queue, name and result, with histograms of how long they took: what a
scrape of metrics tells of jobs.

Names are told apart up to a bound, since whoever adds jobs chooses them: of a queue and of all together.
"""

from bisect import bisect_left
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from bulltui.domain.point import NAMES_A_QUEUE, OTHER_NAMES, UNKNOWN_NAME
from bulltui.domain.queue import QueueRef

BOUNDS_S: tuple[float, ...] = (
    *(0.005, 0.01, 0.025, 0.05, 0.075, 0.1, 0.15, 0.25, 0.5, 0.75),
    *(1.0, 1.5, 2.0, 2.5, 3.0, 4.0, 5.0, 7.5),
    *(10.0, 15.0, 30.0, 60.0, 120.0, 300.0, 900.0, 3600.0),
)
"""The upper ends of a histogram's buckets in seconds, each belonging to its bucket; a last one has what is longer."""

COMPLETED, FAILED = "completed", "failed"
"""How a job may end."""

SETS = 1_000
"""So many sets of queue, name and result are told apart. Beyond, jobs go to the queue's `OTHER_NAMES`, of which there
are two a queue."""


@dataclass(frozen=True, slots=True)
class Histogram:
    """How many durations fell into each bucket of `BOUNDS_S` and the one behind, each by itself, and the seconds of all
    together."""

    counts: tuple[int, ...] = (0,) * (len(BOUNDS_S) + 1)
    sum_s: float = 0.0

    @property
    def total(self) -> int:
        """How many durations."""
        return sum(self.counts)


@dataclass(frozen=True, slots=True)
class NameCounts:
    """Jobs of one name and result: how many ended, how long they waited before they ran, and how long they ran. A
    duration that nobody knows is in no histogram, so these may have fewer."""

    ended: int = 0
    wait: Histogram = Histogram()
    run: Histogram = Histogram()


class _Set:
    """What is counted of one set."""

    __slots__ = ("ended", "run", "run_s", "wait", "wait_s")

    def __init__(self) -> None:
        self.ended = 0
        self.wait = [0] * (len(BOUNDS_S) + 1)
        self.run = [0] * (len(BOUNDS_S) + 1)
        self.wait_s = self.run_s = 0.0

    def frozen(self) -> NameCounts:
        return NameCounts(self.ended, Histogram(tuple(self.wait), self.wait_s), Histogram(tuple(self.run), self.run_s))


class JobCounts:
    """Counts jobs as they end."""

    def __init__(self) -> None:
        self._sets: dict[tuple[QueueRef, str, str], _Set] = {}
        self._names: dict[QueueRef, set[str]] = {}
        self._named = 0

    def add(self, ref: QueueRef, name: str, result: str, wait_ms: float | None, run_ms: float | None) -> None:
        """A job has ended, `COMPLETED` or `FAILED`; None for a duration (ms) that is not known."""
        of = self._sets.get((ref, name, result))
        if of is None:
            of = self._set(ref, name, result)
        of.ended += 1
        if wait_ms is not None:
            seconds = max(0.0, wait_ms / 1000)
            of.wait[bisect_left(BOUNDS_S, seconds)] += 1
            of.wait_s += seconds
        if run_ms is not None:
            seconds = max(0.0, run_ms / 1000)
            of.run[bisect_left(BOUNDS_S, seconds)] += 1
            of.run_s += seconds

    def _set(self, ref: QueueRef, name: str, result: str) -> _Set:
        names = self._names.setdefault(ref, set())
        apart = name in (OTHER_NAMES, UNKNOWN_NAME)
        if not apart:
            if self._named >= SETS or (name not in names and len(names) >= NAMES_A_QUEUE):
                return self._sets.get((ref, OTHER_NAMES, result)) or self._set(ref, OTHER_NAMES, result)
            names.add(name)
            self._named += 1
        return self._sets.setdefault((ref, name, result), _Set())

    def keep(self, alive: Iterable[QueueRef]) -> None:
        """Drops what is counted of queues that are gone."""
        gone = self._names.keys() - set(alive)
        if not gone:
            return
        self._sets = {key: of for key, of in self._sets.items() if key[0] not in gone}
        self._names = {ref: names for ref, names in self._names.items() if ref not in gone}
        self._named = sum(name not in (OTHER_NAMES, UNKNOWN_NAME) for _, name, _ in self._sets)

    def snapshot(self) -> Mapping[tuple[QueueRef, str, str], NameCounts]:
        """All that is counted now, by queue, name and result. Any thread may ask."""
        return {key: of.frozen() for key, of in list(self._sets.items())}


__all__ = ["BOUNDS_S", "COMPLETED", "FAILED", "SETS", "Histogram", "JobCounts", "NameCounts"]
