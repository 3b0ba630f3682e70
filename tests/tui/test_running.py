"""A running action: its progress, stopping it, what came of it, and what else the screen does meanwhile."""

import asyncio
import os
import re
import signal
import time

import pytest

from bulltui.domain import actions
from bulltui.domain.address import server_of
from bulltui.domain.errors import BulltuiError, NotAllowedError, UnreachableError
from bulltui.domain.history import Deed, Intent, Past
from bulltui.domain.outcome import Outcome, Preview, Progress, Reason
from bulltui.domain.queue import QueueRef
from bulltui.domain.states import JobState
from bulltui.domain.targets import Every, Queues
from bulltui.domain.targets import Past as Entry
from bulltui.services.request import Request
from bulltui.tui.present.requests import doing
from bulltui.tui.present.running import running_line, words
from bulltui.tui.screens.audit import AuditScreen, DeedScreen
from bulltui.tui.screens.confirm import ConfirmScreen
from bulltui.tui.screens.leave import LeaveScreen
from bulltui.tui.screens.main import MainScreen
from bulltui.tui.screens.undo import UndoScreen
from tests.tui.fakes import NOW, Stage, shop, stage, until
from tests.tui.hurry import painted_at_the_end

PAYMENTS = QueueRef("bull", "payments")
RETRY_ALL = Request(actions.Retry(), Every(PAYMENTS, JobState.FAILED))
HALF = Progress(12_300, 12_300, 0, 100_000, 1.5)


def shows(on: Stage, screen: type[object]) -> bool:
    return isinstance(on.app.screen, screen)


async def begin(on: Stage, *, held: bool = True) -> None:
    """All failed jobs of payments are retried, and that takes its time."""
    if held:
        on.runtime.runner.gate.clear()
    before = len(on.runtime.runner.ran)
    await on.press("R", "y")
    await until(on.pilot, lambda: len(on.runtime.runner.ran) > before, "it was not begun")
    await on.settle()


# --- progress


@pytest.mark.parametrize(
    ("size", "known"),
    [
        ((140, 40), ("Retrying failed jobs of payments", "▓▓░░", "12,300 of 100,000", "k/s", "esc stops")),
        ((80, 24), ("Retrying failed jobs of payments", "12,300 of 100,000", "esc stops")),
        ((60, 16), ("12,300 of 100,000", "esc stops")),
    ],
)
async def test_progress_stands_above_the_footer(size: tuple[int, int], known: tuple[str, ...]) -> None:
    async with stage(shop(), size) as on:
        on.runtime.runner.progress = (HALF,)
        await begin(on)
        await until(on.pilot, lambda: "12,300" in on.lines[-2])
        for words in known:
            assert words in on.lines[-2]
        on.runtime.runner.gate.set()
        await until(on.pilot, lambda: "12,300" not in on.text)


def test_a_line_of_progress() -> None:
    line = "".join(text for text, _ in running_line(doing(RETRY_ALL), HALF, 140, asked=False))
    for known in ("Retrying failed jobs of payments  ▓▓░░", "12,300 of 100,000  8.2k/s  1.5s", "esc stops"):
        assert known in line
    unknown = Progress(300, 290, 10, None, 2.0, "saving")
    line = "".join(text for text, _ in running_line(doing(RETRY_ALL), unknown, 140, asked=True))
    for known in ("payments  300  saving  10 skipped  150/s  2.0s", "stopping after this chunk"):
        assert known in line


def test_what_was_done_by_an_earlier_run_is_not_in_the_rate() -> None:
    gone_on_with = Progress(300, 0, 0, 600, 2.0, before=200)
    line = "".join(text for text, _ in running_line("Writing", gone_on_with, 140, asked=False))
    assert "300 of 600  50/s" in line


async def test_the_screen_stays_live_meanwhile() -> None:
    async with stage(shop()) as on:
        await begin(on)
        await on.press("enter", "1")
        assert "[waiting 30]" in on.text
        await on.press("W")
        assert "Retrying failed jobs of payments" in on.lines[-2]  # on every screen
        on.runtime.runner.gate.set()
        await until(on.pilot, lambda: "Retrying" not in on.text)


