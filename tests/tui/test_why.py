"""The explanation of a job or a queue, as a person uses it."""

from collections.abc import Callable
from dataclasses import replace
from functools import partial

import pytest

from bulltui.config.settings import Settings
from bulltui.domain.bottleneck import Bottleneck, Window, bottleneck
from bulltui.domain.errors import UnreachableError
from bulltui.domain.explain_queue import QueueEvidence
from bulltui.domain.flow import JobRef
from bulltui.domain.outcome import Outcome
from bulltui.domain.queue import QueueRef
from bulltui.domain.targets import Jobs, Queues
from bulltui.domain.why import Cause, Related, Why
from bulltui.tui.present.why import DOINGS, LOOKS
from bulltui.tui.screens.errors import ErrorsScreen
from bulltui.tui.screens.job import JobScreen
from bulltui.tui.screens.main import MainScreen
from bulltui.tui.screens.why import WhyScreen
from bulltui.tui.screens.workers import WorkersScreen
from tests.tui.fakes import Stage, shop, stage

PAYMENTS, BULK = QueueRef("bull", "payments"), QueueRef("bull", "mail:bulk")
SPENT = Why(
    "It failed 3 of 3 times and is not tried again.",
    (Cause.ATTEMPTS,),
    ("The last error is `card declined`.", "It failed a minute ago."),
    ("Retry it: r, or `bulltui jobs retry payments 40`.",),
)

Tell = Callable[[Why], list[object]]


def _found(why: Why, seen: QueueEvidence, now: Window, before: Window) -> Bottleneck:
    """A page about a queue that says nothing beside the explanation."""
    return replace(bottleneck(seen, now, before), why=why, sentence=why.verdict)


@pytest.fixture
def tell(monkeypatch: pytest.MonkeyPatch) -> Tell:
    """Have all explanations be this one; what was asked for is in the list."""

    def told(why: Why) -> list[object]:
        asked: list[object] = []

        async def why_job(sources: object, ref: QueueRef, job_id: str, **more: object) -> Why:
            asked.append(JobRef(ref, job_id))
            return why

        async def why_queue(sources: object, ref: QueueRef, **more: object) -> Why:
            asked.append(ref)
            return why

        monkeypatch.setattr("bulltui.tui.screens.why.why_job", why_job)
        monkeypatch.setattr("bulltui.tui.screens.why.why_queue", why_queue)
        monkeypatch.setattr("bulltui.tui.screens.about.bottleneck", partial(_found, why))
        return asked

    return told


def why_of(on: Stage) -> WhyScreen:
    screen = on.app.screen
    assert isinstance(screen, WhyScreen)
    return screen


def test_every_cause_has_a_look_and_what_helps_exists() -> None:
    assert set(LOOKS) == set(Cause)
    assert set(DOINGS) <= set(Cause)


@pytest.mark.parametrize("size", [(140, 40), (80, 24), (60, 16)])
async def test_verdict_evidence_and_steps(size: tuple[int, int], tell: Tell) -> None:
    asked = tell(SPENT)
    async with stage(shop(), size) as on:
        await on.press("enter", "w")
        assert asked == [JobRef(PAYMENTS, "40")]
        assert "Why: job 40 of payments" in on.text
        words = " ".join(on.text.split())
        assert "✖ It failed 3 of 3 times and is not tried again." in words
        assert "· It failed a minute ago." in words
        assert "→ Retry it: r, or `bulltui jobs retry payments 40`." in words
        assert "r retry" in words
        await on.press("w")
        assert isinstance(on.app.screen, MainScreen)


async def test_a_key_of_a_step_does_it_to_this_job_whatever_is_marked(tell: Tell) -> None:
    tell(SPENT)
    async with stage(shop()) as on:
        on.runtime.runner.outcome = Outcome("retry", done=1)
        await on.press("enter", "space", "space", "down", "w")
        asked = tell(replace(SPENT, verdict="It runs.", causes=(Cause.RUNNING,), steps=()))
        await on.press("r", "y")
        (request,) = on.runtime.runner.ran
        assert isinstance(request.target, Jobs)
        assert request.target.ids == ("37",)
        # It stays open and tells what became of it.
        assert why_of(on)
        assert asked
        assert "▶ It runs." in on.text


