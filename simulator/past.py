"""The shop as it stands when it opens: hours of finished work, queues half full, flows half done.

A pure function of the seed and of `now`: the same two give the same keys to the last byte.
"""

import math
from collections.abc import Iterator
from dataclasses import dataclass, replace
from random import Random

from bullmq.job_scheduler import default_repeat_strategy

from . import jobs, layout
from .entries import HOUR, Maker
from .layout import Command, Entry, Fields
from .model import Node, QueueSpec, Schedule
from .past_flows import Soil, plant

EVENTS = 300
METRIC_MINUTES = 180
_FLOWS_OPEN, _FLOWS_DONE, _FLOWS_BROKEN = 9, 6, 3


@dataclass(frozen=True)
class Opening:
    """What to open with. `still` adds what only a shop without workers may hold: jobs locked by workers that are not
    there, and schedulers with their armed runs, which otherwise the library arms."""

    prefix: str
    seed: int
    now: int
    """Epoch milliseconds that every time in the shop is counted back from."""
    still: bool = False


def commands(opening: Opening, specs: tuple[QueueSpec, ...], flows: tuple[Node, ...]) -> Iterator[Command]:
    """Everything the opened shop writes."""
    by_name = {spec.name: spec for spec in specs}
    planted: dict[str, list[Entry]] = {}
    rng = Random(f"{opening.seed}/flows")
    for flow in flows:
        for outcome in ["open"] * _FLOWS_OPEN + ["done"] * _FLOWS_DONE + ["broken"] * _FLOWS_BROKEN:
            for queue, entry in plant(flow, Soil(by_name, rng, opening.prefix, opening.now, outcome)):
                planted.setdefault(queue, []).append(entry)
    for spec in specs:
        entries = [*_numbered(_entries(opening, spec)), *planted.get(spec.name, [])]
        if opening.still:
            entries += [_armed(opening, spec, schedule) for schedule in spec.schedules]
            for schedule in spec.schedules:
                yield from _schedule_commands(opening, spec, schedule)
        else:
            entries = [entry if entry.state != "active" else _given_back(entry) for entry in entries]
        entries.sort(key=lambda entry: entry.since if entry.state != "wait" else entry.created)
        base = layout.queue_key(opening.prefix, spec.name)
        yield from layout.queue_commands(opening.prefix, spec, entries)
        yield from layout.event_commands(base, entries, EVENTS)
        if spec.workers:
            yield from _metrics(opening, spec, base)


# ---- jobs ----


def _entries(opening: Opening, spec: QueueSpec) -> Iterator[Entry]:
    """The queue's own jobs, without ids."""
    fill = spec.fill
    for state, count in (
        ("completed", fill.completed),
        ("failed", fill.failed),
        ("wait", fill.waiting),
        ("active", fill.active),
        ("prioritized", fill.prioritized),
        ("delayed", fill.delayed),
    ):
        for number in range(count):
            rng = Random(f"{opening.seed}/{spec.name}/{state}/{number}")
            maker = Maker(spec, jobs.pick_kind(spec, rng), rng, opening.now)
            yield maker.make(state, number / count)


def _numbered(entries: Iterator[Entry]) -> list[Entry]:
    """Ids as BullMQ's counter would have given them: by age."""
    ordered = sorted(entries, key=lambda entry: entry.created)
    return [replace(entry, id=str(number)) for number, entry in enumerate(ordered, 1)]


def _given_back(entry: Entry) -> Entry:
    """An active job where no worker holds it yet: it waits for one."""
    fields = {name: value for name, value in entry.fields.items() if name not in {"processedOn", "ats", "pb"}}
    return replace(entry, state="wait", fields=fields, logs=(), locked=False, since=entry.created)


# ---- schedulers and metrics ----


def _next_run(opening: Opening, schedule: Schedule) -> int:
    if schedule.every:
        return (opening.now // schedule.every + 1) * schedule.every
    return int(default_repeat_strategy(opening.now, {"pattern": schedule.pattern}))


def _rule(schedule: Schedule) -> Fields:
    return {"every": schedule.every} if schedule.every else {"pattern": schedule.pattern}


def _armed(opening: Opening, spec: QueueSpec, schedule: Schedule) -> Entry:
    """The delayed job that will be the scheduler's next run."""
    due = _next_run(opening, schedule)
    rng = Random(f"{opening.seed}/{spec.name}/{schedule.key}")
    kind = spec.kind(schedule.kind)
    created = min(opening.now - 1_000, due - schedule.every) if schedule.every else opening.now - 2 * HOUR
    key = f"repeat:{schedule.key}:{due}"
    opts = jobs.base_opts(spec) | {
        "delay": due - created,
        "jobId": key,
        "timestamp": created,
        "prevMillis": due,
        "repeatJobKey": schedule.key,
        "repeat": {**_rule(schedule), "count": _runs(schedule)},
    }
    fields: Fields = {"delay": due - created, "rjk": schedule.key}
    return Entry(key, "delayed", kind.name, layout.dump(kind.data(rng)), dict(opts), created, due, fields)


def _runs(schedule: Schedule) -> int:
    return 4 * HOUR // schedule.every if schedule.every else 31


def _schedule_commands(opening: Opening, spec: QueueSpec, schedule: Schedule) -> Iterator[Command]:
    base = f"{layout.queue_key(opening.prefix, spec.name)}:repeat"
    data = layout.dump(spec.kind(schedule.kind).data(Random(f"{opening.seed}/{spec.name}/{schedule.key}")))
    rule = (part for pair in _rule(schedule).items() for part in pair)
    yield "ZADD", base, _next_run(opening, schedule), schedule.key
    yield (
        "HSET", f"{base}:{schedule.key}", "name", schedule.kind, *rule, "opts", layout.dump(jobs.base_opts(spec)),
        "data", data, "ic", _runs(schedule),
    )  # fmt: skip


def _metrics(opening: Opening, spec: QueueSpec, base: str) -> Iterator[Command]:
    """Finished jobs a minute, newest first, in waves of an hour and with a quiet spell for some."""
    rng = Random(f"{opening.seed}/{spec.name}/metrics")
    phase, level = rng.uniform(0, 6.3), 4 + spec.traffic * 18
    for outcome, share in (("completed", 1 - spec.doomed), ("failed", spec.doomed)):
        points = [
            max(0, round(level * share * (1 + 0.5 * math.sin(phase + minute / 10)) * rng.uniform(0.7, 1.3)))
            for minute in range(METRIC_MINUTES)
        ]
        total = sum(points) + (1 if outcome == "completed" else 0)
        key = f"{base}:metrics:{outcome}"
        yield "HSET", key, "count", total, "prevTS", opening.now - 500, "prevCount", sum(points)
        yield "RPUSH", f"{key}:data", *points
