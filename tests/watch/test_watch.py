"""The parts of a watch run side by side, start anew, and end in order."""

import asyncio
import logging
from collections.abc import Callable
from dataclasses import dataclass, field

import pytest

from bulltui.domain.errors import BulltuiError
from bulltui.domain.secrets import know
from bulltui.domain.snapshot import ServerState, Snapshot
from bulltui.services.bus import Bus
from bulltui.services.fleet.members import Members
from bulltui.services.fleet.watching import FleetWatch
from bulltui.services.watch.totals import Totals
from bulltui.services.watch.watch import RESTART_S, TOLD_S, Part, ServerWatch
from tests.fake_watch import FakeRecent

SOME = Snapshot(1, servers=(ServerState("", "here"),))


@dataclass
class Clock:
    """Time that passes when it is told to; pauses end at once, and are counted."""

    now: float = 0.0
    pauses: list[float] = field(default_factory=list)

    def now_ms(self) -> int:
        return int(self.now * 1000)

    def monotonic(self) -> float:
        return self.now

    async def sleep(self, seconds: float) -> None:
        self.pauses.append(seconds)
        await asyncio.sleep(0)


@dataclass
class FakePart:
    """Runs until cancelled, after it has raised what it is to raise."""

    raises: list[Exception] = field(default_factory=list)
    in_tell: Exception | None = None
    told: list[Snapshot] = field(default_factory=list)
    runs: int = 0
    at_end: Callable[[], None] = lambda: None
    lingers: float = 0.0

    def tell(self, snapshot: Snapshot) -> None:
        if self.in_tell is not None:
            raise self.in_tell
        self.told.append(snapshot)

    async def run(self) -> None:
        self.runs += 1
        if self.raises:
            raise self.raises.pop(0)
        try:
            await asyncio.Event().wait()
        finally:
            await asyncio.sleep(self.lingers)
            self.at_end()


def watch_of(*parts: FakePart, clock: Clock | None = None, bus: Bus | None = None) -> ServerWatch:
    named = [Part(f"Part {number}", part) for number, part in enumerate(parts)]
    return ServerWatch(bus or Bus(), clock or Clock(), named, FakeRecent(), Totals())


async def until(true: Callable[[], bool]) -> None:
    async with asyncio.timeout(5):
        while not true():
            await asyncio.sleep(0.001)


async def ended(running: "asyncio.Task[None]") -> None:
    running.cancel()
    with pytest.raises(asyncio.CancelledError):
        await running


async def test_a_part_that_fails_is_begun_anew_told_and_holds_up_no_other(caplog: pytest.LogCaptureFixture) -> None:
    know("hunter22")
    clock = Clock()
    broken, sound = (
        FakePart([RuntimeError("with \x1b[31m and hunter22"), BulltuiError("No room.", hint="Make some.")]),
        FakePart(),
    )
    watch = watch_of(broken, sound, clock=clock)
    with caplog.at_level(logging.CRITICAL):
        running = asyncio.create_task(watch.run())
        await until(lambda: broken.runs == 3)
    assert sound.runs == 1
    assert clock.pauses == [RESTART_S, RESTART_S]
    assert list(watch.problems) == ["No room. Make some."]
    clock.now += TOLD_S + 1
    assert not list(watch.problems)
    await ended(running)


async def test_an_unexpected_failure_is_one_line_without_secrets(caplog: pytest.LogCaptureFixture) -> None:
    know("hunter22")
    part = FakePart([RuntimeError("with \x1b[31m and hunter22")])
    watch = watch_of(part)
    with caplog.at_level(logging.CRITICAL):
        running = asyncio.create_task(watch.run())
        await until(lambda: part.runs == 2)
    assert watch.problems[0].startswith("Part 0 stopped: RuntimeError: with ")
    assert "hunter22" not in watch.problems[0]
    assert "\x1b" not in watch.problems[0]
    await ended(running)


async def test_what_fails_while_it_is_told_of_a_refresh_harms_neither_the_refresh_nor_others(
    caplog: pytest.LogCaptureFixture,
) -> None:
    bus = Bus()
    bus.publish(SOME)
    broken, sound = FakePart(in_tell=ValueError("oops")), FakePart()
    watch = watch_of(broken, sound, bus=bus)
    with caplog.at_level(logging.CRITICAL):
        running = asyncio.create_task(watch.run())
        await until(lambda: sound.runs == 1)
        bus.publish(SOME)
    assert sound.told == [SOME, SOME]  # the one that was there, too
    assert watch.problems == ("Part 0 stopped: ValueError: oops.",)
    await ended(running)
    bus.publish(SOME)
    assert len(sound.told) == 2


async def test_parts_end_one_after_the_other() -> None:
    order: list[str] = []
    first = FakePart(at_end=lambda: order.append("first"), lingers=0.02)
    then = FakePart(at_end=lambda: order.append("then"))
    watch = watch_of(first, then)
    running = asyncio.create_task(watch.run())
    await until(lambda: then.runs == 1)
    await ended(running)
    assert order == ["first", "then"]


async def test_a_part_that_does_not_end_is_left_behind(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr("bulltui.services.watch.watch.END_S", 0.05)
    order: list[str] = []
    stuck = FakePart(lingers=0.5)
    then = FakePart(at_end=lambda: order.append("then"))
    watch = watch_of(stuck, then)
    running = asyncio.create_task(watch.run())
    await until(lambda: then.runs == 1)
    async with asyncio.timeout(0.4):
        await ended(running)
    assert "Part 0 did not end in time" in caplog.text
    await until(lambda: order == ["then"])


async def test_what_parts_say_is_told_once() -> None:
    parts = [
        Part("One", FakePart(), lambda: ("The disk is full.",)),
        Part("Two", FakePart(), lambda: ("The disk is full.",)),
    ]
    assert ServerWatch(Bus(), Clock(), parts, FakeRecent(), Totals()).problems == ("The disk is full.",)


async def test_several_servers_are_watched_side_by_side() -> None:
    eu, us = FakePart(), FakePart([BulltuiError("No room.")])
    clock = Clock()
    both = FleetWatch(Members({"eu": watch_of(eu, clock=clock), "us": watch_of(us, clock=clock)}))
    running = asyncio.create_task(both.run())
    await until(lambda: eu.runs == 1 and us.runs == 2)
    assert both.problems == ("us: No room.",)
    await ended(running)
