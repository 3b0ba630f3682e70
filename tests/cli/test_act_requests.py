"""Commands that change something: what they ask for, and what they refuse to ask for."""

import io
import sys
from pathlib import Path

import pytest

from bulltui.domain import actions, targets
from bulltui.domain.actions import Action
from bulltui.domain.layout import Layout
from bulltui.domain.states import JobState
from bulltui.domain.targets import Every, Jobs, Queues, Schedulers, Target
from tests.cli.acting_fakes import FakeRunner
from tests.cli.conftest import Run
from tests.cli.fakes import MAIL, PAYMENTS, FakeReader, Opened

HOUR = 3_600_000
TEXT = '{"attempts":0,"delay":300000,"priority":3,"jobId":"a-1","lifo":true}'

REQUESTS: tuple[tuple[str, Action, Target], ...] = (
    ("jobs retry payments 1 2", actions.Retry(), Jobs(PAYMENTS, ("1", "2"))),
    ("jobs retry bull:payments 1 1", actions.Retry(), Jobs(PAYMENTS, ("1",))),
    (
        "jobs retry payments --all --reset-attempts --reset-stalled",
        actions.Retry(reset_attempts=True, reset_stalled=True),
        Every(PAYMENTS, JobState.FAILED),
    ),
    (
        "jobs retry payments --all -s comp --limit 7 --older-than 2h --rate 50",
        actions.Retry(),
        Every(PAYMENTS, JobState.COMPLETED, 7, 2 * HOUR, 50.0),
    ),
    ("jobs remove payments 1 --state failed", actions.Remove(), Jobs(PAYMENTS, ("1",), JobState.FAILED)),
    ("jobs remove payments a:b:c --children", actions.Remove(children=True), Jobs(PAYMENTS, ("a:b:c",))),
    ("jobs remove payments --all -s wait", actions.Remove(), Every(PAYMENTS, JobState.WAITING)),
    ("jobs promote payments 1", actions.Promote(), Jobs(PAYMENTS, ("1",))),
    ("jobs promote payments --all --scheduled", actions.Promote(scheduled=True), Every(PAYMENTS, JobState.DELAYED)),
    ("jobs duplicate payments 1", actions.Duplicate(), Jobs(PAYMENTS, ("1",))),
    (
        "jobs reprioritize payments 1 --priority 5 --lifo",
        actions.Reprioritize(priority=5, lifo=True),
        Jobs(PAYMENTS, ("1",)),
    ),
    ("jobs reschedule payments 1 --in 10m", actions.Reschedule(delay_ms=600_000), Jobs(PAYMENTS, ("1",))),
    ("jobs update-data payments 1 --data [1,2]", actions.UpdateData("[1,2]"), Jobs(PAYMENTS, ("1",))),
    ("jobs add-log payments 1 --line hello", actions.AddLog("hello"), Jobs(PAYMENTS, ("1",))),
    ("jobs release payments 1", actions.Release(), Jobs(PAYMENTS, ("1",))),
    ("jobs fail payments 1 --message lost", actions.Fail("lost"), Jobs(PAYMENTS, ("1",))),
    ("jobs fail payments 1", actions.Fail(), Jobs(PAYMENTS, ("1",))),
    ("jobs remove-children payments 1", actions.RemoveChildren(), Jobs(PAYMENTS, ("1",))),
    ("jobs add payments charge", actions.Add("charge", "{}", '{"attempts":0}'), Queues((PAYMENTS,))),
    (
        "jobs add payments charge --data 7 --delay 5m --priority 3 --id a-1 --lifo",
        actions.Add("charge", "7", TEXT),
        Queues((PAYMENTS,)),
    ),
    (
        'jobs add payments charge --opts {"attempts":2,"keepLogs":9} --attempts 3',
        actions.Add("charge", "{}", '{"attempts":3,"kl":9}'),
        Queues((PAYMENTS,)),
    ),
    ("jobs replay payments 5 --data [7]", actions.Replay(data="[7]"), Jobs(PAYMENTS, ("5",))),
    ("jobs replay payments 5 --name pay --copy", actions.Replay(name="pay", copy=True), Jobs(PAYMENTS, ("5",))),
    ('jobs replay payments 5 --data {"order":5} --copy', actions.Replay(copy=True), Jobs(PAYMENTS, ("5",))),
    ('jobs replay payments 5 --opts {"attempts":5}', actions.Replay(opts='{"attempts":5}'), Jobs(PAYMENTS, ("5",))),
    ("queues pause payments mail.bulk payments", actions.Pause(), Queues((PAYMENTS, MAIL))),
    ("queues pause --all", actions.Pause(), Queues((MAIL, PAYMENTS))),
    ("queues pause --all -q mail*", actions.Pause(), Queues((MAIL,))),
    ("queues resume payments", actions.Resume(), Queues((PAYMENTS,))),
    ("queues resume --mine", actions.Resume(), Queues((MAIL,))),
    ("queues drain payments --delayed", actions.Drain(delayed=True), Queues((PAYMENTS,))),
    (
        "queues clean payments -s completed --older-than 1d --limit 9",
        actions.Clean(JobState.COMPLETED, 24 * HOUR, 9),
        Queues((PAYMENTS,)),
    ),
    ("queues clean payments -s failed --older-than 0", actions.Clean(JobState.FAILED), Queues((PAYMENTS,))),
    ("queues retry-all payments", actions.Retry(), Every(PAYMENTS, JobState.FAILED)),
    (
        "queues retry-all payments -s completed --limit 3 --rate 0.5 --older-than 1h --reset-attempts",
        actions.Retry(reset_attempts=True),
        Every(PAYMENTS, JobState.COMPLETED, 3, HOUR, 0.5),
    ),
    ("queues promote-all payments --limit 2", actions.Promote(), Every(PAYMENTS, JobState.DELAYED, 2)),
    ("queues obliterate payments --force", actions.Obliterate(force=True), Queues((PAYMENTS,))),
    ("queues concurrency payments 5", actions.SetConcurrency(5), Queues((PAYMENTS,))),
    ("queues concurrency payments --remove", actions.SetConcurrency(), Queues((PAYMENTS,))),
    ("queues limit payments --max 100 --per 1s", actions.SetRateLimit(100, 1000), Queues((PAYMENTS,))),
    ("queues limit payments --remove", actions.SetRateLimit(), Queues((PAYMENTS,))),
    ("queues clear-rate-limit payments", actions.ClearRateLimit(), Queues((PAYMENTS,))),
    ("queues remove-deduplication payments x", actions.RemoveDeduplication("x"), Queues((PAYMENTS,))),
    ("queues trim-events payments --keep 5", actions.TrimEvents(5), Queues((PAYMENTS,))),
    ("queues trim-events payments", actions.TrimEvents(10_000), Queues((PAYMENTS,))),
    ("schedulers trigger payments a b", actions.Trigger(), Schedulers(PAYMENTS, ("a", "b"))),
    ("schedulers remove payments a", actions.Unschedule(), Schedulers(PAYMENTS, ("a",))),
    ("undo 41", actions.Restore(41), targets.Past(41)),
)


