"""Counts of actions for whoever watches bulltui: how many of each kind, what they changed, how long they took."""

from bisect import bisect_left
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field

from bulltui.domain.outcome import Kind, Outcome

BUCKETS_S = (0.01, 0.05, 0.1, 0.5, 1.0, 5.0, 10.0, 60.0, 300.0)
"""Upper bounds of durations, in seconds; the last bucket has none."""


@dataclass(frozen=True, slots=True)
class Durations:
    """Of one verb: how many actions, seconds of all, and how many up to each of `BUCKETS_S`, with one bucket more for
    the longer ones (each counts only its own, not those before it)."""

    count: int = 0
    sum_s: float = 0.0
    buckets: tuple[int, ...] = (0,) * (len(BUCKETS_S) + 1)


@dataclass(frozen=True, slots=True)
class ActionCounts:
    """At one instant: actions by verb and kind of outcome, jobs (or queues) changed by verb, durations by verb."""

    actions: Mapping[tuple[str, Kind], int] = field(default_factory=dict)
    affected: Mapping[str, int] = field(default_factory=dict)
    durations: Mapping[str, Durations] = field(default_factory=dict)


class Counters:
    """Counts since the start of the process."""

    def __init__(self) -> None:
        self._actions: Counter[tuple[str, Kind]] = Counter()
        self._affected: Counter[str] = Counter()
        self._durations: dict[str, Durations] = {}

    def count(self, outcome: Outcome) -> None:
        """One more action has ended."""
        verb = outcome.verb
        self._actions[(verb, outcome.kind)] += 1
        self._affected[verb] += outcome.done
        before = self._durations.get(verb, Durations())
        at = bisect_left(BUCKETS_S, outcome.elapsed_s)
        buckets = tuple(number + (index == at) for index, number in enumerate(before.buckets))
        self._durations[verb] = Durations(before.count + 1, before.sum_s + outcome.elapsed_s, buckets)

    def snapshot(self) -> ActionCounts:
        """What was counted until now."""
        return ActionCounts(dict(self._actions), dict(self._affected), dict(self._durations))
