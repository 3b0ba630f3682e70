"""The counts of many queues by a few calls (reference, section 5.1).

The libraries' own count scripts write (they take markers out of lists) and so are not used.
"""

from collections.abc import Sequence

from bulltui.domain.layout import Signs, detect
from bulltui.domain.queue import Counts, Queue, QueueRef, RateLimit
from bulltui.domain.text import exact
from bulltui.store.calls import KEYS_A_CALL, Calls, Command, Raw, Refused
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
    ("LINDEX", "wait", 0),
    ("LINDEX", "wait", -1),
    ("LINDEX", "paused", 0),
    ("LINDEX", "paused", -1),
    ("GET", "limiter"),
    ("PTTL", "limiter"),
    ("GET", "id"),
    ("HGET", "metrics:completed", "count"),
    ("HGET", "metrics:failed", "count"),
    ("EXISTS", "events"),
    ("EXISTS", "marker"),
    ("EXISTS", "priority"),
    ("EXISTS", "meta-paused"),
    ("EXISTS", "groups"),
    ("EXISTS", "meta"),
)
"""What a refresh asks for each queue."""
_COUNTED = ("wait", "paused", "active", "prioritized", "delayed", "waiting-children", "completed", "failed", "repeat")
_MANUAL_LIMIT = 9007199254740991
"""What `rateLimit()` sets the limiter to: JavaScript's largest whole number."""


def _number(reply: Raw) -> int:
    if reply.__class__ is int:
        return int(reply)
    try:
        return int(reply) if reply else 0
    except (TypeError, ValueError):
        return 0


def _optional(reply: Raw) -> int | None:
    try:
        return None if reply is None or isinstance(reply, Refused) else int(reply)
    except (TypeError, ValueError):
        return None


def _is_marker(reply: Raw) -> bool:
    return isinstance(reply, bytes) and reply.startswith(b"0:")


def _markers(length: int, head: Raw, tail: Raw) -> int:
    """How many of a list's entries are no jobs: BullMQ 3 and 4 keep a marker at an end of it."""
    if length == 0:
        return 0
    return int(_is_marker(head)) + (int(_is_marker(tail)) if length > 1 else 0)


def decode_queue(ref: QueueRef, row: Sequence[Raw], oldest_waiting_at: int | None = None) -> Queue | None:
    """A queue from the replies to the commands; None when nothing of it exists."""
    meta = row[0] if isinstance(row[0], list) else [None] * 6
    lengths = [_number(reply) for reply in row[1:10]]
    wait, paused_list, active, prioritized, delayed, children, completed, failed, repeat = lengths
    events, marker, priority, bull_paused, groups, has_meta = (_number(reply) for reply in row[19:25])
    added = _number(row[16])
    if not (any(lengths) or row[16] is not None or events or marker or bull_paused or groups or has_meta):
        return None
    in_wait = _markers(wait, row[10], row[11])
    in_paused = _markers(paused_list, row[12], row[13])
    paused = meta[0] is not None or bool(bull_paused)
    version = exact(meta[4]) if meta[4] else ""
    waiting = wait - in_wait
    signs = Signs(
        version=version,
        has_meta=bool(has_meta),
        has_max_events=meta[5] is not None,
        meta_paused=meta[0] is not None,
        bull_paused=bool(bull_paused),
        has_events=bool(events),
        has_marker=bool(marker),
        has_prioritized=prioritized > 0,
        has_priority=bool(priority),
        has_groups=bool(groups),
        list_markers=bool(in_wait or in_paused),
        waiting=waiting,
        paused=paused_list - in_paused,
        has_jobs=added > 0,
    )
    faults = [name for name, reply in zip(_COUNTED, row[1:10], strict=True) if isinstance(reply, Refused)]
    if isinstance(row[0], Refused):
        faults.append("meta")
    used = _number(row[14])
    return Queue(
        ref=ref,
        counts=Counts(
            waiting, active, prioritized, delayed, children, completed, failed, paused=paused_list - in_paused
        ),
        layout=detect(signs),
        paused=paused,
        concurrency=_optional(meta[1]),
        limit=RateLimit(
            _optional(meta[2]), _optional(meta[3]), used, max(0, _number(row[15])), manual=used >= _MANUAL_LIMIT
        ),
        version=version,
        added=added,
        completed_total=_optional(row[17]),
        failed_total=_optional(row[18]),
        schedulers=repeat,
        oldest_waiting_at=oldest_waiting_at,
        max_events=_optional(meta[5]),
        faults=tuple(faults),
    )


def next_to_run(row: Sequence[Raw]) -> bytes | None:
    """The id at the tail of the list that workers take from, as far as a list tells."""
    for reply in (row[11], row[13]):
        if isinstance(reply, bytes) and not reply.startswith(b"0:"):
            return reply
    return None


async def read_counts(calls: Calls, refs: Sequence[QueueRef]) -> list[Queue]:
    """The queues of `refs` that exist, in their order. Chunk by chunk, so that decoding never holds up the screen."""
    queues: list[Queue] = []
    for start in range(0, len(refs), KEYS_A_CALL):
        queues += await _read_chunk(calls, refs[start : start + KEYS_A_CALL])
    return queues


async def _read_chunk(calls: Calls, refs: Sequence[QueueRef]) -> list[Queue]:
    rows = await calls.batch([base(ref) for ref in refs], COMMANDS)
    oldest = [(ref, next_to_run(row)) for ref, row in zip(refs, rows, strict=True)]
    asked = [(ref, job_key(ref, exact(job_id))) for ref, job_id in oldest if job_id is not None]
    times = await calls.batch([key for _, key in asked], (("HGET", "", "timestamp"),))
    waiting_since = {ref: _optional(reply) for (ref, _), (reply,) in zip(asked, times, strict=True)}
    queues = (decode_queue(ref, row, waiting_since.get(ref)) for ref, row in zip(refs, rows, strict=True))
    return [queue for queue in queues if queue is not None]