async def test_esc_stops_once_and_then_goes_back() -> None:
    async with stage(shop()) as on:
        on.runtime.runner.outcome = Outcome("retry-all", done=250, undo=None)
        await on.press("enter")
        await begin(on)
        on.runtime.runner.progress = ()
        main = on.app.screen
        assert isinstance(main, MainScreen)
        await on.pilot.press("escape")
        await until(on.pilot, lambda: on.runtime.runner.cancelled)
        await until(on.pilot, lambda: "Stopped, 7 left as they were" in on.lines[-2])
        assert "250 jobs retried" in on.lines[-2]
        assert main.level == 1  # the first Esc only stopped
        await on.press("escape")
        assert main.level == 0
        assert "Stopped" not in on.lines[-2]  # seen


async def test_what_was_asked_to_stop_says_so() -> None:
    async with stage(shop()) as on:
        await begin(on)
        on.app.acting.desk._running.cancel.asked = True  # type: ignore[union-attr]
        on.app.acting.desk._tell()
        assert "stopping after this chunk" in on.lines[-2]


async def test_one_at_a_time() -> None:
    async with stage(shop()) as on:
        await begin(on)
        await on.press("P")
        await until(on.pilot, lambda: "One at a time: retrying failed jobs of payments." in on.text)
        assert shows(on, MainScreen)
        assert len(on.runtime.runner.ran) == 1


async def test_many_words_of_progress_cost_little() -> None:
    async with stage(shop()) as on:
        on.runtime.runner.progress = tuple(Progress(n, n, 0, 100_000, n / 8000) for n in range(100_000))
        told = 0

        def tell() -> None:
            nonlocal told
            told += 1

        on.app.acting.desk.follow(tell)
        started = time.perf_counter()
        await begin(on, held=False)
        assert told <= 3 + (time.perf_counter() - started) / 0.1


# --- what came of it


async def test_all_done_is_a_toast() -> None:
    async with stage(shop()) as on:
        on.runtime.runner.outcome = Outcome("retry-all", done=12, undo=3, elapsed_s=2.5)
        refreshes = len(on.runtime.poller.asked)
        await begin(on, held=False)
        await until(on.pilot, lambda: "12 jobs retried." in on.text)
        assert "u undoes." in on.text
        assert "(2.5s)" in on.text
        assert len(on.runtime.poller.asked) > refreshes
        assert on.lines[-2].strip(" ▏") == ""


async def test_partly_done_stays_until_the_next_key() -> None:
    async with stage(shop(), (100, 30)) as on:
        on.runtime.runner.outcome = Outcome(
            "retry-all",
            done=9,
            skipped={Reason.LOCKED: 2, Reason.MISSING: 1},
            examples={Reason.LOCKED: ("40", "39"), Reason.MISSING: ("38",)},
            unsure=4,
            left=5,
            error=UnreachableError("The connection broke.", hint="Look again."),
        )
        await begin(on, held=False)
        await until(on.pilot, lambda: "⚠ 9 jobs retried." in on.text)
        await on.publish()
        said = " ".join(" ".join(on.lines[-5:-1]).split())
        for known in (
            "3 skipped: a worker runs it (40, 39), not there any more (38).",
            "4 may have been done or not",
            "5 left as they were",
            "The connection broke. Look again.",
        ):
            assert known in said
        await on.press("down")
        assert "⚠ 9 jobs" not in "".join(on.lines[-5:-1])


@pytest.mark.parametrize(
    ("outcome", "words"),
    [
        (Outcome("retry", skipped={Reason.MISSING: 1}, examples={Reason.MISSING: ("40",)}), "not there any more (40)"),
        (Outcome("retry", skipped={Reason.LOCKED: 1}, examples={Reason.LOCKED: ("40",)}), "a worker runs it (40)"),
        (Outcome("retry", error=NotAllowedError("The user may not call EVALSHA.")), "may not call EVALSHA"),
        (Outcome("retry", error=UnreachableError("Connection refused.")), "Connection refused."),
        (Outcome("retry"), "Nothing to do"),
    ],
)
async def test_what_went_wrong_is_a_sentence(outcome: Outcome, words: str) -> None:
    async with stage(shop()) as on:
        on.runtime.runner.outcome = outcome
        await on.press("enter", "r", "y")
        await until(on.pilot, lambda: words in " ".join(on.text.split()))
        assert shows(on, MainScreen)


