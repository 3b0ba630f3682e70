"""`bulltui events`: what queues tell, as it happens."""

import asyncio
import re
from collections import deque
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from difflib import get_close_matches
from typing import TYPE_CHECKING, Annotated

import typer

from bulltui.cli.call import Call
from bulltui.cli.event_text import Lines, writer
from bulltui.cli.grammar import command, verb
from bulltui.cli.options import Output
from bulltui.cli.output import note
from bulltui.domain import human
from bulltui.domain.errors import BulltuiError, NotAllowedError, UsageError
from bulltui.domain.event import Event, Gap, place
from bulltui.domain.event_words import KINDS, Sought, gap_said
from bulltui.domain.layout import Layout
from bulltui.domain.queue import QueueRef
from bulltui.domain.spans import span

if TYPE_CHECKING:
    from bulltui.services.follow import Follow, Told
    from bulltui.wiring import Runtime

LOOKED_BACK = 10_000
"""How many of the newest events of a queue are looked through for those that fit: about all that the library keeps."""

_ID = re.compile(r"\d{6,20}(-\d{1,20})?")
_LAST = 50

app = verb()


@dataclass(frozen=True, slots=True)
class _Wanted:
    """What was asked for. `since` is a span in ms or an id, `last` how many of before; `most` is after how many of the
    kinds `ends` to end."""

    sought: Sought
    since: int | str | None
    last: int
    follow: bool
    ends: frozenset[str]
    most: int | None


@command(
    app,
    "events",
    examples="""
    bulltui events                                  all queues, from now on
    bulltui events payments mail -n 20              the last 20, and what comes
    bulltui events --since 10m --kind failed        failures of the last ten minutes, and what comes
    bulltui events payments --no-follow -o jsonl    the newest 50, and no more
    bulltui events --exit-on failed && notify-send "a job failed"
    """,
)
def follow_events(
    call: Call,
    *,
    queues: Annotated[
        list[str] | None,
        typer.Argument(metavar="[QUEUE...]", show_default=False, help="Only these. Default: all that -q chooses."),
    ] = None,
    since: Annotated[
        str | None,
        typer.Option(
            "--since", metavar="SPAN|ID", help="Begin so long ago, such as 10m, or behind the event of this id."
        ),
    ] = None,
    last: Annotated[
        int | None, typer.Option("-n", "--last", metavar="N", min=0, help="Begin with the newest N of before.")
    ] = None,
    kinds: Annotated[
        list[str] | None,
        typer.Option("--kind", metavar="KIND,...", help="Only these: failed, completed, stalled and so on."),
    ] = None,
    job_id: Annotated[str, typer.Option("--job", metavar="ID", help="Only those of this job.")] = "",
    text: Annotated[
        str, typer.Option("--grep", metavar="TEXT", help="Only those with this in a field (its first 512 bytes) or id.")
    ] = "",
    no_follow: Annotated[bool, typer.Option("--no-follow", help="Do not wait for more.")] = False,
    ends: Annotated[
        list[str] | None,
        typer.Option("--exit-on", metavar="KIND,...", help="End with the next event of these kinds that is shown."),
    ] = None,
    most: Annotated[
        int | None, typer.Option("--count", metavar="N", min=1, help="End after N events, or N of --exit-on.")
    ] = None,
) -> None:
    """Follow what queues tell: jobs added, started, completed, failed and so on.

    New queues are followed as they appear. What was missed is told on standard error, and so are lost connections.
    """
    if since is not None and last is not None:
        raise UsageError("--since and -n do not go together.", hint="Leave one of them out.")
    if not no_follow and call.output is Output.JSON:
        raise UsageError("A JSON array has an end, and following has none.", hint="Use -o jsonl, or --no-follow.")
    wanted = _Wanted(
        Sought(_kinds(kinds), job_id, text),
        None if since is None else since if _ID.fullmatch(since) else span(since),
        (_LAST if no_follow and since is None else 0) if last is None else last,
        not no_follow,
        _kinds(ends),
        1 if ends and most is None else most,
    )

    async def work(runtime: "Runtime") -> None:
        await _Tail(call, runtime, wanted).run(queues or ())

    call.run(work)


def _kinds(given: Sequence[str] | None) -> frozenset[str]:
    kinds = frozenset(kind.strip() for words in given or () for kind in words.split(",") if kind.strip())
    for kind in kinds.difference(KINDS):
        near = get_close_matches(kind, KINDS, n=1)
        note(f"No library writes events {kind!r}." + (f" Did you mean {near[0]}?" if near else ""))
    return kinds


class _Enough(Exception):  # noqa: N818 - no error
    """As many events as wanted were written."""


class _Tail:
    """One following."""

    def __init__(self, call: Call, runtime: "Runtime", wanted: _Wanted) -> None:
        self._call = call
        self._runtime = runtime
        self._wanted = wanted
        self._lines = Lines(call.out)
        self._left = wanted.most
        self._trouble = ""

    async def run(self, names: Sequence[str]) -> None:
        """Writes until there is enough."""
        refs = await self._find(names)
        self._lines.know(refs)
        await self._tell_silent(refs)
        with writer(self._call, self._lines) as write:
            try:
                await self._write_all(refs, write, grows=not names)
            except _Enough:
                self._call.out.flush()

    async def _find(self, names: Sequence[str]) -> list[QueueRef]:
        from bulltui.services.overview import find_queues, resolve

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
        silent = [queue.ref.name for queue in queues if queue.layout.layout is Layout.BULL]
        if silent:
            named = ", ".join(silent[:3]) + (f" and {len(silent) - 3:,} more" if len(silent) > 3 else "")
            note(f"{named}: served by Bull, which keeps no events; nothing can be told of them.")

    async def _write_all(self, refs: Sequence[QueueRef], write: Callable[[Event], None], *, grows: bool) -> None:
        from bulltui.services.follow import Follow

        source = self._runtime.events
        cursors = await self._start(refs, write)
        follow = Follow(source, self._runtime.clock, cursors)
        if not self._wanted.follow:
            if self._wanted.since is not None:
                await self._write_until_now(cursors, write)
            self._call.out.flush()
            return
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
            place = since if isinstance(since, str) else f"{max(0, await source.now_ms() - since)}-0"
            return dict.fromkeys(refs, place)
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
        from bulltui.services.follow import EVENTS_A_READ, in_order

        more = bool(cursors)
        while more:
            batch = await self._runtime.events.read(cursors, wait_ms=0, limit=EVENTS_A_READ)
            self._take(in_order(batch.events, batch.gaps), write)
            cursors, more = batch.cursors, batch.more

    async def _search(self, follow: "Follow", known: set[QueueRef]) -> None:
        """Follows queues that appear. One that is gone is followed still: it may come back."""
        from bulltui.services.overview import find_queues

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

    def _take(self, told: "Sequence[Told]", write: Callable[[Event], None]) -> None:
        for one in told:
            if isinstance(one, Event):
                if self._wanted.sought.fits(one):
                    self._write(one, write)
            elif isinstance(one, Gap):
                self._call.out.flush()
                note(f"{one.ref.name}: {gap_said(one)}.")
            else:
                self._tell(one)

    def _write(self, event: Event, write: Callable[[Event], None]) -> None:
        write(event)
        if self._left is not None and (not self._wanted.ends or event.kind in self._wanted.ends):
            self._left -= 1
            if not self._left:
                raise _Enough

    def _tell(self, one: "Told") -> None:
        from bulltui.services.follow import Back, Lost, Unfollowed

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
            note(one.why or f"{one.ref.name} is followed again.")
