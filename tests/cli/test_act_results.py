"""Commands that change something: how they ask for a yes, and what they say afterwards."""

from collections.abc import Callable
from pathlib import Path

import pytest

from bulltui.domain.errors import NotAllowedError, UnreachableError
from bulltui.domain.history import Deed, Intent
from bulltui.domain.outcome import Outcome, Preview, Reason
from tests.cli.acting_fakes import FakeRunner
from tests.cli.conftest import Run
from tests.cli.fakes import Opened


def test_without_a_terminal_yes_is_needed(run: Run, runner: FakeRunner, opened: Opened) -> None:
    ended = run("jobs", "retry", "payments", "1", "-o", "json")
    assert (ended.code, ended.out) == (2, "")
    assert ended.error["code"] == "not-confirmed"
    assert not runner.ran + runner.previewed
    assert not opened.settings


@pytest.mark.parametrize(
    ("answer", "done"), [("y\n", True), ("YES\n", True), ("\n", False), ("n\n", False), ("", False)]
)
def test_the_default_is_no(
    run: Run, runner: FakeRunner, typed: Callable[[str], None], answer: str, *, done: bool
) -> None:
    typed(answer)
    ended = run("jobs", "retry", "payments", "1")
    assert "Retry job 1 of payments\n  It runs again.\nDo it? [y/N] " in ended.err
    assert bool(runner.ran) is done
    assert (ended.code, ended.out) == ((0, "1 job retried.\n") if done else (1, ""))
    assert ended.err.endswith("Nothing was changed.\n") is not done


@pytest.mark.parametrize(("answer", "done"), [("payments\n", True), ("y\n", False), ("Payments\n", False)])
def test_what_cannot_be_mended_wants_the_name(
    run: Run, runner: FakeRunner, typed: Callable[[str], None], answer: str, *, done: bool
) -> None:
    runner.told = Preview("Obliterate payments", 5, warnings=("2 jobs are active.",), type_name="payments")
    typed(answer)
    ended = run("queues", "obliterate", "payments")
    assert "! 2 jobs are active.\n  This cannot be undone.\nType payments to do it: " in ended.err
    assert bool(runner.ran) is done


def test_production_is_marked(run: Run, runner: FakeRunner, typed: Callable[[str], None], tmp_path: Path) -> None:
    (tmp_path / "c.toml").write_text('[profiles.prod]\nurl = "redis://p:1"\nproduction = true\nrequire_reason = true\n')
    typed("y\nthey paid\n")
    ended = run("jobs", "retry", "payments", "1", "--config", f"{tmp_path}/c.toml", "--profile", "prod")
    assert ended.err.startswith(" PRODUCTION   profile prod\nRetry job 1 of payments\n")
    assert runner.asked.reason == "they paid"


def test_a_hostile_preview_is_harmless(run: Run, runner: FakeRunner, typed: Callable[[str], None]) -> None:
    runner.told = Preview("x\x1b[2J", 1, ("\u202ey",), ("\x07",), samples=("\udcff",), type_name="\x1b]0;a\x07")
    typed("\x1b]0;a\x07\n")
    ended = run("jobs", "retry", "payments", "1")
    assert not set(ended.err) & set("\x1b\x07\u202e")
    assert len(runner.ran) == 1


# --- dry runs


def test_a_dry_run_needs_no_yes_and_works_read_only(run: Run, runner: FakeRunner, opened: Opened) -> None:
    ended = run("jobs", "retry", "payments", "1", "--dry-run")
    assert (ended.code, runner.ran) == (0, [])
    assert ended.out == "Retry job 1 of payments\n  It runs again.\nNothing was changed: this is a dry run.\n"
    ended = run("jobs", "retry", "payments", "1", "--dry-run", "--read-only")
    assert ended.out.endswith("This is read-only: it would be refused.\n")
    assert not opened.settings[1].read_only


def test_a_dry_run_as_json(run: Run, runner: FakeRunner) -> None:
    assert run("queues", "retry-all", "payments", "--dry-run", "-o", "json").json == {
        "action": "retry-all",
        "queues": ["bull:payments"],
        "state": "failed",
        "dry_run": True,
        "refused": False,
        "title": "Retry job 1 of payments",
        "count": 1,
        "effect": ["It runs again."],
        "warnings": [],
        "undoable": True,
        "type_name": "",
        "samples": [],
    }
    assert not runner.ran


# --- results

PARTLY = Outcome(
    "retry",
    done=312,
    skipped={Reason.LOCKED: 2, Reason.MISSING: 7},
    examples={Reason.LOCKED: ("a", "b\x1b"), Reason.MISSING: ("1", "2", "3", "4", "5")},
    undo=41,
    elapsed_s=1.23456,
)


def test_a_result_in_part(run: Run, runner: FakeRunner) -> None:
    runner.outcome = PARTLY
    ended = run("queues", "retry-all", "payments", "-y")
    assert (ended.code, ended.err) == (3, "")
    assert ended.out == (
        "312 jobs retried. 9 skipped: a worker runs it (a, b␛), not there any more (7). "
        "`bulltui undo 41` takes that back.\n"
    )


