"""All reads of a BullMQ deployment on Redis, behind the protocols that services know."""

from collections.abc import AsyncIterator, Sequence
from typing import TYPE_CHECKING, Self

from bulltui.domain.connection import Connection
from bulltui.domain.job import Job
from bulltui.domain.queue import DEFAULT_PREFIX, Queue, QueueRef
from bulltui.domain.reads import Anchor, Discovered, JobPage, Latency, LogPage, Rights
from bulltui.domain.scheduler import SchedulerPage
from bulltui.domain.series import MetricSeries
from bulltui.domain.server import ServerInfo
from bulltui.domain.states import JobState
from bulltui.domain.worker import Client
from bulltui.store.calls import Calls
from bulltui.store.counts import read_counts
from bulltui.store.discovery import Discovery
from bulltui.store.jobs import read_field, read_job, read_jobs, read_logs
from bulltui.store.opening import open_calls
from bulltui.store.pages import read_page
from bulltui.store.plain_pages import PageRequest
from bulltui.store.server import read_latency, read_rights, read_server
from bulltui.store.side import read_clients, read_schedulers, read_series

if TYPE_CHECKING:
    from bulltui.store.actor import RedisActor

_CAP = 256 * 1024


class RedisReader:
    """Reads over one small pool of connections. What each method means is said in `services.protocols`."""

    def __init__(self, calls: Calls) -> None:
        self.calls = calls

    @classmethod
    def from_url(cls, url: str, *, connect_timeout_s: float = 1.5, timeout_s: float = 2.0) -> Self:
        """A reader of the server at `url`. Raises UsageError for a URL that cannot be read; connects on first use."""
        return cls(open_calls(Connection(url, connect_timeout_s=connect_timeout_s, timeout_s=timeout_s)))

    @property
    def address(self) -> str:
        """Where the server is, without secrets."""
        return self.calls.address

    @property
    def scripts_allowed(self) -> bool | None:
        """False where the server refuses scripts and pipelines are used; None until one was tried."""
        return self.calls.scripts_allowed

    def discover(self, prefixes: Sequence[str] | None) -> AsyncIterator[Discovered]:
        """See QueueReader."""
        return Discovery(self.calls, prefixes).run()

    async def counts(self, refs: Sequence[QueueRef]) -> list[Queue]:
        """See QueueReader."""
        return await read_counts(self.calls, refs)

    async def series(self, refs: Sequence[QueueRef], minutes: int) -> dict[QueueRef, tuple[MetricSeries, MetricSeries]]:
        """See QueueReader."""
        return await read_series(self.calls, refs, minutes)

    async def schedulers(self, ref: QueueRef, start: int, limit: int) -> SchedulerPage:
        """See QueueReader."""
        return await read_schedulers(self.calls, ref, start, limit)

    async def clients(self) -> list[Client]:
        """See QueueReader."""
        return await read_clients(self.calls)

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
        """See JobReader."""
        return await read_page(self.calls, PageRequest(ref, state, start, limit, oldest_first, anchor))

    async def job(self, ref: QueueRef, job_id: str, *, cap: int = _CAP, seen: Job | None = None) -> Job | None:
        """See JobReader."""
        return await read_job(self.calls, ref, job_id, cap=cap, seen=seen)

    async def jobs(self, ref: QueueRef, job_ids: Sequence[str], *, state: JobState, cap: int) -> list[Job]:
        """See JobReader."""
        return await read_jobs(self.calls, ref, job_ids, state=state, cap=cap)

    async def field(self, ref: QueueRef, job_id: str, name: str) -> bytes | None:
        """See JobReader."""
        return await read_field(self.calls, ref, job_id, name)

    async def logs(self, ref: QueueRef, job_id: str, start: int, limit: int) -> LogPage:
        """See JobReader."""
        return await read_logs(self.calls, ref, job_id, start, limit)

    async def server(self) -> ServerInfo:
        """See ServerReader."""
        return await read_server(self.calls)

    async def latency(self, samples: int) -> Latency:
        """See ServerReader."""
        return await read_latency(self.calls, samples)

    async def rights(self, prefix: str = DEFAULT_PREFIX) -> Rights:
        """See ServerReader."""
        return await read_rights(self.calls, prefix)

    def actor(self, timeout_s: float = 10.0) -> "RedisActor":
        """What changes the server, over the same connections. `timeout_s` bounds one call, in seconds."""
        from bulltui.store.actor import RedisActor  # noqa: PLC0415 - most commands only read

        return RedisActor(self.calls, timeout_s)

    async def close(self) -> None:
        """Closes the connections."""
        await self.calls.close()
