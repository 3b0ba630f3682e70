"""Variables of the environment in texts of the configuration."""

from pathlib import Path

import pytest

from bulltui.config.profiles import load
from bulltui.config.told import Told, settings_from
from bulltui.config.variables import MissingVariableError, expand, names_in
from bulltui.domain.errors import UsageError

HERE = {"HOST": "cache", "EMPTY": "", "NESTED": "${HOST}"}


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("redis://${HOST}:${PORT:-6379}", "redis://cache:6379"),
        ("$$${HOST}$$", "$cache$"),
        ("pa$word $5 $", "pa$word $5 $"),
        ("${EMPTY}", ""),
        ("${EMPTY:-x}", "x"),
        ("${NO:-}", ""),
        ("${NO:-a:-b c}", "a:-b c"),
        ("${NESTED}", "${HOST}"),
        ("$${HOST}", "${HOST}"),
        (["${HOST}", 1], ["cache", 1]),
        (7, 7),
    ],
)
def test_what_is_put_in_their_place(text: object, value: object) -> None:
    assert expand(text, HERE) == value


@pytest.mark.parametrize("text", ["${", "${}", "${HOST", "${1A}", "${A-b}", "${A B}"])
def test_what_is_no_variable_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="no name"):
        expand(text, HERE)


def test_a_missing_one_is_told_by_its_name() -> None:
    with pytest.raises(MissingVariableError) as caught:
        expand("a ${NO_SUCH} b", HERE)
    assert caught.value.name == "NO_SUCH"
    assert names_in("${A} $$ ${B:-x} ${A}") == ("A", "B")


def test_a_missing_one_stops_only_who_uses_that_profile(tmp_path: Path) -> None:
    path = tmp_path / "c.toml"
    path.write_text('[profiles.eu]\nurl = "redis://eu"\n\n[profiles.us]\nurl = "redis://us"\npassword = "${US_PW}"\n')
    assert settings_from(Told(profiles=("eu",), config=str(path)), {}).url == "redis://eu"
    with pytest.raises(UsageError) as caught:
        settings_from(Told(profiles=("us",), config=str(path)), {})
    assert caught.value.message == (
        f"The environment has no variable US_PW, which profiles.us.password in {path}:6 needs."
    )
    told = settings_from(Told(profiles=("us",), config=str(path)), {"US_PW": "from-there"})
    assert told.password == "from-there"
    assert "from-there" not in repr(told)


def test_words_of_a_command_are_divided_before_variables_are_put_in(tmp_path: Path) -> None:
    path = tmp_path / "c.toml"
    path.write_text('[profiles.eu]\ntunnel = "x -i ${KEY} {port}"\npassword_command = ["p", "${KEY}"]\n')
    found = load(path, environment={"KEY": "/a b/$(id)"}).profile("eu").values
    assert found["tunnel"] == ("x", "-i", "/a b/$(id)", "{port}")
    assert found["password_command"] == ("p", "/a b/$(id)")
