"""The list of queues: sorted, filtered, grouped, and always where the cursor was."""

from collections.abc import Callable, Mapping
from dataclasses import replace

from textual import on
from textual.app import ComposeResult
from textual.containers import Vertical
from textual.message import Message

from bulltui.config.settings import Settings
from bulltui.domain.query.query import QueryError
from bulltui.domain.queue import QueueRef
from bulltui.domain.queue_filter import QueueFilter
from bulltui.domain.snapshot import EMPTY, Link, QueueRow, Snapshot
from bulltui.domain.text import plural
from bulltui.services.protocols import Clock
from bulltui.tui import keymap
from bulltui.tui.panes.filter_box import FilterBox
from bulltui.tui.panes.lines import Lines
from bulltui.tui.present.empty import no_queues
from bulltui.tui.present.line import Pieces, fit, part
from bulltui.tui.present.queue_list import (
    FILTER_HINT,
    SERVER_HINT,
    Arrangement,
    GroupItem,
    Item,
    QueueItem,
    SortBy,
    arrange,
    away_since,
    delimiter,
    titles,
)
from bulltui.tui.present.queues import COLUMNS, cells, old_cells
from bulltui.tui.widgets.cells import Cell
from bulltui.tui.widgets.live_table import LiveTable
from bulltui.tui.widgets.rows import ListSource
from bulltui.tui.widgets.table_messages import HeaderClicked, MarksChanged, RowHighlighted, RowSelected

_SORT_COLUMN = {SortBy.RATE: "finished"}
_COLUMN_SORT = {_SORT_COLUMN.get(sort, sort.value): sort for sort in SortBy}


