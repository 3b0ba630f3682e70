"""Nothing is lost and nothing runs twice while producers and workers of Node run at full speed.

Some seconds in each run of the tests; `make soak` gives each library a minute (BULLTUI_FIRE_S, in seconds).
"""

import asyncio
import os
import random
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
from redis import Redis

from bulltui.config.settings import Settings
from bulltui.demo.server import EmbeddedServer
from bulltui.domain.actions import Add, Clean, Pause, Promote, Remove, Reprioritize, Restore, Resume, Retry
from bulltui.domain.outcome import Kind, Outcome
from bulltui.domain.queue import QueueRef
from bulltui.domain.record import SavedJob
from bulltui.domain.states import SUFFIX, JobState
from bulltui.domain.targets import Every, Jobs, Past, Queues
from bulltui.services.request import Request
from bulltui.wiring import Runtime, open_runtime
from tests.interop.fire import Fire
from tests.interop.support import require_node

SECONDS = float(os.environ.get("BULLTUI_FIRE_S", "6"))
REF = QueueRef("bull", "fire")


@dataclass
class Operator:
    """One who does a bit of everything, and notes what is gone by it."""

    runtime: Runtime
    raw: Any
    dice: random.Random
    outcomes: list[Outcome] = field(default_factory=list)
    cleaned: list[int] = field(default_factory=list)
    """Entries of the journal that were not undone."""
    own: list[str] = field(default_factory=list)
    """Ids of jobs added here."""

    async def run(self, request: Request) -> Outcome:
        outcome = await self.runtime.runner.run(request)
        assert outcome.error is None, outcome
        assert not outcome.unsure
        self.outcomes.append(outcome)
        return outcome

    def some(self, state: JobState, count: int) -> tuple[str, ...]:
        """Ids of a state, from anywhere in it."""
        key = f"{REF.key}:{SUFFIX[state]}"
        total = self.raw.zcard(key)
        start = self.dice.randrange(max(1, total - count)) if isinstance(total, int) else 0
        return tuple(one.decode() for one in self.raw.zrange(key, start, start + count - 1))

    async def retry_all(self) -> None:
        await self.run(Request(Retry(), Every(REF, JobState.FAILED)))

    async def retry_some(self) -> None:
        await self.run(Request(Retry(), Jobs(REF, self.some(JobState.FAILED, 20), JobState.FAILED)))

    async def promote_all(self) -> None:
        await self.run(Request(Promote(), Every(REF, JobState.DELAYED, limit=300)))

    async def pause(self) -> None:
        await self.run(Request(Pause(), Queues((REF,))))
        await asyncio.sleep(self.dice.random() * 0.2)
        await self.dice.choice((self.retry_all, self.promote_all, self.clean, self.add))()
        await self.run(Request(Resume(), Queues((REF,))))

    async def clean(self) -> None:
        outcome = await self.run(Request(Clean(JobState.COMPLETED, 0, 400), Queues((REF,))))
        if outcome.undo is not None:
            self.cleaned.append(outcome.undo)

    async def undo(self) -> None:
        if self.cleaned:
            number = self.cleaned.pop()
            assert (await self.run(Request(Restore(number), Past(number)))).kind is Kind.DONE

    async def remove_and_undo(self) -> None:
        state = self.dice.choice((JobState.FAILED, JobState.DELAYED, JobState.PRIORITIZED))
        outcome = await self.run(Request(Remove(), Jobs(REF, self.some(state, 30), state)))
        if outcome.undo is not None:
            back = await self.run(Request(Restore(outcome.undo), Past(outcome.undo)))
            assert back.done == outcome.done, (outcome, back)

    async def reprioritize(self) -> None:
        ids = self.some(JobState.PRIORITIZED, 20)
        action = Reprioritize(self.dice.randrange(4), lifo=self.dice.random() < 0.5)
        await self.run(Request(action, Jobs(REF, ids, JobState.PRIORITIZED)))

    async def add(self) -> None:
        self.own += (await self.run(Request(Add("plain"), Queues((REF,))))).made

    async def work(self, seconds: float) -> None:
        """At random for a time."""
        deeds: list[Callable[[], Awaitable[None]]] = [self.retry_all, self.retry_some, self.promote_all, self.pause]
        deeds += [self.clean, self.clean, self.undo, self.remove_and_undo, self.reprioritize, self.add]
        until = time.monotonic() + seconds
        while time.monotonic() < until:
            await self.dice.choice(deeds)()

    async def finish(self, fire: Fire) -> None:
        """Brings everything that is left to its end."""
        for _ in range(20):
            left = (await asyncio.to_thread(fire.tell, "quiet"))["left"]
            if not any(left.values()):
                return
            await self.run(Request(Retry(), Every(REF, JobState.FAILED)))
            await self.run(Request(Promote(), Every(REF, JobState.DELAYED)))
        raise AssertionError(f"it does not come to an end: {left}")

    async def gone(self) -> list[str]:
        """Ids of what was cleaned away and not brought back."""
        ids: list[str] = []
        for number in self.cleaned:
            async for chunk in self.runtime.runner.journal.records(number):
                ids += (record.id for record in chunk if isinstance(record, SavedJob))
        return ids


@pytest.mark.timeout(SECONDS * 3 + 120)
@pytest.mark.parametrize("lib", ["4", "5", "6"])
async def test_every_job_is_accounted_for_once(lib: str, tmp_path: Path) -> None:
    require_node()
    with EmbeddedServer() as server, Fire(lib, server.url, REF) as fire:
        raw: Any = Redis(host="127.0.0.1", port=server.port)
        settings = Settings(url=server.url, state_folder=str(tmp_path))
        async with open_runtime(settings) as runtime:
            operator = Operator(runtime, raw, random.Random(11))
            await asyncio.to_thread(fire.tell, "start")
            await operator.work(SECONDS)
            added = (await asyncio.to_thread(fire.tell, "stop"))["added"]
            await operator.finish(fire)
            notes = fire.notes(raw)
            gone = await operator.gone()
        completed = [one.decode() for one in raw.zrange(f"{REF.key}:completed", 0, -1)]
        raw.close()
    known = {*notes.added, *operator.own}
    assert added == len(notes.added) > SECONDS * 100
    assert {outcome.verb for outcome in operator.outcomes} >= {"retry-all", "promote-all", "pause", "resume", "clean"}
    assert sum(outcome.done for outcome in operator.outcomes) > SECONDS * 10
    assert len(completed) + len(gone) == len({*completed, *gone}), "a job is in two places"
    assert {*completed, *gone} == known, sorted(known ^ {*completed, *gone})[:20]
    twice = {one: times for one, times in notes.ran.items() if times != 1}
    assert not twice, f"{len(twice)} jobs did not run once: {list(twice.items())[:10]}"
    assert set(notes.ran) == known
