"""Profiles of the configuration, and which of flag, environment and profile wins."""

from dataclasses import replace
from pathlib import Path

import pytest

from bulltui.config.profiles import Configuration, load, parse
from bulltui.config.settings import Settings
from bulltui.config.told import Told, settings_from
from bulltui.domain.errors import UsageError
from bulltui.domain.layout import Layout
from bulltui.domain.saved_search import SavedSearch

WHOLE = """
[profiles.prod]
url = "rediss://ops@cache:6380/2"
prefix = ["bull", "jobs"]
queues = "pay*"
read_only = true
production = true
require_reason = true
audit_payloads = true
layout = "v5"
theme = "dark"
refresh = 5
undo_limit_mb = 10
undo_total_mb = 100
[profiles.other]
"""


@pytest.fixture
def config(tmp_path: Path) -> str:
    path = tmp_path / "own.toml"
    path.write_text(WHOLE)
    return str(path)


def test_every_key_of_a_profile_reaches_the_settings(config: str) -> None:
    got = settings_from(Told(profiles=("prod",), config=config), {"BULLTUI_STATE_DIR": "/state"})
    assert [(one.name, one.production) for one in got.known] == [("other", False), ("prod", True)]
    assert replace(got, known=()) == Settings(
        url="rediss://ops@cache:6380/2",
        prefixes=("bull", "jobs"),
        queues=("pay*",),
        read_only=True,
        production=True,
        require_reason=True,
        audit_payloads=True,
        layout=Layout.V5,
        theme="dark",
        refresh_s=5.0,
        profile="prod",
        state_folder="/state",
        undo_limit=10 * 1024 * 1024,
        undo_total=100 * 1024 * 1024,
    )


def test_an_empty_profile_leaves_the_defaults(config: str) -> None:
    got = settings_from(Told(profiles=("other",), config=config), {})
    assert replace(got, known=()) == Settings(profile="other")


def test_flags_win_over_a_profile(config: str) -> None:
    told = Told(
        "redis://flag", ("p",), ("q",), profiles=("prod",), config=config, layout=Layout.V6, refresh_s=1, theme="t"
    )
    got = settings_from(told, {"BULLTUI_URL": "redis://environment"})
    assert (got.url, got.prefixes, got.queues) == ("redis://flag", ("p",), ("q",))
    assert (got.layout, got.refresh_s, got.theme) == (Layout.V6, 1, "t")
    assert got.read_only  # no flag takes that back


def test_the_server_of_a_profile_that_the_command_line_names_is_meant(config: str) -> None:
    """`--profile prod` never works on the server of an environment that was set for something else."""
    environment = {"BULLTUI_URL": "redis://environment", "BULLTUI_PROFILE": "prod", "BULLTUI_CONFIG": config}
    assert settings_from(Told(profiles=("prod",)), environment).url == "rediss://ops@cache:6380/2"
    assert settings_from(Told(), environment).url == "redis://environment"
    shared = {"REDIS_URL": "redis://shared", "BULLTUI_PROFILE": "prod", "BULLTUI_CONFIG": config}
    assert settings_from(Told(), shared).url == "rediss://ops@cache:6380/2"


@pytest.mark.parametrize(("word", "read_only"), [("1", True), ("Yes", True), ("0", False), ("", False)])
def test_read_only_by_the_environment(config: str, word: str, read_only: bool) -> None:
    told = Told(profiles=("other",), config=config)
    assert settings_from(told, {"BULLTUI_READ_ONLY": word}).read_only is read_only


def test_a_read_only_word_that_is_none_is_refused(config: str) -> None:
    with pytest.raises(UsageError, match="BULLTUI_READ_ONLY"):
        settings_from(Told(config=config), {"BULLTUI_READ_ONLY": "perhaps"})


def test_no_file_is_fine_unless_it_is_asked_for(tmp_path: Path) -> None:
    missing = tmp_path / "none.toml"
    assert load(missing, named=False) == Configuration(str(missing))
    for name, named in (("", True), ("prod", False)):
        with pytest.raises(UsageError, match=r"none\.toml"):
            load(missing, profile=name, named=named)


def test_a_profile_that_is_not_there_is_told_with_those_that_are(config: str) -> None:
    with pytest.raises(UsageError, match="no profile prd") as caught:
        load(Path(config)).profile("prd")
    assert caught.value.hint == "It has: other, prod."


@pytest.mark.parametrize(
    ("content", "key"),
    [
        ('[profile.x]\nurl = "a"', "profile"),
        ("[profiles.x]\nulr = 'a'", "profiles.x.ulr"),
        ("[profiles.x]\nurl = 5", "profiles.x.url"),
        ("[profiles.x]\nread_only = 'yes'", "profiles.x.read_only"),
        ("[profiles.x]\nlayout = 'v9'", "profiles.x.layout"),
        ("[profiles.x]\nlayout = 'bull'", "profiles.x.layout"),
        ("[profiles.x]\nprefix = ['']", "profiles.x.prefix"),
        ("[profiles.x]\nrefresh = true", "profiles.x.refresh"),
        ("[profiles.x]\nundo_limit_mb = 0", "profiles.x.undo_limit_mb"),
        ("[profiles]\nx = 1", "profiles.x"),
        ("profiles = 1", "profiles"),
        ("searches = 1", "searches"),
        ("[searches]\nx = 1", "searches.x"),
        ("[searches]\n'a b' = 'x'", "searches.a b"),
        ("[searches.x]\nquerry = 'a'", "searches.x.querry"),
        ("[searches.x]\nqueues = 1", "searches.x.queues"),
        ("[searches.x]\nstates = ['fialed']", "searches.x.states"),
        ("profiles = [", "TOML"),
        ("# \xff", "UTF-8"),
    ],
)
def test_what_is_not_understood_is_named_with_the_file(content: str, key: str) -> None:
    (problem,) = parse(content.encode("latin-1"), "/home/me/config.toml").problems
    assert "/home/me/config.toml" in problem.message
    assert key in problem.message


def test_a_wrong_key_in_another_profile_is_told_too(tmp_path: Path) -> None:
    path = tmp_path / "config.toml"
    path.write_text("[profiles.a]\n[profiles.b]\nx = 1\n")
    with pytest.raises(UsageError, match=r"profiles\.b\.x"):
        load(path, profile="a")


def test_searches_of_the_configuration_reach_the_settings(tmp_path: Path) -> None:
    path = tmp_path / "config.toml"
    path.write_text(
        """
        [searches]
        stuck = "run>10m"
        [searches.refused]
        query = "error:ECONNREFUSED"
        queues = "pay*"
        states = ["failed", "delayed"]
        """
    )
    assert settings_from(Told(config=str(path)), {}).searches == (
        SavedSearch("refused", "error:ECONNREFUSED", ("pay*",), ("failed", "delayed")),
        SavedSearch("stuck", "run>10m"),
    )


@pytest.mark.parametrize(
    ("line", "environment", "kept"),
    [
        ("", {}, True),
        ("history = false", {}, False),
        ("", {"BULLTUI_HISTORY": "0"}, False),
        ("history = false", {"BULLTUI_HISTORY": "1"}, False),
    ],
)
def test_the_history_of_searches_is_kept_unless_anyone_says_no(
    tmp_path: Path, line: str, environment: dict[str, str], *, kept: bool
) -> None:
    path = tmp_path / "config.toml"
    path.write_text(f"[profiles.a]\n{line}\n")
    assert settings_from(Told(config=str(path), profiles=("a",)), environment).history is kept
