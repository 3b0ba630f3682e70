"""Whose turn it is to be read again, when not everything is read each time."""

import random
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

from bulltui.domain.queue import QueueRef
from bulltui.services.protocols import Clock

CROWD = 2
"""More than this many times what is due on average at once is a crowd: a start, a return, a wish to see all anew."""

STILL = 2
"""After so many reads in which nothing had moved a queue waits twice as long."""

EARLY = 0.1
"""A turn comes up to this share of the time before it must, at random, so that no two queues keep in step."""


@dataclass(slots=True)
class _Turn:
    read_at: float
    due: float
    still: int = 0
    dirty: int = 0  # asked for anew by this change, 0: not
    seen: int = 0  # the change that the last read began after


class Turns:
    """The next read of each queue: `ttl_s` after its last, or up to twice that while nothing moves in it.

    Turns are spread evenly. Queues that were read in a crowd get their next turns at random within the time, so that
    one second never has what thirty should have; from then on each keeps its own pace.
    """

    def __init__(self, clock: Clock, ttl_s: float, *, chance: Callable[[], float] = random.random) -> None:
        self._clock = clock
        self.ttl_s = ttl_s
        self._chance = chance
        self._turns: dict[QueueRef, _Turn] = {}
        self._change = 0

    @property
    def change(self) -> int:
        """The number of the last change that was told of. Whoever reads notes it before."""
        return self._change

    def due(self, refs: Iterable[QueueRef], always: Iterable[QueueRef] = (), *, ahead_s: float = 0.0) -> list[QueueRef]:
        """Which of `refs` to read now: those of `always` first, then what is new or was changed, then those whose time
        is up within `ahead_s`, the oldest first."""
        limit = self._clock.monotonic() + ahead_s
        first = dict.fromkeys(always)
        rest: list[tuple[float, QueueRef]] = []
        for ref in refs:
            if ref in first:
                continue
            turn = self._turns.get(ref)
            if turn is None or turn.dirty:
                first[ref] = None
            elif turn.due <= limit:
                rest.append((turn.read_at, ref))
        rest.sort(key=lambda item: item[0])
        return [*first, *(ref for _, ref in rest)]

    def done(self, refs: Sequence[QueueRef], moved: Iterable[QueueRef] = (), *, seen: int | None = None) -> None:
        """These were read; in those of `moved` something was other than before. `seen` is the change that was the last
        one when the read began: what was changed after that is read again."""
        now = self._clock.monotonic()
        seen = self._change if seen is None else seen
        stirred = set(moved)
        for ref in refs:
            turn = self._turns.setdefault(ref, _Turn(now, now))
            if ref in stirred:
                turn.still = 0
            elif now - turn.read_at >= self.ttl_s / 2:  # what was read a moment ago says nothing about the long run
                turn.still = min(turn.still + 1, STILL)
            turn.read_at = now
            turn.due = now + self._span(turn) * (1 - EARLY * self._chance())
            turn.seen = seen
            if turn.dirty <= seen:
                turn.dirty = 0

    def spread(self, refs: Sequence[QueueRef], *, each_s: float) -> None:
        """`refs` were read together, while turns are given every `each_s`: if they are a crowd, their next turns are
        spread over the time."""
        fair = len(self._turns) * each_s / max(self.ttl_s, each_s)
        if len(refs) <= max(1.0, CROWD * fair):
            return
        for ref in refs:
            turn = self._turns.get(ref)
            if turn is not None:
                turn.due = turn.read_at + each_s + max(0.0, self._span(turn) - each_s) * self._chance()

    def changed(self, refs: Iterable[QueueRef] | None = None) -> None:
        """These queues, or all, are other than when they were read."""
        self._change += 1
        for ref in list(self._turns) if refs is None else refs:
            if (turn := self._turns.get(ref)) is not None:
                turn.dirty = self._change

    def is_late(self, ref: QueueRef, seen: int) -> bool:
        """Whether a read that began after the change `seen` ends after one that knew more."""
        turn = self._turns.get(ref)
        return turn is not None and turn.seen > seen

    def age_s(self, ref: QueueRef) -> float | None:
        """How long ago a queue was read, None if it never was."""
        turn = self._turns.get(ref)
        return None if turn is None else self._clock.monotonic() - turn.read_at

    def keep(self, alive: Iterable[QueueRef]) -> None:
        """Forgets all others."""
        kept = set(alive)
        for ref in self._turns.keys() - kept:
            del self._turns[ref]

    def _span(self, turn: _Turn) -> float:
        return self.ttl_s * (2 if turn.still >= STILL else 1)
