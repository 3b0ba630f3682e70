"""Queues are found by what lies in Redis, and only queues."""

from typing import Any

import pytest
from redis import Redis

from bulltui.demo.server import EmbeddedServer
from bulltui.domain.errors import NotAllowedError
from bulltui.store.discovery import Discovery
from bulltui.store.reader import RedisReader
from tests.conftest import PASSWORD
from tests.store.support import ServerTime, add_job, found, reading, searched

V5 = {"version": "bullmq:5.81.5", "opts.maxLenEvents": "10000"}
V4 = {"version": "bullmq:4.18.3", "opts.maxLenEvents": "10000"}


def queue(raw: Redis, key: str | bytes, version: dict[str, str] = V5) -> None:
    name = key.encode() if isinstance(key, str) else key
    raw.hset(name + b":meta", mapping=dict[Any, Any](version))


async def test_empty_database(reader: RedisReader) -> None:
    assert [step.refs for step in await searched(reader)] == [(), ()]
    assert await found(reader, None) == set()


async def test_one_several_and_all_prefixes(reader: RedisReader, raw: Redis) -> None:
    for key in ("bull:mail", "{bull}:mail", "app:prod:bull:mail", "other:mail"):
        queue(raw, key)
    assert await found(reader) == {("bull", "mail")}
    assert await found(reader, ["{bull}"]) == {("{bull}", "mail")}
    assert await found(reader, ["app:prod:bull"]) == {("app:prod:bull", "mail")}
    assert await found(reader, ["bull", "other"]) == {("bull", "mail"), ("other", "mail")}
    assert await found(reader, None) == {
        ("bull", "mail"),
        ("{bull}", "mail"),
        ("app:prod:bull", "mail"),
        ("other", "mail"),
    }


async def test_the_longest_of_nested_prefixes_wins(reader: RedisReader, raw: Redis) -> None:
    queue(raw, "bull:eu:mail")
    queue(raw, "bull:mail")
    assert await found(reader, ["bull", "bull:eu"]) == {("bull:eu", "mail"), ("bull", "mail")}


NAMES = ["a b", "naïve", "👩‍👩‍👧", "a*b", "a?b", "[ab]", "a\\b", "a/b", "{tag}", "a:b", "wait", "meta", "x^-y"]


@pytest.mark.parametrize("name", NAMES)
async def test_signs_in_names(reader: RedisReader, raw: Redis, name: str) -> None:
    queue(raw, f"bull:{name}", V4)
    assert await found(reader) == {("bull", name)}
    assert [one.ref.name for one in await reader.counts([r for s in await searched(reader) for r in s.refs])] == [name]


@pytest.mark.parametrize("prefix", [*NAMES, "bull*", "b[u]ll"])
async def test_signs_in_prefixes(reader: RedisReader, raw: Redis, prefix: str) -> None:
    queue(raw, f"{prefix}:mail")
    queue(raw, "bxll:mail")
    queue(raw, "bull:x:mail")
    assert await found(reader, [prefix]) == {(prefix, "mail")}


async def test_bytes_that_are_no_utf8(reader: RedisReader, raw: Redis) -> None:
    queue(raw, b"b\xffll:ma\xfel")
    expected = {("b\udcffll", "ma\udcfel")}
    assert await found(reader, None) == expected
    assert await found(reader, ["b\udcffll"]) == expected


async def test_colons_in_names_of_old_libraries(reader: RedisReader, raw: Redis) -> None:
    """Bull and BullMQ up to 4 allow them; since 5 the last colon is the prefix's."""
    queue(raw, "bull:mail:bulk", V4)
    queue(raw, "bull:eu:mail", V5)
    assert await found(reader) == {("bull", "mail:bulk"), ("bull", "eu:mail")}
    assert await found(reader, None) == {("bull", "mail:bulk"), ("bull:eu", "mail")}


def _wait(raw: Redis, base: str) -> None:
    raw.lpush(f"{base}:wait", "1")


