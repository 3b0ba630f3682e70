"""How the numbers of a report come out of the history, of alerts and of what was done."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from bulltui.domain.alert import Alert, Phase, Severity
from bulltui.domain.charting import Chart, Measure
from bulltui.domain.point import OfName, Point, beside
from bulltui.domain.queue import QueueRef
from bulltui.domain.report import AlertLine, NameLine, QueueLine, Tally, Times
from bulltui.domain.report_period import Span
from bulltui.domain.sketch import Sketch

ENOUGH = 0.9
"""Which part of a span must be known for its numbers to be compared with those of another."""


@dataclass(frozen=True, slots=True)
class Change:
    """From one number to another: the difference, and which part of the first one that is, None where that was 0."""

    by: float
    share: float | None


def change(now: float | None, before: float | None) -> Change | None:
    """How much a number changed, None where either is not known."""
    if now is None or before is None:
        return None
    return Change(now - before, (now - before) / before if before else None)


def times_of(sketch: Sketch) -> Times:
    """The percentiles of durations."""
    return Times(sketch.total, *(sketch.quantile(share) for share in (0.5, 0.95, 0.99)))


def tally_of(point: Point | None) -> Tally:
    """What a point says."""
    if point is None or not point.known:
        return Tally()
    flow, stand = point.flow, point.stand
    return Tally(
        True,
        flow.added,
        flow.completed,
        flow.failed,
        flow.retried,
        flow.stalled,
        flow.estimated,
        flow.lost,
        times_of(point.wait),
        times_of(point.run),
        *((stand.waiting, stand.waiting_max, stand.oldest_ms) if stand.reads else ()),
    )


def total_of(points: Mapping[QueueRef, Point]) -> Tally:
    """All queues together. What they had waiting at the worst was at different times, so it does not add up."""
    together = tally_of(beside(points.values(), 0))
    return Tally(
        *(together.known, together.added, together.completed, together.failed, together.retried, together.stalled),
        *(together.estimated, together.lost, together.wait, together.run),
        waiting=together.waiting,
        oldest_ms=together.oldest_ms,
    )


def queue_lines(now: Mapping[QueueRef, Point], before: Mapping[QueueRef, Point] | None) -> tuple[QueueLine, ...]:
    """A line for each queue of which anything is known in the period."""
    earlier = before or {}
    return tuple(
        QueueLine(ref, tally_of(point), tally_of(earlier[ref]) if ref in earlier else None)
        for ref, point in sorted(now.items())
        if point.known
    )


def name_lines(
    now: Mapping[tuple[QueueRef, str], OfName], before: Mapping[tuple[QueueRef, str], OfName] | None
) -> tuple[NameLine, ...]:
    """Jobs by queue and name, those with the longest run (p95) first."""
    earlier = before or {}
    lines = [
        NameLine(
            *key,
            one.completed,
            one.failed,
            times_of(one.run),
            times_of(one.wait),
            times_of(earlier[key].run) if key in earlier else None,
        )
        for key, one in now.items()
    ]
    return tuple(sorted(lines, key=lambda line: (-(line.run.p95 or 0), line.ref, line.name)))


def by_failures(lines: Iterable[QueueLine]) -> list[QueueLine]:
    """Queues with failures, the most first."""
    return sorted((one for one in lines if one.now.failed), key=lambda one: (-one.now.failed, one.ref))


def by_throughput(lines: Iterable[QueueLine]) -> list[QueueLine]:
    """Queues in which anything ended, the most first."""
    return sorted((one for one in lines if one.now.finished), key=lambda one: (-one.now.finished, one.ref))


def by_wait(lines: Iterable[QueueLine]) -> list[QueueLine]:
    """Queues in which jobs waited, the longest first."""
    waited = [one for one in lines if longest(one.now)]
    return sorted(waited, key=lambda one: (-longest(one.now), one.ref))


def longest(tally: Tally) -> float:
    """The longest wait that is known (ms): of a job that waited at a look, or that began to run."""
    return max(tally.oldest_ms or 0, tally.wait.p99 or 0)


def by_backlog(lines: Iterable[QueueLine]) -> list[QueueLine]:
    """Queues with jobs that wait at the end, the most first."""
    return sorted((one for one in lines if one.now.waiting), key=lambda one: (-(one.now.waiting or 0), one.ref))


# --- how much is known


def known_steps(chart: Chart, span: Span) -> list[Span]:
    """The steps of a chart of which anything is known, as far as they lie in the span."""
    line = chart.lines.get(Measure.COMPLETED, ())
    starts = (chart.start_ms + chart.step_ms * number for number in range(len(line)))
    return _within(
        [Span(at, at + chart.step_ms) for at, value in zip(starts, line, strict=True) if value is not None], span
    )


def gaps(known: Sequence[Span], span: Span) -> list[Span]:
    """The parts of a span that are in none of the known ones, which are in their order."""
    found, at = [], span.start_ms
    for one in known:
        if one.start_ms > at:
            found.append(Span(at, one.start_ms))
        at = max(at, one.end_ms)
    return [*found, Span(at, span.end_ms)] if at < span.end_ms else found


def covered(known: Sequence[Span], span: Span) -> float:
    """Which part of a span is known, 0 to 1."""
    return sum(one.ms for one in known) / span.ms if span.ms > 0 else 0.0


def _within(spans: Iterable[Span], span: Span) -> list[Span]:
    cut = (Span(max(one.start_ms, span.start_ms), min(one.end_ms, span.end_ms)) for one in spans)
    return [one for one in cut if one.ms > 0]


# --- what happened


def alert_lines(alerts: Iterable[Alert], span: Span) -> tuple[AlertLine, ...]:
    """What fired in a span, by rule and what it is about: the worst first, then what fired longest."""
    found: dict[tuple[str, QueueRef | None, str], list[Alert]] = {}
    for alert in {one.id: one for one in alerts}.values():
        end = alert.resolved_ms or span.end_ms
        if alert.fired_ms and alert.fired_ms < span.end_ms and end > span.start_ms:
            found.setdefault((alert.rule, alert.ref, alert.server), []).append(alert)
    lines = [_alert_line(some, span) for some in found.values()]
    return tuple(sorted(lines, key=lambda one: (_WORST.index(one.severity), -one.lasted_ms, one.rule, one.subject)))


_WORST = tuple(Severity)


def _alert_line(some: Sequence[Alert], span: Span) -> AlertLine:
    last = max(some, key=lambda one: one.fired_ms)
    times = [Span(one.fired_ms, one.resolved_ms or span.end_ms) for one in some]
    worst = max if last.worst >= last.threshold else min
    return AlertLine(
        last.rule,
        last.watched,
        last.severity,
        last.ref,
        last.server,
        len(some),
        sum(one.ms for one in _within(times, span)),
        last.fired_ms,
        any(one.phase is Phase.FIRING for one in some),
        worst(one.worst for one in some),
        last.threshold,
        last.text,
    )
