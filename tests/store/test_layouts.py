"""The layout of a queue as it shows on a server; the rules themselves are tested in tests/unit/test_layout.py."""

from typing import Any

import pytest
from redis import Redis

from bulltui.domain.layout import Layout
from bulltui.store.reader import RedisReader
from tests.store.support import MAIL


async def layout(reader: RedisReader) -> tuple[Layout, bool]:
    (queue,) = await reader.counts([MAIL])
    assert queue.layout.evidence
    return queue.layout.layout, queue.layout.sure


def make(raw: Redis, version: str = "", **meta: Any) -> None:
    fields: dict[Any, Any] = {"opts.maxLenEvents": 10000} | meta | ({"version": version} if version else {})
    raw.hset("bull:mail:meta", mapping=fields)
    raw.xadd("bull:mail:events", {"event": "added"})


@pytest.mark.parametrize("major", [3, 4, 5, 6])
async def test_written_version(reader: RedisReader, raw: Redis, major: int) -> None:
    make(raw, f"bullmq:{major}.1.0")
    assert await layout(reader) == (Layout(f"v{major}"), True)


async def test_bull_4(reader: RedisReader, raw: Redis) -> None:
    raw.set("bull:mail:id", 1)
    raw.lpush("bull:mail:wait", 1)
    assert await layout(reader) == (Layout.BULL, True)


async def test_worker_only(reader: RedisReader, raw: Redis) -> None:
    make(raw)
    raw.zadd("bull:mail:marker", {"0": 0})
    assert await layout(reader) == (Layout.UNKNOWN, False)


async def test_fleet_of_5_hidden_by_a_dashboard_of_6(reader: RedisReader, raw: Redis) -> None:
    make(raw, "bullmq:6.7.0", paused=1)
    raw.lpush("bull:mail:paused", 1)
    assert await layout(reader) == (Layout.V5, False)


async def test_markers_of_old_workers_under_a_new_version(reader: RedisReader, raw: Redis) -> None:
    make(raw, "bullmq:5.81.5")
    raw.lpush("bull:mail:wait", "0:0")
    assert await layout(reader) == (Layout.V4, False)


async def test_unknown_newer_and_pro(reader: RedisReader, raw: Redis) -> None:
    make(raw, "bullmq:7.0.0")
    assert await layout(reader) == (Layout.UNKNOWN, False)
    make(raw, "bullmq-pro:7.1.0")
    assert await layout(reader) == (Layout.UNKNOWN, False)
    make(raw, "bullmq:5.81.5")
    raw.zadd("bull:mail:groups", {"a": 1})
    assert await layout(reader) == (Layout.UNKNOWN, False)