def _events(raw: Redis, base: str) -> None:
    raw.xadd(f"{base}:events", {"event": "added"})


def _id(raw: Redis, base: str) -> None:
    raw.set(f"{base}:id", 5)


def _check(raw: Redis, base: str) -> None:
    raw.set(f"{base}:stalled-check", 1700000000000, px=30000)


def _delayed(raw: Redis, base: str) -> None:
    raw.zadd(f"{base}:delayed", {"1": 1})


def _bull_paused(raw: Redis, base: str) -> None:
    raw.set(f"{base}:meta-paused", 1)


@pytest.mark.parametrize("trace", [_wait, _events, _id, _check, _delayed, _bull_paused])
async def test_queues_without_meta(reader: RedisReader, raw: Redis, trace: object) -> None:
    assert callable(trace)
    trace(raw, "bull:mail")
    assert await found(reader) == {("bull", "mail")}
    refs = [ref for step in await searched(reader) for ref in step.refs]
    assert len(await reader.counts(refs)) == 1, "what is found is counted"


async def test_bull_4_before_and_after_a_pause(reader: RedisReader, raw: Redis) -> None:
    raw.set("bull:old:id", 3)
    raw.zadd("bull:old:completed", {"1": 1, "2": 2})
    raw.lpush("bull:old:wait", "3")
    for job in "123":
        add_job(raw, "bull:old", job)
    assert await found(reader) == await found(reader, None) == {("bull", "old")}
    raw.rename("bull:old:wait", "bull:old:paused")
    raw.hset("bull:old:meta", "paused", 1)
    raw.set("bull:old:meta-paused", 1)
    assert await found(reader) == await found(reader, None) == {("bull", "old")}


async def test_bull_4_names_with_colons_beside_a_queue_they_seem_to_be_in(reader: RedisReader, raw: Redis) -> None:
    for base in ("bull:mail", "bull:mail:bulk"):
        raw.set(f"{base}:id", 3)
        raw.zadd(f"{base}:completed", {"1": 1})
    assert await found(reader) == {("bull", "mail"), ("bull", "mail:bulk")}


async def test_jobs_whose_ids_read_like_keys_of_a_queue(reader: RedisReader, raw: Redis) -> None:
    queue(raw, "bull:mail")
    raw.set("bull:mail:id", 9)
    for job in ("a:b:meta", "a:b:id", "a:b:wait", "x:meta", "repeat:id:17", "repeat:meta:17", "a:events", "1:id"):
        add_job(raw, "bull:mail", job)
        raw.set(f"bull:mail:{job}:lock", "token")
        raw.rpush(f"bull:mail:{job}:logs", "line")
        raw.sadd(f"bull:mail:{job}:dependencies", "bull:other:1")
        raw.hset(f"bull:mail:{job}:failed", "bull:other:2", "why")
        raw.hset(f"bull:mail:{job}:processed", "bull:other:3", "1")
    assert await found(reader) == {("bull", "mail")}
    assert await found(reader, None) == {("bull", "mail")}


async def test_job_with_a_hostile_id_that_has_the_fields_of_meta(reader: RedisReader, raw: Redis) -> None:
    queue(raw, "bull:mail")
    add_job(raw, "bull:mail", "a:b:meta", version="bullmq:5.0.0", paused=1)
    assert await found(reader) == {("bull", "mail")}


