"""`bulltui alerts`: what it shows, what it refuses, and its exit codes."""

from dataclasses import replace
from pathlib import Path

import pytest

from bulltui.domain.alert import Alert, Delivery, Mute, Phase, Severity, Watched
from bulltui.domain.alert_rules import BUILT_IN
from bulltui.domain.errors import BulltuiError, NotFoundError
from tests.alerts.support import MAIL, PAYMENTS
from tests.cli.conftest import Run
from tests.cli.fakes import NOW, Opened

FIRING = Alert(
    "a1",
    "many-fail",
    Watched.FAILED,
    Severity.CRITICAL,
    Phase.FIRING,
    PAYMENTS,
    "cache",
    NOW - 120_000,
    NOW - 60_000,
    value=1204,
    worst=1204,
    threshold=100,
    text="payments: 1,204 failed jobs, more than 100 for 1 min.",
)
PENDING = replace(FIRING, id="a2", phase=Phase.PENDING, ref=MAIL, fired_ms=0, text="mail: 101 failed jobs.")
MUTED = replace(FIRING, id="a3", ref=MAIL, muted=4)
OVER = replace(FIRING, id="a4", phase=Phase.RESOLVED, resolved_ms=NOW, text="payments: in order again.")


class TestList:
    def test_what_fires(self, run: Run, opened: Opened) -> None:
        opened.alerts.now = [FIRING, PENDING, MUTED]
        ended = run("alerts", "list")
        assert ended.code == 0
        assert "CRITICAL" in ended.out.upper()
        assert "payments: 1,204 failed jobs" in ended.out
        assert "mail" not in ended.out
        assert "2 alerts more, pending or muted" in ended.err

    def test_all(self, run: Run, opened: Opened) -> None:
        opened.alerts.now = [FIRING, PENDING, MUTED]
        ended = run("alerts", "list", "--all", "-o", "json")
        assert [(one["alert"], one["phase"], one["muted"]) for one in ended.json] == [
            ("a1", "firing", None),
            ("a2", "pending", None),
            ("a3", "firing", 4),
        ]
        assert ended.json[0]["queue"] == "payments"
        assert run("alerts", "list", "--all").out.count("\n") == 4
        assert "firing, muted" in run("alerts", "list", "--all").out
        assert run("alerts", "list", "-o", "csv").out.splitlines()[1].startswith("a1,firing,many-fail,failed,critical")

    def test_the_exit_code_on_request(self, run: Run, opened: Opened) -> None:
        opened.alerts.now = [FIRING]
        assert run("alerts", "list").code == 0
        assert run("alerts", "list", "--exit-code").code == 3
        assert run("alerts", "list", "--exit-code", "-q", "mail").code == 0
        opened.alerts.now = [MUTED, PENDING]
        ended = run("alerts", "list", "--exit-code")
        assert ended.code == 0
        assert "Nothing fires." in ended.err

    def test_it_says_that_nobody_looks(self, run: Run, opened: Opened) -> None:
        opened.alerts.looks = False
        ended = run("alerts", "list")
        assert "Nothing fired when alerts were looked for last." in ended.err
        assert "`bulltui monitor` does" in ended.err

    def test_a_hostile_name_moves_no_terminal(self, run: Run, opened: Opened) -> None:
        evil = replace(PAYMENTS, name="e\x1b[31m\nvil")
        opened.alerts.now = [replace(FIRING, ref=evil, text="e\x1b[31m\nvil: bad")]
        assert "\x1b" not in run("alerts", "list").out


class TestHistory:
    def test_what_was(self, run: Run, opened: Opened) -> None:
        opened.alerts.ended = [OVER, replace(OVER, id="a5", ref=MAIL, resolved_ms=NOW - 3 * 3_600_000)]
        ended = run("alerts", "history", "-o", "json")
        assert [one["alert"] for one in ended.json] == ["a4", "a5"]
        assert [one["alert"] for one in run("alerts", "history", "--since", "1h", "-o", "json").json] == ["a4"]
        assert [one["alert"] for one in run("alerts", "history", "-q", "mail", "-o", "json").json] == ["a5"]
        assert "1m 00s" in run("alerts", "history").out
        assert run("alerts", "history", "--since", "soon").code == 2

    def test_none(self, run: Run) -> None:
        assert "None has ended here yet." in run("alerts", "history").err


def test_rules(run: Run, opened: Opened) -> None:
    opened.alerts.rules = BUILT_IN
    ended = run("alerts", "rules")
    assert "a restart or a failover takes less than that" in ended.out
    assert "over 90 %" in ended.out
    assert {one["name"] for one in run("alerts", "rules", "-o", "json").json} == {rule.name for rule in BUILT_IN}


def test_deliveries(run: Run, opened: Opened) -> None:
    opened.alerts.told = [Delivery("a1", Phase.FIRING, "hook", "waiting", NOW, 3, "The webhook answered 500.")]
    assert "The webhook answered 500." in run("alerts", "deliveries").out
    assert run("alerts", "deliveries", "-o", "json").json[0]["tries"] == 3


