"""All of something that a line has no room for, in a window over the screen."""

from collections.abc import Callable
from typing import ClassVar

from textual import events
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Vertical, VerticalScroll

from bulltui.tui.panes.lines import Lines
from bulltui.tui.present.line import Pieces
from bulltui.tui.screens.dialog import CLOSES, Dialog


class WholeScreen(Dialog[None]):
    """Shows the lines that `told` gives for a width."""

    BINDINGS: ClassVar[list[BindingType]] = [
        *CLOSES,
        Binding("enter,q,v", "back", "Close", show=False),
        Binding("pageup,k,up", "scroll(-3)", "Up", show=False),
        Binding("pagedown,j,down", "scroll(3)", "Down", show=False),
    ]

    def __init__(self, told: Callable[[int], list[Pieces]]) -> None:
        super().__init__()
        self._told = told

    def compose(self) -> ComposeResult:
        """A page to scroll."""
        with Vertical(id="box") as box:
            box.border_subtitle = "esc closes"
            with VerticalScroll(id="middle", can_focus=False):
                yield Lines(id="whole")

    def on_resize(self, event: events.Resize) -> None:
        """Fold the text."""
        self.fit_middle(0)
        self.query_one("#whole", Lines).show(self._told(self.inner_width()))
