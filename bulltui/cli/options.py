"""The options that stand on every command and before it, defined once."""

import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import TYPE_CHECKING, Annotated

import typer

from bulltui.config.settings import Settings
from bulltui.domain.errors import UsageError
from bulltui.domain.layout import Layout

if TYPE_CHECKING:
    from bulltui.config.told import Told

CONNECTION = "Connection and output"
SECURITY = "TLS and rights"
CHANGE = "Change"
METRICS = "Metrics and history"
"""The headings of these options in every help text."""


class Output(StrEnum):
    """How results are written."""

    TABLE = "table"
    JSON = "json"
    JSONL = "jsonl"
    CSV = "csv"


class Library(StrEnum):
    """Which BullMQ serves a queue, by its major version."""

    V3 = "v3"
    V4 = "v4"
    V5 = "v5"
    V6 = "v6"

    @property
    def layout(self) -> Layout:
        """How it keeps a queue."""
        return Layout(self.value)


@dataclass(frozen=True, slots=True)
class Given:
    """What was given at one place of the command line; None or empty where it was not."""

    url: str | None = None
    prefix: tuple[str, ...] = ()
    globs: tuple[str, ...] = ()
    read_only: bool = False
    output: Output | None = None
    refresh: float | None = None
    theme: str | None = None
    profiles: tuple[str, ...] = ()
    config: str | None = None
    ca: str | None = None
    cert: str | None = None
    key: str | None = None
    server_name: str | None = None
    insecure: bool = False
    replica: bool = False
    role: str | None = None
    cache: float | None = None
    library: Library | None = None
    yes: bool = False
    dry_run: bool = False
    reason: str | None = None
    no_undo: bool = False
    metrics: Mapping[str, object] = field(default_factory=dict)
    no_history: bool = False

    @property
    def layout(self) -> Layout | None:
        """The layout that was named."""
        return None if self.library is None else self.library.layout

    def over(self, outer: "Given") -> "Given":
        """These options, and those of `outer` where these say nothing: what stands nearer to the command wins."""
        return Given(
            url=self.url or outer.url,
            prefix=self.prefix or outer.prefix,
            globs=self.globs or outer.globs,
            read_only=self.read_only or outer.read_only,
            output=self.output or outer.output,
            refresh=outer.refresh if self.refresh is None else self.refresh,
            theme=self.theme or outer.theme,
            profiles=self.profiles or outer.profiles,
            config=self.config or outer.config,
            ca=self.ca or outer.ca,
            cert=self.cert or outer.cert,
            key=self.key or outer.key,
            server_name=self.server_name or outer.server_name,
            insecure=self.insecure or outer.insecure,
            replica=self.replica or outer.replica,
            role=self.role or outer.role,
            cache=outer.cache if self.cache is None else self.cache,
            library=self.library or outer.library,
            yes=self.yes or outer.yes,
            dry_run=self.dry_run or outer.dry_run,
            reason=self.reason or outer.reason,
            no_undo=self.no_undo or outer.no_undo,
            metrics={**outer.metrics, **self.metrics},
            no_history=self.no_history or outer.no_history,
        )

    @property
    def told(self) -> "Told":
        """What is said here, as the configuration is asked with."""
        from bulltui.config.told import Told

        if "" in self.prefix:
            raise UsageError("A prefix cannot be empty.", hint="BullMQ's default is `--prefix bull`; `auto` finds all.")
        return Told(
            url=self.url,
            prefixes=self.prefix,
            queues=self.globs,
            read_only=self.read_only,
            profiles=self.profiles,
            config=self.config,
            layout=self.layout,
            refresh_s=self.refresh,
            theme=self.theme,
            ca=self.ca,
            cert=self.cert,
            key=self.key,
            server_name=self.server_name,
            insecure=self.insecure,
            replica=self.replica,
            role=self.role,
            cache_s=self.cache,
            metrics=self.metrics,
            no_history=self.no_history,
        )

    def settings(self, environment: Mapping[str, str] = os.environ) -> Settings:
        """The settings of the run, from flags, environment, the profile and defaults."""
        from bulltui.config.told import settings_from

        return settings_from(self.told, environment)

    def settings_for(self, profiles: tuple[str, ...], environment: Mapping[str, str] = os.environ) -> Settings:
        """The settings of the run if it goes on with these profiles."""
        from bulltui.config.told import settings_for

        return settings_for(self.told, profiles, environment)

    def names_a_server(self, environment: Mapping[str, str] = os.environ) -> bool:
        """Whether anything says which server is meant."""
        from bulltui.config.told import names_a_server

        return names_a_server(self.told, environment)


