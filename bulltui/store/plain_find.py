"""Looks through the jobs of a state where scripts are not allowed: read by pipelines, sorted out here."""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import compress

from bulltui.domain.fields import Field, RawHash, raw_field
from bulltui.domain.scan import ID, READABLE, Candidate, Filter, Look, Probe, Spot, Want
from bulltui.domain.scan_filter import passes
from bulltui.domain.states import LISTS, SUFFIX
from bulltui.domain.text import exact, to_bytes
from bulltui.store.calls import Calls, Refused
from bulltui.store.keys import job_key, key
from bulltui.store.plain_pages import PageRequest, is_marker, wrong_type

JOBS_A_LOOK = 500
"""How many jobs one look goes over at most: their fields come over the wire."""

BUDGET = 1024 * 1024
"""Bytes of fields that one look reads, save for a single job with more."""

_AROUND = 500
"""How far around its place the entry of a list is looked for that one goes on behind."""

_FAR = 50_000
"""How far into each end of a list it is looked for where it is not there."""

Word = bytes | str | int


@dataclass(frozen=True, slots=True)
class _Part:
    """Entries of a state, how many jobs it has in all, and how many entries there are from the first of these on."""

    ids: Sequence[bytes]
    total: int
    left: int
    scores: Sequence[float | None]


async def plain_look(calls: Calls, probe: Probe) -> Look:
    """What the script answers, not at one instant."""
    in_list = probe.state in LISTS
    part = await (_of_list if in_list else _of_set)(calls, probe)
    jobs = [one for one in part.ids if not (in_list and is_marker(one))]
    raws = await _read(calls, probe, jobs, fields_of(probe.filter))
    verdicts = [_verdict(probe.filter, exact(one), raw) for one, raw in zip(jobs, raws, strict=False)]
    passed = [at for at, verdict in enumerate(verdicts) if verdict]
    rest_of = await _read(calls, probe, [jobs[at] for at in passed], [want.name for want in probe.wants])
    if len(rest_of) < len(passed):  # the budget ended there: those from the first unread one on are for the next look
        verdicts = verdicts[: passed[len(rest_of)]]
    seen = jobs[: len(verdicts)]
    found = [
        Candidate(probe.ref, exact(jobs[at]), probe.state, part.scores[at], _wanted(probe.wants, raw))
        for at, raw in zip(passed, rest_of, strict=False)
    ]
    unread = [exact(one) for one, verdict in zip(seen, verdicts, strict=True) if verdict is None]
    looked = len(part.ids) if len(seen) == len(jobs) else part.ids.index(seen[-1]) + 1
    rest = part.left - looked
    spot = None
    if rest > 0 and looked:
        score = part.scores[looked - 1]
        spot = Spot("" if score is None else repr(score), exact(part.ids[looked - 1]), rest)
    return Look(len(seen), part.total, tuple(found), spot, tuple(unread))


def fields_of(wanted: Filter) -> list[str]:
    """The fields that a filter looks at, each once."""
    names = (name for clause in wanted.clauses for test in clause for name in test.fields if name != ID)
    return list(dict.fromkeys(names))


def bound(score: float | None, otherwise: str) -> str:
    """A bound of a score as the server reads it, to the bit."""
    return otherwise if score is None else repr(score)


def cut_to(want: Want, value: bytes, size: int) -> Field:
    """A field of which as much was read as was wanted, without a part of a character where it was cut."""
    if want.tail and len(value) < size:
        head = next((at for at, byte in enumerate(value[:4]) if byte & 0xC0 != 0x80), 0)
        return Field(exact(value[head:]), size, cut=True)
    return raw_field(value, size)


async def _of_list(calls: Calls, probe: Probe) -> _Part:
    name, spot = key(probe.ref, SUFFIX[probe.state]), probe.spot
    length, *ends = await calls.pipeline([("LLEN", name), ("LINDEX", name, 0), ("LINDEX", name, -1)])
    if isinstance(length, Refused):
        raise wrong_type(PageRequest(probe.ref, probe.state, 0, 1))
    total = length - sum(map(is_marker, ends[: min(length, 2)]))
    first = length - (length if spot.left < 0 else min(spot.left, length))
    wanted = max(1, min(probe.limit, JOBS_A_LOOK))
    start = max(0, first - _AROUND) if spot.member else first
    (window,) = await calls.pipeline([("LRANGE", name, start, first + _AROUND + wanted - 1)])
    entries: list[bytes] = window if isinstance(window, list) else []
    at = first - start
    member = to_bytes(spot.member)
    if spot.member and at > 0 and entries[at - 1 : at] != [member]:
        if member in entries:
            at = entries.index(member) + 1
        else:  # long after, much may have moved
            looks = [("LPOS", name, member, "RANK", rank, "MAXLEN", _FAR) for rank in (1, -1)]
            places = [one for one in await calls.pipeline(looks, may_lack=("LPOS",)) if isinstance(one, int)]
            if places:
                start, at = places[0] + 1, 0
                (entries,) = await calls.pipeline([("LRANGE", name, start, start + wanted - 1)])
    ids = entries[at : at + wanted]
    return _Part(ids, total, length - (start + at), [None] * len(ids))


