"""What holds and who says so, without secrets: for a person to look at."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields
from typing import Any

from bulltui.config.keys import KEYS, Key
from bulltui.config.profiles import SECRET, Configuration, Profile
from bulltui.config.settings import Settings
from bulltui.config.shown_watching import lines_of
from bulltui.config.told import Told, chosen, settings_from, values_of
from bulltui.domain.address import without_secrets
from bulltui.domain.roles import Role
from bulltui.domain.secrets import SIGN, hidden

DEFAULT = "default"
_MB = 1024 * 1024


@dataclass(frozen=True, slots=True)
class Line:
    """A key, its value as JSON has it, and where that was said: a flag, a variable, file and line, or `default`."""

    key: str
    value: Any
    source: str

    @property
    def text(self) -> str:
        """The value for people."""
        if self.value is None or self.value in ([], ""):
            return "-"
        if isinstance(self.value, bool):
            return "true" if self.value else "false"
        if isinstance(self.value, list):
            return " ".join(map(str, self.value))
        return f"{self.value:g}" if isinstance(self.value, float) else str(self.value)


def effective(told: Told, environment: Mapping[str, str]) -> list[tuple[str, list[Line]]]:
    """The lines of each profile that is meant, or under an empty name of what holds without one. Raises UsageError."""
    configuration, names, named = chosen(told, environment)
    profiles = [configuration.profile(name) for name in names or ("",)]
    return [(one.name, _lines(told, environment, configuration, one, named=named)) for one in profiles]


def effective_watching(told: Told, environment: Mapping[str, str]) -> list[Line]:
    """The lines of what is watched, which is the same for all profiles. Raises UsageError."""
    configuration, _, _ = chosen(told, environment)
    settings = settings_from(told, environment)
    return [Line(*line) for line in lines_of(settings, told, environment, configuration)]


def _lines(
    told: Told, environment: Mapping[str, str], configuration: Configuration, profile: Profile, *, named: bool
) -> list[Line]:
    found = values_of(told, environment, configuration, profile, named)
    default = Settings()
    known = {field.name for field in fields(Settings)}
    lines = []
    for key in KEYS:
        if key.name in found:
            lines.append(Line(key.name, _shown(key, found[key.name].value), found[key.name].source))
        else:
            value = getattr(default, key.field) if key.field in known else getattr(default.tls, key.field, "")
            lines.append(Line(key.name, _shown(key, value), DEFAULT))
    return lines


def _shown(key: Key, value: Any) -> Any:
    if key.secret:
        return SIGN if value else ""
    if key.name == "url":
        return hidden(without_secrets(value, value))
    if key.name == "prefix":
        return ["auto"] if value is None else list(value)
    if isinstance(value, Role):
        return value.name
    if key.name.endswith("_mb"):
        return value // _MB
    if key.name == "password_command":
        return [*value[:1], *["…"] * (len(value) > 1)]  # what follows may be a secret by itself
    if key.name == "tunnel":
        return list(masked(value))
    return list(value) if isinstance(value, tuple) else hidden(value) if isinstance(value, str) else value


def masked(words: Sequence[str]) -> tuple[str, ...]:
    """The words of a command without what follows an option or a name that speaks of a secret.

    >>> masked(("kubectl", "--token", "abc", "API_SECRET=abc", "--namespace", "jobs"))
    ('kubectl', '--token', '***', 'API_SECRET=***', '--namespace', 'jobs')
    """
    shown: list[str] = []
    before = ""
    for word in words:
        name, mark, _ = word.partition("=")
        if mark and SECRET.search(name):
            shown.append(f"{name}={SIGN}")
        elif before.startswith("--") and "=" not in before and SECRET.search(before) and not word.startswith("-"):
            shown.append(SIGN)
        else:
            shown.append(hidden(without_secrets(word, word) if "://" in word else word))
        before = word
    return tuple(shown)
