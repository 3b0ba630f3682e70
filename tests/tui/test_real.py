"""The whole program on a real server: what is in Redis is on the screen, also while the server is away."""

import json
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager

import pytest
from redis import Redis
from textual.pilot import Pilot

from bulltui.config.settings import Settings
from bulltui.demo.server import EmbeddedServer
from bulltui.tui.app import BulltuiApp
from bulltui.tui.run import snapshot
from bulltui.tui.screens.main import MainScreen
from bulltui.tui.switch import Switch
from bulltui.wiring import open_runtime
from tests.conftest import url_for
from tests.own_time import own_time
from tests.tui.fakes import until
from tests.tui.support import screen_text

NOW_MS = 1_790_000_000_000


def add_failed(raw: Redis, queue: str, job_id: str, reason: str, at: int = NOW_MS) -> None:
    """A failed job as BullMQ 5 leaves it."""
    key = f"bull:{queue}"
    raw.hset(f"{key}:meta", mapping={"version": "bullmq:5.81.5", "opts.maxLenEvents": 10000})
    raw.incr(f"{key}:id")
    raw.hset(
        f"{key}:{job_id}",
        mapping={
            "name": "charge", "data": json.dumps({"order": job_id}), "opts": '{"attempts":3}', "timestamp": at - 5000,
            "processedOn": at - 1000, "finishedOn": at, "failedReason": reason, "atm": 3, "ats": 3, "delay": 0,
            "priority": 0, "stacktrace": json.dumps([f"Error: {reason}\n    at charge (/app/pay.ts:1:1)"]),
        },
    )  # fmt: skip
    raw.zadd(f"{key}:failed", {job_id: at})


@pytest.fixture
def own() -> Iterator[EmbeddedServer]:
    """A server that a test may break."""
    with EmbeddedServer() as running:
        yield running


@asynccontextmanager
async def running(
    url: str, size: tuple[int, int] = (140, 40), *, patience_s: float = 3.0
) -> AsyncIterator[tuple[BulltuiApp, "Screen"]]:
    settings = Settings(url=url, refresh_s=0.2, refresh_timeout_s=patience_s, connect_timeout_s=patience_s)
    async with open_runtime(settings) as runtime:
        app = BulltuiApp(runtime)
        async with app.run_test(size=size) as pilot:
            yield app, Screen(app, pilot)


class Screen:
    """What is shown, and waiting for it."""

    def __init__(self, app: BulltuiApp, pilot: Pilot[Switch | None]) -> None:
        self.app = app
        self.pilot = pilot

    async def shows(self, *parts: str, seconds: float = 10) -> None:
        def there() -> bool:
            text = "\n".join(screen_text(self.app))
            return all(part in text for part in parts)

        try:
            await until(self.pilot, there, every_s=0.02, seconds=seconds)
        except AssertionError:
            raise AssertionError(f"{parts} in {screen_text(self.app)}") from None


async def test_a_frame_as_text_and_as_a_picture(server: EmbeddedServer, raw: Redis) -> None:
    add_failed(raw, "payments", "8f21", "card declined")
    text = await snapshot(Settings(url=url_for(server)), width=140, height=30, svg=False)
    lines = text.split("\n")
    assert len(lines) == 30
    for known in ("payments", "card declined", "8f21", "1 queue", "[failed 1]", "BullMQ 5.81.5"):
        assert known in text
    narrow = await snapshot(Settings(url=url_for(server)), width=60, height=16, svg=False, keys=["enter", "enter"])
    assert "at charge (/app/pay.ts:1:1)" in narrow
    picture = await snapshot(Settings(url=url_for(server)), width=80, height=24, svg=True)
    assert picture.startswith("<svg")
    assert picture.count("<text ") == picture.count('<text xml:space="preserve" ')


async def test_new_jobs_show_by_themselves(server: EmbeddedServer, raw: Redis) -> None:
    add_failed(raw, "payments", "1", "card declined")
    async with running(url_for(server)) as (_, screen):
        await screen.shows("card declined", "[failed 1]")
        add_failed(raw, "payments", "2", "no such account", NOW_MS + 1000)
        await screen.shows("no such account", "[failed 2]")
        raw.hset("bull:payments:meta", "paused", 1)
        await screen.shows("‖ payments")


