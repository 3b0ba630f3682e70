"""`[alerts]` of the configuration: what it says, and what is wrong with it."""

import tomllib
from pathlib import Path

import pytest

from bulltui.config.alert_keys import TEMPLATE
from bulltui.config.alerts import rules_of
from bulltui.config.profiles import Configuration, parse
from bulltui.config.watching import AlertSettings, Way
from bulltui.domain.alert import UNITS, Rule, Severity, Watched
from bulltui.domain.alert_rules import BUILT_IN
from bulltui.domain.secrets import hidden

WHERE = "c.toml"


def read(text: str, **environment: str) -> Configuration:
    return parse(text.encode(), WHERE, environment, Path("/etc/bulltui"))


def problem(text: str, **environment: str) -> str:
    (one,) = read(text, **environment).problems
    return f"{one.message} {one.hint}".strip()


def settings(text: str, **environment: str) -> AlertSettings:
    found = read(text, **environment)
    assert not found.problems
    assert not found.watching.missing
    return found.watching.alerts


def test_nothing_said_are_our_own_rules() -> None:
    assert settings("") == settings("[alerts]") == AlertSettings()
    assert rules_of(AlertSettings()) == BUILT_IN
    assert rules_of(settings("[alerts]\nbuilt_in = false")) == ()


def test_every_key_of_a_rule() -> None:
    text = """
    [alerts]
    group = "2m"
    [alerts.rules.slow]
    watch = "run-p95"
    over = "1m30s"
    for = "2m"
    clear = 60
    clear_for = 30
    window = "10m"
    queues = ["pay*", "!*.test"]
    severity = "critical"
    to = ["hook", "terminal"]
    [alerts.ways.hook]
    kind = "webhook"
    url = "https://example.com/x"
    """
    found = settings(text)
    assert found.group_s == 120
    assert found.rules == (
        Rule(
            "slow",
            Watched.RUN_P95,
            90,
            for_s=120,
            clear=60,
            clear_s=30,
            window_s=600,
            queues=("pay*", "!*.test"),
            severity=Severity.CRITICAL,
            to=("hook", "terminal"),
        ),
    )
    assert [rule.name for rule in rules_of(found)] == [*(rule.name for rule in BUILT_IN), "slow"]


def test_every_key_of_a_way() -> None:
    text = """
    [alerts.ways.hook]
    kind = "webhook"
    url = "${HOOK}"
    secret = "${SIGN}"
    body = '{"text": "{title}: {text}"}'
    severities = ["critical", "warning"]
    timeout = "5s"
    per_minute = 3
    [alerts.ways.run]
    kind = "command"
    command = "notify-send '${WHAT} x'"
    title = "{severity}"
    """
    hook, run = settings(text, HOOK="https://h/T0P5ECRET", SIGN="s1gning", WHAT="a b").ways
    assert hook == Way(
        "hook",
        "webhook",
        "https://h/T0P5ECRET",
        secret="s1gning",
        body='{"text": "{title}: {text}"}',
        severities=("critical", "warning"),
        timeout_s=5,
        per_minute=3,
    )
    assert run.argv == ("notify-send", "a b x")
    assert hidden("https://h/T0P5ECRET s1gning") == "*** ***"
    assert "T0P5ECRET" not in repr(hook)
    assert "s1gning" not in repr(hook)


def test_one_of_ours_changed_or_switched_off() -> None:
    found = settings(
        '[alerts.rules.memory]\nover = 80\nclear = 70\nto = "terminal"\n[alerts.rules.paused]\nenabled = false'
    )
    rules = {rule.name: rule for rule in rules_of(found)}
    assert "paused" not in rules
    memory = rules["memory"]
    assert (memory.threshold, memory.clear, memory.to, memory.built_in) == (80, 70, ("terminal",), False)
    ours = next(rule for rule in BUILT_IN if rule.name == "memory")
    assert (memory.for_s, memory.severity) == (ours.for_s, ours.severity)
    assert len(rules) == len(BUILT_IN) - 1


def test_another_rule_by_the_name_of_one_of_ours() -> None:
    (rule,) = settings('[alerts.rules.failing]\nwatch = "failed"\nover = 5').rules
    assert (rule.watched, rule.threshold, rule.clear, rule.for_s) == (Watched.FAILED, 5, None, 60)


@pytest.mark.parametrize("watched", list(Watched))
def test_each_kind_can_be_watched(watched: Watched) -> None:
    limit = "over = 5\n" if UNITS[watched] else ""
    (rule,) = settings(f'[alerts.rules.r]\nwatch = "{watched}"\n{limit}').rules
    assert rule.watched is watched
    assert rule.threshold == (5 if limit else 0)


def test_servers_are_those_of_a_rule_about_servers() -> None:
    (rule,) = settings('[alerts.rules.r]\nwatch = "memory"\nover = 5\nservers = "eu*"').rules
    assert rule.queues == ("eu*",)


