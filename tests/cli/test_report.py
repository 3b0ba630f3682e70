"""`bulltui report`: in which form, where to, and with which exit code."""

import json
import os
import stat
import sys
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from bulltui.cli.report_file import write_whole
from bulltui.domain.errors import BulltuiError, UnreachableError, UsageError
from bulltui.domain.history import Deed, Intent
from bulltui.domain.human import HOUR_MS, MINUTE_MS
from bulltui.domain.outcome import Kind, Outcome
from bulltui.domain.point import Flow, Point, Stand
from bulltui.domain.sketch import sketch_of
from bulltui.domain.states import JobState
from bulltui.services.watch.protocols import HistoryState
from tests.cli.conftest import Run
from tests.cli.fakes import MAIL, NOW, PAYMENTS, FakeReader, Opened, failed_job

HERE = "127.0.0.1:6379/0"


@pytest.fixture(autouse=True)
def _past(opened: Opened) -> None:
    """Two days of an hour each with 10 payments completed, and a failed one now and then; and what happened."""
    points = []
    for back in range(48, -1, -1):
        at = NOW // HOUR_MS * HOUR_MS - back * HOUR_MS
        flow = Flow(added=11, started=11, completed=10, failed=back % 2)
        points.append(Point(at, Stand(reads=9, waiting=3, waiting_max=5), flow, run=sketch_of([100.0] * 10)))
    # The history of tests has a point for each hour; charts of a day have one for each ten minutes.
    filled = [
        replace(one, at_ms=one.at_ms + step * 10 * MINUTE_MS, **_still(step)) for one in points for step in range(6)
    ]
    opened.history.points = {PAYMENTS: filled}
    opened.history.stands = HistoryState("here", first_ms=NOW - 49 * HOUR_MS, last_ms=NOW)
    opened.finder.jobs = {(PAYMENTS, JobState.FAILED): [(str(n), NOW - 2_000.0, failed_job(n)) for n in (1, 2, 3)]}
    opened.runner.audit.done = [
        Deed(
            "d1",
            NOW - 1000,
            Intent("pause", HERE, ("bull:payments",), reason="ticket"),
            "ann",
            outcome=Outcome(Kind.DONE, done=1),
        )
    ]


def _still(step: int) -> dict[str, Any]:
    return {} if not step else {"flow": Flow(), "run": sketch_of([])}


def test_the_last_day_as_markdown(run: Run) -> None:
    ended = run("report")
    assert ended.code == 0, ended.err
    assert ended.out.startswith("# Queues, day to ")
    assert "| Completed " in ended.out
    assert "ETIMEDOUT while calling acquirer" in ended.out
    assert "| pause " in ended.out
    assert ended.err == ""


def test_json_has_the_numbers_of_both_days(run: Run) -> None:
    ended = run("report", "-o", "json")
    document = ended.json
    assert document["total"]["completed"] == 240
    assert document["before"]["completed"] == 240
    assert document["total"]["failed"] + document["before"]["failed"] == 24
    assert document["errors"]["groups"][0]["count"] == 3
    assert document["total"]["run"]["p95"] == pytest.approx(100, rel=0.01)
    assert [one["name"] for one in document["now"]] == ["mail.bulk", "payments"]  # one is paused, one lacks workers


def test_the_form_follows_the_options_and_then_the_file(run: Run, tmp_path: Path) -> None:
    for name, start in (
        ("a.html", b"<!DOCTYPE html>"),
        ("a.PDF", b"%PDF-"),
        ("a.csv", b"section,"),
        ("a.json", b"{"),
        ("a.txt", b"# Q"),
    ):
        ended = run("report", "--to", str(tmp_path / name))
        assert ended.code == 0, ended.err
        assert (tmp_path / name).read_bytes().startswith(start)
        assert (ended.out, ended.err) == ("", "")  # cron mails what is said
    assert run("report", "--format", "csv", "-o", "json").out.startswith("section,")
    assert run("report", "-o", "csv").out.startswith("section,")
    assert run("report", "--period", "week", "--format", "html").out.count("<svg") == 6


def test_a_person_is_told_where_it_is(run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys.stderr, "isatty", lambda: True)
    assert run("report", "--to", str(tmp_path / "day.md")).err.startswith(f"Written to {tmp_path / 'day.md'}, ")


