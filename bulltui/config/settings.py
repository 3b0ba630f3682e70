"""What a run is told: from flags, the environment and defaults, in this order."""

from collections.abc import Mapping
from dataclasses import dataclass

DEFAULT_URL = "redis://127.0.0.1:6379"
DEFAULT_PREFIX = "bull"
AUTO = "auto"


@dataclass(frozen=True, slots=True)
class Settings:
    """Settings of a run. Times in seconds.

    `prefixes` are the key prefixes to look under, None for any that are found. `queues` are globs, `!` excludes.
    `refresh_timeout_s` bounds one refresh, `connect_timeout_s` one attempt to connect.
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


def prefixes_from(given: tuple[str, ...]) -> tuple[str, ...] | None:
    """The prefixes of a command line; `auto` among them means any."""
    if AUTO in given:
        return None
    return given or (DEFAULT_PREFIX,)


def url_from(given: str | None, environment: Mapping[str, str]) -> str:
    """The URL: the flag, else BULLTUI_URL, else REDIS_URL, else the local default."""
    return given or environment.get("BULLTUI_URL") or environment.get("REDIS_URL") or DEFAULT_URL
