"""Records what goes on: each step of ten seconds becomes points of the history, of the recent past and of the counters.

Whoever leads follows the events of all queues and writes; the cursors of a step are written with it, in one go, so that
whoever leads next goes on behind what is written, and each event is counted once, in the step of its own time. All
others read what the leader wrote. Times are those of this machine; the server's are shifted where its clock is off.
"""

import asyncio
import contextlib
from collections.abc import Iterable, Mapping
from dataclasses import replace

from bulltui.domain.errors import BulltuiError
from bulltui.domain.point import Point, Stand, beside
from bulltui.domain.queue import QueueRef
from bulltui.domain.snapshot import Link, QueueRow, Snapshot
from bulltui.services.following import EventSource
from bulltui.services.protocols import Clock
from bulltui.services.watch.asking import Asking
from bulltui.services.watch.backfill import Backfill
from bulltui.services.watch.eyes import Eyes
from bulltui.services.watch.gathered import Gathered, Steps, points_of, step_of
from bulltui.services.watch.observer import Observer
from bulltui.services.watch.past import Past
from bulltui.services.watch.protocols import STEP_MS, HistoryStore
from bulltui.services.watch.remembering import Remembering
from bulltui.services.watch.slices import Slices
from bulltui.services.watch.standing import Stands, stand_of
from bulltui.services.watch.tail import Tail, bare, written
from bulltui.services.watch.totals import Totals
from bulltui.services.watch.windows import Windows

GRACE_MS = 1_000
"""A step is closed so long after its end: what is under way then still comes in time for it."""

KNOWN_MS = 60_000
"""A queue that was not read again stands as it did, as long as any refresh went well within this time."""

SINCE_MS = 3_600_000
"""Where nothing is written yet, no events are read that are older than this."""

MINUTE_MS = 60_000

FILL_S = 5.0
"""How often it is looked whether there are queues whose past is to be filled."""

NO_STAND = Stand()

TOGETHER = 20
"""So many queues are put together in one go."""

WRITE_S = 0.6
"""How long what is left may take at the end."""


