"""A search through the jobs of queues: hits as they come, how far it is, stopped and continued at will."""

import asyncio
from collections import deque
from collections.abc import AsyncGenerator, AsyncIterator, Mapping, Sequence
from contextlib import aclosing
from dataclasses import dataclass
from enum import StrEnum
from typing import Protocol

from bulltui.domain.errors import BulltuiError
from bulltui.domain.job import JobSummary
from bulltui.domain.query.matching import matcher
from bulltui.domain.query.planning import jobs_named
from bulltui.domain.query.query import Query
from bulltui.domain.query.tree import Contains
from bulltui.domain.queue import Queue, QueueRef
from bulltui.domain.scan import Candidate, Look
from bulltui.domain.states import JobState
from bulltui.services.apart import Apart, by_server
from bulltui.services.finding import Finder
from bulltui.services.protocols import Clock, Reader
from bulltui.services.search_parts import ORDER, Part, has_not, is_half_read, parts_of, summary_of


@dataclass(frozen=True, slots=True)
class Scope:
    """Where to look: state by state, those that failed first, each in the queues in this order; which states, none for
    all."""

    refs: tuple[QueueRef, ...]
    states: tuple[JobState, ...] = ()


class Source(StrEnum):
    """Who looked."""

    SERVER = "server"
    CLIENT = "client"  # where scripts are not allowed
    INDEX = "index"


@dataclass(frozen=True, slots=True)
class Match:
    """A job that matches. `at_ms` is the time by which it is sorted: finished, due, or added."""

    ref: QueueRef
    job: JobSummary

    @property
    def at_ms(self) -> int | None:
        """When it finished, is due, or was added (epoch ms)."""
        return self.job.finished_on or self.job.due_at or self.job.timestamp


@dataclass(frozen=True, slots=True)
class Step:
    """What came since the step before, and how far the search is: jobs `examined` of `total` that are to be, jobs
    `unread` since a field of theirs is too large to be looked into. `over` says that all was looked at, or as many
    found as were wanted (`full`)."""

    matches: tuple[Match, ...]
    examined: int
    total: int
    unread: int = 0
    over: bool = False
    full: bool = False
    where: QueueRef | None = None
    source: Source = Source.SERVER


LIMIT = 10_000
"""How many matches a search gives at most, where it is not told."""

TELL_S = 0.1
"""How often (s) it says how far it is."""

SLICE_S = 0.005
"""For how long (s) hits are checked before others get their turn."""


LARGE = 64 * 1024
"""A job of which more characters than this were read is checked beside the loop."""


class Index(Protocol):
    """A full-text index on this machine."""

    async def looks(self, query: Query, ref: QueueRef, states: Sequence[JobState]) -> AsyncIterator[Look] | None:
        """What it finds for a query in a queue, or None where it is not fresh, or cannot answer such a query. What it
        finds is checked like any candidate; `Look.spot` is None."""


_OF_INDEX: frozenset[str] = frozenset()
"""Nothing that an index has read is too large."""


