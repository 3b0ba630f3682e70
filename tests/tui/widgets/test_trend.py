"""Sparklines, bars and charts: pure, exact in width, calm about bad numbers."""

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st
from textual.app import App, ComposeResult

from bulltui.tui.themes import register_themes
from bulltui.tui.widgets.trend import Trend, chart_lines, proportion_bar, shares, sparkline
from tests.tui.support import save_picture, screen_text


@pytest.mark.parametrize(
    ("values", "width", "line"),
    [
        ([0, 1, 4, None, 8], 6, " ▁▂▅ █"),
        ([0, 0, 0], 3, "▁▁▁"),
        ([], 4, "    "),
        ([1, 2, 3, 4], 2, "▇█"),
        ([5], 0, ""),
        ([0.001, 1000], 2, "▂█"),
        ([math.nan, -3, math.inf, 1], 4, " ▁ █"),
    ],
)
def test_sparkline(values: list[float | None], width: int, line: str) -> None:
    assert sparkline(values, width) == line


def test_sparkline_of_ascii() -> None:
    assert sparkline([0, 1, 4, None, 8], 6, ascii=True) == " _.= #"


@given(st.lists(st.one_of(st.none(), st.floats(), st.integers(-(10**30), 10**30)), max_size=40), st.integers(0, 50))
def test_sparkline_is_as_wide_as_asked(values: list[float | None], width: int) -> None:
    assert len(sparkline(values, width)) == width
    assert all(len(line) == width for line in chart_lines(values, width, 3))


@given(st.lists(st.integers(0, 10**12), min_size=1, max_size=12), st.integers(0, 80))
def test_shares_fill_the_bar_and_forget_nobody(counts: list[int], width: int) -> None:
    cells = shares(counts, width)
    assert sum(cells) == (width if any(counts) else 0)
    assert all(not size for size, count in zip(cells, counts, strict=True) if not count)
    if width >= sum(1 for count in counts if count):
        assert all(size for size, count in zip(cells, counts, strict=True) if count)


def test_proportion_bar() -> None:
    assert proportion_bar([(1_000_000, "waiting"), (0, "active"), (1, "failed")], 10) == [
        ("█" * 9, "waiting"),
        ("█", "failed"),
    ]
    assert proportion_bar([(0, "waiting")], 3) == [("···", "dim")]
    assert proportion_bar([(5, "waiting"), (3, "active"), (1, "failed")], 2) == [("█", "waiting"), ("█", "active")]
    assert proportion_bar([(1, "a"), (1, "b")], 4, fills="█░") == [("██", "a"), ("░░", "b")]


def test_chart_lines() -> None:
    assert chart_lines([0, 1, 2, None, 4], 5, 2) == ["    █", "▁▄█ █"]
    assert chart_lines([1], 2, 2, top=2) == ["  ", " █"]


async def test_trend_draws_its_newest_values() -> None:
    trend = Trend([0, 1, 2, 3, 4], style="ok")

    class Chart(App[None]):
        def compose(self) -> ComposeResult:
            yield trend

        def on_load(self) -> None:
            register_themes(self)
            self.theme = "bulltui-dark"

    app = Chart()
    async with app.run_test(size=(10, 6)) as pilot:
        assert screen_text(app)[:4] == ["         █", "        ██", "       ███", "     ▁████"]
        trend.update([4, 3])
        await pilot.pause()
        assert screen_text(app)[:4] == ["        █", "        ██", "        ██", "        ██"]
        save_picture(app, "trend")