class Recorder:
    """See `protocols.Listener`. Without a `source` no events are followed and flows follow from counts; without a
    `store` nothing is kept beyond the last hour. `always`: events are followed whoever leads, for the counters."""

    def __init__(
        self,
        clock: Clock,
        past: Past,
        totals: Totals,
        *,
        store: HistoryStore | None = None,
        source: EventSource | None = None,
        always: bool = False,
    ) -> None:
        self._clock = clock
        self._totals = totals
        self._store = store
        self._source = source
        self._always = always
        self._past = past
        self._rows: dict[QueueRef, QueueRow] = {}
        self._steps = Steps()
        self._since_ms = self._totals_from = self._jobs_from = clock.now_ms()
        self._stands = Stands()
        self._asking = Asking(past, clock)
        self._observer = self._new_observer()
        self.recent = Windows(clock, self._pending)
        self._written = Remembering(store, clock, self._rows.keys(), self._show) if store is not None else None
        self._tail = Tail()
        self._backfill = Backfill(past, clock)
        self._filled_until_ms = 0
        self._told: tuple[QueueRow, ...] = ()
        self._taken_at = 0
        self._offline = True
        self._seen = asyncio.Event()
        self._eyes: Eyes | None = None
        self._following: asyncio.Task[None] | None = None
        self._closing: asyncio.Task[None] | None = None
        self._state: tuple[bool, bool] | None = None
        self._placed: dict[QueueRef, str] = {}
        self._counts = False
        self._problem = ""

    @property
    def problems(self) -> tuple[str, ...]:
        """Sentences about what cannot be recorded now."""
        eyes = self._eyes.problems if self._eyes is not None else ()
        return tuple(one for one in (self._problem, self._tail.problem, *eyes) if one)

    @property
    def leads(self) -> bool:
        """Whether this process writes the history."""
        return self._state is not None and self._state[0]

    @property
    def counted_until_ms(self) -> int:
        """All events up to this time (epoch ms) are counted; 0 while that is not known."""
        return self._eyes.settled_ms if self._eyes is not None else 0

    # --- what is read

    def tell(self, snapshot: Snapshot) -> None:
        """See Listener."""
        self._offline = snapshot.health.link is Link.OFFLINE
        self._taken_at = snapshot.taken_at
        known, before = self._rows, len(self._rows)
        same = len(self._told) == len(snapshot.rows)
        pairs = zip(self._told, snapshot.rows, strict=True) if same else ((None, row) for row in snapshot.rows)
        for told, row in pairs:
            if told is row:
                continue
            old = known.get(row.ref)
            known[row.ref] = row
            if old is None or old.queue is not row.queue:
                at_ms = row.read_at or snapshot.taken_at
                self._stands.look(row.ref, stand_of(row, at_ms), at_ms)
                if not self._learns:
                    self._observer.read(row.queue, at_ms, self._settled_ms(row.ref))
        self._told = snapshot.rows
        if len(known) > len(snapshot.rows):
            before = -1
            self._forget(known.keys() - {row.ref for row in snapshot.rows})
        if len(known) != before and self._eyes is not None:
            self._eyes.watch(known)
        if self._always and not self._learns:  # counters that moved once in ten seconds would make poor rates
            self._totals.moving(self._steps.flows(self._totals_from))
        if snapshot.rows:
            self._seen.set()

    def _forget(self, gone: Iterable[QueueRef]) -> None:
        for ref in gone:
            del self._rows[ref]
            self._observer.forget(ref)
            self._stands.forget(ref)
            self.recent.forget(ref)
        self._totals.keep(self._rows.keys())

    @property
    def _learns(self) -> bool:
        """Whether what moves is read from what another process writes."""
        return self._store is not None and self._state == (False, False)

    def _settled_ms(self, ref: QueueRef) -> int | None:
        """All events of a queue up to then were taken, None where nobody sees them."""
        eyes = self._eyes
        return eyes.settled_ms if eyes is not None and eyes.follows(ref) else None

    def _pending(self, ref: QueueRef, since_ms: int) -> Iterable[tuple[int, Gathered]]:
        return self._steps.pending(ref, since_ms)

    # --- the loop

    async def run(self) -> None:
        """See Listener."""
        # The first queue may be found long after it began, and what happened meanwhile is in its events.
        self._since_ms = self._clock.now_ms()
        await self._seen.wait()
        self._state = None
        async with asyncio.TaskGroup() as tasks:
            others = [tasks.create_task(self._asking.run()), tasks.create_task(self._fill())]
            try:
                await self._loop()
            finally:
                for task in others:
                    task.cancel()
                await self._stop_following()
                await self._end()

    async def _end(self) -> None:
        """Writes what is left. What cannot be written in time is read again by whoever leads next."""
        if self._closing is not None and not self._closing.done():
            await asyncio.wait((self._closing,), timeout=WRITE_S)
        if self._state is not None and (self._closing is None or self._closing.done()):
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(WRITE_S):
                    await self._close(None)

    async def _loop(self) -> None:
        await self._take_lead()
        while True:
            now = self._clock.now_ms()
            end = (now - GRACE_MS) // STEP_MS * STEP_MS + STEP_MS
            await self._clock.sleep((end + GRACE_MS - now) / 1000)
            end = (self._clock.now_ms() - GRACE_MS) // STEP_MS * STEP_MS
            # Ended in the middle, a step would be in nobody's hands while later ones are written.
            self._closing = asyncio.create_task(self._close(end))
            await asyncio.shield(self._closing)
            await self._take_lead()

    async def _take_lead(self) -> None:
        """Sees who leads, and follows events where that is ours to do."""
        leads, self._problem = self._store is None, ""
        if self._store is not None:
            try:
                leads = await self._store.lead()
            except BulltuiError as error:
                self._problem = f"{error.message} {error.hint}".strip()
        # Where it cannot be known who leads, the recent past is watched all the same.
        follows = self._source is not None and (leads or self._always or bool(self._problem))
        if (leads, follows) == self._state:
            if self._following is not None and self._following.done():
                self._following.result()  # a fault of ours: whoever keeps this part going begins anew
            return
        await self._stop_following()
        self._eyes = None
        self._tail.clear()
        self._totals.begin_anew()
        now = self._clock.now_ms()
        since_ms = max(self._since_ms, now - SINCE_MS)
        # What came before the first queue was found was counted by nobody. What came before another turn is counted,
        # but for flows of the running step, which is seen again from its beginning.
        self._jobs_from = now if self._counts else since_ms
        self._totals_from = step_of(now) if self._counts else since_ms
        self._steps = Steps(self._totals_from)
        self._observer = self._new_observer()
        self._state = (leads, follows)
        cursors: dict[QueueRef, str] = {}
        last_ms = None
        self.recent.clear()
        if self._written is not None and not self._problem:
            try:
                last_ms = await self._written.remember(self._label, now, leads=leads)
                cursors = await self._written.cursors(self._label) if leads else {}
            except BulltuiError as error:
                self._problem = f"{error.message} {error.hint}".strip()
                self._state = None  # nobody knows where to go on: once more at the next step
                return
        self._counts = True
        self._placed = cursors
        self._backfill.skip(bare(ref) for ref in cursors)
        if last_ms is not None:
            since_ms = last_ms
        elif not follows:
            since_ms = now
        elif leads and self._store is not None:
            # What queues tell of before goes to the end of a minute; what came since is still in their events.
            since_ms -= since_ms % MINUTE_MS
        self._filled_until_ms = since_ms
        if follows and self._source is not None:
            self._eyes = Eyes(self._source, self._clock, self._observer)
            busy = [row.ref for row in self._rows.values() if row.queue.counts.pending]
            self._eyes.watch(self._rows, busy)
            self._following = asyncio.create_task(self._eyes.run(cursors, since_ms))
        if not self._learns:
            for row in self._rows.values():
                self._observer.read(row.queue, row.read_at or self._taken_at, self._settled_ms(row.ref))

    def _new_observer(self) -> Observer:
        return Observer(self._steps, self._asking, self._totals.job_counts, self._jobs_from)

    async def _stop_following(self) -> None:
        following, self._following = self._following, None
        if following is not None:
            following.cancel()
            await asyncio.wait((following,))

    # --- what is there already

    @property
    def _label(self) -> str:
        return next(iter(self._rows)).server if self._rows else ""

    async def _learn_on(self, until_ms: int) -> None:
        """Somebody else writes: what they saw is ours too. How queues stand we see for ourselves."""
        if self._written is None:
            return
        for start_ms, points in await self._written.learn_on(until_ms):
            self._totals.settle(start_ms, {ref: point.flow for ref, point in points.items() if point.flow})
            await self._show({ref: replace(one, stand=NO_STAND) for ref, one in points.items()}, start_ms, STEP_MS)

    async def _fill(self) -> None:
        """What queues tell of the time before they are seen for the first time."""
        while True:
            await self._clock.sleep(FILL_S)
            if self.leads and self._store is not None and self._filled_until_ms:
                fresh = [row.queue for ref, row in self._rows.items() if self._backfill.lacks(bare(ref))]
                queues = [replace(queue, ref=bare(queue.ref)) for queue in fresh]
                with contextlib.suppress(BulltuiError):  # a history that cannot be written is told of elsewhere
                    await self._backfill.fill(queues, self._store, self._filled_until_ms)

    # --- steps that are over

    async def _close(self, until_ms: int | None) -> None:
        """Makes points of the steps that ended by then (None: of all, ended or not) and writes them."""
        now = self._clock.now_ms()
        eyes = self._eyes
        self._observer.settle(self._settled_ms, now)
        last = (now if until_ms is None else until_ms - STEP_MS) // STEP_MS * STEP_MS
        taken = {at: self._steps.take(at) for at in self._steps.over(until_ms)}
        for at, step in taken.items():
            if at >= self._totals_from:
                self._totals.settle(at, {ref: found.flow() for ref, found in step.items()})
        pending, settled = self._steps.refs, eyes.settled if eyes else {}
        quiet = {ref: at for ref, at in settled.items() if ref not in pending and self._placed.get(ref) != at}
        began = last + STEP_MS > self._totals_from
        known = began and not self._offline and self._taken_at > last + STEP_MS - KNOWN_MS
        stands = self._stands.take(last, known=known)
        self._placed |= quiet
        ends = sorted({*taken, last})
        for at in ends:
            step, start = taken.get(at, {}), step_of(at)
            points, names = await points_of(start, step, stands if at == last else {}, Slices(self._clock))
            await self._show(points, start, STEP_MS)
            if self.leads and self._store is not None:
                places = {ref: found.cursor for ref, found in step.items() if found.cursor}
                self._tail.add(written(start, points, names, places | quiet if at == ends[-1] else places))
        if self.leads and self._store is not None:
            await self._tail.write(self._store)
        elif self._learns and until_ms is not None:
            with contextlib.suppress(BulltuiError):  # who leads cannot be known either, which is told
                await self._learn_on(last)

    async def _show(self, points: Mapping[QueueRef, Point], at_ms: int, width_ms: int) -> None:
        """The recent past has these too, each by itself and all together."""
        slices = Slices(self._clock)
        parts: list[Point] = []
        some: list[Point] = []
        for ref, point in points.items():
            if ref in self._rows:
                self.recent.add(ref, point, width_ms)
            some.append(point)
            if len(some) == TOGETHER:
                parts.append(beside(some, at_ms))
                some.clear()
            await slices.turn()
        if some or parts:
            self.recent.add(None, beside((*parts, *some), at_ms), width_ms)
