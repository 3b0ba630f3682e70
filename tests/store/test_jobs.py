"""Single jobs by id, whatever their state, their size and what stands in their hash; their logs."""

import time
from typing import Any

import pytest
from redis import Redis

from bulltui.demo.server import EmbeddedServer
from bulltui.domain.errors import BulltuiError, NotAllowedError
from bulltui.domain.job import Dependencies, Job
from bulltui.domain.states import LISTED, LISTS, SUFFIX, JobState
from bulltui.services.protocols import PAYLOAD_CAP
from bulltui.store.reader import RedisReader
from tests.conftest import PASSWORD
from tests.store.support import MAIL, ServerTime, add_job, fill_list, js, reading


async def read(reader: RedisReader, job_id: str = "1", *, cap: int = PAYLOAD_CAP) -> Job:
    job = await reader.job(MAIL, job_id, cap=cap)
    assert job is not None
    assert (job.id, job.queue) == (job_id, MAIL)
    return job


@pytest.mark.parametrize("state", LISTED)
async def test_every_state(reader: RedisReader, raw: Redis, state: JobState) -> None:
    add_job(raw, "bull:mail", "1", name="welcome")
    key = f"bull:mail:{SUFFIX[state]}"
    if state in LISTS:
        raw.lpush(key, "0", "1", "2")
    else:
        raw.zadd(key, {"1": 1_700_000_000_000 * 4096})
    job = await read(reader)
    assert (job.state, job.name, job.data.value, job.missing) == (state, "welcome", {"n": 1}, False)
    assert job.score == (None if state in LISTS else 1_700_000_000_000 * 4096)
    assert job.due_at == (1_700_000_000_000 if state is JobState.DELAYED else None)
    (again,) = await reader.jobs(MAIL, ["1"], state=state, cap=1000)
    assert again == job


async def test_order_of_states_is_the_librarys(reader: RedisReader, raw: Redis) -> None:
    """An id in two states is a fault; the answer is the library's own."""
    add_job(raw, "bull:mail", "1")
    order = ["waiting-children", "paused", "wait", "active", "prioritized", "delayed", "failed", "completed"]
    # the last of this list wins
    for suffix in order:
        if suffix in ("paused", "wait", "active"):
            raw.lpush(f"bull:mail:{suffix}", "1")
        else:
            raw.zadd(f"bull:mail:{suffix}", {"1": 1})
        assert (await read(reader)).state == ("waiting" if suffix == "wait" else suffix)


async def test_hash_in_no_state(reader: RedisReader, raw: Redis) -> None:
    add_job(raw, "bull:mail", "1")
    job = await read(reader)
    assert (job.state, job.missing) == (JobState.UNKNOWN, False)


async def test_entry_without_a_hash(reader: RedisReader, raw: Redis) -> None:
    raw.zadd("bull:mail:failed", {"1": 17})
    job = await read(reader)
    assert (job.state, job.missing, job.score) == (JobState.FAILED, True, 17)
    raw.lpush("bull:mail:wait", "2")
    assert (await read(reader, "2")).missing


async def test_neither(reader: RedisReader, raw: Redis) -> None:
    raw.lpush("bull:mail:wait", "1")
    assert await reader.job(MAIL, "2") is None
    assert await reader.field(MAIL, "2", "data") is None


async def test_key_that_is_no_hash(reader: RedisReader, raw: Redis) -> None:
    raw.set("bull:mail:1", "x")
    raw.zadd("bull:mail:failed", {"1": 17})
    job = await read(reader)
    assert job.state is JobState.FAILED
    assert "string" in job.problems[0]
    raw.zrem("bull:mail:failed", "1")
    assert (await reader.job(MAIL, "1")) is None
    with pytest.raises(BulltuiError):
        await reader.field(MAIL, "1", "data")


async def test_states_of_foreign_types(reader: RedisReader, raw: Redis) -> None:
    for suffix in SUFFIX.values():
        raw.set(f"bull:mail:{suffix}", "x")
    for suffix in ("lock", "logs", "dependencies", "processed", "failed", "unsuccessful"):
        raw.xadd(f"bull:mail:1:{suffix}", {"a": "b"})
    add_job(raw, "bull:mail", "1")
    job = await read(reader)
    assert (job.state, job.log_count, job.dependencies) == (JobState.UNKNOWN, 0, Dependencies())
    assert job.name == "job"


