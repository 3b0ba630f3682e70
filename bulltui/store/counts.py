"""The counts of many queues by a few calls (reference, section 5.1).

The libraries' own count scripts write (they take markers out of lists) and so are not used.
"""

from collections.abc import Sequence
from typing import NamedTuple

from bulltui.domain.layout import Signs, detect
from bulltui.domain.queue import Counts, Queue, QueueRef, RateLimit
from bulltui.domain.text import exact
from bulltui.store.calls import Calls, Command, Raw, Refused
from bulltui.store.keys import base, job_key

COMMANDS: tuple[Command, ...] = (
    ("HMGET", "meta", "paused", "concurrency", "max", "duration", "version", "opts.maxLenEvents"),
    ("LLEN", "wait"),
    ("LLEN", "paused"),
    ("LLEN", "active"),
    ("ZCARD", "prioritized"),
    ("ZCARD", "delayed"),
    ("ZCARD", "waiting-children"),
    ("ZCARD", "completed"),
    ("ZCARD", "failed"),
    ("ZCARD", "repeat"),
    ("SCARD", "stalled"),
    ("ZRANGE", "repeat", 0, 0, "WITHSCORES"),
    ("LINDEX", "wait", 0),
    ("LINDEX", "wait", -1),
    ("LINDEX", "paused", 0),
    ("LINDEX", "paused", -1),
    ("LINDEX", "active", 0),
    ("LINDEX", "active", -1),
    ("GET", "limiter"),
    ("PTTL", "limiter"),
    ("GET", "id"),
    ("HGET", "metrics:completed", "count"),
    ("HGET", "metrics:failed", "count"),
    ("TYPE", "meta"),
    ("TYPE", "events"),
    ("TYPE", "marker"),
    ("TYPE", "priority"),
    ("EXISTS", "meta-paused"),
    ("EXISTS", "groups"),
    ("EXISTS", "stalled-check"),
)
"""What a refresh asks for each queue."""


class _Row(NamedTuple):
    """The replies to `COMMANDS`, in their order."""

    meta: Raw
    wait: Raw
    paused: Raw
    active: Raw
    prioritized: Raw
    delayed: Raw
    waiting_children: Raw
    completed: Raw
    failed: Raw
    repeat: Raw
    stalled: Raw
    next_scheduler: Raw
    wait_head: Raw
    wait_tail: Raw
    paused_head: Raw
    paused_tail: Raw
    active_head: Raw
    active_tail: Raw
    limiter: Raw
    limiter_ttl: Raw
    id: Raw
    metrics_completed: Raw
    metrics_failed: Raw
    meta_type: Raw
    events_type: Raw
    marker_type: Raw
    priority_type: Raw
    meta_paused: Raw
    groups: Raw
    stalled_check: Raw


# The commands that fail on a key of a foreign type, and the types of those keys that nothing is read from.
_KEY_AT = tuple(
    (at, str(command[1]))
    for at, command in enumerate(COMMANDS)
    if command[0] in ("HMGET", "HGET", "GET", "LLEN", "ZCARD", "SCARD")
)
_TYPE_AT = tuple(
    (at, str(command[1]), {"events": b"stream", "marker": b"zset", "priority": b"zset"}[str(command[1])])
    for at, command in enumerate(COMMANDS)
    if command[0] == "TYPE" and command[1] != "meta"
)
MANUAL_LIMIT = 9007199254740991
"""What `rateLimit()` sets the limiter to: JavaScript's largest whole number."""
_LONGEST_NUMBER = 20
_LATEST_MS = 8.64e15
"""No date of JavaScript is later."""


def _number(reply: Raw) -> int:
    return reply if reply.__class__ is int else _optional(reply) or 0


def _optional(reply: Raw) -> int | None:
    """A count as the libraries write it; None for anything else that stands there."""
    return int(reply) if isinstance(reply, bytes) and reply.isdigit() and len(reply) <= _LONGEST_NUMBER else None


def _first_score(reply: Raw) -> int | None:
    """The score of the first member in an answer of at most one, in either version of the protocol."""
    while isinstance(reply, list) and reply:
        reply = reply[-1]
    try:
        score = float(reply)
    except (TypeError, ValueError):
        return None
    return int(score) if 0 <= score < _LATEST_MS else None


def _is_marker(reply: Raw) -> bool:
    return isinstance(reply, bytes) and reply.startswith(b"0:")


def _jobs(length: Raw, head: Raw, tail: Raw) -> tuple[int, bool]:
    """How many of a list's entries are jobs, and whether there are others: BullMQ 3 and 4 keep a marker at an end."""
    entries = _number(length)
    markers = int(_is_marker(head)) + int(entries > 1 and _is_marker(tail)) if entries else 0
    return entries - markers, markers > 0


def _faults(row: _Row) -> tuple[str, ...]:
    faults = [name for at, name in _KEY_AT if isinstance(row[at], Refused)]
    faults += [name for at, name, expected in _TYPE_AT if row[at] != expected and row[at] != b"none"]
    return tuple(faults)


