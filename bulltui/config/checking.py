"""All that is wrong or unwise in a configuration, as far as that can be known without any server."""

import shutil
from collections.abc import Mapping
from pathlib import Path

from bulltui.config.checking_watching import holds_secrets, of_watching
from bulltui.config.finding import Finding, line_in
from bulltui.config.profiles import Configuration, Profile, parse
from bulltui.config.safety import others_can_read, read_own
from bulltui.domain.address import address_of
from bulltui.domain.errors import BulltuiError, UsageError
from bulltui.domain.query.parsing import parse as parse_query
from bulltui.domain.text import visible

__all__ = ["Finding", "findings", "line_in", "readable_password"]

_FILES = ("ca", "cert", "key")


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
    told |= {(error.message, error.hint) for error in configuration.watching.missing}
    found += [_of(UsageError(message, hint=hint), shown) for message, hint in told]
    if others_can_read(path) and (any(map(_has_password, profiles)) or holds_secrets(content)):
        found.append(_readable(shown))
    seen: set[tuple[str, str]] = set()
    for profile in profiles:
        found += _of_files(profile, shown, seen)
    found += _of_searches(configuration)
    found += of_watching(configuration)
    return configuration, sorted(found, key=lambda one: (one.line, one.warning))


def readable_password(path: Path, environment: Mapping[str, str]) -> Finding | None:
    """That others can read a password in the file at `path`, where it is so."""
    if not others_can_read(path):
        return None
    shown = visible(str(path))
    try:
        content = read_own(path)
    except (UsageError, OSError):
        return None
    configuration = parse(content, shown, environment, path.parent)
    profiles = (configuration.common, *configuration.profiles.values())
    return _readable(shown) if any(map(_has_password, profiles)) or holds_secrets(content) else None


def _readable(shown: str) -> Finding:
    return Finding(f"{shown} holds a password, and others can read it.", f"chmod 600 '{shown}'", warning=True)


def _of(error: BulltuiError, where: str) -> Finding:
    return Finding(error.message, error.hint, line_in(error.message, where))


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