async def _of_set(calls: Calls, probe: Probe) -> _Part:
    name, spot = key(probe.ref, SUFFIX[probe.state]), probe.spot
    low, high = bound(probe.low, "-inf"), bound(probe.high, "+inf")
    member = to_bytes(spot.member)
    total, higher, score, rank = await calls.pipeline(
        [
            ("ZCOUNT", name, low, high),
            ("ZCOUNT", name, f"({high}", "+inf"),
            ("ZSCORE", name, member),
            ("ZREVRANK", name, member),
        ]
    )
    if isinstance(total, Refused):
        raise wrong_type(PageRequest(probe.ref, probe.state, 0, 1))
    first = higher if probe.high is not None else 0
    if spot.score:
        there = score is not None and isinstance(rank, int) and float(score) == float(spot.score)
        first = rank + 1 if there else await _rank_behind(calls, name, spot.score, member)
    left = (higher if probe.high is not None else 0) + total - first
    wanted = min(left, max(1, min(probe.limit, JOBS_A_LOOK)))
    if wanted <= 0:
        return _Part([], total, left, [])
    (found,) = await calls.pipeline([("ZREVRANGE", name, first, first + wanted - 1, "WITHSCORES")])
    flat = isinstance(found, list) and found and not isinstance(found[0], list)  # RESP2
    entries = [] if isinstance(found, Refused) else list(zip(found[::2], found[1::2], strict=True)) if flat else found
    return _Part([one for one, _ in entries], total, left, [float(score) for _, score in entries])


async def _rank_behind(calls: Calls, name: bytes, score: str, member: bytes) -> int:
    """How many members come, from the highest on, before those behind one that is there no more."""
    start, beyond = await calls.pipeline([("ZCOUNT", name, f"({score}", "+inf"), ("ZCOUNT", name, score, "+inf")])
    while start < beyond:
        middle = (start + beyond) // 2
        ((*found,),) = await calls.pipeline([("ZREVRANGE", name, middle, middle)])
        if found and found[0] < member:
            beyond = middle
        else:
            start = middle + 1
    return int(start)


async def _read(calls: Calls, probe: Probe, jobs: Sequence[bytes], names: Sequence[str]) -> list[RawHash]:
    """The fields of as many jobs as come within the budget, one at least; of what is too large only the sizes."""
    keys = [job_key(probe.ref, exact(one)) for one in jobs]
    fields = [to_bytes(name) for name in names]
    rows = await calls.batch(keys, [("HSTRLEN", "", field) for field in fields]) if fields else [[] for _ in keys]
    sizes = [[size if isinstance(size, int) else 0 for size in row] for row in rows]
    readable = [_readable(row) for row in sizes]
    count = spent = 0
    for row, fit in zip(sizes, readable, strict=True):
        spent += sum(compress(row, fit))
        if count and spent > BUDGET:
            break
        count += 1
    asked: list[tuple[Word, ...]] = [
        ("HMGET", one, *compress(fields, fit)) for one, fit in zip(keys[:count], readable, strict=False)
    ]
    replies = iter(await calls.pipeline([words for words in asked if len(words) > 2]))
    raws: list[RawHash] = []
    for words, row, fit in zip(asked, sizes, readable, strict=False):
        reply = next(replies) if len(words) > 2 else []
        values = iter(reply if isinstance(reply, list) else [None] * len(fields))  # it became another's meanwhile
        raw: dict[str, Field] = {}
        for name, size, fits in zip(names, row, fit, strict=True):
            value = next(values) if fits else b""
            if value is not None:
                raw[name] = raw_field(value, len(value) if fits else size)
        raws.append(raw)
    return raws


def _readable(sizes: Sequence[int]) -> list[bool]:
    """Which fields of a job are read: a large one is not, and none that with those before it comes to as much."""
    fit, spent = [], 0
    for size in sizes:
        fits = spent + size <= READABLE
        spent += size if fits else 0
        fit.append(fits)
    return fit


def _verdict(wanted: Filter, job_id: str, raw: RawHash) -> bool | None:
    """Whether a job passes; None where a field that decides is too large to be read."""
    unread = {name for name, field in raw.items() if field.cut}
    if not unread:
        return passes(wanted, job_id, raw)
    known: bool | None = True
    for clause in wanted.clauses:
        if not passes(Filter((clause,)), job_id, raw):
            if not any(name in unread for test in clause for name in test.fields):
                return False
            known = None
    return known


def _wanted(wants: Sequence[Want], raw: RawHash) -> dict[str, Field]:
    fields: dict[str, Field] = {}
    for want in wants:
        field = raw.get(want.name)
        if field is not None:
            value = to_bytes(field.text)
            part = (
                value if len(value) <= want.cap else value[len(value) - want.cap :] if want.tail else value[: want.cap]
            )
            fields[want.name] = cut_to(want, part, field.size)
    return fields
