"""Who wins: flags, the environment, a profile, what all profiles share, and the defaults."""

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from bulltui.config.keys import KEYS
from bulltui.config.layers import NOT_BY_ENVIRONMENT
from bulltui.config.profiles import load
from bulltui.config.settings import DEFAULT_URL, KnownProfile, Settings
from bulltui.config.shown import effective
from bulltui.config.template import EXAMPLES, template, write
from bulltui.config.told import Told, names_a_server, settings_for, settings_from
from bulltui.domain.connection import Tls
from bulltui.domain.errors import UsageError
from bulltui.domain.roles import ADMIN, OPERATOR, VIEWER

FILE = """
[defaults]
theme = "shared"
refresh = 7
username = "shared"
redact = "data.a"

[profiles.eu]
url = "rediss://eu:1"
username = "eu"
password = "pw-eu"
ca = "ca.pem"
ssh = "ops@bastion:2222"
theme = "eu"
role = "operator"
redact = ["data.b"]
cache = 20

[profiles.us]
url = "redis://me:pw-url@us:2"
read_only = true

[profiles.bare]

[roles.team]
actions = ["retry"]
queues = ["mail*"]
"""


@pytest.fixture
def config(tmp_path: Path) -> str:
    path = tmp_path / "c.toml"
    path.write_text(FILE)
    return str(path)


T = Told
ROWS: tuple[tuple[str, Told, dict[str, str], dict[str, Any]], ...] = (
    ("defaults of the product", T(), {}, {"url": DEFAULT_URL, "theme": "shared", "role": ADMIN, "cache_s": 30.0}),
    ("what is shared says nobody who we are", T("redis://x"), {}, {"username": "", "theme": "shared"}),
    ("profile over shared", T(profiles=("eu",)), {}, {"url": "rediss://eu:1", "theme": "eu", "username": "eu"}),
    ("shared where a profile says nothing", T(profiles=("us",)), {}, {"theme": "shared", "refresh_s": 7.0}),
    ("environment over profile", T(profiles=("eu",)), {"BULLTUI_THEME": "env"}, {"theme": "env"}),
    ("flag over environment", T(theme="flag"), {"BULLTUI_THEME": "env"}, {"theme": "flag"}),
    ("a variable names the profile", T(), {"BULLTUI_PROFILE": "eu"}, {"profile": "eu", "url": "rediss://eu:1"}),
    ("a flag names another", T(profiles=("us",)), {"BULLTUI_PROFILE": "eu"}, {"profile": "us"}),
    ("named by a flag it weighs more than the environment", T(profiles=("eu",)),
     {"BULLTUI_URL": "redis://x", "BULLTUI_PASSWORD": "x", "BULLTUI_USERNAME": "x"},
     {"url": "rediss://eu:1", "password": "pw-eu", "username": "eu"}),
    ("a password of the environment where the profile has none", T(profiles=("bare",)), {"BULLTUI_PASSWORD": "x"},
     {"password": "x"}),
    ("named by the environment it weighs less", T(), {"BULLTUI_PROFILE": "eu", "BULLTUI_PASSWORD": "x"},
     {"url": "rediss://eu:1", "password": "x"}),
    ("nothing of a server goes to another one", T("redis://x", profiles=("eu",)), {},
     {"url": "redis://x", "username": "", "password": "", "tunnel": (), "tls": Tls(), "theme": "eu", "cache_s": 20.0}),
    ("by a variable neither", T(), {"BULLTUI_PROFILE": "eu", "BULLTUI_URL": "redis://x"},
     {"url": "redis://x", "username": "", "password": "", "tunnel": (), "tls": Tls()}),
    ("REDIS_URL is the last", T(), {"REDIS_URL": "redis://shared"}, {"url": "redis://shared"}),
    ("and less than a profile", T(), {"REDIS_URL": "redis://shared", "BULLTUI_PROFILE": "us"},
     {"url": "redis://me:pw-url@us:2"}),
    ("a password in the URL of a flag over one of the environment", T("redis://:u@x"), {"BULLTUI_PASSWORD": "e"},
     {"password": ""}),
    ("one of the environment over one in its URL", T(), {"BULLTUI_URL": "redis://:u@x", "BULLTUI_PASSWORD": "e"},
     {"password": "e"}),
    ("who we are in the profile's URL over what is shared", T(profiles=("us",)), {}, {"username": "shared"}),
    ("read-only is taken back by nobody", T(profiles=("us",)), {"BULLTUI_READ_ONLY": "0"}, {"read_only": True}),
    ("and added by anyone", T(read_only=True), {}, {"read_only": True}),
    ("what is hidden adds up", T(profiles=("eu",)), {"BULLTUI_REDACT": "data.c, data.d"},
     {"redact": ("data.c", "data.d", "data.a", "data.b")}),
    ("a role by flag", T(role="viewer"), {"BULLTUI_ROLE": "operator"}, {"role": VIEWER}),
    ("a role by the environment", T(), {"BULLTUI_ROLE": "operator"}, {"role": OPERATOR}),
    ("less than the profile's role", T(role="viewer", profiles=("eu",)), {}, {"role": VIEWER}),
    ("flags of TLS", T("rediss://x", ca="a", cert="b", key="c", server_name="d", insecure=True), {},
     {"tls": Tls("a", "b", "c", "d", True)}),
    ("variables of TLS", T("rediss://x"), {"BULLTUI_CA": "a", "BULLTUI_INSECURE": "yes", "BULLTUI_SERVER_NAME": "d"},
     {"tls": Tls(ca="a", server_name="d", insecure=True)}),
    ("replica and cache", T(replica=True, cache_s=0), {"BULLTUI_CACHE": "15"}, {"replica": True, "cache_s": 0.0}),
    ("cache by the environment", T(), {"BULLTUI_CACHE": "15"}, {"cache_s": 15.0}),
    ("several globs of a variable", T(), {"BULLTUI_QUEUES": "a*, !ab"}, {"queues": ("a*", "!ab")}),
    ("nothing that is run comes from the environment", T("redis://x"),
     {"BULLTUI_TUNNEL": "evil {port}", "BULLTUI_PASSWORD_COMMAND": "evil", "BULLTUI_SSH": "evil"},
     {"tunnel": (), "password_command": ()}),
)  # fmt: skip


