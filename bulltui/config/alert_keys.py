"""The keys of `[alerts]`, of its rules and of its ways of delivery."""

import re
from collections.abc import Callable, Mapping
from math import isfinite
from typing import Any
from urllib.parse import urlsplit

from bulltui.config.keys import BY_NAME, Key
from bulltui.config.toml_values import flag, text, texts
from bulltui.domain.alert import Severity, Watched
from bulltui.domain.errors import UsageError
from bulltui.domain.spans import span

KINDS = ("terminal", "command", "webhook", "apprise")
NAME = re.compile(r"[\w.-]+")
LONGEST_WINDOW_S = 3600.0
"""What was seen lately is kept for so long."""

_A_FLAG = "true or false"
_SPAN = "a number of seconds, or a text like 90s, 10m, 1h30m"
_SEVERITIES = ", ".join(one.value for one in Severity)


def seconds(value: object) -> float:
    """A number of seconds, or a span as a text. Raises TypeError or ValueError."""
    if isinstance(value, str):
        try:
            return span(value) / 1000
        except UsageError:
            raise ValueError from None
    found = number(value)
    if found < 0:
        raise ValueError
    return found


def number(value: object) -> float:
    """A number that is finite. Raises TypeError or ValueError."""
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise TypeError
    found = float(value)
    if not isfinite(found):
        raise ValueError
    return found


def _limit(value: object) -> float:
    return seconds(value) if isinstance(value, str) else number(value)


def _within(least: float, most: float, read: Callable[[object], float]) -> Callable[[Any], float]:
    def within(value: object) -> float:
        found = read(value)
        if not least <= found <= most:
            raise ValueError
        return found

    return within


def _watched(value: object) -> Watched:
    return Watched(text(value))


def _severity(value: object) -> Severity:
    return Severity(text(value))


def _severities(value: object) -> tuple[str, ...]:
    return tuple(Severity(one).value for one in texts(value))


def _kind(value: object) -> str:
    if text(value) not in KINDS:
        raise ValueError
    return str(value)


def _whole(value: object) -> int:
    if isinstance(value, bool) or not isinstance(value, int):
        raise TypeError
    if not 1 <= value <= 10_000:
        raise ValueError
    return value


def is_web(url: str) -> bool:
    """Whether a URL is one of HTTP."""
    try:
        parts = urlsplit(url)
        _ = parts.port
    except ValueError:
        return False
    return parts.scheme in ("http", "https") and bool(parts.hostname)


SHARED = (
    Key("built_in", "built_in", _A_FLAG, "our own rules hold as well, those of `bulltui alerts rules`", flag),
    Key(
        "group",
        "group_s",
        f"{_SPAN}, up to 10m",
        "what happens within so long is told in one message",
        _within(0, 600, seconds),
    ),
)

_COMMAND = BY_NAME["password_command"]

RULE = (
    Key("watch", "watched", f"one of {', '.join(Watched)}", "what is watched", _watched),
    Key("over", "over", "a number, or for times a span like 10m", "fires over this", _limit),
    Key("under", "under", "a number, or for times a span like 10m", "fires under this", _limit),
    Key("for", "for_s", f"{_SPAN}, up to 30d", "and not before it was so for so long", _within(0, 2_592_000, seconds)),
    Key("clear", "clear", "a number, or for times a span like 10m", "is over at this; the threshold by itself", _limit),
    Key("clear_for", "clear_s", f"{_SPAN}, up to 1d", "once it was so for so long", _within(0, 86_400, seconds)),
    Key(
        "window",
        "window_s",
        f"{_SPAN}, from 10s to 1h",
        "how far rates, shares and percentiles look back",
        _within(10, LONGEST_WINDOW_S, seconds),
    ),
    Key("queues", "queues", "a text or a list of texts", "globs of queues; `!GLOB` leaves out", texts),
    Key("servers", "servers", "a text or a list of texts", "globs of servers, of rules about servers", texts),
    Key("severity", "severity", f"one of {_SEVERITIES}", "how bad it is", _severity),
    Key("to", "to", "a text or a list of texts", "ways of delivery, all without it", texts),
    Key("enabled", "enabled", _A_FLAG, "false switches one of ours off", flag),
)

WAY = (
    Key("kind", "kind", f"one of {', '.join(KINDS)}", "how it is delivered", _kind),
    Key(
        "url",
        "url",
        "a text, a URL",
        "where a webhook is, or what Apprise calls a service, such as slack://; better as `${NAME}`",
        text,
        secret=True,
    ),
    Key("command", "argv", _COMMAND.expected, "what is run, without a shell, JSON on its input", _COMMAND.read),
    Key(
        "secret",
        "secret",
        "a text",
        "signs what a webhook is sent (X-Bulltui-Signature); better as `${NAME}`",
        text,
        secret=True,
    ),
    Key("title", "title", "a text", "a title of your own, with names such as `{rule}` and `{subject}`", text),
    Key("body", "body", "a text", "a text, or for a webhook JSON, of your own, with names such as `{text}`", text),
    Key("severities", "severities", f"of {_SEVERITIES}", "only alerts that are so bad", _severities),
    Key("timeout", "timeout_s", f"{_SPAN}, from 1s to 2m", "how long one try may take", _within(1, 120, seconds)),
    Key("per_minute", "per_minute", "a whole number from 1 up", "messages a minute; more are summed up", _whole),
)

EXAMPLES: Mapping[str, str] = {
    "built_in": "true",
    "group": '"10s"',
}
"""What each key of the table itself may be, as TOML."""

TEMPLATE = """\
# What is watched for, beside our own rules (`bulltui alerts rules`), and who is told.
[alerts]
# built_in = true
# group = "10s"

# A rule: what is watched, of which queues, over (or under) which value and for how long.
# [alerts.rules.payments-fail]
# watch = "failed-rate"
# queues = "payments*"
# over = 5
# for = "2m"
# clear = 1
# clear_for = "5m"
# severity = "critical"
# to = ["on-call"]

# One of ours, told to others or switched off.
# [alerts.rules.paused]
# enabled = false

# Ways of delivery: a webhook, a command, or one of the services of Apprise (pip install 'bulltui[alerts]').
# [alerts.ways.on-call]
# kind = "webhook"
# url = "${ALERT_WEBHOOK}"
# secret = "${ALERT_SECRET}"
# [alerts.ways.slack]
# kind = "apprise"
# url = "${SLACK_URL}"
# severities = ["critical", "warning"]
# [alerts.ways.script]
# kind = "command"
# command = ["logger", "-t", "bulltui"]
"""
"""The table as the file of `bulltui config init` begins with it."""
