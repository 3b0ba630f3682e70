"""Ids that are named like keys of the queue, like markers or like numbers: no key of the queue is taken for a job, and
no job for a marker."""

from typing import Any

import pytest

from bulltui.domain import actions
from bulltui.domain.layout import Layout
from bulltui.domain.orders import Item
from bulltui.domain.outcome import Reason
from bulltui.domain.states import JobState
from bulltui.store.actor import RedisActor
from tests.store.acting import ALL, NOW, Q, act, failed, in_set, listed, make_queue, put, told

OWN_HASHES = ("meta", "metrics:completed", "metrics:failed", "repeat:daily", "dn:once", "7:processed", "7:failed")
"""Ids whose keys are hashes of the queue itself, or of the job 7."""

CHANGES = (
    actions.Remove(),
    actions.UpdateData("1"),
    actions.Reprioritize(3),
    actions.AddLog("hello"),
    actions.Duplicate(),
)


@pytest.mark.parametrize("action", CHANGES, ids=lambda one: type(one).__name__)
@pytest.mark.parametrize("own", OWN_HASHES)
async def test_a_key_of_the_queue_is_no_job(actor: RedisActor, raw: Any, own: str, action: actions.Action) -> None:
    make_queue(raw)
    put(raw, JobState.WAITING, "7")
    raw.hset(f"{Q}:{own}", mapping={"name": "x", "data": "{}", "opts": "{}"})
    before = raw.hgetall(f"{Q}:{own}")
    answer = await act(actor, action, [own])
    assert answer.statuses == (Reason.FOREIGN,)
    assert raw.hgetall(f"{Q}:{own}") == before
    assert listed(raw, "wait") == ["7"]
    assert not raw.exists(f"{Q}:{own}:logs")


@pytest.mark.parametrize(
    "action", [actions.Remove(), actions.Retry(), actions.Replay()], ids=lambda one: type(one).__name__
)
async def test_the_options_stay_though_a_job_bears_their_name(
    actor: RedisActor, raw: Any, action: actions.Action
) -> None:
    make_queue(raw, paused=1)
    failed(raw, "meta")
    before = raw.hgetall(f"{Q}:meta")
    assert await told(actor, action, ["meta"]) == [Reason.FOREIGN]
    assert raw.hgetall(f"{Q}:meta") == before
    assert list(in_set(raw, "failed")) == ["meta"]


@pytest.mark.parametrize("layout", ALL)
async def test_a_job_that_is_named_like_a_marker_stays(actor: RedisActor, raw: Any, layout: Layout) -> None:
    make_queue(raw, layout)
    put(raw, JobState.WAITING, "0:1")
    put(raw, JobState.DELAYED, "later", score=NOW * 4096)
    assert await told(actor, actions.Promote(), ["later"], layout) == [None]
    assert listed(raw, "wait") == ["later", "0:1"]


@pytest.mark.parametrize("layout", ALL)
async def test_no_job_is_made_that_looks_like_a_marker(actor: RedisActor, raw: Any, layout: Layout) -> None:
    make_queue(raw, layout)
    assert await told(actor, actions.Add("x", "1", "{}"), ["0:1"], layout) == [Reason.FOREIGN]
    assert listed(raw, "wait") == []


@pytest.mark.parametrize("own", ["007", "1e3", "1.0", "0x10", "inf", "nan", "-0", "9007199254740993", "é" * 4000])
async def test_ids_like_numbers_are_texts(actor: RedisActor, raw: Any, own: str) -> None:
    make_queue(raw)
    failed(raw, own)
    assert await told(actor, actions.Retry(), [own]) == [None]
    assert listed(raw, "wait") == [own]
    assert await told(actor, actions.Reprioritize(2_097_151), [own]) == [None]
    raw.set(f"{Q}:pc", 2**32 - 2)
    assert await told(actor, actions.Reprioritize(2_097_151), [own]) == [None]
    assert in_set(raw, "prioritized") == {own: 2_097_151 * 2**32 + 2**32 - 1}
    assert await told(actor, actions.Remove(), [Item(own), Item(own)]) == [None, Reason.MISSING]
    assert raw.keys(f"{Q}:*{own}*") == []


@pytest.mark.quiet
async def test_a_lost_counter_does_not_keep_the_server_busy(actor: RedisActor, raw: Any) -> None:
    make_queue(raw)
    with raw.pipeline(transaction=False) as pipe:
        for number in range(1, 30_001):
            pipe.hset(f"{Q}:{number}", "name", "x")
        pipe.execute()
    raw.config_set("slowlog-log-slower-than", 10_000)
    raw.slowlog_reset()
    found: list[Reason | None] = [Reason.EXISTS]
    calls = 0
    while found == [Reason.EXISTS]:
        found = list((await act(actor, actions.Add("x", "1", "{}"), [""])).statuses)
        calls += 1
    assert found == [None]
    assert 1 < calls < 100
    assert listed(raw, "wait") == ["30001"]
    assert raw.slowlog_get() == []
