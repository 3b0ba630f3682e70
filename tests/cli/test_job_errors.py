"""`bulltui jobs errors`: failed jobs by their error."""

import csv
import io
import json
import re

import pytest

from bulltui.cli.table import Column, lay_out
from bulltui.domain import actions
from bulltui.domain.errors import UnreachableError
from bulltui.domain.fields import raw_field
from bulltui.domain.fingerprint import fingerprint
from bulltui.domain.queue import Counts, Queue
from bulltui.domain.states import JobState
from bulltui.domain.targets import Jobs, Picked
from bulltui.services.grouping import OTHERS
from tests.cli.acting_fakes import FakeRunner
from tests.cli.conftest import Run
from tests.cli.fakes import MAIL, NOW, PAYMENTS, SURE_V5, Opened
from tests.fake_finder import Stored

MINUTE = 60_000
TRACE = json.dumps(["TypeError: x\n    at charge (/app/src/pay.ts:8:13)"])
KEY = fingerprint("Order 1 not found", TRACE).key


def job(job_id: str, reason: str, ago_ms: int = 0, trace: str = TRACE, name: str = "charge") -> Stored:
    fields = {"failedReason": reason, "stacktrace": trace, "name": name}
    return job_id, float(NOW - ago_ms), {key: raw_field(value) for key, value in fields.items()}


@pytest.fixture(autouse=True)
def jobs(opened: Opened) -> None:
    """Failed jobs of two queues."""
    opened.reader.queues[MAIL] = Queue(MAIL, Counts(failed=2), SURE_V5)
    opened.finder.jobs = {
        (PAYMENTS, JobState.FAILED): [
            job("5", "Order 5 not found", MINUTE),
            job("4", "too late", 2 * MINUTE, "[]", "refund"),
            job("3", "Order 3 not found", 70 * MINUTE),
            job("2", "Order 2 not found", 71 * MINUTE),
            job("1", "Order 1 not found", 400 * MINUTE),
        ],
        (MAIL, JobState.FAILED): [
            job("a", "Order 7 not found", 5 * MINUTE),
            job("b", "[red]\x1b[31m", 6 * MINUTE, "[]"),
        ],
    }


