"""Reads that never give out what rules hide (`domain.redaction`): whoever has these has nothing to leak.

What goes through jobs on the server is told nothing of the hidden fields either: a filter that looked into them would
say by what it finds what is in them.
"""

from collections.abc import AsyncIterator, Mapping, Sequence
from dataclasses import replace

from bulltui.domain.event import Batch, Event
from bulltui.domain.job import Job
from bulltui.domain.queue import Queue, QueueRef
from bulltui.domain.reads import Anchor, Discovered, JobPage, Latency, LogPage, Rights
from bulltui.domain.redacting import masked
from bulltui.domain.redacting_jobs import masked_event, masked_hash, masked_job, masked_row, masked_scheduler
from bulltui.domain.redaction import Redaction
from bulltui.domain.scan import Filter, Look, Probe
from bulltui.domain.scheduler import SchedulerPage
from bulltui.domain.series import MetricSeries
from bulltui.domain.server import ServerInfo
from bulltui.domain.states import JobState
from bulltui.domain.text import exact, to_bytes
from bulltui.domain.worker import Client
from bulltui.services.finding import Finder
from bulltui.services.following import EventSource
from bulltui.services.protocols import PAYLOAD_CAP, Reader


class RedactedReader:
    """See `services.protocols.Reader`."""

    def __init__(self, reader: Reader, redaction: Redaction) -> None:
        self._reader = reader
        self._redaction = redaction

    @property
    def address(self) -> str:
        """See Reader."""
        return self._reader.address

    @property
    def scripts_allowed(self) -> bool | None:
        """See Reader."""
        return self._reader.scripts_allowed

    async def close(self) -> None:
        """See Reader."""
        await self._reader.close()

    def discover(self, prefixes: Sequence[str] | None) -> AsyncIterator[Discovered]:
        """See QueueReader."""
        return self._reader.discover(prefixes)

    async def counts(self, refs: Sequence[QueueRef]) -> list[Queue]:
        """See QueueReader."""
        return await self._reader.counts(refs)

    async def series(self, refs: Sequence[QueueRef], minutes: int) -> dict[QueueRef, tuple[MetricSeries, MetricSeries]]:
        """See QueueReader."""
        return await self._reader.series(refs, minutes)

    async def schedulers(self, ref: QueueRef, start: int, limit: int) -> SchedulerPage:
        """See QueueReader."""
        page = await self._reader.schedulers(ref, start, limit)
        return replace(page, items=tuple(masked_scheduler(self._redaction, one) for one in page.items))

    async def clients(self) -> list[Client]:
        """See QueueReader."""
        return await self._reader.clients()

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
        page = await self._reader.page(ref, state, start, limit, oldest_first=oldest_first, anchor=anchor)
        return replace(page, jobs=tuple(masked_row(self._redaction, job) for job in page.jobs))

    async def job(self, ref: QueueRef, job_id: str, *, cap: int = PAYLOAD_CAP, seen: Job | None = None) -> Job | None:
        """See JobReader."""
        job = await self._reader.job(ref, job_id, cap=cap, seen=seen)
        return None if job is None else masked_job(self._redaction, job)

    async def jobs(self, ref: QueueRef, job_ids: Sequence[str], *, state: JobState, cap: int) -> list[Job]:
        """See JobReader."""
        jobs = await self._reader.jobs(ref, job_ids, state=state, cap=cap)
        return [masked_job(self._redaction, job) for job in jobs]

    async def field(self, ref: QueueRef, job_id: str, name: str) -> bytes | None:
        """See JobReader."""
        content = await self._reader.field(ref, job_id, name)
        if content is None or not self._redaction.covers(name):
            return content
        return to_bytes(masked(self._redaction, name, exact(content)))

    async def logs(self, ref: QueueRef, job_id: str, start: int, limit: int) -> LogPage:
        """See JobReader."""
        return await self._reader.logs(ref, job_id, start, limit)

    async def server(self) -> ServerInfo:
        """See ServerReader."""
        return await self._reader.server()

    async def latency(self, samples: int) -> Latency:
        """See ServerReader."""
        return await self._reader.latency(samples)

    async def rights(self, prefix: str = "bull") -> Rights:
        """See ServerReader."""
        return await self._reader.rights(prefix)


class RedactedFinder:
    """See `services.finding.Finder`."""

    def __init__(self, finder: Finder, redaction: Redaction) -> None:
        self._finder = finder
        self._redaction = redaction

    @property
    def on_server(self) -> bool:
        """See Finder."""
        return self._finder.on_server

    async def look(self, probe: Probe) -> Look:
        """See Finder. More may pass than of the filter given, since it is not held against what rules are about."""
        hidden = self._redaction.fields
        clauses = tuple(
            clause for clause in probe.filter.clauses if all(hidden.isdisjoint(test.fields) for test in clause)
        )
        # Of what has its end read alone nothing is known of what it is in.
        wants = tuple(replace(want, cap=0) if want.tail and want.name in hidden else want for want in probe.wants)
        look = await self._finder.look(replace(probe, filter=Filter(clauses), wants=wants))
        found = tuple(replace(one, raw=masked_hash(self._redaction, one.raw)) for one in look.found)
        return replace(look, found=found)

    async def holders(self, refs: Sequence[QueueRef], job_id: str) -> list[QueueRef]:
        """See Finder."""
        return await self._finder.holders(refs, job_id)


class RedactedEvents:
    """See `services.following.EventSource`."""

    def __init__(self, events: EventSource, redaction: Redaction) -> None:
        self._events = events
        self._redaction = redaction

    async def now_ms(self) -> int:
        """See EventSource."""
        return await self._events.now_ms()

    async def tails(self, refs: Sequence[QueueRef]) -> dict[QueueRef, str]:
        """See EventSource."""
        return await self._events.tails(refs)

    async def before(self, ref: QueueRef, limit: int, until: str = "+") -> list[Event]:
        """See EventSource."""
        return [masked_event(self._redaction, one) for one in await self._events.before(ref, limit, until)]

    async def read(self, cursors: Mapping[QueueRef, str], *, wait_ms: int, limit: int) -> Batch:
        """See EventSource."""
        batch = await self._events.read(cursors, wait_ms=wait_ms, limit=limit)
        return replace(batch, events=tuple(masked_event(self._redaction, one) for one in batch.events))

    async def close(self) -> None:
        """See EventSource."""
        await self._events.close()


def redacted_reader(reader: Reader, rules: Sequence[str]) -> Reader:
    """The reader, or one that hides what `rules` say. Raises UsageError for a rule that cannot be read."""
    redaction = Redaction.of(rules)
    return RedactedReader(reader, redaction) if redaction else reader


def redacted_finder(finder: Finder, rules: Sequence[str]) -> Finder:
    """See `redacted_reader`."""
    redaction = Redaction.of(rules)
    return RedactedFinder(finder, redaction) if redaction else finder


def redacted_events(events: EventSource, rules: Sequence[str]) -> EventSource:
    """See `redacted_reader`."""
    redaction = Redaction.of(rules)
    return RedactedEvents(events, redaction) if redaction else events
