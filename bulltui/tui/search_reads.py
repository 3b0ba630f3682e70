"""A search that runs beside the screen: begun anew, stopped, continued; what it found is kept."""

import asyncio
from collections.abc import Callable
from contextlib import aclosing

from bulltui.domain.errors import BulltuiError
from bulltui.domain.query.query import Query
from bulltui.services.apart import not_asked
from bulltui.services.search import LIMIT, Match, Scope, Search, Step
from bulltui.tui.runtime import Runtime

NOT_YET = Step((), 0, 0)


class SearchReads:
    """One search at a time. `came` is called when there is more, `ended` when it has stopped by itself."""

    def __init__(self, runtime: Runtime, came: Callable[[], None], ended: Callable[[], None]) -> None:
        self._runtime = runtime
        self._came = came
        self._ended = ended
        self._search: Search | None = None
        self._task: asyncio.Task[None] | None = None
        self.query: Query | None = None
        self.matches: list[Match] = []
        self.step = NOT_YET
        self.problem: BulltuiError | None = None

    @property
    def running(self) -> bool:
        """Whether jobs are being looked at."""
        return self._task is not None

    @property
    def stopped(self) -> bool:
        """Whether it was stopped and can go on."""
        return self._search is not None and not self.running and not self.step.over

    @property
    def problems(self) -> list[str]:
        """Sentences about states that could not be looked into."""
        return [] if self._search is None else self._search.problems

    def begin(self, query: Query, scope: Scope, *, limit: int = LIMIT, everywhere: bool = False) -> None:
        """Search from the start; `everywhere` where the queues are all that are known."""
        self.drop()
        runtime = self._runtime
        away = not_asked(runtime.bus.last, scope.refs, scope.refs, everywhere=everywhere)
        self.query = query
        self._search = Search(
            runtime.finder, runtime.reader, runtime.clock, query, scope, limit=limit, index=runtime.indexed, away=away
        )
        self.go_on()

    def go_on(self) -> None:
        """Search on from where it was stopped."""
        if self._search is not None and not self.running and not self.step.over:
            self.problem = None
            self._task = asyncio.create_task(self._read(self._search))

    def stop(self) -> None:
        """Stop where it is."""
        if self._task is not None:
            self._task.cancel()
            self._task = None

    def drop(self) -> None:
        """Stop, and forget what was found."""
        self.stop()
        self._search, self.query, self.problem = None, None, None
        self.matches, self.step = [], NOT_YET

    async def _read(self, search: Search) -> None:
        me = asyncio.current_task()
        try:
            async with aclosing(search.steps()) as steps:
                async for step in steps:
                    self.step = step
                    self.matches += step.matches
                    self._came()
        except BulltuiError as error:
            self.problem = error
        if self._task is me:
            self._task = None
            self._ended()
