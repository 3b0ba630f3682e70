"""On a real server: whatever an action changed or destroyed is as before after its undo, key by key."""

from collections.abc import AsyncIterator, Callable
from pathlib import Path
from typing import Any

import pytest
from redis import Redis

from bulltui.config.settings import Settings
from bulltui.demo.server import EmbeddedServer
from bulltui.domain import actions
from bulltui.domain.layout import Layout
from bulltui.domain.outcome import Kind, Outcome, Reason
from bulltui.domain.queue import QueueRef
from bulltui.domain.states import JobState
from bulltui.domain.targets import Every, Jobs, Past, Queues, Schedulers, Target
from bulltui.services.acting import Runner
from bulltui.services.request import Request
from bulltui.wiring import open_runtime
from tests.conftest import url_for

PAY = QueueRef("bull", "pay")
SHOP = QueueRef("bull", "shop")
P = "bull:pay"
VERSIONS = {Layout.V4: "4.18.3", Layout.V5: "5.81.5", Layout.V6: "6.7.0"}
T = 1_700_000_000_000
NEW = (Layout.V5, Layout.V6)


@pytest.fixture(params=VERSIONS, ids=str)
def layout(request: pytest.FixtureRequest) -> Layout:
    return Layout(request.param)


@pytest.fixture
async def runner(server: EmbeddedServer, raw: Redis, tmp_path: Path) -> AsyncIterator[Runner]:
    async with open_runtime(Settings(url=url_for(server), state_folder=str(tmp_path))) as runtime:
        yield runtime.runner


def job(raw: Any, base: str, job_id: str, layout: Layout, **fields: Any) -> str:
    """The hash of a job that has run once."""
    made = {"attemptsMade": 1} if layout is Layout.V4 else {"atm": 1, "ats": 1}
    plain = {
        "name": "charge",
        "data": '{"amount":5}',
        "opts": '{"attempts":3}',
        "timestamp": T,
        "delay": 0,
        "priority": 0,
    }
    raw.hset(f"{base}:{job_id}", mapping=plain | made | fields)
    return job_id


def fill(server: Any, layout: Layout, *, paused: bool) -> None:
    """A queue with a bit of everything, and another one with a parent."""
    with server.pipeline(transaction=False) as pipe:
        _fill(pipe, layout, paused=paused)
        pipe.execute()


def _fill(raw: Any, layout: Layout, *, paused: bool) -> None:
    for base in (P, "bull:shop"):
        raw.hset(f"{base}:meta", mapping={"version": f"bullmq:{VERSIONS[layout]}", "opts.maxLenEvents": 10000})
        raw.set(f"{base}:id", 100)
        raw.xadd(f"{base}:events", {"event": "added"})
    waiting = "paused" if paused and layout is not Layout.V6 else "wait"
    if paused:
        raw.hset(f"{P}:meta", "paused", 1)
    elif layout in NEW:
        raw.zadd(f"{P}:marker", {"0": 0})
    for number in range(1, 8):
        raw.lpush(f"{P}:{waiting}", job(raw, P, f"w{number}", layout, data=b"\xff\x00 not text"))
    for number in range(1, 4):
        raw.zadd(f"{P}:prioritized", {job(raw, P, f"p{number}", layout, priority=number): number * 2**32 + number})
        raw.zadd(f"{P}:delayed", {job(raw, P, f"d{number}", layout, delay=5000): (T + 5000) * 4096 + number})
        done = job(raw, P, f"c{number}", layout, returnvalue="1", finishedOn=T + number, processedOn=T)
        raw.zadd(f"{P}:completed", {done: T + number})
        failed = job(raw, P, f"f{number}", layout, failedReason="boom", stacktrace='["boom"]', finishedOn=T + number)
        raw.zadd(f"{P}:failed", {failed: T + number})
        raw.rpush(f"{P}:f{number}:logs", "one", "two")
    raw.hset(f"{P}:f1", "deid", "same")
    raw.set(f"{P}:pc", 3)
    if layout in NEW:
        raw.set(f"{P}:de:other", "w1")
        raw.hset(f"{P}:w1", "deid", "other")
        if not paused:
            raw.zadd(f"{P}:marker", {"1": T})
    flow(raw, layout, waiting)
    run = job(raw, P, f"repeat:night:{T}", layout, rjk="night", delay=9000)
    raw.zadd(f"{P}:delayed", {run: T * 4096})
    raw.zadd(f"{P}:repeat", {"night": T})
    raw.hset(f"{P}:repeat:night", mapping={"name": "night", "pattern": "0 3 * * *", "ic": 4})


def forget_scheduler(raw: Any, layout: Layout) -> None:
    """The next run of a scheduler would be skipped."""
    raw.zrem(f"{P}:delayed", f"repeat:night:{T}")
    raw.delete(f"{P}:repeat:night:{T}", f"{P}:repeat:night", f"{P}:repeat")
    if raw.exists(f"{P}:marker"):
        raw.zadd(f"{P}:marker", {"1": ((T + 5000) * 4096 + 1) / 4096})


