"""What is written into a history: a step, or what is known of the time before, in one transaction each."""

import sqlite3
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from bulltui.domain.errors import BulltuiError
from bulltui.domain.point import (
    NAMES_A_QUEUE,
    OTHER_NAMES,
    UNKNOWN_NAME,
    OfName,
    Point,
    beside,
    stand_beside,
)
from bulltui.domain.queue import QueueRef
from bulltui.domain.sketch import merged, unpacked
from bulltui.history import laying, room
from bulltui.history.rows import COLUMNS, Kept, kept_from, kept_of, put, row_of
from bulltui.history.tiers import DAYS, HOURS, MINUTES, NAME_TIERS, SERIES_MASK, TIERS, Tier
from bulltui.services.watch.protocols import Written

TOTAL = 0
"""The number of all queues together."""
_READ = ", ".join(COLUMNS)
_VALUES = ", ".join("?" * (len(COLUMNS) + 1))
_PLAIN = (OTHER_NAMES, UNKNOWN_NAME)

Names = dict[tuple[int, int], OfName]


class Writer:
    """Writes through a connection that nobody else uses. What the running steps hold is kept at hand; a transaction
    that fails takes it back by forgetting it."""

    def __init__(self, base: sqlite3.Connection, max_bytes: int) -> None:
        self.base = base
        self._max_bytes = max_bytes
        self._last_ms: int | None = None
        self._forget()

    def _forget(self) -> None:
        self._series: dict[QueueRef, int] | None = None
        self._days: dict[int, int] = {}
        self._texts: dict[str, tuple[int, int]] = {}
        self._kept: dict[Tier, tuple[int, dict[int, Kept]]] = {}
        self._names: dict[Tier, tuple[int, Names]] = {}

    def write(self, written: Written) -> None:
        """See HistoryStore."""
        self._whole(lambda: self._write(written))
        room.settle(self.base)

    def fill(self, ref: QueueRef, points: Sequence[Point], step_ms: int, now_ms: int) -> None:
        """See HistoryStore. What would be dropped at once at `now_ms` is left out."""
        self._whole(lambda: self._fill(ref, points, step_ms, now_ms))
        for tier in TIERS:
            self._kept.pop(tier, None)

    def _whole(self, what: Any) -> None:
        base = self.base
        base.execute("BEGIN IMMEDIATE")
        try:
            what()
            base.execute("COMMIT")
        except BaseException:
            self._forget()
            if base.in_transaction:
                base.execute("ROLLBACK")
            raise

    # --- a step

    def _write(self, written: Written) -> None:
        at_ms = written.at_ms
        day = DAYS.slot(at_ms)
        adds = {self.number(ref, day): kept_of(point, at_ms) for ref, point in written.points.items() if point.known}
        if adds:
            adds[TOTAL] = kept_of(beside(written.points.values(), at_ms), at_ms)
            for tier in TIERS:
                self._add(tier, tier.slot(at_ms), adds)
        names = {(self.number(ref, day), name): one for (ref, name), one in written.names.items()}
        if names:
            for tier in NAME_TIERS:
                self.put_names(tier, tier.slot(at_ms), names, day)
        self.base.executemany(
            "INSERT OR REPLACE INTO cursor VALUES (?, ?)",
            [(self.number(ref, day), place) for ref, place in written.cursors.items()],
        )
        # What is over and what is too old goes by the last two steps: a clock may be wrong for a moment.
        sure_ms = at_ms if self._last_ms is None else min(at_ms, self._last_ms)
        self._last_ms = at_ms
        laying.lay(self.base, sure_ms)
        room.drop(self.base, sure_ms, self._max_bytes)
        if room.forget(self.base):
            self._forget()

    def _add(self, tier: Tier, slot: int, adds: Mapping[int, Kept]) -> None:
        laid = slot < laying.laid_until(self.base, tier)
        held = self._kept.get(tier)
        if held is None or held[0] != slot:
            series = adds if laid else None
            held = slot, {number: kept for number, _, kept in self._at(tier, slot, slot + 1, series)}
            self._kept[tier] = held
        elif laid:
            missing = [number for number in adds if number not in held[1]]
            held[1].update((number, kept) for number, _, kept in self._at(tier, slot, slot + 1, missing))
        kept = held[1]
        for number, add in adds.items():
            known = kept.setdefault(number, Kept())
            known.add(add)
        self.put(tier, ((number, slot, kept[number]) for number in adds))

    def _at(self, tier: Tier, first: int, end: int, series: Iterable[int] | None) -> Iterable[tuple[int, int, Kept]]:
        """Number, slot and what is kept there, of some queues or of all."""
        for number, slot, row in laying.rows(self.base, tier, first, end, series, _READ):
            yield number, slot, kept_from(row, slot * tier.step_ms)

    def put(self, tier: Tier, points: Iterable[tuple[int, int, Kept]]) -> None:
        """Writes points in the place of what is there: the number of a queue, the step, and what is kept of it."""
        opened: list[tuple[Any, ...]] = []
        laid: list[tuple[int, int, tuple[Any, ...]]] = []
        until = laying.laid_until(self.base, tier)
        for number, slot, kept in points:
            row = row_of(kept, slot * tier.step_ms)
            if slot < until:
                laid.append((number, slot, row))
            else:
                opened.append((tier.place(slot, number), *row))
        put(self.base, f"INSERT OR REPLACE INTO open_{tier.name} VALUES ({_VALUES})", opened)
        if laid:
            laying.put_laid(self.base, tier, laid)

    # --- jobs by name

    def put_names(self, tier: Tier, slot: int, adds: Mapping[tuple[int, str], OfName], day: int) -> None:
        """Adds jobs by the number of their queue and their name."""
        held = self._names.get(tier)
        if held is None or held[0] != slot:
            held = slot, self._names_at(tier, slot)
            self._names[tier] = held
        kept = held[1]
        told_apart: dict[int, int] = defaultdict(int)
        plain = [self._text(name, day) for name in _PLAIN]
        for series, text in kept:
            told_apart[series] += text not in plain
        changed: set[tuple[int, int]] = set()
        for (series, name), one in adds.items():
            key = series, self._text(name, day)
            if key not in kept and name not in _PLAIN:
                if told_apart[series] >= NAMES_A_QUEUE:
                    key = series, self._text(OTHER_NAMES, day)
                else:
                    told_apart[series] += 1
            before = kept.get(key)
            kept[key] = one if before is None else before + one
            changed.add(key)
        put(
            self.base,
            f"INSERT OR REPLACE INTO {tier.name} VALUES (?, ?, ?, ?, ?, ?, ?)",
            (
                (slot, *key, one.completed, one.failed, one.wait.packed() or None, one.run.packed() or None)
                for key in changed
                for one in (kept[key],)
            ),
        )

    def _names_at(self, tier: Tier, slot: int) -> Names:
        found = self.base.execute(
            f"SELECT series, name, completed, failed, wait, run FROM {tier.name} WHERE slot = ?", (slot,)
        )
        return {
            (series, name): OfName(completed, failed, unpacked(wait), unpacked(run))
            for series, name, completed, failed, wait, run in found
        }

    # --- the time before

    def _fill(self, ref: QueueRef, points: Sequence[Point], step_ms: int, now_ms: int) -> None:
        of_step = MINUTES if step_ms == MINUTES.step_ms else HOURS
        some = [point for point in points if point.known and point.at_ms >= 0]
        if not some:
            return
        laying.lay(self.base, now_ms)
        start, end = some[0].at_ms, max(point.at_ms for point in some) + step_ms
        number = self.number(ref, DAYS.slot(end))
        tiers = TIERS[TIERS.index(of_step) :]
        there = {
            tier: {slot for _, slot, _ in self._at(tier, tier.slot(start), tier.slot(end - 1) + 1, (number,))}
            for tier in tiers
        }
        since = {tier: max(now_ms - tier.keep_ms, room.floor_ms(self.base, tier)) for tier in tiers}
        adds: dict[Tier, dict[int, Kept]] = {tier: {} for tier in tiers}
        for point in some:
            # Where steps as fine as these are no longer kept, coarser ones say whether there is anything.
            judge = next((tier for tier in tiers if point.at_ms >= since[tier]), None)
            if judge is None or judge.slot(point.at_ms) in there[judge]:
                continue
            for tier in tiers:
                if point.at_ms >= since[tier]:
                    slot = tier.slot(point.at_ms)
                    adds[tier].setdefault(slot, Kept()).add(kept_of(point, point.at_ms))
        for tier, slots in adds.items():
            if slots:
                self._fill_tier(tier, number, slots)

    def _fill_tier(self, tier: Tier, number: int, slots: Mapping[int, Kept]) -> None:
        first, end = min(slots), max(slots) + 1
        known: dict[int, dict[int, Kept]] = {number: {}, TOTAL: {}}
        for series, slot, kept in self._at(tier, first, end, (number, TOTAL)):
            known[series][slot] = kept
        points = []
        for slot, add in slots.items():
            own = known[number].setdefault(slot, Kept())
            own.add(add)
            points.append((number, slot, own))
            total = known[TOTAL].get(slot, Kept())
            points.append((TOTAL, slot, _beside(total, add)))
        self.put(tier, points)

    # --- numbers

    def number(self, ref: QueueRef, day: int) -> int:
        """The number of a queue that was seen on a day."""
        if self._series is None:
            self._series = {}
            for number, prefix, name, last in self.base.execute("SELECT id, prefix, name, day FROM series"):
                self._series[QueueRef(text_of(prefix), text_of(name))] = number
                self._days[number] = last
        number = self._series.get(ref, 0)
        if not number:
            number = self._next("series")
            if number > SERIES_MASK:
                raise BulltuiError("There are more queues than a history can tell apart.", code="too-many")
            self.base.execute(
                "INSERT INTO series VALUES (?, ?, ?, ?)", (number, blob_of(ref.prefix), blob_of(ref.name), day)
            )
            self._series[ref], self._days[number] = number, day
        elif self._days[number] < day:
            self.base.execute("UPDATE series SET day = ? WHERE id = ?", (day, number))
            self._days[number] = day
        return number

    def _text(self, name: str, day: int) -> int:
        number, last = self._texts.get(name, (0, 0))
        if not number or last < day:
            found = self.base.execute("SELECT id FROM name WHERE text = ?", (blob_of(name),)).fetchone()
            if found is None:
                number = self._next("names")
                self.base.execute("INSERT INTO name VALUES (?, ?, ?)", (number, blob_of(name), day))
            else:
                number = found[0]
                self.base.execute("UPDATE name SET day = max(day, ?) WHERE id = ?", (day, number))
            if len(self._texts) > 100_000:
                self._texts.clear()
            self._texts[name] = number, day
        return number

    def _next(self, what: str) -> int:
        number = int(self.base.execute("SELECT value FROM meta WHERE key = ?", (what,)).fetchone()[0])
        self.base.execute("UPDATE meta SET value = ? WHERE key = ?", (number + 1, what))
        return number


def _beside(one: Kept, other: Kept) -> Kept:
    return Kept(
        stand_beside(one.stand, other.stand),
        one.flow + other.flow,
        merged((one.wait, other.wait)),
        merged((one.run, other.run)),
        max(one.looked, other.looked),
        max(one.counted, other.counted),
    )


def blob_of(text: str) -> bytes:
    """The bytes of any text, also of one that is no UTF-8."""
    return text.encode("utf-8", "surrogatepass")


def text_of(content: bytes) -> str:
    """The text again."""
    return bytes(content).decode("utf-8", "surrogatepass")
