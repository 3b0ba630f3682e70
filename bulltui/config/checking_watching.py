"""What is wrong or unwise in `[history]`, `[metrics]` and `[alerts]`, as far as it can be known without asking."""

import shutil
import tomllib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from bulltui.config import history, metrics
from bulltui.config.finding import Finding, line_in
from bulltui.config.profiles import Configuration
from bulltui.config.variables import names_in
from bulltui.domain.address import secrets_of
from bulltui.domain.errors import UsageError
from bulltui.domain.text import visible

_HALF = ("history", "metrics")


def of_watching(configuration: Configuration) -> list[Finding]:
    """What is there by half, files that are not there, and commands that cannot be found."""
    watching = configuration.watching
    found: list[Finding] = []
    if not configuration.problems:
        if not watching.metrics.missing:
            found += _half(configuration, "metrics", lambda: metrics.checked(watching.metrics))
        if not watching.history.missing:
            found += _half(configuration, "history", lambda: history.checked(watching.history))
    files = (
        ("history", "ca", watching.history.ca),
        ("metrics", "cert", watching.metrics.cert),
        ("metrics", "key", watching.metrics.key),
    )
    for table, key, path in files:
        if path and not Path(path).is_file():
            where = configuration.place.at((table, key))
            message = f"{where}: {table}.{key} is no file: {visible(path)}."
            found.append(Finding(message, "", line_in(where, configuration.where)))
    for way in watching.alerts.ways:
        if way.argv and shutil.which(way.argv[0]) is None:
            where = configuration.place.at(("alerts", "ways", way.name, "command"))
            message = f"{where}: there is no command {visible(way.argv[0])}."
            hint = "Install it, or name it with its path."
            found.append(Finding(message, hint, line_in(where, configuration.where), warning=True))
    return found


def _half(configuration: Configuration, table: str, check: Any) -> Iterator[Finding]:
    try:
        check()
    except UsageError as error:
        where = configuration.place.at((table,))
        yield Finding(f"{where}: {error.message}", error.hint, line_in(where, configuration.where))


def holds_secrets(content: bytes) -> bool:
    """Whether a secret of these tables is written in the file itself, and not put in from the environment."""
    try:
        document = tomllib.loads(content.decode("utf-8-sig"))
    except (UnicodeDecodeError, tomllib.TOMLDecodeError, RecursionError):
        return False
    alerts = document.get("alerts")
    ways = alerts.get("ways") if isinstance(alerts, dict) else None
    tables = [document.get(name) for name in _HALF]
    if any(_written(table, ("password", "token")) or _in_url(table) for table in tables):
        return True
    some = list(ways.values()) if isinstance(ways, dict) else []
    return any(_written(way, ("secret", "url")) for way in some)


def _written(table: object, keys: tuple[str, ...]) -> bool:
    values = [table.get(key) for key in keys] if isinstance(table, dict) else []
    return any(isinstance(value, str) and value and not list(names_in(value)) for value in values)


def _in_url(table: object) -> bool:
    url = table.get("url") if isinstance(table, dict) else None
    return isinstance(url, str) and not list(names_in(url)) and any(secrets_of(url))
