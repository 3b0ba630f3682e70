"""The jobs of a state as rows of a table: pages are read as they come into sight and again when they may have moved."""

from collections.abc import Callable, Hashable, Mapping
from dataclasses import dataclass

from bulltui.domain.errors import BulltuiError
from bulltui.domain.job import JobSummary
from bulltui.domain.queue import QueueRef
from bulltui.domain.reads import Anchor, JobPage
from bulltui.domain.states import JobState
from bulltui.services.protocols import Clock, JobReader
from bulltui.tui.loader import Loader
from bulltui.tui.present.jobs import cells
from bulltui.tui.widgets.cells import Cell
from bulltui.tui.widgets.rows import RowSource

LEAST_PAGE, MOST_PAGE = 60, 400
MOST_MARKED = 10_000
"""How many jobs can be marked at once; more are better meant by their state."""
_PAGE = 1000
_KEPT = 4000  # rows: those far away are read again when one comes back


@dataclass(frozen=True, slots=True)
class Subject:
    """Which jobs: of a state of a queue, in an order."""

    ref: QueueRef
    state: JobState
    oldest_first: bool


Draw = Callable[[JobSummary, int], tuple[Cell, ...]]
"""The cells of a job at a time (epoch ms)."""


class JobRows(RowSource):
    """What is known of the jobs of a subject: some of `total` by their index."""

    def __init__(self, jobs: Mapping[int, JobSummary], total: int, now_ms: int, draw: Draw = cells) -> None:
        self.jobs = jobs
        self.total = total
        self._now_ms = now_ms
        self._draw = draw
        self._places: dict[str, int] | None = None

    def __len__(self) -> int:
        return self.total

    def key(self, index: int) -> Hashable | None:
        """The id of the job."""
        job = self.jobs.get(index)
        return None if job is None else job.id

    def cells(self, index: int) -> tuple[Cell, ...] | None:
        """Its cells."""
        job = self.jobs.get(index)
        return None if job is None else self._draw(job, self._now_ms)

    def job(self, index: int) -> JobSummary | None:
        """The job, if it was read."""
        return self.jobs.get(index)

    def find(self, key: Hashable, near: int) -> int | None:
        """Where the job is now, if it was read."""
        if (job := self.jobs.get(near)) is not None and job.id == key:
            return near
        if self._places is None:
            self._places = {job.id: index for index, job in self.jobs.items()}
        return self._places.get(str(key))


async def all_ids(reader: JobReader, subject: Subject, most: int) -> list[str]:
    """The ids of the jobs of a subject, at most so many."""
    ids: dict[str, None] = {}
    start = 0
    while start < most:
        page = await reader.page(
            subject.ref, subject.state, start, min(_PAGE, most - start), oldest_first=subject.oldest_first
        )
        ids.update(dict.fromkeys(job.id for job in page.jobs))
        start += len(page.jobs)
        if not page.jobs or start >= page.total:
            break
    return list(ids)


@dataclass(frozen=True, slots=True)
class View:
    """What of the rows is on the screen: the first row, how many, and the one under the cursor."""

    top: int = 0
    page: int = 30
    cursor: int = 0

    @property
    def follows(self) -> bool:
        """Whether one looks at the very top, and so at whatever comes in there."""
        return self.top == 0 and self.cursor <= 0

    @property
    def held(self) -> int:
        """The row that keeps its place on the screen: the one under the cursor if it is in sight, else the first."""
        return self.cursor if self.top <= self.cursor < self.top + self.page else self.top


@dataclass(frozen=True, slots=True)
class _Want:
    """A page to read."""

    subject: Subject
    start: int
    limit: int
    anchor: Anchor | None


class JobFeed:
    """Reads what a table needs. `look` tells what it shows; `changed` is called with new rows or a new problem."""

    def __init__(
        self,
        reader: JobReader,
        clock: Clock,
        look: Callable[[], View],
        changed: Callable[[], None],
        *,
        timeout_s: float,
    ) -> None:
        self._reader = reader
        self._clock = clock
        self._look = look
        self._changed = changed
        self._loader = Loader(self._read, self._got, self._not_got, timeout_s=timeout_s)
        self.subject: Subject | None = None
        self.draw: Draw = cells
        self.rows = JobRows({}, 0, 0)
        self.problem: BulltuiError | None = None
        self.loaded = False

    @property
    def busy(self) -> bool:
        """Whether a page is being read."""
        return self._loader.busy

    def show(self, subject: Subject | None) -> None:
        """Jobs of another subject from now on; nothing of the one before is shown or comes late."""
        if subject == self.subject:
            return
        self.subject = subject
        self.rows = JobRows({}, 0, 0)
        self.problem = None
        self.loaded = False
        self._loader.drop()
        if subject is not None:
            self._loader.ask(_Want(subject, 0, self._limit(self._look()), None), urgent=True)

    def refresh(self) -> None:
        """Reads what is on the screen and a screen around it, which stays in its place while jobs come and go."""
        if self.subject is None:
            return
        view = self._look()
        job = None if view.follows else self.rows.jobs.get(view.held)
        anchor = None if job is None else Anchor(job.id, view.held)
        self._loader.ask(_Want(self.subject, max(0, view.top - view.page), self._limit(view), anchor))

    def tick(self) -> None:
        """The same rows at the time it is now: ages go on."""
        self.rows = JobRows(self.rows.jobs, self.rows.total, self._clock.now_ms(), self.draw)

    def close(self) -> None:
        """Stops reading."""
        self._loader.drop()

    # --- reading

    @staticmethod
    def _limit(view: View) -> int:
        return max(LEAST_PAGE, min(MOST_PAGE, 3 * view.page))

    async def _read(self, want: _Want) -> JobPage:
        subject = want.subject
        return await self._reader.page(
            subject.ref,
            subject.state,
            want.start,
            want.limit,
            oldest_first=subject.oldest_first,
            anchor=want.anchor,
        )

    def _got(self, want: _Want, page: JobPage) -> None:
        if want.subject != self.subject:
            return
        read = {page.start + place: job for place, job in enumerate(page.jobs)}
        moved = page.start != want.start or page.total != self.rows.total
        # Where jobs came or went, the indexes of rows read before are out of date.
        jobs = read if moved or len(self.rows.jobs) > _KEPT else {**self.rows.jobs, **read}
        self.rows = JobRows(jobs, page.total, self._clock.now_ms(), self.draw)
        self.problem = None
        self.loaded = True
        self._changed()

    def _not_got(self, want: _Want, error: BulltuiError) -> None:
        if want.subject == self.subject:
            self.problem = error
            self._changed()
