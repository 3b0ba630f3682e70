"""What stands at paths of the data of the jobs in sight: read for columns that a person chose, more of it than a list
needs, a few jobs at a time."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from bulltui.domain.errors import BulltuiError
from bulltui.domain.job import JobSummary
from bulltui.domain.queue import QueueRef
from bulltui.domain.states import JobState
from bulltui.services.protocols import JobReader
from bulltui.tui.loader import Loader
from bulltui.tui.present.job_columns import value_cell
from bulltui.tui.widgets.cells import Cell

CAP = 64 * 1024
"""Bytes of a field that are read to find a value; what stands behind is shown as `…`."""

_AT_ONCE = 16  # jobs a call: parsing their data takes a few ms at most
_KEPT = 2_000


@dataclass(frozen=True, slots=True)
class _Want:
    ref: QueueRef
    state: JobState
    ids: tuple[str, ...]
    paths: tuple[str, ...]


class PathValues:
    """Values by job and path. `changed` is called when there are more."""

    def __init__(self, reader: JobReader, changed: Callable[[], None], *, timeout_s: float) -> None:
        self._reader = reader
        self._changed = changed
        self._loader: Loader[_Want, Mapping[str, dict[str, Cell]]] = Loader(
            self._read, self._got, self._not_got, timeout_s=timeout_s
        )
        self._known: dict[str, dict[str, Cell]] = {}
        self._of: tuple[QueueRef, JobState] | None = None

    @property
    def busy(self) -> bool:
        """Whether values are being read."""
        return self._loader.busy

    def cell(self, job: JobSummary, path: str) -> Cell:
        """What stands at a path of a job, as far as it was read."""
        return self._known.get(job.id, {}).get(path, ("·", "dim"))

    def want(self, ref: QueueRef, state: JobState, ids: Sequence[str], paths: Sequence[str]) -> None:
        """Read those of these jobs anew."""
        if self._of != (ref, state):
            self._of = (ref, state)
            self._known = {}
            self._loader.drop()
        if paths and ids:
            self._loader.ask(_Want(ref, state, tuple(ids), tuple(paths)))

    def close(self) -> None:
        """Stops reading."""
        self._loader.drop()

    async def _read(self, want: _Want) -> Mapping[str, dict[str, Cell]]:
        found: dict[str, dict[str, Cell]] = {}
        for start in range(0, len(want.ids), _AT_ONCE):
            some = want.ids[start : start + _AT_ONCE]
            for job in await self._reader.jobs(want.ref, some, state=want.state, cap=CAP):
                found[job.id] = {path: value_cell(job, path) for path in want.paths}
        return found

    def _got(self, want: _Want, found: Mapping[str, dict[str, Cell]]) -> None:
        if (want.ref, want.state) == self._of:
            kept = self._known if len(self._known) < _KEPT else {}
            before = self._known
            self._known = {**kept, **found}
            if self._known != before:
                self._changed()

    def _not_got(self, want: _Want, error: BulltuiError) -> None:
        """What is missing stays so: the rows themselves say that the server is away."""
