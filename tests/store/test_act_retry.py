"""Retry: finished jobs back to where workers of each layout take them."""

import pytest
from redis import Redis

from bulltui.domain.actions import Retry
from bulltui.domain.layout import Layout
from bulltui.domain.states import JobState
from bulltui.store.actor import RedisActor
from tests.store.acting import (
    ALL,
    NEW,
    events,
    failed,
    fields,
    in_set,
    listed,
    make_queue,
    told,
)


@pytest.mark.parametrize("layout", ALL)
async def test_a_failed_job_waits_again(actor: RedisActor, raw: Redis, layout: Layout) -> None:
    make_queue(raw, layout)
    key = failed(raw, "7")
    assert await told(actor, Retry(), ["7"], layout, state=JobState.FAILED) == [None]
    assert listed(raw, "wait") == ["7"]
    assert in_set(raw, "failed") == {}
    left = fields(raw, key)
    assert not {"failedReason", "finishedOn", "processedOn"} & left.keys()
    assert left["stacktrace"] == '["boom"]' and left["atm"] == "2"
    assert events(raw) == [{"event": "waiting", "jobId": "7", "prev": "failed"}]
    assert in_set(raw, "marker") == ({"0": 0.0} if layout in NEW else {})