async def test_without_scripts_it_looks_the_same(server: EmbeddedServer, raw: Redis) -> None:
    add_failed(raw, "payments", "1", "card declined")
    async with running(url_for(server, "plain")) as (_, screen):
        await screen.shows("card declined", "[failed 1]", "at charge")


async def test_paused_killed_and_started_again(own: EmbeddedServer) -> None:
    with Redis(port=own.port) as raw:
        for number in range(30):
            add_failed(raw, "payments", str(number), f"error {number}", NOW_MS + number)
    async with running(own.url, patience_s=0.5) as (app, screen):
        await screen.shows("error 29", "ONLINE")
        main = app.screen
        assert isinstance(main, MainScreen)
        await screen.pilot.press("enter")
        own.pause()
        try:
            await screen.shows("✖ offline", "did not answer")
            before = main.jobs.highlighted
            started = own_time()
            await screen.pilot.press("down")
            assert own_time() - started < 0.5
            assert main.jobs.highlighted != before
            await screen.shows("error 29")
        finally:
            own.resume()
        await screen.shows("ONLINE")
        own.kill()
        await screen.shows("✖ offline", "error 29")
        own.restart()
        with Redis(port=own.port) as raw:
            add_failed(raw, "after", "1", "it is back")
        await screen.shows("ONLINE", "after", seconds=20)


async def test_nobody_listens(own: EmbeddedServer) -> None:
    own.kill()
    async with running(own.url, (80, 24)) as (_, screen):
        await screen.shows("✖ offline", "refused")


async def test_other_prefixes_are_named(server: EmbeddedServer, raw: Redis) -> None:
    raw.hset("shop:mail:meta", mapping={"version": "bullmq:5.81.5", "opts.maxLenEvents": 1})
    async with running(url_for(server), (100, 24)) as (_, screen):
        await screen.shows("There are no queues under the prefix bull.", "shop")


async def test_the_end_of_many_jobs_is_a_key_away(server: EmbeddedServer, raw: Redis) -> None:
    raw.hset("bull:big:meta", mapping={"version": "bullmq:6.7.0"})
    raw.set("bull:big:id", 100_000)
    pipe = raw.pipeline(transaction=False)
    for start in range(0, 100_000, 10_000):
        pipe.lpush("bull:big:wait", *range(start, start + 10_000))
    for number in (0, 50_000, 99_999):
        pipe.hset(f"bull:big:{number}", mapping={"name": f"job-{number}", "data": "{}", "timestamp": NOW_MS})
    pipe.execute()
    async with running(url_for(server)) as (app, screen):
        await screen.shows("job-0 ", "[waiting 100k]")
        await screen.pilot.press("enter", "end")
        await screen.shows("job-99999")
        main = app.screen
        assert isinstance(main, MainScreen)
        assert main.jobs.table.cursor == 99_999
        # Workers take jobs from the front; what one looks at stays where it is.
        for _ in range(500):
            raw.rpop("bull:big:wait")
        await until(screen.pilot, lambda: main.jobs.table.line_count == 99_500)
        assert main.jobs.highlighted == "99999"


async def test_bytes_that_are_no_text_and_keys_of_a_foreign_type(server: EmbeddedServer, raw: Redis) -> None:
    add_failed(raw, "odd", "1", "boom")
    raw.hset(b"bull:odd:\xff[/]", mapping={b"name": b"\x1b[31m\xfe", b"data": b"\xff{", b"failedReason": b"\x9b1m"})
    raw.zadd("bull:odd:failed", {b"\xff[/]": NOW_MS + 5})
    raw.set("bull:odd:wait", "a string")
    async with running(url_for(server)) as (app, screen):
        await screen.shows("1 fault", "\\xff[/]")
        await screen.pilot.press("enter", "1")
        await screen.shows("bull:odd:wait")
        assert not any("\x1b" in line for line in screen_text(app))
