"""The line one types a filter in."""

from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Horizontal
from textual.message import Message
from textual.widgets import Input, Static


class FilterInput(Input):
    """Gives the keys that move in a list back to the list."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape", "leave(True)", "clear", show=False, id="back"),
        Binding("enter,down", "leave(False)", "to the list", show=False, id="open"),
    ]

    def action_leave(self, clear: bool) -> None:
        """Go to the list, with the filter or without."""
        if clear:
            self.value = ""
        self.post_message(FilterBox.Left(self.value))


class FilterBox(Horizontal):
    """`/` and the text. Not there while there is no filter and nobody types."""

    DEFAULT_CSS = """
    FilterBox { height: 1; display: none; background: $surface; }
    FilterBox.-on { display: block; }
    FilterBox > Static { width: 3; color: $accent; text-style: bold; padding: 0 0 0 1; background: $surface; }
    FilterBox > FilterInput { width: 1fr; height: 1; border: none; padding: 0; background: $surface; }
    FilterBox > FilterInput:focus { border: none; background-tint: $foreground 0%; }
    """

    class Changed(Message):
        """Another text."""

        def __init__(self, text: str) -> None:
            super().__init__()
            self.text = text

    class Left(Message):
        """Typing is over."""

        def __init__(self, text: str) -> None:
            super().__init__()
            self.text = text

    def compose(self) -> ComposeResult:
        """A sign and an input."""
        yield Static("/", markup=False)
        yield FilterInput(placeholder="part of a name, glob*, !without", compact=True, select_on_focus=False)

    @property
    def text(self) -> str:
        """What is typed."""
        return self.query_one(FilterInput).value

    def open(self) -> None:
        """Show it and type."""
        self.add_class("-on")
        field = self.query_one(FilterInput)
        field.cursor_blink = False
        field.focus()

    def clear(self) -> None:
        """No filter."""
        self.query_one(FilterInput).value = ""
        self.remove_class("-on")

    def on_input_changed(self, event: Input.Changed) -> None:
        """Filter as one types."""
        event.stop()
        self.post_message(self.Changed(event.value))

    def on_filter_box_left(self, event: Left) -> None:
        """Stay only if there is something to show."""
        self.set_class(bool(event.text.strip()), "-on")
