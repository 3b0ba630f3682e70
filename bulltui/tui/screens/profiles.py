"""Choose the server to look at, or several at once: type a part of a profile's name, Enter opens it."""

from collections.abc import Collection, Sequence
from typing import ClassVar

from textual import events, on
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Vertical
from textual.screen import ModalScreen
from textual.widgets import Input

from bulltui.config.settings import KnownProfile
from bulltui.tui.panes.lines import Lines
from bulltui.tui.present import profiles as present
from bulltui.tui.present.prose import prose
from bulltui.tui.screens.palette import PaletteInput
from bulltui.tui.switch import Switch
from bulltui.tui.widgets.live_table import LiveTable
from bulltui.tui.widgets.rows import ListSource
from bulltui.tui.widgets.table_messages import MarksChanged, RowSelected

_EMPTY = "No profile has that."
_NONE = "There are no profiles. `bulltui config init` begins a file of them."


class _Typed(PaletteInput):
    """Marks by the space bar: the words that one looks by need none between them that could not be a part of a name."""

    BINDINGS: ClassVar[list[BindingType]] = [Binding("space", "screen.mark", "Mark", show=False, priority=True)]


class ProfilesScreen(ModalScreen[Switch | None]):
    """Answers with what was chosen, None for nothing. `opened` are those that are looked at now, `notice` is why one
    is asked again."""

    CSS = """
    ProfilesScreen { align: center top; background: $background 60%; }
    ProfilesScreen > Vertical {
        width: 94%; max-width: 100; height: 80%; max-height: 26; margin-top: 2;
        background: $surface; border: round $border; border-subtitle-color: $foreground-muted;
    }
    ProfilesScreen Lines { background: $surface; }
    ProfilesScreen Input { height: 1; border: none; padding: 0 1; background: $surface; }
    ProfilesScreen Input:focus { border: none; background-tint: $foreground 0%; }
    ProfilesScreen LiveTable { height: 1fr; background: $surface; }
    """
    BINDINGS: ClassVar[list[BindingType]] = [Binding("escape", "dismiss", "Close", show=False)]

    def __init__(self, known: Sequence[KnownProfile], opened: Collection[str] = (), notice: str = "") -> None:
        super().__init__()
        self._known = tuple(known)
        self._opened = frozenset(opened)
        self._notice = notice
        self._found: list[KnownProfile] = []

    def compose(self) -> ComposeResult:
        """Why one is asked, an input and a list."""
        with Vertical() as box:
            box.border_title = "Open a server"
            yield Lines(id="notice")
            yield _Typed(placeholder="a part of a profile's name or address; ● is open now", compact=True)
            yield LiveTable(present.COLUMNS, markable=True, empty=_EMPTY if self._known else _NONE)

    def on_mount(self) -> None:
        """Show all, the cursor on what is open now."""
        field = self.query_one(Input)
        field.cursor_blink = False
        field.focus()
        self._find("")
        here = next((place for place, one in enumerate(self._found) if one.name in self._opened), 0)
        self._table.move_to(here)
        self._marked()

    def on_resize(self, event: events.Resize) -> None:
        """Fold the notice."""
        width = max(20, min(100, event.size.width * 94 // 100) - 3)
        lines = prose(self._notice, "failed", width, sign="✖ ") if self._notice else []
        notice = self.query_one("#notice", Lines)
        # Said outright: while the window is laid out for the first time it would not grow by itself.
        notice.styles.height = len(lines)
        notice.show(lines)

    @property
    def _table(self) -> LiveTable:
        return self.query_one(LiveTable)

    def _find(self, query: str) -> None:
        self._found = present.chosen(query, self._known)
        self._table.update(
            ListSource(self._found, lambda one: one.name, lambda one: present.cells(one, self._opened)),
        )
        self._table.move_to(0)

    @on(Input.Changed)
    def _typed(self, event: Input.Changed) -> None:
        event.stop()
        self._find(event.value)

    @on(Input.Submitted)
    def _entered(self, event: Input.Submitted) -> None:
        event.stop()
        self._choose(self._table.cursor)

    @on(RowSelected)
    def _selected(self, event: RowSelected) -> None:
        event.stop()
        self._choose(event.index)

    @on(MarksChanged)
    def _marked(self) -> None:
        self.query_one(Vertical).border_subtitle = present.hint(len(self._table.marks))

    def _choose(self, place: int) -> None:
        marked = tuple(one.name for one in self._known if one.name in self._table.marks)
        under = (self._found[place].name,) if 0 <= place < len(self._found) else ()
        names = marked or under
        if not names:
            return
        self.dismiss(None if frozenset(names) == self._opened and not self._notice else Switch(names))

    def action_mark(self) -> None:
        """Mark the profile under the cursor, or no longer."""
        table = self._table
        if 0 <= table.cursor < len(self._found):
            name = self._found[table.cursor].name
            kept = [key for key in table.marks if key != name]
            table.set_marks(kept if name in table.marks else [*kept, name])
            table.move_to(table.cursor + 1)

    def action_move(self, lines: int) -> None:
        """Move in the list."""
        self._table.move_to(self._table.cursor + lines)
