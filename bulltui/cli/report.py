"""`bulltui report`: what became of the queues over a day or a week, to be read, mailed or kept."""

import sys
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from bulltui.cli.call import Call
from bulltui.cli.grammar import command, verb
from bulltui.cli.options import Output, refuse_empty
from bulltui.cli.output import note
from bulltui.domain.errors import ExitCode, UsageError
from bulltui.domain.human import size
from bulltui.domain.report_period import Kind
from bulltui.domain.text import visible
from bulltui.reports.form import TOP, Form

if TYPE_CHECKING:
    from bulltui.domain.report import Report
    from bulltui.services.report_scope import Place
    from bulltui.wiring import Runtime

app = verb()

STDOUT = "-"


@dataclass(frozen=True, slots=True)
class _Wanted:
    """In which form, and where to: None for standard output."""

    form: Form
    path: Path | None
    overwrite: bool
    top: int
    font: str


@command(
    app,
    "report",
    examples="""
    bulltui report
    bulltui report --period week --last --to week.html
    bulltui report --end 2026-11-27 --format pdf --to friday.pdf
    bulltui report -q 'pay*' --format json | jq .total
    0 7 * * *  bulltui report --last --to /srv/reports/day.html --overwrite
    """,
)
def report(
    call: Call,
    *,
    period: Annotated[Kind, typer.Option("--period", help="How much time.", case_sensitive=False)] = Kind.DAY,
    form: Annotated[
        Form | None, typer.Option("--format", help="Default: what FILE ends with, else md.", case_sensitive=False)
    ] = None,
    last: Annotated[
        bool, typer.Option("--last", help="The last day that is over, or week, Monday to Sunday; for schedules.")
    ] = False,
    end: Annotated[
        str | None,
        typer.Option(
            "--end", metavar="TIME", help="Up to this time, or to the end of this day: 2026-11-27. Default: now."
        ),
    ] = None,
    to: Annotated[
        str, typer.Option("--to", metavar="FILE", help="Where to. Default: `-`, which is standard output.")
    ] = STDOUT,
    overwrite: Annotated[bool, typer.Option("--overwrite", help="In place of a file that is there.")] = False,
    top: Annotated[
        int, typer.Option("--top", metavar="N", min=1, max=1000, help="Rows of each table; CSV and JSON have all.")
    ] = TOP,
    font: Annotated[
        str | None, typer.Option("--font", metavar="FILE", help="Of PDF: a TrueType font, for names in any script.")
    ] = None,
) -> int:
    """Write a report of a day or a week.

    It says what was done, what failed and why, what was slow and what waited, beside the time before: of the last 24
    hours, or 7 days. It is made from the history, which the screen and `bulltui monitor` write, and from what the
    server, the alerts and the audit of this machine tell. Without the server it is made of the rest, and ends with exit
    code 3.
    """
    refuse_empty({"--to": to, "--end": end, "--font": font})
    wanted = _wanted(call, form, to, overwrite=overwrite, top=top, font=font)
    made = call.run(partial(_made, call, period, end or "", last=last))
    return _write(made, wanted)


def _wanted(call: Call, form: Form | None, to: str, *, overwrite: bool, top: int, font: str | None) -> _Wanted:
    """What the options say. Raises UsageError for what does not fit together, before anything is asked."""
    from bulltui.cli.report_file import check_free

    call.refuse(Output.JSONL)
    ending = Path(to).suffix.lower().removeprefix(".")
    chosen = form
    if chosen is None and call.given.output in (Output.CSV, Output.JSON):
        chosen = Form(call.output.value)
    if chosen is None:
        chosen = Form(ending) if ending in list(Form) else Form.MD
    if font and chosen is not Form.PDF:
        raise UsageError("--font is for PDF.", hint="Say --format pdf, or leave it out.")
    if chosen is Form.PDF:
        from bulltui.reports.writing import check

        check(chosen)
        if to == STDOUT and sys.stdout.isatty():
            raise UsageError("PDF is nothing for a terminal.", hint="Say --to FILE, or write it into a pipe.")
    path = None if to == STDOUT else Path(to)
    if path is None:
        if overwrite:
            raise UsageError("--overwrite is about a file.", hint="Say --to FILE.")
    else:
        check_free(path, over=overwrite)
    return _Wanted(chosen, path, overwrite, top, font or "")


async def _made(call: Call, kind: Kind, end: str, runtime: "Runtime", *, last: bool) -> "Report":
    from bulltui import __version__
    from bulltui.domain.report_period import period_of
    from bulltui.services.overview import overview
    from bulltui.services.report import Sources, report_of

    period = period_of(kind, runtime.clock.now_ms(), end=end, last=last)
    settings = call.settings
    sources = Sources(
        runtime.history,
        runtime.alerts,
        runtime.runner.audit,
        partial(overview, runtime.reader, runtime.clock, settings.prefixes, settings.queues),
        runtime.finder,
        runtime.clock,
    )
    return await report_of(sources, _places(call), period, version=__version__)


def _places(call: Call) -> "list[Place]":
    from bulltui.domain.address import server_of
    from bulltui.services.report_scope import Place

    return [Place(one.label, server_of(one.url), one.prefixes, one.queues) for one in call.settings.each]


def _write(made: "Report", wanted: _Wanted) -> int:
    from bulltui.cli.report_file import write_whole
    from bulltui.reports.writing import written

    content = written(made, wanted.form, top=wanted.top, font=wanted.font)
    if wanted.path is None:
        sys.stdout.flush()
        sys.stdout.buffer.write(content)
        sys.stdout.buffer.flush()
    else:
        write_whole(wanted.path, content, over=wanted.overwrite)
        if sys.stderr.isatty():  # what runs by a schedule is silent unless something is wrong
            note(f"Written to {visible(str(wanted.path))}, {size(len(content))}.")
    for text in made.missing:
        note(f"Not whole: {text}")
    return ExitCode.PARTLY if made.missing else ExitCode.DONE
