"""Failed jobs by their error, as a person uses it."""

import pytest

from bulltui.domain.actions import Remove, Retry
from bulltui.domain.errors import UnreachableError
from bulltui.domain.flow import JobRef
from bulltui.domain.outcome import Outcome
from bulltui.domain.queue import QueueRef
from bulltui.domain.states import JobState
from bulltui.domain.targets import Picked
from bulltui.tui.screens.error_jobs import ErrorJobsScreen
from bulltui.tui.screens.errors import ErrorsScreen
from bulltui.tui.screens.job import JobScreen
from bulltui.tui.screens.main import MainScreen
from tests.tui.fakes import NOW, FakeQueue, Stage, failed, settle, stage, until

PAYMENTS, MAIL = QueueRef("bull", "payments"), QueueRef("bull", "mail")
MINUTE = 60_000


def failures() -> dict[str, FakeQueue]:
    """Three errors in two queues."""
    timeouts = [
        failed(f"t{n}", f"ETIMEDOUT 10.0.0.{n}:443 after {n * 10} ms", finishedOn=str(NOW - n * MINUTE))
        for n in range(1, 9)
    ]
    declined = [failed(f"d{n}", f"card {n}99 declined", finishedOn=str(NOW - 90 * MINUTE)) for n in range(1, 4)]
    bounced = [failed(f"b{n}", f"mailbox {n} is full", finishedOn=str(NOW - 5 * MINUTE)) for n in range(1, 3)]
    return {
        "payments": FakeQueue({JobState.FAILED: [*timeouts, *declined]}),
        "mail": FakeQueue({JobState.FAILED: bounced}),
    }


def errors_of(on: Stage) -> ErrorsScreen:
    screen = on.app.screen
    assert isinstance(screen, ErrorsScreen)
    return screen


def rows(on: Stage) -> list[str]:
    """The lines of the table."""
    return [" ".join(line.split()) for line in on.lines[3:8]]


async def test_groups_of_the_queue_and_then_of_all() -> None:
    async with stage(failures()) as on:
        await on.press("E")
        assert "Errors of payments  2 groups" in on.lines[1]
        assert "11 failed jobs" in on.lines[1]
        first, second, *_ = rows(on)
        assert first.startswith("▌ 8 72% ")
        assert "★ new" in first
        assert "ETIMEDOUT" in first
        assert second.startswith("3 27% ")
        assert "○ gone" in second
        await on.press("E")
        assert "Errors of all 2 queues  3 groups" in on.lines[1]
        assert "E shows payments" in on.lines[1]
        await on.press("E", "escape")
        assert isinstance(on.app.screen, MainScreen)


async def test_all_of_the_group_under_the_cursor_is_below() -> None:
    async with stage(failures()) as on:
        await on.press("E")
        assert "8 failed jobs, 72% of all" in on.text
        assert "8 in the last hour, 0 in the one before" in on.text
        assert "the newest, t1 of payments" in on.text
        assert "at charge (/app/src/pay.ts:10:5)" in on.text
        await on.press("down")
        assert "the newest, d1 of payments" in on.text
        assert "card 199 declined" in on.text


async def test_it_says_how_far_it_is_and_can_be_stopped_and_continued() -> None:
    async with stage(failures()) as on:
        on.runtime.finder.most = 4
        on.runtime.reader.gate.clear()
        await on.pilot.press("E")
        await on.pilot.pause(0.05)
        assert "examined 0 of 11" in on.lines[1]
        assert "c stop" in on.lines[-1]
        await on.pilot.press("escape")
        on.runtime.reader.gate.set()
        await settle(on.pilot)
        assert "stopped: examined 0 of 11, c goes on" in on.lines[1]
        assert "c go on" in on.lines[-1]
        await on.press("c")
        assert "11 failed jobs" in on.lines[1]
        assert on.runtime.finder.looks >= 3
        await on.press("escape")
        assert isinstance(on.app.screen, MainScreen)


async def test_sorted_by_another_column() -> None:
    async with stage(failures()) as on:
        await on.press("E", "E", "down", "s")
        assert "by last" in on.lines[1]
        assert "ETIMEDOUT" in rows(on)[0]
        assert "mailbox" in rows(on)[1]
        await on.press("s")
        assert "by trend" in on.lines[1]
        assert "declined" in rows(on)[2]


@pytest.mark.parametrize("size", [(140, 40), (80, 24), (60, 16)])
async def test_a_group_opens_as_its_jobs_and_a_job_from_there(size: tuple[int, int]) -> None:
    async with stage(failures(), size) as on:
        await on.press("E", "enter")
        assert isinstance(on.app.screen, ErrorJobsScreen)
        assert "8 jobs of one error" in on.lines[1]
        assert "ETIMEDOUT 10.0.0.1:443 after 10 ms" in on.text
        await on.press("down", "enter")
        screen = on.app.screen
        assert isinstance(screen, JobScreen)
        assert screen.job_now() == JobRef(PAYMENTS, "t2")
        await on.press("escape")
        assert isinstance(on.app.screen, ErrorJobsScreen)
        await on.press("escape")
        assert errors_of(on)


