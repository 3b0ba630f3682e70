"""What a run is told: from flags, the environment, a profile and defaults, in this order."""

from collections.abc import Mapping
from dataclasses import dataclass

from bulltui.domain.layout import Layout
from bulltui.domain.queue import DEFAULT_PREFIX
from bulltui.domain.saved_search import SavedSearch

DEFAULT_URL = "redis://127.0.0.1:6379"
AUTO = "auto"


@dataclass(frozen=True, slots=True)
class Settings:
    """Settings of a run. Times in seconds.

    `prefixes` are the key prefixes to look under, None for any that are found. `queues` are globs, `!` excludes.
    `refresh_timeout_s` bounds one refresh, `connect_timeout_s` one attempt to connect, `action_timeout_s` one call that
    changes something.

    `production` marks a server on which every confirmation looks different. With `require_reason` nothing is changed
    without a reason. `layout` is what a person says the queues are kept in, for those that do not tell.
    `audit_payloads` lets names, data and options of jobs into the audit. `state_folder` holds audit and journal, empty
    for the platform's own. `undo_limit` (bytes on the disk) bounds what is saved for one action so that it can be
    undone, `undo_total` what is kept of all. `searches` are those that the configuration names; without `history` no
    search is written down.
    """

    url: str = DEFAULT_URL
    prefixes: tuple[str, ...] | None = (DEFAULT_PREFIX,)
    queues: tuple[str, ...] = ()
    read_only: bool = False
    refresh_s: float = 2.0
    theme: str = ""
    refresh_timeout_s: float = 2.0
    connect_timeout_s: float = 1.3
    discovery_s: float = 30.0
    profile: str = ""
    production: bool = False
    require_reason: bool = False
    layout: Layout | None = None
    audit_payloads: bool = False
    state_folder: str = ""
    undo_limit: int = 256 * 1024 * 1024
    undo_total: int = 1024 * 1024 * 1024
    action_timeout_s: float = 10.0
    searches: tuple[SavedSearch, ...] = ()
    history: bool = True


def prefixes_from(given: tuple[str, ...]) -> tuple[str, ...] | None:
    """The prefixes of a command line; `auto` among them means any."""
    if AUTO in given:
        return None
    return given or (DEFAULT_PREFIX,)


def url_from(given: str | None, environment: Mapping[str, str], profile: str = "") -> str:
    """The URL: the flag, else BULLTUI_URL, else the profile's, else REDIS_URL, which is there for other programs too,
    else the local default."""
    return given or environment.get("BULLTUI_URL") or profile or environment.get("REDIS_URL") or DEFAULT_URL
