"""The full-text index on a real server: it finds what a scan finds, and never what is no longer so."""

import json
import stat
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

from bulltui.demo.server import EmbeddedServer
from bulltui.domain.errors import BulltuiError
from bulltui.domain.query.parsing import parse
from bulltui.domain.queue import QueueRef
from bulltui.domain.states import JobState
from bulltui.index.folder import IndexFolder, JobIndex
from bulltui.services.clock import SystemClock
from bulltui.services.indexed import Indexed
from bulltui.services.indexing import Indexing
from bulltui.services.search import Scope, Search, Source
from bulltui.store.events import RedisEvents
from bulltui.store.finder import RedisFinder
from bulltui.store.reader import RedisReader
from tests.conftest import url_for
from tests.store.finding import put
from tests.store.support import MAIL, add_job

CLOCK = SystemClock()


class Desk:
    """A server with an index, and what works with both."""

    def __init__(self, reader: RedisReader, events: RedisEvents, folder: Path) -> None:
        self.reader = reader
        self.events = events
        self.finder = RedisFinder(reader.calls)
        self.folder = folder
        self.indexes = IndexFolder(folder, "127.0.0.1")
        self.indexed = Indexed(self.indexes.at, reader, RedisEvents(reader.calls))

    def indexing(self, **more: Any) -> Indexing:
        return Indexing(self.index, self.finder, self.reader, self.events, CLOCK, **more)

    @property
    def index(self) -> JobIndex:
        return self.indexes.at(MAIL)

    async def build(self, **more: Any) -> None:
        made = self.indexing(**more)
        async for _ in made.run():
            pass
        await made.close()

    async def found(self, text: str, states: tuple[JobState, ...] = (), *, by_index: bool = True) -> list[str]:
        """The ids that a search finds; with an index it must be this that answers."""
        query = parse(text, CLOCK.now_ms())
        index = self.indexed if by_index else None
        search = Search(self.finder, self.reader, CLOCK, query, Scope((MAIL,), states), index=index)
        steps = [step async for step in search.steps()]
        if by_index:
            assert steps[-1].source is Source.INDEX, "the index did not answer"
        return [match.job.id for step in steps for match in step.matches]

    async def answers(self, text: str) -> bool:
        """Whether the index would answer."""
        return await self.indexed.looks(parse(text, CLOCK.now_ms()), MAIL, ()) is not None


@pytest.fixture
async def desk(server: EmbeddedServer, raw: Any, tmp_path: Path) -> AsyncIterator[Desk]:
    """A desk on the test's server."""
    reader, events = RedisReader.from_url(url_for(server)), RedisEvents.from_url(url_for(server))
    yield Desk(reader, events, tmp_path / "index")
    await events.close()
    await reader.close()


def tell(raw: Any, kind: str, job_id: str, **fields: str) -> None:
    """An event, as the library writes it."""
    raw.xadd("bull:mail:events", {"event": kind, "jobId": job_id, **fields})


def fill(raw: Any) -> None:
    """Jobs of several kinds; the stream has told of them."""
    put(raw, JobState.WAITING, "w1", name="charge", data='{"orderId":"ORD-1","note":"Zo\\u00eb waits"}')
    put(raw, JobState.WAITING, "w2", name="refund", data='{"orderId":"ORD-2","note":"ZOË again","n":[1,{"sku":"X-9"}]}')
    put(
        raw,
        JobState.FAILED,
        "f1",
        5,
        name="charge",
        data='{"orderId":"ORD-3"}',
        failedReason="connect ETIMEDOUT 1.2.3.4",
    )
    put(raw, JobState.FAILED, "f2", 6, name="charge", data="{}", failedReason="connect ETIMEDOUT 5.6.7.8")
    put(raw, JobState.COMPLETED, "a:b:c", 7, name="mail", data=b'{"to":"\xff\xfe"}')
    add_job(raw, "bull:mail", b"\xff", name="mail", data='{"path":"a\\/b"}')
    raw.zadd("bull:mail:delayed", {b"\xff": 4096})
    tell(raw, "added", "w1", name="charge")


