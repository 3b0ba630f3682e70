"""Searches answered by the indexes on this machine, as long as these have all that happened."""

from collections.abc import AsyncIterator, Callable, Sequence

from bulltui.domain.errors import BulltuiError
from bulltui.domain.query.query import Query
from bulltui.domain.queue import QueueRef
from bulltui.domain.scan import READABLE, Candidate, Look
from bulltui.domain.states import JobState
from bulltui.services.following import EventSource
from bulltui.services.indexing import CHANGING, JobIndex, changed_since
from bulltui.services.protocols import JobReader

MOST_CHANGED = 5_000
"""An index behind which the stream told more events than this is not fresh."""

MOST_FOUND = 5_000
"""A query for which an index finds more jobs is answered sooner by the server: each job found is read."""

_JOBS_A_LOOK = 200


class Indexed:
    """See `services.search.Index`.

    An index only says which jobs may match: each is read before it counts, so one that changed or is gone is never
    shown. None is missed either: jobs that the stream told of since the index was current are read as well, and where
    it no longer has all of these events the index does not answer. Data that was replaced by `updateData`, of which
    the library writes no event, is found once the job moves on.
    """

    def __init__(self, at: Callable[[QueueRef], JobIndex], reader: JobReader, events: EventSource) -> None:
        self._at = at
        self._reader = reader
        self._events = events

    async def looks(self, query: Query, ref: QueueRef, states: Sequence[JobState]) -> AsyncIterator[Look] | None:
        """See Index."""
        index = self._at(ref)
        standing = index.standing
        if standing is None or not standing.complete:
            return None
        try:
            found = await index.find(query, MOST_FOUND)
        except BulltuiError:  # what is broken, or what lacks its library, does not answer
            return None
        if found is None or found.total > MOST_FOUND:
            return None
        events = await changed_since(self._events, standing, limit=MOST_CHANGED)
        if events is None:
            return None
        changed = [event.job_id for event in events if event.kind in CHANGING and event.job_id]
        ids = list(dict.fromkeys((*found.ids, *changed)))
        return self._read(ref, ids, states, standing.unread)

    async def _read(
        self, ref: QueueRef, ids: Sequence[str], states: Sequence[JobState], unread: Sequence[str]
    ) -> AsyncIterator[Look]:
        for start in range(0, len(ids), _JOBS_A_LOOK):
            part = ids[start : start + _JOBS_A_LOOK]
            jobs = await self._reader.jobs(ref, part, state=JobState.UNKNOWN, cap=READABLE)
            found = tuple(
                Candidate(ref, job.id, job.state, job.score, job.raw)
                for job in jobs
                if job.state is not JobState.UNKNOWN and (not states or job.state in states)
            )
            yield Look(len(part), len(ids), found, None)
        yield Look(0, len(ids), (), None, tuple(unread))
