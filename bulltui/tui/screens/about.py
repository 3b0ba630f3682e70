"""All that is known of a queue, in a window over the screen, with the verdict on it at the top."""

from typing import ClassVar

from textual import on
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import VerticalScroll
from textual.screen import ModalScreen

from bulltui.domain.bottleneck import NOT_SEEN, Bottleneck, Window, bottleneck, with_rates
from bulltui.domain.errors import BulltuiError
from bulltui.domain.queue import QueueRef
from bulltui.domain.snapshot import Snapshot
from bulltui.domain.text import visible
from bulltui.services.limits import hour_ago, lately
from bulltui.services.why import evidence_of_queue
from bulltui.tui import keymap
from bulltui.tui.loader import Loader
from bulltui.tui.messages import SnapshotReady
from bulltui.tui.panes.lines import Lines
from bulltui.tui.present.about import about_lines
from bulltui.tui.present.limits import bottleneck_lines, limits_lines
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
        self._found: Bottleneck | None = None
        self._before: Window = NOT_SEEN
        self._taken_at = -1
        settings = runtime.settings
        timeout_s = settings.refresh_timeout_s + settings.connect_timeout_s
        self._loader: Loader[QueueRef, Bottleneck] = Loader(self._read, self._got, self._not_got, timeout_s=timeout_s)
        # Apart from the verdict, which is not to wait for a disk.
        self._past: Loader[QueueRef, Window] = Loader(
            self._read_past, self._got_past, lambda _, error: None, timeout_s=timeout_s
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
        self._past.ask(self._ref)

    def on_unmount(self) -> None:
        """Stop reading."""
        self._loader.drop()
        self._past.drop()

    @property
    def busy(self) -> bool:
        """Whether the verdict is being found."""
        return self._loader.busy or self._past.busy

    async def _read(self, ref: QueueRef) -> Bottleneck:
        window = lately(ref, self._runtime.watch.recent, self._runtime.clock.now_ms())
        evidence = await evidence_of_queue(self._runtime, ref, row=self._runtime.bus.last.row(ref))
        return bottleneck(with_rates(evidence, window), window, self._before)

    async def _read_past(self, ref: QueueRef) -> Window:
        return (await hour_ago(self._runtime.history, self._runtime.clock.now_ms())).get(ref, NOT_SEEN)

    def _got_past(self, ref: QueueRef, before: Window) -> None:
        self._before = before
        self._loader.ask(ref)

    def _got(self, ref: QueueRef, found: Bottleneck) -> None:
        self._found = found
        # An answer may come before the window was laid out for the first time, and would not make it grow then.
        self.call_after_refresh(self._show)

    def _not_got(self, ref: QueueRef, error: BulltuiError) -> None:
        self._found = None  # the header says that the server is away
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
            width = max(20, self.query_one(Lines).size.width or self.app.size.width * 9 // 10 - 4)
            found = self._found
            verdict: list[Cell] = [] if found is None else [*bottleneck_lines(found, width), ""]
            limits: list[Cell] = [] if found is None else [*limits_lines(found, width)]
            now = self._runtime.clock.now_ms()
            lines = [*verdict, *about_lines(row, snapshot.workers_problem, now, limits)]
        self.query_one(Lines).show(lines)

    def on_resize(self) -> None:
        """Fold the verdict anew."""
        self.call_after_refresh(self._show)

    def action_back(self) -> None:
        """Close."""
        self.dismiss(None)

    def action_scroll(self, lines: int) -> None:
        """Scroll by lines."""
        self.query_one(VerticalScroll).scroll_relative(y=lines, animate=False)
