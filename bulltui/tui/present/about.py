"""All that is known of a queue, as lines: what it holds, what holds it back, and how its library was found out."""

from collections.abc import Sequence

from bulltui.domain import human
from bulltui.domain.queue import Queue
from bulltui.domain.snapshot import QueueRow
from bulltui.domain.states import JobState
from bulltui.domain.text import visible
from bulltui.tui.present.line import Pieces
from bulltui.tui.present.queue_list import waiting
from bulltui.tui.present.queues import limit_text, proportions, queue_words
from bulltui.tui.present.signs import STATE_SIGN, STATE_TOKEN
from bulltui.tui.widgets.cells import Cell
from bulltui.tui.widgets.trend import ascii_only, sparkline

_NAME = 18
_BAR = 40


def _row(name: str, value: str, token: str = "", more: str = "") -> Cell:
    return [(name.ljust(_NAME), "dim"), (value, token), (f"  {more}" if more else "", "dim")]


def about_lines(row: QueueRow, workers_problem: str, now_ms: int, limits: Sequence[Cell] = ()) -> list[Cell]:
    """The lines about a queue; `limits` come first and say more of workers and limits than the row does."""
    queue = row.queue
    server = [_row("server", visible(queue.ref.server))] if queue.ref.server else []
    return [
        *([*limits, ""] if limits else ()),
        *server,
        _row("key", visible(queue.ref.key)),
        _row("prefix", visible(queue.ref.prefix)),
        "",
        *_states(queue),
        "",
        *_pace(row),
        "",
        *_hold(row, workers_problem, now_ms, limited=bool(limits)),
        "",
        *_library(queue),
        *_faults(queue),
    ]


def _states(queue: Queue) -> list[Cell]:
    lines: list[Cell] = []
    for state in queue.states:
        number = queue.counts.of(state)
        token = STATE_TOKEN[state] if number else "dim"
        lines.append([(f"{STATE_SIGN[state]} {state.value}".ljust(_NAME), token), (f"{number:>12,}", token)])
    bar = proportions(queue.counts, _BAR)
    pieces: Pieces = [("shares".ljust(_NAME), "dim"), *(bar if isinstance(bar, list) else [])]
    return [*lines, pieces]


def _pace(row: QueueRow) -> list[Cell]:
    rates = row.rates
    source = "estimated from adds and backlog: no worker keeps metrics" if rates.estimated else ""
    lines = [
        _row("in a minute", _rate(rates.added)),
        _row("out a minute", _rate(rates.finished), "", source),
        _row("failed a minute", _rate(rates.failed), "failed" if rates.failed else ""),
        _row("jobs ever added", f"{row.queue.added:,}"),
    ]
    if row.trend:
        kept = row.queue.completed_total is not None
        span = "a point a minute, BullMQ's own metrics" if kept else "as seen from here"
        lines.append(_row("finished", sparkline(row.trend, min(30, len(row.trend)), ascii_only()), "active", span))
    return lines


def _rate(value: float | None) -> str:
    return "not known yet" if value is None else human.rate(value)


def _hold(row: QueueRow, workers_problem: str, now_ms: int, *, limited: bool) -> list[Cell]:
    queue = row.queue
    lines: list[Cell] = []
    words = queue_words(row)
    held: Pieces = [("state".ljust(_NAME), "dim")]
    held += [(f"{word}  ", token) for word, token in words] or [("nothing holds it", "ok")]
    lines.append(held)
    if row.workers is None:
        lines.append(_row("workers", "not known", "stale", workers_problem))
    elif not limited:
        lines.append(_row("workers", f"{row.workers:,}", "" if row.workers else "failed"))
    lines.append(_row("schedulers", f"{queue.schedulers:,}"))
    if not limited:
        lines += _set(queue)
    if queue.oldest_waiting_at is not None and waiting(queue.counts):
        lines.append(_row("next job added", human.ago(max(0, now_ms - queue.oldest_waiting_at))))
    if queue.max_events is not None:
        lines.append(_row("events kept", f"{queue.max_events:,}"))
    return lines


def _set(queue: Queue) -> list[Cell]:
    limit = "none" if queue.concurrency is None else f"{queue.concurrency:,} jobs at once, over all workers"
    return [
        _row("concurrency", limit, "failed" if queue.concurrency == 0 else ""),
        _row("rate limit", limit_text(queue.limit) or "none", "delayed" if queue.limit.limited else ""),
    ]


def _library(queue: Queue) -> list[Cell]:
    layout = queue.layout
    lines = [_row("layout", layout.layout.label, "" if layout.sure else "stale", "" if layout.sure else "not sure")]
    lines += [_row("" if place else "because", visible(why)) for place, why in enumerate(layout.evidence)]
    if queue.counts.paused and JobState.PAUSED not in queue.states:
        lines.append(_row("", f"{queue.counts.paused:,} jobs are left in the list paused", "failed"))
    return lines


def _faults(queue: Queue) -> list[Cell]:
    if not queue.faults:
        return []
    return [
        "",
        *(_row("fault" if not place else "", visible(fault), "failed") for place, fault in enumerate(queue.faults)),
    ]
