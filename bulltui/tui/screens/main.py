"""The main screen: queues, the jobs of one, one job. Side by side where there is room, else one at a time."""

from collections.abc import Callable
from functools import partial
from typing import ClassVar

from textual import events, on
from textual.app import ComposeResult
from textual.binding import BindingType
from textual.containers import Horizontal, Vertical
from textual.timer import Timer
from textual.widget import Widget

from bulltui.domain.flow import JobRef
from bulltui.domain.queue import QueueRef
from bulltui.domain.snapshot import Snapshot
from bulltui.tui import keymap
from bulltui.tui.acts.acting import Acting
from bulltui.tui.acts.choices import CHOICES
from bulltui.tui.acts.offers import Offer
from bulltui.tui.acts.scene import Scene
from bulltui.tui.copying import copy
from bulltui.tui.list_trends import ListTrends
from bulltui.tui.messages import Acted, SnapshotReady
from bulltui.tui.panes.action_strip import ActionStrip
from bulltui.tui.panes.detail_pane import DetailPane
from bulltui.tui.panes.footer import Footer
from bulltui.tui.panes.header import Banner, Header
from bulltui.tui.panes.job_pane import JobPane
from bulltui.tui.panes.lines import Lines
from bulltui.tui.panes.queue_pane import QueuePane
from bulltui.tui.present.header import Identity
from bulltui.tui.present.line import crumbs
from bulltui.tui.runtime import Runtime
from bulltui.tui.screens.leading import LeadingScreen
from bulltui.tui.screens.main_layout import LAYOUT, WIDE, Level
from bulltui.tui.screens.main_scene import offers_at, scene_at
from bulltui.tui.standing import stands
from bulltui.tui.widgets.table_messages import MarksChanged

_FOLLOW_S = 0.08
"""How long the cursor rests on a queue or a job before the other panes follow it."""
_CLASSES = frozenset({"-narrow", *(f"-at-{level.name.lower()}" for level in Level)})
"""What the screen's layout goes by."""


