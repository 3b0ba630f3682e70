"""The jobs of a group of errors."""

from bisect import bisect_right
from collections.abc import Hashable, Mapping
from itertools import accumulate, groupby
from typing import ClassVar

from textual import on
from textual.app import ComposeResult
from textual.binding import BindingType

from bulltui.domain.error_groups import ErrorGroup
from bulltui.domain.errors import BulltuiError
from bulltui.domain.flow import JobRef
from bulltui.domain.job import Job, summarize
from bulltui.domain.snapshot import Snapshot
from bulltui.domain.states import JobState
from bulltui.domain.text import plural
from bulltui.services.search import Match
from bulltui.tui import keymap
from bulltui.tui.acts import offers
from bulltui.tui.acts.acting import Acting
from bulltui.tui.acts.offers import Offer
from bulltui.tui.acts.scene import NOTHING, Scene
from bulltui.tui.loader import Loader
from bulltui.tui.messages import Acted
from bulltui.tui.panes.lines import Lines
from bulltui.tui.present import errors as present
from bulltui.tui.present import found
from bulltui.tui.present.header import Identity
from bulltui.tui.present.line import part
from bulltui.tui.runtime import Runtime
from bulltui.tui.screens.leading import LeadingScreen
from bulltui.tui.screens.list_screen import ListScreen
from bulltui.tui.screens.main_scene import scene_of_job
from bulltui.tui.standing import stands
from bulltui.tui.widgets.cells import Cell
from bulltui.tui.widgets.live_table import LiveTable
from bulltui.tui.widgets.rows import RowSource
from bulltui.tui.widgets.table_messages import RowHighlighted, RowSelected, RowsNeeded

_CAP = 4096  # bytes of a field: a line shows no more
_PAGE = 100
_MESSAGE_LINES = 4


class Members(RowSource):
    """The jobs of a group by their places: all by their ids, and some with all that a line shows."""

    def __init__(self, group: ErrorGroup, read: Mapping[int, Job], places: Mapping[JobRef, int], now_ms: int) -> None:
        # Its lists grow while errors are still being grouped.
        self._parts = [(ref, list(ids)) for ref, ids in group.ids.items()]
        self._ends = list(accumulate(len(ids) for _, ids in self._parts))
        self._read = read
        self._places = places
        self._now_ms = now_ms
        self.states = any(job.state is not JobState.FAILED for job in read.values())
        """Whether some are in another state by now."""

    def __len__(self) -> int:
        return self._ends[-1] if self._ends else 0

    def job(self, index: int) -> JobRef:
        """Which job stands there."""
        at = bisect_right(self._ends, index)
        ref, ids = self._parts[at]
        return JobRef(ref, ids[index - (self._ends[at - 1] if at else 0)])

    def key(self, index: int) -> Hashable | None:
        """Which job, once it is read."""
        return self.job(index) if index in self._read else None

    def cells(self, index: int) -> tuple[Cell, ...] | None:
        """Its cells."""
        if (job := self._read.get(index)) is None:
            return None
        summary = summarize(job.id, job.state, job.raw, score=job.score)
        return found.cells(Match(job.queue, summary), self._now_ms, states=self.states)

    def find(self, key: Hashable, near: int) -> int | None:
        """Where a job stands, if it was read."""
        return self._places.get(key) if isinstance(key, JobRef) else None


