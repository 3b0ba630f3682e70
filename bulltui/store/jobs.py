"""Single jobs, their fields and their logs (reference, sections 2 and 5.3)."""

from collections.abc import Sequence
from dataclasses import replace

from bulltui.domain.job import Dependencies, Field, Job, decode
from bulltui.domain.queue import QueueRef
from bulltui.domain.reads import LogPage
from bulltui.domain.states import LISTS, SUFFIX, JobState
from bulltui.domain.text import exact, to_bytes
from bulltui.store.calls import Calls, Raw, Refused, ScriptsRefusedError
from bulltui.store.hashes import all_fields
from bulltui.store.keys import base, job_key, key

LARGE = 1_048_576
"""A field over this many bytes is not read again while a job stays open."""

_EVERYTHING = 2**53
_STATES = {suffix: state for state, suffix in SUFFIX.items()}
_LOOK = 10_000
"""Entries of a long list looked at by one call."""


async def read_job(calls: Calls, ref: QueueRef, job_id: str, *, cap: int, seen: Job | None = None) -> Job | None:
    """See `JobReader.job`."""
    readable = LARGE if seen is not None else _EVERYTHING
    answer = await _answer(calls, ref, job_id, cap=cap, known="", readable=readable)
    if seen is not None:
        fields = all_fields(answer[10:])
        kept = {name: seen.raw[name] for name, found in fields.items() if _unread(found) and _same(found, seen, name)}
        if any(_unread(found) for name, found in fields.items() if name not in kept):
            return await read_job(calls, ref, job_id, cap=cap)
        job = _decode(ref, job_id, answer, {**fields, **kept})
    else:
        job = _decode(ref, job_id, answer, all_fields(answer[10:]))
    if job.state is JobState.UNKNOWN and answer[9]:
        found_in = await _search_lists(calls, ref, job_id)
        if found_in is not None:
            return replace(job, state=found_in)
    return None if job.missing and job.state is JobState.UNKNOWN else job


def _unread(found: Field) -> bool:
    return found.size > LARGE and not found.text


def _same(found: Field, seen: Job, name: str) -> bool:
    before = seen.raw.get(name)
    return before is not None and before.size == found.size


async def read_jobs(calls: Calls, ref: QueueRef, job_ids: Sequence[str], *, state: JobState, cap: int) -> list[Job]:
    """See `JobReader.jobs`."""
    jobs: list[Job] = []
    for job_id in job_ids:
        answer = await _answer(calls, ref, job_id, cap=cap, known=SUFFIX[state], readable=_EVERYTHING)
        jobs.append(_decode(ref, job_id, answer, all_fields(answer[10:])))
    return jobs


async def _answer(calls: Calls, ref: QueueRef, job_id: str, *, cap: int, known: str, readable: int) -> Sequence[Raw]:
    arguments: list[bytes | str | int] = [base(ref), to_bytes(job_id), cap, known, readable]
    try:
        answer: Sequence[Raw] = await calls.script("job", [job_key(ref, job_id)], arguments)
    except ScriptsRefusedError:
        answer = await _plain(calls, ref, job_id, cap=cap, known=known)
    return answer


def _decode(ref: QueueRef, job_id: str, answer: Sequence[Raw], fields: dict[str, Field]) -> Job:
    kind, state, score, lock, logs, pending, processed, ignored, failed = answer[:9]
    job = decode(
        job_id,
        ref,
        _STATES.get(exact(state), JobState.UNKNOWN),
        fields,
        score=None if score is None else float(score),
        lock_ttl_ms=None if lock == -2 else lock,
        log_count=logs,
        dependencies=Dependencies(pending, processed, ignored, failed),
    )
    if kind not in (b"hash", b"none"):
        problem = f"the key of the job is a {exact(kind)}, no hash: another program wrote it"
        return replace(job, problems=(problem, *job.problems))
    return job


async def _search_lists(calls: Calls, ref: QueueRef, job_id: str) -> JobState | None:
    """Looks through lists so long that one call must not: from the tail, where the next to run are."""
    wanted = to_bytes(job_id)
    for state in (JobState.WAITING, JobState.PAUSED, JobState.ACTIVE):
        name = key(ref, SUFFIX[state])
        length = (await calls.pipeline([("LLEN", name)]))[0]
        if not isinstance(length, int):
            continue
        for end in range(length - 1, -1, -_LOOK):
            entries = await calls.execute("LRANGE", name, max(0, end - _LOOK + 1), end)
            if wanted in entries:
                return state
    return None


async def _plain(calls: Calls, ref: QueueRef, job_id: str, *, cap: int, known: str) -> list[Raw]:
    """What the script answers, by pipelines."""
    name, member = job_key(ref, job_id), to_bytes(job_id)
    sets = [state for state in SUFFIX if state not in LISTS]
    order = (JobState.ACTIVE, JobState.WAITING, JobState.PAUSED)
    questions: list[tuple[bytes | str | int, ...]] = [
        ("TYPE", name),
        ("PTTL", name + b":lock"),
        ("LLEN", name + b":logs"),
        ("SCARD", name + b":dependencies"),
        ("HLEN", name + b":processed"),
        ("HLEN", name + b":failed"),
        ("ZCARD", name + b":unsuccessful"),
        *(("ZSCORE", key(ref, SUFFIX[state]), member) for state in sets),
        *(("LPOS", key(ref, SUFFIX[state]), member, "RANK", -1, "MAXLEN", 100_000) for state in order),
        ("HKEYS", name),
    ]
    replies = await calls.pipeline(questions)
    kind, lock, *hanging = replies[:7]
    scores = dict(zip(sets, replies[7 : 7 + len(sets)], strict=True))
    places = dict(zip(order, replies[7 + len(sets) : -1], strict=True))
    state, score = known, None
    for candidate in (
        JobState.COMPLETED,
        JobState.FAILED,
        JobState.DELAYED,
        JobState.PRIORITIZED,
        *order,
        JobState.WAITING_CHILDREN,
    ):
        found = scores.get(candidate, places.get(candidate))
        if found is None or isinstance(found, Refused) or (known and known != SUFFIX[candidate]):
            continue
        state, score = SUFFIX[candidate], scores.get(candidate)
        break
    names = replies[-1] if isinstance(replies[-1], list) else []
    sizes = await calls.pipeline([("HSTRLEN", name, field) for field in names])
    values = await calls.pipeline([("HGET", name, field) for field in names])
    out: list[Raw] = [kind, state.encode(), score, lock if isinstance(lock, int) else -2]
    out += [value if isinstance(value, int) else 0 for value in hanging]
    out.append("" if state else "1")
    for field, size, value in zip(names, sizes, values, strict=True):
        out += (field, size, (value or b"")[:cap])
    return out


async def read_field(calls: Calls, ref: QueueRef, job_id: str, name: str) -> bytes | None:
    """See `JobReader.field`."""
    value = await calls.execute("HGET", job_key(ref, job_id), to_bytes(name))
    return value if isinstance(value, bytes) else None


async def read_logs(calls: Calls, ref: QueueRef, job_id: str, start: int, limit: int) -> LogPage:
    """See `JobReader.logs`."""
    name = job_key(ref, job_id) + b":logs"
    last = start + limit - 1
    # From the end, as LRANGE counts: never past the last line.
    stop = min(last, -1) if start < 0 else last
    total, lines = await calls.pipeline([("LLEN", name), ("LRANGE", name, start, stop)])
    if isinstance(total, Refused) or isinstance(lines, Refused):
        return LogPage(0, 0, ())
    first = max(0, total + start) if start < 0 else start
    return LogPage(first, total, tuple(exact(line) for line in lines))