def flow(raw: Any, layout: Layout, waiting: str) -> None:
    """A parent in the other queue that waits for two children here, one of which waits for one of its own."""
    raw.zadd("bull:shop:waiting-children", {job(raw, "bull:shop", "root", layout): T})
    link = {"parentKey": "bull:shop:root", "parent": '{"id":"root","queueKey":"bull:shop"}'}
    raw.lpush(f"{P}:{waiting}", job(raw, P, "child", layout, **link))
    raw.zadd(f"{P}:waiting-children", {job(raw, P, "middle", layout, **link): T + 1})
    raw.sadd("bull:shop:root:dependencies", f"{P}:child", f"{P}:middle")
    raw.hset("bull:shop:root:processed", f"{P}:gone", '"done"')
    below = {"parentKey": f"{P}:middle", "parent": f'{{"id":"middle","queueKey":"{P}"}}'}
    raw.lpush(f"{P}:{waiting}", job(raw, P, "leaf", layout, **below))
    raw.sadd(f"{P}:middle:dependencies", f"{P}:leaf")


def keyspace(raw: Any) -> dict[bytes, object]:
    """Every key with its value, less the event streams, the counter of priorities, which only grows, and the markers,
    of which one too many only wakes a worker."""
    read: dict[bytes, Callable[[Any, bytes], object]] = {
        b"string": lambda pipe, key: pipe.get(key),
        b"list": lambda pipe, key: pipe.lrange(key, 0, -1),
        b"set": lambda pipe, key: pipe.smembers(key),
        b"hash": lambda pipe, key: pipe.hgetall(key),
        b"zset": lambda pipe, key: pipe.zrange(key, 0, -1, withscores=True),
    }
    keys = [key for key in sorted(raw.keys("*")) if not key.endswith((b":events", b":pc", b":marker"))]
    with raw.pipeline(transaction=False) as pipe:
        for key in keys:
            pipe.type(key)
        for key, kind in zip(keys, pipe.execute(), strict=True):
            read[kind](pipe, key)
        return dict(zip(keys, pipe.execute(), strict=True))


async def there_and_back(runner: Runner, raw: Any, request: Request) -> Outcome:
    """Does it and undoes it; the keys are as before then. The outcome of the action."""
    before = keyspace(raw)
    outcome = await runner.run(request)
    assert outcome.kind is Kind.DONE, outcome
    assert keyspace(raw) != before, "nothing was done"
    assert outcome.undo is not None
    undone = await runner.run(Request(actions.Restore(outcome.undo), Past(outcome.undo)))
    assert undone.kind is Kind.DONE, undone
    assert keyspace(raw) == before
    assert [past.undone for past in await runner.journal.entries()] == [True]
    return outcome


JOBS = {
    "remove waiting": (actions.Remove(), ("w3", "w1", "w2")),
    "remove first": (actions.Remove(), ("w1",)),
    "remove last": (actions.Remove(), ("leaf", "w7")),
    "remove prioritized": (actions.Remove(), ("p2",)),
    "remove delayed": (actions.Remove(), ("d1", "d3")),
    "remove finished": (actions.Remove(), ("c1", "f1", "f3")),
    "remove of many states": (actions.Remove(), ("w2", "p1", "d2", "c2", "f2", "child")),
    "remove a child": (actions.Remove(), ("child",)),
    "remove the last child": (actions.Remove(), ("leaf",)),
    "remove a parent alone": (actions.Remove(), ("middle",)),
    "remove a tree": (actions.Remove(children=True), ("middle", "w4")),
    "remove children": (actions.RemoveChildren(), ("middle",)),
    "replay": (actions.Replay(data='{"amount":6}', opts='{"attempts":1}'), ("f2",)),
    "replay completed": (actions.Replay(name="refund"), ("c2",)),
    "update data": (actions.UpdateData('{"amount":7}'), ("w3", "f2", "d1")),
    "reprioritize": (actions.Reprioritize(9), ("p1", "p3")),
    "reprioritize waiting": (actions.Reprioritize(9), ("w3", "w4")),
    "reprioritize to none": (actions.Reprioritize(0), ("p1",)),
    "reschedule": (actions.Reschedule(60_000), ("d1", "d2")),
}


@pytest.mark.parametrize("paused", [False, True], ids=["running", "paused"])
@pytest.mark.parametrize("name", JOBS)
async def test_actions_on_jobs(runner: Runner, raw: Redis, layout: Layout, name: str, paused: bool) -> None:
    fill(raw, layout, paused=paused)
    action, ids = JOBS[name]
    await there_and_back(runner, raw, Request(action, Jobs(PAY, ids)))


