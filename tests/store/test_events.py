"""Streams are followed whole, once and in order, whatever happens to them, to the connection and to the server."""

import asyncio
import threading
import time
from collections.abc import AsyncIterator, Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from typing import Any

import pytest
from redis import Redis
from redis.exceptions import RedisError

from bulltui.demo.server import EmbeddedServer
from bulltui.domain.errors import NotAllowedError, UnreachableError
from bulltui.domain.event import Event, Gap
from bulltui.domain.queue import QueueRef
from bulltui.services.clock import SystemClock
from bulltui.services.follow import Back, Follow, Lost, Told
from bulltui.store.events import RedisEvents
from bulltui.store.streams import CAP
from tests.conftest import PASSWORD, url_for
from tests.own_time import own_time
from tests.store.conftest import WAYS
from tests.store.support import MAIL, ServerTime
from tests.thorough import tried

STREAM = "bull:mail:events"
PAY = QueueRef("bull", "pay")


@pytest.fixture(params=WAYS)
async def source(request: pytest.FixtureRequest, server: EmbeddedServer, raw: Any) -> AsyncIterator[RedisEvents]:
    """Follows the test's server, in each way."""
    user, protocol = WAYS[request.param]
    made = RedisEvents.from_url(url_for(server, user, protocol=protocol))
    yield made
    await made.close()


@pytest.fixture
async def plain(server: EmbeddedServer, raw: Any) -> AsyncIterator[RedisEvents]:
    """Follows the test's server, for what does not depend on the way."""
    made = RedisEvents.from_url(url_for(server))
    yield made
    await made.close()


class Reading:
    """Reads on from where it is."""

    def __init__(self, source: RedisEvents, cursors: Mapping[QueueRef, str]) -> None:
        self.source = source
        self.cursors = cursors
        self.events: list[Event] = []
        self.gaps: list[Gap] = []
        self.unfollowed: Mapping[QueueRef, str] = {}

    async def once(self, wait_ms: int = 0, limit: int = 1_000) -> int:
        """One read; how many events it gave."""
        batch = await self.source.read(self.cursors, wait_ms=wait_ms, limit=limit)
        self.cursors = batch.cursors
        self.events += batch.events
        self.gaps += batch.gaps
        self.unfollowed = batch.unfollowed
        return len(batch.events)

    async def all(self) -> list[str]:
        """Reads until there is nothing more; the ids of the jobs."""
        before = len(self.events)
        while await self.once(wait_ms=1):
            pass
        return [event.job_id for event in self.events[before:]]


def write(raw: Any, count: int, key: str = STREAM, *, first: int = 0, **fields: str) -> list[str]:
    """Completed jobs, numbered from `first` on."""
    ids = [str(first + number) for number in range(count)]
    with raw.pipeline(transaction=False) as pipe:
        for job_id in ids:
            pipe.xadd(key, {"event": "completed", "jobId": job_id, **fields})
        pipe.execute()
    return ids


# --- what is read


async def test_from_the_tail_on_everything_and_nothing_before(source: RedisEvents, raw: Any) -> None:
    write(raw, 3)
    reading = Reading(source, await source.tails([MAIL, PAY]))
    assert reading.cursors[PAY] == "0-0"
    ids = write(raw, 5, first=10)
    paid = write(raw, 2, "bull:pay:events")
    assert sorted(await reading.all()) == sorted([*ids, *paid])
    assert [event.job_id for event in reading.events if event.ref == MAIL] == ids
    assert not reading.gaps


async def test_an_event_has_its_kind_its_job_and_its_fields(source: RedisEvents, raw: Any) -> None:
    entry = raw.xadd(STREAM, {"event": "failed", "jobId": "7", "failedReason": "no money", "prev": "active"})
    before = await source.before(MAIL, 10)
    assert before == [
        Event(MAIL, entry.decode(), "failed", "7", {"failedReason": "no money", "prev": "active"}, frozenset())
    ]
    assert before[0].at_ms == int(entry.split(b"-")[0])


