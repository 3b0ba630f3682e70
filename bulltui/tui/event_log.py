"""What was told lately, within bounds: all of it, what fits a filter, and how much of each kind a second."""

import asyncio
from bisect import bisect_left
from collections import Counter, deque
from collections.abc import Hashable, Iterable, Sequence

from bulltui.domain.event import Event
from bulltui.domain.event_words import FAILURES
from bulltui.services.follow import Told
from bulltui.tui.present.events import cells, fits, words_of
from bulltui.tui.widgets.cells import Cell
from bulltui.tui.widgets.rows import RowSource

KEPT = 10_000
"""How many of the newest lines are kept."""
_SLACK = 1_000  # lines more than that before the oldest go: a list is cut at its start only now and then
_SLICE = 1_000  # lines that are looked through at once
_RATE_S = 5


class Line:
    """A line with its number, by which it is known wherever it stands."""

    __slots__ = ("_words", "number", "told")

    def __init__(self, number: int, told: Told) -> None:
        self.number = number
        self.told = told
        self._words = ""

    @property
    def words(self) -> str:
        """What a filter looks through."""
        if not self._words:
            self._words = words_of(self.told)
        return self._words

    @property
    def fails(self) -> bool:
        """Whether it tells of a failure."""
        return isinstance(self.told, Event) and self.told.kind in FAILURES


class EventRows(RowSource):
    """Lines as rows of a table."""

    def __init__(self, lines: Sequence[Line], *, queues: bool = True) -> None:
        self.lines = lines
        self._queues = queues

    def __len__(self) -> int:
        return len(self.lines)

    def key(self, index: int) -> Hashable:
        """The number of the line."""
        return self.lines[index].number

    def cells(self, index: int) -> tuple[Cell, ...]:
        """Its cells."""
        return cells(self.lines[index].told, queues=self._queues)

    def find(self, key: Hashable, near: int) -> int | None:
        """Where the line is, if it is still there."""
        if not isinstance(key, int):
            return None
        place = bisect_left(self.lines, key, key=lambda line: line.number)
        return place if place < len(self.lines) and self.lines[place].number == key else None

    def failure(self, start: int, step: int) -> int | None:
        """The place of the next failure from `start`, that one left out."""
        place = start + step
        while 0 <= place < len(self.lines):
            if self.lines[place].fails:
                return place
            place += step
        return None


class EventLog:
    """The newest lines. What fits the filter is found anew, bit by bit, when that is another one."""

    def __init__(self, kept: int = KEPT) -> None:
        self._kept = kept
        self._lines: list[Line] = []
        self._shown: list[Line] = []
        self._next = 0
        self._words: tuple[str, ...] = ()
        self._search: object | None = None
        self._rates: deque[tuple[int, Counter[str]]] = deque()

    @property
    def total(self) -> int:
        """How many lines there ever were."""
        return self._next

    @property
    def kept(self) -> int:
        """How many lines there are."""
        return len(self._lines)

    @property
    def filtered(self) -> bool:
        """Whether there is a filter."""
        return bool(self._words)

    def rows(self, *, queues: bool = True) -> EventRows:
        """What fits the filter now; `queues` for lines that say of which queue they are."""
        return EventRows(tuple(self._shown), queues=queues)

    def add(self, told: Iterable[Told], now_s: float, *, past: bool = False) -> int | None:
        """Adds lines at the end; the number of the first that tells of a failure and fits the filter. What is `past`
        does not count as events of now."""
        second = int(now_s)
        if not self._rates or self._rates[-1][0] != second:
            self._rates.append((second, Counter()))
            self._forget(second)
        counter = self._rates[-1][1]
        failed: int | None = None
        for one in told:
            line = Line(self._next, one)
            self._next += 1
            self._lines.append(line)
            if isinstance(one, Event) and not past:
                counter[one.kind] += 1
            if self._search is None and (not self._words or fits(self._words, line.words)):
                self._shown.append(line)
                if failed is None and line.fails:
                    failed = line.number
        self._trim()
        return failed

    def rates(self, now_s: float) -> dict[str, float]:
        """Events a second by kind, over the last whole seconds."""
        second = int(now_s)
        self._forget(second)
        total: Counter[str] = Counter()
        for at, counter in self._rates:
            if at < second:
                total.update(counter)
        return {kind: count / _RATE_S for kind, count in total.items()}

    def _forget(self, second: int) -> None:
        while self._rates and self._rates[0][0] < second - _RATE_S:
            self._rates.popleft()

    def _trim(self) -> None:
        if len(self._lines) > self._kept + _SLACK:
            del self._lines[: len(self._lines) - self._kept]
            first = self._lines[0].number
            if self._shown and self._shown[0].number < first:
                del self._shown[: bisect_left(self._shown, first, key=lambda line: line.number)]

    async def filter(self, text: str) -> None:
        """Has another filter from now on; done when all lines were looked through, or when there is one newer still."""
        words = self._words = tuple(text.lower().split())
        search = self._search = object()
        found: list[Line] = []
        number = 0
        while self._search is search:
            start = bisect_left(self._lines, number, key=lambda line: line.number)
            some = self._lines[start : start + _SLICE]
            if not some:
                self._shown, self._search = found, None
                return
            found += (line for line in some if fits(words, line.words)) if words else some
            number = some[-1].number + 1
            await asyncio.sleep(0)
