"""Charts of what queues did: throughput, failures, backlog, waits and runs, over 15 minutes to 90 days."""

from dataclasses import replace
from typing import ClassVar

from textual import events, on
from textual.app import ComposeResult
from textual.binding import BindingType
from textual.containers import Grid
from textual.timer import Timer

from bulltui.domain.chart_view import Window
from bulltui.domain.human import MINUTE_MS
from bulltui.domain.queue import QueueRef
from bulltui.domain.snapshot import Link, Snapshot
from bulltui.tui import keymap
from bulltui.tui.acts.acting import Acting
from bulltui.tui.acts.scene import Scene
from bulltui.tui.chart_plots import Room, cursor_lines, plots_of
from bulltui.tui.chart_reads import ChartReads, Known, Wanted
from bulltui.tui.messages import Acted, SnapshotReady
from bulltui.tui.panes.action_strip import ActionStrip
from bulltui.tui.panes.footer import Footer
from bulltui.tui.panes.header import Banner, Header
from bulltui.tui.panes.lines import Lines
from bulltui.tui.present import charts as present
from bulltui.tui.present.header import Identity
from bulltui.tui.present.left_out import left_out
from bulltui.tui.present.line import Part, fit, part
from bulltui.tui.runtime import Runtime
from bulltui.tui.screens.travelling import TravellingScreen
from bulltui.tui.standing import stands
from bulltui.tui.widgets.cells import cut_name
from bulltui.tui.widgets.line_chart import LineChart, Plot, plot_cells
from bulltui.tui.widgets.trend import ascii_only

_SLOWEST_S, _FASTEST_S = 60.0, 2.0
_BESIDE_NAME = 37
"""Cells of the title that a long name leaves to the span, and to whether the charts are live."""


class ChartsScreen(TravellingScreen):
    """Charts of some queues or of all. They go on by themselves unless one looks at a time that is over."""

    CSS = """
    ChartsScreen { background: $background; }
    ChartsScreen #title, ChartsScreen #totals, ChartsScreen #tabs { height: 1; }
    ChartsScreen #charts { height: 1fr; grid-gutter: 0 2; }
    ChartsScreen LineChart { height: 1fr; width: 1fr; }
    /* Over the totals: whose charts they are has to be seen while something fires. */
    ChartsScreen Alarm { offset: 0 2; }
    """
    BINDINGS: ClassVar[list[BindingType]] = keymap.bindings(
        "all-queues", "enlarge", "next-chart", "previous-chart", "next-pane", "previous-pane"
    )

    def __init__(
        self, runtime: Runtime, identity: Identity, acting: Acting, refs: tuple[QueueRef, ...], *, group: str = ""
    ) -> None:
        super().__init__(runtime, identity, acting)
        self._refs = refs
        self._group = group
        self._of_all = not refs
        self._panel = 0
        self._large = False
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
    def known(self) -> Known | None:
        """What was read last."""
        return self._reads.known

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
            self.read_anew()

    def _take(self, snapshot: Snapshot) -> None:
        self.query_one(Header).tell(snapshot)
        self._say()  # the age of what is shown goes on, and servers go away

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
        self.read_anew()
        self.show_anew()

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

    def window(self) -> Window:
        """See TravellingScreen."""
        columns = self._room().columns
        cells = plot_cells((self.size.width - 2 * (columns - 1)) // columns)
        return self.view.window(self.runtime.clock.now_ms(), cells)

    def read_anew(self) -> None:
        """Reads what is wanted now, and again at the pace of its steps."""
        if self._again is not None:
            self._again.stop()
            self._again = None
        if not stands(self) or not self.size.width:
            return
        window = self.window()
        measures = present.measures_of(self._panels())
        self._asked = Wanted(window, measures, self._meant(), self.view.compare_ms)
        self._reads.ask(self._asked)
        pace = max(_FASTEST_S, min(_SLOWEST_S, window.step_ms / 1000))
        self._again = self.set_timer(pace, self._read_again)

    def _read_again(self) -> None:
        self._again = None
        if self._reads.busy:  # one that takes longer than a step is not asked twice
            self._again = self.set_timer(_FASTEST_S, self._read_again)
        elif self.is_current:  # else it is read when one comes back
            self.read_anew()

    def _changed(self) -> None:
        if stands(self):
            self.show_anew()

    # --- showing

    def show_anew(self) -> None:
        """Show what is known."""
        known, error = self.known, self._reads.error
        self._say()
        panels = self._panels()
        if known is None:
            waiting, window = "" if error else present.READING, self.window()
            plots = [Plot(one.title, one.unit, window, note=one.note, empty=waiting) for one in panels]
        else:
            plots = plots_of(known, panels, self.place_of_cursor(known.wanted.window), plain=ascii_only())
        for place, panel, plot in zip(self._shown, panels, plots, strict=True):
            self._chart(panel.id).show(plot, chosen=place == self._panel, stale=error is not None)

    def _say(self) -> None:
        """The lines around the charts."""
        known, error, width = self.known, self._reads.error, max(10, self.size.width)
        now = self.runtime.clock.now_ms()
        window = self.window() if known is None else known.wanted.window
        refs = () if self._of_all else self._refs
        head = present.head(
            cut_name(present.whose(refs, group=self._group), max(10, width - _BESIDE_NAME)),
            self._span(),
            replace(window, end_ms=max(window.start_ms, min(window.end_ms, now // MINUTE_MS * MINUTE_MS))),
            self.view.compare_ms,
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
        tabs = self.query_one("#tabs", Lines)
        tabs.display = len(self._shown) < len(present.PANELS)
        tabs.show([fit([part(1, *present.tabs(self._panel, self._shown))], width)])
        room = max(1, min(4, self.size.height // 8))
        self.query_one("#cursor", Lines).show(cursor_lines(known, self.cursor_ms, width, room))

    def _span(self) -> str:
        name = self.view.chosen.name
        return f"last {name}" if self.view.end_ms is None else name

    def _standing(self) -> tuple[str, str]:
        if self._reads.error is not None:
            return "not read", "failed"
        if self.known is None or (self._reads.busy and self.known.wanted != self._asked):
            return present.READING, "dim"
        if self.view.end_ms is not None:
            return "past", "delayed bold"
        last = self.runtime.bus.last  # of several servers `health` is the worst
        healths = [one.health for one in last.servers] if len(last.servers) > 1 else [last.health]
        silent = all(health.link is Link.OFFLINE for health in healths)
        return ("server away", "failed bold") if silent else ("live", "ok")

    # --- keys

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """Only what does something now."""
        return bool(self._refs) if action == "all_queues" else super().check_action(action, parameters)

    def action_all_queues(self) -> None:
        """All queues, or again those that were."""
        self._of_all = not self._of_all
        self.read_anew()
        self.show_anew()

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
            self.show_anew()
        else:
            self._lay_out()

    @on(LineChart.Pointed)
    def _pointed(self, event: LineChart.Pointed) -> None:
        place = next(at for at, panel in enumerate(present.PANELS) if panel.id == event.chart.id)
        known = self.known
        self._choose(place)
        if event.place is not None and known is not None:
            window = known.wanted.window
            self.put(window.start_ms + event.place * window.step_ms)

    # --- going out

    def acted(self, message: Acted) -> None:
        """An action is a mark."""
        self.read_anew()

    def action_metrics(self) -> None:
        """The key that opens closes."""
        self.dismiss()

    def go_back(self) -> None:
        """The cursor goes first, then the large chart, then the screen."""
        if self.cursor_ms is not None:
            self.put(None)
        elif self._large:
            self.action_enlarge()
        else:
            self.dismiss()
