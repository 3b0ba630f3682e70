"""Reads all queues again and again and publishes what it saw.

Four slow loops and one quick one: the search for queues (it goes through all keys), workers, the server's own numbers
and BullMQ's metrics have their own pace and never delay a refresh; a refresh reads the counts of all known queues.
"""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Iterable, Sequence
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, replace
from typing import Protocol

from bulltui.domain.errors import BulltuiError, NotAllowedError, UnreachableError
from bulltui.domain.match import select
from bulltui.domain.queue import Queue, QueueRef
from bulltui.domain.server import ServerInfo
from bulltui.domain.snapshot import Discovery, Health, Link, QueueRow, Snapshot
from bulltui.domain.worker import Worker, assign
from bulltui.services.breaker import BACKOFF_FIRST_S, backoff_s
from bulltui.services.bus import Bus
from bulltui.services.protocols import Clock, QueueReader, ServerReader
from bulltui.services.tracker import TREND_POINTS, Tracker
from bulltui.services.vitals import ServerGate

SLOW_MS = 250.0
ROWS_A_TURN = 200
BREATH_S = 0.15
"""The least time between two refreshes while queues are still being found."""


class PollReader(QueueReader, ServerReader, Protocol):
    """What the poller reads."""


@dataclass(frozen=True, slots=True)
class PollOptions:
    """The pace, in seconds, and which queues: prefixes (None: any) and globs."""

    prefixes: tuple[str, ...] | None
    globs: tuple[str, ...] = ()
    refresh_s: float = 2.0
    timeout_s: float = 2.0
    discovery_s: float = 30.0
    workers_s: float = 10.0
    server_s: float = 15.0
    series_s: float = 60.0


