"""On a real server: what was found in several queues and states is acted on as one, and brought back as one."""

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
from redis import Redis

from bulltui.config.settings import Settings
from bulltui.demo.server import EmbeddedServer
from bulltui.domain import actions
from bulltui.domain.outcome import Kind, Reason
from bulltui.domain.queue import QueueRef
from bulltui.domain.states import SUFFIX, JobState
from bulltui.domain.targets import Jobs, Past, Picked
from bulltui.services.request import Request
from bulltui.wiring import Runtime, open_runtime
from tests.conftest import url_for
from tests.store.finding import put
from tests.store.keyspace import keyspace

PAY, MAIL = QueueRef("bull", "pay"), QueueRef("bull", "mail")


@pytest.fixture
async def runtime(server: EmbeddedServer, raw: Redis, tmp_path: Path) -> AsyncIterator[Runtime]:
    async with open_runtime(Settings(url=url_for(server), state_folder=str(tmp_path))) as made:
        yield made


def fill(raw: Any) -> None:
    """Two queues of BullMQ 5 and 6 with jobs in several states."""
    for ref, version in ((PAY, "bullmq:5.81.5"), (MAIL, "bullmq:6.7.0")):
        raw.hset(f"{ref.key}:meta", mapping={"version": version, "opts.maxLenEvents": 10000})
        raw.set(f"{ref.key}:id", 100)
        raw.zadd(f"{ref.key}:marker", {"0": 0})
        for state in (JobState.FAILED, JobState.WAITING, JobState.DELAYED):
            for number in range(30):
                job_id = f"{state}{number}"
                put(raw, state, job_id, 1_800_000_000_000 + number, ref.key, atm=1, failedReason="no")


def picked(state: JobState, *numbers: int) -> tuple[Jobs, ...]:
    return tuple(Jobs(ref, tuple(f"{state}{number}" for number in numbers), state) for ref in (PAY, MAIL))


async def test_removed_as_one_and_brought_back_as_one(runtime: Runtime, raw: Any) -> None:
    fill(raw)
    before = keyspace(raw, without=(":marker",))
    target = Picked((*picked(JobState.FAILED, 3, 7), *picked(JobState.WAITING, 0, 29), *picked(JobState.DELAYED, 5)))
    outcome = await runtime.runner.run(Request(actions.Remove(), target))
    assert (outcome.kind, outcome.done) == (Kind.DONE, 10)
    assert not any(raw.exists(f"{part.ref.key}:{one}") for part in target.parts for one in part.ids)
    (past,) = await runtime.runner.journal.entries()
    assert (past.number, past.done) == (outcome.undo, 10)
    undone = await runtime.runner.run(Request(actions.Restore(past.number), Past(past.number)))
    assert (undone.kind, undone.done) == (Kind.DONE, 10)
    assert keyspace(raw, without=(":marker",)) == before


async def test_retried_where_they_still_are_failed(runtime: Runtime, raw: Any) -> None:
    fill(raw)
    target = Picked(picked(JobState.FAILED, 1, 2, 3))
    raw.zrem(f"{MAIL.key}:{SUFFIX[JobState.FAILED]}", "failed2")
    raw.lpush(f"{MAIL.key}:active", "failed2")
    outcome = await runtime.runner.run(Request(actions.Retry(), target))
    assert (outcome.kind, outcome.done, outcome.examples) == (Kind.PARTLY, 5, {Reason.STATE: ("failed2",)})
    assert raw.zcard(f"{PAY.key}:failed") == 27
    assert raw.lrange(f"{MAIL.key}:active", 0, -1) == [b"failed2"]
