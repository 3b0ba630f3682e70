"""What a scrape is answered from: copies of what is known, none of which asks a server for anything."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from bulltui.domain.alert import Alert, Rule
from bulltui.domain.metric import Family
from bulltui.domain.point import Flow
from bulltui.domain.queue import QueueRef
from bulltui.domain.snapshot import QueueRow, ServerState
from bulltui.metrics import labels
from bulltui.services.counters import ActionCounts
from bulltui.services.watch.job_counts import NameCounts
from bulltui.services.watch.protocols import HistoryState

JobKey = tuple[QueueRef, str, str]
"""A queue, the name of jobs in it, and how they ended."""


@dataclass(frozen=True, slots=True)
class Recently:
    """The quantiles (`domain.metric.QUANTILES`) of the last minutes of a queue, in seconds, None where there are none:
    how long jobs waited, and how long they ran."""

    wait: tuple[float, ...] | None = None
    run: tuple[float, ...] | None = None


@dataclass(frozen=True, slots=True)
class Requests:
    """Requests to this endpoint of one kind: how many, seconds of all, how many in each bucket by itself."""

    count: int
    sum_s: float
    buckets: tuple[int, ...]


class Where:
    """The labels of queues, made once for all metrics of a view: each of some forty asks for them."""

    def __init__(self, rows: Sequence[QueueRow]) -> None:
        self._rows = rows
        self._of_rows: dict[Family, list[str]] = {}
        self._of_refs: dict[tuple[QueueRef, Family], str] = {}
        self._of_jobs: dict[JobKey, str] = {}

    def rows(self, family: Family) -> list[str]:
        """Those of each row."""
        if family not in self._of_rows:
            self._of_rows[family] = [self.queue(row.ref, family) for row in self._rows]
        return self._of_rows[family]

    def queue(self, ref: QueueRef, family: Family = Family.OURS) -> str:
        """Those of a queue."""
        key = (ref, family if family in (Family.BULL_EXPORTER, Family.BULL_MONITOR) else Family.OURS)
        found = self._of_refs.get(key)
        if found is None:
            found = self._of_refs[key] = labels.of_queue(*key)
        return found

    def jobs(self, key: JobKey) -> str:
        """Those of jobs of a name that ended one way."""
        found = self._of_jobs.get(key)
        if found is None:
            ref, name, result = key
            found = self._of_jobs[key] = f"{self.queue(ref)},{labels.of(name=name, result=result)}"
        return found


@dataclass(frozen=True, slots=True)
class View:
    """All that is told, at `now_ms` (epoch ms). `servers` has an entry for each, also while nothing is known of it."""

    now_ms: int
    servers: tuple[ServerState, ...]
    rows: tuple[QueueRow, ...] = ()
    flows: Mapping[QueueRef, Flow] = field(default_factory=dict)
    jobs: Mapping[JobKey, NameCounts] = field(default_factory=dict)
    recently: Mapping[QueueRef, Recently] = field(default_factory=dict)
    actions: ActionCounts = ActionCounts()
    rules: tuple[Rule, ...] = ()
    alerts: tuple[Alert, ...] = ()
    history: HistoryState | None = None
    problems: int = 0
    requests: Mapping[tuple[str, str, str], Requests] = field(default_factory=dict)
    where: Where = field(init=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "where", Where(self.rows))