QUERIES = [
    *(
        "timeout OR timedout",
        "TIMEDOUT",
        "meou OR imedo",
        "zoë",
        "=ZOË",
        "zoë waits",
        "ord-",
        "orderId",
        "ORD-2",
        "a/b",
    ),
    *("name:charge", "name:ref*", "error:etimedout -1.2.3", "data.orderId=ORD-3", "data.n.sku=x-9", "data.orderId:ord"),
    *(
        "/ORD-[12]/",
        "/etime.*5/i",
        "state:failed connect",
        "charge (etimedout OR zoë)",
        "=Etimedout",
        "nothing like this",
    ),
]


@pytest.mark.parametrize("text", QUERIES)
async def test_finds_what_a_scan_finds(desk: Desk, raw: Any, text: str) -> None:
    fill(raw)
    await desk.build()
    assert sorted(await desk.found(text)) == sorted(await desk.found(text, by_index=False))


async def test_the_best_come_first_and_states_are_kept_to(desk: Desk, raw: Any) -> None:
    fill(raw)
    put(raw, JobState.WAITING, "w3", name="x", data=json.dumps({"text": "the refunds of " + "many words " * 50}))
    await desk.build()
    assert await desk.found("refund") == ["w2", "w3"]
    assert await desk.found("connect", (JobState.WAITING,)) == []


async def test_what_changed_is_shown_as_it_is(desk: Desk, raw: Any) -> None:
    fill(raw)
    await desk.build()
    # Told by the stream, seen without anybody following it: new, changed, gone, and in another state.
    put(raw, JobState.WAITING, "w9", name="late", data='{"orderId":"ORD-9"}')
    tell(raw, "added", "w9", name="late")
    raw.lrem("bull:mail:wait", 0, "w1")
    put(raw, JobState.FAILED, "w1", 9, name="charge", data="{}", failedReason="out of ORD-paper")
    tell(raw, "failed", "w1", failedReason="out of ORD-paper")
    raw.delete("bull:mail:f1")
    raw.zrem("bull:mail:failed", "f1")
    tell(raw, "removed", "f1")
    assert sorted(await desk.found("ORD-")) == ["w1", "w2", "w9"]
    assert await desk.found("etimedout") == ["f2"]
    assert await desk.found("zoë waits") == []
    indexing = desk.indexing()
    assert await indexing.catch_up()
    await indexing.close()
    assert (await desk.index.facets()).jobs == 6
    assert sorted(await desk.found("ORD-")) == ["w1", "w2", "w9"]


async def test_does_not_answer_where_events_are_missing(desk: Desk, raw: Any) -> None:
    fill(raw)
    await desk.build()
    assert await desk.answers("zoë")
    for number in range(10):
        tell(raw, "waiting", f"x{number}")
    assert await desk.answers("zoë")
    raw.xtrim("bull:mail:events", maxlen=5, approximate=False)
    assert not await desk.answers("zoë")
    await desk.build()
    assert await desk.answers("zoë")
    raw.delete("bull:mail:events")
    assert not await desk.answers("zoë")
    raw.xadd("bull:mail:events", {"event": "added", "jobId": "1"}, id="1-1")  # another server's past
    assert not await desk.answers("zoë")


async def test_does_not_answer_what_it_cannot_tell(desk: Desk, raw: Any) -> None:
    assert not await desk.answers("zoë")
    fill(raw)
    await desk.build()
    for text in ("zo", "-charge", "attempts>1", "result:xyz", "zoë OR attempts>1", "id:w1", "failed:<1h", "/.*/"):
        assert not await desk.answers(text), text
    assert await desk.answers("zoë attempts>1")


