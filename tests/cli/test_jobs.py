"""`bulltui jobs list` and `show`."""

import csv
import io
import json

import pytest

from bulltui.cli import jobs, states
from bulltui.domain.errors import UsageError
from bulltui.domain.fields import raw_field
from bulltui.domain.reads import Anchor
from bulltui.domain.states import JobState
from tests.cli.conftest import Run
from tests.cli.fakes import NOW, PAYMENTS, FakeReader, failed_job, hash_of

GOLDEN = {
    "id": "5",
    "name": "charge",
    "queue": "payments",
    "prefix": "bull",
    "state": "failed",
    "data": {"order": 5},
    "opts": {"attempts": 3, "keepLogs": 100},
    "progress": 0,
    "delay": 0,
    "priority": 0,
    "timestamp": NOW - 60_000,
    "attemptsMade": 3,
    "attemptsStarted": 3,
    "stalledCounter": 0,
    "stacktrace": ["Error: ETIMEDOUT\n    at Socket.onTimeout (acquirer.ts:88:13)"],
    "failedReason": "ETIMEDOUT while calling acquirer",
    "processedOn": NOW - 32_000,
    "finishedOn": NOW - 2_000,
}


def ids(ended_out: str) -> list[str]:
    return [json.loads(line)["id"] for line in ended_out.splitlines()]


def test_the_table(run: Run) -> None:
    lines = run("jobs", "list", "payments", "--state", "failed").out.splitlines()
    assert lines[0].split() == ["ID", "NAME", "FINISHED", "WAIT", "RUN", "TRIES", "ERROR"]
    assert " ".join(lines[1].split()) == "5 charge 2s ago 30.0s 3/3 ETIMEDOUT while calling acquirer"
    assert len(lines) == 6


def test_json_holds_whole_jobs(run: Run) -> None:
    ended = run("jobs", "list", "payments", "-s", "failed", "-o", "json")
    assert (ended.code, ended.err) == (0, "")
    assert ended.json[0] == GOLDEN
    assert [job["id"] for job in ended.json] == ["5", "4", "3", "2", "1"]


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        ((), "54321"),
        (("--order", "oldest"), "12345"),
        (("--limit", "2"), "54"),
        (("--limit", "2", "--offset", "1"), "43"),
        (("--after", "4"), "321"),
        (("--after", "4", "--limit", "1"), "3"),
        (("--after", "2", "--order", "oldest", "--limit", "2"), "34"),
        (("--offset", "9"), ""),
    ],
)
def test_pages(run: Run, words: tuple[str, ...], expected: str) -> None:
    assert "".join(ids(run("jobs", "list", "payments", "-s", "failed", "-o", "jsonl", *words).out)) == expected


