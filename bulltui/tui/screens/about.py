"""All that is known of a queue, in a window over the screen."""

from typing import ClassVar

from textual import on
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import VerticalScroll
from textual.screen import ModalScreen

from bulltui.domain.queue import QueueRef
from bulltui.domain.snapshot import Snapshot
from bulltui.domain.text import visible
from bulltui.tui import keymap
from bulltui.tui.messages import SnapshotReady
from bulltui.tui.panes.lines import Lines
from bulltui.tui.present.about import about_lines
from bulltui.tui.runtime import Runtime
from bulltui.tui.widgets.cells import Cell, cut


class AboutScreen(ModalScreen[None]):
    """Goes on with each refresh."""

    CSS = """
    AboutScreen { align: center middle; background: $background 60%; }
    AboutScreen > VerticalScroll {
        width: 90%; max-width: 104; height: auto; max-height: 94%; background: $surface; border: round $border;
        padding: 0 1; border-title-color: $foreground; border-subtitle-color: $foreground-muted;
        scrollbar-size-vertical: 1;
    }
    AboutScreen Lines { background: $surface; }
    """
    BINDINGS: ClassVar[list[BindingType]] = [
        *keymap.bindings("back"),
        Binding("i,q", "back", "Close", show=False),
        Binding("j", "scroll(1)", "Down", show=False),
        Binding("k", "scroll(-1)", "Up", show=False),
    ]

    def __init__(self, runtime: Runtime, ref: QueueRef) -> None:
        super().__init__()
        self._runtime = runtime
        self._ref = ref

    def compose(self) -> ComposeResult:
        """A page to scroll."""
        with VerticalScroll() as page:
            page.border_subtitle = "esc closes"
            yield Lines(id="about")

    def on_mount(self) -> None:
        """Show what is known."""
        page = self.query_one(VerticalScroll)
        # A title is markup to Textual: brackets in a name must not be.
        page.border_title = cut(visible(self._ref.name), 60).replace("[", r"\[")
        page.focus()
        self._take(self._runtime.bus.last)

    @on(SnapshotReady)
    def _snapshot_ready(self, message: SnapshotReady) -> None:
        self._take(message.snapshot)

    def _take(self, snapshot: Snapshot) -> None:
        row = snapshot.row(self._ref)
        gone: list[Cell] = [("This queue is gone.", "failed")]
        now = self._runtime.clock.now_ms()
        self.query_one(Lines).show(gone if row is None else about_lines(row, snapshot.workers_problem, now))

    def action_back(self) -> None:
        """Close."""
        self.dismiss(None)

    def action_scroll(self, lines: int) -> None:
        """Scroll by lines."""
        self.query_one(VerticalScroll).scroll_relative(y=lines, animate=False)
