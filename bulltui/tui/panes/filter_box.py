"""The line one types a filter in."""

from typing import TYPE_CHECKING, cast

from textual.app import ComposeResult
from textual.containers import Horizontal
from textual.message import Message
from textual.widgets import Static

if TYPE_CHECKING:
    from textual.widgets import Input

    from bulltui.tui.panes.filter_input import FilterInput


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

    def __init__(self, wanted: str = "part of a name, glob*, !without") -> None:
        super().__init__()
        self._wanted = wanted

    def compose(self) -> ComposeResult:
        """A sign; the field comes when it is wanted."""
        yield Static("/", markup=False)

    @property
    def _field(self) -> "FilterInput | None":
        found = self.query("FilterInput")
        return cast("FilterInput", found.first()) if found else None

    def open(self) -> None:
        """Show it and type."""
        self.add_class("-on")
        field = self._field
        if field is None:
            from bulltui.tui.panes.filter_input import FilterInput

            field = FilterInput(placeholder=self._wanted, compact=True, select_on_focus=False)
            field.cursor_blink = False
            self.mount(field)
        field.focus()

    def clear(self) -> None:
        """No filter."""
        if (field := self._field) is not None:
            field.value = ""
        self.remove_class("-on")

    def on_input_changed(self, event: "Input.Changed") -> None:
        """Filter as one types."""
        event.stop()
        self.post_message(self.Changed(event.value))

    def on_filter_input_left(self) -> None:
        """Stay only if there is something to show."""
        field = self._field
        self.set_class(field is not None and bool(field.value.strip()), "-on")
        self.post_message(self.Left())
