"""Where ours differs from the libraries on purpose: why, and what it makes instead."""

import json
import time
from collections.abc import Iterator

from bulltui.domain.outcome import Reason
from tests.interop.fidelity import Differs, Patch
from tests.interop.keyspace import Keyspace
from tests.interop.reshape import (
    LINES,
    bring_back,
    drop,
    entries,
    field,
    is_paused,
    line,
    put,
    set_entries,
    without_events,
)

MAIL = "bull:mail"


def _pushed(before: Keyspace, theirs: Keyspace) -> Iterator[tuple[str, str, int, bool]]:
    """What came into the lists where jobs wait, in the order in which it did: the list, the id, its priority, and
    whether it wants to be first."""
    for key in (f"{MAIL}:wait", f"{MAIL}:paused"):
        old = entries(before, key)
        for job_id in reversed(entries(theirs, key)):
            if job_id not in old and not job_id.startswith("0:"):
                job = f"{MAIL}:{job_id}"
                opts = json.loads(theirs[job, "field", "opts"])
                yield key, job_id, int(field(theirs, job, "priority") or 0), bool(opts.get("lifo"))


def _one_by_one(before: Keyspace, theirs: Keyspace, *, lifo: bool = False) -> Keyspace:
    """Each job of them goes where it would go alone: by its priority, and with `lifo` to the front where it wants."""
    space = dict(theirs)
    counter = int(before.get((f"{MAIL}:pc", "value"), "0"))
    for key, job_id, priority, first in _pushed(before, theirs):
        others = tuple(one for one in entries(space, key) if one != job_id)
        if priority:
            counter += 1
            put(space, f"{MAIL}:prioritized", "zset", "score", job_id, value=str(priority * 2**32 + counter))
            put(space, f"{MAIL}:pc", "string", "value", value=str(counter))
            set_entries(space, key, others)
        elif lifo and first:
            set_entries(space, key, (*others, job_id))
    if _is_v4(before) and not is_paused(before, MAIL) and (f"{MAIL}:wait", "entries") not in space and counter:
        set_entries(space, f"{MAIL}:wait", ("0:0",))
    return space


def _all_one_by_one(before: Keyspace, theirs: Keyspace) -> Keyspace:
    return _one_by_one(before, theirs, lifo=True)


def _promoted(before: Keyspace, theirs: Keyspace) -> Keyspace:
    space = _one_by_one(before, theirs)
    for key, job_id, _, _ in _pushed(before, theirs):
        space[f"{MAIL}:{job_id}", "field", "delay"] = "0"
        if entries(before, key)[:1] and entries(before, key)[0].startswith("0:"):  # a marker in the way of jobs
            set_entries(space, key, tuple(one for one in entries(space, key) if not one.startswith("0:")))
    return space


def _promoted_less_armed(before: Keyspace, theirs: Keyspace) -> Keyspace:
    space = _promoted(before, theirs)
    armed = [job_id for _, job_id, _, _ in _pushed(before, theirs) if field(theirs, f"{MAIL}:{job_id}", "rjk")]
    for job_id in armed:
        put(space, f"{MAIL}:delayed", "zset", "score", job_id, value=before[f"{MAIL}:delayed", "score", job_id])
        space[f"{MAIL}:{job_id}", "field", "delay"] = before[f"{MAIL}:{job_id}", "field", "delay"]
        drop(space, f"{MAIL}:prioritized", "score", job_id)
        for key in (f"{MAIL}:wait", f"{MAIL}:paused"):
            set_entries(space, key, tuple(one for one in entries(space, key) if one != job_id))
    drop(space, f"{MAIL}:pc", "value")
    if (f"{MAIL}:pc", "value") in before:
        put(space, f"{MAIL}:pc", "string", "value", value=before[f"{MAIL}:pc", "value"])
    without_events(space, MAIL, lambda one: one["event"] == "waiting" and one["jobId"] in armed)
    return space


def _is_v4(space: Keyspace) -> bool:
    return (field(space, f"{MAIL}:meta", "version") or "").startswith("bullmq:4.")


