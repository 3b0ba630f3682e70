"""The configuration, a TOML file: each server that a person knows in a table `[profiles.NAME]`, what holds for all of
them in `[defaults]`, `[roles.NAME]`, `[searches]`, and what is watched in `[history]`, `[metrics]` and
`[alerts]`."""

import os
import re
import tomllib
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, TypeVar

from platformdirs import user_config_path

from bulltui.config.alerts import alerts_from
from bulltui.config.history import history_from
from bulltui.config.keys import BY_NAME, KEYS
from bulltui.config.metrics import metrics_from
from bulltui.config.roles import role_from, role_named
from bulltui.config.safety import read_own
from bulltui.config.searches import searches_from
from bulltui.config.tables import Around
from bulltui.config.toml_values import Place, dotted, texts, unknown, wrong
from bulltui.config.variables import MissingVariableError, expand, names_in
from bulltui.config.watching import Watching
from bulltui.domain.address import secrets_of
from bulltui.domain.errors import UsageError
from bulltui.domain.roles import Role
from bulltui.domain.saved_search import SavedSearch
from bulltui.domain.secrets import know
from bulltui.domain.text import visible

T = TypeVar("T")
FILE = "config.toml"
_TABLES = ("default_profile", "defaults", "profiles", "roles", "searches", "history", "metrics", "alerts")
_FILES = ("ca", "cert", "key")
_HOLD_SECRETS = ("password", "password_command", "tunnel", "url")
SECRET = re.compile(r"pass|pwd|secret|token|credential|auth|key", re.IGNORECASE)
"""What a name has that speaks of a secret."""
_COMMON = tuple(key.name for key in KEYS if key.name != "url")
_EITHER = (("password", "password_command"), ("tunnel", "ssh"))
_URL = re.compile(r"[a-z][a-z+]*://[^\s\"']+", re.IGNORECASE)
_NAME = re.compile(r"[\w.-]+")
_AT_LINE = re.compile(r" \(at line ([0-9]+), column [0-9]+\)")


@dataclass(frozen=True, slots=True)
class Profile:
    """A server and how to treat it: the values of the keys that the file has (`config.keys`), those of `[defaults]`
    among them, and where each stands; `shared` are the keys that come from there. `missing` says why it cannot be used
    here, as the environment lacks a variable, and `lacking` has what is written there."""

    name: str = ""
    values: Mapping[str, Any] = field(default_factory=dict)
    places: Mapping[str, str] = field(default_factory=dict)
    missing: tuple[UsageError, ...] = ()
    shared: frozenset[str] = frozenset()
    lacking: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Configuration:
    """What a file says. `common` are its `[defaults]`, as a profile without a name; `default` the profiles that are
    taken where nothing else says which server; `problems` all that is wrong with it, in its order."""

    where: str = ""
    profiles: Mapping[str, Profile] = field(default_factory=dict)
    common: Profile = Profile()
    default: tuple[str, ...] = ()
    roles: Mapping[str, Role] = field(default_factory=dict)
    searches: tuple[SavedSearch, ...] = ()
    watching: Watching = Watching()
    problems: tuple[UsageError, ...] = ()
    place: Place = field(default_factory=lambda: Place(""), compare=False)

    def profile(self, name: str) -> Profile:
        """A profile by its name. Raises UsageError where there is none, or where it cannot be used here."""
        if not name:
            found = self.common
        elif name in self.profiles:
            found = self.profiles[name]
        else:
            known = ", ".join(map(visible, sorted(self.profiles))) or "none"
            raise UsageError(
                f"There is no profile {visible(name)} in {self.where}.", hint=f"It has: {known}.", code="config"
            )
        if found.missing:
            raise found.missing[0]
        return found


def default_path() -> Path:
    """The file in the platform's folder for configuration."""
    return user_config_path("bulltui", appauthor=False) / FILE


