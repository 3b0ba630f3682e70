"""What an earlier action changed or destroyed, brought back from the journal, the last first."""

from collections.abc import Awaitable, Iterator, Mapping, Sequence
from contextlib import aclosing
from dataclasses import dataclass, field, replace
from itertools import groupby

from bulltui.domain import actions
from bulltui.domain.actions import Need
from bulltui.domain.errors import BulltuiError, NotAllowedError
from bulltui.domain.footing import footing
from bulltui.domain.history import Past
from bulltui.domain.layout import Layout
from bulltui.domain.orders import Answer, LostAnswerError, Order
from bulltui.domain.outcome import Reason
from bulltui.domain.queue import Queue, QueueRef
from bulltui.domain.record import Change, Over, Record, SavedJob, SavedKey, SavedQueue
from bulltui.domain.text import visible
from bulltui.services.acting import Journal
from bulltui.services.queue_settings import as_set, opposite, setting
from bulltui.services.run import Run, StopError

LAYOUTS = "layouts"
"""Where among the details of an intent the layouts of its queues are, by key: of a queue that is gone nothing else
tells it."""


@dataclass(slots=True)
class Restoring:
    """An undo while it runs. `over` are the digests that jobs had after the action, empty for those left alone,
    `keys` those of queues that were brought back, `whole` obliterated queues that are there again."""

    run: Run
    past: Past
    over: dict[tuple[QueueRef, str], str] = field(default_factory=dict)
    layouts: dict[QueueRef, Layout] = field(default_factory=dict)
    keys: set[SavedKey] = field(default_factory=set)
    whole: set[str] = field(default_factory=set)


async def restore(run: Run, journal: Journal, past: Past) -> None:
    """Brings back what the entry holds. Raises StopError where it ends before."""
    run.planned += past.done or 0
    run.exact = past.done is not None
    restoring = Restoring(run, past)
    try:
        async with aclosing(journal.records(past.number)) as chunks:
            async for records in chunks:
                for batch in _batches(records):
                    run.check()
                    if run.role.outside([batch[0].ref]):
                        _leave(run, batch)
                        continue
                    await _restore(restoring, batch)
                    run.tell()
        if not run.tally.done:
            for name in restoring.whole:
                run.count(name, None)
    except BulltuiError as error:
        raise StopError(error) from error


def _batches(records: Sequence[Record]) -> Iterator[list[Record]]:
    """What can be brought back together: jobs of one queue that follow each other, anything else by itself."""
    for together, group in groupby(records, key=lambda record: (isinstance(record, SavedJob), record.ref)):
        batch = list(group)
        yield from [batch] if together[0] else [[record] for record in batch]


async def _restore(restoring: Restoring, batch: list[Record]) -> None:
    match batch[0]:
        case Over() as over:
            restoring.over[(over.ref, over.id)] = over.digest
        case SavedQueue() as saved:
            await _restore_queue(restoring, saved)
        case Change() as change:
            await _set_back(restoring, change)
        case SavedJob():
            await _restore_jobs(restoring, [record for record in batch if isinstance(record, SavedJob)])


def _leave(run: Run, batch: list[Record]) -> None:
    """Counts what lies in a queue that the role does nothing to, as children of jobs may."""
    for record in batch:
        if isinstance(record, SavedJob):
            run.count(record.id, Reason.ROLE)
        elif not isinstance(record, Over):
            run.count(record.ref.shown, Reason.ROLE)


# --- jobs


async def _restore_jobs(restoring: Restoring, jobs: list[SavedJob]) -> None:
    run, ref = restoring.run, jobs[0].ref
    jobs = list({job.id: job for job in jobs}.values())  # one may have been saved as a descendant too
    marks = {job.id: restoring.over.pop((ref, job.id), None) for job in jobs}
    rest = []
    for job in jobs:
        if marks[job.id] != "" and job.masked:
            run.count(job.id, Reason.REDACTED)
        elif marks[job.id] != "":
            rest.append(job)
    over = {(ref, job_id): digest for job_id, digest in marks.items() if digest}
    if not rest:
        return
    layout = await _layout(restoring, ref)
    taken: list[SavedJob] = []
    while rest:
        try:
            answer = await run.actor.restore(layout, rest, over, run.started_ms)
        except LostAnswerError:
            await _look(run, rest)
            raise
        run.touched[ref] = None
        for job, status in zip(rest, answer.statuses, strict=False):
            if status is Reason.EXISTS:
                taken.append(job)
            else:
                # It is back also where its parent has gone on without it.
                run.count(job.id, None if status is Reason.PARENT else status)
        if not answer.statuses:
            raise BulltuiError("The server had no time to bring back a single job.", code="no-progress")
        rest = rest[len(answer.statuses) :]
    if taken:
        there = {job.id: job for job in await run.actor.save(ref, [job.id for job in taken])}
        for job in taken:
            same = job.id in there and _same(job, there[job.id])
            other = Reason.CHANGED if marks[job.id] else Reason.EXISTS
            run.count(job.id, Reason.ALREADY if same else other)


