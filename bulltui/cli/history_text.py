"""The history as people read it in a terminal: a small chart for each measure, rows, and how the history is."""

import os
from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING

from bulltui.cli.output import Out
from bulltui.cli.table import Row, Tone
from bulltui.domain.axes import Unit, scale_for, span_text, step_text, time_ticks, unit_of, value_text
from bulltui.domain.chart_view import Window
from bulltui.domain.charting import Chart, Measure, Value
from bulltui.domain.csv_text import Scalar
from bulltui.domain.human import ago, clock, size
from bulltui.domain.jsontext import Json
from bulltui.domain.queue import QueueRef
from bulltui.domain.raster import Line, level, raster
from bulltui.domain.text import visible

if TYPE_CHECKING:
    from bulltui.services.watch.protocols import HistoryState

DEFAULT = (
    *(Measure.ADDED, Measure.COMPLETED, Measure.FAILED, Measure.WAITING),
    *(Measure.WAIT_P95, Measure.RUN_P95),
)
"""What is shown where nothing else is asked for."""
_ROWS = 4
_LABELS = 7
_TONES: Mapping[Measure, Tone] = {
    Measure.COMPLETED: Tone.OK,
    Measure.FAILED: Tone.BAD,
    Measure.FAILED_KEPT: Tone.BAD,
    Measure.STALLED: Tone.BAD,
    Measure.RETRIED: Tone.WARN,
    Measure.PAUSED: Tone.WARN,
    Measure.LIMITED: Tone.WARN,
}
_ABOUT = {
    Measure.ADDED: "jobs that came",
    Measure.STARTED: "attempts that began",
    Measure.COMPLETED: "jobs that ended well",
    Measure.FAILED: "jobs that failed for good",
    Measure.RETRIED: "attempts that failed and are tried again",
    Measure.STALLED: "jobs whose worker was lost",
    Measure.WAITING: "jobs that could run, at most",
    Measure.ACTIVE: "jobs that ran, at most",
    Measure.DELAYED: "jobs set to run later",
    Measure.FAILED_KEPT: "failed jobs that are kept",
    Measure.OLDEST: "how long the next job had been there",
    Measure.WORKERS: "workers that were connected",
    Measure.WAIT_P50: "half of all jobs waited no longer",
    Measure.WAIT_P95: "95% of all jobs waited no longer",
    Measure.WAIT_P99: "99% of all jobs waited no longer",
    Measure.RUN_P50: "half of all attempts took no longer",
    Measure.RUN_P95: "95% of all attempts took no longer",
    Measure.RUN_P99: "99% of all attempts took no longer",
    Measure.PAUSED: "how much of the time it was paused",
    Measure.LIMITED: "how much of the time its rate limit held it",
    Measure.SATURATED: "how much of the time it ran as many as it may",
}


def known_names() -> list[str]:
    """All measures, each with what it says and its unit."""
    return [f"{one.value:<12} {_ABOUT[one]}, {_UNITS[unit_of(one)]}" for one in Measure]


_UNITS = {
    Unit.RATE: "jobs/min",
    Unit.JOBS: "jobs",
    Unit.WORKERS: "workers",
    Unit.SECONDS: "s",
    Unit.SHARE: "0 to 1",
}


def numbers(values: Sequence[Value]) -> tuple[Value, Value, Value, Value]:
    """The least, the mean, the greatest and the last value that are known."""
    known = [value for value in values if value is not None]
    if not known:
        return None, None, None, None
    return min(known), sum(known) / len(known), max(known), known[-1]


def whose(refs: Sequence[QueueRef]) -> str:
    """The queues."""
    if not refs:
        return "all queues"
    return ", ".join(visible(ref.shown) for ref in refs[:4]) + (f" and {len(refs) - 4:,} more" if len(refs) > 4 else "")


def title(out: Out, refs: Sequence[QueueRef], window: Window) -> str:
    """Whose history it is, and over which time."""
    span = span_text(window.start_ms, window.end_ms)
    return out.paint(whose(refs), Tone.TITLE) + f"  {span}, a value each {step_text(window.step_ms)}"


Totals = Mapping[Measure, Value]
"""How many jobs each flow was."""


