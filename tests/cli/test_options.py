"""The shared options, wherever they stand, and the environment."""

import itertools
from pathlib import Path

import pytest

from bulltui.cli.app import _COMMANDS
from bulltui.cli.options import Given, Output
from bulltui.domain.errors import UsageError
from tests.cli.conftest import Run
from tests.cli.fakes import Opened

OPTIONS = ("-u", "redis://a:1", "-p", "shop", "-p", "app", "-q", "x*", "--read-only", "-o", "json")


@pytest.mark.parametrize("place", [0, 1, 2])
def test_options_stand_before_between_and_after(run: Run, opened: Opened, place: int) -> None:
    words = ["queues", "list"]
    words[place:place] = OPTIONS
    assert run(*words).code == 0
    (settings,) = opened.settings
    assert settings.url == "redis://a:1"
    assert settings.prefixes == ("shop", "app")
    assert settings.queues == ("x*",)
    assert settings.read_only


def test_what_stands_nearer_wins(run: Run, opened: Opened) -> None:
    run("-u", "redis://a", "-p", "one", "queues", "-u", "redis://b", "list", "-u", "redis://c", "-p", "two")
    assert opened.settings[0].url == "redis://c"
    assert opened.settings[0].prefixes == ("two",)


@pytest.mark.parametrize(
    ("environment", "url"),
    [
        ({}, "redis://127.0.0.1:6379"),
        ({"REDIS_URL": "redis://r"}, "redis://r"),
        ({"REDIS_URL": "redis://r", "BULLTUI_URL": "redis://b"}, "redis://b"),
    ],
)
def test_the_environment(
    run: Run, opened: Opened, monkeypatch: pytest.MonkeyPatch, environment: dict[str, str], url: str
) -> None:
    for name, value in environment.items():
        monkeypatch.setenv(name, value)
    run("queues", "list")
    run("queues", "list", "-u", "redis://flag")
    assert [settings.url for settings in opened.settings] == [url, "redis://flag"]


