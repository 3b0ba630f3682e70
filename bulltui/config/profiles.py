"""Profiles: what a person keeps of each server in a TOML file, one table `[profiles.NAME]` each."""

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from difflib import get_close_matches
from pathlib import Path
from typing import Any

from platformdirs import user_config_path

from bulltui.domain.errors import UsageError
from bulltui.domain.layout import Layout
from bulltui.domain.text import visible

FILE = "config.toml"
_MB = 1024 * 1024


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
    layout: Layout | None = None
    theme: str = ""
    refresh: float | None = None
    undo_limit: int | None = None
    undo_total: int | None = None


def default_path() -> Path:
    """The file in the platform's folder for configuration."""
    return user_config_path("bulltui", appauthor=False) / FILE


def load_profile(name: str, path: Path, *, named: bool = True) -> Profile:
    """The profile `name` of the file at `path`, which is checked as a whole. Without a name only the file is checked; a
    file that is not there is an error where it was `named` or a profile is wanted.

    Raises UsageError that names file and key for anything that is not understood.
    """
    try:
        profiles = parse(path.read_bytes(), visible(str(path)))
    except FileNotFoundError:
        if not name and not named:
            return Profile()
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
        return Profile()
    if name not in profiles:
        known = ", ".join(map(visible, sorted(profiles))) or "none"
        raise UsageError(
            f"There is no profile {visible(name)} in {visible(str(path))}.", hint=f"It has: {known}.", code="config"
        )
    return profiles[name]


def parse(content: bytes, where: str) -> dict[str, Profile]:
    """The profiles of a file's content by name. Raises UsageError that names `where` and the key."""
    try:
        document = tomllib.loads(content.decode("utf-8-sig"))
    except UnicodeDecodeError:
        raise UsageError(f"{where} is not UTF-8.", hint="Save it as UTF-8.", code="config") from None
    except tomllib.TOMLDecodeError as error:
        raise UsageError(f"{where} is no TOML: {visible(str(error))}.", code="config") from None
    for key in document:
        if key != "profiles":
            raise _unknown(where, key, ("profiles",))
    tables = document.get("profiles", {})
    if not isinstance(tables, dict):
        raise _wrong(where, "profiles", "a table of tables, `[profiles.NAME]`")
    return {name: _profile(name, table, where) for name, table in tables.items()}


def _profile(name: str, table: object, where: str) -> Profile:
    start = f"profiles.{name}"
    if not isinstance(table, dict):
        raise _wrong(where, start, "a table")
    values: dict[str, Any] = {}
    for key, value in table.items():
        if key not in _READ:
            raise _unknown(where, f"{start}.{key}", tuple(_READ))
        field, expected, read = _READ[key]
        try:
            values[field] = read(value)
        except (TypeError, ValueError):
            raise _wrong(where, f"{start}.{key}", expected) from None
    return Profile(name, **values)


def _text(value: object) -> str:
    if not isinstance(value, str) or not value:
        raise TypeError
    return value


def _texts(value: object) -> tuple[str, ...]:
    return tuple(map(_text, value)) if isinstance(value, list) else (_text(value),)


def _flag(value: object) -> bool:
    if not isinstance(value, bool):
        raise TypeError
    return value


def _layout(value: object) -> Layout:
    layout = Layout(_text(value))
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
    "url": ("url", "a text, redis://, rediss:// or unix://", _text),
    "prefix": ("prefix", _TEXTS, _texts),
    "queues": ("queues", _TEXTS, _texts),
    "read_only": ("read_only", _A_FLAG, _flag),
    "production": ("production", _A_FLAG, _flag),
    "require_reason": ("require_reason", _A_FLAG, _flag),
    "audit_payloads": ("audit_payloads", _A_FLAG, _flag),
    "layout": ("layout", "one of v3, v4, v5, v6", _layout),
    "theme": ("theme", "a text", _text),
    "refresh": ("refresh", "a number of seconds from 0.2 to 3600", _seconds),
    "undo_limit_mb": ("undo_limit", _MBS, _bytes),
    "undo_total_mb": ("undo_total", _MBS, _bytes),
}
"""Each key of a profile: the field that it fills, what it has to be, and how it is read."""


def _unknown(where: str, key: str, known: tuple[str, ...]) -> UsageError:
    close = get_close_matches(key.rpartition(".")[2], known, n=1)
    return UsageError(
        f"{where} has a key that is not known: {visible(key)}.",
        hint=f"Did you mean {close[0]}?" if close else f"There are: {', '.join(known)}.",
        code="config",
    )


def _wrong(where: str, key: str, expected: str) -> UsageError:
    return UsageError(f"{visible(key)} in {where} has to be {expected}.", code="config")