@pytest.mark.quiet
@pytest.mark.parametrize("place", ["head", "middle", "tail"])
@pytest.mark.parametrize("suffix", ["wait", "active", "paused"])
async def test_deep_inside_a_long_list(reader: RedisReader, raw: Redis, place: str, suffix: str) -> None:
    count = 500_000
    fill_list(raw, f"bull:mail:{suffix}", count)
    if suffix == "active":
        fill_list(raw, "bull:mail:wait", 250_000, prefix="w")
    job_id = {"head": count, "middle": count // 2, "tail": 1}[place]
    add_job(raw, "bull:mail", str(job_id))
    expected = JobState.WAITING if suffix == "wait" else JobState(suffix)
    assert (await read(reader, str(job_id))).state is expected
    if suffix == "active" and place == "middle":
        await ServerTime(raw).of(lambda: reader.job(MAIL, str(job_id)), longest_ms=5)
        assert await reader.job(MAIL, "nobody") is None


async def test_long_list_that_moves_while_it_is_looked_through(
    scripted: RedisReader, raw: Redis, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Workers take from the tail and producers add at the head all the while."""
    fill_list(raw, "bull:mail:wait", 400_000)
    add_job(raw, "bull:mail", "200000")
    real: Any = scripted.calls.pipeline

    async def moving(*words: Any, **options: Any) -> Any:
        reply = await real(*words, **options)
        raw.lpush("bull:mail:wait", *[f"n{i}" for i in range(200)])
        raw.ltrim("bull:mail:wait", 0, -301)
        return reply

    monkeypatch.setattr(scripted.calls, "pipeline", moving)
    assert (await read(scripted, "200000")).state is JobState.WAITING


async def test_what_hangs_on_a_job(reader: RedisReader, raw: Redis) -> None:
    add_job(raw, "bull:mail", "1")
    raw.lpush("bull:mail:active", "1")
    assert (await read(reader)).lock_ttl_ms is None
    raw.set("bull:mail:1:lock", "token", px=30_000)
    raw.rpush("bull:mail:1:logs", "a", "b")
    raw.sadd("bull:mail:1:dependencies", "bull:x:1", "bull:x:2", "bull:x:3")
    raw.hset("bull:mail:1:processed", mapping={"bull:x:4": "1", "bull:x:5": "1"})
    raw.hset("bull:mail:1:failed", "bull:x:6", "why")
    raw.zadd("bull:mail:1:unsuccessful", {f"bull:x:{i}": i for i in range(4)})
    job = await read(reader)
    assert job.lock_ttl_ms is not None
    assert 29_000 < job.lock_ttl_ms <= 30_000
    assert job.log_count == 2
    assert job.dependencies == Dependencies(unprocessed=3, processed=2, ignored=1, failed=4)


IDS = ["a b", "a:b:c", "repeat:x:17", "👩‍👩‍👧", "\x1b[31m", "i\udcffd", "", "\0!WRONGTYPE", "meta", "x" * 5_000]


@pytest.mark.parametrize("job_id", IDS)
async def test_ids_of_all_kinds(reader: RedisReader, raw: Redis, job_id: str) -> None:
    encoded = job_id.encode("utf-8", "surrogateescape")
    for state in (JobState.WAITING, JobState.FAILED):
        raw.flushall()
        if state is JobState.WAITING:
            raw.lpush("bull:mail:wait", encoded)
        else:
            raw.zadd("bull:mail:failed", {encoded: 17})
        add_job(raw, "bull:mail", encoded, name=encoded)
        raw.rpush(b"bull:mail:" + encoded + b":logs", encoded)
        job = await read(reader, job_id)
        assert job.name == job_id
        assert job.state is state
        assert (await reader.logs(MAIL, job_id, 0, 5)).lines == (job_id,)
        assert await reader.field(MAIL, job_id, "name") == encoded


async def test_all_fields(reader: RedisReader, raw: Redis) -> None:
    add_job(
        raw,
        "bull:mail",
        "1",
        opts=js({"attempts": 3, "fpof": True, "de": {"id": "d"}, "tm": "ctx", "own": 1}),
        atm=2,
        ats=3,
        stc=1,
        processedOn=5,
        finishedOn=6,
        returnvalue="null",
        failedReason="why",
        stacktrace=js(["a", "b"]),
        progress="50",
        pb="w1",
        rjk="daily",
        deid="d",
        parentKey="bull:x:9",
        parent=js({"id": "9", "queueKey": "bull:x"}),
        defa="later",
        own="x",
    )
    job = await read(reader)
    assert (job.attempts_made, job.attempts_started, job.stalled_counter, job.max_attempts) == (2, 3, 1, 3)
    assert (job.processed_on, job.finished_on, job.returnvalue.value) == (5, 6, None)
    assert (job.failed_reason, job.stacktrace, job.progress.value) == ("why", ("a", "b"), 50)
    assert (job.processed_by, job.scheduler, job.deduplication_id) == ("w1", "daily", "d")
    assert (job.parent_key, job.parent.value["id"], job.deferred_failure) == ("bull:x:9", "9", "later")
    assert job.raw["own"].text == "x"
    assert job.problems == ()


@pytest.mark.quiet
async def test_large_payload_is_cut(reader: RedisReader, raw: Redis) -> None:
    payload = b'"' + b"x" * 1_900_000 + b'"'
    add_job(raw, "bull:mail", "1", data=payload, failedReason="why")
    raw.zadd("bull:mail:failed", {"1": 17})
    await ServerTime(raw).of(lambda: reader.job(MAIL, "1"), longest_ms=10)
    job = await read(reader)
    data = job.raw["data"]
    assert (len(data.text), data.size, data.cut) == (256 * 1024, len(payload), True)
    assert not job.data.ok
    assert job.failed_reason == "why"
    small = await read(reader, cap=10)
    assert small.raw["data"].text == '"xxxxxxxxx'


@pytest.mark.quiet
async def test_huge_payload_is_read_only_by_itself(reader: RedisReader, raw: Redis) -> None:
    """50 MB: the server is not held up by opening the job, and the whole is there when it is asked for."""
    payload = b'"' + b"x" * (50 * 1024 * 1024) + b'"'
    add_job(raw, "bull:mail", "1", data=payload, failedReason="why")
    raw.zadd("bull:mail:failed", {"1": 17})
    await ServerTime(raw).of(lambda: reader.job(MAIL, "1"), longest_ms=5)
    job = await read(reader)
    data = job.raw["data"]
    assert (data.text, data.size, data.cut) == ("", len(payload), True)
    assert job.data.problem == f"nothing of {len(payload):,} bytes was read"
    assert job.failed_reason == "why"
    again = await reader.job(MAIL, "1", seen=job)
    assert again is not None
    assert again.raw["data"] == data
    assert await reader.field(MAIL, "1", "data") == payload


@pytest.mark.quiet
async def test_reading_again_keeps_large_fields(reader: RedisReader, raw: Redis) -> None:
    add_job(raw, "bull:mail", "1", data='"' + "x" * 1_900_000 + '"')
    raw.zadd("bull:mail:failed", {"1": 17})
    first = await read(reader)
    raw.hset("bull:mail:1", "progress", "50")
    raw.zrem("bull:mail:failed", "1")
    raw.zadd("bull:mail:completed", {"1": 18})
    time_of_server = ServerTime(raw)
    time_of_server.reset()
    again = await reader.job(MAIL, "1", seen=first)
    assert again is not None
    assert again.raw["data"] is first.raw["data"]
    assert (again.progress.value, again.state) == (50, JobState.COMPLETED)
    sent = raw.info("stats")["total_net_output_bytes"]
    await reader.job(MAIL, "1", seen=again)
    assert raw.info("stats")["total_net_output_bytes"] - sent < 300_000
    raw.hset("bull:mail:1", "data", '"' + "y" * 1_800_000 + '"')
    changed = await reader.job(MAIL, "1", seen=again)
    assert changed is not None
    assert changed.raw["data"].text[1] == "y"
    raw.hset("bull:mail:1", "data", "1")
    changed = await reader.job(MAIL, "1", seen=changed)
    assert changed is not None
    assert changed.data.value == 1
    raw.flushall()
    assert await reader.job(MAIL, "1", seen=changed) is None


async def test_many_large_fields_have_a_bound_together(reader: RedisReader, raw: Redis) -> None:
    fields = {f"f{i}": "v" * 100_000 for i in range(300)}
    add_job(raw, "bull:mail", "1", **fields)
    job = await read(reader)
    assert sum(len(field.text) for field in job.raw.values()) <= 8 * 256 * 1024
    assert {field.size for name, field in job.raw.items() if name in fields} == {100_000}
    assert job.name == "job"


@pytest.mark.quiet
async def test_hash_of_very_many_fields(reader: RedisReader, raw: Redis) -> None:
    add_job(raw, "bull:mail", "1", **{f"f{i}": i for i in range(50_000)})
    raw.zadd("bull:mail:failed", {"1": 17})
    job = await read(reader)
    assert (job.name, job.data.value) == ("job", {"n": 1})
    assert len(job.raw) < 1000
    assert "50,006 fields" in job.problems[0]
    await ServerTime(raw).of(lambda: reader.job(MAIL, "1"), longest_ms=5)
    raw.delete("bull:mail:1")
    add_job(raw, "bull:mail", "1", **{f"f{i}": i for i in range(300)})
    job = await read(reader)
    assert len(job.raw) == 306
    assert job.problems == ()


async def test_field_names_of_all_kinds(reader: RedisReader, raw: Redis) -> None:
    raw.hset("bull:mail:1", mapping={b"\xff": b"\xfe", b"a b": b"", b"\x1b[m": b"x", b"": b"y"})
    job = await read(reader)
    assert {name: field.text for name, field in job.raw.items()} == {
        "\udcff": "\udcfe",
        "a b": "",
        "\x1b[m": "x",
        "": "y",
    }


async def test_many_jobs_in_few_trips(reader: RedisReader, raw: Redis) -> None:
    ids = [f"j{i}" for i in range(1000)]
    with raw.pipeline(transaction=False) as pipe:
        for job_id in ids:
            add_job(pipe, "bull:mail", job_id, name=job_id, data=js({"text": "x" * 500}))
        pipe.execute()
    raw.zadd("bull:mail:failed", {job_id: at for at, job_id in enumerate(ids)})
    raw.delete("bull:mail:j7")
    started = time.monotonic()
    jobs = await reader.jobs(MAIL, ids, state=JobState.FAILED, cap=1000)
    took = time.monotonic() - started
    assert [job.id for job in jobs] == ids
    assert [job.score for job in jobs] == list(range(1000))
    assert [job.id for job in jobs if job.missing] == ["j7"]
    assert all(job.name == job.id for job in jobs if not job.missing)
    assert all(job.state is JobState.FAILED for job in jobs)
    assert took < 2
    trips = raw.info("stats")["total_reads_processed"]
    await reader.jobs(MAIL, ids, state=JobState.FAILED, cap=1000)
    assert raw.info("stats")["total_reads_processed"] - trips < 500
    assert await reader.jobs(MAIL, [], state=JobState.FAILED, cap=1000) == []


async def test_many_jobs_after_the_scripts_are_forgotten(scripted: RedisReader, raw: Redis) -> None:
    ids = [f"j{i}" for i in range(200)]
    raw.lpush("bull:mail:wait", *ids)
    for job_id in ids:
        add_job(raw, "bull:mail", job_id)
    assert len(await scripted.jobs(MAIL, ids, state=JobState.WAITING, cap=1000)) == 200
    raw.script_flush()
    assert len(await scripted.jobs(MAIL, ids, state=JobState.WAITING, cap=1000)) == 200


COMMANDS = ["hget", "hstrlen", "hkeys", "hlen", "zscore", "llen", "pttl", "type", "scard", "zcard", "exists"]


@pytest.mark.parametrize("right", [*COMMANDS, "lpos"])
async def test_lacking_right_is_told(server: EmbeddedServer, raw: Redis, right: str) -> None:
    add_job(raw, "bull:mail", "1")
    raw.lpush("bull:mail:wait", "1")
    for scripts in ("+@scripting", "-@scripting"):
        rights = ("~*", "&*", "+@all", scripts, f"-{right}")
        raw.execute_command("ACL", "SETUSER", "poor", "reset", "on", f">{PASSWORD}", *rights)  # type: ignore[no-untyped-call]
        async with reading(f"redis://poor:{PASSWORD}@127.0.0.1:{server.port}") as poor:
            if right in ("lpos", "exists"):
                assert ((await read(poor)).state, (await read(poor)).name) == (JobState.WAITING, "job")
            else:
                with pytest.raises(NotAllowedError):
                    await poor.job(MAIL, "1")


@pytest.mark.parametrize(
    ("start", "limit", "first", "lines"),
    [
        (0, 3, 0, [0, 1, 2]),
        (3, 2, 3, [3, 4]),
        (8, 5, 8, [8, 9]),
        (10, 5, 10, []),
        (50, 5, 50, []),
        (-3, 10, 7, [7, 8, 9]),
        (-3, 2, 7, [7, 8]),
        (-3, 3, 7, [7, 8, 9]),
        (-50, 3, 0, [0, 1, 2]),
        (-10, 4, 0, [0, 1, 2, 3]),
        (-1, 1, 9, [9]),
        (0, 0, 0, []),
        (-2, 0, 8, []),
    ],
)
async def test_logs_from_both_ends(
    reader: RedisReader, raw: Redis, start: int, limit: int, first: int, lines: list[int]
) -> None:
    raw.rpush("bull:mail:1:logs", *[f"line {i}" for i in range(10)])
    page = await reader.logs(MAIL, "1", start, limit)
    assert (page.start, page.total, page.lines) == (first, 10, tuple(f"line {i}" for i in lines))


async def test_logs_of_nothing_and_of_a_foreign_key(reader: RedisReader, raw: Redis) -> None:
    assert (await reader.logs(MAIL, "1", 0, 5)).total == 0
    assert (await reader.logs(MAIL, "1", -5, 5)).lines == ()
    raw.set("bull:mail:1:logs", "x")
    assert (await reader.logs(MAIL, "1", 0, 5)).total == 0


async def test_log_lines_of_all_kinds(reader: RedisReader, raw: Redis) -> None:
    raw.rpush("bull:mail:1:logs", b"\x1b[31m", b"\xff", "👍", b"")
    assert (await reader.logs(MAIL, "1", 0, 9)).lines == ("\x1b[31m", "\udcff", "👍", "")
