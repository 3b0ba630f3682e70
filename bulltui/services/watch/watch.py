"""Watches one server: the parts that do it run side by side, and one that fails holds up no other."""

import asyncio
import contextlib
import logging
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from bulltui.domain.errors import BulltuiError
from bulltui.domain.secrets import hidden
from bulltui.domain.snapshot import Snapshot
from bulltui.domain.text import visible
from bulltui.services.bus import Bus
from bulltui.services.protocols import Clock
from bulltui.services.watch.protocols import Counted, Listener, Recent

_log = logging.getLogger(__name__)

RESTART_S = 5.0
"""After this pause a part that stopped is begun anew."""

TOLD_S = 60.0
"""For so long it is told that a part stopped, unless it stops again."""

END_S = 0.9
"""All parts together have this long to end in order."""


def nothing_wrong() -> Sequence[str]:
    """No problems."""
    return ()


@dataclass(frozen=True, slots=True)
class Part:
    """A part: what it does, as the start of a sentence, and what it says of its own that cannot be done now."""

    what: str
    listener: Listener
    problems: Callable[[], Sequence[str]] = nothing_wrong


@dataclass(slots=True)
class _Stop:
    why: str
    at: float


class ServerWatch:
    """See `protocols.Watch`. `parts` end in their order, each with what those before it have left for it."""

    def __init__(self, bus: Bus, clock: Clock, parts: Sequence[Part], recent: Recent, counted: Counted) -> None:
        self._bus = bus
        self._clock = clock
        self._parts = tuple(parts)
        self._recent = recent
        self._counted = counted
        self._stops: dict[str, _Stop] = {}

    @property
    def recent(self) -> Recent:
        """See Watch."""
        return self._recent

    @property
    def counted(self) -> Counted:
        """See Watch."""
        return self._counted

    @property
    def problems(self) -> tuple[str, ...]:
        """See Watch."""
        now = self._clock.monotonic()
        stopped = [stop.why for stop in self._stops.values() if now - stop.at < TOLD_S]
        return tuple(dict.fromkeys((*stopped, *(one for part in self._parts for one in part.problems()))))

    async def run(self) -> None:
        """See Watch."""
        leave = self._bus.subscribe(self._tell)
        if self._bus.last.servers:
            self._tell(self._bus.last)
        running = [asyncio.create_task(self._keep(part), name=part.what) for part in self._parts]
        try:
            await asyncio.Event().wait()
        finally:
            leave()
            await _ended(running)

    def _tell(self, snapshot: Snapshot) -> None:
        for part in self._parts:
            try:
                part.listener.tell(snapshot)
            except Exception as error:  # a fault of ours in one part is none of the refresh, nor of the others
                self._stopped(part, error)

    async def _keep(self, part: Part) -> None:
        while True:
            try:
                await part.listener.run()
            except Exception as error:
                self._stopped(part, error)
            await self._clock.sleep(RESTART_S)

    def _stopped(self, part: Part, error: Exception) -> None:
        if isinstance(error, BulltuiError):
            why = f"{error.message} {error.hint}".strip()
        else:
            _log.error("%s stopped in an unexpected way", part.what, exc_info=error)
            why = f"{part.what} stopped: {type(error).__name__}: {visible(hidden(str(error)))}".rstrip(": ") + "."
        self._stops[part.what] = _Stop(why, self._clock.monotonic())


async def _ended(running: Sequence["asyncio.Task[None]"]) -> None:
    """Ends one after the other: what the first still knows is written by the next."""
    loop = asyncio.get_running_loop()
    until = loop.time() + END_S
    for task in running:
        task.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await asyncio.wait((task,), timeout=max(0.0, until - loop.time()))
        if not task.done():
            _log.warning("%s did not end in time", task.get_name())
