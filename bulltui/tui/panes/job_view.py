"""The jobs of a queue as they are shown: a tab for each state, and the table of the state that is chosen."""

from collections.abc import Sequence
from dataclasses import replace
from typing import cast

from textual.app import ComposeResult
from textual.containers import Vertical

from bulltui.domain.job import JobSummary
from bulltui.domain.matched import Matched
from bulltui.domain.query.query import Query
from bulltui.domain.queue import QueueRef
from bulltui.domain.snapshot import EMPTY, Link, QueueRow, Snapshot
from bulltui.domain.states import JobState
from bulltui.tui.job_feed import Subject, View
from bulltui.tui.job_looks import NATURAL, JobLooks, Order
from bulltui.tui.job_sources import JobSources
from bulltui.tui.panes.filter_box import FilterBox
from bulltui.tui.panes.lines import Lines
from bulltui.tui.path_values import PathValues
from bulltui.tui.present.empty import no_jobs
from bulltui.tui.present.job_columns import chosen, path_of, sorting, title
from bulltui.tui.present.jobs import fitted, newest_first, order_words
from bulltui.tui.present.line import fit, part
from bulltui.tui.present.states import first_look, jobs_head, state_tabs, states_of
from bulltui.tui.runtime import Runtime
from bulltui.tui.standing import stands
from bulltui.tui.widgets.cells import Cell
from bulltui.tui.widgets.live_table import LiveTable
from bulltui.tui.widgets.tabs import StateTabs

_ALONE = 20_000
"""Up to so many jobs a state is ordered by a remembered column without being asked for it anew."""

_LESS = 6
"""How much less important the facts of the queue are beside a filter."""

_HINT = "a text, or name: id: error: data.path=value attempts>3 failed:<2h -not OR; ctrl+f has examples"


