"""Single jobs, their fields and their logs (reference, sections 2 and 5.3)."""

from collections.abc import Sequence
from dataclasses import replace

from bulltui.domain.fields import Field
from bulltui.domain.job import Dependencies, Job, decode
from bulltui.domain.queue import QueueRef
from bulltui.domain.reads import LogPage
from bulltui.domain.states import SUFFIX, JobState
from bulltui.domain.text import exact, to_bytes
from bulltui.store.calls import Calls, Raw, Refused, ScriptsRefusedError
from bulltui.store.hashes import MANY_FIELDS, all_fields
from bulltui.store.keys import job_key, key
from bulltui.store.plain_jobs import JobRequest, plain_jobs

LARGE = 1_048_576
"""A field over this many bytes is not read again while a job stays open."""

READABLE = 2_097_152
"""A field over this many bytes is read only when it is asked for by itself: the server can take a part out only of all
of it, and of 50 MB that would hold it up for a seventh of a second."""

_CAPS_IN_ALL = 8
"""All fields of a job together may have this many times the bytes of one."""
_JOBS_A_TRIP = 50
_STATES = {suffix: state for state, suffix in SUFFIX.items()}
_LOOK = 10_000
"""Entries of a long list looked at by one call."""
_OVERLAP = 2_000
"""How many of them are looked at again by the next one: what moves on meanwhile is not missed."""
_HEAD = 11
"""How many answers stand before the fields."""


async def read_job(calls: Calls, ref: QueueRef, job_id: str, *, cap: int, seen: Job | None = None) -> Job | None:
    """See `JobReader.job`."""
    asked = _request(ref, job_id, cap=cap, readable=LARGE if seen is not None else READABLE)
    (answer,) = await _answers(calls, [asked])
    fields = all_fields(answer[_HEAD:])
    if seen is not None:
        kept = {name: seen.raw[name] for name, found in fields.items() if _unread(found) and _same(found, seen, name)}
        if any(_unread(found) for name, found in fields.items() if name not in kept):
            return await read_job(calls, ref, job_id, cap=cap)
        fields |= kept
    job = _decode(ref, job_id, answer, fields)
    if job.state is JobState.UNKNOWN and answer[9]:
        found_in = await _search_lists(calls, ref, job_id)
        if found_in is not None:
            return replace(job, state=found_in)
    return None if job.missing and job.state is JobState.UNKNOWN else job


def _request(ref: QueueRef, job_id: str, *, cap: int, readable: int = READABLE, known: str = "") -> JobRequest:
    return JobRequest(ref, job_id, cap, readable, _CAPS_IN_ALL * cap, known)


def _unread(found: Field) -> bool:
    return LARGE < found.size <= READABLE and not found.text


def _same(found: Field, seen: Job, name: str) -> bool:
    before = seen.raw.get(name)
    return before is not None and before.size == found.size


async def read_jobs(calls: Calls, ref: QueueRef, job_ids: Sequence[str], *, state: JobState, cap: int) -> list[Job]:
    """See `JobReader.jobs`."""
    jobs: list[Job] = []
    for start in range(0, len(job_ids), _JOBS_A_TRIP):
        part = [
            _request(ref, one, cap=cap, known=SUFFIX.get(state, "")) for one in job_ids[start : start + _JOBS_A_TRIP]
        ]
        answers = await _answers(calls, part)
        jobs += (
            _decode(ref, one.id, answer, all_fields(answer[_HEAD:])) for one, answer in zip(part, answers, strict=True)
        )
    return jobs


async def _answers(calls: Calls, asked: Sequence[JobRequest]) -> Sequence[Sequence[Raw]]:
    try:
        return await calls.scripts("job", [(one.key, one.arguments) for one in asked])
    except ScriptsRefusedError:
        return await plain_jobs(calls, asked)


def _decode(ref: QueueRef, job_id: str, answer: Sequence[Raw], fields: dict[str, Field]) -> Job:
    kind, state, score, lock, logs, pending, processed, ignored, failed, _, count = answer[:_HEAD]
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
    if count > MANY_FIELDS:
        problem = f"the hash has {count:,} fields, of which only those of the library were read"
        return replace(job, problems=(problem, *job.problems))
    return job


async def _search_lists(calls: Calls, ref: QueueRef, job_id: str) -> JobState | None:
    """Looks through lists so long that one call must not: from the tail, where the next to run are. Places are counted
    from the tail, so that new entries at the head move nothing."""
    wanted = to_bytes(job_id)
    for state in (JobState.ACTIVE, JobState.WAITING, JobState.PAUSED):
        name = key(ref, SUFFIX[state])
        last = -1
        while True:
            entries = (await calls.pipeline([("LRANGE", name, last - _LOOK + 1, last)]))[0]
            if not isinstance(entries, list) or not entries:
                break
            if wanted in entries:
                return state
            last -= _LOOK - _OVERLAP
    return None


async def read_field(calls: Calls, ref: QueueRef, job_id: str, name: str) -> bytes | None:
    """See `JobReader.field`."""
    value = await calls.execute("HGET", job_key(ref, job_id), to_bytes(name))
    return value if isinstance(value, bytes) else None


async def read_logs(calls: Calls, ref: QueueRef, job_id: str, start: int, limit: int) -> LogPage:
    """See `JobReader.logs`."""
    name = job_key(ref, job_id) + b":logs"
    if start < 0:
        (total,) = await calls.pipeline([("LLEN", name)])
        start = max(0, (total if isinstance(total, int) else 0) + start)
    # An end before the start is none for LRANGE, save that -1 is the last line.
    first, last = (start, start + limit - 1) if limit > 0 else (1, 0)
    total, lines = await calls.pipeline([("LLEN", name), ("LRANGE", name, first, last)])
    if isinstance(total, Refused) or isinstance(lines, Refused):
        return LogPage(0, 0, ())
    return LogPage(start, total, tuple(exact(line) for line in lines))
