"""One chunk of jobs: saved, written into the journal, then changed while they are as they were saved."""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass, field

from bulltui.domain import actions
from bulltui.domain.actions import Undo
from bulltui.domain.errors import BulltuiError
from bulltui.domain.orders import CHUNK, Answer, Item, LostAnswerError, Order
from bulltui.domain.outcome import Reason
from bulltui.domain.queue import QueueRef
from bulltui.domain.record import Over, Record, SavedJob
from bulltui.services.effect import happened
from bulltui.services.run import LOOK_AFTER_S, TRIES, Run, StopError, no_progress

_STAYING = (actions.AddLog, actions.Duplicate, actions.RemoveChildren, actions.UpdateData)
"""Actions that leave a job in its place."""


@dataclass(slots=True)
class Chunk:
    """Jobs as they will be sent, with what was saved of each. `records` is what the journal has to have before,
    `refused` are those that are not sent at all, `gone` what went as a descendant of another one."""

    items: list[Item] = field(default_factory=list)
    saved: dict[str, SavedJob] = field(default_factory=dict)
    records: list[Record] = field(default_factory=list)
    refused: dict[str, Reason] = field(default_factory=dict)
    gone: set[tuple[QueueRef, str]] = field(default_factory=set)


def saves(run: Run, order: Order) -> bool:
    """Whether the jobs have to be saved before."""
    copies = isinstance(order.action, actions.Replay) and order.action.copy
    return run.entry is not None and order.action.verb.undo is Undo.RECORDS and not copies


def width(run: Run, order: Order) -> int:
    """How many jobs the next chunk may be about."""
    return run.width if saves(run, order) else CHUNK


async def act_on_all(run: Run, order: Order, ids: Sequence[str]) -> None:
    """Jobs by their ids, chunk by chunk. Raises StopError where it ends before."""
    at = 0
    while at < len(ids):
        run.check()
        some = ids[at : at + width(run, order)]
        await act_on(run, order, some)
        at += len(some)
        run.tell()


async def act_on(run: Run, order: Order, ids: Sequence[str]) -> list[str]:
    """One chunk; the ids that stay where they were. Those that changed between being saved and being acted on are saved
    and tried once more. Raises StopError where the action ends here."""
    found: dict[str, Reason | None] = {}
    try:
        await _send_saved(run, order, ids, found)
        changed = [job_id for job_id, status in found.items() if status is Reason.CHANGED]
        if changed:
            for job_id in changed:
                del found[job_id]
            await _send_saved(run, order, changed, found)
    finally:
        for job_id, status in found.items():
            run.count(job_id, status)
    return [job_id for job_id, status in found.items() if _stays(order, status)]


def _stays(order: Order, status: Reason | None) -> bool:
    if status is None:
        return isinstance(order.action, _STAYING)
    return status not in (Reason.MISSING, Reason.STATE)