async def test_a_build_goes_on_where_it_was_stopped(desk: Desk, raw: Any) -> None:
    fill(raw)
    for number in range(5_000):
        put(raw, JobState.WAITING, f"n{number}", name="bulk", data=f'{{"text":"needle {number}"}}')
    stopped = desk.indexing()
    async for step in stopped.build():
        if step.examined >= 2_000:
            break
    await stopped.close()
    standing = desk.index.standing
    assert standing is not None
    assert standing.scan is not None
    assert not await desk.answers("needle")
    resumed = desk.indexing()
    async for _ in resumed.run():
        pass
    await resumed.close()
    assert resumed.progress.examined < 4_000
    assert len(await desk.found("needle")) == 5_000


async def test_follows_the_stream(desk: Desk, raw: Any) -> None:
    fill(raw)
    following = desk.indexing()
    added = False
    async for step in following.run(follow=True):
        if step.current and not added:
            put(raw, JobState.WAITING, "w9", name="late", data='{"orderId":"ORD-9"}')
            tell(raw, "added", "w9", name="late")
            added = True
        if step.changed:
            break
    await following.close()
    assert (await desk.index.facets()).jobs == 7
    assert await desk.found("ORD-9") == ["w9"]


async def test_is_private_bounded_and_can_be_deleted(desk: Desk, raw: Any) -> None:
    fill(raw)
    await desk.build()
    (there,) = desk.indexes.all()
    assert there.ref == MAIL
    files = list(desk.folder.rglob("*"))
    assert all(stat.S_IMODE(path.stat().st_mode) == (0o700 if path.is_dir() else 0o600) for path in files)
    assert stat.S_IMODE(desk.folder.stat().st_mode) == 0o700
    assert there.size > 0
    facets = await there.facets()
    assert [(facet.text, facet.count) for facet in facets.names][:1] == [("charge", 3)]
    assert [facet.count for facet in facets.errors] == [2]
    await there.delete()
    assert desk.indexes.all() == []
    with pytest.raises(BulltuiError, match="larger than"):
        await desk.build(limit=100)
    assert desk.index.standing is None


async def test_jobs_too_large_to_be_read_are_told_of(desk: Desk, raw: Any) -> None:
    fill(raw)
    put(raw, JobState.WAITING, "big", name="big", data=json.dumps("needle" + "x" * 2_100_000))
    await desk.build()
    query = parse("needle", CLOCK.now_ms())
    search = Search(desk.finder, desk.reader, CLOCK, query, Scope((MAIL,)), index=desk.indexed)
    steps = [step async for step in search.steps()]
    assert steps[-1].source is Source.INDEX
    assert steps[-1].unread == 1


async def test_two_never_write_one_index(desk: Desk, raw: Any) -> None:
    fill(raw)
    first, second = desk.indexing(), desk.indexing()
    other = Indexing(desk.indexes.at(MAIL), desk.finder, desk.reader, desk.events, CLOCK)
    steps = first.build()
    await anext(steps)
    with pytest.raises(BulltuiError, match="Another"):
        async for _ in other.build():
            pass
    await steps.aclose()
    await first.close()
    await second.close()


def test_indexes_of_another_server_are_not_seen(tmp_path: Path) -> None:
    assert IndexFolder(tmp_path, "a:6379/0").at(MAIL).standing is None
    assert IndexFolder(tmp_path / "none", "a:6379/0").all() == []
    one = IndexFolder(tmp_path, "a:6379/0").at(QueueRef("bull", "x"))
    assert one.standing is None
    assert one.size == 0


async def test_a_queue_without_a_stream_gets_no_index(desk: Desk, raw: Any) -> None:
    put(raw, JobState.WAITING, "1", data="hello")
    with pytest.raises(BulltuiError, match="has no stream of events"):
        await desk.build()
    assert desk.index.standing is None


async def test_without_its_stream_an_index_does_not_answer(desk: Desk, raw: Any) -> None:
    fill(raw)
    await desk.build()
    assert await desk.answers("charge")
    raw.delete("bull:mail:events")
    assert not await desk.answers("charge")
