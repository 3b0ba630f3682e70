"""Flows as they stand when the shop opens: half done, done, and broken by a child."""

from dataclasses import dataclass, replace
from random import Random

from . import layout, payloads
from .entries import Maker, told
from .errors import Failure
from .layout import Entry, Family, Fields
from .model import Node, QueueSpec

_TIMES = ("processedOn", "finishedOn")


@dataclass(frozen=True)
class Soil:
    """What all jobs of a flow share."""

    specs: dict[str, QueueSpec]
    rng: Random
    prefix: str
    now: int
    outcome: str
    """`open`: children are pending; `done`: all completed; `broken`: a child has failed its parent."""


def plant(node: Node, soil: Soil) -> list[tuple[str, Entry]]:
    """The jobs of one flow, each with its queue's name, the root first."""
    place = soil.rng.uniform(0.01, 0.12) if soil.outcome == "open" else soil.rng.uniform(0.15, 0.9)
    return _grow(node, soil, place, None)


def _key(soil: Soil, queue: str, job_id: str) -> str:
    return f"{layout.queue_key(soil.prefix, queue)}:{job_id}"


def _grow(node: Node, soil: Soil, place: float, parent: dict[str, object] | None) -> list[tuple[str, Entry]]:
    job_id = payloads.uid(soil.rng)
    me = {"id": job_id, "queueKey": layout.queue_key(soil.prefix, node.queue)}
    below = [_grow(child, soil, place, me | _flags(child)) for child in node.children]
    if node.children:
        kin = [(child, grown[0][1]) for child, grown in zip(node.children, below, strict=True)]
        entry = _parent(node, soil, place, kin)
    else:
        entry = _make(node, soil, place, _leaf_state(node, soil))
    entry = replace(entry, id=job_id, opts={**entry.opts, **node.options, "jobId": job_id})
    if parent is not None:
        fields = {"parentKey": f"{parent['queueKey']}:{parent['id']}", "parent": layout.dump(parent)}
        link = {"id": parent["id"], "queue": parent["queueKey"]}
        entry = replace(entry, fields={**entry.fields, **fields}, opts={**entry.opts, "parent": link})
    # Members of a flow are added at one moment: all of them as early as the earliest.
    everyone = [(node.queue, entry), *(pair for grown in below for pair in grown)]
    born = min(member.created for _, member in everyone)
    return [(queue, replace(member, created=born)) for queue, member in everyone]


def _flags(child: Node) -> dict[str, object]:
    return dict(layout.stored_opts({name: True for name, on in child.options.items() if on}))


def _make(node: Node, soil: Soil, place: float, state: str) -> Entry:
    spec = soil.specs[node.queue]
    return Maker(spec, spec.kind(node.kind), soil.rng, soil.now).make(state, place)


def _leaf_state(node: Node, soil: Soil) -> str:
    if soil.outcome == "open":
        state = soil.rng.choices(("completed", "wait", "delayed", "failed"), weights=(5, 3, 1, 2))[0]
        return "wait" if state == "failed" and node.options.get("failParentOnFailure") else state
    broken = soil.outcome == "broken" and node.options.get("failParentOnFailure")
    return "failed" if broken else "completed"


def _parent(node: Node, soil: Soil, place: float, kin: list[tuple[Node, Entry]]) -> Entry:
    """A parent in the state that its children leave it in."""
    pending: list[str] = []
    processed: list[tuple[str, str]] = []
    ignored: list[tuple[str, str]] = []
    broken: list[tuple[str, int]] = []
    for child, entry in kin:
        key = _key(soil, child.queue, entry.id)
        if entry.state == "completed":
            processed.append((key, str(entry.fields["returnvalue"])))
        elif entry.state == "failed" and child.options.get("failParentOnFailure"):
            broken.append((key, entry.since))
        elif entry.state == "failed" and child.options.get("ignoreDependencyOnFailure"):
            ignored.append((key, str(entry.fields["failedReason"])))
        elif not (entry.state == "failed" and child.options.get("removeDependencyOnFailure")):
            pending.append(key)  # among them the failed that nothing was arranged for: their parent waits for ever
    family = Family(tuple(pending), tuple(processed), tuple(ignored), tuple(broken))
    ready = max([entry.since for _, entry in kin if entry.state in {"completed", "failed"}], default=soil.now)
    if broken:
        entry = _make(node, soil, place, "wait")
        return replace(entry, state="failed", since=ready + 35, fields=_failed_by(broken[0][0], ready), children=family)
    if pending:
        entry = _make(node, soil, place, "wait")
        return replace(entry, state="waiting-children", since=entry.created, children=family)
    if soil.outcome == "open":
        return replace(_make(node, soil, place, "wait"), children=family)
    return replace(_shifted(_make(node, soil, place, "completed"), ready + 40), children=family)


def _failed_by(child: str, when: int) -> Fields:
    reason = f"child {child} failed"
    frame = "Worker.processJob (/app/node_modules/bullmq/dist/cjs/classes/worker.js:381:33)"
    failure = Failure(reason, f"UnrecoverableError: {reason}\n    at {frame}", fatal=True)
    return {"processedOn": when + 30, "finishedOn": when + 35, "ats": 1, "atm": 1} | told((failure,))


def _shifted(entry: Entry, start: int) -> Entry:
    """The same finished job, started at `start`."""
    by = start - int(entry.fields["processedOn"])
    fields = {name: int(value) + by if name in _TIMES else value for name, value in entry.fields.items()}
    return replace(entry, fields=fields, since=entry.since + by, created=entry.created + by)