@pytest.mark.parametrize(("told", "environment", "wanted"), [row[1:] for row in ROWS], ids=[row[0] for row in ROWS])
def test_who_wins(config: str, told: Told, environment: dict[str, str], wanted: dict[str, Any]) -> None:
    got = settings_from(replace(told, config=config), environment)
    assert {name: getattr(got, name) for name in wanted} == wanted


@pytest.mark.parametrize(
    ("told", "environment", "said"),
    [
        (T(role="admin", profiles=("eu",)), {}, "allows more"),
        (T(role="boss"), {}, "--role names no role: boss"),
        (T(), {"BULLTUI_ROLE": "boss"}, "BULLTUI_ROLE names no role: boss"),
        (T(), {"BULLTUI_INSECURE": "perhaps"}, "BULLTUI_INSECURE has to be true or false"),
        (T(), {"BULLTUI_CACHE": "5"}, "BULLTUI_CACHE has to be a number of seconds from 10 to 30"),
        (T(), {"BULLTUI_TIMEOUT": "nan"}, "BULLTUI_TIMEOUT has to be"),
        (T(cache_s=5), {}, "--cache has to be"),
        (T("redis://x", profiles=("eu", "us")), {}, "--url names one server, and there are 2 profiles"),
        (T(), {"BULLTUI_PROFILE": "eu,us", "BULLTUI_URL": "redis://x"}, "BULLTUI_URL names one server"),
        (T(profiles=("eu", "nope")), {}, "There is no profile nope"),
        (T(profiles=("",)), {"BULLTUI_PROFILE": "eu"}, "A profile has a name"),
        (T(), {"BULLTUI_PROFILE": "nope"}, "There is no profile nope"),
    ],
)
def test_what_is_refused(config: str, told: Told, environment: dict[str, str], said: str) -> None:
    with pytest.raises(UsageError) as caught:
        settings_from(replace(told, config=config), environment)
    assert said in caught.value.message


