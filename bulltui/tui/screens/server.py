"""How each server is, how one is connected to it, and how long its answers take."""

from typing import ClassVar

from textual import events, on
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import VerticalScroll

from bulltui.domain.snapshot import Snapshot
from bulltui.tui.messages import SnapshotReady
from bulltui.tui.panes.action_strip import ActionStrip
from bulltui.tui.panes.footer import Footer
from bulltui.tui.panes.header import Banner, Header
from bulltui.tui.panes.lines import Lines
from bulltui.tui.present.line import Pieces
from bulltui.tui.present.server import server_lines
from bulltui.tui.present.ways import states_of, way_to
from bulltui.tui.screens.acting_screen import ActingScreen

_TICK_S = 1.0


class _Page(VerticalScroll):
    """Scrolled by the keys of lists, and at once."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("j", "scroll_down", show=False),
        Binding("k", "scroll_up", show=False),
        Binding("g", "scroll_home", show=False),
        Binding("G", "scroll_end", show=False),
        Binding("ctrl+d", "page_down", show=False),
        Binding("ctrl+u", "page_up", show=False),
    ]


class ServerScreen(ActingScreen):
    """Goes on with each refresh; what is an age goes on in between."""

    CSS = """
    ServerScreen { background: $background; }
    ServerScreen _Page { height: 1fr; scrollbar-size-vertical: 1; }
    """
    BINDINGS: ClassVar[list[BindingType]] = [Binding("I", "back", "Back", show=False)]

    def compose(self) -> ComposeResult:
        """Header, a page to scroll, footer."""
        banner = Banner()
        yield Header(self.identity, self.runtime.clock, banner)
        yield banner
        with _Page(id="page"):
            yield Lines(id="server")
        yield ActionStrip(self.acting.desk)
        yield Footer()

    def on_mount(self) -> None:
        """Show what is known."""
        self.query_one("#page").focus()
        self.set_interval(_TICK_S, self._show)
        self._take(self.runtime.bus.last)

    @on(SnapshotReady)
    def _snapshot_ready(self, message: SnapshotReady) -> None:
        self._take(message.snapshot)

    def on_screen_resume(self) -> None:
        """Back from a screen above: what was missed meanwhile."""
        if self.is_mounted:
            self._take(self.runtime.bus.last)

    def on_resize(self, event: events.Resize) -> None:
        """One column or two."""
        self.call_after_refresh(self._show)

    def _take(self, snapshot: Snapshot) -> None:
        self.query_one(Header).tell(snapshot)
        self._show()

    def _show(self) -> None:
        if not self.is_attached:
            return
        runtime = self.runtime
        now, width = runtime.clock.now_ms(), max(40, self.size.width - 1)
        states = states_of(runtime.bus.last, runtime.reader.address)
        lines: list[Pieces] = []
        for state in states:
            way = way_to(state, runtime.settings, runtime.reader.scripts_allowed if len(states) == 1 else None)
            lines += [*([[]] if lines else []), *server_lines(state, way, now, width)]
        self.query_one("#server", Lines).show(lines)

    def go_back(self) -> None:
        """Back to where one came from."""
        self.dismiss()
