"""What goes wrong: a server that is away or stands still, nothing to show, no rights."""

import asyncio
import time
from dataclasses import replace

import pytest

from bulltui.config.settings import Settings
from bulltui.domain.errors import BulltuiError
from bulltui.domain.queue import QueueRef
from bulltui.domain.snapshot import EMPTY, Discovery, Health, Link, ServerState, Snapshot
from bulltui.domain.states import JobState
from bulltui.tui.app import BulltuiApp
from bulltui.tui.panes.header import Header
from bulltui.tui.present.header import Identity, banner, header
from bulltui.tui.screens.main import MainScreen
from tests.own_time import own_time
from tests.tui.fake_servers import AWAY, away, state
from tests.tui.fakes import NOW, FakeQueue, FakeRuntime, Stage, settle, shop, stage
from tests.tui.support import screen_text


async def test_offline_says_so_and_keeps_the_data() -> None:
    async with stage(shop()) as on:
        on.runtime.clock.now += 4000
        on.runtime.go_offline()
        await settle(on.pilot)
        assert "✖ OFFLINE" in on.lines[0]
        assert "4s ago" in on.lines[0]
        assert "Connection refused." in on.lines[1]
        assert "next try in 3s" in on.lines[1]
        assert "Start the server." in on.lines[2]
        assert "card declined" in on.text
        main = on.app.screen
        assert isinstance(main, MainScreen)
        assert main.queues.table.stale
        on.runtime.reader.error = None
        await on.publish()
        assert "ONLINE" in on.lines[0]
        assert "refused" not in on.text
        assert not main.queues.table.stale


async def test_the_age_of_the_data_goes_on_by_itself() -> None:
    async with stage(shop()) as on:
        assert "now" in on.lines[0]
        on.runtime.clock.now += 7000
        deadline = time.monotonic() + 5
        while "7s ago" not in on.lines[0] and time.monotonic() < deadline:
            await on.pilot.pause(0.05)
        assert "7s ago" in on.lines[0]


async def test_keys_move_while_nothing_is_answered() -> None:
    async with stage(shop()) as on:
        await on.press("enter")
        main = on.app.screen
        assert isinstance(main, MainScreen)
        on.runtime.reader.gate.clear()
        for wanted in ("39", "38", "37"):
            started = own_time()
            await on.pilot.press("down")
            while main.jobs.highlighted != wanted:
                await asyncio.sleep(0)
            assert own_time() - started < 0.2
        await on.pilot.press("1")
        await on.pilot.pause(0.05)
        assert "Reading…" in on.text
        on.runtime.reader.gate.set()
        await settle(on.pilot)
        assert "[waiting 30]" in on.text


async def test_a_page_that_cannot_be_read_says_why_in_its_place() -> None:
    async with stage(shop()) as on:
        on.runtime.reader.error = BulltuiError("The key is no list.", hint="Another program wrote it.")
        await on.press("enter", "1")
        assert "The key is no list." in on.text
        assert "Another program wrote it." in on.text
        assert "4 queues" in on.lines[0]


async def test_no_queues_names_what_to_check() -> None:
    runtime = FakeRuntime({}, Settings(prefixes=("bull",)))
    app = BulltuiApp(runtime)
    async with app.run_test(size=(100, 24)) as pilot:
        await pilot.pause()
        assert any("Looking for queues" in line for line in screen_text(app))
        running = Discovery(running=True, scanned=12_000)
        runtime.publish(replace(EMPTY, discovery=running, health=Health(Link.ONLINE, 1.0)))
        await pilot.pause()
        assert any("12,000 keys looked at" in line for line in screen_text(app))
        others = Discovery(scanned=34_567, finished_at=NOW, other_prefixes=("{shop}", "jobs"))
        runtime.publish(replace(EMPTY, taken_at=NOW, discovery=others, health=Health(Link.ONLINE, 1.0)))
        await pilot.pause()
        text = "\n".join(screen_text(app))
        assert "There are no queues under the prefix bull." in text
        assert "34,567 keys" in text
        assert "{shop}, jobs" in text
        assert "--prefix" in text


async def test_a_server_that_was_never_there() -> None:
    runtime = FakeRuntime({})
    app = BulltuiApp(runtime)
    async with app.run_test(size=(100, 24)) as pilot:
        await pilot.pause()
        runtime.go_offline()
        await pilot.pause()
        text = "\n".join(screen_text(app))
        assert "Connection refused." in text
        assert "Start the server." in text


async def test_a_queue_that_goes_away_while_one_looks_at_it() -> None:
    queues = shop()
    async with stage(queues) as on:
        await on.press("enter")
        del on.runtime.reader.queues[QueueRef("bull", "payments")]
        on.runtime.clock.now += 2000
        await on.publish()
        assert "this queue is gone" in on.text
        await on.press("escape", "down", "up")
        assert "images" in on.text


async def test_a_fault_in_polling_is_told_and_the_screen_goes_on() -> None:
    runtime = FakeRuntime(shop())

    async def broken() -> None:
        raise ZeroDivisionError("a fault of ours")

    runtime.poller.run = broken  # type: ignore[method-assign]
    app = BulltuiApp(runtime)
    async with app.run_test(size=(140, 30)) as pilot:
        await pilot.pause()
        assert any("Reading stopped: ZeroDivisionError" in line for line in screen_text(app))
        await pilot.press("question_mark")
        await pilot.pause()
        assert any("Keys and signs" in line for line in screen_text(app))


