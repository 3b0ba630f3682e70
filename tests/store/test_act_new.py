"""New jobs: added, duplicated, replayed, and runs of schedulers."""

import json
from typing import Any

import pytest

from bulltui.domain.actions import Add, AddAll, Duplicate, Replay, Trigger
from bulltui.domain.layout import Layout
from bulltui.domain.orders import Item
from bulltui.domain.outcome import Reason
from bulltui.domain.states import JobState
from bulltui.store.actor import RedisActor
from tests.own_time import own_time
from tests.store.acting import (
    ALL,
    NEW,
    NOW,
    Q,
    act,
    events,
    failed,
    fields,
    in_set,
    keys,
    listed,
    make_queue,
    pause_as,
    put,
    told,
)
from tests.store.support import MAIL, js

STEP = 2**32


def add(opts: dict[str, Any] | None = None, name: str = "send") -> Add:
    """An order to add a job."""
    return Add(name, '{"n":1}', js(opts or {"attempts": 0}))


@pytest.mark.parametrize("layout", ALL)
async def test_a_new_job(actor: RedisActor, raw: Any, layout: Layout) -> None:
    make_queue(raw, layout)
    raw.set(f"{Q}:id", 41)
    put(raw, JobState.WAITING, "41")
    answer = await act(actor, add(), [""], layout)
    assert (answer.statuses, answer.made) == ((None,), ("42",))
    assert listed(raw, "wait") == ["42", "41"]
    assert fields(raw, f"{Q}:42") == {
        "name": "send",
        "data": '{"n":1}',
        "opts": '{"attempts":0}',
        "timestamp": str(NOW),
        "delay": "0",
        "priority": "0",
    }
    assert events(raw) == [
        {"event": "added", "jobId": "42", "name": "send"},
        {"event": "waiting", "jobId": "42"},
    ]
    assert in_set(raw, "marker") == ({"0": 0.0} if layout in NEW else {})


@pytest.mark.parametrize("layout", ALL)
async def test_a_delayed_one(actor: RedisActor, raw: Any, layout: Layout) -> None:
    make_queue(raw, layout)
    raw.set(f"{Q}:id", 4101)
    answer = await act(actor, add({"delay": 5000, "priority": 0}), [""], layout)
    assert answer.made == ("4102",)
    due = NOW + 5000
    assert in_set(raw, "delayed") == {"4102": due * 4096 + (0 if layout in NEW else 6)}
    assert fields(raw, f"{Q}:4102")["delay"] == "5000"
    assert events(raw)[1] == {"event": "delayed", "jobId": "4102", "delay": str(due)}
    assert in_set(raw, "marker") == ({"1": due} if layout in NEW else {})
    assert listed(raw, "wait") == ([] if layout in NEW else [f"0:{due}"])
    await act(actor, add({"delay": 1000}), [""], layout)
    assert listed(raw, "wait") == {Layout.V3: [f"0:{due}"], Layout.V4: [f"0:{NOW + 1000}"]}.get(layout, [])


@pytest.mark.parametrize("layout", ALL)
async def test_a_prioritized_one(actor: RedisActor, raw: Any, layout: Layout) -> None:
    make_queue(raw, layout)
    answer = await act(actor, add({"priority": 7}), [""], layout)
    if layout is Layout.V3:
        assert answer.statuses == (Reason.PRIORITY,)
        assert keys(raw) == {f"{Q}:meta"}
    else:
        assert in_set(raw, "prioritized") == {"1": 7 * STEP + 1}
        assert fields(raw, f"{Q}:1")["priority"] == "7"


@pytest.mark.parametrize("layout", ALL)
async def test_lifo_and_paused(actor: RedisActor, raw: Any, layout: Layout) -> None:
    make_queue(raw, layout)
    put(raw, JobState.WAITING, "a")
    put(raw, JobState.WAITING, "b")
    pause_as(raw, layout)
    await act(actor, add({"lifo": True}), [""], layout)
    assert listed(raw, "wait" if layout is Layout.V6 else "paused") == ["b", "a", "1"]


