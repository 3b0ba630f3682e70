"""Sparklines of the list of queues from the history: their last hour, where BullMQ itself keeps no metrics of them."""

from collections.abc import Callable, Sequence
from dataclasses import replace
from math import isnan, nan

from bulltui.domain.chart_view import settled
from bulltui.domain.charting import Ask, Chart, Measure
from bulltui.domain.errors import BulltuiError
from bulltui.domain.human import HOUR_MS, MINUTE_MS
from bulltui.domain.queue import QueueRef
from bulltui.domain.snapshot import QueueRow
from bulltui.tui.loader import Loader
from bulltui.tui.runtime import Runtime

_EVERY_MS = MINUTE_MS
_RENEW_MS, _OLD_MS = 5 * MINUTE_MS, 12 * MINUTE_MS
"""A trend is read anew after so long, and no longer shown after so long."""
_STEP_MS = 10 * MINUTE_MS
_ENOUGH_S, _TIMEOUT_S = 5.0, 15.0

Trend = tuple[float, ...]


class ListTrends:
    """At most once a minute those queues in sight are read, one after the other, of which nothing is known, or nothing
    new for five minutes. `changed` is called when some were. A history that cannot be read leaves what the list has
    by itself: the charts say why."""

    def __init__(self, runtime: Runtime, changed: Callable[[], None]) -> None:
        self._runtime = runtime
        self._changed = changed
        self._loader: Loader[tuple[QueueRef, ...], dict[QueueRef, Trend]] = Loader(
            self._read, self._done, self._failed, timeout_s=_TIMEOUT_S
        )
        self._known: dict[QueueRef, tuple[int, Trend]] = {}
        self._asked_ms: int | None = None

    def look(self, rows: Sequence[QueueRow]) -> None:
        """Reads the trends of these queues, if it is time."""
        now = self._runtime.clock.now_ms()
        if self._loader.busy or (self._asked_ms is not None and now - self._asked_ms < _EVERY_MS):
            return
        refs = tuple(row.ref for row in rows if row.queue.completed_total is None and self._is_old(row.ref, now))
        if not refs:
            return
        self._asked_ms = now
        self._loader.ask(refs)

    def _is_old(self, ref: QueueRef, now_ms: int) -> bool:
        known = self._known.get(ref)
        # What is known of the past may come a moment after the start.
        return known is None or not known[1] or now_ms - known[0] >= _RENEW_MS

    def close(self) -> None:
        """Forgets what is being read."""
        self._loader.drop()

    def put_in(self, rows: tuple[QueueRow, ...]) -> tuple[QueueRow, ...]:
        """The rows with what is known of their last hour."""
        if not self._known:
            return rows
        return tuple(
            row if row.ref not in self._known or row.queue.completed_total is not None else self._filled(row)
            for row in rows
        )

    def _filled(self, row: QueueRow) -> QueueRow:
        at, trend = self._known[row.ref]
        fresh = self._runtime.clock.now_ms() - at <= _OLD_MS
        return replace(row, trend=trend) if trend and fresh else row

    async def _read(self, refs: tuple[QueueRef, ...]) -> dict[QueueRef, Trend]:
        now = self._runtime.clock.now_ms()
        end = -(-now // _STEP_MS) * _STEP_MS
        found = {}
        begun = self._runtime.clock.monotonic()
        for ref in refs:
            if self._runtime.clock.monotonic() - begun > _ENOUGH_S:
                break  # the others come next
            ask = Ask((Measure.COMPLETED, Measure.FAILED), end - HOUR_MS, end, _STEP_MS, (ref,))
            found[ref] = trend_of(settled(await self._runtime.history.chart(ask), now))
        return found

    def _done(self, refs: tuple[QueueRef, ...], found: dict[QueueRef, Trend]) -> None:
        now = self._runtime.clock.now_ms()
        self._known |= {ref: (now, trend) for ref, trend in found.items()}
        if found:
            self._changed()

    def _failed(self, refs: tuple[QueueRef, ...], error: BulltuiError) -> None:
        """It is tried again in a minute."""


def trend_of(chart: Chart) -> Trend:
    """Jobs that ended a minute, the oldest first and no number where nothing is known; empty where less than two values
    are."""
    lines = (chart.lines.get(Measure.COMPLETED, ()), chart.lines.get(Measure.FAILED, ()))
    values = [nan if one is None or other is None else one + other for one, other in zip(*lines, strict=True)]
    known = [place for place, value in enumerate(values) if not isnan(value)]
    return tuple(values[known[0] :]) if len(known) > 1 else ()
