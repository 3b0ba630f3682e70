"""Which time a report is about, by the calendar of the machine."""

import time
from collections.abc import Callable, Iterator
from datetime import datetime
from zoneinfo import ZoneInfo

import pytest

from bulltui.domain.errors import UsageError
from bulltui.domain.human import DAY_MS, HOUR_MS, MINUTE_MS
from bulltui.domain.report_period import Kind, Period, Span, period_of

Zone = Callable[[str], None]


@pytest.fixture
def zone(monkeypatch: pytest.MonkeyPatch) -> Iterator[Zone]:
    """Moves the machine to another time zone."""

    def move(name: str) -> None:
        monkeypatch.setenv("TZ", name)
        time.tzset()

    yield move
    monkeypatch.undo()
    time.tzset()


def at(text: str, zone: str = "UTC") -> int:
    return round(datetime.fromisoformat(text).replace(tzinfo=ZoneInfo(zone)).timestamp() * 1000)


def shown(period: Period) -> tuple[str, str]:
    return period.span.shown, period.before.shown


def test_without_more_it_ends_with_the_minute_that_runs(zone: Zone) -> None:
    zone("UTC")
    period = period_of(Kind.DAY, at("2026-11-28T14:44:10"))
    assert shown(period) == ("2026-11-27 14:45 to 2026-11-28 14:45", "2026-11-26 14:45 to 2026-11-27 14:45")
    assert period.running
    assert period_of(Kind.WEEK, at("2026-11-28T14:44:10")).span.ms == 7 * DAY_MS


def test_the_last_day_is_yesterday_and_the_last_week_ends_on_sunday(zone: Zone) -> None:
    zone("Asia/Kolkata")
    now = at("2026-11-28T07:00", "Asia/Kolkata")  # a Saturday
    day, week = period_of(Kind.DAY, now, last=True), period_of(Kind.WEEK, now, last=True)
    assert shown(day) == ("2026-11-27 00:00 to 2026-11-28 00:00", "2026-11-26 00:00 to 2026-11-27 00:00")
    assert shown(week) == ("2026-11-16 00:00 to 2026-11-23 00:00", "2026-11-09 00:00 to 2026-11-16 00:00")
    assert not day.running
    assert day.zone == "IST (UTC+05:30)"


@pytest.mark.parametrize(("day", "hours"), [("2026-10-25", 25), ("2026-03-29", 23), ("2026-06-01", 24)])
def test_a_day_is_as_long_as_the_clocks_make_it(zone: Zone, day: str, hours: int) -> None:
    zone("Europe/Berlin")
    period = period_of(Kind.DAY, at("2026-11-28T07:00"), end=day)
    assert period.span.ms == hours * HOUR_MS
    assert period.before.end_ms == period.span.start_ms
    assert period.span.shown.startswith(f"{day} 00:00 to ")
    named = "CEST (UTC+02:00) and CET (UTC+01:00)" if hours == 25 else ""
    assert not named or period.zone == named


def test_an_end_is_a_day_or_a_time(zone: Zone) -> None:
    zone("UTC")
    now = at("2026-11-28T14:44:10")
    whole = period_of(Kind.WEEK, now, end="2026-11-27")
    assert shown(whole) == ("2026-11-21 00:00 to 2026-11-28 00:00", "2026-11-14 00:00 to 2026-11-21 00:00")
    moment = period_of(Kind.DAY, now, end="2026-11-27T18:00")
    assert (moment.span.end_ms, moment.running) == (at("2026-11-27T18:00"), False)
    assert period_of(Kind.DAY, now, end="2026-11-27T18:00+02:00").span.end_ms == at("2026-11-27T16:00")


def test_of_today_there_is_what_is_over_beside_as_much_of_yesterday(zone: Zone) -> None:
    zone("UTC")
    period = period_of(Kind.DAY, at("2026-11-28T14:44:10"), end="2026-11-28")
    assert shown(period) == ("2026-11-28 00:00 to 2026-11-28 14:45", "2026-11-27 00:00 to 2026-11-27 14:45")
    assert period.running


@pytest.mark.parametrize("end", ["2026-11-29", "2026-11-28T15:00", "tomorrow", "2026-13-01", "\x1b[31m"])
def test_an_end_that_is_none_or_has_not_come_is_refused(zone: Zone, end: str) -> None:
    zone("UTC")
    with pytest.raises(UsageError) as told:
        period_of(Kind.DAY, at("2026-11-28T14:44:10"), end=end)
    assert "--end" in told.value.message
    assert "\x1b" not in told.value.message
    with pytest.raises(UsageError):
        period_of(Kind.DAY, 0, end="2026-11-27", last=True)


def test_a_span_holds_its_start_and_not_its_end() -> None:
    span = Span(0, MINUTE_MS)
    assert [span.holds(ms) for ms in (-1, 0, MINUTE_MS - 1, MINUTE_MS)] == [False, True, True, False]