class ErrorJobsScreen(ListScreen, LeadingScreen):
    """What the group is, and its jobs, the newest of each queue first; they are read as they come in sight."""

    CSS = """
    ErrorJobsScreen #about { height: auto; margin-bottom: 1; }
    """
    OPENS = True
    BINDINGS: ClassVar[list[BindingType]] = keymap.bindings(
        "retry", "promote", "remove", "edit", "duplicate", "menu", "export"
    )

    def __init__(self, runtime: Runtime, identity: Identity, acting: Acting, group: ErrorGroup, total: int) -> None:
        super().__init__(runtime, identity, acting)
        self._group = group
        self._total = total
        self._read: dict[int, Job] = {}
        self._places: dict[JobRef, int] = {}
        self._rows = self._members()
        self._problem: BulltuiError | None = None
        settings = runtime.settings
        self._loader: Loader[tuple[int, int], dict[int, Job]] = Loader(
            self._load, self._got, self._not_got, timeout_s=settings.refresh_timeout_s + settings.connect_timeout_s
        )

    def compose(self) -> ComposeResult:
        """As other lists, with what the group is above."""
        for widget in super().compose():
            if isinstance(widget, LiveTable):
                yield Lines(id="group-facts")
            yield widget

    def on_mount(self) -> None:
        """Read the first."""
        self._loader.ask((0, _PAGE))

    def on_unmount(self) -> None:
        """Stop reading."""
        self._loader.drop()

    @property
    def busy(self) -> bool:
        """Whether jobs are being read."""
        return self._loader.busy

    # --- reading

    def _members(self) -> Members:
        return Members(self._group, self._read, self._places, self.runtime.clock.now_ms())

    @on(RowsNeeded)
    def _rows_needed(self, event: RowsNeeded) -> None:
        event.stop()
        self._loader.ask((event.start, event.end))

    async def _load(self, want: tuple[int, int]) -> dict[int, Job]:
        """Jobs of these places that were not read yet, at most a page."""
        start, end = want
        places = [place for place in range(start, min(end, len(self._rows))) if place not in self._read][:_PAGE]
        read: dict[int, Job] = {}
        for ref, those in groupby(places, key=lambda place: self._rows.job(place).ref):
            some = list(those)
            ids = [self._rows.job(place).id for place in some]
            jobs = await self.runtime.reader.jobs(ref, ids, state=JobState.FAILED, cap=_CAP)
            read.update(zip(some, jobs, strict=True))
        return read

    def _got(self, want: tuple[int, int], read: dict[int, Job]) -> None:
        self._read.update(read)
        self._places.update({JobRef(job.queue, job.id): place for place, job in read.items()})
        self._problem = None
        self._show()

    def _not_got(self, want: tuple[int, int], error: BulltuiError) -> None:
        self._problem = error
        self._show()

    # --- showing

    def told(self, snapshot: Snapshot) -> None:
        """Ages go on."""
        self._show()

    def _show(self) -> None:
        if not stands(self):
            return
        now, width = self.runtime.clock.now_ms(), max(20, self.size.width)
        lines = present.sample_lines(self._group, width, _MESSAGE_LINES)
        self.query_one("#group-facts", Lines).show([*lines, *present.facts(self._group, self._total, now, width)])
        self._rows = self._members()
        columns = found.columns(states=self._rows.states)
        if columns != self.table.columns:
            self.table.set_columns(columns)
        self.table.update(self._rows)
        problem = "" if self._problem is None else self._problem.message
        self.show_title(
            part(2, (plural(len(self._rows), "job"), "bold"), (" of one error", "bold")), part(3, (problem, "failed"))
        )

    @on(RowHighlighted)
    def _moved(self) -> None:
        self.refresh_bindings()

    # --- what can be done

    def job_now(self) -> JobRef | None:
        """The job under the cursor."""
        key = self.table.cursor_key
        return key if isinstance(key, JobRef) else None

    def scene(self) -> Scene:
        """The job under the cursor."""
        which = self.job_now()
        if which is None:
            return NOTHING
        return scene_of_job(which, self._read.get(self._places.get(which, -1)), self.runtime.bus.last)

    def on_offer(self) -> tuple[Offer, ...]:
        """The jobs of the group."""
        return (offers.of_group(self._group),)

    def acted(self, message: Acted) -> None:
        """They may be others now."""
        self._read.clear()
        self._places.clear()
        self._loader.ask((self.table.top, self.table.top + _PAGE), urgent=True)

    @on(RowSelected)
    def _selected(self, event: RowSelected) -> None:
        event.stop()
        if (job := self.job_now()) is not None:
            self.open_job(job)

    def copied(self) -> tuple[str, str] | None:
        """The id of the job."""
        job = self.job_now()
        return None if job is None else ("the job id", job.id)
