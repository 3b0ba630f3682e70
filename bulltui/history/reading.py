"""What is read out of a history: the points of a chart, queues over a span, jobs by name."""

import math
import sqlite3
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence

from bulltui.domain.point import NAMES_A_QUEUE, OTHER_NAMES, UNKNOWN_NAME, OfName, Point, after, beside, part_of
from bulltui.domain.queue import QueueRef
from bulltui.domain.sketch import unpacked
from bulltui.history import laying, room
from bulltui.history.rows import COLUMNS, point_of
from bulltui.history.tiers import NAME_HOURS, NAME_TIERS, TEN_SECONDS, TIERS, Tier
from bulltui.history.writing import TOTAL, blob_of, text_of

_WITH_TIMINGS = ", ".join(COLUMNS)
_WITHOUT = ", ".join(COLUMNS[:-2])
Piece = tuple[Tier, int, int]
"""A tier, its first step, and the one behind the last."""


def points(
    base: sqlite3.Connection,
    refs: Sequence[QueueRef] | None,
    start_ms: int,
    end_ms: int,
    step_ms: int,
    *,
    timings: bool,
) -> list[Point | None]:
    """See HistoryStore. Steps are made of the coarsest tier that fits into them. Where it has nothing over a whole step
    of a coarser one, that one says it in equal parts."""
    steps = max(0, -(-(end_ms - start_ms) // step_ms))
    columns = _WITH_TIMINGS if timings else _WITHOUT
    numbers = [TOTAL] if refs is None else numbers_of(base, refs)
    each = [_series(base, number, start_ms, end_ms, step_ms, columns) for number in numbers]
    if len(each) == 1:
        return [each[0].get(step) for step in range(steps)]
    together: list[list[Point]] = [[] for _ in range(steps)]
    for one in each:
        for step, point in one.items():
            together[step].append(point)
    return [beside(some, start_ms + step * step_ms) if some else None for step, some in enumerate(together)]


def tier_for(start_ms: int, step_ms: int) -> Tier:
    """The coarsest tier of whose steps those that are asked for are made."""
    fitting = math.gcd(start_ms, step_ms)
    return next((tier for tier in reversed(TIERS) if fitting % tier.step_ms == 0), TEN_SECONDS)


def _series(
    base: sqlite3.Connection, number: int, start_ms: int, end_ms: int, step_ms: int, columns: str
) -> dict[int, Point]:
    tier = tier_for(start_ms, step_ms)
    first, end = tier.slot(start_ms), -(-end_ms // tier.step_ms)
    found: dict[int, Point] = {}
    if tier.step_ms == step_ms:
        for _, slot, row in laying.rows(base, tier, first, end, (number,), columns):
            found[slot - first] = point_of(row, slot * step_ms)
    elif tier.step_ms < step_ms:
        for step, some in _by_step(base, tier, number, first, end, start_ms, step_ms, columns):
            found[step] = some[0] if len(some) == 1 else after(some, start_ms + step * step_ms)
    else:
        _spread(laying.rows(base, tier, first, end, (number,), columns), tier, found, start_ms, end_ms, step_ms)
    for coarser in TIERS[TIERS.index(tier) + 1 :]:
        if coarser.step_ms % step_ms == 0:
            covered = {coarser.slot(start_ms + step * step_ms) for step in found}
            for hole in _holes(covered, coarser.slot(start_ms), -(-end_ms // coarser.step_ms)):
                rows = laying.rows(base, coarser, *hole, (number,), columns)
                _spread(rows, coarser, found, start_ms, end_ms, step_ms)
    return found


def _by_step(
    base: sqlite3.Connection, tier: Tier, number: int, first: int, end: int, start_ms: int, step_ms: int, columns: str
) -> Iterator[tuple[int, list[Point]]]:
    some: list[Point] = []
    now = -1
    for _, slot, row in laying.rows(base, tier, first, end, (number,), columns):
        step = (slot * tier.step_ms - start_ms) // step_ms
        if step != now and some:
            yield now, some
            some = []
        now = step
        some.append(point_of(row, start_ms + step * step_ms))
    if some:
        yield now, some


def _spread(
    rows: Iterable[laying.Found], tier: Tier, found: dict[int, Point], start_ms: int, end_ms: int, step_ms: int
) -> None:
    parts = max(1, tier.step_ms // step_ms)
    for _, slot, row in rows:
        begun = slot * tier.step_ms
        whole = point_of(row, begun)
        for part in range(parts):
            at = begun + part * step_ms
            if start_ms <= at < end_ms:
                found.setdefault((at - start_ms) // step_ms, part_of(whole, part, parts, at))


def _holes(covered: set[int], first: int, end: int) -> Iterator[tuple[int, int]]:
    """Where nothing is, as the first step and the one behind the last."""
    begun = None
    for slot in range(first, end):
        if slot in covered:
            if begun is not None:
                yield begun, slot
            begun = None
        elif begun is None:
            begun = slot
    if begun is not None:
        yield begun, end


def each(base: sqlite3.Connection, start_ms: int, end_ms: int, *, timings: bool) -> dict[QueueRef, Point]:
    """See HistoryStore. Whole days are read as such, then hours, minutes and steps at both ends; where these are no
    longer kept the span is that of what is."""
    known = _refs(base)
    some: dict[int, list[Point]] = defaultdict(list)
    columns = _WITH_TIMINGS if timings else _WITHOUT
    floors = {tier: room.floor_ms(base, tier) for tier in TIERS}
    for tier, first, end in pieces(start_ms, end_ms, TIERS, floors):
        for number, slot, row in laying.rows(base, tier, first, end, None, columns):
            if number in known:
                some[number].append(point_of(row, slot * tier.step_ms))
    return {known[number]: after(found, start_ms) for number, found in some.items()}


def pieces(start_ms: int, end_ms: int, tiers: Sequence[Tier], floors: dict[Tier, int]) -> Iterator[Piece]:
    """The steps that make up a span, as few as can be, in their order. `floors` is up to where a tier was dropped."""
    if start_ms >= end_ms:
        return
    *finer, tier = tiers
    first, end = -(-start_ms // tier.step_ms), end_ms // tier.step_ms
    if not finer or (first <= end and start_ms % tier.step_ms and start_ms < floors[finer[-1]]):
        first = start_ms // tier.step_ms
    if not finer or (first <= end and end_ms % tier.step_ms and end * tier.step_ms < floors[finer[-1]]):
        end = -(-end_ms // tier.step_ms)
    if first > end:  # all of it lies within one step
        if start_ms < floors[finer[-1]]:
            yield tier, start_ms // tier.step_ms, start_ms // tier.step_ms + 1
        else:
            yield from pieces(start_ms, end_ms, finer, floors)
        return
    yield from pieces(start_ms, first * tier.step_ms, finer, floors)
    if first < end:
        yield tier, first, end
    yield from pieces(end * tier.step_ms, end_ms, finer, floors)


def names(
    base: sqlite3.Connection, refs: Sequence[QueueRef] | None, start_ms: int, end_ms: int
) -> dict[tuple[QueueRef, str], OfName]:
    """See HistoryStore."""
    known = _refs(base)
    asked = None if refs is None else set(numbers_of(base, refs))
    found: dict[tuple[int, int], list[OfName]] = defaultdict(list)
    floors = {tier: room.floor_ms(base, tier) for tier in NAME_TIERS}
    hours = NAME_HOURS.step_ms
    for tier, first, end in pieces(start_ms // hours * hours, -(-end_ms // hours) * hours, NAME_TIERS, floors):
        rows = base.execute(
            f"SELECT series, name, completed, failed, wait, run FROM {tier.name} WHERE slot >= ? AND slot < ?",
            (first, end),
        )
        for series, name, completed, failed, wait, run in rows:
            if series in known and (asked is None or series in asked):
                found[series, name].append(OfName(completed, failed, unpacked(wait), unpacked(run)))
    texts = {number: text_of(text) for number, text in base.execute("SELECT id, text FROM name")}
    by_queue: dict[QueueRef, dict[str, OfName]] = defaultdict(dict)
    for (series, name), some in found.items():
        by_queue[known[series]][texts.get(name, OTHER_NAMES)] = _together(some)
    return {(ref, name): one for ref, some in by_queue.items() for name, one in _told_apart(some).items()}


def _together(some: Sequence[OfName]) -> OfName:
    whole = some[0]
    for one in some[1:]:
        whole += one
    return whole


def _told_apart(some: dict[str, OfName]) -> dict[str, OfName]:
    """The names with most jobs, and all others as one."""
    plain = (OTHER_NAMES, UNKNOWN_NAME)
    by_number = sorted((name for name in some if name not in plain), key=lambda name: -_jobs(some[name]))
    rest = by_number[NAMES_A_QUEUE:]
    if not rest:
        return some
    kept = {name: one for name, one in some.items() if name not in rest}
    kept[OTHER_NAMES] = _together([kept.get(OTHER_NAMES, OfName()), *(some[name] for name in rest)])
    return kept


def _jobs(one: OfName) -> int:
    return one.completed + one.failed


def cursors(base: sqlite3.Connection) -> dict[QueueRef, str]:
    """See HistoryStore."""
    known = _refs(base)
    rows = base.execute("SELECT series, place FROM cursor")
    return {known[series]: place for series, place in rows if series in known}


def ends(base: sqlite3.Connection) -> tuple[int | None, int | None]:
    """When the first point began, and the last one."""
    first = None
    for tier in TIERS:
        step = room.first_step(base, tier)
        if step is not None and (first is None or (step + 1) * tier.step_ms <= first):
            first = step * tier.step_ms
    last = None
    for tier in TIERS:
        place = base.execute(f"SELECT max(id) FROM open_{tier.name}").fetchone()[0]
        if place is not None:
            last = max(last or 0, tier.slot_of_place(place) * tier.step_ms)
    return first, last


def _refs(base: sqlite3.Connection) -> dict[int, QueueRef]:
    rows = base.execute("SELECT id, prefix, name FROM series")
    return {number: QueueRef(text_of(prefix), text_of(name)) for number, prefix, name in rows}


def numbers_of(base: sqlite3.Connection, refs: Iterable[QueueRef]) -> list[int]:
    """The numbers of those queues that the history knows."""
    found = []
    for ref in dict.fromkeys(refs):
        row = base.execute(
            "SELECT id FROM series WHERE prefix = ? AND name = ?", (blob_of(ref.prefix), blob_of(ref.name))
        ).fetchone()
        if row is not None:
            found.append(row[0])
    return found
