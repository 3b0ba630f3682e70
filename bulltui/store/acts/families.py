"""What hangs below a job, in whatever queues, as saved."""

from collections.abc import Iterator, Sequence
from dataclasses import replace

from bulltui.domain.errors import BulltuiError
from bulltui.domain.queue import QueueRef
from bulltui.domain.record import SavedJob
from bulltui.domain.text import to_bytes, visible
from bulltui.store.acts.saving import save
from bulltui.store.calls import Calls

MOST = 250
"""Descendants of one job that can be removed at once: all of them are looked at and removed in one script."""

NAMED = 1_000
"""How many children the jobs of a family may name in all, those included that are long gone."""

_SPLITS = 4
"""At how many colons from the right a key may part into queue and id."""


async def family(calls: Calls, ref: QueueRef, job_id: str, *, pending_only: bool) -> list[SavedJob]:
    """See `Actor.family`. That a parent waits for a job is said of those only whose parent stays; what else goes comes
    back with the parent's own keys."""
    (root,) = await save(calls, ref, [job_id])
    found: dict[str, SavedJob] = {}
    named = 0
    level = [root]
    while level:
        below: list[SavedJob] = []
        for parent in level:
            keys = [one for one in _children(parent, pending_only=pending_only) if one not in found]
            named += len(keys)
            if named > NAMED:
                raise _too_many(job_id)
            for job in await _saved(calls, parent.ref, keys):
                if pending_only and (job.state == "failed" or await _is_locked(calls, job)):
                    continue
                stays = pending_only and parent is root
                found[_key(job)] = job if stays else replace(job, parent="", parent_score="")
                below.append(job)
            if len(found) > MOST:
                raise _too_many(job_id)
        level = below
    found.pop(_key(root), None)
    return list(found.values())


def _key(job: SavedJob) -> str:
    return f"{job.ref.key}:{job.id}"


def _children(job: SavedJob, *, pending_only: bool) -> Iterator[str]:
    wanted = ("dependencies",) if pending_only else ("processed", "failed", "unsuccessful", "dependencies")
    for one in job.keys:
        if one.key.removeprefix(f"{_key(job)}:") in wanted and not isinstance(one.value, str):
            yield from (entry if isinstance(entry, str) else entry[0] for entry in one.value)


async def _saved(calls: Calls, near: QueueRef, keys: Sequence[str]) -> list[SavedJob]:
    """The jobs that are still there of those with these keys."""
    by_ref: dict[QueueRef, list[str]] = {}
    for key in dict.fromkeys(keys):
        split = next(_splits(near, key), None)
        if split is not None:
            by_ref.setdefault(split[0], []).append(split[1])
    jobs: list[SavedJob] = []
    for ref, ids in by_ref.items():
        # With a colon in its id a job is in no state of the queue that was guessed first.
        jobs += [job if job.state else await _elsewhere(calls, near, job) for job in await save(calls, ref, ids)]
    return [job for job in jobs if job.state or job.keys]


async def _elsewhere(calls: Calls, near: QueueRef, job: SavedJob) -> SavedJob:
    for ref, job_id in list(_splits(near, _key(job)))[1:]:
        (other,) = await save(calls, ref, [job_id])
        if other.state:
            return other
    return job


def _splits(near: QueueRef, key: str) -> Iterator[tuple[QueueRef, str]]:
    """How a job's key may part into queue and id, the likeliest first. A queue of the same prefix is taken for one."""
    prefix = f"{near.prefix}:"
    start = key
    for _ in range(_SPLITS):
        start, colon, _ = start.rpartition(":")
        if not colon or ":" not in start:
            return
        job_id = key[len(start) + 1 :]
        if start.startswith(prefix):
            yield QueueRef(near.prefix, start.removeprefix(prefix), near.server), job_id
        else:
            other_prefix, name = start.rsplit(":", 1)
            yield QueueRef(other_prefix, name, near.server), job_id


async def _is_locked(calls: Calls, job: SavedJob) -> bool:
    return bool(await calls.execute("EXISTS", to_bytes(f"{_key(job)}:lock")))


def _too_many(job_id: str) -> BulltuiError:
    return BulltuiError(
        f"More than {MOST:,} jobs hang below {visible(job_id)}, too many to remove in one piece.",
        hint="Remove it without its children, then those by themselves, by a filter in their own queues.",
        code="too-many",
    )