async def test_a_descendant_that_was_marked_too_comes_back_as_well(runner: Runner, raw: Redis, layout: Layout) -> None:
    fill(raw, layout, paused=False)
    before = keyspace(raw)
    outcome = await runner.run(Request(actions.Remove(children=True), Jobs(PAY, ("middle", "leaf", "w4"))))
    assert (outcome.done, outcome.skipped) == (2, {Reason.MISSING: 1})
    assert outcome.undo is not None
    await runner.run(Request(actions.Restore(outcome.undo), Past(outcome.undo)))
    assert keyspace(raw) == before


QUEUES: dict[str, tuple[actions.Action, Target]] = {
    "drain": (actions.Drain(), Queues((PAY,))),
    "drain delayed": (actions.Drain(delayed=True), Queues((PAY,))),
    "clean waiting": (actions.Clean(JobState.WAITING), Queues((PAY,))),
    "clean prioritized": (actions.Clean(JobState.PRIORITIZED), Queues((PAY,))),
    "clean delayed": (actions.Clean(JobState.DELAYED, limit=2), Queues((PAY,))),
    "clean completed": (actions.Clean(JobState.COMPLETED), Queues((PAY,))),
    "clean failed": (actions.Clean(JobState.FAILED, limit=2), Queues((PAY,))),
    "clean waiting-children": (actions.Clean(JobState.WAITING_CHILDREN), Queues((PAY,))),
    "remove all failed": (actions.Remove(), Every(PAY, JobState.FAILED)),
    "obliterate": (actions.Obliterate(), Queues((PAY,))),
    "pause": (actions.Pause(), Queues((PAY, SHOP))),
    "unschedule": (actions.Unschedule(), Schedulers(PAY, ("night",))),
}


@pytest.mark.parametrize("name", QUEUES)
async def test_actions_on_queues(runner: Runner, raw: Redis, layout: Layout, name: str) -> None:
    fill(raw, layout, paused=False)
    if "delayed" in name:
        forget_scheduler(raw, layout)
    action, target = QUEUES[name]
    await there_and_back(runner, raw, Request(action, target))


PAUSED = ("drain", "drain delayed", "clean paused", "obliterate", "resume")


@pytest.mark.parametrize("name", PAUSED)
async def test_actions_on_paused_queues(runner: Runner, raw: Redis, layout: Layout, name: str) -> None:
    fill(raw, layout, paused=True)
    if "delayed" in name:
        forget_scheduler(raw, layout)
    where = JobState.WAITING if layout is Layout.V6 else JobState.PAUSED
    more = {"clean paused": actions.Clean(where), "resume": actions.Resume()}
    action = more.get(name) or QUEUES[name][0]
    await there_and_back(runner, raw, Request(action, Queues((PAY,))))


@pytest.mark.parametrize("layout", NEW, ids=str)
@pytest.mark.parametrize(
    "action",
    [actions.SetConcurrency(3), actions.SetRateLimit(10, 1000), actions.RemoveDeduplication("other")],
    ids=lambda action: action.verb.name,
)
@pytest.mark.parametrize("before", [False, True], ids=["unset", "set"])
async def test_settings(runner: Runner, raw: Redis, layout: Layout, action: actions.Action, before: bool) -> None:
    fill(raw, layout, paused=False)
    if before:
        raw.hset(f"{P}:meta", mapping={"concurrency": 7, "max": 5, "duration": 500})
        raw.pexpire(f"{P}:de:other", 60_000)
    await there_and_back(runner, raw, Request(action, Queues((PAY,))))
    assert (raw.pttl(f"{P}:de:other") > 0) is before


async def test_many_jobs_come_back_quickly(runner: Runner, raw: Redis) -> None:
    """A tenth of what the bench does, in half of the time it is given for all."""
    count = 10_000
    raw.hset(f"{P}:meta", mapping={"version": f"bullmq:{VERSIONS[Layout.V5]}", "opts.maxLenEvents": 10000})
    pipe = raw.pipeline(transaction=False)
    for number in range(count):
        fields: dict[Any, Any] = {"name": "charge", "data": f'{{"n":{number}}}', "opts": "{}", "timestamp": T}
        pipe.hset(f"{P}:{number}", mapping=fields | {"atm": 1, "finishedOn": T + number, "failedReason": "boom"})
        pipe.zadd(f"{P}:failed", {str(number): T + number})
    pipe.execute()
    removed = await runner.run(Request(actions.Remove(), Every(PAY, JobState.FAILED)))
    assert (removed.done, raw.zcard(f"{P}:failed")) == (count, 0)
    assert removed.undo is not None
    undone = await runner.run(Request(actions.Restore(removed.undo), Past(removed.undo)))
    assert (undone.done, raw.zcard(f"{P}:failed")) == (count, count)
    assert undone.elapsed_s < 10
