"""What keys ask for: each the right request, once it is confirmed."""

from collections.abc import Sequence
from dataclasses import replace

import pytest
from textual.widgets import Input

from bulltui.config.settings import Settings
from bulltui.domain import actions
from bulltui.domain.actions import Action
from bulltui.domain.errors import BulltuiError, NotAllowedError, UnreachableError
from bulltui.domain.layout import Layout
from bulltui.domain.outcome import Outcome, Preview
from bulltui.domain.queue import QueueRef
from bulltui.domain.scheduler import Scheduler
from bulltui.domain.states import JobState
from bulltui.domain.targets import Every, Jobs, Queues, Schedulers, Target
from bulltui.services.request import Request
from bulltui.tui.screens.confirm import ConfirmScreen
from bulltui.tui.screens.form import FormScreen
from bulltui.tui.screens.main import MainScreen
from tests.tui.fakes import NOW, FakeQueue, Stage, failed, job, shop, stage, until

PAYMENTS, IMAGES = QueueRef("bull", "payments"), QueueRef("bull", "images")
BULK, NEWS = QueueRef("bull", "mail:bulk"), QueueRef("bull", "mail:news")


async def ran(on: Stage) -> Request:
    """The one request that was carried out."""
    await until(on.pilot, lambda: bool(on.runtime.runner.ran), "nothing was run")
    (request,) = on.runtime.runner.ran
    return request


def main_of(on: Stage) -> MainScreen:
    screen = on.app.screen
    assert isinstance(screen, MainScreen)
    return screen


def shows(on: Stage, screen: type[object]) -> bool:
    return isinstance(on.app.screen, screen)


async def asked(on: Stage) -> Request:
    """The request that a confirmation shows."""
    await until(on.pilot, lambda: isinstance(on.app.screen, ConfirmScreen), f"nothing was asked: {on.text}")
    await on.settle()
    return on.runtime.runner.previewed[-1]


def one(state: JobState, ref: QueueRef, *ids: str) -> Jobs:
    return Jobs(ref, ids, state)


FAILED, WAITING, DELAYED, ACTIVE = JobState.FAILED, JobState.WAITING, JobState.DELAYED, JobState.ACTIVE


@pytest.mark.parametrize(
    ("keys", "action", "target"),
    [
        (["enter", "r"], actions.Retry(), one(FAILED, PAYMENTS, "40")),
        (["enter", "x"], actions.Remove(), one(FAILED, PAYMENTS, "40")),
        (["enter", "d"], actions.Duplicate(), one(FAILED, PAYMENTS, "40")),
        (["enter", "enter", "r"], actions.Retry(), one(FAILED, PAYMENTS, "40")),
        (["enter", "enter", "x"], actions.Remove(), one(FAILED, PAYMENTS, "40")),
        (["enter", "space", "down", "space", "r"], actions.Retry(), one(FAILED, PAYMENTS, "40", "38")),
        (["enter", "asterisk", "x"], actions.Remove(), one(FAILED, PAYMENTS, *map(str, range(40, 28, -1)))),
        (["R"], actions.Retry(), Every(PAYMENTS, FAILED)),
        (["enter", "R"], actions.Retry(), Every(PAYMENTS, FAILED)),
        (["P"], actions.Pause(), Queues((PAYMENTS,))),
        (["enter", "P"], actions.Pause(), Queues((PAYMENTS,))),
    ],
)
async def test_keys(keys: Sequence[str], action: Action, target: Target) -> None:
    async with stage(shop()) as on:
        await on.press(*keys)
        assert await asked(on) == Request(action, target)
        await on.press("y")
        assert await ran(on) == Request(action, target)
        await until(on.pilot, lambda: isinstance(on.app.screen, MainScreen))


async def test_pause_is_the_opposite_of_what_it_is() -> None:
    async with stage(shop()) as on:
        main_of(on).queues.go_to(BULK)
        await on.settle()
        assert "P resume" in on.lines[-1]
        await on.press("P")
        assert await asked(on) == Request(actions.Resume(), Queues((BULK,)))


async def test_of_marked_queues_those_that_run_are_paused() -> None:
    async with stage(shop()) as on:
        await on.press("asterisk")
        assert "4 marked" in on.text
        await on.press("P")
        request = await asked(on)
        assert isinstance(request.action, actions.Pause)
        assert isinstance(request.target, Queues)
        assert set(request.target.refs) == {PAYMENTS, IMAGES, NEWS}


