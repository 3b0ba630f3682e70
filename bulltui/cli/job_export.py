"""`bulltui jobs export`: jobs written into a file, whole, any number of them."""

import sys
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from bulltui.cli.acting import resolved
from bulltui.cli.call import Call
from bulltui.cli.choice import STDIN, read_ids
from bulltui.cli.grammar import command
from bulltui.cli.options import Output
from bulltui.cli.output import Out, note
from bulltui.cli.searching import Asked, meant, opened, states_in, states_of
from bulltui.cli.states import complete_state
from bulltui.domain.errors import BulltuiError, ExitCode, UsageError
from bulltui.domain.export_mark import Mark, ref_from, ref_words
from bulltui.domain.export_rows import COLUMNS, Format, columns_from
from bulltui.domain.export_telling import left_out, stopped, written
from bulltui.domain.human import size
from bulltui.domain.targets import Jobs
from bulltui.domain.text import visible

if TYPE_CHECKING:
    from bulltui.ledger.part_file import PartFile
    from bulltui.services.export import Export, Exported, Selection
    from bulltui.wiring import Runtime

File = Annotated[
    str,
    typer.Option(
        "-f", "--file", metavar="FILE", show_default=False, help="Where to. Default: `-`, which is standard output."
    ),
]
Form = Annotated[
    Format | None, typer.Option("--format", help="Default: what FILE ends with, else jsonl.", case_sensitive=False)
]
Columns = Annotated[
    str | None,
    typer.Option("--columns", metavar="A,B,...", help="Of CSV: fields of jobs, and paths such as data.orderId."),
]
Resume = Annotated[
    bool, typer.Option("--resume", help="Go on with an export that was stopped; the other options as before.")
]
Overwrite = Annotated[bool, typer.Option("--overwrite", help="In place of a file that is there.")]


@dataclass(frozen=True, slots=True)
class Wanted:
    """What is to be written, and where to."""

    asked: Asked
    ids: tuple[str, ...] = ()
    file: str = STDIN
    form: Format = Format.JSONL
    columns: tuple[str, ...] = COLUMNS
    resume: bool = False
    overwrite: bool = False

    @property
    def path(self) -> Path | None:
        """The file, None for standard output."""
        return None if self.file == STDIN else Path(self.file)


def register(app: typer.Typer) -> None:
    """Adds the command to the noun `jobs`."""
    command(
        app,
        "export",
        examples="""
        bulltui jobs export payments --state failed -f failed.jsonl
        bulltui jobs export payments --state failed -f failed.jsonl --resume
        bulltui jobs export payments --find 'error:ETIMEDOUT failed:<1d' -f timeouts.csv --columns id,data.orderId
        bulltui jobs export --find @refused -q 'pay*' --format json > refused.json
        bulltui jobs export payments 8f21 8f1e | bulltui jobs add payments-again --from -
        """,
    )(export)


def export(
    call: Call,
    *,
    queue: Annotated[
        str | None,
        typer.Argument(metavar="[QUEUE]", show_default=False, help="The queue; all that -q selects if none is named."),
    ] = None,
    ids: Annotated[
        list[str] | None,
        typer.Argument(metavar="[ID...]", show_default=False, help="Ids of jobs; `-` reads them from standard input."),
    ] = None,
    state: Annotated[
        list[str] | None,
        typer.Option(
            "-s",
            "--state",
            metavar="STATE,...",
            autocompletion=complete_state,
            help="Only in these states, with commas or repeated.",
        ),
    ] = None,
    query: Annotated[
        str | None, typer.Option("--find", metavar="QUERY", help="Only jobs that it means; see `jobs find --help`.")
    ] = None,
    file: File = STDIN,
    form: Form = None,
    columns: Columns = None,
    resume: Resume = False,
    overwrite: Overwrite = False,
) -> int:
    """Write jobs into a file: as JSON lines, as a JSON array, or columns of them as CSV.

    JSON holds whole jobs, as `jobs show -o json` does, and `jobs add --from` takes it back. In CSV a text that a
    spreadsheet would take for a formula has a ' before it, and control characters are signs. The file is FILE.part
    until it is whole; only you can read it.
    """
    if ids and (state or query is not None):
        raise UsageError("Ids do not go with --state or --find.", hint="Leave one of them out.")
    if queue is None and query is None and not call.given.globs:
        raise UsageError("Which jobs?", hint="Name a queue, or say --find QUERY.")
    asked = Asked(query or "", () if queue is None else (queue,), states_of(state or ()))
    if resume and (overwrite or file == STDIN):
        raise UsageError("--resume goes on with a file.", hint="Say -f FILE, without --overwrite.")
    what = wanted(call, asked, file, form, columns)
    return export_all(call, replace(what, ids=read_ids(ids or ()), resume=resume, overwrite=overwrite))


def wanted(call: Call, asked: Asked, file: str, form: Format | None, columns: str | None) -> Wanted:
    """What the options say. Raises UsageError for what does not fit together."""
    chosen = form or _form_of(call, file)
    usual = (*COLUMNS, "server") if len(call.settings.each) > 1 else COLUMNS
    if columns is not None and chosen is not Format.CSV:
        raise UsageError("--columns are those of CSV.", hint="JSON holds whole jobs; say --format csv.")
    return Wanted(asked, (), file, chosen, usual if columns is None else columns_from(columns))


