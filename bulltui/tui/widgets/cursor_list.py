"""What every widget with a cursor over lines shares: moving it, keeping it in sight, and knowing the page's size."""

from textual.geometry import Region

from bulltui.tui.widgets.scroller import Scroller


class CursorList(Scroller):
    """A list of lines with a cursor. Derived widgets say how many lines there are and draw them."""

    ALLOW_SELECT = False

    HEAD = 0
    """Lines at the top that do not scroll."""

    _cursor: int = 0

    @property
    def line_count(self) -> int:
        """How many lines the cursor can be on."""
        raise NotImplementedError

    @property
    def cursor(self) -> int:
        """The number of the line under the cursor, -1 when there is none."""
        return self._cursor if self.line_count else -1

    @property
    def page(self) -> int:
        """How many lines are seen at once."""
        return max(1, self.size.height - self.HEAD)

    @property
    def top(self) -> int:
        """The number of the first line seen."""
        return self.scroll_offset.y

    def move_to(self, line: int) -> None:
        """Put the cursor on a line, as near as there is one, and bring it in sight."""
        if not self.line_count:
            return
        before, self._cursor = self._cursor, max(0, min(line, self.line_count - 1))
        if before != self._cursor:
            self.repaint_line(before)
            self.repaint_line(self._cursor)
        self.reveal(self._cursor)
        if before != self._cursor:
            self.cursor_moved()

    def cursor_moved(self) -> None:
        """Called after the cursor went to another line."""

    def reveal(self, row: int) -> None:
        """Scroll as little as needed to have a line in sight."""
        if not self.size:
            return  # hidden: done when shown
        if row < self.top:
            self.jump(row)
        elif row >= self.top + self.page:
            self.jump(row - self.page + 1)

    def on_show(self) -> None:
        """Have the cursor in sight when this was hidden."""
        self.reveal(self._cursor)

    def repaint_line(self, line: int) -> None:
        """Paint one line again if it is in sight."""
        y = line - self.top + self.HEAD
        if self.HEAD <= y < self.size.height:
            self.refresh(Region(0, y, self.size.width, 1))

    def action_up(self) -> None:
        """One line up."""
        self.move_to(self._cursor - 1)

    def action_down(self) -> None:
        """One line down."""
        self.move_to(self._cursor + 1)

    def action_page_up(self) -> None:
        """A page up."""
        self.move_to(self._cursor - self.page)

    def action_page_down(self) -> None:
        """A page down."""
        self.move_to(self._cursor + self.page)

    def action_half_up(self) -> None:
        """Half a page up."""
        self.move_to(self._cursor - max(1, self.page // 2))

    def action_half_down(self) -> None:
        """Half a page down."""
        self.move_to(self._cursor + max(1, self.page // 2))

    def action_first(self) -> None:
        """The first line."""
        self.move_to(0)

    def action_last(self) -> None:
        """The last line."""
        self.move_to(self.line_count - 1)
