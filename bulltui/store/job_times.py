"""When jobs were created, began and ended: a few short fields of hashes, for those who measure.

Fields that strangers may have made large are only asked for their size; options only where a job was to wait at first,
which some hashes say nowhere else, and only while they are short.
"""

import asyncio
from collections.abc import Sequence

from bulltui.domain.fields import raw_field
from bulltui.domain.job_times import Ended, EndedJobs, JobTimes
from bulltui.domain.jsontext import parse
from bulltui.domain.queue import QueueRef
from bulltui.domain.series import MetricSeries
from bulltui.domain.states import JobState
from bulltui.domain.text import exact
from bulltui.store.calls import Calls, Command, Raw, Refused
from bulltui.store.keys import job_key, key
from bulltui.store.side import read_series
from bulltui.store.streams import CAP

_COMMANDS: tuple[Command, ...] = (
    ("HMGET", "", "timestamp", "delay", "processedOn", "finishedOn", "attemptsMade", "atm"),
    ("HSTRLEN", "", "name"),
    ("HSTRLEN", "", "failedReason"),
    ("HSTRLEN", "", "opts"),
)
_SHORT = 4096
"""Longer names and options (bytes) are not read."""

_JOBS_A_CALL = 50
_PAUSE_S = 0.01


async def read_job_times(calls: Calls, jobs: Sequence[tuple[QueueRef, str]]) -> list[JobTimes | None]:
    """The times of each job, None of those that have no hash."""
    keys = [job_key(ref, job_id) for ref, job_id in jobs]
    found: list[JobTimes | None] = []
    for start in range(0, len(keys), _JOBS_A_CALL):
        if start:
            await asyncio.sleep(_PAUSE_S)
        found += await _read(calls, keys[start : start + _JOBS_A_CALL])
    return found


async def _read(calls: Calls, keys: Sequence[bytes]) -> list[JobTimes | None]:
    rows = await calls.batch(keys, _COMMANDS)
    short = [key for key, row in zip(keys, rows, strict=True) if all(_is_short(row[at]) for at in (1, 3))]
    texts = dict(zip(short, await calls.batch(short, (("HMGET", "", "name", "opts"),)), strict=True))
    return [_times(row, texts.get(key)) for key, row in zip(keys, rows, strict=True)]


def _is_short(size: Raw) -> bool:
    return isinstance(size, int) and size <= _SHORT


def _times(row: Sequence[Raw], texts: Sequence[Raw] | None) -> JobTimes | None:
    numbers, _, failed, _ = row
    if isinstance(numbers, Refused) or all(number is None for number in numbers):
        return None
    created, delay, processed, finished, made, atm = map(_number, numbers)
    name, options = texts[0] if texts and isinstance(texts[0], list) else (b"", b"")
    return JobTimes(
        raw_field(name[:CAP], len(name)).text if name else "",
        created,
        max(delay or 0, _delay_in(options)),
        processed,
        finished,
        made if made is not None else atm or 0,
        isinstance(failed, int) and failed > 0,
    )


def _delay_in(options: Raw) -> int:
    """How long a job was not to run at first, by its options: the hash forgets it when its time has come."""
    stored = parse(exact(options)).value if isinstance(options, bytes) and b'"delay"' in options else None
    delay = stored.get("delay") if isinstance(stored, dict) else None
    return int(delay) if isinstance(delay, int | float) and 0 < delay < 2**53 else 0


def _number(reply: Raw) -> int | None:
    return int(reply) if isinstance(reply, bytes) and reply.isdigit() and len(reply) < 16 else None


async def read_newest_ended(calls: Calls, ref: QueueRef, state: JobState, limit: int) -> EndedJobs:
    """The newest `limit` jobs of `completed` or `failed`, with the times of those that have a hash."""
    (found,) = await calls.pipeline([("ZREVRANGE", key(ref, state.value), 0, limit, "WITHSCORES")])
    pairs = [] if isinstance(found, Refused) else _pairs(found)
    newest = pairs[:limit]
    times = await read_job_times(calls, [(ref, exact(member)) for member, _ in newest])
    jobs = tuple(Ended(int(score), one) for (_, score), one in zip(newest, times, strict=True))
    return EndedJobs(jobs, all_of_them=len(pairs) <= limit)


def _pairs(reply: Raw) -> list[tuple[bytes, float]]:
    """Members and scores, in either version of the protocol."""
    if reply and isinstance(reply[0], list | tuple):
        return [(member, float(score)) for member, score in reply]
    flat = reply or []
    return [(member, float(score)) for member, score in zip(flat[::2], flat[1::2], strict=True)]


class RedisPast:
    """See `services.watch.past.Past`."""

    def __init__(self, calls: Calls) -> None:
        self._calls = calls

    async def job_times(self, jobs: Sequence[tuple[QueueRef, str]]) -> list[JobTimes | None]:
        """See Past."""
        return await read_job_times(self._calls, jobs)

    async def newest_ended(self, ref: QueueRef, state: JobState, limit: int) -> EndedJobs:
        """See Past."""
        return await read_newest_ended(self._calls, ref, state, limit)

    async def series(self, refs: Sequence[QueueRef], minutes: int) -> dict[QueueRef, tuple[MetricSeries, MetricSeries]]:
        """See Past."""
        return await read_series(self._calls, refs, minutes)
