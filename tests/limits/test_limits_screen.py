"""What holds a queue up, on the page about a queue."""

import pytest

from bulltui.domain.point import Flow, Point, Stand, after
from bulltui.domain.queue import QueueRef, RateLimit
from bulltui.domain.rates import Rates
from bulltui.domain.sketch import sketch_of
from bulltui.domain.states import JobState
from bulltui.domain.worker import Client
from bulltui.tui.panes.lines import Lines
from bulltui.tui.present.line import pieces
from tests.tui.fakes import NOW, FakeQueue, Stage, job, stage
from tests.tui.support import save_picture

MAIL = QueueRef("bull", "mail")
LIMIT = RateLimit(100, 60_000, used=100, ttl_ms=12_300)


def mail(**more: object) -> dict[str, FakeQueue]:
    waiting = {JobState.WAITING: [job(n) for n in range(40)]}
    return {"mail": FakeQueue(waiting, {"limit": LIMIT, "concurrency": 5, **more}, Rates(100.0, 99.0), workers=3)}


class Even:
    """A past that was the same all the time."""

    def __init__(self, minute: Point, known_s: float) -> None:
        self._minute = minute
        self._known_s = known_s

    def covers(self, ref: QueueRef | None) -> float:
        return self._known_s

    def over(self, ref: QueueRef | None, seconds: float) -> Point:
        return after([self._minute] * max(1, round(seconds / 60)), 0)


def seen(on: Stage, flow: Flow, stand: Stand, run_ms: int = 200, known_s: float = 300.0) -> None:
    minute = Point(NOW, stand, flow, run=sketch_of([run_ms] * 12))
    vars(on.runtime.watch)["recent"] = Even(minute, known_s)
    client = {"command": "bzpopmin", "age_s": 9}
    workers = [Client(n, "bull:bWFpbA==", f"10.0.0.{n}:1", **client) for n in range(3)]  # type: ignore[arg-type]

    async def clients() -> list[Client]:
        return workers

    on.runtime.reader.clients = clients  # type: ignore[method-assign]


def page(on: Stage) -> str:
    """All of the page, whatever of it is in sight."""
    lines = on.app.screen.query_one("#about", Lines).lines
    return " ".join(" ".join("".join(text for text, _ in pieces(line)) for line in lines).split())


@pytest.mark.parametrize("size", [(60, 16), (80, 24), (140, 40)])
async def test_the_limit_and_what_is_used_of_it(size: tuple[int, int]) -> None:
    async with stage(mail(), size) as on:
        seen(on, Flow(added=100, started=99, completed=99), Stand(reads=30, limited=24, saturated=3))
        await on.press("i")
        save_picture(on.app, f"limits-{size[0]}x{size[1]}")
        assert "◔ At its rate limit: 100 may start a minute" in on.text
        text = page(on)
        assert "At its rate limit: 100 may start a minute, and 99 do; 40 jobs wait." in text
        assert "rate limit        100 in 1m 00s" in on.text
        assert "rate limit 100 in 1m 00s" in text
        assert "window now 100 of 100 used, 12.3s left; workers wait" in text
        assert "starts 99.0 a minute, 99% of the limit, over 5m 00s" in text
        assert "limited 80% of the time, 150 looks in 5m 00s" in text
        assert "concurrency 0 active of 5 at most" in text
        assert "used up 10% of the time" in text
        assert "workers 3 connected" in text


async def test_slower_than_what_the_history_knows_of_an_hour_ago() -> None:
    async with stage(mail(limit=RateLimit(), concurrency=None), (140, 50)) as on:
        seen(on, Flow(added=100, started=99, completed=99), Stand(reads=30), run_ms=900)
        on.runtime.history.points[MAIL] = [Point(NOW - 3_600_000, run=sketch_of([300] * 60))]
        await on.press("i")
        text = page(on)
        assert "Jobs take 3.0 times as long as an hour ago" in text
        assert "p50 0.9s, p95 0.9s of 60 jobs; an hour ago 0.3s and 0.3s" in text
        assert "Limits that workers have by themselves (the option `limiter`) are not stored in Redis" in text


async def test_where_nothing_was_seen_yet_nothing_is_claimed() -> None:
    async with stage(mail(limit=RateLimit(50, 1000)), (140, 50)) as on:
        seen(on, Flow(), Stand(), known_s=0.0)
        await on.press("i")
        text = page(on)
        assert "rate limit 50 in 1.0s, which is 3.0k a minute" in text
        assert "starts not measured" in text
        assert "limited not measured" in text
