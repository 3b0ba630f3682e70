"""While a change runs: a line that says how far it is, and Ctrl+C that stops it in good order."""

import asyncio
import os
import signal
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager, suppress
from functools import partial

from bulltui.cli.output import Out
from bulltui.cli.table import cut
from bulltui.domain.human import count, duration
from bulltui.domain.outcome import Progress
from bulltui.services.request import Cancel

_PACE_S = 0.1
_QUIET_S = 0.3
"""What takes less time than this needs no line."""

_SOFT = (signal.SIGTERM, signal.SIGHUP)


class ProgressLine:
    """One line that is written again and again, on a terminal only."""

    def __init__(self, out: Out, doing: str) -> None:
        self._out = out
        self._doing = doing
        self._next = time.monotonic() + _QUIET_S
        self._shown = False
        self.stopping = False

    def show(self, progress: Progress) -> None:
        """How far it is."""
        now = time.monotonic()
        if self._out.width is None or now < self._next:
            return
        self._next = now + _PACE_S
        self._shown = True
        text = cut(progress_text(self._doing, progress, stopping=self.stopping), self._out.width - 1)
        self._write(f"\r{text}\x1b[K")

    def clear(self) -> None:
        """Makes room for what came of it."""
        if self._shown:
            self._write("\r\x1b[K")
            self._shown = False

    def _write(self, text: str) -> None:
        with suppress(OSError):  # a terminal that is gone does not stop what runs
            self._out.stream.write(text)
            self._out.flush()


def progress_text(doing: str, progress: Progress, *, stopping: bool = False) -> str:
    """`Retrying: 12,400 of 98,000, 3.1k/s, 4.0s. Ctrl+C stops.`"""
    far = f"{progress.handled:,}" + (f" of {progress.total:,}" if progress.total is not None else "")
    skipped = f", {progress.skipped:,} skipped" if progress.skipped else ""
    pace = f", {count(int(progress.rate))}/s" if progress.rate >= 1 else ""
    step = f" ({progress.step})" if progress.step else ""
    end = "Stopping after what runs now." if stopping else "Ctrl+C stops."
    return f"{doing}{step}: {far}{skipped}{pace}, {duration(int(progress.elapsed_s * 1000))}. {end}"


@contextmanager
def stoppable(cancel: Cancel, line: ProgressLine, *, changes: bool = True) -> Iterator[None]:
    """Lets the first Ctrl+C, SIGTERM or hang-up ask `cancel`, so that the running chunk ends and is told of. The second
    Ctrl+C ends the process at once; where it `changes` something it says where to look then."""

    def stop(*, hard: bool) -> None:
        if cancel.asked and hard:
            _end_at_once(line, changes=changes)
        cancel.ask()
        line.stopping = True

    loop = asyncio.get_running_loop()
    with ExitStack() as handlers:
        handlers.enter_context(_handler(loop, signal.SIGINT, partial(stop, hard=True)))
        for number in _SOFT:
            handlers.enter_context(_handler(loop, number, partial(stop, hard=False)))
        yield


@contextmanager
def _handler(loop: asyncio.AbstractEventLoop, number: signal.Signals, act: Callable[[], None]) -> Iterator[None]:
    before = signal.getsignal(number)
    if before is signal.SIG_IGN:  # as under nohup: who started this wants it to go on
        yield
        return
    loop.add_signal_handler(number, act)
    try:
        yield
    finally:
        loop.remove_signal_handler(number)
        signal.signal(number, before)


def _end_at_once(line: ProgressLine, *, changes: bool) -> None:
    line.clear()
    with suppress(OSError):
        if changes:
            sys.stderr.write(
                "bulltui: Ended at once; how far it came is not known. `bulltui audit` shows what was meant.\n"
            )
        sys.stderr.flush()
        sys.stdout.flush()
    os._exit(130)
