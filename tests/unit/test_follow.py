"""What queues tell reaches a follower once, in order and in handfuls, over everything that gets in the way."""

import asyncio
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress

import pytest

from bulltui.domain.errors import UnreachableError
from bulltui.domain.event import Event, Gap
from bulltui.domain.queue import QueueRef
from bulltui.services import follow as module
from bulltui.services.clock import SystemClock
from bulltui.services.follow import Back, Follow, Lost, Told, Unfollowed, in_order
from tests.fake_following import FakeEvents

MAIL = QueueRef("bull", "mail")
PAY = QueueRef("bull", "pay")


class Heard:
    """What a follower was told."""

    def __init__(self, follow: Follow) -> None:
        self.follow = follow
        self.handfuls: list[tuple[Told, ...]] = []

    @property
    def told(self) -> list[Told]:
        return [one for handful in self.handfuls for one in handful]

    @property
    def jobs(self) -> list[str]:
        return [one.job_id for one in self.told if isinstance(one, Event)]

    async def until(self, count: int) -> None:
        """Waits until that many things were told."""
        async with asyncio.timeout(5):
            while len(self.told) < count:
                await asyncio.sleep(0.005)


@asynccontextmanager
async def following(source: FakeEvents, *refs: QueueRef) -> AsyncIterator[Heard]:
    """Follows, with what is told kept."""
    heard = Heard(Follow(source, SystemClock()))
    heard.follow.watch(refs)

    async def listen() -> None:
        async for handful in heard.follow.told():
            heard.handfuls.append(handful)

    task = asyncio.create_task(listen())
    async with asyncio.timeout(5):
        while refs and not heard.follow.cursors and source.error is None:
            await asyncio.sleep(0.005)
    try:
        yield heard
    finally:
        task.cancel()
        with suppress(asyncio.CancelledError):
            await task


async def test_a_queue_found_later_does_not_tell_what_was_before_the_following_began() -> None:
    source = FakeEvents()
    source.write(PAY, "added", "before")
    source.time_ms += 10_000
    async with following(source, MAIL) as heard:
        source.write(MAIL, "added", "1")
        await heard.until(1)
        heard.follow.watch((MAIL, PAY))
        await asyncio.sleep(0)
        source.write(MAIL, "added", "2")
        await heard.until(2)
        source.time_ms += 1_000
        source.write(PAY, "added", "3")
        await heard.until(3)
        assert heard.jobs == ["1", "2", "3"]


async def test_from_now_on() -> None:
    source = FakeEvents()
    source.write(MAIL, "added", "before")
    async with following(source, MAIL, PAY) as heard:
        source.write(MAIL, "added", "1")
        source.write(PAY, "added", "2")
        await heard.until(2)
        assert heard.jobs == ["1", "2"]


async def test_a_burst_is_handed_out_in_few_handfuls() -> None:
    source = FakeEvents()
    async with following(source, MAIL) as heard:
        started = time.monotonic()
        for number in range(2_500):
            source.write(MAIL, "added", str(number))
            if number % 50 == 0:
                await asyncio.sleep(0.002)
        await heard.until(2_500)
        assert heard.jobs == [str(number) for number in range(2_500)]
        assert len(heard.handfuls) <= 3 + (time.monotonic() - started) / 0.09


async def test_a_slow_listener_gets_everything_and_nothing_is_piled_up() -> None:
    source = FakeEvents()
    follow = Follow(source, SystemClock(), {MAIL: "0-0"})
    for number in range(12_000):
        source.write(MAIL, "added", str(number))
    sizes = []
    async for handful in follow.told():
        sizes.append(len(handful))
        await asyncio.sleep(0.02)
        if sum(sizes) == 12_000:
            break
    assert max(sizes) <= module.EVENTS_AT_ONCE + module.EVENTS_A_READ


