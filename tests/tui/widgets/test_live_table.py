"""The live table: what it draws, how the cursor and the marks stay on their rows, what it asks for."""

import gc
import os
import time
import tracemalloc
from collections.abc import Hashable, Sequence
from typing import Any
from unittest.mock import patch

import pytest
from textual import events, on
from textual.app import App, ComposeResult
from textual.geometry import Region
from textual.message import Message

from bulltui.tui.themes import contrast, register_themes
from bulltui.tui.widgets.cells import Cell
from bulltui.tui.widgets.columns import Column
from bulltui.tui.widgets.live_table import LiveTable
from bulltui.tui.widgets.rows import NO_ROWS, ListSource, RowSource
from tests.own_time import own_time
from tests.tui.support import save_picture, screen_strips, screen_text

COLUMNS = (
    Column("id", "id", width=6, align="right"),
    Column("name", "name", min=8, flex=2),
    Column("age", "age", width=7, align="right", priority=5),
    Column("try", "try", width=4, align="right", priority=3),
    Column("error", "error", min=12, flex=3, priority=8),
)

Job = tuple[int, str, str]


def jobs(*numbers: int, error: str = "boom") -> list[Job]:
    return [(number, f"job-{number}", error) for number in numbers]


def job_cells(job: Job) -> Sequence[Cell]:
    return (str(job[0]), job[1], ("4m 12s", "dim"), "3/3", (job[2], "failed"))


def rows(items: Sequence[Job]) -> ListSource[Job]:
    return ListSource(items, key=lambda job: job[0], cells=job_cells)


class Table(App[None]):
    def __init__(self, table: LiveTable, theme: str = "bulltui-dark") -> None:
        super().__init__()
        self.table = table
        self.said: list[Message] = []
        register_themes(self)
        self.theme = theme

    def compose(self) -> ComposeResult:
        yield self.table

    @on(LiveTable.RowHighlighted)
    @on(LiveTable.RowSelected)
    @on(LiveTable.HeaderClicked)
    @on(LiveTable.MarksChanged)
    @on(LiveTable.RowsNeeded)
    def note(self, message: Message) -> None:
        self.said.append(message)

    def last(self, kind: type[Any]) -> Any:
        return [message for message in self.said if isinstance(message, kind)][-1]


async def test_draws_titles_rows_and_cursor() -> None:
    app = Table(LiveTable(COLUMNS, rows(jobs(1, 2, 3)), sort=("age", True)))
    async with app.run_test(size=(80, 8)):
        lines = screen_text(app)
        assert lines[0].split() == ["id", "name", "age", "▼", "try", "error"]
        assert lines[1].startswith("▌      1 job-1")
        assert lines[1].endswith("4m 12s  3/3 boom")
        assert lines[2].startswith("       2 job-2")
        assert all(strip.cell_length == 80 for strip in screen_strips(app))


async def test_narrow_drops_the_least_important_columns() -> None:
    table = LiveTable(COLUMNS, rows(jobs(1)))
    app = Table(table)
    async with app.run_test(size=(60, 8)) as pilot:
        assert list(table.shown_columns) == ["id", "name", "age", "try", "error"]
        await pilot.resize_terminal(36, 8)
        await pilot.pause()
        assert list(table.shown_columns) == ["id", "name", "error"]
        assert screen_text(app)[0].split() == ["id", "name", "error"]
        await pilot.resize_terminal(9, 8)
        await pilot.pause()
        assert list(table.shown_columns) == ["id"]


HOSTILE = (
    "[red]x[/]",
    "[/]",
    "\x1b[31mred\x1b]52;c;aGk=\x07",
    "a\nb\r\tc\x00",
    "\u202eevil",
    "字" * 40,
    "👩‍👩‍👧‍👦" * 20,
    "e\u0301" * 100,
    "\u0301" * 10_000,
    "x" * 10_000,
    "\ud800\udc80",
    "✖️✔️☎️" * 10,
)


@pytest.mark.parametrize("text", HOSTILE)
async def test_no_text_leaves_its_column(text: str) -> None:
    app = Table(LiveTable(COLUMNS, rows([(1, text, text)])))
    async with app.run_test(size=(70, 4)):
        strip = screen_strips(app)[1]
        assert sum(len(segment.text.encode("utf-8", "surrogatepass")) > 0 for segment in strip)
        assert strip.cell_length == 70
        assert strip.text.isprintable() or "\u200d" in strip.text
        assert " 4m 12s  3/3 " in strip.text


