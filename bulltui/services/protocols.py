"""What services and front ends need of a store, in small pieces. The Redis store and the tests' fakes both fit."""

from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass
from typing import Protocol, runtime_checkable

from bulltui.domain.job import Job
from bulltui.domain.queue import Queue, QueueRef
from bulltui.domain.reads import Anchor, Discovered, JobPage, Latency, LogPage, Rights
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
        """All connections to the database. Raises NotAllowedError where the server does not tell."""


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

    async def job(self, ref: QueueRef, job_id: str, *, cap: int = PAYLOAD_CAP, seen: Job | None = None) -> Job | None:
        """A job with its state. Of each field at most `cap` bytes are read, and nothing of one over 2 MiB, since taking
        a part out of it would hold up the server. None when there is neither a hash nor an entry in any state. `seen`
        is the job as read before: its very large fields are not read again while their size is the same."""

    async def jobs(self, ref: QueueRef, job_ids: Sequence[str], *, state: JobState, cap: int) -> list[Job]:
        """Several jobs known to be in `state`, each field up to `cap` bytes, in their order."""

    async def field(self, ref: QueueRef, job_id: str, name: str) -> bytes | None:
        """One field of the hash, whole, whatever its size."""

    async def logs(self, ref: QueueRef, job_id: str, start: int, limit: int) -> LogPage:
        """Log lines from index `start` on, oldest first; a negative `start` counts from the end."""


class ServerReader(Protocol):
    """What the server says of itself."""

    async def server(self) -> ServerInfo:
        """Version, memory, role and so on, as far as the user may see it."""

    async def latency(self, samples: int) -> Latency:
        """Times of that many PINGs."""

    async def rights(self, prefix: str = "bull") -> Rights:
        """What the user lacks to read under `prefix`: commands, each tried on a key that nobody has, or the keys."""


class Reader(QueueReader, JobReader, ServerReader, Protocol):
    """All reads, and the end of them."""

    @property
    def address(self) -> str:
        """Where the server is, without secrets."""

    @property
    def scripts_allowed(self) -> bool | None:
        """False where the server refuses scripts and pipelines are used; None until one was tried."""

    async def close(self) -> None:
        """Closes the connections."""


@dataclass(frozen=True, slots=True)
class Place:
    """A server's own reader, and what of the server is meant: under which prefixes (None: any), by which globs."""

    reader: Reader
    prefixes: tuple[str, ...] | None
    globs: tuple[str, ...] = ()


@runtime_checkable
class ManyServers(Protocol):
    """A reader of several servers."""

    @property
    def labels(self) -> tuple[str, ...]:
        """What the servers are called."""

    def place(self, label: str) -> Place:
        """One of them by itself. Raises NotFoundError for a label that none has."""


def reader_of(reader: Reader, ref: QueueRef) -> Reader:
    """The reader of a queue's server alone: what is asked without naming a queue is asked of no other then."""
    return reader.place(ref.server).reader if isinstance(reader, ManyServers) else reader


__all__ = [
    "PAYLOAD_CAP",
    "Anchor",
    "Clock",
    "Discovered",
    "JobPage",
    "JobReader",
    "Latency",
    "LogPage",
    "ManyServers",
    "Place",
    "QueueReader",
    "Reader",
    "Rights",
    "ServerReader",
    "reader_of",
]
