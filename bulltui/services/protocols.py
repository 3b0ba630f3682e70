"""What services and front ends need of a store, in small pieces. The Redis store and the tests' fakes both fit."""

from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass, field
from typing import Protocol

from bulltui.domain.job import Job, JobSummary
from bulltui.domain.queue import Queue, QueueRef
from bulltui.domain.scheduler import SchedulerPage
from bulltui.domain.series import MetricSeries
from bulltui.domain.server import ServerInfo
from bulltui.domain.states import JobState
from bulltui.domain.worker import Client

PAYLOAD_CAP = 256 * 1024
"""How many bytes of a field are read when a job is opened; the rest on request."""


class Clock(Protocol):
    """Time: `now_ms` for what is shown and compared with Redis, `monotonic` (s) for durations."""

    def now_ms(self) -> int:
        """Epoch milliseconds."""

    def monotonic(self) -> float:
        """Seconds of a clock that never goes back."""

    async def sleep(self, seconds: float) -> None:
        """Wait."""


@dataclass(frozen=True, slots=True)
class Discovered:
    """A step of the search for queues: those found in it, and how many keys were looked at so far."""

    refs: tuple[QueueRef, ...]
    scanned: int
    other_prefixes: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class JobPage:
    """Some jobs of a state. `start` is the index of the first among `total`, in the order asked for."""

    state: JobState
    start: int
    total: int
    jobs: tuple[JobSummary, ...]
    oldest_first: bool


@dataclass(frozen=True, slots=True)
class LogPage:
    """Some log lines of a job, oldest first from index `start` of `total`."""

    start: int
    total: int
    lines: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Anchor:
    """A job seen at an index of a page. A page asked for with an anchor moves along with that job."""

    id: str
    index: int


class QueueReader(Protocol):
    """Reads of queues. Each raises a `BulltuiError` when the server does not answer or refuses."""

    def discover(self, prefixes: Sequence[str] | None) -> AsyncIterator[Discovered]:
        """Goes through all keys for queues under `prefixes`, or under any prefix for None. Yields as it finds."""

    async def counts(self, refs: Sequence[QueueRef]) -> list[Queue]:
        """The queues that exist of `refs`, read now, in their order."""

    async def series(self, refs: Sequence[QueueRef], minutes: int) -> dict[QueueRef, tuple[MetricSeries, MetricSeries]]:
        """BullMQ's metrics of completed and failed jobs, the newest `minutes` points of each."""

    async def schedulers(self, ref: QueueRef, start: int, limit: int) -> SchedulerPage:
        """Schedulers and legacy repeatables, soonest first."""

    async def clients(self) -> list[Client]:
        """All connections of the server. Raises NotAllowedError where the server does not tell."""


class JobReader(Protocol):
    """Reads of jobs."""

    async def page(
        self,
        ref: QueueRef,
        state: JobState,
        start: int,
        limit: int,
        *,
        oldest_first: bool = False,
        anchor: Anchor | None = None,
    ) -> JobPage:
        """`limit` jobs of a state from index `start`. For `waiting`, `paused` and `prioritized` the oldest is the
        next to run; for `delayed` the next due; for finished ones the one that finished first."""

    async def job(self, ref: QueueRef, job_id: str, *, cap: int = PAYLOAD_CAP) -> Job | None:
        """A job with its state. Of each field at most `cap` bytes are read. None when there is neither a hash nor an
        entry in any state."""

    async def jobs(self, ref: QueueRef, job_ids: Sequence[str], *, state: JobState, cap: int) -> list[Job]:
        """Several jobs known to be in `state`, each field up to `cap` bytes, in their order."""

    async def field(self, ref: QueueRef, job_id: str, name: str) -> bytes | None:
        """One field of the hash, whole, whatever its size."""

    async def logs(self, ref: QueueRef, job_id: str, start: int, limit: int) -> LogPage:
        """Log lines from index `start` on, oldest first; a negative `start` counts from the end."""


@dataclass(frozen=True, slots=True)
class Rights:
    """What the connected user may do: `user` its name, `missing` the commands that reading needs and it lacks."""

    user: str = ""
    missing: tuple[str, ...] = ()
    problem: str = ""


@dataclass(frozen=True, slots=True)
class Latency:
    """Round trips to the server in ms."""

    best: float
    median: float
    worst: float
    samples: tuple[float, ...] = field(default=(), repr=False)


class ServerReader(Protocol):
    """What the server says of itself."""

    async def server(self) -> ServerInfo:
        """Version, memory, role and so on, as far as the user may see it."""

    async def latency(self, samples: int) -> Latency:
        """Times of that many PINGs."""

    async def rights(self) -> Rights:
        """Which commands the user lacks, by asking the server, without running them."""


class Reader(QueueReader, JobReader, ServerReader, Protocol):
    """All reads, and the end of them."""

    address: str
    """Where the server is, without secrets."""

    scripts_allowed: bool | None
    """Whether counts are read by scripts; False where the server refuses them and pipelines are used."""

    async def close(self) -> None:
        """Closes the connections."""
