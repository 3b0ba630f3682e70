"""One action while it runs: how far it is, what it has made, whether it should stop."""

from collections.abc import Callable, Iterable
from typing import NoReturn

from bulltui.domain import actions
from bulltui.domain.errors import BulltuiError, NotAllowedError
from bulltui.domain.history import JournalFullError
from bulltui.domain.human import size
from bulltui.domain.orders import Answer
from bulltui.domain.outcome import Outcome, Progress, Reason, Tally
from bulltui.domain.queue import QueueRef
from bulltui.domain.record import Record
from bulltui.domain.roles import ADMIN, Role
from bulltui.domain.targets import Every
from bulltui.services.acting import Actor, JournalEntry
from bulltui.services.protocols import Clock
from bulltui.services.request import Cancel, Request

MADE = 10_000
"""How many ids of new jobs an outcome names at most."""
FIRST = 20
"""Of how many jobs a first look tells their size."""
SAVED = 250
"""How many jobs are saved at once at most."""
PIECE = 8 * 1024 * 1024
"""Bytes of jobs that are held here at once."""
LOOK_AFTER_S = (0.3, 0.7, 1.5, 2.5)
"""When the effect of a change whose answer was lost is looked for."""
TRIES = 5
"""How many calls in a row may come to nothing."""
_SLICE_S = 0.1
"""How soon a pause notices that it should end."""


class StopError(Exception):
    """Ends an action where it is; `error` is what stopped it, None for a person."""

    def __init__(self, error: BulltuiError | None = None) -> None:
        super().__init__(error)
        self.error = error


class Run:
    """What the steps of one action share.

    `started_ms` is when it began by the server's clock, the same for all of them. `planned` is how many it is about, at
    most where that is not `exact`, and `looked` how many of these were come to. `width` is how many jobs are saved at
    once.
    """

    def __init__(
        self,
        request: Request,
        actor: Actor,
        clock: Clock,
        cancel: Cancel,
        on_progress: Callable[[Progress], None] | None,
        *,
        role: Role = ADMIN,
    ) -> None:
        self.request = request
        self.actor = actor
        self.clock = clock
        self.cancel = cancel
        self.role = role
        self.entry: JournalEntry | None = None
        self.tally = Tally()
        self.planned = 0
        self.exact = True
        self.looked = 0
        self.stopped = False
        self.width = FIRST
        self.error: BulltuiError | None = None
        self.made: list[str] = []
        self.touched: dict[QueueRef, None] = {}
        self.started_ms = 0
        self._started = clock.monotonic()
        self._on_progress = on_progress
        self._expected = False
        self._kept = False

    async def start(self) -> None:
        """Asks the server for the time."""
        try:
            self.started_ms = await self.actor.now_ms()
        except NotAllowedError:
            self.started_ms = self.clock.now_ms()

    # --- how far

    @property
    def elapsed_s(self) -> float:
        """Seconds since the start."""
        return self.clock.monotonic() - self._started

    def tell(self, step: str = "") -> None:
        """Tells how far it is."""
        if self._on_progress is not None:
            tally, total = self.tally, self.planned if self.exact else None
            self._on_progress(Progress(tally.handled, tally.done, tally.skipped.total(), total, self.elapsed_s, step))

    def count(self, name: str, status: Reason | None) -> None:
        """One more was done, or was left for a reason. What is not old enough was never meant."""
        self.looked += 1
        if status is None:
            self.tally.done += 1
        elif status is not Reason.UNDUE:
            self.tally.skip(status, name)

    def count_done(self, many: int) -> None:
        """So many more were done."""
        self.looked += many
        self.tally.done += many

    def count_unsure(self) -> None:
        """One more was done or not, nobody knows."""
        self.looked += 1
        self.tally.unsure += 1

    def stop(self, stopped: StopError) -> None:
        """It ends here."""
        self.stopped = True
        self.error = self.error or stopped.error

    def note(self, ref: QueueRef, answer: Answer) -> None:
        """What a call touched and made."""
        self.touched[ref] = None
        self.made.extend(answer.made[: max(0, MADE - len(self.made))])

    def outcome(self) -> Outcome:
        """How it ended."""
        tally = self.tally
        left = max(0, self.planned - self.looked) if self.stopped else 0
        return Outcome(
            verb=self.request.verb,
            done=tally.done,
            skipped=dict(tally.skipped),
            examples={reason: tuple(names) for reason, names in tally.examples.items()},
            unsure=tally.unsure,
            left=left,
            error=self.error,
            cancelled=self.stopped and self.error is None,
            undo=self.entry.number if self.entry and self._kept and (tally.done or tally.unsure) else None,
            made=tuple(self.made),
            elapsed_s=self.elapsed_s,
            spared=_spared(self.request),
        )

    # --- whether to go on

    def check(self) -> None:
        """Ends the action where a person asked for it."""
        if self.cancel.asked:
            raise StopError

    async def wait(self, seconds: float) -> None:
        """Waits, and ends the action as soon as a person asks for it."""
        end = self.clock.monotonic() + seconds
        while (rest := end - self.clock.monotonic()) > 0:
            self.check()
            await self.clock.sleep(min(rest, _SLICE_S))
        self.check()

    # --- the journal

    async def keep(self, records: Iterable[Record]) -> None:
        """Writes records into the journal where one is kept. Raises StopError where it does not take them."""
        entry, some = self.entry, tuple(records)
        if entry is None or not some:
            return
        self._kept = True
        try:
            await entry.add(some)
        except JournalFullError as full:
            self._too_much(full)
        except BulltuiError as error:
            raise StopError(error) from error

    def grow(self, jobs: int, size_of_them: int) -> None:
        """How many jobs are saved at once from now on, after some of a size in bytes."""
        fit = jobs * PIECE // max(1, size_of_them)
        self.width = max(1, min(fit, SAVED, self.width * 5))

    async def expect(self, records: int) -> None:
        """Asks the journal, once, whether it can hold as many records of the size of the first ones."""
        if self.entry is None or self._expected:
            return
        self._expected = True
        try:
            await self.entry.expect(records)
        except JournalFullError as full:
            self._too_much(full)

    def _too_much(self, full: JournalFullError) -> NoReturn:
        needed = f"about {size(full.needed)}, " if full.needed else ""
        raise StopError(
            BulltuiError(
                f"What would have to be saved for an undo is {needed}more than the {size(full.limit)} that are kept.",
                hint="Take fewer at a time, raise `undo_limit_mb` in the profile, or do it for good with `--no-undo`.",
                code="journal-full",
            )
        ) from full


def _spared(request: Request) -> frozenset[Reason]:
    """The next runs of schedulers were never meant, unless they were named. An undo leaves what is back already."""
    if isinstance(request.action, actions.Restore):
        return frozenset({Reason.ALREADY})
    whole = isinstance(request.target, Every) or isinstance(request.action, actions.Drain | actions.Clean)
    return frozenset({Reason.SCHEDULER}) if whole else frozenset()


def no_progress() -> BulltuiError:
    """That nothing happens, call after call."""
    return BulltuiError(
        "The server had no time for a single job in several calls.",
        hint="It is overloaded, or the job is very large; try again later.",
        code="no-progress",
    )
