"""`bulltui jobs add --from`: a file looked through before the first job is added."""

import io
import sys
from pathlib import Path

import pytest
from redis import Redis

from bulltui.domain import actions
from bulltui.domain.targets import NewJobs
from tests.cli.acting_fakes import FakeRunner
from tests.cli.conftest import Run
from tests.cli.desk import Desk, fill
from tests.cli.fakes import PAYMENTS


@pytest.fixture
def file(tmp_path: Path) -> Path:
    path = tmp_path / "jobs.jsonl"
    path.write_text('{"name":"a","data":[1.10]}\n{"name":"b","opts":{"jobId":"own","attempts":3}}\n')
    return path


def test_one_request_for_all_of_a_file(run: Run, runner: FakeRunner, file: Path) -> None:
    ended = run("jobs", "add", "payments", "--from", str(file), "--yes")
    assert (ended.code, ended.err) == (0, "")
    target = runner.asked.target
    assert isinstance(target, NewJobs)
    assert (runner.asked.action, target.ref, target.count) == (actions.AddAll(), PAYMENTS, 2)


def test_a_dry_run_tells_what_is_in_it(run: Run, file: Path) -> None:
    out = run("jobs", "add", "payments", "--from", str(file), "--dry-run").out
    assert f"From {file}: 1 a, 1 b." in out
    assert "1 name an id that is left out: every job gets a new number, unless --keep-ids is said." in out


def test_a_wrong_line_is_named_before_anything_is_added(run: Run, runner: FakeRunner, file: Path) -> None:
    file.write_text(file.read_text() + '{oops\n\n{"name":""}\n')
    ended = run("jobs", "add", "payments", "--from", str(file), "--yes")
    assert (ended.code, runner.ran) == (2, [])
    assert "2 jobs of " in ended.err
    assert "line 3: It is not JSON" in ended.err
    assert "line 5: It has no name." in ended.err
    skipped = run("jobs", "add", "payments", "--from", str(file), "--yes", "--skip-wrong")
    assert (skipped.code, skipped.err.startswith("2 jobs left out: line 3:")) == (0, True)
    assert isinstance(runner.asked.target, NewJobs)


def test_standard_input(run: Run, runner: FakeRunner, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(b'[{"name":"a"}]')))
    assert run("jobs", "add", "payments", "--from", "-", "--yes").code == 0
    assert isinstance(runner.asked.target, NewJobs)


@pytest.mark.parametrize(
    ("words", "message"),
    [
        ("name --from x", "takes name, data and options from the file"),
        ("--from x --delay 5m", "takes name, data and options from the file"),
        ("", "Which job?"),
        ("name --keep-ids", "go with --from only"),
        ("--from jobs.csv", "CSV holds columns of jobs"),
        ("--from /nowhere/x.jsonl", "cannot be read: No such file"),
        ("--from /dev/null", "holds no jobs"),
    ],
)
def test_what_does_not_fit_together(run: Run, words: str, message: str) -> None:
    ended = run("jobs", "add", "payments", *words.split(), "--yes")
    assert (ended.code, message in ended.err) == (2, True)


def test_on_a_real_server(desk: Desk, raw: Redis, file: Path) -> None:
    fill(raw, 0)
    words = ("jobs", "add", "payments", "--from", str(file), "--yes", "--keep-ids", "-o", "json")
    first = desk(*words).json
    assert (first["done"], first["ids"][1]) == (2, "own")
    assert raw.hget(f"bull:payments:{first['ids'][0]}", "data") == b"[1.10]"
    again = desk(*words)
    assert (again.code, again.json["done"], again.json["skipped"]) == (3, 1, {"exists": 1})
    assert again.json["examples"] == {"exists": ["own"]}
    audit = desk("audit", "-o", "json").json
    assert [(deed["action"], deed["count"]) for deed in audit] == [("add", 2), ("add", 2)]
    assert "1.10" not in str(audit)