MENU: list[tuple[str, list[str], Action, Target]] = [
    ("remove with children", [], actions.Remove(children=True), one(FAILED, PAYMENTS, "40")),
    ("retry with", ["enter"], actions.Retry(True, True), one(FAILED, PAYMENTS, "40")),
    ("retry with", ["right", "enter"], actions.Retry(False, True), one(FAILED, PAYMENTS, "40")),
    ("log line", [*"seen", "enter"], actions.AddLog("seen"), one(FAILED, PAYMENTS, "40")),
    ("drain", ["right", "enter"], actions.Drain(delayed=True), Queues((PAYMENTS,))),
    ("clean", ["enter"], actions.Clean(FAILED, 3_600_000, 0), Queues((PAYMENTS,))),
    ("obliterate", ["enter"], actions.Obliterate(), Queues((PAYMENTS,))),
    ("concurrency", ["8", "enter"], actions.SetConcurrency(8), Queues((PAYMENTS,))),
    ("concurrency", ["enter"], actions.SetConcurrency(None), Queues((PAYMENTS,))),
    ("rate limit…", [*"90", "enter"], actions.SetRateLimit(90, 1000), Queues((PAYMENTS,))),
    ("clear rate", [], actions.ClearRateLimit(), Queues((PAYMENTS,))),
    ("deduplication", [*"a:b", "enter"], actions.RemoveDeduplication("a:b"), Queues((PAYMENTS,))),
    ("trim", ["enter"], actions.TrimEvents(1000), Queues((PAYMENTS,))),
    ("retry many", ["tab", *"50", "tab", *"1h", "tab", *"2.5", "enter"], actions.Retry(),
     Every(PAYMENTS, FAILED, 50, 3_600_000, 2.5)),
    ("retry many", ["right", "enter"], actions.Retry(), Every(PAYMENTS, JobState.COMPLETED)),
]  # fmt: skip


@pytest.mark.parametrize(("words", "keys", "action", "target"), MENU, ids=[f"{m[0]} {m[1]}" for m in MENU])
async def test_the_menu(words: str, keys: list[str], action: Action, target: Target) -> None:
    async with stage(shop()) as on:
        await on.press("enter", "full_stop")
        await on.type(words)
        await on.press("enter")
        await on.press(*keys)
        assert await asked(on) == Request(action, target)


async def test_the_menu_of_other_states() -> None:
    queues = shop()
    queues["payments"].jobs[JobState.WAITING_CHILDREN] = [job("parent")]
    async with stage(queues) as on:
        await on.press("enter", "2", "full_stop")  # active, the stalled one
        await on.type("release")
        await on.press("enter")
        assert await asked(on) == Request(actions.Release(), one(ACTIVE, PAYMENTS, "49"))
        await on.press("n", "full_stop")
        await on.type("fail stuck")
        await on.press("enter", "enter")
        assert await asked(on) == Request(actions.Fail("failed by hand"), one(ACTIVE, PAYMENTS, "49"))
        await on.press("n", "5", "full_stop")
        await on.type("remove children")
        await on.press("enter")
        assert await asked(on) == Request(actions.RemoveChildren(), one(JobState.WAITING_CHILDREN, PAYMENTS, "parent"))


async def test_priority_and_delay() -> None:
    async with stage(shop()) as on:
        await on.press("enter", "1", "full_stop")
        await on.type("priority")
        await on.press("enter", "5", "tab", "right", "enter")
        request = await asked(on)
        assert request.action == actions.Reprioritize(5, lifo=True)
        await on.press("n")
        main_of(on).go_to_queue(NEWS)
        await on.press("4", "p")
        assert await asked(on) == Request(actions.Promote(), one(DELAYED, NEWS, "7"))
        await on.press("n", "full_stop")
        await on.type("delay")
        await on.press("enter", *"90s", "enter")
        assert await asked(on) == Request(actions.Reschedule(90_000), one(DELAYED, NEWS, "7"))


async def test_everything_that_is_paused_and_what_was_paused_from_here() -> None:
    async with stage(shop()) as on:
        await on.press("full_stop")
        await on.type("resume all")
        await on.press("enter")
        assert await asked(on) == Request(actions.Resume(), Queues((BULK,)))
        await on.press("n", "full_stop")
        await on.type("what I paused")
        await on.press("enter")
        await until(on.pilot, lambda: "No queue is paused that was paused from here" in on.text)
        on.runtime.runner.paused = [BULK]
        await on.press("full_stop")
        await on.type("what I paused")
        await on.press("enter")
        assert await asked(on) == Request(actions.Resume(), Queues((BULK,)))