@pytest.mark.parametrize(("words", "action", "target"), REQUESTS, ids=[words for words, *_ in REQUESTS])
def test_what_commands_ask_for(run: Run, runner: FakeRunner, words: str, action: Action, target: Target) -> None:
    runner.paused = [MAIL]
    ended = run(*words.split(), "--yes")
    assert (ended.code, ended.err) == (0, "")
    assert (runner.asked.action, runner.asked.target) == (action, target)
    assert (runner.asked.reason, runner.asked.undo, runner.asked.layout) == ("", True, None)
    assert not runner.previewed or "replay" in words


def test_every_action_has_a_command() -> None:
    of_a_file = {actions.AddAll}  # test_add_from.py
    assert {type(action) for _, action, _ in REQUESTS} | of_a_file == set(actions.ALL)


def test_the_shared_options_reach_the_request(run: Run, runner: FakeRunner, opened: Opened) -> None:
    run("jobs", "retry", "payments", "1", "-y", "--reason", "they paid", "--no-undo", "--layout", "v4")
    assert (runner.asked.reason, runner.asked.undo, runner.asked.layout) == ("they paid", False, Layout.V4)
    assert opened.settings[0].layout is Layout.V4


@pytest.mark.parametrize(
    ("words", "message"),
    [
        ("jobs retry payments", "Which jobs?"),
        ("jobs retry payments 1 --all", "Ids and --all do not go together."),
        ("jobs remove payments --all", "--all needs a state."),
        ("jobs retry payments 1 --limit 3", "--limit, --older-than and --rate go with --all only."),
        ("jobs retry payments 1 --rate 3", "--limit, --older-than and --rate go with --all only."),
        ("jobs retry payments --all --older-than soon", "'soon' is no span of time."),
        ("jobs retry payments --all --rate 0", "0 is less than 0.001."),
        ("jobs retry payments --all -s nowhere", "'nowhere' is no state of a job."),
        ("queues retry-all payments -s waiting", "waiting jobs cannot be retried."),
        ("jobs reprioritize payments 1 --priority 2097152", "2097152 is not from 0 to 2.09715e+06."),
        ("jobs reprioritize payments 1", "Missing option '--priority'."),
        ("jobs update-data payments 1 --data {", "The data is not JSON"),
        ("jobs update-data payments 1 --data @/nowhere", "/nowhere cannot be read: No such file or directory."),
        ("jobs add payments charge --id 17", "The id '17' cannot be given: whole numbers are the queue's own."),
        ("jobs add payments charge --opts [1]", "The options have to be a JSON object"),
        ('jobs add payments charge --opts {"attempt":1}', "BullMQ has no option 'attempt'. Did you mean attempts?"),
        ("jobs replay payments 5", "What is to be another?"),
        ("jobs replay payments 5 --edit", "An editor needs a terminal"),
        ("queues pause", "Which queues?"),
        ("queues pause payments --all", "Names and --all do not go together."),
        ("queues resume payments --mine", "--mine goes with neither names nor --all."),
        ("queues concurrency payments", "A number or --remove is needed, not both."),
        ("queues concurrency payments 5 --remove", "A number or --remove is needed, not both."),
        ("queues limit payments --max 5", "--max and --per are needed, or --remove."),
        ("queues limit payments --max 5 --per 0", "--per has to be more than nothing."),
        ("schedulers trigger payments", "Missing argument 'ID...'."),
        ("undo some", "some is no number of an undo."),
        ("jobs retry payments 1 -o csv", "`bulltui jobs retry` has no CSV form."),
        ("jobs retry payments 1 --layout v7", "'v7' is none of v3, v4, v5, v6."),
    ],
)
def test_wrong_calls_do_nothing(run: Run, runner: FakeRunner, words: str, message: str) -> None:
    ended = run(*words.split(), "--yes")
    assert (ended.code, ended.out) == (2, "")
    assert message in ended.err
    assert ended.err.count("\n") == 1
    assert not runner.ran


