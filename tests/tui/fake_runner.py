"""A runner of actions in memory: it remembers what it was asked for, answers as it is told, and waits while held."""

import asyncio
from collections.abc import AsyncGenerator, Callable
from dataclasses import dataclass, field, replace

from bulltui.domain.errors import BulltuiError
from bulltui.domain.history import Deed, Intent, Past
from bulltui.domain.outcome import Outcome, Preview, Progress
from bulltui.domain.queue import QueueRef
from bulltui.domain.record import Record
from bulltui.services.acting import JournalEntry
from bulltui.services.request import Cancel, Request


@dataclass
class FakeAudit:
    """Deeds in memory."""

    done: list[Deed] = field(default_factory=list)
    cut_off: list[Deed] = field(default_factory=list)
    error: BulltuiError | None = None

    async def intend(self, intent: Intent, at_ms: int) -> str:
        raise NotImplementedError

    async def conclude(self, audit_id: str, outcome: Outcome, at_ms: int) -> None:
        raise NotImplementedError

    async def deeds(self, limit: int) -> list[Deed]:
        if self.error is not None:
            raise self.error
        return self.done[:limit]

    async def interrupted(self) -> list[Deed]:
        if self.error is not None:
            raise self.error
        told, self.cut_off = self.cut_off, []
        return told


@dataclass
class FakeJournal:
    """Entries in memory."""

    kept: list[Past] = field(default_factory=list)

    async def open(self, intent: Intent, at_ms: int) -> JournalEntry:
        raise NotImplementedError

    async def entries(self) -> list[Past]:
        return self.kept

    async def records(self, number: int) -> AsyncGenerator[tuple[Record, ...], None]:
        yield ()

    async def mark_undone(self, number: int) -> None:
        raise NotImplementedError


@dataclass
class FakeRunner:
    """`gate` holds a running action; `progress` it tells when it begins. A preview waits for `look`."""

    outcome: Outcome = Outcome("fake", done=1)
    told: Preview = Preview("Do it to them", 1, ("This happens.",), undoable=True)
    refused: BulltuiError | None = None
    fails: Exception | None = None
    progress: tuple[Progress, ...] = ()
    paused: list[QueueRef] = field(default_factory=list)
    refusal: str = ""
    audit: FakeAudit = field(default_factory=FakeAudit)
    journal: FakeJournal = field(default_factory=FakeJournal)
    previewed: list[Request] = field(default_factory=list)
    ran: list[Request] = field(default_factory=list)
    cancelled: bool = False

    def __post_init__(self) -> None:
        self.gate = asyncio.Event()
        self.gate.set()
        self.look = asyncio.Event()
        self.look.set()

    async def preview(self, request: Request) -> Preview:
        self.previewed.append(request)
        await self.look.wait()
        if self.refused is not None:
            raise self.refused
        return self.told

    async def run(
        self,
        request: Request,
        *,
        on_progress: Callable[[Progress], None] | None = None,
        cancel: Cancel | None = None,
    ) -> Outcome:
        self.ran.append(request)
        for stage in self.progress:
            if on_progress is not None:
                on_progress(stage)
        while not self.gate.is_set():
            await asyncio.sleep(0.001)
            if cancel is not None and cancel.asked:
                self.cancelled = True
                return replace(self.outcome, cancelled=True, left=7)
        if self.fails is not None:
            raise self.fails
        return self.outcome

    async def paused_here(self) -> list[QueueRef]:
        return self.paused
