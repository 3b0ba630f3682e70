"""Looking at a running app as a person would: lines of text, or a picture."""

import os
from pathlib import Path
from typing import Any

from textual.app import App
from textual.strip import Strip


def screen_strips(app: App[Any]) -> list[Strip]:
    """The whole screen as it would be painted now."""
    width, height = app.size
    return [strip.crop(0, width) for strip in app.screen._compositor.render_strips()[:height]]


def screen_text(app: App[Any]) -> list[str]:
    """The lines of the screen, without the spaces at their ends."""
    return [strip.text.rstrip() for strip in screen_strips(app)]


def save_picture(app: App[Any], name: str) -> None:
    """Save the screen as SVG into the folder that BULLTUI_PICTURES names; nothing without it."""
    folder = os.environ.get("BULLTUI_PICTURES")
    if folder:
        Path(folder).mkdir(parents=True, exist_ok=True)
        # Without this librsvg drops spaces at the ends of texts, and columns are no longer straight.
        picture = app.export_screenshot().replace("<text ", '<text xml:space="preserve" ')
        (Path(folder) / f"{name}.svg").write_text(picture, encoding="utf-8")