def chart_lines(out: Out, chart: Chart, totals: Totals, window: Window, *, width: int) -> Iterator[str]:
    """A chart for each measure, and the times below the last."""
    plain = _ascii_only(out)
    cells = max(10, width - _LABELS - 1)
    for measure, values in chart.lines.items():
        unit = unit_of(measure)
        yield ""
        yield _head(out, measure, values, totals.get(measure))
        known = [value for value in values if value is not None]
        if not known:
            yield " " * (_LABELS + 1) + "nothing is known"
            continue
        scale = scale_for(max(known), unit, _ROWS)
        picture = raster([Line(values)], cells, _ROWS, scale.top, ascii=plain)
        per_row = 1 if plain else 4
        labels = {
            _ROWS - 1 - level(tick, scale.top, _ROWS * per_row) // per_row: scale.text(tick) for tick in scale.ticks
        }
        for y, signs in enumerate(picture.signs):
            edge = ("+" if plain else "┤") if y in labels else "|" if plain else "│"
            yield f"{labels.get(y, ''):>{_LABELS}}{edge}{out.paint(signs.rstrip(), _TONES.get(measure, Tone.PLAIN))}"
    yield _times(window, cells)


def _ascii_only(out: Out) -> bool:
    """Whether dots would be empty boxes, as on the console of Linux."""
    asked = bool(os.environ.get("BULLTUI_ASCII")) or (out.terminal and os.environ.get("TERM") == "linux")
    return asked or "utf" not in (out.stream.encoding or "utf-8").lower()


def _head(out: Out, measure: Measure, values: Sequence[Value], whole: Value) -> str:
    unit = unit_of(measure)
    least, mean, most, last = (value_text(value, unit) for value in numbers(values))
    per = "" if unit in (Unit.SECONDS, Unit.SHARE) else f" {_UNITS[unit]}"
    text = f"{out.paint(measure.value, Tone.TITLE)}{per}  min {least}  avg {mean}  max {most}  last {last}"
    if whole is not None:
        text += f"  total {round(whole):,}"
    return text


def _times(window: Window, cells: int) -> str:
    span, text = window.end_ms - window.start_ms, " " * (_LABELS + 1)
    for tick in time_ticks(window.start_ms, window.end_ms, max(1, cells // 9)):
        start = _LABELS + 1 + max(0, (tick.at_ms - window.start_ms) * cells // span - len(tick.text) // 2)
        if len(text) <= start or not text.strip():
            text = text[:start].ljust(start) + tick.text + " "
    return text.rstrip()


def row_of(chart: Chart, window: Window, place: int) -> Row:
    """The time of a value, and the values of all measures then."""
    cells = [clock(window.start_ms + place * window.step_ms)]
    return (*cells, *(value_text(_at(line, place), unit_of(measure)) for measure, line in chart.lines.items()))


def rows_of(chart: Chart, window: Window) -> Iterator[Mapping[str, Scalar]]:
    """The same for programs: epoch ms, numbers, None where nothing is known."""
    for place in range(window.steps):
        row: dict[str, Scalar] = {"at": window.start_ms + place * window.step_ms}
        row |= {measure.value: _exact(_at(line, place)) for measure, line in chart.lines.items()}
        yield row


def chart_document(chart: Chart, totals: Totals, refs: Sequence[QueueRef], window: Window) -> dict[str, Json]:
    """All of it as a document."""
    measures: dict[str, Json] = {}
    for measure, values in chart.lines.items():
        least, mean, most, last = map(_exact, numbers(values))
        told: dict[str, Json] = {"unit": _UNITS[unit_of(measure)], "min": least, "avg": mean, "max": most, "last": last}
        if measure.is_flow:
            whole = totals.get(measure)
            told["total"] = None if whole is None else round(whole)
        measures[measure.value] = {**told, "values": [_exact(value) for value in values]}
    return {
        "queues": [ref.shown_key for ref in refs],
        "from": window.start_ms,
        "to": window.end_ms,
        "step": window.step_ms,
        "estimated": chart.estimated,
        "problem": chart.problem,
        "measures": measures,
    }


def _at(line: Sequence[Value], place: int) -> Value:
    return line[place] if place < len(line) else None


def _exact(value: Value) -> float | None:
    return None if value is None else round(value, 6)


def state_lines(out: Out, state: "HistoryState", now_ms: int) -> Iterator[str]:
    """Where the history is and how it goes."""
    told = [("history", state.where or "nowhere")]
    told.append(("begins", clock(state.first_ms) if state.first_ms is not None else "empty yet"))
    if state.last_ms is not None:
        told.append(("written", ago(max(0, now_ms - state.last_ms))))
    if state.bytes:
        told.append(("size", size(state.bytes)))
    told.append(("writer", state.writer or ("this process" if state.leads else "nobody now")))
    for name, text in told:
        yield f"{out.paint(name, Tone.DIM)}{' ' * (10 - len(name))}{visible(text)}"
    if state.problem:
        yield f"{out.paint('problem', Tone.BAD)}   {visible(f'{state.problem} {state.hint}'.strip())}"
