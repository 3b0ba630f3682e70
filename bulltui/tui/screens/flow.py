"""The flow of a job: its parents, its children and theirs, across queues, read as one looks deeper."""

from collections.abc import Awaitable, Callable
from typing import ClassVar

from textual import on
from textual.binding import Binding, BindingType

from bulltui.domain.errors import BulltuiError
from bulltui.domain.flow import JobRef
from bulltui.domain.flow_tree import Branch, Line
from bulltui.domain.queue import QueueRef
from bulltui.domain.snapshot import Link, Snapshot
from bulltui.services.flows import FlowTree
from bulltui.tui import keymap
from bulltui.tui.acts.acting import Acting
from bulltui.tui.acts.scene import NOTHING, Scene
from bulltui.tui.loader import Loader
from bulltui.tui.messages import Acted
from bulltui.tui.present import flow as present
from bulltui.tui.present.header import Identity
from bulltui.tui.runtime import Runtime
from bulltui.tui.screens.leading import LeadingScreen
from bulltui.tui.screens.list_screen import ListScreen
from bulltui.tui.standing import stands
from bulltui.tui.widgets.rows import ListSource
from bulltui.tui.widgets.table_messages import RowHighlighted, RowSelected

Step = Callable[[], Awaitable[object]]
"""Something to read for the tree."""


class FlowScreen(ListScreen, LeadingScreen):
    """Opened on one job, which stays marked; Enter opens another, or reads more children."""

    COLUMNS = present.COLUMNS
    OPENS = True
    BINDINGS: ClassVar[list[BindingType]] = [
        *keymap.bindings("retry", "promote", "remove", "edit", "duplicate", "menu"),
        Binding("right", "deeper", "Show its children", show=False, id="flow.deeper"),
        Binding("left", "shallower", "Hide them, or go to the parent", show=False, id="flow.shallower"),
        Binding("o", "select", "Open the job", show=False, id="flow.open"),
    ]

    def __init__(self, runtime: Runtime, identity: Identity, acting: Acting, job: JobRef) -> None:
        super().__init__(runtime, identity, acting)
        self._here = job
        self._tree = FlowTree(runtime.flows, self._known(runtime.bus.last))
        self._lines: list[Line] = []
        self._problem: BulltuiError | None = None
        self._taken_at = runtime.bus.last.taken_at
        settings = runtime.settings
        self._loader: Loader[Step, object] = Loader(
            lambda step: step(),
            self._got,
            self._failed,
            timeout_s=settings.refresh_timeout_s + settings.connect_timeout_s,
        )

    def on_mount(self) -> None:
        """Read what is around the job."""
        self._loader.ask(self._open)

    def on_unmount(self) -> None:
        """Stop reading."""
        self._loader.drop()

    @property
    def busy(self) -> bool:
        """Whether a part of the flow is being read."""
        return self._loader.busy

    @staticmethod
    def _known(snapshot: Snapshot) -> list[QueueRef]:
        return [row.ref for row in snapshot.rows]

    # --- reading

    async def _open(self) -> None:
        branch = await self._tree.open(self._here)
        self._show()
        self.table.move_to_key(branch)

    def _got(self, step: Step, answer: object) -> None:
        self._problem = None
        self._show()

    def _failed(self, step: Step, error: BulltuiError) -> None:
        self._problem = error
        self._show()

    def told(self, snapshot: Snapshot) -> None:
        """Read again the jobs in sight; what is open stays open."""
        self._tree.known = self._known(snapshot)
        if snapshot.taken_at != self._taken_at and snapshot.health.link is not Link.OFFLINE and not self._loader.busy:
            self._taken_at = snapshot.taken_at
            self._loader.ask(self._open if self._tree.root is None else self._refresh)
        self._show()

    async def _refresh(self) -> None:
        table = self.table
        seen = self._lines[table.top : table.top + table.page]
        await self._tree.refresh([line.branch for line in seen if not line.more])

    def acted(self, message: Acted) -> None:
        """They may stand otherwise now."""
        if self._tree.root is not None:
            self._loader.ask(self._refresh)

    # --- showing

    def _show(self) -> None:
        if not stands(self):
            return
        tree, table = self._tree, self.table
        self._lines = tree.lines()
        problem = self._problem
        if problem is not None:
            table.empty = f"{problem.message}\n{problem.hint}".strip()
        else:
            table.empty = "Reading…"
        table.update(ListSource(self._lines, _key, lambda line: present.cells(line, self._here)))
        parts = present.title(
            tree.root,
            self._here,
            len(self._lines),
            circular=tree.circular,
            problem="" if problem is None else problem.message,
        )
        self.show_title(*parts)
        self.refresh_bindings()

    @on(RowHighlighted)
    def _moved(self) -> None:
        self.refresh_bindings()

    # --- what one looks at

    @property
    def _line(self) -> Line | None:
        place = self.table.cursor
        return self._lines[place] if 0 <= place < len(self._lines) else None

    def job_now(self) -> JobRef | None:
        """The job under the cursor."""
        line = self._line
        return None if line is None or line.more else line.branch.job

    def scene(self) -> Scene:
        """The same, in the state it was seen in."""
        line = self._line
        if line is None or line.more or line.branch.node.missing:
            return NOTHING
        snapshot, job = self.runtime.bus.last, line.branch.job
        row = snapshot.row(job.ref)
        return Scene((job.ref,), () if row is None else (row,), line.branch.node.state, (job.id,), None, snapshot.rows)

    # --- keys

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """This is the flow already."""
        return False if action == "flow" else super().check_action(action, parameters)

    @on(RowSelected)
    def _selected(self, event: RowSelected) -> None:
        event.stop()
        self.action_select()

    def action_select(self) -> None:
        """Open the job, or read more."""
        line = self._line
        if line is not None and line.more:
            branch = line.branch
            self._loader.ask(lambda: self._tree.more(branch))
        elif line is not None:
            self.open_job(line.branch.job)

    def action_deeper(self) -> None:
        """Show the children, or go to the first of them."""
        line = self._line
        if line is None:
            return
        if line.more:
            self.action_select()
        elif line.branch.open:
            self.table.action_down()
        elif line.branch.can_open:
            branch = line.branch
            self._loader.ask(lambda: self._tree.expand(branch))

    def action_shallower(self) -> None:
        """Hide the children, or go to the parent."""
        line = self._line
        if line is None:
            return
        if not line.more and line.branch.open:
            line.branch.open = False
            self._show()
        elif (parent := line.branch if line.more else line.branch.parent) is not None:
            self.table.move_to_key(parent)

    def copied(self) -> tuple[str, str] | None:
        """The id of the job."""
        job = self.job_now()
        return None if job is None else ("the job id", job.id)


def _key(line: Line) -> "Branch | tuple[Branch, str]":
    return (line.branch, "more") if line.more else line.branch
