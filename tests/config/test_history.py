"""`[history]` of the configuration: what it says, and what is wrong with it."""

from dataclasses import replace
from pathlib import Path

import pytest

from bulltui.config.history import EXAMPLES, KEYS, checked, layered_history
from bulltui.config.profiles import Configuration, parse
from bulltui.config.watching import HistorySettings
from bulltui.domain.errors import UsageError
from bulltui.domain.secrets import hidden

WHERE = "c.toml"


def read(text: str, **environment: str) -> Configuration:
    return parse(f"[history]\n{text}".encode(), WHERE, environment, Path("/etc/bulltui"))


def problems(text: str, **environment: str) -> list[str]:
    return [f"{one.message} {one.hint}".strip() for one in read(text, **environment).problems]


def test_nothing_said_is_a_history_of_our_own() -> None:
    assert read("").watching.history == HistorySettings()
    assert HistorySettings().enabled
    assert HistorySettings().source == "local"


def test_every_key_reaches_the_settings() -> None:
    whole = read(
        'enabled = true\nsource = "prometheus"\nurl = "https://prom:9090/select/0"\nusername = "u"\n'
        'password = "${PW}"\nca = "ca.pem"\nmax_mb = 20\nevents = false',
        PW="s3cret-word",
    )
    assert not whole.problems
    assert whole.watching.history == HistorySettings(
        source="prometheus",
        url="https://prom:9090/select/0",
        username="u",
        password="s3cret-word",
        ca="/etc/bulltui/ca.pem",
        max_mb=20,
        events=False,
    )
    assert hidden("with s3cret-word in it") == "with *** in it"
    assert "s3cret-word" not in repr(whole.watching)


def test_examples_are_right() -> None:
    assert list(EXAMPLES) == [key.name for key in KEYS]
    for key in KEYS:
        extra = (
            'source = "prometheus"\nurl = "https://h"\n'
            if key.name not in ("source", "url")
            else ('source = "prometheus"\n' if key.name == "url" else "")
        )
        found = problems(f"{extra}{key.name} = {EXAMPLES[key.name]}", PROMETHEUS_PASSWORD="p", PROMETHEUS_TOKEN="t")
        assert all("is of no use without" in one or "needs to know where" in one for one in found), key.name


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("enabled = 1", "history.enabled in c.toml:2 has to be true or false."),
        ('source = "graphite"', "history.source in c.toml:2 has to be local or prometheus."),
        ('source = "prometheus"\nurl = "ftp://h"', "history.url in c.toml:3 has to be a text, http:// or https://"),
        ('source = "prometheus"\nurl = "http://h:port"', "history.url in c.toml:3 has to be"),
        ('source = "prometheus"\nurl = "http://h?x=1"', "without a query"),
        (
            'source = "prometheus"\nurl = "http://h"\nmatch = "job"',
            "history.match in c.toml:4 has to be label matchers",
        ),
        ('source = "prometheus"\nurl = "http://h"\nmatch = "a=\\"b\\"} or {"', "has to be label matchers"),
        ("max_mb = 5", "history.max_mb in c.toml:2 has to be a whole number of MB from 10 to 100,000."),
        ("max_mb = 20.5", "has to be a whole number"),
        ("kept = true", "c.toml:2 has a key that is not known: history.kept."),
        ('source = "prometheus"', 'needs to know where that server is. Write url = "http://HOST:9090".'),
        ('url = "http://h"', 'history.url in c.toml:2 belongs to a Prometheus server. Write source = "prometheus"'),
        (
            'source = "prometheus"\nurl = "http://h"\nusername = "u"',
            "history.username in c.toml:4 is of no use without",
        ),
        (
            'source = "prometheus"\nurl = "http://h"\npassword = "u"',
            "history.password in c.toml:4 is of no use without",
        ),
        (
            'source = "prometheus"\nurl = "http://h"\npassword = "p"\nusername = "u"\ntoken = "t"',
            "history.token in c.toml:6 says who we are, and so does username.",
        ),
        ('source = "prometheus"\nurl = "http://a:b@h"\ntoken = "t"', "Take the user out of the URL."),
        ('source = "prometheus"\nurl = "http://h"\nca = "ca.pem"', "history.ca in c.toml:4 is of no use for http://."),
    ],
)
def test_what_is_wrong_is_told_with_its_line(text: str, says: str) -> None:
    found = problems(text)
    assert len(found) == 1, found
    assert says in found[0]


def test_a_variable_that_is_not_set_is_told_by_who_needs_it_and_by_nobody_else() -> None:
    found = read('source = "prometheus"\nurl = "http://h"\nusername = "u"\npassword = "${PW}"')
    assert not found.problems
    assert [one.message for one in found.watching.missing] == [
        "The environment has no variable PW, which history.password in c.toml:5 needs."
    ]


def test_a_password_in_the_url_is_known_as_a_secret() -> None:
    found = read('source = "prometheus"\nurl = "https://me:${PW}@prom"', PW="wonder-land")
    assert not found.problems
    assert hidden("https://me:wonder-land@prom") == "https://me:***@prom"
    assert "wonder-land" not in repr(found.watching.history)


def test_the_environment_says_it_too_and_never_in_the_words_of_searches() -> None:
    there = HistorySettings(source="prometheus", url="http://a", username="u", password="pw")
    said = {"BULLTUI_HISTORY": "0", "BULLTUI_HISTORY_EVENTS": "no", "BULLTUI_HISTORY_MAX_MB": "20"}
    assert layered_history(there, said) == replace(there, events=False, max_mb=20)
    assert not layered_history(there, {"BULLTUI_HISTORY_ENABLED": "false"}).enabled
    assert not layered_history(there, {"BULLTUI_HISTORY_ENABLED": "true"}, off=True).enabled
    moved = layered_history(there, {"BULLTUI_HISTORY_URL": "http://b"})
    assert (moved.url, moved.username, moved.password) == ("http://b", "", "")  # nobody else is told who we are
    with_token = layered_history(there, {"BULLTUI_HISTORY_TOKEN": "t0ken-of-ours"})
    assert (with_token.username, with_token.token) == ("", "t0ken-of-ours")
    assert hidden("t0ken-of-ours") == "***"
    with pytest.raises(UsageError, match="BULLTUI_HISTORY_MAX_MB has to be a whole number of MB"):
        layered_history(there, {"BULLTUI_HISTORY_MAX_MB": "1"})


@pytest.mark.parametrize(
    ("settings", "says"),
    [
        (HistorySettings(source="prometheus"), "nobody says from which"),
        (HistorySettings(source="prometheus", url="http://h", password="p"), "by half, or twice"),
        (
            HistorySettings(source="prometheus", url="http://h", username="u", password="p", token="t"),
            "by half, or twice",
        ),
        (HistorySettings(missing=(UsageError("The environment has no variable X."),)), "no variable X"),
    ],
)
def test_half_of_it_is_none(settings: HistorySettings, says: str) -> None:
    with pytest.raises(UsageError, match=says):
        checked(settings)


def test_whole_ones_are_taken() -> None:
    for settings in (HistorySettings(), HistorySettings(source="prometheus", url="http://h", token="t")):
        assert checked(settings) is settings
