"""What many jobs that were found are together, for a person to decide on before they are acted on."""

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Protocol

from bulltui.domain.fingerprint import fingerprint
from bulltui.domain.human import age
from bulltui.domain.job import JobSummary
from bulltui.domain.queue import QueueRef
from bulltui.domain.states import JobState
from bulltui.domain.targets import Jobs, Picked
from bulltui.domain.text import plural, visible

SAMPLES = 5
ERRORS = 3
QUEUES = 5
"""How many of each are told."""

MESSAGES = 300
"""Of how many messages the errors are told apart, since that takes its time."""


class Found(Protocol):
    """A job that was found."""

    @property
    def ref(self) -> QueueRef:
        """Its queue."""

    @property
    def job(self) -> JobSummary:
        """What a list shows of it."""


@dataclass(frozen=True, slots=True)
class Matched:
    """How many there are, by queue and by state (the most first), some of them, when the oldest and the newest finished
    or were added (epoch ms, None where none tells), and the errors that come most, each with its number among the
    `failures` that were looked at."""

    count: int = 0
    queues: tuple[tuple[QueueRef, int], ...] = ()
    states: tuple[tuple[JobState, int], ...] = ()
    samples: tuple[Found, ...] = ()
    oldest_ms: int | None = None
    newest_ms: int | None = None
    errors: tuple[tuple[str, int], ...] = ()
    failures: int = 0

    @classmethod
    def of(cls, matches: Iterable[Found]) -> "Matched":
        """What they are together."""
        gathering = Gathering()
        gathering.add(matches)
        return gathering.matched

    def lines(self, now_ms: int) -> list[str]:
        """Sentences for a preview, harmless in any terminal."""
        if not self.count:
            return ["No jobs."]
        lines = [f"{plural(self.count, 'job')}: {_listed((str(state), many) for state, many in self.states)}."]
        if len(self.queues) > 1:
            some = _listed((visible(ref.shown), many) for ref, many in self.queues[:QUEUES])
            more = len(self.queues) - QUEUES
            others = f" and {plural(more, 'other queue')}" if more > 0 else ""
            lines.append(f"Of {some}{others}.")
        if self.oldest_ms is not None and self.newest_ms is not None:
            old, new = age(max(0, now_ms - self.oldest_ms)), age(max(0, now_ms - self.newest_ms))
            lines.append(f"From {old} to {new} old." if old != new else f"{old} old.")
        lines += [f"{many:,} of {self.failures:,} failed with {visible(title)}" for title, many in self.errors]
        where = len(self.queues) > 1
        samples = (
            f"{visible(found.job.id)}{f' of {visible(found.ref.shown)}' if where else ''}" for found in self.samples
        )
        lines.append(
            f"Among them: {', '.join(samples)}." if self.count > len(self.samples) else f"{', '.join(samples)}."
        )
        return lines


def _listed(counts: Iterable[tuple[str, int]]) -> str:
    return ", ".join(f"{many:,} {word}" for word, many in counts)


class Gathering:
    """Takes in jobs that are found, any number: of most of them it keeps the id alone."""

    def __init__(self) -> None:
        self._parts: dict[tuple[QueueRef, JobState], list[str]] = {}
        self._samples: list[Found] = []
        self._titles: Counter[str] = Counter()
        self._oldest_ms: int | None = None
        self._newest_ms: int | None = None

    def add(self, matches: Iterable[Found]) -> None:
        """Some more."""
        for found in matches:
            job = found.job
            self._parts.setdefault((found.ref, job.state), []).append(job.id)
            if len(self._samples) < SAMPLES:
                self._samples.append(found)
            at = job.finished_on or job.timestamp
            if at is not None:
                self._oldest_ms = at if self._oldest_ms is None else min(self._oldest_ms, at)
                self._newest_ms = at if self._newest_ms is None else max(self._newest_ms, at)
            if job.state is JobState.FAILED and self._titles.total() < MESSAGES:
                self._titles[fingerprint(job.failed_reason, None).title] += 1

    @property
    def matched(self) -> Matched:
        """What they are together."""
        queues: Counter[QueueRef] = Counter()
        states: Counter[JobState] = Counter()
        for (ref, state), ids in self._parts.items():
            queues[ref] += len(ids)
            states[state] += len(ids)
        return Matched(
            count=queues.total(),
            queues=tuple(queues.most_common()),
            states=tuple(states.most_common()),
            samples=tuple(self._samples),
            oldest_ms=self._oldest_ms,
            newest_ms=self._newest_ms,
            errors=tuple(self._titles.most_common(ERRORS)),
            failures=self._titles.total(),
        )

    @property
    def target(self) -> Jobs | Picked:
        """What an action on them is ordered on: each is held against the state that it was found in."""
        # A job that no state has can be in any by then.
        jobs = [
            Jobs(ref, tuple(ids), None if state is JobState.UNKNOWN else state)
            for (ref, state), ids in self._parts.items()
        ]
        return jobs[0] if len(jobs) == 1 else Picked(tuple(jobs))


def to_target(matches: Iterable[Found]) -> Jobs | Picked:
    """What an action on them is ordered on."""
    gathering = Gathering()
    gathering.add(matches)
    return gathering.target
