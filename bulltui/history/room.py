"""How much a history may take: what its tiers no longer keep is dropped, and the oldest of the finest where it is still
too large. Some at a time, so that no write takes long, and a clock that was wrong for a moment costs little."""

import os
import sqlite3

from bulltui.history.laying import ends
from bulltui.history.tiers import (
    DAY,
    DAYS,
    HOUR,
    HOURS,
    MINUTES,
    NAME_TIERS,
    OFFSET_BITS,
    SERIES_BITS,
    TEN_SECONDS,
    TIERS,
    Tier,
)

_AT_ONCE = {TEN_SECONDS: 12, MINUTES: 60, HOURS: 24, DAYS: 30}
"""Steps that one write drops at most of a tier for their age."""
_GIVEN_UP = (
    *((TEN_SECONDS, HOUR), (MINUTES, DAY), (HOURS, 14 * DAY)),
    *((MINUTES, 6 * HOUR), (TEN_SECONDS, 0), (MINUTES, 0), (HOURS, 0), (DAYS, 0)),
)
"""Where there is no room the oldest is dropped of the first of these that has more than what shall stay of it."""
_ROUNDS = 4
"""So often one write gives up something for room."""
_FREE = 20
"""One of so many pages may lie empty in the file: they are taken by the next points."""
_VACUUM = 2048
"""Pages that one write gives back at most."""
_PAGE = 4096
_SPARE = 48 << 20
"""Bytes that are left for the log, which holds a whole block while it is laid anew."""
_LOG = 8 << 20
"""Bytes to which the log may grow before it is taken over into the file."""


def log_pages(max_bytes: int) -> int:
    """The pages of the log at which it is taken over into the file."""
    return min(_LOG, max_bytes // 16) // 2 // _PAGE


def _fits(base: sqlite3.Connection, max_bytes: int) -> bool:
    """Whether all of it, with what may lie empty and the log, is as small as it shall be."""
    return used_bytes(base) * (_FREE + 1) // _FREE + min(_SPARE, max_bytes // 4) <= max_bytes


def floor_ms(base: sqlite3.Connection, tier: Tier) -> int:
    """Up to which time a tier was dropped."""
    found = base.execute("SELECT value FROM meta WHERE key = ?", (f"floor_{tier.name}",)).fetchone()
    return int(found[0]) if found else 0


def drop(base: sqlite3.Connection, at_ms: int, max_bytes: int) -> None:
    """Drops what is too old at a time, and what there is no room for."""
    for tier in TIERS:
        oldest = first_step(base, tier)
        if oldest is not None:
            kept = tier.slot(at_ms - tier.keep_ms)
            _drop(base, tier, min(kept - kept % tier.drop, oldest - oldest % tier.drop + _AT_ONCE[tier]), oldest)
    for tier in NAME_TIERS:
        kept = tier.slot(at_ms - tier.keep_ms)
        oldest = base.execute(f"SELECT min(slot) FROM {tier.name}").fetchone()[0]
        if oldest is not None:
            _drop_names(base, tier, min(kept - kept % tier.drop, oldest + 1), oldest)
    for _ in range(_ROUNDS):
        if _fits(base, max_bytes) or not _give_up(base, at_ms):
            return


def used_bytes(base: sqlite3.Connection) -> int:
    """Bytes of the file that hold something."""
    pages, free, size = (_number(base, what) for what in ("page_count", "freelist_count", "page_size"))
    return (pages - free) * size


def settle(base: sqlite3.Connection) -> None:
    """Gives back what lies empty beyond what is soon taken again."""
    free = _number(base, "freelist_count")
    more = free - _number(base, "page_count") // _FREE
    if more > 0:
        base.executescript(f"PRAGMA incremental_vacuum({min(more, _VACUUM)})")  # `execute` would give back one page


def _number(base: sqlite3.Connection, pragma: str) -> int:
    return int(base.execute(f"PRAGMA {pragma}").fetchone()[0])


def first_step(base: sqlite3.Connection, tier: Tier) -> int | None:
    """The oldest step of a tier."""
    found = []
    place = base.execute(f"SELECT min(id) FROM open_{tier.name}").fetchone()[0]
    if place is not None:
        found.append(tier.slot_of_place(place))
    if tier.block:
        place = base.execute(f"SELECT min(id) FROM laid_{tier.name}").fetchone()[0]
        if place is not None:
            found.append((place >> OFFSET_BITS + SERIES_BITS) * tier.block)
    return min(found, default=None)


def _drop(base: sqlite3.Connection, tier: Tier, until: int, oldest: int) -> None:
    """Drops the steps before one, which begins a step of the next tier."""
    if until <= oldest:
        return
    base.execute(f"DELETE FROM open_{tier.name} WHERE id < ?", (tier.place(until, 0),))
    if tier.block:
        end = until // tier.block << SERIES_BITS + OFFSET_BITS
        base.execute(f"DELETE FROM laid_{tier.name} WHERE id < ?", (end,))
    floor = max(until * tier.step_ms, floor_ms(base, tier))
    base.execute("INSERT OR REPLACE INTO meta VALUES (?, ?)", (f"floor_{tier.name}", floor))


def _give_up(base: sqlite3.Connection, at_ms: int) -> bool:
    """Drops the oldest of what can be done without most easily; False where nothing is left."""
    for tier, stays_ms in _GIVEN_UP:
        oldest = first_step(base, tier)
        if oldest is None:
            continue
        until = oldest - oldest % tier.drop + (60 if tier is TEN_SECONDS else tier.drop)
        if until <= tier.slot(at_ms - stays_ms):
            _drop(base, tier, until, oldest)
            return True
        if tier is MINUTES and not stays_ms and _give_up_names(base):
            return True
    return False


def _give_up_names(base: sqlite3.Connection) -> bool:
    for tier in NAME_TIERS:
        oldest, newest = ends(base, tier.name, "slot")
        if oldest is not None and newest is not None and oldest < newest:
            _drop_names(base, tier, oldest + 1, oldest)
            return True
    return False


def _drop_names(base: sqlite3.Connection, tier: Tier, until: int, oldest: int) -> None:
    if until <= oldest:
        return
    base.execute(f"DELETE FROM {tier.name} WHERE slot < ?", (until,))
    floor = max(until * tier.step_ms, floor_ms(base, tier))
    base.execute("INSERT OR REPLACE INTO meta VALUES (?, ?)", (f"floor_{tier.name}", floor))


def forget(base: sqlite3.Connection) -> bool:
    """Forgets queues and names of which no point is left; whether there were any."""
    day = DAYS.slot(floor_ms(base, DAYS))
    if not day:
        return False
    gone = base.execute("SELECT id FROM series WHERE day < ? LIMIT 100", (day,)).fetchall()
    base.executemany("DELETE FROM series WHERE id = ?", gone)
    base.executemany("DELETE FROM cursor WHERE series = ?", gone)
    names = base.execute("DELETE FROM name WHERE id IN (SELECT id FROM name WHERE day < ? LIMIT 100)", (day,))
    return bool(gone or names.rowcount)


def file_bytes(path: "os.PathLike[str]") -> int:
    """Bytes of the file and its log."""
    return sum(os.stat(one).st_size for one in (path, f"{path}-wal") if os.path.exists(one))  # noqa: PTH110, PTH116
