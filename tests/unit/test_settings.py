"""What a run is told, and in which order it listens."""

from bulltui.config.settings import DEFAULT_URL, prefixes_from, url_from


def test_the_flag_wins_over_the_environment() -> None:
    environment = {"BULLTUI_URL": "redis://own", "REDIS_URL": "redis://shared"}
    assert url_from("redis://flag", environment) == "redis://flag"
    assert url_from(None, environment) == "redis://own"
    assert url_from(None, {"REDIS_URL": "redis://shared"}) == "redis://shared"
    assert url_from(None, {}) == DEFAULT_URL


def test_auto_means_any_prefix() -> None:
    assert prefixes_from(()) == ("bull",)
    assert prefixes_from(("a", "b")) == ("a", "b")
    assert prefixes_from(("a", "auto")) is None
