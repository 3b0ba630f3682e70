"""The palette: type a part of a command's or a queue's name, Enter does it."""

from collections.abc import Sequence
from typing import ClassVar

from textual import on
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Vertical
from textual.screen import ModalScreen, Screen
from textual.widgets import Input

from bulltui.domain.registry import BY_ID
from bulltui.tui import keymap
from bulltui.tui.present.commands import MENU_COLUMNS, Command, Destination, Entry, cells, entries, key_of
from bulltui.tui.screens.acting_screen import ActingScreen
from bulltui.tui.widgets.columns import Column
from bulltui.tui.widgets.live_table import LiveTable
from bulltui.tui.widgets.rows import ListSource
from bulltui.tui.widgets.table_messages import RowSelected

_NOT_HERE = frozenset({"palette", "open", "back", "menu"})


def possible(screen: Screen[object]) -> list[Command]:
    """The actions of the registry that can be done on `screen` now."""
    found: dict[str, Command] = {}
    for active in screen.active_bindings.values():
        action = BY_ID.get(active.binding.id or "")
        if action is None or not active.enabled or action.id in _NOT_HERE:
            continue
        if not isinstance(screen, ActingScreen) or screen.offers(action):
            found.setdefault(action.id, Command(action.id, action.label, action.help, keymap.keys_text(action)))
    if isinstance(screen, ActingScreen):
        found = {command.id: command for command in screen.commands()} | found
    return sorted(found.values(), key=lambda command: keymap.order_of(command.id))


class PaletteInput(Input):
    """Moves the list below while one types."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("down,ctrl+n", "screen.move(1)", "Down", show=False),
        Binding("up,ctrl+p", "screen.move(-1)", "Up", show=False),
        Binding("pagedown", "screen.move(10)", "Page down", show=False),
        Binding("pageup", "screen.move(-10)", "Page up", show=False),
    ]


class Palette(ModalScreen[Entry | None]):
    """Answers with what was chosen, None for nothing."""

    CSS = """
    Palette { align: center top; background: $background 60%; }
    Palette > Vertical {
        width: 90%; max-width: 96; height: 80%; max-height: 26; margin-top: 2;
        background: $surface; border: round $border;
    }
    Palette Input { height: 1; border: none; padding: 0 1; background: $surface; }
    Palette Input:focus { border: none; background-tint: $foreground 0%; }
    Palette LiveTable { height: 1fr; background: $surface; }
    """
    BINDINGS: ClassVar[list[BindingType]] = [Binding("escape", "dismiss", "Close", show=False)]

    def __init__(
        self,
        commands: Sequence[Command],
        queues: Sequence[Destination] = (),
        wanted: str = "type a part of it",
        columns: Sequence[Column] = MENU_COLUMNS,
    ) -> None:
        super().__init__()
        self._columns = columns
        self._commands = commands
        self._queues = queues
        self._wanted = wanted

    def compose(self) -> ComposeResult:
        """An input and a list."""
        with Vertical():
            yield PaletteInput(placeholder=self._wanted, compact=True)
            yield LiveTable(self._columns, markable=False, empty="Nothing has that name.")

    def on_mount(self) -> None:
        """Show all."""
        field = self.query_one(Input)
        field.cursor_blink = False
        field.focus()
        self._find("")

    def _find(self, query: str) -> None:
        found = entries(query, self._commands, self._queues)
        table = self.query_one(LiveTable)
        table.update(ListSource(found, key_of, cells))
        table.move_to(0)

    @on(Input.Changed)
    def _typed(self, event: Input.Changed) -> None:
        event.stop()
        self._find(event.value)

    @on(Input.Submitted)
    def _entered(self, event: Input.Submitted) -> None:
        event.stop()
        self._choose(self.query_one(LiveTable).cursor)

    @on(RowSelected)
    def _selected(self, event: RowSelected) -> None:
        event.stop()
        self._choose(event.index)

    def _choose(self, place: int) -> None:
        source = self.query_one(LiveTable).source
        entry = source.items[place] if isinstance(source, ListSource) and 0 <= place < len(source) else None
        self.dismiss(entry if isinstance(entry, Command | Destination) else None)

    def action_move(self, lines: int) -> None:
        """Move in the list."""
        table = self.query_one(LiveTable)
        table.move_to(table.cursor + lines)
