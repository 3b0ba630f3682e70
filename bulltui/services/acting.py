"""What the runner of actions needs: a store that writes, an audit that remembers, a journal that can bring back."""

from collections.abc import AsyncGenerator, Callable, Iterable, Mapping, Sequence
from typing import Protocol

from bulltui.domain.history import Deed, Intent, Past
from bulltui.domain.layout import Layout
from bulltui.domain.orders import Answer, Cursor, IdPage, Item, Order, Sweep
from bulltui.domain.outcome import Outcome, Preview, Progress
from bulltui.domain.queue import Queue, QueueRef
from bulltui.domain.record import Record, SavedJob, SavedQueue
from bulltui.domain.states import JobState
from bulltui.services.request import Cancel, Request


class Actor(Protocol):
    """All that changes queues. Each method raises a `BulltuiError`; one that writes raises `LostAnswerError` when the
    connection broke after it was sent, and is never repeated by itself."""

    async def now_ms(self) -> int:
        """The server's time. Clocks of desks may be wrong, and an action on all jobs until now goes by it."""

    async def queue(self, ref: QueueRef) -> Queue | None:
        """The queue read now, its layout looked at more closely than for a list: by the fields of a few jobs too."""

    async def ids(
        self, ref: QueueRef, state: JobState, cursor: Cursor, limit: int, *, until_ms: int | None = None
    ) -> IdPage:
        """The next ids of a state. `until_ms` leaves out finished jobs with a later time (by the score)."""

    async def save(self, ref: QueueRef, job_ids: Sequence[str]) -> list[SavedJob]:
        """Jobs as they are now, in their order; one that is nowhere has neither state nor keys. Of a list those of one
        call come with the ones nearer to the end that workers take from last, whatever the order asked for."""

    async def family(self, ref: QueueRef, job_id: str, *, pending_only: bool) -> list[SavedJob]:
        """All descendants of a job, each once, children before their own children; on `pending_only` the children
        that it still waits for and all below them. Raises BulltuiError for more than can be removed at once."""

    async def save_queue(self, order: Order, items: Sequence[Item]) -> SavedQueue:
        """The keys of the queue itself that an action would destroy, beside its jobs."""

    async def act(self, order: Order, items: Sequence[Item] = ()) -> Answer:
        """Carries out an order on these items, or on the queue as a whole. One script, atomic."""

    async def sweep(self, order: Order, cursor: Cursor, limit: int) -> Sweep:
        """Carries out a retry or a promotion on the next jobs of `order.state`, which is a sorted set: in one call, the
        oldest first, at most `limit`."""

    async def restore(
        self, layout: Layout, jobs: Sequence[SavedJob], over: Mapping[tuple[QueueRef, str], str], now_ms: int
    ) -> Answer:
        """Brings jobs of one queue back, in this order. One whose id is taken is left (EXISTS), unless `over` names the
        digest that it has now: then the saved one takes its place."""

    async def restore_queue(self, layout: Layout | None, saved: SavedQueue, now_ms: int, saved_at_ms: int) -> Answer:
        """Brings keys of a queue back, one status a key; one that is there again is left (EXISTS), save for fields and
        members that it lacks. `layout` is that of a queue whose version is not known, to wake its workers."""


class Audit(Protocol):
    """Append-only. Raises BulltuiError where it cannot be written: then nothing may happen."""

    async def intend(self, intent: Intent, at_ms: int) -> str:
        """Writes what is about to be done; the id of it."""

    async def conclude(self, audit_id: str, outcome: Outcome, at_ms: int) -> None:
        """Writes what came of it."""

    async def deeds(self, limit: int) -> list[Deed]:
        """What was written, the newest first."""

    async def interrupted(self) -> list[Deed]:
        """Deeds of this machine whose process died before their end and that nobody was told of; from now on they
        count as told."""


class JournalEntry(Protocol):
    """One action in the journal while it runs."""

    @property
    def number(self) -> int:
        """What `undo` calls it by."""

    async def add(self, records: Sequence[Record]) -> None:
        """Writes records and waits until they are on the disk. Raises JournalFullError before anything is written
        where that would be too much, BulltuiError where the disk does not take it."""

    async def expect(self, total: int) -> None:
        """Raises JournalFullError where `total` records of the size of those so far would be too much."""

    async def close(self, outcome: Outcome) -> None:
        """Ends the entry; one without records is deleted."""


class Journal(Protocol):
    """What can be brought back."""

    async def open(self, intent: Intent, at_ms: int) -> JournalEntry:
        """A new entry."""

    async def entries(self) -> list[Past]:
        """What is there, the newest first."""

    def records(self, number: int) -> AsyncGenerator[tuple[Record, ...], None]:
        """The records of an entry, chunk by chunk, the last written first; within a chunk in the order as written.
        Raises NotFoundError."""

    async def mark_undone(self, number: int) -> None:
        """Notes that it was taken back."""


class Runner(Protocol):
    """The one way to change anything, for every front end."""

    async def preview(self, request: Request) -> Preview:
        """What a request would do; nothing is changed. Raises the BulltuiError that `run` would be refused with."""

    async def run(
        self,
        request: Request,
        *,
        on_progress: Callable[[Progress], None] | None = None,
        cancel: Cancel | None = None,
    ) -> Outcome:
        """Does it. Raises a BulltuiError only where nothing was begun (read-only, no reason, an unknown layout, an
        audit that cannot be written); what stops it later is in the outcome. A task that is cancelled stops after
        the running chunk too, and the audit says so."""

    async def paused_here(self) -> list[QueueRef]:
        """Queues that were paused from this machine and account, and not resumed from here since."""

    @property
    def refusal(self) -> str:
        """Why nothing at all may be changed ("read-only"), empty where it may."""

    def allows(self, verb: str, refs: Iterable[QueueRef] = ()) -> bool:
        """Whether an action of this name, with or without `-all`, may be done to all of these queues, as far as the
        role of this run decides it. Tells which keys and commands to offer; `run` decides anew."""

    @property
    def audit(self) -> Audit:
        """What was done."""

    @property
    def journal(self) -> Journal:
        """What can be brought back."""
