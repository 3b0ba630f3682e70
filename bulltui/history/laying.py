"""Where points lie: those of the running block of a tier by time, those of blocks that are over by queue.

Neighbours of a queue that say the same are one row there, with how many steps it spans: what stands idle costs nothing.
"""

import sqlite3
from collections.abc import Iterable, Iterator, Sequence
from typing import Any

from bulltui.domain.sketch import squeezed
from bulltui.history.rows import COLUMNS, put
from bulltui.history.tiers import OFFSET_BITS, SERIES_BITS, SERIES_MASK, TIERS, Tier

_READ = ", ".join(COLUMNS)
_VALUES = ", ".join("?" * (len(COLUMNS) + 2))
_BLOCK = 1 << OFFSET_BITS
_BETWEEN = 1 << OFFSET_BITS + SERIES_BITS
"""From the keys of a queue in a block to those in the next."""

Found = tuple[int, int, Sequence[Any]]
"""The number of a queue, a step, and the columns."""


def laid_until(base: sqlite3.Connection, tier: Tier) -> int:
    """The first step that lies by time."""
    if not tier.block:
        return 0
    found = base.execute("SELECT value FROM meta WHERE key = ?", (f"laid_{tier.name}",)).fetchone()
    return int(found[0]) if found else 0


def lay(base: sqlite3.Connection, at_ms: int) -> None:
    """Lays anew what is over at a time, and takes the time for it to make the sketches smaller."""
    for tier in TIERS:
        if not tier.block:
            continue
        slot = tier.slot(at_ms)
        until = slot - slot % tier.block
        known = laid_until(base, tier)
        if until <= known:
            continue
        first, end = tier.place(known, 0), tier.place(until, 0)
        rows = base.execute(
            f"SELECT id, {_READ} FROM open_{tier.name} WHERE id >= ? AND id < ? "
            f"ORDER BY (id >> {SERIES_BITS}) / {tier.block}, id & {SERIES_MASK}, id",
            (first, end),
        )
        base.executemany(f"INSERT OR REPLACE INTO laid_{tier.name} VALUES ({_VALUES})", _spanned(tier, rows))
        base.execute(f"DELETE FROM open_{tier.name} WHERE id >= ? AND id < ?", (first, end))
        base.execute("INSERT OR REPLACE INTO meta VALUES (?, ?)", (f"laid_{tier.name}", until))


def ends(base: sqlite3.Connection, table: str, key: str) -> tuple[int | None, int | None]:
    """The least key of a table and the greatest; each is looked up by itself, since both at once are looked for."""
    low, high = (base.execute(f"SELECT {which}({key}) FROM {table}").fetchone()[0] for which in ("min", "max"))
    return low, high


def _spanned(tier: Tier, rows: Iterable[Sequence[Any]]) -> Iterator[tuple[Any, ...]]:
    def said() -> Iterator[tuple[int, tuple[Any, ...]]]:
        for place, *columns in rows:
            *some, wait, run = columns
            laid = tier.laid_place(place >> SERIES_BITS, place & SERIES_MASK)
            yield laid, (*some, squeezed(wait), squeezed(run))

    return _spans(said())


def _spans(points: Iterable[tuple[int, tuple[Any, ...]]]) -> Iterator[tuple[Any, ...]]:
    """Rows, with neighbours that say the same in one."""
    begun, span, known = 0, 0, ()
    for place, columns in points:
        if span and place == begun + span and columns == known:
            span += 1
            continue
        if span:
            yield (begun, span, *known)
        begun, span, known = place, 1, columns
    if span:
        yield (begun, span, *known)


_FEW = 3
"""Beyond so many points of a queue in a block, all of it is laid anew."""


def put_laid(base: sqlite3.Connection, tier: Tier, points: Iterable[Found]) -> None:
    """Writes points of blocks that are over, each in the place of what is there."""
    blocks: dict[int, list[tuple[int, Sequence[Any]]]] = {}
    for series, slot, columns in points:
        place = tier.laid_place(slot, series)
        blocks.setdefault(place & -_BLOCK, []).append((place, columns))
    rows: list[tuple[Any, ...]] = []
    for begun, some in blocks.items():
        if len(some) > _FEW:
            rows += _laid_anew(base, tier, begun, dict(some))
            continue
        for place, columns in some:
            _divide(base, tier, begun, place)
            rows.append((place, 1, *columns))
    put(base, f"INSERT OR REPLACE INTO laid_{tier.name} VALUES ({_VALUES})", rows)


