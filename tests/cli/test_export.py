"""`bulltui jobs export`: forms, options and words, on a store in memory."""

import csv
import io
import json
import stat
from pathlib import Path

import pytest

from bulltui.domain.errors import UnreachableError
from bulltui.domain.fields import Field, RawHash
from bulltui.domain.states import JobState
from tests.cli.conftest import Ended, Run
from tests.cli.fakes import MAIL, NOW, PAYMENTS, Opened, failed_job, hash_of


@pytest.fixture(autouse=True)
def jobs(opened: Opened) -> None:
    """Five failed jobs of payments, and one of mail that is paused."""
    paused = hash_of(name="welcome", data='{"to":"ann","n":1.10}', opts='{"kl":5}', timestamp=str(NOW - 60_000))
    failed: list[tuple[str, float, RawHash]] = [(str(n), NOW - 2_000.0, failed_job(n)) for n in range(5, 0, -1)]
    opened.finder.jobs = {(PAYMENTS, JobState.FAILED): failed, (MAIL, JobState.PAUSED): [("m1", 0, paused)]}
    opened.reader.states[MAIL, JobState.PAUSED] = {"m1": paused}


def lines(ended: Ended) -> list[str]:
    return [json.loads(line)["id"] for line in ended.out.splitlines()]


def test_whole_jobs_as_lines(run: Run) -> None:
    ended = run("jobs", "export", "mail.bulk")
    assert (ended.code, ended.err) == (0, "")
    assert '"data":{"to":"ann","n":1.10}' in ended.out
    job = json.loads(ended.out)
    assert (job["id"], job["queue"], job["state"], job["opts"]) == ("m1", "mail.bulk", "paused", {"keepLogs": 5})


@pytest.mark.parametrize(
    ("words", "found"),
    [
        ("payments --state failed", ["5", "4", "3", "2", "1"]),
        ("payments --state delayed,paused", []),
        ("payments --find data.order>3", ["5", "4"]),
        ("--find welcome", ["m1"]),
        ("--find charge -q pay* -s failed", ["5", "4", "3", "2", "1"]),
        ("payments 4 2 4", ["4", "2"]),
    ],
)
def test_which_jobs(run: Run, words: str, found: list[str]) -> None:
    assert lines(run("jobs", "export", *words.split())) == found


def test_forms(run: Run) -> None:
    assert [job["id"] for job in run("jobs", "export", "payments", "--format", "json").json] == [
        "5",
        "4",
        "3",
        "2",
        "1",
    ]
    words = ("jobs", "export", "payments", "--find", "data.order<3", "-o", "csv", "--columns", "id,data.order,name")
    assert list(csv.reader(io.StringIO(run(*words).out))) == [
        ["id", "data.order", "name"],
        ["2", "2", "charge"],
        ["1", "1", "charge"],
    ]
    none = run("jobs", "export", "--find", "nothing-like-it", "--format", "json")
    assert (none.code, none.json, none.err) == (0, [], "No jobs to write.\n")


def test_a_file_of_ones_own(run: Run, tmp_path: Path) -> None:
    path = tmp_path / "jobs.csv"
    ended = run("jobs", "export", "payments", "-f", str(path))
    assert (ended.code, ended.out) == (0, "")
    assert ended.err.startswith(f"5 jobs written to {path}, ")
    assert path.read_text().splitlines()[0].startswith("id,name,queue,state,")  # the form goes by the name
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert [one.name for one in tmp_path.iterdir() if one.is_file()] == ["jobs.csv"]
    assert run("jobs", "export", "payments", "-f", str(path)).code == 2
    assert run("jobs", "export", "payments", "1", "-f", str(path), "--overwrite").code == 0
    assert len(path.read_text().splitlines()) == 2


def test_then_export_writes_what_is_found(run: Run, tmp_path: Path) -> None:
    path = tmp_path / "found.json"
    ended = run("jobs", "find", "data.order=3", "--then", "export", "-f", str(path))
    assert (ended.code, ended.err.split(",")[0]) == (0, f"1 job written to {path}")
    assert [job["id"] for job in json.loads(path.read_text())] == ["3"]
    assert run("jobs", "find", "x", "--then", "export", "--limit", "3").code == 2
    assert run("jobs", "find", "x", "-f", str(path)).code == 2


def test_a_server_that_goes_away_leaves_what_was_written_and_how_to_go_on(
    run: Run, opened: Opened, tmp_path: Path
) -> None:
    path = tmp_path / "jobs.jsonl"
    opened.finder.error, opened.finder.error_after = UnreachableError("The server is gone."), 1
    words = ("jobs", "export", "payments", "-s", "failed", "-f", str(path))
    ended = run(*words)
    assert (ended.code, path.exists()) == (6, False)
    assert "jobs.jsonl.part; the same command with --resume goes on behind it." in ended.err
    assert len((tmp_path / "jobs.jsonl.part").read_text().splitlines()) == 3
    assert run(*words).code == 2
    assert run("jobs", "export", "payments", "-f", str(path), "--resume").code == 2  # other states
    assert run(*words, "--resume").code == 0
    assert [json.loads(line)["id"] for line in path.read_text().splitlines()] == ["5", "4", "3", "2", "1"]
    assert run(*words, "--resume").code == 4


def test_fields_too_large_for_a_look_are_read_whole_by_themselves(run: Run, opened: Opened) -> None:
    big = dict(failed_job(9)) | {"data": Field("", 3_000_000, cut=True)}
    opened.finder.jobs = {(PAYMENTS, JobState.FAILED): [("9", 1.0, big)]}
    opened.reader.whole_fields["9", "data"] = b'"' + b"x" * 2_999_998 + b'"'
    ended = run("jobs", "export", "payments")
    assert (ended.code, ended.json["data"], "sizes" in ended.json) == (0, "x" * 2_999_998, False)


def test_what_is_left_out_is_told(run: Run, opened: Opened) -> None:
    huge = dict(failed_job(9)) | {"data": Field("", 65 * 1024 * 1024, cut=True)}
    odd = dict(failed_job(8)) | dict(hash_of(failedReason="\udcff"))
    opened.finder.jobs = {(PAYMENTS, JobState.FAILED): [("9", 1.0, huge), ("8", 1.0, odd)]}
    ended = run("jobs", "export", "payments")
    assert ended.code == 3
    assert json.loads(ended.out.splitlines()[0])["sizes"] == {"data": 65 * 1024 * 1024}
    assert ended.err.splitlines() == [
        "1 field of more than 64 MiB left out, named in `sizes`.",
        "1 job with bytes that are no UTF-8 and so no JSON: they are written as \\xNN.",
    ]
    missing = run("jobs", "export", "payments", "1", "none")
    assert (missing.code, lines(missing), missing.err) == (3, ["1"], "1 id of no job: none.\n")


@pytest.mark.parametrize(
    "words",
    [
        "",
        "payments 1 --state failed",
        "payments --columns id",
        "payments --format csv --columns nmae",
        "payments --resume",
        "payments -f x --resume --overwrite",
        "payments --find nmae:x",
        "payments --state nowhere",
    ],
)
def test_what_does_not_fit_together(run: Run, words: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    ended = run("jobs", "export", *words.split())
    assert (ended.code, ended.out) == (2, "")
    assert ended.err.startswith("bulltui: ")
