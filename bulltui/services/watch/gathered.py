"""What events add up to, by steps of the history: sums that grow while a step lasts, and points when it is over."""

from collections.abc import Iterable, Mapping

from bulltui.domain.point import Flow, OfName, Point, Stand
from bulltui.domain.queue import QueueRef
from bulltui.domain.sketch import NONE, Sketch, bucket_of, merged
from bulltui.services.watch.protocols import STEP_MS
from bulltui.services.watch.slices import Slices

_STILL = Stand()


class Durations:
    """Durations that come one by one."""

    __slots__ = ("counts", "sum_ms")

    def __init__(self) -> None:
        self.counts: dict[int, int] = {}
        self.sum_ms = 0

    def add(self, ms: int) -> None:
        """One more."""
        bucket = bucket_of(ms)
        self.counts[bucket] = self.counts.get(bucket, 0) + 1
        self.sum_ms += ms

    def sketch(self) -> Sketch:
        """All so far."""
        return Sketch(tuple(sorted(self.counts.items())), self.sum_ms) if self.counts else NONE


class Named:
    """Jobs of one name."""

    __slots__ = ("completed", "failed", "run", "wait")

    def __init__(self) -> None:
        self.completed = 0
        self.failed = 0
        self.wait = Durations()
        self.run = Durations()

    def of_name(self) -> OfName:
        """All so far."""
        return OfName(self.completed, self.failed, self.wait.sketch(), self.run.sketch())


class Gathered:
    """What moved through a queue in a step. `cursor` is the last of its events that is in here."""

    __slots__ = (
        *("added", "completed", "cursor", "estimated", "failed", "lost", "names", "retried", "stalled", "started"),
    )

    def __init__(self) -> None:
        self.added = self.started = self.completed = self.failed = 0
        self.retried = self.stalled = self.estimated = self.lost = 0
        self.cursor = ""
        self.names: dict[str, Named] = {}

    def named(self, name: str) -> Named:
        """The jobs of a name."""
        found = self.names.get(name)
        if found is None:
            found = self.names[name] = Named()
        return found

    def add(self, flow: Flow) -> None:
        """So much more moved."""
        self.added += flow.added
        self.started += flow.started
        self.completed += flow.completed
        self.failed += flow.failed
        self.retried += flow.retried
        self.stalled += flow.stalled
        self.estimated += flow.estimated
        self.lost += flow.lost

    def flow(self) -> Flow:
        """All so far."""
        return Flow(
            self.added,
            self.started,
            self.completed,
            self.failed,
            self.retried,
            self.stalled,
            self.estimated,
            self.lost,
        )

    def of_names(self) -> dict[str, OfName]:
        """All so far, by name."""
        return {name: one.of_name() for name, one in self.names.items()}

    def point(self, at_ms: int, stand: Stand = _STILL, names: Mapping[str, OfName] | None = None) -> Point:
        """All so far, over the step that begins at `at_ms`; `names` is the same by name, where that is known."""
        each = (self.of_names() if names is None else names).values()
        return Point(at_ms, stand, self.flow(), merged(one.wait for one in each), merged(one.run for one in each))


def step_of(at_ms: int) -> int:
    """The beginning of the step of a moment (epoch ms)."""
    return at_ms - at_ms % STEP_MS


class Steps:
    """What moved in steps that are not written yet, by their beginning (epoch ms). The step of `cut_ms` is in two: what
    came before that, and what came from then on."""

    def __init__(self, cut_ms: int = 0) -> None:
        self._cut_ms = cut_ms
        self._steps: dict[int, dict[QueueRef, Gathered]] = {}

    def of(self, ref: QueueRef, at_ms: int) -> Gathered:
        """What moved through a queue in the step of a moment."""
        start = step_of(at_ms)
        if start < self._cut_ms <= at_ms:
            start = self._cut_ms
        step = self._steps.get(start)
        if step is None:
            step = self._steps[start] = {}
        found = step.get(ref)
        if found is None:
            found = step[ref] = Gathered()
        return found

    def over(self, before_ms: int | None) -> list[int]:
        """The steps that ended by then (None: all), the oldest first."""
        return sorted(at for at in self._steps if before_ms is None or step_of(at) + STEP_MS <= before_ms)

    def take(self, at_ms: int) -> dict[QueueRef, Gathered]:
        """A step, which is nobody's any more."""
        return self._steps.pop(at_ms, {})

    def pending(self, ref: QueueRef, since_ms: int) -> Iterable[tuple[int, Gathered]]:
        """What moved through a queue in steps from `since_ms` on."""
        for at, step in list(self._steps.items()):
            if at >= since_ms and (found := step.get(ref)) is not None:
                yield at, found

    def flows(self, since_ms: int) -> dict[int, dict[QueueRef, Flow]]:
        """What moved so far in steps from `since_ms` on."""
        return {
            at: {ref: found.flow() for ref, found in step.items()} for at, step in self._steps.items() if at >= since_ms
        }

    @property
    def refs(self) -> set[QueueRef]:
        """The queues of which there is anything."""
        return {ref for step in self._steps.values() for ref in step}


async def points_of(
    at_ms: int, step: Mapping[QueueRef, Gathered], stands: Mapping[QueueRef, Stand], slices: Slices
) -> tuple[dict[QueueRef, Point], dict[tuple[QueueRef, str], OfName]]:
    """The points of a step that is over, and its jobs by name."""
    points: dict[QueueRef, Point] = {}
    names: dict[tuple[QueueRef, str], OfName] = {}
    for ref in dict.fromkeys((*step, *stands)):
        stand, found = stands.get(ref, _STILL), step.get(ref)
        if found is None:
            points[ref] = Point(at_ms, stand)
        else:
            own = found.of_names()
            points[ref] = found.point(at_ms, stand, own)
            names |= {(ref, name): one for name, one in own.items()}
        await slices.turn()
    return points, names
