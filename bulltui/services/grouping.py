"""The failed jobs of queues in groups of the same error: as they are read, stopped and continued at will."""

import asyncio
from collections import deque
from collections.abc import AsyncGenerator, Mapping, Sequence
from dataclasses import dataclass, replace
from math import isfinite

from bulltui.domain.error_groups import MOST_NAMES, OTHER_NAMES, ErrorGroup, Fingerprint, Order, ordered
from bulltui.domain.errors import BulltuiError
from bulltui.domain.fingerprint import fingerprint
from bulltui.domain.human import HOUR_MS
from bulltui.domain.queue import QueueRef
from bulltui.domain.scan import Candidate, Look, Probe, Spot, Want
from bulltui.domain.states import JobState
from bulltui.services.apart import Apart
from bulltui.services.finding import Finder
from bulltui.services.protocols import Clock

WANTS = (Want("failedReason", 2_048), Want("stacktrace", 4_096, tail=True), Want("name", 256))
"""What is read of a failed job: of a long message its start, of the traces the newest, which stands last."""

MOST_IDS = 250_000
"""So many ids are kept, of all groups together; of further jobs only the number."""

MOST_GROUPS = 10_000
"""So many groups are told apart; the jobs of further ones count as OTHERS."""

OTHERS = Fingerprint("others", "(other errors, since there are too many to tell apart)")

_SLICE_S = 0.006
"""How long jobs are grouped before the loop is free for others."""


@dataclass(frozen=True, slots=True)
class Step:
    """How far it is: failed jobs `examined` of `total`; among these `missing`, ids in the state without a job, and
    `unread`, with a field too large to be looked into. `over` says that all were looked at."""

    examined: int = 0
    total: int = 0
    missing: int = 0
    unread: int = 0
    over: bool = False
    where: QueueRef | None = None


