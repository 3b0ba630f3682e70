"""The screen on several servers, and going from one to others: all of it is there, and nothing of it stays."""

import asyncio
import gc
import time
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from redis import Redis
from textual.app import App

from bulltui.config.settings import KnownProfile, Settings
from bulltui.demo.server import EmbeddedServer
from bulltui.domain.errors import UsageError
from bulltui.ledger.remembered import Remembered
from bulltui.tui.app import BulltuiApp
from bulltui.tui.picker import PickerApp
from bulltui.tui.run import Session
from bulltui.tui.screens.profiles import ProfilesScreen
from bulltui.tui.switch import Switch
from bulltui.wiring import open_runtime
from tests.conftest import url_for
from tests.fleet.conftest import US, both, fill
from tests.thorough import tried
from tests.tui.fakes import until
from tests.tui.support import screen_text

SWITCHES = tried(50, 12)


def text(app: App[Any]) -> str:
    return "\n".join(screen_text(app))


async def test_queues_of_both_are_shown_with_their_server_and_one_may_go_away(
    server: EmbeddedServer, own: EmbeddedServer, eu: Redis, tmp_path: Path
) -> None:
    fill(eu, "mail", "1", "2")
    with Redis.from_url(f"{own.url}/0") as raw:
        fill(raw, "mail", "7")
    async with open_runtime(both(url_for(server), f"{own.url}/0", tmp_path)) as runtime:
        app = BulltuiApp(runtime)
        async with app.run_test(size=(140, 40)) as pilot:
            await until(pilot, lambda: "eu/mail" in text(app) and "us/mail" in text(app), seconds=10)
            own.kill()
            await until(pilot, lambda: any(one.health.message for one in runtime.bus.last.servers), seconds=10)
            fill(eu, "fresh", "5")
            await pilot.press("ctrl+r")
            await until(pilot, lambda: "eu/fresh" in text(app), seconds=10)
            assert "us/mail" in text(app)
            own.restart()
            await until(pilot, lambda: not any(one.health.message for one in runtime.bus.last.servers), seconds=20)


def connections(raw: Redis) -> int:
    """How many connections of ours the server has."""
    return sum(client["name"] == "bulltui" for client in raw.client_list())


def open_files() -> int:
    return sum(1 for _ in Path("/proc/self/fd").iterdir())


class Ledger:
    """What is there each time that one screen has ended and the next has not begun."""

    def __init__(self, raw: Redis, alone: Settings, fleet: Settings) -> None:
        self._raw = raw
        self._ways = {1: alone, 2: fleet}
        self.tasks: list[int] = []
        self.files: list[int] = []
        self.connections: list[int] = []

    def of(self, names: tuple[str, ...]) -> Settings:
        """Settings of profiles; it is asked between two screens."""
        if len(self.tasks) % 10 == 0:
            gc.collect()
        self.tasks.append(len(asyncio.all_tasks()))
        self.files.append(open_files())
        deadline = time.monotonic() + 5
        while connections(self._raw) and time.monotonic() < deadline:
            time.sleep(0.001)  # the server notices a moment later
        self.connections.append(connections(self._raw))
        return self._ways[len(names)]

    def check(self) -> None:
        """Raises AssertionError where something stays."""
        assert set(self.connections) == {0}
        for counted in (self.tasks, self.files):
            assert max(counted[-5:]) <= max(counted[1:4]) + 1, counted


@pytest.fixture
def ledger(server: EmbeddedServer, eu: Redis, us: Redis, tmp_path: Path) -> Ledger:
    """Over one server alone, and over both."""
    fill(eu, "mail", "1")
    fill(us, "pay", "1")
    fleet = both(url_for(server), url_for(server, database=US), tmp_path)
    return Ledger(eu, replace(fleet.fleet[0], label=""), fleet)


def switch(done: int, most: int) -> Switch | None:
    """To both and back, so often."""
    return None if done > most else Switch(("eu", "us") if done % 2 else ("eu",))


async def test_fifty_switches_leave_no_connection_task_or_file(ledger: Ledger) -> None:
    done = 0

    async def show(app: App[Switch | None]) -> Switch | None:
        nonlocal done
        assert isinstance(app, BulltuiApp)
        runtime = app._runtime
        polling = asyncio.create_task(runtime.poller.run())
        wanted = {"eu", "us"} if done % 2 else {""}
        async with asyncio.timeout(10):
            while {row.ref.server for row in runtime.bus.last.rows} != wanted:
                await asyncio.sleep(0.005)
            refs = [row.ref for row in runtime.bus.last.rows]
            await runtime.events.read(await runtime.events.tails(refs), wait_ms=5, limit=10)
        polling.cancel()
        await asyncio.gather(polling, return_exceptions=True)
        done += 1
        return switch(done, SWITCHES)

    assert await Session(ledger.of(("eu",)), ledger.of).run(show) == 0
    assert done == SWITCHES + 1
    ledger.of(("eu",))
    ledger.check()


async def test_a_screen_that_is_left_for_another_is_gone(ledger: Ledger) -> None:
    done = 0

    async def show(app: App[Switch | None]) -> Switch | None:
        nonlocal done
        async with app.run_test(size=(100, 30)) as pilot:
            wanted = ("eu/mail", "us/pay") if done % 2 else ("mail",)
            await until(pilot, lambda: all(name in text(app) for name in wanted), seconds=15)
            done += 1
            app.exit(switch(done, 6))
        return app.return_value

    assert await Session(ledger.of(("eu",)), ledger.of).run(show) == 0
    assert done == 7
    ledger.of(("eu",))
    ledger.check()
    gc.collect()
    assert sum(isinstance(one, BulltuiApp) for one in gc.get_objects()) <= 2


