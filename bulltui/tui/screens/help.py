"""All keys, and what the signs and colours mean."""

from typing import ClassVar

from textual import events
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Horizontal, VerticalScroll
from textual.screen import ModalScreen

from bulltui.tui import keymap
from bulltui.tui.panes.lines import Lines
from bulltui.tui.present.keys import key_lines, legend_lines
from bulltui.tui.standing import stands

_SIDE_BY_SIDE, _LEGEND = 130, 72


class HelpScreen(ModalScreen[None]):
    """One page to scroll."""

    CSS = """
    HelpScreen { align: center middle; background: $background 60%; }
    HelpScreen > VerticalScroll {
        width: 96%; max-width: 164; height: 94%; background: $surface; border: round $border; padding: 0 1;
        border-title-color: $foreground; border-subtitle-color: $foreground-muted; scrollbar-size-vertical: 1;
    }
    HelpScreen Horizontal { height: auto; }
    HelpScreen Lines { background: $surface; width: 1fr; }
    HelpScreen #legend { width: 72; }
    HelpScreen.-narrow Horizontal { layout: vertical; }
    HelpScreen.-narrow #legend { width: 1fr; margin-top: 1; }
    """
    BINDINGS: ClassVar[list[BindingType]] = [
        *keymap.bindings("back"),
        Binding("question_mark,q", "back", "Close", show=False),
        Binding("j", "scroll(1)", "Down", show=False),
        Binding("k", "scroll(-1)", "Up", show=False),
    ]

    def compose(self) -> ComposeResult:
        """Keys and legend."""
        with VerticalScroll() as page:
            page.border_title = "Keys and signs"
            page.border_subtitle = "esc closes"
            with Horizontal():
                yield Lines(id="keys")
                yield Lines(id="legend")

    def on_mount(self) -> None:
        """Its keys scroll the page."""
        self._fill()
        self.query_one(VerticalScroll).focus()

    def on_resize(self, event: events.Resize) -> None:
        """Side by side where there is room."""
        self.call_after_refresh(self._fill)  # while it is laid out nothing gets another height

    def _fill(self) -> None:
        if not stands(self):
            return
        width = self.app.size.width
        narrow = width < _SIDE_BY_SIDE
        self.set_class(narrow, "-narrow")
        # Border, padding and the bar at the right.
        inner = min(164, width * 96 // 100) - 5
        self.query_one("#keys", Lines).show(key_lines(inner if narrow else inner - _LEGEND))
        self.query_one("#legend", Lines).show(legend_lines(inner if narrow else _LEGEND))

    def action_back(self) -> None:
        """Close."""
        self.dismiss(None)

    def action_scroll(self, lines: int) -> None:
        """Scroll by lines."""
        self.query_one(VerticalScroll).scroll_relative(y=lines, animate=False)
