"""What the history tells for a report: numbers, charts, and how much of the time is known at all."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TypeVar

from bulltui.domain.charting import Ask, Chart, Measure
from bulltui.domain.human import age
from bulltui.domain.point import Point
from bulltui.domain.queue import QueueRef
from bulltui.domain.report import Charts, NameLine, QueueLine, Tally
from bulltui.domain.report_numbers import (
    ENOUGH,
    covered,
    gaps,
    known_steps,
    name_lines,
    queue_lines,
    total_of,
)
from bulltui.domain.report_period import Period, Span, minute
from bulltui.domain.text import plural
from bulltui.services.report_scope import Place, Told
from bulltui.services.watch.protocols import HistorySource, HistoryState

T = TypeVar("T")

MEASURES = (
    *(Measure.COMPLETED, Measure.ADDED, Measure.FAILED, Measure.WAITING, Measure.OLDEST),
    *(Measure.RUN_P50, Measure.RUN_P95, Measure.WAIT_P50, Measure.WAIT_P95),
)
"""What the charts of a report are made of."""

_FEW_GAPS = 5
"""So many gaps are named, of more only the number."""


@dataclass(frozen=True, slots=True)
class Past:
    """What the history tells of the period; `before` and `charts.before` are None where that cannot be compared."""

    total: Tally
    before: Tally | None = None
    queues: tuple[QueueLine, ...] = ()
    names: tuple[NameLine, ...] = ()
    charts: Charts | None = None
    covered: float = 1.0


async def past_of(source: HistorySource, places: Sequence[Place], period: Period, told: Told) -> Past:
    """What is known of the period. Raises a BulltuiError where the history cannot be read."""
    span, before = period.span, period.before
    state = await source.state()
    all_now, all_then = await source.each(span.start_ms, span.end_ms), await source.each(before.start_ms, before.end_ms)
    now, then = _chosen(all_now, places), _chosen(all_then, places)
    whole = (len(now), len(then)) == (len(all_now), len(all_then))
    ask = _ask(period, () if whole else tuple(dict.fromkeys((*now, *then))))
    known = await _coverage(source, ask, period, told, state)
    _tell_flows(now, told)
    names = _of_chosen(await source.names(span.start_ms, span.end_ms), places)
    charts = Charts(_without_running(await source.chart(ask), ask, period)) if now else None
    if min(known) < ENOUGH:
        if now:
            told.notes.append(_not_comparable(known, state, before))
        return Past(total_of(now), None, queue_lines(now, None), name_lines(names, None), charts, known[0])
    names_then = _of_chosen(await source.names(before.start_ms, before.end_ms), places)
    if charts is not None:
        charts = replace(charts, before=await source.chart(ask.earlier(_shift(period))))
    return Past(total_of(now), total_of(then), queue_lines(now, then), name_lines(names, names_then), charts, known[0])


def _chosen(points: Mapping[QueueRef, Point], places: Sequence[Place]) -> dict[QueueRef, Point]:
    return {ref: point for ref, point in points.items() if any(place.has(ref) for place in places)}


def _of_chosen(names: Mapping[tuple[QueueRef, str], T], places: Sequence[Place]) -> dict[tuple[QueueRef, str], T]:
    return {key: one for key, one in names.items() if any(place.has(key[0]) for place in places)}


def _ask(period: Period, refs: tuple[QueueRef, ...]) -> Ask:
    step = period.step_ms
    return Ask(MEASURES, period.span.start_ms // step * step, -(-period.span.end_ms // step) * step, step, refs)


def _shift(period: Period) -> int:
    return round((period.span.start_ms - period.before.start_ms) / period.step_ms) * period.step_ms


def _without_running(chart: Chart, ask: Ask, period: Period) -> Chart:
    """Without the step that is not over, in which there seems to be less than there will be."""
    if not period.running or ask.end_ms <= period.span.end_ms:
        return chart
    lines = {
        measure: (*line[:-1], None) if measure.is_flow and len(line) == ask.steps else line
        for measure, line in chart.lines.items()
    }
    return replace(chart, lines=lines)


async def _coverage(
    source: HistorySource, ask: Ask, period: Period, told: Told, state: HistoryState
) -> tuple[float, float]:
    """Which parts of the period and of the one before are known, of whatever queues. Says what is not."""
    ask = replace(ask, measures=(Measure.COMPLETED,), refs=())
    charts = [await source.chart(ask), await source.chart(ask.earlier(_shift(period)))]
    told.missing.extend(dict.fromkeys(chart.problem for chart in charts if chart.problem))
    if state.problem:
        told.notes.append(" ".join(filter(None, (state.problem, state.hint))))
    known = [known_steps(chart, span) for chart, span in zip(charts, (period.span, period.before), strict=True)]
    span = period.span
    if not known[0]:
        told.missing.append(
            "The history has nothing of this period. It is written while `bulltui` or `bulltui monitor` runs."
        )
    else:
        edge = period.step_ms if period.running else 0  # the step that runs may have nothing yet
        unknown = [gap for gap in gaps(known[0], span) if gap.start_ms < span.end_ms - edge]
        if unknown:
            told.notes.append(f"Nothing is known of {_spans(unknown)}; jobs of that time are in no number.")
    return covered(known[0], span), covered(known[1], period.before)


def _spans(spans: Sequence[Span]) -> str:
    shown = ", ".join(one.shown for one in spans[:_FEW_GAPS])
    more = f" and {len(spans) - _FEW_GAPS:,} more times" if len(spans) > _FEW_GAPS else ""
    return f"{age(sum(one.ms for one in spans))}: {shown}{more}"


def _not_comparable(known: tuple[float, float], state: HistoryState, before: Span) -> str:
    why = f"{known[0]:.0%} of this period and {known[1]:.0%} of the one before are known"
    if state.first_ms is not None and state.first_ms > before.start_ms:
        why = f"the history begins at {minute(state.first_ms)}"
    elif not known[1]:
        why = "nothing is known of the one before"
    return f"No number is compared with the period before ({before.shown}), since {why}."


def _tell_flows(now: Mapping[QueueRef, Point], told: Told) -> None:
    guessed = [point.flow.estimated for point in now.values() if point.flow.estimated]
    if guessed:
        told.notes.append(
            f"{plural(sum(guessed), 'job')} of {plural(len(guessed), 'queue')} that completed or failed follow from"
            " counts, since nobody saw the events: jobs removed at once may be missing, and no durations are known."
        )
    lost = sum(point.flow.lost for point in now.values())
    if lost:
        told.notes.append(f"At least {plural(lost, 'event')} were gone before anybody could read them.")
