"""What a run is told, and in which order it listens."""

from bulltui.config.settings import DEFAULT_URL, Settings, prefixes_from
from bulltui.config.told import Told, settings_from


def test_the_flag_wins_over_the_environment() -> None:
    environment = {"BULLTUI_URL": "redis://own", "REDIS_URL": "redis://shared", "BULLTUI_CONFIG": "/dev/null"}
    assert settings_from(Told("redis://flag"), environment).url == "redis://flag"
    assert settings_from(Told(), environment).url == "redis://own"
    assert settings_from(Told(), environment | {"BULLTUI_URL": ""}).url == "redis://shared"
    assert settings_from(Told(), {"BULLTUI_CONFIG": "/dev/null"}) == Settings(url=DEFAULT_URL)


def test_auto_means_any_prefix() -> None:
    assert prefixes_from(()) == ("bull",)
    assert prefixes_from(("a", "b")) == ("a", "b")
    assert prefixes_from(("a", "auto")) is None