async def test_a_full_journal_says_which_key_goes_without() -> None:
    async with stage(shop()) as on:
        error = BulltuiError("It is more than may be saved.", hint="Or `--no-undo`.", code="journal-full")
        on.runtime.runner.outcome = Outcome("remove", error=error)
        await on.press("enter", "x", "y")
        await until(on.pilot, lambda: "On the screen that is w" in on.text)


@pytest.mark.parametrize("error", [BulltuiError("A reason is needed here.", hint="Say it."), RuntimeError("a fault")])
async def test_what_was_not_begun_is_a_sentence_too(error: Exception) -> None:
    async with stage(shop()) as on:
        on.runtime.runner.fails = error
        await on.press("enter", "r", "y")
        await until(on.pilot, lambda: str(error) in on.text)
        on.runtime.runner.fails = None
        await begin(on, held=False)  # the next one runs


async def test_the_open_job_is_read_again_at_once() -> None:
    queues = shop()
    async with stage(queues) as on:
        await on.press("enter", "enter", "r")
        queues["payments"].jobs[JobState.WAITING].append(queues["payments"].jobs[JobState.FAILED].pop(0))
        await on.press("y")
        await until(on.pilot, lambda: "waiting" in " ".join(on.lines[15:20]))
        assert "r retry " not in on.lines[-1]  # it has not failed any more


async def test_the_cursor_stays_where_it_was_when_rows_go() -> None:
    queues = shop()
    async with stage(queues) as on:
        main = on.app.screen
        assert isinstance(main, MainScreen)
        await on.press("enter", "down", "down", "x")
        assert main.jobs.highlighted == "38"
        del queues["payments"].jobs[JobState.FAILED][2]
        await on.press("y")
        await until(on.pilot, lambda: main.jobs.highlighted == "37")
        assert main.jobs.table.cursor == 2


# --- leaving


async def test_leaving_asks_while_something_runs() -> None:
    async with stage(shop()) as on:
        await begin(on)
        for key in ("q", "ctrl+c"):
            await on.press(key)
            assert shows(on, LeaveScreen)
            assert "Retrying failed jobs of payments goes on. Stop it and leave?" in on.text
            await on.press("enter")  # the default is to stay
            assert shows(on, MainScreen)
        assert not on.runtime.runner.cancelled
        await on.press("q")
        await on.pilot.press("y")
        await until(on.pilot, lambda: on.runtime.runner.cancelled)
        await until(on.pilot, lambda: not on.app.is_running)


async def test_whatever_ends_the_app_stops_the_action_in_order() -> None:
    async with stage(shop()) as on:
        await begin(on)
        runner = on.runtime.runner
        on.app.exit()
    assert runner.cancelled


# --- undo and audit


def past(number: int, **more: object) -> Past:
    known = {"kind": "done", "done": 3, "user": "ops", "size": 2048}
    intent = Intent("remove", server_of("redis://127.0.0.1:6379"), ("payments",))
    return Past(number, intent, NOW - 60_000, **(known | more))  # type: ignore[arg-type]


async def test_undo_takes_the_newest_that_can_be_undone() -> None:
    async with stage(shop()) as on:
        on.runtime.runner.told = Preview("Undo number 4: remove on payments, 3 done", 3)
        elsewhere = Past(7, Intent("remove", "other:6379/0", ("payments",)), NOW)
        on.runtime.runner.journal.kept = [elsewhere, past(6, running=True), past(5, undone=True), past(4), past(3)]
        await on.press("u")
        assert shows(on, ConfirmScreen)
        assert "Undo number 4" in on.text
        assert "cannot be undone" not in on.text
        await on.press("y")
        await until(on.pilot, lambda: on.runtime.runner.ran == [Request(actions.Restore(4), Entry(4))])


async def test_nothing_to_undo() -> None:
    async with stage(shop()) as on:
        await on.press("u")
        await until(on.pilot, lambda: "There is nothing to undo." in on.text)
        await on.press("U")
        assert "There is nothing to undo" in on.text


