"""Tables of a report about queues and job names."""

from bulltui.domain.point import OTHER_NAMES, UNKNOWN_NAME
from bulltui.domain.report import QueueLine, Report
from bulltui.domain.report_numbers import by_backlog, by_failures, by_throughput, by_wait, change
from bulltui.domain.report_period import minute
from bulltui.domain.text import plural, visible
from bulltui.reports import words
from bulltui.reports.page import Cell, Column, Section, Table, Tone

_NO_NAMES = {UNKNOWN_NAME: "(gone before it was read)", OTHER_NAMES: "(all others)"}

SPARE = 0.05
"""A number that changed by less than this part of it is neither good nor bad news."""


def news(now: float | None, before: float | None, *, more: Tone) -> Tone:
    """Whether a change is good or bad news; `more` says what it is if there is more of it."""
    found = change(now, before)
    if found is None or not found.by or (found.share is not None and abs(found.share) < SPARE):
        return Tone.PLAIN
    return more if found.by > 0 else {Tone.BAD: Tone.GOOD, Tone.GOOD: Tone.BAD}.get(more, Tone.PLAIN)


def rest(count: int, top: int, noun: str, more: str = "") -> str:
    """What a table leaves out."""
    return f"{plural(count - top, f'more {noun}')}{more}." if count > top else ""


def _queue(line: QueueLine) -> Cell:
    return Cell(visible(line.ref.shown))


def _then(line: QueueLine, name: str) -> float | None:
    return None if line.before is None else getattr(line.before, name)


def compared(report: Report, table: Table) -> Table:
    """The table with what was before, where that is known."""
    return table if report.before is not None else table.without("Before", "Change")


def failing(report: Report, top: int) -> Section:
    """Queues with failures."""
    lines = by_failures(report.queues)
    columns = (
        Column("Queue", wide=True),
        *(Column(name, right=True) for name in ("Failed", "Before", "Change", "Share", "Retried", "Stalled")),
    )
    rows = tuple(
        (
            _queue(line),
            Cell(words.number(line.now.failed)),
            Cell(words.number(_then(line, "failed"))),
            Cell(
                words.changed(line.now.failed, _then(line, "failed")),
                news(line.now.failed, _then(line, "failed"), more=Tone.BAD),
            ),
            Cell(words.share(line.now.failure_share)),
            Cell(words.number(line.now.retried)),
            Cell(words.number(line.now.stalled)),
        )
        for line in lines[:top]
    )
    left = rest(len(lines), top, "queue", f", with {plural(sum(one.now.failed for one in lines[top:]), 'failure')}")
    if not rows:
        return Section(
            "Queues by failures", ("No job failed for good.",) if report.total.known else ("Nothing is known.",)
        )
    return Section("Queues by failures", table=compared(report, Table(columns, rows, left)))


def busy(report: Report, top: int) -> Section | None:
    """Queues by how much was done."""
    lines = by_throughput(report.queues)
    if not lines:
        return None
    columns = (
        Column("Queue", wide=True),
        *(
            Column(name, right=True)
            for name in ("Completed", "Before", "Change", "A minute", "Added", "Run p95", "Wait p95")
        ),
    )
    span = round(report.period.span.ms * report.covered)
    rows = tuple(
        (
            _queue(line),
            Cell(words.number(line.now.completed)),
            Cell(words.number(_then(line, "completed"))),
            Cell(words.changed(line.now.completed, _then(line, "completed"))),
            Cell(words.per_minute(line.now.finished, span)),
            Cell(words.number(line.now.added)),
            Cell(words.took(line.now.run.p95)),
            Cell(words.took(line.now.wait.p95)),
        )
        for line in lines[:top]
    )
    left = rest(
        len(lines), top, "queue", f", with {plural(sum(one.now.completed for one in lines[top:]), 'completed job')}"
    )
    return Section("Queues by throughput", table=compared(report, Table(columns, rows, left)))


