"""Pages of every state: order, offsets, anchors, bad entries, and a million jobs."""

import tracemalloc
from collections.abc import Sequence
from typing import Any

import pytest
from redis import Redis

from bulltui.demo.server import EmbeddedServer
from bulltui.domain.errors import BulltuiError, NotAllowedError
from bulltui.domain.queue import QueueRef
from bulltui.domain.reads import Anchor, JobPage
from bulltui.domain.states import LISTED, LISTS, SUFFIX, JobState
from bulltui.store.pages import JOBS_A_CALL
from bulltui.store.reader import RedisReader
from tests.conftest import PASSWORD, url_for
from tests.store.conftest import WAYS
from tests.store.support import MAIL, ServerTime, add_job, fill_list, fill_set, reading

SETS = [state for state in LISTED if state not in LISTS]


def put(raw: Any, state: JobState, ids: Sequence[str | bytes]) -> str:
    """The ids in a state, the first the oldest; returns the key."""
    key = f"bull:mail:{SUFFIX[state]}"
    raw.delete(key)
    if state in LISTS:
        raw.lpush(key, *ids)
    else:
        raw.zadd(key, {job_id: 1000 + at for at, job_id in enumerate(ids)})
    return key


def ids(page: JobPage) -> list[str]:
    return [job.id for job in page.jobs]


@pytest.mark.parametrize("state", LISTED)
async def test_both_orders(reader: RedisReader, raw: Redis, state: JobState) -> None:
    put(raw, state, [f"j{i}" for i in range(10)])
    for i in range(10):
        add_job(raw, "bull:mail", f"j{i}", name=f"name {i}")
    page = await reader.page(MAIL, state, 0, 3)
    assert ids(page) == ["j9", "j8", "j7"]
    assert (page.state, page.start, page.total, page.oldest_first) == (state, 0, 10, False)
    assert page.jobs[0].name == "name 9"
    assert [job.score for job in page.jobs] == ([None] * 3 if state in LISTS else [1009, 1008, 1007])
    assert ids(await reader.page(MAIL, state, 0, 3, oldest_first=True)) == ["j0", "j1", "j2"]
    assert ids(await reader.page(MAIL, state, 4, 2)) == ["j5", "j4"]
    assert ids(await reader.page(MAIL, state, 4, 2, oldest_first=True)) == ["j4", "j5"]


@pytest.mark.parametrize("state", [JobState.WAITING, JobState.FAILED])
@pytest.mark.parametrize("oldest_first", [True, False])
async def test_ends(reader: RedisReader, raw: Redis, state: JobState, oldest_first: bool) -> None:
    async def page(start: int, limit: int) -> JobPage:
        return await reader.page(MAIL, state, start, limit, oldest_first=oldest_first)

    empty = await page(0, 5)
    assert (empty.total, empty.jobs) == (0, ())
    put(raw, state, [f"j{i}" for i in range(10)])
    assert len((await page(0, 50)).jobs) == 10
    last = await page(8, 50)
    assert ids(last) == (["j8", "j9"] if oldest_first else ["j1", "j0"])
    for beyond in (10, 11, 10_000):
        assert (await page(beyond, 5)).jobs == ()
        assert (await page(beyond, 5)).total == 10
    assert ids(await page(-5, 2)) == ids(await page(0, 2))
    assert (await page(0, 0)).total == 10


@pytest.mark.parametrize("state", [JobState.WAITING, JobState.COMPLETED])
@pytest.mark.parametrize("oldest_first", [True, False])
async def test_pages_of_several_calls(reader: RedisReader, raw: Redis, state: JobState, oldest_first: bool) -> None:
    count = 2 * JOBS_A_CALL + 50
    wanted = [f"j{i}" for i in range(count)]
    put(raw, state, wanted)
    page = await reader.page(MAIL, state, 10, 1000, oldest_first=oldest_first)
    assert ids(page) == (wanted[10:] if oldest_first else wanted[::-1][10:])
    assert (page.start, page.total) == (10, count)