class QueuePane(Vertical):
    """The list and the line to filter it by."""

    DEFAULT_CSS = """
    QueuePane > #queues-head { height: 1; }
    QueuePane > LiveTable { height: 1fr; }
    """
    BINDINGS = keymap.bindings("filter", "sort", "group", "copy-id", "mark-all")

    class Highlighted(Message):
        """The cursor is on this queue; on a group or nowhere for None."""

        def __init__(self, ref: QueueRef | None) -> None:
            super().__init__()
            self.ref = ref

        def can_replace(self, message: Message) -> bool:
            """Whether the one still waiting is out of date."""
            return isinstance(message, QueuePane.Highlighted)

    class Opened(Message):
        """Someone wants to see the jobs of this queue."""

        def __init__(self, ref: QueueRef) -> None:
            super().__init__()
            self.ref = ref

    def __init__(self, settings: Settings, clock: Clock, copy: Callable[[str, str], None], *, markable: bool) -> None:
        super().__init__(id="queues")
        self.trends: Callable[[tuple[QueueRow, ...]], tuple[QueueRow, ...]] = lambda rows: rows
        """Puts in what is known of their last hour."""
        self._markable = markable
        self._settings = settings
        self._clock = clock
        self._copy = copy
        self._snapshot = EMPTY
        self._how = Arrangement()
        self._items: tuple[Item, ...] = ()
        self._away: Mapping[str, int] = {}
        self._arriving = True
        """Whether queues are still being found: till all are there, who has not moved looks at the first."""

    def compose(self) -> ComposeResult:
        """Head, table, filter."""
        yield Lines(id="queues-head")
        yield LiveTable(COLUMNS, markable=self._markable, sort=("failed", True), id="queue-table")
        several = len(self._settings.fleet) > 1
        wanted = "part of a name, glob*, !without, is:failing" + (", server:eu" if several else "")
        yield FilterBox(wanted, hint=SERVER_HINT if several else FILTER_HINT)

    def on_mount(self) -> None:
        """Say that queues are being looked for."""
        self._arrange()

    # --- what others ask

    @property
    def table(self) -> LiveTable:
        """The table."""
        return self.query_one("#queue-table", LiveTable)

    @property
    def highlighted(self) -> QueueRef | None:
        """The queue under the cursor."""
        key = self.table.cursor_key
        return key if isinstance(key, QueueRef) else None

    @property
    def meant(self) -> tuple[QueueRef, ...]:
        """The marked queues, or the one under the cursor."""
        marked = tuple(key for key in self.table.marked if isinstance(key, QueueRef))
        if marked or self.highlighted is None:
            return marked
        return (self.highlighted,)

    @property
    def group(self) -> GroupItem | None:
        """The group under the cursor."""
        key = self.table.cursor_key
        return next((item for item in self._items if isinstance(item, GroupItem) and item.key == key), None)

    @property
    def filtered(self) -> bool:
        """Whether a filter hides queues or is being typed."""
        return self.query_one(FilterBox).has_class("-on")

    def row(self, ref: QueueRef) -> QueueRow | None:
        """The newest row of a queue."""
        return self._snapshot.row(ref)

    def tell(self, snapshot: Snapshot) -> None:
        """Show another snapshot."""
        fresh = snapshot.rows is not self._snapshot.rows or len(snapshot.servers) != len(self._snapshot.servers)
        before = self._away
        self._snapshot = snapshot
        away = away_since(snapshot)
        # Of several servers only the rows of those that are away are old.
        whole = snapshot.health.link is Link.OFFLINE and len(away) >= len(snapshot.servers)
        self.table.stale = whole and bool(snapshot.rows)
        self._away = {} if whole else away
        if fresh or not self._items or before != self._away:
            self._arrange()

    def renew(self) -> None:
        """Show what `trends` puts in now."""
        self._arrange()

    def visible_rows(self) -> tuple[QueueRow, ...]:
        """What is known of the queues on screen."""
        top = self.table.top
        return tuple(item.row for item in self._items[top : top + self.table.page] if isinstance(item, QueueItem))

    def go_to(self, ref: QueueRef) -> None:
        """Put the cursor on a queue, whatever hides it now."""
        if not self._in_list(ref):
            self.query_one(FilterBox).clear()
            self._how = replace(self._how, filter=QueueFilter())
            if not self._in_list(ref) and self._how.grouped:
                self._how = replace(self._how, grouped=False)
            self._arrange()
        self.table.move_to_key(ref)

    def visible_refs(self) -> tuple[QueueRef, ...]:
        """The queues on screen."""
        top = self.table.top
        return tuple(item.key for item in self._items[top : top + self.table.page] if isinstance(item, QueueItem))

    def clear_filter(self) -> bool:
        """Take the filter away; False when there is none."""
        if not self.filtered:
            return False
        self.query_one(FilterBox).clear()
        self._filter("")
        return True

    # --- arranging

    def _in_list(self, ref: QueueRef) -> bool:
        return any(item.key == ref for item in arrange(self._snapshot.rows, self._how))

    def _arrange(self) -> None:
        self._items = arrange(self.trends(self._snapshot.rows), self._how)
        table = self.table
        table.empty = no_queues(self._settings, self._snapshot, filtered=bool(self._how.filter))
        table.sort = (_SORT_COLUMN.get(self._how.sort, self._how.sort.value), self._how.sort is not SortBy.NAME)
        stay_on_top = self._arriving and table.cursor <= 0
        table.update(ListSource(self._items, lambda item: item.key, self._cells))
        if stay_on_top and table.cursor > 0:
            table.move_to(0)
        self._arriving = self._snapshot.discovery.finished_at is None
        self._head()

    def _cells(self, item: Item) -> tuple[Cell, ...]:
        labels = {ref.server for ref in ((item.key,) if isinstance(item, QueueItem) else item.refs)}
        if not labels or not labels <= self._away.keys():
            return cells(item)
        return old_cells(item, self._clock.now_ms() - min(self._away[label] for label in labels))

    def _head(self) -> None:
        rows = len(self._snapshot.rows)
        shown = sum(isinstance(item, QueueItem) for item in self._items)
        words: Pieces = [("Queues", "bold")]
        if self._how.filter:
            words.append((f"  {shown:,} of {rows:,}", "delayed"))
        elif rows:
            words.append((f"  {rows:,}", "dim"))
        if marked := len(self.table.marks):
            words.append((f"  {marked:,} marked", "delayed bold"))
        right = f"by {self._how.sort.value}" + (", grouped" if self._how.grouped else "")
        head = self.query_one("#queues-head", Lines)
        head.show([fit([part(2, *words), part(1, (right, "dim"), right=True)], max(10, self.size.width))])

    def on_resize(self) -> None:
        """Fit the head."""
        self._head()

    def _filter(self, text: str) -> None:
        try:
            wanted = QueueFilter.parse(text)
        except QueryError as error:
            self.query_one(FilterBox).say(error)
            return
        if wanted != self._how.filter:
            self._how = replace(self._how, filter=wanted)
            self._arrange()
            # One types to have what fits best under the cursor.
            self.table.move_to(0)

    # --- keys

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """Grouping is offered where names have parts in common, nothing of the list while one types."""
        if not self.table.has_focus:
            return False
        if action == "mark_all":
            return self._markable and bool(self._items)
        if action == "group" and not self._how.grouped:
            return bool(delimiter(titles(self._snapshot.rows)))
        return True

    def action_filter(self) -> None:
        """Type a filter."""
        self.query_one(FilterBox).open()

    def action_sort(self) -> None:
        """Sort by the next column."""
        self._sort_by(self._how.sort.next)

    def action_group(self) -> None:
        """Group by the first part of the names, or no longer."""
        self._how = replace(self._how, grouped=not self._how.grouped)
        self._arrange()
        if not self._how.grouped:
            return
        sign = delimiter(titles(self._snapshot.rows))
        self.notify(
            f"Grouped by the part before {sign!r}. Enter opens a group."
            if sign
            else f"The names of {plural(len(self._snapshot.rows), 'queue')} have no part in common.",
            markup=False,
        )

    def action_mark_all(self) -> None:
        """Mark every queue of the list, or none when all are."""
        every = [item.key for item in self._items if isinstance(item, QueueItem)]
        self.table.set_marks(() if self.table.marks >= set(every) else every)

    def action_copy_id(self) -> None:
        """Copy the name."""
        key = self.table.cursor_key
        if key is not None:
            self._copy("the name", key.name if isinstance(key, QueueRef) else str(key))

    def _sort_by(self, sort: SortBy) -> None:
        self._how = replace(self._how, sort=sort)
        self._arrange()
        # One sorts to see what comes first.
        self.table.move_to(0)

    # --- what the widgets say

    @on(HeaderClicked)
    def _header_clicked(self, event: HeaderClicked) -> None:
        event.stop()
        if event.column in _COLUMN_SORT:
            self._sort_by(_COLUMN_SORT[event.column])

    @on(MarksChanged)
    def _marked(self) -> None:
        self._mark_groups()
        self._head()

    def _mark_groups(self) -> None:
        """Who marks a group marks its queues, or unmarks them when all are."""
        table = self.table
        groups = [item for item in self._items if isinstance(item, GroupItem) and item.key in table.marks]
        for group in groups:
            marked = [key for key in table.marked if key != group.key]
            of_it = set(group.refs)
            others = [key for key in marked if key not in of_it]
            table.set_marks(others if of_it <= set(marked) else [*others, *group.refs])

    @on(RowHighlighted)
    def _moved(self, event: RowHighlighted) -> None:
        event.stop()
        self.post_message(self.Highlighted(self.highlighted))

    @on(RowSelected)
    def _selected(self, event: RowSelected) -> None:
        event.stop()
        item = self._items[event.index] if event.index < len(self._items) else None
        if isinstance(item, GroupItem):
            self._how = self._how.toggled(item.title)
            self._arrange()
        elif isinstance(item, QueueItem):
            self.post_message(self.Opened(item.key))

    @on(FilterBox.Changed)
    def _filter_typed(self, event: FilterBox.Changed) -> None:
        event.stop()
        self._filter(event.text)

    @on(FilterBox.Left)
    def _filter_left(self, event: FilterBox.Left) -> None:
        event.stop()
        self.table.focus()
