"""Flows where scripts are not allowed: what flow.lua and children.lua answer, by pipelines and not at one instant."""

from collections.abc import Sequence

from bulltui.domain.flow import JobRef
from bulltui.domain.text import to_bytes
from bulltui.store.calls import Calls, Raw, Refused
from bulltui.store.keys import base, job_key

LISTED_WHOLE = 10_000
"""Up to so many fields a hash of children is listed whole, about 2 ms of the server."""

_SETS = ("completed", "failed", "delayed", "prioritized", "waiting-children")
_LISTS = ("active", "wait", "paused")
_LOOK = 2_000
"""Entries of each list looked at for each job."""
_FIELDS = (("name", 512), ("failedReason", 512), ("parentKey", 4096), ("parent", 4096))
_READABLE = 65_536
_COUNTS = (("SCARD", b":dependencies"), ("HLEN", b":processed"), ("HLEN", b":failed"), ("ZCARD", b":unsuccessful"))


async def plain_nodes(calls: Calls, jobs: Sequence[JobRef]) -> list[list[Raw]]:
    """What flow.lua answers for each."""
    questions: list[tuple[bytes | str | int, ...]] = []
    for job in jobs:
        name, start, member = job_key(job.ref, job.id), base(job.ref), to_bytes(job.id)
        questions.append(("TYPE", name))
        questions += (("HSTRLEN", name, field) for field, _ in _FIELDS)
        questions += ((verb, name + suffix) for verb, suffix in _COUNTS)
        questions += (("ZSCORE", start + one.encode(), member) for one in _SETS)
        for one in _LISTS:
            questions.append(("LPOS", start + one.encode(), member, "RANK", -1, "MAXLEN", _LOOK))
            questions.append(("LLEN", start + one.encode()))
    replies = iter(await calls.pipeline(questions, may_lack=("LPOS",)))
    rows: list[list[Raw]] = []
    reads: list[tuple[list[Raw], int, tuple[bytes | str | int, ...], int]] = []
    for job in jobs:
        kind = next(replies)
        sizes = [next(replies) for _ in _FIELDS]
        counts = [_number(next(replies)) for _ in _COUNTS]
        sets = [next(replies) for _ in _SETS]
        lists = [(next(replies), _number(next(replies))) for _ in _LISTS]
        state = _state(sets, lists) if kind == b"hash" else ""
        row: list[Raw] = [kind, state.encode(), b"", b"", b"", b"", *counts]
        for at, ((field, cap), size) in enumerate(zip(_FIELDS, sizes, strict=True), start=2):
            if 0 < _number(size) <= _READABLE:
                reads.append((row, at, ("HGET", job_key(job.ref, job.id), field), cap))
        rows.append(row)
    for (row, at, _, cap), value in zip(reads, await calls.pipeline([read[2] for read in reads]), strict=True):
        row[at] = value[:cap] if isinstance(value, bytes) else b""
    return rows


def _number(reply: Raw) -> int:
    return reply if isinstance(reply, int) else 0


def _state(sets: Sequence[Raw], lists: Sequence[tuple[Raw, int]]) -> str:
    for name, score in zip(_SETS, sets, strict=True):
        if score is not None and not isinstance(score, Refused):
            return name
    long = False
    for name, (found, length) in zip(_LISTS, lists, strict=True):
        if isinstance(found, int):
            return name
        long = long or (name != "active" and (length > _LOOK or (length > 0 and isinstance(found, Refused))))
    return "wait" if long else ""


async def plain_children(calls: Calls, name: bytes, kind: str, at: str, limit: int) -> tuple[bytes, list[bytes]]:
    """What children.lua answers."""
    found, length = await calls.pipeline([("TYPE", name), ("HLEN", name)])
    if found != kind.encode():
        return b"", []
    if kind == "zset":
        first = int(at)
        (keys,) = await calls.pipeline([("ZRANGE", name, first, first + limit - 1)])
        return b"" if len(keys) < limit else b"%d" % (first + limit), keys
    if kind == "set":
        (reply,) = await calls.pipeline([("SSCAN", name, at, "COUNT", limit)])
        return b"" if reply[0] == b"0" else reply[0], reply[1]
    place = int(at.lstrip("is"))
    if not at.startswith("s") and length <= LISTED_WHOLE:
        (keys,) = await calls.pipeline([("HKEYS", name)])
        return b"i%d" % (place + limit) if place + limit < len(keys) else b"", keys[place : place + limit]
    (reply,) = await calls.pipeline([("HSCAN", name, place if at.startswith("s") else 0, "COUNT", limit)])
    return b"" if reply[0] == b"0" else b"s" + reply[0], list(reply[1][::2])
