"""Times, sizes and counts for people."""

import time
from collections.abc import Callable, Iterator

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bulltui.domain import human


@pytest.mark.parametrize(
    ("ms", "text"),
    [
        (0, "0s"),
        (999, "0s"),
        (42_999, "42s"),
        (252_400, "4m 12s"),
        (60_000, "1m 00s"),
        (3 * 3_600_000 + 5 * 60_000, "3h 05m"),
        (12 * 86_400_000 + 4 * 3_600_000, "12d 04h"),
        (2 * 365 * 86_400_000 + 41 * 86_400_000, "2y 41d"),
        (10**18, "999y+"),
        (-5, "0s"),
        (-252_400, "in 4m 12s"),
        (-(10**18), "in 999y+"),
    ],
)
def test_age(ms: int, text: str) -> None:
    assert human.age(ms) == text


@pytest.mark.parametrize(
    ("ms", "text"), [(0, "just now"), (-5, "just now"), (2_000, "2s ago"), (-5_000, "in 5s"), (10**18, "999y+ ago")]
)
def test_ago(ms: int, text: str) -> None:
    assert human.ago(ms) == text


@pytest.mark.parametrize(
    ("ms", "text"),
    [(0, "0ms"), (3, "3ms"), (212, "0.2s"), (30_040, "30.0s"), (59_999, "59.9s"), (252_400, "4m 12s"), (-5, "-5ms")],
)
def test_duration(ms: int, text: str) -> None:
    assert human.duration(ms) == text


@pytest.mark.parametrize(
    ("number", "text"),
    [
        (0, "0 B"),
        (1023, "1023 B"),
        (1024, "1.0 KiB"),
        (1_300, "1.2 KiB"),
        (256 * 1024, "256 KiB"),
        (2 * 1024**2 - 1, "1.9 MiB"),
        (50 * 1024**2, "50 MiB"),
        (-1024, "-1.0 KiB"),
        (10**30, "1023 EiB+"),
    ],
)
def test_size(number: int, text: str) -> None:
    assert human.size(number) == text


@pytest.mark.parametrize(
    ("number", "text"),
    [
        (0, "0"),
        (903, "903"),
        (1_204, "1.2k"),
        (9_999, "9.9k"),
        (98_012, "98k"),
        (999_999, "999k"),
        (1_300_000, "1.3M"),
        (10**18, "1.0E"),
        (10**22, "999E+"),
        (-5, "-5"),
        (-1_500, "-1.5k"),
    ],
)
def test_count(number: int, text: str) -> None:
    assert human.count(number) == text


@pytest.mark.parametrize(("number", "text"), [(0.0, "0"), (0.42, "0.4"), (12.7, "12"), (3.0, "3"), (1234.0, "1.2k")])
def test_rate(number: float, text: str) -> None:
    assert human.rate(number) == text


@pytest.fixture
def utc(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.setenv("TZ", "UTC")
    time.tzset()
    yield
    monkeypatch.undo()
    time.tzset()


@pytest.mark.usefixtures("utc")
def test_clock_is_local_time() -> None:
    assert human.clock(1_750_000_000_123) == "2025-06-15 15:06:40"
    assert human.clock(1_750_000_000_123, fine=True) == "2025-06-15 15:06:40.123"


@pytest.mark.parametrize("ms", [10**18, -5, 10**30, -(10**30), 253_402_300_800_000])
def test_a_time_no_calendar_has_is_its_number(ms: int) -> None:
    assert human.clock(ms) == f"{ms} ms"


@pytest.mark.parametrize(
    "text", [human.age, human.ago, human.duration, human.size, human.count, human.clock], ids=lambda f: f.__name__
)
@given(number=st.integers())
def test_any_number_gives_a_short_text(text: Callable[[int], str], number: int) -> None:
    shown = text(number)
    assert shown.isprintable()
    assert len(shown) < 20 or text is human.clock