HOOK = '[alerts.ways.h]\nkind = "webhook"\nurl = "https://h/x"\n'


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("[alerts]\nbuilt = true", "c.toml:2 has a key that is not known: alerts.built."),
        ("alerts = 1", "alerts in c.toml:1 has to be a table."),
        ("[alerts]\nrules = 1", "alerts.rules in c.toml:2 has to be a table of tables"),
        ("[alerts.rules]\nr = 1", "alerts.rules.r in c.toml:2 has to be a table."),
        ('[alerts.rules."a b"]', "alerts.rules.a b in c.toml:1 has to be called by letters"),
        ("[alerts.rules.r]\nover = 5", "alerts.rules.r in c.toml:1 does not say what is watched. Write watch ="),
        ('[alerts.rules.r]\nwatch = "faild"', "alerts.rules.r.watch in c.toml:2 has to be one of failed, failed-rate"),
        ('[alerts.rules.r]\nwatch = "failed"', "does not say from which value on. Write over = NUMBER, of jobs"),
        ('[alerts.rules.r]\nwatch = "failed"\nover = 5\nunder = 3', "alerts.rules.r.under in c.toml:4 has to be left"),
        ('[alerts.rules.r]\nwatch = "failed"\nover = nan', "alerts.rules.r.over in c.toml:3 has to be a number"),
        ('[alerts.rules.r]\nwatch = "failed"\nover = true', "alerts.rules.r.over in c.toml:3 has to be a number"),
        ('[alerts.rules.r]\nwatch = "paused"\nover = 5', "alerts.rules.r.over in c.toml:3 has to be left out"),
        ('[alerts.rules.r]\nwatch = "failed"\nover = 5\nclear = 6', "clear in c.toml:4 has to be at most the value"),
        ('[alerts.rules.r]\nwatch = "failed"\nunder = 5\nclear = 4', "clear in c.toml:4 has to be at least the value"),
        ('[alerts.rules.r]\nwatch = "failed"\nover = 5\nfor = "2 min"', "alerts.rules.r.for in c.toml:4 has to be"),
        ('[alerts.rules.r]\nwatch = "stalled"\nwindow = "2h"', "alerts.rules.r.window in c.toml:3 has to be"),
        ('[alerts.rules.r]\nwatch = "stalled"\nfor = -1', "alerts.rules.r.for in c.toml:3 has to be"),
        ('[alerts.rules.r]\nwatch = "stalled"\nseverity = "bad"', "has to be one of critical, warning, info"),
        ('[alerts.rules.r]\nwatch = "stalled"\nto = "slack"', "to in c.toml:3 has to be one of terminal, and slack"),
        ('[alerts.rules.r]\nwatch = "stalled"\nservers = "eu"', "servers in c.toml:3 has to be left out"),
        ('[alerts.rules.memory]\nqueues = "eu"', "queues in c.toml:2 has to be left out"),
        ("[alerts.rules.r]\nenabled = false", "enabled in c.toml:2 has to be of a rule that there is; ours are"),
        ("[alerts.ways.h]", "alerts.ways.h in c.toml:1 has to be told how it delivers"),
        ('[alerts.ways.h]\nkind = "mail"', "alerts.ways.h.kind in c.toml:2 has to be one of terminal, command"),
        ('[alerts.ways.h]\nkind = "webhook"', "alerts.ways.h in c.toml:1 has to be told where it delivers"),
        ('[alerts.ways.h]\nkind = "webhook"\nurl = "file:///etc"', "alerts.ways.h.url in c.toml:3 has to be a URL of"),
        ('[alerts.ways.h]\nkind = "command"', "alerts.ways.h in c.toml:1 has to be told what is run"),
        (
            '[alerts.ways.h]\nkind = "command"\ncommand = "a"\nurl = "x"',
            "url in c.toml:4 has to be left out for command",
        ),
        ('[alerts.ways.h]\nkind = "terminal"\nbody = "x"', "body in c.toml:3 has to be left out for terminal"),
        (
            '[alerts.ways.h]\nkind = "terminal"\nper_minute = 5',
            "per_minute in c.toml:3 has to be left out for terminal",
        ),
        ('[alerts.ways.h]\nkind = "terminal"\ntimeout = 5', "timeout in c.toml:3 has to be left out for terminal"),
        (
            '[alerts.ways.here]\nkind = "terminal"\n[alerts.rules.r]\nwatch = "stalled"\nto = "terminal"',
            "to in c.toml:5 has to be one of here, and terminal is none",
        ),
        (f'{HOOK}title = "x"', "title in c.toml:4 has to be left out for webhook"),
        (f'{HOOK}body = "{{alert.rule}}"', "body in c.toml:4 has to be a text with names of id, title"),
        (f'{HOOK}severities = ["bad"]', "severities in c.toml:4 has to be of critical, warning, info"),
        (f"{HOOK}per_minute = 0", "per_minute in c.toml:4 has to be a whole number from 1 up"),
        (f'{HOOK}timeout = "1h"', "timeout in c.toml:4 has to be"),
        (f'{HOOK}secret = "${{"', "secret in c.toml:4 has to be written with"),
    ],
)
def test_what_is_wrong_is_told_with_its_line(text: str, said: str) -> None:
    assert said in problem(text)


def test_all_that_is_wrong_is_told() -> None:
    found = read("[alerts]\nbuilt = 1\n[alerts.rules.r]\nfor = 'x'\n[alerts.ways.w]\nkind = 'x'\n[alerts.ways.v]\n")
    assert len(found.problems) == 4


def test_a_variable_that_is_not_set_is_told_to_whoever_needs_it() -> None:
    found = read('[alerts.ways.h]\nkind = "webhook"\nurl = "${HOOK}"\n[alerts.rules.stalled]\nto = "h"')
    assert not found.problems
    (lack,) = found.watching.alerts.missing
    assert found.watching.missing == (lack,)
    assert "no variable HOOK, which alerts.ways.h.url in c.toml:3 needs" in lack.message


def test_the_template_means_something_without_its_signs() -> None:
    lines = [line.removeprefix("# ") for line in TEMPLATE.splitlines() if "=" in line or line.lstrip("# ")[:1] == "["]
    text = "\n".join(lines)
    tomllib.loads(text)
    found = settings(text, ALERT_WEBHOOK="https://h/x", ALERT_SECRET="s", SLACK_URL="slack://a/b/c")
    assert [way.name for way in found.ways] == ["on-call", "slack", "script"]
    assert [rule.name for rule in found.rules] == ["payments-fail"]
