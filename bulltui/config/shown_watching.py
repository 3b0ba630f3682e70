"""What holds of `[history]`, `[metrics]` and `[alerts]` and who says so, without secrets."""

from collections.abc import Iterator, Mapping
from dataclasses import fields
from typing import Any

from bulltui.config import history, metrics
from bulltui.config.alerts import rules_of
from bulltui.config.keys import Key
from bulltui.config.profiles import Configuration
from bulltui.config.settings import Settings
from bulltui.config.told import Told
from bulltui.config.watching import AlertSettings
from bulltui.domain.address import without_secrets
from bulltui.domain.secrets import SIGN, hidden

DEFAULT = "default"
NO_HISTORY = "--no-history"


def lines_of(
    settings: Settings, told: Told, environment: Mapping[str, str], configuration: Configuration
) -> Iterator[tuple[str, Any, str]]:
    """Each key of the tables, such as `history.enabled`, its value as JSON has it, and where that was said."""
    flags = {f"metrics.{name}": f"--metrics-{name}" for name in told.metrics}
    if told.no_history:
        flags["history.enabled"] = NO_HISTORY
    of_tables = (
        ("history", history.KEYS, settings.watching.history, history.variable),
        ("metrics", metrics.KEYS, settings.watching.metrics, metrics.variable),
    )
    for table, keys, found, variable in of_tables:
        for key in keys:
            name = f"{table}.{key.name}"
            said = environment.get(variable(key), "").strip()
            place = _place(configuration, table, key.name)
            source = flags.get(name) or (variable(key) if said else place or DEFAULT)
            yield name, _shown(key, getattr(found, key.field)), source
    yield from _of_alerts(settings.watching.alerts, configuration)


def _of_alerts(found: AlertSettings, configuration: Configuration) -> Iterator[tuple[str, Any, str]]:
    usual = AlertSettings()
    known = {field.name for field in fields(AlertSettings)}
    for key, field in (("built_in", "built_in"), ("group", "group_s")):
        if field in known:
            place = _place(configuration, "alerts", key)
            yield f"alerts.{key}", getattr(found, field), place or DEFAULT
    rules = [rule.name for rule in rules_of(found)]
    yield "alerts.rules", rules, _place(configuration, "alerts", "rules") if found.rules else DEFAULT
    ways = [f"{way.name} ({way.kind})" for way in found.ways]
    yield "alerts.ways", ways, _place(configuration, "alerts", "ways") if found.ways != usual.ways else DEFAULT


def _place(configuration: Configuration, table: str, key: str) -> str:
    """Where a key stands, empty where it does not. A table of tables stands where its first one begins."""
    lines = configuration.place.lines
    path = (table, key)
    if path in lines:
        return configuration.place.at(path)
    below = [line for one, line in lines.items() if one[: len(path)] == path]
    return f"{configuration.place.shown}:{min(below)}" if below else ""


def _shown(key: Key, value: Any) -> Any:
    if key.secret:
        return SIGN if value else ""
    if key.name == "url" and value:
        return hidden(without_secrets(value, value))
    return list(value) if isinstance(value, tuple) else hidden(value) if isinstance(value, str) else value