async def test_keys_move_the_cursor_and_say_so() -> None:
    table = LiveTable(COLUMNS, rows(jobs(*range(100))))
    app = Table(table)
    async with app.run_test(size=(80, 11)) as pilot:
        for key, expected in [
            ("down", 1),
            ("j", 2),
            ("up", 1),
            ("k", 0),
            ("pagedown", 10),
            ("ctrl+d", 15),
            ("ctrl+u", 10),
            ("pageup", 0),
            ("G", 99),
            ("g", 0),
            ("end", 99),
            ("home", 0),
        ]:
            await pilot.press(key)
            assert table.cursor == expected
            assert app.last(LiveTable.RowHighlighted).key == expected
            assert any(line.startswith(f"▌{expected:7}") for line in screen_text(app))
        await pilot.press("enter")
        assert app.last(LiveTable.RowSelected).key == 0


async def test_keymap_changes_keys() -> None:
    table = LiveTable(COLUMNS, rows(jobs(1, 2, 3)))
    app = Table(table)
    async with app.run_test(size=(80, 11)) as pilot:
        app.set_keymap({"nav.down": "n", "mark": "m"})
        await pilot.press("n")
        assert table.cursor == 1
        await pilot.press("m")
        assert table.marks == {2}


async def test_cursor_and_marks_stay_on_their_rows() -> None:
    table = LiveTable(COLUMNS, rows(jobs(1, 2, 3, 4)))
    app = Table(table)
    async with app.run_test(size=(80, 8)) as pilot:
        await pilot.press("down", "space")
        assert table.cursor_key == 3
        assert table.marks == {2}
        app.said.clear()
        table.update(rows(jobs(9, 3, 1, 2)))
        await pilot.pause()
        assert (table.cursor, table.cursor_key) == (1, 3)
        lines = screen_text(app)
        assert lines[2].startswith("▌      3")
        assert lines[4].startswith(" ✓     2")
        assert not app.said
        table.update(rows(jobs(9)))
        await pilot.pause()
        assert app.last(LiveTable.RowHighlighted).key == 9
        assert table.marks == {2}


def without_scrollbar(app: Table) -> list[str]:
    return [line[:78].rstrip() for line in screen_text(app)]


async def test_what_is_read_stays_in_place_while_rows_come_in_above() -> None:
    table = LiveTable(COLUMNS, rows(jobs(*range(100))))
    app = Table(table)
    async with app.run_test(size=(80, 11)) as pilot:
        table.move_to(50)
        await pilot.pause()
        before = without_scrollbar(app)
        table.update(rows(jobs(*range(-7, 100))))
        await pilot.pause()
        assert without_scrollbar(app) == before
        table.jump(20)  # the cursor is out of sight: the first line in sight stays
        await pilot.pause()
        before = without_scrollbar(app)
        table.update(rows(jobs(*range(-17, 100))))
        await pilot.pause()
        assert without_scrollbar(app) == before
        assert table.cursor_key == 50


async def test_a_shorter_list_is_never_scrolled_past_its_end() -> None:
    table = LiveTable(COLUMNS, rows(jobs(*range(100))))
    app = Table(table)
    async with app.run_test(size=(80, 11)) as pilot:
        await pilot.press("G")
        table.update(rows(jobs(1, 2, 3)))
        await pilot.pause()
        assert screen_text(app)[1:5] == [line for line in screen_text(app)[1:5] if "job-" in line or not line]
        assert "job-1" in screen_text(app)[1]


async def test_mouse() -> None:
    table = LiveTable(COLUMNS, rows(jobs(*range(100))))
    app = Table(table)
    async with app.run_test(size=(80, 11)) as pilot:
        await pilot.click(table, offset=(30, 3))
        assert table.cursor == 2
        await pilot.click(table, offset=(1, 4))
        assert table.marks == {3}
        await pilot.click(table, offset=(30, 5), times=2)
        assert app.last(LiveTable.RowSelected).key == 4
        await pilot.click(table, offset=(12, 0))
        assert app.last(LiveTable.HeaderClicked).column == "name"
        await pilot._post_mouse_events([events.MouseScrollDown], table, offset=(10, 5))
        await pilot.pause()
        assert table.top > 0
        assert table.cursor == 4


