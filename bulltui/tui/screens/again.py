"""Asks again for what was asked while the server was away, now that it is back."""

from typing import ClassVar

from textual import events, on
from textual.app import ComposeResult
from textual.binding import BindingType
from textual.containers import Vertical

from bulltui.tui.panes.lines import Lines
from bulltui.tui.present.prose import prose
from bulltui.tui.screens.dialog import CLOSES, Dialog
from bulltui.tui.widgets.answers import Answers


class AgainScreen(Dialog[bool]):
    """Answers whether to go on with `what`. Nothing is done by that yet: it is looked at anew and confirmed."""

    BINDINGS: ClassVar[list[BindingType]] = [*CLOSES]

    def __init__(self, what: str) -> None:
        super().__init__()
        self._what = what

    def compose(self) -> ComposeResult:
        """The question and its answers."""
        with Vertical(id="box") as box:
            box.border_title = "Online again"
            yield Lines(id="question")
            yield Answers((("yes", "Go on"), ("no", "Forget it")))

    def on_mount(self) -> None:
        """The default is to go on, since what comes asks for a yes."""
        self.query_one(Answers).focus()

    def on_resize(self, event: events.Resize) -> None:
        """Fold the text."""
        width = self.inner_width()
        lines = prose("The server is back. While it was away you asked for:", "", width)
        lines += prose(self._what, "bold", width, indent="   ")
        lines += prose("It is looked at anew before anything is done.", "dim", width)
        self.query_one("#question", Lines).show(lines)

    @on(Answers.Given)
    def _given(self, event: Answers.Given) -> None:
        self.dismiss(event.answer == "yes")

    def action_back(self) -> None:
        """Forget it."""
        self.dismiss(False)
