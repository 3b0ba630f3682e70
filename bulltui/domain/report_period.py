"""Which time a report is about, and which time it is compared with. Days and weeks are those of the local calendar."""

from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from enum import StrEnum

from bulltui.domain.errors import UsageError
from bulltui.domain.human import DAY_MS, HOUR_MS, MINUTE_MS, clock
from bulltui.domain.text import visible


class Kind(StrEnum):
    """How long a report looks back."""

    DAY = "day"
    WEEK = "week"

    @property
    def days(self) -> int:
        """In days."""
        return 1 if self is Kind.DAY else 7


@dataclass(frozen=True, slots=True)
class Span:
    """From `start_ms` up to `end_ms` (epoch ms), which is no part of it."""

    start_ms: int
    end_ms: int

    @property
    def ms(self) -> int:
        """How long it is."""
        return self.end_ms - self.start_ms

    def holds(self, at_ms: int) -> bool:
        """Whether a time lies in it."""
        return self.start_ms <= at_ms < self.end_ms

    @property
    def shown(self) -> str:
        """As people read it, to the minute."""
        return f"{minute(self.start_ms)} to {minute(self.end_ms)}"


@dataclass(frozen=True, slots=True)
class Period:
    """The time of a report, and the time before that it is compared with: as long, by the calendar. `running`: it ends
    now, so that its last step is not over."""

    kind: Kind
    span: Span
    before: Span
    running: bool = False

    @property
    def step_ms(self) -> int:
        """How far apart the values of its charts are."""
        return 10 * MINUTE_MS if self.kind is Kind.DAY else HOUR_MS

    @property
    def zone(self) -> str:
        """The time zone that all its times are in, as the calendar of this machine names it; both of its names where
        the clocks were changed meanwhile."""
        return " and ".join(dict.fromkeys(map(_zone, (self.span.start_ms, self.span.end_ms))))


def period_of(kind: Kind, now_ms: int, *, end: str = "", last: bool = False) -> Period:
    """The time that is meant. Without more it ends now. `last`: the last day that is over, or the last week, Monday to
    Sunday. `end` is a time, or a day with which it ends; of today what is over of it. Raises UsageError for an `end`
    that is no time, or has not come."""
    if end and last:
        raise UsageError("--end and --last both say when it ends.", hint="Leave one of them out.")
    now = -(-now_ms // MINUTE_MS) * MINUTE_MS  # the minute that runs is looked at as well
    if last:
        today = _local(now_ms).date()
        return _days(kind, today if kind is Kind.DAY else today - timedelta(days=today.weekday()))
    if not end:
        return _up_to(kind, now, running=True)
    read = _read(end)
    if isinstance(read, datetime):
        end_ms = round(read.timestamp() * 1000)
        if end_ms > now:
            raise _to_come(end)
        return _up_to(kind, end_ms)
    found = _days(kind, read + timedelta(days=1))
    if found.span.end_ms <= now:
        return found
    if _midnight(read) > now_ms:
        raise _to_come(end)
    span = Span(found.span.start_ms, now)
    return Period(kind, span, Span(found.before.start_ms, found.before.start_ms + span.ms), running=True)


def minute(ms: int) -> str:
    """Local date and time to the minute."""
    text = clock(ms)
    return text[:-3] if text[-3:-2] == ":" else text


def _to_come(end: str) -> UsageError:
    return UsageError(f"--end {visible(end)} has not come yet.", hint="Leave it out for what is up to now.")


def _read(text: str) -> datetime | date:
    try:
        return date.fromisoformat(text)
    except ValueError:
        pass
    try:
        return datetime.fromisoformat(text)
    except ValueError:
        raise UsageError(
            f"--end is a day or a time, not {visible(text)!r}.", hint="Write it like 2026-11-27, or 2026-11-27T18:00."
        ) from None


def _up_to(kind: Kind, end_ms: int, *, running: bool = False) -> Period:
    long = kind.days * DAY_MS
    start = end_ms - long
    return Period(kind, Span(start, end_ms), Span(start - long, start), running)


def _days(kind: Kind, after: date) -> Period:
    """Whole days before the one `after` them, of which one may be 23 or 25 hours long."""
    ends = [_midnight(after - timedelta(days=kind.days * number)) for number in range(3)]
    return Period(kind, Span(ends[1], ends[0]), Span(ends[2], ends[1]))


def _local(ms: int) -> datetime:
    return datetime.fromtimestamp(ms / 1000).astimezone()


def _midnight(day: date) -> int:
    return round(datetime.combine(day, time()).timestamp() * 1000)


def _zone(ms: int) -> str:
    local = _local(ms)
    offset = f"UTC{local.strftime('%z')[:3]}:{local.strftime('%z')[3:5]}"
    name = local.tzname() or ""
    if name == "UTC":
        return name
    return offset if not name or name[0] in "+-" else f"{name} ({offset})"
