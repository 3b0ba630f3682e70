"""What dialogs share: a box over the screen, whose middle scrolls when there is little room."""

from typing import TypeVar

from textual.binding import BindingType
from textual.containers import VerticalScroll
from textual.screen import ModalScreen

from bulltui.tui import keymap

T = TypeVar("T")

CLOSES: list[BindingType] = keymap.bindings("back")


class Dialog(ModalScreen[T]):
    """Esc gives no answer."""

    DEFAULT_CSS = """
    Dialog { align: center middle; background: $background 60%; }
    Dialog > #box {
        width: 94%; max-width: 92; height: auto; max-height: 100%; background: $surface; border: round $border;
        border-title-color: $foreground; border-subtitle-color: $foreground-muted;
    }
    Dialog #middle { height: auto; max-height: 100%; scrollbar-size-vertical: 1; }
    Dialog Lines { background: $surface; }
    Dialog Input { height: 1; border: none; padding: 0 1; background: $panel; }
    Dialog Input:focus { border: none; background-tint: $foreground 8%; }
    Dialog.-production > #box { border: heavy $failed; border-title-color: $failed; border-title-style: bold; }
    """

    def fit_middle(self, others: int) -> None:
        """Keep the middle so short that `others` lines below and above it stay on the screen."""
        self.query_one("#middle").styles.max_height = max(2, self.size.height - 2 - others)

    def inner_width(self) -> int:
        """Cells for text within the box."""
        return max(20, min(92, self.size.width * 94 // 100) - 3)

    def action_scroll(self, lines: int) -> None:
        """Scroll the middle by lines."""
        self.query_one("#middle", VerticalScroll).scroll_relative(y=lines, animate=False)

    def action_back(self) -> None:
        """No answer."""
        self.dismiss(None)
