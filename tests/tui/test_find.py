"""Jobs found by a text or a query, as a person uses it."""

from collections.abc import AsyncIterator, Sequence

from bulltui.domain.actions import Remove, Retry
from bulltui.domain.errors import UnreachableError
from bulltui.domain.flow import JobRef
from bulltui.domain.query.query import Query
from bulltui.domain.queue import QueueRef
from bulltui.domain.saved_search import SavedSearch
from bulltui.domain.scan import Candidate, Look
from bulltui.domain.states import JobState
from bulltui.domain.targets import Jobs, Picked
from bulltui.tui.panes.query_box import QueryInput
from bulltui.tui.screens.find import FindScreen
from bulltui.tui.screens.job import JobScreen
from bulltui.tui.screens.main import MainScreen
from tests.tui.fakes import FakeJob, FakeQueue, Stage, failed, job, settle, stage, until

PAYMENTS, MAIL = QueueRef("bull", "payments"), QueueRef("bull", "mail")


def queues() -> dict[str, FakeQueue]:
    """Some jobs that a search tells apart."""
    return {
        "payments": FakeQueue(
            {
                JobState.FAILED: [failed(f"f{n}", f"ETIMEDOUT {n}", data=f'{{"card":"visa-{n}"}}') for n in range(4)],
                JobState.WAITING: [job(f"w{n}", data='{"card":"amex"}') for n in range(3)],
            }
        ),
        "mail": FakeQueue({JobState.FAILED: [failed("m1", "mailbox full", data='{"to":"visa@example.org"}')]}),
    }


def find_of(on: Stage) -> FindScreen:
    screen = on.app.screen
    assert isinstance(screen, FindScreen)
    return screen


async def asked(on: Stage, text: str) -> None:
    """Search from the main screen."""
    await on.press("ctrl+f")
    await typed(on, text)


async def typed(on: Stage, text: str) -> None:
    field = find_of(on).query_one(QueryInput)
    field.focus()
    field.value = text
    await on.press("enter")
    await settle(on.pilot)


def ids(on: Stage) -> list[str]:
    """The jobs in the table."""
    table = find_of(on).table
    keys = [table.source.key(place) for place in range(table.line_count)]
    return [key.id for key in keys if isinstance(key, JobRef)]


async def test_an_empty_box_shows_how_a_query_is_written() -> None:
    async with stage(queues()) as on:
        await on.press("ctrl+f")
        assert "Find in payments" in on.lines[1]
        assert "ctrl+f: all queues" in on.lines[1]
        assert "data.user.id=42" in on.text
        assert "failed:>2h ago" in on.text
        await on.press("escape")
        assert isinstance(on.app.screen, MainScreen)


async def test_a_text_is_found_in_the_queue_and_then_in_all() -> None:
    async with stage(queues()) as on:
        await asked(on, "visa")
        assert ids(on) == ["f0", "f1", "f2", "f3"]
        assert "4 found" in on.lines[1]
        assert "of 7 examined" in on.lines[1]
        await on.press("ctrl+f", "ctrl+f")
        await settle(on.pilot)
        assert "Find in all 2 queues" in on.lines[1]
        assert sorted(ids(on)) == ["f0", "f1", "f2", "f3", "m1"]
        assert "visa@example.org" in on.text


async def test_an_exact_id_comes_first() -> None:
    async with stage(queues()) as on:
        await asked(on, "w1")
        assert ids(on)[0] == "w1"
        await on.press("enter")
        assert isinstance(on.app.screen, JobScreen)
        await on.press("escape")
        assert ids(on)[0] == "w1"


async def test_a_wrong_query_points_at_the_place_and_keeps_what_was_found() -> None:
    async with stage(queues()) as on:
        await asked(on, "visa")
        await typed(on, "visa (state:failed")
        assert "^" in on.text
        assert ids(on) == ["f0", "f1", "f2", "f3"]
        await typed(on, "state:waiting")
        assert "^" not in on.text
        assert sorted(ids(on)) == ["w0", "w1", "w2"]


async def test_nothing_found_is_said() -> None:
    async with stage(queues()) as on:
        await asked(on, "no-such-text")
        assert "Nothing found among 7 jobs." in on.text


