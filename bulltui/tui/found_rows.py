"""Jobs that were found as rows of a table, in an order that a person chooses."""

from collections.abc import Callable, Hashable, Sequence
from typing import Any

from bulltui.domain.flow import JobRef
from bulltui.services.search import Match
from bulltui.tui.present import found
from bulltui.tui.widgets.cells import Cell
from bulltui.tui.widgets.rows import RowSource

_NEVER = -1
ORDERS: dict[str, tuple[Callable[[Match], Any], bool]] = {
    "when": (lambda match: match.at_ms or _NEVER, True),
    "queue": (lambda match: match.ref, False),
    "state": (lambda match: match.job.state.value, False),
    "name": (lambda match: match.job.name, False),
    "tries": (lambda match: match.job.attempts_made, True),
    "text": (lambda match: match.job.failed_reason or match.job.data_preview, False),
}
"""What each column is sorted by, and whether downwards at first."""


def which(match: Match) -> JobRef:
    """The job of a match."""
    return JobRef(match.ref, match.job.id)


def ordered(matches: Sequence[Match], sort: tuple[str, bool] | None) -> Sequence[Match]:
    """In the order of a column, else as they were found. What is alike stays as it was found."""
    if sort is None:
        return tuple(matches)
    column, downwards = sort
    return sorted(matches, key=ORDERS[column][0], reverse=downwards)


class FoundRows(RowSource):
    """Matches by their places. `needles` are the texts that were looked for, shown where they stand."""

    def __init__(
        self, matches: Sequence[Match], now_ms: int, *, queues: bool, states: bool, needles: Sequence[str] = ()
    ) -> None:
        self.matches = matches
        self._now_ms = now_ms
        self._queues = queues
        self._states = states
        self._needles = needles
        self._places: dict[Hashable, int] | None = None

    def __len__(self) -> int:
        return len(self.matches)

    def key(self, index: int) -> Hashable:
        """Which job."""
        return which(self.matches[index])

    def cells(self, index: int) -> tuple[Cell, ...]:
        """Its cells."""
        return found.cells(
            self.matches[index], self._now_ms, queues=self._queues, states=self._states, needles=self._needles
        )

    def find(self, key: Hashable, near: int) -> int | None:
        """Where a job stands now."""
        if 0 <= near < len(self.matches) and self.key(near) == key:
            return near
        if self._places is None:
            self._places = {which(match): place for place, match in enumerate(self.matches)}
        return self._places.get(key)