def test_a_tunnel_by_ssh_never_asks_and_takes_no_options(config: str, tmp_path: Path) -> None:
    words = settings_from(Told(profiles=("eu",), config=config), {}).tunnel
    assert words[0] == "ssh"
    assert words[-6:] == ("-L", "127.0.0.1:{port}:{host}:{target_port}", "-p", "2222", "--", "ops@bastion")
    assert {"BatchMode=yes", "ExitOnForwardFailure=yes"} < set(words)
    for place in ("-oProxyCommand=evil", "a b", "", "host:0", "host:99999", "me@-x", "a:b:c"):
        path = tmp_path / "wrong.toml"
        path.write_text(f'[profiles.x]\nssh = "{place}"\n')
        with pytest.raises(UsageError, match=r"profiles\.x\.ssh in .*wrong\.toml:2 has to be"):
            load(path)


def test_several_profiles_are_one_fleet(config: str) -> None:
    told = Told(profiles=("us", "eu", "us"), config=config, prefixes=("p",), queues=("q",), read_only=True)
    got = settings_from(told, {})
    assert [(one.label, one.profile, one.url) for one in got.fleet] == [
        ("us", "us", "redis://me:pw-url@us:2"),
        ("eu", "eu", "rediss://eu:1"),
    ]
    assert (got.url, got.label, got.prefixes, got.queues) == ("redis://me:pw-url@us:2", "", ("p",), ("q",))
    assert all(one.read_only and one.prefixes == ("p",) and not one.fleet for one in got.fleet)
    assert got.fleet == settings_from(replace(told, profiles=()), {"BULLTUI_PROFILE": " us ,eu"}).fleet


def test_one_profile_is_no_fleet(config: str) -> None:
    got = settings_from(Told(profiles=("eu", "eu"), config=config), {})
    assert (got.fleet, got.label) == ((), "")


def test_another_choice_at_run_time(config: str) -> None:
    told = Told("redis://flag", config=config, read_only=True)
    environment = {"BULLTUI_URL": "redis://x", "BULLTUI_PROFILE": "us"}
    got = settings_for(told, ("eu",), environment)
    assert (got.profile, got.url, got.read_only) == ("eu", "rediss://eu:1", True)
    assert [one.label for one in settings_for(told, ("eu", "us"), environment).fleet] == ["eu", "us"]


def test_profiles_to_choose_from_tell_no_secret(config: str) -> None:
    known = settings_from(Told(config=config), {}).known
    assert known == (
        KnownProfile("bare", DEFAULT_URL),
        KnownProfile("eu", "rediss://eu:1", role="operator"),
        KnownProfile("us", "redis://me@us:2", read_only=True),
    )


def test_one_whose_variable_is_missing_is_among_them_as_it_is_written(tmp_path: Path) -> None:
    path = tmp_path / "c.toml"
    path.write_text('[profiles.eu]\nurl = "redis://:pw${NO_SUCH}@${NO_HOST}:1"\n')
    assert settings_from(Told(config=str(path)), {}).known == (KnownProfile("eu", "redis://${NO_HOST}:1"),)


@pytest.mark.parametrize(
    ("told", "environment", "named"),
    [
        (T(), {}, False),
        (T("redis://x"), {}, True),
        (T(profiles=("eu",)), {}, True),
        (T(), {"REDIS_URL": "redis://x"}, True),
        (T(), {"BULLTUI_PROFILE": "eu"}, True),
    ],
)
def test_whether_anything_says_which_server(
    config: str, told: Told, environment: dict[str, str], *, named: bool
) -> None:
    assert names_a_server(replace(told, config=config), environment) is named


def test_the_file_says_which_profile_unless_anything_else_does(tmp_path: Path) -> None:
    path = tmp_path / "c.toml"
    path.write_text(f'default_profile = ["us", "eu"]\n{FILE}')
    told = Told(config=str(path))
    assert names_a_server(told, {})
    assert [one.label for one in settings_from(told, {}).fleet] == ["us", "eu"]
    assert settings_from(replace(told, url="redis://x"), {}).profile == ""
    assert settings_from(told, {"BULLTUI_URL": "redis://x"}).profile == ""
    assert settings_from(told, {"BULLTUI_PROFILE": "bare"}).profile == "bare"
    path.write_text(f'default_profile = "uk"\n{FILE}')
    with pytest.raises(UsageError, match=r"c\.toml:1 has to be one of the profiles, and uk is none"):
        settings_from(told, {})