@pytest.mark.parametrize("some", [(), (1, 2)])
async def test_lines_without_a_row_are_not_painted_again(
    some: tuple[int, ...], monkeypatch: pytest.MonkeyPatch
) -> None:
    table = LiveTable(COLUMNS, rows(jobs(*some)), empty="No jobs.\nNone at all.")
    async with Table(table).run_test(size=(80, 12)) as pilot:
        await pilot.pause()
        painted: list[Region] = []
        refresh = table.refresh

        def spy(*regions: Region, **options: Any) -> Any:
            painted.extend(regions)
            return refresh(*regions, **options)

        monkeypatch.setattr(table, "refresh", spy)
        table.update(rows(jobs(*some)))
        assert not painted
        table.update(rows(jobs(*some, 9)))
        assert painted


async def test_only_changed_lines_are_painted(monkeypatch: pytest.MonkeyPatch) -> None:
    items = jobs(*range(100))
    table = LiveTable(COLUMNS, rows(items))
    app = Table(table)
    async with app.run_test(size=(80, 11)) as pilot:
        await pilot.pause()
        painted: list[Region] = []
        refresh = table.refresh

        def spy(*regions: Region, **options: Any) -> LiveTable:
            painted.extend(regions or [table.size.region])
            return refresh(*regions, **options)

        monkeypatch.setattr(table, "refresh", spy)
        table.update(rows(list(items)))
        assert painted == []
        changed = list(items)
        changed[3] = (3, "other", "error")
        changed[50] = (50, "out of sight", "error")
        table.update(rows(changed))
        assert [region.y for region in painted] == [4]
        await pilot.pause()
        assert "other" in screen_text(app)[4]


async def test_empty_and_stale() -> None:
    table = LiveTable(COLUMNS, NO_ROWS, empty="No jobs are waiting.\nPress ] for the next state.")
    app = Table(table)
    async with app.run_test(size=(80, 8)) as pilot:
        assert [line.strip() for line in screen_text(app)[2:4]] == [
            "No jobs are waiting.",
            "Press ] for the next state.",
        ]
        await pilot.press("down", "enter", "space")
        assert table.cursor == -1
        table.update(rows(jobs(1, 2)))
        await pilot.pause()
        assert table.cursor_key == 1
        fresh = screen_strips(app)[2]
        table.stale = True
        await pilot.pause()
        assert screen_strips(app)[2].text == fresh.text
        assert screen_strips(app)[2] != fresh


async def test_an_update_while_hidden_is_seen_when_shown() -> None:
    table = LiveTable(COLUMNS, rows(jobs(*range(50))))
    app = Table(table)
    async with app.run_test(size=(80, 8)) as pilot:
        table.display = False
        await pilot.pause()
        table.update(rows(jobs(*range(100, 150), error="later")))
        table.move_to(30)
        table.display = True
        await pilot.pause(0.1)
        assert all("later" in line for line in screen_text(app)[1:])
        assert any(line.startswith("▌    130") for line in screen_text(app))


async def test_the_scroll_bar_hides_no_text() -> None:
    table = LiveTable(COLUMNS, rows([(1, "x" * 80, "y" * 80)]))
    app = Table(table)
    async with app.run_test(size=(60, 6)) as pilot:
        before = screen_text(app)[1]
        assert len(before) == 59
        table.update(rows([(n, "x" * 80, "y" * 80) for n in range(1, 90)]))
        await pilot.pause()
        assert screen_text(app)[1][:59] == before


@pytest.mark.parametrize("theme", ["bulltui-dark", "bulltui-light"])
async def test_without_colour_everything_can_be_read(theme: str) -> None:
    with patch.dict(os.environ, {"NO_COLOR": "1"}):
        app = Table(LiveTable(COLUMNS, rows(jobs(1, 2, 3)), sort=("id", False)), theme)
    async with app.run_test(size=(80, 6)) as pilot:
        await pilot.press("space")
        save_picture(app, f"table-no-colour-{theme}")
        lines = screen_text(app)
        assert "▲" in lines[0]
        assert lines[1].startswith(" ✓")
        assert lines[2].startswith("▌")
        for strip in screen_strips(app)[:4]:
            for segment in strip:
                style = segment.style
                if not segment.text.strip():
                    continue
                assert style is not None
                assert style.color is not None
                assert style.bgcolor is not None
                assert len(set(style.color.get_truecolor())) == 1
                assert contrast(style.color, style.bgcolor) >= 4.5