async def test_a_new_job() -> None:
    async with stage(shop(), (80, 24)) as on:
        await on.press("a")
        assert shows(on, FormScreen)
        await on.press("enter")
        assert "A name is needed." in on.text
        await on.type("charge")
        await on.press("tab", "end", "left")
        await on.type('"a": 1.10')
        await on.press("tab", *"10s", "tab", *"3", "tab", "tab", *"my-id", "enter")
        request = await asked(on)
        assert isinstance(request.action, actions.Add)
        assert (request.action.name, request.action.data) == ("charge", '{"a":1.10}')
        assert request.target == Queues((PAYMENTS,))
        for known in ('"delay":10000', '"priority":3', '"jobId":"my-id"'):
            assert known in request.action.opts


async def test_what_is_wrong_is_said_while_one_types() -> None:
    async with stage(shop(), (80, 24)) as on:
        await on.press("a", *"x", "tab", "end", "backspace")
        await on.settle()
        assert "The data is not JSON" in on.text
        await on.press("ctrl+s")
        assert shows(on, FormScreen)
        await on.press("escape")
        assert shows(on, MainScreen)
        assert not on.runtime.runner.previewed


async def test_schedulers() -> None:
    async with stage(shop()) as on:
        on.runtime.reader.schedulers_of["payments"] = [Scheduler("nightly", NOW + 5000, pattern="0 3 * * *")]
        await on.press("S", "r")
        assert await asked(on) == Request(actions.Trigger(), Schedulers(PAYMENTS, ("nightly",)))
        await on.press("n", "x")
        assert await asked(on) == Request(actions.Unschedule(), Schedulers(PAYMENTS, ("nightly",)))


# --- what is offered


async def test_keys_that_can_do_nothing_are_not_offered() -> None:
    async with stage(shop()) as on:
        assert "R retry all" in on.lines[-1]
        assert "r retry " not in on.lines[-1]  # no job is meant in the list of queues
        await on.press("enter")
        assert "r retry" in on.lines[-1]
        assert "x remove" in on.lines[-1]
        assert "promote" not in on.lines[-1]
        await on.press("1")
        assert "r retry " not in on.lines[-1]
        await on.press("r")
        assert shows(on, MainScreen)
        await on.press("2", "down", "full_stop")  # the second active one has its lock
        await on.type("release")
        assert "Nothing has that name" in on.text


async def test_nothing_is_offered_of_an_empty_state() -> None:
    async with stage(shop()) as on:
        await on.press("enter", "4")
        assert "No job is delayed" in on.text
        for key in ("r", "x", "p", "e", "d"):
            await on.press(key)
            assert shows(on, MainScreen)


async def test_read_only_hides_and_refuses() -> None:
    async with stage(shop(), settings=Settings(read_only=True)) as on:
        assert "READ-ONLY" in on.lines[0]
        for key in ("R", "P", "D", "C", "a", "u", "U", "full_stop", "space", "asterisk"):
            await on.press(key)
            assert shows(on, MainScreen), key
        await on.press("enter", "r", "x", "e", "space")
        assert shows(on, MainScreen)
        assert "marked" not in on.text
        for word in ("retry", "remove", "pause", "undo", "mark"):
            assert word not in on.lines[-1]
        await on.press("colon")
        await on.type("obliterate")
        assert "Nothing has that name" in on.text
        await on.press("escape")
        on.app.acting.perform(Request(actions.Retry(), one(FAILED, PAYMENTS, "40")))
        await until(on.pilot, lambda: "Nothing can be changed: read-only" in on.text)
        assert not on.runtime.runner.previewed


async def test_the_palette_has_what_can_be_done() -> None:
    async with stage(shop()) as on:
        await on.press("enter", "colon")
        await on.type("obliterate")
        assert "Remove the queue with everything in it." in on.text
        await on.press("enter", "enter")
        assert await asked(on) == Request(actions.Obliterate(), Queues((PAYMENTS,)))


# --- marks


async def test_marks_are_told_and_go_with_esc_and_with_the_state() -> None:
    async with stage(shop(), (80, 24)) as on:
        await on.press("enter", "space", "space")
        assert "2 marked" in on.text
        await on.press("escape")
        assert "marked" not in on.text
        assert shows(on, MainScreen)
        assert "r retry" in on.lines[-1]
        await on.press("asterisk")
        assert "12 marked" in on.text
        await on.press("o")
        assert "12 marked" in on.text  # another order of the same
        await on.press("1")
        assert "marked" not in on.text
        await on.press("asterisk", "asterisk")
        assert "marked" not in on.text


