"""Live events, as a person uses them."""

import asyncio
from time import thread_time

import pytest

from bulltui.domain.errors import UnreachableError
from bulltui.domain.event import Event, Gap
from bulltui.domain.flow import JobRef
from bulltui.domain.queue import QueueRef
from bulltui.services.follow import Told
from bulltui.tui.event_log import EventLog
from bulltui.tui.present.events import FOLLOWS, LOOKS, cells, head
from bulltui.tui.present.line import fit
from bulltui.tui.screens.events import EventsScreen
from bulltui.tui.screens.job import JobScreen
from bulltui.tui.screens.main import MainScreen
from tests.fake_following import FakeEvents
from tests.tui.fakes import NOW, Stage, shop, stage, until

PAYMENTS, IMAGES = QueueRef("bull", "payments"), QueueRef("bull", "images")


def events_of(on: Stage) -> EventsScreen:
    screen = on.app.screen
    assert isinstance(screen, EventsScreen)
    return screen


def rows(on: Stage) -> list[str]:
    """The lines of the table that are not empty."""
    return [" ".join(line.split()) for line in on.lines[3:-1] if line.strip()]


async def wait_for(on: Stage, *parts: str) -> None:
    await until(on.pilot, lambda: all(part in on.text for part in parts), f"{parts} in {on.text}")


def write(source: FakeEvents, count: int, kind: str = "completed", first: int = 0) -> None:
    for number in range(first, first + count):
        source.write(PAYMENTS, kind, f"j{number}")


@pytest.mark.parametrize("size", [(140, 40), (80, 24), (60, 16)])
async def test_what_was_told_before_and_what_comes(size: tuple[int, int]) -> None:
    async with stage(shop(), size) as on:
        source = on.runtime.events
        source.write(PAYMENTS, "added", "7", name="charge")
        await on.press("L")
        assert "Events of payments" in on.lines[1]
        assert "following" in on.lines[1]
        assert "+ added 7" in rows(on)[0]
        source.write(PAYMENTS, "failed", "7", failedReason="card declined\nat pay.ts")
        await wait_for(on, "✖ failed", "card declined")
        assert rows(on)[-1].startswith("▌")  # the newest is under the cursor
        await on.press("escape")
        assert isinstance(on.app.screen, MainScreen)
        await until(on.pilot, lambda: source.closed)


async def test_of_all_queues_and_back() -> None:
    async with stage(shop()) as on:
        on.runtime.events.write(IMAGES, "completed", "i1")
        await on.press("L")
        assert "i1" not in on.text
        await on.press("L")
        assert "Events of all 4 queues" in on.lines[1]
        await wait_for(on, "i1", "images")
        await on.press("L")
        assert "Events of payments" in on.lines[1]


async def test_moving_up_holds_still_and_the_end_follows_again() -> None:
    async with stage(shop(), (100, 24)) as on:
        source = on.runtime.events
        write(source, 50)
        await on.press("L", "up", "up")
        before = rows(on)
        assert "held" in on.lines[1]
        assert "space follow" in on.lines[-1]
        write(source, 200, first=50)
        await wait_for(on, "held, 200 more since")
        assert rows(on) == before
        await on.press("end")
        await wait_for(on, "following")
        assert "j249" in rows(on)[-1]
        await on.press("space")
        assert "held" in on.lines[1]
        await on.press("space")
        assert "following" in on.lines[1]


async def test_the_next_failure_and_the_one_before() -> None:
    async with stage(shop(), (100, 24)) as on:
        source = on.runtime.events
        write(source, 30)
        source.write(PAYMENTS, "failed", "f1", failedReason="first")
        write(source, 40, first=30)
        await on.press("L", "N")
        screen = events_of(on)
        assert screen.job_now() == JobRef(PAYMENTS, "f1")
        assert "held" in on.lines[1]
        source.write(PAYMENTS, "failed", "f2", failedReason="second")
        await wait_for(on, "held, 1 more since")
        await on.press("n")
        assert screen.job_now() == JobRef(PAYMENTS, "f2")
        await on.press("n")
        assert "following to the next failure" in on.lines[1]
        write(source, 10, first=90)
        await wait_for(on, "j99")
        source.write(PAYMENTS, "stalled", "s1")
        write(source, 10, first=100)
        await wait_for(on, "stalled", "held")
        assert screen.job_now() == JobRef(PAYMENTS, "s1")