class TestGroups:
    def test_a_table(self, run: Run) -> None:
        ended = run("jobs", "errors", "payments")
        titles, first, second = ended.out.splitlines()
        assert titles.split()[:4] == ["KEY", "JOBS", "SHARE", "TREND"]
        assert first.startswith(f"{KEY}  ")
        assert re.search(r"4\s+80%\s+shrinking|4\s+80%\s+steady", first)
        assert "TypeError: Order # not found" in first
        assert "charge (src/pay.ts)" in first
        assert "too late" in second
        assert "refund" in second
        assert ended.err == ""
        assert ended.code == 0

    def test_of_all_queues_or_those_of_q(self, run: Run) -> None:
        found = run("jobs", "errors", "-o", "json").json
        assert [(group["count"], group["title"]) for group in found] == [
            (5, "TypeError: Order # not found"),
            (1, "too late"),
            (1, "[red]"),
        ]
        assert found[0]["queues"] == [
            {"name": "mail.bulk", "prefix": "bull", "count": 1},
            {"name": "payments", "prefix": "bull", "count": 4},
        ]
        assert len(run("jobs", "errors", "-q", "mail*", "-o", "json").json) == 2
        assert len(run("jobs", "errors", "payments", "mail.bulk", "-o", "json").json) == 3

    def test_the_document(self, run: Run) -> None:
        first, _ = run("jobs", "errors", "payments", "-o", "json").json
        assert first == {
            "key": KEY,
            "title": "TypeError: Order # not found",
            "frame": "charge (src/pay.ts)",
            "count": 4,
            "share": 0.8,
            "trend": "steady",
            "lastSpan": 1,
            "spanBefore": 2,
            "firstAt": NOW - 400 * MINUTE,
            "lastAt": NOW - MINUTE,
            "names": {"charge": 4},
            "queues": [{"name": "payments", "prefix": "bull", "count": 4}],
            "sample": {"id": "5", "queue": "payments", "prefix": "bull", "failedReason": "Order 5 not found"},
        }
        lines = run("jobs", "errors", "payments", "-o", "jsonl").out.splitlines()
        assert [json.loads(line)["count"] for line in lines] == [4, 1]

    def test_csv(self, run: Run) -> None:
        (row, _) = csv.DictReader(io.StringIO(run("jobs", "errors", "payments", "-o", "csv").out))
        assert (row["key"], row["count"], row["names"], row["sampleId"]) == (KEY, "4", "charge", "5")

    def test_order_and_limit(self, run: Run) -> None:
        by_trend = run("jobs", "errors", "--sort", "trend", "-o", "json").json
        assert by_trend[0]["trend"] == "new"
        ended = run("jobs", "errors", "--limit", "1")
        assert len(ended.out.splitlines()) == 2
        assert ended.err == "1 of 3 groups. --limit N shows more.\n"

    def test_lately_and_compared_with_other_spans(self, run: Run) -> None:
        (first, _) = run("jobs", "errors", "payments", "--since", "75m", "-o", "json").json
        assert first["count"] == 3
        (first, _) = run("jobs", "errors", "payments", "--compare", "10h", "-o", "json").json
        assert (first["lastSpan"], first["spanBefore"], first["trend"]) == (4, 0, "new")
        assert run("jobs", "errors", "payments", "--since", "1s").err == "No job failed in that time.\n"

    def test_nothing_failed(self, run: Run, opened: Opened) -> None:
        opened.reader.queues = {PAYMENTS: Queue(PAYMENTS, Counts(), SURE_V5)}
        ended = run("jobs", "errors")
        assert (ended.code, ended.out, ended.err) == (0, "", "No failed jobs.\n")
        assert run("jobs", "errors", "-o", "json").json == []

    def test_no_queues(self, run: Run, opened: Opened) -> None:
        opened.reader.queues = {}
        opened.reader.discovery_problem = "the search was refused"
        said = run("jobs", "errors").err
        assert "Some queues are left out: the search was refused" in said
        assert "`bulltui queues list` says what to check" in said

    def test_on_a_narrow_terminal_error_and_place_share_the_room(self) -> None:
        titles = [Column("error", give=True), Column("in your code", give=True)]
        assert lay_out(titles, [("x" * 90, "y" * 40)], 50).widths == (24, 24)

    def test_what_was_left_out_is_said(self, run: Run, opened: Opened) -> None:
        opened.finder.unread = ("9",)
        opened.finder.jobs = {(PAYMENTS, JobState.FAILED): [("x", 1.0, {}), job("1", "no")]}
        said = run("jobs", "errors", "payments").err
        assert said == "1 id in the state without a job.\n1 job left out: a field is too large to be looked into.\n"

    def test_the_server_is_gone(self, run: Run, opened: Opened) -> None:
        opened.finder.error = UnreachableError("no answer")
        assert run("jobs", "errors", "payments").code == 6

    @pytest.mark.parametrize(
        "words",
        [
            ["--ids"],
            ["--then", "retry"],
            ["--compare", "0"],
            ["--since", "soon"],
            ["--group", "x", "--then", "promote"],
            ["--group", "x", "--then", "retry", "--ids"],
        ],
    )
    def test_what_does_not_fit_together(self, run: Run, words: list[str]) -> None:
        ended = run("jobs", "errors", "payments", *words)
        assert ended.code == 2
        assert ended.err.startswith("bulltui: ")

    def test_no_such_queue(self, run: Run) -> None:
        assert run("jobs", "errors", "paymants").code == 4