@pytest.mark.parametrize("key", ["question_mark", "colon"])
async def test_what_shows_around_a_dialog_is_not_older_than_it_says(key: str) -> None:
    async with stage(shop(), (80, 24)) as on:
        await on.press(key)
        header = on.app.screen_stack[-2].query_one(Header)
        assert "ONLINE" in header.render_line(0).text
        on.runtime.go_offline()
        await settle(on.pilot)
        assert "OFFLINE" in header.render_line(0).text


async def test_an_empty_state_says_where_the_jobs_are() -> None:
    async with stage({"mail": FakeQueue({JobState.WAITING: []})}) as on:
        assert "The queue has no jobs at all." in on.text


def test_a_long_warning_begins_beside_its_sign() -> None:
    """A line of a sign alone would be one queue less to see."""
    told = "redis://127.0.0.1:7450 is a replica: " + "what it shows can be behind " * 3
    first, second = banner(Snapshot(health=Health(Link.ONLINE, 0.5, 1, None, told)), 1, 60)[:2]
    assert "".join(text for text, _ in first).startswith(" ! redis://127.0.0.1:7450 is a replica")
    assert "".join(text for text, _ in second).startswith("   ")


@pytest.mark.parametrize("width", [60, 80])
def test_which_server_it_is_stays_said_and_nothing_moves_by_the_second(width: int) -> None:
    """Of an address that finds no room the name of its profile stays, and both do not come and go with the age."""
    identity = Identity(
        "redis://limited@cache-1.internal.example:39543", production=True, profile="prod", role="operator"
    )
    said = [
        "".join(
            text for text, _ in header(identity, Snapshot(taken_at=1, health=Health(Link.ONLINE, 1.1, 1)), now, width)
        )
        for now in (500, 1500)
    ]
    assert all("prod" in line and "PRODUCTION  operator" in line for line in said)
    assert said[0].index("ONLINE") == said[1].index("ONLINE")


@pytest.mark.parametrize("several", [False, True])
@pytest.mark.parametrize("width", [60, 80, 100, 110, 120, 140])
def test_no_second_that_passes_makes_the_banner_higher_or_lower(width: int, several: bool) -> None:
    """Whatever length the sentence has: what folds at one second and not at the next moves all that is below."""
    for length in range(20, width):
        heights = set()
        for gone, wait in ((0, 0), (9_000, 1_000), (10_000, 15_000), (65_000, 9_000), (90_061_000, 15_000)):
            health = Health(Link.OFFLINE, None, NOW, NOW + gone + wait, "x" * length + ".", "Start the server.")
            one = ServerState("us", "redis://us", NOW, health=health)
            servers = (one, replace(one, label="eu", health=Health(Link.ONLINE, 1.0, NOW))) if several else ()
            snapshot = Snapshot(taken_at=NOW, health=health, servers=servers)
            heights.add(len(banner(snapshot, NOW + gone, width)))
        assert len(heights) == 1, length


@pytest.mark.parametrize("size", [(60, 16), (80, 24), (140, 40)])
async def test_all_below_the_banner_stays_where_it_is_while_the_server_is_away(size: tuple[int, int]) -> None:
    """Each try may end with another sentence."""
    refused = ("Nothing listens at redis://cache-1.internal.example:6379: connection refused.", "Check host and port.")
    silent = ("It did not answer in time.", "It may be busy, paused or behind a firewall that drops packets.")
    async with stage(shop(), size) as on:
        on.runtime.go_offline()
        places = []
        for tries, (message, hint) in enumerate((refused, silent, refused, ("It is loading.", ""), silent)):
            on.runtime.clock.now += 9_000
            told = on.runtime.bus.last
            health = replace(told.health, message=message, hint=hint, next_try_ms=on.runtime.clock.now + 1_000 * tries)
            await on.publish(replace(told, seq=told.seq + 1, health=health))
            assert message.split()[0] in on.text
            places.append(on.app.screen.query_one("#panes").region.y)
        assert len(set(places)) == 1, places
        on.runtime.reader.error = None
        await on.publish()
        assert on.app.screen.query_one("#panes").region.y < places[0]  # nothing is kept once it is back


async def test_of_several_servers_the_banner_is_as_high_as_those_need_that_are_away() -> None:
    def told(on: Stage, *gone: str) -> Snapshot:
        each = tuple(away(label) if label in gone else state(label) for label in ("eu", "us"))
        return replace(on.runtime.snapshot(), servers=each, health=AWAY if gone else Health(Link.ONLINE, 1.0, NOW))

    async with stage(shop()) as on:
        heights = []
        for gone in (("eu",), ("eu", "us"), ("us",), ()):
            await on.publish(told(on, *gone))
            heights.append(on.app.screen.query_one("#panes").region.y)
        assert heights == [2, 3, 2, 1]


def test_while_a_server_is_away_no_part_of_the_header_comes_or_goes_with_the_seconds() -> None:
    identity = Identity("redis://limited@cache-1.internal:39543", profile="prod", note="demo")
    health = Health(Link.OFFLINE, None, NOW, None, "Connection refused.")
    told = replace(FakeRuntime(shop()).snapshot(), health=health)
    for width in range(60, 161):
        parts = set()
        for gone in (1_000, 9_000, 10_000, 65_000, 725_000):
            line = "".join(text for text, _ in header(identity, told, NOW + gone, width))
            parts.add(tuple(word for word in line.split() if not word[0].isdigit()))
        assert len(parts) == 1, (width, parts)
