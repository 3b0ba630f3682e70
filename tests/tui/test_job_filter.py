"""Filtering the jobs of a state by a query, over all of them, and acting on what it leaves."""

import asyncio
from dataclasses import replace

from bulltui.domain.errors import BulltuiError
from bulltui.domain.queue import QueueRef
from bulltui.domain.scan import Look, Probe
from bulltui.domain.states import JobState
from bulltui.domain.targets import Jobs
from bulltui.tui.panes.job_pane import JobPane
from bulltui.tui.screens.main import MainScreen
from tests.tui.fakes import NOW, FakeQueue, Stage, failed, job, stage, until

REF = QueueRef("bull", "pay")


def queues(count: int = 400) -> dict[str, FakeQueue]:
    """Failed jobs, each tenth of which was declined, and a few that wait."""
    return {
        "pay": FakeQueue(
            {
                JobState.FAILED: [
                    failed(n, "card declined" if n % 10 == 0 else "timeout") for n in range(count, 0, -1)
                ],
                JobState.WAITING: [job(n, "declined-again") for n in range(1003, 1000, -1)],
            }
        )
    }


class SlowFinder:
    """Looks on only when it is let."""

    on_server = True

    def __init__(self, on: Stage) -> None:
        self._finder = on.runtime.finder
        self.turns = asyncio.Semaphore(0)

    async def look(self, probe: Probe) -> Look:
        await self.turns.acquire()
        return await self._finder.look(probe)

    async def holders(self, refs: list[QueueRef], job_id: str) -> list[QueueRef]:
        return await self._finder.holders(refs, job_id)

    def let(self, count: int) -> None:
        for _ in range(count):
            self.turns.release()


def slow(on: Stage) -> SlowFinder:
    finder = SlowFinder(on)
    on.runtime.finder = finder  # type: ignore[assignment]
    return finder


def pane(on: Stage) -> JobPane:
    assert isinstance(on.app.screen, MainScreen)
    return on.app.screen.jobs


async def filtered(on: Stage, text: str) -> None:
    await on.press("enter", "slash")
    await on.type(text)


async def test_it_looks_through_all_of_the_state_not_only_the_page() -> None:
    async with stage(queues()) as on:
        await filtered(on, "declined")
        jobs = pane(on)
        assert len(jobs.table.source) == 40
        assert [jobs.table.source.key(place) for place in (0, 39)] == ["400", "10"]
        assert "40 found  of 400 examined" in on.text
        await on.press("enter")
        assert jobs.table.has_focus
        assert "/ declined" in on.text


async def test_hits_come_while_it_looks_and_escape_stops_then_clears() -> None:
    async with stage(queues()) as on:
        finder = slow(on)
        await on.press("enter", "slash")
        for letter in "declined":
            await on.pilot.press(letter)
        finder.let(2)
        await until(on.pilot, lambda: pane(on).filtered and len(pane(on).table.source) > 0, "nothing came")
        assert "examined" in on.text
        assert "of 400" in on.text
        await on.pilot.press("escape")
        finder.let(9)
        await on.settle()
        assert "stopped: examined" in on.text
        assert pane(on).box.typing
        assert pane(on).filtered
        await on.press("enter", "c")
        assert "40 found  of 400 examined" in on.text
        await on.press("slash", "escape")
        assert not pane(on).filtered
        assert len(pane(on).table.source) == 400


async def test_typing_on_drops_the_search_before() -> None:
    async with stage(queues()) as on:
        await filtered(on, "declined")
        await on.type(" id:400")
        assert len(pane(on).table.source) == 1
        await on.press(*["backspace"] * len(" id:400"))
        assert len(pane(on).table.source) == 40


async def test_what_is_wrong_is_marked_and_the_rows_stay() -> None:
    async with stage(queues()) as on:
        await filtered(on, "declined")
        await on.type(" attempts>x y")
        box = next(number for number, line in enumerate(on.lines) if "/ declined attempts>x y" in line)
        mark, wrong = on.lines[box + 1].index("^"), on.lines[box].index(">x") + 1
        assert mark == wrong
        assert "is no number" in on.lines[box + 1] + on.lines[box + 2]
        assert len(pane(on).table.source) == 40


