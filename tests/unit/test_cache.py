"""Counts that are kept, and reads that are shared."""

import asyncio
from collections.abc import Sequence
from contextlib import suppress

import pytest

from bulltui.domain.errors import UnreachableError
from bulltui.domain.queue import Queue, QueueRef
from bulltui.services.cache import ALL_AT_ONCE, READ_AT_ONCE, CountsCache
from tests.acting.fakes import FakeClock
from tests.unit.test_poller import queue

FEW = [QueueRef("bull", f"q{number:04}") for number in range(ALL_AT_ONCE)]
MANY = [QueueRef("bull", f"q{number:04}") for number in range(1002)]


class Reader:
    """Answers when it is told to."""

    def __init__(self, *, held: bool = False) -> None:
        self.asked: list[list[QueueRef]] = []
        self.gone: set[QueueRef] = set()
        self.waiting = 0
        self.fault: Exception | None = None
        self.go = asyncio.Event()
        if not held:
            self.go.set()

    async def counts(self, refs: Sequence[QueueRef]) -> list[Queue]:
        self.asked.append(list(refs))
        waiting = self.waiting
        await self.go.wait()
        if self.fault:
            raise self.fault
        return [queue(ref, waiting, waiting) for ref in refs if ref not in self.gone]


async def refresh(cache: CountsCache, known: list[QueueRef], visible: Sequence[QueueRef] = ()) -> list[QueueRef]:
    """What a refresh reads."""
    fresh = []
    for part in cache.due(known, visible, 5.0):
        await cache.read(part)
        fresh += part
    cache.turns.spread(fresh, each_s=5.0)
    return fresh


async def test_few_queues_are_all_read_each_time_in_one_read() -> None:
    reader = Reader()
    cache = CountsCache(reader, FakeClock(), 30.0)
    for _ in range(3):
        await refresh(cache, FEW, FEW[7:9])
    assert [len(asked) for asked in reader.asked] == [100, 100, 100]
    assert reader.asked[-1][:2] == FEW[7:9]
    assert cache.stats.rate == 0.0


async def test_of_many_those_on_the_screen_are_read_each_time_and_others_in_their_turn() -> None:
    reader, clock = Reader(), FakeClock()
    cache = CountsCache(reader, clock, 30.0)
    assert len(await refresh(cache, MANY, MANY[:40])) == 1002
    assert max(len(asked) for asked in reader.asked) == READ_AT_ONCE
    read = 0
    for _ in range(60):
        clock.now += 5
        fresh = await refresh(cache, MANY, MANY[:40])
        assert fresh[:40] == MANY[:40]
        read += len(fresh)
    assert read <= 60 * 1002 * 0.2
    assert 0.75 < cache.stats.rate < 1.0
    assert cache.stats.ttl_s == 30.0


async def test_without_a_time_everything_is_read_each_time() -> None:
    reader = Reader()
    cache = CountsCache(reader, FakeClock(), 0.0)
    for _ in range(2):
        assert len(await refresh(cache, MANY, MANY[:40])) == 1002
    assert cache.stats.hits == 0


async def test_a_queue_that_is_gone_is_no_longer_known() -> None:
    reader, clock = Reader(), FakeClock()
    cache = CountsCache(reader, clock, 30.0)
    await refresh(cache, MANY)
    reader.gone.add(MANY[3])
    cache.changed([MANY[3]])
    clock.now += 1
    await refresh(cache, MANY)
    assert cache.of(MANY[3]) is None
    assert cache.of(MANY[4]) is not None
    cache.forget(MANY[:3])
    assert cache.of(MANY[4]) is None


async def test_what_is_asked_for_twice_at_once_is_read_once() -> None:
    reader = Reader(held=True)
    cache = CountsCache(reader, FakeClock(), 30.0)
    reads = [asyncio.ensure_future(cache.read(FEW[start:end])) for start, end in ((0, 3), (1, 2), (2, 5))]
    await asyncio.sleep(0)
    reader.go.set()
    first, second, third = await asyncio.gather(*reads)
    assert reader.asked == [FEW[0:3], FEW[3:5]]
    assert list(first) == FEW[0:3]
    assert list(second) == FEW[1:2]
    assert list(third) == FEW[2:5]


async def test_who_waited_for_a_read_that_failed_has_its_error() -> None:
    reader = Reader(held=True)
    reader.fault = UnreachableError("Nothing listens.")
    cache = CountsCache(reader, FakeClock(), 30.0)
    reads = [asyncio.ensure_future(cache.read(FEW[:2])) for _ in range(2)]
    await asyncio.sleep(0)
    reader.go.set()
    assert [str(told) for told in await asyncio.gather(*reads, return_exceptions=True)] == ["Nothing listens."] * 2
    reader.fault = None
    assert len(await cache.read(FEW[:2])) == 2


async def test_who_waited_for_a_read_that_was_given_up_reads_itself() -> None:
    reader = Reader(held=True)
    cache = CountsCache(reader, FakeClock(), 30.0)
    first = asyncio.ensure_future(cache.read(FEW[:2]))
    await asyncio.sleep(0)
    second = asyncio.ensure_future(cache.read(FEW[:2]))
    await asyncio.sleep(0)
    first.cancel()
    with suppress(asyncio.CancelledError):
        await first
    reader.go.set()
    assert list(await second) == FEW[:2]
    assert len(reader.asked) == 2


async def test_after_an_action_nobody_is_given_what_was_read_before_it() -> None:
    reader = Reader(held=True)
    cache = CountsCache(reader, FakeClock(), 30.0)
    before = asyncio.ensure_future(cache.read(FEW[:2]))
    await asyncio.sleep(0)
    reader.waiting = 7
    cache.changed(FEW[:1])
    after = asyncio.ensure_future(cache.read(FEW[:1]))
    await asyncio.sleep(0)
    reader.go.set()
    assert (await after)[FEW[0]].counts.waiting == 7
    assert (await before)[FEW[0]].counts.waiting == 0
    kept = cache.of(FEW[0])
    assert kept is not None
    assert kept.queue.counts.waiting == 7


@pytest.mark.parametrize("older_first", [True, False])
async def test_an_older_read_never_takes_the_place_of_a_newer_one(older_first: bool) -> None:
    reader = Reader()
    cache = CountsCache(reader, FakeClock(), 30.0)
    await cache.read(FEW[:1])
    gates = [asyncio.Event(), asyncio.Event()]
    answers = iter((1, 2))

    async def counts(refs: Sequence[QueueRef]) -> list[Queue]:
        number = next(answers)
        await gates[number - 1].wait()
        return [queue(ref, number) for ref in refs]

    reader.counts = counts  # type: ignore[method-assign]
    older = asyncio.ensure_future(cache.read(FEW[:1]))
    await asyncio.sleep(0)
    cache.changed(FEW[:1])
    newer = asyncio.ensure_future(cache.read(FEW[:1]))
    await asyncio.sleep(0)
    for read, gate in ((older, gates[0]), (newer, gates[1])) if older_first else ((newer, gates[1]), (older, gates[0])):
        gate.set()
        await read
    kept = cache.of(FEW[0])
    assert kept is not None
    assert kept.queue.counts.waiting == 2
    assert not cache._flying
