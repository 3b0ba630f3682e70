"""What several servers say, put together: names, streams, snapshots, outcomes."""

import asyncio
from dataclasses import replace
from typing import Any

import pytest

from bulltui.domain.errors import BulltuiError, NotFoundError, UnreachableError
from bulltui.domain.event import Batch
from bulltui.domain.outcome import Kind, Outcome, Reason
from bulltui.domain.queue import QueueRef
from bulltui.domain.snapshot import Discovery, Health, Link, ServerState
from bulltui.domain.vitals import Breaker, Vitals
from bulltui.services.bus import Bus
from bulltui.services.clock import SystemClock
from bulltui.services.fleet.events import FleetEvents
from bulltui.services.fleet.members import Members, in_order
from bulltui.services.fleet.polling import FleetPoller, Polled
from bulltui.services.fleet.runner import together
from bulltui.services.fleet.snapshots import merged
from tests.fake_following import FakeEvents

EU, US = QueueRef("bull", "mail", "eu"), QueueRef("bull", "mail", "us")
AWAY = UnreachableError("It is away.")


def test_each_queue_goes_to_its_server_and_one_without_to_all() -> None:
    members = Members({"eu": 1, "us": 2})
    assert members.at(US) == 2
    assert members.split([US, QueueRef("bull", "pay")]) == {
        "us": [US, QueueRef("bull", "pay", "us")],
        "eu": [QueueRef("bull", "pay", "eu")],
    }
    for stranger in (QueueRef("bull", "mail", "ap"), QueueRef("bull", "mail")):
        with pytest.raises(NotFoundError) as unknown:
            members.at(stranger)
        assert "eu, us" in unknown.value.hint


def test_answers_come_in_the_order_of_the_questions() -> None:
    plain = QueueRef("bull", "mail")
    assert in_order([US, EU], {EU: 1, US: 2}, ("eu", "us")) == [2, 1]
    assert in_order([plain], {EU: 1, US: 2}, ("eu", "us")) == [1, 2]


async def test_all_are_asked_side_by_side_and_the_first_error_is_raised() -> None:
    running = 0

    async def ask(label: str, _: int) -> str:
        nonlocal running
        running += 1
        while running < 2:
            await asyncio.sleep(0)
        if label == "us":
            raise AWAY
        return label

    members = Members({"eu": 1, "us": 2})
    async with asyncio.timeout(5):
        assert await members.each_or_error(ask) == {"eu": "eu", "us": AWAY}
    with pytest.raises(UnreachableError):
        await members.each(ask)


async def test_events_of_one_server_do_not_wait_for_those_of_the_other() -> None:
    eu, us = FakeEvents(), FakeEvents()
    events = FleetEvents(Members({"eu": eu, "us": us}), SystemClock())
    tails = await events.tails([EU, US])
    said = us.write(US, "failed", "1")
    started = asyncio.get_running_loop().time()
    batch = await events.read(tails, wait_ms=1000, limit=10)
    assert asyncio.get_running_loop().time() - started < 0.5
    assert batch.events == (said,)
    assert batch.cursors == {EU: tails[EU], US: said.id}
    heard = eu.write(EU, "completed", "2")  # while its question is still out
    assert (await events.read(batch.cursors, wait_ms=1000, limit=10)).events == (heard,)
    await events.close()
    assert eu.closed
    assert us.closed


async def test_all_that_there_is_comes_at_once_where_nobody_waits() -> None:
    eu, us = FakeEvents(), FakeEvents()
    events = FleetEvents(Members({"eu": eu, "us": us}), SystemClock())
    tails = await events.tails([EU, US])
    eu.write(EU, "failed", "1")
    us.write(US, "failed", "1")
    assert {event.ref for event in (await events.read(tails, wait_ms=0, limit=10)).events} == {EU, US}


async def test_of_a_server_that_is_away_nothing_is_lost_and_the_reason_is_told() -> None:
    eu, us = FakeEvents(), FakeEvents()
    events = FleetEvents(Members({"eu": eu, "us": us}), SystemClock())
    cursors: Any = await events.tails([EU, US])
    us.error = AWAY
    said = eu.write(EU, "failed", "1")
    batch = Batch((), (), cursors)
    while not batch.unfollowed:
        batch = await events.read(batch.cursors, wait_ms=50, limit=10)
    assert batch.unfollowed == {US: "It is away."}
    missed = us.write(US, "failed", "9")
    us.error = None
    seen = list(batch.events)
    async with asyncio.timeout(10):
        while missed not in seen:
            batch = await events.read(batch.cursors, wait_ms=50, limit=10)
            seen += batch.events
    assert batch.unfollowed == {}
    assert seen.count(missed) == 1
    assert said in seen or batch.cursors[EU] == said.id


async def test_where_no_server_answers_it_is_an_error() -> None:
    eu, us = FakeEvents(error=AWAY), FakeEvents(error=AWAY)
    events = FleetEvents(Members({"eu": eu, "us": us}), SystemClock())
    with pytest.raises(UnreachableError):
        await events.tails([EU, US])
    errors = 0
    for _ in range(3):
        try:
            await events.read({EU: "0-0", US: "0-0"}, wait_ms=50, limit=10)
        except UnreachableError:
            errors += 1
    assert errors >= 2


