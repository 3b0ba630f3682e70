"""Turns the events of queues into flows and durations, by step and by job name.

What BullMQ 3 to 6 write (the interop tests hold it against each): `added`, then `waiting`, `delayed` or
`waiting-children`; `active` for each attempt; `completed` or `failed` when a job has ended for good, and neither for
an attempt that will be followed by another. Such a one goes back with `delayed`, or with `waiting`, whose `prev` is
`failed` up to BullMQ 4 and `active` from 5 on. A job given back by a rate limit, or put off by itself, looks the same:
the hash has to tell. A stalled one has `stalled` right behind its `waiting`.
"""

from collections.abc import Callable, Iterable, Mapping
from functools import partial
from typing import NamedTuple

from bulltui.domain.event import Event, Gap, place
from bulltui.domain.job_times import JobTimes
from bulltui.domain.point import NAMES_A_QUEUE, OTHER_NAMES, UNKNOWN_NAME
from bulltui.domain.queue import Queue, QueueRef
from bulltui.services.watch.asking import Asks, Deaf
from bulltui.services.watch.gathered import Gathered, Steps
from bulltui.services.watch.in_flight import Flights, InFlight
from bulltui.services.watch.job_counts import COMPLETED, FAILED, JobCounts
from bulltui.services.watch.reckoning import Account, divided

HOUR_MS = 3_600_000
AHEAD_MS = 60_000
"""An id this far ahead of the server's clock is a stranger's, or that of a clock that was wrong: it counts as now."""

_TEXTS = 10_000


class _Of:
    """What is known of a queue while its events come."""

    __slots__ = ("account", "flights", "hour", "names", "ref")

    def __init__(self, ref: QueueRef, flights: Flights) -> None:
        self.ref = ref
        self.flights = flights
        self.account = Account()
        self.hour = 0
        self.names: dict[str, str] = {}

    def apart(self, name: str, at_ms: int) -> str:
        """The name as it is told apart in the hour of a moment."""
        found = self.names.get(name)
        hour = at_ms // HOUR_MS
        if found is None or hour > self.hour:
            if hour > self.hour:
                self.hour = hour
                self.names.clear()
            found = name if len(self.names) < NAMES_A_QUEUE else OTHER_NAMES
            if found is name:
                self.names[name] = name
        return found


class _End(NamedTuple):
    """How a job ended: times in ms, -1 for those that are not known."""

    result: str
    at_ms: int
    wait_ms: int
    run_ms: int


