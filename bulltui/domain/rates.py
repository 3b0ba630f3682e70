"""How fast a queue moves, from successive reads."""

from collections.abc import Sequence
from dataclasses import dataclass

from bulltui.domain.queue import Queue

_MINUTE_MS = 60_000


@dataclass(frozen=True, slots=True)
class Rates:
    """Jobs a minute; None until two reads allow it. `estimated` is true where no worker keeps BullMQ's metrics and the
    finished jobs follow from adds and backlog."""

    added: float | None = None
    finished: float | None = None
    failed: float | None = None
    estimated: bool = False


_CLEARLY = 1.05
"""So many times as much is more, and no accident of when one looked."""


def growing(found: Rates) -> bool:
    """Whether clearly more is added than finishes."""
    return found.added is not None and found.finished is not None and found.added > found.finished * _CLEARLY


def shrinking(found: Rates) -> bool:
    """Whether clearly more finishes than is added."""
    return found.added is not None and found.finished is not None and found.finished > found.added * _CLEARLY


@dataclass(frozen=True, slots=True)
class Sample:
    """The numbers of a queue at one time (epoch ms) that rates come from."""

    at: int
    added: int
    pending: int
    failed: int
    completed_total: int | None
    failed_total: int | None


def sample(queue: Queue, at: int) -> Sample:
    """What of a read is kept for rates."""
    return Sample(at, queue.added, queue.counts.pending, queue.counts.failed, queue.completed_total, queue.failed_total)


def rates(samples: Sequence[Sample]) -> Rates:
    """Rates between the first and the last sample.

    A counter that went back (an obliterated and refilled queue) gives no rate for it until the samples are newer.
    """
    if len(samples) < 2:
        return Rates()
    first, last = samples[0], samples[-1]
    span = last.at - first.at
    if span <= 0:
        return Rates()
    per_minute = _MINUTE_MS / span
    added = last.added - first.added
    if added < 0:
        return Rates()
    done = _growth(first.completed_total, last.completed_total)
    failed = _growth(first.failed_total, last.failed_total)
    if done is not None or failed is not None:
        return Rates(added * per_minute, ((done or 0) + (failed or 0)) * per_minute, (failed or 0) * per_minute)
    # Nobody counts finished jobs: what was added and is not pending any more has finished. Retried jobs come back
    # without an add, so the estimate can be short, never below nothing.
    finished = max(0, added - (last.pending - first.pending))
    failed_now = max(0, last.failed - first.failed)
    return Rates(added * per_minute, finished * per_minute, failed_now * per_minute, estimated=True)


def _growth(before: int | None, after: int | None) -> int | None:
    if after is None:
        return None
    growth = after - (before or 0)
    return growth if growth >= 0 else None