async def test_the_newest_come_with_the_oldest_of_them_first(source: RedisEvents, raw: Any) -> None:
    ids = write(raw, 60)
    assert [event.job_id for event in await source.before(MAIL, 40)] == ids[-40:]
    assert [event.job_id for event in await source.before(MAIL, 100)] == ids
    assert await source.before(PAY, 10) == []
    raw.set("bull:pay:events", "no stream")
    assert await source.before(PAY, 10) == []


async def test_a_read_waits_for_the_first_event_and_no_longer(plain: RedisEvents, raw: Any) -> None:
    reading = Reading(plain, await plain.tails([MAIL]))
    await reading.once()
    asked = asyncio.create_task(reading.once(wait_ms=3_000))
    await asyncio.sleep(0.1)
    assert not asked.done()
    started = time.monotonic()
    write(raw, 1)
    assert await asked == 1
    assert time.monotonic() - started < 1
    started = time.monotonic()
    assert await reading.once(wait_ms=150) == 0
    assert 0.1 < time.monotonic() - started < 1
    assert await Reading(plain, {}).once(wait_ms=50) == 0


async def test_the_time_is_that_of_the_server(plain: RedisEvents, raw: Any) -> None:
    seconds, _ = raw.time()
    assert abs(await plain.now_ms() / 1000 - seconds) < 5


