"""Times as queries say them: days, moments, ages, and from one to another."""

import re
from dataclasses import dataclass
from datetime import datetime, timedelta, tzinfo

from bulltui.domain import spans
from bulltui.domain.errors import UsageError

_DATE = re.compile(
    r"(?P<year>\d{4})-(?P<month>\d\d)(?:-(?P<day>\d\d)"
    r"(?:[T_](?P<hour>\d\d):(?P<minute>\d\d)(?::(?P<second>\d\d))?(?P<utc>Z)?)?)?"
)
_EPOCH = re.compile(r"\d{11,15}")
_AGE = re.compile(r"(?:\d+(?:\.\d+)?(?:ms|[smhdw]))+|0", re.IGNORECASE)
HOW = "Write it like 2026-11-01, 2026-11-01T10:00, today, 2h, or one..another."


@dataclass(frozen=True, slots=True)
class Range:
    """From `low` to `high` (epoch ms, both inclusive, None for open)."""

    low: int | None
    high: int | None


@dataclass(frozen=True, slots=True)
class Calendar:
    """What `today` and `2h ago` mean: the time now (epoch ms) and the time zone, None for the machine's own. `ahead`
    is for times that lie ahead: there an age counts from now on."""

    now_ms: int
    zone: tzinfo | None = None
    ahead: bool = False

    def span(self, operator: str, text: str, *, ago: bool) -> Range:
        """The times that `operator` (empty for none) and `text` mean. Raises ValueError with a sentence."""
        if ".." in text:
            if operator.strip("="):
                raise ValueError("a range needs no < or >")
            return self._from_to(*text.split("..", 1), ago=ago)
        if is_age(text):
            return self._within(operator, _ms(text), ahead=self.ahead and not ago)
        point = self._point(text)
        low, high = point.low, point.high
        if operator == ">":
            return Range(None if high is None else high + 1, None)
        if operator == "<":
            return Range(None, None if low is None else low - 1)
        return Range(low if operator != "<=" else None, high if operator != ">=" else None)

    def _within(self, operator: str, span: int, *, ahead: bool) -> Range:
        beyond = operator.startswith(">")
        if ahead:
            return Range(self.now_ms + span, None) if beyond else Range(None, self.now_ms + span)
        return Range(None, self.now_ms - span) if beyond else Range(self.now_ms - span, None)

    def _from_to(self, start: str, end: str, *, ago: bool) -> Range:
        if is_age(start) and is_age(end):
            ages = sorted((_ms(start), _ms(end)))
            if self.ahead and not ago:
                return Range(self.now_ms + ages[0], self.now_ms + ages[1])
            return Range(self.now_ms - ages[1], self.now_ms - ages[0])
        low = self._end(start, ago=ago).low if start else None
        high = self._end(end, ago=ago).high if end else None
        if low is not None and high is not None and low > high:
            raise ValueError("it ends before it begins")
        return Range(low, high)

    def _end(self, text: str, *, ago: bool) -> Range:
        if is_age(text):
            at = self.now_ms + (_ms(text) if self.ahead and not ago else -_ms(text))
            return Range(at, at)
        return self._point(text)

    def _point(self, text: str) -> Range:
        """The time that a date, a moment or a word takes."""
        day = {"yesterday": -1, "today": 0, "tomorrow": 1}.get(text.lower())
        if day is not None:
            midnight = self._local(self.now_ms).replace(hour=0, minute=0, second=0, microsecond=0)
            return self._range(midnight + timedelta(days=day), midnight + timedelta(days=day + 1))
        if text.lower() == "now":
            return Range(self.now_ms, self.now_ms)
        if _EPOCH.fullmatch(text):
            return Range(int(text), int(text))
        found = _DATE.fullmatch(text)
        if found is None:
            raise ValueError(f"{text!r} is no time")
        try:
            return self._date(found)
        except (ValueError, OverflowError) as error:
            raise ValueError(f"there is no day or time {text!r}") from error

    def _date(self, found: re.Match[str]) -> Range:
        parts = {name: int(part) for name, part in found.groupdict().items() if part and name != "utc"}
        start = datetime(parts["year"], parts["month"], parts.get("day", 1))
        if "hour" in parts:
            start = start.replace(hour=parts["hour"], minute=parts["minute"], second=parts.get("second", 0))
            end = start + (timedelta(seconds=1) if "second" in parts else timedelta(minutes=1))
        elif "day" in parts:
            end = start + timedelta(days=1)
        else:
            end = (start + timedelta(days=31)).replace(day=1)
        if found["utc"]:
            return Range(_utc_ms(start), _utc_ms(end) - 1)
        return self._range(start, end)

    def _local(self, at_ms: int) -> datetime:
        """The clock on the wall, without a zone."""
        return datetime.fromtimestamp(at_ms / 1000, self.zone).replace(tzinfo=None)

    def _range(self, start: datetime, end: datetime) -> Range:
        return Range(self._ms_of(start), self._ms_of(end) - 1)

    def _ms_of(self, wall: datetime) -> int:
        return round((wall.replace(tzinfo=self.zone) if self.zone else wall).timestamp() * 1000)


def _utc_ms(wall: datetime) -> int:
    return round((wall - datetime(1970, 1, 1)).total_seconds() * 1000)


def is_age(text: str) -> bool:
    """Whether it is a span of time, which then counts from now."""
    return _AGE.fullmatch(text) is not None


def _ms(text: str) -> int:
    try:
        return spans.span(text)
    except UsageError as error:
        raise ValueError(error.message.rstrip(".")) from error
