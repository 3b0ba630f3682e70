"""`[history]`: whether and where the history of queues is kept."""

import re
from collections.abc import Mapping
from dataclasses import replace
from typing import Any
from urllib.parse import urlsplit

from bulltui.config.keys import Key, from_words
from bulltui.config.tables import A_FILE, Around, Table, read_table
from bulltui.config.toml_values import dotted, flag, text
from bulltui.config.watching import HistorySettings
from bulltui.domain.address import secrets_of
from bulltui.domain.errors import UsageError
from bulltui.domain.secrets import know

LOCAL, PROMETHEUS = "local", "prometheus"
LEAST_MB, MOST_MB = 10, 100_000
TABLE = "history"
_MATCHER = r'[a-zA-Z_][a-zA-Z0-9_]*\s*(?:=~|!~|!=|=)\s*"(?:[^"\\\n]|\\.)*"'
_MATCHERS = re.compile(rf"\s*{_MATCHER}(?:\s*,\s*{_MATCHER})*\s*,?\s*")


def _source(value: object) -> str:
    if text(value) not in (LOCAL, PROMETHEUS):
        raise ValueError
    return str(value)


def _url(value: object) -> str:
    parts = urlsplit(text(value))
    if parts.scheme not in ("http", "https") or not parts.hostname or parts.query or parts.fragment:
        raise ValueError
    _ = parts.port  # raises ValueError for one that is none
    return str(value)


def _match(value: object) -> str:
    if not _MATCHERS.fullmatch(text(value)):
        raise ValueError
    return str(value).strip().rstrip(",")


def _mb(value: object) -> int:
    if isinstance(value, bool) or not isinstance(value, int):
        raise TypeError
    if not LEAST_MB <= value <= MOST_MB:
        raise ValueError
    return value


_A_FLAG = "true or false"

KEYS: tuple[Key, ...] = (
    Key("enabled", "enabled", _A_FLAG, "numbers of queues are kept over time, for charts, alerts and reports", flag),
    Key(
        "source",
        "source",
        f"{LOCAL} or {PROMETHEUS}",
        "where charts and reports are read from: files of this machine, or a Prometheus server that scrapes us",
        _source,
    ),
    Key(
        "url",
        "url",
        "a text, http:// or https://, without a query",
        "that server: Prometheus, VictoriaMetrics, Thanos or Mimir, with the path below which its `/api/v1` lies",
        _url,
    ),
    Key("username", "username", "a text", "who we are there, with `password`", text),
    Key("password", "password", "a text", "better as `${NAME}`", text, secret=True),
    Key("token", "token", "a text", "in place of both, a bearer token; better as `${NAME}`", text, secret=True),
    Key("ca", "ca", A_FILE, "the certificates of a private CA", text),
    Key(
        "match",
        "match",
        """label matchers such as job="bulltui",env="eu\"""",
        "labels of the series that are meant, where that server scrapes several of us",
        _match,
    ),
    Key(
        "max_mb",
        "max_mb",
        f"a whole number of MB from {LEAST_MB} to {MOST_MB:,}",
        "how large the files of one server's history may get; the oldest goes first",
        _mb,
    ),
    Key(
        "events",
        "events",
        _A_FLAG,
        "events of queues are followed, for exact numbers and durations; else numbers follow from counts",
        flag,
    ),
)

EXAMPLES: Mapping[str, str] = {
    "enabled": "true",
    "source": f'"{PROMETHEUS}"',
    "url": '"https://prometheus.internal:9090"',
    "username": '"bulltui"',
    "password": '"${PROMETHEUS_PASSWORD}"',
    "token": '"${PROMETHEUS_TOKEN}"',
    "ca": '"prometheus-ca.pem"',
    "match": """'job="bulltui"'""",
    "max_mb": "1500",
    "events": "true",
}
"""What each key may be, as TOML."""

_FOR_PROMETHEUS = ("url", "username", "password", "token", "ca", "match")


