"""What a report says, in which order: a page of it, for people."""

from bulltui.domain.axes import unit_of
from bulltui.domain.charting import Measure
from bulltui.domain.report import Report
from bulltui.domain.report_numbers import by_failures, change
from bulltui.domain.report_period import Span, minute
from bulltui.domain.text import plural, visible
from bulltui.reports import words
from bulltui.reports.happened import alerts, deeds, errors
from bulltui.reports.page import Cell, Column, Line, Page, Plot, Section, Table, Tone
from bulltui.reports.queue_tables import backlog, busy, compared, failing, news, slow, standing, waits
from bulltui.reports.words import NONE

_MIDNIGHT = " 00:00"


def page_of(report: Report, top: int) -> Page:
    """The page, with at most `top` rows in each table."""
    notes = Section("What this report does not know", items=tuple(map(visible, report.notes)))
    sections = [
        _totals(report),
        _charts(report),
        failing(report, top),
        errors(report, top),
        busy(report, top),
        slow(report, top),
        waits(report, top),
        alerts(report, top),
        deeds(report, top),
        backlog(report, top),
        standing(report, top),
        notes if report.notes else None,
    ]
    return Page(
        title(report),
        _lead(report),
        tuple(_summary(report)),
        tuple(map(visible, report.missing)),
        tuple(one for one in sections if one is not None),
    )


def title(report: Report) -> str:
    """What it is, in a few words: of whole days which these are, else up to when."""
    start, end = minute(report.period.span.start_ms), minute(_end_ms(report))
    if not (start.endswith(_MIDNIGHT) and end.endswith(_MIDNIGHT)):
        return f"Queues, {report.period.kind.value} to {end}"
    last = minute(report.period.span.end_ms - 1)
    return "Queues, " + " to ".join(dict.fromkeys(text.split()[0] for text in (start, last)))


def _end_ms(report: Report) -> int:
    """When it ends: of one that ends now, when it was made."""
    return min(report.period.span.end_ms, report.made_ms)


def _lead(report: Report) -> tuple[tuple[str, str], ...]:
    period = report.period
    servers = ", ".join(
        visible(f"{one.label} ({one.address})" if one.label else one.address)
        + (f", {one.software}" * bool(one.software))
        for one in report.servers
    )
    chosen = f", of {' '.join(map(visible, report.globs))}" if report.globs else ""
    made = f" by bulltui {report.version}" if report.version else ""
    return (
        ("Period", Span(period.span.start_ms, _end_ms(report)).shown),
        ("Compared with", period.before.shown if report.before else "nothing; why is said at the end"),
        ("Time zone", period.zone),
        ("Servers" if report.several else "Server", servers or NONE),
        ("Queues", f"{len(report.queues):,}{chosen}"),
        ("Made", f"{minute(report.made_ms)}{made}"),
    )


# --- in short


def _summary(report: Report) -> list[str]:
    now, before = report.total, report.before
    if not now.known:
        return ["Nothing is known of this time."]
    failed = f"{plural(now.failed, 'job')} failed for good"
    if now.failure_share is not None:
        failed += f", {words.share(now.failure_share)} of those that ended"
    if before is not None and before.failure_share is not None:
        failed += f" (before: {words.share(before.failure_share)})"
    than = _than_before(now.completed, None if before is None else before.completed)
    told = [f"{plural(now.completed, 'job')} completed{than}.", f"{failed}."]
    worst = next(iter(by_failures(report.queues)), None)
    if worst is not None and len(report.queues) > 1:
        told.append(f"Most failures: {visible(worst.ref.shown)}, {worst.now.failed:,}.")
    if report.alerts is None:
        told.append("Whether alerts fired is not known.")
    elif report.alerts:
        firing = sum(1 for one in report.alerts if one.firing)
        told.append(f"{plural(len(report.alerts), 'alert')} fired" + (f", {firing:,} still firing." if firing else "."))
    else:
        told.append("No alert fired.")
    idle = sum(1 for one in report.standing or () if one.no_workers)
    if idle:
        told.append(f"{plural(idle, 'queue')} with jobs {'has' if idle == 1 else 'have'} no workers now.")
    return told


def _than_before(now: int, before: int | None) -> str:
    found = change(now, before)
    if found is None or found.share is None:
        return ""
    return f", {words.part(found.share)} against the time before" if round(found.share * 100) else ", as before"


# --- numbers


def _totals(report: Report) -> Section:
    now, before = report.total, report.before
    if not now.known:
        return Section("Totals", ("Nothing is known.",))
    rows = []
    for label, name, tone in (
        ("Added", "added", Tone.PLAIN),
        ("Completed", "completed", Tone.PLAIN),
        ("Failed for good", "failed", Tone.BAD),
        ("Failure share", "failure_share", Tone.BAD),
        ("Attempts retried", "retried", Tone.BAD),
        ("Stalled", "stalled", Tone.BAD),
    ):
        one, then = getattr(now, name), None if before is None else getattr(before, name)
        shown, told = (words.share, words.changed_share) if name == "failure_share" else (words.number, words.changed)
        rows.append(
            (Cell(label), Cell(shown(one)), Cell(shown(then)), Cell(told(one, then), news(one, then, more=tone)))
        )
    for label, kind in (("Wait", "wait"), ("Run", "run")):
        for which in ("p50", "p95", "p99"):
            one = getattr(getattr(now, kind), which)
            then = None if before is None else getattr(getattr(before, kind), which)
            tone = news(one, then, more=Tone.BAD)
            rows.append(
                (
                    Cell(f"{label} {which}"),
                    Cell(words.took(one)),
                    Cell(words.took(then)),
                    Cell(words.changed_time(one, then), tone),
                )
            )
    columns = (
        Column("", wide=True),
        Column("Now", right=True),
        Column("Before", right=True),
        Column("Change", right=True),
    )
    timed, ended = now.run.total, plural(now.finished, "job")
    lack = (f"Run times are known of {timed:,} of {ended} that ended.",) if timed < now.finished else ()
    return Section("Totals", lack, compared(report, Table(columns, tuple(rows))))


PLOTS: tuple[tuple[str, tuple[tuple[str, Measure], ...]], ...] = (
    ("Throughput", (("completed", Measure.COMPLETED), ("added", Measure.ADDED))),
    ("Failures", (("failed", Measure.FAILED),)),
    ("Backlog", (("waiting", Measure.WAITING),)),
    ("Oldest waiting", (("oldest", Measure.OLDEST),)),
    ("Run time", (("p95", Measure.RUN_P95), ("p50", Measure.RUN_P50))),
    ("Wait time", (("p95", Measure.WAIT_P95), ("p50", Measure.WAIT_P50))),
)
"""The charts: the lines of each with their labels. The first one is drawn of the time before as well."""


def _charts(report: Report) -> Section | None:
    charts = report.charts
    if charts is None:
        return None
    plots = []
    for name, lines in PLOTS:
        drawn = [Line(label, charts.now.lines.get(measure, ())) for label, measure in lines]
        if charts.before is not None:
            drawn.append(Line("before", charts.before.lines.get(lines[0][1], ()), faint=True))
        plots.append(
            Plot(name, unit_of(lines[0][1]), charts.now.start_ms, charts.now.step_ms, tuple(drawn), charts.marks)
        )
    return Section("Over time", plots=tuple(plots))
