"""Where a table's rows come from. A table asks for those it draws only: a million rows need no million objects."""

from collections.abc import Callable, Hashable, Sequence
from typing import Generic, Protocol, TypeVar

from bulltui.tui.widgets.cells import Cell

T = TypeVar("T")


class RowSource(Protocol):
    """Rows by their number. Derive from it to have `find`; a source that changes is given to the table anew."""

    def __len__(self) -> int:
        """How many rows there are, loaded or not."""
        ...

    def key(self, index: int) -> Hashable | None:
        """What names the row wherever it moves to; None while it is not loaded."""
        ...

    def cells(self, index: int) -> Sequence[Cell] | None:
        """One cell per column of the table; None while the row is not loaded. Equal cells are not painted again."""
        ...

    def find(self, key: Hashable, near: int) -> int | None:
        """The number of the row of `key`, looked for around `near` first; None if it is not known."""
        return find_near(self, key, near)


def find_near(source: RowSource, key: Hashable, near: int, reach: int = 1000) -> int | None:
    """Look for `key` up and down from `near`, at most `reach` rows far."""
    last = len(source) - 1
    for distance in range(reach + 1):
        low, high = near - distance, near + distance
        if 0 <= low <= last and source.key(low) == key:
            return low
        if distance and 0 <= high <= last and source.key(high) == key:
            return high
        if low < 0 and high > last:
            break
    return None


class ListSource(RowSource, Generic[T]):
    """Rows of a sequence of things; cells are made when a row is drawn, not before."""

    def __init__(self, items: Sequence[T], key: Callable[[T], Hashable], cells: Callable[[T], Sequence[Cell]]) -> None:
        self.items = items
        self._key = key
        self._cells = cells
        self._places: dict[Hashable, int] | None = None

    def __len__(self) -> int:
        return len(self.items)

    def key(self, index: int) -> Hashable:
        """The key of a row."""
        return self._key(self.items[index])

    def cells(self, index: int) -> Sequence[Cell]:
        """The cells of a row."""
        return self._cells(self.items[index])

    def find(self, key: Hashable, near: int) -> int | None:
        """The row of `key`: at `near` if nothing moved, else by an index made once."""
        if 0 <= near < len(self.items) and self.key(near) == key:
            return near
        if self._places is None:
            self._places = {self._key(item): place for place, item in enumerate(self.items)}
        return self._places.get(key)


class _NoRows(RowSource):
    def __len__(self) -> int:
        return 0

    def key(self, index: int) -> None:
        return None

    def cells(self, index: int) -> None:
        return None


NO_ROWS: RowSource = _NoRows()
