"""Finds out why a job is where it is, and why a queue does not go on."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from statistics import median_low
from typing import Protocol

from bulltui.domain.errors import NotAllowedError, NotFoundError
from bulltui.domain.evidence import Evidence, Ground, Usual, Workforce
from bulltui.domain.explain_job import explain_job, states_of
from bulltui.domain.explain_queue import QueueEvidence, explain_queue
from bulltui.domain.flow import Bond, ChildCursor, FlowNode, JobRef
from bulltui.domain.holdups import HARD, holdups
from bulltui.domain.job import Job, due
from bulltui.domain.layout import Layout
from bulltui.domain.queue import Queue, QueueRef
from bulltui.domain.rates import Rates, rates, sample
from bulltui.domain.snapshot import QueueRow
from bulltui.domain.states import JobState
from bulltui.domain.text import visible
from bulltui.domain.why import Why
from bulltui.domain.worker import Worker, assign
from bulltui.services.exploring import Explorer, FlowReader, Surroundings
from bulltui.services.protocols import Clock, Reader, reader_of

_CAP = 64 * 1024
"""Bytes of a field: options are read whole, of data and errors the start is enough."""
_LOOKS = 4
_AGAIN_S = 0.1
_MEASURED_S = 1.0
_CHILDREN, _CHILDREN_AT_ONCE = 1000, 200
_OTHERS = 20
_ACTIVE = 100


class Sources(Protocol):
    """Where evidence comes from; a runtime has all of them."""

    @property
    def reader(self) -> Reader:
        """Reads of queues and jobs."""

    @property
    def explorer(self) -> Explorer:
        """What stands around a job."""

    @property
    def flows(self) -> FlowReader:
        """Parents and children."""

    @property
    def clock(self) -> Clock:
        """Time."""


async def why_job(
    sources: Sources, ref: QueueRef, job_id: str, *, row: QueueRow | None = None, known: Sequence[QueueRef] = ()
) -> Why:
    """Why a job is where it is; of one that is not there, what is still known of it.

    `row` is the queue as it was refreshed last, where there is one: its rates save a measurement of a second. `known`
    are queues that may hold its children or its parent.
    """
    reader, explorer = sources.reader, sources.explorer
    seen = await _looked_at(sources, ref, job_id)
    queue = row.queue if row is not None else await _queue(reader, ref)
    states = states_of(seen)
    if not seen.around.exists or not states:
        told = await explorer.last_seen(ref, job_id)
        return explain_job(replace(seen, seen=tuple(told), ground=_ground_of_job(seen, queue, Workforce())))
    workers = await _workforce(sources, ref, queue)
    if states[0] is not JobState.ACTIVE and seen.around.active:
        workers = replace(workers, locks=(await _locks(reader, ref))[0])
    ground = _ground_of_job(seen, queue, workers)
    seen = replace(seen, ground=ground)
    seen = await _with_family(sources.flows, seen, states[0], known or (ref,))
    if states[0] is JobState.ACTIVE:
        seen = replace(seen, usual=await _usual(reader, seen))
    elif seen.around.ahead and not _stands(ground):
        per_minute = await _finished(sources, queue, row)
        seen = replace(seen, ground=replace(ground, per_minute=per_minute))
    return explain_job(seen)


async def why_queue(sources: Sources, ref: QueueRef, *, row: QueueRow | None = None, measure: bool = False) -> Why:
    """A verdict on a queue as a whole; `row` as above, and `measure` takes a second where it does not tell how fast the
    queue is and that matters. Raises NotFoundError where the queue is gone."""
    return explain_queue(await evidence_of_queue(sources, ref, row=row, measure=measure))


async def evidence_of_queue(
    sources: Sources, ref: QueueRef, *, row: QueueRow | None = None, measure: bool = False
) -> QueueEvidence:
    """What a verdict on a queue stands on; see `why_queue`."""
    reader = sources.reader
    queue = row.queue if row is not None else await _queue(reader, ref)
    if queue is None:
        raise NotFoundError(f"The queue {visible(ref.shown)!r} is gone.", hint="It was removed just now.")
    workers = await _workforce(sources, ref, queue)
    counts = queue.counts
    looked = unlocked = 0
    if counts.active:
        locks, looked = await _locks(reader, ref)
        workers, unlocked = replace(workers, locks=locks), looked - locks
    due_at = None
    if counts.delayed:
        delayed = await reader.page(ref, JobState.DELAYED, 0, 1, oldest_first=True)
        due_at = due(delayed.jobs[0].score) if delayed.jobs else None
    ground = Ground(
        ref,
        sources.clock.now_ms(),
        paused=queue.paused,
        paused_at_ms=await sources.explorer.paused_at(ref) if queue.paused else None,
        concurrency=queue.concurrency,
        limit=queue.limit,
        active=counts.active,
        workers=workers,
        may_be=queue.layout.could_be,
        strange=_strange(queue),
    )
    found = row.rates if row is not None else Rates()
    if found.finished is None and (measure or row is None) and counts.runnable and not _stands(ground):
        found = await _rates(sources, queue)
    ground = replace(ground, per_minute=found.finished)
    return QueueEvidence(queue, ground, found, due_at, unlocked, looked)


def _stands(ground: Ground) -> bool:
    """Whether nothing runs for a known reason, so that how fast it would run does not matter."""
    return any(one.cause in HARD and one.sure for one in holdups(ground))


@dataclass(frozen=True, slots=True)
class _Look:
    """One look at a job: what is around it at one instant, and its hash just after."""

    around: Surroundings
    job: Job | None

    @property
    def agrees(self) -> bool:
        """Whether nothing happened in between."""
        around, job = self.around, self.job
        if job is None:
            return not around.exists and not around.states
        if around.exists is job.missing:
            return False
        place = around.states[0] if around.states else JobState.UNKNOWN
        return (job.state is place or job.state in around.unsearched) and _stamp(job) == around.stamp


def _stamp(job: Job) -> tuple[int | None, int | None, int]:
    return (job.processed_on, job.finished_on, job.attempts_made)


async def _looked_at(sources: Sources, ref: QueueRef, job_id: str) -> Evidence:
    """The job and what is around it, of one instant: looked at again while it moves, and once more where what was seen
    may be a moment between two steps."""

    async def look() -> _Look:
        return _Look(await sources.explorer.around(ref, job_id), await sources.reader.job(ref, job_id, cap=_CAP))

    last = await look()
    moving = not last.agrees
    for _ in range(_LOOKS - 1):
        if not moving and not _passing(last):
            break
        before = last
        await sources.clock.sleep(_AGAIN_S)
        last = await look()
        if last.agrees and not (moving := before.around.states != last.around.states and _passing(last)):
            break
        moving = moving or not last.agrees
    return Evidence(ref, job_id, last.around, Ground(ref, last.around.now_ms), last.job, moving=moving)


def _passing(look: _Look) -> bool:
    """Whether it may be the moment between two steps of a library: taken, and not locked yet (BullMQ up to 4, Bull), or
    in no state."""
    around = look.around
    if not around.states:
        return around.exists and not around.unsearched
    return not around.exists or (around.states[0] is JobState.ACTIVE and around.lock_ttl_ms is None)


def _ground_of_job(seen: Evidence, queue: Queue | None, workers: Workforce) -> Ground:
    around = seen.around
    return Ground(
        seen.ref,
        around.now_ms,
        paused=around.paused,
        paused_at_ms=around.paused_at_ms,
        concurrency=around.concurrency,
        limit=around.limit,
        active=around.active,
        stalled_check_ttl_ms=around.stalled_check_ttl_ms,
        workers=workers,
        may_be=queue.layout.could_be if queue is not None else (),
        strange=_strange(queue) if queue is not None else "",
    )


def _strange(queue: Queue) -> str:
    """What speaks for a layout that is not known here, such as that of BullMQ Pro."""
    known = queue.layout.layout is not Layout.UNKNOWN or queue.layout.could_be
    return "" if known else "; ".join(queue.layout.evidence)


async def _queue(reader: Reader, ref: QueueRef) -> Queue | None:
    return next(iter(await reader.counts([ref])), None)


async def _workforce(sources: Sources, ref: QueueRef, queue: Queue | None) -> Workforce:
    try:
        workers = await _workers(sources.reader, ref)
        # Connections of Bull say that they wait whatever their workers do.
        if queue is None or queue.layout.layout is Layout.BULL:
            return Workforce(len(workers))
        if workers and not _idle(workers):
            # One that could take another job does not wait in the moment in which it takes one.
            await sources.clock.sleep(_AGAIN_S)
            workers = await _workers(sources.reader, ref)
        return Workforce(len(workers), _idle(workers))
    except NotAllowedError as error:
        return Workforce(problem=error.message)


async def _workers(reader: Reader, ref: QueueRef) -> tuple[Worker, ...]:
    return assign(await reader_of(reader, ref).clients(), [ref]).get(ref, ())


def _idle(workers: Sequence[Worker]) -> int:
    return sum(worker.client.blocked for worker in workers)


async def _locks(reader: Reader, ref: QueueRef) -> tuple[int, int]:
    """How many of the active jobs have a lock, and how many were looked at."""
    page = await reader.page(ref, JobState.ACTIVE, 0, _ACTIVE)
    return sum(bool(job.locked) for job in page.jobs), len(page.jobs)


async def _finished(sources: Sources, queue: Queue | None, row: QueueRow | None) -> float | None:
    if row is not None:
        return row.rates.finished
    return (await _rates(sources, queue)).finished if queue is not None else None


async def _rates(sources: Sources, queue: Queue) -> Rates:
    """How fast a queue is: BullMQ's metrics of the last minute, else what happens within a second."""
    reader, clock = sources.reader, sources.clock
    now = clock.now_ms()
    if queue.completed_total is not None or queue.failed_total is not None:
        series = (await reader.series([queue.ref], 1)).get(queue.ref)
        if series is not None and any(one.kept for one in series):
            completed, failed = (float(one.per_minute(now, 1)[0]) for one in series)
            return Rates(finished=completed + failed, failed=failed)
    before = await _queue(reader, queue.ref)
    began = clock.now_ms()
    await clock.sleep(_MEASURED_S)
    after = await _queue(reader, queue.ref)
    if before is None or after is None:
        return Rates()
    return rates((sample(before, began), sample(after, clock.now_ms())))