async def test_a_filter_by_kind_text_and_without() -> None:
    async with stage(shop()) as on:
        source = on.runtime.events
        write(source, 5)
        source.write(PAYMENTS, "failed", "f1", failedReason="card declined")
        source.write(PAYMENTS, "failed", "f2", failedReason="timeout")
        await on.press("L", "slash")
        await on.type("FAILED !declined")
        await on.press("enter")
        await wait_for(on, "1 of 7")
        assert [line for line in rows(on) if "f2" in line]
        assert not any("f1" in line or "j3" in line for line in rows(on)[:-1])
        source.write(PAYMENTS, "failed", "f3", failedReason="timeout")
        await wait_for(on, "f3", "2 of 8")
        await on.press("escape")
        await wait_for(on, "j3", "f1")
        await on.press("escape")
        assert isinstance(on.app.screen, MainScreen)


async def test_a_job_opens_and_esc_leads_back_to_the_line() -> None:
    async with stage(shop()) as on:
        source = on.runtime.events
        source.write(PAYMENTS, "failed", "40", failedReason="card declined")
        write(source, 3)
        await on.press("L", "up", "up", "up", "enter")
        screen = on.app.screen
        assert isinstance(screen, JobScreen)
        assert screen.job_now() == JobRef(PAYMENTS, "40")
        write(source, 3, first=3)
        await on.press("escape")
        assert events_of(on).job_now() == JobRef(PAYMENTS, "40")
        await wait_for(on, "held, 3 more since")
        # Followed from the job: the same screen again, not a second one on the same connection.
        await on.press("enter", "L")
        assert sum(isinstance(one, EventsScreen) for one in on.app.screen_stack) == 1


async def test_gaps_and_a_lost_connection_are_lines() -> None:
    async with stage(shop()) as on:
        source = on.runtime.events
        write(source, 2)
        await on.press("L")
        source.gaps.append(Gap(PAYMENTS, "1-0", "2-0", 3000))
        write(source, 1, first=2)
        await wait_for(on, "3,000 events were trimmed before they could be read")
        source.error = UnreachableError("Connection refused.", hint="Start the server.")
        source.news.set()
        await wait_for(on, "✖ lost", "Connection refused.", "not connected")
        source.error = None
        write(source, 1, first=3)
        await wait_for(on, "● back", "j3")
        assert sum("✖ lost" in line for line in rows(on)) == 1
        assert "not connected" not in on.lines[1]


async def test_how_many_of_each_kind_a_second() -> None:
    log = EventLog()
    log.add([Event(PAYMENTS, f"{NOW}-{n}", "completed") for n in range(50)], 100.2)
    log.add([Event(PAYMENTS, f"{NOW}-{n}", "failed") for n in range(5)], 101.7)
    assert log.rates(102.0) == {"completed": 10.0, "failed": 1.0}
    assert log.rates(106.5) == {"failed": 1.0}
    assert log.rates(110.0) == {}


async def test_what_was_told_before_is_no_event_of_now() -> None:
    async with stage(shop()) as on:
        write(on.runtime.events, 100)
        await on.press("L")
        await wait_for(on, "j99")
        screen = events_of(on)
        assert screen._log.rates(on.runtime.clock.monotonic() + 1) == {}
        write(on.runtime.events, 50, "failed", first=100)
        await wait_for(on, "j149")
        assert screen._log.rates(on.runtime.clock.monotonic() + 1) == {"failed": 10.0}