def load(
    path: Path, *, named: bool = True, profile: str = "", environment: Mapping[str, str] = os.environ
) -> Configuration:
    """What the file at `path` says. One that is not there says nothing, and is an error where it was `named` or a
    `profile` is wanted of it.

    Raises UsageError that names file, line and key for the first thing that is not understood, and for a file that
    others could have written.
    """
    shown = visible(str(path))
    try:
        content = read_own(path)
    except FileNotFoundError:
        if not profile and not named:
            return Configuration(shown)
        raise UsageError(
            f"There is no configuration at {shown}" + (f" to hold the profile {visible(profile)}." if profile else "."),
            hint="`bulltui config init` writes one; --config or BULLTUI_CONFIG name another file.",
            code="config",
        ) from None
    except OSError as error:
        raise UsageError(
            f"The configuration at {shown} cannot be read: {error.strerror or error}.", code="config"
        ) from None
    found = parse(content, shown, environment, path.parent)
    if found.problems:
        raise found.problems[0]
    return found


def parse(
    content: bytes, where: str, environment: Mapping[str, str] = os.environ, folder: Path = Path()
) -> Configuration:
    """What a file's content says; paths in it are below `folder`. What is wrong with it is in `problems`."""
    try:
        document = tomllib.loads(text := content.decode("utf-8-sig"))
    except UnicodeDecodeError:
        problem = UsageError(f"{where} is not UTF-8.", hint="Save it as UTF-8.", code="config")
        return Configuration(where, problems=(problem,))
    except (tomllib.TOMLDecodeError, RecursionError) as error:
        line = _AT_LINE.search(str(error))
        why = visible(_AT_LINE.sub("", str(error)))
        problem = UsageError(f"{where}{f':{line[1]}' if line else ''} is no TOML: {why}.", code="config")
        return Configuration(where, problems=(problem,))
    for url in _URL.findall(text):  # also where it stands for something else, and is quoted as wrong there
        know(*secrets_of(url))
    return _File(document, Place(where, text), environment, folder).configuration()


