"""A screen of jobs that were found, of several queues and states: sorted, marked, opened, acted on as one."""

from collections.abc import Sequence
from typing import ClassVar

from textual import on
from textual.binding import BindingType

from bulltui.domain.flow import JobRef
from bulltui.domain.matched import Matched
from bulltui.domain.states import JobState
from bulltui.domain.targets import Jobs, members
from bulltui.services.request import Request
from bulltui.services.search import Match
from bulltui.tui import keymap
from bulltui.tui.acts import offers
from bulltui.tui.acts.acting import Acting
from bulltui.tui.acts.choices import CHOICES
from bulltui.tui.acts.offers import Offer
from bulltui.tui.acts.scene import NOTHING, Scene
from bulltui.tui.found_rows import ORDERS, FoundRows, ordered
from bulltui.tui.present import found
from bulltui.tui.present.header import Identity
from bulltui.tui.runtime import Runtime
from bulltui.tui.screens.leading import LeadingScreen
from bulltui.tui.screens.list_screen import ListScreen
from bulltui.tui.widgets.table_messages import HeaderClicked, MarksChanged, RowHighlighted, RowSelected

_SORTS: tuple[tuple[str, bool] | None, ...] = (None, *((column, order[1]) for column, order in ORDERS.items()))


class FoundScreen(ListScreen, LeadingScreen):
    """Derived screens say by `show_found` what was found, and by `head` what stands above."""

    COLUMNS = found.COLUMNS
    OPENS = True
    BINDINGS: ClassVar[list[BindingType]] = keymap.bindings(
        *("sort", "mark-all", "export", "menu", "retry", "promote", "remove", "edit", "duplicate")
    )

    def __init__(self, runtime: Runtime, identity: Identity, acting: Acting) -> None:
        super().__init__(runtime, identity, acting)
        self._sort: tuple[str, bool] | None = None
        self._rows = FoundRows((), 0, queues=True, states=True)
        self._scene = NOTHING
        self._scene_of: tuple[object, ...] | None = None

    def head(self) -> None:
        """Show what stands above the table."""
        raise NotImplementedError

    def show(self) -> None:
        """Show all anew."""
        raise NotImplementedError

    @property
    def partial(self) -> bool:
        """Whether there may be more than what is shown."""
        return False

    def show_found(self, matches: Sequence[Match], *, queues: bool, needles: Sequence[str]) -> None:
        """These jobs, in the order that was chosen; without their queues where all are of one."""
        table, states = self.table, len({match.job.state for match in matches}) != 1
        now = self.runtime.clock.now_ms()
        self._rows = FoundRows(ordered(matches, self._sort), now, queues=queues, states=states, needles=needles)
        columns = found.columns(queues=queues, states=states)
        if columns != table.columns:
            table.set_columns(columns)
        table.sort = self._sort
        at_top = table.top == 0 and table.cursor <= 0
        table.update(self._rows)
        if at_top:
            table.move_to(0)

    def all_of_it(self) -> Offer | None:
        """All that the screen is about, to be written into a file."""
        return None

    # --- what one looks at

    def _meant(self) -> tuple[Match, ...]:
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
        # Every key asks for it several times, and there may be thousands of marks.
        table = self.table
        of = (table.marked, None if table.marked else table.cursor, self._rows, self.runtime.bus.last)
        if self._scene_of is None or any(one is not other for one, other in zip(of, self._scene_of, strict=True)):
            self._scene_of, self._scene = of, self._scene_now()
        return self._scene

    def _scene_now(self) -> Scene:
        jobs = self._meant()
        if not jobs:
            return NOTHING
        last = self.runtime.bus.last
        refs = tuple(dict.fromkeys(match.ref for match in jobs))
        rows = tuple(row for ref in refs if (row := last.row(ref)) is not None)
        if len(jobs) > 1:
            states = frozenset(match.job.state for match in jobs)
            return Scene(refs, rows, found=jobs, found_in=states, all_rows=last.rows)
        job = jobs[0].job
        stalled = None if job.locked is None or job.state is not JobState.ACTIVE else not job.locked
        return Scene(refs, rows, job.state, (job.id,), stalled, last.rows)

    def on_offer(self) -> tuple[Offer, ...]:
        """The marked jobs, and all that was looked for."""
        marks, everything = self.table.marks, self.all_of_it()
        found = []
        if marks:
            refs = dict.fromkeys(key.ref for key in marks if isinstance(key, JobRef))
            found.append(offers.of_jobs(self._marked, len(marks), "marked", *refs))
        return (*found, everything) if everything is not None else tuple(found)

    def _marked(self) -> list[Jobs]:
        return [Jobs(match.ref, (match.job.id,)) for match in self._meant()]

    def action_act(self, action_id: str) -> None:
        """Do something, once it is confirmed: of several jobs it is said what they are together."""
        scene = self.scene()
        if not CHOICES[action_id].applies(scene):
            return
        plan = CHOICES[action_id].plan(scene)
        jobs = scene.found
        if isinstance(plan, Request):
            meant = members(plan.target)
            jobs = tuple(one for one in jobs if (one.ref, one.job.id) in meant)
        about = Matched.of(jobs).lines(self.runtime.clock.now_ms()) if jobs else ()
        self.perform(action_id, plan, scene, about)

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """Sorting and marking need rows."""
        if action in ("sort", "mark_all"):
            return len(self._rows) > 0 and (action == "sort" or self.table.markable)
        return super().check_action(action, parameters)

    @on(RowHighlighted)
    def _moved(self) -> None:
        self.refresh_bindings()

    @on(MarksChanged)
    def _marks_changed(self) -> None:
        self.head()
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

    # --- order and marks

    def action_sort(self) -> None:
        """By the next column."""
        self._sort_by(_SORTS[(_SORTS.index(self._sort) + 1) % len(_SORTS)] if self._sort in _SORTS else None)

    def _sort_by(self, sort: tuple[str, bool] | None) -> None:
        self._sort = sort
        self.show()
        self.table.move_to(0)

    @on(HeaderClicked)
    def _header_clicked(self, event: HeaderClicked) -> None:
        event.stop()
        if event.column in ORDERS:
            now = self._sort
            downwards = not now[1] if now is not None and now[0] == event.column else ORDERS[event.column][1]
            self._sort_by((event.column, downwards))

    def action_mark_all(self) -> None:
        """Mark all that was found, or none."""
        table, rows = self.table, self._rows
        marked = len(table.marks) == len(rows)
        table.set_marks(() if marked else (rows.key(place) for place in range(len(rows))))
        if not marked and self.partial:
            self.notify(f"What was found so far is marked: {len(rows):,}.", markup=False)
