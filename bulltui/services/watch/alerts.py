"""Looks for alerts of one server at each refresh, writes them down and tells of them."""

import asyncio
from collections.abc import Callable, Sequence
from functools import partial

from bulltui.domain.alert import Rule
from bulltui.domain.errors import BulltuiError
from bulltui.domain.queue import QueueRef
from bulltui.domain.snapshot import EMPTY, Link, ServerState, Snapshot
from bulltui.services.protocols import Clock
from bulltui.services.waiting import wait_any
from bulltui.services.watch.alert_engine import Engine
from bulltui.services.watch.outlets import AlertStore, Outlet
from bulltui.services.watch.protocols import Recent
from bulltui.services.watch.telling import USUAL, Pace, Teller

TURN_S = 0.004
"""So long queues are looked at before the loop goes on with something else: keys come first."""

LOOK_S = 1.0
"""The least time between two looks, and how long one is waited for: what is away sends no refresh."""

FOLLOW_S = 5.0
"""How often a process that does not lead asks whether it may."""

_BEGIN_ANEW = ("damaged", "gone")
"""What is wrong with the file where there is nothing left to go on with."""


def every(ref: QueueRef) -> bool:
    """All queues."""
    return True


class AlertWatch:
    """A `Listener`. One process looks for the alerts of a server, the one that leads the `store`; in others it waits.
    `server` is what the server is called here: its label, its profile or its address. `selects` says which queues this
    run looks at: alerts of others stay as they are. `lacks` are sentences about rules and ways that cannot be had."""

    def __init__(
        self,
        store: AlertStore,
        rules: Sequence[Rule],
        outlets: Sequence[Outlet],
        recent: Recent,
        clock: Clock,
        *,
        server: str,
        pace: Pace = USUAL,
        selects: Callable[[QueueRef], bool] = every,
        look_s: float = LOOK_S,
        lacks: Sequence[str] = (),
    ) -> None:
        self._store = store
        self._clock = clock
        self._selects = selects
        self._look_s = look_s
        self._lacks = tuple(lacks)
        self._server = server
        self._engine = partial(Engine, rules, outlets, recent, server)
        self._teller = Teller(store, outlets, clock, server, pace)
        self._snapshot = EMPTY
        self._fresh = asyncio.Event()
        self._problem = ""
        self.leads = False
        self.looks = 0

    @property
    def problems(self) -> tuple[str, ...]:
        """What cannot be done now, as sentences."""
        return tuple(one for one in (self._problem, *self._lacks, self._store.notice, *self._teller.problems) if one)

    def tell(self, snapshot: Snapshot) -> None:
        """See Listener."""
        self._snapshot = snapshot
        self._fresh.set()

    def nudge(self) -> None:
        """Has those who tell look whether something is due."""
        self._teller.news()

    async def run(self) -> None:
        """See Listener."""
        try:
            engine = await self._led()
            async with asyncio.TaskGroup() as tasks:
                tasks.create_task(self._looks(engine))
                tasks.create_task(self._teller.run())
        finally:
            self.leads = False
            await asyncio.shield(self._store.close())

    async def _led(self) -> Engine:
        """The alerts as they were left, once this process leads."""
        while True:
            try:
                if await self._store.lead():
                    engine = self._engine()
                    engine.load(await self._store.known(self._server))
                    self.leads, self._problem = True, ""
                    return engine
                self._problem = ""
            except BulltuiError as error:
                self._problem = f"{error.message} {error.hint}".strip()
            await self._clock.sleep(FOLLOW_S)

    async def _looks(self, engine: Engine) -> None:
        while True:
            await wait_any(self._look_s, self._fresh)
            self._fresh.clear()
            try:
                await self._look(engine, self._snapshot)
                self._problem = ""
            except BulltuiError as error:  # what was to be written down is kept until it can be
                if error.code in _BEGIN_ANEW:
                    raise
                self._problem = f"{error.message} {error.hint}".strip()
            self.looks += 1
            await self._clock.sleep(self._look_s)

    async def _look(self, engine: Engine, snapshot: Snapshot) -> None:
        now = self._clock.now_ms()
        state = _state_of(snapshot)
        if state is not None:
            engine.look_at_server(state, now)
            if state.health.link in (Link.ONLINE, Link.SLOW):
                await self._look_at_queues(engine, snapshot, now)
        mutes = await self._store.mutes()
        engine.tell(mutes, now)
        changes = engine.changes(now)
        if changes:
            await self._store.save(changes)
            engine.written(changes, now)
            if changes.telling:
                self._teller.news()

    async def _look_at_queues(self, engine: Engine, snapshot: Snapshot, now: int) -> None:
        until = self._clock.monotonic() + TURN_S
        for row in snapshot.rows:
            if self._clock.monotonic() > until:
                await asyncio.sleep(0)
                until = self._clock.monotonic() + TURN_S
            engine.look_at(row, row.read_at or snapshot.taken_at, now)
        if snapshot.discovery.finished_at is not None and not snapshot.discovery.problem:
            engine.look_for_gone({row.ref: row for row in snapshot.rows}, now, self._selects)


def _state_of(snapshot: Snapshot) -> ServerState | None:
    """The server of a refresh of one."""
    if snapshot.servers:
        return snapshot.servers[0]
    return None


__all__ = ["AlertWatch", "Pace"]
