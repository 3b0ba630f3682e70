"""The options that stand on every command and before it, defined once."""

import os
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Annotated

import typer

from bulltui.config.settings import Settings, prefixes_from, url_from
from bulltui.domain.errors import UsageError

CONNECTION = "Connection and output"
"""The heading of these options in every help text."""


class Output(StrEnum):
    """How results are written."""

    TABLE = "table"
    JSON = "json"
    JSONL = "jsonl"
    CSV = "csv"


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
        )

    def settings(self, environment: Mapping[str, str] = os.environ) -> Settings:
        """The settings of the run, from flags, environment and defaults."""
        if "" in self.prefix:
            raise UsageError("A prefix cannot be empty.", hint="BullMQ's default is `--prefix bull`; `auto` finds all.")
        defaults = Settings()
        return Settings(
            url=url_from(self.url, environment),
            prefixes=prefixes_from(self.prefix),
            queues=self.globs,
            read_only=self.read_only,
            refresh_s=defaults.refresh_s if self.refresh is None else self.refresh,
            theme=self.theme or defaults.theme,
        )


def connection(
    url: Annotated[
        str | None,
        typer.Option(
            "-u",
            "--url",
            metavar="URL",
            help="redis://, rediss:// or unix:// address. Else BULLTUI_URL, REDIS_URL, redis://127.0.0.1:6379.",
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
    read_only: Annotated[
        bool, typer.Option("--read-only", help="Refuse every change.", rich_help_panel=CONNECTION)
    ] = False,
    output: Annotated[
        Output | None,
        typer.Option("-o", "--output", help="Default: table.", rich_help_panel=CONNECTION, case_sensitive=False),
    ] = None,
) -> Given:
    """Where to look, and how to write."""
    return Given(url=url, prefix=tuple(prefix or ()), globs=tuple(globs or ()), read_only=read_only, output=output)


def screen(
    refresh: Annotated[
        float | None,
        typer.Option("--refresh", metavar="SECONDS", min=0.2, max=3600, help="How often to read. Default: 2."),
    ] = None,
    theme: Annotated[
        str | None, typer.Option("--theme", metavar="NAME", help="Colours of the screen, such as dark or light.")
    ] = None,
) -> Given:
    """How the screen behaves."""
    return Given(refresh=refresh, theme=theme)
