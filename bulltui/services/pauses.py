"""Which queues were paused from here, told from the journal: those that "resume what I paused" is about."""

from bulltui.domain.history import Past
from bulltui.domain.queue import QueueRef
from bulltui.domain.record import Change
from bulltui.services.acting import Journal

_PAUSE, _RESUME = "pause", "resume"


async def paused_here(journal: Journal, server: str) -> list[QueueRef]:
    """Queues of this server, those paused last first."""
    resumed: set[QueueRef] = set()
    paused: dict[QueueRef, None] = {}
    for past in await journal.entries():
        if past.intent.server != server or past.undone or past.running:
            continue
        if past.intent.verb == _RESUME:
            resumed.update(await _changed(journal, past))
        elif past.intent.verb == _PAUSE:
            paused.update((ref, None) for ref in await _changed(journal, past) if ref not in resumed)
    return list(paused)


async def mark_resumed(journal: Journal, server: str, refs: tuple[QueueRef, ...]) -> None:
    """Notes that pauses were taken back of which each queue runs again."""
    for past in await journal.entries():
        if past.intent.verb == _PAUSE and past.intent.server == server and not past.undone and not past.running:
            changed = await _changed(journal, past)
            if changed and set(changed) <= set(refs):
                await journal.mark_undone(past.number)


async def _changed(journal: Journal, past: Past) -> list[QueueRef]:
    found = []
    async for records in journal.records(past.number):  # to the end, which closes it
        found += [one.ref for one in records if isinstance(one, Change) and one.what == "paused"]
    return found[::-1]
