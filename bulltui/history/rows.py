"""Points as rows of a table. A greatest value is kept as what it is above the last one: zeros cost nothing."""

import sqlite3
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from typing import Any

from bulltui.domain.point import Flow, Point, Stand, stand_after
from bulltui.domain.sketch import NONE, Sketch, merged, unpacked
from bulltui.history.tiers import SECOND

COLUMNS = (
    *("reads", "waiting", "waiting_over", "active", "active_over", "delayed", "waiting_children"),
    *("failed_kept", "failed_over", "completed_kept", "oldest", "workers", "workers_under"),
    *("paused", "limited", "saturated"),
    *("added", "started", "completed", "failed", "retried", "stalled", "estimated", "lost"),
    *("looked", "counted", "wait", "run"),
)
LOOK = 10 * SECOND
"""When a queue was last looked at is kept in steps of the finest tier."""
GREATEST = (1 << 62) - 1

Row = Sequence[Any]
_NEVER = -1
_NOTHING, _STILL = Stand(), Flow()


@dataclass(slots=True)
class Kept:
    """A point of a table. `looked` and `counted` are the steps of the last look and of the last one that knew the
    workers: by them it does not matter in which order points come."""

    stand: Stand = _NOTHING
    flow: Flow = _STILL
    wait: Sketch = NONE
    run: Sketch = NONE
    looked: int = _NEVER
    counted: int = _NEVER

    def add(self, then: "Kept") -> None:
        """Puts one to it that was over another time."""
        if not self.stand.reads or not then.stand.reads:
            if then.stand.reads:
                self.stand, self.looked, self.counted = then.stand, then.looked, then.counted
        else:
            later = then.looked >= self.looked
            stand = stand_after(self.stand, then.stand) if later else stand_after(then.stand, self.stand)
            if then.stand.workers is not None and self.stand.workers is not None:
                workers = then.stand.workers if then.counted >= self.counted else self.stand.workers
                if workers != stand.workers:
                    stand = replace(stand, workers=workers)
            self.stand, self.looked = stand, max(self.looked, then.looked)
            self.counted = max(self.counted, then.counted)
        if then.flow:
            self.flow = self.flow + then.flow if self.flow else then.flow
        if then.wait:
            self.wait = merged((self.wait, then.wait))
        if then.run:
            self.run = merged((self.run, then.run))


def kept_of(point: Point, at_ms: int) -> Kept:
    """A point of one look or more, all of them at the step of `at_ms`."""
    at = at_ms // LOOK
    stand = point.stand
    return Kept(
        stand if stand.reads else _NOTHING,
        point.flow,
        point.wait,
        point.run,
        at if stand.reads else _NEVER,
        at if stand.reads and stand.workers is not None else _NEVER,
    )


def row_of(kept: Kept, start_ms: int) -> tuple[Any, ...]:
    """The columns of a point of a step that begins at `start_ms`."""
    stand, flow = kept.stand, kept.flow
    begun = start_ms // LOOK
    return (
        stand.reads,
        stand.waiting,
        stand.waiting_max - stand.waiting,
        stand.active,
        stand.active_max - stand.active,
        stand.delayed,
        stand.waiting_children,
        stand.failed,
        stand.failed_max - stand.failed,
        stand.completed,
        stand.oldest_ms,
        stand.workers,
        None if stand.workers_min is None else (stand.workers or 0) - stand.workers_min,
        stand.paused,
        stand.limited,
        stand.saturated,
        flow.added,
        flow.started,
        flow.completed,
        flow.failed,
        flow.retried,
        flow.stalled,
        flow.estimated,
        flow.lost,
        max(0, kept.looked - begun),
        max(0, kept.counted - begun),
        kept.wait.packed() or None,
        kept.run.packed() or None,
    )


def stand_of(row: Row) -> Stand:
    """How a queue stood, by the columns."""
    if not row[0]:
        return _NOTHING
    reads, waiting, waiting_over, active, active_over, delayed, children, failed, failed_over, completed = row[:10]
    oldest, workers, under, paused, limited, saturated = row[10:16]
    return Stand(
        reads,
        waiting,
        waiting + waiting_over,
        active,
        active + active_over,
        delayed,
        children,
        failed,
        failed + failed_over,
        completed,
        oldest,
        workers,
        None if under is None else (workers or 0) - under,
        paused,
        limited,
        saturated,
    )


def point_of(row: Row, at_ms: int) -> Point:
    """The point of a row. One that was read without timings has no last two columns."""
    moved = row[16:24]
    if len(row) == 26:
        return Point(at_ms, stand_of(row), Flow(*moved) if any(moved) else _STILL)
    return Point(at_ms, stand_of(row), Flow(*moved) if any(moved) else _STILL, unpacked(row[26]), unpacked(row[27]))


def kept_from(row: Row, start_ms: int) -> Kept:
    """What was kept in a row of a step that begins at `start_ms`."""
    stand = stand_of(row)
    moved = row[16:24]
    begun = start_ms // LOOK
    return Kept(
        stand,
        Flow(*moved) if any(moved) else _STILL,
        unpacked(row[26]),
        unpacked(row[27]),
        begun + row[24] if stand.reads else _NEVER,
        begun + row[25] if stand.workers is not None else _NEVER,
    )


def put(base: sqlite3.Connection, statement: str, rows: Iterable[tuple[Any, ...]]) -> None:
    """Writes rows. Numbers too large for it, which only a stranger's data bring about, are the greatest it holds."""
    some = list(rows)
    try:
        base.executemany(statement, some)
    except OverflowError:
        base.executemany(statement, [tuple(map(_bounded, row)) for row in some])


def _bounded(value: Any) -> Any:
    return max(-GREATEST, min(GREATEST, value)) if isinstance(value, int) else value
