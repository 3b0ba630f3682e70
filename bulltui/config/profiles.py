"""The configuration, a TOML file: each server that a person knows in a table `[profiles.NAME]`, and `[searches]`."""

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from platformdirs import user_config_path

from bulltui.config.searches import searches_from
from bulltui.config.toml_values import text, texts, unknown, wrong
from bulltui.domain.errors import UsageError
from bulltui.domain.layout import Layout
from bulltui.domain.saved_search import SavedSearch
from bulltui.domain.text import visible

FILE = "config.toml"
_MB = 1024 * 1024
_TABLES = ("profiles", "searches")


@dataclass(frozen=True, slots=True)
class Profile:
    """A server and how to treat it; None or empty where the file says nothing. What each means is said in `Settings`;
    `undo_limit` and `undo_total` are in bytes here and in MB in the file."""

    name: str = ""
    url: str = ""
    prefix: tuple[str, ...] = ()
    queues: tuple[str, ...] = ()
    read_only: bool = False
    production: bool = False
    require_reason: bool = False
    audit_payloads: bool = False
    history: bool = True
    layout: Layout | None = None
    theme: str = ""
    refresh: float | None = None
    undo_limit: int | None = None
    undo_total: int | None = None


def default_path() -> Path:
    """The file in the platform's folder for configuration."""
    return user_config_path("bulltui", appauthor=False) / FILE


@dataclass(frozen=True, slots=True)
class Configuration:
    """What a file says."""

    profiles: Mapping[str, Profile]
    searches: tuple[SavedSearch, ...] = ()


def load(name: str, path: Path, *, named: bool = True) -> tuple[Profile, tuple[SavedSearch, ...]]:
    """The profile `name` of the file at `path`, which is checked as a whole, and its searches. Without a name the
    profile is an empty one; a file that is not there is an error where it was `named` or a profile is wanted.

    Raises UsageError that names file and key for anything that is not understood.
    """
    try:
        found = parse(path.read_bytes(), visible(str(path)))
    except FileNotFoundError:
        if not name and not named:
            return Profile(), ()
        raise UsageError(
            f"There is no configuration at {visible(str(path))}"
            + (f" to hold the profile {visible(name)}." * bool(name)),
            hint="Write `[profiles.NAME]` with a `url` into it, or name another file by --config or BULLTUI_CONFIG.",
            code="config",
        ) from None
    except OSError as error:
        raise UsageError(
            f"The configuration at {visible(str(path))} cannot be read: {error.strerror or error}.", code="config"
        ) from None
    if not name:
        return Profile(), found.searches
    if name not in found.profiles:
        known = ", ".join(map(visible, sorted(found.profiles))) or "none"
        raise UsageError(
            f"There is no profile {visible(name)} in {visible(str(path))}.", hint=f"It has: {known}.", code="config"
        )
    return found.profiles[name], found.searches


def parse(content: bytes, where: str) -> Configuration:
    """What a file's content says. Raises UsageError that names `where` and the key."""
    try:
        document = tomllib.loads(content.decode("utf-8-sig"))
    except UnicodeDecodeError:
        raise UsageError(f"{where} is not UTF-8.", hint="Save it as UTF-8.", code="config") from None
    except tomllib.TOMLDecodeError as error:
        raise UsageError(f"{where} is no TOML: {visible(str(error))}.", code="config") from None
    for key in document:
        if key not in _TABLES:
            raise unknown(where, key, _TABLES)
    tables = document.get("profiles", {})
    if not isinstance(tables, dict):
        raise wrong(where, "profiles", "a table of tables, `[profiles.NAME]`")
    return Configuration(
        {name: _profile(name, table, where) for name, table in tables.items()},
        searches_from(document.get("searches", {}), where),
    )


def _profile(name: str, table: object, where: str) -> Profile:
    start = f"profiles.{name}"
    if not isinstance(table, dict):
        raise wrong(where, start, "a table")
    values: dict[str, Any] = {}
    for key, value in table.items():
        if key not in _READ:
            raise unknown(where, f"{start}.{key}", tuple(_READ))
        field, expected, read = _READ[key]
        try:
            values[field] = read(value)
        except (TypeError, ValueError):
            raise wrong(where, f"{start}.{key}", expected) from None
    return Profile(name, **values)


def _flag(value: object) -> bool:
    if not isinstance(value, bool):
        raise TypeError
    return value


def _layout(value: object) -> Layout:
    layout = Layout(text(value))
    if layout in (Layout.BULL, Layout.UNKNOWN):
        raise ValueError
    return layout


def _seconds(value: object) -> float:
    if isinstance(value, bool) or not isinstance(value, int | float) or not 0.2 <= value <= 3600:
        raise TypeError
    return float(value)


def _bytes(value: object) -> int:
    if isinstance(value, bool) or not isinstance(value, int) or not 1 <= value <= 1024 * 1024:
        raise TypeError
    return value * _MB


_A_FLAG = "true or false"
_TEXTS = "a text or a list of texts"
_MBS = "a whole number of MB"
_READ: Mapping[str, tuple[str, str, Any]] = {
    "url": ("url", "a text, redis://, rediss:// or unix://", text),
    "prefix": ("prefix", _TEXTS, texts),
    "queues": ("queues", _TEXTS, texts),
    "read_only": ("read_only", _A_FLAG, _flag),
    "production": ("production", _A_FLAG, _flag),
    "require_reason": ("require_reason", _A_FLAG, _flag),
    "audit_payloads": ("audit_payloads", _A_FLAG, _flag),
    "history": ("history", _A_FLAG, _flag),
    "layout": ("layout", "one of v3, v4, v5, v6", _layout),
    "theme": ("theme", "a text", text),
    "refresh": ("refresh", "a number of seconds from 0.2 to 3600", _seconds),
    "undo_limit_mb": ("undo_limit", _MBS, _bytes),
    "undo_total_mb": ("undo_total", _MBS, _bytes),
}
"""Each key of a profile: the field that it fills, what it has to be, and how it is read."""
