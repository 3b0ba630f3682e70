"""What a queue's stream tells of a job that is gone, and of a pause."""

from typing import Any

import pytest
from redis import Redis

from bulltui.demo.server import EmbeddedServer
from bulltui.domain.surroundings import LastSeen
from bulltui.store.explorer import RedisExplorer
from bulltui.store.reader import RedisReader
from tests.conftest import url_for
from tests.store.support import MAIL, ServerTime, reading

STREAM = "bull:mail:events"


@pytest.fixture
def explorer(reader: RedisReader) -> RedisExplorer:
    """Looks in each way."""
    return RedisExplorer(reader.calls)


def tell(raw: Any, at: int, **fields: str) -> None:
    """An entry of the stream at `at` ms."""
    raw.xadd(STREAM, {**fields}, id=f"{at}-*")


def many(raw: Redis, count: int, size: int = 0, start: int = 1) -> None:
    """Entries about others."""
    pipe = raw.pipeline(transaction=False)
    for at in range(start, start + count):
        pipe.xadd(STREAM, {"event": "completed", "jobId": f"other-{at}", "returnvalue": "x" * size}, id=f"{at}-0")
    pipe.execute()


async def test_the_newest_first(explorer: RedisExplorer, raw: Redis) -> None:
    tell(raw, 1000, event="added", jobId="a", name="job")
    tell(raw, 1001, event="waiting", jobId="a")
    tell(raw, 1500, event="completed", jobId="b", returnvalue="1", prev="active")
    tell(raw, 2000, event="completed", jobId="a", returnvalue="1", prev="active")
    assert await explorer.last_seen(MAIL, "a") == [
        LastSeen("completed", 2000, before="active"),
        LastSeen("waiting", 1001),
        LastSeen("added", 1000),
    ]
    assert await explorer.last_seen(MAIL, "c") == []


async def test_the_newest_clean_is_told_beside(explorer: RedisExplorer, raw: Redis) -> None:
    tell(raw, 1000, event="completed", jobId="a")
    tell(raw, 2000, event="cleaned", count="5")
    tell(raw, 3000, event="cleaned", count="6")
    assert await explorer.last_seen(MAIL, "a") == [LastSeen("cleaned", 3000), LastSeen("completed", 1000)]


async def test_deduplication_is_told_of_the_one_that_was_left_out(explorer: RedisExplorer, raw: Redis) -> None:
    tell(raw, 1000, event="added", jobId="owner")
    for at in range(2000, 2100):
        tell(raw, at, event="debounced", jobId="owner", debounceId="one")
        tell(raw, at, event="deduplicated", jobId="owner", deduplicationId="one", deduplicatedJobId=f"copy-{at}")
    assert await explorer.last_seen(MAIL, "copy-2050") == [LastSeen("deduplicated", 2050, other="owner")]
    told = await explorer.last_seen(MAIL, "owner")
    assert {one.kind for one in told} <= {"debounced", "added"}


async def test_when_a_queue_was_paused(explorer: RedisExplorer, raw: Redis) -> None:
    assert await explorer.paused_at(MAIL) is None
    tell(raw, 1_000_000, event="paused")
    many(raw, 700, start=1_000_001)
    assert await explorer.paused_at(MAIL) == 1_000_000
    tell(raw, 2_000_000, event="resumed")
    assert await explorer.paused_at(MAIL) is None
    raw.hset("bull:mail:meta", "paused", 1)
    assert (await explorer.around(MAIL, "a")).paused_at_ms is None
    tell(raw, 3_000_000, event="paused")
    assert (await explorer.around(MAIL, "a")).paused_at_ms == 3_000_000


async def test_entries_of_strangers(explorer: RedisExplorer, raw: Redis) -> None:
    raw.xadd(STREAM, {"whatever": "x"}, id="1-0")
    raw.xadd(STREAM, {"event": b"\xff\xfe", "jobId": b"\xfe"}, id="2-0")
    raw.xadd(STREAM, {"event": "completed", "jobId": b"\xfe", "prev": "y" * 5_000}, id="3-0")
    told = await explorer.last_seen(MAIL, "\udcfe")
    assert [one.kind for one in told] == ["completed", "\udcff\udcfe"]
    assert len(told[0].before) <= 5_000


async def test_no_stream_and_one_of_a_foreign_type(explorer: RedisExplorer, raw: Redis) -> None:
    assert await explorer.last_seen(MAIL, "a") == []
    raw.set(STREAM, "x")
    assert await explorer.last_seen(MAIL, "a") == []
    assert await explorer.paused_at(MAIL) is None


@pytest.mark.quiet
async def test_a_full_stream_is_looked_through_in_small_bites(scripted: RedisReader, raw: Redis) -> None:
    tell(raw, 1, event="removed", jobId="a", prev="wait")
    many(raw, 9_000, start=2)
    explorer = RedisExplorer(scripted.calls)

    async def look() -> None:
        assert await explorer.last_seen(MAIL, "a") == [LastSeen("removed", 1, before="wait")]

    await ServerTime(raw).of(look, longest_ms=10)


@pytest.mark.quiet
async def test_large_results_are_taken_a_few_at_once(scripted: RedisReader, raw: Redis) -> None:
    tell(raw, 1, event="removed", jobId="a", prev="wait")
    many(raw, 300, size=300_000, start=2)
    explorer = RedisExplorer(scripted.calls)

    async def look() -> None:
        assert await explorer.last_seen(MAIL, "a") == [LastSeen("removed", 1, before="wait")]

    await ServerTime(raw).of(look, longest_ms=10)


async def test_without_scripts_no_more_than_a_few_megabytes_are_read(server: EmbeddedServer, raw: Redis) -> None:
    tell(raw, 1, event="removed", jobId="a", prev="wait")
    many(raw, 60, size=300_000, start=2)
    async with reading(url_for(server, "plain")) as plain:
        before = raw.info("stats")["total_net_output_bytes"]
        assert await RedisExplorer(plain.calls).last_seen(MAIL, "a") == []
        assert raw.info("stats")["total_net_output_bytes"] - before < 6_000_000


async def test_it_goes_back_ten_thousand_entries_and_no_further(scripted: RedisReader, raw: Redis) -> None:
    tell(raw, 1, event="removed", jobId="a")
    many(raw, 10_000, start=2)
    assert await RedisExplorer(scripted.calls).last_seen(MAIL, "a") == []
