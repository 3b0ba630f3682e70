"""Names and data of strangers: shown whole, harmless, and never the end of the screen."""

from dataclasses import replace

import pytest

from bulltui.domain.states import JobState
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


@pytest.mark.parametrize("name", NAMES, ids=range(len(NAMES)))
@pytest.mark.parametrize("size", [(140, 40), (60, 16)], ids=["wide", "narrow"])
async def test_hostile_names_everywhere(name: str, size: tuple[int, int]) -> None:
    async with stage({name: FakeQueue(jobs_of(name)), name + "2": FakeQueue({})}, size) as on:
        assert "\x1b" not in on.text
        assert "\u202e" not in on.text
        await on.press("enter", "enter", *"123456", "escape", "escape", "i", "escape", "W", "escape", "S", "escape")
        await on.press("z", "y", "colon", "escape")
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


@pytest.mark.parametrize("state", [JobState.FAILED, JobState.COMPLETED, JobState.ACTIVE, JobState.DELAYED], ids=str)
async def test_broken_jobs_are_shown_for_what_they_are(state: JobState) -> None:
    async with stage({"odd": FakeQueue({state: list(BROKEN.values())})}) as on:
        await on.press("enter")
        for broken in BROKEN:
            await on.press("enter", *"1234567", "escape", "down")
            assert "failed: " not in on.text, broken  # as the screen tells faults of its own


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
