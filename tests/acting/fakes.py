"""A store in memory with the rules that the runner relies on, and a clock that only moves when it is waited for."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field

from bulltui.domain import actions
from bulltui.domain.errors import BulltuiError, NotAllowedError
from bulltui.domain.layout import Layout, LayoutVerdict
from bulltui.domain.orders import Answer, Cursor, IdPage, Item, Order, Sweep
from bulltui.domain.outcome import Reason
from bulltui.domain.queue import Counts, Queue, QueueRef
from bulltui.domain.record import SavedJob, SavedKey, SavedQueue
from bulltui.domain.states import LISTS, SUFFIX, JobState

Q = QueueRef("bull", "pay")
V5 = LayoutVerdict(Layout.V5)


class FakeClock:
    """Each wait moves it on at once."""

    def __init__(self) -> None:
        self.now = 1_800_000_000.0
        self.waits: list[float] = []

    def now_ms(self) -> int:
        return int(self.now * 1000)

    def monotonic(self) -> float:
        return self.now

    async def sleep(self, seconds: float) -> None:
        self.waits.append(seconds)
        self.now += seconds


@dataclass
class FakeQueue:
    """A queue: the ids of each state, the oldest first, and what each job holds."""

    jobs: dict[JobState, list[str]] = field(default_factory=dict)
    data: dict[str, str] = field(default_factory=dict)
    layout: LayoutVerdict = V5
    paused: bool = False
    locked: set[str] = field(default_factory=set)

    def state_of(self, job_id: str) -> JobState | None:
        return next((state for state, ids in self.jobs.items() if job_id in ids), None)

    def fill(self, state: JobState, count: int, prefix: str = "") -> list[str]:
        ids = [f"{prefix}{number}" for number in range(count)]
        self.jobs.setdefault(state, []).extend(ids)
        self.data.update(dict.fromkeys(ids, "{}"))
        return ids


Fault = Callable[["FakeActor", Order, Sequence[Item]], Answer | None]
"""What happens in place of a call, or before it where it answers nothing."""


class FakeActor:
    """Keeps what it was asked in `calls`. `faults` are for the next calls of `act`, one each."""

    def __init__(self, queues: Mapping[QueueRef, FakeQueue]) -> None:
        self.queues = dict(queues)
        self.calls: list[tuple[str, int]] = []
        self.orders: list[Order] = []
        self.faults: list[Fault | None] = []
        self.most = 1_000  # items that a call comes to
        self.save_error: BulltuiError | None = None
        self.ahead_ms = 0
        self.clock: FakeClock | None = None

    def one(self, ref: QueueRef = Q) -> FakeQueue:
        return self.queues[ref]

    # --- reads

    async def now_ms(self) -> int:
        if self.clock is None:
            raise NotAllowedError("no TIME")
        return self.clock.now_ms() + self.ahead_ms

    async def queue(self, ref: QueueRef) -> Queue | None:
        found = self.queues.get(ref)
        if found is None:
            return None
        names = {state.value.replace("-", "_"): len(ids) for state, ids in found.jobs.items()}
        return Queue(ref, Counts(**names), found.layout, paused=found.paused)

    async def ids(
        self, ref: QueueRef, state: JobState, cursor: Cursor, limit: int, *, until_ms: int | None = None
    ) -> IdPage:
        self.calls.append(("ids", limit))
        ids = self.one(ref).jobs.get(state, [])
        if state in LISTS:
            page = tuple(ids[cursor.kept : cursor.kept + limit])
            return IdPage(page, Cursor(kept=cursor.kept) if len(page) == limit else None)
        behind = [one for one in ids if not cursor.member or int(one) > int(cursor.member)]
        page = tuple(one for one in behind[:limit] if until_ms is None or int(one) <= until_ms)
        return IdPage(page, Cursor("0", page[-1]) if len(page) == limit else None)

    async def save(self, ref: QueueRef, job_ids: Sequence[str]) -> list[SavedJob]:
        self.calls.append(("save", len(job_ids)))
        if self.save_error is not None:
            raise self.save_error
        return [self.saved(ref, job_id) for job_id in job_ids]

    def saved(self, ref: QueueRef, job_id: str) -> SavedJob:
        queue = self.one(ref)
        state = queue.state_of(job_id)
        if job_id not in queue.data:
            return SavedJob(ref, job_id, SUFFIX[state] if state else "")
        key = SavedKey(f"{ref.key}:{job_id}", "hash", (("data", queue.data[job_id]),))
        where = SUFFIX[state] if state else ""
        return SavedJob(ref, job_id, where, keys=(key,), digest=f"{where}/{queue.data[job_id]}")

    async def family(self, ref: QueueRef, job_id: str, *, pending_only: bool) -> list[SavedJob]:
        return []

    async def save_queue(self, order: Order, items: Sequence[Item]) -> SavedQueue:
        self.calls.append(("save_queue", len(items)))
        paused = (("paused", "1"),) if self.one(order.ref).paused else ()
        meta = SavedKey(f"{order.ref.key}:meta", "hash", (("version", "bullmq:5.0.0"), *paused))
        return SavedQueue(order.ref, (meta,))

    # --- changes

    async def act(self, order: Order, items: Sequence[Item] = ()) -> Answer:
        self.calls.append(("act", len(items)))
        self.orders.append(order)
        fault = self.faults.pop(0) if self.faults else None
        answer = fault(self, order, items) if fault is not None else None
        return answer if answer is not None else self.done(order, items)

    async def sweep(self, order: Order, cursor: Cursor, limit: int) -> Sweep:
        if not limit:
            return Sweep(0, (), None, len(self.one(order.ref).jobs.get(order.state or JobState.FAILED, [])))
        page = await self.ids(order.ref, order.state or JobState.FAILED, cursor, limit, until_ms=order.not_after_ms)
        answer = await self.act(order, [Item(one) for one in page.ids])
        left = tuple((one, why) for one, why in zip(page.ids, answer.statuses, strict=False) if why is not None)
        come_to = len(answer.statuses)
        on = page.cursor if come_to == len(page.ids) else Cursor("0", page.ids[come_to - 1])
        remaining = len(self.one(order.ref).jobs.get(order.state or JobState.FAILED, []))
        return Sweep(come_to - len(left), left, on, remaining)

    def done(self, order: Order, items: Sequence[Item]) -> Answer:
        """Carries it out."""
        queue = self.one(order.ref)
        if not items:
            return self._on_queue(queue, order)
        statuses: list[Reason | None] = []
        digests: list[str] = []
        for item in items[: self.most]:
            status = self._why_not(queue, order, item)
            if status is None:
                self._change(queue, order, item.id)
                digests.append(self.saved(order.ref, item.id).digest if item.id in queue.data else "")
            statuses.append(status)
        keeps = isinstance(order.action, actions.UpdateData)
        return Answer(tuple(statuses), digests=tuple(digests) if keeps else ())

    def _on_queue(self, queue: FakeQueue, order: Order) -> Answer:
        before = {"paused": "1" if queue.paused else ""}
        if isinstance(order.action, actions.Obliterate):
            del self.queues[order.ref]
            return Answer((None,))
        queue.paused = isinstance(order.action, actions.Pause)
        after = {"paused": "1" if queue.paused else ""}
        return Answer((None if before != after else Reason.ALREADY,), before=before, after=after)

    def _why_not(self, queue: FakeQueue, order: Order, item: Item) -> Reason | None:
        state = queue.state_of(item.id)
        if state is None and item.id not in queue.data:
            return Reason.MISSING
        if item.id in queue.locked:
            return Reason.LOCKED
        if order.state is not None and state is not order.state:
            return Reason.STATE
        if item.digest and item.digest != self.saved(order.ref, item.id).digest:
            return Reason.CHANGED
        return None

    def _change(self, queue: FakeQueue, order: Order, job_id: str) -> None:
        match order.action:
            case actions.Retry():
                self.move(queue, job_id, JobState.WAITING)
            case actions.UpdateData() as update:
                queue.data[job_id] = update.data
            case _:
                self.move(queue, job_id, None)
                queue.data.pop(job_id, None)

    def move(self, queue: FakeQueue, job_id: str, state: JobState | None) -> None:
        for ids in queue.jobs.values():
            if job_id in ids:
                ids.remove(job_id)
        if state is not None:
            queue.jobs.setdefault(state, []).append(job_id)

    async def restore(
        self, layout: Layout, jobs: Sequence[SavedJob], over: Mapping[tuple[QueueRef, str], str], now_ms: int
    ) -> Answer:
        self.calls.append(("restore", len(jobs)))
        statuses: list[Reason | None] = []
        for job in jobs:
            queue = self.one(job.ref)
            if job.id in queue.data and self.saved(job.ref, job.id).digest != over.get((job.ref, job.id)):
                statuses.append(Reason.EXISTS)
                continue
            state = next(state for state, suffix in SUFFIX.items() if suffix == job.state)
            self.move(queue, job.id, state)
            queue.data[job.id] = dict(job.keys[0].value)["data"]  # type: ignore[arg-type]
            statuses.append(None)
        return Answer(tuple(statuses))

    async def restore_queue(self, layout: Layout | None, saved: SavedQueue, now_ms: int, saved_at_ms: int) -> Answer:
        self.calls.append(("restore_queue", len(saved.keys)))
        self.queues.setdefault(saved.ref, FakeQueue(paused=("paused", "1") in saved.keys[0].value))
        return Answer((None,) * len(saved.keys))