def state(label: str, link: Link, taken_at: int, **more: Any) -> ServerState:
    return ServerState(label, f"redis://{label}", taken_at, health=Health(link, message=more.pop("why", "")), **more)


def test_the_worst_stands_for_all_and_each_stands_by_itself() -> None:
    done = Discovery(scanned=5, found=1, finished_at=9)
    parts = [
        (state("eu", Link.ONLINE, 70, discovery=done), ()),
        (state("us", Link.OFFLINE, 30, why="It is away.", vitals=Vitals(Breaker.OPEN)), ()),
    ]
    snapshot = merged(parts, 7)
    assert snapshot.seq == 7
    assert snapshot.health.link is Link.OFFLINE
    assert snapshot.health.message == "us: It is away."
    assert snapshot.taken_at == 30
    assert snapshot.vitals.breaker is Breaker.OPEN
    assert snapshot.discovery.finished_at == 9  # nobody waits for one that is away
    assert [one.health.link for one in snapshot.servers] == [Link.ONLINE, Link.OFFLINE]
    assert merged([*parts[:1], (state("us", Link.ONLINE, 0), ())], 8).discovery.finished_at is None


def test_outcomes_add_up_and_each_number_that_brings_back_is_named() -> None:
    one = Outcome("clean", done=2, skipped={Reason.LOCKED: 1}, examples={Reason.LOCKED: ("7",)}, undo=4)
    error = BulltuiError("It broke.")
    other = Outcome("clean", done=1, skipped={Reason.LOCKED: 2}, left=3, undo=5, error=error)
    whole = together([one, other])
    assert (whole.done, dict(whole.skipped), whole.left) == (3, {Reason.LOCKED: 3}, 3)
    assert whole.undos == (4, 5)
    assert whole.error is error
    assert whole.kind is Kind.PARTLY


class Still:
    """A poller that says what it is told to."""

    def __init__(self, bus: Bus) -> None:
        self.bus = bus
        self.visible: tuple[QueueRef, ...] = ()
        self.asked: list[bool] = []
        self.changes: list[QueueRef] = []
        self.breaks = False

    def refresh_now(self, *, discover: bool = False) -> None:
        self.asked.append(discover)

    def changed(self, refs: Any) -> None:
        self.changes += refs

    def workers_of(self, ref: QueueRef | None = None) -> tuple[Any, ...]:
        return ()

    async def run(self) -> None:
        if self.breaks:
            raise ValueError("a fault")
        await asyncio.Event().wait()

    def say(self, taken_at: int, link: Link = Link.ONLINE) -> None:
        done = Discovery(finished_at=1)
        last = self.bus.last
        self.bus.publish(replace(last, seq=last.seq + 1, taken_at=taken_at, health=Health(link), discovery=done))


async def test_many_servers_are_shown_about_once_a_refresh_and_trouble_at_once() -> None:
    labels = [f"s{number}" for number in range(5)]
    stills = {label: Still(Bus()) for label in labels}
    bus = Bus()
    members = Members({label: Polled(still, still.bus, label) for label, still in stills.items()})
    poller = FleetPoller(members, bus, SystemClock(), refresh_s=1.0)
    shown: list[Any] = []
    bus.subscribe(shown.append)
    task = asyncio.create_task(poller.run())
    await asyncio.sleep(0)
    for still in stills.values():
        still.say(1)
    await asyncio.sleep(0.3)
    before = len(shown)
    for turn in range(2, 10):  # each of the five tells something eight times within 0.4 s
        for still in stills.values():
            still.say(turn)
        await asyncio.sleep(0.05)
    assert len(shown) - before <= 1
    stills["s3"].say(11, Link.OFFLINE)
    async with asyncio.timeout(0.5):
        while not shown or shown[-1].health.link is not Link.OFFLINE:
            await asyncio.sleep(0.01)
    poller.visible = (QueueRef("bull", "mail", "s2"), QueueRef("bull", "mail", "gone"))
    assert stills["s2"].visible == (QueueRef("bull", "mail", "s2"),)
    poller.changed([QueueRef("bull", "mail", "s4")])
    assert [label for label, still in stills.items() if still.changes] == ["s4"]
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)


async def test_a_fault_of_ours_in_one_poller_is_told_and_stops_no_other() -> None:
    eu, us = Still(Bus()), Still(Bus())
    us.breaks = True
    bus = Bus()
    members = Members({"eu": Polled(eu, eu.bus, "eu"), "us": Polled(us, us.bus, "us")})
    task = asyncio.create_task(FleetPoller(members, bus, SystemClock(), refresh_s=0.2).run())
    await asyncio.sleep(0)
    eu.say(1)
    async with asyncio.timeout(5):
        while len(bus.last.servers) < 2 or bus.last.servers[1].health.link is not Link.OFFLINE:
            await asyncio.sleep(0.01)
    assert "a fault" in bus.last.servers[1].health.message
    assert bus.last.servers[0].health.link is Link.ONLINE
    assert not task.done()
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)
