"""Columns of a table and how they share its width: pure arithmetic."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from bulltui.tui.widgets.cells import Align


@dataclass(frozen=True, slots=True)
class Column:
    """A column. With `width` it has that many cells; without, it takes a share (`flex`) of what the others leave.

    A flexible column never has less than `min` cells; rather than that, columns of the lowest `priority` are dropped
    (of equals, the rightmost first). The last one always stays. `max` 0 is no limit. `shorten` fits a text where it
    is not the end that may go.
    """

    key: str
    title: str = ""
    width: int = 0
    min: int = 6
    max: int = 0
    flex: int = 1
    align: Align = "left"
    priority: int = 10
    shorten: Callable[[str, int], str] | None = None

    @property
    def least(self) -> int:
        """The width under which the column is not worth drawing."""
        return self.width or self.min


@dataclass(frozen=True, slots=True)
class Placed:
    """A column on the screen: its number among all columns, where it starts and how wide it is."""

    index: int
    x: int
    width: int


def place(columns: Sequence[Column], width: int, gap: int = 1) -> tuple[Placed, ...]:
    """The columns that fit into `width` cells, from left to right, `gap` cells apart, together exactly as wide if any
    of them can grow."""
    shown = list(range(len(columns)))
    while len(shown) > 1 and sum(columns[i].least for i in shown) + gap * (len(shown) - 1) > width:
        shown.remove(min(shown, key=lambda i: (columns[i].priority, -i)))
    if not shown or width <= 0:
        return ()
    sizes = {i: columns[i].least for i in shown}
    _share(columns, sizes, width - sum(sizes.values()) - gap * (len(shown) - 1))
    placed = []
    x = 0
    for i in shown:
        placed.append(Placed(i, x, min(sizes[i], width - x)))
        x += sizes[i] + gap
    return tuple(placed)


def _share(columns: Sequence[Column], sizes: dict[int, int], spare: int) -> None:
    """Give the spare cells to the flexible columns by their weights, none above its maximum."""
    growing = [i for i in sizes if not columns[i].width and columns[i].flex > 0]
    while spare > 0 and growing:
        weight = sum(columns[i].flex for i in growing)
        given = 0
        for i in growing:
            part = max(1, spare * columns[i].flex // weight)
            if columns[i].max:
                part = min(part, columns[i].max - sizes[i])
            part = max(0, min(part, spare - given))
            sizes[i] += part
            given += part
        spare -= given
        growing = [i for i in growing if not columns[i].max or sizes[i] < columns[i].max]
        if not given:
            break
