"""The loop of `bulltui monitor`: everything runs until a signal, and what matters becomes a line."""

import asyncio
import os
import signal
import sys
import threading
import time
from collections.abc import AsyncIterator, Callable, Coroutine, Iterator, Sequence
from contextlib import AsyncExitStack, asynccontextmanager, contextmanager, suppress
from typing import TYPE_CHECKING, Any

from bulltui import __version__
from bulltui.cli.monitor_log import Log, LogForm
from bulltui.cli.sd_notify import Supervisor
from bulltui.config.history import LOCAL
from bulltui.config.settings import Settings
from bulltui.domain.errors import BulltuiError
from bulltui.services.polling import poll_forever
from bulltui.services.watch.news import Level, News, Newsroom

if TYPE_CHECKING:
    from bulltui.wiring import Runtime

LOOK_S = 1.0
"""How often it is looked what there is to tell."""
STATE_ROUNDS = 10
"""Every so many of these looks it is looked who writes the history."""
PAST = 200
"""So many alerts that are over are looked through."""
ASK_S = 10.0
"""How long the files of both are waited for."""
END_S = 1.3
"""After a signal what runs has this long to end in order,"""
LAST_S = 1.9
"""and after so long the process is gone in any case."""


class Monitor:
    """Runs with the settings of the start, and on SIGHUP with those that `read` gives then."""

    def __init__(self, settings: Settings, read: Callable[[], Settings], form: LogForm = LogForm.TEXT) -> None:
        self._settings = settings
        self._read = read
        self._log = Log(form)
        self._supervisor = Supervisor()
        self._signalled = asyncio.Event()
        self._ends = False

    async def run(self) -> int:
        """Until a signal ends it; the exit code. Raises BulltuiError for what cannot be begun."""
        before: Settings | None = None
        with self._signals():
            async with _beside(self._beats()):
                while not self._ends:
                    try:
                        await self._watch(self._settings)
                    except BulltuiError as error:
                        if before is None:
                            raise
                        self._refuse(error)
                        self._settings, before = before, None
                        continue
                    before = self._settings
                    if not self._ends:
                        self._read_anew()
        return 0

    async def _watch(self, settings: Settings) -> None:
        """With these settings, until a signal."""
        from bulltui.wiring import open_runtime, serve_metrics

        self._signalled.clear()
        async with AsyncExitStack() as stack:
            runtime = await stack.enter_async_context(open_runtime(settings))
            watch = runtime.watch  # what cannot be used of the configuration is told at once
            listening = await stack.enter_async_context(serve_metrics(runtime))
            self._tell(_started(runtime, listening.address if listening else ""))
            if listening and listening.warning:
                self._tell(News("warning", listening.warning, Level.WARNING))
            newsroom, clock = Newsroom(), runtime.clock
            leave = runtime.bus.subscribe(lambda seen: self._tell(*newsroom.of_servers(seen, clock.now_ms())))
            stack.callback(leave)
            self._supervisor.say(READY=1, STATUS="Connecting.")
            works = (poll_forever(runtime.poller, runtime.bus, clock), watch.run(), self._look(runtime, newsroom))
            await self._until_signalled([asyncio.create_task(work) for work in works])
        self._tell(News("stopped", "Ended." if self._ends else "Begins anew with the configuration as it is now."))

    async def _until_signalled(self, tasks: Sequence["asyncio.Task[None]"]) -> None:
        signalled = asyncio.create_task(self._signalled.wait())
        try:
            await asyncio.wait((signalled, *tasks), return_when=asyncio.FIRST_COMPLETED)
            for task in tasks:
                if task.done():
                    task.result()  # none of them ends by itself, unless by a fault of ours
        finally:
            for one in (signalled, *tasks):
                one.cancel()
            await asyncio.wait((signalled, *tasks), timeout=END_S)

    def _read_anew(self) -> None:
        self._supervisor.say(RELOADING=1, MONOTONIC_USEC=time.monotonic_ns() // 1000)
        try:
            self._settings = self._read()
        except BulltuiError as error:
            self._refuse(error)

    def _refuse(self, error: BulltuiError) -> None:
        message = f"The configuration stays as it was: {error.message} {error.hint}".strip()
        self._tell(News("configuration", message, Level.ERROR))

    # --- what is told

    async def _look(self, runtime: "Runtime", newsroom: Newsroom) -> None:
        """Tells what is new, again and again."""
        failed, round_ = "", 0
        while True:
            self._tell(*newsroom.of_troubles(runtime.watch.problems))
            why = ""
            try:
                async with asyncio.timeout(ASK_S):
                    now, over = await runtime.alerts.alerts(), await runtime.alerts.past(limit=PAST)
                    self._tell(*newsroom.of_alerts(now, over))
                    asks = not newsroom.knows_writer or round_ % STATE_ROUNDS == 0
                    if asks and runtime.settings.watching.history.source == LOCAL:
                        self._tell(*newsroom.of_history(await runtime.history.state()))
            except BulltuiError as error:
                why = f"{error.message} {error.hint}".strip()
            except TimeoutError:
                why = f"The files of alerts and history did not answer within {ASK_S:g} s."
            if why and why != failed:
                self._tell(News("problem", why, Level.WARNING))
            failed, round_ = why, round_ + 1
            self._supervisor.say(STATUS=newsroom.status(runtime.bus.last))
            await runtime.clock.sleep(LOOK_S)

    def _tell(self, *news: News) -> None:
        for one in news:
            self._log.write(one, time.time_ns() // 1_000_000)

    # --- signals and who supervises

    async def _beats(self) -> None:
        every = self._supervisor.watchdog_s
        while every is not None:
            self._supervisor.say(WATCHDOG=1)
            await asyncio.sleep(every)

    @contextmanager
    def _signals(self) -> Iterator[None]:
        loop = asyncio.get_running_loop()
        # A terminal that is closed ends what ran on it; a service is told so to read its configuration.
        hang_up = self._end if sys.stderr.isatty() else self._signalled.set
        handlers = {signal.SIGTERM: self._end, signal.SIGINT: self._end, signal.SIGHUP: hang_up}
        for number, handler in handlers.items():
            loop.add_signal_handler(number, handler)
        try:
            yield
        finally:
            for number in handlers:
                loop.remove_signal_handler(number)

    def _end(self) -> None:
        if not self._ends:
            self._supervisor.say(STOPPING=1, STATUS="Ending.")
            last = threading.Timer(LAST_S, _leave)  # whatever a disk, a thread or a server does
            last.daemon = True
            last.start()
        self._ends = True
        self._signalled.set()


def _leave() -> None:
    os._exit(0)


def _started(runtime: "Runtime", metrics: str) -> News:
    where = {one.settings.label: one.reader.address for one in runtime.servers}
    names = [f"{label} ({address})" if label else address for label, address in where.items()]
    servers = [label or address for label, address in where.items()]
    history = runtime.settings.watching.history
    kept = "no history" if not history.enabled else f"history {'kept here' if history.source == LOCAL else 'elsewhere'}"
    rules = len(runtime.alerts.rules)
    message = (
        f"bulltui {__version__} watches {', '.join(names)}; metrics {f'at {metrics}/metrics' if metrics else 'off'}, "
        f"{kept}, {rules} rule{'s' * (rules != 1)} of alerts."
    )
    return News("started", message, fields={"servers": servers, "metrics": metrics, "rules": rules})


@asynccontextmanager
async def _beside(work: Coroutine[Any, Any, None]) -> AsyncIterator[None]:
    """Lets `work` run while it is entered."""
    task = asyncio.create_task(work)
    try:
        yield
    finally:
        task.cancel()
        with suppress(asyncio.CancelledError):
            await task
