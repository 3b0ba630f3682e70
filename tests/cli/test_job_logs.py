"""`bulltui jobs logs`."""

import json

import pytest

from bulltui.cli.job_logs import LINES_A_READ, fresh
from bulltui.domain.states import JobState
from tests.cli.conftest import Run
from tests.cli.fakes import PAYMENTS, FakeReader, Opened, failed_job


@pytest.fixture
def _lines(store: FakeReader) -> None:
    store.job_logs["5"] = [f"line {number}" for number in range(10)]


@pytest.mark.usefixtures("_lines")
@pytest.mark.parametrize(
    ("words", "expected"),
    [
        ((), "0123456789"),
        (("--limit", "3"), "012"),
        (("--tail", "3"), "789"),
        (("--tail", "30"), "0123456789"),
        (("--tail", "0"), ""),
        (("--tail", "2", "--follow"), "89"),
    ],
)
def test_which_lines(run: Run, words: tuple[str, ...], expected: str) -> None:
    out = run("jobs", "logs", "payments", "5", *words).out
    assert "".join(line.removeprefix("line ") for line in out.splitlines()) == expected


@pytest.mark.usefixtures("_lines")
def test_forms(run: Run) -> None:
    words = ("jobs", "logs", "payments", "5", "--tail", "2", "-o")
    assert run(*words, "json").json == [{"index": 8, "line": "line 8"}, {"index": 9, "line": "line 9"}]
    assert run(*words, "csv").out == "index,line\n8,line 8\n9,line 9\n"
    assert json.loads(run(*words, "jsonl").out.splitlines()[1]) == {"index": 9, "line": "line 9"}


def test_more_lines_than_one_read(run: Run, store: FakeReader) -> None:
    store.job_logs["5"] = [str(number) for number in range(2 * LINES_A_READ + 5)]
    assert run("jobs", "logs", "payments", "5").out.splitlines() == store.job_logs["5"]


def test_no_logs_and_no_job(run: Run) -> None:
    ended = run("jobs", "logs", "payments", "5")
    assert (ended.code, ended.out, ended.err) == (0, "", "This job has no logs.\n")
    assert run("jobs", "logs", "payments", "5", "-o", "json").json == []
    assert run("jobs", "logs", "payments", "77").code == 4


def test_logs_are_harmless(run: Run, store: FakeReader) -> None:
    store.job_logs["5"] = ["\x1b]52;c;eA==\x07 done", "two\nlines"]
    assert run("jobs", "logs", "payments", "5").out == "␛]52;c;eA==␇ done\ntwo\nlines\n"


def test_following_ends_with_the_job(
    run: Run, store: FakeReader, opened: Opened, monkeypatch: pytest.MonkeyPatch
) -> None:
    store.states = {(PAYMENTS, JobState.ACTIVE): {"5": failed_job(5)}}
    store.job_logs["5"] = ["a"]
    steps = iter(("b", "c", ""))

    async def sleep(_: float) -> None:
        line = next(steps)
        if line:
            store.job_logs["5"].append(line)
        else:
            store.states = {(PAYMENTS, JobState.COMPLETED): {"5": failed_job(5)}}

    monkeypatch.setattr(opened.clock, "sleep", sleep)
    ended = run("jobs", "logs", "payments", "5", "-f", "-o", "jsonl")
    assert [json.loads(line) for line in ended.out.splitlines()] == [
        {"index": index, "line": line} for index, line in enumerate("abc")
    ]
    assert ended.err == "The job is completed: no more lines will come.\n"


@pytest.mark.parametrize(
    ("seen", "tail", "grown", "expected"),
    [
        ("", "", 0, ""),
        ("", "abc", 3, "abc"),
        ("", "abc", 1, "c"),
        ("abc", "abc", 0, ""),
        ("abc", "abcde", 2, "de"),
        ("abc", "bcd", 0, "d"),  # the oldest was dropped
        ("abc", "xyz", 0, "xyz"),  # all were
        ("abc", "bcdef", 2, "def"),
        ("aaa", "aaaa", 1, "a"),
        ("abcab", "abcabc", 1, "c"),
    ],
)
def test_fresh_lines(seen: str, tail: str, grown: int, expected: str) -> None:
    assert "".join(fresh(tuple(seen), tuple(tail), grown=grown)) == expected