@pytest.mark.parametrize("meta", [True, False])
async def test_parts_of_a_queue_that_read_like_a_queue(reader: RedisReader, raw: Redis, meta: bool) -> None:
    if meta:
        queue(raw, "bull:mail")
    raw.set("bull:mail:id", 9)
    raw.lpush("bull:mail:wait", 9)
    for dedup in ("id", "stalled-check", "x:id", "a:b:id", "meta-paused"):
        raw.set(f"bull:mail:de:{dedup}", "17")
        raw.hset(f"bull:mail:dn:{dedup}", mapping={"name": "n", "data": "{}"})
    for scheduler in ("id", "meta", "a:meta", "events"):
        raw.zadd("bull:mail:repeat", {scheduler: 17})
        raw.hset(f"bull:mail:repeat:{scheduler}", mapping={"name": "n", "every": 1000, "ic": 1, "data": "{}"})
    for kind in ("completed", "failed"):
        raw.hset(f"bull:mail:metrics:{kind}", mapping={"count": 3, "prevTS": 1, "prevCount": 2})
        raw.lpush(f"bull:mail:metrics:{kind}:data", 1)
    assert await found(reader) == {("bull", "mail")}
    assert await found(reader, None) == {("bull", "mail")}


async def test_groups_of_bullmq_pro(reader: RedisReader, raw: Redis) -> None:
    queue(raw, "bull:mail", {"version": "bullmq-pro:7.1.0", "opts.maxLenEvents": "10000"})
    raw.zadd("bull:mail:groups", {"wait": 1})
    raw.lpush("bull:mail:groups:wait", 1)
    raw.lpush("bull:mail:groups:a:active", 1)
    assert await found(reader) == await found(reader, None) == {("bull", "mail")}


async def test_relay_keys(reader: RedisReader, raw: Redis) -> None:
    queue(raw, "bull:mail")
    raw.sadd("bull::relay:namespaces", "shop")
    for suffix in ("layout", "nodes", "started", "subs", "mid", "{1}:node", "{1}:inbox", "{id}:ret", "wait", "id"):
        raw.set(f"bull::relay:{{shop}}:{suffix}", 1)
    raw.lpush("bull::relay:{shop}:active", 1)
    assert await found(reader) == {("bull", "mail")}
    assert await found(reader, None) == {("bull", "mail")}


async def test_keys_of_other_programs(reader: RedisReader, raw: Redis) -> None:
    queue(raw, "bull:mail")
    raw.set("session:1:id", 5)
    raw.hset("user:meta", mapping={"name": "x"})
    raw.hset("video:9:meta", mapping={"version": "2", "timestamp": 17})
    raw.xadd("orders:events", {"a": "b"})
    raw.lpush("app:wait", 1)
    raw.set("bull:cache:meta", "x")
    raw.set("bull:cache:wait", "x")
    raw.hset("bull:user:id", "a", "b")
    raw.set("bull:token:id", "not a number")
    raw.set("meta", 1)
    raw.set(":meta", 1)
    raw.set("bull:meta", 1)
    assert await found(reader) == {("bull", "mail")}
    assert await found(reader, None) == {("bull", "mail")}


async def test_any_prefix_wants_a_meta_of_the_library(reader: RedisReader, raw: Redis) -> None:
    raw.hset("video:9:meta", mapping={"version": "2", "title": "x"})
    raw.hset("job:9:meta", mapping={"paused": "no", "title": "x"})
    assert await found(reader, None) == set()


async def test_registry(reader: RedisReader, raw: Redis) -> None:
    queue(raw, "bull:mail")
    queue(raw, "other:mail")
    raw.zadd("bullmq:registry", {"bull:mail": 1, "other:mail": 2, "bull:gone": 3, "nonsense": 4})
    steps = await searched(reader)
    assert [ref.name for ref in steps[0].refs] == ["mail"]
    assert steps[0].scanned == 0
    assert await found(reader) == {("bull", "mail")}
    assert await found(reader, None) == {("bull", "mail"), ("other", "mail")}


async def test_registry_that_is_none(reader: RedisReader, raw: Redis) -> None:
    queue(raw, "bull:mail")
    raw.set("bullmq:registry", "x")
    assert await found(reader) == {("bull", "mail")}


async def test_ghost_queue(reader: RedisReader, raw: Redis) -> None:
    """What a live worker makes again after its queue was obliterated."""
    raw.hset("bull:ghost:meta", "opts.maxLenEvents", 10000)
    raw.set("bull:ghost:stalled-check", 17, px=30000)
    assert await found(reader) == await found(reader, None) == {("bull", "ghost")}


