"""A queue looked at closely before it is changed: its jobs tell its layout too."""

from bulltui.domain.queue import Queue, QueueRef
from bulltui.domain.text import exact
from bulltui.store.calls import Calls, Command, Refused
from bulltui.store.counts import COMMANDS, decode_queue, read_oldest
from bulltui.store.keys import base, job_key

_ENDS: tuple[Command, ...] = tuple(
    ("ZRANGE", name, at, at) for name in ("failed", "completed", "delayed", "prioritized") for at in (0, -1)
) + tuple(("LRANGE", "active", at, at) for at in (0, -1))


async def queue(calls: Calls, ref: QueueRef) -> Queue | None:
    """See `Actor.queue`."""
    (row,) = await calls.batch([base(ref)], COMMANDS)
    (ends,) = await calls.batch([base(ref)], _ENDS)
    ids = {job_id for reply in ends if not isinstance(reply, Refused) for job_id in reply}
    keys = [job_key(ref, exact(job_id)) for job_id in sorted(ids)]
    replies = await calls.batch(keys, (("HMGET", "", "atm", "ats", "attemptsMade"),))
    fields = [found for (found,) in replies if not isinstance(found, Refused)]
    return decode_queue(
        ref,
        row,
        await read_oldest(calls, ref, row),
        short_fields=any(atm is not None or ats is not None for atm, ats, _ in fields),
        long_fields=any(made is not None for *_, made in fields),
    )
