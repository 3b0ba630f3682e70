"""What an open job needs: itself and its log, read again while it is open."""

from collections.abc import Callable
from dataclasses import dataclass

from bulltui.domain.errors import BulltuiError, NotFoundError
from bulltui.domain.job import Job
from bulltui.domain.queue import QueueRef
from bulltui.domain.reads import LogPage
from bulltui.services.protocols import JobReader
from bulltui.tui.loader import Loader

LOG_LINES = 2000
"""How many of the newest log lines are shown; all of them in the pager."""


@dataclass(frozen=True, slots=True)
class JobKey:
    """Which job."""

    ref: QueueRef
    id: str


class JobReads:
    """Reads one job at a time. `changed` is called when there is something new to show."""

    def __init__(self, reader: JobReader, changed: Callable[[], None], *, timeout_s: float) -> None:
        self._reader = reader
        self._changed = changed
        self._jobs: Loader[JobKey, Job] = Loader(self._read, self._got, self._failed, timeout_s=timeout_s)
        self._logs: Loader[JobKey, LogPage] = Loader(self._read_logs, self._got_logs, self._failed, timeout_s=timeout_s)
        self.key: JobKey | None = None
        self.job: Job | None = None
        self.logs: LogPage | None = None
        self.problem: BulltuiError | None = None

    @property
    def busy(self) -> bool:
        """Whether something is being read."""
        return self._jobs.busy or self._logs.busy

    def show(self, key: JobKey | None) -> bool:
        """Another job, or none; False if it is the one already."""
        if key == self.key:
            return False
        self.key, self.job, self.logs, self.problem = key, None, None, None
        self._logs.drop()
        if key is None:
            self._jobs.drop()
        else:
            self._jobs.ask(key, urgent=True)
        return True

    def refresh(self) -> None:
        """Reads the job again."""
        if self.key is not None:
            self._jobs.ask(self.key)

    def refresh_logs(self) -> None:
        """Reads the end of the log."""
        if self.key is not None:
            self._logs.ask(self.key)

    def close(self) -> None:
        """Stops reading."""
        self._jobs.drop()
        self._logs.drop()

    async def _read(self, key: JobKey) -> Job:
        job = await self._reader.job(key.ref, key.id, seen=self.job)
        if job is None:
            raise NotFoundError("This job is gone.", hint="It was removed, by hand or by the queue's own rules.")
        return job

    async def _read_logs(self, key: JobKey) -> LogPage:
        """The end of the log, or what was added since it was read."""
        known = self.logs if key == self.key else None
        if known is not None and known.total:
            more = await self._reader.logs(key.ref, key.id, known.total, LOG_LINES)
            if more.total >= known.total and len(known.lines) < 2 * LOG_LINES:
                return LogPage(known.start, known.total + len(more.lines), known.lines + more.lines)
        return await self._reader.logs(key.ref, key.id, -LOG_LINES, LOG_LINES)

    def _got(self, key: JobKey, job: Job) -> None:
        if key == self.key and (job != self.job or self.problem is not None):
            self.job, self.problem = job, None
            self._changed()

    def _got_logs(self, key: JobKey, page: LogPage) -> None:
        if key == self.key and page != self.logs:
            self.logs = page
            self._changed()

    def _failed(self, key: JobKey, error: BulltuiError) -> None:
        if key == self.key:
            self.problem = error
            self._changed()
