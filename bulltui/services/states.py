"""All jobs of a state, page by page, while jobs come and go."""

import math
from dataclasses import replace

from bulltui.domain.errors import BulltuiError
from bulltui.domain.orders import Cursor, IdPage, Order
from bulltui.domain.states import LISTS, JobState
from bulltui.services.chunks import act_on, width
from bulltui.services.extent import Extent
from bulltui.services.run import Run, StopError
from bulltui.services.sweep import SWEPT, sweep_state


async def act_on_state(run: Run, order: Order, extent: Extent, *, until_ms: int | None = None) -> None:
    """Acts on the jobs of `order.state`, the oldest first, of finished ones only on those that did up to `until_ms`.
    Raises StopError where it ends before."""
    state = order.state
    if state is None:
        raise ValueError("an order on no state")
    if isinstance(order.action, SWEPT) and state not in LISTS:
        await sweep_state(run, order, extent)
        return
    walk = _Walk(run, order, state, extent, until_ms)
    await walk.go()
    if state in LISTS and walk.stayed and not walk.over:
        # Workers take from the end where the ones that stay are, so some may have slipped past: once more from there.
        walk.cursor = Cursor()
        await walk.go()


class _Walk:
    def __init__(self, run: Run, order: Order, state: JobState, extent: Extent, until_ms: int | None) -> None:
        self.run = run
        self.order = order
        self.state = state
        self.extent = extent
        self.until_ms = until_ms
        self.cursor: Cursor | None = Cursor()
        self.stayed: set[str] = set()
        self._looked = 0
        self._done_before = run.tally.done + run.tally.unsure
        self._since = run.clock.monotonic()

    @property
    def done(self) -> int:
        return self.run.tally.done + self.run.tally.unsure - self._done_before

    @property
    def over(self) -> bool:
        """Whether as many were done as were wanted, or as many looked at as were there."""
        limit = self.extent.limit
        return self._looked >= self.extent.count or (limit is not None and self.done >= limit)

    async def go(self) -> None:
        while self.cursor is not None and not self.over:
            self.run.check()
            await self._pace()
            page = await self._page(self.cursor)
            # What stays in a sorted set is behind the cursor; in a list it is met again.
            fresh = [job_id for job_id in page.ids if job_id not in self.stayed]
            stay = await act_on(self.run, self.order, fresh) if fresh else []
            self._looked += len(fresh)
            self.cursor = page.cursor
            if self.state in LISTS:
                self.stayed.update(stay)
                met_again = len(page.ids) - len(fresh)
                if self.cursor is not None:
                    self.cursor = replace(self.cursor, kept=self.cursor.kept + len(stay) + met_again)
            self.run.tell()

    async def _page(self, cursor: Cursor) -> IdPage:
        order, extent = self.order, self.extent
        room = width(self.run, order)
        if extent.limit is not None:
            room = min(room, extent.limit - self.done)
        if extent.per_second is not None:
            room = min(room, max(1, math.floor(extent.per_second / 4)))
        room = min(room, max(1, extent.count - self._looked)) if self.state not in LISTS else room
        try:
            return await self.run.actor.ids(order.ref, self.state, cursor, room, until_ms=self.until_ms)
        except BulltuiError as error:
            raise StopError(error) from error

    async def _pace(self) -> None:
        """Waits until the next ones may follow."""
        if self.extent.per_second is not None:
            due = self._since + self.done / self.extent.per_second
            await self.run.wait(due - self.run.clock.monotonic())
