"""Screens from which others are opened: on the queue or the job that one looks at."""

from typing import ClassVar

from textual.binding import BindingType

from bulltui.domain.flow import JobRef
from bulltui.domain.queue import QueueRef
from bulltui.tui import keymap
from bulltui.tui.messages import QueueChosen
from bulltui.tui.screens.acting_screen import ActingScreen

_OF_A_QUEUE = frozenset({"schedulers", "about", "why"})


class LeadingScreen(ActingScreen):
    """Derived screens say by `queue_now` and `job_now` what one looks at."""

    BINDINGS: ClassVar[list[BindingType]] = keymap.bindings(
        "find", "why", "errors", "flow", "events", "metrics", "workers", "schedulers", "about"
    )

    def queue_now(self) -> QueueRef | None:
        """The queue one looks at, or that of the job."""
        job = self.job_now()
        return None if job is None else job.ref

    def job_now(self) -> JobRef | None:
        """The job one looks at."""
        return None

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """What leads somewhere from here."""
        if action == "flow":
            return self.job_now() is not None
        if action in _OF_A_QUEUE:
            return self.queue_now() is not None
        return super().check_action(action, parameters)

    # --- to a screen on a job or a queue

    def open_job(self, job: JobRef, *, logs: bool = False) -> None:
        """Show a job, or its logs; Esc comes back to here."""
        from bulltui.tui.screens.job import JobScreen

        self.app.push_screen(JobScreen(self.runtime, self.identity, self.acting, job, logs=logs))

    def open_why(self, about: JobRef | QueueRef) -> None:
        """Explain a job or a queue."""
        from bulltui.tui.screens.why import WhyScreen

        self.app.push_screen(WhyScreen(self, about))

    def open_flow(self, job: JobRef) -> None:
        """Show the parents and the children of a job."""
        from bulltui.tui.screens.flow import FlowScreen

        self.app.push_screen(FlowScreen(self.runtime, self.identity, self.acting, job))

    def open_errors(self, refs: tuple[QueueRef, ...]) -> None:
        """Group the failed jobs of these queues, or of all, by their errors."""
        from bulltui.tui.screens.errors import ErrorsScreen

        self.app.push_screen(ErrorsScreen(self.runtime, self.identity, self.acting, refs))

    def open_find(self, refs: tuple[QueueRef, ...]) -> None:
        """Find jobs in these queues, or in all; where that is done already, go back to it."""
        from bulltui.tui.screens.find import FindScreen

        finding = next((one for one in self.app.screen_stack if isinstance(one, FindScreen)), None)
        if finding is None:
            self.app.push_screen(FindScreen(self.runtime, self.identity, self.acting, refs))
            return
        while self.app.screen is not finding:
            self.app.pop_screen()

    def open_events(self, refs: tuple[QueueRef, ...]) -> None:
        """Follow the events of these queues, or of all; where that is done already, go back to it."""
        from bulltui.tui.screens.events import EventsScreen

        following = next((one for one in self.app.screen_stack if isinstance(one, EventsScreen)), None)
        if following is None:
            self.app.push_screen(EventsScreen(self.runtime, self.identity, self.acting, refs))
            return
        while self.app.screen is not following:
            self.app.pop_screen()
        following.follow(refs)

    def open_charts(self, refs: tuple[QueueRef, ...], *, group: str = "") -> None:
        """Show how these queues, or all, did; `group` is what they are together."""
        from bulltui.tui.screens.charts import ChartsScreen

        self.app.push_screen(ChartsScreen(self.runtime, self.identity, self.acting, refs, group=group))

    def open_workers(self, ref: QueueRef | None) -> None:
        """Show the workers of a queue, or of all."""
        from bulltui.tui.screens.workers import WorkersScreen

        self.app.push_screen(WorkersScreen(self.runtime, self.identity, self.acting, ref), self._chosen)

    def open_schedulers(self, ref: QueueRef) -> None:
        """Show the schedulers of a queue."""
        from bulltui.tui.screens.schedulers import SchedulersScreen

        self.app.push_screen(SchedulersScreen(self.runtime, self.identity, self.acting, ref))

    def _chosen(self, ref: object) -> None:
        if isinstance(ref, QueueRef):
            self.go_to_queue(ref)

    def go_to_queue(self, ref: QueueRef) -> None:
        """Show the jobs of a queue, on the main screen."""
        self.post_message(QueueChosen(ref))

    # --- keys

    def action_why(self) -> None:
        """Why the job is where it is, or the queue does not go on."""
        if (about := self.job_now() or self.queue_now()) is not None:
            self.open_why(about)

    def action_flow(self) -> None:
        """The flow of the job."""
        if (job := self.job_now()) is not None:
            self.open_flow(job)

    def action_errors(self) -> None:
        """The failed jobs of the queues that are meant, by their errors."""
        self.open_errors(self.scene().refs)

    def action_find(self) -> None:
        """Find jobs in the queues that are meant."""
        self.open_find(self.scene().refs)

    def action_events(self) -> None:
        """What the queues that are meant tell."""
        self.open_events(self.scene().refs)

    def action_metrics(self) -> None:
        """Charts of the queues that are meant."""
        self.open_charts(self.scene().refs)

    def action_workers(self) -> None:
        """The workers of the queue."""
        self.open_workers(self.queue_now())

    def action_schedulers(self) -> None:
        """The schedulers of the queue."""
        if (ref := self.queue_now()) is not None:
            self.open_schedulers(ref)

    def action_about(self) -> None:
        """What is known of the queue."""
        from bulltui.tui.screens.about import AboutScreen

        if (ref := self.queue_now()) is not None:
            self.app.push_screen(AboutScreen(self.runtime, ref))