async def test_the_time_of_creation_may_be_given(actor: RedisActor, raw: Any) -> None:
    await act(actor, add({"timestamp": 5, "delay": 10}), [""])
    assert fields(raw, f"{Q}:1")["timestamp"] == "5"
    assert in_set(raw, "delayed") == {"1": 15 * 4096}


async def test_an_id_of_ones_own(actor: RedisActor, raw: Any) -> None:
    assert (await act(actor, add(), ["order:5:x"])).made == ("order:5:x",)
    answer = await act(actor, add(name="other"), ["order:5:x"])
    assert (answer.statuses, answer.made) == ((Reason.EXISTS,), ())
    assert fields(raw, f"{Q}:order:5:x")["name"] == "send"
    assert events(raw)[-1] == {"event": "duplicated", "jobId": "order:5:x"}
    assert listed(raw, "wait") == ["order:5:x"]


@pytest.mark.parametrize("job_id", ["wait", "meta", "events", "limiter", "id", "priority", "repeat"])
async def test_keys_of_the_queue_are_no_ids(actor: RedisActor, raw: Any, job_id: str) -> None:
    assert await told(actor, add(), [job_id]) == [Reason.FOREIGN]
    assert keys(raw) == set()


async def test_a_number_that_is_taken_is_passed_over(actor: RedisActor, raw: Any) -> None:
    put(raw, JobState.FAILED, "1")
    put(raw, JobState.FAILED, "2")
    assert (await act(actor, add(), [""])).made == ("3",)


# --- deduplication


@pytest.mark.parametrize("layout", NEW)
async def test_a_second_job_of_a_deduplication_id_is_not_added(actor: RedisActor, raw: Any, layout: Layout) -> None:
    make_queue(raw, layout)
    assert (await act(actor, add({"de": {"id": "x"}}), [""], layout)).made == ("1",)
    assert raw.get(f"{Q}:de:x") == b"1"
    assert fields(raw, f"{Q}:1")["deid"] == "x"
    assert await told(actor, add({"de": {"id": "x"}}), [""], layout) == [Reason.ALREADY]
    assert not raw.exists(f"{Q}:2")
    told_of = [event for event in events(raw) if "dup" in event["event"] or "deb" in event["event"]]
    expected = [{"event": "deduplicated", "jobId": "1", "deduplicationId": "x", "deduplicatedJobId": "2"}]
    if layout is Layout.V5:
        expected.insert(0, {"event": "debounced", "jobId": "1", "debounceId": "x"})
    assert told_of == expected


async def test_its_time(actor: RedisActor, raw: Any) -> None:
    await act(actor, add({"de": {"id": "x", "ttl": 50_000}}), [""])
    assert 40_000 < raw.pttl(f"{Q}:de:x") <= 50_000
    raw.pexpire(f"{Q}:de:x", 1000)
    assert await told(actor, add({"de": {"id": "x", "ttl": 50_000}}), [""]) == [Reason.ALREADY]
    assert raw.pttl(f"{Q}:de:x") <= 1000
    assert await told(actor, add({"de": {"id": "x", "ttl": 50_000, "extend": True}}), [""]) == [Reason.ALREADY]
    assert raw.pttl(f"{Q}:de:x") > 40_000


async def test_a_delayed_one_gives_way(actor: RedisActor, raw: Any) -> None:
    de = {"id": "x", "ttl": 50_000, "replace": True}
    await act(actor, add({"delay": 1000, "de": de}), [""])
    assert (await act(actor, add({"delay": 2000, "de": de}), [""])).made == ("2",)
    assert in_set(raw, "delayed") == {"2": (NOW + 2000) * 4096}
    assert not raw.exists(f"{Q}:1")
    assert raw.get(f"{Q}:de:x") == b"2"
    assert {"event": "removed", "jobId": "1", "prev": "delayed"} in events(raw)