class _File:
    """Reads a document, and goes on behind what is wrong with it."""

    def __init__(self, document: Mapping[str, Any], place: Place, environment: Mapping[str, str], folder: Path) -> None:
        self._document = document
        self._place = place
        self._environment = environment
        self._folder = folder
        self._problems: list[UsageError] = []
        self._roles: dict[str, Role] = {}

    def configuration(self) -> Configuration:
        """All of it."""
        for key in self._document:
            if key not in _TABLES:
                self._problems.append(unknown(self._place, (key,), _TABLES))
        for name, table in self._tables("roles", "`[roles.NAME]`"):
            role = self._tried(lambda name=name, table=table: role_from(name, table, self._place))  # type: ignore[misc]
            if role is not None:
                self._roles[name] = role
        defaults = self._document.get("defaults", {})
        if not isinstance(defaults, dict):
            self._problems.append(wrong(self._place, ("defaults",), "a table, `[defaults]`"))
            defaults = {}
        common = self._profile("", defaults, ("defaults",), _COMMON)
        profiles = {
            name: self._with(common, self._profile(name, table, ("profiles", name), tuple(BY_NAME)))
            for name, table in self._tables("profiles", "`[profiles.NAME]`")
        }
        searches = self._tried(lambda: searches_from(self._document.get("searches", {}), self._place)) or ()
        watching = self._watching()
        return Configuration(
            self._place.shown,
            profiles,
            common,
            self._default(profiles),
            self._roles,
            searches,
            watching,
            tuple(self._problems),
            self._place,
        )

    def _watching(self) -> Watching:
        around = Around(self._place, self._environment, self._folder)
        history, of_history = history_from(self._document.get("history", {}), around)
        metrics, of_metrics = metrics_from(self._document.get("metrics", {}), around)
        alerts, of_alerts = alerts_from(self._document.get("alerts", {}), around)
        tables = (of_history, of_metrics, of_alerts)
        self._problems += [problem for table in tables for problem in table.problems]
        return Watching(history, metrics, alerts, tuple(lack for table in tables for lack in table.missing))

    def _tried(self, read: Callable[[], T]) -> T | None:
        try:
            return read()
        except UsageError as error:
            self._problems.append(error)
            return None

    def _tables(self, key: str, form: str) -> Iterable[tuple[str, Any]]:
        tables = self._document.get(key, {})
        if not isinstance(tables, dict):
            self._problems.append(wrong(self._place, (key,), f"a table of tables, {form}"))
            return ()
        return tables.items()

    def _default(self, profiles: Mapping[str, Profile]) -> tuple[str, ...]:
        value = self._document.get("default_profile", [])
        try:
            names = texts(value) if value != [] else ()
        except TypeError:
            self._problems.append(wrong(self._place, ("default_profile",), "a text or a list of texts"))
            return ()
        for name in names:
            if name not in profiles:
                self._problems.append(
                    wrong(self._place, ("default_profile",), f"one of the profiles, and {visible(name)} is none")
                )
        return names

    # --- one profile

    def _profile(self, name: str, table: object, path: tuple[str, ...], known: tuple[str, ...]) -> Profile:
        if not isinstance(table, dict):
            self._problems.append(wrong(self._place, path, "a table"))
            return Profile(name)
        if name and not _NAME.fullmatch(name):
            self._problems.append(wrong(self._place, path, "called by letters, digits, `-`, `_` and `.`"))
        values: dict[str, Any] = {}
        places: dict[str, str] = {}
        missing: list[UsageError] = []
        lacking: dict[str, Any] = {}
        for key, written in table.items():
            here = (*path, key)
            if key not in known:
                self._problems.append(unknown(self._place, here, known))
                continue
            try:
                values[key] = self._value(key, written, here)
                places[key] = self._place.at(here)
            except MissingVariableError as lack:
                missing.append(self._lack(lack.name, here))
                lacking[key] = written
            except UsageError as error:
                self._problems.append(error)
        for one, other in _EITHER:
            if one in table and other in table:
                self._problems.append(wrong(self._place, (*path, other), f"left out where there is `{one}`"))
        return Profile(name, values, places, tuple(missing), frozenset() if name else frozenset(values), lacking)

    def _value(self, name: str, written: object, path: tuple[str, ...]) -> Any:
        key = BY_NAME[name]
        try:
            divided = key.divided(written)
        except ValueError:
            raise wrong(self._place, path, key.expected) from None
        try:
            words = expand(divided, self._environment)
        except ValueError:
            raise wrong(self._place, path, "written with `$$` for a dollar sign, or `${NAME}`") from None
        try:
            value = key.read(words)
        except (TypeError, ValueError):
            raise wrong(self._place, path, key.expected) from None
        except UsageError as error:
            message = f"{dotted(path)} in {self._place.at(path)}: {error.message}"
            raise UsageError(message, hint=error.hint, code="config") from None
        if name in _HOLD_SECRETS:
            self._remember(written)
        if name in _FILES:
            return str(self._folder / value)
        if name == "role":
            return role_named(value, self._roles, f"{dotted(path)} in {self._place.at(path)}")
        return value

    def _remember(self, written: object) -> None:
        """The variables whose names speak of secrets are such wherever they are told to."""
        for one in written if isinstance(written, list) else [written]:
            for variable in names_in(one) if isinstance(one, str) else ():
                if SECRET.search(variable):
                    know(self._environment.get(variable, ""))

    def _lack(self, name: str, path: tuple[str, ...]) -> UsageError:
        return UsageError(
            f"The environment has no variable {visible(name)}, which {dotted(path)} in {self._place.at(path)} needs.",
            hint=f"Set it, or write ${{{visible(name)}:-VALUE}} for what to take without it.",
            code="config",
        )

    @staticmethod
    def _with(common: Profile, own: Profile) -> Profile:
        """A profile with what holds for all; values to be hidden add up."""
        for pair in _EITHER:
            if any(name in own.values for name in pair):
                common = replace(common, values={key: one for key, one in common.values.items() if key not in pair})
        values = {**common.values, **own.values}
        if "redact" in common.values and "redact" in own.values:
            values["redact"] = tuple(dict.fromkeys((*common.values["redact"], *own.values["redact"])))
        missing = tuple(one for one in common.missing) + own.missing
        shared = frozenset(common.values) - frozenset(own.values)
        return Profile(
            own.name, values, {**common.places, **own.places}, missing, shared, {**common.lacking, **own.lacking}
        )
