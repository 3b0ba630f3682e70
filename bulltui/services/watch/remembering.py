"""What is written of the last hour, for a process that begins, and for one that does not write itself."""

from collections.abc import Awaitable, Callable, Collection, Mapping
from dataclasses import replace

from bulltui.domain.point import Point
from bulltui.domain.queue import QueueRef
from bulltui.services.protocols import Clock
from bulltui.services.watch.protocols import STEP_MS, HistoryStore

MINUTE_MS = 60_000
REMEMBERED_MS = 3_600_000

Show = Callable[[Mapping[QueueRef, Point], int, int], Awaitable[None]]
"""Takes points of a span: its beginning and its width (ms)."""


class Remembering:
    """Reads steps that were written. `rows` are the queues that are there. Each call raises a BulltuiError where the
    history cannot be read."""

    def __init__(self, store: HistoryStore, clock: Clock, rows: Collection[QueueRef], show: Show) -> None:
        self._store = store
        self._clock = clock
        self._rows = rows
        self._show = show
        self._label = ""
        self._until_ms = 0

    async def cursors(self, label: str) -> dict[QueueRef, str]:
        """How far events were read, by queues with the label of their server."""
        return {replace(ref, server=label): place for ref, place in (await self._store.cursors()).items()}

    async def remember(self, label: str, now_ms: int, *, leads: bool) -> int | None:
        """Shows the last hour, so that a restart forgets nothing. The end of what is written, None of nothing."""
        self._label = label
        start = now_ms - now_ms % MINUTE_MS - REMEMBERED_MS
        self._until_ms = now_ms // STEP_MS * STEP_MS
        last_ms = (await self._store.state()).last_ms
        if last_ms is None or last_ms < start:
            return last_ms
        while start + MINUTE_MS <= now_ms:
            await self._show(await self._read(start, MINUTE_MS), start, MINUTE_MS)
            start += MINUTE_MS
        end = self._until_ms + leads * STEP_MS  # of whoever led before there may be a part of the running step
        while start < end:
            await self._show(await self._read(start, STEP_MS), start, STEP_MS)
            start += STEP_MS
        return last_ms

    async def learn_on(self, until_ms: int) -> list[tuple[int, dict[QueueRef, Point]]]:
        """Steps that were written since, up to `until_ms`: when each began, and what is in it."""
        found = []
        while self._until_ms < until_ms:
            found.append((self._until_ms, await self._read(self._until_ms, STEP_MS)))
            self._until_ms += STEP_MS
        return found

    async def _read(self, start_ms: int, width_ms: int) -> dict[QueueRef, Point]:
        found = await self._store.each(start_ms, start_ms + width_ms, timings=True)
        points = {replace(ref, server=self._label): replace(one, at_ms=start_ms) for ref, one in found.items()}
        return {ref: one for ref, one in points.items() if ref in self._rows}
