"""Jobs that were picked out of a state, by a query or for an order, as rows: all by their ids, those in sight read anew
with each refresh. One that has left the state stays where it is, struck out."""

from collections.abc import Callable, Hashable, Sequence
from dataclasses import dataclass

from bulltui.domain.errors import BulltuiError
from bulltui.domain.job import LIST_FIELDS, Job, JobSummary, summarize
from bulltui.domain.queue import QueueRef
from bulltui.domain.states import LISTS, JobState
from bulltui.services.protocols import Clock, JobReader
from bulltui.tui.job_feed import Draw, View
from bulltui.tui.loader import Loader
from bulltui.tui.present.line import pieces
from bulltui.tui.widgets.cells import Cell
from bulltui.tui.widgets.rows import RowSource

_PAGE = 100  # rows read at once
_CAP = max(cap for name, cap in LIST_FIELDS if name != "opts")


class PickedRows(RowSource):
    """What was picked, by its places."""

    def __init__(self, picks: "JobPicks", now_ms: int) -> None:
        self._ids = picks.ids
        self._total = len(picks.ids)  # the list may grow
        self._jobs = picks.jobs
        self._gone = picks.gone
        self._places = picks.places
        self._now_ms = now_ms
        self._draw = picks.draw

    def __len__(self) -> int:
        return self._total

    def key(self, index: int) -> Hashable | None:
        """The id of the job, once that is read."""
        return self._ids[index] if self._ids[index] in self._jobs else None

    def job(self, index: int) -> JobSummary | None:
        """The job, if it was read."""
        return self._jobs.get(self._ids[index]) if 0 <= index < self._total else None

    def cells(self, index: int) -> tuple[Cell, ...] | None:
        """Its cells."""
        job = self.job(index)
        if job is None:
            return None
        cells = self._draw(job, self._now_ms)
        return tuple(map(_struck, cells)) if job.id in self._gone else cells

    def find(self, key: Hashable, near: int) -> int | None:
        """Where the job stands."""
        return self._places.get(str(key))


def _struck(cell: Cell) -> Cell:
    return "".join(text for text, _ in pieces(cell)), "dim strike"


@dataclass(frozen=True, slots=True)
class _Want:
    ref: QueueRef
    state: JobState
    ids: tuple[str, ...]


class JobPicks:
    """Keeps and reads what was picked. `changed` is called with newer rows."""

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
        self._loader: Loader[_Want, list[Job]] = Loader(self._read, self._got, self._not_got, timeout_s=timeout_s)
        self._where: tuple[QueueRef, JobState] | None = None
        self.places: dict[str, int] = {}
        self._in_sight: list[JobSummary] = []
        self.draw: Draw = lambda job, now: ()
        self.ids: list[str] = []
        self.jobs: dict[str, JobSummary] = {}
        self.gone: set[str] = set()
        self.problem: BulltuiError | None = None

    @property
    def busy(self) -> bool:
        """Whether rows are being read."""
        return self._loader.busy

    @property
    def rows(self) -> PickedRows:
        """What there is now."""
        return PickedRows(self, self._clock.now_ms())

    @property
    def sample(self) -> Sequence[JobSummary]:
        """Some of them, to fit columns to."""
        return self._in_sight

    def begin(self, ref: QueueRef, state: JobState) -> None:
        """Others from now on; none as yet."""
        self.close()
        self._where = (ref, state)
        self.ids, self.jobs, self.places, self._in_sight = [], {}, {}, []
        self.gone, self.problem = set(), None

    def add(self, jobs: Sequence[JobSummary]) -> None:
        """More of them."""
        for job in jobs:
            if job.id not in self.places:
                self.places[job.id] = len(self.ids)
                self.ids.append(job.id)
            self.jobs[job.id] = job
        self._in_sight = [*jobs[:_PAGE]] or self._in_sight

    def put(self, ids: Sequence[str]) -> None:
        """These, in this order; what is known of them stays."""
        self.ids = list(ids)
        self.places = {job_id: place for place, job_id in enumerate(self.ids)}

    def refresh(self) -> None:
        """Reads what is in sight, and what is known of too little to be shown."""
        if self._where is None:
            return
        view = self._look()
        start = max(0, view.top - view.page // 2)
        ids = tuple(self.ids[start : start + min(_PAGE, 2 * view.page + 1)])
        if ids:
            self._loader.ask(_Want(*self._where, ids))

    def close(self) -> None:
        """Stops reading."""
        self._loader.drop()

    async def _read(self, want: _Want) -> list[Job]:
        return await self._reader.jobs(want.ref, want.ids, state=want.state, cap=_CAP)

    def _got(self, want: _Want, jobs: list[Job]) -> None:
        if (want.ref, want.state) != self._where:
            return
        for job in jobs:
            if _left(job, want.state):
                self.gone.add(job.id)
                # What it was when it was there is told, if that is known.
                self.jobs.setdefault(job.id, summarize(job.id, want.state, job.raw))
            else:
                self.gone.discard(job.id)
                locked = job.lock_ttl_ms is not None if want.state is JobState.ACTIVE else None
                self.jobs[job.id] = summarize(job.id, want.state, job.raw, score=job.score, locked=locked)
        self._in_sight = [self.jobs[job.id] for job in jobs]
        self.problem = None
        self._changed()

    def _not_got(self, want: _Want, error: BulltuiError) -> None:
        if (want.ref, want.state) == self._where:
            self.problem = error
            self._changed()


def _left(job: Job, state: JobState) -> bool:
    """Whether a job that was in a state is known to be there no more. In a list it is not looked for, which could take
    long: there only its end tells."""
    if job.missing:
        return True
    return job.finished_on is not None if state in LISTS else job.score is None