async def test_all_that_match_are_marked_and_retried_where_they_can_be() -> None:
    async with stage(queues()) as on:
        await asked(on, "card")
        assert len(ids(on)) == 7
        await on.press("asterisk")
        assert "7 marked" in on.lines[1]
        await on.press("r")
        await until(on.pilot, lambda: "4 of 4 failed" in on.text)
        assert "4 jobs: 4 failed." in on.text
        await on.press("y")
        await until(on.pilot, lambda: bool(on.runtime.runner.ran))
        (request,) = on.runtime.runner.ran
        assert request.action == Retry()
        assert request.target == Jobs(PAYMENTS, ("f0", "f1", "f2", "f3"), JobState.FAILED)


async def test_matches_of_several_queues_are_one_action() -> None:
    async with stage(queues()) as on:
        await asked(on, "visa")
        await on.press("ctrl+f", "ctrl+f")
        await settle(on.pilot)
        find_of(on).table.focus()
        await on.press("asterisk", "x")
        await until(on.pilot, lambda: "5 jobs: 5 failed." in on.text)
        await on.press("y")
        await until(on.pilot, lambda: bool(on.runtime.runner.ran))
        (request,) = on.runtime.runner.ran
        assert request.action == Remove()
        assert isinstance(request.target, Picked)
        assert {part.ref for part in request.target.parts} == {PAYMENTS, MAIL}


async def test_it_can_be_stopped_and_goes_on() -> None:
    async with stage(queues()) as on:
        on.runtime.finder.most = 1
        on.runtime.reader.gate.clear()
        await on.press("ctrl+f")
        field = find_of(on).query_one(QueryInput)
        field.value = "visa"
        await on.pilot.press("enter")
        await on.pilot.pause()
        await on.pilot.press("escape")
        await on.pilot.pause()
        assert "stopped" in on.lines[1]
        on.runtime.reader.gate.set()
        await on.press("c")
        await settle(on.pilot)
        assert ids(on) == ["f0", "f1", "f2", "f3"]


async def test_what_was_found_stays_when_the_server_goes() -> None:
    async with stage(queues()) as on:
        await asked(on, "visa")
        on.runtime.reader.error = UnreachableError("Connection refused.", hint="Start the server.")
        await on.press("ctrl+r")
        await settle(on.pilot)
        assert "Connection refused." in on.text


async def test_history_and_saved_searches() -> None:
    async with stage(queues()) as on:
        await asked(on, "visa")
        await typed(on, "amex")
        field = find_of(on).query_one(QueryInput)
        field.focus()
        field.value = "half"
        await on.press("up")
        assert field.value == "amex"
        await on.press("up")
        assert field.value == "visa"
        await on.press("down", "down")
        assert field.value == "half"
        await typed(on, "amex")
        await on.press("ctrl+s")
        for letter in "odd":
            await on.pilot.press(letter)
        await on.press("enter")
        await until(on.pilot, lambda: bool(on.runtime.remembered.saved))
        assert on.runtime.remembered.saved == (SavedSearch("odd", "amex", ("payments",)),)
        await typed(on, "@odd id:w2")
        assert ids(on) == ["w2"]
        await typed(on, "@nobody")
        assert "No search is saved as nobody." in on.text


async def test_sorted_by_a_column() -> None:
    async with stage(queues()) as on:
        await asked(on, "card")
        before = ids(on)
        for _ in range(3):
            await on.press("s")
        assert find_of(on).table.sort == ("state", False)
        assert ids(on)[:4] == ["f0", "f1", "f2", "f3"]
        assert sorted(ids(on)) == sorted(before)


async def test_a_low_and_narrow_screen_has_what_matters() -> None:
    async with stage(queues(), size=(60, 16)) as on:
        await asked(on, "visa")
        assert "4 found" in on.text
        assert "f0" in on.text
        assert "visa-0" in on.text or "ETIMEDOUT" in on.text


class OneJob:
    """An index that knows of one job."""

    def __init__(self, found: FakeJob) -> None:
        self._found = found

    async def looks(self, query: Query, ref: QueueRef, states: Sequence[JobState]) -> AsyncIterator[Look] | None:
        return self._looks(ref) if ref == PAYMENTS else None

    async def _looks(self, ref: QueueRef) -> AsyncIterator[Look]:
        yield Look(1, 1, (Candidate(ref, self._found.id, JobState.FAILED, None, self._found.raw),), None)


async def test_a_fresh_index_answers_and_it_is_said() -> None:
    async with stage(queues()) as on:
        on.runtime.indexed = OneJob(failed("f2", "ETIMEDOUT", data='{"card":"visa-2"}'))
        await asked(on, "visa")
        assert ids(on) == ["f2"]
        assert "from the index" in on.lines[1]
