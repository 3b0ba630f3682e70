"""Jobs written into a file: whole, any number, with little memory, stopped and gone on with at will.

The jobs of a state are read with their fields in bounded looks, the newest first; while some are written the server is
at the next look already. Every look ends with a `Mark`. Who goes on behind a mark meets no job twice that was written
before, wherever it has moved to, and misses none that stayed where it was.
"""

import asyncio
from collections.abc import AsyncGenerator, Callable, Sequence
from contextlib import aclosing
from dataclasses import dataclass, field, replace

from bulltui.domain.export_mark import Mark
from bulltui.domain.export_rows import COLUMNS, Format, Writer, is_exact
from bulltui.domain.fields import Field, RawHash
from bulltui.domain.job import Job, decode
from bulltui.domain.outcome import Progress
from bulltui.domain.query.matching import matcher
from bulltui.domain.query.query import Query
from bulltui.domain.query.tree import All
from bulltui.domain.queue import QueueRef
from bulltui.domain.scan import Candidate, Look, Want
from bulltui.domain.seen import DIGEST, Seen, digest
from bulltui.domain.states import JobState
from bulltui.domain.targets import Jobs
from bulltui.domain.text import exact, to_bytes
from bulltui.services.exporting import Sink
from bulltui.services.finding import Finder
from bulltui.services.protocols import Clock, Reader
from bulltui.services.request import Cancel
from bulltui.services.search_parts import ORDER, Part, has_not, is_half_read, parts_of

WHOLE = 64 * 1024 * 1024
"""A field of up to so many bytes is written whole; of a larger one there is only its size, and that is told."""

IDS_AT_ONCE = 20
NAMED = 20
"""So many ids that are missing are named."""

PIECE = 1024 * 1024
"""Characters after which they are written before more are read."""

SLICE_S = 0.01
"""For how long (s) jobs are written before others get their turn."""

_FIELDS = (
    *("name", "data", "opts", "timestamp", "delay", "priority", "attemptsMade", "atm", "ats", "stc", "processedOn"),
    *("finishedOn", "failedReason", "stacktrace", "returnvalue", "progress", "pb", "rjk", "deid", "parentKey"),
    *("parent", "defa"),
)
_WANTS = tuple(Want(name) for name in _FIELDS)


@dataclass(frozen=True, slots=True)
class Selection:
    """Which jobs: those that `query` means in the `states` (none for all) of the queues `refs`, in this order; or else
    `jobs` by their ids, where there are any."""

    refs: tuple[QueueRef, ...] = ()
    states: tuple[JobState, ...] = ()
    query: Query = field(default_factory=Query)
    jobs: tuple[Jobs, ...] = ()


@dataclass(frozen=True, slots=True)
class Exported:
    """How it ended: how far it came, of how many entries in `total`, some of the ids that were named and are `missing`,
    and whether it was `stopped` before the end."""

    mark: Mark
    total: int = 0
    missing: tuple[str, ...] = ()
    stopped: bool = False


