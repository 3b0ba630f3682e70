"""What stands around a job: one script, or where scripts are not allowed the same questions by pipelines."""

from collections.abc import Sequence
from dataclasses import dataclass

from bulltui.domain.fields import whole
from bulltui.domain.queue import QueueRef, RateLimit
from bulltui.domain.states import SUFFIX
from bulltui.domain.surroundings import Surroundings
from bulltui.domain.text import exact, to_bytes
from bulltui.store.calls import Calls, Raw, Refused, ScriptsRefusedError
from bulltui.store.counts import MANUAL_LIMIT
from bulltui.store.keys import base, job_key

LOOK = 100_000
"""How far into each end of a list: less than 2 ms of the server."""

LOOK_IN_ALL = 200_000
"""How far in all lists together."""

_STATES = {suffix: state for state, suffix in SUFFIX.items()}
_SHIFT = 2**32
_SETS = ("completed", "failed", "delayed", "prioritized")
_STAMP = ("processedOn", "finishedOn", "attemptsMade", "atm")


async def read_around(calls: Calls, ref: QueueRef, job_id: str) -> Surroundings:
    """See `Explorer.around`; without the time of the last pause."""
    try:
        words = (base(ref), to_bytes(job_id), LOOK, LOOK_IN_ALL)
        answer = await calls.script("around", [job_key(ref, job_id)], words)
    except ScriptsRefusedError:
        answer = await _plain(calls, ref, job_id)
    return _decode(answer)


def _number(reply: Raw) -> int | None:
    if isinstance(reply, bytes):
        return whole(exact(reply))
    return reply if isinstance(reply, int) else None


def _ttl(reply: Raw) -> int | None:
    """What is left of a key (ms); None where there is no key, or no end."""
    return reply if isinstance(reply, int) and reply >= 0 else None


def _decode(answer: Sequence[Raw]) -> Surroundings:
    time, kind, places, unsearched, ahead, deeper, higher, lock, *rest = answer
    in_stalled, stalled_check, meta, bull_paused, limiter, active, marker, dedup, last_id, stamp, faults = rest
    paused, concurrency, maximum, duration = meta if len(meta) == 4 else (None,) * 4
    names, scores = places[::2], [score for score in places[1::2] if score]
    used = _number(limiter[0]) or 0
    due = [score for member, score in _pairs(marker) if member == b"1"]
    started, finished, made, made_short = (_number(field) for field in stamp)
    tries = made if made is not None else made_short
    return Surroundings(
        now_ms=int(time[0]) * 1000 + int(time[1]) // 1000,
        exists=kind == b"hash",
        foreign=kind not in (b"hash", b"none"),
        states=tuple(_STATES[exact(name)] for name in names),
        unsearched=tuple(_STATES[exact(name)] for name in unsearched),
        score=float(scores[0]) if scores else None,
        ahead=_number(ahead),
        ahead_deeper=bool(deeper),
        higher=_number(higher),
        # A lock without an end is none of the library's, and held for ever.
        lock_ttl_ms=None if lock == -2 else max(0, lock),
        in_stalled=in_stalled == 1,
        stalled_check_ttl_ms=_ttl(stalled_check),
        paused=paused is not None or bull_paused == 1,
        concurrency=_number(concurrency),
        limit=RateLimit(_number(maximum), _number(duration), used, _ttl(limiter[1]) or 0, manual=used >= MANUAL_LIMIT),
        active=active,
        marker=0 if any(member == b"0" for member, _ in _pairs(marker)) else int(due[0]) if due else None,
        dedup_owner=exact(dedup[0]) if dedup[0] else "",
        dedup_ttl_ms=_ttl(dedup[1]),
        last_id=_number(last_id) or 0,
        stamp=(started, finished, tries or 0),
        faults=tuple(exact(name) for name in faults),
    )


def _pairs(replies: Sequence[Raw]) -> list[tuple[bytes, float]]:
    """Members with scores: RESP3 gives them as pairs, outside of scripts."""
    if replies and isinstance(replies[0], list):
        return [(member, float(score)) for member, score in replies]
    return [(member, float(score)) for member, score in zip(replies[::2], replies[1::2], strict=True)]


@dataclass(frozen=True, slots=True)
class _List:
    """A list as the plain commands told of it: its entries, how many of these are markers, and whether the next one is;
    the index of the id, or whether the list is too long to say."""

    length: int = 0
    markers: int = 0
    marked: bool = False
    found: int | None = None
    unsure: bool = False

    @property
    def jobs(self) -> int:
        return self.length - self.markers