async def _send_saved(run: Run, order: Order, ids: Sequence[str], found: dict[str, Reason | None]) -> None:
    try:
        chunk = await _prepare(run, order, ids)
    except BulltuiError as error:
        raise StopError(error) from error
    if chunk.records:
        run.tell("saving")
        await run.keep(chunk.records)
        await run.expect(run.planned * len(chunk.records) // max(1, len(ids)))
    found |= chunk.refused
    await _send(run, order, chunk, found)


async def _prepare(run: Run, order: Order, ids: Sequence[str]) -> Chunk:
    chunk = Chunk()
    if isinstance(order.action, actions.RemoveChildren):
        for job_id in ids:
            await _add_with_family(run, order, chunk, Item(job_id), pending_only=True)
        return chunk
    children = isinstance(order.action, actions.Remove) and order.action.children
    if not saves(run, order):
        if not children:
            chunk.items = [Item(job_id) for job_id in ids]
            return chunk
        for job_id in ids:
            await _add_with_family(run, order, chunk, Item(job_id), pending_only=False)
        chunk.records.clear()
        return chunk
    for job in await run.actor.save(order.ref, ids):
        if not job.state and not job.keys:
            chunk.refused[job.id] = Reason.MISSING
            continue
        item = Item(job.id, job.digest)
        if children and has_children(job):
            await _add_with_family(run, order, chunk, item, pending_only=False)
        else:
            chunk.items.append(item)
        if job.id not in chunk.refused:
            chunk.saved[job.id] = job
            chunk.records.append(job)
    run.grow(len(ids), sum(map(_size, chunk.records)))
    return chunk


async def _add_with_family(run: Run, order: Order, chunk: Chunk, item: Item, *, pending_only: bool) -> None:
    try:
        family = await run.actor.family(order.ref, item.id, pending_only=pending_only)
    except BulltuiError as error:
        if error.code != "too-many":
            raise
        chunk.refused[item.id] = Reason.LARGE
        return
    if run.role.outside({one.ref for one in family}):
        chunk.refused[item.id] = Reason.ROLE
        return
    chunk.items.append(Item(item.id, item.digest, tuple(family)))
    if run.entry is not None:
        chunk.records.extend(family)


_CHILDREN = (":dependencies", ":processed", ":failed", ":unsuccessful")


def has_children(job: SavedJob) -> bool:
    """Whether a job had children, as far as its keys tell."""
    return any(key.key.endswith(_CHILDREN) for key in job.keys)


def _size(record: Record) -> int:
    if not isinstance(record, SavedJob):
        return 0
    return sum(
        len(part) if isinstance(part, str) else sum(map(len, part))
        for key in record.keys
        for part in ((key.value,) if isinstance(key.value, str) else key.value)
    )


async def _send(run: Run, order: Order, chunk: Chunk, found: dict[str, Reason | None]) -> None:
    rest = chunk.items
    idle = 0
    while rest:
        try:
            answer = await run.actor.act(order, rest)
        except LostAnswerError as lost:
            await _look(run, order, rest, chunk)
            raise StopError(lost) from lost
        except BulltuiError as error:
            await _spare(run, order, rest, chunk)
            raise StopError(error) from error
        except asyncio.CancelledError:  # the process ends at once
            for _ in rest:
                run.count_unsure()
            raise
        come_to, rest = rest[: len(answer.statuses)], rest[len(answer.statuses) :]
        found |= {item.id: status for item, status in zip(come_to, answer.statuses, strict=False)}
        run.note(order.ref, answer)
        run.touched.update((one.ref, None) for item in come_to for one in item.family)
        await _note(run, order, come_to, answer, chunk)
        idle = 0 if come_to else idle + 1
        if idle == TRIES:
            await _spare(run, order, rest, chunk)
            raise StopError(no_progress())


async def _note(run: Run, order: Order, items: Sequence[Item], answer: Answer, chunk: Chunk) -> None:
    """Writes into the journal what became of the saved ones: what changed, and what was left alone."""
    if not chunk.records:
        return
    pairs = list(zip(items, answer.statuses, strict=False))
    done = [item for item, status in pairs if status is None]
    chunk.gone.update((one.ref, one.id) for item in done for one in item.family)
    overs = [
        Over(order.ref, item.id, digest)
        for item, digest in zip(done, answer.digests, strict=False)
        if item.id in chunk.saved
    ]
    await run.keep([*overs, *_alone([item for item, status in pairs if status is not None], order, chunk)])


async def _spare(run: Run, order: Order, items: Sequence[Item], chunk: Chunk) -> None:
    if chunk.records:
        await run.keep(_alone(items, order, chunk))


def _alone(items: Sequence[Item], order: Order, chunk: Chunk) -> list[Over]:
    alone = {(order.ref, item.id) for item in items if item.id in chunk.saved}
    alone.update((one.ref, one.id) for item in items for one in item.family)
    return [Over(ref, job_id, "") for ref, job_id in alone - chunk.gone]


async def _look(run: Run, order: Order, items: Sequence[Item], chunk: Chunk) -> None:
    """Finds out what became of jobs whose answer was lost. What was not done is left, what cannot be known unsure."""
    run.tell("looking")
    now: dict[str, SavedJob] = {}
    for seconds in LOOK_AFTER_S:
        await run.clock.sleep(seconds)
        try:
            now = {job.id: job for job in await run.actor.save(order.ref, [item.id for item in items])}
            break
        except BulltuiError:
            continue
    for item in items:
        before = chunk.saved.get(item.id)
        it_happened = happened(order, before, now[item.id]) if item.id in now else None
        if it_happened:
            run.count(item.id, None)
            run.touched[order.ref] = None
        elif it_happened is None:
            run.count_unsure()
    if chunk.saved:
        over = [
            Over(order.ref, job_id, now[job_id].digest if happened(order, before, now[job_id]) else "")
            for job_id, before in chunk.saved.items()
            if job_id in now and (now[job_id].state or now[job_id].keys)
        ]
        await run.keep(over)
