"""Find: jobs of one, some or all queues by a text or a query, shown while they are found."""

from typing import ClassVar

from textual import events, on, work
from textual.app import ComposeResult
from textual.binding import BindingType
from textual.timer import Timer
from textual.widgets import Input

from bulltui.domain.errors import BulltuiError
from bulltui.domain.flow import JobRef
from bulltui.domain.matched import Matched
from bulltui.domain.query.parsing import parse
from bulltui.domain.query.query import Query
from bulltui.domain.queue import QueueRef
from bulltui.domain.registry import Action
from bulltui.domain.saved_search import SavedSearch, by_name, expanded
from bulltui.domain.snapshot import Snapshot
from bulltui.domain.states import JobState
from bulltui.domain.text import plural, visible
from bulltui.services.search import Match, Scope
from bulltui.tui import keymap
from bulltui.tui.acts.acting import Acting
from bulltui.tui.acts.choices import CHOICES
from bulltui.tui.acts.scene import NOTHING, Scene
from bulltui.tui.found_rows import ORDERS, FoundRows, ordered
from bulltui.tui.messages import Acted
from bulltui.tui.panes.lines import Lines
from bulltui.tui.panes.query_box import QueryBox, QueryInput
from bulltui.tui.present import found, searching
from bulltui.tui.present.header import Identity
from bulltui.tui.present.line import part
from bulltui.tui.runtime import Runtime
from bulltui.tui.screens.leading import LeadingScreen
from bulltui.tui.screens.list_screen import ListScreen
from bulltui.tui.search_reads import SearchReads
from bulltui.tui.widgets.cells import cut
from bulltui.tui.widgets.live_table import LiveTable
from bulltui.tui.widgets.table_messages import HeaderClicked, MarksChanged, RowHighlighted, RowSelected

_SHOWN_EVERY_S = 0.15
_SORTS: tuple[tuple[str, bool] | None, ...] = (None, *((column, order[1]) for column, order in ORDERS.items()))


