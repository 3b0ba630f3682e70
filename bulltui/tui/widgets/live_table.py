"""A table that is painted line by line: an update costs what changed on the screen, not what there is.

It shows rows of a `RowSource`, knows a row by its key, and keeps the cursor and the marks on their rows while the rows
move. It never interprets markup.
"""

from collections.abc import Hashable, Iterable, Sequence
from typing import ClassVar

from textual import events
from textual.binding import Binding, BindingType
from textual.geometry import Region, Size
from textual.reactive import reactive
from textual.strip import Strip
from textual.timer import Timer

from bulltui.tui.themes import palette_of
from bulltui.tui.widgets.columns import Column
from bulltui.tui.widgets.cursor_list import CursorList
from bulltui.tui.widgets.rows import NO_ROWS, RowSource
from bulltui.tui.widgets.table_messages import HeaderClicked, MarksChanged, RowHighlighted, RowSelected, RowsNeeded
from bulltui.tui.widgets.table_painter import SIGNS, Look, TablePainter

_ASK_AFTER = (
    0.04  # seconds between looks for rows that are not loaded: scrolling asks for where it ends, not for its way
)


class LiveTable(CursorList):
    """A table for data that changes all the time."""

    COMPONENT_CLASSES: ClassVar[set[str]] = {
        "live-table--header",
        "live-table--sorted",
        "live-table--cursor",
        "live-table--marked",
        "live-table--sign",
        "live-table--placeholder",
    }
    DEFAULT_CSS = """
    LiveTable { background: $background; color: $foreground; }
    LiveTable > .live-table--header { color: $foreground-muted; text-style: bold; }
    LiveTable > .live-table--sorted { color: $foreground; text-style: bold; }
    LiveTable > .live-table--cursor {
        color: $block-cursor-blurred-foreground; background: $block-cursor-blurred-background;
    }
    LiveTable:focus > .live-table--cursor {
        color: $block-cursor-foreground; background: $block-cursor-background; text-style: bold;
    }
    LiveTable > .live-table--marked { text-style: bold; }
    LiveTable > .live-table--sign { color: $accent; text-style: bold; }
    LiveTable > .live-table--placeholder { color: $foreground-muted; }
    """
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("enter", "select", "Open", show=False, id="open"),
        Binding("space", "mark", "Mark", show=False, id="mark"),
    ]
    HEAD = 1

    stale = reactive(False, repaint=False)
    """Whether the rows are no longer fresh: they are drawn faded."""
    empty = reactive("")
    """What is said when there are no rows; may have several lines."""

    RowHighlighted = RowHighlighted
    RowSelected = RowSelected
    HeaderClicked = HeaderClicked
    MarksChanged = MarksChanged
    RowsNeeded = RowsNeeded

    def __init__(
        self,
        columns: Sequence[Column],
        source: RowSource = NO_ROWS,
        *,
        empty: str = "",
        sort: tuple[str, bool] | None = None,
        markable: bool = True,
        opens: bool = True,
        id: str | None = None,  # noqa: A002 - Textual's own name
        classes: str | None = None,
    ) -> None:
        super().__init__(id=id, classes=classes)
        self._columns = tuple(columns)
        self._source = source
        self._sort = sort
        self._markable = markable
        self._opens = opens
        self._marks: dict[Hashable, None] = {}
        self._marked: tuple[Hashable, ...] | None = ()
        self._key: Hashable | None = None
        self._painter: TablePainter | None = None
        self._drawn: dict[int, Strip] = {}
        self._asking: Timer | None = None
        self._asked: tuple[int, int] | None = None
        self.set_reactive(LiveTable.empty, empty)

    # --- what the caller may ask and set

    @property
    def source(self) -> RowSource:
        """The rows."""
        return self._source

    @property
    def columns(self) -> tuple[Column, ...]:
        """All columns, whether there is room for them now or not."""
        return self._columns

    @property
    def shown_columns(self) -> tuple[str, ...]:
        """The keys of the columns that there is room for now."""
        return tuple(self._columns[placed.index].key for placed in self.painter.placed)

    @property
    def line_count(self) -> int:
        """How many rows there are."""
        return len(self._source)

    @property
    def cursor_key(self) -> Hashable | None:
        """The key of the row under the cursor; None when there is none, or it is not loaded."""
        return self._key

    @property
    def markable(self) -> bool:
        """Whether rows can be marked."""
        return self._markable

    @property
    def marks(self) -> frozenset[Hashable]:
        """The keys of the marked rows, in sight or not."""
        return frozenset(self._marks)

    @property
    def marked(self) -> tuple[Hashable, ...]:
        """The same in the order in which they were marked."""
        if self._marked is None:
            self._marked = tuple(self._marks)
        return self._marked

    @property
    def sort(self) -> tuple[str, bool] | None:
        """The column that the header says rows are sorted by, and whether downwards. Sorting is the source's work."""
        return self._sort

    @sort.setter
    def sort(self, sort: tuple[str, bool] | None) -> None:
        if sort != self._sort:
            self._sort = sort
            self.refresh(Region(0, 0, self.size.width, 1))

    def set_columns(self, columns: Sequence[Column]) -> None:
        """Show other columns; the source must give cells for them."""
        self._columns = tuple(columns)
        self._forget()

    def set_marks(self, keys: Iterable[Hashable]) -> None:
        """Mark these rows and no others."""
        marks = dict.fromkeys(keys)
        if marks != self._marks:
            self._marks = marks
            self._marks_changed()
            self.refresh_rows()

    def update(self, source: RowSource) -> None:
        """Show these rows from now on. The cursor stays on its row, the view on what it shows; only lines that changed
        are painted."""
        top, cursor = self.top, self._cursor
        in_sight = top <= cursor < top + self.page
        anchor = self._key if in_sight else self._source.key(top) if top < len(self._source) else None
        self._source = source
        self._resize_lines()
        place_now = cursor if self._key is None else source.find(self._key, cursor)
        self._cursor = max(0, min(cursor if place_now is None else place_now, len(source) - 1))
        if top and anchor is not None:
            # Someone reads in the middle: what they read stays where it is on the screen.
            was = cursor if in_sight else top
            moved = self._cursor if in_sight else source.find(anchor, top)
            top += 0 if moved is None else moved - was
            if top != self.top:
                self.jump(top)
        if in_sight:
            self.reveal(self._cursor)
        self.refresh_rows()
        self._settle()

    def refresh_rows(self) -> None:
        """Paint the lines in sight whose cells are others than those drawn; ask for rows that are missing."""
        self._asked = None
        if not self.is_mounted or not self.size:
            self.refresh()  # hidden: all of it is painted when it is shown
            return
        top, width = self.top, self.size.width
        for y in range(self.HEAD, self.size.height):
            if self._line(top + y - self.HEAD) is not self._drawn.get(y):
                self.refresh(Region(0, y, width, 1))
        self._ask_soon()

    def move_to_key(self, key: Hashable) -> bool:
        """Put the cursor on the row of `key`, if that is known."""
        index = self._source.find(key, self._cursor)
        if index is not None:
            self.move_to(index)
        return index is not None

    # --- keeping up with the world

    def cursor_moved(self) -> None:
        """The row under the cursor is another one."""
        self._key = self._source.key(self._cursor)
        self.post_message(RowHighlighted(self, self._cursor, self._key))

    def _settle(self) -> None:
        """Take the key of the row under the cursor; say so if it is another one."""
        key = self._source.key(self._cursor) if len(self._source) else None
        if key != self._key:
            self._key = key
            self.post_message(RowHighlighted(self, self.cursor, key))

    def _resize_lines(self) -> None:
        size = Size(1, len(self._source) + self.HEAD)
        if size != self.virtual_size:
            self.virtual_size = size

    def on_mount(self) -> None:
        """Take the first rows."""
        self._resize_lines()
        self._settle()

    def on_resize(self, event: events.Resize) -> None:
        """Fit the columns and have the cursor in sight."""
        self._forget()
        self.reveal(self._cursor)

    def watch_stale(self) -> None:
        """Draw rows faded, or no longer."""
        self._forget()

    def watch_scroll_y(self, old_value: float, new_value: float) -> None:
        """Ask for what has come in sight."""
        super().watch_scroll_y(old_value, new_value)
        self._ask_soon()

    def notify_style_update(self) -> None:
        """Theme, focus or styles are others."""
        super().notify_style_update()
        self._painter = None

    def _forget(self) -> None:
        self._painter = None
        self._drawn.clear()
        self.refresh()
        self._ask_soon()

    def _ask_soon(self) -> None:
        if self._asking is None and self.is_mounted:
            self._asking = self.set_timer(_ASK_AFTER, self._ask)

    def _ask(self) -> None:
        self._asking = None
        start, stop = max(0, self.top - self.page), min(len(self._source), self.top + 2 * self.page)
        missing = [index for index in range(start, stop) if self._source.key(index) is None]
        if missing and self._asked != (asked := (missing[0], missing[-1] + 1)):
            self._asked = asked
            self.post_message(RowsNeeded(self, *asked))

    # --- drawing

    @property
    def painter(self) -> TablePainter:
        """What draws the lines in the look of now."""
        if self._painter is None:
            style = self.get_component_rich_style
            self._painter = TablePainter(
                Look(
                    width=self.inner_width,
                    columns=self._columns,
                    base=self.rich_style,
                    header=style("live-table--header"),
                    sorted=style("live-table--sorted"),
                    cursor=style("live-table--cursor"),
                    marked=style("live-table--marked", partial=True),
                    sign=style("live-table--sign", partial=True),
                    placeholder=style("live-table--placeholder"),
                    palette=palette_of(self.app),
                    stale=self.stale,
                )
            )
        return self._painter

    def _line(self, index: int) -> Strip:
        if not 0 <= index < len(self._source):
            return self.painter.message("" if self._source else self.empty, index)
        key = self._source.key(index)
        cells = None if key is None else self._source.cells(index)
        return self.painter.row(key, cells, index == self._cursor, key in self._marks)

    def render_line(self, y: int) -> Strip:
        """Draw one line of the screen."""
        if y < self.HEAD:
            return self.painter.header(self._sort)
        strip = self._drawn[y] = self._line(self.top + y - self.HEAD)
        return strip

    # --- keys and mouse

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """A row that leads nowhere is not opened, and not marked where marks mean nothing."""
        return self._opens if action == "select" else action != "mark" or self._markable

    def action_select(self) -> None:
        """Open the row under the cursor."""
        if self._key is not None:
            self.post_message(RowSelected(self, self._cursor, self._key))

    def action_mark(self) -> None:
        """Mark the row under the cursor, or take its mark away, and go down."""
        if self._markable and self._key is not None:
            self._toggle(self._cursor)
            self.action_down()

    def _toggle(self, index: int) -> None:
        key = self._source.key(index)
        if key is not None:
            if key in self._marks:
                del self._marks[key]
            else:
                self._marks[key] = None
            self._marks_changed()
            self.repaint_line(index)

    def _marks_changed(self) -> None:
        self._marked = None
        self.post_message(MarksChanged(self, self.marks))

    def on_click(self, event: events.Click) -> None:
        """A title sorts, a row takes the cursor, its left edge its mark; twice opens it."""
        offset = event.get_content_offset(self)
        if offset is None:
            return
        if offset.y < self.HEAD:
            column = self.painter.column_at(offset.x)
            if column is not None:
                self.post_message(HeaderClicked(self, column.key))
            return
        index = self.top + offset.y - self.HEAD
        if index >= len(self._source):
            return
        self.move_to(index)
        if self._markable and offset.x < SIGNS:
            self._toggle(index)
        elif event.chain == 2 and self._opens:
            self.action_select()
