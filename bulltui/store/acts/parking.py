"""Large values on their way back: each is sent by a plain command into a key of its own, which the script then only
renames. A script would copy it twice, and hold up the server meanwhile (50 MB: 140 ms)."""

from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import replace

from bulltui.domain.errors import BulltuiError
from bulltui.domain.record import SavedJob, SavedKey
from bulltui.domain.text import to_bytes
from bulltui.store.calls import Calls

SENT_WHOLE = 500_000
"""Up to so many bytes go with a script."""

PARKED = "parked"
"""In place of the type of a saved key: its value is the last part of the name of the key where it is parked."""

_LARGE = 65_536
_KEPT_MS = 120_000
"""Ends by itself where the process dies meanwhile."""


@asynccontextmanager
async def parked(calls: Calls, job: SavedJob) -> AsyncIterator[SavedJob]:
    """The job to be sent in place of `job`, its large values parked for the length of the block."""
    keys: list[SavedKey] = []
    names: list[str] = []
    try:
        for one in job.keys:
            large = _large(one)
            if large:
                name = f"{one.key}:bulltui-restores"
                names.append(name)
                await _park(calls, name, large)
                start = len(job.ref.key) + 1
                keys.append(SavedKey(one.key, PARKED, name[start:]))
                small = tuple(entry for entry in one.value if not isinstance(entry, str) and entry not in large)
                keys.append(replace(one, value=small))
            else:
                keys.append(one)
        yield replace(job, keys=tuple(keys))
    finally:
        if names:
            await _leave(calls, names)


def _large(saved: SavedKey) -> list[tuple[str, str]]:
    if saved.kind != "hash":
        return []
    pairs = [entry for entry in saved.value if not isinstance(entry, str)]
    if sum(len(value) for _, value in pairs) <= SENT_WHOLE:
        return []
    return [(name, value) for name, value in pairs if len(value) > _LARGE]


async def _park(calls: Calls, name: str, pairs: Sequence[tuple[str, str]]) -> None:
    key = to_bytes(name)
    await calls.execute("DEL", key)
    for field, value in pairs:
        await calls.once("HSET", "HSET", key, to_bytes(field), to_bytes(value))
        await calls.execute("PEXPIRE", key, _KEPT_MS)


async def _leave(calls: Calls, names: Sequence[str]) -> None:
    """What was not taken ends by itself where it cannot be deleted."""
    try:
        await calls.execute("DEL", *map(to_bytes, names))
    except BulltuiError:
        return
