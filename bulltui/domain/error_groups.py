"""Failed jobs that failed for the same reason."""

from dataclasses import dataclass, field
from enum import StrEnum

from bulltui.domain.queue import QueueRef


@dataclass(frozen=True, slots=True)
class Fingerprint:
    """What makes errors the same: `title` is the message with its numbers, ids, addresses, paths and quoted values
    replaced by signs, `frame` the top frame of the user's own code, without line and column. `key` is a short stable
    word for both."""

    key: str
    title: str
    frame: str = ""


class Trend(StrEnum):
    """How a group does, the last hour against the hour before."""

    NEW = "new"
    GROWING = "growing"
    STEADY = "steady"
    SHRINKING = "shrinking"
    GONE = "gone"  # had some in the hour before, none in the last
    OLD = "old"  # none in either


@dataclass(slots=True)
class ErrorGroup:
    """The failed jobs of one fingerprint so far. Times are of their failing (epoch ms). `sample` is the message of the
    newest one, `names` counts by job name, `ids` are all of them by queue, the newest first."""

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
    ids: dict[QueueRef, list[str]] = field(default_factory=dict)

    @property
    def trend(self) -> Trend:
        """The last hour against the hour before."""
        now, before = self.last_hour, self.hour_before
        if not now:
            return Trend.GONE if before else Trend.OLD
        if not before:
            # New is what began in the last hour; what was there long ago and comes again grows.
            return Trend.NEW if self.count == now else Trend.GROWING
        if now > before * 1.2 and now - before > 1:
            return Trend.GROWING
        return Trend.SHRINKING if now * 1.2 < before and before - now > 1 else Trend.STEADY
