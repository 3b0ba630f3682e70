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
from bulltui.services.watch.eyes import Eyes
from bulltui.services.watch.gathered import Gathered, Steps
from bulltui.services.watch.observer import Observer
from bulltui.services.watch.past import Past
from bulltui.services.watch.protocols import STEP_MS, HistoryStore
from bulltui.services.watch.standing import Stands, stand_of
from bulltui.services.watch.tail import Tail, written
from bulltui.services.watch.totals import Totals
from bulltui.services.watch.windows import Windows

GRACE_MS = 1_000
"""A step is closed so long after its end: what is under way then still comes in time for it."""

KNOWN_MS = 60_000
"""A queue that was not read again stands as it did, as long as any refresh went well within this time."""

MINUTE_MS = 60_000
REMEMBERED_MS = 3_600_000

NO_STAND = Stand()

BREATH = 50
"""So many queues are made points of before keys have their turn."""

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
        self._steps = Steps()
        self._stands = Stands()
        self._asking = Asking(past, clock)
        self._observer = self._new_observer()
        self.recent = Windows(clock, self._live)
        self._tail = Tail()
        self._rows: dict[QueueRef, QueueRow] = {}
        self._taken_at = 0
        self._offline = True
        self._seen = asyncio.Event()
        self._eyes: Eyes | None = None
        self._following: asyncio.Task[None] | None = None
        self._closing: asyncio.Task[None] | None = None
        self._state: tuple[bool, bool] | None = None
        self._placed: dict[QueueRef, str] = {}
        self._totals_from = clock.now_ms()
        self._learned_ms = 0
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

    # --- what is read

    def tell(self, snapshot: Snapshot) -> None:
        """See Listener."""
        self._offline = snapshot.health.link is Link.OFFLINE
        self._taken_at = snapshot.taken_at
        known = self._rows
        for row in snapshot.rows:
            old = known.get(row.ref)
            if old is row:
                continue
            known[row.ref] = row
            if old is None or old.queue is not row.queue:
                at_ms = row.read_at or snapshot.taken_at
                self._stands.look(row.ref, stand_of(row, at_ms), at_ms)
                if not self._learns:
                    self._observer.read(row.queue, at_ms, followed=self._follows(row.ref))
        if len(known) > len(snapshot.rows):
            self._forget(known.keys() - {row.ref for row in snapshot.rows})
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

    def _follows(self, ref: QueueRef) -> bool:
        return self._eyes is not None and self._eyes.follows(ref)

    def _live(self, ref: QueueRef, since_ms: int) -> Iterable[Point]:
        return (found.point(at) for at, found in self._steps.pending(ref, since_ms))

    # --- the loop

    async def run(self) -> None:
        """See Listener."""
        await self._seen.wait()
        self._state = None
        async with asyncio.TaskGroup() as tasks:
            asking = tasks.create_task(self._asking.run())
            try:
                await self._loop()
            finally:
                asking.cancel()
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
            if self._eyes is not None:
                self._eyes.watch(list(self._rows))
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
        self._tail.clear()
        self._steps = Steps()
        self._observer = self._new_observer()
        self._state = (leads, follows)
        self._totals_from = self._clock.now_ms()
        await self._remember()
        cursors, last_ms = await self._where() if leads else ({}, None)
        self._placed = cursors
        if follows and self._source is not None:
            self._eyes = Eyes(self._source, self._clock, self._observer)
            self._eyes.watch(list(self._rows))
            self._following = asyncio.create_task(self._eyes.run(cursors, last_ms))

    def _new_observer(self) -> Observer:
        return Observer(self._steps, self._asking, self._totals.job_counts, self._clock.now_ms())

    async def _stop_following(self) -> None:
        self._eyes, following, self._following = None, self._following, None
        if following is not None:
            following.cancel()
            await asyncio.wait((following,))

    # --- what is there already

    async def _where(self) -> tuple[dict[QueueRef, str], int | None]:
        """How far events were read, and the end of what is written."""
        if self._store is None:
            return {}, None
        try:
            cursors = await self._store.cursors()
        except BulltuiError as error:
            self._problem = f"{error.message} {error.hint}".strip()
            return {}, None
        label = self._label
        return {replace(ref, server=label): place for ref, place in cursors.items()}, await self._last_ms()

    async def _last_ms(self) -> int | None:
        """The end of what is written, None of nothing."""
        try:
            return (await self._store.state()).last_ms if self._store is not None else None
        except BulltuiError as error:
            self._problem = f"{error.message} {error.hint}".strip()
            return None

    @property
    def _label(self) -> str:
        return next(iter(self._rows)).server if self._rows else ""

    async def _remember(self) -> None:
        """The last hour as it is written, minute by minute, so that a restart forgets nothing."""
        self.recent.clear()
        now = self._clock.now_ms()
        start = now - now % MINUTE_MS - REMEMBERED_MS
        self._learned_ms = now // STEP_MS * STEP_MS
        last_ms = await self._last_ms()
        if last_ms is None or last_ms < start:
            return
        while start + MINUTE_MS <= now:
            await self._learn(start, MINUTE_MS)
            start += MINUTE_MS
        self._learned_ms = start
        await self._learn_on(now // STEP_MS * STEP_MS + self.leads * STEP_MS)

    async def _learn_on(self, until_ms: int) -> None:
        """Somebody else writes: what they saw since is ours too."""
        while self._learned_ms < until_ms:
            start_ms, self._learned_ms = self._learned_ms, self._learned_ms + STEP_MS
            for ref, point in (await self._learn(start_ms, STEP_MS)).items():
                if start_ms >= self._totals_from and point.flow:
                    self._totals.moved(ref, point.flow)

    async def _learn(self, start_ms: int, width_ms: int) -> dict[QueueRef, Point]:
        """What is written of a span. Since we began we see for ourselves how queues stand."""
        if self._store is None:
            return {}
        try:
            found = await self._store.each(start_ms, start_ms + width_ms, timings=True)
        except BulltuiError as error:
            self._problem = f"{error.message} {error.hint}".strip()
            return {}
        label, points = self._label, {}
        for bare, one in found.items():
            if (ref := replace(bare, server=label)) in self._rows:
                ours = start_ms >= self._totals_from and not self.leads
                points[ref] = replace(one, at_ms=start_ms, stand=NO_STAND if ours else one.stand)
        await self._show(points, start_ms, width_ms)
        return points

    # --- steps that are over

    async def _close(self, until_ms: int | None) -> None:
        """Makes points of the steps that ended by then (None: of all, ended or not) and writes them."""
        now = self._clock.now_ms()
        eyes = self._eyes
        self._observer.settle(eyes.settled_ms if eyes else 0, self._follows, now)
        last = (now if until_ms is None else until_ms - STEP_MS) // STEP_MS * STEP_MS
        taken = {at: self._steps.take(at) for at in self._steps.over(until_ms)}
        pending, settled = self._steps.refs, eyes.settled if eyes else {}
        quiet = {ref: at for ref, at in settled.items() if ref not in pending and self._placed.get(ref) != at}
        known = not self._offline and self._taken_at > last + STEP_MS - KNOWN_MS
        stands = self._stands.take(last, known=known)
        self._placed |= quiet
        ends = sorted({*taken, last})
        for at in ends:
            step = taken.get(at, {})
            points = await self._points(at, step, stands if at == last else {})
            await self._show(points, at, STEP_MS)
            if self.leads and self._store is not None:
                places = {ref: found.cursor for ref, found in step.items() if found.cursor}
                self._tail.add(written(at, points, step, places | quiet if at == ends[-1] else places))
        if self.leads and self._store is not None:
            await self._tail.write(self._store)
        elif self._learns and until_ms is not None:
            await self._learn_on(last)

    async def _points(
        self, at_ms: int, step: Mapping[QueueRef, Gathered], stands: Mapping[QueueRef, Stand]
    ) -> dict[QueueRef, Point]:
        points: dict[QueueRef, Point] = {}
        for number, ref in enumerate(dict.fromkeys((*step, *stands))):
            if number % BREATH == BREATH - 1:
                await asyncio.sleep(0)
            stand, found = stands.get(ref, NO_STAND), step.get(ref)
            points[ref] = Point(at_ms, stand) if found is None else found.point(at_ms, stand)
            if found is not None and at_ms + STEP_MS > self._totals_from and (flow := points[ref].flow):
                self._totals.moved(ref, flow)
        return points

    async def _show(self, points: Mapping[QueueRef, Point], at_ms: int, width_ms: int) -> None:
        """The recent past has these too, each by itself and all together."""
        parts: list[Point] = []
        some: list[Point] = []
        for ref, point in points.items():
            if ref in self._rows:
                self.recent.add(ref, point, width_ms)
            some.append(point)
            if len(some) == BREATH:
                parts.append(beside(some, at_ms))
                some.clear()
                await asyncio.sleep(0)
        if some or parts:
            self.recent.add(None, beside((*parts, *some), at_ms), width_ms)
