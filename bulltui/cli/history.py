"""`bulltui history`: what queues did over time, as charts, rows and numbers."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Annotated

import typer

from bulltui.cli.call import Call
from bulltui.cli.grammar import command, verb
from bulltui.cli.history_text import (
    DEFAULT,
    chart_document,
    chart_lines,
    known_names,
    row_of,
    rows_of,
    state_lines,
    title,
)
from bulltui.cli.options import Output, refuse_empty
from bulltui.cli.output import note
from bulltui.cli.table import Column
from bulltui.domain.axes import moment_text
from bulltui.domain.chart_view import STEPS_MS, Window, known_until, settled, span_window, total
from bulltui.domain.charting import Ask, Chart, Measure
from bulltui.domain.errors import ExitCode, NotFoundError, UnreachableError, UsageError
from bulltui.domain.moments import moment
from bulltui.domain.queue import QueueRef
from bulltui.domain.spans import span
from bulltui.domain.text import visible

if TYPE_CHECKING:
    from bulltui.services.watch.protocols import HistoryState
    from bulltui.wiring import Runtime

app = verb()

_DAY = "24h"
_NO_WIDTH = 80
_PROGRAM_VALUES = 1000
"""So many values at most a program is given where it asks for no step."""


@command(
    app,
    "history",
    examples="""
    bulltui history
    bulltui history payments --last 7d --measure failed,run-p95
    bulltui history payments emails --from '2026-11-24 09:00' --to '2026-11-24 18:00' --step 5m -o csv
    bulltui history --last 1h --table
    bulltui history --state
    """,
)
def show_history(
    call: Call,
    *,
    queues: Annotated[
        list[str] | None,
        typer.Argument(metavar="[QUEUE...]", show_default=False, help="Those together; else all, or those of -q."),
    ] = None,
    last: Annotated[str | None, typer.Option("--last", metavar="SPAN", help="How long. Default: 24h.")] = None,
    start: Annotated[
        str | None, typer.Option("--from", metavar="TIME", help="A local time, a date, or how long ago: 3h.")
    ] = None,
    end: Annotated[str | None, typer.Option("--to", metavar="TIME", help="Likewise. Default: now.")] = None,
    step: Annotated[
        str | None, typer.Option("--step", metavar="SPAN", help="A value each so long. Default: as there is room.")
    ] = None,
    measure: Annotated[
        list[str] | None,
        typer.Option("--measure", metavar="NAME", help="Several by commas; `--measure help` lists them."),
    ] = None,
    table: Annotated[bool, typer.Option("--table", help="A row for each value in place of charts.")] = False,
    state: Annotated[
        bool, typer.Option("--state", help="Where the history is, since when, and who writes it.")
    ] = False,
) -> int:
    """Show what queues did: throughput, failures, backlog, and how long jobs waited and ran.

    The history is kept while `bulltui monitor` or the screen is open, and begins with what BullMQ kept. Charts are of
    braille dots, of plain letters where those cannot be shown or BULLTUI_ASCII=1 asks for them.
    """
    refuse_empty({"--last": last, "--from": start, "--to": end, "--step": step})
    measures = _measures(measure or [])
    if measures is None:
        for name in known_names():
            call.out.line(name)
        return ExitCode.DONE
    if last is not None and start is not None:
        raise UsageError("--last and --from are both the start.", hint="Give one of them; --to goes with either.")
    wanted = _Span(last, start, end, None if step is None else _step(step))

    async def read(runtime: "Runtime") -> "_Found":
        now = runtime.clock.now_ms()
        known = await runtime.history.state()
        if state:
            return _Found(known, now)
        window = wanted.window(now, _cells(call, table=table))
        refs = await _refs(runtime, queues or [], window)
        ask = Ask(measures, window.start_ms, window.end_ms, window.step_ms, refs)
        chart = await runtime.history.chart(ask)
        if known.first_ms is None and not _knows(chart):
            raise _no_history(known, several=bool(call.settings.fleet))
        until = known_until(window, now, known.last_ms)
        totals = {one: total(line, window.step_ms) for one, line in chart.lines.items() if one.is_flow}
        return _Found(known, now, refs, window, settled(chart, until), totals)

    found = call.run(read)
    if state:
        return _tell_state(call, found.state, found.now_ms)
    return _tell(call, found, measures, table=table)


@dataclass(frozen=True, slots=True)
class _Span:
    """The time that was asked for, as it was typed; `step_ms` None for what there is room for."""

    last: str | None
    start: str | None
    end: str | None
    step_ms: int | None

    def window(self, now: int, cells: int) -> Window:
        until = now if self.end is None else min(now, moment(self.end, now))
        since = moment(self.start, now) if self.start is not None else until - span(self.last or _DAY)
        if since >= until:
            raise UsageError(
                "The start is not before the end.", hint="--from has to be earlier than --to, or than now."
            )
        return span_window(max(0, since), until, self.step_ms, cells)


@dataclass(frozen=True, slots=True)
class _Found:
    state: "HistoryState"
    now_ms: int
    refs: tuple[QueueRef, ...] = ()
    window: Window = Window(0, 0, 1)
    chart: Chart = Chart(0, 1)
    totals: Mapping[Measure, float | None] = field(default_factory=dict)


def _knows(chart: Chart) -> bool:
    return any(value is not None for line in chart.lines.values() for value in line)


def _no_history(state: "HistoryState", *, several: bool) -> NotFoundError:
    return NotFoundError(
        state.problem or f"There is no history of {'these servers' if several else 'this server'} yet.",
        hint=state.hint or "`bulltui monitor` keeps one, and so does the screen while it is open.",
        code="history",
    )


def _measures(words: Sequence[str]) -> tuple[Measure, ...] | None:
    """What was asked for; None for the list of what can be."""
    names = [name.strip().lower() for word in words for name in word.split(",") if name.strip()]
    if "help" in names:
        return None
    if words and not names:
        raise UsageError("--measure is empty.", hint="Give it a value, or leave it out.")
    unknown = [name for name in names if name not in set(Measure)]
    if unknown:
        raise UsageError(
            f"There is no measure {visible(unknown[0])!r}.",
            hint=f"There are {', '.join(one.value for one in Measure)}.",
        )
    return tuple(dict.fromkeys(map(Measure, names))) or DEFAULT


def _step(text: str) -> int:
    wanted = span(text)
    if wanted not in STEPS_MS:
        raise UsageError(
            f"{visible(text)} is no step of a history.",
            hint="Steps are 10s 30s 1m 2m 5m 10m 15m 30m 1h 2h 3h 6h 12h 1d.",
        )
    return wanted


def _cells(call: Call, *, table: bool) -> int:
    if call.output is not Output.TABLE:
        return _PROGRAM_VALUES // 2
    width = call.out.width or _NO_WIDTH
    return 12 if table else width - 10


async def _refs(runtime: "Runtime", names: Sequence[str], window: Window) -> tuple[QueueRef, ...]:
    """The queues that are meant, none for all. One that is gone, or whose server is away, is looked up in the
    history."""
    from bulltui.services.overview import find_queues, resolve

    settings = runtime.settings
    if not names:
        if not settings.queues:
            return ()
        refs, _ = await find_queues(runtime.reader, settings.prefixes, settings.queues)
        if not refs:
            raise NotFoundError(f"No queue fits {' '.join(map(visible, settings.queues))}.", code="queue")
        return tuple(refs)
    found: list[QueueRef] = []
    for name in names:
        try:
            found.append(await resolve(runtime.reader, settings.prefixes, name))
        except (NotFoundError, UnreachableError):
            kept = await runtime.history.each(window.start_ms, window.end_ms)
            same = [ref for ref in kept if name in (ref.name, ref.key, ref.shown, ref.shown_key)]
            if not same:
                raise
            found += same
    return tuple(dict.fromkeys(found))


def _tell(call: Call, found: _Found, measures: tuple[Measure, ...], *, table: bool) -> int:
    chart, window, out = found.chart, found.window, call.out
    match call.output:
        case Output.JSON:
            out.document(chart_document(chart, found.totals, found.refs, window))
        case Output.JSONL:
            for row in rows_of(chart, window):
                out.document(dict(row), short=True)
        case Output.CSV:
            with replace(out, several=False).rows(("at", *(one.value for one in measures))) as add:
                for row in rows_of(chart, window):
                    add(row)
        case Output.TABLE if table:
            columns = (Column("time"), *(Column(one.value, right=True) for one in measures))
            out.table(columns, [row_of(chart, window, place) for place in range(window.steps)])
        case Output.TABLE:
            out.line(title(out, found.refs, window))
            for line in chart_lines(out, chart, found.totals, window, width=out.width or _NO_WIDTH):
                out.line(line)
    out.flush()
    return _remarks(found)


def _remarks(found: _Found) -> int:
    """What is to be known of the answer, beside it."""
    chart = found.chart
    if not _knows(chart):
        what = ", ".join(ref.shown for ref in found.refs[:3]) or "the queues"
        note(f"Nothing is known of {what} in this time.")
    if found.state.first_ms is not None and found.state.first_ms >= found.window.start_ms + found.window.step_ms:
        note(f"The history begins {moment_text(found.state.first_ms // 60_000 * 60_000)}.")
    if chart.estimated:
        note("Partly estimated from counts, as the events of that time were not seen.")
    if found.state.problem:
        note(f"{found.state.problem} {found.state.hint}".strip())
    if chart.problem:
        note(chart.problem)
        return ExitCode.PARTLY
    return ExitCode.DONE


def _tell_state(call: Call, state: "HistoryState", now_ms: int) -> int:
    call.refuse(Output.CSV)
    if call.output is Output.TABLE:
        for line in state_lines(call.out, state, now_ms):
            call.out.line(line)
    else:
        document = {
            "where": state.where,
            "leads": state.leads,
            "writer": state.writer,
            "first": state.first_ms,
            "last": state.last_ms,
            "bytes": state.bytes,
            "problem": state.problem,
            "hint": state.hint,
        }
        call.out.document(document, short=call.output is Output.JSONL)
    return ExitCode.FAILED if state.problem else ExitCode.DONE
