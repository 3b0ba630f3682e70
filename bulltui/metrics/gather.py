"""Brings together, within the event loop, what a scrape is answered from, so that answering needs nothing of it."""

import asyncio
import logging
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field

from bulltui.domain.alert import Alert, Rule
from bulltui.domain.errors import BulltuiError
from bulltui.domain.metric import QUANTILES, RECENT_S
from bulltui.domain.queue import QueueRef
from bulltui.domain.sketch import Sketch
from bulltui.domain.snapshot import ServerState
from bulltui.metrics.view import Recently, View
from bulltui.services.bus import Bus
from bulltui.services.counters import ActionCounts
from bulltui.services.fleet.snapshots import state_of
from bulltui.services.protocols import Clock
from bulltui.services.watch.protocols import AlertBoard, HistorySource, HistoryState, Watch

_log = logging.getLogger(__name__)

BEAT_S = 1.0
GATHER_S = 5.0
"""How old what is gathered may be: alerts, the history's state and the quantiles of the last minutes."""
SHARE = 0.05
"""At most this share of the loop's time is spent on it, by longer pauses."""
PATIENCE_S = 5.0
"""How long a file, or who else keeps alerts and history, is waited for."""
A_TURN = 20
"""So many queues are looked at before the loop is given to others."""


@dataclass(frozen=True, slots=True)
class Server:
    """A server that is shown: its label, empty for the only one, its address without secrets, and the bus that its own
    poller publishes on every `refresh_s`."""

    label: str
    address: str
    bus: Bus
    refresh_s: float = 2.0

    @property
    def state(self) -> ServerState:
        """How it is as far as that is known."""
        last = self.bus.last
        return last.servers[0] if len(last.servers) == 1 else state_of(self.label, self.address, last)


@dataclass(frozen=True, slots=True)
class Source:
    """What there is to tell: all queues by `bus`, each server by itself, and what watches, where somebody does."""

    clock: Clock
    bus: Bus
    servers: tuple[Server, ...]
    actions: Callable[[], ActionCounts] = ActionCounts
    watch: Watch | None = None
    alerts: AlertBoard | None = None
    history: HistorySource | None = None


@dataclass(slots=True)
class _Gathered:
    recently: dict[QueueRef, Recently] = field(default_factory=dict)
    rules: tuple[Rule, ...] = ()
    alerts: tuple[Alert, ...] = ()
    history: HistoryState | None = None
    problems: int = 0


class Gatherer:
    """Runs in the event loop; `view` and `beat` may be asked for by any thread."""

    def __init__(self, source: Source) -> None:
        self.source = source
        self.beat = source.clock.monotonic()
        """When the loop was last seen alive (`monotonic`)."""
        self._gathered = _Gathered()
        self._spent = 0.0
        self._failed: set[str] = set()

    async def run(self) -> None:
        """Until cancelled."""
        async with asyncio.TaskGroup() as tasks:
            tasks.create_task(self._beats())
            tasks.create_task(self._gather())

    def view(self) -> View:
        """All that is known now."""
        source, gathered = self.source, self._gathered
        watch = source.watch
        rows = source.bus.last.rows
        there = {row.ref for row in rows}
        return View(
            now_ms=source.clock.now_ms(),
            servers=tuple(server.state for server in source.servers),
            rows=rows,
            flows={} if watch is None else watch.counted.flows,
            # What is counted of a queue goes with it at once, whenever the counts are tidied.
            jobs={} if watch is None else {key: one for key, one in watch.counted.jobs.items() if key[0] in there},
            recently=gathered.recently,
            actions=source.actions(),
            rules=gathered.rules,
            alerts=gathered.alerts,
            history=gathered.history,
            problems=gathered.problems,
        )

    async def _beats(self) -> None:
        while True:
            self.beat = self.source.clock.monotonic()
            await asyncio.sleep(BEAT_S)

    async def _gather(self) -> None:
        while True:
            found = _Gathered()
            await self._part("alerts", self._alerts, found, PATIENCE_S)
            await self._part("history", self._history, found, PATIENCE_S)
            began = self._spent
            await self._part("durations", self._lately, found)  # which waits for nobody but the loop
            self._gathered = found
            await asyncio.sleep(max(GATHER_S, (self._spent - began) / SHARE))

    async def _part(
        self,
        name: str,
        read: Callable[[_Gathered], Awaitable[None]],
        found: _Gathered,
        patience_s: float | None = None,
    ) -> None:
        """A part that cannot be told takes nothing else away."""
        try:
            async with asyncio.timeout(patience_s):
                await read(found)
        except (BulltuiError, TimeoutError):
            pass  # whose it is says so
        except Exception:
            if name not in self._failed:
                _log.exception("Metrics of %s cannot be told", name)
            self._failed.add(name)

    async def _alerts(self, found: _Gathered) -> None:
        board = self.source.alerts
        if board is not None:
            found.rules, found.alerts = board.rules, tuple(await board.alerts())

    async def _history(self, found: _Gathered) -> None:
        if self.source.history is not None:
            found.history = await self.source.history.state()

    async def _lately(self, found: _Gathered) -> None:
        watch, clock = self.source.watch, self.source.clock
        if watch is None:
            return
        found.problems = len(watch.problems)
        began = clock.monotonic()
        for index, row in enumerate(self.source.bus.last.rows):
            if index % A_TURN == A_TURN - 1:
                self._spent += clock.monotonic() - began
                await asyncio.sleep(0)
                began = clock.monotonic()
            point = watch.recent.over(row.ref, RECENT_S)
            if point.wait or point.run:
                found.recently[row.ref] = Recently(quantiles(point.wait), quantiles(point.run))
        self._spent += clock.monotonic() - began


def quantiles(sketch: Sketch) -> tuple[float, ...] | None:
    """In seconds, None of no durations."""
    if not sketch:
        return None
    return tuple((sketch.quantile(share) or 0.0) / 1000 for share in QUANTILES)