async def test_strangers_entries(source: RedisEvents, raw: Any) -> None:
    raw.xadd(STREAM, {b"\xff\x00": b"\xfe", "jobId": "a:b\x1b[31m"})
    raw.xadd(STREAM, {"event": "x" * 9_000, **{f"f{number}": "v" for number in range(200)}})
    raw.xadd(STREAM, {"event": "completed", "jobId": "1", "returnvalue": "é" * 400_000})
    strange, many, large = await source.before(MAIL, 10)
    assert (strange.kind, strange.job_id, strange.fields) == ("", "a:b\x1b[31m", {"\udcff\x00": "\udcfe"})
    assert len(many.kind) == CAP
    assert len(many.fields) == 32
    assert large.cut == {"returnvalue"}
    assert large.fields["returnvalue"] == "é" * (CAP // 2)


# --- many, busy and large streams


async def test_a_thousand_streams_are_one_command(plain: RedisEvents, raw: Any) -> None:
    refs = [QueueRef("bull", f"q{number}") for number in range(1_000)]
    reading = Reading(plain, await plain.tails(refs))
    await reading.once()
    raw.config_resetstat()
    write(raw, 1, "bull:q1:events")
    write(raw, 1, "bull:q999:events")
    await reading.all()
    stats = raw.info("commandstats")
    assert [event.ref.name for event in reading.events] == ["q1", "q999"]
    assert stats["cmdstat_xread"]["calls"] <= 4


async def test_a_busy_stream_starves_no_other(plain: RedisEvents, raw: Any) -> None:
    write(raw, 9_000, returnvalue="x" * 200)
    reading = Reading(plain, {MAIL: "0-0", PAY: "0-0"})
    await reading.once()
    write(raw, 1, "bull:pay:events", first=77_777)
    started, reads = time.monotonic(), 0
    while not any(event.ref == PAY for event in reading.events):
        await reading.once(limit=100)
        reads += 1
        # However slow the machine is: the others are looked at every tenth of a second.
        assert time.monotonic() - started < 1 or reads < 10
    assert len(reading.events) < 9_000
    await reading.all()
    assert len(reading.events) == 9_001


@pytest.mark.quiet
async def test_reading_what_is_behind_stays_short(plain: RedisEvents, raw: Any) -> None:
    for number in range(100):
        write(raw, 100, f"bull:q{number}:events", returnvalue="x" * 300)
    cursors = {QueueRef("bull", f"q{number}"): "0-0" for number in range(100)}

    async def catch_up() -> None:
        assert len(await Reading(plain, cursors).all()) == 10_000

    await ServerTime(raw).of(catch_up, longest_ms=10)


async def test_large_entries_are_read_few_at_a_time(plain: RedisEvents, raw: Any) -> None:
    """Also where small ones come before them."""
    write(raw, 500)
    write(raw, 300, first=500, returnvalue="x" * 100_000)
    reading = Reading(plain, {MAIL: "0-0"})
    large = []
    while found := await reading.once():
        large.append(sum(event.cut != frozenset() for event in reading.events[-found:]))
    assert len(reading.events) == 800
    assert max(large) <= 40
    assert large[-2] <= 11
    assert all(len(event.fields.get("returnvalue", "")) <= CAP for event in reading.events)


async def test_a_single_entry_of_fifty_megabytes(plain: RedisEvents, raw: Any) -> None:
    reading = Reading(plain, await plain.tails([MAIL]))
    ids = write(raw, 1, returnvalue="x" * 50_000_000) + write(raw, 3, first=5)
    assert await reading.all() == ids
    assert not reading.gaps


# --- what was missed


async def test_trimmed_entries_are_a_gap_with_their_number(source: RedisEvents, raw: Any) -> None:
    write(raw, 5)
    reading = Reading(source, await source.tails([MAIL]))
    after = reading.cursors[MAIL]
    await reading.all()
    ids = write(raw, 100)
    raw.xtrim(STREAM, maxlen=30, approximate=False)
    assert await reading.all() == ids[-30:]
    assert reading.gaps == [Gap(MAIL, after, reading.events[0].id, 70)]
    ids = write(raw, 10)
    assert await reading.all() == ids
    assert len(reading.gaps) == 1


async def test_several_gaps_are_counted_each_by_itself(plain: RedisEvents, raw: Any) -> None:
    reading = Reading(plain, await plain.tails([MAIL]))
    for lost in (3, 0, 50, 1):
        write(raw, lost + 7)
        raw.xtrim(STREAM, maxlen=7, approximate=False)
        await reading.all()
    assert [gap.lost for gap in reading.gaps] == [3, 50, 1]
    assert len(reading.events) == 28


async def test_no_gap_where_only_what_was_read_is_trimmed(source: RedisEvents, raw: Any) -> None:
    reading = Reading(source, await source.tails([MAIL]))
    for keep in (0, 1, 3):
        ids = write(raw, 20)
        assert await reading.all() == ids
        raw.xtrim(STREAM, maxlen=keep, approximate=False)
    ids = write(raw, 4)
    assert await reading.all() == ids
    assert not reading.gaps


async def test_from_an_older_place_nobody_knows_how_many(plain: RedisEvents, raw: Any) -> None:
    write(raw, 100)
    first = raw.xrange(STREAM, count=1)[0][0].decode()
    raw.xtrim(STREAM, maxlen=40, approximate=False)
    reading = Reading(plain, {MAIL: first})
    assert len(await reading.all()) == 40
    assert [(gap.after, gap.lost) for gap in reading.gaps] == [(first, None)]


async def test_no_gap_from_a_place_before_a_stream_of_which_nothing_was_trimmed(plain: RedisEvents, raw: Any) -> None:
    now = await plain.now_ms()
    ids = write(raw, 20)
    reading = Reading(plain, {MAIL: f"{now - 60_000}-0"})
    assert await reading.all() == ids
    assert not reading.gaps


async def test_a_stream_that_begins_anew_is_followed(source: RedisEvents, raw: Any) -> None:
    reading = Reading(source, await source.tails([MAIL]))
    await reading.all()
    assert await reading.all() == []
    write(raw, 50)
    await reading.all()
    raw.delete(STREAM)
    await reading.once(wait_ms=1)
    await asyncio.sleep(0.002)
    ids = write(raw, 5, first=100)
    assert await reading.all() == ids
    assert not reading.gaps


async def test_a_stream_that_begins_anew_with_a_clock_that_goes_behind(
    plain: RedisEvents, raw: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("bulltui.store.events.LOOK_S", 0.05)
    write(raw, 5)
    reading = Reading(plain, await plain.tails([MAIL]))
    await reading.once()
    raw.delete(STREAM)
    raw.xadd(STREAM, {"event": "added", "jobId": "early"}, id="1000-0")
    await asyncio.sleep(0.06)
    assert await reading.all() == ["early"]
    assert not reading.gaps


# --- what cannot be followed


async def test_a_key_of_a_foreign_type_is_left_out_and_told(
    source: RedisEvents, raw: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("bulltui.store.events.LOOK_S", 0.05)
    raw.rpush("bull:pay:events", "no stream")
    reading = Reading(source, await source.tails([MAIL, PAY]))
    await reading.once()
    assert reading.unfollowed == {PAY: "bull:pay:events is a list, no stream: another program wrote it."}
    ids = write(raw, 3)
    assert await reading.all() == ids
    raw.delete("bull:pay:events")
    await asyncio.sleep(0.06)
    paid = write(raw, 1, "bull:pay:events", first=50)
    assert await reading.all() == paid
    assert reading.unfollowed == {}
    raw.delete("bull:pay:events")
    raw.set("bull:pay:events", "again")
    ids = write(raw, 2, first=60)
    await reading.once()
    assert await reading.all() == ids or [event.job_id for event in reading.events[-2:]] == ids
    assert PAY in reading.unfollowed


async def test_a_stream_that_may_not_be_read_is_left_out_and_told(server: EmbeddedServer, raw: Any) -> None:
    raw.execute_command("ACL", "SETUSER", "half", "on", f">{PASSWORD}", "+@all", "~bull:mail:*")
    source = RedisEvents.from_url(url_for(server, "half"))
    try:
        reading = Reading(source, await source.tails([MAIL]))
        reading.cursors = {**reading.cursors, PAY: "0-0"}
        ids = write(raw, 2)
        write(raw, 2, "bull:pay:events")
        assert await reading.all() == ids
        assert "bull:pay:events may not be read" in reading.unfollowed[PAY]
    finally:
        await source.close()
        raw.execute_command("ACL", "DELUSER", "half")


async def test_who_may_follow_nothing_is_told(server: EmbeddedServer, raw: Any) -> None:
    raw.execute_command("ACL", "SETUSER", "none", "on", f">{PASSWORD}", "+@all", "-xread", "~*")
    source = RedisEvents.from_url(url_for(server, "none"))
    try:
        with pytest.raises(NotAllowedError, match="xread"):
            await source.read({MAIL: "0-0"}, wait_ms=0, limit=10)
    finally:
        await source.close()
        raw.execute_command("ACL", "DELUSER", "none")


# --- the connection


async def test_one_connection_that_operators_recognise_with_the_rest_of_the_pool_free(
    plain: RedisEvents, raw: Any
) -> None:
    asked = asyncio.create_task(plain.read(await plain.tails([MAIL]), wait_ms=2_000, limit=10))
    await asyncio.sleep(0.2)
    blocked = [one for one in raw.client_list() if one["cmd"] == "xread"]
    assert [one["name"] for one in blocked] == ["bulltui"]
    assert "b" in blocked[0]["flags"]
    asked.cancel()
    with suppress(asyncio.CancelledError):
        await asked
    assert (await plain.read({MAIL: "0-0"}, wait_ms=0, limit=10)).events == ()


async def test_a_connection_that_is_killed_shows_and_nothing_is_lost_or_doubled(plain: RedisEvents, raw: Any) -> None:
    reading = Reading(plain, await plain.tails([MAIL]))
    ids = write(raw, 50)
    await reading.once(limit=20)
    asked = asyncio.create_task(reading.all())
    await asked
    blocked = asyncio.create_task(reading.once(wait_ms=3_000))
    await asyncio.sleep(0.1)
    for one in raw.client_list():
        if one["cmd"] == "xread":
            raw.client_kill(one["addr"])
    with pytest.raises(UnreachableError):
        await blocked
    ids += write(raw, 30, first=50)
    await reading.all()
    assert [event.job_id for event in reading.events] == ids
    assert not reading.gaps


class Producer:
    """Writes events from a thread of its own, evenly, over connections that come back."""

    def __init__(self, port: int, rate: int) -> None:
        self._port, self._rate = port, rate
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._run, daemon=True)
        self.written: list[str] = []

    def __enter__(self) -> "Producer":
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()

    def stop(self) -> None:
        """Ends it."""
        self._stop.set()
        self._thread.join()

    def _run(self) -> None:
        number, began = 0, time.monotonic()
        client: Any = Redis(port=self._port, socket_timeout=1.0)
        while not self._stop.is_set():
            due = int((time.monotonic() - began) * self._rate) - number
            if due <= 0:
                time.sleep(0.005)
                continue
            ids = [str(number + more) for more in range(min(due, 500))]
            number += len(ids)
            try:
                with client.pipeline(transaction=True) as pipe:
                    for job_id in ids:
                        fields = {"event": "completed", "jobId": job_id, "returnvalue": '{"ok":true}', "prev": "active"}
                        pipe.xadd(STREAM, fields, maxlen=10_000)
                    pipe.execute()
                self.written += ids
            except RedisError:  # the server is away: what was under way may be written or not
                client.close()
                time.sleep(0.02)
        client.close()


async def follow(source: RedisEvents, refs: list[QueueRef]) -> AsyncIterator[tuple[Told, ...]]:
    """What is told of these queues from now on."""
    following = Follow(source, SystemClock())
    following.watch(refs)
    async for told in following.told():
        yield told


class Follower:
    """Follows in a task, and keeps what it is told."""

    def __init__(self, source: RedisEvents, refs: list[QueueRef]) -> None:
        self.told: list[Told] = []
        self.handfuls: list[tuple[float, int]] = []
        self._source, self._refs = source, refs

    async def __aenter__(self) -> "Follower":
        self._task = asyncio.create_task(self._run())
        while not self._source._tracks:  # followed from here on
            await asyncio.sleep(0.01)
        return self

    async def __aexit__(self, *_: object) -> None:
        self._task.cancel()
        with suppress(asyncio.CancelledError):
            await self._task

    async def _run(self) -> None:
        async for told in follow(self._source, self._refs):
            self.told += told
            self.handfuls.append((time.monotonic(), len(told)))

    @property
    def jobs(self) -> list[str]:
        """The ids of the jobs, in the order in which they were told."""
        return [one.job_id for one in self.told if isinstance(one, Event)]

    def of(self, kind: type) -> list[Told]:
        """What was told of a kind."""
        return [one for one in self.told if isinstance(one, kind)]

    async def until(self, count: int, within_s: float = 10) -> None:
        """Waits until so many events were told."""
        deadline = time.monotonic() + within_s
        while len(self.jobs) < count and time.monotonic() < deadline:
            await asyncio.sleep(0.02)


async def holds(condition: Callable[[], bool], within_s: float = 10) -> None:
    """Waits until `condition` holds. Raises TimeoutError where it does not within the time."""
    async with asyncio.timeout(within_s):
        while not condition():
            await asyncio.sleep(0.02)


SECONDS = tried(3.0, 1.5)


async def test_five_thousand_events_a_second_are_followed_and_the_loop_stays_alive(
    plain: RedisEvents, server: EmbeddedServer, raw: Any
) -> None:
    refs = [MAIL, *(QueueRef("bull", f"q{number}") for number in range(999))]
    worst = 0.0

    async def beat() -> None:
        nonlocal worst
        while True:
            before = own_time()
            await asyncio.sleep(0.01)
            worst = max(worst, own_time() - before - 0.01)

    heart = asyncio.create_task(beat())
    async with Follower(plain, refs) as follower:
        with Producer(server.port, 5_000) as producer:
            await asyncio.sleep(SECONDS)
        await follower.until(len(producer.written))
    heart.cancel()
    assert follower.jobs == producer.written
    assert len(producer.written) > SECONDS * 3_400
    assert not follower.of(Gap)
    assert not follower.of(Lost)
    assert len(follower.handfuls) < 20 * SECONDS, "a screen is painted at most about ten times a second"
    assert worst < 0.25


@contextmanager
def keeping_server() -> Iterator[EmbeddedServer]:
    """A server that has its data again after a crash."""
    with EmbeddedServer(config=["appendonly yes", "appendfsync always"]) as own:
        yield own


async def test_a_server_that_stands_still_for_a_while_is_followed_on() -> None:
    with EmbeddedServer() as own:
        source = RedisEvents.from_url(own.url, timeout_s=0.3)
        try:
            async with Follower(source, [MAIL]) as follower:
                with Producer(own.port, 1_000) as producer:
                    await holds(lambda: len(follower.jobs) > 200)
                    own.pause()
                    await holds(lambda: bool(follower.of(Lost)))
                    own.resume()
                    await holds(lambda: bool(follower.of(Back)) and len(follower.jobs) > 500)
                check(await settled(follower, own), producer)
            assert [one.error.code for one in follower.of(Lost) if isinstance(one, Lost)][:1] == ["timeout"]
            assert len(follower.of(Back)) == 1
        finally:
            await source.close()


async def test_after_a_restart_of_the_server_the_feed_goes_on_without_a_gap_or_a_double() -> None:
    with keeping_server() as own:
        source = RedisEvents.from_url(own.url)
        try:
            async with Follower(source, [MAIL]) as follower:
                with Producer(own.port, 1_000) as producer:
                    await holds(lambda: len(follower.jobs) > 300)
                    own.kill()
                    await holds(lambda: bool(follower.of(Lost)))
                    await asyncio.to_thread(own.restart)
                    await holds(lambda: bool(follower.of(Back)) and len(follower.jobs) > 600)
                check(await settled(follower, own), producer)
            assert follower.of(Lost)
            assert len(follower.of(Back)) == 1
            assert not follower.of(Gap)
        finally:
            await source.close()


async def test_after_a_restart_without_its_data_what_is_new_is_followed() -> None:
    with EmbeddedServer() as own, Redis(port=own.port) as client:
        source = RedisEvents.from_url(own.url)
        try:
            write(client, 10)
            async with Follower(source, [MAIL]) as follower:
                await asyncio.to_thread(own.restart)
                ids = write(client, 5, first=100)
                await follower.until(5)
            assert follower.jobs == ids
        finally:
            await source.close()


async def test_another_connection_is_noticed_and_no_old_state_of_the_server_taken_for_a_new_beginning(
    plain: RedisEvents, raw: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("bulltui.store.events.LOOK_S", 0.0)
    write(raw, 5)
    reading = Reading(plain, await plain.tails([MAIL]))
    await reading.once()
    older = raw.dump(STREAM)
    ids = write(raw, 5, first=10)
    assert await reading.all() == ids
    for one in raw.client_list():
        if one["cmd"] == "xread":
            raw.client_kill(one["addr"])
    raw.restore(STREAM, 0, older, replace=True)  # as from a snapshot a while ago
    with suppress(UnreachableError):
        await reading.once()
    write(raw, 1, first=20)
    await reading.all()
    assert [event.job_id for event in reading.events] == [*ids, "20"]


async def settled(follower: Follower, server: EmbeddedServer) -> tuple[list[str], list[str]]:
    """What was told, once that is as much as the stream has, and what the stream has."""
    with Redis(port=server.port) as client:
        written = [entry[1][b"jobId"].decode() for entry in client.xrange(STREAM)]
    await follower.until(len(written))
    await asyncio.sleep(0.2)
    return follower.jobs, written


def check(both: tuple[list[str], list[str]], producer: Producer) -> None:
    """All that was written was told, once and in order."""
    told, written = both
    assert told == written
    assert set(producer.written) <= set(written)
    assert len(written) > 500
