"""What charts show: the panels, their lines, and what is said of a span in words."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from bulltui.domain import human
from bulltui.domain.axes import Unit, moment_text, short, span_text, step_text, unit_of, value_text
from bulltui.domain.chart_view import Window, total
from bulltui.domain.charting import Chart, Mark, MarkKind, Measure
from bulltui.domain.queue import QueueRef
from bulltui.domain.text import plural, visible
from bulltui.services.watch.protocols import HistoryState
from bulltui.tui.present.line import Part, Pieces, part


@dataclass(frozen=True, slots=True)
class Trace:
    """A line of a panel: what it is called, the letter that stands for it, and its token."""

    measure: Measure
    name: str
    letter: str
    token: str


@dataclass(frozen=True, slots=True)
class Panel:
    """A chart by its title. `note` says what its numbers are, where the unit does not."""

    id: str
    title: str
    traces: tuple[Trace, ...]
    note: str = ""

    @property
    def unit(self) -> Unit:
        """What its numbers count."""
        return unit_of(self.traces[0].measure)

    @property
    def measures(self) -> tuple[Measure, ...]:
        """What it asks for."""
        return tuple(one.measure for one in self.traces)


def _times(of: str) -> tuple[Trace, ...]:
    return (
        Trace(Measure(f"{of}-p50"), "p50", "5", "active"),
        Trace(Measure(f"{of}-p95"), "p95", "9", "delayed"),
        Trace(Measure(f"{of}-p99"), "p99", "x", "prioritized"),
    )


PANELS = (
    Panel(
        "throughput",
        "Throughput",
        (
            Trace(Measure.ADDED, "added", "a", "waiting"),
            Trace(Measure.COMPLETED, "completed", "c", "ok"),
            Trace(Measure.FAILED, "failed", "f", "failed"),
        ),
    ),
    Panel(
        "failures",
        "Failures",
        (
            Trace(Measure.STALLED, "stalled", "s", "prioritized"),
            Trace(Measure.RETRIED, "retried", "r", "delayed"),
            Trace(Measure.FAILED, "failed", "f", "failed"),
        ),
    ),
    Panel(
        "backlog",
        "Backlog",
        (
            Trace(Measure.DELAYED, "delayed", "d", "delayed"),
            Trace(Measure.WAITING, "waiting", "w", "waiting"),
            Trace(Measure.ACTIVE, "active", "a", "active"),
        ),
    ),
    Panel("wait", "Wait", _times("wait"), "until it runs"),
    Panel("run", "Run", _times("run"), "an attempt"),
    Panel(
        "held",
        "Held up",
        (
            Trace(Measure.SATURATED, "at its concurrency", "c", "active"),
            Trace(Measure.LIMITED, "rate limited", "l", "delayed"),
            Trace(Measure.PAUSED, "paused", "p", "paused"),
        ),
    ),
    Panel("pace", "Starts", (Trace(Measure.STARTED, "started", "s", "active"),), "as a rate limit counts them"),
    Panel(
        "places",
        "Workers",
        (Trace(Measure.ACTIVE, "active jobs", "a", "active"), Trace(Measure.WORKERS, "workers", "w", "ok")),
    ),
)
"""All charts, in their order. Of the lines of one the last lies on top."""

ALWAYS = (Measure.ADDED, Measure.COMPLETED, Measure.FAILED)
"""What totals are made of."""

MARK_SIGNS: Mapping[MarkKind, tuple[str, str, str]] = {
    MarkKind.FIRING: ("!", "!", "failed bold"),
    MarkKind.ACTION: ("▲", "^", "prioritized bold"),
    MarkKind.RESOLVED: ("✓", "v", "ok bold"),
}
"""The sign of a mark, the same in ASCII, and its token. Of several at one place the first is shown."""


def measures_of(panels: Sequence[Panel]) -> tuple[Measure, ...]:
    """What is read for these panels, each once."""
    return tuple(dict.fromkeys((*ALWAYS, *(measure for one in panels for measure in one.measures))))


# --- the head


def whose(refs: Sequence[QueueRef], *, group: str = "") -> str:
    """Whose charts they are."""
    if not refs:
        return "all queues"
    if len(refs) == 1:
        return visible(refs[0].shown)
    return f"{visible(group)} ({plural(len(refs), 'queue')})" if group else plural(len(refs), "queue")


_BEFORE = {human.DAY_MS: "the day before", 7 * human.DAY_MS: "the week before"}


def compared_text(compare_ms: int) -> str:
    """What a chart is compared with."""
    return _BEFORE.get(compare_ms, f"{human.age(compare_ms)} before") if compare_ms else ""


def head(what: str, span: str, window: Window, compare_ms: int, standing: tuple[str, str]) -> list[Part]:
    """The line on top: whose charts, over which span, in which steps."""
    parts = [
        part(10, ("Charts of ", "dim"), (what, "bold")),
        part(8, (span, "bold")),
        part(5, (span_text(window.start_ms, window.end_ms), "")),
        part(3, (f"a value each {step_text(window.step_ms)}", "dim")),
    ]
    if compare_ms:
        parts.append(part(7, (f"- - {compared_text(compare_ms)}", "dim")))
    parts.append(part(9, standing, right=True))
    return parts


# --- in words


def _sum(chart: Chart | None, measure: Measure) -> float | None:
    return None if chart is None else total(chart.lines.get(measure, ()), chart.step_ms)


def _worst(chart: Chart, measure: Measure) -> float | None:
    return max((value for value in chart.lines.get(measure, ()) if value is not None), default=None)


def totals(chart: Chart, before: Chart | None) -> list[Part]:
    """What the whole span came to; with `before`, how that differs."""
    added, completed, failed = (_sum(chart, measure) for measure in ALWAYS)
    if completed is None and failed is None and added is None:
        return [part(5, ("No flow of jobs is known of this time.", "dim"))]
    parts = [
        _counted("added", added, _sum(before, Measure.ADDED), "waiting", 6),
        _counted("completed", completed, _sum(before, Measure.COMPLETED), "ok", 8),
    ]
    ended = (completed or 0) + (failed or 0)
    share = f"({_percent((failed or 0) / ended)})" if ended and failed else ""
    parts.append(
        _counted("failed", failed, _sum(before, Measure.FAILED), "failed" if failed else "dim", 9, share=share)
    )
    for measure, said, priority in (
        (Measure.WAIT_P95, "wait p95 at worst", 4),
        (Measure.RUN_P95, "run p95 at worst", 5),
    ):
        if (worst := _worst(chart, measure)) is not None:
            parts.append(part(priority, (f"{said} ", "dim"), (value_text(worst, Unit.SECONDS), "")))
    if (most := _worst(chart, Measure.WAITING)) is not None:
        parts.append(part(3, ("most waiting ", "dim"), (value_text(most, Unit.JOBS), "")))
    if chart.estimated:
        parts.append(part(7, ("~ partly estimated from counts", "delayed")))
    return parts


def _counted(
    name: str, number: float | None, before: float | None, token: str, priority: int, *, share: str = ""
) -> Part:
    said = [(f"{name} ", "dim"), ("–" if number is None else count_text(number), f"{token} bold"), (f" {share}", token)]
    if number is not None and before is not None:
        said.append((f" {change_text(number, before)}", "dim"))
    return part(priority, *(piece for piece in said if piece[0].strip()))


def count_text(number: float) -> str:
    """A number of jobs."""
    whole = round(number)
    return f"{whole:,}" if whole < 10_000 else short(whole)


def change_text(now: float, before: float) -> str:
    """How a number differs from the one before: `+12%`, `×3.1`, `as before`."""
    if round(now) == round(before):
        return "as before"
    if before < 0.5:
        return "none before"
    share = now / before
    if share >= 3:
        return f"×{short(share)}"
    return f"{'+' if share > 1 else '-'}{_percent(abs(share - 1))}"


def _percent(share: float) -> str:
    return f"{share * 100:.2g}%" if share < 0.0995 else f"{share * 100:.0f}%"


def knows(chart: Chart) -> bool:
    """Whether anything is known."""
    return any(value is not None for values in chart.lines.values() for value in values)


def notices(chart: Chart | None, window: Window, state: HistoryState | None, problem: str, now_ms: int) -> list[str]:
    """Sentences on what is not as one may think."""
    said = [problem] if problem else []
    if chart is not None and chart.problem:
        said.append(chart.problem)
    if state is not None:
        if state.problem:
            said.append(f"{state.problem} {state.hint}".strip())
        if chart is not None and state.first_ms is None and not knows(chart):
            said.append("The history is empty: it begins now, and charts fill as time goes on.")
        elif state.first_ms is not None and state.first_ms >= window.start_ms + window.step_ms:
            began = human.ago(max(0, now_ms - state.first_ms))
            said.append(f"The history begins {began}, {moment_text(state.first_ms // 60_000 * 60_000)}.")
    return list(dict.fromkeys(said))


def at_cursor(window: Window, place: int, marks: Sequence[Mark]) -> list[Pieces]:
    """What the cursor is on: its time, and what happened then."""
    start = window.start_ms + place * window.step_ms
    here = [mark for mark in marks if start <= mark.at_ms < start + window.step_ms]
    lines: list[Pieces] = [[(f" {span_text(start, start + window.step_ms)} ", "bold")]]
    for mark in sorted(here, key=lambda one: one.at_ms):
        sign, _, token = MARK_SIGNS[mark.kind]
        lines.append([(f" {sign} ", token), (f"{moment_text(mark.at_ms // 1000 * 1000)} ", "dim"), mark_words(mark)])
    return lines


def more_text(number: int) -> Pieces:
    """That there is more than there is room for."""
    return [(f" … and {number:,} more at this time; a shorter span tells them apart", "dim")]


def tabs(chosen: int, shown: Sequence[int]) -> Pieces:
    """All charts by their titles: the chosen one, those that are shown, and the others."""
    return [
        (f"[{panel.title}]", "bold") if place == chosen else (f" {panel.title} ", "" if place in shown else "dim")
        for place, panel in enumerate(PANELS)
    ]


def marks_text(marks: Sequence[Mark], width: int) -> Pieces:
    """How many marks there are, and how one gets to them."""
    line: Pieces = []
    for kind, one, many in (
        (MarkKind.FIRING, "alert", "alerts"),
        (MarkKind.ACTION, "action", "actions"),
        (MarkKind.RESOLVED, "alert over", "alerts over"),
    ):
        if number := sum(mark.kind is kind for mark in marks):
            sign, _, token = MARK_SIGNS[kind]
            line += [(f" {sign} ", token), (plural(number, one, many), "")]
    if not line:
        return [(" No alerts and no actions in this time.", "dim")]
    return [*line, ("  n goes to the next, N to the one before", "dim")] if width >= 76 else line


def ago(ms: int) -> str:
    """How old charts are."""
    return human.ago(max(0, ms))


def mark_words(mark: Mark) -> tuple[str, str]:
    """What happened, and with which queues."""
    text = visible(mark.text)
    names = [visible(ref.shown) for ref in mark.refs[:3] if ref.shown not in mark.text]
    if names:
        text += f" ({', '.join(names)}{f' and {len(mark.refs) - 3:,} more' if len(mark.refs) > 3 else ''})"
    return text, ""


def rank_of(mark: Mark) -> int:
    """Which of several marks at one place is shown: the lowest."""
    return list(MARK_SIGNS).index(mark.kind)


def concerns(mark: Mark, refs: Sequence[QueueRef]) -> bool:
    """Whether a mark has to do with these queues: one of a whole server always has, and so has any where all queues are
    meant."""
    return not refs or not mark.refs or not set(refs).isdisjoint(mark.refs)


def nothing(wanted: Sequence[Measure], read: Sequence[Measure]) -> str:
    """What is said in a chart of which nothing is known."""
    return "Nothing is known of this time." if set(wanted) <= set(read) else READING


READING = "reading…"
