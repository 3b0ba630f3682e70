"""The windows of a limiter, from when jobs started."""

from bisect import bisect_left
from collections.abc import Sequence

_PHASES = 500
"""So many starts may be the first of a window; who lets more start in one has no use for exact ones."""


def window_begins(starts: Sequence[int], duration_ms: int) -> list[int]:
    """Which of the starts begin a window. A window begins with the first start after the one before it has ended;
    nobody tells when the first one did, so it is none of these. Where a limit holds workers they pause before each, so
    the windows with the longest pauses are those.

    >>> window_begins([5, 8, 1000, 1010, 2003, 2004], 1000)
    [2, 4]
    """
    if duration_ms <= 0 or not starts:
        return []
    # The latest that one may begin is with the first start after a window that would begin with the first of all.
    last = min(bisect_left(starts, starts[0] + duration_ms), len(starts) - 1, _PHASES)
    found = [_begins(starts, place, duration_ms) for place in range(1, last + 1)]
    return max(found, key=lambda some: sum(starts[at] - starts[at - 1] for at in some) / len(some), default=[])


def _begins(starts: Sequence[int], first: int, duration_ms: int) -> list[int]:
    """Where windows begin, if one does at `first`."""
    begins = [first]
    while (at := bisect_left(starts, starts[begins[-1]] + duration_ms)) < len(starts):
        begins.append(at)
    return begins