def test_a_file_is_written_over_only_when_told(run: Run, tmp_path: Path) -> None:
    path = tmp_path / "day.md"
    path.write_text("mine")
    ended = run("report", "--to", str(path))
    assert (ended.code, path.read_text()) == (2, "mine")
    assert "is there already" in ended.err
    assert "--overwrite" in ended.err
    assert run("report", "--to", str(path), "--overwrite").code == 0
    assert path.read_text().startswith("# Queues")
    assert [one.name for one in tmp_path.iterdir() if one.name != "state"] == ["day.md"]  # nothing is left beside it


def test_a_report_may_be_read_by_whom_the_umask_lets(run: Run, tmp_path: Path) -> None:
    before = os.umask(0o027)
    try:
        assert run("report", "--to", str(tmp_path / "day.md")).code == 0
    finally:
        os.umask(before)
    assert stat.S_IMODE((tmp_path / "day.md").stat().st_mode) == 0o640


def test_a_file_that_came_meanwhile_is_not_written_over(tmp_path: Path) -> None:
    path = tmp_path / "day.md"
    write_whole(path, b"one", over=False)
    with pytest.raises(UsageError):
        write_whole(path, b"two", over=False)
    write_whole(path, b"three", over=True)
    assert path.read_bytes() == b"three"
    with pytest.raises(BulltuiError, match="cannot be written"):
        write_whole(tmp_path / "no" / "day.md", b"four", over=False)
    assert [one.name for one in tmp_path.iterdir()] == ["day.md"]


@pytest.mark.parametrize(
    ("words", "says"),
    [
        (("--last", "--end", "2025-06-01"), "both say when it ends"),
        (("--end", "soon"), "is a day or a time"),
        (("--end", "2031-01-01"), "has not come yet"),
        (("--overwrite",), "--overwrite is about a file"),
        (("--to", ""), "--to is empty"),
        (("--to", "/"), "is a folder"),
        (("--font", "x.ttf"), "--font is for PDF"),
        (("--format", "pdf", "--font", "/nowhere/x.ttf"), "is no font that can be used"),
        (("-o", "jsonl"), "has no JSONL form"),
        (("--period", "year"), "year"),
    ],
)
def test_what_does_not_fit_together_is_refused(run: Run, words: tuple[str, ...], says: str) -> None:
    ended = run("report", *words)
    assert (ended.code, ended.out) == (2, "")
    assert says in ended.err


def test_pdf_is_nothing_for_a_terminal(run: Run, monkeypatch: pytest.MonkeyPatch, opened: Opened) -> None:
    monkeypatch.setattr(sys.stdout, "isatty", lambda: True, raising=False)
    ended = run("report", "--format", "pdf")
    assert ended.code == 2
    assert "nothing for a terminal" in ended.err
    assert not opened.settings  # nothing was asked


def test_without_the_package_pdf_says_how_to_get_it(run: Run, monkeypatch: pytest.MonkeyPatch, opened: Opened) -> None:
    monkeypatch.setattr("bulltui.reports.writing.find_spec", lambda _: None)
    ended = run("report", "--format", "pdf", "-o", "json")
    assert ended.code == 2
    assert "pip install 'bulltui[reports]'" in json.loads(ended.err)["error"]["hint"]
    assert not opened.settings


def test_without_the_server_it_ends_with_3(run: Run, store: FakeReader) -> None:
    store.error = UnreachableError("Nothing listens at 127.0.0.1:6379.")
    ended = run("report", "-o", "json")
    assert ended.code == 3
    assert ended.json["total"]["completed"] == 240
    assert ended.json["now"] is None
    assert ended.err.startswith("Not whole: Nothing listens at 127.0.0.1:6379.")


def test_without_a_history_there_is_the_error_of_it(run: Run, opened: Opened) -> None:
    opened.history.error = UnreachableError("Prometheus does not answer.", hint="Look at it.")
    ended = run("report", "-o", "json")
    assert ended.code == 6
    assert ended.error["message"] == "Prometheus does not answer."


def test_queues_are_chosen(run: Run) -> None:
    document = run("report", "-q", "mail*", "-o", "json").json
    assert document["queues"] == []
    assert document["globs"] == ["mail*"]
    assert [one["name"] for one in document["now"]] == [MAIL.name]
    assert document["actions"] == []


def test_tables_have_as_many_rows_as_asked(run: Run) -> None:
    out = run("report", "--top", "1").out
    assert "1 more queue." in out  # of those that are paused or lack workers