async def test_the_last_is_kept_while_one_is_active(actor: RedisActor, raw: Any) -> None:
    de = {"id": "x", "keepLastIfActive": True}
    await act(actor, add({"de": de}), [""])
    raw.rpoplpush(f"{Q}:wait", f"{Q}:active")
    assert await told(actor, add({"de": de}, name="next"), [""]) == [Reason.ALREADY]
    kept = fields(raw, f"{Q}:dn:x")
    assert (kept["name"], kept["jid"], json.loads(kept["opts"])) == ("next", "2", {"de": de})


async def test_a_key_whose_job_is_gone(actor: RedisActor, raw: Any) -> None:
    raw.set(f"{Q}:de:x", "77")
    assert (await act(actor, add({"de": {"id": "x"}}), [""])).made == ("1",)
    assert raw.get(f"{Q}:de:x") == b"1"


async def test_a_foreign_deduplication_key(actor: RedisActor, raw: Any) -> None:
    raw.lpush(f"{Q}:de:x", "mine")
    assert await told(actor, add({"de": {"id": "x"}}), [""]) == [Reason.FOREIGN]
    assert keys(raw) == {f"{Q}:de:x"}


async def test_older_libraries_know_no_deduplication(actor: RedisActor, raw: Any) -> None:
    for _ in range(2):
        assert await told(actor, add({"de": {"id": "x"}}), [""], Layout.V4) == [None]
    assert not raw.exists(f"{Q}:de:x")


# --- copies


@pytest.mark.parametrize("layout", ALL)
async def test_a_duplicate_leaves_behind_what_is_its_own(actor: RedisActor, raw: Any, layout: Layout) -> None:
    make_queue(raw, layout)
    opts = {"attempts": 3, "jobId": "a", "delay": 9, "de": {"id": "x"}, "parent": {"id": "p"}, "repeat": {"every": 1}}
    key = failed(
        raw,
        "a",
        data='{"deep":[]}',
        opts=js(opts),
        delay=9,
        parentKey="bull:other:p",
        rjk="r",
        deid="x",
        defa="later",
    )
    before = fields(raw, key)
    answer = await act(actor, Duplicate(), ["a"], layout, state=JobState.FAILED)
    assert (answer.statuses, answer.made) == ((None,), ("1",))
    assert fields(raw, f"{Q}:1") == {
        "name": "job",
        "data": '{"deep":[]}',
        "opts": '{"attempts":3}',
        "timestamp": str(NOW),
        "delay": "0",
        "priority": "0",
    }
    assert fields(raw, key) == before
    assert listed(raw, "wait") == ["1"]
    assert [event["event"] for event in events(raw)] == ["added", "waiting"]


@pytest.mark.parametrize("state", [JobState.WAITING, JobState.ACTIVE, JobState.DELAYED, JobState.WAITING_CHILDREN])
async def test_a_duplicate_of_a_job_in_any_state(actor: RedisActor, raw: Any, state: JobState) -> None:
    put(raw, state, "a")
    assert (await act(actor, Duplicate(), ["a"], state=state)).made == ("1",)
    assert (await act(actor, Duplicate(), ["a"])).made == ("2",)
    assert await told(actor, Duplicate(), ["a"], state=JobState.FAILED) == [Reason.STATE]


async def test_options_with_nothing_of_its_own_are_copied_to_the_byte(actor: RedisActor, raw: Any) -> None:
    opts = '{"attempts": 3, "backoff":{"delay":12345678901234567,"list":[]}}'
    failed(raw, "a", opts=opts, priority=4)
    failed(raw, "b", opts="{broken")
    assert (await act(actor, Duplicate(), ["a", "b", "no"])).statuses == (None, None, Reason.MISSING)
    assert fields(raw, f"{Q}:1")["opts"] == opts
    assert in_set(raw, "prioritized") == {"1": 4 * STEP + 1}
    assert fields(raw, f"{Q}:2")["opts"] == "{broken"


