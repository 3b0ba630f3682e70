"""Keeps the full-text index of a queue's jobs: builds it by looking through all of them, then follows its stream."""

import asyncio
from collections.abc import AsyncGenerator, Sequence
from contextlib import aclosing
from dataclasses import dataclass, replace
from typing import Protocol

from bulltui.domain.errors import BulltuiError
from bulltui.domain.event import Event, Gap, place
from bulltui.domain.job_index import Facets, Found, Scan, Standing
from bulltui.domain.query.query import Query
from bulltui.domain.queue import QueueRef
from bulltui.domain.scan import READABLE, Candidate, Probe, Spot, Want
from bulltui.domain.states import LISTED, JobState
from bulltui.services.finding import Finder
from bulltui.services.follow import Back, Follow, Lost, Told, Unfollowed
from bulltui.services.following import EventSource
from bulltui.services.protocols import Clock, JobReader

CHANGING = frozenset({"added", "failed", "delayed", "waiting", "deduplicated", "duplicated"})
"""Events after which a job's name, data or error may be other ones than before."""

MOST_UNREAD = 1_000
"""So many jobs with fields too large to be read are noted; a queue with more of them gets no index."""

COMMIT_JOBS = 50_000
COMMIT_S = 5.0
"""What was written counts after so many jobs, or this long."""

QUIET_S = 1.0
"""How often it is said that nothing happens."""

LIMIT = 1024 * 1024 * 1024
"""How large an index grows (bytes) where nobody says otherwise."""


class JobIndex(Protocol):
    """The index of one queue on this machine."""

    @property
    def ref(self) -> QueueRef:
        """Which queue."""

    @property
    def wants(self) -> tuple[Want, ...]:
        """What is read of a job for it."""

    @property
    def standing(self) -> Standing | None:
        """How it stands, None where there is none."""

    @property
    def size(self) -> int:
        """Its bytes on the disk."""

    async def clear(self) -> None:
        """Begins anew."""

    async def write(self, jobs: Sequence[Candidate], gone: Sequence[str] = ()) -> None:
        """Takes jobs in, in the place of what it has of them, and out. They count after `commit`."""

    async def commit(self, standing: Standing) -> None:
        """Makes what was written last, together with how the index stands now."""

    async def find(self, query: Query, limit: int) -> Found | None:
        """Ids of the jobs that a query may mean, the best first; None where the index cannot tell."""

    async def facets(self, limit: int = 10) -> Facets:
        """The most common names and errors."""

    async def delete(self) -> None:
        """Takes it off the disk."""

    async def close(self) -> None:
        """Ends writing; what was not committed is lost."""


@dataclass(frozen=True, slots=True)
class Progress:
    """How far it is: jobs `examined` of `total`, and `changed`, read again since the stream told of them. `current`
    says that the index has all that the stream told."""

    examined: int = 0
    total: int = 0
    changed: int = 0
    current: bool = False


