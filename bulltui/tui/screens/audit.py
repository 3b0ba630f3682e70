"""Who did what, when, and what came of it."""

from typing import ClassVar

from textual import events, on
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Vertical, VerticalScroll

from bulltui.domain.errors import BulltuiError
from bulltui.domain.history import Deed
from bulltui.domain.snapshot import Snapshot
from bulltui.domain.text import plural
from bulltui.tui.acts.acting import Acting
from bulltui.tui.loader import Loader
from bulltui.tui.messages import Acted
from bulltui.tui.panes.lines import Lines
from bulltui.tui.present.header import Identity
from bulltui.tui.present.history import DEED_COLUMNS, Labels, deed_cells, deed_lines
from bulltui.tui.present.line import part
from bulltui.tui.runtime import Runtime
from bulltui.tui.screens.dialog import CLOSES, Dialog
from bulltui.tui.screens.list_screen import ListScreen
from bulltui.tui.standing import stands
from bulltui.tui.widgets.rows import ListSource
from bulltui.tui.widgets.table_messages import RowSelected

LIMIT = 1000
"""How many deeds are read, the newest first."""
_PATIENCE_S = 10.0


class AuditScreen(ListScreen):
    """The deeds; Enter shows all of one."""

    COLUMNS = DEED_COLUMNS
    OPENS = True

    def __init__(self, runtime: Runtime, identity: Identity, acting: Acting) -> None:
        super().__init__(runtime, identity, acting)
        self._deeds: list[Deed] | None = None
        self._problem: BulltuiError | None = None
        self._loader: Loader[None, list[Deed]] = Loader(
            lambda _: runtime.runner.audit.deeds(LIMIT), self._got, self._not_got, timeout_s=_PATIENCE_S
        )

    @property
    def busy(self) -> bool:
        """Whether deeds are being read."""
        return self._loader.busy

    def on_unmount(self) -> None:
        """Stop reading."""
        self._loader.drop()

    def acted(self, message: Acted) -> None:
        """There is another one."""
        self._loader.ask(None)

    def told(self, snapshot: Snapshot) -> None:
        """Read again: others act too."""
        self._loader.ask(None)
        self._show()

    def _got(self, _: None, deeds: list[Deed]) -> None:
        self._deeds, self._problem = deeds, None
        self._show()

    def _not_got(self, _: None, error: BulltuiError) -> None:
        self._problem = error
        self._show()

    def _show(self) -> None:
        if not stands(self):
            return
        now = self.runtime.clock.now_ms()
        deeds, labels = self._deeds or [], self.runtime.settings.servers
        if self._problem is not None:
            self.table.empty = f"{self._problem.message}\n{self._problem.hint}".strip()
        else:
            self.table.empty = "Reading…" if self._deeds is None else "Nothing was done from this machine yet."
        self.table.update(ListSource(deeds, lambda deed: deed.id, lambda deed: deed_cells(deed, now, labels)))
        shown = "the newest " if len(deeds) >= LIMIT else ""
        self.show_title(part(2, (f"Audit: {shown}{plural(len(deeds), 'action')} of this machine", "bold")))

    @on(RowSelected)
    def _selected(self, event: RowSelected) -> None:
        event.stop()
        deed = next((one for one in self._deeds or () if one.id == event.key), None)
        if deed is not None:
            self.app.push_screen(DeedScreen(deed, self.runtime.settings.servers))

    def copied(self) -> tuple[str, str] | None:
        """The id in the audit."""
        key = self.table.cursor_key
        return None if key is None else ("the id in the audit", str(key))


class DeedScreen(Dialog[None]):
    """All of one deed."""

    BINDINGS: ClassVar[list[BindingType]] = [
        *CLOSES,
        Binding("enter,q", "back", "Close", show=False),
        Binding("pageup,k,up", "scroll(-3)", "Up", show=False),
        Binding("pagedown,j,down", "scroll(3)", "Down", show=False),
    ]

    def __init__(self, deed: Deed, labels: Labels) -> None:
        super().__init__()
        self._deed = deed
        self._labels = labels

    def compose(self) -> ComposeResult:
        """A page to scroll."""
        with Vertical(id="box") as box:
            box.border_subtitle = "esc closes"
            with VerticalScroll(id="middle", can_focus=False):
                yield Lines(id="deed")

    def on_resize(self, event: events.Resize) -> None:
        """Fold the text."""
        self.fit_middle(0)
        self.query_one("#deed", Lines).show(deed_lines(self._deed, self.inner_width(), self._labels))
