"""An open job: its head, and its parts as tabs. It is read again while it is open and stays where one scrolled to."""

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, ClassVar

from textual import on, work
from textual.app import ComposeResult, SuspendNotSupported
from textual.binding import BindingType
from textual.containers import Vertical
from textual.widget import Widget

from bulltui.domain.errors import BulltuiError
from bulltui.domain.job import Job
from bulltui.domain.queue import QueueRef
from bulltui.domain.snapshot import EMPTY, Link, Snapshot
from bulltui.domain.states import PENDING
from bulltui.domain.text import visible
from bulltui.services.protocols import Clock, JobReader
from bulltui.tui import keymap
from bulltui.tui.job_reads import JobKey, JobReads
from bulltui.tui.panes.lines import Lines
from bulltui.tui.present import parts as present
from bulltui.tui.present.job_head import facts, title
from bulltui.tui.present.line import Pieces, pieces
from bulltui.tui.present.parts import Part
from bulltui.tui.widgets.cells import Cell
from bulltui.tui.widgets.live_table import LiveTable
from bulltui.tui.widgets.rows import ListSource
from bulltui.tui.widgets.table_messages import RowSelected
from bulltui.tui.widgets.tabs import StateTabs

if TYPE_CHECKING:
    from bulltui.tui.whole_field import WholeField
    from bulltui.tui.widgets.json_view import JsonView
    from bulltui.tui.widgets.text_view import TextView


