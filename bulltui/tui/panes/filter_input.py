"""The field of a filter."""

from typing import ClassVar

from textual.binding import Binding, BindingType
from textual.message import Message
from textual.widgets import Input

from bulltui.tui.panes.filter_box import FilterBox


class FilterInput(Input):
    """Gives the keys that move in a list back to the list."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape", "leave(True)", "clear", show=False, id="back"),
        Binding("enter,down", "leave(False)", "to the list", show=False, id="open"),
    ]

    class Left(Message):
        """Typing is over."""

    def action_leave(self, clear: bool) -> None:
        """Go to the list, with the filter or without."""
        if clear:
            if any(isinstance(box, FilterBox) and box.escaped() for box in self.ancestors):
                return
            self.value = ""
        self.post_message(self.Left())