def refuse_empty(given: Mapping[str, str | None]) -> None:
    """Raises UsageError for an option that was given without a value, as a variable of a shell that is not set leaves
    it: what is said elsewhere, or nothing, would hold in its place. `given` are values by their options."""
    for name, value in given.items():
        if value is not None and not value.strip():
            raise UsageError(f"{name} is empty.", hint="Give it a value, or leave it out.")


def connection(
    *,
    url: Annotated[
        str | None,
        typer.Option(
            "-u",
            "--url",
            metavar="URL",
            help="redis://, rediss://, unix://, redis+sentinel:// or redis+cluster://. "
            "Else BULLTUI_URL, REDIS_URL, redis://127.0.0.1:6379.",
            rich_help_panel=CONNECTION,
        ),
    ] = None,
    prefix: Annotated[
        list[str] | None,
        typer.Option(
            "-p",
            "--prefix",
            metavar="PREFIX",
            help="Key prefix, may be repeated; `auto` finds all. Default: bull.",
            rich_help_panel=CONNECTION,
        ),
    ] = None,
    globs: Annotated[
        list[str] | None,
        typer.Option(
            "-q",
            "--queue",
            metavar="GLOB",
            help="Only queues that fit, may be repeated; `!GLOB` leaves out.",
            rich_help_panel=CONNECTION,
        ),
    ] = None,
    profile: Annotated[
        list[str] | None,
        typer.Option(
            "--profile",
            metavar="NAME",
            help="A server of the configuration; may be repeated, for several at once. Else BULLTUI_PROFILE.",
            rich_help_panel=CONNECTION,
        ),
    ] = None,
    config: Annotated[
        str | None,
        typer.Option(
            "--config", metavar="FILE", help="The configuration. Else BULLTUI_CONFIG.", rich_help_panel=CONNECTION
        ),
    ] = None,
    read_only: Annotated[
        bool,
        typer.Option("--read-only", help="Refuse every change. Else BULLTUI_READ_ONLY.", rich_help_panel=CONNECTION),
    ] = False,
    output: Annotated[
        Output | None,
        typer.Option("-o", "--output", help="Default: table.", rich_help_panel=CONNECTION, case_sensitive=False),
    ] = None,
    role: Annotated[
        str | None,
        typer.Option(
            "--role", metavar="ROLE", help="viewer, operator, admin or one of the file.", rich_help_panel=SECURITY
        ),
    ] = None,
    replica: Annotated[
        bool, typer.Option("--replica", help="Read from replicas where there are any.", rich_help_panel=SECURITY)
    ] = False,
    ca: Annotated[
        str | None, typer.Option("--ca", metavar="PEM", help="Trust this CA, for rediss://.", rich_help_panel=SECURITY)
    ] = None,
    cert: Annotated[
        str | None,
        typer.Option("--cert", metavar="PEM", help="Our certificate, with --key.", rich_help_panel=SECURITY),
    ] = None,
    key: Annotated[
        str | None, typer.Option("--key", metavar="PEM", help="The key of --cert.", rich_help_panel=SECURITY)
    ] = None,
    server_name: Annotated[
        str | None,
        typer.Option(
            "--server-name", metavar="NAME", help="As the server's certificate has it.", rich_help_panel=SECURITY
        ),
    ] = None,
    insecure: Annotated[
        bool,
        typer.Option("--insecure", help="Do not look at the server's certificate.", rich_help_panel=SECURITY),
    ] = False,
) -> Given:
    """Where to look, and how to write."""
    texts = {"--url": url, "--config": config, "--role": role, "--server-name": server_name}
    texts |= {"--ca": ca, "--cert": cert, "--key": key, "--queue": "" if "" in (globs or ()) else None}
    refuse_empty(texts)
    return Given(
        url=url,
        prefix=tuple(prefix or ()),
        globs=tuple(globs or ()),
        profiles=tuple(profile or ()),
        config=config,
        read_only=read_only,
        output=output,
        role=role,
        replica=replica,
        ca=ca,
        cert=cert,
        key=key,
        server_name=server_name,
        insecure=insecure,
    )


