"""Which jobs come, and what becomes of each: a function of the seed alone, whatever the clock and the workers do."""

import itertools
from collections.abc import Iterator
from dataclasses import dataclass
from random import Random

from . import payloads
from .errors import Failure
from .model import Kind, Node, QueueSpec

Json = payloads.Json
FLOW_SHARE = 0.03
"""Of all arrivals, those that are a whole flow."""


@dataclass(frozen=True)
class Draft:
    """A job to be added. `opts` are BullMQ's, in their long names."""

    queue: str
    name: str
    data: Json
    opts: dict[str, Json]


@dataclass(frozen=True)
class FlowDraft:
    """A job of a flow and the jobs it waits for. Ids are given, so that the same seed makes the same flow."""

    job: Draft
    children: tuple["FlowDraft", ...] = ()


@dataclass(frozen=True)
class Fate:
    """What becomes of a job: how its first attempts fail, and its result should a later one succeed."""

    failures: tuple[Failure, ...]
    result: Json
    doomed: bool


def pick_kind(spec: QueueSpec, rng: Random) -> Kind:
    return rng.choices(spec.kinds, weights=[kind.share for kind in spec.kinds])[0]


def base_opts(spec: QueueSpec) -> dict[str, Json]:
    """The default job options of a queue."""
    return {
        "attempts": spec.attempts,
        "backoff": {"type": "exponential", "delay": spec.backoff},
        "removeOnComplete": {"count": spec.keep},
        "removeOnFail": {"count": spec.keep},
    }


def draft(spec: QueueSpec, kind: Kind, rng: Random) -> Draft:
    """A job of `kind` with its data and options."""
    data, opts = kind.data(rng), base_opts(spec)
    if spec.priorities and rng.random() < 0.3:
        opts["priority"] = rng.choice(spec.priorities)
    elif spec.delays and rng.random() < 0.2:
        opts["delay"] = rng.choice(spec.delays)
    if spec.deduplicates and isinstance(data, dict) and "category" in data:
        opts["deduplication"] = {"id": f"category-{data['category']}", "ttl": 30_000}
    return Draft(spec.name, kind.name, data, opts)


def flow_draft(node: Node, specs: dict[str, QueueSpec], rng: Random) -> FlowDraft:
    """A flow of the shape of `node`."""
    spec = specs[node.queue]
    kind = spec.kind(node.kind)
    opts = base_opts(spec) | node.options | {"jobId": payloads.uid(rng)}
    job = Draft(spec.name, kind.name, kind.data(rng), opts)
    return FlowDraft(job, tuple(flow_draft(child, specs, rng) for child in node.children))


def arrivals(seed: int, specs: tuple[QueueSpec, ...], flows: tuple[Node, ...]) -> Iterator[Draft | FlowDraft]:
    """The endless row of jobs and flows that customers cause."""
    rng = Random(f"{seed}/arrivals")
    by_name = {spec.name: spec for spec in specs}
    busy = [spec for spec in specs if spec.traffic > 0]
    totals = list(itertools.accumulate(spec.traffic for spec in busy))
    while busy:
        if flows and rng.random() < FLOW_SHARE:
            yield flow_draft(rng.choice(flows), by_name, rng)
        else:
            spec = rng.choices(busy, cum_weights=totals)[0]
            yield draft(spec, pick_kind(spec, rng), rng)


def fate(seed: int, spec: QueueSpec, kind: Kind, job_id: str, attempts: int) -> Fate:
    """What becomes of the job, the same however often it is asked: three attempts are three draws of one story."""
    rng = Random(f"{seed}/{spec.name}/{job_id}")
    chance = rng.random()
    doomed = bool(spec.families) and chance < spec.doomed
    if doomed:
        failing = max(1, attempts)
    elif spec.families and attempts > 1 and chance < spec.doomed + spec.flaky:
        failing = rng.randint(1, attempts - 1)
    else:
        failing = 0
    return Fate(draw_failures(spec, rng, failing), kind.result(rng), doomed)


def draw_failures(spec: QueueSpec, rng: Random, count: int) -> tuple[Failure, ...]:
    """`count` failed attempts of one job: mostly the same cause each time. A fatal one is the last."""
    families = spec.families
    family = rng.choices(families, weights=[f.weight for f in families])[0]
    failures: list[Failure] = []
    while len(failures) < count and not (failures and failures[-1].fatal):
        if rng.random() < 0.15:
            family = rng.choices(families, weights=[f.weight for f in families])[0]
        failures.append(family.draw(rng))
    return tuple(failures)
