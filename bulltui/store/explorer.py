"""Looks around jobs on Redis. What each method means is said in `services.exploring`."""

from collections.abc import Sequence
from dataclasses import replace

from bulltui.domain.queue import QueueRef
from bulltui.domain.surroundings import CLEANED, LastSeen, Surroundings
from bulltui.domain.text import exact, to_bytes
from bulltui.store.around import read_around
from bulltui.store.calls import Calls, Raw, ScriptsRefusedError
from bulltui.store.keys import key

_ENTRIES = 10_000
"""How far back in a stream: about as many as the libraries keep."""
_PLAIN_ENTRIES, _PLAIN_BYTES = 1_000, 4_000_000
"""The same without scripts, where every entry comes over the wire whole."""
_CHUNK, _CHUNK_BYTES = 100, 200_000
"""As many at once as they are small."""
_WANTED = 20
_BUDGET_MS = 2


class RedisExplorer:
    """Looks over the connections of `calls`."""

    def __init__(self, calls: Calls) -> None:
        self._calls = calls

    async def around(self, ref: QueueRef, job_id: str) -> Surroundings:
        """See Explorer."""
        found = await read_around(self._calls, ref, job_id)
        return replace(found, paused_at_ms=await self.paused_at(ref)) if found.paused else found

    async def paused_at(self, ref: QueueRef) -> int | None:
        """See Explorer."""
        told = await self._seen(ref, "", 1, ("paused", "resumed"))
        return told[0].at_ms if told and told[0].kind == "paused" else None

    async def last_seen(self, ref: QueueRef, job_id: str) -> list[LastSeen]:
        """See Explorer."""
        return await self._seen(ref, job_id, _WANTED, (CLEANED,))

    async def _seen(self, ref: QueueRef, job_id: str, wanted: int, kinds: Sequence[str]) -> list[LastSeen]:
        stream, start, left = key(ref, "events"), b"+", _ENTRIES
        found: list[LastSeen] = []
        while start and left > 0 and len(found) < wanted:
            try:
                words: list[bytes | str | int] = [to_bytes(job_id), start, left, wanted - len(found), _BUDGET_MS]
                open_kinds = _not_told(kinds, found)
                looked, start, entries = await self._calls.script("seen", [stream], [*words, *open_kinds])
            except ScriptsRefusedError:
                return await self._plain(stream, job_id, wanted, kinds)
            found += map(_decode, entries)
            left -= looked
        return found

    async def _plain(self, stream: bytes, job_id: str, wanted: int, kinds: Sequence[str]) -> list[LastSeen]:
        found: list[LastSeen] = []
        start, width, looked, size = b"+", 1, 0, 0
        while looked < _PLAIN_ENTRIES and size < _PLAIN_BYTES and len(found) < wanted:
            (entries,) = await self._calls.pipeline([("XREVRANGE", stream, start, "-", "COUNT", width)])
            if not isinstance(entries, list) or not entries:
                break
            weight = 0
            for entry, flat in entries:
                fields = _fields(flat)
                weight += sum(map(len, fields.values()))
                told = [entry, *(fields.get(name, b"") for name in _KEPT)]
                if len(found) < wanted and _is_wanted(told, to_bytes(job_id), _not_told(kinds, found)):
                    found.append(_decode(told))
            start = b"(" + entries[-1][0]
            looked, size = looked + len(entries), size + weight
            width = min(_CHUNK, width * 2) if weight < _CHUNK_BYTES else max(1, width // 2)
        return found


_KEPT = (b"event", b"jobId", b"prev", b"deduplicatedJobId")


def _fields(flat: Sequence[bytes] | dict[bytes, bytes]) -> dict[bytes, bytes]:
    return flat if isinstance(flat, dict) else dict(zip(flat[::2], flat[1::2], strict=True))


def _is_wanted(told: Sequence[bytes], job_id: bytes, kinds: Sequence[str]) -> bool:
    _, kind, job, _, other = told
    # To a job that others were taken for nothing happened by that.
    return exact(kind) in kinds or (job_id != b"" and job_id == (other or job))


def _not_told(kinds: Sequence[str], found: Sequence[LastSeen]) -> list[str]:
    """Of events that are about no job the newest one is enough."""
    return [kind for kind in kinds if all(one.kind != kind for one in found)]


def _decode(told: Sequence[Raw]) -> LastSeen:
    entry, kind, job, before, other = map(exact, told)
    head = entry.partition("-")[0]
    at_ms = int(head) if head.isascii() and head.isdigit() else 0
    return LastSeen(kind, at_ms, other=job if other else "", before=before)
