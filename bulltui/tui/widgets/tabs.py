"""One line of tabs with counts. The selected one is in brackets and reversed, so no colour is needed to see it."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import ClassVar, NamedTuple

from rich.segment import Segment
from textual import events
from textual.message import Message
from textual.strip import Strip
from textual.widget import Widget

from bulltui.tui.themes import StyleLike, palette_of
from bulltui.tui.widgets.cells import Pen, cut, width_of

MORE_LEFT, MORE_RIGHT = "‹", "›"


@dataclass(frozen=True, slots=True)
class Tab:
    """A tab: its label, a count as text, and how the count looks. `short` is the label where room is scarce."""

    id: str
    label: str
    count: str = ""
    style: StyleLike = ""
    short: str = ""

    @property
    def abbreviated(self) -> "Tab":
        """The same with its short label."""
        return replace(self, label=self.short or self.label[:4])

    @property
    def width(self) -> int:
        """Cells it takes, brackets or spaces at both sides included."""
        return width_of(self.label) + (1 + width_of(self.count) if self.count else 0) + 2


class Seat(NamedTuple):
    """A tab on the line: as it is shown there, and where."""

    tab: Tab
    x: int
    selected: bool


def seat(tabs: Sequence[Tab], selected: str, width: int) -> list[Seat]:
    """Which tabs are shown in `width` cells, and where: all with whole labels, or those not selected abbreviated, or
    as many of these around the selected one as there is room for, a cell being left at each end for a sign of more."""
    shown = list(tabs)
    if sum(tab.width for tab in shown) > width:
        shown = [tab if tab.id == selected else tab.abbreviated for tab in tabs]
    first, last = 0, len(shown)
    if sum(tab.width for tab in shown) > width:
        at = next((i for i, tab in enumerate(shown) if tab.id == selected), 0)
        first, last, room = at, at + 1, width - 2 - shown[at].width
        while True:
            if last < len(shown) and shown[last].width <= room:
                room -= shown[last].width
                last += 1
            elif first > 0 and shown[first - 1].width <= room:
                first -= 1
                room -= shown[first].width
            else:
                break
    scrolled = len(shown) > last - first
    seats, x = [], int(scrolled)
    for tab in shown[first:last]:
        seats.append(Seat(tab, x, tab.id == selected))
        x += tab.width
    return seats


class StateTabs(Widget):
    """A line of tabs; a click or `select` chooses one."""

    COMPONENT_CLASSES: ClassVar[set[str]] = {"state-tabs--selected", "state-tabs--more"}
    ALLOW_SELECT = False
    DEFAULT_CSS = """
    StateTabs { height: 1; width: 1fr; background: $background; color: $foreground; }
    StateTabs > .state-tabs--selected { text-style: bold reverse; }
    StateTabs > .state-tabs--more { color: $foreground-muted; }
    """

    class TabSelected(Message):
        """Another tab is selected now, by a click or by `select`."""

        def __init__(self, tabs: "StateTabs", tab: str) -> None:
            super().__init__()
            self.tabs = tabs
            self.tab = tab

        @property
        def control(self) -> "StateTabs":
            """The line of tabs."""
            return self.tabs

    def __init__(
        self,
        tabs: Sequence[Tab] = (),
        selected: str = "",
        *,
        id: str | None = None,  # noqa: A002
        classes: str | None = None,
    ) -> None:
        super().__init__(id=id, classes=classes)
        self._tabs = tuple(tabs)
        self._selected = selected or (self._tabs[0].id if self._tabs else "")

    @property
    def tabs(self) -> tuple[Tab, ...]:
        """All tabs."""
        return self._tabs

    @property
    def selected(self) -> str:
        """The id of the selected tab."""
        return self._selected

    def update(self, tabs: Sequence[Tab]) -> None:
        """Show these tabs; the selected one stays selected. If it is gone, the first is, and nothing is said."""
        tabs = tuple(tabs)
        if tabs == self._tabs:
            return
        self._tabs = tabs
        if tabs and self._selected not in {tab.id for tab in tabs}:
            self._selected = tabs[0].id
        self.refresh()

    def select(self, tab: str) -> None:
        """Select a tab by its id; `TabSelected` follows if it is another one."""
        if tab != self._selected and any(known.id == tab for known in self._tabs):
            self._selected = tab
            self.refresh()
            self.post_message(self.TabSelected(self, tab))

    def select_beside(self, step: int) -> None:
        """Select the tab `step` places to the right, round the ends."""
        ids = [tab.id for tab in self._tabs]
        if ids:
            at = ids.index(self._selected) if self._selected in ids else 0
            self.select(ids[(at + step) % len(ids)])

    def on_click(self, event: events.Click) -> None:
        """Select the tab under the mouse; the sign of more selects the next that way."""
        offset = event.get_content_offset(self)
        seats = seat(self._tabs, self._selected, self.size.width)
        if offset is None or not seats:
            return
        for place in seats:
            if place.x <= offset.x < place.x + place.tab.width:
                self.select(place.tab.id)
                return
        if len(seats) < len(self._tabs):
            self.select_beside(-1 if offset.x < seats[0].x else 1)

    def render_line(self, y: int) -> Strip:
        """Draw the line."""
        width = self.size.width
        base = self.rich_style
        pen = Pen(base, palette_of(self.app))
        selected = self.get_component_rich_style("state-tabs--selected")
        more = self.get_component_rich_style("state-tabs--more")
        seats = seat(self._tabs, self._selected, width) if y == 0 else []
        out: list[Segment] = []
        if seats and seats[0].x:
            out.append(Segment(MORE_LEFT if seats[0].tab.id != self._tabs[0].id else " ", more))
        for place in seats:
            tab = place.tab
            label, count = (tab.label, f" {tab.count}") if tab.count else (tab.label, "")
            if place.selected:
                out.append(Segment(cut(f"[{label}{count}]", width - place.x), selected))
            else:
                out.append(Segment(f" {label}", base))
                out.append(Segment(f"{count} ", pen.style(tab.style)))
        if seats and seats[0].x and seats[-1].tab.id != self._tabs[-1].id:
            used = sum(width_of(segment.text) for segment in out)
            out.append(Segment(" " * (width - 1 - used) + MORE_RIGHT, more))
        return Strip(out).adjust_cell_length(width, base)
