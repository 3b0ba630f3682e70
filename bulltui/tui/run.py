"""Runs the TUI on a terminal, or one frame of it without one."""

import asyncio
import gc
import signal
import time
from collections.abc import Awaitable, Callable, Iterator, Sequence
from contextlib import AsyncExitStack, contextmanager
from functools import partial
from typing import TYPE_CHECKING

from bulltui.config.settings import Settings
from bulltui.domain.errors import BulltuiError, UsageError
from bulltui.domain.text import visible

if TYPE_CHECKING:
    from textual.app import App
    from textual.pilot import Pilot

    from bulltui.tui.app import BulltuiApp
    from bulltui.tui.runtime import Runtime
    from bulltui.tui.switch import Switch

_PATIENCE_S = 10.0
_LOOK_S = 0.02
_STARTED_S = 2.0

Of = Callable[[tuple[str, ...]], Settings]
"""Settings of the profiles of these names. Raises BulltuiError."""

Show = Callable[["App[Switch | None]"], Awaitable["Switch | None"]]
"""Shows an app until it ends; what it ends with."""


def run(settings: Settings, *, demo_note: str = "", of: Of | None = None, pick: bool = False) -> int:
    """Shows the TUI until it is left; the exit code. `of` gives the settings of profiles that a person chooses on the
    screen; with `pick` one is asked at once. Raises UsageError for a URL that cannot be read."""
    # Starting makes many objects and drops few: looking for garbage meanwhile takes a tenth of the time until the
    # first counts. What is there after the start stays, and need not be looked at again and again.
    gc.disable()
    try:
        return asyncio.run(_run(settings, demo_note, of, pick=pick))
    finally:
        gc.enable()


async def _run(settings: Settings, note: str, of: Of | None, *, pick: bool) -> int:
    session = Session(settings, of or _nowhere_else, note=note)
    if pick and not await session.choose(_show):
        return 0
    return await session.run(_show)


async def _show(app: "App[Switch | None]") -> "Switch | None":
    started = asyncio.get_running_loop().call_later(_STARTED_S, _started)
    try:
        with _ended_by_signals(app):
            return await app.run_async()
    finally:
        started.cancel()
        gc.unfreeze()  # another one may follow, and nothing of this one stays


class Session:
    """Screens one after the other, each on the servers that were chosen on the one before: all connections, tunnels and
    tasks of one are gone before the next begins."""

    def __init__(self, settings: Settings, of: Of, *, note: str = "") -> None:
        """`of` gives the settings of profiles by their names, or raises a BulltuiError."""
        self._settings = settings
        self._before: Settings | None = None  # where one goes back to if these cannot be opened
        self._of = of
        self._note = note
        self._notice: str | None = None
        self._asked = False
        self._theme = ""  # what a person changed to: it stays, whatever the servers

    async def choose(self, show: Show) -> bool:
        """Asks which servers to open before anything is; False where one left."""
        from bulltui.tui.picker import PickerApp

        self._asked = True
        while True:
            theme = self._theme or self._settings.theme or await _remembered_theme(self._settings)
            picker = PickerApp(self._settings.known, notice=self._notice or "", theme=theme)
            chosen = await show(picker)
            if chosen is None:
                return False
            self._go_to(chosen)
            if self._notice is None:
                self._before = None  # nothing was opened there
                return True

    async def run(self, show: Show) -> int:
        """Until one leaves; the exit code. Raises BulltuiError where the first ones cannot be opened."""
        from bulltui.tui.app import BulltuiApp
        from bulltui.wiring import open_runtime, serve_metrics

        while True:
            async with AsyncExitStack() as stack:
                try:
                    runtime = await stack.enter_async_context(open_runtime(self._settings))
                    listening = await stack.enter_async_context(serve_metrics(runtime, beside=True))
                except BulltuiError as error:
                    self._notice = _sentence(error)
                    if self._before is not None:
                        self._settings, self._before = self._before, None
                    elif not self._asked:
                        raise
                    elif not await self.choose(show):
                        return 0
                    continue
                theme = self._theme or self._settings.theme or await _remembered_theme(self._settings)
                app = BulltuiApp(runtime, note=self._note, picking=self._notice, theme=theme, warning=listening.warning)
                self._notice = None
                chosen = await show(app)
                self._theme = app.chosen_theme or self._theme
            if chosen is None:
                return app.return_code or 0
            self._go_to(chosen)

    def _go_to(self, chosen: "Switch") -> None:
        try:
            settings = self._of(chosen.profiles)
        except BulltuiError as error:
            self._notice = _sentence(error)
        else:
            self._settings, self._before, self._notice = settings, self._settings, None


async def _remembered_theme(settings: Settings) -> str:
    """Looked up before there is an app: one that is dark for a moment and then light would blink."""
    from bulltui.ledger.paths import state_folder
    from bulltui.ledger.remembered import Remembered

    remembered = Remembered(state_folder(settings.state_folder))
    await remembered.load()
    return remembered.theme


def _sentence(error: BulltuiError) -> str:
    return f"{error.message} {error.hint}".strip()


def _nowhere_else(names: tuple[str, ...]) -> Settings:
    raise UsageError(f"There is no profile {visible(', '.join(names))} here.", code="profile")


@contextmanager
def _ended_by_signals(app: "App[Switch | None]") -> Iterator[None]:
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

    app = BulltuiApp(runtime, watches=False)
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


async def _settle(app: "BulltuiApp", pilot: "Pilot[Switch | None]") -> None:
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
