"""Reads all queues again and again and publishes what it saw.

Four slow loops and one quick one: the search for queues (it goes through all keys), workers, the server's own numbers
and BullMQ's metrics have their own pace and never delay a refresh; a refresh reads the counts of the queues on the
screen, and of as many others as keeps what is known of each young enough.
"""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Iterable, Sequence
from contextlib import asynccontextmanager, suppress
from dataclasses import replace
from typing import Protocol

from bulltui.domain.errors import BulltuiError, NotAllowedError, UnreachableError
from bulltui.domain.queue import Queue, QueueRef
from bulltui.domain.server import ServerInfo
from bulltui.domain.snapshot import QueueRow, ServerState, Snapshot
from bulltui.domain.vitals import Breaker
from bulltui.domain.worker import Client, Worker, assign
from bulltui.services.breaker import BACKOFF_FIRST_S, backoff_s
from bulltui.services.bus import Bus
from bulltui.services.cache import CountsCache
from bulltui.services.known import KnownQueues
from bulltui.services.link import LinkKeeper
from bulltui.services.pace import SERIES_SPARING_S, PollOptions
from bulltui.services.protocols import Clock, QueueReader, ServerReader
from bulltui.services.tracker import TREND_POINTS, Tracker
from bulltui.services.turns import Turns
from bulltui.services.vitals import ServerGate
from bulltui.services.waiting import wait_any

__all__ = ["PollOptions", "PollReader", "Poller"]

ROWS_A_TURN = 200
BREATH_S = 0.15
"""The least time between two refreshes that nobody asked for: while queues are found, or come into sight."""


BUSY_S = 1.0
"""The least time between two reads of what has a slow pace."""


class PollReader(QueueReader, ServerReader, Protocol):
    """What the poller reads."""


