"""A read-only session: every key and every command, and no write leaves the process."""

from pathlib import Path
from typing import Any

import pytest
from redis import Redis
from textual.pilot import Pilot

from bulltui.cli.app import run
from bulltui.config.settings import Settings
from bulltui.demo.server import EmbeddedServer
from bulltui.domain.registry import ACTIONS
from bulltui.tui.app import BulltuiApp
from bulltui.tui.panes.footer import active_hints
from bulltui.tui.screens.palette import possible
from bulltui.tui.switch import Switch
from bulltui.wiring import open_runtime
from tests.conftest import url_for
from tests.store.monitor import Monitor
from tests.tui.fakes import settle, until
from tests.tui.hurry import painted_at_the_end
from tests.tui.support import screen_text
from tests.tui.test_acting_real import fill

CHANGES = [
    "jobs retry q f0",
    "jobs remove q f0 --children",
    "jobs promote q d0",
    "jobs duplicate q w0",
    "jobs replay q f0 --data {}",
    "jobs reprioritize q w0 --priority 3",
    "jobs reschedule q d0 --in 5m",
    "jobs update-data q w0 --data {}",
    "jobs add-log q w0 --line hello",
    "jobs release q a0",
    "jobs fail q a0",
    "jobs remove-children q w0",
    "jobs add q charge --data {}",
    "queues pause q",
    "queues resume q",
    "queues drain q --delayed",
    "queues clean q --state completed --older-than 0s",
    "queues retry-all q",
    "queues promote-all q",
    "queues obliterate q --force",
    "queues concurrency q 3",
    "queues limit q --max 3 --per 1s",
    "queues clear-rate-limit q",
    "queues remove-deduplication q x",
    "queues trim-events q",
    "schedulers trigger q x",
    "schedulers remove q x",
]


_DEEPEST = 12
"""So many times Esc may be needed to come back to the main screen."""


async def _every_key(pilot: Pilot[Switch | None], app: BulltuiApp) -> None:
    """All keys of the registry at the jobs, all that change something at one job; a dialog that one opens is left."""
    changing = [key for action in ACTIONS for key in action.keys if action.writes]
    others = [key for action in ACTIONS for key in action.keys if action.id not in ("quit", "back", "pager", "save")]
    for keys in (others, ["7", *changing], ["4", *changing], ["7", "enter", *changing]):
        await pilot.press("escape", "escape", "escape", "enter")
        await settle(pilot)
        for key in keys:
            await pilot.press(key)
            await pilot.pause(0.005)
            if len(app.screen_stack) > 1:
                await pilot.press("enter", "y")
                await settle(pilot)
            for _ in range(_DEEPEST):
                if len(app.screen_stack) == 1:
                    break
                await pilot.press("escape")
                await settle(pilot)
            assert len(app.screen_stack) == 1, f"no way back from what {key} opens"


@pytest.mark.timeout(240)
async def test_no_write_leaves_a_read_only_session(
    server: EmbeddedServer, raw: Redis, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)  # what is saved or exported lands where one is
    fill(raw)
    before = {key: raw.dump(key) for key in raw.scan_iter()}
    settings = Settings(url=url_for(server), refresh_s=0.2, read_only=True, state_folder=str(tmp_path))
    with Monitor(server) as commands:
        async with open_runtime(settings) as runtime:
            app = BulltuiApp(runtime)
            async with painted_at_the_end(), app.run_test(size=(140, 40), notifications=True) as pilot:
                await until(pilot, lambda: app.settled, seconds=15)
                assert "READ-ONLY" in "\n".join(screen_text(app))
                offered = {hint.id for hint in active_hints(app.screen)}
                offered |= {command.id for command in possible(app.screen)}
                assert not offered & {action.id for action in ACTIONS if action.writes}
                await _every_key(pilot, app)
    assert {key: raw.dump(key) for key in raw.scan_iter()} == before
    assert len(commands) > 10
    flags: dict[str, Any] = raw.command()
    written = {words for words in commands if "write" in flags.get(words[0].lower(), {}).get("flags", ())}
    assert not written


def test_no_command_of_a_read_only_line_writes(
    server: EmbeddedServer, raw: Redis, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: Any
) -> None:
    monkeypatch.setenv("BULLTUI_STATE_DIR", str(tmp_path))
    fill(raw)
    before = {key: raw.dump(key) for key in raw.scan_iter()}
    with Monitor(server) as commands:
        for line in CHANGES:
            assert run(["-u", url_for(server), "--read-only", *line.split(), "--yes"]) == 5, line
            assert "read-only" in capsys.readouterr().err
    assert {key: raw.dump(key) for key in raw.scan_iter()} == before
    flags: dict[str, Any] = raw.command()
    assert not {words for words in commands if "write" in flags.get(words[0].lower(), {}).get("flags", ())}
