"""A report as one table of CSV: a measure a line, so that a spreadsheet or a program can turn it as it likes."""

from collections.abc import Iterator

from bulltui.domain.csv_text import Scalar, csv_line
from bulltui.domain.queue import QueueRef
from bulltui.domain.report import Report, Tally, Times
from bulltui.domain.telling import came_of, what, who

COLUMNS = ("section", "server", "queue", "name", "measure", "value", "before", "unit")
"""`section` is total, queue, name, error, alert, action, now or note; `name` what the line is about within it."""

_Line = tuple[str, str, str, str, str, Scalar, Scalar, str]


def csv_of(report: Report) -> str:
    """The whole text, with titles. Durations are in ms, times epoch ms, shares from 0 to 1; what is not known is
    empty."""
    return csv_line(COLUMNS) + "".join(map(csv_line, _lines(report)))


def _lines(report: Report) -> Iterator[_Line]:
    for name, value in (("start", report.period.span.start_ms), ("end", report.period.span.end_ms)):
        before = getattr(report.period.before, f"{name}_ms")
        yield ("total", "", "", "", name, value, before, "epoch ms")
    yield from _tally("total", None, report.total, report.before)
    for line in report.queues:
        yield from _tally("queue", line.ref, line.now, line.before)
    for one in report.names:
        start = ("name", one.ref.server, one.ref.key, one.name)
        yield (*start, "completed", one.completed, None, "jobs")
        yield (*start, "failed", one.failed, None, "jobs")
        for measure, now, then in _times("run", one.run, one.run_before):
            yield (*start, measure, now, then, "ms")
        for measure, now, _ in _times("wait", one.wait, None):
            yield (*start, measure, now, None, "ms")
    yield from _happened(report)
    yield from _now(report)


def _tally(section: str, ref: QueueRef | None, now: Tally, before: Tally | None) -> Iterator[_Line]:
    start = (section, "", "", "") if ref is None else (section, ref.server, ref.key, "")

    def then(name: str) -> Scalar:
        found: Scalar = None if before is None or not before.known else getattr(before, name)
        return found

    for measure, name in (
        *((name, name) for name in ("added", "completed", "failed", "retried", "stalled", "estimated")),
        *(("waiting", "waiting"), ("waiting-max", "waiting_max")),
    ):
        yield (*start, measure, getattr(now, name) if now.known else None, then(name), "jobs")
    yield (*start, "failure-share", now.failure_share, then("failure_share"), "share")
    yield (*start, "oldest-waiting", now.oldest_ms, then("oldest_ms"), "ms")
    for kind in ("wait", "run"):
        earlier = None if before is None else getattr(before, kind)
        for measure, one, other in _times(kind, getattr(now, kind), earlier):
            yield (*start, measure, one, other, "ms")


def _times(kind: str, now: Times, before: Times | None) -> Iterator[tuple[str, Scalar, Scalar]]:
    for share in ("p50", "p95", "p99"):
        yield f"{kind}-{share}", _round(getattr(now, share)), None if before is None else _round(getattr(before, share))


def _round(value: float | None) -> float | None:
    return None if value is None else round(value, 1)


def _happened(report: Report) -> Iterator[_Line]:
    for error in report.errors.groups:
        start = ("error", "", "", error.key)
        yield (*start, "jobs", error.count, error.before, "jobs")
        yield (*start, "title", error.title, None, "")
        yield (*start, "frame", error.frame or None, None, "")
        yield (*start, "last-at", error.last_ms, None, "epoch ms")
        for ref, count in error.queues.items():
            yield ("error", ref.server, ref.key, error.key, "jobs", count, None, "jobs")
    for alert in report.alerts or ():
        of = alert.ref
        where = ("alert", alert.server if of is None else of.server, "" if of is None else of.key, alert.rule)
        yield (*where, "severity", alert.severity.value, None, "")
        yield (*where, "fired", alert.times, None, "times")
        yield (*where, "lasted", alert.lasted_ms, None, "ms")
        yield (*where, "last-at", alert.last_ms, None, "epoch ms")
        yield (*where, "firing", alert.firing, None, "")
        yield (*where, "worst", alert.worst, None, alert.watched.value)
    for line in report.deeds or ():
        deed = line.deed
        begin = ("action", line.server, " ".join(deed.intent.queues), deed.id)
        yield (*begin, "at", deed.at_ms, None, "epoch ms")
        yield (*begin, "who", who(deed), None, "")
        yield (*begin, "what", what(deed), None, "")
        yield (*begin, "outcome", came_of(deed), None, "")
        yield (*begin, "reason", deed.intent.reason or None, None, "")


def _now(report: Report) -> Iterator[_Line]:
    for one in report.standing or ():
        start = ("now", one.ref.server, one.ref.key, "")
        yield (*start, "paused", one.paused, None, "")
        yield (*start, "no-workers", one.no_workers, None, "")
        yield (*start, "waiting", one.waiting, None, "jobs")
        yield (*start, "failed", one.failed, None, "jobs")
    for name, texts in (("missing", report.missing), ("note", report.notes)):
        for number, text in enumerate(texts, 1):
            yield ("note", "", "", str(number), name, text, None, "")