async def test_jobs_of_several_queues_say_which() -> None:
    queues = failures()
    queues["mail"].jobs[JobState.FAILED].append(failed("t99", "ETIMEDOUT 10.0.0.99:443 after 1 ms"))
    async with stage(queues) as on:
        await on.press("E", "E", "enter")
        assert "9 jobs of one error" in on.lines[1]
        assert "queues payments 8, mail 1" in on.text
        assert any("mail" in line and "t99" in line for line in on.lines)


async def test_a_group_is_retried_or_removed_as_a_whole() -> None:
    async with stage(failures()) as on:
        on.runtime.runner.outcome = Outcome("retry", done=8)
        await on.press("E", "r")
        assert on.runtime.runner.previewed
        looks = on.runtime.finder.looks
        await on.press("y")
        (request,) = on.runtime.runner.ran
        assert request.action == Retry()
        assert isinstance(request.target, Picked)
        (part,) = request.target.parts
        assert (part.ref, part.state, len(part.ids)) == (PAYMENTS, JobState.FAILED, 8)
        assert on.runtime.finder.looks > looks  # grouped anew
        await on.press("down", "x", "y")
        assert on.runtime.runner.ran[1].action == Remove()


async def test_what_fails_meanwhile_is_said_and_read_on_demand() -> None:
    queues = failures()
    async with stage(queues) as on:
        await on.press("E")
        queues["payments"].jobs[JobState.FAILED].insert(0, failed("x1", "no such account"))
        on.runtime.clock.now += 2000
        await on.publish()
        assert "1 more since, ctrl+r" in on.lines[1]
        await on.press("ctrl+r")
        assert "12 failed jobs" in on.lines[1]
        assert "no such account" in on.text
        assert on.runtime.poller.asked == [True]


async def test_nothing_failed_and_nothing_answers() -> None:
    async with stage({"payments": FakeQueue({})}, (80, 24)) as on:
        await on.press("E")
        assert "No failed job in payments." in on.text
        await on.press("escape")
    async with stage(failures(), (80, 24)) as on:
        on.runtime.reader.error = UnreachableError("Connection refused.", hint="Start the server.")
        await on.press("E")
        assert "Connection refused." in on.text
        assert "Start the server." in on.text
        on.runtime.reader.error = None
        await on.press("c")
        assert "11 failed jobs" in on.text


async def test_read_only_offers_to_look_only() -> None:
    from bulltui.config.settings import Settings

    async with stage(failures(), settings=Settings(read_only=True)) as on:
        await on.press("E")
        assert "r retry" not in on.lines[-1]
        await on.press("r", "x")
        assert errors_of(on)
        assert on.runtime.runner.previewed == []


async def test_a_cursor_that_was_moved_stays_on_its_group_while_counts_come_in() -> None:
    many = [failed(f"m{n}", f"error of kind {chr(97 + n % 7) * 3}") for n in range(210)]
    async with stage({"payments": FakeQueue({JobState.FAILED: many})}) as on:
        on.runtime.finder.most = 10
        await on.press("E")
        screen = errors_of(on)
        await on.press("down", "down")
        key = screen.table.cursor_key
        await on.press("s")
        await on.press("ctrl+r")
        await until(on.pilot, lambda: "210 failed jobs" in on.lines[1])
        assert key is not None
        assert screen.table.line_count == 7


@pytest.mark.parametrize("size", [(140, 40), (60, 16)])
async def test_hostile_errors(size: tuple[int, int]) -> None:
    evil = "[red]x[/] \x1b[31m \u202e 日本語 \udcff"
    jobs = [failed(f"{evil}{n}", f"{evil * 9}\n{evil}", name=evil) for n in range(3)]
    long = failed("long", "word " * 20_000)
    async with stage({evil: FakeQueue({JobState.FAILED: [*jobs, long]})}, size) as on:
        await on.press("E", "down", "up", "enter", "down", "y", "enter", "escape", "escape", "E")
        assert errors_of(on)
        assert "[red]x[/]" in on.text
        assert "\x1b" not in on.text
        assert "\u202e" not in on.text


async def test_a_hundred_thousand_jobs_of_a_group_open_at_once() -> None:
    from bulltui.domain.error_groups import ErrorGroup, Fingerprint
    from tests.own_time import own_time

    async with stage(failures()) as on:
        await on.press("E")
        ids = [f"j{n}" for n in range(100_000)]
        group = ErrorGroup(Fingerprint("k", "boom"), 100_000, ids={PAYMENTS: ids}, kept=100_000)
        screen = errors_of(on)
        started = own_time()
        on.app.push_screen(ErrorJobsScreen(screen.runtime, screen.identity, screen.acting, group, 100_000))
        await on.settle()
        assert own_time() - started < 1  # measured: 0.05
        assert "100,000 jobs of one error" in on.lines[1]
        await on.press("end")
        assert "100,000 jobs" in on.lines[1]
