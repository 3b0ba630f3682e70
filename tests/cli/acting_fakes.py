"""A runner of actions that changes nothing: it remembers what it was asked for, and answers as it is told."""

import asyncio
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field

from bulltui.domain.errors import BulltuiError
from bulltui.domain.outcome import Outcome, Preview, Progress
from bulltui.domain.queue import QueueRef
from bulltui.services.request import Cancel, Request
from tests.fake_ledger import FakeAudit, FakeJournal


@dataclass
class FakeRunner:
    """Tests change what it answers. `stages` are told as progress, and after each of them it looks whether to stop."""

    outcome: Outcome = Outcome("fake", done=1)
    told: Preview = Preview("Retry job 1 of payments", 1, ("It runs again.",), undoable=True)
    error: BulltuiError | None = None
    paused: list[QueueRef] = field(default_factory=list)
    stages: Sequence[Progress] = ()
    refusal: str = ""
    audit: FakeAudit = field(default_factory=FakeAudit)
    journal: FakeJournal = field(default_factory=FakeJournal)
    previewed: list[Request] = field(default_factory=list)
    ran: list[Request] = field(default_factory=list)

    def allows(self, verb: str, refs: Iterable[QueueRef] = ()) -> bool:
        return not self.refusal

    async def preview(self, request: Request) -> Preview:
        self.previewed.append(request)
        if self.error:
            raise self.error
        return self.told

    async def run(
        self,
        request: Request,
        *,
        on_progress: Callable[[Progress], None] | None = None,
        cancel: Cancel | None = None,
    ) -> Outcome:
        if self.error:
            raise self.error
        self.ran.append(request)
        for stage in self.stages:
            if on_progress:
                on_progress(stage)
            await asyncio.sleep(0)
        return self.outcome

    async def paused_here(self) -> list[QueueRef]:
        return self.paused

    @property
    def asked(self) -> Request:
        """The one request that was carried out."""
        (request,) = self.ran
        return request
