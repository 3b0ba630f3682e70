"""Runs the TUI on a terminal, or one frame of it without one."""

import asyncio
import gc
import signal
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from functools import partial
from typing import TYPE_CHECKING

from bulltui.config.settings import Settings

if TYPE_CHECKING:
    from textual.pilot import Pilot

    from bulltui.tui.app import BulltuiApp
    from bulltui.tui.runtime import Runtime

_PATIENCE_S = 10.0
_LOOK_S = 0.02
_STARTED_S = 2.0


def run(settings: Settings, *, demo_note: str = "") -> int:
    """Shows the TUI until it is left; the exit code. Raises UsageError for a URL that cannot be read."""
    # Starting makes many objects and drops few: looking for garbage meanwhile takes a tenth of the time until the
    # first counts. What is there after the start stays, and need not be looked at again and again.
    gc.disable()
    try:
        return asyncio.run(_run(settings, demo_note))
    finally:
        gc.enable()


async def _run(settings: Settings, note: str) -> int:
    asyncio.get_running_loop().call_later(_STARTED_S, _started)
    from bulltui.tui.app import BulltuiApp
    from bulltui.wiring import open_runtime

    async with open_runtime(settings) as runtime:
        app = BulltuiApp(runtime, note=note)
        with _ended_by_signals(app):
            await app.run_async()
        return app.return_code or 0


@contextmanager
def _ended_by_signals(app: "BulltuiApp") -> Iterator[None]:
    """A hang-up or SIGTERM leaves the app as `q` does: what runs stops in order and is written down."""
    loop = asyncio.get_running_loop()
    numbers = (signal.SIGTERM, signal.SIGHUP)
    for number in numbers:
        loop.add_signal_handler(number, partial(app.exit, return_code=128 + number))
    try:
        yield
    finally:
        for number in numbers:
            loop.remove_signal_handler(number)


def _started() -> None:
    gc.freeze()
    gc.enable()


async def snapshot(settings: Settings, *, width: int, height: int, svg: bool, keys: Sequence[str] = ()) -> str:
    """The screen as text, or as SVG, once the first complete counts are there and `keys` were pressed."""
    from bulltui.wiring import open_runtime

    async with open_runtime(settings) as runtime:
        return await frame(runtime, width=width, height=height, svg=svg, keys=keys)


async def frame(runtime: "Runtime", *, width: int, height: int, svg: bool, keys: Sequence[str] = ()) -> str:
    """As `snapshot`, on a runtime that is there."""
    from bulltui.tui.app import BulltuiApp

    app = BulltuiApp(runtime)
    async with app.run_test(size=(width, height)) as pilot:
        await _settle(app, pilot)
        for key in keys:
            await pilot.press(key)
            await _settle(app, pilot)
        return picture(app) if svg else screen_text(app)


def picture(app: "BulltuiApp") -> str:
    """The screen as SVG."""
    # Without the attribute librsvg and others drop the spaces at the ends of texts: columns get crooked, words meet.
    return app.export_screenshot(title="bulltui").replace("<text ", '<text xml:space="preserve" ')


async def _settle(app: "BulltuiApp", pilot: "Pilot[None]") -> None:
    """Waits until what is on the screen is read, at most for a while: a server that is away is shown as such."""
    deadline = time.monotonic() + _PATIENCE_S
    quiet = 0
    while quiet < 2 and time.monotonic() < deadline:
        await pilot.pause(_LOOK_S)
        quiet = quiet + 1 if app.settled else 0


def screen_text(app: "BulltuiApp") -> str:
    """The lines of the screen without the spaces at their ends."""
    # Textual has no public way to the text of a screen but an SVG made of it.
    strips = app.screen._compositor.render_strips()
    return "\n".join(strip.text.rstrip() for strip in strips)