class DetailPane(Vertical):
    """One job."""

    DEFAULT_CSS = """
    DetailPane > #job-head { height: auto; }
    DetailPane > StateTabs { height: 1; }
    DetailPane > #job-note { height: auto; }
    DetailPane > .body { height: 1fr; display: none; }
    DetailPane > .body.-on { display: block; }
    DetailPane > TextView { padding: 0 0 0 1; }
    """
    BINDINGS: ClassVar[list[BindingType]] = keymap.bindings(
        "next-tab", "previous-tab", "pick-tab", "copy-id", "copy-data", "pager", "save"
    )

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
        self._lines_shown: list[Pieces] = []

    def compose(self) -> ComposeResult:
        """Head, tabs and note; the bodies come with the first job."""
        yield Lines(id="job-head")
        yield StateTabs(id="job-tabs")
        yield Lines(id="job-note")

    def _bodies(self) -> None:
        """A body for each kind of content. The first screen shows counts sooner without them."""
        if self.query(".body"):
            return
        from bulltui.tui.widgets.json_view import JsonView
        from bulltui.tui.widgets.text_view import TextView

        self.mount(
            JsonView(id="job-json", classes="body"),
            TextView(id="job-text", classes="body"),
            LiveTable(present.RAW_COLUMNS, markable=False, id="job-raw", classes="body"),
        )

    @property
    def _text_view(self) -> "TextView":
        from bulltui.tui.widgets.text_view import TextView

        return self.query_one("#job-text", TextView)

    @property
    def _json_view(self) -> "JsonView":
        from bulltui.tui.widgets.json_view import JsonView

        return self.query_one("#job-json", JsonView)

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
        self._bodies()
        return self.query_one(f"#{_BODY.get(self._part, 'job-text')}" if not self._as_text() else "#job-text")

    def show(self, ref: QueueRef | None, job_id: str) -> None:
        """Open a job, or none."""
        if self._reads.show(None if ref is None else JobKey(ref, job_id)):
            self._show()

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

    def _as_text(self) -> bool:
        """Whether JSON is shown as the text it is, since it does not parse."""
        parsed = None if self.job is None else present.json_of(self.job, self._part)
        return self.job is None or self.job.missing or (parsed is not None and not parsed.ok)

    def _show(self) -> None:
        if not self.is_attached:
            return
        job = self.job
        if job is not None:
            known = present.parts(job)
            wanted = self._chosen if self._chosen in known else present.first_part(job)
            self._part = wanted or Part.DATA
            tabs = self.query_one(StateTabs)
            tabs.update(present.tabs(job))
            tabs.select(self._part.value)
        self._head()
        self._show_body(job)

    def _head(self) -> None:
        head = self.query_one("#job-head", Lines)
        job, problem, key = self.job, self._reads.problem, self._reads.key
        lines: list[Cell] = []
        if job is not None:
            lines = [[(" ", ""), *title(job)], [(" ", ""), *facts(job, self._clock.now_ms())]]
        elif key is not None:
            lines = [[(" ", ""), (visible(key.id), "bold")], "" if problem is not None else (" Reading…", "dim")]
        if problem is not None:
            lines[1:2] = [[(" ", ""), (problem.message, "failed"), (f"  {problem.hint}", "dim")]]
        head.stale = problem is not None and job is not None
        head.show(lines)

    def _show_body(self, job: Job | None) -> None:
        key = self._reads.key
        if key is None and not self.query(".body"):
            return
        self._bodies()
        if key is None or job is None:
            self._body_on("job-text")
            self._text_view.load("")
            self._shown = None
            return
        keep = self._shown == (key, self._part)
        self._shown = (key, self._part)
        self.query_one("#job-note", Lines).show([[(" ", ""), *pieces(line)] for line in present.note(job, self._part)])
        parsed = present.json_of(job, self._part)
        if job.missing and self._part is not Part.RAW:
            self._text(present.missing_lines(job), keep=keep)
        elif parsed is not None and parsed.ok:
            self._body_on("job-json")
            self._json_view.show(parsed.value, keep=keep)
        elif parsed is not None:
            self._text(present.text_lines(parsed.text), keep=keep)
        elif self._part is Part.RAW:
            self._body_on("job-raw")
            source = ListSource(present.raw_fields(job), lambda item: item[0], lambda item: present.raw_cells(*item))
            self.query_one("#job-raw", LiveTable).update(source)
        else:
            self._text(self._lines(job), keep=keep)

    def _lines(self, job: Job) -> list[Cell]:
        now = self._clock.now_ms()
        if self._part is Part.ERROR:
            from bulltui.tui.present.trace import error_lines

            return error_lines(job)
        if self._part is Part.OPTIONS:
            from bulltui.tui.present.options import option_lines

            return option_lines(job)
        if self._part is Part.TIMELINE:
            from bulltui.tui.present.timeline import timeline_lines

            return timeline_lines(job, now, max(40, self.size.width - 3))
        return self._log_lines(job)

    def _log_lines(self, job: Job) -> list[Cell]:
        page = self._reads.logs
        if page is None:
            self._reads.refresh_logs()
            return [("Reading…", "dim")]
        if not page.total:
            return [("This job has logged nothing.", "dim")]
        lines: list[Cell] = []
        if page.start:
            lines.append((f"{page.start:,} earlier lines; v shows all {page.total:,} in the pager.", "dim"))
        for line in page.lines:
            lines += present.text_lines(line)
        return lines

    def _text(self, lines: Sequence[Cell], *, keep: bool) -> None:
        """Show lines; of the same thing as before (`keep`), without moving what is read."""
        self._body_on("job-text")
        view = self._text_view
        before, self._lines_shown = self._lines_shown, [pieces(line) for line in lines]
        view.follow = self._part is Part.LOGS
        if not keep:
            view.load(self._lines_shown)
        elif self._lines_shown[: len(before)] == before:
            view.append(self._lines_shown[len(before) :])
        else:
            top, at_end = view.scroll_offset.y, view.following
            view.load(self._lines_shown)
            if not at_end:
                view.scroll_to(y=top, animate=False, force=True)

    def _body_on(self, body: str) -> None:
        had_focus = any(child.has_focus for child in self.query(".body"))
        for child in self.query(".body"):
            child.set_class(child.id == body, "-on")
        if had_focus and not (target := self.query_one(f"#{body}")).has_focus:
            target.focus()

    def on_resize(self) -> None:
        """Bars have another width."""
        if self._part is Part.TIMELINE and self.job is not None:
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

    def _field(self) -> str:
        """The field that is shown: in the raw hash the one under the cursor; empty for logs."""
        if self._part is Part.RAW:
            return str(self.query_one("#job-raw", LiveTable).cursor_key or "")
        return present.FIELD.get(self._part, "")

    @work(exclusive=True, group="whole", exit_on_error=False)
    async def action_copy_data(self) -> None:
        """Copy what is shown."""
        content = await self._content()
        if content is not None:
            self._copy(self._field() or "the logs", content.decode("utf-8", "surrogateescape"))

    @work(exclusive=True, group="whole", exit_on_error=False)
    async def action_save(self) -> None:
        """Save the field to a file."""
        content, key = await self._content(), self._reads.key
        if content is None or key is None:
            return
        try:
            path = await self._whole.save(Path.cwd(), key, self._field() or "logs", content)
        except BulltuiError as error:
            self._complain(error)
        else:
            self.notify(f"Saved to {path}", title=f"{len(content):,} bytes", markup=False, timeout=8)

    @work(exclusive=True, group="whole", exit_on_error=False)
    async def action_pager(self) -> None:
        """Show the whole field in the pager."""
        content = await self._content()
        if content is None:
            return
        try:
            await self._whole.page(self.app, content, self._field())
        except BulltuiError as error:
            self._complain(error)
        except SuspendNotSupported:
            self._complain(BulltuiError("This terminal cannot be lent to a pager.", hint="ctrl+s saves the field."))

    @property
    def _whole(self) -> "WholeField":
        from bulltui.tui.whole_field import WholeField

        return WholeField(self._reader)

    async def _content(self) -> bytes | None:
        """The whole field that is shown; None after a complaint."""
        key, field = self._reads.key, self._field()
        if key is None:
            return None
        try:
            return await (self._whole.logs(key) if self._part is Part.LOGS else self._whole.read(key, field))
        except BulltuiError as error:
            self._complain(error)
            return None

    @on(RowSelected, "#job-raw")
    def _field_selected(self, event: RowSelected) -> None:
        event.stop()
        self.action_pager()

    def _complain(self, error: BulltuiError) -> None:
        self.notify(f"{error.message} {error.hint}".strip(), severity="error", markup=False, timeout=8)


_BODY = {Part.DATA: "job-json", Part.RESULT: "job-json", Part.RAW: "job-raw"}