async def test_a_large_payload_is_copied_on_the_server(actor: RedisActor, raw: Any) -> None:
    key = failed(raw, "a", data=b"")
    raw.setrange("large", 50_000_000, b"x")
    raw.eval("redis.call('HSET', KEYS[2], 'data', redis.call('GET', KEYS[1]))", 2, "large", key)
    before = raw.info("stats")["total_net_output_bytes"]
    started = own_time()
    answer = await act(actor, Duplicate(), ["a"])
    assert own_time() - started < 2
    assert answer.made == ("1",)
    assert raw.hstrlen(f"{Q}:1", "data") == 50_000_001
    assert set(raw.hkeys(f"{Q}:1")) == {b"data", b"name", b"opts", b"timestamp", b"delay", b"priority"}
    assert raw.info("stats")["total_net_output_bytes"] - before < 100_000


async def test_an_edited_copy(actor: RedisActor, raw: Any) -> None:
    failed(raw, "a", priority=5)
    action = Replay(name="other", data='"\udcff"', opts='{"delay":100,"jobId":"a","priority":2}', copy=True)
    answer = await act(actor, action, ["a"], state=JobState.FAILED)
    assert answer.made == ("1",)
    assert raw.hget(f"{Q}:1", "data") == b'"\xff"'
    assert json.loads(fields(raw, f"{Q}:1")["opts"]) == {"delay": 100, "priority": 2}
    assert in_set(raw, "delayed") == {"1": (NOW + 100) * 4096}
    assert in_set(raw, "failed").keys() == {"a"}


# --- replay


@pytest.mark.parametrize("layout", ALL)
async def test_a_replay_is_as_fresh(actor: RedisActor, raw: Any, layout: Layout) -> None:
    make_queue(raw, layout)
    key = failed(raw, "1", stc=2, attemptsMade=3, progress="50", pb="w", defa="x", returnvalue="1", opts='{"delay":9}')
    (saved,) = await actor.save(MAIL, ["1"])
    answer = await act(actor, Replay(data='{"n":2}'), [Item("1", saved.digest)], layout, state=JobState.FAILED)
    assert answer.statuses == (None,)
    assert fields(raw, key) == {
        "name": "job",
        "data": '{"n":2}',
        "opts": '{"delay":9}',
        "timestamp": "1700000000000",
        "delay": "0",
        "priority": "0",
    }
    assert listed(raw, "wait") == ["1"]
    assert events(raw) == [{"event": "waiting", "jobId": "1", "prev": "failed"}]
    (after,) = await actor.save(MAIL, ["1"])
    assert answer.digests == (after.digest,)
    assert await told(actor, Replay(data="1"), [Item("1", saved.digest)], layout) == [Reason.CHANGED]


async def test_a_replay_goes_by_its_new_options(actor: RedisActor, raw: Any) -> None:
    for one, opts in (("1", '{"priority":3}'), ("2", '{"delay":500}'), ("3", '{"lifo":true}')):
        put(raw, JobState.COMPLETED, one, returnvalue="1")
        assert await told(actor, Replay(name="new", opts=opts), [one]) == [None]
        assert fields(raw, f"{Q}:{one}")["opts"] == opts
    assert in_set(raw, "prioritized") == {"1": 3 * STEP + 1}
    assert in_set(raw, "delayed") == {"2": (NOW + 500) * 4096}
    assert listed(raw, "wait") == ["3"]


async def test_only_finished_jobs_are_replayed_over_themselves(actor: RedisActor, raw: Any) -> None:
    put(raw, JobState.ACTIVE, "1")
    put(raw, JobState.DELAYED, "2")
    before = {key: fields(raw, key) for key in (f"{Q}:1", f"{Q}:2")}
    assert await told(actor, Replay(data="2"), ["1", "2", "no"]) == [Reason.STATE, Reason.STATE, Reason.MISSING]
    assert {key: fields(raw, key) for key in before} == before


async def test_the_parent_of_a_replayed_child_waits_for_it(actor: RedisActor, raw: Any) -> None:
    raw.hset("bull:other:p", "name", "parent")
    raw.hset("bull:other:p:processed", f"{Q}:1", "1")
    put(raw, JobState.COMPLETED, "1", parentKey="bull:other:p")
    assert await told(actor, Replay(data="2"), ["1"]) == [None]
    assert raw.smembers("bull:other:p:dependencies") == {b"bull:mail:1"}


