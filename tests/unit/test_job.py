"""Decoding of jobs, field by field."""

import pytest

from bulltui.domain.fields import long_options, raw_field, whole
from bulltui.domain.job import Dependencies, Job, JobSummary, decode, due, summarize
from bulltui.domain.queue import QueueRef
from bulltui.domain.states import JobState

MAIL = QueueRef("bull", "mail")


def job(**fields: str | bytes) -> Job:
    return decode("1", MAIL, JobState.FAILED, {name: raw_field(value) for name, value in fields.items()})


def row(**fields: str | bytes) -> JobSummary:
    return summarize("1", JobState.FAILED, {name: raw_field(value) for name, value in fields.items()})


@pytest.mark.parametrize(
    ("text", "number"),
    [
        ("0", 0),
        ("-7", -7),
        ("1700000000000", 1_700_000_000_000),
        (str(10**18), 10**18),
        ("1.9", 1),
        ("1e3", 1000),
        ("1.7e+12", 1_700_000_000_000),
        ("", None),
        ("abc", None),
        ("NaN", None),
        ("Infinity", None),
        ("1e400", None),
        ("9" * 5000, None),
        ("1_000", None),
        (" 5", None),
        ("٣", None),
        ("0x10", None),
        ("\udcff", None),
    ],
)
def test_whole_numbers(text: str, number: int | None) -> None:
    assert whole(text) == number


def test_number_that_is_none_is_a_problem_and_no_failure() -> None:
    one = job(name="x", timestamp="abc", delay="1e400", atm="x")
    assert (one.timestamp, one.delay, one.attempts_made) == (None, None, 0)
    assert len(one.problems) == 3
    assert any("timestamp" in problem for problem in one.problems)
    assert job(name="x").problems == ()


def test_problems_are_short_and_harmless() -> None:
    one = job(timestamp="\x1b[31m" * 1000, data="{" + "x" * 100_000, opts="\x1b]52;c;x\x07")
    assert all(len(problem) < 200 and problem.isprintable() for problem in one.problems)


def test_attempts_of_old_and_new_libraries() -> None:
    assert job(attemptsMade="2").attempts_made == 2
    assert job(atm="3").attempts_made == 3
    assert job(attemptsMade="2", atm="3").attempts_made == 2


@pytest.mark.parametrize(
    ("opts", "attempts"),
    [
        ('{"attempts":3}', 3),
        ('{"attempts":0}', 1),
        ('{"attempts":-3}', 1),
        ('{"attempts":true}', 1),
        ('{"attempts":"3"}', 1),
        ('{"attempts":2.0}', 2),
        ("[]", 1),
        ("null", 1),
        ("{", 1),
        ('"{\\"attempts\\":3}"', 1),
    ],
)
def test_attempts_in_all(opts: str, attempts: int) -> None:
    assert job(name="x", opts=opts).max_attempts == attempts
    assert row(name="x", opts=opts).max_attempts in (attempts, 0)


@pytest.mark.parametrize(
    ("text", "traces"),
    [
        ('["a","b"]', ("a", "b")),
        ("[]", ()),
        ("null", ()),
        ("", ()),
        ('["a",null,5,{"x":1}]', ("a", "5", '{"x":1}')),
        ('"Error: x"', ('"Error: x"',)),
        ("Error: x\n at y", ("Error: x\n at y",)),
        ("{}", ("{}",)),
        ("[" + "[" * 900 + "]" * 900 + "]", ("[" * 900 + "]" * 900,)),
    ],
)
def test_stack_traces(text: str, traces: tuple[str, ...]) -> None:
    assert job(name="x", stacktrace=text).stacktrace == traces


