"""The line one types a filter or a query in, and what is said below it: a hint, or what is wrong and where."""

from collections.abc import Callable, Sequence
from typing import cast

from textual.app import ComposeResult
from textual.containers import Horizontal, Vertical
from textual.message import Message
from textual.widgets import Input, Static

from bulltui.domain.query.query import QueryError
from bulltui.tui.panes.lines import Lines
from bulltui.tui.present.asking import wrong
from bulltui.tui.present.prose import prose
from bulltui.tui.widgets.cells import Cell

SIGN_WIDTH = 3
"""Cells before the field."""


class FilterBox(Vertical):
    """`/` and the text. Not there while there is no filter and nobody types.

    Esc first asks `stop`, which may end what runs: only when that ends nothing, the text goes. `hint` is said while the
    field is empty.
    """

    DEFAULT_CSS = f"""
    FilterBox {{ height: auto; display: none; background: $surface; }}
    FilterBox.-on {{ display: block; }}
    FilterBox > Horizontal {{ height: 1; }}
    FilterBox Static {{
        width: {SIGN_WIDTH}; color: $accent; text-style: bold; padding: 0 0 0 1; background: $surface;
    }}
    FilterBox FilterInput {{ width: 1fr; height: 1; border: none; padding: 0; background: $surface; }}
    FilterBox FilterInput:focus {{ border: none; background-tint: $foreground 0%; }}
    FilterBox > Lines {{ background: $surface; }}
    """

    class Changed(Message):
        """Another text."""

        def __init__(self, text: str) -> None:
            super().__init__()
            self.text = text

    class Left(Message):
        """Typing is over."""

    def __init__(
        self,
        wanted: str = "part of a name, glob*, !without",
        *,
        hint: str = "",
        stop: Callable[[], bool] = lambda: False,
        sign: str = "/",
    ) -> None:
        super().__init__()
        self._wanted = wanted
        self._hint = hint
        self._stop = stop
        self._sign = sign
        self._field: Input | None = None

    def compose(self) -> ComposeResult:
        """A sign; the field comes when it is wanted."""
        with Horizontal():
            yield Static(self._sign, markup=False)
        yield Lines()

    @property
    def text(self) -> str:
        """What is typed."""
        field = self._field
        return "" if field is None else field.value

    @property
    def typing(self) -> bool:
        """Whether one types in it."""
        field = self._field
        return field is not None and field.has_focus

    def open(self) -> None:
        """Show it and type."""
        self.add_class("-on")
        field = self._field
        if field is None:
            from bulltui.tui.panes.filter_input import FilterInput

            self._field = field = FilterInput(placeholder=self._wanted, compact=True, select_on_focus=False)
            field.cursor_blink = False
            self.query_one(Horizontal).mount(field)
        field.focus()
        if not field.value:
            # Its width is known once it is shown.
            self.call_after_refresh(self._show_hint)

    def fill(self, text: str) -> None:
        """Put another text in; it is told as if typed."""
        if (field := self._field) is not None:
            field.value = text
            field.cursor_position = len(text)

    def clear(self) -> None:
        """No filter."""
        if (field := self._field) is not None:
            field.value = ""
        self.remove_class("-on")

    # --- what is said

    def say(self, error: QueryError | None) -> None:
        """What is wrong, with its place marked below the text; None where nothing is."""
        if error is not None:
            field = cast("Input", self._field)
            self._say(wrong(error, max(20, self.size.width), SIGN_WIDTH - field.scroll_offset.x))
        elif self.text or not self.typing:
            self._say([])
        else:
            self._show_hint()

    def _show_hint(self) -> None:
        if not self.text and self.has_class("-on"):
            self._say(prose(self._hint, "dim", max(20, self.size.width)) if self._hint else [])

    def _say(self, lines: Sequence[Cell]) -> None:
        self.query_one(Lines).show(lines)

    # --- what the field says

    def on_input_changed(self, event: Input.Changed) -> None:
        """Filter as one types."""
        event.stop()
        self.say(None)
        self.post_message(self.Changed(event.value))

    def escaped(self) -> bool:
        """Esc in the field: whether it only ended something."""
        return self._stop()

    def on_filter_input_left(self) -> None:
        """Stay only if there is something to show."""
        self.set_class(bool(self.text.strip()), "-on")
        if not self.text:
            self._say([])
        self.post_message(self.Left())