class Poller:
    """Owns the refresh. `run` until cancelled; `visible` are the queues on screen, read first."""

    def __init__(
        self, reader: PollReader, bus: Bus, clock: Clock, options: PollOptions, gate: ServerGate | None = None
    ) -> None:
        """`gate` is the one that the calls of `reader` pass."""
        self._reader = reader
        self._bus = bus
        self._clock = clock
        self._options = options
        self.gate = gate or ServerGate(clock, "The server")
        self._tracker = Tracker()
        self._known: dict[QueueRef, None] = {}
        self._workers: dict[QueueRef, tuple[Worker, ...]] | None = None
        self._workers_problem = ""
        self._server: ServerInfo | None = None
        self._discovery = Discovery()
        self._health = Health()
        self._failures = 0
        self._refresh = asyncio.Event()
        self._discover = asyncio.Event()
        self._found = asyncio.Event()
        self._all_found = asyncio.Event()
        self._online = asyncio.Event()
        self.visible: tuple[QueueRef, ...] = ()

    def refresh_now(self, *, discover: bool = False) -> None:
        """Asks for a refresh at once, and for a new search for queues on `discover`."""
        self._refresh.set()
        if discover:
            self._discover.set()

    def changed(self, refs: Iterable[QueueRef]) -> None:
        """An action has changed these queues: they are read at once, whatever is known of them."""
        self.refresh_now()

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
            tasks.create_task(self._every(self._options.workers_s, self._read_workers))
            tasks.create_task(self._every(self._options.server_s, self._read_server))
            tasks.create_task(self._every(self._options.series_s, self._read_series))

    # --- the quick loop

    async def _ticks(self) -> None:
        await self._wait_any(5.0, self._found, self._refresh)
        while True:
            self._refresh.clear()
            self._found.clear()
            self._all_found.clear()
            started = self._clock.monotonic()
            ok = await self._tick()
            if ok:
                # A queue that was just found is shown at once; a request to refresh as well.
                pause = max(0.0, self._options.refresh_s - (self._clock.monotonic() - started))
                now = (self._refresh, self._all_found)
                await self._wait_any(min(pause, BREATH_S), *now)
                searching = self._discovery.finished_at is None or self._found.is_set()
                await self._wait_any(max(0.0, pause - BREATH_S), *now, *((self._found,) if searching else ()))
            else:
                pause = backoff_s(self._failures)
                self._publish_health(replace(self._health, next_try_ms=self._clock.now_ms() + int(pause * 1000)))
                await self._wait_any(pause, self._refresh)

    async def _tick(self) -> bool:
        try:
            async with self._limit():
                latency = await self._reader.latency(1)
                queues = await self._reader.counts(self._in_order())
        except BulltuiError as error:
            self._fail(error)
            return False
        now = self._clock.now_ms()
        link = Link.SLOW if latency.median > SLOW_MS else Link.ONLINE
        since = self._health.since_ms if self._health.link is link else now
        if self._failures:
            self._discover.set()  # what was there before may be gone
        self._failures = 0
        self._health = Health(link, latency.median, since)
        self._online.set()
        self._bus.publish(await self._snapshot(queues, now))
        return True

    def _in_order(self) -> Sequence[QueueRef]:
        first = [ref for ref in self.visible if ref in self._known]
        return [*first, *(self._known.keys() - set(first))] if first else list(self._known)

    async def _snapshot(self, queues: Sequence[Queue], now: int) -> Snapshot:
        rows = []
        for index, queue in enumerate(sorted(queues, key=lambda queue: queue.ref)):
            if index % ROWS_A_TURN == ROWS_A_TURN - 1:
                await asyncio.sleep(0)  # keys come first
            ref = queue.ref
            rows.append(
                QueueRow(
                    queue,
                    rates=self._tracker.add(queue, now),
                    workers=None if self._workers is None else len(self._workers.get(ref, ())),
                    trend=self._tracker.trend(ref, now),
                )
            )
        return Snapshot(
            seq=self._bus.last.seq + 1,
            taken_at=now,
            rows=tuple(rows),
            server=self._server,
            health=self._health,
            discovery=self._discovery,
            workers_problem=self._workers_problem,
        )

    def _fail(self, error: BulltuiError) -> None:
        self._failures += 1
        since = self._health.since_ms if self._health.link is Link.OFFLINE else self._clock.now_ms()
        self._online.clear()
        self._publish_health(Health(Link.OFFLINE, None, since, None, error.message, error.hint))

    def _publish_health(self, health: Health) -> None:
        self._health = health
        last = self._bus.last
        self._bus.publish(replace(last, seq=last.seq + 1, health=health, discovery=self._discovery))

    # --- the slow loops

    async def _search(self) -> None:
        failures = 0
        while True:
            self._discover.clear()
            try:
                first = self._discovery.finished_at is None
                await self._search_once()
                if first or self._found.is_set():
                    self._all_found.set()
                pause = self._options.discovery_s
                failures = 0
            except NotAllowedError as error:
                self._discovery = replace(
                    self._discovery, running=False, problem=f"{error.message.rstrip('.')}. {error.hint}".strip()
                )
                pause = self._options.discovery_s
            except BulltuiError as error:
                failures += 1
                self._discovery = replace(self._discovery, running=False)
                if not self._known and self._health.link is not Link.ONLINE:
                    self._fail(error)
                pause = backoff_s(failures)
            self._found.set()
            await self._wait_any(pause, self._discover)

    async def _search_once(self) -> None:
        seen: dict[QueueRef, None] = {}
        self._discovery = replace(self._discovery, running=True, scanned=0)
        step = None
        async for step in self._reader.discover(self._options.prefixes):
            fresh = select(step.refs, self._options.globs)
            seen.update(dict.fromkeys(fresh))
            self._discovery = replace(self._discovery, scanned=step.scanned, found=len(seen))
            if any(ref not in self._known for ref in fresh):
                self._known.update(dict.fromkeys(fresh))
                self._found.set()
        self._known = seen
        self._tracker.forget(seen)
        self._discovery = Discovery(
            running=False,
            scanned=step.scanned if step else 0,
            found=len(seen),
            finished_at=self._clock.now_ms(),
            other_prefixes=step.other_prefixes if step else (),
            problem=step.problem if step else "",
        )

    async def _read_workers(self) -> None:
        try:
            self._workers = assign(await self._reader.clients(), self._known)
            self._workers_problem = ""
        except NotAllowedError as error:
            self._workers, self._workers_problem = None, error.message

    async def _read_server(self) -> None:
        with suppress(NotAllowedError):
            self._server = await self._reader.server()

    async def _read_series(self) -> None:
        self._tracker.learn(await self._reader.series(tuple(self._known), TREND_POINTS))

    async def _every(self, pause_s: float, read: Callable[[], Awaitable[None]]) -> None:
        """Runs `read` once the server answers and then at its pace; a failure is the tick's to tell."""
        while True:
            await self._online.wait()
            try:
                async with self._limit():
                    await read()
            except NotAllowedError:
                await self._clock.sleep(pause_s)
                continue
            except BulltuiError:
                await self._clock.sleep(BACKOFF_FIRST_S)
                continue
            # Until the first search is through there is more to learn every second.
            await self._clock.sleep(pause_s if self._discovery.finished_at is not None else min(1.0, pause_s))

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

    @staticmethod
    async def _wait_any(seconds: float, *events: asyncio.Event) -> None:
        waits = [asyncio.ensure_future(event.wait()) for event in events]
        try:
            await asyncio.wait(waits, timeout=seconds, return_when=asyncio.FIRST_COMPLETED)
        finally:
            for wait in waits:
                wait.cancel()
