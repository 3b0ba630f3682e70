"""What happened in the time of a report: errors, alerts, and what was changed."""

from collections.abc import Mapping

from bulltui.domain.alert import UNITS, Severity, Watched
from bulltui.domain.human import age
from bulltui.domain.outcome import Kind
from bulltui.domain.report import AlertLine, DeedLine, ErrorLine, Report
from bulltui.domain.report_period import minute
from bulltui.domain.telling import came_of, what, who
from bulltui.domain.text import plural, visible
from bulltui.reports import words
from bulltui.reports.page import Cell, Column, Section, Table, Tone

LONGEST = 300
"""So many signs of an error are shown; that there are more shows by a `…`."""
_FEW = 3


def errors(report: Report, top: int) -> Section:
    """Failed jobs by their error."""
    found = report.errors
    if not found.asked:
        return Section("Errors", ("Not known: they are read from the server, which did not answer.",))
    told = ("Of failed jobs that are still kept; those that were removed or retried since are not among them.",)
    if not found.groups:
        return Section("Errors", ("No failed job of this time is kept.",))
    columns = (
        Column("Error", wide=True),
        *(Column(name, right=True) for name in ("Jobs", "Before")),
        *(Column("Queues", wide=True), Column("Last"), Column("Group")),
    )
    rows = tuple(_error(line) for line in found.groups[:top])
    left = found.kinds - len(rows)
    more = f"{plural(left, 'more error')}; `bulltui jobs errors` lists all that are kept." if left > 0 else ""
    return Section("Errors", told, Table(columns, rows, more))


def _error(line: ErrorLine) -> tuple[Cell, ...]:
    title = cut(line.title) or "(no message)"
    frame = f" at {cut(line.frame)}" if line.frame else ""
    return (
        Cell(title + frame),
        Cell(words.number(line.count)),
        Cell("new", Tone.BAD) if line.before == 0 else Cell(words.number(line.before)),
        Cell(few([ref.shown for ref in line.queues])),
        Cell(words.NONE if line.last_ms is None else minute(line.last_ms)),
        Cell(visible(line.key), Tone.DIM),
    )


def alerts(report: Report, top: int) -> Section:
    """What fired."""
    lines = report.alerts
    if lines is None:
        return Section("Alerts", ("Not known: they cannot be read.",))
    if not lines:
        return Section("Alerts", ("None fired while somebody looked for them.",))
    columns = (
        *(Column("Alert", wide=True), Column("Of", wide=True), Column("Severity")),
        *(Column("Fired", right=True), Column("For", right=True), Column("Worst", right=True)),
        *(Column("Last began"), Column("Now")),
    )
    rows = tuple(
        (
            Cell(visible(line.rule)),
            Cell(visible(line.subject)),
            Cell(line.severity.value, Tone.BAD if line.severity is Severity.CRITICAL else Tone.PLAIN),
            Cell(f"{line.times:,} ×"),
            Cell(age(line.lasted_ms)),
            Cell(worst(line)),
            Cell(minute(line.last_ms)),
            Cell("firing", Tone.BAD) if line.firing else Cell("resolved", Tone.DIM),
        )
        for line in lines[:top]
    )
    left = len(lines) - top
    return Section("Alerts", table=Table(columns, rows, f"{plural(left, 'more alert')}." if left > 0 else ""))


def worst(line: AlertLine) -> str:
    """The worst value, with its unit."""
    unit = UNITS[line.watched]
    if not unit:
        return words.NONE
    if unit == "s":
        return words.took(line.worst * 1000)
    if line.watched is Watched.FAILURE_SHARE or unit == "%":
        return f"{line.worst:.1f} %"
    return f"{line.worst:,.0f} {unit}"


_TONES = {Kind.DONE: Tone.PLAIN, Kind.NOTHING: Tone.DIM}


def deeds(report: Report, top: int) -> Section:
    """What was changed by hand."""
    lines = report.deeds
    name = "Actions"
    if lines is None:
        return Section(name, ("Not known: the audit cannot be read.",))
    if not lines:
        return Section(name, ("Nothing was changed with bulltui from this machine.",))
    several = report.several
    columns = (
        *(Column("When"), Column("Who", wide=True)),
        *((Column("Server", wide=True),) if several else ()),
        *(
            Column("Queue", wide=True),
            Column("What", wide=True),
            Column("Outcome", wide=True),
            Column("Reason", wide=True),
        ),
    )
    newest = lines[-top:]
    names = {(line.ref.server, line.ref.key): line.ref.shown for line in report.queues}
    rows = tuple(_deed(line, names, several=several) for line in newest)
    left = len(lines) - len(newest)
    more = f"{plural(left, 'earlier action')}; `bulltui audit` lists all." if left > 0 else ""
    return Section(name, ("Those with bulltui from this machine.",), Table(columns, rows, more))


def _deed(line: DeedLine, names: Mapping[tuple[str, str], str], *, several: bool) -> tuple[Cell, ...]:
    deed = line.deed
    tone = Tone.BAD if deed.outcome is None else _TONES.get(deed.outcome.kind, Tone.BAD)
    return (
        Cell(minute(deed.at_ms)),
        Cell(visible(who(deed))),
        *((Cell(visible(line.server)),) if several else ()),
        Cell(few([names.get((line.label, key), key) for key in deed.intent.queues]) or words.NONE),
        Cell(cut(what(deed))),
        Cell(cut(came_of(deed)), tone),
        Cell(cut(deed.intent.reason)),
    )


def few(names: list[str]) -> str:
    """The first of some names, and how many more there are."""
    shown = ", ".join(map(visible, names[:_FEW]))
    return shown if len(names) <= _FEW else f"{shown} and {len(names) - _FEW:,} more"


def cut(text: str) -> str:
    """A text of strangers on one line, and no longer than a table can bear."""
    return visible(text if len(text) <= LONGEST else text[:LONGEST] + "…")
