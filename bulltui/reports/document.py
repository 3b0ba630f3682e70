"""A report as JSON. These shapes are stable: fields are added, none goes or changes its meaning."""

from bulltui.domain.charting import Chart
from bulltui.domain.history import Deed
from bulltui.domain.jsontext import Json, dump
from bulltui.domain.queue import QueueRef
from bulltui.domain.report import AlertLine, ErrorLine, NameLine, QueueLine, Report, Tally, Times
from bulltui.domain.report_period import Span
from bulltui.domain.telling import what, who

FORMAT = 1


def json_of(report: Report) -> str:
    """The whole text. Times are epoch ms, durations ms, shares from 0 to 1; what is not known is null."""
    return dump(document_of(report), indent=2) + "\n"


def document_of(report: Report) -> dict[str, Json]:
    """The report as a JSON object."""
    period = report.period
    return {
        "format": FORMAT,
        "made": report.made_ms,
        "version": report.version,
        "period": {
            "kind": period.kind.value,
            **_span(period.span),
            "before": dict(_span(period.before)),
            "zone": period.zone,
        },
        "whole": not report.missing,
        "missing": list(report.missing),
        "notes": list(report.notes),
        "covered": round(report.covered, 4),
        "servers": [
            {
                "label": one.label or None,
                "address": one.address,
                "software": one.software,
                "problem": one.problem or None,
            }
            for one in report.servers
        ],
        "globs": list(report.globs),
        "total": tally(report.total),
        "before": None if report.before is None else tally(report.before),
        "queues": [_queue(line) for line in report.queues],
        "names": [_name(line) for line in report.names],
        "errors": {
            "known": report.errors.asked,
            "whole": report.errors.whole,
            "examined": report.errors.examined,
            "total": report.errors.total,
            "unread": report.errors.unread,
            "kinds": report.errors.kinds,
            "groups": [_error(line) for line in report.errors.groups],
        },
        "alerts": None if report.alerts is None else [_alert(line) for line in report.alerts],
        "actions": None if report.deeds is None else [_deed(line.deed) | {"on": line.server} for line in report.deeds],
        "now": None
        if report.standing is None
        else [
            {
                **of_queue(one.ref),
                "paused": one.paused,
                "noWorkers": one.no_workers,
                "waiting": one.waiting,
                "failed": one.failed,
            }
            for one in report.standing
        ],
        "charts": None
        if report.charts is None
        else {"now": _chart(report.charts.now), "before": report.charts.before and _chart(report.charts.before)},
    }


def of_queue(ref: QueueRef) -> dict[str, Json]:
    """Which queue, as in all documents."""
    return {"name": ref.name, "prefix": ref.prefix, **({"server": ref.server} if ref.server else {})}


def tally(one: Tally) -> dict[str, Json]:
    """What moved, and how it stood."""
    return {
        "known": one.known,
        "added": one.added,
        "completed": one.completed,
        "failed": one.failed,
        "failureShare": one.failure_share,
        "retried": one.retried,
        "stalled": one.stalled,
        "estimated": one.estimated,
        "lostEvents": one.lost,
        "wait": times(one.wait),
        "run": times(one.run),
        "waiting": one.waiting,
        "waitingMax": one.waiting_max,
        "oldestWaiting": one.oldest_ms,
    }


def times(one: Times) -> dict[str, Json]:
    """Durations in ms, and of how many."""
    return {"jobs": one.total, "p50": _ms(one.p50), "p95": _ms(one.p95), "p99": _ms(one.p99)}


def _ms(value: float | None) -> float | None:
    return None if value is None else round(value, 1)


def _span(span: Span) -> dict[str, Json]:
    return {"start": span.start_ms, "end": span.end_ms}


def _queue(line: QueueLine) -> dict[str, Json]:
    return {**of_queue(line.ref), "now": tally(line.now), "before": None if line.before is None else tally(line.before)}


def _name(line: NameLine) -> dict[str, Json]:
    return {
        "job": line.name,
        "queue": of_queue(line.ref),
        "completed": line.completed,
        "failed": line.failed,
        "run": times(line.run),
        "wait": times(line.wait),
        "runBefore": None if line.run_before is None else times(line.run_before),
    }


def _error(line: ErrorLine) -> dict[str, Json]:
    sample: Json = None
    if line.sample_ref is not None:
        sample = {"id": line.sample_id, "queue": of_queue(line.sample_ref), "failedReason": line.sample}
    return {
        "key": line.key,
        "title": line.title,
        "frame": line.frame or None,
        "count": line.count,
        "before": line.before,
        "firstAt": line.first_ms,
        "lastAt": line.last_ms,
        "names": dict(line.names),
        "queues": [{**of_queue(ref), "count": count} for ref, count in line.queues.items()],
        "sample": sample,
    }


def _alert(line: AlertLine) -> dict[str, Json]:
    return {
        "rule": line.rule,
        "watched": line.watched.value,
        "severity": line.severity.value,
        "queue": None if line.ref is None else of_queue(line.ref),
        "server": line.server or None,
        "times": line.times,
        "lasted": line.lasted_ms,
        "lastAt": line.last_ms,
        "firing": line.firing,
        "worst": line.worst,
        "threshold": line.threshold,
        "text": line.text,
    }


def _deed(deed: Deed) -> dict[str, Json]:
    outcome, intent = deed.outcome, deed.intent
    return {
        "id": deed.id,
        "at": deed.at_ms,
        "who": who(deed),
        "what": what(deed),
        "action": intent.verb,
        "queues": list(intent.queues),
        "reason": intent.reason or None,
        "outcome": None if outcome is None else outcome.kind.value,
        "done": None if outcome is None else outcome.done,
        "interrupted": deed.interrupted,
    }


def _chart(chart: Chart) -> dict[str, Json]:
    return {
        "start": chart.start_ms,
        "step": chart.step_ms,
        "lines": {measure.value: list(values) for measure, values in chart.lines.items()},
    }