class Grouping:
    """Groups the failed jobs of `refs`, those that failed at most `since_ms` ago, the newest of each queue first.
    `compare_ms` is the span of which the last is compared with the one before; both end when this was made. With
    `until_ms` (epoch ms) all of this is counted from there, and what failed since is left out. `expected`
    is how many failed jobs queues are known to have, so that the total is known before all were looked at. `problems`
    are sentences about servers that went away while others are left, and about those that are `away` with their
    queues before anything is read, with the reason of each."""

    def __init__(
        self,
        finder: Finder,
        clock: Clock,
        refs: Sequence[QueueRef],
        *,
        since_ms: int | None = None,
        until_ms: int | None = None,
        compare_ms: int = HOUR_MS,
        expected: Mapping[QueueRef, int] | None = None,
        away: Mapping[str, str] | None = None,
    ) -> None:
        self._finder = finder
        self._clock = clock
        self._waiting = list(dict.fromkeys(refs))
        self.problems: list[str] = []
        self._apart = Apart([*self._waiting, *(expected or ())], self.problems, away or {})
        self._groups: dict[str, ErrorGroup] = {}
        self.now_ms = clock.now_ms() if until_ms is None else until_ms
        self.compare_ms = compare_ms
        self._low = None if since_ms is None else float(self.now_ms - since_ms)
        self._high = None if until_ms is None else float(until_ms - 1)
        self._spot = Spot()
        self._totals = dict(expected or {})
        self._found: deque[Candidate] = deque()
        self._kept = 0
        self.progress = Step(total=sum(self._totals.values()), over=not self._waiting)

    def groups(self, order: Order = Order.COUNT) -> list[ErrorGroup]:
        """The groups so far. They grow while steps are taken."""
        return ordered(self._groups.values(), order)

    def group(self, key: str) -> ErrorGroup | None:
        """The group of this key, if there is one so far."""
        return self._groups.get(key)

    async def steps(self) -> AsyncGenerator[Step, None]:
        """Reads on and tells how far it is, a few hundred jobs at a time. Whoever leaves this may come again: it goes
        on behind the last step. Raises a `BulltuiError` when the server does not answer; one can go on after that too.
        """
        await self._take()  # what was left where the last round ended
        look: asyncio.Task[Look] | None = None
        try:
            while self._waiting:
                ref = self._waiting[0]
                try:
                    seen = await (look or self._look(ref, self._spot))
                except BulltuiError as error:
                    if not self._apart.goes_on(error, ref.server):
                        raise
                    look = None
                    self._leave_out(ref.server)
                    yield self.progress
                    continue
                # The server reads on while these are grouped.
                look = self._look(ref, seen.spot) if seen.spot else None
                self._note(ref, seen)
                await asyncio.sleep(0)  # the question goes out first
                await self._take()
                yield self.progress
        finally:
            if look is not None:
                look.cancel()
                await asyncio.gather(look, return_exceptions=True)

    def _leave_out(self, server: str) -> None:
        self._waiting = [ref for ref in self._waiting if ref.server != server]
        self._spot = Spot()
        self.progress = replace(self.progress, over=not self._waiting)

    def _look(self, ref: QueueRef, spot: Spot) -> "asyncio.Task[Look]":
        probe = Probe(ref, JobState.FAILED, wants=WANTS, low=self._low, high=self._high, spot=spot)
        return asyncio.create_task(self._finder.look(probe))

    def _note(self, ref: QueueRef, seen: Look) -> None:
        before = self.progress
        self._found.extend(job for job in seen.found if job.raw)
        self._totals[ref] = seen.total
        if seen.spot is None:
            self._waiting.pop(0)
        self._spot = seen.spot or Spot()
        examined = before.examined + seen.examined
        self.progress = Step(
            examined=examined,
            total=max(examined, sum(self._totals.values())),
            missing=before.missing + sum(not job.raw for job in seen.found),
            unread=before.unread + len(seen.unread),
            over=not self._waiting,
            where=ref,
        )

    async def _take(self) -> None:
        until = self._clock.monotonic() + _SLICE_S
        while self._found:
            self._add(self._found.popleft())
            if self._clock.monotonic() > until:
                await asyncio.sleep(0)
                until = self._clock.monotonic() + _SLICE_S

    def _add(self, job: Candidate) -> None:
        reason, name = text(job, "failedReason"), text(job, "name")
        mark = fingerprint(reason, text(job, "stacktrace"))
        group = self._groups.get(mark.key)
        if group is None:
            if len(self._groups) >= MOST_GROUPS:
                mark = OTHERS
            group = self._groups.setdefault(mark.key, ErrorGroup(mark))
        group.count += 1
        self._date(group, job, reason)
        if name not in group.names and len(group.names) >= MOST_NAMES:
            name = OTHER_NAMES
        group.names[name] = group.names.get(name, 0) + 1
        group.queues[job.ref] = group.queues.get(job.ref, 0) + 1
        if self._kept < MOST_IDS:
            self._kept += 1
            group.kept += 1
            group.ids.setdefault(job.ref, []).append(job.id)

    def _date(self, group: ErrorGroup, job: Candidate, reason: str) -> None:
        """Counts the job for the span it failed in, and keeps the newest as the sample."""
        at = at_of(job)
        if group.sample_ref is None or (at is not None and at > (group.last_at or 0)):
            group.sample, group.sample_id, group.sample_ref = reason, job.id, job.ref
        if at is None:
            return
        group.first_at = at if group.first_at is None else min(at, group.first_at)
        group.last_at = at if group.last_at is None else max(at, group.last_at)
        spans = (self.now_ms - at) // self.compare_ms
        if spans <= 0:
            group.last_hour += 1
        elif spans == 1:
            group.hour_before += 1


async def members(
    finder: Finder, clock: Clock, refs: Sequence[QueueRef], key: str, *, since_ms: int | None = None
) -> AsyncGenerator[tuple[int, Sequence[Candidate]], None]:
    """The failed jobs of the fingerprint `key`, the newest of each queue first, by looking at all failed jobs anew: for
    a group whose ids were too many to be kept. With them comes how many more were examined. Raises a `BulltuiError`
    when the server does not answer."""
    low = None if since_ms is None else float(clock.now_ms() - since_ms)
    for ref in refs:
        spot: Spot | None = Spot()
        while spot is not None:
            seen = await finder.look(Probe(ref, JobState.FAILED, wants=WANTS, low=low, spot=spot, limit=200))
            yield seen.examined, [job for job in seen.found if job.raw and mark_of(job).key == key]
            spot = seen.spot


def mark_of(job: Candidate) -> Fingerprint:
    """The fingerprint of a failed job that was read with WANTS."""
    return fingerprint(text(job, "failedReason"), text(job, "stacktrace"))


def text(job: Candidate, name: str) -> str:
    """A field of a job that was found, empty where it has none."""
    field = job.raw.get(name)
    return field.text if field else ""


def at_of(job: Candidate) -> int | None:
    """When a failed job failed (epoch ms); None where its score is no time."""
    return int(job.score) if job.score is not None and isfinite(job.score) else None