async def _usual(reader: Reader, seen: Evidence) -> Usual | None:
    """How long others took: those of the same name, where there are enough of them."""
    page = await reader.page(seen.ref, JobState.COMPLETED, 0, _OTHERS)
    took = [
        (job.name, job.finished_on - job.processed_on)
        for job in page.jobs
        if job.finished_on is not None and job.processed_on is not None and job.finished_on >= job.processed_on
    ]
    name = seen.job.name if seen.job is not None else ""
    alike = [ms for other, ms in took if other == name]
    spans = alike if len(alike) >= 3 else [ms for _, ms in took]
    return Usual(median_low(spans), len(spans)) if spans else None


async def _with_family(flows: FlowReader, seen: Evidence, state: JobState, known: Sequence[QueueRef]) -> Evidence:
    """The evidence with the children that matter and with the parent."""
    job = seen.job
    if job is None:
        return seen
    own = JobRef(seen.ref, seen.job_id)
    if state in (JobState.WAITING_CHILDREN, JobState.FAILED) and job.dependencies.total:
        seen = replace(seen, children=await _children(flows, own, known))
    if job.parent_key:
        (node,) = await flows.nodes([own])
        if node.parent is not None:
            seen = replace(seen, parent=FlowNode(node.parent))
    return seen


async def _children(flows: FlowReader, parent: JobRef, known: Sequence[QueueRef]) -> tuple[FlowNode, ...]:
    """Those that failed and those that are waited for, until one is met that says why it waits."""
    nodes: list[FlowNode] = []
    cursor: ChildCursor | None = ChildCursor()
    while cursor is not None and cursor.bond in (Bond.FAILED, Bond.UNPROCESSED) and len(nodes) < _CHILDREN:
        page = await flows.children(parent, cursor, _CHILDREN_AT_ONCE, known)
        nodes += page.nodes
        cursor = page.cursor
        if any(node.missing or node.state is JobState.FAILED for node in page.nodes):
            break
    return tuple(nodes)