async def _look(run: Run, jobs: list[SavedJob]) -> None:
    """After a lost answer: those that are there are back, whatever brought them."""
    await run.clock.sleep(1.0)
    try:
        there = {job.id: job for job in await run.actor.save(jobs[0].ref, [job.id for job in jobs])}
    except BulltuiError:
        there = {}
    for job in jobs:
        if job.id not in there:
            run.count_unsure()
        elif _same(job, there[job.id]):
            run.count(job.id, None)


def _same(saved: SavedJob, now: SavedJob) -> bool:
    if saved.digest and saved.digest == now.digest:
        return True
    return (saved.state, saved.score) == (now.state, now.score) and _values(saved) == _values(now)


def _values(job: SavedJob) -> dict[str, object]:
    unordered = ("hash", "set")
    return {key.key: frozenset(key.value) if key.kind in unordered else key.value for key in job.keys}


# --- queues


async def _restore_queue(restoring: Restoring, saved: SavedQueue) -> None:
    run = restoring.run
    # What was tried again was saved again.
    saved = replace(saved, keys=tuple(key for key in saved.keys if key not in restoring.keys))
    for key in saved.keys:
        if key.masked:
            run.count(key.key, Reason.REDACTED)
    restoring.keys.update(saved.keys)
    saved = replace(saved, keys=tuple(key for key in saved.keys if not key.masked))
    if not saved.keys:
        return
    layout = run.request.layout or _written(restoring.past, saved.ref)
    answer = await _sent(run, run.actor.restore_queue(layout, saved, run.started_ms, restoring.past.at_ms))
    run.touched[saved.ref] = None
    left = [status for status in answer.statuses if status is not None]
    if len(left) < len(answer.statuses):
        _count_queue(restoring, saved.ref, None)
    elif left:
        _count_queue(restoring, saved.ref, left[0])


async def _set_back(restoring: Restoring, change: Change) -> None:
    """By the opposite action, where the setting is still what the action made it."""
    run = restoring.run
    queue = await run.actor.queue(change.ref)
    if queue is None:
        run.count(change.ref.shown, Reason.MISSING)
        return
    now = setting(queue, change.what)
    if now == as_set(change.before):
        run.count(change.ref.shown, Reason.ALREADY)
        return
    if now != as_set(change.after):
        run.count(change.ref.shown, Reason.CHANGED)
        return
    action = opposite(change)
    layout = _layout_of(restoring, queue, action.verb.need)
    first = answer = await _sent(run, run.actor.act(Order(action, change.ref, layout, run.started_ms)))
    while answer.left:
        answer = await _sent(run, run.actor.act(Order(action, change.ref, layout, run.started_ms)))
    run.note(change.ref, answer)
    _count_queue(restoring, change.ref, first.statuses[0] if first.statuses else None)


def _count_queue(restoring: Restoring, ref: QueueRef, status: Reason | None) -> None:
    """Of an obliterated queue its jobs are counted, as when it went, and it only where it had none."""
    if status is None and restoring.past.intent.verb == actions.Obliterate.verb.name:
        restoring.whole.add(ref.shown)
    else:
        restoring.run.count(ref.shown, status)


async def _sent(run: Run, call: Awaitable[Answer]) -> Answer:
    try:
        return await call
    except LostAnswerError:
        run.count_unsure()
        raise


# --- layouts


async def _layout(restoring: Restoring, ref: QueueRef) -> Layout:
    if ref not in restoring.layouts:
        queue = await restoring.run.actor.queue(ref)
        restoring.layouts[ref] = (
            _layout_of(restoring, queue, Need.ENQUEUE) if queue is not None else _remembered(restoring, ref)
        )
    return restoring.layouts[ref]


def _layout_of(restoring: Restoring, queue: Queue, need: Need) -> Layout:
    """What the queue tells of itself, else what it had when the action ran."""
    chosen = restoring.run.request.layout
    if chosen is None and not queue.layout.sure:
        written = _written(restoring.past, queue.ref)
        chosen = written if written in queue.layout.could_be else None
    return footing(queue.ref, queue.layout, need, chosen)


def _remembered(restoring: Restoring, ref: QueueRef) -> Layout:
    """Of a queue that is gone, what it was, or what the queues of its flow were."""
    found = restoring.run.request.layout or _written(restoring.past, ref) or _written(restoring.past, None)
    if found is None:
        raise NotAllowedError(
            f"{visible(ref.shown)} is gone, and nothing tells any more how it was kept.",
            hint="Say which library served it, for example `--layout v5`.",
            code="layout",
        )
    return found


def _written(past: Past, ref: QueueRef | None) -> Layout | None:
    layouts = past.intent.details.get(LAYOUTS)
    if not isinstance(layouts, Mapping):
        return None
    word = layouts.get(ref.key) if ref is not None else next(iter(layouts.values()), None)
    return Layout(word) if word in {str(layout) for layout in Layout} else None