class Poller:
    """Owns the refresh. `run` until cancelled."""

    def __init__(
        self, reader: PollReader, bus: Bus, clock: Clock, options: PollOptions, gate: ServerGate | None = None
    ) -> None:
        """`gate` is the one that the calls of `reader` pass."""
        self._reader = reader
        self._bus = bus
        self._clock = clock
        self._options = options
        self.gate = gate or ServerGate(clock, options.address)
        self._known = KnownQueues(reader, clock, options)
        self._cache = CountsCache(reader, clock, options.cache_s)
        self._link = LinkKeeper(self.gate, clock, address=options.address, wants_replica=options.replica)
        self._tracker = Tracker()
        self._rows: dict[QueueRef, QueueRow] = {}
        self._learned: set[QueueRef] = set()
        self._series = Turns(clock, SERIES_SPARING_S)
        self._clients: list[Client] | None = None
        self._workers: dict[QueueRef, tuple[Worker, ...]] | None = None
        self._assigned: tuple[QueueRef, ...] | None = None
        self._workers_problem = ""
        self._server: ServerInfo | None = None
        self._server_at = 0
        self._took_s: float | None = None
        self._visible: tuple[QueueRef, ...] = ()
        self._refresh = asyncio.Event()
        self._discover = asyncio.Event()
        self._online = asyncio.Event()
        self._looked = asyncio.Event()
        self._turned = asyncio.Event()
        self._read_workers_now = asyncio.Event()
        self._read_server_now = asyncio.Event()
        self._read_series_now = asyncio.Event()
        self.gate.turned = self._turned.set
        self.gate.demoted = self._read_server_now.set

    @property
    def visible(self) -> tuple[QueueRef, ...]:
        """The queues on the screen: always fresh, and read first."""
        return self._visible

    @visible.setter
    def visible(self, refs: tuple[QueueRef, ...]) -> None:
        if refs == self._visible:
            return
        came, self._visible = set(refs) - set(self._visible), refs
        if any((self._cache.turns.age_s(ref) or 0.0) > self._options.refresh_s for ref in came):
            self._looked.set()
        if any((self._series.age_s(ref) or 0.0) > self._options.series_s for ref in came):
            self._read_series_now.set()

    def refresh_now(self, *, discover: bool = False) -> None:
        """Asks for a refresh at once. On `discover` nothing that is known counts any more: all is read, and queues are
        searched for anew."""
        if discover:
            self._stale()
        self._refresh.set()

    def changed(self, refs: Iterable[QueueRef]) -> None:
        """An action has changed these queues: they are read at once, whatever is known of them, also one that was gone
        and is back."""
        touched = tuple(refs)
        if self._known.meet(touched):
            self._discover.set()  # a search that is under way may have passed it already
        self._cache.changed(touched)
        self._refresh.set()

    async def queues(self, refs: Sequence[QueueRef]) -> list[Queue]:
        """The queues that exist of `refs`, read now; what a refresh is just reading is not read twice."""
        return list((await self._cache.read(refs)).values())

    def workers_of(self, ref: QueueRef | None = None) -> tuple[Worker, ...]:
        """The workers last seen of a queue, or of all."""
        known = self._workers or {}
        if ref is not None:
            return known.get(ref, ())
        return tuple(worker for workers in known.values() for worker in workers)

    async def run(self) -> None:
        """Polls until cancelled."""
        async with asyncio.TaskGroup() as tasks:
            tasks.create_task(self._search())
            tasks.create_task(self._ticks())
            tasks.create_task(self._every(self._workers_pause, self._read_workers, self._read_workers_now))
            tasks.create_task(self._every(lambda: self._options.server_s, self._read_server, self._read_server_now))
            tasks.create_task(self._every(lambda: self._options.series_s, self._read_series, self._read_series_now))

    # --- the quick loop

    async def _ticks(self) -> None:
        known = self._known
        await wait_any(5.0, known.found, self._refresh)
        while True:
            for event in (self._refresh, self._looked, self._turned, known.found, known.all_found):
                event.clear()
            if self.gate.breaker.state is not Breaker.CLOSED and not self._link.away:
                self._link.tell_offline()  # another call has found it out
                self._publish_health()
            started = self._clock.monotonic()
            pause = await self._tick(started)
            if pause is not None:
                self._turned.clear()
                await wait_any(pause, self._refresh, self._turned)
                continue
            left = max(0.0, self._options.refresh_s - (self._clock.monotonic() - started))
            # A queue that was just found is shown at once; a request to refresh as well.
            now = (self._refresh, known.all_found, self._turned)
            await wait_any(min(left, BREATH_S), *now)
            searching = not known.complete or known.found.is_set()
            await wait_any(max(0.0, left - BREATH_S), *now, self._looked, *((known.found,) if searching else ()))

    async def _tick(self, began: float) -> float | None:
        """One refresh. None when it went well, else how long to wait before the next."""
        started = began
        try:
            async with self._limit():
                latency = await self._reader.latency(1)
            if self._link.away:
                self._stale()  # what was there before may be gone, and much may have happened
            fresh: list[QueueRef] = []
            for part in self._cache.due(self._known.refs, self._visible, self._options.refresh_s):
                began = self._clock.monotonic()
                async with self._limit():
                    await self._cache.read(part)
                fresh += part
        except BulltuiError as error:
            pause = self._link.bad(began, error)
            if self._link.away:
                self._online.clear()
                self._publish_health()
            return pause
        self._cache.turns.spread(fresh, each_s=self._options.refresh_s)
        self.gate.answered()
        self._turned.clear()  # by this very refresh, or long known
        self._link.good(latency.median, self._server)
        self._online.set()
        self._took_s = self._clock.monotonic() - started
        self._bus.publish(await self._snapshot())
        return None

    async def _snapshot(self) -> Snapshot:
        now = self._clock.now_ms()
        self._assign()
        rows: dict[QueueRef, QueueRow] = {}
        for index, ref in enumerate(self._known.refs):
            if index % ROWS_A_TURN == ROWS_A_TURN - 1:
                await asyncio.sleep(0)  # keys come first
            if (row := self._row(ref, now)) is not None:
                rows[ref] = row
        self._rows = rows
        self._learned.clear()
        return self._compose(tuple(rows.values()), now)

    def _compose(self, rows: tuple[QueueRow, ...], taken_at: int) -> Snapshot:
        options, health, discovery = self._options, self._link.health, self._known.state
        vitals = replace(self.gate.snapshot(), cache=self._cache.stats, refresh_s=self._took_s)
        server, workers_problem, read_at = self._server, self._workers_problem, self._server_at
        own = ServerState(
            options.label, options.address, taken_at, server, health, discovery, vitals, workers_problem, read_at
        )
        seq = self._bus.last.seq + 1
        return Snapshot(seq, taken_at, rows, server, health, discovery, workers_problem, vitals, (own,), read_at)

    def _publish_health(self) -> None:
        """The data stay those of the last good refresh."""
        self._bus.publish(self._compose(self._bus.last.rows, self._bus.last.taken_at))

    def _row(self, ref: QueueRef, now: int) -> QueueRow | None:
        """What is known of a queue. One that was not read again is no news to rates and trends."""
        kept, row = self._cache.of(ref), self._rows.get(ref)
        if kept is None:
            return None
        workers = None if self._workers is None else len(self._workers.get(ref, ()))
        if row is None or row.queue is not kept.queue:
            rates = self._tracker.add(kept.queue, kept.read_at)
        elif row.workers == workers and ref not in self._learned:
            return row
        else:
            rates = self._tracker.rates(ref, kept.read_at)
        return QueueRow(kept.queue, rates, workers, self._tracker.trend(ref, now), kept.read_at)

    def _stale(self) -> None:
        self._cache.changed()
        self._series.changed()
        for event in (self._discover, self._read_workers_now, self._read_server_now, self._read_series_now):
            event.set()

    # --- the slow loops

    async def _search(self) -> None:
        failures = 0
        while True:
            self._discover.clear()
            try:
                pause = await self._known.search()
                failures = 0
                for kept in (self._cache.forget, self._series.keep, self._tracker.forget):
                    kept(self._known.refs)
            except BulltuiError:
                failures += 1
                pause = backoff_s(failures)
            await wait_any(pause, self._discover)

    async def _read_workers(self) -> None:
        try:
            self._clients = await self._reader.clients()
            self._assigned, self._workers_problem = None, ""
            self._assign()
        except NotAllowedError as error:
            self._clients = self._workers = None
            self._workers_problem = error.message

    def _assign(self) -> None:
        """Whose workers the clients are. Anew when other queues are known: one that was found later would seem to have
        none until the clients are read again."""
        refs = self._known.refs
        if self._clients is not None and refs is not self._assigned:
            self._workers, self._assigned = assign(self._clients, refs), refs

    async def _read_server(self) -> None:
        with suppress(NotAllowedError):
            self._server = await self._reader.server()
            self._server_at = self._clock.now_ms()
            self._link.about(self._server)

    async def _read_series(self) -> None:
        """Those on the screen each time, of the others the ones whose time is up."""
        refs, every = self._known.refs, self._options.series_s
        if self._options.spares(len(refs)):
            there = set(refs)
            seen = [ref for ref in self._visible if ref in there]
            ages = ((ref, self._series.age_s(ref)) for ref in seen)
            late = [ref for ref, age in ages if age is None or age >= every - 1]
            refs = tuple(self._series.due(refs, late, ahead_s=every))
        change = self._series.change
        self._tracker.learn(await self._reader.series(refs, TREND_POINTS), self._clock.now_ms())
        self._learned.update(refs)
        self._series.done(refs, refs, seen=change)
        self._series.spread(refs, each_s=every)

    def _workers_pause(self) -> float:
        return self._options.workers_pause(len(self._known.refs))

    async def _every(
        self, pause_s: Callable[[], float], read: Callable[[], Awaitable[None]], now: asyncio.Event
    ) -> None:
        """Runs `read` once the server answers and then at its pace; a failure is the tick's to tell."""
        while True:
            await self._online.wait()
            now.clear()
            pause, complete = pause_s(), self._known.complete
            try:
                async with self._limit():
                    await read()
            except NotAllowedError:
                pass
            except BulltuiError:
                pause = BACKOFF_FIRST_S
            else:
                # Until the first search is through there is more to learn every second, and once after that.
                pause = pause if complete else min(BUSY_S, pause)
            await self._clock.sleep(min(BUSY_S, pause))
            await wait_any(max(0.0, pause - BUSY_S), now)

    # --- waiting

    @asynccontextmanager
    async def _limit(self) -> AsyncIterator[None]:
        try:
            async with asyncio.timeout(self._options.timeout_s):
                yield
        except TimeoutError:
            raise UnreachableError(
                f"The server did not answer within {self._options.timeout_s:g} s.",
                hint="It may be busy with a slow command, paused or overloaded; trying again by itself.",
                code="timeout",
            ) from None