def _laid_anew(
    base: sqlite3.Connection, tier: Tier, begun: int, points: dict[int, Sequence[Any]]
) -> Iterator[tuple[Any, ...]]:
    """The rows of a queue in a block, with these points in it; those that are there are taken away."""
    bounds = begun, begun + _BLOCK
    known: dict[int, Sequence[Any]] = {}
    for place, span, *columns in base.execute(
        f"SELECT id, span, {_READ} FROM laid_{tier.name} WHERE id >= ? AND id < ?", bounds
    ):
        known.update(dict.fromkeys(range(place, place + span), columns))
    base.execute(f"DELETE FROM laid_{tier.name} WHERE id >= ? AND id < ?", bounds)
    return _spans((place, tuple(columns)) for place, columns in sorted({**known, **points}.items()))


def _divide(base: sqlite3.Connection, tier: Tier, begun: int, place: int) -> None:
    """Takes a step out of the row that spans it."""
    found = base.execute(
        f"SELECT id, span, {_READ} FROM laid_{tier.name} WHERE id >= ? AND id <= ? ORDER BY id DESC LIMIT 1",
        (begun, place),
    ).fetchone()
    if found is None or found[0] + found[1] <= place:
        return
    before, span, *same = found
    if before < place:
        base.execute(f"UPDATE laid_{tier.name} SET span = ? WHERE id = ?", (place - before, before))
    if before + span > place + 1:
        base.execute(
            f"INSERT OR REPLACE INTO laid_{tier.name} VALUES ({_VALUES})", (place + 1, before + span - place - 1, *same)
        )


def rows(
    base: sqlite3.Connection, tier: Tier, first: int, end: int, series: Iterable[int] | None, columns: str
) -> Iterator[Found]:
    """The points of steps from `first` up to `end`, of some queues or of all. Those of a queue come in their order."""
    until = min(max(laid_until(base, tier), first), end)
    if first < until:
        yield from _laid(base, tier, first, until, series, columns)
    if until < end:
        yield from _open(base, tier, until, end, series, columns)


def _laid(
    base: sqlite3.Connection, tier: Tier, first: int, end: int, series: Iterable[int] | None, columns: str
) -> Iterator[Found]:
    oldest, newest = ends(base, f"laid_{tier.name}", "id")
    if oldest is None or newest is None:
        return
    first, end = max(first, _block_of(tier, oldest)), min(end, _block_of(tier, newest) + tier.block)
    if first >= end:
        return
    begin, over = first // tier.block << SERIES_BITS, (end - 1) // tier.block + 1 << SERIES_BITS
    if series is None:
        asked: Iterable[tuple[int, ...]] = ((begin << OFFSET_BITS, over << OFFSET_BITS),)
        statement = f"SELECT id, span, {columns} FROM laid_{tier.name} WHERE id >= ? AND id < ?"
    else:
        asked = (((begin | number) << OFFSET_BITS, over << OFFSET_BITS) for number in series)
        statement = (
            f"WITH RECURSIVE step (i) AS (SELECT ?1 UNION ALL SELECT i + {_BETWEEN} FROM step"
            f" WHERE i + {_BETWEEN} < ?2) SELECT id, span, {columns} FROM step CROSS JOIN laid_{tier.name}"
            f" WHERE id >= step.i AND id < step.i + {_BLOCK}"
        )
    for bounds in asked:
        for place, span, *said in base.execute(statement, bounds):
            slot = tier.slot_of_laid(place)
            number = place >> OFFSET_BITS & SERIES_MASK
            for at in range(max(slot, first), min(slot + span, end)):
                yield number, at, said


def _block_of(tier: Tier, place: int) -> int:
    """The first step of the block of a key."""
    return (place >> OFFSET_BITS + SERIES_BITS) * tier.block


def _open(
    base: sqlite3.Connection, tier: Tier, first: int, end: int, series: Iterable[int] | None, columns: str
) -> Iterator[Found]:
    if series is None:
        found = base.execute(
            f"SELECT id, {columns} FROM open_{tier.name} WHERE id >= ? AND id < ?",
            (tier.place(first, 0), tier.place(end, 0)),
        )
        for place, *said in found:
            yield place & SERIES_MASK, place >> SERIES_BITS, said
        return
    between = 1 << SERIES_BITS
    oldest, newest = ends(base, f"open_{tier.name}", "id")
    if oldest is None or newest is None:
        return
    first, end = max(first, oldest >> SERIES_BITS), min(end, (newest >> SERIES_BITS) + 1)
    for number in series if first < end else ():
        found = base.execute(
            f"WITH RECURSIVE step (i) AS (SELECT ?1 UNION ALL SELECT i + {between} FROM step WHERE i + {between} < ?2)"
            f" SELECT id, {columns} FROM step CROSS JOIN open_{tier.name} WHERE id = step.i",
            (tier.place(first, number), tier.place(end, 0)),
        )
        for place, *said in found:
            yield number, place >> SERIES_BITS, said