def test_a_profile_and_how_it_is_named(
    run: Run, opened: Opened, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    config = tmp_path / "config.toml"
    config.write_text('[profiles.prod]\nurl = "redis://prod"\nread_only = true\nprefix = "shop"\n')
    run("queues", "list", "--config", str(config), "--profile", "prod")
    monkeypatch.setenv("BULLTUI_CONFIG", str(config))
    monkeypatch.setenv("BULLTUI_PROFILE", "prod")
    run("queues", "list")
    run("queues", "list", "-u", "redis://flag")
    first, second, third = opened.settings
    assert first == second
    assert (first.url, first.read_only, first.prefixes) == ("redis://prod", True, ("shop",))
    assert (third.url, third.read_only) == ("redis://flag", True)
    ended = run("queues", "list", "--profile", "nope")
    assert (ended.code, ended.out) == (2, "")
    assert "There is no profile nope" in ended.err


@pytest.mark.parametrize(("word", "read_only"), [("1", True), ("true", True), ("0", False), ("", False)])
def test_read_only_by_the_environment(
    run: Run, opened: Opened, monkeypatch: pytest.MonkeyPatch, word: str, *, read_only: bool
) -> None:
    monkeypatch.setenv("BULLTUI_READ_ONLY", word)
    run("queues", "list")
    assert opened.settings[0].read_only is read_only


def test_any_prefix(run: Run, opened: Opened) -> None:
    run("queues", "list", "--prefix", "auto")
    assert opened.settings[0].prefixes is None


def test_an_empty_prefix_is_refused(run: Run) -> None:
    ended = run("queues", "list", "-p", "")
    assert (ended.code, ended.out) == (2, "")
    assert ended.err.startswith("bulltui: A prefix cannot be empty.")


@pytest.mark.parametrize("flag", ["-u", "--role", "--ca", "--cert", "--key", "--server-name", "--config", "-q"])
@pytest.mark.parametrize("place", [0, 2])
def test_an_empty_value_is_no_choice(run: Run, flag: str, place: int) -> None:
    """As a variable of a shell that is not set leaves it: another server or role would be taken instead."""
    words = ["queues", "list"]
    words[place:place] = [flag, ""]
    ended = run(*words)
    assert (ended.code, ended.out) == (2, "")
    assert "is empty" in ended.err


def test_merging_takes_each_option_by_itself() -> None:
    inner, outer = Given(url="a", refresh=1.0), Given(url="b", prefix=("p",), output=Output.CSV, refresh=5.0, theme="t")
    assert inner.over(outer) == Given(url="a", prefix=("p",), output=Output.CSV, refresh=1.0, theme="t")


def test_refresh_and_theme_reach_the_settings() -> None:
    settings = Given(refresh=5.0, theme="light").settings({})
    assert (settings.refresh_s, settings.theme) == (5.0, "light")
    with pytest.raises(UsageError):
        Given(prefix=("",)).settings({})


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (("nope",), "No such command 'nope'."),
        (("queues",), "`bulltui queues` needs a command: list, show, pause, resume,"),
        (("queues", "lst"), "Did you mean 'list'?"),
        (("queues", "list", "--sort", "size"), "'size' is none of name, waiting,"),
        (("queues", "list", "-o", "xml"), "'xml' is none of table, json, jsonl, csv."),
        (("queues", "list", "--nope"), "No such option: --nope"),
        (("queues", "show"), "Missing argument 'QUEUE'."),
        (("jobs", "list", "payments"), "Missing option '-s' / '--state'."),
        (("jobs", "list", "payments", "-s", "wat"), "'wat' is no state of a job. The states are waiting, active,"),
        (("jobs", "list", "payments", "-s", "failed", "--limit", "0"), "0 is less than 1."),
        (("jobs", "list", "payments", "-s", "failed", "--limit", "many"), "'many' is no whole number."),
        (("--refresh", "0.01"), "0.01 is not from 0.2 to 3600."),
        (("--refresh", "nan"), "nan is not from"),
        (("jobs", "show", "payments", "1", "-o", "csv"), "`bulltui jobs show` has no CSV form."),
        (("jobs", "logs", "payments", "1", "--limit", "1", "--tail", "1"), "--limit goes with neither"),
        (("acl", "--queues", ""), "--queues is empty."),
        (("demo", "-u", "redis://x"), "The demo brings its own server and takes no --url."),
        (("demo", "--profile", "x"), "The demo brings its own server and takes no --profile."),
        ((), "The screen needs a terminal"),
    ],
    ids=str,
)
def test_wrong_calls_are_one_line_and_exit_2(run: Run, words: tuple[str, ...], message: str) -> None:
    ended = run(*words)
    assert ended.code == 2
    assert ended.out == ""
    assert ended.err.startswith("bulltui: ")
    assert message in ended.err
    assert ended.err.count("\n") == 1


def test_wrong_calls_are_json_when_asked_for(run: Run) -> None:
    for words in itertools.permutations((("queues",), ("-o", "json"), ("--nope",))):
        ended = run(*itertools.chain(*words))
        assert ended.code == 2
        assert ended.error["code"] == "usage"


def test_an_array_without_an_end_is_refused(run: Run) -> None:
    ended = run("jobs", "logs", "payments", "1", "-f", "-o", "json")
    assert ended.code == 2
    assert ended.error["message"].startswith("A JSON array has an end")


def test_the_version(run: Run) -> None:
    assert run("--version").out == run("-u", "redis://x", "--version").out == run("-V").out


def test_help_is_short_plain_and_has_examples(run: Run) -> None:
    plain = ("jobs list", "doctor", "acl", "demo", "snapshot", "workers list", "audit", "undo", "queues clean")
    changes = ("jobs add", "jobs retry", "queues retry-all", "jobs replay")
    for words in ((), *(line.split() for line in (*plain, *changes))):
        ended = run(*words, "--help")
        assert ended.code == 0
        assert "Examples:" in ended.out
        assert "Connection and output:" in ended.out
        assert "-u, --url URL" in ended.out
        assert max(map(len, ended.out.splitlines())) <= 100
        assert len(ended.out.splitlines()) <= (68 if words else 80)  # before all commands there are their names


def test_help_lists_commands_in_the_order_of_use(run: Run) -> None:
    out = run("--help").out
    words = [line.split()[0] for line in out.split("Commands:")[1].split("Options:")[0].splitlines() if line.strip()]
    assert words == [*_COMMANDS]