_LIBRARY = typer.Option(
    "--layout",
    help="Which BullMQ serves the queues, where they do not tell.",
    case_sensitive=False,
    rich_help_panel=CHANGE,
)


def change(
    *,
    yes: Annotated[bool, typer.Option("-y", "--yes", help="Do not ask.", rich_help_panel=CHANGE)] = False,
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Say what would be done, and change nothing.", rich_help_panel=CHANGE)
    ] = False,
    reason: Annotated[
        str | None, typer.Option("--reason", metavar="TEXT", help="Why, for the audit.", rich_help_panel=CHANGE)
    ] = None,
    no_undo: Annotated[
        bool,
        typer.Option(
            "--no-undo", help="Save nothing of what is destroyed; it cannot be undone then.", rich_help_panel=CHANGE
        ),
    ] = False,
    library: Annotated[Library | None, _LIBRARY] = None,
) -> Given:
    """How a change is made."""
    return Given(yes=yes, dry_run=dry_run, reason=reason, no_undo=no_undo, library=library)


def screen(
    *,
    refresh: Annotated[
        float | None,
        typer.Option("--refresh", metavar="SECONDS", min=0.2, max=3600, help="How often to read. Default: 2."),
    ] = None,
    cache: Annotated[
        float | None,
        typer.Option(
            "--cache", metavar="SECONDS", min=0, max=30, help="How old unseen counts may get: 10 to 30, or 0."
        ),
    ] = None,
    theme: Annotated[
        str | None, typer.Option("--theme", metavar="NAME", help="Colours of the screen, such as dark or light.")
    ] = None,
    library: Annotated[
        Library | None,
        typer.Option("--layout", help="Which BullMQ serves the queues, where they do not tell.", case_sensitive=False),
    ] = None,
) -> Given:
    """How the screen behaves."""
    return Given(refresh=refresh, theme=theme, library=library, cache=cache)


def metrics(
    *,
    port: Annotated[
        int | None,
        typer.Option(
            "--metrics-port",
            metavar="PORT",
            help="Answer Prometheus on this port; 0: any.",
            rich_help_panel=METRICS,
        ),
    ] = None,
    host: Annotated[
        str | None,
        typer.Option(
            "--metrics-host",
            metavar="HOST",
            help="At this address. Default: 127.0.0.1.",
            rich_help_panel=METRICS,
        ),
    ] = None,
    compat: Annotated[
        list[str] | None,
        typer.Option(
            "--metrics-compat",
            metavar="FAMILY",
            help="As bull_exporter, bull_monitor, bullmq_metrics too.",
            rich_help_panel=METRICS,
        ),
    ] = None,
) -> Given:
    """How Prometheus is answered. Who may ask is said in the configuration and the environment, never by a flag: other
    users of the machine see those."""
    refuse_empty({"--metrics-host": host})
    said = {"port": port, "host": host, "compat": compat or None}
    return Given(metrics={name: value for name, value in said.items() if value is not None})


def history(
    *,
    no_history: Annotated[
        bool,
        typer.Option(
            "--no-history", help="Write no history of queues. Else BULLTUI_HISTORY_ENABLED.", rich_help_panel=METRICS
        ),
    ] = False,
) -> Given:
    """Whether numbers of queues are kept over time."""
    return Given(no_history=no_history)
