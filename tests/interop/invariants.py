"""What must hold of a queue whatever was done to it.

Each job is in one state, each id of a state has a hash, each scheduler its next run.
"""

from collections import Counter
from collections.abc import Iterator

from tests.interop.keyspace import Keyspace

_LISTS = ("wait", "paused", "active")
_SETS = ("prioritized", "delayed", "completed", "failed", "waiting-children")
_LIVE = ("wait", "paused", "active", "prioritized", "delayed")


def states(space: Keyspace, base: str) -> dict[str, tuple[str, ...]]:
    """The ids of each state of the queue whose keys start with `base` (and a colon), in their order. Markers of old
    versions are none."""
    found: dict[str, tuple[str, ...]] = {}
    for suffix in _LISTS:
        ids = space.get((f"{base}:{suffix}", "entries"), ())
        found[suffix] = tuple(job_id for job_id in ids if not job_id.startswith("0:"))
    scored: dict[str, list[tuple[float, str]]] = {f"{base}:{suffix}": [] for suffix in _SETS}
    for part, score in space.items():
        if part[1] == "score" and part[0] in scored:
            scored[part[0]].append((float(score), part[2]))
    for suffix in _SETS:
        found[suffix] = tuple(member for _, member in sorted(scored[f"{base}:{suffix}"]))
    return found


def jobs(space: Keyspace, base: str) -> set[str]:
    """The ids of all hashes of jobs of the queue."""
    start = f"{base}:"
    waiting = f"{base}:dn:"  # what a deduplication keeps for later is no job yet
    return {
        part[0].removeprefix(start)
        for part in space
        if part[0].startswith(start)
        and not part[0].startswith(waiting)
        and part[1:] in (("field", "timestamp"), ("field", "data"))
        if (part[0], "field", "opts") in space and (part[0], "field", "ic") not in space
    }


def armed(space: Keyspace, base: str, scheduler: str) -> str | None:
    """The id of the run of a scheduler that is yet to come, None where there is none."""
    found = states(space, base)
    for suffix in _LIVE:
        for job_id in found[suffix]:
            if space.get((f"{base}:{job_id}", "field", "rjk")) == scheduler:
                return job_id
    return None


def broken(space: Keyspace, base: str) -> Iterator[str]:
    """Each fault of the queue, as a sentence."""
    found = states(space, base)
    places = Counter(job_id for ids in found.values() for job_id in ids)
    hashes = jobs(space, base)
    for job_id, count in places.items():
        if count > 1:
            where = [suffix for suffix, ids in found.items() for one in ids if one == job_id]
            yield f"{job_id} is in {count} places: {where}"
        if job_id not in hashes:
            yield f"{job_id} has no hash"
    for job_id in hashes - places.keys():
        yield f"{job_id} is in no state"
    for part in space:
        if part[:2] == (f"{base}:repeat", "score") and armed(space, base, part[2]) is None:
            yield f"the scheduler {part[2]} has no next run"
