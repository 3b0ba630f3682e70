"""Why a job is where it is, or why a queue does not go on: read anew with each refresh while it is open."""

from dataclasses import dataclass
from typing import ClassVar

from textual import events, on
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Vertical, VerticalScroll

from bulltui.domain.errors import BulltuiError
from bulltui.domain.flow import JobRef
from bulltui.domain.job import Job
from bulltui.domain.queue import QueueRef
from bulltui.domain.registry import BY_ID
from bulltui.domain.snapshot import Link
from bulltui.domain.states import JobState
from bulltui.domain.text import visible
from bulltui.domain.why import Why
from bulltui.services.why import why_job, why_queue
from bulltui.tui.acts.choices import CHOICES
from bulltui.tui.acts.scene import Scene
from bulltui.tui.loader import Loader
from bulltui.tui.messages import Acted, SnapshotReady
from bulltui.tui.panes.lines import Lines
from bulltui.tui.present import why as present
from bulltui.tui.present.prose import prose
from bulltui.tui.present.why import Doing, Going, Way
from bulltui.tui.screens.dialog import CLOSES, Dialog
from bulltui.tui.screens.leading import LeadingScreen
from bulltui.tui.screens.main_scene import scene_of_job, scene_of_queue
from bulltui.tui.standing import stands
from bulltui.tui.widgets.cells import cut
from bulltui.tui.widgets.live_table import LiveTable
from bulltui.tui.widgets.rows import ListSource
from bulltui.tui.widgets.table_messages import RowSelected

_LEADS = frozenset({"events", "flow", "logs", "workers", "schedulers", "errors"})
"""Of the ways on, those that lead to another screen; the others change something."""
_WAYS = tuple(dict.fromkeys(action for actions in present.DOINGS.values() for action in actions))


@dataclass(frozen=True, slots=True)
class Answer:
    """An explanation, and the job as it was read with it: None for a queue, or where there is no job."""

    why: Why
    job: Job | None


