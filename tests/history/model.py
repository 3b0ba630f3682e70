"""What a history must say, worked out from all that was written by nothing but `domain.point`."""

from collections import defaultdict
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field

from bulltui.domain.point import OfName, Point, after, beside, part_of
from bulltui.domain.queue import QueueRef
from bulltui.history.reading import tier_for
from bulltui.history.tiers import HOURS, MINUTES, TEN_SECONDS, TIERS, Tier
from bulltui.services.watch.protocols import Written

Placed = tuple[int, int, Point]
"""When, in steps of which length, and what."""


@dataclass
class Model:
    """All that was written and is not dropped."""

    steps: dict[QueueRef, list[Placed]] = field(default_factory=lambda: defaultdict(list))
    together: list[Placed] = field(default_factory=list)
    """The writes, each as one point."""
    of_names: dict[tuple[QueueRef, str], list[tuple[int, OfName]]] = field(default_factory=lambda: defaultdict(list))
    cursors: dict[QueueRef, str] = field(default_factory=dict)

    def write(self, written: Written) -> None:
        known = {ref: point for ref, point in written.points.items() if point.known}
        for ref, point in known.items():
            self.steps[ref].append((written.at_ms, TEN_SECONDS.step_ms, point))
        if known:
            whole = beside(written.points.values(), written.at_ms)
            self.together.append((written.at_ms, TEN_SECONDS.step_ms, whole))
        for key, one in written.names.items():
            self.of_names[key].append((written.at_ms, one))
        self.cursors.update(written.cursors)

    def fill(self, ref: QueueRef, points: Iterable[Point], step_ms: int) -> None:
        tier = MINUTES if step_ms == MINUTES.step_ms else HOURS
        there = {tier.slot(at) for at, step, _ in self.steps[ref] if step <= step_ms}
        for point in points:
            if point.known and tier.slot(point.at_ms) not in there:
                self.steps[ref].append((point.at_ms, step_ms, point))

    def point(self, placed: Iterable[Placed], tier: Tier, start_ms: int, end_ms: int) -> Point | None:
        """What a tier has over a span."""
        some = [one for one in placed if start_ms <= one[0] < end_ms and one[1] <= tier.step_ms]
        some.sort(key=lambda one: one[0])
        return after((point for _, _, point in some), start_ms) if some else None

    def total(self, tier: Tier, start_ms: int, end_ms: int) -> Point | None:
        """All queues together: what was written at once, and beside it what each was filled with."""
        filled = [
            self.point([one for one in placed if one[1] > TEN_SECONDS.step_ms], tier, start_ms, end_ms)
            for placed in self.steps.values()
        ]
        each = [one for one in (self.point(self.together, tier, start_ms, end_ms), *filled) if one is not None]
        return beside(each, start_ms) if each else None

    def points(self, refs: list[QueueRef] | None, start_ms: int, end_ms: int, step_ms: int) -> list[Point | None]:
        if refs is None:
            return self._chart(self.total, start_ms, end_ms, step_ms)
        each = []
        for ref in dict.fromkeys(refs):
            if ref in self.steps:
                placed = self.steps[ref]
                each.append(
                    self._chart(
                        lambda tier, start, end, placed=placed: self.point(placed, tier, start, end),  # type: ignore[misc]
                        start_ms,
                        end_ms,
                        step_ms,
                    )
                )
        steps = -(-(end_ms - start_ms) // step_ms)
        found: list[Point | None] = []
        for step in range(steps):
            some = [one for chart in each if (one := chart[step]) is not None]
            found.append(beside(some, start_ms + step * step_ms) if some else None)
        return found

    def _chart(
        self, what: Callable[[Tier, int, int], Point | None], start_ms: int, end_ms: int, step_ms: int
    ) -> list[Point | None]:
        tier = tier_for(start_ms, step_ms)
        found: list[Point | None] = [what(tier, at, at + step_ms) for at in range(start_ms, end_ms, step_ms)]
        for coarser in TIERS[TIERS.index(tier) + 1 :]:
            if coarser.step_ms % step_ms:
                continue
            covered = {coarser.slot(start_ms + at * step_ms) for at, one in enumerate(found) if one is not None}
            for at in range(len(found)):
                begun = start_ms + at * step_ms
                slot = coarser.slot(begun)
                if slot not in covered:
                    whole = what(coarser, slot * coarser.step_ms, (slot + 1) * coarser.step_ms)
                    if whole is not None:
                        part = (begun - slot * coarser.step_ms) // step_ms
                        found[at] = part_of(whole, part, coarser.step_ms // step_ms, begun)
        return found

    def each(self, start_ms: int, end_ms: int) -> dict[QueueRef, Point]:
        """Only of what was not filled: that lies in coarser steps."""
        found = {ref: self.point(placed, TIERS[-1], start_ms, end_ms) for ref, placed in self.steps.items()}
        return {ref: one for ref, one in found.items() if one is not None}

    def names(self, start_ms: int, end_ms: int) -> dict[tuple[QueueRef, str], OfName]:
        hours = HOURS.step_ms
        start_ms, end_ms = start_ms // hours * hours, -(-end_ms // hours) * hours
        found: dict[tuple[QueueRef, str], OfName] = {}
        for key, some in self.of_names.items():
            for at, one in some:
                if start_ms <= at < end_ms:
                    found[key] = found[key] + one if key in found else one
        return found
