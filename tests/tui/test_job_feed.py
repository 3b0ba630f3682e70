"""Rows of jobs that stay where they are while jobs come and go."""

import asyncio
from dataclasses import replace

from bulltui.domain.errors import BulltuiError
from bulltui.domain.queue import QueueRef
from bulltui.domain.states import JobState
from bulltui.tui.job_feed import JobFeed, Subject, View
from tests.tui.fakes import FakeClock, FakeQueue, FakeReader, job

REF = QueueRef("bull", "mail")
DONE = Subject(REF, JobState.COMPLETED, oldest_first=False)


class Table:
    """What a table would show."""

    def __init__(self, count: int = 1000) -> None:
        self.jobs = [job(n) for n in range(count, 0, -1)]
        self.reader = FakeReader({"mail": FakeQueue({JobState.COMPLETED: self.jobs})})
        self.view = View(0, 20, 0)
        self.changes = 0
        self.feed = JobFeed(self.reader, FakeClock(), lambda: self.view, self._changed, timeout_s=5)

    def _changed(self) -> None:
        self.changes += 1

    async def read(self) -> None:
        while self.feed.busy:
            await asyncio.sleep(0)


async def test_the_first_page_is_the_newest() -> None:
    table = Table()
    table.feed.show(DONE)
    await table.read()
    assert len(table.feed.rows) == 1000
    assert table.feed.rows.key(0) == "1000"
    assert table.feed.rows.key(59) == "941"
    assert table.feed.rows.key(60) is None
    assert table.feed.rows.cells(60) is None


async def test_what_comes_into_sight_is_read_and_what_was_read_stays() -> None:
    table = Table()
    table.feed.show(DONE)
    await table.read()
    table.view = View(500, 20, 500)
    table.feed.refresh()
    await table.read()
    assert table.feed.rows.key(500) == "500"
    assert table.feed.rows.key(0) == "1000"


async def test_rows_keep_their_place_on_the_screen_when_jobs_come() -> None:
    table = Table()
    table.feed.show(DONE)
    await table.read()
    table.view = View(30, 20, 35)
    table.feed.refresh()
    await table.read()
    assert table.feed.rows.key(35) == "965"
    table.jobs[:0] = [job(n) for n in range(1007, 1000, -1)]
    table.feed.refresh()
    await table.read()
    assert table.feed.rows.find("965", 35) == 42
    assert table.feed.rows.key(42) == "965"
    assert len(table.feed.rows) == 1007


async def test_at_the_very_top_one_sees_what_comes_in() -> None:
    table = Table()
    table.feed.show(DONE)
    await table.read()
    table.jobs.insert(0, job(1001))
    table.feed.refresh()
    await table.read()
    assert table.reader.pages[-1][-1] is None
    assert table.feed.rows.key(0) == "1001"


async def test_no_late_page_of_another_state_is_shown() -> None:
    table = Table()
    table.reader.gate.clear()
    table.feed.show(DONE)
    await asyncio.sleep(0)
    table.feed.show(replace(DONE, state=JobState.FAILED))
    table.reader.gate.set()
    await table.read()
    assert len(table.feed.rows) == 0
    assert table.feed.loaded
    assert table.changes == 1


async def test_a_failed_read_keeps_the_rows_and_tells_why() -> None:
    table = Table()
    table.feed.show(DONE)
    await table.read()
    table.reader.error = BulltuiError("It is away.")
    table.feed.refresh()
    await table.read()
    assert table.feed.rows.key(0) == "1000"
    assert table.feed.problem is not None
    table.reader.error = None
    table.feed.refresh()
    await table.read()
    assert table.feed.problem is None


async def test_pages_are_as_long_as_the_screen_asks_and_no_longer_than_is_right() -> None:
    table = Table(5000)
    table.view = View(0, 500, 0)
    table.feed.show(DONE)
    await table.read()
    assert table.reader.pages[-1][3] == 400
