"""What a person looks at, and so what an action is about."""

from dataclasses import dataclass

from bulltui.domain.matched import Found, to_target
from bulltui.domain.queue import QueueRef
from bulltui.domain.snapshot import QueueRow
from bulltui.domain.states import JobState
from bulltui.domain.targets import Jobs, Picked


@dataclass(frozen=True, slots=True)
class Scene:
    """What is meant on a screen now.

    `refs` are the queues: the marked ones, or the one under the cursor, or the one whose jobs are shown; `rows` what is
    known of them. `ids` are the jobs (the marked, the one under the cursor, or the open one) or the schedulers, `state`
    the state the jobs are seen in. `stalled` says of a single active job whether its lock is gone, None where that is
    not known. `all_rows` are all queues that are known. `found` are jobs of several queues or states, in place of `ids`
    and `state`, and `found_in` the states they are in: what can be done to some of them is on these.
    """

    refs: tuple[QueueRef, ...] = ()
    rows: tuple[QueueRow, ...] = ()
    state: JobState | None = None
    ids: tuple[str, ...] = ()
    stalled: bool | None = None
    all_rows: tuple[QueueRow, ...] = ()
    of_schedulers: bool = False
    found: tuple[Found, ...] = ()
    found_in: frozenset[JobState] = frozenset()

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
        return bool(self.found) or (bool(self.ids) and not self.of_schedulers and self.state is not None)

    @property
    def one_job(self) -> bool:
        """Whether one job is meant."""
        return self.has_jobs and not self.found and len(self.ids) == 1

    def has_in(self, states: frozenset[JobState]) -> bool:
        """Whether jobs are meant of which some are in one of these states."""
        if self.found:
            return not states.isdisjoint(self.found_in)
        return self.has_jobs and self.state in states

    def jobs(self, states: frozenset[JobState] | None = None) -> Jobs | Picked:
        """The jobs that are meant, of those found only the ones in these states."""
        if self.found:
            return to_target([one for one in self.found if states is None or one.job.state in states])
        # Of a job that is in no state only its id is known.
        return Jobs(self.ref, self.ids, None if self.state is JobState.UNKNOWN else self.state)

    def count(self, state: JobState) -> int:
        """How many jobs of a state the one queue has."""
        return self.row.queue.counts.of(state) if self.row is not None else 0


NOTHING = Scene()
