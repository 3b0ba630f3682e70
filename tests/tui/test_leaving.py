"""While the app ends its parts go one after the other: what is shown later has nowhere to go, and that is no error."""

import pytest
from textual.css.query import NoMatches

from bulltui.tui.screens.events import EventsScreen
from tests.tui.fakes import shop, stage


async def test_a_screen_without_parts_shows_nothing() -> None:
    async with stage(shop()) as on:
        await on.press("L")
        screen = on.app.screen
        assert isinstance(screen, EventsScreen)
        on.app.exit()
        await screen.remove_children()
        screen._show()


@pytest.mark.parametrize("ends", [True, False])
async def test_a_fault_of_ours_is_told_as_long_as_the_app_runs(ends: bool) -> None:
    app = None
    try:
        async with stage(shop()) as on:
            app = on.app
            if ends:
                app.exit()
            app._handle_exception(NoMatches("a table that is gone"))
    except NoMatches:
        assert not ends
    assert app is not None
    assert (app._exception is None) is ends
