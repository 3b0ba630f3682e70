"""What a person looks at, and so what an action is about."""

from dataclasses import dataclass

from bulltui.domain.queue import QueueRef
from bulltui.domain.snapshot import QueueRow
from bulltui.domain.states import JobState


@dataclass(frozen=True, slots=True)
class Scene:
    """What is meant on a screen now.

    `refs` are the queues: the marked ones, or the one under the cursor, or the one whose jobs are shown; `rows` what is
    known of them. `ids` are the jobs (the marked, the one under the cursor, or the open one) or the schedulers, `state`
    the state the jobs are seen in. `stalled` says of a single active job whether its lock is gone, None where that is
    not known. `all_rows` are all queues that are known.
    """

    refs: tuple[QueueRef, ...] = ()
    rows: tuple[QueueRow, ...] = ()
    state: JobState | None = None
    ids: tuple[str, ...] = ()
    stalled: bool | None = None
    all_rows: tuple[QueueRow, ...] = ()
    of_schedulers: bool = False

    @property
    def ref(self) -> QueueRef:
        """The one queue."""
        return self.refs[0]

    @property
    def one_queue(self) -> bool:
        """Whether one queue is meant."""
        return len(self.refs) == 1

    @property
    def row(self) -> QueueRow | None:
        """What is known of the one queue."""
        return self.rows[0] if len(self.rows) == 1 else None

    @property
    def has_jobs(self) -> bool:
        """Whether jobs are meant."""
        return bool(self.ids) and not self.of_schedulers and self.state is not None

    def count(self, state: JobState) -> int:
        """How many jobs of a state the one queue has."""
        return self.row.queue.counts.of(state) if self.row is not None else 0


NOTHING = Scene()
