"""Reading jobs as they are, with all that is needed to bring them back."""

from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import Literal

from bulltui.domain.errors import BulltuiError
from bulltui.domain.layout import Layout
from bulltui.domain.queue import QueueRef
from bulltui.domain.record import SavedJob, SavedKey, Value
from bulltui.domain.text import exact, to_bytes
from bulltui.store.calls import Calls, Raw, ScriptsRefusedError
from bulltui.store.keys import base, key
from bulltui.store.mutate import BUDGET_MS, Argument, foreign_key, scripts_needed

BYTES_A_CALL = 1_000_000
"""Bytes of values that one call reads."""

READABLE = 2_097_152
"""A larger field is read by itself, outside of any script."""

ENTRIES_A_READ = 1_000
"""Entries of a long list or set in one read."""

_LISTS = ("wait", "paused", "active")


async def save(calls: Calls, ref: QueueRef, job_ids: Sequence[str]) -> list[SavedJob]:
    """See `Actor.save`."""
    found: list[tuple[int, SavedJob]] = []
    left = list(job_ids)
    while left:
        rows = await _read(calls, ref, left)
        for at, job in rows:
            found.append((at, await _completed(calls, job)))
        left = left[len(rows) :]
    found.sort(key=lambda row: (_LISTS.index(row[1].state) + 1, row[0]) if row[1].state in _LISTS else (0, 0))
    return [job for _, job in found]


async def _read(calls: Calls, ref: QueueRef, job_ids: Sequence[str]) -> list[tuple[int, SavedJob]]:
    """The first of these jobs, at least one, each with its place in a list counted from the tail."""
    told: list[Argument] = [base(ref), Layout.V6.value, 0, BUDGET_MS, BYTES_A_CALL, READABLE, *map(to_bytes, job_ids)]
    try:
        done, pieces = await calls.script("act/save", [key(ref, "meta")], told)
    except ScriptsRefusedError:
        raise scripts_needed(calls.address) from None
    except BulltuiError as error:
        raise foreign_key(error.message) or error from error
    texts = map(_text, pieces)
    return [_job(ref, job_id, texts) for job_id in job_ids[:done]]


_LEFT_OUT = "\ud800left out"
"""Stands for a value that the script did not read; no exact text holds such a surrogate."""


def _text(piece: bytes | int | None) -> str:
    if piece is None:
        return _LEFT_OUT
    return exact(piece) if isinstance(piece, bytes) else str(piece)


def _job(ref: QueueRef, job_id: str, pieces: Iterator[str]) -> tuple[int, SavedJob]:
    state, score, at, after, digest, parent, parent_score, keys, links = (next(pieces) for _ in range(9))
    start = f"{ref.key}:"
    job = SavedJob(
        ref,
        job_id,
        state,
        score=score,
        after=after,
        keys=tuple(_key(start + job_id, pieces) for _ in range(int(keys))),
        parent=parent,
        parent_score=parent_score,
        links=tuple(_key(start, pieces) for _ in range(int(links))),
        digest=digest,
    )
    return int(at), job


def _key(start: str, pieces: Iterator[str]) -> SavedKey:
    suffix, kind, ttl, count = (next(pieces) for _ in range(4))
    ttl_ms = int(ttl) if int(ttl) >= 0 else None
    if int(count) < 0:
        return SavedKey(start + suffix, kind, _LEFT_OUT, ttl_ms)
    value: Value
    if kind == "string":
        value = next(pieces)
    elif kind in ("hash", "zset"):
        value = tuple((next(pieces), next(pieces)) for _ in range(int(count)))
    else:
        value = tuple(next(pieces) for _ in range(int(count)))
    return SavedKey(start + suffix, kind, value, ttl_ms)


async def _completed(calls: Calls, job: SavedJob) -> SavedJob:
    """`job` with what the script left out, read by plain commands."""
    if not any(_lacks(one) for one in (*job.keys, *job.links)):
        return job
    keys = tuple([await _whole(calls, one) for one in job.keys])
    return replace(job, keys=keys, links=tuple([await _whole(calls, one) for one in job.links]))


def _lacks(saved: SavedKey) -> bool:
    if isinstance(saved.value, str):
        return saved.value == _LEFT_OUT
    return saved.kind == "hash" and any(entry[1] == _LEFT_OUT for entry in saved.value)


async def _whole(calls: Calls, saved: SavedKey) -> SavedKey:
    if not _lacks(saved):
        return saved
    if isinstance(saved.value, str):
        return replace(saved, value=await read_value(calls, to_bytes(saved.key), saved.kind))
    fields: dict[str, str] = {}
    for entry in saved.value:
        name, value = entry[0], entry[1]
        read = await calls.execute("HGET", to_bytes(saved.key), to_bytes(name)) if value == _LEFT_OUT else value
        if read is not None:
            fields[name] = exact(read)
    return replace(saved, value=tuple(fields.items()))


async def read_value(calls: Calls, name: bytes, kind: str) -> Value:
    """All of a key, in pieces, so that no read is long."""
    if kind == "string":
        return exact(await calls.execute("GET", name) or b"")
    if kind == "list":
        entries: list[str] = []
        while True:
            part = await calls.execute("LRANGE", name, len(entries), len(entries) + ENTRIES_A_READ - 1)
            entries += map(exact, part)
            if len(part) < ENTRIES_A_READ:
                return tuple(entries)
    if kind == "set":
        return tuple(dict.fromkeys(await _scanned(calls, "SSCAN", name)))
    return tuple(dict(_pairs(await _scanned(calls, "HSCAN" if kind == "hash" else "ZSCAN", name))).items())


async def _scanned(calls: Calls, verb: Literal["SSCAN", "HSCAN", "ZSCAN"], name: bytes) -> list[str]:
    found: list[str] = []
    cursor: Raw = 0
    while True:
        cursor, part = await calls.execute(verb, name, cursor, "COUNT", ENTRIES_A_READ)
        found += map(exact, part.items() if isinstance(part, dict) else part)
        if int(cursor) == 0:
            return found


def _pairs(flat: Sequence[str]) -> Iterator[tuple[str, str]]:
    return zip(flat[::2], flat[1::2], strict=True)
