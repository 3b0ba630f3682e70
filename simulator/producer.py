"""Customers and clocks: adds jobs, flows and schedulers through the official package."""

import asyncio
import itertools
import math
from random import Random
from typing import Any

from bullmq import FlowProducer, Queue

from . import layout
from .jobs import Draft, FlowDraft, arrivals, base_opts
from .model import Node, QueueSpec
from .workers import Setting

_TICK = 0.1  # seconds
_WAVE = 90.0  # seconds from one rush to the next
_BATCH = 200


class Producer:
    """Adds to the queues of `specs`, at `rate` jobs a second on average."""

    def __init__(self, setting: Setting, specs: tuple[QueueSpec, ...], flows: tuple[Node, ...], rate: float) -> None:
        self._setting = setting
        self._specs = specs
        self._rate = rate
        self._row = arrivals(setting.seed, specs, flows)
        self._options = {"connection": setting.client, "prefix": setting.prefix}
        self._queues: dict[str, Any] = {}
        self._flows = FlowProducer(self._options)

    def _queue(self, name: str) -> Any:
        if name not in self._queues:
            self._queues[name] = Queue(name, self._options)
        return self._queues[name]

    async def set_up(self) -> None:
        """Declare the queues' settings, and arm their schedulers."""
        pipe = self._setting.client.pipeline(transaction=False)
        for spec in self._specs:
            for command in layout.meta_commands(self._setting.prefix, spec):
                pipe.execute_command(*command)
        await pipe.execute()
        for spec in self._specs:
            for schedule in spec.schedules:
                kind = spec.kind(schedule.kind)
                rule = {"every": schedule.every} if schedule.every else {"pattern": schedule.pattern}
                data = kind.data(Random(f"{self._setting.seed}/{spec.name}/{schedule.key}"))
                opts = base_opts(spec)
                await self._queue(spec.name).upsertJobScheduler(schedule.key, rule, kind.name, data, opts)
                self._setting.tally["schedulers"] += 1

    async def run(self) -> None:
        """Add jobs in rushes and lulls until the shop closes."""
        clock = asyncio.get_running_loop().time
        begun = last = clock()
        owed = 1.0
        while not self._setting.stopping.is_set():
            batch = list(itertools.islice(self._row, min(_BATCH, int(owed))))
            owed -= len(batch)
            await self.add(batch)
            if owed < 1:
                await self._setting.pause(_TICK)
            now = clock()
            owed += (now - last) * self._rate * (1 + 0.6 * math.sin(2 * math.pi * (now - begun) / _WAVE))
            last = now

    async def add(self, batch: list[Draft | FlowDraft]) -> None:
        """Add each job to its queue, in the order of the batch."""
        for name, jobs in itertools.groupby(sorted(_plain(batch), key=_queue_of), key=_queue_of):
            added = [{"name": job.name, "data": job.data, "opts": job.opts} for job in jobs]
            await self._queue(name).addBulk(added)
            self._setting.tally["added"] += len(added)
        flows = [_tree(flow) for flow in batch if isinstance(flow, FlowDraft)]
        if flows:
            await self._flows.addBulk(flows)
            self._setting.tally["flows"] += len(flows)


def _plain(batch: list[Draft | FlowDraft]) -> list[Draft]:
    return [draft for draft in batch if isinstance(draft, Draft)]


def _queue_of(draft: Draft) -> str:
    return draft.queue


def _tree(flow: FlowDraft) -> dict[str, Any]:
    """The flow as the package wants it."""
    job = flow.job
    tree: dict[str, Any] = {"name": job.name, "queueName": job.queue, "data": job.data, "opts": job.opts}
    if flow.children:
        tree["children"] = [_tree(child) for child in flow.children]
    return tree
