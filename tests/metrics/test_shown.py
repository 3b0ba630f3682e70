"""Where Prometheus is answered, on the screen."""

from dataclasses import replace

import pytest

from bulltui.domain.listening import Listening
from bulltui.tui.present.line import Pieces
from bulltui.tui.present.listening import listening_lines
from bulltui.tui.widgets.cells import width_of
from tests.tui.fakes import shop, stage

OPEN = Listening("http://0.0.0.0:2855", "The metrics are served at 0.0.0.0 to whoever can reach it.")


def text(lines: list[Pieces]) -> str:
    return " ".join(" ".join("".join(piece for piece, _ in line) for line in lines).split())


@pytest.mark.parametrize("width", [40, 60, 79, 140])
def test_it_fits(width: int) -> None:
    for listening in (Listening(), OPEN, replace(OPEN, warning="")):
        assert all(sum(width_of(piece) for piece, _ in line) <= width for line in listening_lines(listening, width))


def test_it_says_where_and_what_is_unwise_or_how_to_begin() -> None:
    assert "✓ http://0.0.0.0:2855/metrics" in text(listening_lines(OPEN, 100))
    assert "✖ The metrics are served at 0.0.0.0 to whoever" in text(listening_lines(OPEN, 100))
    assert "--metrics-port PORT" in text(listening_lines(Listening(), 100))


async def test_the_server_screen_has_it() -> None:
    async with stage(shop()) as shown:
        shown.runtime.listening = OPEN
        await shown.press("I", "G")
        assert "http://0.0.0.0:2855/metrics" in shown.text
