"""`bulltui jobs find` and `jobs searches`: forms, exit codes and words, on a store in memory."""

import csv
import io
from pathlib import Path

import pytest

from bulltui.cli.query_words import sentence
from bulltui.domain.errors import UnreachableError
from bulltui.domain.fields import RawHash
from bulltui.domain.query.parsing import parse
from bulltui.domain.states import JobState
from tests.cli.conftest import Run
from tests.cli.fakes import MAIL, NOW, PAYMENTS, Opened, failed_job, hash_of


@pytest.fixture(autouse=True)
def jobs(opened: Opened) -> None:
    """Five failed jobs of payments, and one of mail that is paused."""
    paused = hash_of(name="welcome", data='{"to":"ann"}', timestamp=str(NOW - 60_000))
    failed: list[tuple[str, float, RawHash]] = [(str(n), NOW - 2_000.0, failed_job(n)) for n in range(5, 0, -1)]
    opened.finder.jobs = {(PAYMENTS, JobState.FAILED): failed, (MAIL, JobState.PAUSED): [("m1", 0, paused)]}


def test_a_table_of_what_is_found(run: Run) -> None:
    ended = run("jobs", "find", "error:etimedout", "data.order>3")
    assert (ended.code, ended.err) == (0, "")
    titles, *lines = ended.out.splitlines()
    assert titles.split() == ["QUEUE", "STATE", "ID", "NAME", "AGE", "ERROR", "OR", "DATA"]
    assert [line.split()[:4] for line in lines] == [["payments", "failed", n, "charge"] for n in ("5", "4")]
    assert all(line.endswith("ETIMEDOUT while calling acquirer") for line in lines)


def test_json_and_csv_hold_what_a_list_shows(run: Run) -> None:
    (one,) = run("jobs", "find", "ann", "-o", "json").json
    assert (one["id"], one["queue"], one["state"], one["dataPreview"]) == ("m1", "mail.bulk", "paused", '{"to":"ann"}')
    rows = list(csv.DictReader(io.StringIO(run("jobs", "find", "charge", "-o", "csv").out)))
    assert [row["id"] for row in rows] == ["5", "4", "3", "2", "1"]
    assert list(rows[0]) == list(one)
    lines = run("jobs", "find", "charge", "-o", "jsonl", "--limit", "2")
    assert lines.out.count("\n") == 2
    assert lines.err == "Stopped at the first 2. --limit N shows more.\n"


def test_nothing_found_is_no_failure_and_is_told(run: Run) -> None:
    ended = run("jobs", "find", "nothing-like-it")
    assert (ended.code, ended.out) == (0, "")
    assert ended.err == "Nothing found among 6 jobs.\n"
    assert run("jobs", "find", "nothing-like-it", "-o", "json").json == []


@pytest.mark.parametrize(
    ("words", "found"),
    [
        (("-q", "mail*"), ["m1"]),
        (("--in", "mail.bulk"), ["m1"]),
        (("--in", "mail.bulk", "--in", "payments", "-s", "failed"), ["5", "4", "3", "2", "1"]),
        (("-s", "paused,delayed"), ["m1"]),
        (("-s", "paused", "-s", "failed", "--limit", "1"), ["5"]),
    ],
)
def test_where_to_look(run: Run, words: tuple[str, ...], found: list[str]) -> None:
    assert [one["id"] for one in run("jobs", "find", "", *words, "-o", "json").json] == found


def test_a_wrong_query_is_pointed_into(run: Run) -> None:
    ended = run("jobs", "find", "charge nmae:x")
    assert (ended.code, ended.out) == (2, "")
    message, query, pointer = ended.err.splitlines()
    assert message.startswith("bulltui: There is no nmae to look in. Did you mean name:?")
    assert (query, pointer) == ("  charge nmae:x", "         ^")
    assert run("jobs", "find", "charge nmae:x", "-o", "json").error["at"] == 7
    assert run("jobs", "searches", "-o", "json").json == []  # what is wrong is not kept


def test_a_queue_that_is_not_there(run: Run) -> None:
    assert run("jobs", "find", "x", "--in", "nowhere").code == 4
    ended = run("jobs", "find", "x", "-q", "nowhere*")
    assert (ended.code, "no queues to look in" in ended.err) == (4, True)


def test_what_was_found_is_written_before_a_server_that_went_away(run: Run, opened: Opened) -> None:
    opened.finder.error, opened.finder.error_after = UnreachableError("The server is gone."), 1
    ended = run("jobs", "find", "charge", "--in", "payments", "-o", "jsonl")
    assert (ended.code, ended.out.count("\n")) == (6, 3)
    assert ended.error["message"] == "The server is gone."


def test_fields_too_large_to_look_into_are_told(run: Run, opened: Opened) -> None:
    opened.finder.unread = ("8", "9")
    ended = run("jobs", "find", "charge", "--in", "payments")
    assert (ended.code, ended.err) == (0, "2 jobs could not be looked into: a field is larger than 2 MiB.\n")


