"""One job in any state, with the times, attempts, errors, logs and progress that a job in that state has."""

from dataclasses import dataclass, replace
from random import Random

from . import jobs, layout
from .errors import Failure
from .jobs import Json
from .layout import Entry, Fields
from .model import Kind, QueueSpec

HOUR = 3_600_000


@dataclass(frozen=True)
class Maker:
    """Makes jobs of one sort of one queue. Times are counted back from `now`, in epoch ms."""

    spec: QueueSpec
    kind: Kind
    rng: Random
    now: int

    def make(self, state: str, place: float) -> Entry:
        """A job in `state`, without an id. `place`, 0 to 1, spreads jobs of one state over the time they reach back."""
        order = jobs.draft(self.spec, self.kind, self.rng)
        opts = {name: v for name, v in order.opts.items() if name not in {"priority", "delay", "deduplication"}}
        blank = Entry("", state, self.kind.name, layout.dump(order.data), dict(opts), self.now, self.now)
        match state:
            case "completed":
                return self._completed(blank, place)
            case "failed":
                return self._failed(blank, place)
            case "active":
                return self._active(blank)
            case "prioritized":
                return self._prioritized(blank, place)
            case "delayed":
                return self._delayed(blank)
            case _:
                age = int(place * 4_000 * (self.spec.fill.waiting + 1)) + self.rng.randint(20, 4_000)
                return replace(blank, created=self.now - age, since=self.now - age)

    def _run(self) -> int:
        return int(self.rng.uniform(*self.kind.seconds) * 1000)

    def _worker(self) -> Fields:
        return {"pb": self.rng.choice(self.spec.workers)} if self.spec.workers else {}

    def _passing_failures(self, count: int) -> tuple[Failure, ...]:
        """Failures that a retry follows."""
        drawn = jobs.draw_failures(self.spec, self.rng, count) if self.spec.families else ()
        return tuple(failure for failure in drawn if not failure.fatal)

    def _completed(self, blank: Entry, place: float) -> Entry:
        ended = self.now - 300 - int(place**2 * 5 * HOUR) - self.rng.randint(0, 60_000)
        started = ended - self._run()
        failures = self._passing_failures(1) if self.rng.random() < self.spec.flaky else ()
        tries = len(failures) + 1
        fields: Fields = {"processedOn": started, "finishedOn": ended, "ats": tries, "atm": tries}
        fields |= {"returnvalue": layout.dump(self.kind.result(self.rng))} | self._worker() | told(failures)
        if self.kind.steps:
            fields["progress"] = layout.dump(progress(self.kind, len(self.kind.steps)))
        created = started - self.rng.randint(5, 4_000) - (8_000 if failures else 0)
        return replace(blank, created=created, since=ended, fields=fields, logs=self.kind.steps)

    def _failed(self, blank: Entry, place: float) -> Entry:
        ended = self.now - 2_000 - int(place**2 * 4 * HOUR) - self.rng.randint(0, 90_000)
        run = self._run()
        failures = jobs.draw_failures(self.spec, self.rng, max(1, self.spec.attempts))
        tries = len(failures)
        fields: Fields = {"processedOn": ended - run, "finishedOn": ended, "ats": tries, "atm": tries}
        fields |= told(failures) | self._worker()
        if failures[-1].message.startswith("job stalled"):
            fields["stc"] = 2
        created = ended - run * tries - self.rng.randint(1_000, 30_000) * tries
        return replace(blank, created=created, since=ended, fields=fields)

    def _active(self, blank: Entry) -> Entry:
        passed = self.rng.uniform(0.05, 0.95)
        started = self.now - int(self._run() * passed)
        done = int(len(self.kind.steps) * passed)
        fields: Fields = {"processedOn": started, "ats": 1}
        fields |= self._worker()
        if done:
            fields["progress"] = layout.dump(progress(self.kind, done))
        created = started - self.rng.randint(10, 9_000)
        locked = self.rng.random() > 0.125  # one in eight has lost its worker and awaits the stalled check
        return replace(blank, created=created, since=started, fields=fields, logs=self.kind.steps[:done], locked=locked)

    def _prioritized(self, blank: Entry, place: float) -> Entry:
        priority = self.rng.choice(self.spec.priorities or (1, 5, 10))
        created = self.now - int(place * 300_000) - self.rng.randint(20, 5_000)
        opts = {**blank.opts, "priority": priority}
        return replace(blank, opts=opts, fields={"priority": priority}, created=created, since=created)

    def _delayed(self, blank: Entry) -> Entry:
        """Delayed on purpose, or between two attempts of a job that failed."""
        if self.spec.delays and self.rng.random() < 0.6:
            delay = self.rng.choice(self.spec.delays)
            return self._put_off(blank, self.now + int(delay * self.rng.uniform(0.1, 1.0)), delay)
        failures = self._passing_failures(self.rng.randint(1, max(1, self.spec.attempts - 1)))
        tries = len(failures)
        delay = self.spec.backoff * 2 ** max(0, tries - 1) + 20_000
        due = self.now + self.rng.randint(1_000, delay)
        if not tries:
            return self._put_off(blank, due, delay)
        started = due - delay - self._run()
        fields: Fields = {"processedOn": started, "delay": delay, "ats": tries, "atm": tries}
        fields |= told(failures) | self._worker()
        return replace(blank, created=started - self.rng.randint(100, 60_000), since=due, fields=fields)

    @staticmethod
    def _put_off(blank: Entry, due: int, delay: int) -> Entry:
        opts = {**blank.opts, "delay": delay}
        return replace(blank, opts=opts, fields={"delay": delay}, created=due - delay, since=due)


def told(failures: tuple[Failure, ...]) -> Fields:
    """What failed attempts leave in the hash of a job."""
    if not failures:
        return {}
    return {"failedReason": failures[-1].message, "stacktrace": layout.dump([failure.stack for failure in failures])}


def progress(kind: Kind, done: int) -> Json:
    """What a job of this kind reports after `done` of its steps."""
    percent = 100 * done // len(kind.steps)
    return {"step": kind.steps[done - 1], "percent": percent} if kind.rich_progress else percent