def _relinked(before: Keyspace, theirs: Keyspace) -> Keyspace:
    """Each child that runs again is one that its parent waits for."""
    space = dict(theirs)
    for suffix in LINES:
        for job_id in entries(theirs, f"bull:parts:{suffix}"):
            child = f"bull:parts:{job_id}"
            parent = field(theirs, child, "parentKey")
            for kind, what in (("processed", "field"), ("failed", "field"), ("unsuccessful", "score")):
                held = f"{parent}:{kind}"
                if (held, what, child) in space:
                    drop(space, held, what, child)
                    members = {*space.get((f"{parent}:dependencies", "members"), ()), child}
                    put(space, f"{parent}:dependencies", "set", "members", value=tuple(sorted(members)))
    return space


def _in_the_list(before: Keyspace, theirs: Keyspace) -> Keyspace:
    """A job that lost its priority waits behind those without."""
    space = dict(theirs)
    key = line(before, MAIL)
    for part in before:
        if part[:2] == (f"{MAIL}:prioritized", "score") and field(theirs, f"{MAIL}:{part[2]}", "priority") == "0":
            del space[part]
            set_entries(space, key, (part[2], *entries(space, key)))
    space[f"{MAIL}:pc", "value"] = before[f"{MAIL}:pc", "value"]
    return space


def _without_stack(before: Keyspace, theirs: Keyspace) -> Keyspace:
    return {
        part: value
        for part, value in theirs.items()
        if part[1:] != ("field", "stacktrace") or part in before or value != "[]"
    }


def _kept(before: Keyspace, theirs: Keyspace) -> Keyspace:
    """All that was failed is, and so is the one that failed by hand."""
    space = _without_stack(before, theirs)
    for part, score in before.items():
        if part[:2] == (f"{MAIL}:failed", "score"):
            put(space, f"{MAIL}:failed", "zset", "score", part[2], value=score)
            bring_back(space, before, f"{MAIL}:{part[2]}")
    for job_id in {*entries(before, f"{MAIL}:active")} - {*entries(theirs, f"{MAIL}:active")}:
        bring_back(space, before, f"{MAIL}:{job_id}")
        now = str(int(time.time() * 1000))
        put(space, f"{MAIL}:failed", "zset", "score", job_id, value=now)
        attempts = "attemptsMade" if _is_v4(before) else "atm"
        for name, value in (("finishedOn", now), ("failedReason", "failed by hand"), (attempts, "1")):
            put(space, f"{MAIL}:{job_id}", "hash", "field", name, value=value)
    return space


def by(libraries: str, why: str, instead: Patch | None = None, skips: Reason | None = None) -> dict[str, Differs]:
    """The same difference from each of these versions."""
    return dict.fromkeys(libraries, Differs(why, instead, skips))


RETRIES_ONE_BY_ONE = by("456", "its retry-all forgets priorities, and who wants to be first", _all_one_by_one)
PROMOTES_ONE_BY_ONE = by("456", "its promote-all forgets priorities and leaves `delay`", _promoted)
RELINKS = by("5", "its retry-all leaves children counted as finished by their parents", _relinked)
LOSES_PRIORITY = by("4", "it leaves a job without priority among the prioritized, which run last", _in_the_list)
LEAVES_PRIORITY = by("3", "a priority is kept in another way there", skips=Reason.PRIORITY)
KEEPS_PRIORITY = LEAVES_PRIORITY | by("45", "its retry puts a job with a priority among those without", _one_by_one)
LEAVES_HELD = by("456", "it takes a job away from the worker that runs it", skips=Reason.LOCKED)
KEEPS_FAILED = by(
    "456", "what fails by hand is there to be looked at, and takes no other away, whatever `removeOnFail` says", _kept
)
NO_STACK = by("3456", "an error by hand has no stack, and an empty one says nothing", _without_stack)
SPARES_ARMED = by("56", "the next run of a scheduler comes early only where that is said", skips=Reason.SCHEDULER)
SAYS_AGAIN = by("3456", "it announces what is so already", skips=Reason.ALREADY)
PROMOTES_UNARMED = by(
    "456",
    "its promote-all takes the next runs of schedulers too, and forgets priorities",
    _promoted_less_armed,
    Reason.SCHEDULER,
)
