"""Writes what queues tell, for as long as it is wanted."""

import asyncio
from collections import deque
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from bulltui.cli.call import Call
from bulltui.cli.event_text import Lines, writer
from bulltui.cli.output import note
from bulltui.domain import human
from bulltui.domain.errors import BulltuiError, NotAllowedError
from bulltui.domain.event import Event, Gap, place
from bulltui.domain.event_words import Sought, gap_said
from bulltui.domain.layout import Layout
from bulltui.domain.queue import QueueRef
from bulltui.services.follow import EVENTS_A_READ, Back, Follow, Lost, Told, Unfollowed, in_order
from bulltui.services.overview import find_queues, resolve

if TYPE_CHECKING:
    from bulltui.wiring import Runtime

LOOKED_BACK = 10_000
"""How many of the newest events of a queue are looked through for those that fit: about all that the library keeps."""


@dataclass(frozen=True, slots=True)
class Wanted:
    """What was asked for. `since` is a span in ms or an id, `last` how many of before; `most` is after how many of the
    kinds `ends` to end."""

    sought: Sought
    since: int | str | None
    last: int
    follow: bool
    ends: frozenset[str]
    most: int | None


class _Enough(Exception):  # noqa: N818 - no error
    """As many events as wanted were written."""


class Tail:
    """One following."""

    def __init__(self, call: Call, runtime: "Runtime", wanted: Wanted) -> None:
        self._call = call
        self._runtime = runtime
        self._wanted = wanted
        self._lines = Lines(call.out)
        self._left = wanted.most
        self._trouble = ""
        self._began_ms = 0

    async def run(self, names: Sequence[str]) -> None:
        """Writes until there is enough."""
        self._began_ms = await self._runtime.events.now_ms()
        refs = await self._find(names)
        self._lines.know(refs)
        await self._tell_silent(refs)
        with writer(self._call, self._lines) as write:
            try:
                await self._write_all(refs, write, grows=not names)
            except _Enough:
                self._call.out.flush()

    async def _find(self, names: Sequence[str]) -> list[QueueRef]:
        reader, settings = self._runtime.reader, self._call.settings
        if names:
            return list(dict.fromkeys([await resolve(reader, settings.prefixes, name) for name in names]))
        refs, discovery = await find_queues(reader, settings.prefixes, settings.queues)
        if discovery.problem:
            note(discovery.problem)
        if not refs:
            note("No queues." if not self._wanted.follow else "No queues yet; those that appear are followed.")
        return refs

    async def _tell_silent(self, refs: Sequence[QueueRef]) -> None:
        queues = await self._runtime.reader.counts(refs)
        silent = [queue.ref.shown for queue in queues if queue.layout.layout is Layout.BULL]
        if silent:
            named = ", ".join(silent[:3]) + (f" and {len(silent) - 3:,} more" if len(silent) > 3 else "")
            note(f"{named}: served by Bull, which keeps no events; nothing can be told of them.")

    async def _write_all(self, refs: Sequence[QueueRef], write: Callable[[Event], None], *, grows: bool) -> None:
        cursors = await self._start(refs, write)
        if not self._wanted.follow:
            if self._wanted.since is not None:
                await self._write_until_now(cursors, write)
            self._call.out.flush()
            return
        follow = Follow(self._runtime.events, self._runtime.clock, cursors, began_ms=self._began_ms)
        search = asyncio.create_task(self._search(follow, set(refs))) if grows else None
        try:
            async for told in follow.told():
                self._take(told, write)
                self._call.out.flush()
        finally:
            if search is not None:
                search.cancel()

    async def _start(self, refs: Sequence[QueueRef], write: Callable[[Event], None]) -> Mapping[QueueRef, str]:
        """Writes what was before, and gives the places to go on from."""
        source, since = self._runtime.events, self._wanted.since
        if since is not None:
            return dict.fromkeys(refs, since if isinstance(since, str) else f"{max(0, self._began_ms - since)}-0")
        tails = await source.tails(refs)
        if self._wanted.last:
            for event in await self._newest(tails):
                self._write(event, write)
            self._call.out.flush()
        return tails

    async def _newest(self, tails: Mapping[QueueRef, str]) -> Sequence[Event]:
        """The newest events that fit, up to the tails."""
        sought, last = self._wanted.sought, self._wanted.last
        found: list[Event] = []
        for ref, tail in tails.items():
            events = await self._runtime.events.before(ref, LOOKED_BACK if sought else last)
            fitting = (event for event in events if place(event.id) <= place(tail) and sought.fits(event))
            found = sorted([*found, *deque(fitting, maxlen=last)], key=lambda event: event.at_ms)[-last:]
        return found

    async def _write_until_now(self, cursors: Mapping[QueueRef, str], write: Callable[[Event], None]) -> None:
        more = bool(cursors)
        while more:
            batch = await self._runtime.events.read(cursors, wait_ms=0, limit=EVENTS_A_READ)
            self._take(in_order(batch.events, batch.gaps), write)
            cursors, more = batch.cursors, batch.more

    async def _search(self, follow: Follow, known: set[QueueRef]) -> None:
        """Follows queues that appear. One that is gone is followed still: it may come back."""
        settings = self._call.settings
        while True:
            await self._runtime.clock.sleep(settings.discovery_s)
            try:
                refs, _ = await find_queues(self._runtime.reader, settings.prefixes, settings.queues)
            except BulltuiError:
                continue  # told by the following
            if not known.issuperset(refs):
                known.update(refs)
                self._lines.know(known)
                follow.watch(known)

    # --- writing

    def _take(self, told: Sequence[Told], write: Callable[[Event], None]) -> None:
        for one in told:
            if isinstance(one, Event):
                if self._wanted.sought.fits(one):
                    self._write(one, write)
            elif isinstance(one, Gap):
                self._call.out.flush()
                note(f"{one.ref.shown}: {gap_said(one)}.")
            else:
                self._tell(one)

    def _write(self, event: Event, write: Callable[[Event], None]) -> None:
        write(event)
        if self._left is not None and (not self._wanted.ends or event.kind in self._wanted.ends):
            self._left -= 1
            if not self._left:
                raise _Enough

    def _tell(self, one: Told) -> None:
        if isinstance(one, Lost):
            if isinstance(one.error, NotAllowedError):
                raise one.error
            if one.error.message != self._trouble:
                self._trouble = one.error.message
                note(f"{self._trouble} Trying again.")
        elif isinstance(one, Back):
            self._trouble = ""
            note(f"Following again, after {human.duration(one.away_ms)}.")
        elif isinstance(one, Unfollowed):
            note(one.why or f"{one.ref.shown} is followed again.")
