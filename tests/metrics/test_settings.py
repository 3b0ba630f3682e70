"""What `[metrics]`, the environment and the command line say of the endpoint."""

from pathlib import Path

import pytest

from bulltui.config.metrics import KEYS, checked, variable
from bulltui.config.profiles import parse
from bulltui.config.told import Told, settings_from
from bulltui.config.watching import MetricsSettings
from bulltui.domain.errors import UsageError
from bulltui.domain.secrets import hidden


def told(tmp_path: Path, text: str = "", environment: dict[str, str] | None = None, **flags: object) -> MetricsSettings:
    """What holds with a file of this content."""
    (tmp_path / "config.toml").write_text(text)
    (tmp_path / "config.toml").chmod(0o600)
    said = Told(config=str(tmp_path / "config.toml"), metrics=flags)
    return settings_from(said, environment or {}).watching.metrics


def test_nobody_listens_unless_a_port_is_named(tmp_path: Path) -> None:
    assert told(tmp_path) == MetricsSettings()
    assert told(tmp_path, "[metrics]\nport = 0").port == 0
    assert told(tmp_path, "", {"BULLTUI_METRICS_PORT": "9000"}).port == 9000
    found = told(tmp_path, "[metrics]\nport = 1", {"BULLTUI_METRICS_PORT": "2"}, port=3)
    assert (found.port, found.named) == (3, True)
    assert not told(tmp_path, "[metrics]\nport = 1", {"BULLTUI_METRICS_PORT": "2"}).named


def test_everything_may_be_said_in_the_file_and_in_the_environment(tmp_path: Path) -> None:
    text = """[metrics]
    port = 2855
    host = "0.0.0.0"
    username = "prometheus"
    password = "${SECRET}"
    cert = "cert.pem"
    key = "/etc/key.pem"
    compat = ["bull_exporter", "bull_monitor"]
    """
    found = told(tmp_path, text, {"SECRET": "hunter2222"})
    assert found == MetricsSettings(
        2855,
        "0.0.0.0",
        "prometheus",
        "hunter2222",
        cert=str(tmp_path / "cert.pem"),
        key="/etc/key.pem",
        compat=("bull_exporter", "bull_monitor"),
    )
    words = {"port": "1", "host": "::1", "token": "abcdef", "compat": "bullmq_metrics, bull_exporter"}
    environment = {f"BULLTUI_METRICS_{name.upper()}": text for name, text in words.items()}
    assert told(tmp_path, "", environment) == MetricsSettings(
        1, "::1", token="abcdef", compat=("bullmq_metrics", "bull_exporter")
    )
    assert {variable(key) for key in KEYS} >= environment.keys()


def test_secrets_are_hidden_wherever_they_come_from(tmp_path: Path) -> None:
    told(
        tmp_path, '[metrics]\npassword = "in-the-file"\nusername = "x"', {"BULLTUI_METRICS_TOKEN": "in-the-environment"}
    )
    assert hidden("in-the-file or in-the-environment") == "*** or ***"
    assert "secret" not in repr(MetricsSettings(password="secret-1", token="secret-2"))


def test_a_token_of_the_environment_stands_for_the_password_of_the_file(tmp_path: Path) -> None:
    text = '[metrics]\nport = 1\nusername = "x"\npassword = "yyy"'
    found = checked(told(tmp_path, text, {"BULLTUI_METRICS_TOKEN": "abcdef"}))
    assert (found.token, found.username, found.password) == ("abcdef", "", "")
    both = {"BULLTUI_METRICS_TOKEN": "abcdef", "BULLTUI_METRICS_PASSWORD": "zzz", "BULLTUI_METRICS_USERNAME": "x"}
    with pytest.raises(UsageError, match="by a token and by a password"):
        checked(told(tmp_path, "", both))
    assert checked(told(tmp_path, text, {"BULLTUI_METRICS_PASSWORD": "zzz"})).password == "zzz"


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("port = 70000", "metrics.port"),
        ('port = "1"', "metrics.port"),
        ("port = true", "metrics.port"),
        ('compat = ["prometheus"]', "metrics.compat"),
        ('username = "a:b"', "metrics.username"),
        ('host = ""', "metrics.host"),
        ("secret = 1", "metrics.secret"),
    ],
)
def test_what_is_wrong_is_named(text: str, expected: str) -> None:
    problems = parse(f"[metrics]\n{text}\n".encode(), "config.toml", {}).problems
    assert any(expected in problem.message for problem in problems)


@pytest.mark.parametrize("words", ["x", "-1", "65536", "1.5"])
def test_a_variable_that_is_wrong_is_named(tmp_path: Path, words: str) -> None:
    with pytest.raises(UsageError, match="BULLTUI_METRICS_PORT has to be a whole number"):
        told(tmp_path, "", {"BULLTUI_METRICS_PORT": words})
    with pytest.raises(UsageError, match="--metrics-compat has to be some of bull_exporter"):
        told(tmp_path, compat=["nagios"])


def test_a_variable_that_is_missing_is_told_by_who_needs_it(tmp_path: Path) -> None:
    found = told(tmp_path, '[metrics]\ntoken = "${NOT_THERE}"\n')
    with pytest.raises(UsageError, match="NOT_THERE"):
        checked(found)
