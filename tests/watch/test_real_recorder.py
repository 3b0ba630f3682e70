"""Events of a real server are recorded from when the watch began, whenever their queue is found."""

import asyncio
import contextlib
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import Any

from bulltui.demo.server import EmbeddedServer
from bulltui.domain.connection import Connection
from bulltui.domain.point import Flow
from bulltui.domain.queue import QueueRef
from bulltui.services.bus import Bus
from bulltui.services.clock import SystemClock
from bulltui.services.pace import PollOptions
from bulltui.services.poller import Poller
from bulltui.services.watch.recorder import Recorder
from bulltui.services.watch.totals import Totals
from bulltui.store.events import RedisEvents
from bulltui.store.job_times import RedisPast
from bulltui.store.reader import RedisReader
from tests.conftest import url_for
from tests.fake_history_store import FakeHistoryStore
from tests.store.acting import make_queue

MAIL = QueueRef("bull", "mail")
STREAM = "bull:mail:events"
LOOK_S = 0.1
MINUTE_MS = 60_000
WITHIN_S = 20.0


def job(raw: Any, job_id: str, ago_ms: int = 0) -> None:
    """A job comes, is done and removed: only events tell of it."""
    now = raw.time()
    moment = f"{int(now[0] * 1000 + now[1] // 1000) - ago_ms}-*" if ago_ms else "*"
    raw.xadd(STREAM, {"event": "added", "jobId": job_id, "name": "welcome"}, moment)
    raw.xadd(STREAM, {"event": "waiting", "jobId": job_id}, moment)
    raw.xadd(STREAM, {"event": "active", "jobId": job_id, "prev": "waiting"}, moment)
    raw.xadd(STREAM, {"event": "completed", "jobId": job_id, "prev": "active", "returnvalue": "1"}, moment)


async def until(holds: Callable[[], bool]) -> None:
    """Waits until it is so."""
    async with asyncio.timeout(WITHIN_S):
        while not holds():
            await asyncio.sleep(0.02)


@asynccontextmanager
async def recording(
    server: EmbeddedServer, store: FakeHistoryStore, discovery_s: float
) -> AsyncIterator[tuple[Bus, Recorder]]:
    """All that is on the server is recorded in the block, and written at its end."""
    url, clock, bus = url_for(server), SystemClock(), Bus()
    reader = RedisReader.from_url(url)
    source = RedisEvents.open(Connection(url), block_s=LOOK_S, look_s=LOOK_S)
    poller = Poller(reader, bus, clock, PollOptions(("bull",), refresh_s=0.2, discovery_s=discovery_s))
    recorder = Recorder(clock, RedisPast(reader.calls), Totals(), store=store, source=source)
    bus.subscribe(recorder.tell)
    tasks = [asyncio.create_task(poller.run()), asyncio.create_task(recorder.run())]
    try:
        yield bus, recorder
    finally:
        for task in reversed(tasks):
            task.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await task
        await source.close()
        await reader.close()


async def test_jobs_of_a_queue_that_is_found_late_are_all_there(server: EmbeddedServer, raw: Any) -> None:
    store, jobs = FakeHistoryStore(), 20
    async with recording(server, store, discovery_s=3.0) as (bus, recorder):
        await asyncio.sleep(0.5)  # the first search is through, and found nothing
        make_queue(raw)
        for number in range(jobs):
            job(raw, str(number))
        assert bus.last.row(MAIL) is None
        await until(lambda: bus.last.row(MAIL) is not None)
        job(raw, "last")
        found = bus.last.seq
        now = recorder._clock.now_ms()
        await until(lambda: bus.last.seq > found and recorder.counted_until_ms > now)
    assert store.total(MAIL).flow == Flow(jobs + 1, jobs + 1, jobs + 1)
    assert store.of_names[MAIL, "welcome"].run.total == jobs + 1


async def test_a_queue_that_is_found_beside_others_is_followed(server: EmbeddedServer, raw: Any) -> None:
    raw.hset("bull:first:meta", mapping={"version": "bullmq:5.81.5"})
    store = FakeHistoryStore()
    async with recording(server, store, discovery_s=0.3) as (bus, recorder):
        await until(lambda: recorder.counted_until_ms > 0)
        make_queue(raw)
        job(raw, "1")
        await until(lambda: bus.last.row(MAIL) is not None)
        job(raw, "2")
        now = recorder._clock.now_ms()
        await until(lambda: recorder.counted_until_ms > now + 2_000)
    assert store.total(MAIL).flow == Flow(2, 2, 2)


async def test_what_was_before_the_watch_is_not_read_later_either(server: EmbeddedServer, raw: Any) -> None:
    make_queue(raw)
    job(raw, "1", MINUTE_MS + 1_000)
    job(raw, "2", MINUTE_MS)
    end = raw.xinfo_stream(STREAM)["last-generated-id"].decode()
    store = FakeHistoryStore()
    await asyncio.sleep(0.05)
    async with recording(server, store, discovery_s=30.0) as (_, recorder):
        await until(lambda: recorder.counted_until_ms > 0)
        first = recorder.counted_until_ms
        # Meanwhile it was looked again how the stream stands: a place behind its end is that of another stream.
        await until(lambda: recorder.counted_until_ms > first + 8 * LOOK_S * 1_000)
    assert store.total(MAIL).flow == Flow()
    assert store.places[MAIL] == end
