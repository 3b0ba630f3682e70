"""Whether a server is asked at all: after it went silent only one call at a time finds out whether it is back.

It is told which calls were answered and which were not, and when each began. An answer of any kind says that the server
is there. A call that was not answered says something only if nothing else was answered since it began: a long read that
is cut short while others go on is no silence.
"""

import random
from collections.abc import Callable

from bulltui.domain.errors import UnreachableError
from bulltui.domain.human import clock as clock_text
from bulltui.domain.vitals import Breaker
from bulltui.services.protocols import Clock

BACKOFF_FIRST_S = 0.25
BACKOFF_LAST_S = 15.0

OFFLINE = "offline"
"""The code of the error with which calls are refused while it is open."""

ONE_CONNECTION = frozenset({"closed", "max-clients"})
"""Codes that may be about one connection alone: servers close idle ones, and a restart cuts all. A second call, begun
after that, decides. Whatever else is no answer (nothing listens, silence for the whole of its time, a server that is
loading) is known after one."""

STEADY_S = 5.0
"""A server that goes away again this soon after it came back is waited for longer, not from the start again."""

PROBE_S = 20.0
"""A probe of which nothing is heard for so long was given up."""


def backoff_s(failures: int) -> float:
    """How long to wait after that many failures in a row: doubling, capped, with jitter so that a fleet of watchers
    does not come back at the same instant."""
    delay: float = min(BACKOFF_LAST_S, BACKOFF_FIRST_S * 2 ** min(max(failures, 1) - 1, 10))
    return delay * random.uniform(0.5, 1.0)  # noqa: S311


class CircuitBreaker:
    """Closed, open or half-open, by what is told. Times of calls are those of the clock's `monotonic`, in seconds."""

    def __init__(self, clock: Clock, *, backoff: Callable[[int], float] = backoff_s) -> None:
        self._clock = clock
        self._backoff = backoff
        self._error: UnreachableError | None = None
        self._tries = 0
        self._next_try = 0.0
        self._next_try_ms = 0
        self._answered_at = float("-inf")
        self._lost_at: float | None = None
        self._failed_at = 0.0
        self._probed_at: float | None = None
        self._closed_at = float("-inf")
        self.opened = 0
        self.since_ms = 0

    @property
    def state(self) -> Breaker:
        """Whether calls are let through."""
        if self._error is None:
            return Breaker.CLOSED
        return Breaker.HALF_OPEN if self._probing else Breaker.OPEN

    @property
    def error(self) -> UnreachableError | None:
        """Why it is open, None while it is closed."""
        return self._error

    @property
    def wait_s(self) -> float:
        """How long until a probe is due, 0 if it is now."""
        return max(0.0, self._next_try - self._clock.monotonic()) if self._error else 0.0

    @property
    def next_try_ms(self) -> int | None:
        """When a probe is due (epoch ms), None while it is closed."""
        return None if self._error is None else self._next_try_ms

    @property
    def _probing(self) -> bool:
        return self._probed_at is not None and self._clock.monotonic() - self._probed_at < PROBE_S

    def admits(self, *, probe: bool = False) -> bool:
        """Whether a call may go now. While it is open only a probe may, whoever asks for it and when, and only while no
        other is under way."""
        if self._error is None:
            return True
        if not probe or self._probing:
            return False
        self._probed_at = self._clock.monotonic()
        return True

    def refusal(self, address: str) -> UnreachableError:
        """What is said to whom it does not let through."""
        why = self._error.message.rstrip(".") if self._error else "it did not answer"
        seconds = max(1, round(self.wait_s))
        then = "It is being tried now." if self._probing else f"Next try in {seconds} s."
        return UnreachableError(
            f"{address} is offline since {clock_text(self.since_ms)}: {why}. {then}",
            hint=f"{self._error.hint if self._error else ''} It is tried again by itself.".strip(),
            code=OFFLINE,
        )

    def answered(self) -> bool:
        """A call was answered, whichever: the server is there. True if it is back by this."""
        now = self._clock.monotonic()
        self._answered_at, self._lost_at = now, None
        if self._error is None:
            return False
        self._error, self._probed_at, self._closed_at = None, None, now
        return True

    def lost(self, began: float, error: UnreachableError) -> bool:
        """A call that began then was not answered. True if it is open by this, or stays so since a probe failed."""
        if error.code == OFFLINE:
            return False
        now = self._clock.monotonic()
        if self._error is not None:
            if began < max(self._failed_at, self._probed_at or 0.0):
                return False  # one that was under way before says nothing new
            self._tries += 1
        else:
            if self._answered_at > began:
                return False
            if error.code in ONE_CONNECTION and (self._lost_at is None or began < self._lost_at):
                self._lost_at = now if self._lost_at is None else self._lost_at
                return False
            self._tries = self._tries + 1 if now - self._closed_at < STEADY_S else 1
            self.opened += 1
            self.since_ms = self._clock.now_ms()
        self._error, self._failed_at, self._probed_at, self._lost_at = error, now, None, None
        wait = self._backoff(self._tries)
        self._next_try = now + wait
        self._next_try_ms = self._clock.now_ms() + int(wait * 1000)
        return True