class FindScreen(ListScreen, LeadingScreen):
    """One box, and what was found below. Enter searches; Esc stops, then goes back."""

    CSS = """
    FindScreen #wrong { height: auto; }
    """
    COLUMNS = found.COLUMNS
    OPENS = True
    BINDINGS: ClassVar[list[BindingType]] = keymap.bindings(
        *("find", "filter", "continue", "sort", "mark-all", "refresh", "menu"),
        *("retry", "promote", "remove", "edit", "duplicate"),
    )

    def __init__(self, runtime: Runtime, identity: Identity, acting: Acting, refs: tuple[QueueRef, ...]) -> None:
        super().__init__(runtime, identity, acting)
        self._refs = refs
        self._all = not refs
        self._reads = SearchReads(runtime, self._show_soon, self._show)
        self._saved: dict[str, SavedSearch] = {}
        self._meant = SavedSearch("", "")
        self._wrong: BulltuiError | None = None
        self._sort: tuple[str, bool] | None = None
        self._needles: tuple[str, ...] = ()
        self._rows = FoundRows((), 0, queues=True, states=True)
        self._soon: Timer | None = None

    def compose(self) -> ComposeResult:
        """As other lists, with the box above."""
        for widget in super().compose():
            if isinstance(widget, LiveTable):
                yield QueryBox()
                yield Lines(id="wrong")
                yield LiveTable(self.COLUMNS, markable=self.acting.allowed)
            else:
                yield widget

    def on_mount(self) -> None:
        """Type at once."""
        self.call_after_refresh(self._box.focus)
        self._remember()

    def on_unmount(self) -> None:
        """No longer."""
        self._reads.stop()

    @property
    def _box(self) -> QueryInput:
        return self.query_one(QueryBox).field

    @property
    def busy(self) -> bool:
        """Whether jobs are being looked at."""
        return self._reads.running or self._soon is not None

    @work(exclusive=True, group="remembered", exit_on_error=False)
    async def _remember(self, query: str = "") -> None:
        remembered = self.runtime.remembered
        await (remembered.note(query) if query else remembered.load())
        self._box.history = remembered.history
        self._saved = by_name(self.runtime.settings.searches, remembered.saved)
        if remembered.problem:
            self.notify(remembered.problem, severity="warning", markup=False)
            remembered.problem = ""
        self._show()

    # --- searching

    @on(Input.Changed)
    def _typed(self, event: Input.Changed) -> None:
        """Say what is wrong while one types, but not before a word is over."""
        event.stop()
        try:
            self._query(event.value)
            self._wrong = None
        except BulltuiError as error:
            at = getattr(error, "at", 0)
            self._wrong = error if at < len(event.value.rstrip()) else None
        self._show_wrong()

    def _query(self, text: str) -> tuple[SavedSearch, Query]:
        meant = expanded(text, self._saved)
        return meant, parse(meant.query, self.runtime.clock.now_ms())

    @on(Input.Submitted)
    def _entered(self, event: Input.Submitted) -> None:
        event.stop()
        self._box.typed()
        self._begin(event.value)

    def _begin(self, text: str) -> None:
        if not text.strip():
            return
        try:
            self._meant, query = self._query(text)
        except BulltuiError as error:
            self._wrong = error
            self._show_wrong()
            return
        self._wrong = None
        self._show_wrong()
        self._needles = found.needles(query.root)
        self.table.set_marks(())
        self._reads.begin(query, Scope(self._wanted(), tuple(JobState(state) for state in self._meant.states)))
        self._remember(text)
        self.table.focus()
        self._show()
        self.table.move_to(0)

    def _wanted(self) -> tuple[QueueRef, ...]:
        """Where to look: what one came from, else what a saved search says, else everywhere."""
        from bulltui.domain.match import select

        refs = [row.ref for row in self.runtime.bus.last.rows]
        if not self._all:
            return self._refs
        return tuple(select(refs, self._meant.queues)) if self._meant.queues else tuple(refs)

    # --- showing

    def told(self, snapshot: Snapshot) -> None:
        """Ages go on."""
        if not self._reads.running:
            self._show()

    def _show_wrong(self) -> None:
        width = max(20, self.size.width)
        self.query_one("#wrong", Lines).show([] if self._wrong is None else searching.wrong(self._wrong, width))

    def _show_soon(self) -> None:
        if self._soon is None:
            self._soon = self.set_timer(_SHOWN_EVERY_S, self._show)
            if not len(self._rows):
                self._show()  # the first one at once

    def _show(self) -> None:
        if self._soon is not None:
            self._soon.stop()
            self._soon = None
        if not self.is_attached:
            return
        reads, table = self._reads, self.table
        queues, states = len(self._wanted()) != 1, len({match.job.state for match in reads.matches}) != 1
        shown = ordered(reads.matches, self._sort)
        self._rows = FoundRows(shown, self.runtime.clock.now_ms(), queues=queues, states=states, needles=self._needles)
        columns = found.columns(queues=queues, states=states)
        if columns != table.columns:
            table.set_columns(columns)
        table.sort = self._sort
        if reads.query is None:
            saved = tuple(self._saved.values())
            table.empty = searching.examples(max(20, self.size.width - 4), max(4, table.size.height - 2), saved)
        else:
            table.empty = searching.nothing(reads.step, reads.problem, running=reads.running)
        at_top = table.top == 0 and table.cursor <= 0
        table.update(self._rows)
        if at_top:
            table.move_to(0)
        self._head()
        self.refresh_bindings()

    def _head(self) -> None:
        reads = self._reads
        parts = [part(8, (f"Find in {self._where()}", "bold"))]
        if reads.query is not None:
            parts += searching.progress(
                reads.step, len(reads.matches), running=reads.running, stopped=reads.stopped, again="c goes on"
            )
        if marked := len(self.table.marks):
            parts.append(part(9, (f"{marked:,} marked", "delayed bold")))
        for problem in (*([reads.problem.message] if reads.problem and reads.matches else []), *reads.problems[:1]):
            parts.append(part(7, (visible(problem), "failed")))
        if self._refs:
            these = _named(self._refs)
            parts.append(part(1, (f"ctrl+f: {these if self._all else 'all queues'}", "dim"), right=True))
        self.show_title(*parts)

    def _where(self) -> str:
        return f"all {plural(len(self._wanted()), 'queue')}" if self._all else _named(self._refs)

    def on_resize(self, event: events.Resize) -> None:
        """Fit what is said."""
        self._show_wrong()
        self._show()

    # --- what one looks at

    def _meant_matches(self) -> tuple[Match, ...]:
        table, rows = self.table, self._rows
        if table.marked:
            places = (rows.find(key, -1) for key in table.marked)
            return tuple(rows.matches[place] for place in places if place is not None)
        place = table.cursor
        return (rows.matches[place],) if 0 <= place < len(rows) else ()

    def job_now(self) -> JobRef | None:
        """The job under the cursor."""
        key = self.table.cursor_key
        return key if isinstance(key, JobRef) else None

    def scene(self) -> Scene:
        """The marked jobs, or the one under the cursor."""
        jobs = self._meant_matches()
        if not jobs:
            return NOTHING
        last = self.runtime.bus.last
        refs = tuple(dict.fromkeys(match.ref for match in jobs))
        rows = tuple(row for ref in refs if (row := last.row(ref)) is not None)
        if len(jobs) > 1:
            return Scene(refs, rows, found=jobs, all_rows=last.rows)
        job = jobs[0].job
        return Scene(refs, rows, job.state, (job.id,), None if job.locked is None else not job.locked, last.rows)

    def action_act(self, action_id: str) -> None:
        """Do something, once it is confirmed: of several jobs it is said what they are together."""
        scene = self.scene()
        if CHOICES[action_id].applies(scene):
            about = Matched.of(scene.found).lines(self.runtime.clock.now_ms()) if scene.found else ()
            self.acting.perform(CHOICES[action_id].plan(scene), about)

    def acted(self, message: Acted) -> None:
        """They are in other states now: search anew."""
        if message.outcome.done and self._reads.query is not None:
            self.action_refresh()

    @on(RowHighlighted)
    def _moved(self) -> None:
        self.refresh_bindings()

    @on(MarksChanged)
    def _marks_changed(self) -> None:
        self._head()
        self.refresh_bindings()

    @on(RowSelected)
    def _selected(self, event: RowSelected) -> None:
        event.stop()
        if (job := self.job_now()) is not None:
            self.open_job(job)

    def copied(self) -> tuple[str, str] | None:
        """The id of the job."""
        job = self.job_now()
        return None if job is None else ("the job id", job.id)

    # --- keys

    def label_of(self, action: Action, scene: Scene | None = None) -> str:
        """What the keys do now."""
        if action.id == "continue":
            return "stop" if self._reads.running else "go on"
        if action.id == "find" and self._refs and self._box.has_focus:
            return "these queues" if self._all else "all queues"
        if action.id == "filter":
            return "query"
        return super().label_of(action, scene)

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """Only what does something now."""
        if action == "continue":
            return self._reads.running or self._reads.stopped
        if action in ("sort", "mark_all"):
            return bool(self._reads.matches) and (action == "sort" or self.acting.allowed)
        return super().check_action(action, parameters)

    @on(QueryInput.Left)
    def _leave_box(self) -> None:
        if self._reads.query is None:
            self.dismiss()
        else:
            self.action_back()

    @on(QueryInput.Lower)
    def _to_list(self) -> None:
        if self.table.line_count:
            self.table.focus()

    def go_back(self) -> None:
        """Stop, drop the marks, or go back to where one came from."""
        if self._reads.running:
            self.action_continue()
        elif self.table.marks:
            self.table.set_marks(())
        else:
            self.dismiss()

    def action_find(self) -> None:
        """Type; from the box, look elsewhere."""
        if not self._box.has_focus:
            self._box.focus()
        elif self._refs:
            self._all = not self._all
            if self._reads.query is not None:
                self.action_refresh()
            self._show()

    def action_filter(self) -> None:
        """Type."""
        self._box.focus()

    def action_continue(self) -> None:
        """Stop, or go on."""
        if self._reads.running:
            self._reads.stop()
        else:
            self._reads.go_on()
        self._show()

    def action_refresh(self) -> None:
        """Search anew, by the time of now."""
        if (query := self._reads.query) is None:
            self.runtime.poller.refresh_now(discover=True)
            return
        states = tuple(JobState(state) for state in self._meant.states)
        self._reads.begin(parse(query.text, self.runtime.clock.now_ms()), Scope(self._wanted(), states))
        self._show()

    def action_sort(self) -> None:
        """By the next column."""
        self._sort_by(_SORTS[(_SORTS.index(self._sort) + 1) % len(_SORTS)] if self._sort in _SORTS else None)

    def _sort_by(self, sort: tuple[str, bool] | None) -> None:
        self._sort = sort
        self._show()
        self.table.move_to(0)

    @on(HeaderClicked)
    def _header_clicked(self, event: HeaderClicked) -> None:
        event.stop()
        if event.column in ORDERS:
            downwards = ORDERS[event.column][1]
            again = self._sort is not None and self._sort[0] == event.column
            self._sort_by((event.column, not self._sort[1] if again and self._sort else downwards))

    def action_mark_all(self) -> None:
        """Mark all that was found, or none."""
        table = self.table
        marked = len(table.marks) == len(self._rows)
        table.set_marks(() if marked else (self._rows.key(place) for place in range(len(self._rows))))
        if not marked and (self._reads.running or self._reads.stopped or self._reads.step.full):
            self.notify(f"What was found so far is marked: {len(self._rows):,}.", markup=False)


def _named(refs: tuple[QueueRef, ...]) -> str:
    return cut(visible(refs[0].name), 40) if len(refs) == 1 else plural(len(refs), "queue")
