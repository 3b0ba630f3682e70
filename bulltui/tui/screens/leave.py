"""Asks before one leaves while something runs. `doing` is what, in words."""

from collections.abc import Sequence
from typing import ClassVar

from textual import events, on
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Vertical

from bulltui.tui.panes.lines import Lines
from bulltui.tui.present.prose import prose
from bulltui.tui.screens.dialog import CLOSES, Dialog
from bulltui.tui.widgets.answers import Answers


class LeaveScreen(Dialog[bool]):
    """Answers whether to stop it and leave."""

    BINDINGS: ClassVar[list[BindingType]] = [
        *CLOSES,
        Binding("y", "yes", "Yes", show=False),
        Binding("n", "back", "No", show=False),
    ]

    def __init__(self, doing: Sequence[str]) -> None:
        super().__init__()
        self._doing = doing

    def compose(self) -> ComposeResult:
        """The question and its answers."""
        with Vertical(id="box") as box:
            box.border_title = "Leave"
            yield Lines(id="question")
            yield Answers((("no", "No, stay"), ("yes", "Yes, stop it and leave")))

    def on_mount(self) -> None:
        """The default is to stay."""
        self.query_one(Answers).focus()

    def on_resize(self, event: events.Resize) -> None:
        """Fold the text."""
        width = self.inner_width()
        lines = [line for what in self._doing[:-1] for line in prose(f"{what} goes on.", "bold", width)]
        lines += prose(f"{self._doing[-1]} goes on. Stop it and leave?", "bold", width)
        lines += prose("It stops after its running chunk; what is done until then stays done.", "", width)
        self.query_one("#question", Lines).show(lines)

    @on(Answers.Given)
    def _given(self, event: Answers.Given) -> None:
        self.dismiss(event.answer == "yes")

    def action_yes(self) -> None:
        """Stop it and leave."""
        self.dismiss(True)

    def action_back(self) -> None:
        """Stay."""
        self.dismiss(False)
