"""The screens of workers and of schedulers."""

from dataclasses import replace

from bulltui.domain.errors import NotAllowedError
from bulltui.domain.queue import QueueRef
from bulltui.domain.scheduler import Scheduler
from bulltui.domain.worker import Client, Worker
from bulltui.tui.screens.main import MainScreen
from tests.tui.fakes import NOW, Stage, shop, stage

PAYMENTS, IMAGES = QueueRef("bull", "payments"), QueueRef("bull", "images")


def with_workers(on: Stage) -> None:
    on.runtime.poller.workers = [
        Worker(PAYMENTS, Client(1, "x", "10.0.0.1:5001", 3700, 2, "bzpopmin", "ioredis 5.4"), "pay-1"),
        Worker(IMAGES, Client(2, "y", "10.0.0.2:5002", 60, 0, "evalsha")),
    ]


async def test_workers_of_the_queue_and_of_all() -> None:
    async with stage(shop()) as on:
        with_workers(on)
        await on.press("W")
        assert "1 worker of payments" in on.lines[1]
        assert "pay-1" in on.text
        assert "10.0.0.2" not in on.text
        await on.press("W")
        assert "2 workers of all queues" in on.lines[1]
        assert "10.0.0.2:5002" in on.text
        await on.press("y")
        assert on.app.clipboard == "10.0.0.1:5001"  # the cursor stayed on its row
        await on.press("escape")
        assert isinstance(on.app.screen, MainScreen)


async def test_enter_goes_to_the_queue_of_a_worker() -> None:
    async with stage(shop(), (80, 24)) as on:
        with_workers(on)
        await on.press("W", "W", "home")
        assert "enter open" in on.lines[-1]
        await on.press("enter")
        screen = on.app.screen
        assert isinstance(screen, MainScreen)
        assert screen.jobs.ref == IMAGES
        assert "Queues › images" in on.text


async def test_no_worker_and_no_right_to_see_them() -> None:
    async with stage(shop(), (80, 24)) as on:
        await on.press("W")
        assert "No worker of the queue payments is connected." in on.text
        await on.publish(replace(on.runtime.snapshot(), workers_problem="CLIENT LIST is forbidden."))
        assert "CLIENT LIST is forbidden." in on.text


async def test_schedulers_and_what_is_wrong_with_them() -> None:
    async with stage(shop(), (120, 24)) as on:
        on.runtime.reader.schedulers_of["payments"] = [
            Scheduler("late", NOW - 90_000, every_ms=60_000, iterations=7),
            Scheduler("nightly", NOW + 3_600_000, "report", pattern="0 3 * * *", timezone="Europe/Berlin"),
            Scheduler("gone", NOW + 1000, every_ms=1000, armed=False),
            Scheduler("old:::UTC:60000", NOW + 1000, every_ms=60_000, legacy=True),
        ]
        await on.press("S")
        assert "4 schedulers of payments" in on.lines[1]
        for known in ("1m 30s late", "0 3 * * * Europe/Berlin", "dead: no job", "BullMQ 6 refuses it"):
            assert known in on.text
        assert "enter" not in on.lines[-1]  # there is nothing to open
        await on.press("y")
        assert on.app.clipboard == "late"


async def test_schedulers_that_cannot_be_read() -> None:
    async with stage(shop(), (80, 24)) as on:
        await on.press("S")
        assert "The queue payments has no scheduler" in on.text
        on.runtime.reader.error = NotAllowedError("You may not read this.", hint="Ask for ZRANGE.")
        await on.publish()
        assert "You may not read this." in on.text
        assert "Ask for ZRANGE." in on.text


async def test_the_palette_leads_back_from_a_list() -> None:
    async with stage(shop()) as on:
        await on.press("W", "colon", "i", "m", "a", "g", "enter")
        screen = on.app.screen
        assert isinstance(screen, MainScreen)
        assert screen.jobs.ref == IMAGES


async def test_a_screen_below_catches_up() -> None:
    queues = shop()
    async with stage(queues) as on:
        await on.press("W")
        queues["images"].more["paused"] = True
        on.runtime.clock.now += 2000
        await on.publish()
        await on.press("escape")
        assert any("‖ images" in line for line in on.lines)
