"""What is wrong: alerts that fire, those that are over, who must not be told, and what is watched for."""

from collections.abc import Awaitable, Callable
from typing import Any, ClassVar

from textual import events, on, work
from textual.app import ComposeResult
from textual.binding import BindingType

from bulltui.domain.alert import Alert, Delivery, Mute, Phase, Rule
from bulltui.domain.errors import BulltuiError
from bulltui.domain.flow import JobRef
from bulltui.domain.human import age
from bulltui.domain.queue import QueueRef
from bulltui.domain.snapshot import Snapshot
from bulltui.domain.text import plural, visible
from bulltui.ledger.who import who
from bulltui.tui import keymap
from bulltui.tui.acts.acting import Acting
from bulltui.tui.acts.muting import mute_form, tells
from bulltui.tui.acts.scene import Scene
from bulltui.tui.alert_lists import COLUMNS, EMPTY, LISTS, NOW, Item, Row, all_of, cells_of, rows_of, tabs_of
from bulltui.tui.alert_reads import AlertReads, Board
from bulltui.tui.panes.action_strip import ActionStrip
from bulltui.tui.panes.filter_box import FilterBox
from bulltui.tui.panes.lines import Lines
from bulltui.tui.present import alerts as present
from bulltui.tui.present.header import Identity
from bulltui.tui.present.line import Pieces, part
from bulltui.tui.runtime import Runtime
from bulltui.tui.screens.leading import LeadingScreen
from bulltui.tui.screens.list_screen import ListScreen
from bulltui.tui.screens.main_scene import scene_of_queue
from bulltui.tui.screens.whole import WholeScreen
from bulltui.tui.standing import stands
from bulltui.tui.terminal import ring
from bulltui.tui.widgets.live_table import LiveTable
from bulltui.tui.widgets.rows import ListSource
from bulltui.tui.widgets.table_messages import RowHighlighted, RowSelected
from bulltui.tui.widgets.tabs import StateTabs

_UNWATCHED = "Nobody looks for alerts of all these servers now: what stands here is of an earlier time."
_HERE = "This is how the terminal tells of alerts."
_OLD_S = 10.0
_PATIENCE_S = 30.0


