"""The line one types a query in, with the searches of before."""

from collections.abc import Sequence
from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Horizontal
from textual.message import Message
from textual.widgets import Input, Static

SIGN_WIDTH = 3
"""Cells before the field."""


class QueryInput(Input):
    """Goes through the history, and gives the keys that lead elsewhere to the box."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape", "leave", "back", show=False, id="back"),
        Binding("up", "older(1)", "older", show=False),
        Binding("down", "older(-1)", "newer", show=False),
    ]

    class Left(Message):
        """Esc was pressed."""

    class Lower(Message):
        """Down was pressed at the newest: to the list."""

    history: Sequence[str] = ()
    """Searches of before, the newest first."""

    def __init__(self) -> None:
        super().__init__(placeholder="a text, an id or a query", compact=True, select_on_focus=False)
        self.cursor_blink = False
        self._place = -1
        self._own = ""

    def action_leave(self) -> None:
        """Go back."""
        self.post_message(self.Left())

    def action_older(self, step: int) -> None:
        """A search of before; behind the newest what was typed, then the list."""
        if step < 0 and self._place < 0:
            self.post_message(self.Lower())
            return
        if self._place < 0:
            self._own = self.value
        place = max(-1, min(len(self.history) - 1, self._place + step))
        if place != self._place:
            self._place = place
            self.value = self._own if place < 0 else self.history[place]
            self.cursor_position = len(self.value)

    def typed(self) -> None:
        """What stands there is a text of its own."""
        self._place = -1


class QueryBox(Horizontal):
    """A sign and the field."""

    DEFAULT_CSS = f"""
    QueryBox {{ height: 1; background: $surface; }}
    QueryBox > Static {{
        width: {SIGN_WIDTH}; color: $accent; text-style: bold; padding: 0 0 0 1; background: $surface;
    }}
    QueryBox > QueryInput {{ width: 1fr; height: 1; border: none; padding: 0; background: $surface; }}
    QueryBox > QueryInput:focus {{ border: none; background-tint: $foreground 0%; }}
    """

    def compose(self) -> ComposeResult:
        """Sign and field."""
        yield Static("⌕", markup=False)
        yield QueryInput()

    @property
    def field(self) -> QueryInput:
        """The field."""
        return self.query_one(QueryInput)