class Observer:
    """Takes events; what they add up to is in `steps`. Jobs that end from `since_ms` on are counted in `counts` too.
    Times are those of this machine; `shift_ms` is how far the server's clock is ahead of it."""

    def __init__(
        self, steps: Steps, asking: Asks, counts: JobCounts, since_ms: int, in_flight: InFlight | None = None
    ) -> None:
        self.in_flight = InFlight() if in_flight is None else in_flight
        self.shift_ms = 0
        self._steps = steps
        self._asking = asking
        self._counts = counts
        self._since_ms = since_ms
        self._queues: dict[QueueRef, _Of] = {}
        self._backs: dict[tuple[QueueRef, str], list[int]] = {}
        self._texts: dict[str, str] = {}

    def take(self, told: Iterable[object], now_ms: int) -> None:
        """Takes a handful; `now_ms` is the time now. What is neither an event nor a gap is passed over."""
        latest = now_ms + AHEAD_MS
        for one in told:
            if isinstance(one, Event):
                self._event(one, now_ms, latest)
            elif isinstance(one, Gap):
                self._gap(one)
        self.in_flight.bound()

    def recall(self, events: Iterable[Event], now_ms: int) -> None:
        """Takes events of before that are counted already: only which jobs are under way is learnt of them."""
        before = Observer(Steps(), Deaf(), JobCounts(), 0, self.in_flight)
        before.shift_ms = self.shift_ms
        before.take(events, now_ms)

    def read(self, queue: Queue, at_ms: int, settled_ms: int | None) -> None:
        """The queue was read at `at_ms`. All its events up to `settled_ms` were taken; None: nobody sees them."""
        of = self._of(queue.ref)
        of.account.read(queue, at_ms, followed=settled_ms is not None)
        self._settle(of, at_ms if settled_ms is None else settled_ms)

    def settle(self, settled_ms: Callable[[QueueRef], int | None], now_ms: int) -> None:
        """More events were taken: see `read`."""
        for of in self._queues.values():
            until_ms = settled_ms(of.ref)
            self._settle(of, now_ms if until_ms is None else until_ms)

    def _settle(self, of: _Of, until_ms: int) -> None:
        for found in of.account.settle(until_ms):
            for at_ms, flow in divided(found):
                self._steps.of(of.ref, at_ms).add(flow)

    def forget(self, ref: QueueRef) -> None:
        """The queue is gone."""
        self._queues.pop(ref, None)
        self.in_flight.drop(ref)

    # --- events

    def _of(self, ref: QueueRef) -> _Of:
        found = self._queues.get(ref)
        if found is None:
            found = self._queues[ref] = _Of(ref, self.in_flight.of(ref))
        return found

    def _gap(self, gap: Gap) -> None:
        start_ms, end_ms = place(gap.after)[0] - self.shift_ms, place(gap.before)[0] - self.shift_ms
        self._steps.of(gap.ref, end_ms).lost += max(1, gap.lost or 1)
        self._of(gap.ref).account.lose(start_ms, end_ms)

    def _event(self, event: Event, now_ms: int, latest_ms: int) -> None:
        at_ms = event.at_ms - self.shift_ms
        if at_ms > latest_ms:
            at_ms = now_ms
        step = self._steps.of(event.ref, at_ms)
        step.cursor = event.id
        take = _TAKEN.get(event.kind)
        if take is not None and event.job_id:
            take(self, self._of(event.ref), event, at_ms, step)

    def _text(self, text: str) -> str:
        """The same object for the same text."""
        if len(self._texts) >= _TEXTS:
            self._texts.clear()
        return self._texts.setdefault(text, text)

    def _added(self, of: _Of, event: Event, at_ms: int, step: Gathered) -> None:
        step.added += 1
        if (interval := of.account.interval(at_ms)) is not None:
            interval.added += 1
        of.flights.ready[event.job_id] = (self._text(event.fields.get("name", "")), at_ms)

    def _waiting(self, of: _Of, event: Event, at_ms: int, step: Gathered) -> None:
        job_id, prev = event.job_id, event.fields.get("prev", "")
        ready = of.flights.ready
        was = of.flights.active.pop(job_id, None)
        if was is not None or prev == "active":
            ready[job_id] = (was[0] if was else "", at_ms)
            if prev == "failed":
                self._retried(of, at_ms)
            elif prev == "active":
                self._went_back(of, job_id, at_ms)
            return
        known = ready.get(job_id)
        if known is None:
            ready[job_id] = ("", at_ms)
        elif prev == "delayed" and 0 < known[1] < at_ms:
            pass  # it could run since it was due, whenever somebody noticed
        elif known[1] != at_ms:
            ready[job_id] = (known[0], at_ms)

    def _delayed(self, of: _Of, event: Event, at_ms: int, step: Gathered) -> None:
        job_id, due = event.job_id, event.fields.get("delay", "")
        was = of.flights.active.pop(job_id, None)
        name = was[0] if was else of.flights.ready.get(job_id, ("", 0))[0]
        # Whoever runs it compares with another clock: before it was put off it could not run by any.
        due_ms = int(due) if due.isascii() and due.isdigit() and len(due) < 16 else 0
        of.flights.ready[job_id] = (name, max(at_ms, due_ms - self.shift_ms))
        if was is not None:
            self._went_back(of, job_id, at_ms)

    def _waiting_children(self, of: _Of, event: Event, at_ms: int, step: Gathered) -> None:
        was = of.flights.active.pop(event.job_id, None)
        name = was[0] if was else of.flights.ready.get(event.job_id, ("", 0))[0]
        of.flights.ready[event.job_id] = (name, 0)

    def _active(self, of: _Of, event: Event, at_ms: int, step: Gathered) -> None:
        job_id = event.job_id
        step.started += 1
        if (interval := of.account.interval(at_ms)) is not None:
            interval.started += 1
        name, since_ms = of.flights.ready.pop(job_id, ("", 0))
        wait_ms = max(0, at_ms - since_ms) if since_ms else -1
        of.flights.active[job_id] = (name, at_ms, wait_ms)
        if name:
            if wait_ms >= 0:
                step.named(of.apart(name, at_ms)).wait.add(wait_ms)
        else:
            self._asking.ask(of.ref, job_id, partial(self._learn_start, of, job_id, at_ms, wait_ms))

    def _ended(self, of: _Of, event: Event, at_ms: int, step: Gathered) -> None:
        job_id, result = event.job_id, event.kind
        interval = of.account.interval(at_ms)
        if result == COMPLETED:
            step.completed += 1
            if interval is not None:
                interval.completed += 1
        else:
            step.failed += 1
            if interval is not None:
                interval.failed += 1
        was = of.flights.active.pop(job_id, None)
        if was is not None:
            name, started_ms, wait_ms = was
            run_ms = max(0, at_ms - started_ms)
        else:
            name = of.flights.ready.pop(job_id, ("", 0))[0]
            run_ms = wait_ms = -1
        end = _End(result, at_ms, wait_ms, run_ms)
        if name:
            self._count_end(of, step, of.apart(name, at_ms), end)
        else:
            self._asking.ask(of.ref, job_id, partial(self._learn_end, of, end))

    def _stalled(self, of: _Of, event: Event, at_ms: int, step: Gathered) -> None:
        step.stalled += 1
        self._settle_back(of, event.job_id)

    def _removed(self, of: _Of, event: Event, at_ms: int, step: Gathered) -> None:
        of.flights.ready.pop(event.job_id, None)
        of.flights.active.pop(event.job_id, None)

    # --- what only a hash tells

    def _learn_start(self, of: _Of, job_id: str, at_ms: int, wait_ms: int, times: JobTimes | None) -> None:
        active = of.flights.active.get(job_id)
        runs = active is not None and active[1] == at_ms
        if wait_ms < 0 and times is not None and runs and times.wait_ms is not None:
            wait_ms = times.wait_ms
        if times is not None and runs:
            of.flights.active[job_id] = (self._text(times.name), at_ms, wait_ms)
        if wait_ms >= 0:
            name = of.apart(times.name, at_ms) if times is not None and times.name else UNKNOWN_NAME
            self._steps.of(of.ref, at_ms).named(name).wait.add(wait_ms)

    def _learn_end(self, of: _Of, end: _End, times: JobTimes | None) -> None:
        if times is not None and times.finished_at is not None:
            run_ms = times.run_ms if end.run_ms < 0 and times.run_ms is not None else end.run_ms
            wait_ms = times.wait_ms if end.wait_ms < 0 and times.wait_ms is not None else end.wait_ms
            end = end._replace(wait_ms=wait_ms, run_ms=run_ms)
        name = of.apart(times.name, end.at_ms) if times is not None and times.name else UNKNOWN_NAME
        self._count_end(of, self._steps.of(of.ref, end.at_ms), name, end)

    def _count_end(self, of: _Of, step: Gathered, name: str, end: _End) -> None:
        named = step.named(name)
        if end.result == COMPLETED:
            named.completed += 1
        else:
            named.failed += 1
        if end.run_ms >= 0:
            named.run.add(end.run_ms)
        if end.at_ms >= self._since_ms:
            self._counts.add(of.ref, name, end.result, _known(end.wait_ms), _known(end.run_ms))

    def _retried(self, of: _Of, at_ms: int) -> None:
        self._steps.of(of.ref, at_ms).retried += 1
        if (interval := of.account.interval(at_ms)) is not None:
            interval.retried += 1

    def _went_back(self, of: _Of, job_id: str, at_ms: int) -> None:
        """An attempt ended without an end of its job: it failed, was given back by a rate limit, or stalled."""
        self._backs.setdefault((of.ref, job_id), []).append(at_ms)
        self._asking.ask(of.ref, job_id, partial(self._learn_back, of, job_id, at_ms))

    def _settle_back(self, of: _Of, job_id: str, at_ms: int | None = None) -> bool:
        """Whether it is still open why a job went back, at `at_ms` or the last time; from now on it is not."""
        backs = self._backs.get((of.ref, job_id))
        if not backs or (at_ms is not None and at_ms not in backs):
            return False
        backs.remove(backs[-1] if at_ms is None else at_ms)
        if not backs:
            del self._backs[of.ref, job_id]
        return True

    def _learn_back(self, of: _Of, job_id: str, at_ms: int, times: JobTimes | None) -> None:
        in_vain = times is None or times.failed or times.attempts > int(times.finished_at is not None)
        if self._settle_back(of, job_id, at_ms) and in_vain:
            self._retried(of, at_ms)


def _known(ms: int) -> int | None:
    return ms if ms >= 0 else None


_TAKEN: Mapping[str, Callable[[Observer, _Of, Event, int, Gathered], None]] = {
    "added": Observer._added,
    "waiting": Observer._waiting,
    "delayed": Observer._delayed,
    "waiting-children": Observer._waiting_children,
    "active": Observer._active,
    COMPLETED: Observer._ended,
    FAILED: Observer._ended,
    "stalled": Observer._stalled,
    "removed": Observer._removed,
}

__all__ = ["AHEAD_MS", "Observer"]