async def _plain(calls: Calls, ref: QueueRef, job_id: str) -> list[Raw]:
    """What the script answers, not at one instant."""
    start, member, job = base(ref), to_bytes(job_id), job_key(ref, job_id)
    lists = ("active", "wait", "paused")
    questions: list[tuple[bytes | str | int, ...]] = [("TIME",), ("TYPE", job), ("HMGET", job, "deid", *_STAMP)]
    questions += [("ZSCORE", start + name.encode(), member) for name in (*_SETS, "waiting-children")]
    for name in lists:
        key = start + name.encode()
        questions += [
            ("LLEN", key),
            ("LINDEX", key, 0),
            ("LINDEX", key, -1),
            ("LPOS", key, member, "RANK", -1, "MAXLEN", LOOK),
            ("LPOS", key, member, "MAXLEN", LOOK),
        ]
    questions += [
        ("ZRANK", start + b"prioritized", member),
        ("EXISTS", start + b"priority"),
        ("PTTL", job + b":lock"),
        ("SISMEMBER", start + b"stalled", member),
        ("PTTL", start + b"stalled-check"),
        ("HMGET", start + b"meta", "paused", "concurrency", "max", "duration"),
        ("EXISTS", start + b"meta-paused"),
        ("GET", start + b"limiter"),
        ("PTTL", start + b"limiter"),
        ("ZRANGE", start + b"marker", 0, 3, "WITHSCORES"),
        ("GET", start + b"id"),
    ]
    replies = await calls.pipeline(questions, may_lack=("LPOS",))
    faults = _foreign(start, job, questions, replies)
    told = iter(replies)
    time, kind, fields = next(told), next(told), _told(next(told), [None] * 5)
    scores = {name: _told(next(told), None) for name in (*_SETS, "waiting-children")}
    found = {name: _list([next(told) for _ in range(5)]) for name in lists}
    rank, by_priority, lock, in_stalled, check, meta, bull_paused, limiter, limiter_ttl, marker, last_id = told
    dedup: list[Raw] = [None, -2]
    if fields[0]:
        owner = start + b"de:" + fields[0]
        dedup = await calls.pipeline([("GET", owner), ("PTTL", owner)])
    places: list[Raw] = []
    ahead: int | None = None
    higher: int | None = None
    for name in _SETS:
        if scores[name] is not None:
            places += [name.encode(), scores[name]]
    if scores["prioritized"] is not None:
        before = found["wait"].jobs + found["paused"].jobs
        first = float(scores["prioritized"]) // _SHIFT * _SHIFT
        (higher_here,) = await calls.pipeline([("ZCOUNT", start + b"prioritized", "-inf", f"({first:.0f}")])
        ahead, higher = before + _told(rank, 0), before + _told(higher_here, 0)
    deeper = b""
    for name, one in found.items():
        if one.found is not None:
            places += [name.encode(), b""]
            if name != "active":
                ahead = one.length - 1 - one.found - one.marked
                higher = None if by_priority else 0
    if scores["waiting-children"] is not None:
        places += [b"waiting-children", scores["waiting-children"]]
    if not places and (found["wait"].unsure or found["paused"].unsure):
        ahead, deeper = LOOK, b"1"
    return [
        time,
        kind,
        places,
        [name.encode() for name, one in found.items() if one.unsure],
        ahead,
        deeper,
        higher,
        lock,
        _told(in_stalled, 0),
        check,
        _told(meta, []),
        bull_paused,
        [_told(limiter, None), limiter_ttl],
        found["active"].length,
        _told(marker, []),
        [_told(dedup[0], None), dedup[1]],
        _told(last_id, None),
        fields[1:],
        faults,
    ]


def _told(reply: Raw, otherwise: Raw) -> Raw:
    return otherwise if reply is None or isinstance(reply, Refused) else reply


def _foreign(start: bytes, job: bytes, questions: Sequence[Sequence[Raw]], replies: Sequence[Raw]) -> list[bytes]:
    names = (
        question[1].removeprefix(start)
        for question, reply in zip(questions, replies, strict=True)
        if isinstance(reply, Refused) and reply.wrong_type and question[1] != job
    )
    return list(dict.fromkeys(names))


def _list(replies: Sequence[Raw]) -> _List:
    length, head, tail, from_tail, from_head = replies
    if not isinstance(length, int) or length == 0:
        return _List()
    marked = _is_marker(tail)
    found = from_tail if isinstance(from_tail, int) else from_head
    if isinstance(found, int):
        unsure = False
    else:
        unsure, found = isinstance(found, Refused) or length > 2 * LOOK, None
    markers = int(marked) + int(length > 1 and _is_marker(head))
    return _List(length, markers, marked, found, unsure)


def _is_marker(entry: Raw) -> bool:
    return isinstance(entry, bytes) and entry.startswith(b"0:")