def history_from(table: object, around: Around) -> tuple[HistorySettings, Table]:
    """What the table says, and what is wrong with it: what is there by half is."""
    found = read_table(table, (TABLE,), KEYS, around)
    if isinstance(table, dict) and not found.problems:
        found = replace(found, problems=tuple(_halves(table, found.values, around)))
    settings = HistorySettings(**found.values, missing=found.missing)
    know(*secrets_of(settings.url))
    return settings, found


def variable(key: Key) -> str:
    """What the environment calls a key. BULLTUI_HISTORY alone is that of a profile, and about searches."""
    return f"BULLTUI_HISTORY_{key.name.upper()}"


def layered_history(settings: HistorySettings, environment: Mapping[str, str], *, off: bool = False) -> HistorySettings:
    """What holds with what the environment says (`BULLTUI_HISTORY_ENABLED` and so on), and nothing where the command
    line has it `off`. Who we are in one place is not said to a server of another. Raises UsageError."""
    said: dict[str, Any] = {}
    for key in KEYS:
        words = environment.get(variable(key), "")
        if words.strip():
            said[key.field] = _read(key, words)
            know(*((words,) if key.secret else secrets_of(words)))
    if said.keys() & {"url", "username", "password", "token"}:
        settings = replace(settings, username="", password="", token="", missing=())
    found = replace(settings, **said)
    return replace(found, enabled=False) if off else found


def _read(key: Key, words: str) -> Any:
    try:
        return words if key.secret else from_words(key, words)
    except (TypeError, ValueError):
        name = variable(key)
        raise UsageError(
            f"{name} has to be {key.expected}.", hint=f"Set it so, or leave out {name}.", code="config"
        ) from None


def checked(settings: HistorySettings) -> HistorySettings:
    """The settings, if a history can be read by them as a whole. Raises UsageError."""
    if settings.missing:
        raise settings.missing[0]
    if settings.source == LOCAL:
        return settings
    if not settings.url:
        raise UsageError(
            "The history is to be read from a Prometheus server, and nobody says from which.",
            hint="Write `url` in `[history]`, or set BULLTUI_HISTORY_URL.",
            code="history",
        )
    if bool(settings.username) != bool(settings.password) or (settings.token and settings.username):
        raise UsageError(
            "Who we are to the Prometheus server of the history is said by half, or twice.",
            hint="Give `username` and `password`, or `token` alone, in `[history]` or the environment.",
            code="history",
        )
    return settings


def _halves(table: Mapping[str, Any], values: Mapping[str, Any], around: Around) -> list[UsageError]:
    """What lacks its other half, by what is written: a variable that is not set is told by itself."""
    problems: list[UsageError] = []

    def wrong(key: str, sentence: str, hint: str) -> None:
        path = (TABLE, key)
        message = f"{dotted(path)} in {around.place.at(path)} {sentence}"
        problems.append(UsageError(message, hint=hint, code="config"))

    if values.get("source", LOCAL) == LOCAL:
        for key in _FOR_PROMETHEUS:
            if key in table:
                wrong(key, "belongs to a Prometheus server.", f'Write source = "{PROMETHEUS}", or leave out {key}.')
        return problems
    if "url" not in table:
        wrong("source", "needs to know where that server is.", 'Write url = "http://HOST:9090".')
    url = urlsplit(str(values.get("url", "")))
    for one, other in (("username", "password"), ("password", "username")):
        if one in table and other not in table:
            wrong(one, f"is of no use without {other}.", f"Write {other} too, or leave out {one}.")
    if "token" in table and "username" in table:
        wrong("token", "says who we are, and so does username.", "Leave out one of both.")
    elif ("token" in table or "username" in table) and url.username:
        wrong("url", "says who we are, and so do other keys.", "Take the user out of the URL.")
    if "ca" in table and url.scheme == "http":
        wrong("ca", "is of no use for http://.", "Write https:// in url, or leave out ca.")
    return problems
