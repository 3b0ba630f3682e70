"""Values that are hidden by `redact`: how they look, and that a job is not edited without them."""

import pytest
from redis import Redis

from bulltui.config.settings import Settings
from bulltui.demo.server import EmbeddedServer
from bulltui.domain.redaction import MASK
from bulltui.domain.states import JobState
from bulltui.tui.app import BulltuiApp
from bulltui.tui.screens.main import MainScreen
from bulltui.tui.widgets.json_lines import JsonLine, Kind, line_pieces
from bulltui.wiring import open_runtime
from tests.conftest import url_for
from tests.tui.fakes import FakeQueue, failed, stage, until
from tests.tui.hurry import painted_at_the_end
from tests.tui.support import screen_text

SHOP = {"pay": FakeQueue({JobState.FAILED: [failed(1, data=f'{{"card":"{MASK}","amount":3}}')]})}


def test_a_hidden_value_does_not_look_like_a_value_of_the_job() -> None:
    def looks(value: str) -> list[tuple[str, object]]:
        return [*line_pieces(JsonLine(Kind.VALUE, 1, (), "card", value, False), 60)]

    assert (MASK, "delayed italic") in looks(MASK)
    assert ('"▒ redacted it"', "syntax-string") in looks("▒ redacted it")


async def test_a_job_with_hidden_values_is_not_edited(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("EDITOR", "false")
    async with stage(SHOP, settings=Settings(redact=("data.card",))) as on:
        await on.press("enter", "enter", "left_square_bracket")
        assert "card: ▒ redacted" in on.text.replace('"', "")
        await on.press("e")
        assert isinstance(on.app.screen, MainScreen)
        said = " ".join(" ".join(one.message.split()) for one in on.app._notifications)
        assert "values of it are hidden by `redact`" in said


async def test_no_secret_is_on_the_screen_of_a_real_server(server: EmbeddedServer, raw: Redis) -> None:
    secret = "4111-secret-canary"
    raw.hset("bull:pay:meta", "opts.maxLenEvents", "10000")
    raw.hset("bull:pay:1", mapping={"name": "charge", "data": f'{{"card":"{secret}"}}', "opts": "{}", "timestamp": "1"})
    raw.zadd("bull:pay:failed", {"1": 1})
    settings = Settings(url=url_for(server), refresh_s=0.2, redact=("data.card",))
    async with open_runtime(settings) as runtime:
        app = BulltuiApp(runtime)
        async with painted_at_the_end(), app.run_test(size=(140, 40)) as pilot:
            await until(pilot, lambda: app.settled, seconds=15)
            await pilot.press("enter", "enter")
            seen = ""
            for _ in range(7):
                await until(pilot, lambda: app.settled, seconds=15)
                seen += "\n".join(screen_text(app))
                await pilot.press("right_square_bracket")
    assert "▒ redacted" in seen
    assert secret not in seen
