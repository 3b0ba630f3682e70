"""What was said in passing, to read again."""

from collections.abc import Sequence
from typing import ClassVar

from textual import events
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Vertical, VerticalScroll

from bulltui.tui.panes.lines import Lines
from bulltui.tui.present.said import Said, said_lines
from bulltui.tui.screens.dialog import CLOSES, Dialog


class MessagesScreen(Dialog[None]):
    """The newest first."""

    BINDINGS: ClassVar[list[BindingType]] = [
        *CLOSES,
        Binding("M,q,enter", "back", "Close", show=False),
        Binding("k,up", "scroll(-1)", "Up", show=False),
        Binding("j,down", "scroll(1)", "Down", show=False),
        Binding("pageup", "scroll(-10)", "Page up", show=False),
        Binding("pagedown,space", "scroll(10)", "Page down", show=False),
    ]

    def __init__(self, said: Sequence[Said]) -> None:
        super().__init__()
        self._said = tuple(said)

    def compose(self) -> ComposeResult:
        """A page to scroll."""
        with Vertical(id="box") as box:
            box.border_title = "Said in passing, the newest first"
            box.border_subtitle = "esc closes"
            with VerticalScroll(id="middle", can_focus=False):
                yield Lines(id="said")

    def on_resize(self, event: events.Resize) -> None:
        """Fold the texts."""
        self.fit_middle(0)
        self.query_one("#said", Lines).show(said_lines(self._said, self.inner_width()))
