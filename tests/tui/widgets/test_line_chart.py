"""The line chart: what is drawn, what is painted again, and how lines are told apart."""

import asyncio
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace

import pytest
from textual.app import App, ComposeResult
from textual.geometry import Region

from bulltui.domain.axes import Unit
from bulltui.domain.chart_view import Window
from bulltui.tui.themes import DARK, LIGHT, register_themes
from bulltui.tui.widgets.line_chart import LineChart, Plot, Trace
from bulltui.tui.widgets.trend import ascii_only
from tests.tui.hurry import hurried
from tests.tui.support import screen_text

START = 1_795_000_000_000 // 3_600_000 * 3_600_000
WINDOW = Window(START, START + 3_600_000, 60_000)


def plot(**more: object) -> Plot:
    """Two lines over an hour."""
    traces = (
        Trace("added", "a", "waiting", tuple(float(at) for at in range(60))),
        Trace("failed", "f", "failed", (*(0.0,) * 20, *(None,) * 20, *(5.0,) * 20)),
    )
    return replace(Plot("Throughput", Unit.RATE, WINDOW, traces), **more)  # type: ignore[arg-type]


class ChartApp(App[None]):
    """A chart alone."""

    def __init__(self, *, plain: bool = False) -> None:
        super().__init__()
        register_themes(self)
        self.theme = DARK.name
        self.chart = LineChart(ascii=plain)
        self.pointed: list[int | None] = []

    def compose(self) -> ComposeResult:
        yield self.chart

    def on_line_chart_pointed(self, event: LineChart.Pointed) -> None:
        self.pointed.append(event.place)


@asynccontextmanager
async def shown(what: Plot, size: tuple[int, int] = (71, 12), *, plain: bool = False) -> AsyncIterator[ChartApp]:
    app = ChartApp(plain=plain)
    async with hurried(), app.run_test(size=size) as pilot:
        app.chart.show(what)
        await pilot.pause()
        yield app


