"""The history is written and alerts are looked for while there is a screen, whatever becomes of them."""

import asyncio
import logging
from collections.abc import Callable, Iterable
from contextlib import suppress

from bulltui.domain.errors import BulltuiError
from bulltui.domain.secrets import hidden
from bulltui.domain.text import visible
from bulltui.tui.runtime import Runtime

_log = logging.getLogger(__name__)
RESTART_S = 2.0
START_S = 2.0
"""The first counts come first: it begins after them, or after so long without any."""


class Watching:
    """Lets the watch of a runtime run, and says by `warn` what cannot be done of it, each once while it lasts."""

    def __init__(self, runtime: Runtime, warn: Callable[[str], None], warnings: Iterable[str] = ()) -> None:
        self._runtime = runtime
        self._warn = warn
        self._warnings = tuple(warnings)
        self._troubles: frozenset[str] = frozenset()
        self._seen = asyncio.Event()
        self._running = False

    async def run(self) -> None:
        """Watches until cancelled."""
        with suppress(TimeoutError):
            async with asyncio.timeout(START_S):
                await self._seen.wait()
        self._running = True
        for warning in self._warnings:
            self._say(warning)
        for lack in self._runtime.settings.watching.missing:
            self._say(_sentence(lack))
        while True:
            try:
                await self._runtime.watch.run()
            except BulltuiError as error:
                self._say(_sentence(error))
                return
            except Exception as error:
                _log.exception("Watching stopped in an unexpected way")
                self._say(f"Watching stopped: {type(error).__name__}: {error}")
            await self._runtime.clock.sleep(RESTART_S)

    def look(self) -> None:
        """There was a refresh. Says what is wrong by now, and was not before."""
        self._seen.set()
        if not self._running:
            return
        troubles = frozenset(self._runtime.watch.problems)
        for trouble in sorted(troubles - self._troubles):
            self._say(trouble)
        self._troubles = troubles

    def _say(self, text: str) -> None:
        self._warn(visible(hidden(text)))


def _sentence(error: BulltuiError) -> str:
    return f"{error.message} {error.hint}".strip()
