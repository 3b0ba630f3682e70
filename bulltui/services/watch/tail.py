"""Steps on their way to the history. Where they cannot be written for a while, because the disk is full, the newest are
kept in memory and written later."""

from collections import deque
from collections.abc import Mapping
from dataclasses import replace

from bulltui.domain.errors import BulltuiError
from bulltui.domain.point import OfName, Point
from bulltui.domain.queue import QueueRef
from bulltui.services.watch.protocols import STEP_MS, HistoryStore, Written

POINTS = 60_000
"""So many points are kept at most: ten minutes of 1,000 queues, and some 20 MB."""


class Tail:
    """Steps in their order."""

    def __init__(self) -> None:
        self._steps: deque[Written] = deque()
        self._points = 0
        self._why = ""
        self._lost = 0

    def add(self, written: Written) -> None:
        """One more step, for which the oldest may have to go."""
        self._steps.append(written)
        self._points += len(written.points)
        while self._points > POINTS and len(self._steps) > 1:
            self._points -= len(self._steps.popleft().points)
            self._lost += 1

    async def write(self, store: HistoryStore) -> None:
        """Writes as many as can be written."""
        while self._steps:
            first = self._steps[0]
            try:
                await store.write(first)
            except BulltuiError as error:
                self._why = f"{error.message} {error.hint}".strip()
                return
            if self._steps and self._steps[0] is first:
                self._steps.popleft()
                self._points -= len(first.points)
        self._why, self._lost = "", 0

    def clear(self) -> None:
        """Somebody else writes: what is here is read again by them, from where they are."""
        self._steps.clear()
        self._points, self._why, self._lost = 0, "", 0

    @property
    def problem(self) -> str:
        """A sentence while steps cannot be written, else empty."""
        if not self._why:
            return ""
        minutes = max(1, len(self._steps) * STEP_MS // 60_000)
        kept = f"The last {minutes} min of the history wait in memory"
        return f"{self._why} {kept}{', what came before is lost' if self._lost else ''}."

    def __len__(self) -> int:
        return len(self._steps)


def written(
    at_ms: int,
    points: Mapping[QueueRef, Point],
    names: Mapping[tuple[QueueRef, str], OfName],
    places: Mapping[QueueRef, str],
) -> Written:
    """A step as the history is given it, in which no server has a label."""
    return Written(
        at_ms,
        {bare(ref): point for ref, point in points.items()},
        {(bare(ref), name): one for (ref, name), one in names.items()},
        {bare(ref): place for ref, place in places.items()},
    )


def bare(ref: QueueRef) -> QueueRef:
    """The queue as its own server knows it."""
    return replace(ref, server="") if ref.server else ref