def test_long_lists_are_read_in_parts_that_hold_on_to_the_last_job(
    run: Run, store: FakeReader, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(jobs, "DOCUMENTS_A_READ", 2)
    assert "".join(ids(run("jobs", "list", "payments", "-s", "failed", "-o", "jsonl").out)) == "54321"
    assert store.pages_asked == [(0, 2, None), (1, 3, Anchor("4", 1)), (3, 3, Anchor("2", 3))]


def test_after_a_job_that_is_gone(run: Run) -> None:
    ended = run("jobs", "list", "payments", "-s", "failed", "--after", "77")
    assert ended.code == 4
    assert "The job '77' is not failed any more" in ended.err


def test_csv_is_plain_values(run: Run, store: FakeReader) -> None:
    store.states[PAYMENTS, JobState.FAILED] = {
        "=cmd()": hash_of(name="@SUM(A1)", failedReason="-1+1", progress='{"done":1}', delay="-5"),
        "a,b\nc": hash_of(name="\t=x"),
    }
    text = run("jobs", "list", "payments", "-s", "failed", "-o", "csv").out
    first, second = csv.DictReader(io.StringIO(text))
    assert (first["id"], first["name"], first["failedReason"]) == ("'=cmd()", "'@SUM(A1)", "'-1+1")
    assert (first["progress"], first["delay"], first["missing"]) == ('{"done":1}', "-5", "false")
    assert (second["id"], second["name"]) == ("a,b␊c", "'␉=x")


@pytest.mark.parametrize("state", [state for state in JobState if state is not JobState.UNKNOWN])
def test_every_state_has_a_table(run: Run, store: FakeReader, state: JobState) -> None:
    store.states[PAYMENTS, state] = {
        "1": failed_job(1),
        "gone": {},
        "odd": hash_of(timestamp="9" * 25, processedOn="-5", progress='"half"', priority="7", opts="{"),
    }
    ended = run("jobs", "list", "payments", "-s", state.value)
    lines = ended.out.splitlines()
    assert (ended.code, len(lines)) == (0, 4)
    assert "(no hash: its data is gone)" in lines[2]


def test_no_jobs(run: Run) -> None:
    ended = run("jobs", "list", "payments", "-s", "delayed")
    assert (ended.code, ended.out, ended.err) == (0, "", "No delayed jobs.\n")
    assert run("jobs", "list", "payments", "-s", "delayed", "-o", "json").json == []


@pytest.mark.parametrize(
    ("word", "state"),
    [
        ("wait", JobState.WAITING),
        ("Failed", JobState.FAILED),
        ("waiting_children", JobState.WAITING_CHILDREN),
        ("comp", JobState.COMPLETED),
    ],
)
def test_states_by_their_other_names(word: str, state: JobState) -> None:
    assert states.state_from(word) is state


def test_a_start_of_several_states_is_none() -> None:
    with pytest.raises(UsageError):
        states.state_from("p")


def test_show_as_json(run: Run) -> None:
    ended = run("jobs", "show", "payments", "5", "-o", "json")
    assert (ended.code, ended.json) == (0, GOLDEN)


def test_show_reads_well(run: Run, store: FakeReader) -> None:
    store.job_logs["5"] = ["a", "b"]
    out = run("jobs", "show", "payments", "5").out
    for text in (
        "charge  failed, attempt 3 of 3\n  id            5\n",
        "1m 00s ago\n",
        "32s ago\n",  # started for the third time: how long it was in the queue is not known
        "2s ago, ran 30.0s\n",
        "Options\n  attempts      3\n  keepLogs      100\n",
        'Data\n  {\n    "order": 5\n  }\n',
        "Error\n  ETIMEDOUT while calling acquirer\n",
        "    Error: ETIMEDOUT\n        at Socket.onTimeout (acquirer.ts:88:13)\n",
        "Logs\n  2 lines: `bulltui jobs logs payments 5`\n",
    ):
        assert text in out, text
    assert "Problems" not in out
    assert "Children" not in out


def test_show_a_large_job(run: Run, store: FakeReader) -> None:
    whole = json.dumps({"text": "x" * 300_000}).encode()
    cut = {**failed_job(5), "data": raw_field(whole[: 256 * 1024], len(whole))}
    store.states[PAYMENTS, JobState.FAILED]["5"] = cut
    store.whole_fields["5", "data"] = whole
    out = run("jobs", "show", "payments", "5").out
    assert "Data  292 KiB" in out
    assert "… the first 256 KiB of 292 KiB; `--field data` or -o json gives all of it" in out
    document = run("jobs", "show", "payments", "5", "-o", "json").json
    assert len(document["data"]["text"]) == 300_000
    assert "sizes" not in document
    listed = run("jobs", "list", "payments", "-s", "failed", "--limit", "1", "-o", "json").json[0]
    assert listed["sizes"] == {"data": len(whole)}
    assert run("jobs", "show", "payments", "5", "--field", "data").out.encode() == whole


def test_show_broken_jobs(run: Run, store: FakeReader) -> None:
    store.states[PAYMENTS, JobState.FAILED] = {
        "bad": hash_of(name="n", data="{not json", opts="[]", stacktrace="plain text"),
        "none": {},
    }
    out = run("jobs", "show", "payments", "bad").out
    assert "Problems" in out
    assert "{not json" in out
    assert "plain text" in out
    document = run("jobs", "show", "payments", "bad", "-o", "json").json
    assert document["raw"]["data"] == "{not json"
    assert "(no hash: its data is gone)" in run("jobs", "show", "payments", "none").out
    assert run("jobs", "show", "payments", "none", "-o", "json").json["missing"] is True


def test_no_such_job(run: Run) -> None:
    ended = run("jobs", "show", "payments", "77")
    assert ended.code == 4
    assert ended.err.startswith("bulltui: There is no job '77' in payments.")
    assert run("jobs", "show", "payments", "77", "--field", "data").code == 4
    assert run("jobs", "show", "paymets", "1").err.endswith("Did you mean payments?\n")


def test_no_such_field(run: Run) -> None:
    ended = run("jobs", "show", "payments", "5", "--field", "nope")
    assert ended.code == 4
    assert "has no field 'nope'. It has atm, ats, data," in ended.err


def test_one_json_line(run: Run) -> None:
    assert run("jobs", "show", "payments", "5", "-o", "jsonl").out.count("\n") == 1