def test_where_there_is_no_room_the_rate_of_failures_stays() -> None:
    parts = head("Events of a", {"failed": 0.4, "completed": 20, "active": 19}, FOLLOWS, filtered="", trouble="")
    said = "".join(text for text, _ in fit(parts, 48))
    assert "✖ failed 0.4/s" in said
    assert "active" not in said


async def test_memory_is_bounded_and_lines_keep_their_numbers() -> None:
    log = EventLog(kept=100)
    for start in range(0, 5_000, 50):
        log.add([Event(PAYMENTS, f"{NOW}-{n}", "completed", str(n)) for n in range(start, start + 50)], 1.0)
    assert log.total == 5_000
    assert log.kept <= 1_100
    rows = log.rows()
    assert rows.lines[-1].number == 4_999
    assert rows.find(4_950, 0) == len(rows) - 50
    assert rows.find(3, 0) is None


async def test_a_filter_that_is_found_bit_by_bit_misses_nothing_that_comes_meanwhile() -> None:
    log = EventLog()
    log.add([Event(PAYMENTS, f"{NOW}-{n}", "failed", f"f{n}") for n in range(9_000)], 1.0)
    task = asyncio.create_task(log.filter("f1"))
    await asyncio.sleep(0)
    log.add([Event(PAYMENTS, f"{NOW}-{n}", "failed", f"f{n}") for n in range(9_000, 12_000)], 1.0)
    newer = asyncio.create_task(log.filter("f11"))
    log.add([Event(PAYMENTS, f"{NOW}-1", "failed", "f11999x")], 1.0)
    await asyncio.gather(task, newer)
    log.add([Event(PAYMENTS, f"{NOW}-2", "failed", "f11z"), Event(PAYMENTS, f"{NOW}-3", "failed", "g")], 1.0)
    found = [line.told.job_id for line in log.rows().lines if isinstance(line.told, Event)]
    # The oldest lines are gone by now.
    assert found == [f"f{n}" for n in range(2_001, 12_000) if f"f{n}".startswith("f11")] + ["f11999x", "f11z"]


async def test_a_flood_never_holds_the_loop() -> None:
    """Five thousand a second for a second and a half: what one handful costs, at the worst."""
    async with stage(shop()) as on:
        await on.press("L")
        screen = events_of(on)
        worst = 0.0
        for handful in range(15):
            told: tuple[Told, ...] = tuple(
                Event(PAYMENTS, f"{NOW}-{n}", "completed", f"j{handful}-{n}", {"returnvalue": "x" * 50})
                for n in range(500)
            )
            started = thread_time()
            screen._got(told, False)
            screen._show()
            worst = max(worst, thread_time() - started)
            await on.pilot.pause(0.001)
        assert worst < 0.1  # measured: 0.004
        assert len(screen.table.source) == 7_500


@pytest.mark.parametrize("kind", [*LOOKS, "", "custom"])
def test_each_kind_is_a_line(kind: str) -> None:
    evil = "[red]\x1b[31m\u202e"
    names = ("name", "failedReason", "returnvalue", "data", "delay", "prev", "attemptsMade", "deduplicationId", "count")
    event = Event(PAYMENTS, f"{NOW}-0", kind, evil, dict.fromkeys(names, evil))
    assert len(cells(event)) == 5
    assert len(cells(Event(PAYMENTS, "odd", kind, fields=dict.fromkeys(names, "9" * 30)))) == 5
    assert len(cells(Event(PAYMENTS, "", kind))) == 5


@pytest.mark.parametrize("size", [(140, 40), (60, 16)])
async def test_hostile_events(size: tuple[int, int]) -> None:
    evil = "[red]x[/]\x1b[31m\u202e日本語\n"
    async with stage(shop(), size) as on:
        source = on.runtime.events
        source.write(PAYMENTS, evil, evil, **{evil: evil})
        source.write(PAYMENTS, "failed", evil, failedReason=evil * 9)
        await on.press("L", "up", "slash", "x", "enter")
        assert "[red]x" in on.text
        assert "\x1b" not in on.text
        assert "\u202e" not in on.text
