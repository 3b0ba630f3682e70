"""Follows queues in a task of its own for as long as a screen is open."""

import asyncio
import logging
from collections.abc import Callable, Sequence
from contextlib import aclosing

from bulltui.domain.errors import BulltuiError
from bulltui.domain.event import Event
from bulltui.domain.queue import QueueRef
from bulltui.services.follow import Back, Follow, Lost, Told
from bulltui.tui.runtime import Runtime

_log = logging.getLogger(__name__)
_PAST = 200
"""About so many of the events before are shown at the start, of all queues together."""
_PAST_QUEUES = 20
"""Of more queues none is: they would all have to be asked."""


class EventFeed:
    """`got` is called with each handful of what is told, at most ten times a second, and whether that is what was told
    before one followed."""

    def __init__(self, runtime: Runtime, got: Callable[[tuple[Told, ...], bool], None]) -> None:
        self._source = runtime.events
        self._clock = runtime.clock
        self._got = got
        self._task: asyncio.Task[None] | None = None
        self._follow: Follow | None = None
        self.starting = False
        """Whether nothing was read yet."""
        self.lost: Lost | None = None
        """That the server cannot be read, while that is so."""

    def follow(self, refs: Sequence[QueueRef]) -> None:
        """Follow these queues and no others."""
        before = self.close()
        self.starting, self.lost = True, None
        self._task = asyncio.create_task(self._run(tuple(refs), before))

    def watch(self, refs: Sequence[QueueRef]) -> None:
        """Follow these from now on, those that were followed before without a gap."""
        if self._follow is not None:
            self._follow.watch(refs)

    def close(self) -> "asyncio.Task[None] | None":
        """Stop; the task that ends."""
        task, self._task, self._follow = self._task, None, None
        if task is not None:
            task.cancel()
        return task

    async def _run(self, refs: tuple[QueueRef, ...], before: "asyncio.Task[None] | None") -> None:
        me = asyncio.current_task()
        if before is not None:
            await asyncio.wait({before})  # there is one connection
        try:
            past = await self._past(refs)
            cursors = {event.ref: event.id for event in past}
            follow = Follow(self._source, self._clock, cursors)
            follow.watch(refs)
            if self._task is me:
                self._follow = follow
                past.sort(key=lambda event: event.at_ms)
                self._tell(tuple(past), past=True)
            async with aclosing(follow.told()) as handfuls:
                async for handful in handfuls:
                    self._tell(handful)
        except Exception as error:
            # A fault of ours: whoever looks must see that nothing comes any more.
            _log.exception("Following stopped in an unexpected way")
            fault = BulltuiError(f"Following stopped: {type(error).__name__}: {error}", code="internal")
            self._tell((Lost(self._clock.now_ms(), fault, 0),))
        finally:
            await self._source.close()

    async def _past(self, refs: tuple[QueueRef, ...]) -> list[Event]:
        if not 0 < len(refs) <= _PAST_QUEUES:
            return []
        try:
            return [event for ref in refs for event in await self._source.before(ref, max(1, _PAST // len(refs)))]
        except BulltuiError:
            return []  # following says so too

    def _tell(self, handful: tuple[Told, ...], *, past: bool = False) -> None:
        self.starting = False
        told: list[Told] = []
        for one in handful:
            if isinstance(one, Lost):
                if self.lost is None:
                    told.append(one)  # of further tries only the head speaks
                self.lost = one
            else:
                if isinstance(one, Back):
                    self.lost = None
                told.append(one)
        self._got(tuple(told), past)
