"""The line of tabs: the selected one is always whole and in sight."""

from dataclasses import replace

import pytest
from textual import on
from textual.app import App, ComposeResult

from bulltui.tui.themes import register_themes
from bulltui.tui.widgets.tabs import StateTabs, Tab, seat
from tests.tui.support import save_picture, screen_text

TABS = (
    Tab("waiting", "waiting", "1,204", "waiting"),
    Tab("active", "active", "8", "active"),
    Tab("prioritized", "prioritized", "3", "prioritized", "prio"),
    Tab("delayed", "delayed", "40", "delayed"),
    Tab("waiting-children", "children", "2", "children"),
    Tab("completed", "completed", "98k", "ok", "done"),
    Tab("failed", "failed", "312", "failed"),
)


class Line(App[None]):
    def __init__(self) -> None:
        super().__init__()
        self.said: list[str] = []
        register_themes(self)
        self.theme = "bulltui-dark"

    def compose(self) -> ComposeResult:
        yield StateTabs(TABS, "failed")

    @on(StateTabs.TabSelected)
    def note(self, message: StateTabs.TabSelected) -> None:
        self.said.append(message.tab)


async def test_wide_shows_all_and_brackets_the_selected() -> None:
    app = Line()
    async with app.run_test(size=(110, 3)) as pilot:
        assert screen_text(app)[0] == (
            " waiting 1,204  active 8  prioritized 3  delayed 40  children 2  completed 98k [failed 312]"
        )
        await pilot.click(StateTabs, offset=(18, 0))
        assert app.said == ["active"]
        assert "[active 8]" in screen_text(app)[0]
        save_picture(app, "tabs")
        app.query_one(StateTabs).select_beside(-2)
        await pilot.pause()
        assert app.said == ["active", "failed"]


@pytest.mark.parametrize("width", [8, 15, 30, 60, 75, 90])
@pytest.mark.parametrize("selected", [tab.id for tab in TABS])
async def test_narrow_keeps_the_selected_in_sight(width: int, selected: str) -> None:
    app = Line()
    async with app.run_test(size=(width, 2)) as pilot:
        app.query_one(StateTabs).select(selected)
        await pilot.pause()
        line = screen_text(app)[0]
        assert len(line) <= width
        tab = next(tab for tab in TABS if tab.id == selected)
        if tab.width + 2 <= width:
            assert f"[{tab.label} {tab.count}]" in line
        seats = seat(TABS, selected, width)
        assert seats[-1].x + seats[-1].tab.width <= max(width, tab.width + 1)


async def test_the_sign_of_more_goes_on() -> None:
    app = Line()
    async with app.run_test(size=(40, 2)) as pilot:
        assert screen_text(app)[0].startswith("‹")
        await pilot.click(StateTabs, offset=(0, 0))
        assert app.said == ["completed"]


async def test_other_tabs_keep_the_selection() -> None:
    app = Line()
    async with app.run_test(size=(80, 2)):
        tabs = app.query_one(StateTabs)
        tabs.update([replace(tab, count="0") for tab in TABS])
        assert tabs.selected == "failed"
        tabs.update(TABS[:2])
        assert tabs.selected == "waiting"
        assert not app.said
