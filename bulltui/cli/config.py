"""`bulltui config`: where the configuration is, what holds and who says so, and what is wrong with it."""

import os
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from bulltui.cli.call import Call
from bulltui.cli.grammar import command, noun
from bulltui.cli.options import Output
from bulltui.cli.output import Scalar, note
from bulltui.cli.table import Cell, Column, Row, Tone
from bulltui.domain.errors import BulltuiError, ExitCode
from bulltui.domain.jsontext import Json
from bulltui.domain.text import visible

if TYPE_CHECKING:
    from bulltui.config.checking import Finding
    from bulltui.config.profiles import Configuration
    from bulltui.config.shown import Line

app = noun("config", "The configuration: where it is, what holds, what is wrong.")

_COLUMNS = (Column("key"), Column("value", give=True), Column("said by", give=True))


@command(
    app,
    "path",
    examples="""
    bulltui config path
    $EDITOR "$(bulltui config path)"
    """,
)
def show_path(call: Call) -> None:
    """Print where the configuration is, or would be."""
    from bulltui.config.told import path_of

    call.refuse(Output.CSV)
    path, named = path_of(call.given.told)
    there = path.is_file()
    if call.output is not Output.TABLE:
        call.out.document({"path": str(path), "exists": there, "named": named}, short=call.output is Output.JSONL)
        return
    call.out.line(visible(str(path)))
    if not there:
        call.out.flush()
        note("It is not there; `bulltui config init` writes one.")


@command(
    app,
    "show",
    examples="""
    bulltui config show
    bulltui config show --profile prod --read-only
    bulltui config show -o json | jq '.profiles[0].settings.url'
    """,
)
def show_settings(call: Call) -> None:
    """Show what holds for this command line and who says so: a flag, the environment, a line of the file, or nobody.

    Asks no server and runs nothing. Secrets are not shown.
    """
    from bulltui.config.shown import effective, effective_watching

    settings = call.settings  # what cannot be used is told as any command tells it
    shown = effective(call.given.told, os.environ)
    watching = effective_watching(call.given.told, os.environ)
    if call.output is Output.TABLE:
        for name, lines in shown:
            if len(shown) > 1:
                call.out.line(f"{visible(name)}:")
            call.out.table(_COLUMNS, list(map(_row, lines)))
        call.out.line()
        call.out.table(_COLUMNS, list(map(_row, watching)))
        if settings.known and not any(name for name, _ in shown):
            call.out.flush()
            note(f"Profiles: {', '.join(one.name for one in settings.known)}. Choose one by --profile.")
        return
    if call.output is Output.CSV:
        with call.out.rows(("profile", "key", "value", "source")) as add:
            for name, lines in (*shown, ("", watching)):
                for line in lines:
                    add({"profile": name, "key": line.key, "value": line.text, "source": line.source})
        return
    profiles: list[Json] = [{"profile": name, "settings": _settings(lines)} for name, lines in shown]
    known: list[Json] = [one.name for one in settings.known]
    document = {"profiles": profiles, "known": known, "watching": _settings(watching)}
    call.out.document(document, short=call.output is Output.JSONL)


def _settings(lines: "list[Line]") -> dict[str, Json]:
    return {line.key: {"value": line.value, "source": line.source} for line in lines}


def _row(line: "Line") -> Row:
    tone = Tone.DIM if line.source == "default" else Tone.PLAIN
    return line.key, Cell(line.text, tone), Cell(line.source, tone)


