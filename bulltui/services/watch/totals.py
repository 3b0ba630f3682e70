"""What moved since this process began, as counters that only grow: what Prometheus wants of us."""

from collections.abc import Collection, Mapping

from bulltui.domain.point import Flow
from bulltui.domain.queue import QueueRef
from bulltui.services.watch.job_counts import JobCounts, NameCounts

Flows = Mapping[QueueRef, Flow]
_STILL = Flow()


class Totals:
    """Counts of one process, of one server. Whoever records the history tells what moved here as well, and each job
    that ended to `job_counts`. What it gives out never changes, never goes back, and any thread may ask."""

    def __init__(self, job_counts: JobCounts | None = None) -> None:
        self.job_counts = job_counts or JobCounts()
        self._over: Flows = {}
        self._now: tuple[Flows, Mapping[int, Flows], Flows] = (self._over, {}, {})

    def moved(self, ref: QueueRef, flow: Flow) -> None:
        """So much more moved through a queue."""
        self._set(over={**self._over, ref: self._over.get(ref, _STILL) + flow})

    def moving(self, steps: Mapping[int, Flows]) -> None:
        """What has moved so far in steps that are not over, by their beginning."""
        self._set(steps={**self._now[1], **steps})

    def settle(self, at_ms: int, flows: Flows) -> None:
        """A step is over, and this is what moved in it."""
        over = {**self._over, **{ref: self._over.get(ref, _STILL) + flow for ref, flow in flows.items()}}
        self._set(over=over, steps={at: some for at, some in self._now[1].items() if at != at_ms})

    def begin_anew(self) -> None:
        """Steps that are not over are seen again from their beginning: until then what was told stays."""
        self._set(steps={}, least=self.flows)

    def keep(self, alive: Collection[QueueRef]) -> None:
        """Drops what is counted of queues that are gone."""
        over, steps, least = self._now
        self._set(
            over=_of(over, alive), steps={at: _of(some, alive) for at, some in steps.items()}, least=_of(least, alive)
        )
        self.job_counts.keep(alive)

    @property
    def flows(self) -> Flows:
        """What moved through each queue."""
        over, steps, least = self._now
        found = dict(over)
        for some in steps.values():
            for ref, flow in some.items():
                found[ref] = found.get(ref, _STILL) + flow
        for ref, flow in least.items():
            found[ref] = flow.most(found.get(ref, _STILL))
        return found

    @property
    def jobs(self) -> Mapping[tuple[QueueRef, str, str], NameCounts]:
        """Jobs that ended, by queue, name and result."""
        return self.job_counts.snapshot()

    def _set(
        self, over: Flows | None = None, steps: Mapping[int, Flows] | None = None, least: Flows | None = None
    ) -> None:
        """All at once: whoever asks meanwhile sees the state before or after."""
        before = self._now
        self._over = before[0] if over is None else over
        self._now = self._over, before[1] if steps is None else steps, before[2] if least is None else least


def _of(flows: Flows, alive: Collection[QueueRef]) -> Flows:
    return {ref: flow for ref, flow in flows.items() if ref in alive}
