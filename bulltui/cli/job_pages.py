"""Reading many jobs of a state, page by page, without losing or repeating one while jobs come and go."""

from collections.abc import AsyncIterator
from dataclasses import dataclass

from bulltui.domain.errors import NotFoundError
from bulltui.domain.job import JobSummary
from bulltui.domain.queue import QueueRef
from bulltui.domain.reads import Anchor
from bulltui.domain.states import JobState
from bulltui.domain.text import visible
from bulltui.services.protocols import JobReader


@dataclass(frozen=True, slots=True)
class Wanted:
    """Which jobs: `limit` of a state from index `start` on. With `after` they follow that job, and `start` is about
    where it was."""

    ref: QueueRef
    state: JobState
    start: int
    limit: int
    oldest_first: bool
    after: str = ""


@dataclass(frozen=True, slots=True)
class Part:
    """Some of the jobs, in order. `start` is the index of the first now, among `total` of the state."""

    start: int
    total: int
    jobs: tuple[JobSummary, ...]


async def parts(reader: JobReader, wanted: Wanted, chunk: int) -> AsyncIterator[Part]:
    """The jobs in parts of at most `chunk`; at least one part, empty when there are no such jobs.

    Each part is read from behind the last job of the one before, wherever that has moved to.
    """
    last = wanted.after
    index = wanted.start
    left = wanted.limit
    while True:
        size = min(left, chunk)
        behind = 1 if last else 0
        page = await reader.page(
            wanted.ref,
            wanted.state,
            index,
            size + behind,
            oldest_first=wanted.oldest_first,
            anchor=Anchor(last, index) if last else None,
        )
        jobs, start = page.jobs, page.start
        if behind and jobs and jobs[0].id == last:
            jobs, start = jobs[1:], start + 1
        elif behind and last == wanted.after:
            raise NotFoundError(
                f"The job {visible(last)!r} is not {wanted.state.value} any more, or far from index {index:,}.",
                hint="With `--after`, `--offset N` says about where in a long list that job was.",
            )
        # A later part whose first job went away meanwhile goes on where that one was.
        jobs = jobs[:size]
        yield Part(start, page.total, jobs)
        left -= len(jobs)
        if left <= 0 or len(jobs) < size:
            return
        last, index = jobs[-1].id, start + len(jobs) - 1
