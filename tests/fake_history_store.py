"""The history of a server in memory."""

from collections.abc import Sequence
from dataclasses import dataclass, field

from bulltui.domain.errors import BulltuiError
from bulltui.domain.point import OfName, Point, after, beside
from bulltui.domain.queue import QueueRef
from bulltui.services.watch.protocols import STEP_MS, HistoryState, Written


@dataclass
class FakeHistoryStore:
    """Steps as they are written. `error` is raised while it is set; `leading` says who leads. `shared` stores are of
    several processes over the same file: give them the same `steps`, `of_names`, `places` and `filled`."""

    leading: bool = True
    error: BulltuiError | None = None
    steps: dict[QueueRef, dict[int, Point]] = field(default_factory=dict)
    of_names: dict[tuple[QueueRef, str], OfName] = field(default_factory=dict)
    places: dict[QueueRef, str] = field(default_factory=dict)
    filled: dict[QueueRef, tuple[int, list[Point]]] = field(default_factory=dict)
    writes: list[Written] = field(default_factory=list)
    closed: bool = False

    def _check(self) -> None:
        if self.error is not None:
            raise self.error

    def another(self) -> "FakeHistoryStore":
        """The same file, opened by another process."""
        return FakeHistoryStore(False, None, self.steps, self.of_names, self.places, self.filled)

    async def lead(self) -> bool:
        self._check()
        return self.leading

    async def write(self, written: Written) -> None:
        self._check()
        assert written.at_ms % STEP_MS == 0
        self.writes.append(written)
        for ref, point in written.points.items():
            assert not ref.server
            assert point.at_ms == written.at_ms
            steps = self.steps.setdefault(ref, {})
            before = steps.get(point.at_ms)
            steps[point.at_ms] = point if before is None else after((before, point), point.at_ms)
        for key, of_name in written.names.items():
            self.of_names[key] = self.of_names.get(key, OfName()) + of_name
        self.places.update(written.cursors)

    async def fill(self, ref: QueueRef, points: Sequence[Point], step_ms: int) -> None:
        self._check()
        self.filled.setdefault(ref, (step_ms, list(points)))

    async def cursors(self) -> dict[QueueRef, str]:
        self._check()
        return dict(self.places)

    def total(self, ref: QueueRef) -> Point:
        """All that is written of a queue."""
        return after((point for _, point in sorted(self.steps.get(ref, {}).items())), 0)

    async def points(
        self, refs: Sequence[QueueRef] | None, start_ms: int, end_ms: int, step_ms: int, *, timings: bool
    ) -> list[Point | None]:
        self._check()
        found: list[Point | None] = []
        for at in range(start_ms, end_ms, step_ms):
            each = await self.each(at, at + step_ms, timings=timings)
            some = [point for ref, point in each.items() if refs is None or ref in refs]
            found.append(beside(some, at) if some else None)
        return found

    async def each(self, start_ms: int, end_ms: int, *, timings: bool) -> dict[QueueRef, Point]:
        self._check()
        found = {}
        for ref, steps in self.steps.items():
            some = [steps[at] for at in sorted(steps) if start_ms <= at < end_ms]
            if some:
                found[ref] = after(some, start_ms)
        return found

    async def names(
        self, refs: Sequence[QueueRef] | None, start_ms: int, end_ms: int
    ) -> dict[tuple[QueueRef, str], OfName]:
        self._check()
        return {key: one for key, one in self.of_names.items() if refs is None or key[0] in refs}

    async def state(self) -> HistoryState:
        self._check()
        times = [at for steps in self.steps.values() for at in steps]
        return HistoryState("memory", self.leading, last_ms=max(times) + STEP_MS if times else None)

    async def close(self) -> None:
        self.closed = True
