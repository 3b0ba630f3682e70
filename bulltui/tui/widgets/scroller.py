"""What all widgets of lines share: they are scrolled by keys, at once, and know the width that is free to draw in."""

from textual.scroll_view import ScrollView

from bulltui.tui.widgets.nav import NAV_BINDINGS


class Scroller(ScrollView, can_focus=True, inherit_bindings=False):
    """Lines that are scrolled at once, never animated. Derived widgets draw them and set `virtual_size`."""

    BINDINGS = NAV_BINDINGS
    DEFAULT_CSS = """
    Scroller { overflow-x: hidden; overflow-y: auto; scrollbar-size-vertical: 1; scrollbar-gutter: stable; }
    """

    @property
    def inner_width(self) -> int:
        """The cells of a line, without those of the scroll bar. The place of the bar is kept free when there is none,
        so that text does not move when it comes."""
        return self.scrollable_content_region.width

    def jump(self, row: float) -> None:
        """Make a row the first in sight, as far as there are rows below."""
        self.scroll_to(y=row, animate=False, force=True)

    def reveal(self, row: int) -> None:
        """Have a row in sight, and some of what is around it."""
        top, page = self.scroll_offset.y, self.size.height
        if not top <= row < top + page:
            self.jump(row - page // 3)

    def action_up(self) -> None:
        """A row up."""
        self.jump(self.scroll_offset.y - 1)

    def action_down(self) -> None:
        """A row down."""
        self.jump(self.scroll_offset.y + 1)

    def action_page_up(self) -> None:
        """A page up."""
        self.jump(self.scroll_offset.y - self.size.height)

    def action_page_down(self) -> None:
        """A page down."""
        self.jump(self.scroll_offset.y + self.size.height)

    def action_half_up(self) -> None:
        """Half a page up."""
        self.jump(self.scroll_offset.y - max(1, self.size.height // 2))

    def action_half_down(self) -> None:
        """Half a page down."""
        self.jump(self.scroll_offset.y + max(1, self.size.height // 2))

    def action_first(self) -> None:
        """The start."""
        self.jump(0)

    def action_last(self) -> None:
        """The end."""
        self.jump(self.virtual_size.height)