@pytest.mark.parametrize("state", [JobState.WAITING, JobState.COMPLETED])
async def test_long_page_while_jobs_come_and_go(
    reader: RedisReader, raw: Redis, state: JobState, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Between two calls of one page the jobs move: none shows twice."""
    put(raw, state, [f"j{i:03}" for i in range(500)])
    real: Any = reader.calls.client.execute_command
    seen = 0

    async def moving(*words: Any, **options: Any) -> Any:
        nonlocal seen
        seen += 1
        raw.lpush("bull:mail:wait", f"new{seen}") if state in LISTS else raw.zadd(
            "bull:mail:completed", {f"new{seen}": 5000 + seen}
        )
        return await real(*words, **options)

    monkeypatch.setattr(reader.calls.client, "execute_command", moving)
    page = await reader.page(MAIL, state, 0, 400)
    assert len(set(ids(page))) == len(ids(page)) == 400
    old = [job_id for job_id in ids(page) if job_id.startswith("j")]
    assert old == [f"j{i:03}" for i in range(499, 499 - len(old), -1)]


@pytest.mark.parametrize("state", [JobState.WAITING, JobState.ACTIVE, JobState.FAILED, JobState.DELAYED])
@pytest.mark.parametrize("oldest_first", [True, False])
async def test_page_moves_along_with_its_anchor(
    reader: RedisReader, raw: Redis, state: JobState, oldest_first: bool
) -> None:
    wanted = [f"j{i}" for i in range(40)]
    put(raw, state, wanted)

    async def page(anchor: Anchor | None = None) -> JobPage:
        return await reader.page(MAIL, state, 10, 5, oldest_first=oldest_first, anchor=anchor)

    before = await page()
    anchor = Anchor(before.jobs[2].id, 12)
    assert await page(anchor) == before
    put(raw, state, wanted + [f"new{i}" for i in range(7)])  # at the newest end
    after = await page(anchor)
    assert ids(after) == ids(before)
    assert after.start == (10 if oldest_first else 17)
    put(raw, state, wanted[8:])  # the oldest are gone
    after = await page(anchor)
    assert ids(after) == ids(before)
    assert after.start == (2 if oldest_first else 10)
    put(raw, state, wanted[12:] if oldest_first else wanted[:28])  # nothing before the anchor is left
    after = await page(anchor)
    assert (after.start, after.jobs[0].id) == (0, anchor.id)
    put(raw, state, [job_id for job_id in wanted if job_id != anchor.id])
    after = await page(anchor)
    assert after.start == 10, "a vanished anchor holds nothing"
    assert len(after.jobs) == 5


@pytest.mark.quiet
@pytest.mark.parametrize("oldest_first", [True, False])
async def test_anchor_deep_in_a_long_list(reader: RedisReader, raw: Redis, oldest_first: bool) -> None:
    fill_list(raw, "bull:mail:wait", 300_000)
    index = 150_000
    page = await reader.page(MAIL, JobState.WAITING, index, 10, oldest_first=oldest_first)
    anchor = Anchor(page.jobs[3].id, index + 3)
    raw.lpush("bull:mail:wait", *[f"new{i}" for i in range(700)])
    raw.ltrim("bull:mail:wait", 0, -301)
    moved = -300 if oldest_first else 700
    time = ServerTime(raw)

    async def again() -> None:
        after = await reader.page(MAIL, JobState.WAITING, index, 10, oldest_first=oldest_first, anchor=anchor)
        assert ids(after) == ids(page)
        assert after.start == index + moved

    await again()
    await time.of(again, longest_ms=5)


@pytest.mark.parametrize(
    "entries", [["0:0", "3", "2", "1"], ["3", "2", "1", "0:0"], ["0:5", "3", "2", "1", "0:5"], ["3", "0:0", "2", "1"]]
)
@pytest.mark.parametrize("oldest_first", [True, False])
async def test_markers_are_left_out(reader: RedisReader, raw: Redis, entries: list[str], oldest_first: bool) -> None:
    raw.rpush("bull:mail:wait", *entries)
    page = await reader.page(MAIL, JobState.WAITING, 0, 10, oldest_first=oldest_first)
    assert ids(page) == (["1", "2", "3"] if oldest_first else ["3", "2", "1"])
    pairs = await reader.page(MAIL, JobState.WAITING, 0, 2, oldest_first=oldest_first)
    assert set(ids(pairs)) <= {"1", "2", "3"}
    raw.delete("bull:mail:wait")
    raw.rpush("bull:mail:wait", "0:0")
    page = await reader.page(MAIL, JobState.WAITING, 0, 10, oldest_first=oldest_first)
    assert (page.total, page.jobs) == (0, ())


async def test_marker_within_a_list_of_several_calls(reader: RedisReader, raw: Redis) -> None:
    raw.rpush("bull:mail:wait", *[f"j{i}" for i in range(100)], "0:0", *[f"j{i}" for i in range(100, 500)])
    page = await reader.page(MAIL, JobState.WAITING, 0, 1000)
    assert ids(page) == [f"j{i}" for i in range(500)]


async def test_jobs_without_a_proper_hash(reader: RedisReader, raw: Redis) -> None:
    put(raw, JobState.FAILED, ["gone", "text", "bare", "odd", "good"])
    raw.set("bull:mail:text", "x")
    raw.hset("bull:mail:bare", "name", "only")
    raw.hset("bull:mail:odd", mapping={"stc": "1", "unknown": "x"})
    add_job(raw, "bull:mail", "good", failedReason="why", finishedOn=17, atm=2, progress="50", pb="w1")
    good, odd, bare, text, gone = (await reader.page(MAIL, JobState.FAILED, 0, 9)).jobs
    assert (good.failed_reason, good.finished_on, good.attempts_made, good.progress) == ("why", 17, 2, 50)
    assert (good.max_attempts, good.processed_by, good.data_preview) == (3, "w1", '{"n":1}')
    assert (bare.name, bare.timestamp, bare.missing) == ("only", None, False)
    assert (odd.stalled_counter, odd.missing) == (1, False)
    assert (text.foreign, text.missing, text.score) == (True, False, 1001)
    assert (gone.missing, gone.foreign, gone.score) == (True, False, 1000)


async def test_hash_with_fields_of_others_only_is_there(reader: RedisReader, raw: Redis) -> None:
    put(raw, JobState.FAILED, ["1"])
    raw.hset("bull:mail:1", "unknown", "x")
    (job,) = (await reader.page(MAIL, JobState.FAILED, 0, 9)).jobs
    assert not job.missing


async def test_locks_tell_stalled_jobs(reader: RedisReader, raw: Redis) -> None:
    put(raw, JobState.ACTIVE, ["1", "2", "3"])
    for job_id in "123":
        add_job(raw, "bull:mail", job_id)
    raw.set("bull:mail:1:lock", "token", px=30000)
    raw.set("bull:mail:3:lock", "token")
    page = await reader.page(MAIL, JobState.ACTIVE, 0, 9, oldest_first=True)
    assert [job.locked for job in page.jobs] == [True, False, True]
    put(raw, JobState.FAILED, ["1"])
    assert (await reader.page(MAIL, JobState.FAILED, 0, 9)).jobs[0].locked is None


async def test_ids_of_all_kinds(reader: RedisReader, raw: Redis) -> None:
    wanted = [
        "a b",
        "a:b:c",
        "repeat:x:17",
        "👩‍👩‍👧",
        "\x1b[31m",
        "i\udcffd",
        "x" * 10_000,
        "",
        "\0!WRONGTYPE",
        "[red]x[/]",
    ]
    encoded = [job_id.encode("utf-8", "surrogateescape") for job_id in wanted]
    for state in (JobState.WAITING, JobState.FAILED):
        put(raw, state, encoded)
        for job_id in encoded:
            add_job(raw, "bull:mail", job_id, name=job_id)
        page = await reader.page(MAIL, state, 0, 99, oldest_first=True)
        assert ids(page) == wanted
        assert all(job.name == job.id[:2048] for job in page.jobs)
        anchored = await reader.page(MAIL, state, 0, 3, oldest_first=True, anchor=Anchor(wanted[6], 5))
        assert anchored.start == 1


@pytest.mark.quiet
async def test_large_fields_are_not_read(reader: RedisReader, raw: Redis) -> None:
    put(raw, JobState.FAILED, [str(i) for i in range(20)])
    for i in range(20):
        add_job(raw, "bull:mail", str(i), data='"' + "x" * 5_000_000 + '"', failedReason="y" * 5000, name="n" * 10_000)
    raw.hset("bull:mail:0", mapping={f"f{i}": "v" * 100 for i in range(1000)})
    await reader.page(MAIL, JobState.FAILED, 0, 20)
    tracemalloc.start()
    page = await reader.page(MAIL, JobState.FAILED, 0, 20)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 2_000_000
    for job in page.jobs:
        assert (job.data_size, job.data_preview) == (5_000_002, "")
        assert (len(job.name), len(job.failed_reason)) == (2048, 2048)
    await ServerTime(raw).of(lambda: reader.page(MAIL, JobState.FAILED, 0, 20), longest_ms=5)


async def test_preview_is_cut_between_characters(reader: RedisReader, raw: Redis) -> None:
    put(raw, JobState.FAILED, ["1"])
    add_job(raw, "bull:mail", "1", data='"' + "é" * 2000 + '"', name="x" + "👍" * 2000)
    (job,) = (await reader.page(MAIL, JobState.FAILED, 0, 1)).jobs
    assert set(job.data_preview) == {'"', "é"}
    assert set(job.name) == {"x", "👍"}


@pytest.mark.parametrize("state", LISTED)
async def test_state_key_of_a_foreign_type(reader: RedisReader, raw: Redis, state: JobState) -> None:
    raw.set(f"bull:mail:{SUFFIX[state]}", "x")
    for anchor in (None, Anchor("1", 3)):
        with pytest.raises(BulltuiError) as caught:
            await reader.page(MAIL, state, 0, 10, anchor=anchor)
        assert caught.value.code == "wrong-type"
        assert f"bull:mail:{SUFFIX[state]}" in caught.value.message


async def test_scores_of_all_kinds(reader: RedisReader, raw: Redis) -> None:
    scores = {"a": "-inf", "b": "-5", "c": "0.5", "d": "1e300", "e": "inf"}
    raw.zadd("bull:mail:delayed", scores)
    page = await reader.page(MAIL, JobState.DELAYED, 0, 9, oldest_first=True)
    assert [job.score for job in page.jobs] == [float(score) for score in scores.values()]
    assert [job.due_at for job in page.jobs][:3] == [None, -1, 0]
    assert page.jobs[4].due_at is None


@pytest.mark.parametrize("right", ["llen", "lrange", "hstrlen", "hget", "hmget", "zrange", "zrevrange", "zcard"])
async def test_lacking_right_is_told(server: EmbeddedServer, raw: Redis, right: str) -> None:
    put(raw, JobState.WAITING, ["1"])
    put(raw, JobState.FAILED, ["1"])
    add_job(raw, "bull:mail", "1")
    for scripts in ("+@scripting", "-@scripting"):
        rights = ("~*", "&*", "+@all", scripts, f"-{right}")
        raw.execute_command("ACL", "SETUSER", "poor", "reset", "on", f">{PASSWORD}", *rights)  # type: ignore[no-untyped-call]
        async with reading(f"redis://poor:{PASSWORD}@127.0.0.1:{server.port}") as poor:
            refused = 0
            for state in (JobState.WAITING, JobState.FAILED):
                for oldest_first in (True, False):
                    try:
                        (job,) = (await poor.page(MAIL, state, 0, 5, oldest_first=oldest_first)).jobs
                    except NotAllowedError:
                        refused += 1
                    else:
                        assert (job.name, job.foreign) == ("job", False)
            assert refused or right in ("hget", "hmget")


@pytest.mark.quiet
async def test_a_million_jobs(server: EmbeddedServer, raw: Redis) -> None:
    """Any page of a million waiting and a million completed jobs: within 50 ms of the server, 5 ms a call."""
    fill_list(raw, "bull:mail:wait", 1_000_000)
    fill_set(raw, "bull:mail:completed", 1_000_000)
    for start in (0, 500_000, 999_950):
        for i in range(start, start + 50):
            add_job(raw, "bull:mail", str(1_000_000 - i), data='{"to":"a@example.com","text":"' + "x" * 300 + '"}')
    time = ServerTime(raw)
    for user, protocol in WAYS.values():
        async with reading(url_for(server, user, protocol=protocol)) as reader:
            for state in (JobState.WAITING, JobState.COMPLETED):
                for start in (0, 500_000, 999_950):

                    async def one(reader: RedisReader = reader, state: JobState = state, start: int = start) -> None:
                        for anchor in (None, Anchor(str(1_000_000 - start), start)):
                            page = await reader.page(MAIL, state, start, 50, anchor=anchor)
                            assert [job.id for job in page.jobs] == [str(1_000_000 - start - i) for i in range(50)]
                            assert page.total == 1_000_000

                    await one()
                    await time.of(one, longest_ms=5, total_ms=2 * 50)
            tracemalloc.start()
            for start in range(0, 1_000_000, 250_000):
                await reader.page(MAIL, JobState.WAITING, start, 50)
            peak = tracemalloc.get_traced_memory()[1]
            tracemalloc.stop()
            assert peak < 2_000_000


async def test_other_queues_are_not_touched(reader: RedisReader, raw: Redis) -> None:
    put(raw, JobState.WAITING, ["1"])
    assert (await reader.page(QueueRef("bull", "mail2"), JobState.WAITING, 0, 5)).total == 0
