"""All that is wrong or unwise in a configuration, as far as that can be known without any server."""

import re
import shutil
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from bulltui.config.profiles import Configuration, Profile, parse
from bulltui.config.safety import others_can_read, read_own
from bulltui.domain.address import address_of
from bulltui.domain.errors import BulltuiError, UsageError
from bulltui.domain.query.parsing import parse as parse_query
from bulltui.domain.text import visible

_FILES = ("ca", "cert", "key")


@dataclass(frozen=True, slots=True)
class Finding:
    """What was found: a sentence that names the file, what to do, the line or 0, and whether it is only unwise."""

    message: str
    hint: str = ""
    line: int = 0
    warning: bool = False


def findings(path: Path, environment: Mapping[str, str]) -> tuple[Configuration, list[Finding]]:
    """What is wrong with the file at `path`, by its lines, and what it says as far as that is understood."""
    shown = visible(str(path))
    try:
        content = read_own(path)
    except UsageError as error:
        return Configuration(shown), [Finding(error.message, error.hint)]
    except OSError as error:
        why = f"The configuration at {shown} cannot be read: {error.strerror or error}."
        return Configuration(shown), [Finding(why, "`bulltui config init` writes one.")]
    configuration = parse(content, shown, environment, path.parent)
    found = [_of(error, shown) for error in configuration.problems]
    profiles = (configuration.common, *configuration.profiles.values())
    told = {(error.message, error.hint) for profile in profiles for error in profile.missing}
    found += [_of(UsageError(message, hint=hint), shown) for message, hint in told]
    if others_can_read(path) and any(map(_has_password, profiles)):
        found.append(_readable(shown))
    seen: set[tuple[str, str]] = set()
    for profile in profiles:
        found += _of_files(profile, shown, seen)
    found += _of_searches(configuration)
    return configuration, sorted(found, key=lambda one: (one.line, one.warning))


def readable_password(path: Path, environment: Mapping[str, str]) -> Finding | None:
    """That others can read a password in the file at `path`, where it is so."""
    if not others_can_read(path):
        return None
    shown = visible(str(path))
    try:
        configuration = parse(read_own(path), shown, environment, path.parent)
    except (UsageError, OSError):
        return None
    profiles = (configuration.common, *configuration.profiles.values())
    return _readable(shown) if any(map(_has_password, profiles)) else None


def _readable(shown: str) -> Finding:
    return Finding(f"{shown} holds a password, and others can read it.", f"chmod 600 '{shown}'", warning=True)


def _of(error: BulltuiError, where: str) -> Finding:
    return Finding(error.message, error.hint, line_in(error.message, where))


def line_in(text: str, where: str) -> int:
    """The line that a sentence or a place names behind the file, 0 where it names none."""
    found = re.search(re.escape(where) + r":([0-9]+)", text)
    return int(found[1]) if found else 0


def _has_password(profile: Profile) -> bool:
    return "password" in profile.values or bool(address_of(profile.values.get("url", "")).secret)


def _of_files(profile: Profile, where: str, seen: set[tuple[str, str]]) -> list[Finding]:
    """Files and commands that are not there."""
    found = []
    for key in (*_FILES, "tunnel", "password_command"):
        value = profile.values.get(key)
        place = profile.places.get(key, where)
        if not value or (key, place) in seen:
            continue
        seen.add((key, place))
        if key in _FILES and not Path(value).is_file():
            found.append(Finding(f"{place}: {key} is no file: {visible(value)}.", "", line_in(place, where)))
        elif key not in _FILES and shutil.which(value[0]) is None:
            hint = "Install it, or name it with its path."
            message = f"{place}: there is no command {visible(value[0])}."
            found.append(Finding(message, hint, line_in(place, where), warning=True))
    return found


def _of_searches(configuration: Configuration) -> list[Finding]:
    found = []
    for search in configuration.searches:
        try:
            parse_query(search.query, 0)
        except BulltuiError as error:
            place = configuration.place.at(("searches", search.name))
            message = f"{place}: searches.{search.name}: {error.message}"
            found.append(Finding(message, error.hint, line_in(place, configuration.where)))
    return found
