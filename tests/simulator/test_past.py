"""The opened shop is the same for the same seed and moment, and the official library finds it in order."""

import asyncio
import json
import re
from typing import Any

import pytest
from bullmq import Queue
from redis.asyncio import Redis as AsyncRedis

from bulltui.demo.server import EmbeddedServer
from simulator import errors, past
from simulator.running import Plan, ShopError, run
from simulator.shop import SHOP, flows, queues

NOW = 1_790_000_000_000
STATES = ("wait", "paused", "active", "prioritized", "delayed", "waiting-children", "completed", "failed")


async def still(server: EmbeddedServer, **more: Any) -> list[str]:
    said: list[str] = []
    await run(Plan(url=server.url, now=NOW, still=True, **more), asyncio.Event(), said.append)
    return said


def keyspace(client: Any) -> dict[str, Any]:
    """Every key with its value, times to live left out."""
    keys = sorted(client.scan_iter(count=1000))
    pipe = client.pipeline(transaction=False)
    for key in keys:
        pipe.type(key)
    for key, kind in zip(keys, pipe.execute(), strict=True):
        match kind:
            case "hash":
                pipe.hgetall(key)
            case "list":
                pipe.lrange(key, 0, -1)
            case "zset":
                pipe.zrange(key, 0, -1, withscores=True)
            case "set":
                pipe.smembers(key)
            case "stream":
                pipe.xrange(key)
            case _:
                pipe.get(key)
    return dict(zip(keys, pipe.execute(), strict=True))


async def test_the_same_seed_and_moment_make_the_same_keys(server: EmbeddedServer, client: Any) -> None:
    await still(server, seed=11)
    first = keyspace(client)
    client.flushall()
    await still(server, seed=11)
    assert keyspace(client) == first
    client.flushall()
    await still(server, seed=12)
    assert keyspace(client) != first


async def test_every_state_is_filled_and_agrees_with_the_library(server: EmbeddedServer, client: Any) -> None:
    said = await still(server)
    assert said[0].startswith("opened 19 queues")
    totals = dict.fromkeys(STATES, 0)
    async with AsyncRedis.from_url(server.url, decode_responses=True) as shared:
        for spec in SHOP:
            queue = Queue(spec.name, {"connection": shared})
            counts = await queue.getJobCounts()
            for state in STATES:
                key = f"bull:{spec.name}:{state}"
                ids = client.lrange(key, 0, -1) if state in STATES[:3] else client.zrange(key, 0, -1)
                assert len(set(ids)) == len(ids)
                totals[state] += len(ids)
                if state != "paused":
                    assert counts["waiting" if state == "wait" else state] == len(ids)
                for job_id in ids[:3]:
                    job = await queue.getJob(job_id)
                    assert job.name in {kind.name for kind in spec.kinds}
                    assert job.timestamp <= NOW
                    found = await queue.getJobState(job_id)
                    assert found == ("waiting" if state in {"wait", "paused"} else state)
    assert all(totals.values()), totals
    assert client.hget("bull:legacy.exports:meta", "version") == "bullmq:5.81.5"
    assert client.llen("bull:legacy.exports:paused") == 37
    assert client.hget("bull:newsletter:meta", "paused") == "1"
    assert client.hmget("bull:notifications.sms:meta", "max", "duration") == ["1", "2000"]


async def test_no_time_is_later_than_the_moment_and_all_are_in_order(server: EmbeddedServer, client: Any) -> None:
    await still(server)
    jobs = [value for value in keyspace(client).values() if isinstance(value, dict) and "timestamp" in value]
    assert len(jobs) > 5000
    for job in jobs:
        times = [int(job[name]) for name in ("timestamp", "processedOn", "finishedOn") if name in job]
        assert times == sorted(times), job
        assert times[-1] <= NOW, job
        for field in ("data", "opts", "returnvalue", "stacktrace", "progress"):
            json.loads(job.get(field, "null"))
    sizes = [len(job["data"]) for job in jobs]
    assert min(sizes) <= 20
    assert max(sizes) > 1_800_000


async def test_failures_look_like_those_of_node_services(server: EmbeddedServer, client: Any) -> None:
    await still(server)
    kinds = set()
    for spec in SHOP:
        for job_id in client.zrange(f"bull:{spec.name}:failed", 0, -1):
            job = client.hgetall(f"bull:{spec.name}:{job_id}")
            stack = json.loads(job["stacktrace"])
            assert len(stack) == int(job["atm"])
            assert job["failedReason"] in stack[-1].split("\n")[0]
            assert re.search(r"^    at .+:\d+:\d+\)?$|^    at ", stack[-1], re.MULTILINE)
            kinds.add(re.sub(r"\d+|req_\w+|<.*?>", "#", stack[-1].split("\n")[0]))
    assert len(kinds) >= 12
    assert len([f for f in vars(errors).values() if isinstance(f, errors.Family)]) >= 15


async def test_flows_schedulers_locks_logs_and_metrics(server: EmbeddedServer, client: Any) -> None:
    await still(server)
    (parent, *_) = client.zrange("bull:orders:waiting-children", 0, 0)
    pending = client.smembers(f"bull:orders:{parent}:dependencies")
    assert pending
    for child in pending:
        assert client.hget(child, "parentKey") == f"bull:orders:{parent}"
        assert json.loads(client.hget(child, "parent"))["queueKey"] == "bull:orders"
    assert list(client.scan_iter("bull:orders:*:unsuccessful", 1000))
    assert list(client.scan_iter("bull:*:processed", 1000))
    ((key, due),) = client.zrange("bull:reports:repeat", 0, -1, withscores=True)
    assert client.hget(f"bull:reports:repeat:{key}", "pattern") == "0 3 * * *"
    assert client.zscore("bull:reports:delayed", f"repeat:{key}:{int(due)}") == due * 4096
    active = client.lrange("bull:payments:active", 0, -1)
    locked = [job_id for job_id in active if client.ttl(f"bull:payments:{job_id}:lock") > 3600]
    assert locked
    assert client.llen("bull:payments:metrics:completed:data") == past.METRIC_MINUTES
    assert client.llen("bull:reports:72:logs")
    assert client.xlen("bull:payments:events") == past.EVENTS


async def test_a_shop_is_not_opened_over_another(server: EmbeddedServer, client: Any) -> None:
    await still(server, queues=3)
    before = client.dbsize()
    with pytest.raises(ShopError, match="already"):
        await still(server, queues=3)
    assert client.dbsize() == before
    await still(server, queues=3, prefix="app:{x}")
    assert client.exists("app:{x}:orders:meta")


def test_the_number_of_queues_is_the_callers() -> None:
    assert len(queues(5)) == 5
    many = queues(1000)
    assert len({spec.name for spec in many}) == 1000
    assert many[-1].name.startswith("tenant-0981.")
    assert not flows(queues(2))
    assert len(flows(SHOP)) == 2