def _form_of(call: Call, file: str) -> Format:
    if call.given.output not in (None, Output.TABLE):
        return Format(call.output.value)
    end = Path(file).suffix.lower().removeprefix(".")
    return Format(end) if end in list(Format) else Format.JSONL


def export_all(call: Call, what: Wanted) -> int:
    """Writes it; the exit code."""
    return call.run(partial(_export, call, what))


async def _export(call: Call, what: Wanted, runtime: "Runtime") -> int:
    from bulltui.services.export import Export

    about, part = _about(call, what), None
    if what.path is not None and what.resume:
        part = await _resumed(what.path, about)
    selection, problem = await _selection(call, what, runtime, None if part is None else part.begun)
    if what.path is not None and part is None:
        refs = [ref_words(ref) for ref in selection.refs]
        part = await _begun(
            what.path, about | {"refs": refs, "asked_ms": selection.query.asked_ms}, over=what.overwrite
        )
    made = Export(
        runtime.finder,
        runtime.reader,
        runtime.clock,
        selection,
        what.form,
        columns=what.columns,
        after=None if part is None else part.mark,
        written=b"" if part is None else part.written,
    )
    code = await _run(made, part)
    return ExitCode.PARTLY if problem else code


async def _resumed(path: Path, about: dict[str, Any]) -> "PartFile":
    from asyncio import to_thread

    from bulltui.ledger.part_file import PartFile

    return await to_thread(PartFile.resume, path, about)


async def _begun(path: Path, about: dict[str, Any], *, over: bool) -> "PartFile":
    from asyncio import to_thread

    from bulltui.ledger.part_file import PartFile

    return await to_thread(partial(PartFile.begin, path, about, over=over))


async def _run(made: "Export", part: "PartFile | None") -> int:
    from bulltui.cli.progress import ProgressLine, stoppable
    from bulltui.services.request import Cancel

    cancel = Cancel()
    line = ProgressLine(Out.beside(), "Exporting")
    try:
        with stoppable(cancel, line, changes=False):
            ended = await made.run(part or _Piped(), on_progress=line.show, cancel=cancel)
    except BulltuiError:
        line.clear()
        if part is not None and part.mark is not None:
            note(_go_on(part))
        raise
    finally:
        line.clear()
        if part is not None:
            part.close()
    return _tell(ended, part)


def _about(call: Call, what: Wanted) -> dict[str, Any]:
    """What an export has in common with the one that it goes on with."""
    from hashlib import sha256

    ids = "\0".join(what.ids).encode("utf-8", "surrogateescape")
    return {
        "server": call.settings.where,
        "queues": list(what.asked.queues or call.given.globs),
        "states": [state.value for state in what.asked.states],
        "find": what.asked.text,
        "ids": sha256(ids).hexdigest() if what.ids else "",
        "format": what.form.value,
        "columns": list(what.columns) if what.form is Format.CSV else [],
    }


async def _selection(call: Call, what: Wanted, runtime: "Runtime", begun: "Any | None") -> "tuple[Selection, str]":
    """The jobs that are meant: where it goes on, those meant at the start; and why some queues are left out."""
    from bulltui.domain.query.parsing import parse
    from bulltui.services.export import Selection

    asked = what.asked
    if what.ids:
        ref = await resolved(call, runtime, asked.queues[0])
        return Selection((ref,), jobs=(Jobs(ref, what.ids),)), ""
    search = await meant(call, runtime, asked)
    if begun is not None:
        query = parse(search.query, int(begun["asked_ms"]))
        refs = tuple(map(ref_from, begun["refs"]))
        return Selection(refs, asked.states or states_in(search), query), ""
    query, scope, problem = await opened(call, runtime, asked, search)
    return Selection(scope.refs, scope.states, query), problem


class _Piped:
    """Standard output as a place to write to."""

    async def write(self, content: bytes, mark: Mark) -> None:
        """See Sink."""
        from asyncio import to_thread

        await to_thread(self._write, content)

    async def finish(self, content: bytes) -> None:
        """See Sink."""
        from asyncio import to_thread

        await to_thread(self._write, content)

    @staticmethod
    def _write(content: bytes) -> None:
        sys.stdout.buffer.write(content)
        sys.stdout.buffer.flush()


def _go_on(part: "PartFile") -> str:
    return f"What was written is in {visible(str(part.part))}; the same command with --resume goes on behind it."


def _tell(ended: "Exported", part: "PartFile | None") -> int:
    """Says how it ended; the exit code."""
    mark = ended.mark
    if ended.stopped:
        note(stopped(mark, ended.total))
        if part is not None:
            note(_go_on(part))
    elif part is not None:
        note(f"{written(mark)} to {visible(str(part.path))}, {size(part.size)}.")
    elif not mark.jobs:
        note("No jobs to write.")
    for text in left_out(mark, ended.missing):
        note(text)
    return ExitCode.PARTLY if ended.stopped or mark.missing or mark.unread or mark.cut else ExitCode.DONE
