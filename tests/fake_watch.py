"""Watching without a server or files: points in memory, alerts that a test sets."""

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass, field, replace

from bulltui.domain.alert import Alert, Delivery, Mute, Phase, Rule
from bulltui.domain.charting import Ask, Chart, Mark, chart_of
from bulltui.domain.point import Flow, OfName, Point, after, beside
from bulltui.domain.queue import QueueRef
from bulltui.services.watch.protocols import HistoryState
from bulltui.services.watch.totals import Totals


@dataclass
class FakeHistory:
    """Points of queues in their order. `error` is raised while it is set, and charts wait while not `free`."""

    points: dict[QueueRef, list[Point]] = field(default_factory=dict)
    of_names: dict[tuple[QueueRef, str], OfName] = field(default_factory=dict)
    stands: HistoryState = HistoryState("here", leads=True)
    error: Exception | None = None
    problem: str = ""
    asked: list[Ask] = field(default_factory=list)
    free: asyncio.Event = field(default_factory=asyncio.Event)

    def __post_init__(self) -> None:
        self.free.set()

    async def _ready(self) -> None:
        await self.free.wait()
        if self.error is not None:
            raise self.error

    async def chart(self, ask: Ask) -> Chart:
        self.asked.append(ask)
        await self._ready()
        found = chart_of([self._at(ask, step) for step in range(ask.steps)], ask)
        return replace(found, problem=self.problem)

    def _at(self, ask: Ask, step: int) -> Point | None:
        start = ask.start_ms + step * ask.step_ms
        refs = ask.refs or tuple(self.points)
        each = [self._over(ref, start, start + ask.step_ms) for ref in refs]
        known = [one for one in each if one is not None]
        return beside(known, start) if known else None

    def _over(self, ref: QueueRef, start_ms: int, end_ms: int) -> Point | None:
        some = [one for one in self.points.get(ref, ()) if start_ms <= one.at_ms < end_ms]
        return after(some, start_ms) if some else None

    async def each(self, start_ms: int, end_ms: int) -> dict[QueueRef, Point]:
        await self._ready()
        found = {ref: self._over(ref, start_ms, end_ms) for ref in self.points}
        return {ref: one for ref, one in found.items() if one is not None}

    async def names(self, start_ms: int, end_ms: int) -> dict[tuple[QueueRef, str], OfName]:
        await self._ready()
        return self.of_names

    async def state(self) -> HistoryState:
        return self.stands


@dataclass
class FakeAlerts:
    """Alerts that a test sets; mutes are kept."""

    rules: tuple[Rule, ...] = ()
    now: list[Alert] = field(default_factory=list)
    ended: list[Alert] = field(default_factory=list)
    told: list[Delivery] = field(default_factory=list)
    held: list[Mute] = field(default_factory=list)
    tests: list[str] = field(default_factory=list)
    error: Exception | None = None
    looks: bool = True

    async def watched(self) -> bool:
        return self.looks

    async def alerts(self) -> list[Alert]:
        if self.error is not None:
            raise self.error
        return list(self.now)

    async def past(self, *, since_ms: int = 0, limit: int = 1000) -> list[Alert]:
        return [one for one in self.ended if one.resolved_ms >= since_ms][:limit]

    async def deliveries(self, limit: int = 200) -> list[Delivery]:
        return self.told[:limit]

    async def mutes(self) -> list[Mute]:
        return list(self.held)

    async def mute(self, mute: Mute) -> Mute:
        self.held.append(replace(mute, number=len(self.held) + 1))
        return self.held[-1]

    async def unmute(self, number: int) -> bool:
        left = [one for one in self.held if one.number != number]
        found, self.held = len(left) < len(self.held), left
        return found

    async def test(self, way: str = "") -> list[Delivery]:
        self.tests.append(way)
        return [Delivery("test", Phase.FIRING, way or "terminal", "sent", 0, 1)]


@dataclass
class FakeMarks:
    """Marks that a test sets."""

    known: list[Mark] = field(default_factory=list)

    async def marks(self, start_ms: int, end_ms: int) -> list[Mark]:
        return [one for one in self.known if start_ms <= one.at_ms < end_ms]


@dataclass
class FakeRecent:
    """The recent past, the same over any span."""

    seen: Mapping[QueueRef | None, Point] = field(default_factory=dict)
    known_s: float = 3600.0

    def over(self, ref: QueueRef | None, seconds: float) -> Point:
        return self.seen.get(ref, Point(0))

    def flow(self, ref: QueueRef | None, seconds: float) -> Flow:
        return self.over(ref, seconds).flow

    def still(self, ref: QueueRef, seconds: float) -> bool:
        point = self.over(ref, seconds)
        return not (point.flow or point.wait or point.run)

    def covers(self, ref: QueueRef | None) -> float:
        return self.known_s


@dataclass
class FakeWatch:
    """Watches nothing until it is cancelled."""

    recent: FakeRecent = field(default_factory=FakeRecent)
    counted: Totals = field(default_factory=Totals)
    problems: tuple[str, ...] = ()
    runs: int = 0

    async def run(self) -> None:
        self.runs += 1
        await asyncio.Event().wait()
