"""The jobs of a queue: a tab for each state, and the table of the state that is chosen."""

import asyncio
from collections.abc import Callable
from typing import cast

from textual import on, work
from textual.app import ComposeResult
from textual.containers import Vertical
from textual.message import Message

from bulltui.domain.errors import BulltuiError
from bulltui.domain.queue import QueueRef
from bulltui.domain.snapshot import EMPTY, Link, QueueRow, Snapshot
from bulltui.domain.states import JobState
from bulltui.services.protocols import Clock, JobReader
from bulltui.tui import keymap
from bulltui.tui.job_feed import MOST_MARKED, JobFeed, Subject, View, all_ids
from bulltui.tui.panes.lines import Lines
from bulltui.tui.present.empty import no_jobs
from bulltui.tui.present.jobs import fitted, newest_first, order_words
from bulltui.tui.present.line import fit, part
from bulltui.tui.present.states import first_look, jobs_head, state_tabs, states_of
from bulltui.tui.widgets.live_table import LiveTable
from bulltui.tui.widgets.table_messages import MarksChanged, RowHighlighted, RowSelected, RowsNeeded
from bulltui.tui.widgets.tabs import StateTabs


class JobPane(Vertical):
    """A queue's head, its states and its jobs."""

    DEFAULT_CSS = """
    JobPane > #jobs-head { height: 1; }
    JobPane > StateTabs { height: 1; }
    JobPane > LiveTable { height: 1fr; }
    """
    BINDINGS = keymap.bindings("next-state", "previous-state", "pick-state", "order", "copy-id", "mark-all")

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

    def __init__(
        self,
        reader: JobReader,
        clock: Clock,
        copy: Callable[[str, str], None],
        *,
        timeout_s: float,
        markable: bool,
    ) -> None:
        super().__init__(id="jobs")
        self._reader = reader
        self._timeout_s = timeout_s
        self._markable = markable
        self._clock = clock
        self._copy = copy
        self._feed = JobFeed(reader, clock, self._view, self._show_rows, timeout_s=timeout_s)
        self._snapshot = EMPTY
        self._row: QueueRow | None = None
        self._ref: QueueRef | None = None
        self._state = JobState.WAITING
        self._chosen = False
        self._turned: set[JobState] = set()
        self._widest: dict[str, int] = {}
        self._marked_of: tuple[QueueRef | None, JobState] | None = None
        """What the marks are of: they mean nothing elsewhere."""

    def compose(self) -> ComposeResult:
        """Head, tabs, table."""
        yield Lines(id="jobs-head")
        yield StateTabs(id="states")
        yield LiveTable((), markable=self._markable, id="job-table")

    def on_mount(self) -> None:
        """Ask for a queue."""
        self._show_all()

    def on_unmount(self) -> None:
        """Stop reading."""
        self._feed.close()

    # --- what others ask

    @property
    def table(self) -> LiveTable:
        """The table."""
        return self.query_one("#job-table", LiveTable)

    @property
    def ref(self) -> QueueRef | None:
        """The queue whose jobs are shown."""
        return self._ref

    @property
    def state(self) -> JobState:
        """The state that is shown."""
        return self._state

    @property
    def busy(self) -> bool:
        """Whether jobs are being read."""
        return self._feed.busy

    @property
    def highlighted(self) -> str | None:
        """The id of the job under the cursor."""
        key = self.table.cursor_key
        return None if key is None else str(key)

    @property
    def meant(self) -> tuple[str, ...]:
        """The ids of the marked jobs, or of the one under the cursor."""
        table = self.table
        if table.marked:
            return cast("tuple[str, ...]", table.marked)
        return () if self.highlighted is None else (self.highlighted,)

    @property
    def locked(self) -> bool | None:
        """Whether a worker holds the one job that is meant, None where that is not known."""
        table = self.table
        place = self._feed.rows.find(self.meant[0], table.cursor) if self.meant else None
        job = None if place is None else self._feed.rows.jobs.get(place)
        return None if job is None else job.locked

    def reload(self) -> None:
        """Read again what is on the screen."""
        self._feed.refresh()

    def tell(self, snapshot: Snapshot) -> None:
        """Another snapshot: read again what may have moved."""
        fresh = snapshot.taken_at != self._snapshot.taken_at
        self._snapshot = snapshot
        self.table.stale = snapshot.health.link is Link.OFFLINE and bool(self._feed.rows.jobs)
        if self._ref is None:
            return
        before, self._row = self._row, snapshot.row(self._ref)
        self._show_head()
        if not fresh:
            return
        moved = before is None or self._row is None or before.queue != self._row.queue
        if moved or self._state is JobState.ACTIVE or self._feed.problem is not None:
            self._feed.refresh()
        self._feed.tick()
        self.table.update(self._feed.rows)

    def show_queue(self, ref: QueueRef | None) -> None:
        """Show the jobs of another queue, in the state that was chosen or else the one that matters most there."""
        if ref == self._ref:
            return
        self._ref = ref
        self._row = None if ref is None else self._snapshot.row(ref)
        if not self._chosen and self._row is not None:
            self._state = first_look(self._row.queue.counts)
        elif self._row is not None and self._state not in self._row.queue.states:
            self._state = JobState.WAITING
        self._show_all()

    def show_state(self, state: JobState) -> None:
        """Show the jobs of another state."""
        self._chosen = True
        if state is not self._state:
            self._state = state
            self._show_all()

    # --- showing

    def _oldest_first(self) -> bool:
        return newest_first(self._state) == (self._state in self._turned)

    def _view(self) -> View:
        table = self.table
        return View(table.top, table.page, table.cursor)

    def _show_all(self) -> None:
        ref = self._ref
        table = self.table
        self._feed.show(None if ref is None else Subject(ref, self._state, self._oldest_first()))
        self._widest = {}
        if self._marked_of != (ref, self._state):
            self._marked_of = (ref, self._state)
            table.set_marks(())
        self._fit_columns()
        table.update(self._feed.rows)
        table.move_to(0)
        self._show_head()

    def _fit_columns(self) -> None:
        columns = fitted(self._state, self._feed.rows.jobs.values(), self._widest)
        if tuple(columns) != self.table.columns:
            self.table.set_columns(columns)

    def _show_rows(self) -> None:
        table = self.table
        self._fit_columns()
        follows = self._view().follows
        table.stale = self._feed.problem is not None and bool(self._feed.rows.jobs)
        table.update(self._feed.rows)
        if follows:
            table.move_to(0)
        self._show_head()

    def _show_head(self) -> None:
        row, problem = self._row, self._feed.problem
        read = bool(self._feed.rows.jobs)
        tabs = self.query_one(StateTabs)
        tabs.update([] if row is None else state_tabs(row, self._state, self.size.width))
        if self._ref is not None:
            tabs.select(self._state.value)
        if problem is not None and not read:
            self.table.empty = f"{problem.message}\n{problem.hint}".strip()
        else:
            self.table.empty = no_jobs(row, self._state, loading=not self._feed.loaded)
        gone = self._snapshot.taken_at and self._snapshot.discovery.finished_at
        parts = jobs_head(
            "" if self._ref is None else self._ref.name,
            row,
            order_words(self._state, oldest_first=self._oldest_first()),
            problem.message if problem is not None and read else "this queue is gone" if row is None and gone else "",
            self._clock.now_ms(),
        )
        if marked := len(self.table.marks):
            parts.insert(1, part(10, (f"{marked:,} marked", "delayed bold")))
        self.query_one("#jobs-head", Lines).show([fit(parts, max(10, self.size.width))])

    def _states(self) -> tuple[JobState, ...]:
        return () if self._row is None else states_of(self._row, self._state)

    def on_resize(self) -> None:
        """Fit the head."""
        self._show_head()

    # --- keys

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """States need a queue."""
        if action == "mark_all":
            return self._markable and self.table.line_count > 0
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

    def action_order(self) -> None:
        """Turn the order of this state."""
        self._turned ^= {self._state}
        self._show_all()

    def action_copy_id(self) -> None:
        """Copy the id of the job."""
        if self.highlighted is not None:
            self._copy("the job id", self.highlighted)

    @work(exclusive=True, group="marks", exit_on_error=False)
    async def action_mark_all(self) -> None:
        """Mark all jobs of the state, or none when all are marked."""
        subject, table = self._feed.subject, self.table
        if subject is None:
            return
        if len(table.marks) >= min(table.line_count, MOST_MARKED):
            table.set_marks(())
            return
        try:
            async with asyncio.timeout(self._timeout_s * 2):
                ids = await all_ids(self._reader, subject, MOST_MARKED)
        except (BulltuiError, TimeoutError) as error:
            said = error.message if isinstance(error, BulltuiError) else "The server did not answer in time."
            self.notify(f"{said} Nothing was marked.", severity="error", markup=False)
            return
        if subject == self._feed.subject:
            table.set_marks(ids)
            if table.line_count > len(ids):
                self.notify(
                    f"Only the first {len(ids):,} were marked. The menu (.) has all of the state.", markup=False
                )

    def _beside(self, step: int) -> None:
        states = self._states()
        if states:
            self.show_state(states[(states.index(self._state) + step) % len(states)])

    # --- what the widgets say

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
        self._feed.refresh()

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