async def test_other_prefixes_are_told_when_nothing_is_found(reader: RedisReader, raw: Redis) -> None:
    queue(raw, "shop:mail")
    queue(raw, "shop:images")
    queue(raw, "{eu}:mail")
    steps = await searched(reader, ["bull"])
    assert steps[-1].other_prefixes == ("shop", "{eu}")
    assert all(not step.refs for step in steps)
    assert (await searched(reader, ["shop"]))[-1].other_prefixes == ()


async def test_scan_may_answer_a_key_twice(scripted: RedisReader, raw: Redis, monkeypatch: pytest.MonkeyPatch) -> None:
    queue(raw, "bull:mail")
    calls, real = scripted.calls, scripted.calls.execute

    async def twice(*words: bytes | str | int | float) -> object:
        answer = await real(*words)
        return [answer[0], answer[1] * 2] if words[0] == "SCAN" else answer

    monkeypatch.setattr(calls, "execute", twice)
    refs = [ref async for step in Discovery(calls, ["bull"]).run() for ref in step.refs]
    assert len(refs) == 1


async def test_user_limited_to_the_prefix(server: EmbeddedServer, raw: Redis) -> None:
    queue(raw, "bull:mail")
    queue(raw, "secret:mail")
    raw.execute_command("ACL", "SETUSER", "tenant", "reset", "on", f">{PASSWORD}", "~bull:*", "+@all")  # type: ignore[no-untyped-call]
    async with reading(f"redis://tenant:{PASSWORD}@127.0.0.1:{server.port}") as limited:
        assert await found(limited) == {("bull", "mail")}
        assert await found(limited, None) == {("bull", "mail")}
        assert (await searched(limited, ["nothing"]))[-1].other_prefixes == ("bull",)


async def test_user_limited_to_one_queue(server: EmbeddedServer, raw: Redis) -> None:
    for name in ("mail", "pay", "a", "b", "c"):
        queue(raw, f"bull:{name}")
    raw.execute_command("ACL", "SETUSER", "tenant", "reset", "on", f">{PASSWORD}", "~bull:mail:*", "+@all")  # type: ignore[no-untyped-call]
    async with reading(f"redis://tenant:{PASSWORD}@127.0.0.1:{server.port}") as limited:
        assert await found(limited) == {("bull", "mail")}


async def test_user_with_no_right_to_any_queue_is_told(server: EmbeddedServer, raw: Redis) -> None:
    queue(raw, "bull:mail")
    raw.execute_command("ACL", "SETUSER", "tenant", "reset", "on", f">{PASSWORD}", "~none:*", "+@all")  # type: ignore[no-untyped-call]
    async with reading(f"redis://tenant:{PASSWORD}@127.0.0.1:{server.port}") as limited:
        with pytest.raises(NotAllowedError):
            await found(limited)


@pytest.mark.quiet
async def test_big_keyspace_in_bounded_calls(reader: RedisReader, raw: Redis) -> None:
    """100,000 keys: no call of more than about 5 ms, no KEYS, and the first queue shows before the end."""
    raw.eval('for i = 1, 100000 do redis.call("HSET", "bull:q" .. (i % 50) .. ":" .. i, "name", "x") end', 0)
    for i in range(50):
        queue(raw, f"bull:q{i}")
        raw.set(f"bull:q{i}:id", 2000)
    time = ServerTime(raw)
    time.reset()
    steps = await searched(reader)
    assert sum(len(step.refs) for step in steps) == 50
    assert [step.scanned for step in steps] == sorted(step.scanned for step in steps)
    assert steps[-1].scanned == 100_100
    commands = time.commands()
    assert "keys" not in commands
    assert commands["scan"][0] <= 60
    await time.of(lambda: searched(reader), longest_ms=5)