async def test_the_theme_that_was_chosen_goes_along_and_is_there_in_the_next_run(
    server: EmbeddedServer, eu: Redis, tmp_path: Path
) -> None:
    fill(eu, "mail", "1")
    good = Settings(url=url_for(server), state_folder=str(tmp_path), refresh_s=0.2)
    themes: list[str] = []

    async def show(app: App[Switch | None]) -> Switch | None:
        async with app.run_test(size=(100, 30)) as pilot:
            await until(pilot, lambda: "mail" in text(app), seconds=10)
            themes.append(app.theme)
            if len(themes) == 1:
                await pilot.press("t")
                await until(pilot, lambda: app.theme == "bulltui-light")
            app.exit(Switch(("us",)) if len(themes) == 1 else None)
        return app.return_value

    # What the next profile says of its colours is not what one has just asked for.
    assert await Session(good, lambda _: replace(good, theme="dark")).run(show) == 0
    assert themes == ["bulltui-dark", "bulltui-light"]
    assert await Session(good, lambda _: good).run(show) == 0
    assert themes[-1] == "bulltui-light"
    assert await Session(replace(good, theme="dark"), lambda _: good).run(show) == 0
    assert themes[-1] == "bulltui-dark"  # what one is told outright


async def test_a_folder_that_is_refused_keeps_no_screen_from_opening(
    server: EmbeddedServer, eu: Redis, tmp_path: Path
) -> None:
    fill(eu, "mail", "1")
    tmp_path.chmod(0o777)
    shown: list[str] = []

    async def show(app: App[Switch | None]) -> Switch | None:
        async with app.run_test(size=(100, 30)) as pilot:
            await until(pilot, lambda: "mail" in text(app), seconds=10)
            await pilot.press("t")
            await until(pilot, lambda: app.theme == "bulltui-light")
            shown.append(app.theme)
            app.exit(None)
        return app.return_value

    assert await Session(Settings(url=url_for(server), state_folder=str(tmp_path)), lambda _: Settings()).run(show) == 0
    assert shown == ["bulltui-light"]


async def test_the_choice_of_a_server_has_the_theme_that_is_remembered(
    server: EmbeddedServer, eu: Redis, tmp_path: Path
) -> None:
    await Remembered(tmp_path).set_theme("bulltui-light")
    start = Settings(state_folder=str(tmp_path), known=(KnownProfile("eu", "redis://127.0.0.1"),))
    themes: list[str] = []

    async def show(app: App[Switch | None]) -> Switch | None:
        themes.append(app.theme)
        return None

    assert not await Session(start, lambda _: start).choose(show)
    assert themes == ["bulltui-light"]


async def test_what_cannot_be_opened_leads_back_with_the_reason(
    server: EmbeddedServer, eu: Redis, tmp_path: Path
) -> None:
    fill(eu, "mail", "1")
    known = (KnownProfile("eu", "redis://127.0.0.1"), KnownProfile("bad", "nonsense://there"))
    good = Settings(url=url_for(server), state_folder=str(tmp_path), refresh_s=0.2, known=known, profile="eu")
    answers = iter([Switch(("bad",)), Switch(("lost",)), None])
    notices: list[str] = []

    def of(names: tuple[str, ...]) -> Settings:
        if names == ("lost",):
            raise UsageError("The profile lost needs $PASSWORD, which is not set.")
        return replace(good, url="nonsense://there", profile="bad")

    async def show(app: App[Switch | None]) -> Switch | None:
        async with app.run_test(size=(120, 30)) as pilot:
            await until(pilot, lambda: "mail" in text(app), seconds=10)
            if notices or len(answers_given):
                await until(pilot, lambda: isinstance(app.screen, ProfilesScreen), seconds=10)
                await pilot.pause()
                notices.append(text(app))
                await pilot.press("escape")
            answers_given.append(1)
            app.exit(next(answers))
        return app.return_value

    answers_given: list[int] = []
    assert await Session(good, of).run(show) == 0
    assert "nonsense://there" in notices[0]
    assert "$PASSWORD" in notices[1]


async def test_where_nothing_says_which_server_one_is_asked(server: EmbeddedServer, eu: Redis, tmp_path: Path) -> None:
    fill(eu, "mail", "1")
    good = Settings(url=url_for(server), state_folder=str(tmp_path), refresh_s=0.2, profile="eu")
    start = Settings(known=(KnownProfile("eu", "redis://127.0.0.1"),))
    shown: list[type] = []

    async def show(app: App[Switch | None]) -> Switch | None:
        shown.append(type(app))
        async with app.run_test(size=(100, 30)) as pilot:
            if isinstance(app, PickerApp):
                await until(pilot, lambda: isinstance(app.screen, ProfilesScreen), seconds=10)
                await pilot.press("enter")
            else:
                await until(pilot, lambda: "mail" in text(app), seconds=10)
                app.exit(None)
        return app.return_value

    session = Session(start, lambda _: good)
    assert await session.choose(show)
    assert await session.run(show) == 0
    assert shown == [PickerApp, BulltuiApp]


async def test_the_first_ones_that_cannot_be_opened_are_an_error() -> None:
    with pytest.raises(UsageError):
        await Session(Settings(url="nonsense://there"), lambda _: Settings()).run(_never)


async def _never(app: App[Any]) -> None:
    raise AssertionError(app)
