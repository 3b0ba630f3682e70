"""The jobs of a state being ordered by a column beside the screen: begun, stopped, continued."""

import asyncio
from collections.abc import Callable
from contextlib import aclosing

from bulltui.domain.errors import BulltuiError
from bulltui.domain.queue import QueueRef
from bulltui.domain.states import JobState
from bulltui.services.ranking import By, Ranked, Ranking
from bulltui.tui.runtime import Runtime


class RankReads:
    """One order at a time. `came` is called when it is further, `ended` when it has stopped by itself."""

    def __init__(self, runtime: Runtime, came: Callable[[], None], ended: Callable[[], None]) -> None:
        self._runtime = runtime
        self._came = came
        self._ended = ended
        self._task: asyncio.Task[None] | None = None
        self.ranking: Ranking | None = None
        self.problem: BulltuiError | None = None

    @property
    def running(self) -> bool:
        """Whether jobs are being looked at."""
        return self._task is not None

    @property
    def progress(self) -> Ranked:
        """How far it is."""
        return Ranked() if self.ranking is None else self.ranking.progress

    @property
    def stopped(self) -> bool:
        """Whether it was stopped and can go on."""
        return self.ranking is not None and not self.running and not self.progress.over

    def begin(self, ref: QueueRef, state: JobState, by: By) -> None:
        """Order from the start."""
        self.drop()
        self.ranking = Ranking(self._runtime.finder, self._runtime.clock, ref, state, by)
        self.go_on()

    def go_on(self) -> None:
        """Look on from where it was stopped."""
        if self.ranking is not None and not self.running and not self.progress.over:
            self.problem = None
            self._task = asyncio.create_task(self._read(self.ranking))

    def stop(self) -> None:
        """Stop where it is."""
        if self._task is not None:
            self._task.cancel()
            self._task = None

    def drop(self) -> None:
        """Stop, and forget what was looked at."""
        self.stop()
        self.ranking, self.problem = None, None

    async def _read(self, ranking: Ranking) -> None:
        me = asyncio.current_task()
        try:
            async with aclosing(ranking.steps()) as steps:
                async for _ in steps:
                    self._came()
        except BulltuiError as error:
            self.problem = error
        if self._task is me:
            self._task = None
            self._ended()
