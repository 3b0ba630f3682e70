"""The text view: wrapped to the width whatever the text, searched, followed, never holding up the screen."""

import asyncio
import time
from collections.abc import Iterable
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from rich.cells import cell_len
from textual import on
from textual.app import App, ComposeResult
from textual.geometry import Offset
from textual.screen import Screen
from textual.selection import Selection

from bulltui.domain.text import visible
from bulltui.tui.themes import register_themes
from bulltui.tui.widgets import text_view
from bulltui.tui.widgets.text_lines import Span
from bulltui.tui.widgets.text_view import TextView
from bulltui.tui.widgets.wrap import PIECE, Wrap, clean
from tests.own_time import own_time
from tests.thorough import tried
from tests.tui.support import save_picture, screen_strips, screen_text


def wrapped(lines: list[str], width: int) -> Wrap:
    wrap = Wrap(width)
    wrap.add(lines)
    while not wrap.advance(10):
        pass
    return wrap


def test_rows_of_lines() -> None:
    wrap = wrapped(["abcdefgh", "", "xy", "字字字", "a\tb\x1b"], 5)
    assert [wrap.row(row).text for row in range(wrap.rows)] == ["abcde", "fgh", "", "xy", "字字", "字", "a   b", "␛"]
    assert [wrap.row(row).goes_on for row in range(wrap.rows)] == [True, False, False, False, True, False, True, False]


TEXTS = st.one_of(st.text(max_size=200), st.text("ab字é\u0301👩‍👧\ufe0f✖\t\x1b", max_size=200))


@given(st.lists(TEXTS.map(lambda text: text.replace("\n", "")), max_size=8), st.integers(2, 40))
def test_rows_hold_all_of_the_text_and_fit(lines: list[str], width: int) -> None:
    wrap = wrapped(lines, width)
    rows = [wrap.row(row) for row in range(wrap.rows)]
    for number, line in enumerate(lines):
        assert "".join(row.text for row in rows if row.line == number) == clean(line)
    for place, row in enumerate(rows):
        assert cell_len(row.text) <= width
        assert row.text == "" or visible(row.text) == row.text
        assert wrap.row_of(row.line, row.offset) == place
        text, shift = wrap.around(row, 7)
        assert text == clean(lines[row.line])[shift : shift + len(text)]