async def test_ten_thousand_can_be_marked() -> None:
    queues = {"big": FakeQueue({FAILED: [failed(n) for n in range(12_000)]})}
    async with stage(queues) as on:
        await on.press("enter", "asterisk")
        await until(on.pilot, lambda: "10,000 marked" in on.text)
        assert "Only the first 10,000" in on.text
        await on.press("x")
        request = await asked(on)
        assert isinstance(request.target, Jobs)
        assert request.target.ids == tuple(map(str, range(10_000)))


async def test_marks_go_once_something_was_done() -> None:
    async with stage(shop()) as on:
        await on.press("enter", "space", "r")
        await asked(on)
        await on.press("y")
        await until(on.pilot, lambda: "1 marked" not in on.text)
        on.runtime.runner.outcome = Outcome("retry", error=UnreachableError("Gone."))
        await on.press("space", "r")
        await asked(on)
        await on.press("y")
        await until(on.pilot, lambda: "Gone." in on.text)
        assert "1 marked" in on.text  # for another try


# --- confirmation


@pytest.mark.parametrize("keys", [["enter"], ["n"], ["escape"], ["right", "left", "enter"]])
async def test_no_is_the_default(keys: list[str]) -> None:
    async with stage(shop()) as on:
        await on.press("enter", "x")
        await asked(on)
        await on.press(*keys)
        assert shows(on, MainScreen)
        assert on.runtime.runner.ran == []


async def test_yes_can_be_chosen_too() -> None:
    async with stage(shop()) as on:
        await on.press("enter", "x")
        await asked(on)
        await on.press("right", "enter")
        await ran(on)


@pytest.mark.parametrize("size", [(60, 16), (80, 24), (140, 40)])
async def test_all_of_a_confirmation_can_be_read(size: tuple[int, int]) -> None:
    async with stage(shop(), size) as on:
        on.runtime.runner.told = Preview(
            "Remove 12 failed jobs of payments",
            12,
            ("They are gone, with their data and logs.", "It can be undone: what is destroyed is saved before."),
            ("payments is paused.",),
            undoable=True,
            samples=("40", "39"),
        )
        await on.press("enter", "x")
        await asked(on)
        for known in ("Remove 12 failed jobs of payments", "They are gone", "can be undone", "! payments is paused",
                      "Such as 40, 39", "[No]", "y yes"):  # fmt: skip
            assert known in on.text


async def test_a_long_question_leaves_the_answers_in_sight() -> None:
    async with stage(shop(), (60, 16)) as on:
        lines = tuple(f"Line {number} says what happens then and there, at length." for number in range(9))
        on.runtime.runner.told = Preview("Obliterate payments", 54, lines, ("The end.",), type_name="payments")
        await on.press("enter", "x")
        await asked(on)
        for known in ("Obliterate payments", "type payments", "[No]", "page down reads on"):
            assert known in on.text
        assert "The end." not in on.text
        await on.press("pagedown", "pagedown", "pagedown")
        assert "The end." in on.text
        assert "[No]" in on.text


async def test_a_key_that_is_pressed_twice_asks_once() -> None:
    async with stage(shop()) as on:
        await on.press("enter")
        main_of(on).action_act("remove")
        main_of(on).action_act("remove")
        await asked(on)
        await on.press("n")
        await until(on.pilot, lambda: shows(on, MainScreen))
        assert len(on.runtime.runner.previewed) == 1


async def test_a_group_is_marked_as_its_queues() -> None:
    async with stage(shop(), (80, 24)) as on:
        await on.press("z")
        main = main_of(on)
        main.queues.table.move_to_key("mail:")
        await on.press("space")
        assert main.queues.table.marks == {BULK, NEWS}
        assert "2 marked" in on.text
        main.queues.table.move_to_key("mail:")
        await on.press("space")
        assert "marked" not in on.text


async def test_the_name_is_typed_before_all_is_gone() -> None:
    async with stage(shop(), (60, 16)) as on:
        on.runtime.runner.told = Preview("Obliterate payments", 54, type_name="payments")
        await on.press("enter", "full_stop")
        await on.type("obliterate")
        await on.press("enter", "enter")
        await asked(on)
        assert "type payments to confirm" in on.text
        await on.type("paymen")
        await on.press("enter")  # to the answers
        await on.press("y")
        assert "Type payments to confirm." in on.text
        assert on.runtime.runner.ran == []
        await on.type("ts")
        await on.press("enter", "y")
        await ran(on)