def test_stack_traces_of_which_only_the_start_was_read() -> None:
    field = raw_field('["Error: first\\n  at a","Error: sec', 5000)
    one = decode("1", MAIL, JobState.FAILED, {"stacktrace": field})
    assert one.stacktrace == ("Error: first\n  at a", "Error: sec")
    field = raw_field('["Error: first","Error: sec\\', 5000)
    assert decode("1", MAIL, JobState.FAILED, {"stacktrace": field}).stacktrace == ("Error: first", "Error: sec")
    field = raw_field('["Error: \\u00', 5000)
    assert decode("1", MAIL, JobState.FAILED, {"stacktrace": field}).stacktrace == ("Error: ",)
    field = raw_field("Error: no list", 5000)
    assert decode("1", MAIL, JobState.FAILED, {"stacktrace": field}).stacktrace == ("Error: no list",)
    field = raw_field("", 5000)
    assert decode("1", MAIL, JobState.FAILED, {"stacktrace": field}).stacktrace == ()


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (b"abc", "abc"),
        ("é".encode()[:1], ""),
        ("aé".encode()[:2], "a"),
        ("a👍".encode()[:2], "a"),
        ("a👍".encode()[:4], "a"),
        ("a👍".encode(), "a👍"),
        ("日本".encode()[:5], "日"),
        (b"a\xff", "a\udcff"),
        (b"a\xc0", "a\udcc0"),
        (b"\x80\x80\x80\x80\x80", "\udc80" * 5),
        (b"", ""),
    ],
)
def test_cut_texts_end_between_characters(value: bytes, text: str) -> None:
    cut = raw_field(value, 1000)
    assert (cut.text, cut.size, cut.cut) == (text, 1000, True)
    assert raw_field(value).text.encode("utf-8", "surrogateescape") == value


def test_missing() -> None:
    assert decode("1", MAIL, JobState.FAILED, {}).missing
    assert row().missing
    assert not job(name="").missing


def test_defaults_of_absent_fields_are_the_librarys() -> None:
    one = job(name="x")
    assert (one.data.value, one.opts.value, one.progress.value, one.returnvalue.value) == ({}, {}, 0, None)
    assert (one.delay, one.priority, one.timestamp, one.processed_on, one.finished_on) == (None,) * 5


@pytest.mark.parametrize(("score", "at"), [(None, None), (4096.0 * 5 + 7, 5), (float("inf"), None), (-1.0, -1)])
def test_due(score: float | None, at: int | None) -> None:
    assert due(score) == at


def test_long_options() -> None:
    assert long_options({"kl": 5, "tm": "a", "omc": True, "x": 1}) == {
        "keepLogs": 5,
        "telemetry": {"metadata": "a", "omitContext": True},
        "x": 1,
    }
    others: list[object] = [None, [], "x", 5]
    for other in others:
        assert long_options(other) == other
    assert long_options({"telemetry": "own", "tm": "a"}) is not None
    assert long_options({"telemetry": {"metadata": "b"}, "tm": "a"}) == {"telemetry": {"metadata": "a"}}


def test_dependencies_in_all() -> None:
    assert Dependencies(1, 2, 3, 4).total == 10


def test_waiting_is_without_the_delay_asked_for_and_unknown_after_a_retry() -> None:
    fields = {"timestamp": "1000", "processedOn": "9000", "finishedOn": "9500", "atm": "1", "opts": '{"delay":5000}'}
    raw = {name: raw_field(value) for name, value in fields.items()}
    assert summarize("1", JobState.COMPLETED, raw).waited_ms == 3000
    assert summarize("1", JobState.COMPLETED, raw | {"atm": raw_field("2")}).waited_ms is None
    assert summarize("1", JobState.ACTIVE, raw).waited_ms is None
    assert summarize("1", JobState.ACTIVE, raw | {"atm": raw_field("0")}).waited_ms == 3000
    assert summarize("1", JobState.COMPLETED, raw | {"opts": raw_field('{"delay":"x"}')}).waited_ms == 8000
    assert summarize("1", JobState.WAITING, {"timestamp": raw_field("1")}).waited_ms is None
