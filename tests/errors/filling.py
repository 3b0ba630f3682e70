"""Failed jobs of the corpus on a server."""

from typing import Any

from redis import Redis

from tests.errors.corpus import failed_jobs

NOW = 1_750_000_000_000


def fill_failed(raw: Redis, count: int, queue: str = "bull:payments") -> dict[str, str]:
    """So many failed jobs in a queue, one a ms; their families by id."""
    pipeline = raw.pipeline(transaction=False)
    raw.hset(f"{queue}:meta", mapping={"opts.maxLenEvents": "10000", "version": "bullmq:5.81.5"})
    families: dict[str, str] = {}
    for place, one in enumerate(failed_jobs(count)):
        families[str(place)] = one.family
        fields: dict[Any, Any] = {"name": "charge", "failedReason": one.reason, "stacktrace": one.stacktrace}
        fields |= {"data": "{}", "opts": "{}", "atm": 1, "timestamp": 1, "finishedOn": NOW + place}
        pipeline.hset(f"{queue}:{place}", mapping=fields)
        pipeline.zadd(f"{queue}:failed", {str(place): NOW + place})
        if place % 1000 == 999:
            pipeline.execute()
    pipeline.execute()
    return families
