"""What screens of one table share: header, a title, the table, the footer, and reading again after each snapshot."""

from collections.abc import Sequence
from typing import ClassVar

from textual import events, on
from textual.app import ComposeResult
from textual.binding import BindingType

from bulltui.domain.snapshot import Link, Snapshot
from bulltui.tui import keymap
from bulltui.tui.copying import copy
from bulltui.tui.messages import SnapshotReady
from bulltui.tui.panes.action_strip import ActionStrip
from bulltui.tui.panes.footer import Footer
from bulltui.tui.panes.header import Banner, Header
from bulltui.tui.panes.lines import Lines
from bulltui.tui.present.left_out import left_out
from bulltui.tui.present.line import Part, fit
from bulltui.tui.screens.acting_screen import ActingScreen
from bulltui.tui.standing import stands
from bulltui.tui.widgets.columns import Column
from bulltui.tui.widgets.live_table import LiveTable


class ListScreen(ActingScreen):
    """A table over the whole screen."""

    CSS = """
    ListScreen { background: $background; }
    ListScreen #title { height: 1; }
    ListScreen LiveTable { height: 1fr; }
    """
    BINDINGS: ClassVar[list[BindingType]] = keymap.bindings("copy-id")
    COLUMNS: ClassVar[tuple[Column, ...]] = ()
    OPENS: ClassVar[bool] = False
    """Whether a row leads somewhere."""

    def compose(self) -> ComposeResult:
        """Header, title, table, footer."""
        banner = Banner()
        yield Header(self.identity, self.runtime.clock, banner)
        yield banner
        yield Lines(id="title")
        yield Lines(id="left-out")
        yield LiveTable(self.COLUMNS, markable=False, opens=self.OPENS)
        yield ActionStrip(self.acting.desk)
        yield Footer()

    def on_mount(self) -> None:
        """Show what is known."""
        self.table.focus()
        self._take(self.runtime.bus.last)

    @property
    def table(self) -> LiveTable:
        """The table."""
        return self.query_one(LiveTable)

    def told(self, snapshot: Snapshot) -> None:
        """Another snapshot came."""
        raise NotImplementedError

    def show_title(self, *parts: Part) -> None:
        """Show these parts above the table."""
        self.query_one("#title", Lines).show([fit(parts, max(10, self.size.width))])

    def show_left_out(self, problems: Sequence[str]) -> None:
        """Say below the title what is missing from the table, whole lines of it, whatever else has no room."""
        lines = left_out(problems, max(20, self.size.width), max(2, self.size.height // 4))
        self.query_one("#left-out", Lines).show(lines)

    @on(SnapshotReady)
    def _snapshot_ready(self, message: SnapshotReady) -> None:
        if stands(self):
            self._take(message.snapshot)

    def _take(self, snapshot: Snapshot) -> None:
        self.query_one(Header).tell(snapshot)
        self.table.stale = snapshot.health.link is Link.OFFLINE and self.table.line_count > 0
        self.told(snapshot)

    def on_screen_resume(self) -> None:
        """Back from a screen above: what was missed meanwhile."""
        if stands(self):
            self._take(self.runtime.bus.last)

    def on_resize(self, event: events.Resize) -> None:
        """Fit the title."""
        self.told(self.runtime.bus.last)

    def go_back(self) -> None:
        """Back to where one came from."""
        self.dismiss()

    def copied(self) -> tuple[str, str] | None:
        """What the key to copy copies: what it is, and the text."""
        return None

    def action_copy_id(self) -> None:
        """Copy the name of the row."""
        if (found := self.copied()) is not None:
            copy(self, *found)
