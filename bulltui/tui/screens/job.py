"""One job over the whole screen: opened from elsewhere than its queue, left to where one came from."""

from functools import partial
from typing import ClassVar

from textual import events, on
from textual.app import ComposeResult
from textual.binding import BindingType

from bulltui.domain.flow import JobRef
from bulltui.domain.snapshot import Snapshot
from bulltui.tui import keymap
from bulltui.tui.acts.acting import Acting
from bulltui.tui.acts.scene import Scene
from bulltui.tui.copying import copy
from bulltui.tui.messages import Acted, SnapshotReady
from bulltui.tui.panes.action_strip import ActionStrip
from bulltui.tui.panes.detail_pane import DetailPane
from bulltui.tui.panes.footer import Footer
from bulltui.tui.panes.header import Banner, Header
from bulltui.tui.panes.lines import Lines
from bulltui.tui.present.header import Identity
from bulltui.tui.present.line import crumbs
from bulltui.tui.runtime import Runtime
from bulltui.tui.screens.leading import LeadingScreen
from bulltui.tui.screens.main_scene import of_job
from bulltui.tui.standing import stands


class JobScreen(LeadingScreen):
    """The parts of the job as on the main screen, with all that can be done to it."""

    CSS = """
    JobScreen { background: $background; }
    JobScreen #crumbs { height: 1; }
    JobScreen DetailPane { height: 1fr; }
    """
    BINDINGS: ClassVar[list[BindingType]] = keymap.bindings(
        *("logs", "menu", "retry", "promote", "remove", "edit", "duplicate", "retry-all", "pause")
    )

    def __init__(
        self, runtime: Runtime, identity: Identity, acting: Acting, job: JobRef, *, logs: bool = False
    ) -> None:
        super().__init__(runtime, identity, acting)
        self._job = job
        self._logs = logs

    def compose(self) -> ComposeResult:
        """Header, where one is, the job, footer."""
        settings = self.runtime.settings
        banner = Banner()
        yield Header(self.identity, self.runtime.clock, banner)
        yield banner
        yield Lines(id="crumbs")
        yield DetailPane(
            self.runtime.reader,
            self.runtime.clock,
            partial(copy, self),
            timeout_s=settings.refresh_timeout_s + settings.connect_timeout_s,
        )
        yield ActionStrip(self.acting.desk)
        yield Footer()

    def on_mount(self) -> None:
        """Read the job."""
        self.detail.show(self._job.ref, self._job.id)
        if self._logs:
            self.detail.follow_logs()
        self.detail.body.focus()
        self._take(self.runtime.bus.last)

    @property
    def detail(self) -> DetailPane:
        """The job."""
        return self.query_one(DetailPane)

    @property
    def busy(self) -> bool:
        """Whether the job is being read."""
        return self.detail.busy

    @on(SnapshotReady)
    def _snapshot_ready(self, message: SnapshotReady) -> None:
        if stands(self):
            self._take(message.snapshot)

    def on_screen_resume(self) -> None:
        """Back from a screen above: what was missed meanwhile."""
        if stands(self):
            self._take(self.runtime.bus.last)

    def _take(self, snapshot: Snapshot) -> None:
        self.query_one(Header).tell(snapshot)
        self.detail.tell(snapshot)
        self._crumbs()
        self.refresh_bindings()

    @on(DetailPane.StateChanged)
    def _state_changed(self) -> None:
        self._crumbs()

    def on_resize(self, event: events.Resize) -> None:
        """Fit the line above."""
        self._crumbs()

    def _crumbs(self) -> None:
        job = self.detail.job
        state = "" if job is None else job.state.value
        names = [self._job.ref.shown, state, self._job.id]
        self.query_one("#crumbs", Lines).show([crumbs(names, max(10, self.size.width))])

    # --- what can be done

    def job_now(self) -> JobRef | None:
        """This job."""
        return self._job

    def scene(self) -> Scene:
        """This job, as far as it is read."""
        return of_job(self.detail, self.runtime.bus.last)

    def acted(self, message: Acted) -> None:
        """It may be another one now."""
        self.detail.reload()

    def go_back(self) -> None:
        """To where one came from."""
        self.dismiss()

    def action_logs(self) -> None:
        """The logs of the job."""
        self.detail.follow_logs()
