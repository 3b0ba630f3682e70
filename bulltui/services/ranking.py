"""The jobs of a state in the order of a column: all of them are looked at, the best are kept."""

import asyncio
from collections.abc import AsyncGenerator, Callable, Sequence
from dataclasses import dataclass, replace

from bulltui.domain.best import Best, Worth
from bulltui.domain.job import JobSummary, summarize
from bulltui.domain.queue import QueueRef
from bulltui.domain.scan import Candidate, Probe, Want
from bulltui.domain.states import JobState
from bulltui.services.finding import Finder
from bulltui.services.protocols import Clock
from bulltui.services.search import SLICE_S, TELL_S

KEPT = 10_000
"""So many jobs are kept, the best ones."""


@dataclass(frozen=True, slots=True)
class By:
    """What jobs are ordered by: `fields` of the hash, each up to so many bytes, tell the `worth` of one."""

    fields: tuple[tuple[str, int], ...]
    worth: Callable[[JobSummary], Worth | None]
    downwards: bool


@dataclass(frozen=True, slots=True)
class Ranked:
    """How far it is: jobs `examined` of `total`; `over` at the end."""

    examined: int = 0
    total: int = 0
    over: bool = False


class Ranking:
    """Orders the jobs of a state. It keeps its place: who stops taking steps goes on with new ones."""

    def __init__(
        self, finder: Finder, clock: Clock, ref: QueueRef, state: JobState, by: By, *, most: int = KEPT
    ) -> None:
        self._finder = finder
        self._clock = clock
        self._by = by
        wants = tuple(Want(name, cap) for name, cap in by.fields)
        self._probe: Probe | None = Probe(ref, state, wants=wants)
        self._best = Best(most, downwards=by.downwards)
        self._examined = 0
        self._total = 0

    @property
    def ids(self) -> list[str]:
        """The jobs, the best first."""
        return self._best.names

    @property
    def cut(self) -> bool:
        """Whether there were more than are kept."""
        return self._best.dropped

    @property
    def progress(self) -> Ranked:
        """How far it is."""
        return Ranked(self._examined, max(self._total, self._examined), self._probe is None)

    async def steps(self) -> AsyncGenerator[Ranked]:
        """Looks on, and says how far it is every tenth of a second and at the end. Raises a BulltuiError when the
        server does not answer."""
        told_at = self._clock.monotonic()
        while self._probe is not None:
            look = await self._finder.look(self._probe)
            await self._take(look.found)
            self._examined += look.examined
            self._total = self._total or look.total
            self._probe = None if look.spot is None else replace(self._probe, spot=look.spot)
            if (now := self._clock.monotonic()) - told_at >= TELL_S:
                told_at = now
                yield self.progress
        yield self.progress

    async def _take(self, found: Sequence[Candidate]) -> None:
        since = self._clock.monotonic()
        for start in range(0, len(found), 100):
            some = found[start : start + 100]
            self._best.add((one.id, self._worth(one)) for one in some)
            if self._clock.monotonic() - since > SLICE_S:
                await asyncio.sleep(0)
                since = self._clock.monotonic()

    def _worth(self, one: Candidate) -> Worth | None:
        return self._by.worth(summarize(one.id, one.state, one.raw, score=one.score)) if one.raw else None