async def test_it_goes_on_with_the_refresh(tell: Tell) -> None:
    tell(SPENT)
    async with stage(shop()) as on:
        await on.press("enter", "w")
        tell(Why("Workers take it when its turn comes.", (Cause.IN_LINE,), sure=False))
        on.runtime.clock.now += 2000
        await on.publish()
        assert "Workers take it when its turn comes." in on.text
        assert "The server does not tell enough to be sure." in on.text
        assert "It failed 3 of 3" not in on.text


async def test_to_the_child_that_failed_and_back(tell: Tell) -> None:
    child = JobRef(PAYMENTS, "35")
    tell(Why("A child of it failed.", (Cause.CHILD_FAILED,), related=(Related("child that failed", child),)))
    async with stage(shop(), (80, 24)) as on:
        await on.press("enter", "w")
        assert "to the child that failed  35 of payments" in on.text
        await on.press("enter")
        screen = on.app.screen
        assert isinstance(screen, JobScreen)
        assert screen.job_now() == child
        await on.press("escape")
        assert why_of(on)


async def test_of_a_queue_with_what_leads_on(tell: Tell) -> None:
    asked = tell(Why("It is paused.", (Cause.PAUSED, Cause.NO_WORKERS), steps=("Resume it: P.",)))
    async with stage(shop()) as on:
        await on.press("end", "up", "up")
        main = on.app.screen
        assert isinstance(main, MainScreen)
        main.queues.go_to(BULK)
        await on.settle()
        await on.press("w")
        assert asked == [BULK]
        assert "Why: queue mail:bulk" in on.text
        assert "P      resume" in on.text
        await on.press("down", "enter")
        assert isinstance(on.app.screen, WorkersScreen)
        await on.press("escape")
        await on.press("P", "y")
        assert on.runtime.runner.ran[0].target == Queues((BULK,))


@pytest.mark.parametrize("size", [(140, 40), (60, 16)])
async def test_the_verdict_is_the_first_line_about_a_queue(size: tuple[int, int], tell: Tell) -> None:
    tell(Why("Stuck: 30 jobs wait, and no worker is connected that could take any of them.", (Cause.NO_WORKERS,)))
    async with stage(shop(), size) as on:
        await on.press("i")
        assert "○ Stuck: 30 jobs wait, and" in on.text
        assert "any of them." in on.text
        assert "rate limit" in on.text


async def test_to_the_errors_and_the_logs(tell: Tell) -> None:
    tell(SPENT)
    async with stage(shop()) as on:
        await on.press("enter", "w", "E")
        assert isinstance(on.app.screen, ErrorsScreen)
        await on.press("escape")
        tell(replace(SPENT, causes=(Cause.RUNNING,)))
        on.runtime.clock.now += 2000
        await on.publish()
        await on.press("l")
        assert isinstance(on.app.screen, JobScreen)
        assert "This job has logged nothing." in on.text


async def test_read_only_offers_no_deed(tell: Tell) -> None:
    tell(SPENT)
    async with stage(shop(), settings=Settings(read_only=True)) as on:
        await on.press("enter", "w")
        assert "r      retry" not in on.text
        await on.press("r")
        assert on.runtime.runner.previewed == []


async def test_a_server_that_does_not_answer(monkeypatch: pytest.MonkeyPatch, tell: Tell) -> None:
    tell(SPENT)
    async with stage(shop(), (80, 24)) as on:
        await on.press("enter", "w")

        async def refused(*_: object, **more: object) -> Why:
            raise UnreachableError("Connection refused.", hint="Start the server.")

        monkeypatch.setattr("bulltui.tui.screens.why.why_job", refused)
        on.runtime.clock.now += 2000
        await on.publish()
        assert "Connection refused." in on.text
        assert "It failed 3 of 3 times" in on.text  # what was known stays


@pytest.mark.parametrize("size", [(140, 40), (60, 16)])
async def test_hostile_words(size: tuple[int, int], tell: Tell) -> None:
    evil = "[red]x[/] \x1b[31m \u202e 日本語 " * 8
    tell(
        Why(
            evil,
            (Cause.CHILD_FAILED,),
            (evil,),
            (evil,),
            related=(Related(evil, JobRef(QueueRef("bull", evil), evil)),),
        )
    )
    async with stage(shop(), size) as on:
        await on.press("enter", "w", "pagedown", "pageup")
        assert "[red]x[/]" in on.text
        assert "\x1b" not in on.text
        assert "\u202e" not in on.text
