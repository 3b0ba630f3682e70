"""Runs the TUI on a terminal, or one frame of it without one."""

import asyncio
import time
from collections.abc import Sequence

from textual.pilot import Pilot

from bulltui.config.settings import Settings
from bulltui.tui.app import BulltuiApp

_PATIENCE_S = 10.0
_LOOK_S = 0.02


def run(settings: Settings, *, demo_note: str = "") -> int:
    """Shows the TUI until it is left; the exit code. Raises UsageError for a URL that cannot be read."""
    return asyncio.run(_run(settings, demo_note))


async def _run(settings: Settings, note: str) -> int:
    from bulltui.wiring import open_runtime

    async with open_runtime(settings) as runtime:
        app = BulltuiApp(runtime, note=note)
        await app.run_async()
        return app.return_code or 0


async def snapshot(settings: Settings, *, width: int, height: int, svg: bool, keys: Sequence[str] = ()) -> str:
    """The screen as text, or as SVG, once the first complete counts are there and `keys` were pressed."""
    from bulltui.wiring import open_runtime

    async with open_runtime(settings) as runtime:
        app = BulltuiApp(runtime)
        async with app.run_test(size=(width, height)) as pilot:
            await _settle(app, pilot)
            for key in keys:
                await pilot.press(key)
                await _settle(app, pilot)
            return app.export_screenshot(title="bulltui") if svg else screen_text(app)


async def _settle(app: BulltuiApp, pilot: Pilot[None]) -> None:
    """Waits until what is on the screen is read, at most for a while: a server that is away is shown as such."""
    deadline = time.monotonic() + _PATIENCE_S
    quiet = 0
    while quiet < 2 and time.monotonic() < deadline:
        await pilot.pause(_LOOK_S)
        quiet = quiet + 1 if app.settled else 0


def screen_text(app: BulltuiApp) -> str:
    """The lines of the screen without the spaces at their ends."""
    # Textual has no public way to the text of a screen but an SVG made of it.
    strips = app.screen._compositor.render_strips()
    return "\n".join(strip.text.rstrip() for strip in strips)
