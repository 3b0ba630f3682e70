"""Jobs brought back as they were saved."""

from collections.abc import Iterator, Mapping, Sequence

from bulltui.domain.errors import BulltuiError
from bulltui.domain.layout import Layout
from bulltui.domain.orders import Answer
from bulltui.domain.outcome import Reason
from bulltui.domain.queue import QueueRef
from bulltui.domain.record import SavedJob, SavedKey
from bulltui.domain.text import to_bytes, visible
from bulltui.store.acts.parking import PARKED, SENT_WHOLE, parked
from bulltui.store.calls import Calls
from bulltui.store.keys import base
from bulltui.store.mutate import Argument, Place, answer_of, mutate

JOBS_A_CALL = 100

_STATES = frozenset(
    ("", "wait", "paused", "active", "prioritized", "delayed", "waiting-children", "completed", "failed")
)
_KINDS = frozenset(("string", "list", "set", "hash", "zset"))


async def restore(
    calls: Calls, layout: Layout, jobs: Sequence[SavedJob], over: Mapping[tuple[QueueRef, str], str], now_ms: int
) -> Answer:
    """See `Actor.restore`. In a list the last of them goes first, to where it stands nearest to the tail."""
    statuses: list[Reason | None] = []  # the last job's first
    told = [list(_told(job, over.get((job.ref, job.id), ""))) for job in jobs]
    while len(statuses) < len(jobs):
        end = len(jobs) - len(statuses)
        start = _start(told, end)
        place = Place(jobs[0].ref, layout, now_ms)
        if start + 1 == end and _size(told[start]) > SENT_WHOLE:
            async with parked(calls, jobs[start]) as job:
                statuses += await _sent(
                    calls, place, [list(_told(job, over.get((job.ref, job.id), ""), is_parked=True))]
                )
        else:
            statuses += await _sent(calls, place, told[start:end])
    return Answer(tuple(reversed(statuses)))


async def _sent(calls: Calls, place: Place, told: Sequence[Sequence[Argument]]) -> tuple[Reason | None, ...]:
    arguments: list[Argument] = [len(told)]
    for one in told:
        arguments += one
    return answer_of(await mutate(calls, "act/restore", place, arguments)).statuses


def _start(told: Sequence[Sequence[Argument]], end: int) -> int:
    """Where the jobs of one call begin that ends before `end`: so many as are not too much, at least one."""
    size, start = 0, end
    while start > 0 and end - start < JOBS_A_CALL:
        size += _size(told[start - 1])
        if size > SENT_WHOLE and start < end:
            break
        start -= 1
    return start


def _size(told: Sequence[Argument]) -> int:
    return sum(len(one) for one in told if isinstance(one, bytes))


def _told(job: SavedJob, over: str, *, is_parked: bool = False) -> Iterator[Argument]:
    if job.state not in _STATES:
        raise BulltuiError(f"The saved job {visible(job.id)} has a state that is none: {visible(job.state)}.")
    yield from (to_bytes(job.id), job.state, job.score, to_bytes(job.after), over)
    yield from (to_bytes(job.parent), job.parent_score, len(job.keys), len(job.links))
    for one in (*job.keys, *job.links):
        yield from told_key(job.ref, one, is_parked=is_parked)


def told_key(ref: QueueRef, saved: SavedKey, *, is_parked: bool = False) -> Iterator[Argument]:
    """A saved key of a queue as the scripts take it, see `lib/put.lua`."""
    start, name = base(ref), to_bytes(saved.key)
    if (saved.kind not in _KINDS and not (is_parked and saved.kind == PARKED)) or not name.startswith(start):
        raise BulltuiError(f"The saved key {visible(saved.key)} is none of its queue.")
    entries = (saved.value,) if isinstance(saved.value, str) else saved.value
    yield from (name[len(start) :], saved.kind, "" if saved.ttl_ms is None else saved.ttl_ms, len(entries))
    for entry in entries:
        if isinstance(entry, str):
            yield to_bytes(entry)
        else:
            yield from map(to_bytes, entry)