def test_what_all_profiles_share_of_tls_is_not_for_those_without_it(tmp_path: Path) -> None:
    path = tmp_path / "c.toml"
    path.write_text('[defaults]\nca = "ca.pem"\n[profiles.a]\nurl = "rediss://a"\n[profiles.b]\nurl = "redis://b"\n')
    ways = {name: settings_from(Told(profiles=(name,), config=str(path)), {}).tls.ca for name in "ab"}
    assert ways == {"a": str(tmp_path / "ca.pem"), "b": ""}


def test_what_is_shown_says_who_said_it_and_no_secret(config: str) -> None:
    told = Told(profiles=("eu", "us"), config=config, theme="t")
    shown = effective(told, {"BULLTUI_REFRESH": "3"})
    lines = {name: {line.key: (line.value, line.source) for line in lines} for name, lines in shown}
    assert [line.key for line in shown[0][1]] == [key.name for key in KEYS]
    assert lines["eu"]["url"] == ("rediss://eu:1", f"{config}:9")
    assert lines["eu"]["password"] == ("***", f"{config}:11")
    assert lines["eu"]["theme"] == ("t", "--theme")
    assert lines["eu"]["refresh"] == (3.0, "BULLTUI_REFRESH")
    assert lines["eu"]["role"] == ("operator", f"{config}:15")
    assert lines["us"]["url"] == ("redis://me:***@us:2", f"{config}:20")
    assert lines["us"]["username"] == ("shared", f"{config}:5")
    assert lines["us"]["undo_limit_mb"] == (256, "default")
    assert "pw-" not in repr(shown)


def test_every_key_has_a_variable_but_what_is_run() -> None:
    assert {key.name for key in KEYS if key.name in NOT_BY_ENVIRONMENT} == {"tunnel", "ssh", "password_command"}
    assert set(EXAMPLES) == {key.name for key in KEYS}


def test_the_file_to_begin_with_is_right_also_when_every_comment_counts(tmp_path: Path) -> None:
    path = tmp_path / "folder" / "c.toml"
    write(path)
    assert path.stat().st_mode & 0o777 == 0o600
    assert path.parent.stat().st_mode & 0o777 == 0o700
    assert load(path).profiles == {}
    profiles, _, watching = template().partition("[history]")
    told = "\n".join(
        line[2:] if line.startswith("# ") and (" = " in line or line.startswith("# [")) else line
        for text, without in ((profiles, ("# ssh =", "# password =")), (f"[history]{watching}", ("# token =",)))
        for line in text.splitlines()
        if not line.startswith((*without, "# Every", "# ${"))
    )
    path.write_text(told)
    secrets = ("PROMETHEUS_PASSWORD", "METRICS_PASSWORD", "ALERT_WEBHOOK", "ALERT_SECRET", "SLACK_URL")
    whole = load(path, environment={**dict.fromkeys(secrets, "https://x"), "CACHE_PASSWORD": "x"}).watching
    assert (whole.history.source, whole.metrics.port) == ("prometheus", 2855)
    assert {way.name for way in whole.alerts.ways} == {"on-call", "slack", "script"}
    assert not whole.missing
    assert {name for name in secrets if any(name in one.message for one in load(path, environment={}).watching.missing)}
    profile = load(path, environment={}).profile("prod")
    left = {key.name for key in KEYS} - set(profile.values)
    assert left == {"ssh", "password"}
    assert settings_from(Told(config=str(path)), {}).profile == "prod"


def test_the_examples_of_times_are_the_defaults() -> None:
    default = Settings()
    for key in KEYS:
        if isinstance(getattr(default, key.field, None), float):
            assert float(EXAMPLES[key.name]) == getattr(default, key.field)