async def test_what_to_undo_can_be_chosen() -> None:
    async with stage(shop(), (100, 24)) as on:
        on.runtime.runner.journal.kept = [past(5, undone=True), past(4), past(3), past(2, kind="", done=None)]
        await on.press("U")
        assert shows(on, UndoScreen)
        assert "3 actions can be undone" in on.lines[1]
        assert "cut off, undoable" in on.text
        await on.press("down", "enter")
        await until(on.pilot, lambda: shows(on, ConfirmScreen))
        await on.press("y")
        await until(on.pilot, lambda: on.runtime.runner.ran == [Request(actions.Restore(3), Entry(3))])
        await on.press("home", "enter")
        await until(on.pilot, lambda: "It was undone already." in on.text)
        await on.press("escape")
        assert shows(on, MainScreen)


def deed(number: int, outcome: Outcome | None, **more: object) -> Deed:
    intent = Intent("clean", "127.0.0.1:6379/0", ("payments",), {"state": "failed"}, ids=("1", "2"), reason="INC-7")
    return Deed(str(number), NOW - 90_000, intent, "ops", host="box", pid=7, outcome=outcome, **more)  # type: ignore[arg-type]


@pytest.mark.parametrize("size", [(140, 40), (80, 24), (60, 16)])
async def test_the_audit(size: tuple[int, int]) -> None:
    async with stage(shop(), size) as on:
        on.runtime.runner.audit.done = [
            deed(2, Outcome("clean", done=12, skipped={Reason.LOCKED: 1}, examples={Reason.LOCKED: ("40",)})),
            deed(1, None, interrupted=True),
        ]
        await on.press("H")
        assert shows(on, AuditScreen)
        assert "2 actions of this machine" in on.lines[1]
        assert "clean" in on.text
        await on.press("enter")
        assert shows(on, DeedScreen)
        for known in ("INC-7", "ops@box"):
            assert known in on.text
        if size[1] > 16:
            assert "a worker runs it (40)" in " ".join(on.text.split())
        await on.press("escape")
        assert shows(on, AuditScreen)


async def test_an_audit_that_cannot_be_read() -> None:
    async with stage(shop()) as on:
        on.runtime.runner.audit.error = BulltuiError("The audit cannot be read.", hint="Look at its rights.")
        await on.press("H")
        assert "The audit cannot be read." in on.text
        assert "Look at its rights." in on.text


async def test_what_an_earlier_run_did_not_end_is_told() -> None:
    from bulltui.tui.app import BulltuiApp
    from tests.tui.fakes import FakeRuntime
    from tests.tui.support import screen_text

    runtime = FakeRuntime(shop())
    runtime.runner.audit.cut_off = [deed(1, None, interrupted=True), deed(2, None, interrupted=True)]
    app = BulltuiApp(runtime)
    async with painted_at_the_end(), app.run_test(size=(140, 40)) as pilot:
        runtime.publish()
        await until(pilot, lambda: "was cut off in the middle" in "\n".join(screen_text(app)))
        assert "1 more were" in " ".join("\n".join(screen_text(app)).split())


async def test_a_hang_up_leaves_in_order() -> None:
    from bulltui.tui.run import _ended_by_signals

    async with stage(shop()) as on:
        await begin(on)
        with _ended_by_signals(on.app):
            os.kill(os.getpid(), signal.SIGHUP)
            await until(on.pilot, lambda: not on.app.is_running)
        assert on.app.return_code == 129
    assert on.runtime.runner.cancelled


async def test_time_goes_on_between_chunks() -> None:
    async with stage(shop()) as on:
        on.runtime.runner.progress = (Progress(1, 1, 0, 100, 0.01),)
        await begin(on)
        await until(on.pilot, lambda: re.search(r"\b[1-9]\.\ds", on.lines[-2]) is not None, "the clock stands")
        assert "100/s" not in on.lines[-2]


async def test_closing_waits_for_the_end() -> None:
    async with stage(shop()) as on:
        await begin(on)
        desk = on.app.acting.desk
        started = asyncio.get_running_loop().time()
        await desk.close()
        assert desk.running is None
        assert asyncio.get_running_loop().time() - started < 5


def test_what_was_done_on_several_servers_is_undone_one_after_the_other() -> None:
    """The screen names no number: the same key takes back each."""
    refs = (QueueRef("bull", "mail", "eu"), QueueRef("bull", "mail", "us"))
    outcome = Outcome("pause", done=2, undo=1, further_undos=(2,))
    assert words(Request(actions.Pause(), Queues(refs)), outcome) == "2 queues paused. u undoes, one server at a time."