@pytest.mark.parametrize("unit", ["abcdefghij", "字é", "x\x1b"])
def test_a_very_long_line_is_wrapped_in_blocks_without_a_seam(unit: str) -> None:
    line = unit * (3 * PIECE // len(unit))
    wrap = wrapped([line, "end"], 33)
    rows = [wrap.row(row) for row in range(wrap.rows)]
    assert "".join(row.text for row in rows[:-1]) == clean(line)
    assert all(cell_len(row.text) in {32, 33} for row in rows[:-2])
    assert rows[-1] == (1, 0, "end", False)


@pytest.mark.parametrize(
    "text", ["x" * 5_000_000, "字é" * 1_000_000, "\x1b[0m\u202e" * 500_000, "line of a log\n" * 300_000]
)
def test_megabytes_are_wrapped_in_short_steps(text: str) -> None:
    wrap = Wrap(80)
    wrap.add(text.split("\n"))
    longest = 0.0
    steps = []
    while not wrap.done:
        started = own_time()
        wrap.advance(0.004)
        steps.append(own_time() - started)
    longest = max(steps)
    print(f"{len(steps)} steps, longest {longest * 1000:.1f} ms, {sum(steps):.2f} s")
    assert sorted(steps)[-1 - len(steps) // 20] < 0.015  # a step may be interrupted by others on this machine


class Reader(App[None]):
    def __init__(self, view: TextView, theme: str = "bulltui-dark") -> None:
        super().__init__()
        self.view = view
        self.found: list[int | None] = []
        register_themes(self)
        self.theme = theme

    def compose(self) -> ComposeResult:
        yield self.view

    @on(TextView.Searched)
    def note(self, message: TextView.Searched) -> None:
        self.found.append(message.line)


def shown(app: Reader) -> list[str]:
    return [line[:-1].rstrip() if len(line) == app.size.width else line for line in screen_text(app)]


async def test_draws_wrapped_lines_and_scrolls() -> None:
    view = TextView("\n".join(f"line {n} " + "x" * 30 for n in range(50)))
    app = Reader(view)
    async with app.run_test(size=(30, 6)) as pilot:
        assert shown(app)[:3] == ["line 0 " + "x" * 22, "x" * 8, "line 1 " + "x" * 22]
        for key, line in [
            ("j", "x" * 8),
            ("down", "line 1 "),
            ("pagedown", "line 4 "),
            ("g", "line 0 "),
            ("ctrl+d", "x" * 8),
        ]:
            await pilot.press(key)
            assert shown(app)[0].startswith(line)
        await pilot.press("G")
        assert shown(app)[5] == "x" * 9
        assert shown(app)[4].startswith("line 49")


async def test_another_width_keeps_the_first_line_in_sight() -> None:
    view = TextView("\n".join(f"line {n} " + "x" * 100 for n in range(300)))
    app = Reader(view)
    async with app.run_test(size=(40, 6)) as pilot:
        view.jump(300)
        await pilot.pause()
        top = shown(app)[0]
        assert top.startswith("line 100")
        await pilot.resize_terminal(70, 6)
        await pilot.pause()
        assert shown(app)[0].startswith("line 100")


async def test_follows_the_end_until_scrolled_up() -> None:
    view = TextView((f"log {n}" for n in range(20)), follow=True)
    app = Reader(view)
    async with app.run_test(size=(30, 6)) as pilot:
        assert shown(app)[5] == "log 19"
        view.append(["log 20", "log 21"])
        await pilot.pause()
        assert shown(app)[5] == "log 21"
        await pilot.press("up")
        assert view.following is False
        view.append(["log 22"])
        await pilot.pause()
        assert shown(app)[5] == "log 20"
        await pilot.press("G")
        assert bool(view.following)
        view.append(["log 23"])
        await pilot.pause()
        assert shown(app)[5] == "log 23"
        await pilot.resize_terminal(30, 4)
        await pilot.pause()
        assert shown(app)[3] == "log 23"


async def test_the_oldest_lines_go() -> None:
    view = TextView(follow=True, max_lines=100)
    app = Reader(view)
    async with app.run_test(size=(30, 6)) as pilot:
        for n in range(300):
            view.append([f"log {n}"])
        await pilot.pause()
        assert view.line_count <= 125
        assert shown(app)[5] == "log 299"
        view.jump(100)
        await pilot.pause()
        before = shown(app)
        view.append([f"more {n}" for n in range(40)])
        await pilot.pause()
        assert view.line_count == 100
        assert shown(app) == before


async def test_finds_text() -> None:
    lines = [f"line {n}" for n in range(200)]
    lines[50] = "a Needle here"
    lines[150] = "x" * 28 + "needle across rows"
    view = TextView(lines)
    app = Reader(view)
    async with app.run_test(size=(32, 6)) as pilot:
        for key, line in [("", 50), ("n", 150), ("n", 50), ("N", 150), ("N", 50)]:
            if key:
                await pilot.press(key)
            else:
                view.search("needle")
            await app.workers.wait_for_complete()
            await pilot.pause()
            assert app.found[-1] == line
        row = next(strip.crop(0, 31) for strip in screen_strips(app) if "a Needle" in strip.text)
        assert [segment.text for segment in row if segment.style and segment.style.reverse] == ["Needle"]
        await pilot.press("n")
        await app.workers.wait_for_complete()
        await pilot.pause()
        marked = [
            segment.text
            for strip in screen_strips(app)
            for segment in strip.crop(0, 31)
            if segment.style and segment.style.reverse
        ]
        assert marked == ["nee", "dle"]
        view.search("not there")
        await app.workers.wait_for_complete()
        await pilot.pause()
        assert app.found[-1] is None
        view.search("Line 7")
        await app.workers.wait_for_complete()
        await pilot.pause()
        assert app.found[-1] is None  # a capital letter: the case counts


async def test_a_match_across_the_seam_of_blocks_is_found() -> None:
    view = TextView("x" * (PIECE - PIECE % 31 - 3) + "needle" + "y" * PIECE)
    app = Reader(view)
    async with app.run_test(size=(32, 6)) as pilot:
        view.search("needle")
        await app.workers.wait_for_complete()
        await pilot.pause()
        assert app.found == [0]
        assert "needle" in "".join(shown(app))


def frames(line: str) -> Iterable[Span]:
    start = line.find("(")
    return [(0, 3, "failed"), (start, len(line), "dim")] if start > 0 else []


async def test_styles_of_pieces_and_of_a_highlighter() -> None:
    view = TextView(["at main (x.ts:1)", [("ok ", "ok"), ("[red]no markup[/]\x1b", "failed")]], highlighter=frames)
    app = Reader(view)
    async with app.run_test(size=(40, 4)):
        first, second = screen_strips(app)[:2]
        assert [segment.text for segment in first][:3] == ["at ", "main ", "(x.ts:1)"]
        assert [segment.text for segment in second][:2] == ["ok ", "[red]no markup[/]␛"]


async def test_what_the_mouse_selects_has_no_wraps() -> None:
    view = TextView(["x" * 40, "second", "third"])
    app = Reader(view)
    async with app.run_test(size=(30, 6)):
        assert view.get_selection(Selection(Offset(28, 0), Offset(3, 2))) == ("x" * 12 + "\nsec", "\n")
        assert view.get_selection(Selection(None, None)) == ("x" * 40 + "\nsecond\nthird", "\n")


async def test_lines_added_while_hidden_are_there_when_shown() -> None:
    view = TextView(["one"], follow=True, empty="No logs.")
    app = Reader(view)
    async with app.run_test(size=(30, 6)) as pilot:
        view.display = False
        await pilot.pause()
        view.append(["two"])
        view.display = True
        await pilot.pause(0.1)
        assert shown(app)[:2] == ["one", "two"]
        view.load("")
        await pilot.pause(0.1)
        assert shown(app)[0] == "No logs."


@pytest.mark.usefixtures("no_collector")
@pytest.mark.parametrize(
    "text", [tried(5, 2) * "x" * 1_000_000, tried(7, 3) * "字é" * 100_000, tried(7, 3) * "a line of text\n" * 50_000]
)
async def test_megabytes_never_hold_up_the_screen(text: str) -> None:
    view = TextView()
    app = Reader(view)
    async with app.run_test(size=(80, 24)) as pilot:
        lags: list[float] = []

        async def watch() -> None:
            while True:
                before = own_time()
                await asyncio.sleep(0.001)
                lags.append(own_time() - before - 0.001)

        watcher = asyncio.create_task(watch())
        started = own_time()
        view.load(text)
        loaded = own_time() - started
        await pilot.pause()
        assert shown(app)[0]
        while not view.ready:
            await asyncio.sleep(0.01)
        await pilot.press("G", "g", "j")
        watcher.cancel()
        worst: list[Any] = sorted(lags)
        p99 = worst[len(worst) * 99 // 100]
        print(f"load {loaded * 1000:.1f} ms; lag p99 {p99 * 1000:.1f}, max {worst[-1] * 1000:.1f} ms")
        assert worst[len(worst) * 95 // 100] < 0.02


async def test_a_text_that_is_wrapped_below_what_is_in_sight_lays_out_the_screen_now_and_then(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """For the scroll bar alone; it was done at each frame, and took as long as to wrap."""
    laid_out: list[float] = []
    before = Screen._refresh_layout

    def refresh(self: Screen[object], *words: Any, **options: Any) -> None:
        laid_out.append(time.monotonic())
        before(self, *words, **options)

    monkeypatch.setattr(Screen, "_refresh_layout", refresh)
    monkeypatch.setattr(text_view, "_SLICE", 0.0001)  # so that it takes its time
    view = TextView()
    app = Reader(view)
    async with app.run_test(size=(80, 24)) as pilot:
        started = time.monotonic()
        view.load("a line of text\n" * 50_000)
        laid_out.clear()
        while not view.ready:
            await asyncio.sleep(0.01)
        await pilot.pause()
        assert view.virtual_size.height == 50_000
        assert len(laid_out) <= 10 + (time.monotonic() - started) / 0.2


@pytest.mark.parametrize("theme", ["bulltui-dark", "bulltui-light"])
async def test_pictures(theme: str) -> None:
    view = TextView(
        [
            [("ETIMEDOUT", "failed bold"), (" while calling acquirer", "failed")],
            "    at Socket.onTimeout (src/payments/acquirer.ts:88:13)",
            [("    at listOnTimeout (node:internal/timers:581:17)", "dim")],
            "字" * 50,
        ]
        * 5
    )
    app = Reader(view, theme)
    async with app.run_test(size=(60, 14)) as pilot:
        view.search("timeout")
        await app.workers.wait_for_complete()
        await pilot.pause()
        save_picture(app, f"text-{theme}")
        assert "ETIMEDOUT" in screen_text(app)[0]
