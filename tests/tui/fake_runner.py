"""A runner of actions in memory: it remembers what it was asked for, answers as it is told, and waits while held."""

import asyncio
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field, replace

from bulltui.domain.errors import BulltuiError
from bulltui.domain.outcome import Outcome, Preview, Progress
from bulltui.domain.queue import QueueRef
from bulltui.services.request import Cancel, Request
from tests.fake_ledger import FakeAudit, FakeJournal


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
    forbidden: set[str] = field(default_factory=set)
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

    def allows(self, verb: str, refs: Iterable[QueueRef] = ()) -> bool:
        return not self.refusal and verb not in self.forbidden

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
