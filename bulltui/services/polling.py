"""What is asked of whoever polls, one server or several."""

import logging
from collections.abc import Iterable
from dataclasses import replace
from typing import Protocol

from bulltui.domain.queue import QueueRef
from bulltui.domain.snapshot import Health, Link
from bulltui.domain.worker import Worker
from bulltui.services.bus import Bus
from bulltui.services.protocols import Clock

_log = logging.getLogger(__name__)
RESTART_S = 2.0
"""After this pause polling that stopped is begun anew."""


class Polling(Protocol):
    """A poller, of one server or of several."""

    visible: tuple[QueueRef, ...]
    """The queues on screen, which are read first."""

    def refresh_now(self, *, discover: bool = False) -> None:
        """Asks for a refresh at once, and for a new search for queues on `discover`."""

    def changed(self, refs: Iterable[QueueRef]) -> None:
        """An action has changed these queues."""

    def workers_of(self, ref: QueueRef | None = None) -> tuple[Worker, ...]:
        """The workers last seen of a queue, or of all."""

    async def run(self) -> None:
        """Polls until cancelled."""


async def poll_forever(poller: Polling, bus: Bus, clock: Clock, *, pause_s: float = RESTART_S) -> None:
    """Lets a poller run until cancelled. Where a fault of ours stops it, that is published on its `bus`: whoever looks
    must see that the numbers stand still, and may go on looking. Then it is begun anew."""
    while True:
        try:
            await poller.run()
        except Exception as error:
            _log.exception("Polling stopped in an unexpected way")
            last = bus.last
            problem = f"Reading stopped: {type(error).__name__}: {error}"
            health = Health(Link.OFFLINE, since_ms=clock.now_ms(), message=problem)
            bus.publish(replace(last, seq=last.seq + 1, health=health))
        await clock.sleep(pause_s)