class TestDrawing:
    async def test_title_values_axes_and_letters(self) -> None:
        async with shown(plot()) as app:
            lines = screen_text(app)
        assert lines[0] == " Throughput jobs/min  a added 59  f failed 5"
        assert lines[1].startswith("    60┤")
        assert lines[9].startswith("     0┤")
        assert lines[1].endswith("a")
        assert lines[8].endswith("f") or lines[9].endswith("f")
        assert lines[10].startswith("      └")
        assert ":" in lines[11]

    async def test_what_is_not_known_is_a_gap_in_line_and_axis(self) -> None:
        unknown = tuple(Trace(one.name, one.letter, one.token, (None,) * 30 + (1.0,) * 30) for one in plot().traces)
        async with shown(plot(traces=unknown)) as app:
            lines = screen_text(app)
        cells = range(7, 7 + 30)
        assert all(line[at : at + 1] in ("", " ", "·") for line in lines[1:10] for at in cells)
        assert set(lines[10][7:36]) <= {"╌", "┴"}
        assert set(lines[10][38:67]) <= {"─", "┴"}

    async def test_nothing_known_says_so(self) -> None:
        async with shown(plot(traces=(), empty="Nothing is known of this time.")) as app:
            assert "Nothing is known of this time." in "\n".join(screen_text(app))

    async def test_the_cursor_has_a_line_and_its_values_are_told(self) -> None:
        async with shown(plot(cursor=30)) as app:
            lines = screen_text(app)
            assert "a added 30  f failed –" in lines[0]
            assert sum("│" in line[7:67] for line in lines[1:10]) >= 7

    async def test_marks_stand_on_the_axis_and_the_later_given_is_seen(self) -> None:
        async with shown(plot(marks=((10, "✓", "ok"), (30, "▲", "ok"), (30, "!", "failed")))) as app:
            axis = screen_text(app)[10]
        assert axis.count("✓") == axis.count("!") == 1
        assert "▲" not in axis

    async def test_the_time_before_is_told_at_the_cursor(self) -> None:
        before = Trace("added", "a", "waiting", (7.0,) * 60, dashed=True)
        async with shown(plot(traces=(before, *plot().traces), cursor=30)) as app:
            assert "a added 30 (7)" in screen_text(app)[0]

    async def test_names_go_before_values_do(self) -> None:
        async with shown(plot(), (34, 8)) as app:
            assert screen_text(app)[0] == " Throughput jobs/min  a 59  f 5"

    @pytest.mark.parametrize("size", [(20, 5), (12, 3), (8, 2), (7, 1), (300, 60)])
    async def test_any_size(self, size: tuple[int, int]) -> None:
        async with shown(plot(cursor=59, marks=((59, "!", "failed"),)), size) as app:
            lines = screen_text(app)
            assert len(lines) == size[1]

    async def test_ascii_has_nothing_else(self) -> None:
        async with shown(plot(cursor=3, marks=((5, "!", "failed"),)), plain=True) as app:
            text = "\n".join(screen_text(app))
        assert text.isascii()
        assert "aaa" in text
        assert "fff" in text

    async def test_without_colours_letters_stand_in_the_lines(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setenv("NO_COLOR", "1")
        async with shown(plot()) as app:
            body = [line[7:67] for line in screen_text(app)[1:10]]
        assert sum(line.count("a") for line in body) >= 2
        assert sum(line.count("f") for line in body) >= 2

    async def test_hostile_titles_are_harmless(self) -> None:
        async with shown(plot(title="a\x1b[31mb", empty="\x07")) as app:
            assert "a␛[31mb" in screen_text(app)[0]


class TestPainting:
    async def test_only_lines_that_changed_are_painted(self, monkeypatch: pytest.MonkeyPatch) -> None:
        async with shown(plot()) as app:
            app.chart.render_line(0)
            painted: list[Region] = []
            monkeypatch.setattr(app.chart, "refresh", lambda *regions, **_: painted.extend(regions))
            app.chart.show(plot())
            assert painted == []
            traces = plot().traces
            changed = (*traces[:1], replace(traces[1], values=(*traces[1].values[:-1], 4.0)))
            app.chart.show(plot(traces=changed))
            assert {region.y for region in painted} == {0, 9}
            painted.clear()
            app.chart.show(plot(traces=changed, marks=((3, "!", "failed"),)))
            assert {region.y for region in painted} == {10}

    async def test_another_theme_has_other_colours(self) -> None:
        async with shown(plot()) as app:
            dark = app.chart.render_line(0)
            app.theme = LIGHT.name
            await app.animator.wait_for_idle()
            for _ in range(20):
                await asyncio.sleep(0)
            light = app.chart.render_line(0)
            assert dark.text == light.text
            assert [one.style for one in dark] != [one.style for one in light]

    async def test_a_click_tells_the_value(self) -> None:
        app = ChartApp()
        async with hurried(), app.run_test(size=(71, 12)) as pilot:
            app.chart.show(plot())
            await pilot.pause()
            await pilot.click(LineChart, offset=(7, 5))
            await pilot.click(LineChart, offset=(66, 5))
            await pilot.click(LineChart, offset=(2, 5))
            await pilot.pause()
        assert app.pointed == [0, 59, None]


def test_terminals_without_braille(monkeypatch: pytest.MonkeyPatch) -> None:
    def plain(**environment: str) -> bool:
        for name in ("TERM", "BULLTUI_ASCII"):
            monkeypatch.delenv(name, raising=False)
        for name, value in environment.items():
            monkeypatch.setenv(name, value)
        ascii_only.cache_clear()
        return ascii_only()

    monkeypatch.setattr(sys, "__stdout__", None)
    assert not plain(TERM="xterm")
    assert plain(TERM="linux")
    assert plain(TERM="xterm", BULLTUI_ASCII="1")
    ascii_only.cache_clear()
