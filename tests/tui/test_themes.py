"""Our themes: every token readable, in each theme, and a meaning for each token in themes that are not ours."""

import os
from unittest.mock import patch

import pytest
from rich.color import Color
from rich.style import Style
from textual.app import App, ComposeResult
from textual.theme import BUILTIN_THEMES, Theme
from textual.widgets import Static

from bulltui.tui.themes import (
    DARK,
    LIGHT,
    TOKENS,
    contrast,
    faded,
    palette_of,
    register_themes,
    style_of,
    token_defaults,
    upon,
)
from tests.tui.support import screen_strips

GROUNDS = ("background", "surface", "block-cursor-background", "block-cursor-blurred-background")


class Themed(App[None]):
    CSS = "Static { color: $failed; }"

    def __init__(self) -> None:
        super().__init__()
        register_themes(self)
        self.theme = "bulltui-dark"

    def get_theme_variable_defaults(self) -> dict[str, str]:
        return token_defaults(self.current_theme)

    def compose(self) -> ComposeResult:
        yield Static("failed")


@pytest.mark.parametrize("theme", [DARK, LIGHT], ids=lambda theme: theme.name)
@pytest.mark.parametrize("token", [*TOKENS, "foreground", "foreground-muted", "accent", "error", "success"])
def test_tokens_are_readable_on_every_background(theme: Theme, token: str) -> None:
    variables = {**theme.to_color_system().generate(), **theme.variables}
    for ground in GROUNDS:
        assert contrast(Color.parse(variables[token]), Color.parse(variables[ground])) >= 4.5, ground


@pytest.mark.parametrize("theme", [DARK, LIGHT], ids=lambda theme: theme.name)
def test_stale_text_can_still_be_read(theme: Theme) -> None:
    for token in TOKENS:
        style = faded(Style(color=theme.variables[token], bgcolor=theme.background))
        assert style.color is not None
        assert style.bgcolor is not None
        assert contrast(style.color, style.bgcolor) >= 3


def test_contrast_is_that_of_wcag() -> None:
    assert contrast(Color.parse("#000000"), Color.parse("#ffffff")) == pytest.approx(21)
    assert contrast(Color.parse("#767676"), Color.parse("#ffffff")) == pytest.approx(4.54, abs=0.01)


def test_what_could_not_be_read_takes_the_colour_of_its_background() -> None:
    base = Style(color="#ffffff", bgcolor="#0178d4")
    assert upon(base, Style(color="#d17e92")).color == base.color
    assert upon(base, Style(color="#ffff00")).color != base.color


@pytest.mark.parametrize("name", sorted(BUILTIN_THEMES))
async def test_every_theme_has_every_token(name: str) -> None:
    app = Themed()
    async with app.run_test(size=(20, 3)) as pilot:
        app.theme = name
        await pilot.pause()
        assert all(style_of(app, token).color is not None for token in TOKENS)
        failed = screen_strips(app)[0].text
        assert failed.startswith("failed")


async def test_a_palette_lives_as_long_as_its_theme() -> None:
    app = Themed()
    async with app.run_test(size=(20, 3)) as pilot:
        palette = palette_of(app)
        assert palette_of(app) is palette
        assert palette.style("failed").color == Color.parse(DARK.variables["failed"])
        assert palette.style("failed bold").bold
        assert palette.style("no-such-token") == Style.null()
        app.theme = "bulltui-light"
        await pilot.pause()
        assert style_of(app, "failed").color == Color.parse(LIGHT.variables["failed"])


@pytest.mark.parametrize("theme", ["bulltui-dark", "bulltui-light"])
async def test_without_colour_text_is_still_readable(theme: str) -> None:
    with patch.dict(os.environ, {"NO_COLOR": "1"}):
        app = Themed()
    assert app.no_color
    async with app.run_test(size=(20, 3)) as pilot:
        app.theme = theme
        await pilot.pause()
        style = next(iter(screen_strips(app)[0])).style
        assert style is not None
        assert style.color is not None
        assert style.bgcolor is not None
        red, green, blue = style.color.get_truecolor()
        assert red == green == blue
        assert contrast(style.color, style.bgcolor) >= 4.5
