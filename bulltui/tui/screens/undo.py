"""What can be taken back."""

from textual import on

from bulltui.domain.errors import BulltuiError
from bulltui.domain.history import Past
from bulltui.domain.snapshot import Snapshot
from bulltui.domain.text import plural
from bulltui.tui.acts.acting import Acting
from bulltui.tui.acts.choices import undoable, undoing
from bulltui.tui.loader import Loader
from bulltui.tui.messages import Acted
from bulltui.tui.present.header import Identity
from bulltui.tui.present.history import PAST_COLUMNS, past_cells
from bulltui.tui.present.line import part
from bulltui.tui.runtime import Runtime
from bulltui.tui.screens.list_screen import ListScreen
from bulltui.tui.standing import stands
from bulltui.tui.widgets.rows import ListSource
from bulltui.tui.widgets.table_messages import RowSelected

_PATIENCE_S = 10.0


class UndoScreen(ListScreen):
    """The entries of the journal, the newest first; Enter takes one back, once that is confirmed."""

    COLUMNS = PAST_COLUMNS
    OPENS = True

    def __init__(self, runtime: Runtime, identity: Identity, acting: Acting) -> None:
        super().__init__(runtime, identity, acting)
        self._servers = runtime.settings.servers
        self._entries: list[Past] | None = None
        self._elsewhere = 0
        self._problem: BulltuiError | None = None
        self._loader: Loader[None, list[Past]] = Loader(
            lambda _: runtime.runner.journal.entries(), self._got, self._not_got, timeout_s=_PATIENCE_S
        )

    @property
    def busy(self) -> bool:
        """Whether entries are being read."""
        return self._loader.busy

    def on_mount(self) -> None:
        """Read them."""
        self._loader.ask(None)

    def on_unmount(self) -> None:
        """Stop reading."""
        self._loader.drop()

    def acted(self, message: Acted) -> None:
        """There is another entry, or one less to take back."""
        self._loader.ask(None)

    def told(self, snapshot: Snapshot) -> None:
        """Ages go on."""
        self._show()

    def _got(self, _: None, entries: list[Past]) -> None:
        first = self._entries is None
        self._problem = None
        self._entries = [entry for entry in entries if entry.intent.server in self._servers]
        self._elsewhere = len(entries) - len(self._entries)
        self._show()
        newest = next((place for place, entry in enumerate(self._entries) if undoable(entry)), 0)
        if first:
            self.table.move_to(newest)

    def _not_got(self, _: None, error: BulltuiError) -> None:
        self._problem = error
        self._show()

    def _show(self) -> None:
        if not stands(self):
            return
        now = self.runtime.clock.now_ms()
        entries = self._entries or []
        if self._problem is not None:
            self.table.empty = f"{self._problem.message}\n{self._problem.hint}".strip()
        elif self._entries is None:
            self.table.empty = "Reading…"
        else:
            self.table.empty = "There is nothing to undo: nothing was done from this machine."
        self.table.update(
            ListSource(entries, lambda entry: entry.number, lambda entry: past_cells(entry, now, self._servers))
        )
        can = sum(map(undoable, entries))
        others = f"{self._elsewhere:,} of other servers are left out" if self._elsewhere else ""
        self.show_title(
            part(2, (f"{plural(can, 'action')} can be undone", "bold")), part(1, (others, "dim"), right=True)
        )

    @on(RowSelected)
    def _selected(self, event: RowSelected) -> None:
        event.stop()
        entry = next((one for one in self._entries or () if one.number == event.key), None)
        if entry is None:
            return
        if undoable(entry):
            self.acting.perform(undoing(entry.number), act="undo")
        else:
            said = "It was undone already." if entry.undone else "It still runs."
            self.notify(said, severity="warning", markup=False)

    def copied(self) -> tuple[str, str] | None:
        """The number."""
        key = self.table.cursor_key
        return None if key is None else ("the number", str(key))
