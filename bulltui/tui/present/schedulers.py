"""Schedulers as lines of a table."""

from bulltui.domain import human
from bulltui.domain.scheduler import Scheduler
from bulltui.tui.widgets.cells import Cell
from bulltui.tui.widgets.columns import Column

COLUMNS: tuple[Column, ...] = (
    Column("sign", "", width=1, priority=60),
    Column("id", "scheduler", min=14, max=48, flex=2, priority=100),
    Column("name", "job", min=8, max=28, flex=1, priority=50),
    Column("rule", "rule", min=16, max=36, flex=2, priority=90),
    Column("next", "next in", width=12, align="right", priority=95),
    Column("runs", "runs", width=7, align="right", priority=70),
    Column("state", "state", min=16, max=40, flex=3, priority=80),
)

LATE_MS = 5_000
"""A run that is due since less than this is about to start: a worker looks at delayed jobs in its own time."""


def rule(scheduler: Scheduler) -> str:
    """When it repeats."""
    if scheduler.every_ms is not None and not scheduler.pattern:
        return f"every {human.duration(scheduler.every_ms)}"
    return scheduler.rule


def state(scheduler: Scheduler, now_ms: int) -> tuple[str, str, str]:
    """The sign, the words and the token of how it is."""
    if not scheduler.armed:
        return "✖", "dead: no job for its next run", "failed"
    late = scheduler.overdue_ms(now_ms) > LATE_MS
    if scheduler.legacy:
        return "⚠", "legacy: BullMQ 6 refuses it" + (", overdue" if late else ""), "delayed"
    return ("⚠", "overdue", "failed") if late else ("●", "armed", "ok")


def cells(scheduler: Scheduler, now_ms: int) -> tuple[Cell, ...]:
    """The cells of a scheduler."""
    sign, words, token = state(scheduler, now_ms)
    late = scheduler.overdue_ms(now_ms)
    due: Cell = human.age(-late) if late == 0 else (f"{human.age(late)} late", "failed" if late > LATE_MS else "dim")
    if late == 0:
        due = human.age(max(0, scheduler.next_at - now_ms))
    return (
        (sign, token),
        scheduler.id,
        scheduler.name or ("–", "dim"),
        rule(scheduler),
        due,
        ("–", "dim") if scheduler.iterations is None else human.count(scheduler.iterations),
        (words, token),
    )


def empty(queue: str) -> str:
    """What to know when there is none."""
    return f"The queue {queue} has no scheduler and no repeatable job."
