"""Polling of several servers: each has its own poller and its own pace, and all are shown as one."""

import asyncio
from collections.abc import Callable, Iterable
from contextlib import suppress
from dataclasses import dataclass

from bulltui.domain.queue import QueueRef
from bulltui.domain.snapshot import Link, Snapshot
from bulltui.domain.worker import Worker
from bulltui.services.bus import Bus
from bulltui.services.fleet.members import Members
from bulltui.services.fleet.snapshots import merged, state_of
from bulltui.services.polling import Polling, poll_forever
from bulltui.services.protocols import Clock

TOGETHER_S = 0.1
"""What servers tell within this time is shown at once."""

PROMPT_S = 2.0
"""For how long after a request to refresh news is shown as soon as it is there."""

RESTART_S = 1.0


@dataclass(frozen=True, slots=True)
class Polled:
    """One server's poller, the bus that it publishes on, and where the server is, without secrets."""

    poller: Polling
    bus: Bus
    address: str


class FleetPoller:
    """Runs the pollers of several servers and publishes what they show together on `bus`.

    Each server is read at its own times; what they tell is shown together about once a refresh, so that more servers
    make no more work for whoever shows it. News of a connection, the first search for queues and what was asked for are
    shown at once. A server that does not answer holds up nobody.
    """

    def __init__(self, servers: Members[Polled], bus: Bus, clock: Clock, *, refresh_s: float) -> None:
        self._servers = servers
        self._bus = bus
        self._clock = clock
        self._pause_s = 0.8 * refresh_s
        self._news = asyncio.Event()
        self._hurry = asyncio.Event()
        self._prompt_until = 0.0
        self._shown_at: float | None = None
        self._links: dict[str, tuple[Link, bool]] = {}
        self._visible: tuple[QueueRef, ...] = ()

    @property
    def visible(self) -> tuple[QueueRef, ...]:
        """The queues on screen, which their servers are asked for first."""
        return self._visible

    @visible.setter
    def visible(self, refs: tuple[QueueRef, ...]) -> None:
        self._visible = refs
        parts = self._servers.split(ref for ref in refs if ref.server in self._servers.labels)
        for label in self._servers.labels:
            self._servers.of(label).poller.visible = tuple(parts.get(label, ()))

    def refresh_now(self, *, discover: bool = False) -> None:
        """Asks every server at once, and for a new search for queues on `discover`."""
        self._be_prompt()
        for server in self._servers.all:
            server.poller.refresh_now(discover=discover)

    def changed(self, refs: Iterable[QueueRef]) -> None:
        """Tells the pollers of the servers of these queues that they were changed."""
        self._be_prompt()
        for label, some in self._servers.split(refs).items():
            self._servers.of(label).poller.changed(tuple(some))

    def workers_of(self, ref: QueueRef | None = None) -> tuple[Worker, ...]:
        """The workers last seen of a queue, or of all."""
        if ref is not None:
            return self._servers.at(ref).poller.workers_of(ref)
        return tuple(worker for server in self._servers.all for worker in server.poller.workers_of())

    async def run(self) -> None:
        """Polls until cancelled."""
        leaves = [self._servers.of(label).bus.subscribe(self._listener(label)) for label in self._servers.labels]
        try:
            async with asyncio.TaskGroup() as tasks:
                for server in self._servers.all:
                    tasks.create_task(poll_forever(server.poller, server.bus, self._clock, pause_s=RESTART_S))
                tasks.create_task(self._publish())
        finally:
            for leave in leaves:
                leave()

    # --- what is shown

    def _listener(self, label: str) -> Callable[[Snapshot], None]:
        def listen(snapshot: Snapshot) -> None:
            known = snapshot.discovery.finished_at is not None and bool(snapshot.taken_at)
            stands = (snapshot.health.link, known)
            if self._links.get(label) != stands or not known:
                self._links[label] = stands
                self._hurry.set()
            self._news.set()

        return listen

    def _be_prompt(self) -> None:
        self._prompt_until = self._clock.monotonic() + PROMPT_S
        self._hurry.set()

    async def _publish(self) -> None:
        while True:
            await self._news.wait()
            await asyncio.sleep(TOGETHER_S)  # others tell something at about the same time
            if not self._is_prompt() and self._shown_at is not None:
                rest = self._pause_s - (self._clock.monotonic() - self._shown_at)
                with suppress(TimeoutError):
                    await asyncio.wait_for(self._hurry.wait(), max(0.0, rest))
            self._news.clear()
            self._hurry.clear()
            self._shown_at = self._clock.monotonic()
            self._bus.publish(self.snapshot())

    def _is_prompt(self) -> bool:
        return self._hurry.is_set() or self._clock.monotonic() < self._prompt_until

    def snapshot(self) -> Snapshot:
        """What all servers show now."""
        servers = {label: self._servers.of(label) for label in self._servers.labels}
        return merged(
            [
                (state_of(label, server.address, server.bus.last), server.bus.last.rows)
                for label, server in servers.items()
            ],
            self._bus.last.seq + 1,
        )
