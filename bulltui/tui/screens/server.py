"""How each server is, how one is connected to it, and how long its answers take."""

from typing import ClassVar

from textual import events, on
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import VerticalScroll

from bulltui.domain.snapshot import Link, Snapshot
from bulltui.tui.acts.acting import Acting
from bulltui.tui.messages import SnapshotReady
from bulltui.tui.panes.action_strip import ActionStrip
from bulltui.tui.panes.footer import Footer
from bulltui.tui.panes.header import Banner, Header
from bulltui.tui.panes.lines import Lines
from bulltui.tui.present.header import Identity
from bulltui.tui.present.line import Pieces
from bulltui.tui.present.listening import listening_lines
from bulltui.tui.present.server import server_lines
from bulltui.tui.present.ways import states_of, way_to
from bulltui.tui.runtime import Runtime
from bulltui.tui.screens.acting_screen import ActingScreen
from bulltui.tui.standing import stands
from bulltui.tui.widgets.nav import NAV_BINDINGS

_TICK_S = 1.0
_PATIENCE_S = 2.0


class _Page(VerticalScroll, inherit_bindings=False):
    """Scrolled by the keys of lists, and at once."""

    BINDINGS = NAV_BINDINGS

    def action_up(self) -> None:
        """A line up."""
        self.scroll_relative(y=-1, animate=False)

    def action_down(self) -> None:
        """A line down."""
        self.scroll_relative(y=1, animate=False)

    def action_page_up(self) -> None:
        """A page up."""
        self.scroll_relative(y=-self.size.height, animate=False)

    def action_page_down(self) -> None:
        """A page down."""
        self.scroll_relative(y=self.size.height, animate=False)

    def action_half_up(self) -> None:
        """Half a page up."""
        self.scroll_relative(y=-(self.size.height // 2), animate=False)

    def action_half_down(self) -> None:
        """Half a page down."""
        self.scroll_relative(y=self.size.height // 2, animate=False)

    def action_first(self) -> None:
        """The start."""
        self.scroll_home(animate=False, immediate=True)

    def action_last(self) -> None:
        """The end."""
        self.scroll_end(animate=False, immediate=True)


class ServerScreen(ActingScreen):
    """Goes on with each refresh; what is an age goes on in between."""

    CSS = """
    ServerScreen { background: $background; }
    ServerScreen _Page { height: 1fr; scrollbar-size-vertical: 1; }
    """
    BINDINGS: ClassVar[list[BindingType]] = [Binding("I", "back", "Back", show=False)]

    def __init__(self, runtime: Runtime, identity: Identity, acting: Acting) -> None:
        super().__init__(runtime, identity, acting)
        self._opened = runtime.clock.monotonic()

    def compose(self) -> ComposeResult:
        """Header, a page to scroll, footer."""
        banner = Banner()
        yield Header(self.identity, self.runtime.clock, banner)
        yield banner
        with _Page(id="page"):
            yield Lines(id="server")
        yield ActionStrip(self.acting.desk)
        yield Footer()

    @property
    def busy(self) -> bool:
        """Whether a server that answers has yet to tell of itself; one that may not is not waited for long."""
        runtime = self.runtime
        if runtime.clock.monotonic() - self._opened > _PATIENCE_S:
            return False
        states = states_of(runtime.bus.last, "")
        return any(one.server is None and one.health.link is not Link.OFFLINE for one in states)

    def on_mount(self) -> None:
        """Show what is known."""
        self.query_one("#page").focus()
        self.set_interval(_TICK_S, self._show)
        self._take(self.runtime.bus.last)

    @on(SnapshotReady)
    def _snapshot_ready(self, message: SnapshotReady) -> None:
        if stands(self):
            self._take(message.snapshot)

    def on_screen_resume(self) -> None:
        """Back from a screen above: what was missed meanwhile."""
        if stands(self):
            self._take(self.runtime.bus.last)

    def on_resize(self, event: events.Resize) -> None:
        """One column or two."""
        self.call_after_refresh(self._show)

    def _take(self, snapshot: Snapshot) -> None:
        self.query_one(Header).tell(snapshot)
        self._show()

    def _show(self) -> None:
        if not stands(self):
            return
        runtime = self.runtime
        now, width = runtime.clock.now_ms(), max(40, self.size.width - 1)
        states = states_of(runtime.bus.last, runtime.reader.address)
        lines: list[Pieces] = []
        for state in states:
            way = way_to(state, runtime.settings, runtime.reader.scripts_allowed if len(states) == 1 else None)
            lines += [*([[]] if lines else []), *server_lines(state, way, now, width)]
        self.query_one("#server", Lines).show([*lines, [], *listening_lines(runtime.listening, width)])

    def go_back(self) -> None:
        """Back to where one came from."""
        self.dismiss()
