"""How a server answers: what stands before every call to it, holds them back while it is away, and measures them."""

from bisect import bisect_left
from collections import deque
from collections.abc import Callable, Mapping

from bulltui.domain.errors import BulltuiError, UnreachableError
from bulltui.domain.snapshot import Link
from bulltui.domain.vitals import BUCKETS_MS, CallStats, SlowCall, Vitals
from bulltui.services.breaker import OFFLINE, CircuitBreaker
from bulltui.services.protocols import Clock

SLOW_CALLS = 50
KINDS = 100
"""So many kinds of calls are told apart; what a person types into a prompt must not make more."""
OTHER = "other"
SLOW_MS = 250.0
WAITING = frozenset({"XREAD", "XREADGROUP", "BLPOP", "BRPOP", "BLMOVE", "BRPOPLPUSH", "BLMPOP", "BZPOPMIN", "BZPOPMAX"})
"""Calls that wait for news: how long says nothing about the server, so they are not measured."""
FAR_OUT = 10
"""A call is slow as well that takes this many times the median of its kind, if it is one that can be noticed."""
NOTICED_MS = 50.0
ENOUGH_CALLS = 20

STEADY_SHARE = 0.6
"""A slow link is no longer slow below this share of `SLOW_MS`, so that one around it does not flicker."""
ROUND_TRIPS = 5
FEW_TRIPS = 3


class _Kind:
    """Of one kind of call, while it is counted."""

    __slots__ = ("buckets", "count", "errors", "max_ms", "sum_ms")

    def __init__(self) -> None:
        self.count = self.errors = 0
        self.sum_ms = self.max_ms = 0.0
        self.buckets = [0] * (len(BUCKETS_MS) + 1)

    def add(self, ms: float, failed: bool) -> None:
        self.count += 1
        self.errors += failed
        self.sum_ms += ms
        self.max_ms = max(self.max_ms, ms)
        self.buckets[bisect_left(BUCKETS_MS, ms)] += 1

    @property
    def median_ms(self) -> float:
        """The upper bound of the bucket that holds it; infinite in the last one."""
        passed = 0
        for bound, number in zip(BUCKETS_MS, self.buckets, strict=False):
            passed += number
            if passed * 2 >= self.count:
                return bound
        return float("inf")

    @property
    def stats(self) -> CallStats:
        return CallStats(self.count, self.errors, self.sum_ms, self.max_ms, tuple(self.buckets))


class Meter:
    """How long calls took, by kind, and the last slow ones. It keeps names, never arguments."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._kinds: dict[str, _Kind] = {}
        self._slow: deque[SlowCall] = deque(maxlen=SLOW_CALLS)

    def add(self, call: str, ms: float, error: BulltuiError | None) -> None:
        """A call of this name has ended."""
        name = call if call in self._kinds or len(self._kinds) < KINDS else OTHER
        kind = self._kinds.setdefault(name, _Kind())
        far_out = kind.count >= ENOUGH_CALLS and ms >= NOTICED_MS and ms >= FAR_OUT * kind.median_ms
        kind.add(ms, error is not None)
        if ms >= SLOW_MS or far_out:
            self._slow.append(SlowCall(self._clock.now_ms(), call, ms, error.message if error else ""))

    @property
    def calls(self) -> Mapping[str, CallStats]:
        """What was measured since the start."""
        return {name: kind.stats for name, kind in self._kinds.items()}

    @property
    def slow(self) -> tuple[SlowCall, ...]:
        """The newest last."""
        return tuple(self._slow)


class Pace:
    """Whether the way to the server is slow: by the median of the last round trips, so that one says nothing."""

    def __init__(self) -> None:
        self._trips: deque[float] = deque(maxlen=ROUND_TRIPS)
        self._slow = False

    def add(self, ms: float) -> None:
        """One more round trip."""
        self._trips.append(ms)
        median = self.median_ms
        if median is None or len(self._trips) < FEW_TRIPS:
            return
        self._slow = median > (SLOW_MS * STEADY_SHARE if self._slow else SLOW_MS)

    def clear(self) -> None:
        """What was before says nothing about what comes: the server was away."""
        self._trips.clear()
        self._slow = False

    @property
    def median_ms(self) -> float | None:
        """Of the last round trips, None before the first."""
        return sorted(self._trips)[(len(self._trips) - 1) // 2] if self._trips else None

    @property
    def link(self) -> Link:
        """`online` or `slow`."""
        return Link.SLOW if self._slow else Link.ONLINE


class ServerGate:
    """See `domain.gate.Gate`: a breaker that is told by every call, and a meter of them.

    `turned` is called when the breaker opens or closes, `demoted` when the server says that it takes no changes any
    more. Both must be quick and raise nothing: they are called within whatever call it was.
    """

    def __init__(self, clock: Clock, address: str) -> None:
        """`address` names the server in what is said, without secrets."""
        self._clock = clock
        self.address = address
        self._meter = Meter(clock)
        self.breaker = CircuitBreaker(clock)
        self.turned: Callable[[], None] | None = None
        self.demoted: Callable[[], None] | None = None

    async def enter(self, *, probe: bool = False) -> None:
        """See Gate. A call that is cancelled is never told of and counts as nothing."""
        if not self.breaker.admits(probe=probe):
            raise self.breaker.refusal(self.address)

    def told(self, call: str, ms: float, error: BulltuiError | None) -> None:
        """See Gate."""
        if isinstance(error, UnreachableError):
            if error.code == OFFLINE:
                return  # it was not sent
            self.lost(self._clock.monotonic() - ms / 1000, error)
        else:
            self.answered()
            if error is not None and error.code == "read-only-server" and self.demoted:
                self.demoted()
        if call not in WAITING:
            self._meter.add(call, ms, error)

    def answered(self) -> None:
        """A call was answered, by whichever way it is known."""
        if self.breaker.answered() and self.turned:
            self.turned()

    def lost(self, began: float, error: UnreachableError) -> None:
        """A call that began then (`monotonic`) was not answered."""
        if self.breaker.lost(began, error) and self.turned:
            self.turned()

    def snapshot(self) -> Vitals:
        """All of it now; of the cache nothing, which is another's."""
        return Vitals(
            breaker=self.breaker.state, calls=self._meter.calls, slow=self._meter.slow, opened=self.breaker.opened
        )
