"""From what a command line, the environment and the configuration say to the settings of a run."""

import os
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path

from bulltui.config.history import layered_history
from bulltui.config.layers import Chosen, layered
from bulltui.config.metrics import layered_metrics
from bulltui.config.profiles import Configuration, Profile, default_path, load
from bulltui.config.settings import DEFAULT_URL, KnownProfile, Settings
from bulltui.config.ssh import ssh_tunnel
from bulltui.domain.address import public_address, secrets_of
from bulltui.domain.connection import Tls
from bulltui.domain.errors import UsageError
from bulltui.domain.layout import Layout
from bulltui.domain.roles import Role
from bulltui.domain.secrets import know
from bulltui.domain.text import visible


@dataclass(frozen=True, slots=True)
class Told:
    """What a command line says; None or empty where it does not. `config` is the path of a file with profiles, several
    `profiles` are several servers at once. `metrics` has keys of `[metrics]` by their names; with
    `no_history` no history of queues is kept. The others are keys of a profile (`config.keys`)."""

    url: str | None = None
    prefixes: tuple[str, ...] = ()
    queues: tuple[str, ...] = ()
    read_only: bool = False
    profiles: tuple[str, ...] = ()
    config: str | None = None
    layout: Layout | None = None
    refresh_s: float | None = None
    theme: str | None = None
    ca: str | None = None
    cert: str | None = None
    key: str | None = None
    server_name: str | None = None
    insecure: bool = False
    replica: bool = False
    role: str | None = None
    cache_s: float | None = None
    metrics: Mapping[str, object] = field(default_factory=dict)
    no_history: bool = False

    @property
    def values(self) -> Mapping[str, object]:
        """What it says, by the names of the keys."""
        said = {
            "url": self.url,
            "prefix": self.prefixes,
            "queues": self.queues,
            "read_only": self.read_only,
            "layout": self.layout,
            "refresh": self.refresh_s,
            "theme": self.theme,
            "ca": self.ca,
            "cert": self.cert,
            "key": self.key,
            "server_name": self.server_name,
            "insecure": self.insecure,
            "replica": self.replica,
            "role": self.role,
        }
        found: dict[str, object] = {name: value for name, value in said.items() if value}
        return found if self.cache_s is None else {**found, "cache": self.cache_s}


def settings_from(told: Told, environment: Mapping[str, str] = os.environ) -> Settings:
    """The settings of a run. A profile that the command line names weighs as the command line does where it says which
    server; one that the environment or the file names weighs less than the URL there. Read-only is it when anyone says
    so. Of several profiles they are those of the first, and `fleet` has all.

    Raises UsageError for a configuration that is not understood.
    """
    configuration, names, named = chosen(told, environment)
    known = tuple(_known(profile) for _, profile in sorted(configuration.profiles.items()))
    each = [_settings(told, environment, configuration, configuration.profile(name), named) for name in names or ("",)]
    each = [replace(one, known=known, label=one.profile if len(each) > 1 else "") for one in each]
    return replace(each[0], label="", fleet=tuple(each)) if len(each) > 1 else each[0]


def settings_for(told: Told, profiles: tuple[str, ...], environment: Mapping[str, str] = os.environ) -> Settings:
    """The settings of a run that goes on with other profiles, which count as if the command line had named them."""
    return settings_from(replace(told, profiles=profiles, url=None), environment)


def names_a_server(told: Told, environment: Mapping[str, str] = os.environ) -> bool:
    """Whether anything says which server is meant. Raises UsageError as `settings_from` does."""
    urls = (told.url, environment.get("BULLTUI_URL"), environment.get("REDIS_URL"))
    return any(urls) or bool(chosen(told, environment)[1])


def path_of(told: Told, environment: Mapping[str, str] = os.environ) -> tuple[Path, bool]:
    """Where the configuration is, and whether anyone named the place."""
    given = told.config or environment.get("BULLTUI_CONFIG")
    return (Path(given).expanduser(), True) if given else (default_path(), False)


def chosen(told: Told, environment: Mapping[str, str]) -> tuple[Configuration, tuple[str, ...], bool]:
    """The configuration, the profiles of it that are meant, and whether the command line named them."""
    path, named = path_of(told, environment)
    words = environment.get("BULLTUI_PROFILE", "").split(",")
    names = told.profiles or tuple(word.strip() for word in words if word.strip())
    if "" in names:
        raise UsageError(
            "A profile has a name.", hint="`bulltui config show` lists them; leave out --profile for none."
        )
    configuration = load(path, named=named, profile=names[0] if names else "", environment=environment)
    urls = [("--url", told.url), ("BULLTUI_URL", environment.get("BULLTUI_URL") and not told.profiles)]
    given = [name for name, url in urls if url]
    if not names and not given:
        names = configuration.default
    names = tuple(dict.fromkeys(names))
    if given and len(names) > 1:
        raise UsageError(
            f"{given[0]} names one server, and there are {len(names)} profiles.",
            hint="Leave out one of both; each profile has its own url.",
        )
    return configuration, names, bool(told.profiles)


def values_of(
    told: Told, environment: Mapping[str, str], configuration: Configuration, profile: Profile, named: bool
) -> dict[str, Chosen]:
    """What holds for one profile, or without one, and who says so, by the keys."""
    return layered(told.values, environment, configuration, profile, named=named)


def _settings(
    told: Told, environment: Mapping[str, str], configuration: Configuration, profile: Profile, named: bool
) -> Settings:
    found = values_of(told, environment, configuration, profile, named)
    values = {chosen.key.field: chosen.value for name, chosen in found.items() if name not in _BELOW}
    below = {name: found[name].value for name in _BELOW if name in found}
    if "ssh" in below:
        values["tunnel"] = ssh_tunnel(below.pop("ssh"))
    watching = configuration.watching
    watching = replace(
        watching,
        history=layered_history(watching.history, environment, off=told.no_history),
        metrics=layered_metrics(watching.metrics, told.metrics, environment),
    )
    default = Settings()
    values["undo_total"] = values.get("undo_total", default.undo_total)
    values["undo_limit"] = min(values.get("undo_limit", default.undo_limit), values["undo_total"])
    settings = Settings(
        **values, tls=Tls(**below), profile=profile.name, state_folder=environment.get("BULLTUI_STATE_DIR", ""),
        searches=configuration.searches, watching=watching,
    )  # fmt: skip
    know(settings.password, *secrets_of(settings.url))
    return settings


_BELOW = ("ca", "cert", "key", "server_name", "insecure", "ssh")
"""Keys that are no field of the settings by themselves."""


def _known(profile: Profile) -> KnownProfile:
    values = {**profile.lacking, **profile.values}
    role = values.get("role")
    url = values.get("url", DEFAULT_URL)
    return KnownProfile(
        profile.name,
        visible(public_address(url)),
        production=values.get("production") is True,
        read_only=values.get("read_only") is True,
        role=role.name if isinstance(role, Role) else "",
    )