class MainScreen(LeadingScreen):
    """All panes, and how one goes from one to another."""

    DEFAULT_CSS = LAYOUT
    BINDINGS: ClassVar[list[BindingType]] = keymap.bindings(
        *("next-pane", "previous-pane", "logs", "menu", "export"),
        *("retry", "promote", "remove", "edit", "duplicate", "retry-all", "pause", "drain", "clean", "add"),
    )

    def __init__(self, runtime: Runtime, identity: Identity, acting: Acting) -> None:
        super().__init__(runtime, identity, acting)
        self._level = Level.QUEUES
        self._narrow = False
        self._follow: Timer | None = None
        self._offered: list[tuple[str, str]] = []
        self._trends = ListTrends(runtime, lambda: self.queues.renew() if stands(self) else None)

    def compose(self) -> ComposeResult:
        """Header, panes, footer."""
        runtime = self.runtime
        timeout_s = runtime.settings.refresh_timeout_s + runtime.settings.connect_timeout_s
        banner = Banner()
        yield Header(self.identity, runtime.clock, banner)
        yield banner
        yield Lines(id="crumbs")
        with Horizontal(id="panes"):
            yield QueuePane(runtime.settings, runtime.clock, partial(copy, self), markable=self.acting.allowed)
            with Vertical(id="right"):
                yield JobPane(runtime, partial(copy, self), markable=self.acting.allowed)
                yield DetailPane(runtime.reader, runtime.clock, partial(copy, self), timeout_s=timeout_s)
        yield ActionStrip(self.acting.desk)
        yield Footer()

    def on_mount(self) -> None:
        """Start in the list of queues."""
        self._lay_out()
        self.queues.trends = self._trends.put_in
        self.queues.table.focus()
        self._take(self.runtime.bus.last)

    def on_unmount(self) -> None:
        """Stop reading."""
        self._trends.close()

    # --- parts

    @property
    def queues(self) -> QueuePane:
        """The list of queues."""
        return self.query_one(QueuePane)

    @property
    def jobs(self) -> JobPane:
        """The jobs of a queue."""
        return self.query_one(JobPane)

    @property
    def detail(self) -> DetailPane:
        """One job."""
        return self.query_one(DetailPane)

    @property
    def level(self) -> Level:
        """The pane one is in."""
        return self._level

    @property
    def busy(self) -> bool:
        """Whether something that is shown is being read."""
        follows = not self._narrow and self.jobs.ref is None and self.queues.highlighted is not None
        return follows or self._follow is not None or self.jobs.busy or self.detail.busy

    # --- snapshots

    @on(SnapshotReady)
    def _snapshot_ready(self, message: SnapshotReady) -> None:
        if stands(self):
            self._take(message.snapshot)

    def on_screen_resume(self) -> None:
        """Back from another screen: what was missed meanwhile."""
        if stands(self):
            self._take(self.runtime.bus.last)

    def _take(self, snapshot: Snapshot) -> None:
        self.query_one(Header).tell(snapshot)
        self.queues.tell(snapshot)
        # A turn of its own for each side: keys go between them.
        self.call_later(self._take_jobs, snapshot)

    def _take_jobs(self, snapshot: Snapshot) -> None:
        if not stands(self):
            return
        self.jobs.tell(snapshot)
        self.detail.tell(snapshot)
        self.runtime.poller.visible = self._in_sight()
        if snapshot.discovery.finished_at is not None:  # the first frame comes before any file
            self._trends.look(self.queues.visible_rows())
        if not self._narrow and self.jobs.ref is None and self._follow is None:
            self._follow_queue()
        self._crumbs()
        offered = [(command.id, command.label) for command in self.commands()]
        if offered != self._offered:
            self._offered = offered
            self.refresh_bindings()

    def _in_sight(self) -> tuple[QueueRef, ...]:
        refs = self.queues.visible_refs()
        return refs if self.jobs.ref is None or self.jobs.ref in refs else (*refs, self.jobs.ref)

    # --- layout

    def on_resize(self, event: events.Resize) -> None:
        """Side by side, or one at a time."""
        self._lay_out()

    def _lay_out(self) -> None:
        before, self._narrow = self._narrow, self.size.width < WIDE
        self._show_level()
        if before and not self._narrow:
            self._follow_queue()
            self._follow_job()

    def _show_level(self) -> None:
        # Side by side nothing is hidden: there each change of a class would only style the whole screen anew.
        shown = {"-narrow", f"-at-{self._level.name.lower()}"} if self._narrow else set()
        if shown != self.classes & _CLASSES:
            # All at once, for the same reason.
            self.set_classes((self.classes - _CLASSES) | shown)
        self._has_job()
        self._crumbs()
        self.refresh_bindings()

    def _has_job(self) -> None:
        # A class of the screen would style all that is on it anew.
        self.detail.set_class(self.detail.shown is not None, "-shown")

    def _go(self, level: Level) -> None:
        self._level = level
        self._show_level()
        self._target(level).focus()

    def _target(self, level: Level) -> Widget:
        if level is Level.QUEUES:
            return self.queues.table
        return self.jobs.table if level is Level.JOBS else self.detail.body

    @on(events.DescendantFocus)
    def _focused(self, event: events.DescendantFocus) -> None:
        for level, pane in ((Level.QUEUES, self.queues), (Level.JOBS, self.jobs), (Level.JOB, self.detail)):
            if pane in event.widget.ancestors_with_self and level is not self._level:
                if self._narrow and not pane.display:
                    return
                self._level = level
                self._show_level()

    @on(DetailPane.StateChanged)
    def _crumbs(self) -> None:
        ref, job = self.jobs.ref, self.detail.shown
        names = [ref.shown] if self._level >= Level.JOBS and ref is not None else []
        if names and self._level is Level.JOB and job is not None:
            read = self.detail.job
            names += [(self.jobs.state if read is None else read.state).value, job.id]
        self.query_one("#crumbs", Lines).show([crumbs(names, max(10, self.size.width))])

    # --- going in and out

    @on(QueuePane.Opened)
    def _open_queue(self, event: QueuePane.Opened) -> None:
        self._show_queue(event.ref)
        self._go(Level.JOBS)

    @on(JobPane.Opened)
    def _open_job(self, event: JobPane.Opened) -> None:
        self._stop_following()
        self.detail.show(event.ref, event.job_id)
        self._go(Level.JOB)

    def go_to_queue(self, ref: QueueRef) -> None:
        """Show a queue that was chosen elsewhere."""
        self.queues.go_to(ref)
        self._show_queue(ref)
        self._go(Level.JOBS)

    def _show_queue(self, ref: QueueRef | None) -> None:
        self._stop_following()
        self.jobs.show_queue(ref)
        self._follow_job()

    def go_back(self) -> None:
        """One step out; the marks go before that, and after them what looks through all jobs, and the filter."""
        table = {Level.QUEUES: self.queues.table, Level.JOBS: self.jobs.table}.get(self._level)
        if table is not None and table.marks:
            table.set_marks(())
        elif self._level is Level.QUEUES:
            self.queues.clear_filter()
        elif self._level is not Level.JOBS or not self.jobs.step_back():
            self._go(Level(self._level - 1))

    def action_next_pane(self) -> None:
        """The next pane."""
        self._cycle(1)

    def action_previous_pane(self) -> None:
        """The pane before."""
        self._cycle(-1)

    def _cycle(self, step: int) -> None:
        levels = [Level.QUEUES]
        if self.jobs.ref is not None or self.queues.highlighted is not None:
            levels.append(Level.JOBS)
        if self.detail.shown is not None or (self._level is Level.JOBS and self.jobs.highlighted is not None):
            levels.append(Level.JOB)
        place = levels.index(self._level) if self._level in levels else 0
        level = levels[(place + step) % len(levels)]
        if level is not Level.QUEUES and self.jobs.ref is None:
            self._show_queue(self.queues.highlighted)
        if level is Level.JOB and self.detail.shown is None:
            self._follow_job()
        self._go(level)

    # --- following the cursor

    @on(QueuePane.Highlighted)
    def _queue_highlighted(self, event: QueuePane.Highlighted) -> None:
        self.refresh_bindings()
        if not self._narrow:
            self._soon(self._follow_queue)

    @on(JobPane.Highlighted)
    def _job_highlighted(self, event: JobPane.Highlighted) -> None:
        self.refresh_bindings()
        if self._level is not Level.JOB and not self._narrow:
            self._soon(self._follow_job)

    def _soon(self, follow: Callable[[], None]) -> None:
        self._stop_following()
        self._follow = self.set_timer(_FOLLOW_S, lambda: follow() if stands(self) else None)

    def _stop_following(self) -> None:
        if self._follow is not None:
            self._follow.stop()
            self._follow = None

    def _follow_queue(self) -> None:
        self._stop_following()
        if self._level is Level.QUEUES and not self._narrow and self.jobs.ref != self.queues.highlighted:
            self._show_queue(self.queues.highlighted)

    def _follow_job(self) -> None:
        self._stop_following()
        job_id = self.jobs.highlighted
        if self._level is Level.JOB and self.detail.shown is not None:
            return
        if job_id is None or self.jobs.ref is None:
            self.detail.show(None, "")
        else:
            self.detail.show(self.jobs.ref, job_id)
        self._has_job()

    # --- what can be done

    def scene(self) -> Scene:
        """What is meant in the pane one is in."""
        return scene_at(self._level, self.queues, self.jobs, self.detail, self.runtime.bus.last)

    def action_act(self, action_id: str) -> None:
        """As elsewhere; of several jobs that a filter picked it is said what they are together."""
        scene = self.scene()
        if CHOICES[action_id].applies(scene):
            together = self.jobs.told_together() if self._level is Level.JOBS else None
            about = () if together is None else together.lines(self.runtime.clock.now_ms())
            self.perform(action_id, CHOICES[action_id].plan(scene), scene, about)

    def on_offer(self) -> tuple[Offer, ...]:
        """What can be written into a file from the pane one is in."""
        return offers_at(self._level, self.queues, self.jobs, self.detail)

    def acted(self, message: Acted) -> None:
        """What is shown may have changed. Marks have done their duty, unless nothing was done."""
        self.jobs.reload()
        self.detail.reload()
        if message.outcome.done:
            self.jobs.table.set_marks(())
            self.queues.table.set_marks(())

    @on(MarksChanged)
    def _marks_changed(self) -> None:
        self.refresh_bindings()

    # --- keys

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """Only what does something now."""
        if action == "back":
            at_home = self._level is Level.QUEUES
            marked = at_home and bool(self.queues.table.marks)
            return not at_home or self.queues.filtered or marked or bool(self.acting.desk.doing)
        if action == "logs":
            return self._level is Level.JOB or (self._level is Level.JOBS and self.jobs.highlighted is not None)
        return super().check_action(action, parameters)

    def queue_now(self) -> QueueRef | None:
        """The queue under the cursor, or whose jobs are shown."""
        return self.queues.highlighted if self._level is Level.QUEUES else self.jobs.ref

    def job_now(self) -> JobRef | None:
        """The job under the cursor, or the open one."""
        ref, job_id = self.jobs.ref, self.jobs.highlighted
        if self._level is Level.JOBS and ref is not None and job_id is not None:
            return JobRef(ref, job_id)
        key = self.detail.shown if self._level is Level.JOB else None
        return None if key is None else JobRef(key.ref, key.id)

    def action_metrics(self) -> None:
        """Charts of the queues that are meant, a group as well."""
        group = self.queues.group if self._level is Level.QUEUES and not self.queues.table.marks else None
        if group is None:
            super().action_metrics()
        else:
            self.open_charts(group.refs, group=group.title)

    def action_logs(self) -> None:
        """The logs of the job."""
        if self._level is Level.JOBS and self.jobs.ref is not None and self.jobs.highlighted is not None:
            self.detail.show(self.jobs.ref, self.jobs.highlighted)
        self.detail.follow_logs()
        self._go(Level.JOB)
