"""Queues as people read them: a row of the list, and one in full."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass

from bulltui.cli.job_why import folded, tone_of
from bulltui.cli.output import Out
from bulltui.cli.table import Cell, Column, Row, Tone
from bulltui.domain.human import ago, clock, duration, rate
from bulltui.domain.queue import Queue, RateLimit
from bulltui.domain.series import MetricSeries
from bulltui.domain.snapshot import QueueRow
from bulltui.domain.states import JobState
from bulltui.domain.text import visible
from bulltui.domain.why import Why

Paint = Callable[[str, Tone], str]

_LABEL = 13
METRIC_MINUTES = 60

LIST_COLUMNS = (
    Column("name", give=True),
    Column("status"),
    Column("waiting", right=True),
    Column("active", right=True),
    Column("prioritized", right=True, drop=3),
    Column("delayed", right=True, drop=1),
    Column("children", right=True, drop=4),
    Column("completed", right=True, drop=2),
    Column("failed", right=True),
    Column("workers", right=True),
    Column("layout", drop=5),
)


@dataclass(frozen=True, slots=True)
class QueueView:
    """A queue in full. `series` is BullMQ's own count of finished jobs, None where no worker keeps it; `why` says
    whether it goes on, and why not."""

    row: QueueRow
    series: tuple[MetricSeries, MetricSeries] | None
    now_ms: int
    why: Why
    workers_problem: str = ""


def status(row: QueueRow) -> Cell:
    """What holds a queue up, the worst first, or whether it works now."""
    queue = row.queue
    held = []
    if queue.faults:
        held.append(("fault", Tone.BAD))
    if queue.paused:
        held.append(("paused", Tone.WARN))
    if queue.limit.limited:
        held.append(("limited", Tone.WARN))
    if row.workers == 0 and queue.counts.pending:
        held.append(("no workers", Tone.BAD))
    if held:
        return Cell(", ".join(word for word, _ in held), held[0][1])
    return Cell("active", Tone.OK) if queue.counts.active else Cell("idle", Tone.DIM)


def layout_word(queue: Queue) -> str:
    """The layout, with a question mark where it is not sure."""
    return queue.layout.layout.label + ("" if queue.layout.sure else " ?")


def list_row(row: QueueRow, *, whole_key: bool) -> Row:
    """The cells of `LIST_COLUMNS`. Jobs in the list `paused` are waiting ones: what is paused is their queue."""
    queue, counts = row.queue, row.queue.counts
    return (
        queue.ref.shown_key if whole_key else queue.ref.shown,
        status(row),
        str(counts.waiting + counts.paused),
        str(counts.active),
        str(counts.prioritized),
        str(counts.delayed),
        str(counts.waiting_children),
        str(counts.completed),
        Cell(str(counts.failed), Tone.BAD if counts.failed else Tone.PLAIN),
        "?" if row.workers is None else str(row.workers),
        layout_word(queue),
    )


def field(label: str, text: str) -> str:
    """A line of a description. `text` is made harmless."""
    return f"  {label:{_LABEL}} {visible(text)}".rstrip()


def _limit_text(limit: RateLimit) -> str:
    window = f"{limit.used:,} started in this window, {duration(limit.ttl_ms)} left" if limit.ttl_ms > 0 else ""
    if limit.manual:
        return f"a worker holds the queue for {duration(limit.ttl_ms)} more"
    if limit.maximum is None:
        return f"of the workers; {window}" if window else "none"
    rule = f"{limit.maximum:,} jobs in {duration(limit.duration_ms or 0)}"
    parts = [rule, window, "workers wait now" if limit.limited else ""]
    return ", ".join(filter(None, parts))


def queue_lines(out: Out, view: QueueView) -> Iterator[str]:
    """A queue in full."""
    paint, row, queue = out.paint, view.row, view.row.queue
    state = status(row)
    yield f"{paint(visible(queue.ref.shown), Tone.TITLE)}  {paint(state.text, state.tone)}"
    verdict = view.why.verdict if view.why.sure else f"{view.why.verdict} (not sure)"
    yield from (paint(line, tone_of(view.why)) for line in folded(out, verdict, "  "))
    for text in view.why.steps[:1]:
        yield from folded(out, text, "  ")
    yield ""
    yield field("prefix", queue.ref.prefix)
    yield field("layout", layout_word(queue))
    for evidence in queue.layout.evidence:
        yield field("", evidence)
    if queue.version:
        yield field("version", queue.version)
    yield field("paused", "yes: workers take no new jobs" if queue.paused else "no")
    yield field("workers", _workers_text(view))
    yield field("concurrency", "no global limit" if queue.concurrency is None else f"{queue.concurrency:,} in all")
    yield field("rate limit", _limit_text(queue.limit))
    yield field("schedulers", f"{queue.schedulers:,}")
    if queue.max_events is not None:
        yield field("events kept", f"about {queue.max_events:,}")
    if queue.oldest_waiting_at is not None:
        since = view.now_ms - queue.oldest_waiting_at
        yield field("next job", f"added {ago(since)}, {clock(queue.oldest_waiting_at)}")
    for fault in queue.faults:
        yield paint(field("fault", f"{fault} is of a type that no BullMQ queue has"), Tone.BAD)
    yield ""
    yield paint("Jobs", Tone.TITLE)
    for one in queue.states:
        yield _count_line(paint, one, queue)
    yield ""
    yield from _speed_lines(paint, view)


def _workers_text(view: QueueView) -> str:
    workers = view.row.workers
    if workers is None:
        return f"not known: {view.workers_problem}" if view.workers_problem else "not known"
    if workers == 0 and view.row.queue.counts.pending:
        return "none: nothing of what waits will run"
    return f"{workers:,}" if workers else "none"


def _count_line(paint: Paint, state: JobState, queue: Queue) -> str:
    number = queue.counts.of(state)
    text = f"  {state.value:{_LABEL + 3}} {number:>12,}"
    return paint(text, Tone.BAD) if state is JobState.FAILED and number else text


def _speed_lines(paint: Paint, view: QueueView) -> Iterator[str]:
    if view.series is None:
        yield field("speed", "not kept: no worker of this queue has the option `metrics`")
        return
    yield paint(f"Finished in the last {METRIC_MINUTES} minutes", Tone.TITLE)
    for name, series in zip(("completed", "failed"), view.series, strict=True):
        points = series.per_minute(view.now_ms, METRIC_MINUTES)
        peak = max(points)
        numbers = f"{sum(points):>12,}   last minute {rate(points[-1])}, most {rate(peak)}"
        yield f"  {name:{_LABEL + 3}} {numbers}   {sparkline(points)}".rstrip()


_BARS = "▁▂▃▄▅▆▇█"


def sparkline(points: tuple[int, ...], width: int = 30) -> str:
    """`points` as bars, as many to a bar as fit into `width`; empty when all are zero."""
    per_bar = max(1, -(-len(points) // width))
    bars = [sum(points[start : start + per_bar]) for start in range(0, len(points), per_bar)]
    top = max(bars, default=0)
    return "".join(_BARS[-(-bar * (len(_BARS) - 1) // top)] for bar in bars) if top > 0 else ""
