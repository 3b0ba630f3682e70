"""A viewer of plain text of any length: wrapped, styled, searched, and followed while lines are added."""

import asyncio
import time
from collections.abc import Iterable
from typing import ClassVar

from rich.segment import Segment
from rich.style import Style
from textual import events
from textual.binding import Binding, BindingType
from textual.cache import LRUCache
from textual.geometry import Size
from textual.message import Message
from textual.reactive import reactive, var
from textual.selection import Selection
from textual.strip import Strip

from bulltui.tui.themes import palette_of
from bulltui.tui.widgets.cells import Pen, cut, width_of
from bulltui.tui.widgets.scroller import Scroller
from bulltui.tui.widgets.text_lines import Highlighter, Line, TextLines, segments
from bulltui.tui.widgets.text_search import matches, needle
from bulltui.tui.widgets.wrap import Row, Wrap

_SLICE = 0.004  # seconds of work in one go
_FIRST_SLICE = 0.008  # enough for most texts, so that these never flicker
_GROWS_S = 0.2  # so long a text that is being wrapped goes on below what is in sight before the scroll bar tells


class TextView(Scroller):
    """Shows lines; it has no cursor, keys scroll."""

    ALLOW_SELECT = True
    COMPONENT_CLASSES: ClassVar[set[str]] = {"text-view--match", "text-view--current", "text-view--empty"}
    DEFAULT_CSS = """
    TextView { background: $background; color: $foreground; }
    TextView > .text-view--match { text-style: reverse; }
    TextView > .text-view--current { text-style: bold reverse underline; }
    TextView > .text-view--empty { color: $foreground-muted; }
    """
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("n", "next_match", "Next match", show=False, id="text.next-match"),
        Binding("N", "previous_match", "Previous match", show=False, id="text.previous-match"),
    ]

    follow: var[bool] = var(False)
    """Whether the view stays at the end while lines are added. Scrolling up pauses that, going to the end resumes."""
    empty = reactive("")
    """What is said when there is no line."""

    class Searched(Message):
        """A search has gone to a match, or found none (`line` is None)."""

        def __init__(self, view: "TextView", query: str, line: int | None) -> None:
            super().__init__()
            self.view = view
            self.query = query
            self.line = line

        @property
        def control(self) -> "TextView":
            """The view that searched."""
            return self.view

    def __init__(
        self,
        text: str | Iterable[Line] = "",
        *,
        highlighter: Highlighter | None = None,
        follow: bool = False,
        max_lines: int = 0,
        empty: str = "",
        id: str | None = None,  # noqa: A002
        classes: str | None = None,
    ) -> None:
        super().__init__(id=id, classes=classes)
        self._text = TextLines(highlighter)
        self._text.extend(text)
        self._max_lines = max_lines
        self._wrap = Wrap(80)
        self._wrapped = asyncio.Event()
        self._working = False
        self._grows_at = 0.0
        self._anchor: tuple[int, int] | None = None
        self._at_end = follow
        self._query = ""
        self._match: tuple[int, int] | None = None
        self._strips: LRUCache[int, Strip] = LRUCache(256)
        self._pen: Pen | None = None
        self.set_reactive(TextView.follow, follow)
        self.set_reactive(TextView.empty, empty)

    # --- what the caller may ask and set

    @property
    def line_count(self) -> int:
        """How many lines there are, not counting wraps."""
        return len(self._text.lines)

    @property
    def text(self) -> str:
        """All of the text, as it was given."""
        return "\n".join(self._text.lines)

    @property
    def following(self) -> bool:
        """Whether added lines will be scrolled to."""
        return self.follow and self._at_end

    @property
    def ready(self) -> bool:
        """Whether all of the text is wrapped; the end of a long one is known a moment after its start."""
        return self._wrap.done

    def load(self, text: str | Iterable[Line]) -> None:
        """Show another text, from its start, or from its end when following."""
        self._match, self._anchor = None, None
        self._text.clear()
        self._text.extend(text)
        self._at_end = self.follow
        self._rewrap(keep=False)
        if self.is_mounted and not self.follow:
            self.jump(0)

    def append(self, lines: Iterable[Line]) -> None:
        """Add lines at the end; the oldest go when there are many more than `max_lines`."""
        first = len(self._text.lines)
        self._text.extend(lines)
        over = len(self._text.lines) - self._max_lines
        if self._max_lines and over > self._max_lines // 4:
            self._drop(over)
        else:
            self._wrap.add(self._text.lines[first:])
            self._work()

    def search(self, query: str) -> None:
        """Mark all of `query` and go to the first from what is in sight on; `""` ends the search."""
        self._query, self._match = query, None
        self._repaint()
        if query:
            self._seek(1)

    def action_next_match(self) -> None:
        """Go to the next match."""
        self._seek(1)

    def action_previous_match(self) -> None:
        """Go to the match before."""
        self._seek(-1)

    # --- lines and rows

    def _drop(self, count: int) -> None:
        """Forget the oldest lines; what is in sight stays there as long as it exists."""
        top = self._top_place()
        self._text.drop(count)
        self._match = None
        self._anchor = (max(0, top[0] - count), top[1]) if top and not self.following else None
        self._rewrap(keep=False)

    def _top_place(self) -> tuple[int, int] | None:
        top = self.scroll_offset.y
        return self._wrap.row(top)[:2] if top < self._wrap.rows else None

    def _rewrap(self, *, keep: bool) -> None:
        """Wrap all lines anew, for another width or other lines."""
        if keep and self._anchor is None and self.scroll_offset.y:
            self._anchor = self._top_place()
        self._wrap = Wrap(self.inner_width if self.is_mounted else 80)
        self._wrap.add(self._text.lines)
        self._work(_FIRST_SLICE)

    def _work(self, seconds: float = _SLICE) -> None:
        """Wrap for a moment, show what is known, and go on later if there is more."""
        if not self.is_mounted or not self.size:
            return
        self._advance(seconds)
        if not self._wrap.done and not self._working:
            self._working = True
            self.run_worker(self._work_on(), group="wrap", exit_on_error=True)

    async def _work_on(self) -> None:
        try:
            while not self._wrap.done:
                await asyncio.sleep(0.001)  # keys and the screen go first
                self._advance(_SLICE)
        finally:
            self._working = False

    def _advance(self, seconds: float) -> None:
        before = self._wrap.rows
        (self._wrapped.set if self._wrap.advance(seconds) else self._wrapped.clear)()
        rows = self._wrap.rows
        if self._anchor is not None and (row := self._wrap.row_of(*self._anchor)) is not None:
            self.virtual_size = Size(1, rows)
            self.jump(row)
            self._anchor = None
        elif self._anchor is None or self._wrap.done:
            self._anchor = None
            at_end = self.following
            # What is far below only moves the scroll bar, and for that all of the screen is laid out and painted.
            seen = before < self.scroll_offset.y + 2 * self.size.height
            if seen or at_end or self._wrap.done or time.monotonic() >= self._grows_at:
                self._grows_at = time.monotonic() + _GROWS_S
                self.virtual_size = Size(1, rows)
            if at_end:
                self.jump(rows)
                self._at_end = True
        if before < self.scroll_offset.y + self.size.height:
            self._repaint()

    def _repaint(self) -> None:
        self._strips.clear()
        self.refresh()

    def on_mount(self) -> None:
        """Start wrapping as soon as the width is known."""
        self._rewrap(keep=False)

    def on_show(self) -> None:
        """Wrap what was added while this was hidden."""
        self._work(_FIRST_SLICE)
        self._repaint()

    def on_resize(self, event: events.Resize) -> None:
        """Wrap for another width; what was first in sight stays so."""
        if self._wrap.width != self.inner_width:
            self._rewrap(keep=not self.following)
        elif self.following:
            self.jump(self._wrap.rows)
        self._repaint()

    def watch_scroll_y(self, old_value: float, new_value: float) -> None:
        """Know whether the end is in sight: only there lines are followed."""
        super().watch_scroll_y(old_value, new_value)
        self._at_end = new_value >= self.max_scroll_y

    def watch_follow(self, follow: bool) -> None:
        """Go to the end when following starts."""
        if follow:
            self._at_end = True
            if self.is_mounted:
                self.jump(self._wrap.rows)

    def notify_style_update(self) -> None:
        """Theme, focus or styles are others."""
        super().notify_style_update()
        self._pen = None
        self._strips.clear()

    # --- searching

    def _seek(self, step: int) -> None:
        if self._query:
            self.run_worker(self._find(self._query, step), group="search", exclusive=True)

    async def _find(self, query: str, step: int) -> None:
        await self._wrapped.wait()
        place = self._match
        if place is None:  # from the first row in sight on, that row included
            line, offset = self._top_place() or (0, 0)
            place = (line, offset - step)
        until = time.perf_counter() + _SLICE
        for found in matches(self._wrap, query, place, step):
            if found is not None:
                self._match = found
                row = self._wrap.row_of(*found)
                if row is not None:
                    self.reveal(row)
                self._repaint()
                self.post_message(self.Searched(self, query, found[0]))
                return
            if time.perf_counter() > until:
                await asyncio.sleep(0)
                until = time.perf_counter() + _SLICE
        self.post_message(self.Searched(self, query, None))

    # --- drawing

    def render_line(self, y: int) -> Strip:
        """Draw one row."""
        if self._pen is None:
            self._pen = Pen(self.rich_style, palette_of(self.app))
        pen, width, number = self._pen, self.inner_width, self.scroll_offset.y + y
        if number >= self._wrap.rows:
            lines = self.empty.split("\n") if not self._text.lines else []
            text = cut(lines[y], width) if y < len(lines) else ""
            style = self.get_component_rich_style("text-view--empty")
            return Strip([Segment(text, style)]).adjust_cell_length(width, pen.base)
        selection = self.text_selection
        strip = self._strips.get(number) if selection is None else None
        if strip is None:
            strip = self._draw(self._wrap.row(number), pen, selection and selection.get_span(number))
            strip = strip.adjust_cell_length(width, pen.base).apply_offsets(0, number)
            if selection is None:
                self._strips[number] = strip
        return strip

    def _draw(self, row: Row, pen: Pen, selected: tuple[int, int] | None) -> Strip:
        """A row with its styles, matches and selection, each laid upon the one before."""
        size = len(row.text)
        styles: list[Style] = [pen.base] * size
        for start, end, name in self._text.spans(row.line):
            style = pen.style(name)
            for at in range(max(0, start - row.offset), min(size, end - row.offset)):
                styles[at] = style
        if self._query:
            text, shift = self._wrap.around(row, len(self._query) - 1)
            plain = self.get_component_rich_style("text-view--match", partial=True)
            current = self.get_component_rich_style("text-view--current", partial=True)
            for hit in needle(self._query).finditer(text):
                mark = current if self._match == (row.line, shift + hit.start()) else plain
                for at in range(max(0, hit.start() + shift - row.offset), min(size, hit.end() + shift - row.offset)):
                    styles[at] = styles[at] + mark
        if selected is not None:
            mark = self.screen.get_component_rich_style("screen--selection")
            for at in range(selected[0], size if selected[1] == -1 else min(size, selected[1])):
                styles[at] = styles[at] + mark
        return Strip(segments(row.text, styles), width_of(row.text))

    def get_selection(self, selection: Selection) -> tuple[str, str] | None:
        """The text selected by mouse, lines as they were before they were wrapped."""
        first = selection.start.y if selection.start else 0
        last = min(selection.end.y if selection.end else self._wrap.rows - 1, self._wrap.rows - 1)
        parts: list[str] = []
        for number in range(first, last + 1):
            row = self._wrap.row(number)
            span = selection.get_span(number)
            if span is not None:
                parts.append(row.text[span[0] : None if span[1] == -1 else span[1]])
                parts.append("" if row.goes_on or number == last else "\n")
        return "".join(parts), "\n"

    def selection_updated(self, selection: Selection | None) -> None:
        """Another part is selected."""
        self._repaint()