class TestAGroup:
    def test_its_jobs(self, run: Run) -> None:
        found = run("jobs", "errors", "--group", KEY, "-o", "json").json
        assert [one["id"] for one in found] == ["a", "5", "3", "2", "1"]
        assert found[1] == {
            "id": "5",
            "name": "charge",
            "queue": "payments",
            "prefix": "bull",
            "finishedOn": NOW - MINUTE,
            "failedReason": "Order 5 not found",
        }
        assert "Order 5 not found" in run("jobs", "errors", "--group", KEY).out

    def test_some_of_them(self, run: Run) -> None:
        ended = run("jobs", "errors", "payments", "--group", KEY, "--limit", "2", "-o", "csv")
        assert len(ended.out.splitlines()) == 3
        assert ended.err == "The newest 2. --limit N shows more, --ids the ids of all.\n"
        ended = run("jobs", "errors", "payments", "--group", KEY, "--limit", "4", "-o", "csv")
        assert (len(ended.out.splitlines()), ended.err) == (5, "")

    def test_their_ids_for_another_command(self, run: Run) -> None:
        assert run("jobs", "errors", "payments", "--group", KEY, "--ids").out == "5\n3\n2\n1\n"
        assert run("jobs", "errors", "payments", "--group", KEY, "--ids", "--since", "2h").out == "5\n3\n2\n"
        assert run("jobs", "errors", "--group", KEY, "--ids").code == 2

    def test_those_that_are_too_many_to_tell_apart(self, run: Run) -> None:
        ended = run("jobs", "errors", "payments", "--group", OTHERS.key)
        assert (ended.code, ended.err.count("--since")) == (4, 1)

    @pytest.mark.parametrize("words", [[], ["--ids"], ["--then", "retry", "--yes"]])
    def test_there_is_no_such_group(self, run: Run, words: list[str]) -> None:
        ended = run("jobs", "errors", "payments", "--group", "0000000000", *words)
        assert ended.code == 4
        assert "lists the keys of all groups" in ended.err

    def test_what_is_done_with_them(self, run: Run, runner: FakeRunner) -> None:
        assert run("jobs", "errors", "payments", "--group", KEY, "--then", "retry", "--yes").code == 0
        assert runner.asked.action == actions.Retry()
        assert runner.asked.target == Jobs(PAYMENTS, ("5", "3", "2", "1"), JobState.FAILED)

    def test_in_several_queues(self, run: Run, runner: FakeRunner) -> None:
        run("jobs", "errors", "--group", KEY, "--then", "remove", "--yes", "--reason", "known")
        assert runner.asked.action == actions.Remove()
        assert runner.asked.reason == "known"
        parts = Jobs(MAIL, ("a",), JobState.FAILED), Jobs(PAYMENTS, ("5", "3", "2", "1"), JobState.FAILED)
        assert runner.asked.target == Picked(parts)

    def test_nothing_is_done_unasked(self, run: Run, runner: FakeRunner) -> None:
        assert run("jobs", "errors", "payments", "--group", KEY, "--then", "retry").code == 2
        assert run("jobs", "errors", "payments", "--group", KEY, "--then", "retry", "--dry-run").code == 0
        assert run("jobs", "errors", "payments", "--group", KEY, "--then", "retry", "--yes", "--read-only").code == 5
        assert len(runner.previewed) == 1
        assert not runner.ran


def test_hostile_text_is_harmless(run: Run, opened: Opened) -> None:
    texts = ["\x1b]52;c;x\x07 boom", "\u202egnp.exe", "[bold]x[/]", "=cmd()", "caf\udce9", "a\nb\x00c"]
    opened.finder.jobs = {
        (PAYMENTS, JobState.FAILED): [
            job(f"\x1b{place}", text, trace=text, name=text) for place, text in enumerate(texts)
        ]
    }
    for form in ("table", "json", "jsonl", "csv"):
        for more in ([], ["--group", fingerprint(texts[0], texts[0]).key]):
            out = run("jobs", "errors", "payments", "-o", form, *more).out
            assert not re.search("[\x00-\x08\x0b-\x1f\x7f-\x9f\u202a-\u202e\ud800-\udfff]", out)
    assert "'=cmd()" in run("jobs", "errors", "payments", "-o", "csv").out
