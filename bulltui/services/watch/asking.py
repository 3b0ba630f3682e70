"""Asks the hashes of jobs for what events did not tell: the name of one that was there before anybody watched, and
whether one that went back was tried in vain.

Bounded: so many a second, and so many that wait for it. Whoever finds no room is answered as if the job were gone.
"""

from collections.abc import Callable
from typing import Protocol

from bulltui.domain.errors import BulltuiError, NotAllowedError
from bulltui.domain.job_times import JobTimes
from bulltui.domain.queue import QueueRef
from bulltui.services.breaker import backoff_s
from bulltui.services.protocols import Clock
from bulltui.services.watch.past import Past

AT_ONCE = 40
PAUSE_S = 0.1
"""So many jobs are asked for in one call, and calls have a pause between them: 400 a second."""

WAITING = 4_000
"""So many jobs may wait to be asked for."""

Answer = Callable[[JobTimes | None], None]
Job = tuple[QueueRef, str]


class Asks(Protocol):
    """Who can be asked."""

    def ask(self, ref: QueueRef, job_id: str, answer: Answer) -> None:
        """Calls `answer` with the times of the job, or with None where it is gone or nobody could ask."""


class Deaf:
    """Answers nobody."""

    def ask(self, ref: QueueRef, job_id: str, answer: Answer) -> None:
        """See Asks."""


class Asking:
    """What is to be asked, and who wants to know."""

    def __init__(self, past: Past, clock: Clock) -> None:
        self._past = past
        self._clock = clock
        self._asked: dict[Job, list[Answer]] = {}

    def ask(self, ref: QueueRef, job_id: str, answer: Answer) -> None:
        """See Asks."""
        waiting = self._asked.get((ref, job_id))
        if waiting is not None:
            waiting.append(answer)
        elif len(self._asked) < WAITING:
            self._asked[ref, job_id] = [answer]
        else:
            answer(None)

    def __len__(self) -> int:
        return len(self._asked)

    def give_up(self) -> None:
        """Answers everybody that nothing is known."""
        asked, self._asked = self._asked, {}
        for answers in asked.values():
            for answer in answers:
                answer(None)

    async def run(self) -> None:
        """Asks until cancelled."""
        failures = 0
        while True:
            await self._clock.sleep(backoff_s(failures) if failures else PAUSE_S)
            if not self._asked:
                continue
            try:
                await self._ask_some()
                failures = 0
            except NotAllowedError:
                self.give_up()
            except BulltuiError:
                failures += 1

    async def _ask_some(self) -> None:
        jobs = list(self._asked)[:AT_ONCE]
        found = await self._past.job_times(jobs)
        for job, times in zip(jobs, found, strict=True):
            for answer in self._asked.pop(job, ()):
                answer(times)
