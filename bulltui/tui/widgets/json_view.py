"""A JSON value to look through: coloured, foldable, with a cursor, as quick for big values as for small ones."""

import json
from typing import Any, ClassVar

from rich.segment import Segment
from rich.style import Style
from textual import events
from textual.binding import Binding, BindingType
from textual.cache import LRUCache
from textual.geometry import Size
from textual.message import Message
from textual.strip import Strip

from bulltui.domain.text import valid_unicode
from bulltui.tui.themes import palette_of
from bulltui.tui.widgets.cells import Pen, paint
from bulltui.tui.widgets.cursor_list import CursorList
from bulltui.tui.widgets.json_lines import (
    JsonLine,
    Kind,
    Path,
    all_folds,
    foldable,
    indent,
    initial_folds,
    is_container,
    json_lines,
    line_pieces,
    path_text,
)
from bulltui.tui.widgets.table_painter import CURSOR_SIGN


class JsonView(CursorList):
    """Shows one value; `show` gives it another."""

    COMPONENT_CLASSES: ClassVar[set[str]] = {"json-view--cursor", "json-view--sign"}
    DEFAULT_CSS = """
    JsonView { background: $background; color: $foreground; }
    JsonView > .json-view--cursor {
        color: $block-cursor-blurred-foreground; background: $block-cursor-blurred-background;
    }
    JsonView:focus > .json-view--cursor { color: $block-cursor-foreground; background: $block-cursor-background; }
    JsonView > .json-view--sign { color: $accent; text-style: bold; }
    """
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("enter,space", "turn", "Fold or unfold", show=False, id="json.toggle"),
        Binding("left", "fold", "Fold, or go to the parent", show=False, id="json.fold"),
        Binding("right", "unfold", "Unfold", show=False, id="json.unfold"),
        Binding("plus", "unfold_all", "Unfold all", show=False, id="json.unfold-all"),
        Binding("minus", "fold_all", "Fold all", show=False, id="json.fold-all"),
    ]

    class Highlighted(Message):
        """The cursor is on another value."""

        def __init__(self, view: "JsonView", path: Path) -> None:
            super().__init__()
            self.view = view
            self.path = path

        @property
        def control(self) -> "JsonView":
            """The view that sent it."""
            return self.view

        def can_replace(self, message: Message) -> bool:
            """Whether the waiting `message` is out of date now."""
            return isinstance(message, JsonView.Highlighted) and message.view is self.view

    def __init__(
        self,
        value: Any = None,
        *,
        id: str | None = None,  # noqa: A002
        classes: str | None = None,
    ) -> None:
        super().__init__(id=id, classes=classes)
        self._value = value
        self._folded: set[Path] = set()
        self._unseen: set[Path] = set()
        self._opened: set[Path] = set()
        self._lines: list[JsonLine] = []
        self._pens: tuple[Pen, Pen, Style] | None = None
        self._strips: LRUCache[tuple[int, bool], Strip] = LRUCache(256)
        self._start()

    # --- what the caller may ask and set

    @property
    def value(self) -> Any:
        """The value shown."""
        return self._value

    @property
    def lines(self) -> list[JsonLine]:
        """The lines as they are folded now; not to be changed."""
        return self._lines

    @property
    def line_count(self) -> int:
        """How many lines there are now."""
        return len(self._lines)

    @property
    def cursor_path(self) -> Path:
        """The path of the value under the cursor."""
        return self._lines[self._cursor].path if self._lines else ()

    @property
    def cursor_value(self) -> Any:
        """The value under the cursor."""
        return self._lines[self._cursor].value if self._lines else None

    def path_text(self) -> str:
        """The path of the value under the cursor, as jq writes it."""
        return valid_unicode(path_text(self.cursor_path))

    def value_text(self) -> str:
        """The value under the cursor: a string as it is, anything else as JSON."""
        value = self.cursor_value
        return valid_unicode(value if isinstance(value, str) else json.dumps(value, indent=2, ensure_ascii=False))

    def copy_path(self) -> str:
        """Copy the path under the cursor; returns what was copied."""
        self.app.copy_to_clipboard(text := self.path_text())
        return text

    def copy_value(self) -> str:
        """Copy the value under the cursor; returns what was copied."""
        self.app.copy_to_clipboard(text := self.value_text())
        return text

    def show(self, value: Any, *, keep: bool = False) -> None:
        """Show `value`; with `keep`, as another state of the same thing: what is folded and the cursor stay."""
        if keep and value == self._value:
            return
        path = self.cursor_path
        self._value = value
        if keep:
            self._rebuild(path)
            return
        self._start()
        self._cursor = 0
        if self.is_mounted:
            self.jump(0)

    # --- folding

    def _start(self) -> None:
        self._folded = initial_folds(self._value)
        self._unseen = set(self._folded)
        self._opened = set()
        self._rebuild(())

    def _rebuild(self, path: Path) -> None:
        """Make all lines anew, the cursor on `path` or the nearest value around it."""
        self._lines = json_lines(self._value, self._folded, self._opened, self._width)
        if path:
            places: dict[Path, int] = {}
            wanted = {path[:size] for size in range(len(path) + 1)}
            for place, line in enumerate(self._lines):
                if len(line.parent) < len(path) and (at := line.path) in wanted:
                    places.setdefault(at, place)
            self._cursor = next((places[path[:size]] for size in range(len(path), -1, -1) if path[:size] in places), 0)
        self._changed()

    def _changed(self) -> None:
        self._cursor = max(0, min(self._cursor, len(self._lines) - 1))
        self._strips.clear()
        if self.is_mounted:
            self.virtual_size = Size(1, len(self._lines))
            self.reveal(self._cursor)
            self.refresh()
            self.cursor_moved()

    @property
    def _width(self) -> int:
        return max(20, (self.inner_width if self.is_mounted else 80) - 1)

    def _remake(self, first: int) -> None:
        """Make the lines of one value anew: those from `first` on, to the end of the value."""
        line = self._lines[first]
        end = first + 1
        if line.kind is Kind.OPEN:
            while self._lines[end].depth > line.depth:
                end += 1
            end += 1
        elif line.kind is Kind.TEXT:
            while end < len(self._lines) and self._lines[end].kind is Kind.MORE:
                end += 1
        comma = self._lines[end - 1].comma
        self._lines[first:end] = json_lines(
            line.value,
            self._folded,
            self._opened,
            self._width,
            parent=line.parent,
            key=line.key,
            depth=line.depth,
            comma=comma,
        )
        self._changed()

    def _first_line(self, place: int) -> int:
        """The first line of the value that line `place` is a part of."""
        line = self._lines[place]
        if line.kind is Kind.CLOSE:
            place -= 1
            while self._lines[place].depth > line.depth:
                place -= 1
        while self._lines[place].kind is Kind.MORE:
            place -= 1
        return place

    def _set(self, place: int, *, shut: bool | None) -> bool:
        """Fold (or unfold, or turn with None) the value of a line; False if there was nothing to do."""
        first = self._first_line(place)
        line = self._lines[first]
        if not foldable(line, self._width):
            return False
        is_shut = line.kind in {Kind.FOLDED, Kind.VALUE}
        if shut is is_shut:
            return False
        path = line.path
        if is_container(line.value):
            if is_shut:
                self._folded.discard(path)
                if path in self._unseen:
                    self._unseen.discard(path)
                    inside = initial_folds(line.value, path)
                    self._folded |= inside
                    self._unseen |= inside
            else:
                self._folded.add(path)
        else:
            (self._opened.add if is_shut else self._opened.discard)(path)
        self._cursor = first
        self._remake(first)
        return True

    def action_turn(self) -> None:
        """Fold or unfold the value under the cursor."""
        if self._lines:
            self._set(self._cursor, shut=None)

    def action_unfold(self) -> None:
        """Unfold the value under the cursor; when it is, go into it."""
        if self._lines and not self._set(self._cursor, shut=False) and self._lines[self._cursor].kind is Kind.OPEN:
            self.action_down()

    def action_fold(self) -> None:
        """Fold the value under the cursor; when it is or cannot be, go to what it is in."""
        if not self._lines or self._set(self._cursor, shut=True):
            return
        depth = self._lines[self._cursor].depth
        place = self._cursor
        while place > 0 and self._lines[place].depth >= depth:
            place -= 1
        self.move_to(place)

    def action_unfold_all(self) -> None:
        """Unfold every object and list."""
        self._folded = set()
        self._unseen = set()
        self._rebuild(self.cursor_path)

    def action_fold_all(self) -> None:
        """Fold everything inside of the value."""
        self._folded = all_folds(self._value)
        self._unseen = set()
        self._opened = set()
        self._rebuild(self.cursor_path)

    def on_click(self, event: events.Click) -> None:
        """A line takes the cursor; the sign, or a second click, folds and unfolds."""
        offset = event.get_content_offset(self)
        if offset is None or self.top + offset.y >= len(self._lines):
            return
        place = self.top + offset.y
        self.move_to(place)
        start = 1 + indent(self._lines[place].depth, self._width)
        if start <= offset.x < start + 2 or event.chain == 2:
            self._set(place, shut=None)

    # --- drawing

    def cursor_moved(self) -> None:
        """The cursor is on another line."""
        if self.is_mounted:
            self.post_message(self.Highlighted(self, self.cursor_path))

    def on_mount(self) -> None:
        """Take the lines."""
        self.virtual_size = Size(1, len(self._lines))

    def on_resize(self, event: events.Resize) -> None:
        """Cut texts for another width."""
        if self._opened:
            self._rebuild(self.cursor_path)
        self._strips.clear()
        self.refresh()
        self.reveal(self._cursor)

    def notify_style_update(self) -> None:
        """Theme, focus or styles are others."""
        super().notify_style_update()
        self._pens = None
        self._strips.clear()

    def render_line(self, y: int) -> Strip:
        """Draw one line of the screen."""
        if self._pens is None:
            palette = palette_of(self.app)
            cursor = Pen(self.get_component_rich_style("json-view--cursor"), palette)
            sign = self.get_component_rich_style("json-view--sign", partial=True)
            self._pens = (Pen(self.rich_style, palette), cursor, sign)
        place, width = self.top + y, self.inner_width
        plain, cursor, sign = self._pens
        if place >= len(self._lines):
            return Strip.blank(width, plain.base)
        here = place == self._cursor
        strip = self._strips.get((place, here))
        if strip is None:
            pen = cursor if here else plain
            out = [Segment(CURSOR_SIGN if here else " ", pen.style(sign) if here else pen.base)]
            paint(line_pieces(self._lines[place], self._width), max(0, width - 1), "left", pen, out)
            strip = self._strips[place, here] = Strip(out, width)
        return strip