class WhyScreen(Dialog[None]):
    """Opened on a job or a queue from `home`, to whose screens its ways on lead too."""

    DEFAULT_CSS = """
    WhyScreen #ways { height: auto; background: $surface; margin-top: 1; }
    WhyScreen #ways.-none { display: none; }
    """
    BINDINGS: ClassVar[list[BindingType]] = [
        *CLOSES,
        Binding("w,q", "back", "Close", show=False),
        Binding("pageup", "scroll(-5)", "Up", show=False, priority=True),
        Binding("pagedown", "scroll(5)", "Down", show=False, priority=True),
        *(
            Binding(key, f"do('{one}')", BY_ID[one].label, show=False, id=one)
            for one in _WAYS
            for key in BY_ID[one].keys
        ),
    ]

    def __init__(self, home: LeadingScreen, about: JobRef | QueueRef) -> None:
        super().__init__()
        self._home = home
        self._about = about
        self._answer: Answer | None = None
        self._problem: BulltuiError | None = None
        self._ways: list[Way] = []
        self._taken_at = home.runtime.bus.last.taken_at
        settings = home.runtime.settings
        self._loader: Loader[None, Answer] = Loader(
            self._read, self._got, self._not_got, timeout_s=settings.refresh_timeout_s + settings.connect_timeout_s
        )

    def compose(self) -> ComposeResult:
        """The explanation, and the ways on."""
        with Vertical(id="box") as box:
            # A title is markup to Textual: brackets in a name must not be.
            box.border_title = self._title().replace("[", r"\[")
            box.border_subtitle = "esc closes"
            with VerticalScroll(id="middle", can_focus=False):
                yield Lines(id="why")
            yield LiveTable(present.WAY_COLUMNS, markable=False, id="ways")

    def _title(self) -> str:
        about = self._about
        if isinstance(about, QueueRef):
            return f"Why: queue {cut(visible(about.shown), 60)}"
        return f"Why: job {cut(visible(about.id), 30)} of {cut(visible(about.ref.shown), 30)}"

    def on_mount(self) -> None:
        """Find out."""
        self.table.focus()
        self._show()
        self._loader.ask(None)

    def on_unmount(self) -> None:
        """Stop reading."""
        self._loader.drop()

    @property
    def table(self) -> LiveTable:
        """The ways on."""
        return self.query_one("#ways", LiveTable)

    @property
    def busy(self) -> bool:
        """Whether it is being found out."""
        return self._loader.busy

    # --- reading

    @on(SnapshotReady)
    def _snapshot_ready(self, message: SnapshotReady) -> None:
        snapshot = message.snapshot
        if stands(self) and snapshot.taken_at != self._taken_at and snapshot.health.link is not Link.OFFLINE:
            self._taken_at = snapshot.taken_at
            self._loader.ask(None)

    @on(Acted)
    def _acted(self) -> None:
        self._loader.ask(None)

    async def _read(self, _: None) -> Answer:
        about, runtime = self._about, self._home.runtime
        snapshot = runtime.bus.last
        if isinstance(about, QueueRef):
            return Answer(await why_queue(runtime, about, row=snapshot.row(about)), None)
        known = [row.ref for row in snapshot.rows]
        why = await why_job(runtime, about.ref, about.id, row=snapshot.row(about.ref), known=known)
        return Answer(why, await runtime.reader.job(about.ref, about.id))

    def _got(self, _: None, answer: Answer) -> None:
        self._answer, self._problem = answer, None
        self._show()

    def _not_got(self, _: None, error: BulltuiError) -> None:
        self._problem = error
        self._show()

    # --- showing

    def _show(self) -> None:
        if not stands(self):
            return
        width = self.inner_width()
        lines = [] if self._answer is None else present.why_lines(self._answer.why, width)
        if self._problem is not None:
            lines += prose(self._problem.message, "failed", width)
            lines += prose(self._problem.hint, "dim", width) if self._problem.hint else []
        self.query_one("#why", Lines).show(lines or prose("Finding out…", "dim", width))
        self._ways = self._find_ways()
        table = self.table
        table.set_class(not self._ways, "-none")
        table.styles.height = len(self._ways) + 1
        table.update(ListSource(self._ways, lambda way: way.id if isinstance(way, Doing) else way, present.way_cells))
        self.fit_middle(len(self._ways) + 2 if self._ways else 0)

    def on_resize(self, event: events.Resize) -> None:
        """Fold the text anew."""
        self._show()

    def _find_ways(self) -> list[Way]:
        if self._answer is None:
            return []
        ways: list[Way] = [Going(one.role, one.job) for one in self._answer.why.related]
        home, scene = self._home, self._scene()
        others = ["errors"] if isinstance(self._about, QueueRef) and scene.count(JobState.FAILED) else []
        for one in dict.fromkeys([*present.doings(self._answer.why), *others]):
            if one in _LEADS:
                if isinstance(self._about, JobRef) or one not in ("flow", "logs"):
                    ways.append(Doing(one, BY_ID[one].label))
            elif home.acting.may(one, scene.refs) and CHOICES[one].applies(scene):
                ways.append(Doing(one, home.label_of(BY_ID[one], scene)))
        return ways

    def _scene(self) -> Scene:
        """What the ways on are about: this job, or this queue."""
        snapshot = self._home.runtime.bus.last
        if isinstance(self._about, QueueRef):
            return scene_of_queue(self._about, snapshot)
        return scene_of_job(self._about, None if self._answer is None else self._answer.job, snapshot)

    # --- going on

    @on(RowSelected)
    def _selected(self, event: RowSelected) -> None:
        event.stop()
        way = self._ways[event.index] if event.index < len(self._ways) else None
        if isinstance(way, Going):
            self._home.open_job(way.job)
        elif way is not None:
            self.action_do(way.id)

    def action_do(self, action_id: str) -> None:
        """Take a way on, if it is offered."""
        if not any(isinstance(way, Doing) and way.id == action_id for way in self._ways):
            return
        if action_id in _LEADS:
            self._lead(action_id)
        else:
            scene = self._scene()
            self._home.perform(action_id, CHOICES[action_id].plan(scene), scene)

    def _lead(self, action_id: str) -> None:
        home, about = self._home, self._about
        ref = about if isinstance(about, QueueRef) else about.ref
        if action_id == "workers":
            home.open_workers(ref)
        elif action_id == "schedulers":
            home.open_schedulers(ref)
        elif action_id == "errors":
            home.open_errors((ref,))
        elif action_id == "events":
            home.open_events((ref,))
        elif isinstance(about, JobRef) and action_id == "flow":
            home.open_flow(about)
        elif isinstance(about, JobRef):
            home.open_job(about, logs=True)
