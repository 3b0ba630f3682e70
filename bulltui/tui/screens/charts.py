"""Charts of what queues did: throughput, failures, backlog, waits and runs, over 15 minutes to 90 days."""

from dataclasses import replace
from typing import ClassVar

from textual import events, on
from textual.app import ComposeResult
from textual.binding import BindingType
from textual.containers import Grid
from textual.timer import Timer

from bulltui.domain.chart_view import View, Window, next_mark
from bulltui.domain.human import MINUTE_MS
from bulltui.domain.queue import QueueRef
from bulltui.domain.snapshot import Snapshot
from bulltui.tui import keymap
from bulltui.tui.acts.acting import Acting
from bulltui.tui.acts.scene import Scene
from bulltui.tui.chart_plots import Room, marks_of, plots_of
from bulltui.tui.chart_reads import ChartReads, Known, Wanted
from bulltui.tui.messages import Acted, SnapshotReady
from bulltui.tui.panes.action_strip import ActionStrip
from bulltui.tui.panes.footer import Footer
from bulltui.tui.panes.header import Banner, Header
from bulltui.tui.panes.lines import Lines
from bulltui.tui.present import charts as present
from bulltui.tui.present.header import Identity
from bulltui.tui.present.left_out import left_out
from bulltui.tui.present.line import Part, Pieces, fit, part
from bulltui.tui.runtime import Runtime
from bulltui.tui.screens.leading import LeadingScreen
from bulltui.tui.standing import stands
from bulltui.tui.widgets.line_chart import LineChart, Plot, plot_cells
from bulltui.tui.widgets.trend import ascii_only

_SLOWEST_S, _FASTEST_S = 60.0, 2.0
_JUMP = 10


