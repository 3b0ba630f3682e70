"""A queue or a group of queues as a line of the list."""

import os
from collections.abc import Sequence

from bulltui.domain import human
from bulltui.domain.layout import Layout
from bulltui.domain.queue import Counts, Queue, RateLimit
from bulltui.domain.snapshot import QueueRow
from bulltui.domain.text import plural
from bulltui.tui.present import signs
from bulltui.tui.present.line import Pieces, pieces
from bulltui.tui.present.queue_list import GroupItem, Item, QueueItem, lacks_worker, waiting
from bulltui.tui.widgets.cells import Cell
from bulltui.tui.widgets.columns import Column
from bulltui.tui.widgets.trend import ascii_only, proportion_bar, sparkline

BAR_WIDTH = 8
TREND_WIDTH = 6

COLUMNS: tuple[Column, ...] = (
    Column("state", "", width=1, priority=95),
    Column("name", "queue", min=17, flex=3, priority=100),
    Column("notes", "", min=9, max=24, flex=1, priority=38),
    Column("failed", "failed", width=8, align="right", priority=90),
    Column("waiting", "waiting", width=8, align="right", priority=80),
    Column("active", "active", width=7, align="right", priority=70),
    Column("delayed", "delayed", width=8, align="right", priority=35),
    Column("completed", "done", width=5, align="right", priority=25),
    Column("bar", "states", width=BAR_WIDTH, priority=37),
    Column("added", "in/min", width=6, align="right", priority=36),
    Column("finished", "out/min", width=6 + TREND_WIDTH, align="right", priority=60),
)

_NONE = ("–", "dim")


def queue_sign(row: QueueRow) -> tuple[str, str]:
    """The one sign that says most about a queue, and its token."""
    queue = row.queue
    if queue.faults:
        return signs.FAULT, "failed"
    if queue.paused:
        return signs.PAUSED, "paused"
    if row.workers == 0:
        return signs.NO_WORKER, "failed" if lacks_worker(row) else "dim"
    if queue.limit.limited:
        return signs.LIMITED, "delayed"
    return (signs.BUSY, "active") if queue.counts.active else (signs.IDLE, "dim")


def queue_words(row: QueueRow) -> list[tuple[str, str]]:
    """The same in words, with tokens; all that apply."""
    queue = row.queue
    words: list[tuple[str, str]] = []
    if queue.faults:
        words.append((plural(len(queue.faults), "fault"), "failed"))
    if queue.paused:
        words.append(("paused", "paused"))
    if lacks_worker(row):
        words.append(("no worker", "failed"))
    if queue.limit.limited:
        words.append(("limited", "delayed"))
    return words


def cells(item: Item) -> tuple[Cell, ...]:
    """The cells of a line of the list, one for each of `COLUMNS`."""
    if isinstance(item, GroupItem):
        first: tuple[Cell, Cell, Cell] = _group_cells(item)
        counts, added, finished, points, estimated = item.counts, item.added, item.finished, item.trend, False
    else:
        row = item.row
        first = queue_sign(row), _name(item), _notes(queue_words(row))
        counts, added, finished, points = row.queue.counts, row.rates.added, row.rates.finished, row.trend
        estimated = row.rates.estimated
    return (
        *first,
        (f"{signs.FAILED} {human.count(counts.failed)}", "failed bold") if counts.failed else _number(0, ""),
        _number(waiting(counts), "waiting"),
        _number(counts.active, "active"),
        _number(counts.delayed, "delayed"),
        _number(counts.completed, "ok"),
        proportions(counts),
        _rate(added),
        [*pieces(_rate(finished, estimated=estimated)), (" ", ""), trend(points)],
    )


def old_cells(item: Item, age_ms: int) -> tuple[Cell, ...]:
    """The same for one whose server is away: what was known of it, so long ago."""
    _, *others = cells(item)
    name, _, *faded = ([(text, "stale") for text, _ in pieces(cell)] for cell in others)
    # Behind the name as well, since there is not always room for the notes.
    age = human.age(max(0, age_ms)).partition(" ")[0]
    return (signs.OLD, "stale"), [*name, (f" {age}", "delayed")], (f"{age} old", "delayed"), *faded