def test_where_scripts_are_not_allowed_it_says_so(run: Run, opened: Opened) -> None:
    opened.finder.on_server = False
    ended = run("jobs", "find", "charge", "--in", "payments")
    assert (ended.code, ended.err.startswith("Scripts are not allowed here, so all jobs were read")) == (0, True)


# --- saved


def test_a_search_is_saved_and_found_again_with_more(run: Run) -> None:
    saved = run("jobs", "find", "error:etimedout", "-q", "pay*", "-s", "failed", "--save", "timeouts", "-o", "json")
    assert "`bulltui jobs find @timeouts`" in saved.err
    assert [one["id"] for one in run("jobs", "find", "@timeouts", "data.order=3", "-o", "json").json] == ["3"]
    listed = run("jobs", "searches", "-o", "json").json
    assert listed == [
        {"name": "timeouts", "source": "saved", "query": "error:etimedout", "queues": ["pay*"], "states": ["failed"]},
        {"name": None, "source": "history", "query": "@timeouts data.order=3", "queues": [], "states": []},
        {"name": None, "source": "history", "query": "error:etimedout", "queues": [], "states": []},
    ]
    assert run("jobs", "searches", "--forget", "@timeouts").code == 0
    unknown = run("jobs", "find", "@timeouts")
    assert (unknown.code, unknown.err.splitlines()[1:]) == (2, ["  @timeouts", "  ^"])
    assert run("jobs", "searches", "--forget", "timeouts").code == 4
    run("jobs", "searches", "--clear-history")
    assert run("jobs", "searches").err == "No search is saved, and none was made yet.\n"


def test_searches_of_the_configuration(run: Run, tmp_path: Path) -> None:
    config = tmp_path / "config.toml"
    config.write_text('[searches]\nann = { query = "ann", queues = "mail*" }\n')
    found = run("jobs", "find", "@ann", "--config", str(config), "-o", "json").json
    assert [one["id"] for one in found] == ["m1"]
    assert run("jobs", "searches", "--config", str(config)).out.splitlines()[1].split() == [
        *("@ann", "config", "ann", "mail*"),
    ]
    assert run("jobs", "searches", "--forget", "ann", "--config", str(config)).code == 4


def test_no_history_where_nobody_wants_one(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("BULLTUI_HISTORY", "0")
    run("jobs", "find", "secret")
    monkeypatch.setenv("BULLTUI_HISTORY", "1")
    assert run("jobs", "searches", "-o", "json").json == []


# --- explained


def test_explain_tells_what_is_understood_and_looks_at_no_job(run: Run, opened: Opened) -> None:
    ended = run("jobs", "find", "failed:<1h error:boom", "--explain")
    assert ended.out.startswith("Understood as: failed from ")
    assert ended.out.splitlines()[1] == "5 jobs to look through. The server sorts out by itself."
    assert "failedReason has boom" in ended.out
    told = run("jobs", "find", "m1", "--explain", "-o", "json").json
    assert (told["id"], told["onServer"]) == ("m1", True)
    assert [one["state"] for one in told["states"]][:2] == ["failed", "active"]
    assert not opened.finder.probes
    assert (
        run("jobs", "find", "state:delayed state:failed", "--explain").out.splitlines()[1] == "No job there can match."
    )


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("", "every job"),
        ("a b OR c", '(name, data or error has "a" AND name, data or error has "b") OR name, data or error has "c"'),
        (
            "(a OR b) -c",
            '(name, data or error has "a" OR name, data or error has "b") AND NOT name, data or error has "c"',
        ),
        ("-(a b)", 'NOT (name, data or error has "a" AND name, data or error has "b")'),
        ("=Ab", 'name, data or error has "Ab" with this case'),
        ("error:/5\\d/i", "error matches /5\\d/i"),
        ("state:failed,delayed", 'state is "failed" or "delayed"'),
        ("data.a.b=1", 'data.a.b is "1"'),
        ("data.a!=1", 'NOT data.a is "1"'),
        ("data.a>1", 'data.a > "1"'),
        ("has:data.a", "data.a is there"),
        ("run>5s size>1kb attempts>=3", "run > 5.0s AND size > 1.0 KiB AND attempts >= 3"),
        ("due:1750000000000..", "due from 2025-06-15 15:06:40 on"),
    ],
)
def test_a_query_as_a_sentence(text: str, words: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TZ", "UTC")
    assert sentence(parse(text, NOW).root) == words


# --- then


def test_then_orders_one_action_on_all_that_is_found(run: Run, opened: Opened) -> None:
    ended = run("jobs", "find", "charge", "--then", "retry", "--dry-run")
    assert ended.code == 0
    assert "  5 jobs: 5 failed." in ended.out.splitlines()
    assert "5 of 5 failed with ETIMEDOUT while calling acquirer" in ended.out
    assert run("jobs", "find", "charge", "--then", "retry").code == 2  # nobody said yes


def test_then_does_nothing_where_nothing_matches(run: Run) -> None:
    ended = run("jobs", "find", "nothing-like-it", "--then", "remove", "--yes")
    assert (ended.code, ended.out) == (4, "")
    assert "No job matches" in ended.err
    assert run("jobs", "find", "x", "--then", "retry", "--explain").code == 2