async def test_a_reason_where_one_is_required() -> None:
    async with stage(shop(), settings=Settings(require_reason=True)) as on:
        await on.press("enter", "r")
        await asked(on)
        await on.press("enter", "y")  # y is a letter of the reason
        assert on.runtime.runner.ran == []
        await on.press("backspace", "tab", "y")
        assert "A reason is needed here." in on.text
        await on.type("INC-7")
        await on.press("enter", "y")
        assert (await ran(on)).reason == "INC-7"


async def test_production_looks_different() -> None:
    async with stage(shop(), settings=Settings(production=True, profile="live")) as on:
        assert "PRODUCTION" in on.lines[0]
        assert "live" in on.lines[0]
        await on.press("enter", "r")
        await asked(on)
        assert on.app.screen.has_class("-production")
        assert any("PRODUCTION" in line for line in on.lines[1:])


async def test_without_undo() -> None:
    async with stage(shop()) as on:
        await on.press("enter", "x")
        await asked(on)
        on.runtime.runner.told = replace(on.runtime.runner.told, undoable=False)
        await on.press("w")
        assert "It cannot be undone, since nothing is saved" in on.text
        await on.press("y")
        assert (await ran(on)).undo is False


async def test_what_serves_a_queue_can_be_said() -> None:
    async with stage(shop(), (60, 16)) as on:
        on.runtime.runner.refused = NotAllowedError("payments may be of 4 or 5.", hint="Say which.", code="layout")
        await on.press("enter", "r")
        await asked(on)
        assert "may be of 4 or 5" in on.text
        assert "If you know which BullMQ serves it" in on.text
        on.runtime.runner.refused = None
        await on.press("5")
        assert "since you said so" in on.text
        await on.press("y")
        assert (await ran(on)).layout is Layout.V5


@pytest.mark.parametrize(
    "error",
    [
        NotAllowedError("The user may not call EVALSHA.", hint="Ask for +@scripting.", code="acl"),
        UnreachableError("Connection refused.", hint="Start the server."),
    ],
)
async def test_what_cannot_be_looked_up_is_a_sentence(error: BulltuiError) -> None:
    async with stage(shop(), (60, 16)) as on:
        on.runtime.runner.refused = error
        await on.press("enter", "r")
        await asked(on)
        assert error.message in on.text
        assert error.hint in on.text
        await on.press("y")
        assert shows(on, ConfirmScreen)
        await on.press("escape")
        assert shows(on, MainScreen)
        assert on.runtime.runner.ran == []


async def test_a_slow_look_up_says_reading_and_takes_no_yes() -> None:
    async with stage(shop()) as on:
        on.runtime.runner.look.clear()
        await on.pilot.press("enter")
        await on.settle()
        await on.pilot.press("x")
        await until(on.pilot, lambda: "Reading…" in on.text)
        await on.pilot.press("y")
        assert on.runtime.runner.ran == []
        on.runtime.runner.look.set()
        await asked(on)
        await on.press("y")
        await ran(on)


HOSTILE = "[bold red]x[/]\x1b[31m\u202e\udcff"


async def test_hostile_names_are_harmless() -> None:
    queues = {HOSTILE: FakeQueue({FAILED: [failed(HOSTILE)]})}
    async with stage(queues, (80, 24)) as on:
        on.runtime.runner.told = Preview(
            f"Remove job {HOSTILE} of {HOSTILE}", 1, (HOSTILE,), (HOSTILE,), type_name=HOSTILE, samples=(HOSTILE,)
        )
        on.runtime.runner.outcome = Outcome("remove", error=BulltuiError(HOSTILE, hint=HOSTILE))
        await on.press("enter", "x")
        request = await asked(on)
        assert request.target == one(FAILED, QueueRef("bull", HOSTILE), HOSTILE)
        assert "[bold red]x[/]␛[31m‹U+202E›\\xff" in on.text
        assert not any("\x1b" in line or "\u202e" in line for line in on.lines)
        on.app.screen.query_one("#name", Input).value = "[bold red]x[/]␛[31m‹U+202E›\\xff"
        await on.press("enter", "y")
        await ran(on)
        await until(on.pilot, lambda: "✖" in on.text)
        assert not any("\x1b" in line or "\u202e" in line for line in on.lines)