def slow(report: Report, top: int) -> Section | None:
    """Job names by how long they run."""
    lines = [line for line in report.names if line.run.total]
    if not lines:
        return None
    columns = (
        *(Column("Job name", wide=True), Column("Queue", wide=True)),
        *(Column(name, right=True) for name in ("Run p95", "Before", "Change", "p50", "Jobs", "Failed")),
    )
    rows = []
    for line in lines[:top]:
        then = None if line.run_before is None else line.run_before.p95
        rows.append(
            (
                Cell(_NO_NAMES.get(line.name) or visible(line.name)),
                Cell(visible(line.ref.shown)),
                Cell(words.took(line.run.p95)),
                Cell(words.took(then)),
                Cell(words.changed_time(line.run.p95, then), news(line.run.p95, then, more=Tone.BAD)),
                Cell(words.took(line.run.p50)),
                Cell(words.number(line.run.total)),
                Cell(words.number(line.failed)),
            )
        )
    sentence = "By the time that 95 of 100 attempts that ended a job did not exceed; in whole hours."
    return Section(
        "Slowest job names", (sentence,), compared(report, Table(columns, tuple(rows), rest(len(lines), top, "name")))
    )


def waits(report: Report, top: int) -> Section | None:
    """Queues by how long jobs waited."""
    lines = by_wait(report.queues)
    if not lines:
        return None
    columns = (
        Column("Queue", wide=True),
        *(Column(name, right=True) for name in ("Oldest waiting", "Wait p50", "p95", "p99", "Most waiting")),
    )
    rows = tuple(
        (
            _queue(line),
            Cell(words.took(line.now.oldest_ms)),
            Cell(words.took(line.now.wait.p50)),
            Cell(words.took(line.now.wait.p95)),
            Cell(words.took(line.now.wait.p99)),
            Cell(words.number(line.now.waiting_max)),
        )
        for line in lines[:top]
    )
    return Section("Longest waits", table=Table(columns, rows, rest(len(lines), top, "queue")))


def backlog(report: Report, top: int) -> Section | None:
    """What waited at the end."""
    if not report.total.known:
        return None
    lines = by_backlog(report.queues)
    waiting = report.total.waiting
    if waiting is None:
        return Section("Backlog at the end", ("Nobody looked how many jobs waited.",))
    if not lines:
        return Section("Backlog at the end", ("No job waited at the end of the period.",))
    columns = (
        Column("Queue", wide=True),
        *(Column(name, right=True) for name in ("Waiting", "Before", "Change", "At most")),
    )
    rows = tuple(
        (
            _queue(line),
            Cell(words.number(line.now.waiting)),
            Cell(words.number(_then(line, "waiting"))),
            Cell(words.changed(line.now.waiting, _then(line, "waiting"))),
            Cell(words.number(line.now.waiting_max)),
        )
        for line in lines[:top]
    )
    told = f"{plural(waiting, 'job')} waited at the end of the period, in {plural(len(lines), 'queue')}."
    left = rest(len(lines), top, "queue", f", with {plural(sum(one.now.waiting or 0 for one in lines[top:]), 'job')}")
    return Section("Backlog at the end", (told,), compared(report, Table(columns, rows, left)))


def standing(report: Report, top: int) -> Section | None:
    """Queues that need a hand now."""
    if report.standing is None:
        return None
    name = "Paused or without workers now"
    if not report.standing:
        return Section(name, ("No queue is paused, and none with jobs lacks workers.",))
    columns = (
        *(Column("Queue", wide=True), Column("State")),
        *(Column(title, right=True) for title in ("Waiting", "Failed, kept")),
    )
    rows = tuple(
        (
            Cell(visible(line.ref.shown)),
            Cell(" and ".join(["paused"] * line.paused + ["no workers"] * line.no_workers), Tone.BAD),
            Cell(words.number(line.waiting)),
            Cell(words.number(line.failed)),
        )
        for line in report.standing[:top]
    )
    return Section(
        name, (f"As of {minute(report.made_ms)}.",), Table(columns, rows, rest(len(report.standing), top, "queue"))
    )
