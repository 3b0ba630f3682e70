"""Names and data of strangers: shown whole, harmless, and never the end of the screen."""

from dataclasses import replace

import pytest

from bulltui.domain.queue import QueueRef
from bulltui.domain.states import JobState
from bulltui.tui.screens.main import MainScreen
from tests.thorough import tried
from tests.tui.fakes import FakeJob, FakeQueue, failed, job, settle, stage

NAMES = (
    "[red]x[/]",
    "[/]",
    "[bold",
    "\x1b[31mred\x1b]52;c;aGk=\x07",
    "a\u202eb\u2066c",
    "nul\x00nul",
    "bad\udcffbyte",
    "tab\there\nline",
    "x" * 10_000,
    "日本語の名前" * 10,
    "👩‍👩‍👧‍👦 family",
    "a:b c:1:",
    "\\[escaped]",
    "e\u0301" * 300,
)


def jobs_of(name: str) -> dict[JobState, list[FakeJob]]:
    return {JobState.FAILED: [failed(name, name.replace("\\", "\\\\"), name=name)]}


@pytest.mark.parametrize(
    ("size", "opened"),
    [((140, 40), tried(NAMES, NAMES[::2])), ((60, 16), tried(NAMES, NAMES[1::2]))],
    ids=["wide", "narrow"],
)
async def test_hostile_names_everywhere(size: tuple[int, int], opened: tuple[str, ...]) -> None:
    """All are in the list; each is opened at one of the two sizes at least."""
    queues = {name: FakeQueue(jobs_of(name)) for name in NAMES}
    async with stage({**queues, **{name + "2": FakeQueue({}) for name in NAMES}}, size) as on:
        assert "\x1b" not in on.text
        assert "\u202e" not in on.text
        for name in opened:
            main = on.app.screen
            assert isinstance(main, MainScreen)
            main.go_to_queue(QueueRef("bull", name))
            await on.settle()
            assert main.jobs.ref == QueueRef("bull", name)
            for key in ("enter", *"123456", "escape", "escape", *"iWS", "z", "y", "colon", "escape"):
                await on.press(key)
                if key in "iWS":
                    await on.press("escape")
            assert "\x1b" not in on.text
            assert "\x00" not in on.text


async def test_markup_is_shown_as_it_is() -> None:
    async with stage({"[red]x[/]": FakeQueue(jobs_of("[/]"))}) as on:
        assert "[red]x[/]" in on.text
        assert "[/]" in on.text
        await on.press("i")
        assert "[red]x[/]" in on.text


BROKEN: dict[str, FakeJob] = {
    "no JSON": replace(job(1), fields={**job(1).fields, "data": "{not json", "opts": "[", "stacktrace": '"x"'}),
    "only a name": FakeJob("2", {"name": "lonely"}),
    "no hash": FakeJob("3"),
    "odd numbers": replace(
        job(4), fields={**job(4).fields, "timestamp": "-99999999999999", "finishedOn": "9" * 25, "processedOn": "NaN"}
    ),
    "huge numbers": replace(job(5), fields={**job(5).fields, "timestamp": "9" * 18, "processedOn": "9" * 19}),
    "odd options": replace(
        job(6), fields={**job(6).fields, "opts": '{"attempts":"many","nested":{"a":[1]},"de":null}'}
    ),
    "options are a list": replace(job(7), fields={**job(7).fields, "opts": "[1,2]"}),
    "data is a text": replace(job(8), fields={**job(8).fields, "data": '"just a text"', "progress": '{"a":[]}'}),
    "trace of objects": replace(job(9), fields={**job(9).fields, "stacktrace": '[{"a":1},null,"\\u001b[31m"]'}),
    "deep": replace(job(10), fields={**job(10).fields, "data": "[" * 5000 + "]" * 5000}),
    "infinite delay": replace(job(11), fields={**job(11).fields, "delay": "Infinity"}, score=float("inf")),
}


STATES = (JobState.FAILED, JobState.COMPLETED, JobState.ACTIVE, JobState.DELAYED)


@pytest.mark.parametrize("number", range(len(STATES)), ids=[state.value for state in STATES])
async def test_broken_jobs_are_shown_for_what_they_are(number: int) -> None:
    """All are in the list; each is opened in one of the states at least."""
    step = tried(1, len(STATES))
    async with stage({"odd": FakeQueue({STATES[number]: list(BROKEN.values())})}) as on:
        await on.press("enter")
        for place, broken in enumerate(BROKEN):
            if place % step == number % step:
                for key in ("enter", *"1234567", "escape"):
                    await on.press(key)
                assert "failed: " not in on.text, broken  # as the screen tells faults of its own
            await on.press("down")
            assert "failed: " not in on.text, broken


async def test_what_does_not_parse_is_shown_with_the_reason() -> None:
    async with stage({"odd": FakeQueue({JobState.WAITING: [BROKEN["no JSON"]]})}) as on:
        await on.press("enter", "enter", "1")
        assert "The data is not JSON" in on.text
        assert "{not json" in on.text


async def test_a_missing_hash_is_called_that() -> None:
    async with stage({"odd": FakeQueue({JobState.FAILED: [BROKEN["no hash"]]})}) as on:
        assert "missing" in on.text
        assert "its data is gone" in on.text
        await on.press("enter", "enter")
        assert "There is no hash for this id." in on.text


async def test_sentences_are_parted_between_words() -> None:
    async with stage({"odd": FakeQueue({JobState.FAILED: [BROKEN["no hash"]]})}, (100, 24)) as on:
        await on.press("enter", "enter")
        for width in (100, 60, 76):
            await on.pilot.resize_terminal(width, 24)
            await settle(on.pilot)
            words = " ".join(on.text.split())
            assert "by an eviction of the server (its policy must be noeviction)" in words
