"""Chooses the columns of a table of jobs and their order, values at a path of the data among them."""

from collections.abc import Sequence
from typing import ClassVar

from textual import events, on
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Vertical
from textual.widgets import Input

from bulltui.domain.text import visible
from bulltui.tui.panes.lines import Lines
from bulltui.tui.present.job_columns import OFFERED, path_of, title
from bulltui.tui.present.line import fit, part
from bulltui.tui.present.prose import prose
from bulltui.tui.screens.dialog import CLOSES, Dialog
from bulltui.tui.standing import stands
from bulltui.tui.widgets.answers import Answers
from bulltui.tui.widgets.cells import Cell
from bulltui.tui.widgets.columns import Column
from bulltui.tui.widgets.live_table import LiveTable
from bulltui.tui.widgets.rows import ListSource

_COLUMNS = (
    Column("on", "", width=3, priority=100),
    Column("title", "column", min=12, max=28, flex=2, priority=90),
    Column("meaning", "", min=16, flex=3, priority=50),
)
_ANSWERS = (("here", "this queue"), ("all", "all queues"), ("usual", "as usual"))
_WRONG = "A path begins with data, result or opts: data.user.id"


class ColumnsScreen(Dialog[tuple[tuple[str, ...], bool] | None]):
    """Answers with the keys of the columns, none for the usual ones, and whether they are for all queues."""

    DEFAULT_CSS = """
    ColumnsScreen LiveTable { height: auto; max-height: 18; min-height: 4; background: $surface; }
    ColumnsScreen #path { margin: 0 1; }
    """
    BINDINGS: ClassVar[list[BindingType]] = [
        *CLOSES,
        Binding("space", "choose", "Show or not", show=False),
        Binding("shift+up,K", "shift(-1)", "Before", show=False),
        Binding("shift+down,J", "shift(1)", "Behind", show=False),
    ]

    def __init__(self, queue: str, keys: Sequence[str]) -> None:
        super().__init__()
        self._queue = queue
        self._shown = dict.fromkeys(keys)
        self._keys = [*keys, *(key for key in OFFERED if key not in self._shown)]
        self._problem = ""

    def compose(self) -> ComposeResult:
        """The columns, a path to add, for which queues, and the keys."""
        with Vertical(id="box") as box:
            box.border_title = "Columns"
            yield LiveTable(_COLUMNS, markable=False, opens=False)
            yield Input(id="path", compact=True, placeholder="add a value by its path, such as data.orderId")
            yield Lines(id="said")
            yield Answers(_ANSWERS)
            yield Lines(id="keys")

    def on_mount(self) -> None:
        """Show them."""
        self.query_one(Input).cursor_blink = False
        self._show()
        self._table.focus()

    @property
    def _table(self) -> LiveTable:
        return self.query_one(LiveTable)

    # --- showing

    def _show(self) -> None:
        if not stands(self) or not self.size.width:
            return
        table, width = self._table, self.inner_width()
        table.styles.height = min(len(self._keys) + 1, max(4, self.size.height - 7))
        table.update(ListSource(tuple(self._keys), lambda key: key, self._cells))
        self.query_one("#said", Lines).show(prose(self._problem, "failed", width) if self._problem else [])
        parts = [
            part(5, ("space shows", "dim")),
            part(4, ("J K move", "dim")),
            part(3, ("tab on", "dim")),
            part(6, ("enter takes", "dim")),
            part(2, ("esc closes", "dim")),
        ]
        self.query_one("#keys", Lines).show([fit(parts, width)])

    def _cells(self, key: str) -> tuple[Cell, ...]:
        on = key in self._shown
        meaning = OFFERED[key].meaning if key in OFFERED else f"what stands at {key}"
        return ("[x]" if on else "[ ]"), (title(key), "bold" if on else ""), (meaning, "dim")

    def on_resize(self, event: events.Resize) -> None:
        """Fit it."""
        self._show()

    # --- keys

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """Keys of the list are for the list."""
        return action not in ("choose", "shift") or self.focused is self._table

    def action_choose(self) -> None:
        """Show the column, or not."""
        key = str(self._table.cursor_key)
        if key in self._shown:
            del self._shown[key]
        else:
            self._shown[key] = None
        self._show()

    def action_shift(self, step: int) -> None:
        """Move the column."""
        place = self._table.cursor
        other = place + step
        if 0 <= place < len(self._keys) and 0 <= other < len(self._keys):
            keys = self._keys
            keys[place], keys[other] = keys[other], keys[place]
            self._show()

    @on(Input.Submitted)
    def _path_typed(self, event: Input.Submitted) -> None:
        event.stop()
        key = event.value.strip()
        if path_of(key) is None:
            self._problem = _WRONG
        else:
            self._problem = ""
            if key not in self._keys:
                at = max((place for place, one in enumerate(self._keys) if one in self._shown), default=-1)
                self._keys.insert(at + 1, key)
            self._shown[key] = None
            event.input.value = ""
            self._table.focus()
        self._show()
        self._table.move_to_key(key)

    def on_key(self, event: events.Key) -> None:
        """Enter in the list takes what is shown."""
        if event.key == "enter" and self.focused is self._table:
            event.stop()
            self._take("here")

    @on(Answers.Given)
    def _given(self, event: Answers.Given) -> None:
        event.stop()
        self._take(event.answer)

    def _take(self, answer: str) -> None:
        if answer == "usual":
            self.dismiss(((), False))
            return
        shown = tuple(key for key in self._keys if key in self._shown)
        if not shown:
            self._problem = f"Choose at least one column for {visible(self._queue)}."
            self._show()
            return
        self.dismiss((shown, answer == "all"))