# --- schedulers


async def test_one_more_run_of_a_scheduler(actor: RedisActor, raw: Any) -> None:
    raw.zadd(f"{Q}:repeat", {"daily": NOW + 5000})
    template = {"name": "report", "data": '{"a":1}', "opts": '{"attempts":2}', "ic": 4, "every": 5000}
    raw.hset(f"{Q}:repeat:daily", mapping=template)
    put(raw, JobState.DELAYED, f"repeat:daily:{NOW + 5000}", score=(NOW + 5000) * 4096, rjk="daily")
    answer = await act(actor, Trigger(), ["daily"])
    assert (answer.statuses, answer.made) == ((None,), ("1",))
    assert fields(raw, f"{Q}:1") == {
        "name": "report",
        "data": '{"a":1}',
        "opts": '{"attempts":2}',
        "timestamp": str(NOW),
        "delay": "0",
        "priority": "0",
    }
    assert listed(raw, "wait") == ["1"]
    assert in_set(raw, "repeat") == {"daily": NOW + 5000}
    assert in_set(raw, "delayed").keys() == {f"repeat:daily:{NOW + 5000}"}
    assert fields(raw, f"{Q}:repeat:daily")["ic"] == "4"


async def test_a_scheduler_without_data(actor: RedisActor, raw: Any) -> None:
    raw.zadd(f"{Q}:repeat", {"bare": 1})
    raw.hset(f"{Q}:repeat:bare", mapping={"name": "tick", "ic": 1})
    assert (await act(actor, Trigger(), ["bare"])).made == ("1",)
    assert (fields(raw, f"{Q}:1")["data"], fields(raw, f"{Q}:1")["opts"]) == ("{}", "{}")


async def test_schedulers_that_have_no_template(actor: RedisActor, raw: Any) -> None:
    raw.zadd(f"{Q}:repeat", {"job::::* * * * *": 1, "0123": 1, "text": 1})
    raw.hset(f"{Q}:repeat:0123", mapping={"name": "tick", "every": 5})
    raw.set(f"{Q}:repeat:text", "mine")
    statuses = await told(actor, Trigger(), ["job::::* * * * *", "0123", "text", "no"])
    assert statuses == [Reason.LAYOUT, Reason.LAYOUT, Reason.FOREIGN, Reason.MISSING]
    assert not raw.exists(f"{Q}:id")


@pytest.mark.parametrize("layout", ALL)
async def test_many_new_jobs_in_one_call(actor: RedisActor, raw: Any, layout: Layout) -> None:
    make_queue(raw, layout)
    put(raw, JobState.WAITING, "own")
    jobs = (
        add({"attempts": 0}, "a"),
        add({"attempts": 0, "jobId": "own"}, "b"),
        add({"attempts": 2, "jobId": "other", "delay": 5000}, "c"),
        Add("d", '"\N{SNOWMAN}"', js({"attempts": 0, "lifo": True})),
    )
    answer = await act(actor, AddAll(jobs), [], layout)
    assert answer.statuses == (None, Reason.EXISTS, None, None)
    assert answer.made[1] == "other"
    first, _, last = answer.made
    assert listed(raw, "wait") == [first, "own", last]
    assert (fields(raw, f"{Q}:{last}")["name"], fields(raw, f"{Q}:{last}")["data"]) == ("d", '"\N{SNOWMAN}"')
    assert (await act(actor, AddAll(), [], layout)).statuses == ()


async def test_a_call_stops_when_its_time_is_up_and_tells_how_far_it_came(actor: RedisActor, raw: Any) -> None:
    make_queue(raw)
    answer = await act(actor, AddAll((add(),) * 5000), [])
    assert 0 < len(answer.statuses) < 5000
    assert len(listed(raw, "wait")) == len(answer.statuses)
