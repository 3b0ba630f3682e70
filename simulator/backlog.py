"""Great numbers of waiting jobs by bulk adds of the package, some 15,000 a second."""

import itertools
from collections.abc import AsyncIterator, Iterator
from random import Random
from typing import Any

from bullmq import Queue
from redis.asyncio import Redis

from . import jobs, layout
from .model import QueueSpec

_BATCH = 500
_SPREAD_MS = 3_600_000
_MAX_DATA = 4_096  # bytes: a backlog is many jobs, not much data


def shares(specs: tuple[QueueSpec, ...], total: int) -> list[tuple[QueueSpec, int]]:
    """How many of `total` jobs each queue gets: by its traffic, every job given out."""
    busy = [spec for spec in specs if spec.traffic > 0] or list(specs)
    traffic = sum(spec.traffic for spec in busy) or 1.0
    given, passed, out = 0, 0.0, []
    for spec in busy:
        passed += spec.traffic
        count = round(total * passed / traffic) - given
        given += count
        out.append((spec, count))
    return out


async def fill(
    client: "Redis", prefix: str, seed: int, now: int, plan: list[tuple[QueueSpec, int]]
) -> AsyncIterator[int]:
    """Add the jobs of `plan`, as if they had come within the hour before `now` (epoch ms); gives the size of each
    batch added."""
    for spec, count in plan:
        queue = Queue(spec.name, {"connection": client, "prefix": prefix})
        drawn = _drawn(spec, seed, now, count)
        while batch := list(itertools.islice(drawn, _BATCH)):
            await queue.addBulk(batch)
            yield len(batch)


def _drawn(spec: QueueSpec, seed: int, now: int, count: int) -> Iterator[dict[str, Any]]:
    rng = Random(f"{seed}/{spec.name}/backlog")
    opts = jobs.base_opts(spec)
    for number in range(count):
        kind = jobs.pick_kind(spec, rng)
        data = kind.data(rng)
        while len(layout.dump(data)) > _MAX_DATA:
            data = kind.data(rng)
        created = now - _SPREAD_MS + _SPREAD_MS * number // count
        yield {"name": kind.name, "data": data, "opts": opts | {"timestamp": created}}
