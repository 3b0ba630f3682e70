"""All that is known of a queue, in a window over the screen, with the verdict on it at the top."""

from typing import ClassVar

from textual import on
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import VerticalScroll
from textual.screen import ModalScreen

from bulltui.domain.errors import BulltuiError
from bulltui.domain.queue import QueueRef
from bulltui.domain.snapshot import Snapshot
from bulltui.domain.text import visible
from bulltui.domain.why import Why
from bulltui.services.why import why_queue
from bulltui.tui import keymap
from bulltui.tui.loader import Loader
from bulltui.tui.messages import SnapshotReady
from bulltui.tui.panes.lines import Lines
from bulltui.tui.present.about import about_lines
from bulltui.tui.present.why import verdict_lines
from bulltui.tui.runtime import Runtime
from bulltui.tui.standing import stands
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
        self._why: Why | None = None
        self._taken_at = -1
        settings = runtime.settings
        self._loader: Loader[QueueRef, Why] = Loader(
            self._read, self._got, self._not_got, timeout_s=settings.refresh_timeout_s + settings.connect_timeout_s
        )

    def compose(self) -> ComposeResult:
        """A page to scroll."""
        with VerticalScroll() as page:
            page.border_subtitle = "esc closes"
            yield Lines(id="about")

    def on_mount(self) -> None:
        """Show what is known."""
        page = self.query_one(VerticalScroll)
        # A title is markup to Textual: brackets in a name must not be.
        page.border_title = cut(visible(self._ref.shown), 60).replace("[", r"\[")
        page.focus()
        self._take(self._runtime.bus.last)

    def on_unmount(self) -> None:
        """Stop reading."""
        self._loader.drop()

    @property
    def busy(self) -> bool:
        """Whether the verdict is being found."""
        return self._loader.busy

    async def _read(self, ref: QueueRef) -> Why:
        return await why_queue(self._runtime, ref, row=self._runtime.bus.last.row(ref))

    def _got(self, ref: QueueRef, why: Why) -> None:
        self._why = why
        # An answer may come before the window was laid out for the first time, and would not make it grow then.
        self.call_after_refresh(self._show)

    def _not_got(self, ref: QueueRef, error: BulltuiError) -> None:
        self._why = None  # the header says that the server is away
        self._show()

    @on(SnapshotReady)
    def _snapshot_ready(self, message: SnapshotReady) -> None:
        if stands(self):
            self._take(message.snapshot)

    def _take(self, snapshot: Snapshot) -> None:
        if snapshot.taken_at != self._taken_at and snapshot.row(self._ref) is not None:
            self._taken_at = snapshot.taken_at
            self._loader.ask(self._ref)
        self._show()

    def _show(self) -> None:
        if not stands(self):
            return
        snapshot = self._runtime.bus.last
        row = snapshot.row(self._ref)
        lines: list[Cell] = [("This queue is gone.", "failed")]
        if row is not None:
            lines = [*self._verdict(), *about_lines(row, snapshot.workers_problem, self._runtime.clock.now_ms())]
        self.query_one(Lines).show(lines)

    def _verdict(self) -> list[Cell]:
        if self._why is None:
            return []
        width = max(20, self.query_one(Lines).size.width or self.app.size.width * 9 // 10 - 4)
        return [*verdict_lines(self._why, width), ""]

    def on_resize(self) -> None:
        """Fold the verdict anew."""
        self.call_after_refresh(self._show)

    def action_back(self) -> None:
        """Close."""
        self.dismiss(None)

    def action_scroll(self, lines: int) -> None:
        """Scroll by lines."""
        self.query_one(VerticalScroll).scroll_relative(y=lines, animate=False)