@pytest.mark.parametrize("words", ["jobs retry nowhere 1", "queues pause nowhere", "queues pause --all -q nowhere"])
def test_queues_that_are_not_there(run: Run, runner: FakeRunner, words: str) -> None:
    assert run(*words.split(), "-y").code == 4
    assert not runner.ran


def test_nothing_was_paused_from_here(run: Run, runner: FakeRunner) -> None:
    ended = run("queues", "resume", "--mine", "-y")
    assert ended.code == 4
    assert "No queue was paused from here" in ended.err


def test_not_all_queues_can_be_found(run: Run, runner: FakeRunner, store: FakeReader) -> None:
    """`--all` means all: where some may be missing from the search nothing is done by half."""
    store.discovery_problem = "the user may not read bull:x"
    assert run("queues", "pause", "--all", "-y").code == 2
    assert not runner.ran


def ids_on_stdin(monkeypatch: pytest.MonkeyPatch, content: bytes) -> None:
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(content)))


def test_ids_on_standard_input(run: Run, runner: FakeRunner, monkeypatch: pytest.MonkeyPatch) -> None:
    ids_on_stdin(monkeypatch, b"1\n\n2\r\n\xff\x1b[31m\n1\n")
    run("jobs", "retry", "payments", "0", "-", "--yes")
    assert runner.asked.target == Jobs(PAYMENTS, ("0", "1", "2", "\udcff\x1b[31m"))


def test_no_ids_on_standard_input(run: Run, runner: FakeRunner, monkeypatch: pytest.MonkeyPatch) -> None:
    ids_on_stdin(monkeypatch, b"\n")
    ended = run("jobs", "retry", "payments", "-", "--yes")
    assert (ended.code, runner.ran) == (2, [])
    assert "Standard input holds no ids." in ended.err


def test_data_from_a_file_and_from_standard_input(
    run: Run, runner: FakeRunner, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    (tmp_path / "data.json").write_bytes(b'\xef\xbb\xbf{ "a" : 1.10 }\n')
    run("jobs", "update-data", "payments", "1", "-y", "--data", f"@{tmp_path}/data.json")
    assert runner.ran.pop().action == actions.UpdateData('{"a":1.10}')
    ids_on_stdin(monkeypatch, b'"x"\n')
    run("jobs", "update-data", "payments", "1", "-y", "--data", "-")
    assert runner.ran.pop().action == actions.UpdateData('"x"')
    ids_on_stdin(monkeypatch, b'"\xff"\n')
    ended = run("jobs", "update-data", "payments", "1", "-y", "--data", "-")
    assert (ended.code, runner.ran) == (2, [])
    assert "Standard input is not UTF-8." in ended.err
