"""While the app ends its parts go one after the other: what is shown later has nowhere to go, and that is no error."""

import asyncio

import pytest
from textual.css.query import NoMatches

from bulltui.tui.screens.events import EventsScreen
from bulltui.tui.screens.main import MainScreen
from bulltui.tui.widgets.live_table import LiveTable
from tests.tui.fakes import shop, stage


async def test_a_timer_of_a_screen_whose_parts_are_gone() -> None:
    async with stage(shop()) as on:
        await on.press("L")
        screen = on.app.screen
        assert isinstance(screen, EventsScreen)
        on.app.exit()
        await screen.query_one(LiveTable).remove()
        screen.call_next(screen._show)
        await asyncio.sleep(0.05)
    assert on.app._exception is None
    assert not on.app.return_code


async def test_a_screen_without_parts_shows_nothing() -> None:
    async with stage(shop()) as on:
        await on.press("L")
        screen = on.app.screen
        assert isinstance(screen, EventsScreen)
        on.app.exit()
        await screen.remove_children()
        screen._show()


async def test_a_fault_of_ours_is_told_as_long_as_the_app_runs() -> None:
    with pytest.raises(NoMatches):
        async with stage(shop()) as on:
            screen = on.app.screen
            assert isinstance(screen, MainScreen)
            screen.call_next(lambda: screen.query_one("#nothing"))
            await asyncio.sleep(0.05)
