"""Failed jobs being grouped: begun anew, stopped, continued, and how many failed since."""

import asyncio
from collections.abc import Callable, Sequence
from contextlib import aclosing

from bulltui.domain.error_groups import ErrorGroup
from bulltui.domain.errors import BulltuiError
from bulltui.domain.queue import QueueRef
from bulltui.domain.snapshot import Snapshot
from bulltui.services.apart import not_asked
from bulltui.services.grouping import Grouping, Step
from bulltui.tui.runtime import Runtime


class ErrorReads:
    """Groups the failed jobs of some queues. `came` is called when there is more, `ended` when it has stopped."""

    def __init__(self, runtime: Runtime, came: Callable[[], None], ended: Callable[[], None]) -> None:
        self._runtime = runtime
        self._came = came
        self._ended = ended
        self._task: asyncio.Task[None] | None = None
        self._failed: dict[QueueRef, int] = {}
        self._refs: tuple[QueueRef, ...] = ()
        self.grouping = Grouping(runtime.finder, runtime.clock, ())
        self.problem: BulltuiError | None = None

    @property
    def running(self) -> bool:
        """Whether jobs are being read."""
        return self._task is not None

    @property
    def step(self) -> Step:
        """How far it is."""
        return self.grouping.progress

    def group(self, key: object) -> ErrorGroup | None:
        """The group of this key."""
        return None if key is None else self.grouping.group(str(key))

    def begin(self, refs: Sequence[QueueRef], *, everywhere: bool = False) -> None:
        """Group those of these queues, from nothing; `everywhere` where they are all that are known."""
        self.stop()
        self._refs = tuple(refs)
        self._failed = _failed(self._refs, self._runtime.bus.last)
        # Queues without failed jobs need not be asked; one that is not counted yet must.
        asked = [ref for ref in refs if self._failed.get(ref) != 0]
        away = not_asked(self._runtime.bus.last, self._refs, asked, everywhere=everywhere)
        self.grouping = Grouping(self._runtime.finder, self._runtime.clock, asked, expected=self._failed, away=away)
        self.go_on()

    def go_on(self) -> None:
        """Read on."""
        if self._task is None and not self.step.over:
            self.problem = None
            self._task = asyncio.create_task(self._read(self.grouping))

    def stop(self) -> None:
        """Stop where it is."""
        if self._task is not None:
            self._task.cancel()
            self._task = None

    def since(self, snapshot: Snapshot, refs: Sequence[QueueRef]) -> int:
        """How many more failed jobs these queues have than those that were asked had when this was begun."""
        return max(0, sum(_failed(refs, snapshot).values()) - sum(self._failed.values()))

    async def _read(self, grouping: Grouping) -> None:
        me = asyncio.current_task()
        try:
            async with aclosing(grouping.steps()) as steps:
                async for _ in steps:
                    self._came()
        except BulltuiError as error:
            self.problem = error
        if self._task is me:
            self._task = None
            self._ended()


def _failed(refs: Sequence[QueueRef], snapshot: Snapshot) -> dict[QueueRef, int]:
    wanted = set(refs)
    return {row.ref: row.queue.counts.failed for row in snapshot.rows if row.ref in wanted}
