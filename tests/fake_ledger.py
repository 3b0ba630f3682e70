"""What was done and what can be brought back, in memory: front ends only read it."""

from collections.abc import AsyncGenerator
from dataclasses import dataclass, field

from bulltui.domain.errors import BulltuiError
from bulltui.domain.history import Deed, Intent, Past
from bulltui.domain.outcome import Outcome
from bulltui.domain.record import Record
from bulltui.services.acting import JournalEntry


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
