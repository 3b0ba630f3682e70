"""Many new jobs: added a handful at a time, each handful in one call."""

from collections.abc import Iterable, Iterator
from dataclasses import replace

from bulltui.domain.actions import Add, AddAll
from bulltui.domain.errors import BulltuiError
from bulltui.domain.job_options import own_id
from bulltui.domain.orders import LostAnswerError
from bulltui.domain.targets import NewJobs
from bulltui.domain.text import to_bytes
from bulltui.services.ground import Ground, order_on
from bulltui.services.run import TRIES, Run, StopError, no_progress

AT_ONCE = 200
SIZE = 512 * 1024
"""So many jobs, or bytes of them, are sent in one call at most, save for a single larger one."""


async def add_all(run: Run, ground: Ground, new: NewJobs) -> None:
    """Adds them in their order. Raises StopError where it ends before."""
    for handful in handfuls(new.jobs):
        run.check()
        await _add(run, ground, handful)
        run.tell()


def handfuls(jobs: Iterable[Add]) -> Iterator[tuple[Add, ...]]:
    """The jobs, as many at once as are sent in one call."""
    some: list[Add] = []
    size = 0
    for job in jobs:
        more = sum(len(to_bytes(part)) for part in (job.name, job.data, job.opts))
        if some and (len(some) == AT_ONCE or size + more > SIZE):
            yield tuple(some)
            some, size = [], 0
        some.append(job)
        size += more
    if some:
        yield tuple(some)


async def _add(run: Run, ground: Ground, jobs: tuple[Add, ...]) -> None:
    idle = 0
    while jobs:
        now_ms = run.started_ms + int(run.elapsed_s * 1000)
        order = replace(order_on(run, ground), action=AddAll(jobs), started_ms=now_ms)
        try:
            answer = await run.actor.act(order)
        except LostAnswerError as lost:
            run.touched[ground.ref] = None
            for _ in jobs:  # a new job has no name yet by which it could be looked for
                run.count_unsure()
            raise StopError(lost) from lost
        except BulltuiError as error:
            raise StopError(error) from error
        for job, status in zip(jobs, answer.statuses, strict=False):
            run.count(own_id(job.opts) if status else job.name, status)
        run.note(ground.ref, answer)
        jobs = jobs[len(answer.statuses) :]
        idle = 0 if answer.statuses else idle + 1
        if idle == TRIES:
            raise StopError(no_progress())
