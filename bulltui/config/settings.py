"""What a run is told: from flags, the environment, a profile and defaults, in this order."""

from collections.abc import Collection
from dataclasses import dataclass, field, replace
from urllib.parse import parse_qs

from bulltui.config.watching import Watching
from bulltui.domain.address import server_of
from bulltui.domain.connection import Connection, Tls
from bulltui.domain.layout import Layout
from bulltui.domain.queue import DEFAULT_PREFIX
from bulltui.domain.roles import ADMIN, Role
from bulltui.domain.saved_search import SavedSearch

DEFAULT_URL = "redis://127.0.0.1:6379"
AUTO = "auto"


@dataclass(frozen=True, slots=True)
class KnownProfile:
    """A profile as it is offered: its name, where it leads (without secrets), and what to know before."""

    name: str
    address: str
    production: bool = False
    read_only: bool = False
    role: str = ""


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

    `role` is what may be done, `redact` which values of payloads are never shown nor written down (`domain.redaction`).
    `cache_s` is how old counts of queues that nobody looks at may get, twice that where nothing moves (0: all are read
    at each refresh; up to 100 queues always are). What else
    belongs to the way to the server is said in `domain.connection`. `label` names the server where several are shown;
    `fleet` has the settings of each then, and what is said here is that of the first. `known` are the profiles that the
    configuration has, for a person to choose from. `watching` is said in `config.watching`.
    """

    url: str = field(default=DEFAULT_URL, repr=False)
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
    username: str = ""
    password: str = field(default="", repr=False)
    password_command: tuple[str, ...] = ()
    tls: Tls = Tls()
    tunnel: tuple[str, ...] = ()
    replica: bool = False
    search_timeout_s: float = 5.0
    cache_s: float = 30.0
    role: Role = ADMIN
    redact: tuple[str, ...] = ()
    label: str = ""
    fleet: tuple["Settings", ...] = ()
    known: tuple["KnownProfile", ...] = ()
    watching: Watching = Watching()

    @property
    def each(self) -> tuple["Settings", ...]:
        """The settings of each server that is shown: of one, these."""
        return self.fleet or (self,)

    @property
    def servers(self) -> dict[str, str]:
        """The labels of the servers that are shown, by what audit and journal call them."""
        return {server_of(one.url): one.label for one in reversed(self.each)}

    def of(self, labels: Collection[str]) -> "Settings":
        """What to heed about these servers, all for none: what any of them asks for."""
        some = [one for one in self.each if not labels or one.label in labels] or list(self.each)
        return replace(
            self,
            production=any(one.production for one in some),
            require_reason=any(one.require_reason or one.role.require_reason for one in some),
            read_only=any(one.read_only for one in some),
            profile=", ".join(dict.fromkeys(one.profile for one in some if one.profile)),
        )

    @property
    def where(self) -> str:
        """All servers that are shown, in one text without secrets, by which a later run tells whether it has the
        same."""
        return " ".join(f"{one.label} {server_of(one.url)}".strip() for one in self.each)

    @property
    def unchecked(self) -> bool:
        """Whether what is sent is encrypted and the certificate of the server not looked at, as the configuration or
        the URL has it."""
        if not self.url.startswith("rediss"):
            return False
        asked = parse_qs(self.url.partition("?")[2]).get("ssl_cert_reqs", [""])[0]
        return self.tls.insecure or asked.lower() in ("none", "cert_none")

    @property
    def connection(self) -> Connection:
        """The server and the way to it."""
        return Connection(
            self.url,
            self.username,
            self.password,
            self.password_command,
            self.tls,
            self.tunnel,
            self.replica,
            self.label,
            self.connect_timeout_s,
            self.refresh_timeout_s,
            self.action_timeout_s,
            self.search_timeout_s,
        )


def prefixes_from(given: tuple[str, ...]) -> tuple[str, ...] | None:
    """The prefixes of a command line; `auto` among them means any."""
    if AUTO in given:
        return None
    return given or (DEFAULT_PREFIX,)
