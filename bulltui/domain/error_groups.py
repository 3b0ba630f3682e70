"""Failed jobs that failed for the same reason."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from enum import StrEnum

from bulltui.domain.queue import QueueRef
from bulltui.domain.states import JobState
from bulltui.domain.targets import Jobs, Picked


@dataclass(frozen=True, slots=True)
class Fingerprint:
    """What makes errors the same: `title` is the message with its numbers, ids, addresses, paths and quoted values
    replaced by signs, `frame` the top frame of the user's own code, without line and column. `key` is a short stable
    word for both."""

    key: str
    title: str
    frame: str = ""


class Trend(StrEnum):
    """How a group does, the last span of time (an hour, unless another was chosen) against the one before it."""

    NEW = "new"
    GROWING = "growing"
    STEADY = "steady"
    SHRINKING = "shrinking"
    GONE = "gone"  # had some in the span before, none in the last
    OLD = "old"  # none in either


class Order(StrEnum):
    """Which group comes first: the largest, the one seen last, or what is new and grows before what is gone."""

    COUNT = "count"
    LAST = "last"
    TREND = "trend"


MOST_NAMES = 50
"""Job names that a group tells apart; the jobs of further ones are counted under OTHER_NAMES."""

OTHER_NAMES = "…"


@dataclass(slots=True)
class ErrorGroup:
    """The failed jobs of one fingerprint so far. Times are of their failing (epoch ms). `last_hour` and `hour_before`
    count those of the last two spans (hours, unless another was chosen). `sample` is the message of the newest one,
    `names` counts by job name, `queues` by queue, `ids` are theirs by queue, the newest first: all of them, unless
    there are too many to be `kept`."""

    fingerprint: Fingerprint
    count: int = 0
    first_at: int | None = None
    last_at: int | None = None
    last_hour: int = 0
    hour_before: int = 0
    sample: str = ""
    sample_id: str = ""
    sample_ref: QueueRef | None = None
    names: dict[str, int] = field(default_factory=dict)
    queues: dict[QueueRef, int] = field(default_factory=dict)
    ids: dict[QueueRef, list[str]] = field(default_factory=dict)
    kept: int = 0

    @property
    def complete(self) -> bool:
        """Whether `ids` holds all of them."""
        return self.kept == self.count

    @property
    def trend(self) -> Trend:
        """The last span against the one before."""
        now, before = self.last_hour, self.hour_before
        if not now:
            return Trend.GONE if before else Trend.OLD
        if not before:
            # New is what began in the last span; what was there long ago and comes again grows.
            return Trend.NEW if self.count == now else Trend.GROWING
        if now > before * 1.2 and now - before > 1:
            return Trend.GROWING
        return Trend.SHRINKING if now * 1.2 < before and before - now > 1 else Trend.STEADY

    @property
    def target(self) -> Picked:
        """Those of `ids`, as what an action is ordered on."""
        return Picked(tuple(Jobs(ref, tuple(ids), JobState.FAILED) for ref, ids in self.ids.items()))


_RISING = (Trend.NEW, Trend.GROWING, Trend.STEADY, Trend.SHRINKING, Trend.GONE, Trend.OLD)


def ordered(groups: Iterable[ErrorGroup], order: Order = Order.COUNT) -> list[ErrorGroup]:
    """The groups, what comes first first. Equal ones stand by their key, so that none jumps while counts come in."""

    def place(group: ErrorGroup) -> tuple[int, ...]:
        size = (-group.count, -(group.last_at or 0))
        if order is Order.LAST:
            return (size[1], size[0])
        return (
            (_RISING.index(group.trend), group.hour_before - group.last_hour, *size) if order is Order.TREND else size
        )

    return sorted(groups, key=lambda group: (place(group), group.fingerprint.key))