async def test_marks_are_of_all_matches_and_act_on_exactly_these() -> None:
    async with stage(queues()) as on:
        await filtered(on, "declined")
        await on.press("enter", "asterisk")
        assert "40 marked" in on.text
        await on.press("r")
        assert "40 of 40 failed with card declined" in on.text
        assert "Among them: 400, 390, 380, 370, 360." in on.text
        await on.press("y")
        (request,) = on.runtime.runner.ran
        assert request.target == Jobs(REF, tuple(str(n) for n in range(400, 0, -10)), JobState.FAILED)


async def test_escape_drops_marks_then_the_filter_then_leaves() -> None:
    async with stage(queues()) as on:
        await filtered(on, "declined")
        await on.press("enter", "space", "escape")
        assert pane(on).filtered
        await on.press("escape")
        assert not pane(on).filtered
        assert pane(on).table.has_focus
        await on.press("escape")
        assert not pane(on).table.has_focus


async def test_another_state_is_filtered_by_the_same_query() -> None:
    async with stage(queues()) as on:
        await filtered(on, "declined")
        await on.press("enter")
        pane(on).show_state(JobState.WAITING)
        await on.settle()
        assert len(pane(on).table.source) == 3


async def test_another_queue_has_no_filter() -> None:
    async with stage({**queues(), "other": FakeQueue({JobState.WAITING: [job(1)]})}) as on:
        await filtered(on, "declined")
        await on.press("enter")
        pane(on).show_queue(QueueRef("bull", "other"))
        await on.settle()
        assert not pane(on).filtered
        assert len(pane(on).table.source) == 0 or pane(on).table.source.key(0) == "1"


async def test_a_job_that_left_is_struck_out_and_counted() -> None:
    async with stage(queues(), size=(200, 40)) as on:
        await filtered(on, "declined")
        await on.press("enter")
        jobs = on.runtime.reader.queues[REF].jobs
        one = next(one for one in jobs[JobState.FAILED] if one.id == "390")
        jobs[JobState.FAILED].remove(one)
        jobs[JobState.WAITING].insert(0, replace(one, fields={"name": "charge", "timestamp": str(NOW)}))
        on.runtime.clock.now += 2000
        await on.publish()
        assert "1 left since" in on.text
        cells = pane(on).table.source.cells(1)
        assert cells is not None
        assert cells[1] == ("390", "dim strike")
        await on.press("ctrl+r")
        assert len(pane(on).table.source) == 39


async def test_a_job_opens_from_the_filtered_rows() -> None:
    async with stage(queues()) as on:
        await filtered(on, "declined")
        await on.press("enter", "down", "enter")
        assert isinstance(on.app.screen, MainScreen)
        assert on.app.screen.detail.shown is not None
        assert on.app.screen.detail.shown.id == "390"
        await on.press("escape")
        assert pane(on).filtered
        assert pane(on).table.cursor == 1


async def test_a_server_that_is_away_is_told_of_and_what_was_found_stays() -> None:
    async with stage(queues(), size=(200, 40)) as on:
        finder = slow(on)
        await on.press("enter", "slash")
        for letter in "declined":
            await on.pilot.press(letter)
        finder.let(2)
        await until(on.pilot, lambda: pane(on).filtered and len(pane(on).table.source) > 0, "nothing came")
        on.runtime.reader.error = BulltuiError("It is away.")
        finder.let(9)
        await on.settle()
        assert "It is away." in on.text
        assert len(pane(on).table.source) >= 10


async def test_at_60x16_there_is_room_for_it() -> None:
    async with stage(queues(), size=(60, 16)) as on:
        await filtered(on, "declined attempts>x y")
        assert "is no number" in on.text
        await on.press(*["backspace"] * len(" attempts>x y"), "enter")
        assert "40 found" in on.text
