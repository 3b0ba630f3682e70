"""`bulltui undo` and `bulltui audit`: what was done, and what can be taken back."""

from bulltui.domain.actions import Restore
from bulltui.domain.errors import UnreachableError
from bulltui.domain.history import Deed, Intent, Past
from bulltui.domain.outcome import Outcome, Reason
from tests.cli.acting_fakes import FakeRunner
from tests.cli.conftest import Run
from tests.cli.fakes import NOW

HERE = "127.0.0.1:6379/0"


def past(number: int, *, server: str = HERE, undone: bool = False, running: bool = False, kind: str = "done") -> Past:
    intent = Intent("clean", server, ("bull:pay\x1bments",), state="completed", reason="=old")
    return Past(number, intent, NOW - 60_000, "ann", 2048, kind, 7 if kind else None, undone, running)


def test_undo_takes_the_newest_that_can_be_undone_here(run: Run, runner: FakeRunner) -> None:
    runner.journal.kept = [past(9, running=True), past(8, undone=True), past(7, server="other:1/0"), past(6), past(5)]
    assert run("undo", "-y").code == 0
    assert runner.asked.action == Restore(6)


def test_nothing_to_undo(run: Run, runner: FakeRunner) -> None:
    runner.journal.kept = [past(7, server="other:1/0")]
    ended = run("undo", "-y", "-o", "json")
    assert (ended.code, runner.ran) == (4, [])
    assert ended.error["message"] == "There is nothing to take back on 127.0.0.1:6379/0."


def test_the_list_of_what_can_be_undone(run: Run, runner: FakeRunner) -> None:
    runner.journal.kept = [past(9, running=True), past(8, kind=""), past(7, undone=True), past(6)]
    lines = run("undo", "list").out.splitlines()
    assert lines[0].split() == ["NUMBER", "WHEN", "WHAT", "QUEUES", "DONE", "SIZE", "BY", "STATUS"]
    assert [line.split("  ")[-1] for line in lines[1:]] == [
        *("running", "cut off, can be undone", "undone", "can be undone"),
    ]
    assert "bull:pay␛ments" in lines[1]
    assert run("undo", "list", "-o", "json").json[3] == {
        "number": 6,
        "at": NOW - 60_000,
        "action": "clean",
        "queues": ["bull:pay\x1bments"],
        "state": "completed",
        "server": HERE,
        "done": 7,
        "size": 2048,
        "user": "ann",
        "reason": "=old",
        "status": "can be undone",
    }
    assert run("undo", "list", "-o", "csv").out.splitlines()[4].endswith("2048,ann,'=old,can be undone")
    assert not runner.ran


def test_an_empty_list(run: Run) -> None:
    ended = run("undo", "list")
    assert (ended.code, ended.out, ended.err) == (0, "", "Nothing is kept that could be taken back.\n")
    assert run("undo", "list", "-o", "json").json == []


DEEDS = [
    Deed(
        "3",
        NOW,
        Intent("retry-all", HERE, ("bull:a",), state="failed", count=312),
        "root",
        "ann",
        "10.0.0.7",
        "ops1",
        7,
    ),
    Deed(
        "2",
        NOW - 1000,
        Intent(
            "remove", HERE, ("bull:a",), {"children": True}, count=4, ids=("1", "2\x1b", "3", "4"), reason="asked\x07"
        ),
        "ann",
        outcome=Outcome(
            "remove", 2, {Reason.LOCKED: 1}, left=1, undo=4, error=UnreachableError("It is gone.", hint="Look.")
        ),
        ended_ms=NOW - 500,
    ),
    Deed("1", NOW - 2000, Intent("pause", HERE, tuple(f"bull:{n}" for n in range(5))), interrupted=True),
    Deed(
        "0", NOW - 3000, Intent("undo", HERE, ("bull:a",), undoes=3, count=9), outcome=Outcome("undo", 9), ended_ms=NOW
    ),
]


def test_the_audit(run: Run, runner: FakeRunner) -> None:
    runner.audit.done = DEEDS
    ended = run("audit")
    lines = ended.out.splitlines()
    assert lines[0].split() == ["WHEN", "WHO", "WHERE", "WHAT", "OUTCOME", "REASON"]
    assert "ann as root@ops1 from 10.0.0.7  bull:a" in lines[1]
    assert "retry-all 312 failed" in lines[1]
    assert lines[1].endswith("running")
    assert "remove 4 (1, 2␛, 3…)" in lines[2]
    assert lines[2].split("…)")[1].split("  ", 1)[1].strip() == "partly 2, 1 skipped, 1 left, It is gone.  asked␇"
    assert "bull:0, bull:1, bull:2 and 2 more" in lines[3]
    assert lines[3].endswith("cut off, its end is not known")
    assert "undo of 3 9" in lines[4]
    assert len(run("audit", "--limit", "2").out.splitlines()) == 3


def test_the_audit_for_programs(run: Run, runner: FakeRunner) -> None:
    runner.audit.done = DEEDS
    running, partly, cut_off, _ = run("audit", "-o", "json").json
    assert partly == {
        "id": "2",
        "at": NOW - 1000,
        "ended": NOW - 500,
        "user": "ann",
        "sudoUser": "",
        "ssh": "",
        "host": "",
        "pid": 0,
        "server": HERE,
        "queues": ["bull:a"],
        "action": "remove",
        "details": {"children": True},
        "state": "",
        "count": 4,
        "ids": ["1", "2\x1b", "3", "4"],
        "undoes": None,
        "reason": "asked\x07",
        "interrupted": False,
        "outcome": "partly",
        "done": 2,
        "skipped": {"locked": 1},
        "unsure": 0,
        "left": 1,
        "undo": 4,
        "error": {"code": "unreachable", "message": "It is gone."},
    }
    assert (running["outcome"], running["interrupted"], cut_off["interrupted"]) == (None, False, True)
    header, *rows = run("audit", "-o", "csv").out.splitlines()
    assert header.startswith("id,at,ended,user,")
    assert len(rows) == 4


def test_an_empty_audit(run: Run) -> None:
    ended = run("audit")
    assert (ended.code, ended.out, ended.err) == (0, "", "Nothing was changed from here yet.\n")


def test_the_audit_tells_what_was_cut_off(run: Run, runner: FakeRunner) -> None:
    runner.audit.cut_off = [DEEDS[2]]
    assert "An earlier pause on bull:0, bull:1, bull:2" in run("audit").err
