"""Choosing another server."""

import asyncio

import pytest
from textual.app import App

from bulltui.config.settings import KnownProfile, Settings
from bulltui.tui.picker import PickerApp
from bulltui.tui.present import profiles as present
from bulltui.tui.screens.leave import LeaveScreen
from bulltui.tui.screens.main import MainScreen
from bulltui.tui.screens.profiles import ProfilesScreen
from bulltui.tui.switch import Switch
from tests.tui.fakes import hurried, shop, stage, until
from tests.tui.support import screen_text

KNOWN = (
    KnownProfile("eu", "rediss://ops@eu.example:6380", production=True, role="operator"),
    KnownProfile("us", "redis+sentinel://a,b/main", read_only=True),
    KnownProfile("dev", "redis://127.0.0.1:6379"),
)
SETTINGS = Settings(profile="eu", known=KNOWN)


@pytest.mark.parametrize("size", [(60, 16), (80, 24), (140, 40)])
async def test_one_sees_what_to_know_before(size: tuple[int, int]) -> None:
    async with stage(shop(), size, SETTINGS) as on:
        await on.press("O")
        assert isinstance(on.app.screen, ProfilesScreen)
        for known in ("eu", "PRODUCTION", "operator", "read-only", "dev", "open now"):
            assert known in on.text, known


async def ends(app: App[Switch | None], key: str) -> Switch | None:
    """Presses a key by which the app ends: what it ends with."""
    app.simulate_key(key)
    for _ in range(1000):
        if app._exit:
            break
        await asyncio.sleep(0.01)
    assert app._exit
    return app.return_value


async def test_enter_opens_what_is_under_the_cursor() -> None:
    async with stage(shop(), settings=SETTINGS) as on:
        await on.press("O", "down")
        assert await ends(on.app, "enter") == Switch(("us",))


async def test_typing_finds_and_space_marks_several() -> None:
    async with stage(shop(), settings=SETTINGS) as on:
        await on.press("O")
        await on.type("redis:")
        assert "sentinel" not in on.text
        await on.press("space", *["backspace"] * 6, "space")
        assert "opens the 2 marked together" in on.text
        assert await ends(on.app, "enter") == Switch(("eu", "dev"))


async def test_what_is_open_is_not_opened_again() -> None:
    async with stage(shop(), settings=SETTINGS) as on:
        await on.press("O", "enter")
        assert isinstance(on.app.screen, MainScreen)
        assert not on.app._exit
        await on.press("O", "escape")
        assert isinstance(on.app.screen, MainScreen)


async def test_one_is_asked_while_an_action_runs() -> None:
    async with stage(shop(), settings=SETTINGS) as on:
        on.runtime.runner.gate.clear()
        await on.press("R", "right", "enter")
        await on.press("O", "down", "enter")
        assert isinstance(on.app.screen, LeaveScreen)
        await on.press("enter")
        assert not on.app._exit
        await on.press("O", "down", "enter")
        assert await ends(on.app, "y") == Switch(("us",))
        assert on.runtime.runner.cancelled


async def test_without_profiles_it_says_how_to_have_some() -> None:
    async with stage(shop()) as on:
        await on.press("O")
        assert "bulltui config init" in on.text
        await on.press("enter", "escape")
        assert isinstance(on.app.screen, MainScreen)


async def test_an_app_of_the_choice_alone() -> None:
    app = PickerApp(KNOWN, notice="The variable EU_PASSWORD is not set.")
    async with hurried(), app.run_test(size=(80, 24)) as pilot:
        said = "✖ The variable EU_PASSWORD is not set."
        await until(pilot, lambda: said in "\n".join(screen_text(app)), "the notice is not shown")
        await pilot.press("down")
        assert await ends(app, "enter") == Switch(("us",))


async def test_leaving_the_choice_leaves() -> None:
    app = PickerApp(KNOWN)
    async with hurried(), app.run_test(size=(80, 24)) as pilot:
        await pilot.pause()
        assert await ends(app, "escape") is None


def test_profiles_are_found_by_all_that_is_said_of_them() -> None:
    def names(query: str) -> list[str]:
        return [one.name for one in present.chosen(query, KNOWN)]

    assert names("") == ["eu", "us", "dev"]
    assert names("PROD") == ["eu"]
    assert names("sentinel") == ["us"]
    assert names("read-only") == ["us"]
    assert names("nothing") == []