def _exists(row: _Row) -> bool:
    """Whether anything of the queue is there. `limiter` and `priority` alone are remains."""
    return bool(
        row.meta_type != b"none"
        or row.id is not None
        or any(row[1:10])
        or row.events_type != b"none"
        or row.marker_type != b"none"
        or row.meta_paused
        or row.groups
        or row.stalled_check
    )


def decode_queue(
    ref: QueueRef,
    replies: Sequence[Raw],
    oldest_waiting_at: int | None = None,
    *,
    short_fields: bool = False,
    long_fields: bool = False,
) -> Queue | None:
    """A queue from the replies to the commands; None when nothing of it exists. The fields are those of `Signs`."""
    row = _Row(*replies)
    if not _exists(row):
        return None
    paused_field, concurrency, maximum, duration, version, max_events = (
        row.meta if isinstance(row.meta, list) else [None] * 6
    )
    waiting, wait_marked = _jobs(row.wait, row.wait_head, row.wait_tail)
    in_paused, paused_marked = _jobs(row.paused, row.paused_head, row.paused_tail)
    active, _ = _jobs(row.active, row.active_head, row.active_tail)
    counts = Counts(
        waiting=waiting,
        active=active,
        prioritized=_number(row.prioritized),
        delayed=_number(row.delayed),
        waiting_children=_number(row.waiting_children),
        completed=_number(row.completed),
        failed=_number(row.failed),
        paused=in_paused,
    )
    added = _number(row.id)
    signs = Signs(
        version=exact(version) if version else "",
        has_meta=row.meta_type != b"none",
        has_max_events=max_events is not None,
        meta_paused=paused_field is not None,
        bull_paused=bool(row.meta_paused),
        has_events=row.events_type != b"none",
        has_marker=row.marker_type != b"none",
        has_prioritized=counts.prioritized > 0,
        has_priority=row.priority_type != b"none",
        has_groups=bool(row.groups),
        list_markers=wait_marked or paused_marked,
        short_fields=short_fields,
        long_fields=long_fields,
        waiting=waiting,
        paused=in_paused,
        has_jobs=added > 0 or counts.total > 0,
    )
    used = _number(row.limiter)
    return Queue(
        ref=ref,
        counts=counts,
        layout=detect(signs),
        paused=signs.meta_paused or signs.bull_paused,
        concurrency=_optional(concurrency),
        limit=RateLimit(
            _optional(maximum),
            _optional(duration),
            used,
            max(0, _number(row.limiter_ttl)),
            manual=used >= MANUAL_LIMIT,
        ),
        version=signs.version,
        added=added,
        completed_total=_optional(row.metrics_completed),
        failed_total=_optional(row.metrics_failed),
        schedulers=_number(row.repeat),
        oldest_waiting_at=oldest_waiting_at,
        max_events=_optional(max_events),
        faults=_faults(row),
        next_run_at=_first_score(row.next_scheduler),
        stalled=_number(row.stalled),
    )


def next_to_run(replies: Sequence[Raw]) -> bytes | None:
    """The id at the tail of the list that workers take from, as far as a list tells."""
    row = _Row(*replies)
    for reply in (row.wait_tail, row.paused_tail):
        if isinstance(reply, bytes) and not _is_marker(reply):
            return reply
    return None


async def read_counts(calls: Calls, refs: Sequence[QueueRef]) -> list[Queue]:
    """The queues of `refs` that exist, in their order. Chunk by chunk, so that decoding never holds up the screen."""
    queues: list[Queue] = []
    for start in range(0, len(refs), calls.keys_a_trip):
        queues += await _read_chunk(calls, refs[start : start + calls.keys_a_trip])
    return queues


async def read_oldest(calls: Calls, ref: QueueRef, row: Sequence[Raw]) -> int | None:
    """When the job that runs next was created (epoch ms), from the replies to the commands."""
    job_id = next_to_run(row)
    if job_id is None:
        return None
    ((reply,),) = await calls.batch([job_key(ref, exact(job_id))], (("HGET", "", "timestamp"),))
    return _optional(reply)


async def _read_chunk(calls: Calls, refs: Sequence[QueueRef]) -> list[Queue]:
    rows = await calls.batch([base(ref) for ref in refs], COMMANDS)
    oldest = [(ref, next_to_run(row)) for ref, row in zip(refs, rows, strict=True)]
    asked = [(ref, job_key(ref, exact(job_id))) for ref, job_id in oldest if job_id is not None]
    times = await calls.batch([key for _, key in asked], (("HGET", "", "timestamp"),))
    waiting_since = {ref: _optional(reply) for (ref, _), (reply,) in zip(asked, times, strict=True)}
    queues = (decode_queue(ref, row, waiting_since.get(ref)) for ref, row in zip(refs, rows, strict=True))
    return [queue for queue in queues if queue is not None]