class TestTrial:
    def test_it_arrives(self, run: Run, opened: Opened) -> None:
        ended = run("alerts", "test", "hook")
        assert ended.code == 0
        assert opened.alerts.tests == ["hook"]

    def test_it_does_not(self, run: Run, opened: Opened, monkeypatch: pytest.MonkeyPatch) -> None:
        async def fails(way: str = "") -> list[Delivery]:
            return [Delivery("trial-1", Phase.FIRING, "hook", "given-up", NOW, 1, "Nothing listens there.")]

        monkeypatch.setattr(opened.alerts, "test", fails)
        ended = run("alerts", "test")
        assert ended.code == 1
        assert "It could not be sent by hook: Nothing listens there." in ended.err

    def test_a_way_that_is_not_there(self, run: Run, opened: Opened, monkeypatch: pytest.MonkeyPatch) -> None:
        async def fails(way: str = "") -> list[Delivery]:
            raise NotFoundError("There is no way of delivery x.")

        monkeypatch.setattr(opened.alerts, "test", fails)
        assert run("alerts", "test", "x").code == 4

    def test_one_that_cannot_be_had_here(
        self, run: Run, opened: Opened, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
    ) -> None:
        file = tmp_path / "config.toml"
        file.write_text('[alerts.ways.hook]\nkind = "webhook"\nurl = "${NO_SUCH_VARIABLE}"\n')
        file.chmod(0o600)
        ended = run("alerts", "test", "--config", str(file))
        assert ended.code == 2
        assert "no variable NO_SUCH_VARIABLE, which alerts.ways.hook.url" in ended.err
        assert run("alerts", "list", "--config", str(file)).code == 0

        async def fails(way: str = "") -> list[Delivery]:
            raise NotFoundError("There is no way of delivery hook.")

        monkeypatch.setattr(opened.alerts, "test", fails)
        assert "NO_SUCH_VARIABLE" in run("alerts", "test", "hook", "--config", str(file)).err


class TestMute:
    def test_for_a_time(self, run: Run, opened: Opened) -> None:
        ended = run("alerts", "mute", "no-*", "--on", "mail*", "--for", "2h", "--reason", "moving")
        assert ended.code == 0
        (mute,) = opened.alerts.held
        assert (mute.rules, mute.subjects, mute.until_ms, mute.until_resolved, mute.why) == (
            "no-*",
            "mail*",
            mute.at_ms + 7_200_000,
            False,
            "moving",
        )
        assert "@" in mute.by
        assert "alerts unmute 1" in ended.err

    def test_queues_by_the_option_that_all_commands_have(self, run: Run, opened: Opened) -> None:
        assert run("alerts", "mute", "-q", "mail", "-q", "pay*", "--forever").code == 0
        assert [(one.rules, one.subjects, one.until_ms) for one in opened.alerts.held] == [
            ("*", "mail", None),
            ("*", "pay*", None),
        ]

    def test_until_resolved(self, run: Run, opened: Opened) -> None:
        assert run("alerts", "mute", "--until-resolved").code == 0
        assert opened.alerts.held[0].until_resolved

    def test_until_resolved_of_nothing_is_refused(
        self, run: Run, opened: Opened, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        async def none() -> list[Mute]:
            return []

        monkeypatch.setattr(opened.alerts, "mutes", none)
        ended = run("alerts", "mute", "--until-resolved")
        assert ended.code == 4
        assert "Nothing of that fires" in ended.err
        assert opened.alerts.held == []

    @pytest.mark.parametrize(
        ("words", "said"),
        [
            ((), "Say for how long"),
            (("--for", "2h", "--forever"), "Say for how long"),
            (("--for", "two"), "no span of time"),
            (("--for", "2h", "--on", "a", "-q", "b"), "say the same"),
            (("--for", "2h", "-q", "!b"), "what it is not about"),
            (("--for", "2h", "--on", ""), "--on"),
        ],
    )
    def test_what_is_not_understood(self, run: Run, opened: Opened, words: tuple[str, ...], said: str) -> None:
        ended = run("alerts", "mute", *words)
        assert ended.code == 2
        assert said in ended.err
        assert opened.alerts.held == []

    def test_taken_back(self, run: Run, opened: Opened) -> None:
        run("alerts", "mute", "--forever")
        assert "taken back" in run("alerts", "mutes").out
        assert run("alerts", "mutes", "-o", "json").json[0]["until"] is None
        assert run("alerts", "unmute", "1").code == 0
        assert "Nothing is muted." in run("alerts", "mutes").err
        ended = run("alerts", "unmute", "1")
        assert ended.code == 4
        assert "There is no mute 1" in ended.err


def test_a_file_that_cannot_be_read_is_a_sentence(run: Run, opened: Opened) -> None:
    opened.alerts.error = BulltuiError("Alerts cannot be read at x: it is damaged.")
    ended = run("alerts", "list")
    assert ended.code == 1
    assert ended.err.strip() == "bulltui: Alerts cannot be read at x: it is damaged."