class AlertsScreen(ListScreen, LeadingScreen):
    """Four lists of which one is shown, and all of what is under the cursor below it."""

    CSS = """
    AlertsScreen #all { height: 3; max-height: 3; overflow-y: hidden; background: $surface; }
    AlertsScreen.-tall #all { height: 6; max-height: 6; }
    AlertsScreen.-taller #all { height: 9; max-height: 9; }
    """
    COLUMNS = COLUMNS[NOW]
    OPENS = True
    shows_alerts = True
    """Whoever looks at it need not be told on the line below the header."""
    BINDINGS: ClassVar[list[BindingType]] = keymap.bindings(
        "mute", "next-alerts", "previous-alerts", "pick-alerts", "whole-alert", "test-alert", "filter", "refresh"
    )

    def __init__(self, runtime: Runtime, identity: Identity, acting: Acting) -> None:
        super().__init__(runtime, identity, acting)
        self._list = NOW
        self._rows: list[Row] = []
        self._doing = 0
        self._reads = AlertReads(lambda: runtime.alerts, runtime.clock, self._show)

    def compose(self) -> ComposeResult:
        """As other lists, with tabs above and all of one line below."""
        for widget in super().compose():
            if isinstance(widget, LiveTable):
                yield StateTabs(id="lists")
            if isinstance(widget, ActionStrip):
                yield Lines(id="all")
                yield FilterBox("part of a queue, a rule or a text, !without")
            yield widget

    def on_unmount(self) -> None:
        """Stop reading."""
        self._reads.drop()

    @property
    def busy(self) -> bool:
        """Whether alerts are being read, or something is done to them."""
        return self._reads.busy or self._doing > 0

    # --- what there is

    def told(self, snapshot: Snapshot) -> None:
        """Read again, and ages go on."""
        self._reads.ask()
        self._show()

    def on_resize(self, event: events.Resize) -> None:
        """As much of one line as there is room for."""
        self.set_class(event.size.height >= 20, "-tall")
        self.set_class(event.size.height >= 30, "-taller")
        self._show()

    @property
    def _board(self) -> Board:
        return self._reads.last or Board()

    def _at_cursor(self) -> Item | None:
        place = self.table.cursor
        return self._rows[place].item if 0 <= place < len(self._rows) else None

    # --- showing

    def _show(self) -> None:
        if not stands(self) or not self.size.width:
            return
        now, board, table = self.runtime.clock.now_ms(), self._board, self.table
        self._rows = rows_of(self._list, board, self.query_one(FilterBox).text.casefold().split())
        table.empty = self._nothing()
        table.update(ListSource(self._rows, lambda row: row.key, lambda row: cells_of(row.item, board, now)))
        self.query_one(StateTabs).update(tabs_of(board))
        problem = self._reads.problem
        table.stale = problem is not None and self._reads.last is not None
        found = present.tally(board.now)
        what = "Nothing fires" if not found.firing else f"{plural(found.firing, 'alert')} firing"
        if self._reads.last is None:
            what = "Alerts"
        muted = f"{found.muted:,} muted" if found.muted else ""
        old = now - board.at_ms
        stale = f"read {age(old)} ago" if board.at_ms and (problem or old > _OLD_S * 1000) else ""
        self.show_title(
            part(9, (what, "failed bold" if found.critical else "bold")),
            part(5, (muted, "dim")),
            part(8, (stale, "failed bold" if problem else "stale"), right=True),
        )
        # Beside a list that is whole it says why that is old; an empty one says it itself.
        said = f"{problem.message} {problem.hint}".strip() if problem is not None and self._reads.last else ""
        unwatched = "" if board.watched else _UNWATCHED
        self.show_left_out([one for one in (said, unwatched) if one])
        self._show_all()
        self.refresh_bindings()

    def _nothing(self) -> str:
        if self.query_one(FilterBox).text:
            return "Nothing fits the filter."
        if self._reads.last is None:
            problem = self._reads.problem
            return "Reading…" if problem is None else f"{problem.message}\n{problem.hint}".strip()
        return EMPTY[self._list]

    def _show_all(self) -> None:
        lines = self._all_of(self._at_cursor(), max(20, self.size.width))
        most = 9 if self.has_class("-taller") else 6 if self.has_class("-tall") else 3
        if len(lines) > most:
            lines = [*lines[: most - 1], [(f" … {plural(len(lines) - most + 1, 'more line')}: v shows all", "dim")]]
        self.query_one("#all", Lines).show(lines)

    def _all_of(self, item: Item | None, width: int) -> list[Pieces]:
        return [] if item is None else all_of(item, self._board, self.runtime.clock.now_ms(), width)

    def action_whole_alert(self) -> None:
        """All of what is under the cursor."""
        if (item := self._at_cursor()) is not None:
            self.app.push_screen(WholeScreen(lambda width: self._all_of(item, width)))

    @on(RowHighlighted)
    def _highlighted(self) -> None:
        self._show_all()
        self.refresh_bindings()

    @on(FilterBox.Changed)
    def _filter_changed(self) -> None:
        self._show()

    @on(FilterBox.Left)
    def _filter_left(self) -> None:
        if not self.query_one(FilterBox).text:
            self.query_one(FilterBox).clear()
        self.table.focus()

    # --- which list

    @on(StateTabs.TabSelected)
    def _tab_selected(self, event: StateTabs.TabSelected) -> None:
        self._turn_to(event.tab)

    def _turn_to(self, name: str) -> None:
        if name == self._list:
            return
        self._list = name
        self.query_one(StateTabs).select(name)
        self.table.set_columns(COLUMNS[name])
        self._show()
        self.table.move_to(0)

    def action_next_alerts(self) -> None:
        """The next list."""
        self._turn_to(LISTS[(LISTS.index(self._list) + 1) % len(LISTS)])

    def action_previous_alerts(self) -> None:
        """The list before."""
        self._turn_to(LISTS[LISTS.index(self._list) - 1])

    def action_pick_alerts(self, number: int) -> None:
        """The list of that number."""
        self._turn_to(LISTS[number - 1])

    def action_refresh(self) -> None:
        """Read everything now."""
        self._reads.ask(now=True)
        self.runtime.poller.refresh_now(discover=True)

    def action_filter(self) -> None:
        """Type a filter."""
        self.query_one(FilterBox).open()

    def go_back(self) -> None:
        """The filter goes first."""
        box = self.query_one(FilterBox)
        if box.text:
            box.clear()
            self._show()
        else:
            self.dismiss()

    # --- where one can go

    def queue_now(self) -> QueueRef | None:
        """The queue of the alert."""
        item = self._at_cursor()
        ref = item.ref if isinstance(item, Alert) else None
        return ref if ref is not None and self.runtime.bus.last.row(ref) is not None else None

    def job_now(self) -> JobRef | None:
        """None: alerts are about queues and servers."""
        return None

    def scene(self) -> Scene:
        """The queue of the alert."""
        ref = self.queue_now()
        return super().scene() if ref is None else scene_of_queue(ref, self.runtime.bus.last)

    @on(RowSelected)
    def _selected(self, event: RowSelected) -> None:
        """To what it is about."""
        event.stop()
        item = self._at_cursor()
        if isinstance(item, Alert):
            if item.ref is None:
                self.app.call_later(self.app.run_action, "server")
            elif self.queue_now() is None:
                self.notify(f"The queue {visible(item.subject)} is not shown here.", severity="warning", markup=False)
            else:
                self.go_to_queue(item.ref)
        elif isinstance(item, Rule):
            self.query_one(FilterBox).open()
            self.query_one(FilterBox).fill(item.name)
            self._turn_to(NOW)
            self.table.focus()
        else:
            self.action_whole_alert()

    def copied(self) -> tuple[str, str] | None:
        """What it is about."""
        item = self._at_cursor()
        if isinstance(item, Alert):
            return "the name", item.subject
        return ("the name", item.name) if isinstance(item, Rule) else None

    # --- what can be done

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """What is about an alert needs one."""
        if action == "whole_alert":
            return self._at_cursor() is not None
        if action == "mute":
            item = self._at_cursor()
            return item is not None and not (isinstance(item, Alert) and item.phase is Phase.RESOLVED)
        return super().check_action(action, parameters)

    def action_mute(self) -> None:
        """Tell nobody for a time; of what is muted tell again."""
        item = self._at_cursor()
        number = item.number if isinstance(item, Mute) else item.muted if isinstance(item, Alert) else 0
        if number:
            self._unmute(number)
        elif not isinstance(item, Mute):
            self._mute(item)

    @work(exclusive=True, group="mute", exit_on_error=False)
    async def _mute(self, item: Alert | Rule | None) -> None:
        from bulltui.tui.screens.form import FormScreen

        alert = item if isinstance(item, Alert) else None
        rule = item if isinstance(item, Rule) else None
        form = mute_form(alert, rule, self.runtime.clock.now_ms(), who().user)
        mute = await self.app.push_screen_wait(FormScreen(form))
        if mute is not None and await self._done(lambda: self.runtime.alerts.mute(mute)) is not None:
            self.notify(tells(mute), markup=False)

    @work(exclusive=True, group="mute", exit_on_error=False)
    async def _unmute(self, number: int) -> None:
        found = await self._done(lambda: self.runtime.alerts.unmute(number))
        if found is not None:
            said = f"Mute {number} is taken back." if found else f"There is no mute {number} any more."
            self.notify(said, markup=False)

    @work(exclusive=True, group="test-alert", exit_on_error=False)
    async def action_test_alert(self) -> None:
        """Send a trial message."""
        ring(self.app, "Test", _HERE)
        self.notify(_HERE, title="Test", severity="warning", markup=False)
        sent: list[Delivery] = await self._done(self.runtime.alerts.test) or []
        if not sent:
            self.notify("No other way of delivery is set up; `[alerts.ways]` has them.", markup=False)
        for one in sent:
            good = one.state == "sent"
            problem = f": {visible(one.problem)}" if one.problem else ""
            said = f"{visible(one.way)}: the test was {'sent' if good else 'not sent'}{problem}"
            self.notify(said, severity="information" if good else "error", markup=False)

    async def _done(self, do: Callable[[], Awaitable[Any]]) -> Any:
        """What comes of it, None where it fails, which is said."""
        import asyncio

        self._doing += 1
        try:
            async with asyncio.timeout(_PATIENCE_S):
                return await do()
        except BulltuiError as error:
            self.notify(f"{error.message} {error.hint}".strip(), severity="error", markup=False)
        except TimeoutError:
            self.notify(f"That took longer than {_PATIENCE_S:.0f} s.", severity="error", markup=False)
        finally:
            self._doing -= 1
            self._reads.ask(now=True)
        return None
