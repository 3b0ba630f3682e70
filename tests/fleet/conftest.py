"""Two servers: the databases of one, or one beside it that a test may break."""

import json
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from redis import Redis

from bulltui.config.settings import Settings
from bulltui.demo.server import EmbeddedServer
from tests.conftest import url_for

EU, US = 0, 1
NOW_MS = 1_790_000_000_000

Fill = Callable[..., None]


def fill(raw: Redis, queue: str, *ids: str, reason: str = "declined") -> None:
    """Failed jobs as BullMQ 5 leaves them."""
    key = f"bull:{queue}"
    raw.hset(f"{key}:meta", mapping={"version": "bullmq:5.81.5", "opts.maxLenEvents": 10000})
    for at, job_id in enumerate(ids):
        raw.incr(f"{key}:id")
        raw.hset(
            f"{key}:{job_id}",
            mapping={
                "name": "charge", "data": json.dumps({"order": job_id}), "opts": "{}", "timestamp": NOW_MS,
                "processedOn": NOW_MS, "finishedOn": NOW_MS + at, "failedReason": reason, "atm": 1, "ats": 1,
                "delay": 0, "priority": 0, "stacktrace": "[]",
            },
        )  # fmt: skip
        raw.zadd(f"{key}:failed", {job_id: NOW_MS + at})


@pytest.fixture
def eu(raw: Redis) -> Redis:
    """The first server."""
    return raw


@pytest.fixture
def us(server: EmbeddedServer, raw: Redis) -> Iterator[Redis]:
    """The second one."""
    with Redis.from_url(url_for(server, database=US)) as client:
        client.flushdb()
        yield client
        client.flushdb()


@pytest.fixture
def own() -> Iterator[EmbeddedServer]:
    """A server that a test may break."""
    with EmbeddedServer() as running:
        yield running


def both(eu_url: str, us_url: str, folder: Path, **more: object) -> Settings:
    """The settings of both."""
    usual = {"refresh_s": 0.2, "refresh_timeout_s": 0.5, "connect_timeout_s": 0.5, "state_folder": str(folder)}
    one = Settings(url=eu_url, label="eu", profile="eu", **(usual | more))  # type: ignore[arg-type]
    other = replace(one, url=us_url, label="us", profile="us")
    return replace(one, label="", fleet=(one, other))


@pytest.fixture
def settings(server: EmbeddedServer, eu: Redis, us: Redis, tmp_path: Path) -> Settings:
    """Those of two databases of one server."""
    return both(url_for(server, database=EU), url_for(server, database=US), tmp_path)