class JobView(Vertical):
    """A queue's head, its states, its jobs, and the box to filter them by."""

    DEFAULT_CSS = """
    JobView > #jobs-head { height: 1; }
    JobView > StateTabs { height: 1; }
    JobView > LiveTable { height: 1fr; }
    """

    def __init__(self, runtime: Runtime, *, markable: bool) -> None:
        super().__init__(id="jobs")
        settings = runtime.settings
        self._runtime = runtime
        self._markable = markable
        self._timeout_s = settings.refresh_timeout_s + settings.connect_timeout_s
        self._looks = JobLooks(runtime.remembered)
        self._sources = JobSources(runtime, self._view, self._show_rows)
        self._values = PathValues(runtime.reader, self._values_came, timeout_s=self._timeout_s)
        self._snapshot = EMPTY
        self._row: QueueRow | None = None
        self._ref: QueueRef | None = None
        self._state = JobState.WAITING
        self._chosen = False
        self._turned: set[JobState] = set()
        self._order: Order | None = None
        self._widest: dict[str, int] = {}
        self._marked_of: tuple[QueueRef | None, JobState] | None = None
        """What the marks are of: they mean nothing elsewhere."""

    def compose(self) -> ComposeResult:
        """Head, tabs, table, filter."""
        yield Lines(id="jobs-head")
        yield StateTabs(id="states")
        yield LiveTable((), markable=self._markable, id="job-table")
        yield FilterBox("a text or a query, over all jobs of the state", hint=_HINT, stop=self._sources.stop)

    def on_mount(self) -> None:
        """Ask for a queue."""
        self._sources.draw_by(self._cells)
        self._show_all()

    def on_unmount(self) -> None:
        """Stop reading."""
        self._sources.close()
        self._values.close()

    # --- what others ask

    @property
    def table(self) -> LiveTable:
        """The table."""
        return self.query_one("#job-table", LiveTable)

    @property
    def box(self) -> FilterBox:
        """Where a filter is typed."""
        return self.query_one(FilterBox)

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
        return self._sources.busy or self._values.busy

    @property
    def row(self) -> QueueRow | None:
        """What is known of the queue."""
        return self._row

    @property
    def filter(self) -> Query | None:
        """What the jobs are filtered by."""
        return self._sources.filter

    @property
    def filtered(self) -> bool:
        """Whether a filter is on."""
        return self._sources.filter is not None

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
        table, rows = self.table, self._sources.rows
        place = rows.find(self.meant[0], table.cursor) if self.meant else None
        job = None if place is None else rows.job(place)
        return None if job is None else job.locked

    def told_together(self) -> Matched | None:
        """What several marked jobs that a filter or an order picked are together; None where all are shown."""
        return self._sources.told_together(self.meant) if len(self.meant) > 1 else None

    def reload(self) -> None:
        """Read again what is on the screen."""
        self._sources.refresh()

    def tell(self, snapshot: Snapshot) -> None:
        """Another snapshot: read again what may have moved."""
        fresh = snapshot.taken_at != self._snapshot.taken_at
        self._snapshot = snapshot
        self.table.stale = snapshot.health.link is Link.OFFLINE and self._sources.read
        if self._ref is None:
            return
        before, self._row = self._row, snapshot.row(self._ref)
        if before is None and self._row is not None and not self._chosen:
            # Its counts come only now: the queue was gone to before this side was told of it.
            self._first_look(self._row)
        self._show_head()
        if not fresh:
            return
        moved = before is None or self._row is None or before.queue != self._row.queue
        if moved or self._state is JobState.ACTIVE or self._sources.problem is not None:
            self._sources.refresh()
        self._sources.tick()
        self.table.update(self._sources.rows)

    def _first_look(self, row: QueueRow) -> None:
        state = first_look(row.queue.counts)
        if state is not self._state:
            self._state = state
            self._remembered_order()
            self._show_all()

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
        if self.filtered:
            # A filter is of the queue that it was typed for.
            self.box.clear()
            self._sources.sift(None)
        self._remembered_order()
        self._show_all()

    def show_state(self, state: JobState) -> None:
        """Show the jobs of another state."""
        self._chosen = True
        if state is not self._state:
            self._state = state
            self._remembered_order()
            self._show_all()

    # --- order

    def _remembered_order(self) -> None:
        count = 0 if self._row is None else self._row.queue.counts.of(self._state)
        self._order = None
        if self._ref is not None and count <= _ALONE:
            self._order = self._looks.order(self._ref, self._state)

    def _oldest_first(self) -> bool:
        return newest_first(self._state) == (self._state in self._turned)

    def _sorted(self) -> tuple[str, bool] | None:
        """The column that rows are ordered by, as the head of the table shows it."""
        if self._order is not None:
            return self._order.column, self._order.downwards
        natural = NATURAL.get(self._state)
        return None if natural is None or self._sources.filter is not None else (natural, not self._oldest_first())

    # --- showing

    def _keys(self) -> tuple[str, ...]:
        return () if self._ref is None else self._looks.columns(self._ref)

    def _paths(self) -> list[str]:
        return [key for key in self._keys() if path_of(key) is not None]

    def _cells(self, job: JobSummary, now_ms: int) -> tuple[Cell, ...]:
        return tuple(one.cell(job, now_ms) for one in chosen(self._state, self._keys(), self._values.cell))

    def _view(self) -> View:
        table = self.table
        return View(table.top, table.page, table.cursor)

    def _show_all(self) -> None:
        ref, order, table = self._ref, self._order, self.table
        by = None if order is None else sorting(order.column, downwards=order.downwards)
        self._sources.show(None if ref is None else Subject(ref, self._state, self._oldest_first()), by)
        self._widest = {}
        if self._marked_of != (ref, self._state):
            self._marked_of = (ref, self._state)
            table.set_marks(())
        self._fit_columns()
        table.update(self._sources.rows)
        table.move_to(0)
        self._show_head()

    def _fit_columns(self) -> None:
        shown = chosen(self._state, self._keys(), self._values.cell)
        columns = fitted(shown, self._sources.sample, self._widest)
        if tuple(columns) != self.table.columns:
            self.table.set_columns(columns)

    def _show_rows(self) -> None:
        if not stands(self):
            return
        table = self.table
        self._fit_columns()
        follows = self._view().follows
        table.stale = self._sources.problem is not None and self._sources.read
        table.update(self._sources.rows)
        if follows:
            table.move_to(0)
        self._show_head()
        self._want_values()

    def _want_values(self) -> None:
        paths = self._paths()
        if paths and self._ref is not None:
            rows, top, page = self._sources.rows, self.table.top, self.table.page
            seen = [job for place in range(top, top + page) if (job := rows.job(place)) is not None]
            self._values.want(self._ref, self._state, [job.id for job in seen], paths)

    def _values_came(self) -> None:
        if stands(self):
            self.table.refresh_rows()

    def _show_head(self) -> None:
        row, problem = self._row, self._sources.problem
        tabs, table = self.query_one(StateTabs), self.table
        tabs.update([] if row is None else state_tabs(row, self._state, self.size.width))
        if self._ref is not None:
            tabs.select(self._state.value)
        table.sort = self._sorted()
        table.empty = self._empty()
        gone = self._snapshot.taken_at and self._snapshot.discovery.finished_at
        order = "" if self._sources.picked else order_words(self._state, oldest_first=self._oldest_first())
        said = problem.message if problem is not None and self._sources.read else ""
        parts = jobs_head(
            "" if self._ref is None else self._ref.shown,
            row,
            order,
            said or ("this queue is gone" if row is None and gone else ""),
            self._runtime.clock.now_ms(),
        )
        if self._sources.picked and self._ref is not None:
            # How far it is matters more now than what there is to know about the queue.
            less = 0 if said or row is None else _LESS
            facts = [replace(one, priority=one.priority - less) for one in parts[1:]]
            parts = [parts[0], *self._sources.said("" if self._order is None else title(self._order.column)), *facts]
        if marked := len(table.marks):
            parts.insert(1, part(10, (f"{marked:,} marked", "delayed bold")))
        self.query_one("#jobs-head", Lines).show([fit(parts, max(10, self.size.width))])

    def _empty(self) -> str:
        problem = self._sources.problem
        if problem is not None and not self._sources.read:
            return f"{problem.message}\n{problem.hint}".strip()
        if self.filtered:
            return self._sources.nothing(self._state)
        return no_jobs(self._row, self._state, loading=not self._sources.loaded)

    def _states(self) -> Sequence[JobState]:
        return () if self._row is None else states_of(self._row, self._state)

    def on_resize(self) -> None:
        """Fit the head."""
        self._show_head()