@command(
    app,
    "check",
    examples="""
    bulltui config check
    bulltui config check --connect
    bulltui config check -o json | jq '.findings[]'
    """,
)
def check(
    call: Call,
    *,
    connect: Annotated[
        bool, typer.Option("--connect", help="Ask each server too; runs tunnels and commands for passwords.")
    ] = False,
) -> int:
    """Check all of the configuration: every problem, with its line.

    Exit code 2 if anything is wrong, 0 if it is only unwise; with --connect 6 for a server that does not answer.
    """
    from bulltui.config.checking import findings
    from bulltui.config.told import path_of

    path, _ = path_of(call.given.told)
    configuration, found = findings(path, os.environ)
    wrong = any(not one.warning for one in found)
    ways = [] if configuration.problems else list(_ways(call, path, configuration, connect=connect))
    found = [*found, *(one for one, _ in ways)]
    bad = sum(not one.warning for one in found)
    code = ExitCode.USAGE if wrong else max((code for _, code in ways), default=ExitCode.DONE)
    if call.output is Output.TABLE:
        for one in found:
            word = call.out.paint("warn" if one.warning else "bad ", Tone.WARN if one.warning else Tone.BAD)
            call.out.line(f"{word}  {visible(one.message)}{f' {visible(one.hint)}' if one.hint else ''}")
        number = len(configuration.profiles)
        verdict = f"{bad} wrong, {len(found) - bad} unwise." if found else "Nothing is wrong."
        call.out.line(f"{visible(str(path))}: {number} profile{'s' * (number != 1)}. {verdict}")
    elif call.output is Output.CSV:
        with call.out.rows(("level", "line", "message", "hint")) as add:
            for one in found:
                add(_document(one))
    else:
        documents: list[Json] = [_document(one) for one in found]
        document: dict[str, Json] = {"path": str(path), "ok": not bad, "profiles": list(configuration.profiles)}
        call.out.document({**document, "findings": documents}, short=call.output is Output.JSONL)
    return code


def _document(one: "Finding") -> dict[str, Scalar]:
    level = "warn" if one.warning else "bad"
    return {"level": level, "line": one.line or None, "message": one.message, "hint": one.hint}


def _ways(
    call: Call, path: Path, configuration: "Configuration", *, connect: bool
) -> "Iterator[tuple[Finding, ExitCode]]":
    """Of each profile, whether the way to its server can be gone at all, and with `connect` whether it leads there."""
    from bulltui.config.checking import Finding, line_in
    from bulltui.config.told import Told, settings_from
    from bulltui.store.opening import open_calls
    from bulltui.tunnel import Tunnel

    # Of the file alone: what the environment says of one server is not said of all.
    environment = {name: text for name, text in os.environ.items() if not name.startswith(("BULLTUI_", "REDIS_"))}
    for name, profile in configuration.profiles.items():
        files = (profile.values.get(key) for key in ("ca", "cert", "key"))
        if profile.missing or any(file and not Path(file).is_file() for file in files):
            continue  # that is told already
        try:
            settings = settings_from(Told(profiles=(name,), config=str(path)), environment)
            connection = settings.connection
            if connection.tunnel:
                connection = Tunnel.unopened(connection)
            open_calls(connection)
            if connect:
                call.run(lambda runtime: runtime.reader.latency(1), settings)
        except BulltuiError as error:
            place = profile.places.get("url", configuration.where)
            message = f"{place}: profile {visible(name)}: {error.message}"
            yield Finding(message, error.hint, line_in(place, configuration.where)), error.exit_code


@command(
    app,
    "init",
    examples="""
    bulltui config init
    bulltui config init --config ./bulltui.toml
    """,
)
def init(
    call: Call,
    *,
    force: Annotated[bool, typer.Option("--force", help="Write over one that is there.")] = False,
) -> None:
    """Write a configuration to begin with: every key as a comment, in a file that only you can read."""
    from bulltui.config.template import write
    from bulltui.config.told import path_of

    call.refuse(Output.CSV)
    path, _ = path_of(call.given.told)
    try:
        write(path, force=force)
    except OSError as error:
        why = f"The configuration cannot be written to {visible(str(path))}: {error.strerror or error}."
        raise BulltuiError(why, hint="Name another place by --config.", code="config") from None
    if call.output is Output.TABLE:
        call.out.line(visible(str(path)))
    else:
        call.out.document({"path": str(path)}, short=call.output is Output.JSONL)
