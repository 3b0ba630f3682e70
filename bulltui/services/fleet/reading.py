"""Reads of several servers."""

import asyncio
from collections.abc import AsyncIterator, Mapping, Sequence
from dataclasses import replace

from bulltui.domain.errors import BulltuiError
from bulltui.domain.job import Job
from bulltui.domain.match import select
from bulltui.domain.queue import DEFAULT_PREFIX, Queue, QueueRef
from bulltui.domain.reads import Anchor, Discovered, JobPage, Latency, LogPage, Rights
from bulltui.domain.scheduler import SchedulerPage
from bulltui.domain.series import MetricSeries
from bulltui.domain.server import ServerInfo
from bulltui.domain.states import JobState
from bulltui.domain.worker import Client
from bulltui.services.fleet.members import Members, in_order
from bulltui.services.protocols import PAYLOAD_CAP, Place


class FleetReader:
    """See `services.protocols.Reader` and `ManyServers`. Each method asks the server that the queue names; several
    queues are asked for side by side. What is asked without a queue is asked of all servers, and where one of them does
    not answer, so is this: only the search for queues goes on with the others."""

    def __init__(self, places: Mapping[str, Place]) -> None:
        self._places = Members(places)
        self._readers = Members({label: place.reader for label, place in places.items()})

    @property
    def labels(self) -> tuple[str, ...]:
        """See ManyServers."""
        return self._places.labels

    def place(self, label: str) -> Place:
        """See ManyServers."""
        return self._places.of(label)

    @property
    def address(self) -> str:
        """See Reader: of all servers."""
        return ", ".join(f"{label} {self._readers.of(label).address}" for label in self.labels)

    @property
    def scripts_allowed(self) -> bool | None:
        """See Reader: False where one of them refuses scripts."""
        said = {reader.scripts_allowed for reader in self._readers.all}
        return False if False in said else None if None in said else True

    async def close(self) -> None:
        """See Reader."""
        await asyncio.gather(*(reader.close() for reader in self._readers.all))

    # --- all servers

    async def discover(self, prefixes: Sequence[str] | None) -> AsyncIterator[Discovered]:
        """See QueueReader. Each server is searched under its own prefixes, with its own globs, whatever is asked. The
        `problem` names the servers that do not answer; raises an error where none does."""
        del prefixes
        steps: asyncio.Queue[tuple[str, Discovered | BulltuiError | None]] = asyncio.Queue(maxsize=len(self.labels))
        tasks = [asyncio.create_task(self._search(label, steps)) for label in self.labels]
        scanned: dict[str, int] = {}
        others: dict[str, None] = {}
        problems: dict[str, str] = {}
        errors: list[BulltuiError] = []
        try:
            running = len(tasks)
            while running:
                label, step = await steps.get()
                if step is None:
                    running -= 1
                    continue
                if isinstance(step, BulltuiError):
                    errors.append(step)
                    problems[label] = step.message
                    continue
                scanned[label] = step.scanned
                others.update(dict.fromkeys(step.other_prefixes))
                if step.problem:
                    problems[label] = step.problem
                yield Discovered(step.refs, sum(scanned.values()))
        finally:
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)
        if len(errors) == len(tasks):
            raise errors[0]
        told = " ".join(f"{label}: {problems[label]}" for label in self.labels if label in problems)
        yield Discovered((), sum(scanned.values()), tuple(sorted(others)), told, bool(errors))

    async def _search(self, label: str, steps: "asyncio.Queue[tuple[str, Discovered | BulltuiError | None]]") -> None:
        place = self._places.of(label)
        try:
            async for step in place.reader.discover(place.prefixes):
                refs = select((replace(ref, server=label) for ref in step.refs), place.globs)
                await steps.put((label, replace(step, refs=tuple(refs))))
        except BulltuiError as error:
            await steps.put((label, error))
        await steps.put((label, None))

    async def clients(self) -> list[Client]:
        """See QueueReader."""
        told = await self._readers.each(lambda _, reader: reader.clients())
        return [replace(client, server=label) for label, clients in told.items() for client in clients]

    async def server(self) -> ServerInfo:
        """See ServerReader: of the first of them."""
        return await self._readers.all[0].server()

    async def latency(self, samples: int) -> Latency:
        """See ServerReader: of the slowest of them."""
        told = await self._readers.each(lambda _, reader: reader.latency(samples))
        return max(told.values(), key=lambda latency: latency.median)

    async def rights(self, prefix: str = DEFAULT_PREFIX) -> Rights:
        """See ServerReader: of the first of them who lacks any."""
        told = list((await self._readers.each(lambda _, reader: reader.rights(prefix))).values())
        return next((rights for rights in told if rights.missing or not rights.keys), told[0])

    # --- some queues

    async def counts(self, refs: Sequence[QueueRef]) -> list[Queue]:
        """See QueueReader. One that names no server stands for that of every server."""
        parts = self._readers.split(refs)
        told = await self._readers.each(lambda label, reader: reader.counts(parts[label]), parts)
        found = {
            (ref := replace(queue.ref, server=label)): replace(queue, ref=ref)
            for label, queues in told.items()
            for queue in queues
        }
        return in_order(refs, found, self.labels)

    async def series(self, refs: Sequence[QueueRef], minutes: int) -> dict[QueueRef, tuple[MetricSeries, MetricSeries]]:
        """See QueueReader."""
        parts = self._readers.split(refs)
        told = await self._readers.each(lambda label, reader: reader.series(parts[label], minutes), parts)
        return {ref: series for found in told.values() for ref, series in found.items()}

    # --- one queue

    async def schedulers(self, ref: QueueRef, start: int, limit: int) -> SchedulerPage:
        """See QueueReader."""
        return await self._readers.at(ref).schedulers(ref, start, limit)

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
        reader = self._readers.at(ref)
        return await reader.page(ref, state, start, limit, oldest_first=oldest_first, anchor=anchor)

    async def job(self, ref: QueueRef, job_id: str, *, cap: int = PAYLOAD_CAP, seen: Job | None = None) -> Job | None:
        """See JobReader."""
        return await self._readers.at(ref).job(ref, job_id, cap=cap, seen=seen)

    async def jobs(self, ref: QueueRef, job_ids: Sequence[str], *, state: JobState, cap: int) -> list[Job]:
        """See JobReader."""
        return await self._readers.at(ref).jobs(ref, job_ids, state=state, cap=cap)

    async def field(self, ref: QueueRef, job_id: str, name: str) -> bytes | None:
        """See JobReader."""
        return await self._readers.at(ref).field(ref, job_id, name)

    async def logs(self, ref: QueueRef, job_id: str, start: int, limit: int) -> LogPage:
        """See JobReader."""
        return await self._readers.at(ref).logs(ref, job_id, start, limit)