class ChartsScreen(LeadingScreen):
    """Charts of some queues or of all. They go on by themselves unless one looks at a time that is over."""

    CSS = """
    ChartsScreen { background: $background; }
    ChartsScreen #title, ChartsScreen #totals, ChartsScreen #tabs { height: 1; }
    ChartsScreen #charts { height: 1fr; grid-gutter: 0 2; }
    ChartsScreen LineChart { height: 1fr; width: 1fr; }
    """
    BINDINGS: ClassVar[list[BindingType]] = keymap.bindings(
        *("cursor-left", "cursor-right", "jump-left", "jump-right", "shorter", "longer", "earlier", "later"),
        *("live", "compare", "next-mark", "previous-mark", "all-queues", "enlarge", "next-chart", "previous-chart"),
        *("next-pane", "previous-pane"),
    )

    def __init__(
        self, runtime: Runtime, identity: Identity, acting: Acting, refs: tuple[QueueRef, ...], *, group: str = ""
    ) -> None:
        super().__init__(runtime, identity, acting)
        self._refs = refs
        self._group = group
        self._of_all = not refs
        self._view = View()
        self._panel = 0
        self._large = False
        self._cursor_ms: int | None = None
        self._reads = ChartReads(runtime, self._changed)
        self._asked: Wanted | None = None
        self._again: Timer | None = None
        self._shown: tuple[int, ...] = ()

    def compose(self) -> ComposeResult:
        """Header, what is shown, its totals, the charts, what the cursor is on, footer."""
        banner = Banner()
        yield Header(self.identity, self.runtime.clock, banner)
        yield banner
        yield Lines(id="title")
        yield Lines(id="totals")
        yield Lines(id="notices")
        yield Lines(id="tabs")
        with Grid(id="charts"):
            for panel in present.PANELS:
                yield LineChart(id=panel.id)
        yield Lines(id="cursor")
        yield ActionStrip(self.acting.desk)
        yield Footer()

    def on_mount(self) -> None:
        """Read."""
        self._take(self.runtime.bus.last)
        self._lay_out()

    def on_unmount(self) -> None:
        """No longer."""
        self._reads.close()

    @property
    def busy(self) -> bool:
        """Whether what is shown is being read."""
        return self._reads.busy and self._reads.error is None

    # --- snapshots

    @on(SnapshotReady)
    def _snapshot_ready(self, message: SnapshotReady) -> None:
        if stands(self):
            self._take(message.snapshot)

    def on_screen_resume(self) -> None:
        """Back from a screen above: what was missed meanwhile."""
        if stands(self):
            self._take(self.runtime.bus.last)
            self._read()

    def _take(self, snapshot: Snapshot) -> None:
        self.query_one(Header).tell(snapshot)
        if self._reads.error is not None:
            self._say()  # the age of what is shown goes on

    # --- layout

    def on_resize(self, event: events.Resize) -> None:
        """As many charts as there is room for."""
        self.call_after_refresh(self._lay_out)

    def _room(self) -> Room:
        return Room.of(self.size.width, self.size.height, large=self._large)

    def _lay_out(self) -> None:
        if not stands(self) or not self.size.width:
            return
        room = self._room()
        shown = room.shown(self._panel, len(present.PANELS))
        grid = self.query_one("#charts", Grid)
        grid.styles.grid_size_columns = room.columns
        grid.styles.grid_size_rows = room.rows
        for place, panel in enumerate(present.PANELS):
            self._chart(panel.id).display = place in shown
        self._shown = shown
        self._chart(present.PANELS[self._panel].id).focus(scroll_visible=False)
        self._read()
        self._show()

    def _chart(self, panel_id: str) -> LineChart:
        return self.query_one(f"#{panel_id}", LineChart)

    def _panels(self) -> list[present.Panel]:
        return [present.PANELS[place] for place in self._shown]

    # --- what one looks at

    def _meant(self) -> tuple[QueueRef, ...]:
        """The queues; none for all of the servers, those that are shown where some are left out."""
        if not self._of_all:
            return self._refs
        return tuple(row.ref for row in self.runtime.bus.last.rows) if self.runtime.settings.queues else ()

    def queue_now(self) -> QueueRef | None:
        """The one queue."""
        return self._refs[0] if len(self._refs) == 1 and not self._of_all else None

    def scene(self) -> Scene:
        """The queues."""
        refs, rows = self._meant(), self.runtime.bus.last.rows
        return Scene(refs, tuple(row for row in rows if row.ref in set(refs)), all_rows=rows)

    # --- reading

    def _window(self) -> Window:
        columns = self._room().columns
        cells = plot_cells((self.size.width - 2 * (columns - 1)) // columns)
        return self._view.window(self.runtime.clock.now_ms(), cells)

    def _read(self) -> None:
        """Reads what is wanted now, and again at the pace of its steps."""
        if self._again is not None:
            self._again.stop()
            self._again = None
        if not stands(self) or not self.size.width:
            return
        window = self._window()
        measures = present.measures_of(self._panels())
        self._asked = Wanted(window, measures, self._meant(), self._view.compare_ms)
        self._reads.ask(self._asked)
        pace = max(_FASTEST_S, min(_SLOWEST_S, window.step_ms / 1000))
        self._again = self.set_timer(pace, self._read_again)

    def _read_again(self) -> None:
        self._again = None
        if self._reads.busy:  # one that takes longer than a step is not asked twice
            self._again = self.set_timer(_FASTEST_S, self._read_again)
        elif self.is_current:  # else it is read when one comes back
            self._read()

    def _changed(self) -> None:
        if stands(self):
            self._show()

    # --- showing

    def _show(self) -> None:
        known, error = self._reads.known, self._reads.error
        self._say()
        panels = self._panels()
        if known is None:
            waiting, window = "" if error else present.READING, self._window()
            plots = [Plot(one.title, one.unit, window, note=one.note, empty=waiting) for one in panels]
        else:
            plots = plots_of(known, panels, self._cursor_at(known.wanted.window), plain=ascii_only())
        for place, panel, plot in zip(self._shown, panels, plots, strict=True):
            self._chart(panel.id).show(plot, chosen=place == self._panel, stale=error is not None)

    def _cursor_at(self, window: Window) -> int | None:
        return None if self._cursor_ms is None else window.place_of(self._cursor_ms)

    def _say(self) -> None:
        """The lines around the charts."""
        known, error, width = self._reads.known, self._reads.error, max(10, self.size.width)
        now = self.runtime.clock.now_ms()
        window = self._window() if known is None else known.wanted.window
        refs = () if self._of_all else self._refs
        head = present.head(
            present.whose(refs, group=self._group),
            self._span(),
            replace(window, end_ms=max(window.start_ms, min(window.end_ms, now // MINUTE_MS * MINUTE_MS))),
            self._view.compare_ms,
            self._standing(),
        )
        self.query_one("#title", Lines).show([fit(head, width)])
        sums: list[Part] = [] if known is None else present.totals(known.chart, known.before)
        self.query_one("#totals", Lines).show([fit(sums, width)])
        problems = [] if known is None else present.notices(known.chart, window, known.state, known.problem, now)
        if error is not None:
            age = "" if known is None else f" These charts are of {present.ago(now - known.at_ms)}."
            problems.insert(0, f"{error.message} {error.hint}".strip() + age)
        self.query_one("#notices", Lines).show(left_out(problems, width, 3))
        self._tabs(width)
        self.query_one("#cursor", Lines).show(self._at_cursor(known, width))

    def _span(self) -> str:
        name = self._view.chosen.name
        return f"last {name}" if self._view.end_ms is None else name

    def _standing(self) -> tuple[str, str]:
        if self._reads.error is not None:
            return "not read", "failed"
        if self._reads.known is None or (self._reads.busy and self._reads.known.wanted != self._asked):
            return present.READING, "dim"
        return ("live", "ok") if self._view.end_ms is None else ("past", "delayed bold")

    def _tabs(self, width: int) -> None:
        """Which charts there are, where not all are shown."""
        line: Pieces = []
        if len(self._shown) < len(present.PANELS):
            for place, panel in enumerate(present.PANELS):
                text = f"[{panel.title}]" if place == self._panel else f" {panel.title} "
                token = "bold" if place == self._panel else "" if place in self._shown else "dim"
                line.append((text, token))
        tabs = self.query_one("#tabs", Lines)
        tabs.display = bool(line)
        tabs.show([fit([part(1, *line)], width)] if line else [])

    def _at_cursor(self, known: Known | None, width: int) -> list[Pieces]:
        if known is None:
            return [[("", "")]]
        place = self._cursor_at(known.wanted.window)
        marks = marks_of(known)
        if place is not None:
            lines = present.at_cursor(known.wanted.window, place, marks, width)
            most = max(1, min(4, self.size.height // 8))
            if len(lines) > most:
                lines = [*lines[: most - 1], [(f" … and {len(lines) - most + 1} more at this time", "dim")]]
            return lines
        return [present.marks_text(marks, width)]

    # --- keys

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """Only what does something now."""
        if action == "all_queues":
            return bool(self._refs)
        if action == "live":
            return self._view.end_ms is not None or self._cursor_ms is not None
        return super().check_action(action, parameters)

    def _see(self, view: View) -> None:
        """Look at another part of the past."""
        if view != self._view:
            self._view = view
            self._read()
            self._show()
            self.refresh_bindings()

    def _put(self, at_ms: int | None) -> None:
        if at_ms != self._cursor_ms:
            self._cursor_ms = at_ms
            self._show()
            self.refresh_bindings()

    def _step(self, by: int) -> None:
        known = self._reads.known
        if known is None:
            return
        window = known.wanted.window
        place = self._cursor_at(window)
        if place is None:
            place = window.steps if by < 0 else -1
        place = max(0, min(window.steps - 1, place + by))
        self._put(window.start_ms + place * window.step_ms)

    def action_cursor_left(self) -> None:
        """The value before."""
        self._step(-1)

    def action_cursor_right(self) -> None:
        """The next value."""
        self._step(1)

    def action_jump_left(self) -> None:
        """A tenth back."""
        self._step(-max(1, self._window().steps // _JUMP))

    def action_jump_right(self) -> None:
        """A tenth on."""
        self._step(max(1, self._window().steps // _JUMP))

    def action_shorter(self) -> None:
        """A shorter span."""
        self._see(self._view.zoomed(-1, self.runtime.clock.now_ms(), self._cursor_ms))

    def action_longer(self) -> None:
        """A longer span."""
        self._see(self._view.zoomed(1, self.runtime.clock.now_ms(), self._cursor_ms))

    def action_earlier(self) -> None:
        """Half a span back."""
        self._see(self._view.moved(-0.5, self.runtime.clock.now_ms()))

    def action_later(self) -> None:
        """Half a span on."""
        self._see(self._view.moved(0.5, self.runtime.clock.now_ms()))

    def action_live(self) -> None:
        """Up to now, without a cursor."""
        self._put(None)
        self._see(self._view.live())

    def action_compare(self) -> None:
        """With the day before, the week before, or nothing."""
        self._see(self._view.compared())

    def action_next_mark(self) -> None:
        """The next action or alert."""
        self._to_mark(1)

    def action_previous_mark(self) -> None:
        """The one before."""
        self._to_mark(-1)

    def _to_mark(self, by: int) -> None:
        known = self._reads.known
        if known is None:
            return
        window = known.wanted.window
        at = next_mark(marks_of(known), self._cursor_ms if self._cursor_at(window) is not None else None, by, window)
        if at is None:
            self.notify("No action and no alert there." if by > 0 else "None before.", timeout=3)
        else:
            self._put(at)

    def action_all_queues(self) -> None:
        """All queues, or again those that were."""
        self._of_all = not self._of_all
        self._read()
        self._show()

    def action_enlarge(self) -> None:
        """One over all of the screen, or all of them."""
        self._large = not self._large
        self._lay_out()

    def action_next_chart(self) -> None:
        """The next chart."""
        self._choose(self._panel + 1)

    def action_previous_chart(self) -> None:
        """The chart before."""
        self._choose(self._panel - 1)

    action_next_pane = action_next_chart
    action_previous_pane = action_previous_chart

    def _choose(self, place: int) -> None:
        self._panel = place % len(present.PANELS)
        if self._panel in self._shown:
            self._chart(present.PANELS[self._panel].id).focus(scroll_visible=False)
            self._show()
        else:
            self._lay_out()

    @on(LineChart.Pointed)
    def _pointed(self, event: LineChart.Pointed) -> None:
        place = next(at for at, panel in enumerate(present.PANELS) if panel.id == event.chart.id)
        known = self._reads.known
        self._choose(place)
        if event.place is not None and known is not None:
            window = known.wanted.window
            self._put(window.start_ms + event.place * window.step_ms)

    # --- going out

    def acted(self, message: Acted) -> None:
        """An action is a mark."""
        self._read()

    def action_metrics(self) -> None:
        """The key that opens closes."""
        self.dismiss()

    def go_back(self) -> None:
        """The cursor goes first, then the large chart, then the screen."""
        if self._cursor_ms is not None:
            self._put(None)
        elif self._large:
            self.action_enlarge()
        else:
            self.dismiss()
