"""The last hour of each queue in memory: in steps of ten seconds for five minutes, in minutes before.

What does not change is kept once, however long, so a queue that stands still costs next to nothing. What does is kept
as bytes: a step of a busy queue takes about 250 of them, its hour 20 kB.
"""

import struct
from array import array
from bisect import bisect_right
from collections.abc import Callable, Iterable
from dataclasses import fields, replace
from operator import attrgetter

from bulltui.domain.point import Flow, Point, Stand, after
from bulltui.domain.queue import QueueRef
from bulltui.domain.sketch import unpacked
from bulltui.services.protocols import Clock
from bulltui.services.watch.gathered import Gathered
from bulltui.services.watch.protocols import STEP_MS

FINE_MS = 300_000
HOUR_MS = 3_600_000
_MINUTE_MS = 60_000
_NO_FLOW = Flow()

Live = Callable[[QueueRef, int], Iterable[tuple[int, Gathered]]]
"""What moved through a queue from a moment on (epoch ms) in steps that are not over yet."""


def _nothing(ref: QueueRef, since_ms: int) -> Iterable[tuple[int, Gathered]]:
    return ()


class _Lane:
    """The steps of a queue, the oldest first: when each begins and ends (epoch ms), how often what is in it came, and
    that, packed. In none that ends after `moved_ms` did anything move."""

    __slots__ = ("ends", "known", "moved_ms", "packs", "starts", "still", "tidied_ms", "times")

    def __init__(self) -> None:
        self.starts = array("q")
        self.ends = array("q")
        self.times = array("l")
        self.packs: list[bytes] = []
        self.known: dict[int, Point] = {}
        self.moved_ms = 0
        self.tidied_ms = 0
        self.still: Stand | None = None

    def add(self, point: Point, width_ms: int = STEP_MS) -> None:
        start, end = point.at_ms, point.at_ms + width_ms
        self.known.clear()
        moved = bool(point.flow or point.wait or point.run)
        if self.still is point.stand and not moved and self.packs and self.ends[-1] == start:
            self._last_again(end)
            return
        self.still = None if moved else point.stand
        if moved:
            self.moved_ms = max(self.moved_ms, end)
        pack = _packed(point)
        at = bisect_right(self.starts, start) - 1
        if at >= 0 and start < self.ends[at]:
            self._add_within(at, point, end)
        elif at >= 0 and at == len(self.packs) - 1 and self.ends[at] == start and not moved and self.packs[at] == pack:
            self._last_again(end)
            return
        else:
            self._insert(at + 1, start, end, 1, pack)
        if self.tidied_ms + _MINUTE_MS <= start:
            self.tidied_ms = start
            self._tidy(start)

    def _last_again(self, end: int) -> None:
        """Nothing moved, and the queue stands as it did."""
        self.ends[-1] = end
        self.times[-1] += 1
        if end - self.tidied_ms > 2 * HOUR_MS:
            self.tidied_ms = end
            self._tidy(end)

    def _add_within(self, at: int, point: Point, end: int) -> None:
        """More of a time of which something is known."""
        start, until, times = self.starts[at], self.ends[at], self.times[at]
        if times == 1:
            self.packs[at] = _packed(after((_unpacked(self.packs[at], start), point), start))
            self._moved_in(start, until)
            return
        each = (until - start) // times
        place = (point.at_ms - start) // each
        pack, cut = self.packs[at], start + place * each
        self._delete(at, at + 1)
        pieces = [
            (start, cut, place, pack),
            (cut, cut + each, 1, _packed(after((_unpacked(pack, cut), point), cut))),
            (cut + each, until, times - place - 1, pack),
        ]
        for piece in reversed([one for one in pieces if one[2]]):
            self._insert(at, *piece)
        self._moved_in(cut, cut + each)

    def _moved_in(self, start: int, end: int) -> None:
        """An entry that had the last that moved may end later now."""
        if start < self.moved_ms:
            self.moved_ms = max(self.moved_ms, end)

    def _insert(self, at: int, start: int, end: int, times: int, pack: bytes) -> None:
        self.starts.insert(at, start)
        self.ends.insert(at, end)
        self.times.insert(at, times)
        self.packs.insert(at, pack)

    def _delete(self, start: int, end: int) -> None:
        del self.starts[start:end], self.ends[start:end], self.times[start:end], self.packs[start:end]

    def _tidy(self, now_ms: int) -> None:
        """Drops what is older than an hour, and puts together what is older than five minutes."""
        gone = sum(1 for end in self.ends if end <= now_ms - HOUR_MS)
        self._delete(0, gone)
        at = 0
        while at < len(self.packs) and self.ends[at] <= now_ms - FINE_MS - _MINUTE_MS:
            minute = self.starts[at] // _MINUTE_MS
            until = at
            while (
                until < len(self.packs)
                and self.starts[until] // _MINUTE_MS == minute
                and (self.ends[until] - 1) // _MINUTE_MS == minute
            ):
                until += 1
            if until - at > 1:
                start, end = self.starts[at], self.ends[until - 1]
                merged = _packed(after((self._point(place, 0) for place in range(at, until)), start))
                self._delete(at, until)
                self._insert(at, start, end, 1, merged)
                self._moved_in(start, end)
            at += 1

    def _point(self, at: int, since_ms: int) -> Point:
        """What is in an entry, as often as it came since then."""
        point, times = _unpacked(self.packs[at], self.starts[at]), self.times[at]
        if times > 1 and self.starts[at] < since_ms:
            times = max(1, (self.ends[at] - since_ms) // STEP_MS)
        if times == 1:
            return point
        stand = point.stand
        return replace(
            point,
            stand=replace(
                stand,
                reads=stand.reads * times,
                paused=stand.paused * times,
                limited=stand.limited * times,
                saturated=stand.saturated * times,
            ),
        )

    def since(self, since_ms: int) -> Point:
        """What is known from then on."""
        found = self.known.get(since_ms)
        if found is None:
            first = bisect_right(self.ends, since_ms)
            found = after((self._point(at, since_ms) for at in range(first, len(self.packs))), since_ms)
            self.known[since_ms] = found
        return found

    def flow_since(self, since_ms: int) -> Flow:
        """What moved from then on: nothing does in what came more than once."""
        if self.moved_ms <= since_ms:
            return _NO_FLOW
        first = bisect_right(self.ends, since_ms)
        flows = [_FLOW_AT.unpack_from(pack) for pack in self.packs[first:]]
        return Flow(*map(sum, zip(*flows, strict=True))) if flows else Flow()


class Windows:
    """See `protocols.Recent`. The point that `over` gives says in `at_ms` when its span really begins: at the step
    whose beginning is nearest to what was asked for."""

    def __init__(self, clock: Clock, live: Live = _nothing) -> None:
        self._clock = clock
        self._live = live
        self._lanes: dict[QueueRef | None, _Lane] = {}

    def add(self, ref: QueueRef | None, point: Point, width_ms: int = STEP_MS) -> None:
        """A step that is over, of a queue or of all (None); what comes later to a step is added to it."""
        if point.at_ms + width_ms <= self._clock.now_ms() - HOUR_MS:
            return
        lane = self._lanes.get(ref)
        if lane is None:
            lane = self._lanes[ref] = _Lane()
        lane.add(point, width_ms)

    def over(self, ref: QueueRef | None, seconds: float) -> Point:
        """See Recent."""
        begin = self._begin(seconds)
        lane = self._lanes.get(ref)
        known = lane.since(begin) if lane else Point(begin)
        live = [found.point(at) for at, found in self._live(ref, begin)] if ref is not None else ()
        return after((known, *live), begin) if live else known

    def flow(self, ref: QueueRef | None, seconds: float) -> Flow:
        """See Recent."""
        begin = self._begin(seconds)
        lane = self._lanes.get(ref)
        known = lane.flow_since(begin) if lane else Flow()
        return sum((found.flow() for _, found in self._live(ref, begin)), known) if ref is not None else known

    def still(self, ref: QueueRef, seconds: float) -> bool:
        """See Recent."""
        begin = self._begin(seconds)
        lane = self._lanes.get(ref)
        return (lane is None or lane.moved_ms <= begin) and not any(True for _ in self._live(ref, begin))

    def _begin(self, seconds: float) -> int:
        begin = self._clock.now_ms() - int(min(seconds * 1000, HOUR_MS)) + STEP_MS // 2
        return begin - begin % STEP_MS

    def covers(self, ref: QueueRef | None) -> float:
        """See Recent."""
        lane = self._lanes.get(ref)
        if lane is None or not lane.packs:
            return 0.0
        return max(0.0, min(HOUR_MS, self._clock.now_ms() - lane.starts[0]) / 1000)

    def forget(self, ref: QueueRef) -> None:
        """The queue is gone."""
        self._lanes.pop(ref, None)

    def clear(self) -> None:
        """Forgets everything."""
        self._lanes.clear()


_STAND = attrgetter(*(field.name for field in fields(Stand)))
_FLOW = attrgetter(*(field.name for field in fields(Flow)))
_STANDS, _FLOWS = len(fields(Stand)), len(fields(Flow))
_HEAD = struct.Struct(f"<{_STANDS + _FLOWS + 1}I")
_FLOW_AT = struct.Struct(f"<{_STANDS * 4}x{_FLOWS}I")
_UNKNOWN = 2**32 - 1
"""Stands for None; a greater number counts as one less."""


def _packed(point: Point) -> bytes:
    wait = point.wait.packed()
    numbers = (*_STAND(point.stand), *_FLOW(point.flow), len(wait))
    try:
        head = _HEAD.pack(*numbers)
    except struct.error:
        head = _HEAD.pack(*(_UNKNOWN if one is None else min(one, _UNKNOWN - 1) for one in numbers))
    return head + wait + point.run.packed()


def _unpacked(pack: bytes, at_ms: int) -> Point:
    numbers = [None if one == _UNKNOWN else one for one in _HEAD.unpack_from(pack)]
    stand, flow = Stand(*numbers[:_STANDS]), Flow(*numbers[_STANDS:-1])  # type: ignore[arg-type]  # as they were packed
    middle = _HEAD.size + (numbers[-1] or 0)
    return Point(at_ms, stand, flow, unpacked(pack[_HEAD.size : middle]), unpacked(pack[middle:]))