def _name(item: QueueItem) -> Cell:
    label = f"{item.row.ref.server}/" if item.row.ref.server else ""
    sure = "" if item.row.queue.layout.sure else " ?"
    if not label:
        title = "  " * item.indent + item.title
        return [(title, ""), (sure, "stale")] if sure else title
    return [("  " * item.indent + label, "syntax-key"), (item.title.removeprefix(label), ""), (sure, "stale")]


def _notes(words: Sequence[tuple[str, str]]) -> Pieces:
    return [(word if not place else f" {word}", token) for place, (word, token) in enumerate(words)]


def _group_cells(group: GroupItem) -> tuple[Cell, Cell, Cell]:
    title: Pieces = [(f"{group.title}*", "bold"), (f" {group.size}", "dim")]
    words = [(f"{group.paused} paused", "paused")] if group.paused else []
    if group.idle:
        words.append((f"{group.idle} no worker", "failed"))
    return ("▸" if group.folded else "▾", "dim"), title, _notes(words)


def _number(number: int, token: str) -> Cell:
    return (human.count(number), token) if number else ("0", "dim")


def _rate(per_minute: float | None, *, estimated: bool = False) -> Cell:
    if per_minute is None:
        return _NONE
    if not per_minute:
        return ("0", "dim")
    return ("~" if estimated else "") + human.rate(per_minute)


def trend(points: Sequence[float]) -> tuple[str, str]:
    """The last points as blocks of their height, newest at the right."""
    return sparkline(points, TREND_WIDTH, ascii_only()), "active" if any(points[-TREND_WIDTH:]) else "dim"


_SHARES: tuple[tuple[str, str], ...] = (
    ("failed", "failed"),
    ("waiting", "waiting"),
    ("paused", "paused"),
    ("prioritized", "prioritized"),
    ("active", "active"),
    ("delayed", "delayed"),
    ("waiting_children", "children"),
    ("completed", "ok"),
)


LETTERS = "xw‖padc·"
"""What the shares are drawn with where there are no colours to tell them apart."""
_FILLS = LETTERS if os.environ.get("NO_COLOR") else "█"


def proportions(counts: Counts, width: int = BAR_WIDTH, fills: str = _FILLS) -> Cell:
    """The states' shares of all jobs as a bar."""
    return proportion_bar([(getattr(counts, name), token) for name, token in _SHARES], width, fills)


def queue_facts(row: QueueRow, now_ms: int) -> Pieces:
    """One line about a queue: what holds it, its library, limits, workers, and how old the next job is."""
    queue = row.queue
    facts: Pieces = list(queue_words(row))
    facts.append((layout_text(queue), "" if queue.layout.sure else "stale"))
    if row.workers:
        facts.append((plural(row.workers, "worker"), "dim"))
    if queue.schedulers:
        facts.append((plural(queue.schedulers, "scheduler"), "dim"))
    if queue.concurrency is not None:
        facts.append((f"at most {queue.concurrency:,} at once", "failed" if queue.concurrency == 0 else "dim"))
    if limit := limit_text(queue.limit):
        facts.append((limit, "delayed" if queue.limit.limited else "dim"))
    if queue.oldest_waiting_at is not None and waiting(queue.counts):
        facts.append((f"next added {human.ago(max(0, now_ms - queue.oldest_waiting_at))}", "dim"))
    return facts


def layout_text(queue: Queue) -> str:
    """The library that keeps the queue, as far as it shows."""
    if queue.layout.layout is Layout.UNKNOWN:
        return "BullMQ, version unknown"
    written = queue.version.rpartition(":")[2]
    label = queue.layout.layout.label
    major = label.rpartition(" ")[2]
    name = f"{label.rpartition(' ')[0]} {written}" if written.split(".")[0] == major else label
    return name if queue.layout.sure else f"{name}?"


def limit_text(limit: RateLimit) -> str:
    """The rate limit and what is used of it."""
    if limit.manual and limit.ttl_ms > 0:
        return f"held by a worker for {human.duration(limit.ttl_ms)}"
    if limit.maximum is not None:
        per = human.duration(limit.duration_ms or 0)
        used = f", {limit.used:,} used" if limit.ttl_ms > 0 else ""
        return f"{limit.maximum:,} per {per}{used}"
    return f"rate limited, {human.duration(limit.ttl_ms)} left" if limit.limited else ""