async def test_a_lost_connection_is_told_and_nothing_is_lost(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "backoff_s", lambda failures: 0.02)
    source = FakeEvents()
    async with following(source, MAIL) as heard:
        source.write(MAIL, "added", "1")
        await heard.until(1)
        source.error = UnreachableError("Nobody is there.")
        source.news.set()
        await heard.until(4)
        source.write(MAIL, "added", "2")
        source.error = None
        async with asyncio.timeout(5):
            while heard.jobs != ["1", "2"]:
                await asyncio.sleep(0.005)
        lost = [one for one in heard.told if isinstance(one, Lost)]
        (back,) = [one for one in heard.told if isinstance(one, Back)]
        assert len(lost) >= 3
        assert lost[0].error.message == "Nobody is there."
        assert lost[0].next_try_ms >= lost[0].at_ms
        assert back.away_ms >= 20
        assert heard.told.index(back) < heard.told.index(heard.told[-1])


async def test_a_server_that_is_away_at_first(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "backoff_s", lambda failures: 0.02)
    source = FakeEvents(error=UnreachableError("Nobody is there."))
    async with following(source, MAIL) as heard:
        await heard.until(1)
        source.error = None
        async with asyncio.timeout(5):
            while not heard.follow.cursors:
                await asyncio.sleep(0.005)
        source.write(MAIL, "added", "1")
        async with asyncio.timeout(5):
            while heard.jobs != ["1"]:
                await asyncio.sleep(0.005)


async def test_queues_come_and_go() -> None:
    source = FakeEvents()
    source.write(PAY, "added", "long ago")
    source.time_ms += 60_000
    async with following(source, MAIL) as heard:
        source.time_ms += 1_000
        source.write(PAY, "added", "while nobody looked")
        heard.follow.watch([MAIL, PAY])
        source.write(MAIL, "added", "1")
        await heard.until(2)
        assert set(heard.jobs) == {"1", "while nobody looked"}
        heard.follow.watch([PAY])
        source.news.set()
        await asyncio.sleep(0.15)
        source.write(MAIL, "added", "missed")
        await asyncio.sleep(0.15)
        assert len(heard.jobs) == 2
        heard.follow.watch([PAY, MAIL])
        source.news.set()
        await heard.until(3)
        assert heard.jobs[2:] == ["missed"], "from where it was left"


async def test_a_queue_that_came_while_others_were_looked_for_is_followed_from_then_on() -> None:
    source = FakeEvents()
    source.write(PAY, "added", "long ago")
    began_ms = source.time_ms = source.time_ms + 1_000
    source.write(PAY, "added", "while others were looked for")
    source.time_ms += 60_000
    follow = Follow(source, SystemClock(), {MAIL: "0-0"}, began_ms=began_ms)
    handfuls = follow.told()
    source.write(MAIL, "added", "1")
    assert [one.job_id for one in await anext(handfuls) if isinstance(one, Event)] == ["1"]
    follow.watch([MAIL, PAY])
    assert [one.job_id for one in await anext(handfuls) if isinstance(one, Event)] == ["while others were looked for"]


async def test_gaps_stand_before_what_came_after_them() -> None:
    first, second = Event(MAIL, "5-0", "added"), Event(PAY, "3-0", "added")
    gap, lone = Gap(MAIL, "1-0", "5-0", 3), Gap(PAY, "1-0", "2-0")
    assert in_order([first, second], [gap, lone]) == [lone, second, gap, first]


async def test_what_cannot_be_followed_is_told_once_and_when_that_ends() -> None:
    source = FakeEvents(unfollowed={PAY: "It is no stream."})
    async with following(source, MAIL, PAY) as heard:
        source.write(MAIL, "added", "1")
        await heard.until(2)
        source.write(MAIL, "added", "2")
        await heard.until(3)
        source.unfollowed = {}
        source.write(MAIL, "added", "3")
        await heard.until(5)
    told = [(one.ref, one.why) for one in heard.told if isinstance(one, Unfollowed)]
    assert told == [(PAY, "It is no stream."), (PAY, "")]