class Million(RowSource):
    """Rows that come by pages, as jobs do."""

    def __init__(self, count: int = 1_000_000) -> None:
        self.count = count
        self.loaded: range = range(0)

    def __len__(self) -> int:
        return self.count

    def key(self, index: int) -> Hashable | None:
        return index if index in self.loaded else None

    def cells(self, index: int) -> Sequence[Cell] | None:
        return job_cells((index, f"job-{index}", "boom")) if index in self.loaded else None


async def test_a_million_rows_are_asked_for_by_pages() -> None:
    table = LiveTable(COLUMNS, Million())
    app = Table(table)
    async with app.run_test(size=(80, 11)) as pilot:
        assert "·" in screen_text(app)[1]
        await pilot.pause(0.1)
        asked = app.last(LiveTable.RowsNeeded)
        assert (asked.start, asked.end) == (0, 20)
        tracemalloc.start()
        started = own_time()
        await pilot.press("G")
        assert own_time() - started < 0.5
        assert table.cursor == 999_999
        for _ in range(5):
            await pilot.press("g", "G", "pageup")
        gc.collect()
        grown = tracemalloc.get_traced_memory()[0]
        tracemalloc.stop()
        assert grown < 3_000_000
        await pilot.pause(0.1)
        asked = app.last(LiveTable.RowsNeeded)
        assert asked.end == 1_000_000
        assert asked.end - asked.start <= 40
        source = Million()
        source.loaded = range(asked.start, asked.end)
        table.update(source)
        await pilot.pause()
        assert app.last(LiveTable.RowHighlighted).key == table.cursor
        assert f"job-{table.cursor}" in "\n".join(screen_text(app))


@pytest.mark.usefixtures("no_collector")
async def test_a_full_churn_of_a_thousand_rows_is_cheap() -> None:
    table = LiveTable((*COLUMNS, *(Column(f"c{i}", f"c{i}", width=8, align="right") for i in range(5))))
    app = Table(table)

    def source(tick: int) -> ListSource[int]:
        def cells(n: int) -> Sequence[Cell]:
            return (str(n), f"queue-{n}", f"{tick}s", "3/3", (f"error {tick} {n}", "failed"), *([f"{n * tick:,}"] * 5))

        return ListSource(range(1000), key=lambda n: n, cells=cells)

    async with app.run_test(size=(160, 50)) as pilot:
        table.update(source(0))
        await pilot.pause()
        cpu: list[float] = []
        block: list[float] = []
        for tick in range(1, 21):
            before = time.process_time()
            started = own_time()
            table.update(source(tick))
            block.append(own_time() - started)
            await pilot.pause()
            cpu.append(time.process_time() - before)
        print(f"update {sorted(block)[10] * 1000:.1f} ms, tick {sorted(cpu)[10] * 1000:.1f} ms CPU")
        assert sorted(cpu)[10] < 0.030
        assert sorted(block)[10] < 0.015


@pytest.mark.parametrize("theme", ["bulltui-dark", "bulltui-light", "textual-dark", "ansi-dark"])
async def test_pictures(theme: str) -> None:
    tokens = ["waiting", "active", "ok", "failed", "delayed", "paused", "stale", "prioritized", "children", "dim"]

    def cells(n: int) -> Sequence[Cell]:
        token = tokens[n % len(tokens)]
        return (str(n), token, "4m", "3/3", [("■" * 4, token), ("■" * 6, "dim"), (" and more", "")])

    table = LiveTable(COLUMNS, ListSource(range(30), key=lambda n: n, cells=cells), sort=("age", False))
    app = Table(table, theme)
    async with app.run_test(size=(80, 14)) as pilot:
        await pilot.press("space", "space", "down")
        save_picture(app, f"table-{theme}")
        assert "▌" in "\n".join(screen_text(app))
