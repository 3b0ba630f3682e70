"""Jobs where scripts are not allowed: what job.lua answers, by pipelines and not at one instant."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from bulltui.domain.queue import QueueRef
from bulltui.domain.states import LISTS, SUFFIX, JobState
from bulltui.domain.text import to_bytes
from bulltui.store.calls import Calls, Raw, Refused
from bulltui.store.hashes import JOB_FIELDS, MANY_FIELDS
from bulltui.store.keys import base, job_key, key

_LOOK = 25_000
"""As in job.lua: how far into each end of a list one call looks for an id."""

# The library's own order (reference, section 5.3).
_ORDER = (
    JobState.COMPLETED,
    JobState.FAILED,
    JobState.DELAYED,
    JobState.PRIORITIZED,
    JobState.ACTIVE,
    JobState.WAITING,
    JobState.PAUSED,
    JobState.WAITING_CHILDREN,
)


@dataclass(frozen=True, slots=True)
class JobRequest:
    """Which job is asked for and how much of it: of a field at most `cap` bytes, none of one larger than `readable`,
    `budget` bytes in all. `known` is the suffix of the state it is known to be in, or empty."""

    ref: QueueRef
    id: str
    cap: int
    readable: int
    budget: int
    known: str = ""

    @property
    def key(self) -> bytes:
        """The key of the hash."""
        return job_key(self.ref, self.id)

    @property
    def arguments(self) -> list[bytes | str | int]:
        """As job.lua takes it."""
        head: list[bytes | str | int] = [base(self.ref), to_bytes(self.id), self.cap, self.known, self.readable]
        return [*head, self.budget, MANY_FIELDS, *JOB_FIELDS]


_HANGING = (
    ("TYPE", b""),
    ("PTTL", b":lock"),
    ("LLEN", b":logs"),
    ("SCARD", b":dependencies"),
    ("HLEN", b":processed"),
    ("HLEN", b":failed"),
    ("ZCARD", b":unsuccessful"),
    ("HLEN", b""),
)
_Question = tuple[bytes | str | int, ...]


def _places(asked: JobRequest) -> list[tuple[JobState, list[_Question]]]:
    """What tells whether the job is in each state."""
    member = to_bytes(asked.id)
    questions: list[tuple[JobState, list[_Question]]] = []
    for state in _ORDER:
        name = key(asked.ref, SUFFIX[state])
        if asked.known and (asked.known != SUFFIX[state] or state in LISTS):
            continue
        if state in LISTS:
            ends: list[_Question] = [
                ("LPOS", name, member, "RANK", -1, "MAXLEN", _LOOK),
                ("LPOS", name, member, "MAXLEN", _LOOK),
                ("LLEN", name),
            ]
            questions.append((state, ends))
        else:
            questions.append((state, [("ZSCORE", name, member)]))
    return questions


def _place(asked: JobRequest, replies: Sequence[tuple[JobState, Sequence[Raw]]]) -> tuple[bytes, Raw, str]:
    """The state, the score and whether a long list was not looked through."""
    state, score, unsure = asked.known, None, ""
    for candidate, (found, *more) in replies:
        if candidate in LISTS:
            _, length = more
            if isinstance(found, int) or isinstance(more[0], int):
                return SUFFIX[candidate].encode(), None, ""
            forbidden = isinstance(found, Refused) and not found.wrong_type
            if isinstance(length, int) and length > 0 and (forbidden or length > 2 * _LOOK):
                unsure = "1"
        elif found is not None and not isinstance(found, Refused):
            return SUFFIX[candidate].encode(), found, ""
    return state.encode(), score, unsure


async def plain_jobs(calls: Calls, asked: Sequence[JobRequest]) -> list[list[Raw]]:
    """What the script answers for each."""
    questions: list[_Question] = []
    places = [_places(one) for one in asked]
    for one, place in zip(asked, places, strict=True):
        questions += [(verb, one.key + suffix) for verb, suffix in _HANGING]
        questions += [question for _, group in place for question in group]
    replies = iter(await calls.pipeline(questions, may_lack=("LPOS",)))
    answers: list[list[Raw]] = []
    for one, place in zip(asked, places, strict=True):
        kind, lock, *hanging, fields = [next(replies) for _ in _HANGING]
        state, score, unsure = _place(one, [(state, [next(replies) for _ in group]) for state, group in place])
        counts = [count if isinstance(count, int) else 0 for count in hanging]
        total = fields if isinstance(fields, int) else 0
        answers.append([kind, state, score, lock if isinstance(lock, int) else -2, *counts, unsure, total])
    for one, answer, fields in zip(asked, answers, await _fields(calls, asked, answers), strict=True):
        budget = one.budget
        for name, (size, value) in fields.items():
            start = value[: min(one.cap, max(0, budget))]
            budget -= len(start)
            answer.extend((name, size, start))
    return answers


def _in_order(listed: Raw) -> Sequence[bytes]:
    """The names of a hash's fields, the library's first; only these of a hash with too many."""
    own = [name.encode() for name in JOB_FIELDS]
    if not isinstance(listed, list):
        return own
    there = set(listed)
    return [*(name for name in own if name in there), *(there - set(own))]


async def _fields(
    calls: Calls, asked: Sequence[JobRequest], answers: Sequence[Sequence[Raw]]
) -> list[Mapping[bytes, tuple[int, bytes]]]:
    """The fields of each hash, the library's first, with size and value."""
    hashes = [one for one, answer in zip(asked, answers, strict=True) if answer[0] == b"hash"]
    small = [one for one, answer in zip(asked, answers, strict=True) if 0 < answer[10] <= MANY_FIELDS]
    listed = dict(zip(small, await calls.pipeline([("HKEYS", one.key) for one in small]), strict=True))
    names = {one: _in_order(listed.get(one)) for one in hashes}
    pairs = [(one, name) for one in hashes for name in names[one]]
    sizes = await calls.pipeline([("HSTRLEN", one.key, name) for one, name in pairs])
    wanted = [
        (one, name, size)
        for (one, name), size in zip(pairs, sizes, strict=True)
        if isinstance(size, int) and size <= one.readable
    ]
    values = await calls.pipeline([("HGET", one.key, name) for one, name, _ in wanted])
    fields: dict[JobRequest, dict[bytes, tuple[int, bytes]]] = {one: {} for one in hashes}
    read = {(one, name): value for (one, name, _), value in zip(wanted, values, strict=True)}
    for (one, name), size in zip(pairs, sizes, strict=True):
        value = read.get((one, name), b"")
        if isinstance(size, int) and isinstance(value, bytes):
            fields[one][name] = size, value
    return [fields.get(one, {}) for one in asked]