class Search:
    """One search. It keeps its place: who stops taking steps, or was stopped by an error, goes on with new ones.

    `problems` are sentences about states that could not be looked into, and about servers that went away while others
    are left, and about those that are `away` with their queues before it begins, with the reason of each.
    """

    def __init__(
        self,
        finder: Finder,
        reader: Reader,
        clock: Clock,
        query: Query,
        scope: Scope,
        *,
        limit: int = LIMIT,
        index: Index | None = None,
        away: Mapping[str, str] | None = None,
    ) -> None:
        self.problems: list[str] = []
        self._finder = finder
        self._reader = reader
        self._clock = clock
        self._query = query
        self._matches = matcher(query)
        self._has_not = has_not(query.root)
        self._named = jobs_named(query)
        self._scope = scope
        self._apart = Apart(scope.refs, self.problems, away or {})
        self._limit = limit
        self._index = index
        self._of_index = deque(scope.refs if index is not None else ())
        self._answered: set[QueueRef] = set()  # by the index
        self._parts: deque[Part] | None = None
        self._known: set[tuple[QueueRef, str]] = set()
        self._unread: set[tuple[QueueRef, str]] = set()
        self._fresh: list[Match] = []
        self._told = False
        self._examined = 0
        self._where: QueueRef | None = None
        self._source = Source.SERVER

    @property
    def away(self) -> tuple[str, ...]:
        """Those of `problems` that are about whole servers."""
        return tuple(self._apart.said)

    @property
    def full(self) -> bool:
        """Whether as many were found as were wanted."""
        return len(self._known) >= self._limit

    async def steps(self) -> AsyncGenerator[Step]:
        """Goes on from where it was: the first match at once, then what came every tenth of a second. The last step is
        `over`. Raises a BulltuiError when the server does not answer."""
        told_at = self._clock.monotonic()
        try:
            async with aclosing(self._work()) as work:
                async for _ in work:
                    now = self._clock.monotonic()
                    if (self._fresh and not self._told) or now - told_at >= TELL_S:
                        told_at = now
                        yield self._step()
        except BulltuiError:
            if self._fresh:
                yield self._step()
            raise
        yield self._step(over=True)

    def _step(self, *, over: bool = False) -> Step:
        found, self._fresh = tuple(self._fresh), []
        self._told = self._told or bool(found)
        left = sum(part.left for part in self._parts or ())
        return Step(
            found,
            examined=self._examined,
            total=self._examined + left,
            unread=len(self._unread),
            over=over,
            full=self.full,
            where=self._where,
            source=self._source,
        )

    async def _work(self) -> AsyncGenerator[None]:
        """Yields whenever it has done a little more."""
        for stage in (self._by_id, self._by_index, self._lay_out, self._scan):
            async with aclosing(stage()) as work:
                async for _ in work:
                    yield
                    if self.full:
                        return

    async def _by_id(self) -> AsyncGenerator[None]:
        """The jobs of the id that the query is. Where it is nothing but an id and there are some, that is all."""
        if self._named is None:
            return
        refs, states = self._scope.refs, self._scope.states
        for server, some in by_server(refs).items():
            try:
                for ref in await self._finder.holders(some, self._named):
                    job = await self._reader.job(ref, self._named)
                    if job is not None and (not states or job.state in states):
                        self._add(Candidate(ref, job.id, job.state, job.score, job.raw))
                        yield
            except BulltuiError as error:
                if not self._apart.goes_on(error, server):
                    raise
        self._named = None
        if self._known and not isinstance(self._query.root, Contains):
            self._of_index.clear()
            self._parts = deque()

    async def _by_index(self) -> AsyncGenerator[None]:
        """Queues that the index answers for."""
        while self._of_index and self._index is not None:
            ref = self._of_index[0]
            looks = await self._index.looks(self._query, ref, self._scope.states)
            if looks is not None:
                self._where, self._source = ref, Source.INDEX
                async for look in looks:
                    await self._check(look, ref, _OF_INDEX)
                    self._examined += look.examined
                    yield
                self._answered.add(ref)
            self._of_index.popleft()

    async def _lay_out(self) -> AsyncGenerator[None]:
        """What there is to look through, and how much."""
        if self._parts is None:
            refs = [ref for ref in self._scope.refs if ref not in self._answered]
            queues = {queue.ref: queue for queue in await self._counts(refs)}
            parts: list[Part] = []
            for ref in refs:
                if ref in queues:
                    parts += parts_of(self._query, queues[ref], self._scope.states)
                    yield
            self._parts = deque(sorted(parts, key=lambda part: ORDER.index(part.probe.state)))

    async def _counts(self, refs: Sequence[QueueRef]) -> list[Queue]:
        """The queues of all servers but those that do not answer."""
        found: list[Queue] = []
        for server, some in by_server(refs).items():
            try:
                found += await self._reader.counts(some)
            except BulltuiError as error:
                if not self._apart.goes_on(error, server):
                    raise
        return found

    async def _scan(self) -> AsyncGenerator[None]:
        """Part by part. While the hits of a look are checked, the server is at the next one already."""
        parts = self._parts or deque()
        ahead: asyncio.Task[Look] | None = None
        try:
            while parts:
                part = parts[0]
                self._where = part.probe.ref
                try:
                    look = await (self._finder.look(part.probe) if ahead is None else asyncio.shield(ahead))
                except BulltuiError as error:
                    if self._apart.goes_on(error, part.probe.ref.server):
                        server, ahead = part.probe.ref.server, None
                        parts = self._parts = deque(one for one in parts if one.probe.ref.server != server)
                        continue
                    if error.code != "wrong-type":
                        raise
                    self.problems.append(error.message)
                    look = Look(0, 0, (), None)
                self._source = Source.SERVER if self._finder.on_server else Source.CLIENT
                follows = part.behind(look) or (parts[1] if len(parts) > 1 else None)
                ahead = asyncio.ensure_future(self._finder.look(follows.probe)) if follows is not None else None
                await self._check(look, part.probe.ref, part.needs)
                self._examined += look.examined
                parts.popleft()
                if look.spot is not None and follows is not None:
                    parts.appendleft(follows)
                yield
        finally:
            if ahead is not None:
                ahead.add_done_callback(_forget)  # it ends by itself within ms; what it saw is looked at again

    async def _check(self, look: Look, ref: QueueRef, needs: frozenset[str]) -> None:
        """Takes what matches, and lets others have their turn."""
        await asyncio.sleep(0)
        self._unread.update((ref, job_id) for job_id in look.unread)
        since = self._clock.monotonic()
        for found in look.found:
            if self.full:
                return
            # One that is large takes longer than others may wait.
            is_large = sum(len(field.text) for field in found.raw.values()) > LARGE
            holds = await asyncio.to_thread(self._matches, found) if is_large else self._matches(found)
            if is_half_read(found, needs) and not (holds and not self._has_not):
                self._unread.add((found.ref, found.id))
            elif holds:
                self._add(found)
            if self._clock.monotonic() - since > SLICE_S:
                await asyncio.sleep(0)
                since = self._clock.monotonic()

    def _add(self, found: Candidate) -> None:
        if (found.ref, found.id) not in self._known:
            self._known.add((found.ref, found.id))
            self._fresh.append(Match(found.ref, summary_of(found)))


def _forget(task: asyncio.Task[Look]) -> None:
    if not task.cancelled():
        task.exception()
