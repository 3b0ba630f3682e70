"""From what a command line, the environment and a profile say to the settings of a run."""

import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from bulltui.config.profiles import default_path, load
from bulltui.config.settings import Settings, prefixes_from, url_from
from bulltui.domain.errors import UsageError
from bulltui.domain.layout import Layout


@dataclass(frozen=True, slots=True)
class Told:
    """What a command line says; None or empty where it does not. `config` is the path of a file with profiles."""

    url: str | None = None
    prefixes: tuple[str, ...] = ()
    queues: tuple[str, ...] = ()
    read_only: bool = False
    profile: str | None = None
    config: str | None = None
    layout: Layout | None = None
    refresh_s: float | None = None
    theme: str | None = None


def settings_from(told: Told, environment: Mapping[str, str] = os.environ) -> Settings:
    """The settings of a run. A profile that the command line names weighs as the command line does where it says which
    server; one that the environment names weighs less than the URL there. Read-only is it when anyone says so.

    Raises UsageError for a configuration that is not understood.
    """
    default = Settings()
    name = told.profile or environment.get("BULLTUI_PROFILE") or ""
    path = told.config or environment.get("BULLTUI_CONFIG")
    profile, searches = load(name, Path(path) if path else default_path(), named=path is not None)
    undo_total = profile.undo_total or default.undo_total
    undo_limit = min(profile.undo_limit or default.undo_limit, undo_total)
    return Settings(
        url=url_from(told.url or (profile.url if told.profile else ""), environment, profile.url),
        prefixes=prefixes_from(told.prefixes or profile.prefix),
        queues=told.queues or profile.queues,
        read_only=told.read_only or _flag(environment, "BULLTUI_READ_ONLY") or profile.read_only,
        refresh_s=told.refresh_s or profile.refresh or default.refresh_s,
        theme=told.theme or profile.theme or default.theme,
        profile=profile.name,
        production=profile.production,
        require_reason=profile.require_reason,
        layout=told.layout or profile.layout,
        audit_payloads=profile.audit_payloads,
        state_folder=environment.get("BULLTUI_STATE_DIR", ""),
        undo_limit=undo_limit,
        undo_total=undo_total,
        searches=searches,
        history=profile.history and _flag(environment, "BULLTUI_HISTORY", usual=True),
    )


_TRUE = frozenset(("1", "true", "yes", "on"))
_FALSE = frozenset(("0", "false", "no", "off"))


def _flag(environment: Mapping[str, str], name: str, *, usual: bool = False) -> bool:
    word = environment.get(name, "").strip().lower()
    if not word:
        return usual
    if word not in _TRUE | _FALSE:
        raise UsageError(f"{name} is neither true nor false.", hint=f"Set {name}=1 or leave it out.", code="config")
    return word in _TRUE
