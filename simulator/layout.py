"""A job as it lies in Redis, in BullMQ's key layout: turns entries into the commands that write them.

Only the opening of the shop writes so: a past cannot be had from the library, whose clock is now. All else is done by
the library.
"""

import json
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field

from .model import QueueSpec

Command = tuple[str | int | float, ...]
Fields = dict[str, str | int]

PRIORITY_UNIT = 2**32
DELAY_UNIT = 4096
LOCK_MS = 24 * 3600 * 1000  # of jobs that no worker will ever finish: the picture has to hold for a while
MAX_EVENTS = 10_000
_SHORT = {
    "failParentOnFailure": "fpof",
    "continueParentOnFailure": "cpof",
    "ignoreDependencyOnFailure": "idof",
    "removeDependencyOnFailure": "rdof",
    "deduplication": "de",
}


@dataclass(frozen=True)
class Family:
    """What a parent knows of its children: keys of the pending, results and reasons of the finished."""

    pending: tuple[str, ...] = ()
    processed: tuple[tuple[str, str], ...] = ()
    ignored: tuple[tuple[str, str], ...] = ()
    broken: tuple[tuple[str, int], ...] = ()


@dataclass(frozen=True)
class Entry:
    """One job. `state` is the last part of its state's key; times are epoch milliseconds."""

    id: str
    state: str
    name: str
    data: str
    opts: dict[str, object]
    created: int
    since: int
    """When it entered its state: the score of the finished, the due time of the delayed."""
    fields: Fields = field(default_factory=dict)
    logs: tuple[str, ...] = ()
    locked: bool = False
    children: Family = Family()


def dump(value: object) -> str:
    """JSON as BullMQ writes it."""
    return json.dumps(value, separators=(",", ":"), ensure_ascii=False)


def stored_opts(opts: dict[str, object]) -> dict[str, object]:
    """Job options under the names they have in Redis."""
    return {_SHORT.get(name, name): value for name, value in opts.items()}


def queue_key(prefix: str, name: str) -> str:
    return f"{prefix}:{name}"


def waiting_list(spec: QueueSpec) -> str:
    """The list that waiting jobs are in: up to BullMQ 5 a pause renamed it."""
    return "paused" if spec.paused and spec.legacy else "wait"


def meta_commands(prefix: str, spec: QueueSpec) -> Iterator[Command]:
    """The queue's own settings."""
    key = f"{queue_key(prefix, spec.name)}:meta"
    yield "HSET", key, "opts.maxLenEvents", MAX_EVENTS, "version", spec.version
    if spec.paused:
        yield "HSET", key, "paused", 1
    if spec.concurrency:
        yield "HSET", key, "concurrency", spec.concurrency
    if spec.limit:
        yield "HSET", key, "max", spec.limit[0], "duration", spec.limit[1]


def job_commands(base: str, entry: Entry) -> Iterator[Command]:
    """The hash of a job and all that hangs on it, but not its place in a state."""
    key = f"{base}:{entry.id}"
    yield (
        "HSET", key, "name", entry.name, "data", entry.data, "opts", dump(stored_opts(entry.opts)),
        "timestamp", entry.created, "delay", 0, "priority", 0,
        *(part for pair in entry.fields.items() for part in pair),
    )  # fmt: skip
    if entry.logs:
        yield "RPUSH", f"{key}:logs", *entry.logs
    if entry.locked:
        yield "SET", f"{key}:lock", f"{entry.id}:1", "PX", LOCK_MS
    kin = entry.children
    if kin.pending:
        yield "SADD", f"{key}:dependencies", *kin.pending
    for child, result in kin.processed:
        yield "HSET", f"{key}:processed", child, result
    for child, reason in kin.ignored:
        yield "HSET", f"{key}:failed", child, reason
    for child, when in kin.broken:
        yield "ZADD", f"{key}:unsuccessful", when, child


def queue_commands(prefix: str, spec: QueueSpec, entries: Iterable[Entry]) -> Iterator[Command]:
    """All of one queue: `entries` in the order in which they entered their states."""
    base = queue_key(prefix, spec.name)
    yield from meta_commands(prefix, spec)
    states: dict[str, list[Entry]] = {}
    highest = 0
    for entry in entries:
        yield from job_commands(base, entry)
        states.setdefault(entry.state, []).append(entry)
        highest = max(highest, int(entry.id) if entry.id.isdecimal() else 0)
    yield "SET", f"{base}:id", highest
    for state, members in states.items():
        if state in {"wait", "active"}:
            target = waiting_list(spec) if state == "wait" else state
            for part in range(0, len(members), 1000):
                yield "LPUSH", f"{base}:{target}", *(entry.id for entry in members[part : part + 1000])
        else:
            yield "ZADD", f"{base}:{state}", *(x for n, e in enumerate(members, 1) for x in (_score(e, n), e.id))
    if "prioritized" in states:
        yield "SET", f"{base}:pc", len(states["prioritized"])
    if not spec.paused:
        if "wait" in states or "prioritized" in states:
            yield "ZADD", f"{base}:marker", 0, "0"
        if "delayed" in states:
            yield "ZADD", f"{base}:marker", min(entry.since for entry in states["delayed"]), "1"


def _score(entry: Entry, number: int) -> int:
    if entry.state == "delayed":
        return entry.since * DELAY_UNIT
    if entry.state == "prioritized":
        return int(entry.fields["priority"]) * PRIORITY_UNIT + number
    return entry.since


def event_commands(base: str, entries: Iterable[Entry], limit: int) -> Iterator[Command]:
    """The last `limit` events of a queue's stream, as its entries tell them."""
    events: list[tuple[int, tuple[str, ...]]] = []
    for e in entries:
        events.append((e.created, ("added", "jobId", e.id, "name", e.name)))
        if started := e.fields.get("processedOn"):
            events.append((int(started), ("active", "jobId", e.id, "prev", "waiting")))
        if e.state == "completed":
            value = str(e.fields["returnvalue"])
            events.append((e.since, ("completed", "jobId", e.id, "returnvalue", value, "prev", "active")))
        elif e.state == "failed":
            reason = str(e.fields["failedReason"])
            events.append((e.since, ("failed", "jobId", e.id, "failedReason", reason, "prev", "active")))
        elif e.state in {"wait", "prioritized"}:
            events.append((e.created, ("waiting", "jobId", e.id)))
    events.sort(key=lambda event: event[0])
    for number, (when, fields) in enumerate(events[-limit:]):
        yield "XADD", f"{base}:events", f"{when}-{number}", "event", *fields