class Export:
    """One export. `after` is the mark to go on behind, `written` the ids that were written before, as digests."""

    def __init__(
        self,
        finder: Finder,
        reader: Reader,
        clock: Clock,
        selection: Selection,
        form: Format,
        *,
        columns: Sequence[str] = COLUMNS,
        after: Mark | None = None,
        written: bytes = b"",
    ) -> None:
        self._finder = finder
        self._reader = reader
        self._clock = clock
        self._selection = selection
        self._writer = Writer(form, columns)
        self._after = after
        self._mark = after or Mark()
        self._seen = Seen()
        for at in range(0, len(written), DIGEST):
            self._seen.add(int.from_bytes(written[at : at + DIGEST], "little"))
        self._matches = None if selection.query.root == All(()) else matcher(selection.query)
        self._has_not = has_not(selection.query.root)
        self._missing: list[str] = []
        self._left = 0
        self._unread = 0  # of this look
        self._fresh = bytearray()
        self._lines: list[str] = []
        self._size = 0

    async def run(
        self, sink: Sink, *, on_progress: Callable[[Progress], None] | None = None, cancel: Cancel | None = None
    ) -> Exported:
        """Writes all of it into `sink`, or until `cancel` asks to stop. Raises a BulltuiError of the server or of the
        sink; what was written before stays."""
        stop, started, before = cancel or Cancel(), self._clock.monotonic(), self._mark.examined
        if self._after is None:
            await sink.write(self._writer.start().encode(), self._mark)
        async with aclosing(self._by_ids() if self._selection.jobs else self._by_state()) as work:
            async for _ in work:
                mark = replace(self._mark, digests=bytes(self._fresh))
                await sink.write("".join(self._lines).encode(), mark)
                self._fresh.clear()
                self._lines.clear()
                self._size = 0
                if on_progress is not None:
                    spent = self._clock.monotonic() - started
                    total = mark.examined + self._left
                    words = f"{mark.jobs:,} written"
                    on_progress(Progress(mark.examined, total=total, elapsed_s=spent, step=words, before=before))
                if stop.asked:
                    return self._result(stopped=True)
        await sink.finish(self._writer.end(self._mark.jobs).encode())
        return self._result()

    def _result(self, *, stopped: bool = False) -> Exported:
        return Exported(self._mark, self._mark.examined + self._left, tuple(self._missing), stopped)

    def _count(self, **more: int) -> None:
        """So many more of what a mark counts."""
        self._mark = replace(self._mark, **{name: getattr(self._mark, name) + many for name, many in more.items()})

    # --- jobs of states

    async def _by_state(self) -> AsyncGenerator[None]:
        """Yields when there is something to write and a new mark."""
        parts = await self._parts()
        ahead: asyncio.Task[Look] | None = None
        try:
            while parts:
                part = parts[0]
                look = await (self._finder.look(part.probe) if ahead is None else asyncio.shield(ahead))
                rest = part.behind(look)
                parts[:1] = [rest] if rest is not None else []
                ahead = asyncio.ensure_future(self._finder.look(parts[0].probe)) if parts else None
                async with aclosing(self._take(part, look)) as work:
                    async for _ in work:
                        yield
                self._count(unread=self._unread)
                self._mark = replace(
                    self._mark,
                    examined=self._mark.examined + look.examined,
                    ref=part.probe.ref,
                    state=part.probe.state,
                    spot=look.spot,
                )
                self._left = sum(one.left for one in parts)
                yield
        finally:
            if ahead is not None:
                ahead.add_done_callback(_forget)

    async def _parts(self) -> list[Part]:
        """What there is to go through from the mark on."""
        selection, mark = self._selection, self._mark
        queues = {queue.ref: queue for queue in await self._reader.counts(selection.refs)}
        parts: list[Part] = []
        for ref in selection.refs:
            if ref in queues:
                parts += parts_of(selection.query, queues[ref], selection.states)
        parts = [replace(part, probe=replace(part.probe, wants=_WANTS)) for part in parts]
        if mark.ref is None:
            return parts
        order = {ref: at for at, ref in enumerate(selection.refs)}
        reached = (order.get(mark.ref, 0), _place(mark.state))
        later = [one for one in parts if (order[one.probe.ref], _place(one.probe.state)) > reached]
        same = [one for one in parts if (order[one.probe.ref], _place(one.probe.state)) == reached]
        if mark.spot is None:
            return later
        return [*(replace(one, probe=replace(one.probe, spot=mark.spot)) for one in same), *later]

    async def _take(self, part: Part, look: Look) -> AsyncGenerator[None]:
        """Takes what matches, and lets others have their turn. Yields in the middle where there is much to write."""
        await asyncio.sleep(0)
        self._unread = len(look.unread)
        since = self._clock.monotonic()
        for found in look.found:
            if self._matches is None or self._holds(found, part.needs):
                raw = await self._filled(found.ref, found.id, found.raw)
                self._add(decode(found.id, found.ref, found.state, raw, score=found.score))
                if self._size > PIECE:
                    yield
            if self._clock.monotonic() - since > SLICE_S:
                await asyncio.sleep(0)
                since = self._clock.monotonic()

    def _holds(self, found: Candidate, needs: frozenset[str]) -> bool:
        holds = self._matches is None or self._matches(found)
        if is_half_read(found, needs) and not (holds and not self._has_not):
            self._unread += 1
            return False
        return holds

    async def _filled(self, ref: QueueRef, job_id: str, raw: RawHash) -> RawHash:
        """The fields, those of which only a part was read whole, save for the largest."""
        short = [name for name, one in raw.items() if one.cut and one.size <= WHOLE]
        if not short:
            return raw
        fields = dict(raw)
        for name in short:
            content = await self._reader.field(ref, job_id, name)
            if content is not None:
                fields[name] = Field(exact(content), len(content))
        return fields

    # --- jobs by their ids

    async def _by_ids(self) -> AsyncGenerator[None]:
        named = [(part.ref, job_id) for part in self._selection.jobs for job_id in part.ids]
        for at in range(self._mark.next, len(named), IDS_AT_ONCE):
            some = named[at : at + IDS_AT_ONCE]
            read = await asyncio.gather(*(self._reader.job(ref, job_id) for ref, job_id in some))
            for place, ((ref, job_id), job) in enumerate(zip(some, read, strict=True), at + 1):
                if job is None:
                    self._count(missing=1)
                    self._missing += [job_id] if len(self._missing) < NAMED else []
                else:
                    raw = await self._filled(ref, job_id, job.raw)
                    self._add(job if raw is job.raw else decode(job_id, ref, job.state, raw, score=job.score))
                self._mark = replace(self._mark, next=place, examined=place)
                self._left = len(named) - place
                if self._size > PIECE:
                    yield
            yield

    # --- writing

    def _add(self, job: Job) -> None:
        one = digest(to_bytes(job.queue.shown_key) + b"\0" + to_bytes(job.id))
        if not self._seen.add(one):
            return
        text = self._writer.job(job, self._mark.jobs)
        self._fresh += one.to_bytes(DIGEST, "little")
        self._lines.append(text)
        self._size += len(text)
        self._count(jobs=1, cut=sum(found.cut for found in job.raw.values()), inexact=not is_exact(job))


def _place(state: JobState | None) -> int:
    return -1 if state is None else ORDER.index(state)


def _forget(task: asyncio.Task[Look]) -> None:
    if not task.cancelled():
        task.exception()
