"""Asks for a name."""

from textual import events, on
from textual.app import ComposeResult
from textual.containers import Vertical
from textual.widgets import Input

from bulltui.domain.saved_search import NAME
from bulltui.tui.panes.lines import Lines
from bulltui.tui.present.line import fit, part
from bulltui.tui.present.prose import prose
from bulltui.tui.screens.dialog import CLOSES, Dialog


class NameScreen(Dialog[str | None]):
    """Answers with a name that a search can have, None for none. `title` says what it is for."""

    BINDINGS = CLOSES

    def __init__(self, title: str) -> None:
        super().__init__()
        self._title = title

    def compose(self) -> ComposeResult:
        """What it is for, the field, and what can be a name."""
        with Vertical(id="box"):
            yield Lines(id="title")
            field = Input(id="name", compact=True, placeholder="letters, digits, - _ .", select_on_focus=False)
            field.cursor_blink = False
            yield field
            yield Lines(id="keys")

    def on_mount(self) -> None:
        """Type at once."""
        self.query_one(Input).focus()
        self._show()

    def on_resize(self, event: events.Resize) -> None:
        """Fold the text anew."""
        self._show()

    def _show(self, problem: str = "") -> None:
        width = self.inner_width()
        self.query_one("#title", Lines).show(prose(self._title, "bold", width))
        keys = fit([part(2, ("enter saves", "dim")), part(1, ("esc closes", "dim"))], width)
        self.query_one("#keys", Lines).show([*(prose(problem, "failed", width) if problem else []), keys])

    @on(Input.Changed)
    def _typed(self, event: Input.Changed) -> None:
        self._show(self._problem(event.value))

    @staticmethod
    def _problem(name: str) -> str:
        return "" if not name or NAME.fullmatch(name) else "A name has letters, digits, `-`, `_`, `.`."

    @on(Input.Submitted)
    def _entered(self, event: Input.Submitted) -> None:
        event.stop()
        name = event.value.strip()
        if name and not self._problem(name):
            self.dismiss(name)
