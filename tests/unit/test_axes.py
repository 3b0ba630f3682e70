"""Axes: round numbers, local times, and what is said of a span."""

import time
from collections.abc import Iterator
from datetime import UTC, datetime

import pytest

from bulltui.domain.axes import (
    Scale,
    Unit,
    back_by_days,
    moment_text,
    scale_for,
    short,
    span_text,
    step_text,
    time_ticks,
    unit_of,
    value_text,
)
from bulltui.domain.charting import RANGES, Measure

H = 3_600_000


@pytest.fixture(autouse=True)
def zone(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Berlin, where clocks are put back on 2026-10-25 at 3:00 and forward on 2026-03-29 at 2:00."""
    monkeypatch.setenv("TZ", "Europe/Berlin")
    time.tzset()
    yield
    monkeypatch.undo()
    time.tzset()


def at(text: str) -> int:
    """Epoch ms of a time in UTC."""
    return int(datetime.fromisoformat(text).replace(tzinfo=UTC).timestamp() * 1000)


class TestNumbers:
    @pytest.mark.parametrize(
        ("greatest", "unit", "rows", "ticks"),
        [
            (95, Unit.RATE, 8, ["0", "50", "100"]),
            (7, Unit.JOBS, 8, ["0", "2", "4", "6", "8"]),
            (0.3, Unit.RATE, 8, ["0", "0.1", "0.2", "0.3"]),
            (0.3, Unit.JOBS, 8, ["0", "1"]),
            (1234, Unit.JOBS, 8, ["0", "500", "1k", "1.5k"]),
            (0.3, Unit.SECONDS, 8, ["0", "100ms", "200ms", "300ms"]),
            (95, Unit.SECONDS, 8, ["0", "30s", "60s", "90s", "120s"]),
            (5400, Unit.SECONDS, 8, ["0", "30m", "60m", "90m"]),
            (0, Unit.RATE, 8, ["0", "1"]),
            (0.2, Unit.SHARE, 9, ["0%", "25%", "50%", "75%", "100%"]),
            (50, Unit.RATE, 2, ["0", "50"]),
            (1e12, Unit.JOBS, 8, ["0", "500G", "1T"]),
            (4e9, Unit.SECONDS, 2, ["0", "50kd"]),
        ],
    )
    def test_ticks_are_round(self, greatest: float, unit: Unit, rows: int, ticks: list[str]) -> None:
        scale = scale_for(greatest, unit, rows)
        assert [scale.text(tick) for tick in scale.ticks] == ticks

    def test_all_is_below_the_top_and_each_tick_has_a_row(self) -> None:
        for unit in Unit:
            for power in range(-4, 14):
                for digit in (1, 1.01, 2.5, 3, 9.99):
                    for rows in (1, 2, 5, 8, 30):
                        greatest = digit * 10.0**power if unit is not Unit.SHARE else min(1.0, digit / 10)
                        scale = scale_for(greatest, unit, rows)
                        assert scale.top >= greatest * (1 - 1e-6)
                        assert 2 <= len(scale.ticks) <= max(2, rows)
                        assert all(len(scale.text(tick)) <= 7 for tick in scale.ticks)

    def test_nonsense_is_no_error(self) -> None:
        for value in (float("nan"), float("inf"), -1.0):
            assert scale_for(value, Unit.JOBS, 5) == Scale(1.0, 1.0, Unit.JOBS)
        assert value_text(float("nan"), Unit.JOBS) == "–"

    def test_short(self) -> None:
        assert [short(value) for value in (0, 0.001, 0.25, 12.34, 999.6, 1000, 1250, 88_000, 1_299_999)] == [
            *("0", "<0.01", "0.25", "12.3", "1k", "1k", "1.25k", "88k", "1.3M"),
        ]

    def test_values(self) -> None:
        assert value_text(1.2, Unit.SECONDS) == "1.2s"
        assert [value_text(value, Unit.SECONDS) for value in (0.0, 0.25, 0.9996)] == ["0ms", "250ms", "1.0s"]
        assert scale_for(0.25, Unit.SECONDS, 4).text(0.2) == value_text(0.2, Unit.SECONDS)
        assert value_text(0.2555, Unit.SHARE) == "25.6%"
        assert value_text(None, Unit.RATE) == "–"

    def test_each_measure_has_a_unit(self) -> None:
        assert unit_of(Measure.FAILED) is Unit.RATE
        assert unit_of(Measure.OLDEST) is unit_of(Measure.RUN_P99) is Unit.SECONDS
        assert unit_of(Measure.PAUSED) is Unit.SHARE
        assert unit_of(Measure.WORKERS) is Unit.WORKERS
        assert {unit_of(measure) for measure in Measure} == set(Unit)


class TestTimes:
    def texts(self, start: int, end: int, most: int = 7) -> list[str]:
        return [tick.text for tick in time_ticks(start, end, most)]

    def test_ticks_fit_the_span(self) -> None:
        end = at("2026-11-18T11:06")
        assert self.texts(end - H, end) == ["11:10", "11:20", "11:30", "11:40", "11:50", "12:00"]
        assert self.texts(end - 24 * H, end) == ["18:00", "Wed 18", "06:00", "12:00"]
        assert self.texts(end - 7 * 24 * H, end) == [
            *("Thu 12", "Fri 13", "Sat 14", "Sun 15", "Mon 16", "Tue 17", "Wed 18"),
        ]
        assert self.texts(end - 90 * 24 * H, end)[-1] == "16 Nov"
        assert self.texts(end - 60_000, end) == ["12:05:00", "12:05:10", "12:05:20", "12:05:30", "12:05:40", "12:05:50"]

    @pytest.mark.parametrize("most", [1, 2, 3, 5, 8, 20])
    def test_never_more_than_there_is_room_for_and_always_in_the_span(self, most: int) -> None:
        end = at("2026-11-18T11:06")
        for one in RANGES:
            ticks = time_ticks(end - one.span_ms, end, most)
            assert len(ticks) <= most
            assert all(end - one.span_ms <= tick.at_ms < end for tick in ticks)

    def test_hours_stay_where_they_are_when_clocks_are_put_back(self) -> None:
        # 3:00 is 2:00 again.
        start = at("2026-10-24T22:00")
        assert self.texts(start, start + 6 * H) == ["00:00", "01:00", "02:00", "02:00", "03:00", "04:00"]

    def test_the_hour_that_is_skipped_is_not_there(self) -> None:
        start = at("2026-03-28T23:00")
        assert self.texts(start, start + 5 * H) == ["00:00", "01:00", "03:00", "04:00", "05:00"]

    def test_days_begin_at_midnight_on_both_sides_of_the_change(self) -> None:
        start = at("2026-10-23T22:00")
        ticks = time_ticks(start, start + 4 * 24 * H, 8)
        days = [tick for tick in ticks if tick.text[0].isalpha()]
        assert [tick.text for tick in days] == ["Sat 24", "Sun 25", "Mon 26", "Tue 27"]
        assert [time.localtime(tick.at_ms / 1000).tm_hour for tick in days] == [0, 0, 0, 0]

    def test_the_same_time_of_the_day_before_is_an_hour_further_where_clocks_were_put_back(self) -> None:
        after = at("2026-10-25T11:00")  # noon in winter; noon of the day before is 10:00 in UTC
        assert back_by_days(after, 24 * H, 600_000) == 25 * H
        assert back_by_days(after, 7 * 24 * H, 600_000) == 169 * H
        assert back_by_days(after, 24 * H, 2 * H) == 24 * H
        assert back_by_days(at("2026-03-29T10:00"), 24 * H, 600_000) == 23 * H
        assert back_by_days(at("2026-11-18T10:00"), 24 * H, 600_000) == 24 * H
        assert back_by_days(10**20, 24 * H, 600_000) == 24 * H

    def test_zones_of_half_hours(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setenv("TZ", "Asia/Kathmandu")  # 5:45 ahead
        time.tzset()
        start = at("2026-11-18T00:15")
        assert self.texts(start, start + 3 * H) == ["06:00", "06:30", "07:00", "07:30", "08:00", "08:30"]

    def test_a_time_that_no_calendar_has_is_no_error(self) -> None:
        assert time_ticks(10**20, 10**20 + H, 5) == []
        assert time_ticks(5, 5, 5) == time_ticks(0, H, 0) == []
        assert span_text(10**20, 10**20 + 1) == ""
        assert moment_text(10**20) == f"{10**20} ms"

    def test_spans(self) -> None:
        end = at("2026-11-18T11:06")
        assert span_text(end - H, end) == "Wed 18 Nov 11:06 to 12:06"
        assert span_text(end - 24 * H, end) == "Tue 17 Nov 12:06 to Wed 18 Nov 12:06"
        assert span_text(end - 10_000, end) == "Wed 18 Nov 12:05:50 to 12:06:00"
        assert moment_text(end) == "Wed 18 Nov 12:06"

    def test_steps(self) -> None:
        assert [step_text(ms) for ms in (10_000, 60_000, 15 * 60_000, 2 * H, 24 * H)] == [
            *("10 s", "1 min", "15 min", "2 h", "day"),
        ]
