"""A few lines of styled text that are painted only when they change: header, breadcrumbs, heads of panes."""

from collections.abc import Sequence

from rich.segment import Segment
from textual.geometry import Size
from textual.reactive import reactive
from textual.strip import Strip
from textual.widget import Widget

from bulltui.tui.themes import palette_of
from bulltui.tui.widgets.cells import Cell, Pen, paint


class Lines(Widget):
    """Shows cells as lines, one each. Nothing in them is markup."""

    DEFAULT_CSS = """
    Lines { height: auto; background: $background; color: $foreground; }
    """
    ALLOW_SELECT = False

    stale = reactive(False)
    """Whether what is shown is no longer fresh."""

    def __init__(self, *, id: str | None = None, classes: str | None = None) -> None:  # noqa: A002
        super().__init__(id=id, classes=classes)
        self._lines: tuple[Cell, ...] = ()

    @property
    def lines(self) -> tuple[Cell, ...]:
        """What is shown."""
        return self._lines

    def show(self, lines: Sequence[Cell]) -> None:
        """Show these lines, if they are others."""
        shown = tuple(lines)
        if shown == self._lines:
            return
        grows = len(shown) != len(self._lines)
        self._lines = shown
        self.refresh(layout=grows)

    def get_content_height(self, container: Size, viewport: Size, width: int) -> int:
        """As many lines as there are."""
        return len(self._lines)

    def render_line(self, y: int) -> Strip:
        """One line."""
        width = self.size.width
        pen = Pen(self.rich_style, palette_of(self.app), stale=self.stale)
        out: list[Segment] = []
        paint(self._lines[y] if y < len(self._lines) else "", width, "left", pen, out)
        return Strip(out, width)
