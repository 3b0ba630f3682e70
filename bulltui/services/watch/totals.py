"""What moved since this process began, as counters that only grow: what Prometheus wants of us."""

from collections.abc import Collection, Mapping

from bulltui.domain.point import Flow
from bulltui.domain.queue import QueueRef
from bulltui.services.watch.job_counts import JobCounts, NameCounts


class Totals:
    """Counts of one process, of one server. Whoever records the history tells what moved here as well, and each job
    that ended to `job_counts`. What it gives out never changes, and any thread may ask."""

    def __init__(self, job_counts: JobCounts | None = None) -> None:
        self.job_counts = job_counts or JobCounts()
        self._flows: dict[QueueRef, Flow] = {}

    def moved(self, ref: QueueRef, flow: Flow) -> None:
        """So much more moved through a queue."""
        self._flows[ref] = self._flows.get(ref, Flow()) + flow

    def keep(self, alive: Collection[QueueRef]) -> None:
        """Drops what is counted of queues that are gone."""
        self._flows = {ref: flow for ref, flow in self._flows.items() if ref in alive}
        self.job_counts.keep(alive)

    @property
    def flows(self) -> Mapping[QueueRef, Flow]:
        """What moved through each queue."""
        return dict(self._flows)

    @property
    def jobs(self) -> Mapping[tuple[QueueRef, str, str], NameCounts]:
        """Jobs that ended, by queue, name and result."""
        return self.job_counts.snapshot()
