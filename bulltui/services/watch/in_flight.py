"""Jobs that were seen to come and not yet to end, so that durations follow from two events. Bounded: of the queue that
has the most the oldest go, and count as never seen.

Entries are pairs and triples of texts and numbers, which the garbage collector does not look at again and again.
"""

from itertools import islice

from bulltui.domain.queue import QueueRef

JOBS = 200_000
"""So many jobs of all queues are kept, about 250 bytes each."""

_MAKE_ROOM = 2_000


class Flights:
    """The jobs of one queue. `ready` has the name and since when a job could run (epoch ms; 0 for one that cannot yet
    and has no date for it), `active` the name, when its attempt began, and how long it waited for that, -1 where that
    is not known. An empty name is not known yet."""

    __slots__ = ("active", "ready")

    def __init__(self) -> None:
        self.ready: dict[str, tuple[str, int]] = {}
        self.active: dict[str, tuple[str, int, int]] = {}

    def __len__(self) -> int:
        return len(self.ready) + len(self.active)


class InFlight:
    """The jobs of all queues."""

    def __init__(self, most: int = JOBS) -> None:
        self._most = most
        self._queues: dict[QueueRef, Flights] = {}

    def of(self, ref: QueueRef) -> Flights:
        """The jobs of a queue."""
        found = self._queues.get(ref)
        if found is None:
            found = self._queues[ref] = Flights()
        return found

    def drop(self, ref: QueueRef) -> None:
        """The queue is gone, or what it told cannot be known."""
        self._queues.pop(ref, None)

    def refs(self) -> list[QueueRef]:
        """The queues of which jobs are kept."""
        return list(self._queues)

    def bound(self) -> int:
        """Makes room where there are too many; how many jobs were let go."""
        total = sum(map(len, self._queues.values()))
        let_go = 0
        while total - let_go > self._most:
            largest = max(self._queues.values(), key=len)
            jobs: dict[str, tuple[str, int]] | dict[str, tuple[str, int, int]]
            jobs = largest.ready if len(largest.ready) >= len(largest.active) else largest.active
            part = min(len(jobs), max(_MAKE_ROOM, total - let_go - self._most))
            for job_id in tuple(islice(jobs, part)):
                del jobs[job_id]
            let_go += part
        return let_go

    def __len__(self) -> int:
        return sum(map(len, self._queues.values()))
