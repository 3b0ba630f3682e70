"""The ids of a state, one bounded piece after the other, exact while jobs come and go."""

from bulltui.domain.orders import Cursor, IdPage
from bulltui.domain.queue import QueueRef
from bulltui.domain.states import LISTS, SUFFIX, JobState
from bulltui.domain.text import exact, to_bytes
from bulltui.store.calls import Calls, ScriptsRefusedError
from bulltui.store.keys import key
from bulltui.store.mutate import scripts_needed

MOST = 1_000
"""Ids of one call at most."""


async def page(
    calls: Calls, ref: QueueRef, state: JobState, cursor: Cursor, limit: int, *, until_ms: int | None = None
) -> IdPage:
    """See `Actor.ids`."""
    wanted = max(1, min(limit, MOST))
    where = key(ref, SUFFIX[state])
    if state in LISTS:
        return await _of_list(calls, where, cursor, wanted)
    return await _of_set(calls, where, cursor, wanted, until_ms)


async def _of_list(calls: Calls, where: bytes, cursor: Cursor, wanted: int) -> IdPage:
    """From the tail: new jobs come at the head and move nothing there, and what was handled has left."""
    found = await calls.execute("LRANGE", where, -cursor.kept - wanted, -cursor.kept - 1)
    ids = tuple(exact(one) for one in reversed(found) if not one.startswith(b"0:"))
    more = len(found) == wanted
    return IdPage(ids, Cursor(kept=cursor.kept + len(found) - len(ids)) if more else None)


async def _of_set(calls: Calls, where: bytes, cursor: Cursor, wanted: int, until_ms: int | None) -> IdPage:
    """Behind a score and a member, whether that is still there or not."""
    arguments = (cursor.score, to_bytes(cursor.member), wanted)
    try:
        found = await calls.script("ids", [where], arguments)
    except ScriptsRefusedError:
        raise scripts_needed(calls.address) from None
    pairs = list(zip(found[::2], found[1::2], strict=True))
    due = [one for one, score in pairs if until_ms is None or float(score) <= until_ms]
    if len(due) < wanted:
        return IdPage(tuple(map(exact, due)), None)
    member, score = pairs[-1]
    return IdPage(tuple(map(exact, due)), Cursor(exact(score), exact(member)))