def test_a_result_as_json(run: Run, runner: FakeRunner) -> None:
    runner.outcome = PARTLY
    ended = run("queues", "retry-all", "payments", "-y", "-o", "json")
    assert (ended.code, ended.err) == (3, "")
    assert ended.json == {
        "action": "retry-all",
        "queues": ["bull:payments"],
        "state": "failed",
        "outcome": "partly",
        "done": 312,
        "skipped": {"locked": 2, "missing": 7},
        "examples": {"locked": ["a", "b\x1b"], "missing": ["1", "2", "3", "4", "5"]},
        "unsure": 0,
        "left": 0,
        "cancelled": False,
        "undo": 41,
        "ids": [],
        "elapsed_s": 1.235,
    }
    assert run("queues", "retry-all", "payments", "-y", "-o", "jsonl").out.count("\n") == 1


@pytest.mark.parametrize(
    ("outcome", "code", "out", "err"),
    [
        (Outcome("retry"), 0, "Nothing to do: there is no such job.\n", ""),
        (Outcome("retry", done=1), 0, "1 job retried.\n", ""),
        (
            Outcome("retry", skipped={Reason.MISSING: 1}, examples={Reason.MISSING: ("9",)}),
            4,
            "",
            "bulltui: No job was retried. 1 skipped: not there any more (9).\n",
        ),
        (
            Outcome("retry", skipped={Reason.LOCKED: 1}, examples={Reason.LOCKED: ("9",)}),
            1,
            "",
            "bulltui: No job was retried. 1 skipped: a worker runs it (9).\n",
        ),
        (
            Outcome("retry", done=500, left=88, cancelled=True),
            3,
            "500 jobs retried. Stopped, 88 left as they were.\n",
            "",
        ),
        (
            Outcome("retry", done=250, unsure=250, left=9, error=UnreachableError("It is gone.", hint="Look.")),
            3,
            "250 jobs retried. 250 may have been done or not, since the answer was lost. "
            "Stopped, 9 left as they were.\n",
            "bulltui: It is gone. Look.\n",
        ),
        (Outcome("retry", error=UnreachableError("It is gone.")), 6, "", "bulltui: It is gone.\n"),
        (Outcome("retry", error=NotAllowedError("You may not.")), 5, "", "bulltui: You may not.\n"),
    ],
)
def test_results_and_exit_codes(run: Run, runner: FakeRunner, outcome: Outcome, code: int, out: str, err: str) -> None:
    runner.outcome = outcome
    ended = run("jobs", "retry", "payments", "9", "-y")
    assert (ended.code, ended.out, ended.err) == (code, out, err)
    as_json = run("jobs", "retry", "payments", "9", "-y", "-o", "json")
    assert (as_json.code, as_json.json["outcome"]) == (code, outcome.kind.value)
    assert bool(as_json.err) is bool(err)
    if err:
        assert as_json.error["message"] in err
    assert ("error" in as_json.json) is (outcome.error is not None)


@pytest.mark.parametrize(
    "words", ["queues resume --mine --yes", "undo --yes", "undo 5 --yes", "queues pause nosuch -y", "undo"]
)
def test_read_only_is_said_before_anything_is_looked_for(
    run: Run, runner: FakeRunner, opened: Opened, words: str
) -> None:
    ended = run(*words.split(), "--read-only", "-o", "json")
    assert (ended.code, ended.out, ended.error["code"]) == (5, "", "read-only")
    assert (opened.settings, runner.ran) == ([], [])


def test_what_is_refused_before_it_begins(run: Run, runner: FakeRunner) -> None:
    runner.error = NotAllowedError("Nothing is changed here: read-only.", code="read-only")
    ended = run("jobs", "retry", "payments", "9", "-y", "-o", "json")
    assert (ended.code, ended.out, ended.error["code"]) == (5, "", "read-only")


@pytest.mark.parametrize(
    ("words", "outcome", "text"),
    [
        ("jobs add payments x", Outcome("add", done=1, made=("17\x1b",)), "1 job added as 17␛."),
        (
            "jobs duplicate payments 1",
            Outcome("duplicate", done=7, made=tuple("1234567")),
            "as 1, 2, 3, 4, 5 and 2 more.",
        ),
        (
            "queues pause payments",
            Outcome("pause", done=1, undo=3),
            "1 queue paused. `bulltui undo 3` takes that back.",
        ),
        ("queues obliterate payments", Outcome("obliterate", done=312), "payments obliterated, with 312 jobs."),
        ("queues obliterate payments", Outcome("obliterate", done=1), "payments obliterated."),
        ("queues drain payments", Outcome("drain", done=2), "2 jobs drained."),
        ("schedulers trigger payments a", Outcome("trigger", done=1, made=("5",)), "1 scheduler triggered as 5."),
        ("undo 3", Outcome("undo", done=1200), "1,200 brought back."),
        ("undo 3", Outcome("undo"), "Nothing to do."),
    ],
)
def test_results_of_other_actions(run: Run, runner: FakeRunner, words: str, outcome: Outcome, text: str) -> None:
    runner.outcome = outcome
    ended = run(*words.split(), "-y")
    assert (ended.code, ended.err) == (0, "")
    assert ended.out.endswith(text + "\n")


def test_an_action_that_was_cut_off_is_told_once(run: Run, runner: FakeRunner) -> None:
    intent = Intent("retry-all", "h:1/0", ("bull:pay\x1bments",))
    runner.audit.cut_off = [Deed("1", 0, intent, user="ann", host="ops1", pid=7, interrupted=True)]
    ended = run("jobs", "retry", "payments", "1", "-y")
    assert ended.code == 0
    assert "An earlier retry-all on bull:pay␛ments by ann@ops1 was cut off in the middle" in ended.err
    assert run("jobs", "retry", "payments", "1", "-y").err == ""
