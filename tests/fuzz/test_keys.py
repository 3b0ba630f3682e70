"""Keys in any order on the screen: it goes on, and nothing harmful shows."""

import os
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bulltui.config.settings import Settings
from bulltui.domain.registry import ACTIONS
from tests.fuzz.telltale import CANARY, fuzzed, quiet
from tests.thorough import tried
from tests.tui.fakes import shop, stage

LEAVES = {"q", "ctrl+q", "ctrl+c", "ctrl+z", "v", "e"}
"""What ends the screen, stops the process, or lends the terminal to another program."""

OWN = sorted({key for action in ACTIONS for key in action.keys} - LEAVES)
KEYS = (
    st.sampled_from(OWN)
    | st.sampled_from(
        ["up", "down", "left", "right", "enter", "escape", "tab", "shift+tab", "pageup", "pagedown", "home"]
    )
    | st.sampled_from(
        ["end", "space", "backspace", "delete", "ctrl+u", "f1", "slash", "colon", "question_mark", "1", "9"]
    )
    | st.sampled_from(["a", "Z", "ä", "€", "asterisk", "left_square_bracket", "quotation_mark", "backslash"])
)


@settings(fuzzed, max_examples=tried(10, 3), deadline=None)
@given(st.lists(KEYS, min_size=50, max_size=50), st.sampled_from([(140, 40), (60, 16)]))
def test_any_keys(tmp_path_factory: pytest.TempPathFactory, keys: list[str], size: tuple[int, int]) -> None:
    import asyncio

    folder = tmp_path_factory.getbasetemp() / "keys"
    folder.mkdir(exist_ok=True)
    before = Path.cwd()
    os.chdir(folder)  # what is saved goes here

    async def press() -> str:
        own = Settings(url=f"redis://:{CANARY}@h", password=CANARY, state_folder=str(folder))
        seen = ""
        async with stage(shop(), size, settings=own) as on:
            for at in range(0, len(keys), 5):
                await on.pilot.press(*keys[at : at + 5])  # faster than a person
                await on.settle()
                if not on.app.is_running:
                    break
                seen += on.text
        return seen

    try:
        seen = asyncio.run(asyncio.wait_for(press(), 60))
    finally:
        os.chdir(before)
    quiet(seen)
    assert "\x1b" not in seen
    assert not [path for path in folder.rglob("*") if path.is_file() and CANARY.encode() in path.read_bytes()]
