"""How the connection is, in the words that are shown: by the breaker, the last round trips and the server's role."""

from dataclasses import replace

from bulltui.domain.errors import BulltuiError, UnreachableError
from bulltui.domain.server import ServerInfo
from bulltui.domain.snapshot import Health, Link
from bulltui.domain.vitals import Breaker
from bulltui.services.breaker import backoff_s
from bulltui.services.protocols import Clock
from bulltui.services.vitals import Pace, ServerGate

REPLICA_ROLES = frozenset({"slave", "replica"})


class LinkKeeper:
    """Keeps the health of one server. `wants_replica`: that it is one is nothing to tell then."""

    def __init__(self, gate: ServerGate, clock: Clock, *, address: str = "", wants_replica: bool = False) -> None:
        self._gate = gate
        self._clock = clock
        self._address = address
        self._wants_replica = wants_replica
        self._pace = Pace()
        self._failures = 0
        self.health = Health()

    @property
    def away(self) -> bool:
        """Whether it is told to be offline."""
        return self.health.link is Link.OFFLINE

    @property
    def troubled(self) -> bool:
        """Whether the last refresh failed, told or not."""
        return self._failures > 0

    def good(self, latency_ms: float, server: ServerInfo | None) -> Health:
        """A refresh went through; a round trip took so long."""
        if self.away:
            self._pace.clear()
        self._failures = 0
        self._pace.add(latency_ms)
        link = self._pace.link
        since = self.health.since_ms if self.health.link is link else self._clock.now_ms()
        message, hint = self._about_role(server)
        self.health = Health(link, self._pace.median_ms, since, None, message, hint)
        return self.health

    def bad(self, began: float, error: BulltuiError) -> float:
        """A refresh that began then (`monotonic`) failed. How long to wait before the next, in seconds."""
        self._failures += 1
        breaker = self._gate.breaker
        if isinstance(error, UnreachableError):
            # A probe that is still under way was this one: one part of a Cluster does not speak for all of it.
            probed = breaker.state is Breaker.HALF_OPEN
            self._gate.lost(self._clock.monotonic() if probed else began, error)
        if breaker.error is not None:
            pause = max(breaker.wait_s, 0.05)
            self.tell_offline(pause)
            return pause
        pause = backoff_s(self._failures)
        if self._failures > 1 or not isinstance(error, UnreachableError) or self.health.link is Link.CONNECTING:
            self._tell(error, self.health.since_ms if self.away else self._clock.now_ms(), pause)
        return pause

    def tell_offline(self, pause_s: float | None = None) -> None:
        """The breaker is open: what it knows is the health."""
        breaker = self._gate.breaker
        if breaker.error is not None:
            self._tell(breaker.error, breaker.since_ms, breaker.wait_s if pause_s is None else pause_s)

    def _tell(self, error: BulltuiError, since_ms: int, pause_s: float) -> None:
        next_try = self._clock.now_ms() + int(pause_s * 1000)
        self.health = Health(Link.OFFLINE, None, since_ms, next_try, error.message, error.hint)

    def about(self, server: ServerInfo | None) -> None:
        """What the server said of itself is known anew."""
        if self.health.link in (Link.ONLINE, Link.SLOW):
            message, hint = self._about_role(server)
            self.health = replace(self.health, message=message, hint=hint)

    def _about_role(self, server: ServerInfo | None) -> tuple[str, str]:
        if server is None or self._wants_replica or server.role not in REPLICA_ROLES:
            return "", ""
        return (
            f"{self._address or 'The server'} is a replica: what it shows can be behind, and it takes no changes.",
            "After a failover the primary is another server: connect to that one, or name the Sentinels.",
        )
