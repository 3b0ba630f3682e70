"""An open job: its head, and its parts as tabs. It is read again while it is open and stays where one scrolled to."""

from collections.abc import Callable
from typing import TYPE_CHECKING, ClassVar

from textual import on, work
from textual.app import ComposeResult
from textual.binding import BindingType
from textual.containers import Vertical
from textual.message import Message
from textual.widget import Widget

from bulltui.domain.job import Job
from bulltui.domain.queue import QueueRef
from bulltui.domain.snapshot import EMPTY, Link, Snapshot
from bulltui.domain.states import PENDING, JobState
from bulltui.services.protocols import Clock, JobReader
from bulltui.tui import keymap
from bulltui.tui.job_reads import JobKey, JobReads
from bulltui.tui.panes.job_body import JobBody
from bulltui.tui.panes.lines import Lines
from bulltui.tui.present import parts as present
from bulltui.tui.present.job_head import head_lines
from bulltui.tui.present.parts import Part
from bulltui.tui.standing import stands
from bulltui.tui.widgets.table_messages import RowSelected
from bulltui.tui.widgets.tabs import StateTabs

if TYPE_CHECKING:
    from bulltui.tui.whole_field import WholeField


class DetailPane(Vertical):
    """One job."""

    DEFAULT_CSS = """
    DetailPane > #job-head { height: auto; }
    DetailPane > StateTabs { height: 1; }
    DetailPane > JobBody { height: 1fr; }
    """
    BINDINGS: ClassVar[list[BindingType]] = keymap.bindings(
        "next-tab", "previous-tab", "pick-tab", "copy-id", "copy-data", "pager", "save"
    )

    class StateChanged(Message):
        """The job is read, in another state than before, or another one is open."""

    def __init__(self, reader: JobReader, clock: Clock, copy: Callable[[str, str], None], *, timeout_s: float) -> None:
        super().__init__(id="job")
        self._clock = clock
        self._copy = copy
        self._reader = reader
        self._reads = JobReads(reader, self._show, timeout_s=timeout_s)
        self._snapshot = EMPTY
        self._part = Part.DATA
        self._chosen: Part | None = None
        self._shown: tuple[JobKey, Part] | None = None
        self._state: JobState | None = None

    def compose(self) -> ComposeResult:
        """Head, tabs, body."""
        yield Lines(id="job-head")
        yield StateTabs(id="job-tabs")
        yield JobBody()

    def on_unmount(self) -> None:
        """Stop reading."""
        self._reads.close()

    # --- what others ask

    @property
    def shown(self) -> JobKey | None:
        """The job that is open."""
        return self._reads.key

    @property
    def job(self) -> Job | None:
        """It, as far as it was read."""
        return self._reads.job

    @property
    def part(self) -> Part:
        """The part that is shown."""
        return self._part

    @property
    def busy(self) -> bool:
        """Whether something is being read."""
        return self._reads.busy

    @property
    def body(self) -> Widget:
        """What takes the focus."""
        return self._body.view

    @property
    def _body(self) -> JobBody:
        return self.query_one(JobBody)

    def show(self, ref: QueueRef | None, job_id: str) -> None:
        """Open a job, or none."""
        if self._reads.show(None if ref is None else JobKey(ref, job_id)):
            self._show()

    def reload(self) -> None:
        """Read it again."""
        self._reads.refresh()

    def follow_logs(self) -> None:
        """The logs from now on, at their end."""
        self._choose(Part.LOGS)

    def tell(self, snapshot: Snapshot) -> None:
        """Another snapshot: read the job again if it can have changed."""
        fresh = snapshot.taken_at != self._snapshot.taken_at
        self._snapshot = snapshot
        if not fresh or self._reads.key is None or snapshot.health.link is Link.OFFLINE:
            return
        self._reads.refresh()
        if self._part is Part.LOGS:
            self._reads.refresh_logs()
        self._head()
        if self._part is Part.TIMELINE and self.job is not None and self.job.state in PENDING:
            self._show_body(self.job)

    # --- showing

    def _show(self) -> None:
        if not stands(self):
            return
        job = self.job
        if job is not None:
            known = present.parts(job)
            wanted = self._chosen if self._chosen in known else present.first_part(job)
            self._part = wanted or Part.DATA
            tabs = self.query_one(StateTabs)
            tabs.update(present.tabs(job))
            tabs.select(self._part.value)
        state = None if job is None else job.state
        if state is not self._state:
            self._state = state
            self.refresh_bindings()
            self.post_message(self.StateChanged())
        self._head()
        self._show_body(job)

    def _head(self) -> None:
        head = self.query_one("#job-head", Lines)
        reads = self._reads
        head.stale = reads.problem is not None and reads.job is not None
        now = self._clock.now_ms()
        head.show([] if reads.key is None else head_lines(reads.key.id, reads.job, reads.problem, now))

    def _show_body(self, job: Job | None) -> None:
        key = self._reads.key
        if key is None or job is None:
            self._body.clear()
            self._shown = None
            return
        if self._part is Part.LOGS and self._reads.logs is None:
            self._reads.refresh_logs()
        same = self._shown == (key, self._part)
        self._shown = (key, self._part)
        self._body.show(job, self._part, self._reads.logs, self._clock.now_ms(), same=same)

    def on_resize(self) -> None:
        """Bars and sentences have another width."""
        if self.job is not None and (self._part is Part.TIMELINE or self.job.missing):
            self._show_body(self.job)

    # --- keys

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """What the part that is shown can do."""
        if action in ("pager", "save", "copy_data"):
            return self.job is not None and self._part is not Part.TIMELINE
        return self._reads.key is not None

    def _choose(self, part: Part) -> None:
        self._chosen = part
        self._show()
        self.refresh_bindings()

    def _beside(self, step: int) -> None:
        if self.job is not None:
            known = present.parts(self.job)
            self._choose(known[(known.index(self._part) + step) % len(known)])

    def action_next_tab(self) -> None:
        """The next part."""
        self._beside(1)

    def action_previous_tab(self) -> None:
        """The part before."""
        self._beside(-1)

    def action_pick_tab(self, number: int) -> None:
        """The part with this number."""
        if self.job is not None and 1 <= number <= len(present.parts(self.job)):
            self._choose(present.parts(self.job)[number - 1])

    @on(StateTabs.TabSelected)
    def _tab_selected(self, event: StateTabs.TabSelected) -> None:
        event.stop()
        if event.tabs.selected != self._part.value:
            self._choose(Part(event.tabs.selected))

    def action_copy_id(self) -> None:
        """Copy the id."""
        if self._reads.key is not None:
            self._copy("the job id", self._reads.key.id)

    # --- the whole of what is shown

    def _field(self) -> str:
        """The field that is shown, in the raw hash the one under the cursor; empty for logs."""
        if self._part is Part.RAW:
            return self._body.field
        return "" if self.job is None else present.field_of(self.job, self._part)

    @property
    def _whole(self) -> "WholeField":
        from bulltui.tui.whole_field import WholeField

        return WholeField(self._reader, self, self._copy)

    @work(exclusive=True, group="whole", exit_on_error=False)
    async def action_copy_data(self) -> None:
        """Copy what is shown."""
        if self._reads.key is not None:
            await self._whole.copy(self._reads.key, self._field())

    @work(exclusive=True, group="whole", exit_on_error=False)
    async def action_save(self) -> None:
        """Save the field to a file."""
        if self._reads.key is not None:
            await self._whole.save(self._reads.key, self._field())

    @work(exclusive=True, group="whole", exit_on_error=False)
    async def action_pager(self) -> None:
        """Show the whole field in the pager."""
        if self._reads.key is not None:
            await self._whole.page(self._reads.key, self._field())

    @on(RowSelected, "#job-raw")
    def _field_selected(self, event: RowSelected) -> None:
        event.stop()
        self.action_pager()
