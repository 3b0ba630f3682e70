"""Screens from which others are opened: on the queue or the job that one looks at."""

from typing import ClassVar

from textual.binding import BindingType

from bulltui.domain.flow import JobRef
from bulltui.domain.queue import QueueRef
from bulltui.tui import keymap
from bulltui.tui.messages import QueueChosen
from bulltui.tui.screens.acting_screen import ActingScreen

_OF_A_QUEUE = frozenset({"schedulers", "about"})


class LeadingScreen(ActingScreen):
    """Derived screens say by `queue_now` and `job_now` what one looks at."""

    BINDINGS: ClassVar[list[BindingType]] = keymap.bindings("workers", "schedulers", "about")

    def queue_now(self) -> QueueRef | None:
        """The queue one looks at, or that of the job."""
        job = self.job_now()
        return None if job is None else job.ref

    def job_now(self) -> JobRef | None:
        """The job one looks at."""
        return None

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """What leads somewhere from here."""
        if action in _OF_A_QUEUE:
            return self.queue_now() is not None
        return super().check_action(action, parameters)

    def open_job(self, job: JobRef) -> None:
        """Show a job; Esc comes back to here."""
        from bulltui.tui.screens.job import JobScreen

        self.app.push_screen(JobScreen(self.runtime, self.identity, self.acting, job))

    def action_workers(self) -> None:
        """The workers of the queue."""
        from bulltui.tui.screens.workers import WorkersScreen

        self.app.push_screen(WorkersScreen(self.runtime, self.identity, self.acting, self.queue_now()), self._chosen)

    def _chosen(self, ref: object) -> None:
        if isinstance(ref, QueueRef):
            self.go_to_queue(ref)

    def go_to_queue(self, ref: QueueRef) -> None:
        """Show the jobs of a queue, on the main screen."""
        self.post_message(QueueChosen(ref))

    def action_about(self) -> None:
        """What is known of the queue."""
        from bulltui.tui.screens.about import AboutScreen

        if (ref := self.queue_now()) is not None:
            self.app.push_screen(AboutScreen(self.runtime, ref))

    def action_schedulers(self) -> None:
        """The schedulers of the queue."""
        from bulltui.tui.screens.schedulers import SchedulersScreen

        if (ref := self.queue_now()) is not None:
            self.app.push_screen(SchedulersScreen(self.runtime, self.identity, self.acting, ref))
