"""What a `LiveTable` says; each is also an attribute of it, for `@on(LiveTable.RowSelected, "#jobs")`."""

from collections.abc import Hashable
from typing import TYPE_CHECKING

from textual.message import Message

if TYPE_CHECKING:
    from bulltui.tui.widgets.live_table import LiveTable


class TableMessage(Message, namespace="live_table"):
    """A message of a table."""

    def __init__(self, table: "LiveTable") -> None:
        super().__init__()
        self.table = table

    @property
    def control(self) -> "LiveTable":
        """The table that sent it."""
        return self.table


class RowHighlighted(TableMessage, namespace="live_table"):
    """The cursor is on another row; only the last of a burst arrives. `key` is None for no row or one not loaded."""

    def __init__(self, table: "LiveTable", index: int, key: Hashable | None) -> None:
        super().__init__(table)
        self.index = index
        self.key = key

    def can_replace(self, message: Message) -> bool:
        """Whether the waiting `message` is out of date now."""
        return isinstance(message, RowHighlighted) and message.table is self.table


class RowSelected(TableMessage, namespace="live_table"):
    """Enter or a double click on a loaded row."""

    def __init__(self, table: "LiveTable", index: int, key: Hashable) -> None:
        super().__init__(table)
        self.index = index
        self.key = key


class HeaderClicked(TableMessage, namespace="live_table"):
    """A click on the title of a column."""

    def __init__(self, table: "LiveTable", column: str) -> None:
        super().__init__(table)
        self.column = column


class MarksChanged(TableMessage, namespace="live_table"):
    """The set of marked keys is another one."""

    def __init__(self, table: "LiveTable", marks: frozenset[Hashable]) -> None:
        super().__init__(table)
        self.marks = marks


class RowsNeeded(TableMessage, namespace="live_table"):
    """Rows in sight, or a screen away from it, are not loaded: from `start` up to, without, `end`.

    Asked again after each `update` that still lacks them.
    """

    def __init__(self, table: "LiveTable", start: int, end: int) -> None:
        super().__init__(table)
        self.start = start
        self.end = end

    def can_replace(self, message: Message) -> bool:
        """Whether the waiting `message` is out of date now."""
        return isinstance(message, RowsNeeded) and message.table is self.table
