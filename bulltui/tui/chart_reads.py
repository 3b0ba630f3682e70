"""Reads what charts show: one look at the history at a time, with the marks and the time it is compared with."""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass

from bulltui.domain.axes import back_by_days
from bulltui.domain.chart_view import Window
from bulltui.domain.charting import Ask, Chart, Mark, Measure
from bulltui.domain.errors import BulltuiError, UnreachableError
from bulltui.domain.queue import QueueRef
from bulltui.services.watch.protocols import HistoryState
from bulltui.tui.loader import Loader
from bulltui.tui.runtime import Runtime

_TIMEOUT_S = 15.0


@dataclass(frozen=True, slots=True)
class Wanted:
    """What is asked for: `compare_ms` is how far back the time of the comparison lies, 0 for none."""

    window: Window
    measures: tuple[Measure, ...]
    refs: tuple[QueueRef, ...]
    compare_ms: int = 0

    @property
    def ask(self) -> Ask:
        """The same as the history is asked."""
        window = self.window
        return Ask(self.measures, window.start_ms, window.end_ms, window.step_ms, self.refs)


@dataclass(frozen=True, slots=True)
class Known:
    """What was read, at a time (epoch ms). `problem` is why marks or the comparison are missing."""

    wanted: Wanted
    chart: Chart
    at_ms: int
    before: Chart | None = None
    marks: tuple[Mark, ...] = ()
    state: HistoryState | None = None
    problem: str = ""


class ChartReads:
    """The newest answer stays while another is being read, and when that fails. `changed` is called for each."""

    def __init__(self, runtime: Runtime, changed: Callable[[], None]) -> None:
        self._runtime = runtime
        self._changed = changed
        self._loader: Loader[Wanted, Known] = Loader(self._read, self._done, self._failed, timeout_s=2 * _TIMEOUT_S)
        self.known: Known | None = None
        self.error: BulltuiError | None = None

    @property
    def busy(self) -> bool:
        """Whether something is being read."""
        return self._loader.busy

    def ask(self, wanted: Wanted) -> None:
        """Reads; while another read runs, after it."""
        self._loader.ask(wanted)

    def close(self) -> None:
        """Forgets what is being read."""
        self._loader.drop()

    async def _read(self, wanted: Wanted) -> Known:
        history = self._runtime.history
        try:
            async with asyncio.timeout(_TIMEOUT_S):
                state = await history.state()
                chart = await history.chart(wanted.ask)
        except TimeoutError:
            raise UnreachableError(
                f"The history did not answer within {_TIMEOUT_S:g} s.",
                hint="Trying again by and by; a shorter span is read faster.",
                code="timeout",
            ) from None
        before: Chart | None = None
        marks: tuple[Mark, ...] = ()
        problem = ""
        window = wanted.window
        try:
            async with asyncio.timeout(_TIMEOUT_S):
                if wanted.compare_ms:
                    back_ms = back_by_days(window.end_ms, wanted.compare_ms, window.step_ms)
                    before = await history.chart(wanted.ask.earlier(back_ms))
                marks = tuple(await self._runtime.marks.marks(window.start_ms, window.end_ms))
        except TimeoutError:
            problem = "Actions and alerts, or the time before, did not come in time."
        except BulltuiError as error:
            problem = f"Actions and alerts, or the time before, cannot be read: {error.message}"
        return Known(wanted, chart, self._runtime.clock.now_ms(), before, marks, state, problem)

    def _done(self, wanted: Wanted, known: Known) -> None:
        self.known, self.error = known, None
        self._changed()

    def _failed(self, wanted: Wanted, error: BulltuiError) -> None:
        self.error = error
        self._changed()
