"""The jobs of a queue, and what keys do there."""

import asyncio
from collections.abc import Callable

from textual import on, work
from textual.message import Message
from textual.timer import Timer

from bulltui.domain.errors import BulltuiError
from bulltui.domain.query.parsing import parse
from bulltui.domain.query.query import Query, QueryError
from bulltui.domain.queue import QueueRef
from bulltui.domain.saved_search import by_name, expanded
from bulltui.domain.states import JobState
from bulltui.tui import keymap
from bulltui.tui.job_feed import MOST_MARKED, all_ids
from bulltui.tui.job_looks import Order
from bulltui.tui.panes.filter_box import FilterBox
from bulltui.tui.panes.job_choices import JobChoices
from bulltui.tui.present.job_columns import PLACES, path_of, sorting
from bulltui.tui.runtime import Runtime
from bulltui.tui.standing import stands
from bulltui.tui.widgets.table_messages import HeaderClicked, MarksChanged, RowHighlighted, RowSelected, RowsNeeded
from bulltui.tui.widgets.tabs import StateTabs

_TYPED_S = 0.2
"""How long one must not have typed before all is looked through."""


class JobPane(JobChoices):
    """A queue's jobs with the keys that apply to them."""

    BINDINGS = keymap.bindings(
        *("next-state", "previous-state", "pick-state", "order", "copy-id", "mark-all"),
        *("filter", "sort", "columns", "continue", "refresh"),
    )

    class Highlighted(Message):
        """The cursor is on this job."""

        def __init__(self, ref: QueueRef, job_id: str | None) -> None:
            super().__init__()
            self.ref = ref
            self.job_id = job_id

        def can_replace(self, message: Message) -> bool:
            """Whether the one still waiting is out of date."""
            return isinstance(message, JobPane.Highlighted)

    class Opened(Message):
        """Someone wants to see this job."""

        def __init__(self, ref: QueueRef, job_id: str) -> None:
            super().__init__()
            self.ref = ref
            self.job_id = job_id

    def __init__(self, runtime: Runtime, copy: Callable[[str, str], None], *, markable: bool) -> None:
        super().__init__(runtime, markable=markable)
        self._copy = copy
        self._typing: Timer | None = None
        self._loading = True

    def on_mount(self) -> None:
        """What was remembered of columns and orders."""
        self._load()

    @work(exclusive=True, group="remembered", exit_on_error=False)
    async def _load(self) -> None:
        await self._runtime.remembered.load()
        self._loading = False
        self._remembered_order()
        self._show_all()

    @property
    def busy(self) -> bool:
        """Whether jobs are being read, or will be."""
        return super().busy or self._typing is not None or self._loading

    @property
    def columns_of_csv(self) -> tuple[str, ...]:
        """The paths that are shown, as fields of a job's document."""
        paths = (path_of(key) or () for key in self._paths())
        return tuple(".".join((PLACES[place], *steps)) for place, *steps in paths)

    # --- keys

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """States need a queue; nothing of the table while one types."""
        if self.box.typing:
            return False
        if action == "mark_all":
            return self._markable and self.table.line_count > 0
        if action == "continue":
            return self._sources.running or self._sources.stopped
        if action == "refresh":
            return self._sources.picked
        return action == "copy_id" or self._ref is not None

    def action_next_state(self) -> None:
        """The next tab."""
        self._beside(1)

    def action_previous_state(self) -> None:
        """The tab before."""
        self._beside(-1)

    def action_pick_state(self, number: int) -> None:
        """The tab with this number."""
        states = self._states()
        if 1 <= number <= len(states):
            self.show_state(states[number - 1])

    def _beside(self, step: int) -> None:
        states = self._states()
        if states:
            self.show_state(states[(states.index(self._state) + step) % len(states)])

    def action_order(self) -> None:
        """Turn the order of this state, or that by a column."""
        if self._order is not None:
            self._sort_by(Order(self._order.column, not self._order.downwards))
        else:
            self._turned ^= {self._state}
            self._show_all()

    def action_copy_id(self) -> None:
        """Copy the id of the job."""
        if self.highlighted is not None:
            self._copy("the job id", self.highlighted)

    def action_continue(self) -> None:
        """Stop looking through the state, or go on."""
        if not self._sources.stop():
            self._sources.go_on()

    def action_refresh(self) -> None:
        """Look through the state anew, and read everything else."""
        self._anew()
        self._runtime.poller.refresh_now(discover=True)

    @work(exclusive=True, group="marks", exit_on_error=False)
    async def action_mark_all(self) -> None:
        """Mark all jobs of the state, or all that the filter left, or none when all are marked."""
        subject, table = self._sources.subject, self.table
        if subject is None:
            return
        if self._sources.picked:
            ids = self._sources.ids
            table.set_marks(() if len(table.marks) >= len(ids) else ids)
            if table.marks and (self._sources.running or self._sources.stopped):
                self.notify(f"What was found so far is marked: {len(ids):,}.", markup=False)
            return
        if len(table.marks) >= min(table.line_count, MOST_MARKED):
            table.set_marks(())
            return
        try:
            async with asyncio.timeout(self._timeout_s * 2):
                found = await all_ids(self._runtime.reader, subject, MOST_MARKED)
        except (BulltuiError, TimeoutError) as error:
            said = error.message if isinstance(error, BulltuiError) else "The server did not answer in time."
            self.notify(f"{said} Nothing was marked.", severity="error", markup=False)
            return
        if subject == self._sources.subject:
            table.set_marks(found)
            if table.line_count > len(found):
                self.notify(
                    f"Only the first {len(found):,} were marked. The menu (.) has all of the state.", markup=False
                )

    # --- filter

    def step_back(self) -> bool:
        """Stop looking through the state, or else show all of it again; False where neither is to be done."""
        if self._sources.stop():
            return True
        if self.filtered:
            self.box.clear()
            self._sift(None)
            return True
        return False

    def query_of(self, text: str) -> Query:
        """The query that a text means. Raises QueryError."""
        runtime = self._runtime
        saved = by_name(runtime.settings.searches, runtime.remembered.saved)
        return parse(expanded(text, saved).query, runtime.clock.now_ms())

    def _sift(self, query: Query | None) -> None:
        table = self.table
        table.set_marks(())
        self._sources.sift(query)
        table.update(self._sources.rows)
        table.move_to(0)
        self._show_head()

    def _anew(self) -> None:
        """Look through the state once more."""
        try:
            self._sources.anew(self.query_of(self.box.text) if self.filtered else None)
        except QueryError as error:
            self.box.say(error)
        self._show_head()

    def action_filter(self) -> None:
        """Type a filter."""
        self.box.open()

    @on(FilterBox.Changed)
    def _filter_typed(self, event: FilterBox.Changed) -> None:
        event.stop()
        self._stop_typing()
        if event.text.strip():
            self._typing = self.set_timer(_TYPED_S, self._filter)
        else:
            self._filter()

    def _stop_typing(self) -> None:
        if self._typing is not None:
            self._typing.stop()
            self._typing = None

    def _filter(self, *, whole: bool = False) -> None:
        """Filter by what is typed. Where it is wrong, it is said, but not of what is still being typed unless `whole`;
        the rows of before stay."""
        self._stop_typing()
        if not stands(self):
            return
        text = self.box.text
        query: Query | None = None
        try:
            query = self.query_of(text) if text.strip() else None
        except QueryError as error:
            if whole or error.at < len(text.rstrip()):
                self.box.say(error)
            return
        now = self._sources.filter
        if (None if query is None else query.root) != (None if now is None else now.root):
            self._sift(query)

    @on(FilterBox.Left)
    def _filter_left(self, event: FilterBox.Left) -> None:
        event.stop()
        self._filter(whole=True)
        self.table.focus()

    # --- what the widgets say

    @on(HeaderClicked)
    def _header_clicked(self, event: HeaderClicked) -> None:
        event.stop()
        if sorting(event.column) is not None:
            now = self._sorted()
            if self._order is None and now is not None and now[0] == event.column:
                self.action_order()
            else:
                self._sort_column(event.column)

    @on(StateTabs.TabSelected)
    def _tab_selected(self, event: StateTabs.TabSelected) -> None:
        event.stop()
        # Asked of the widget: a message about a tab that this pane chose itself may come late.
        if event.tabs.selected != self._state.value:
            self.show_state(JobState(event.tabs.selected))

    @on(MarksChanged)
    def _marks_changed(self) -> None:
        self._show_head()

    @on(RowsNeeded)
    def _rows_needed(self, event: RowsNeeded) -> None:
        event.stop()
        self._sources.refresh()

    @on(RowHighlighted)
    def _moved(self, event: RowHighlighted) -> None:
        event.stop()
        if self._ref is not None:
            self.post_message(self.Highlighted(self._ref, self.highlighted))

    @on(RowSelected)
    def _selected(self, event: RowSelected) -> None:
        event.stop()
        if self._ref is not None and self.highlighted is not None:
            self.post_message(self.Opened(self._ref, self.highlighted))