class Indexing:
    """Builds and follows the index of a queue, up to `limit` bytes. It goes on where another one ended."""

    def __init__(
        self,
        index: JobIndex,
        finder: Finder,
        reader: JobReader,
        events: EventSource,
        clock: Clock,
        *,
        limit: int = LIMIT,
    ) -> None:
        self._index = index
        self._finder = finder
        self._reader = reader
        self._events = events
        self._clock = clock
        self._limit = limit
        self._ref = index.ref
        self._committed_at = clock.monotonic()
        self._pending = 0
        self._unread: set[str] = set()
        self._standing: Standing | None = None  # with all that was taken in, committed or not
        self.progress = Progress()

    async def run(self, *, follow: bool = False, anew: bool = False) -> AsyncGenerator[Progress]:
        """Builds the index, or goes on with it, brings it up to date and, on `follow`, keeps it so until the caller has
        enough."""
        async with aclosing(self.build(anew=anew)) as steps:
            async for step in steps:
                yield step
        if not follow:
            if not await self.catch_up():
                raise BulltuiError(
                    "More happened in the queue while the index was built than its stream keeps.",
                    hint="Build it with --follow, or let the queue keep more events.",
                    code="index",
                )
            yield self.progress
            return
        async with aclosing(self.follow()) as steps:
            async for step in steps:
                yield step

    async def build(self, *, anew: bool = False) -> AsyncGenerator[Progress]:
        """Looks through all jobs, or through those that are left. Raises a `BulltuiError` when the server does not
        answer, where the queue has no stream, or where the index would grow too large: then it is taken away."""
        standing = self._index.standing
        if standing is None or anew or not await self._goes_on(standing):
            cursor = (await self._events.tails([self._ref]))[self._ref]
            if place(cursor) == (0, 0):
                raise BulltuiError(
                    "The queue has no stream of events, so an index would not learn of new jobs.",
                    hint="Bull writes none, BullMQ does with its first job. Searches work without an index.",
                    code="index",
                )
            await self._index.clear()
            self._unread.clear()
            now = self._clock.now_ms()
            standing = Standing(self._ref, cursor, now, now, Scan(LISTED[0]))
            self.progress = Progress()
        while standing.scan is not None:
            standing = self._standing = await self._look(standing, standing.scan)
            if self._due():
                await self._commit(standing)
            yield self.progress
        await self._commit(standing)

    async def _goes_on(self, standing: Standing) -> bool:
        """Whether the stream still has all behind the cursor."""
        return await changed_since(self._events, standing, limit=10_000) is not None

    async def _look(self, standing: Standing, scan: Scan) -> Standing:
        """One look, and how the index stands then."""
        look = await self._finder.look(Probe(self._ref, scan.state, wants=self._index.wants, spot=scan.spot))
        self._unread.update(look.unread)
        await self._take_in([job for job in look.found if job.raw])
        self._pending += look.examined
        left = max(0, look.total - look.examined) if look.spot is None else max(0, look.spot.left)
        examined = self.progress.examined + look.examined
        self.progress = replace(self.progress, examined=examined, total=max(self.progress.total, examined + left))
        place_behind = LISTED.index(scan.state) + 1
        following = (
            Scan(scan.state, look.spot)
            if look.spot is not None
            else Scan(LISTED[place_behind], Spot())
            if place_behind < len(LISTED)
            else None
        )
        return replace(standing, scan=following)

    async def follow(self) -> AsyncGenerator[Progress]:
        """Keeps the index as the stream tells, until the caller has enough. Builds it anew where the stream no longer
        has all that happened since."""
        while True:
            standing = self._index.standing
            if standing is None or not standing.complete:
                async with aclosing(self.build()) as steps:
                    async for step in steps:
                        yield step
                continue
            async with aclosing(self._followed(standing)) as steps:
                async for step in steps:
                    yield step
            async with aclosing(self.build(anew=True)) as steps:
                async for step in steps:
                    yield step

    async def _followed(self, standing: Standing) -> AsyncGenerator[Progress]:
        """Follows the stream until it has a gap."""
        lost = False
        following = Follow(self._events, self._clock, {self._ref: standing.cursor})
        async with aclosing(following.told()) as told, aclosing(_or_nothing(told)) as handfuls:
            async for handful in handfuls:
                if any(isinstance(one, Gap) for one in handful):
                    return
                for one in handful:
                    if isinstance(one, Unfollowed) and one.why:
                        raise BulltuiError(f"The events of the queue cannot be followed: {one.why}", code="index")
                    if isinstance(one, Lost | Back):
                        lost = isinstance(one, Lost)
                await self.take([one for one in handful if isinstance(one, Event)])
                current_ms = standing.caught_up_ms if lost else self._clock.now_ms()
                standing = replace(standing, cursor=following.cursors[self._ref], caught_up_ms=current_ms)
                self._standing = standing
                if self._due():
                    await self._commit(standing)
                yield replace(self.progress, current=not lost and not self._pending)

    async def catch_up(self) -> bool:
        """Takes in what the stream told since; False where it no longer has all of that."""
        standing = self._index.standing
        events = None if standing is None else await changed_since(self._events, standing, limit=10_000)
        if standing is None or events is None:
            return False
        await self.take(events)
        cursor = events[-1].id if events else standing.cursor
        await self._commit(replace(standing, cursor=cursor, caught_up_ms=self._clock.now_ms()))
        return True

    async def take(self, events: Sequence[Event]) -> None:
        """Reads the jobs anew that events are about."""
        removed = {event.job_id for event in events if event.kind == "removed" and event.job_id}
        ids = list({event.job_id for event in events if event.kind in CHANGING and event.job_id})
        jobs = await self._reader.jobs(self._ref, ids, state=JobState.UNKNOWN, cap=READABLE) if ids else []
        there = [Candidate(self._ref, job.id, job.state, job.score, job.raw) for job in jobs if not job.missing]
        gone = [*removed.difference(ids), *(job.id for job in jobs if job.missing)]
        if there or gone:
            await self._take_in(there, gone)
        self._pending += len(there) + len(gone)
        self.progress = replace(self.progress, changed=self.progress.changed + len(there) + len(gone))

    async def _take_in(self, jobs: Sequence[Candidate], gone: Sequence[str] = ()) -> None:
        self._unread.update(job.id for job in jobs if any(field.size > READABLE for field in job.raw.values()))
        if len(self._unread) > MOST_UNREAD:
            raise BulltuiError(
                f"More than {MOST_UNREAD:,} jobs have fields larger than 2 MiB, which no index takes.", code="index"
            )
        await self._index.write(jobs, gone)

    def _due(self) -> bool:
        return self._pending >= COMMIT_JOBS or self._clock.monotonic() - self._committed_at > COMMIT_S

    async def close(self) -> None:
        """Ends in good order: what was taken in counts."""
        if self._pending and self._standing is not None:
            await self._commit(self._standing)
        await self._index.close()

    async def _commit(self, standing: Standing) -> None:
        await self._index.commit(replace(standing, unread=tuple(sorted({*standing.unread, *self._unread}))))
        self._pending = 0
        self._committed_at = self._clock.monotonic()
        if self._index.size > self._limit:
            await self._index.delete()
            raise BulltuiError(
                f"The index would be larger than {self._limit:,} bytes, so it was taken away.",
                hint="Allow more with --size.",
                code="index",
            )


async def _or_nothing(told: AsyncGenerator[tuple[Told, ...]]) -> AsyncGenerator[tuple[Told, ...]]:
    """What is told, and nothing every second while there is none."""
    coming = asyncio.ensure_future(anext(told))
    try:
        yield ()
        while True:
            while not (await asyncio.wait({coming}, timeout=QUIET_S))[0]:
                yield ()
            yield coming.result()
            coming = asyncio.ensure_future(anext(told))
    finally:
        # A task may miss that it was cancelled; whoever leaves does not wait for news that may never come.
        while not coming.done():
            coming.cancel()
            await asyncio.wait({coming}, timeout=QUIET_S)


async def changed_since(events: EventSource, standing: Standing, *, limit: int) -> list[Event] | None:
    """What the stream told since an index was current, the oldest first; None where that was more than `limit`, or the
    stream no longer has all of it."""
    told = await events.before(standing.ref, limit)
    cursor = place(standing.cursor)
    if cursor == (0, 0) or not told:  # where there is no stream, or was none, nobody can tell what happened
        return None
    if not place(told[0].id) <= cursor <= place(told[-1].id):
        return None
    return [event for event in told if place(event.id) > cursor]
