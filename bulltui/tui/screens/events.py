"""Live events: what queues tell, the newest at the bottom, followed until one holds still to read."""

from typing import ClassVar

from textual import events, on, work
from textual.app import ComposeResult
from textual.binding import BindingType
from textual.timer import Timer

from bulltui.domain.event import Event
from bulltui.domain.flow import JobRef
from bulltui.domain.queue import QueueRef
from bulltui.domain.registry import Action
from bulltui.domain.snapshot import Snapshot
from bulltui.services.follow import Told
from bulltui.tui import keymap
from bulltui.tui.acts.acting import Acting
from bulltui.tui.acts.scene import Scene
from bulltui.tui.event_feed import EventFeed
from bulltui.tui.event_log import EventLog, EventRows
from bulltui.tui.panes.action_strip import ActionStrip
from bulltui.tui.panes.filter_box import FilterBox
from bulltui.tui.present import events as present
from bulltui.tui.present.header import Identity
from bulltui.tui.runtime import Runtime
from bulltui.tui.screens.leading import LeadingScreen
from bulltui.tui.screens.list_screen import ListScreen
from bulltui.tui.standing import stands
from bulltui.tui.widgets.table_messages import RowHighlighted, RowSelected

_SHOWN_EVERY_S = 0.1


class EventsScreen(ListScreen, LeadingScreen):
    """The events of some queues or of all. While one holds still, what is shown stays as it is and the newest are kept
    behind; at the end they are followed again."""

    COLUMNS = present.COLUMNS
    OPENS = True
    BINDINGS: ClassVar[list[BindingType]] = keymap.bindings(
        "hold", "next-failure", "previous-failure", "filter", "events"
    )

    def __init__(self, runtime: Runtime, identity: Identity, acting: Acting, refs: tuple[QueueRef, ...]) -> None:
        super().__init__(runtime, identity, acting)
        self._refs = refs
        self._all = not refs
        self._log = EventLog()
        self._feed = EventFeed(runtime, self._got)
        self._rows = EventRows(())
        self._seen = 0
        """How many lines there were when the rows that are shown were made."""
        self._holds = False
        self._seeks = False
        self._placed: object = None
        """The line that the cursor was put on from here: on another one it was moved to by a person."""
        self._soon: Timer | None = None

    def compose(self) -> ComposeResult:
        """As other lists, with a filter below."""
        for widget in super().compose():
            if isinstance(widget, ActionStrip):
                yield FilterBox("part of a queue, an event, a job or a text, !without")
            yield widget

    def on_mount(self) -> None:
        """Begin to follow."""
        self._begin()

    def on_unmount(self) -> None:
        """No longer."""
        self._feed.close()

    @property
    def busy(self) -> bool:
        """Whether there is something that is not shown yet."""
        return self._soon is not None or self._feed.starting

    # --- following

    def _wanted(self) -> tuple[QueueRef, ...]:
        return tuple(row.ref for row in self.runtime.bus.last.rows) if self._all else self._refs

    def follow(self, refs: tuple[QueueRef, ...]) -> None:
        """Others from now on."""
        self._refs, self._all = refs, not refs
        self._begin()

    def _begin(self) -> None:
        self._feed.close()
        self._log = EventLog()
        self._holds = self._seeks = False
        refs = self._wanted()
        self.table.set_columns(present.columns(queues=len(refs) != 1))
        self._feed.follow(refs)
        self._show()

    def _got(self, told: tuple[Told, ...], past: bool) -> None:
        failed = self._log.add(told, self.runtime.clock.monotonic(), past=past)
        if failed is not None and self._seeks:
            self._seeks = False
            self._show(stop_at=failed)
        elif self._soon is None:
            self._soon = self.set_timer(_SHOWN_EVERY_S, self._show)

    def told(self, snapshot: Snapshot) -> None:
        """Queues come and go, and the numbers of the head go on."""
        if self._all:
            self._feed.watch(self._wanted())
        self._head()

    # --- showing

    def _show(self, stop_at: int | None = None) -> None:
        if self._soon is not None:
            self._soon.stop()
            self._soon = None
        if not stands(self):
            return
        self._notice()
        if not self._holds or stop_at is not None:
            self._renew(stop_at)
        self._head()

    def _renew(self, stop_at: int | None = None) -> None:
        """Shows the newest, the last one under the cursor, or the one of this number."""
        table = self.table
        self._rows, self._seen = self._log.rows(queues=len(self._wanted()) != 1), self._log.total
        table.empty = present.nothing(filtered=self._log.filtered)
        table.update(self._rows)
        if stop_at is not None and table.move_to_key(stop_at):
            self._holds = True
        else:
            table.move_to(table.line_count - 1)
        self._placed = table.cursor_key

    def _notice(self) -> None:
        """Hold where a person moved the cursor to; at the end follow again."""
        table = self.table
        if table.cursor_key != self._placed:
            self._placed = table.cursor_key
            self._hold(table.cursor < table.line_count - 1)

    def _hold(self, holds: bool) -> None:
        self._seeks = False
        if holds is not self._holds:
            self._holds = holds
            if not holds:
                self._renew()
            self._head()
            self.refresh_bindings()

    def _head(self) -> None:
        if not stands(self):
            return
        parts = present.head(
            present.whose(self._wanted(), of_all=self._all),
            self._log.rates(self.runtime.clock.monotonic()),
            present.standing(self._log.total - self._seen if self._holds else None, seeks=self._seeks),
            filtered=f"{len(self._rows):,} of {self._log.kept:,}" if self._log.filtered else "",
            trouble=present.trouble(self._feed.lost, self.runtime.clock.now_ms()),
        )
        self.show_title(*parts)

    def on_resize(self, event: events.Resize) -> None:
        """Stay at the end."""
        if not self._holds and self.table.line_count:
            self.call_after_refresh(self.table.move_to, self.table.line_count - 1)

    # --- what one looks at

    def job_now(self) -> JobRef | None:
        """The job of the line under the cursor."""
        place = self.table.cursor
        told = self._rows.lines[place].told if 0 <= place < len(self._rows) else None
        return JobRef(told.ref, told.job_id) if isinstance(told, Event) and told.job_id else None

    def scene(self) -> Scene:
        """The queues."""
        return Scene(() if self._all else self._refs)

    @on(RowHighlighted)
    def _moved(self) -> None:
        self._notice()
        self.refresh_bindings()

    @on(RowSelected)
    def _selected(self, event: RowSelected) -> None:
        event.stop()
        self._hold(True)
        if (job := self.job_now()) is not None:
            self.open_job(job)

    def copied(self) -> tuple[str, str] | None:
        """The id of the job."""
        job = self.job_now()
        return None if job is None else ("the job id", job.id)

    # --- keys

    def label_of(self, action: Action, scene: Scene | None = None) -> str:
        """What the keys do now."""
        if action.id == "hold":
            return "follow" if self._holds else "hold"
        if action.id == "events":
            these = "this queue" if len(self._refs) == 1 else "these queues"
            return these if self._all else "all queues"
        return super().label_of(action, scene)

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """Where there is a choice of queues."""
        return bool(self._refs) if action == "events" else super().check_action(action, parameters)

    def go_back(self) -> None:
        """No filter any more, or back to where one came from."""
        if self._log.filtered:
            self.query_one(FilterBox).clear()
        else:
            self.dismiss()

    def action_hold(self) -> None:
        """Hold still, or follow again."""
        self._hold(not self._holds)

    def action_events(self) -> None:
        """Of these queues, or of all."""
        self._all = not self._all
        self._begin()

    def action_next_failure(self) -> None:
        """The next failure; behind the last one, the next to come."""
        if not self._holds:
            self._seek()
        elif (place := self._rows.failure(self.table.cursor, 1)) is not None:
            self._go_to(place)
        elif self._log.total > self._seen:
            # What came meanwhile is looked through too.
            cursor = self.table.cursor_key
            rows = self._log.rows()
            found = rows.failure(rows.find(cursor, 0) or 0, 1)
            self._renew(None if found is None else rows.lines[found].number)
            self._seeks = found is None
            self._holds = found is not None
            self._head()
        else:
            self._seek()

    def _seek(self) -> None:
        self._hold(False)
        self._seeks = True
        self._head()

    def action_previous_failure(self) -> None:
        """The failure before."""
        place = self._rows.failure(self.table.cursor, -1)
        if place is not None:
            self._go_to(place)
        else:
            self.notify("No failure before this one is kept.", markup=False)

    def _go_to(self, place: int) -> None:
        self._hold(True)
        self.table.move_to(place)
        self._placed = self.table.cursor_key

    def action_filter(self) -> None:
        """Type a filter."""
        self.query_one(FilterBox).open()

    @on(FilterBox.Changed)
    def _filter_typed(self, event: FilterBox.Changed) -> None:
        event.stop()
        self._filter(event.text)

    @work(exclusive=True, group="filter")
    async def _filter(self, text: str) -> None:
        await self._log.filter(text)
        number = self.table.cursor_key
        self._renew(number if self._holds and isinstance(number, int) else None)
        self._head()

    @on(FilterBox.Left)
    def _filter_left(self, event: FilterBox.Left) -> None:
        event.stop()
        self.table.focus()
