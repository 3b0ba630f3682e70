"""Why a job is where it is: for each reason a scene that the library itself made, and what is said of it. The causes
are compared as a whole, so that none is named that is none."""

import random
import re
from collections import Counter
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass, replace

import pytest
from redis import Redis

from bulltui.config.settings import Settings
from bulltui.domain.queue import Queue, QueueRef
from bulltui.domain.rates import Rates
from bulltui.domain.snapshot import QueueRow
from bulltui.domain.why import Cause, Why
from bulltui.services.why import why_job, why_queue
from bulltui.wiring import Runtime, open_runtime
from tests.interop.library import PREFIX, Library
from tests.interop.stand import Stand

VERSIONS = ("5", "6")
DATABASES = {"5": 5, "6": 6}
C = Cause

# What is left of ten minutes or an hour, on a machine that has other things to do as well.
TEN = r"(9m [345]\ds|10m 00s)"
HOUR = r"(59m [345]\ds|1h 00m)"


@dataclass(frozen=True)
class Said:
    """What is to be said: all causes, the decisive one first, parts of the verdict, of the evidence and of the steps as
    patterns, and the ids of other jobs. `queue` is the cause and a part of the verdict on the queue."""

    causes: tuple[Cause, ...]
    verdict: tuple[str, ...]
    evidence: tuple[str, ...] = ()
    steps: tuple[str, ...] = ()
    related: tuple[str, ...] = ()
    sure: bool = True
    queue: tuple[Cause, str] | None = None


SAID: dict[str, Said] = {
    "in-line": Said(
        (C.IN_LINE, C.WORKERS_BUSY),
        ("It waits: 2 jobs are before it; its worker is busy.",),
        ("Place 3 in line", "1 worker connected, 0 of them waiting for a job"),
        queue=(C.WORKERS_BUSY, "Its worker is busy; 4 jobs wait."),
    ),
    "in-line-lifo": Said((C.IN_LINE, C.WORKERS_BUSY), ("2 jobs are before it",), ("Place 3 in line",)),
    "moving": Said(
        (C.IN_LINE, C.WORKERS_BUSY),
        (r"^It waits: 1,[234]\d\d jobs are before it, its turn comes in about (\d\ds|1m \d\ds); its worker is busy",),
        ("jobs of the queue finish a minute",),
        queue=(C.MOVING, "Moving: 1,"),
    ),
    "next-in-line": Said((C.WORKERS_BUSY, C.IN_LINE), ("It waits because its worker is busy; it is next in line.",)),
    "workers-stopped": Said(
        (C.IN_LINE,),
        ("It waits: it is next in line.",),
        ("The workers neither run a job nor wait for one",),
        sure=False,
        queue=(C.STUCK, "1 job waits, and none runs"),
    ),
    "not-woken": Said((C.IN_LINE,), ("next in line",), ("Workers wait for a job", "No marker is there"), sure=False),
    "paused": Said(
        (C.PAUSED, C.IN_LINE, C.WORKERS_BUSY),
        (r"It waits because the queue has been paused for \d+s; 1 job is before it",),
        ("Its stream tells of the pause: ",),
        ("Resume the queue: P, or `bulltui queues resume paused`",),
        queue=(C.PAUSED, r"The queue has been paused for \d+s; 2 waiting and 1 running"),
    ),
    "paused-prioritized": Said(
        (C.PAUSED, C.PRIORITY, C.IN_LINE, C.WORKERS_BUSY),
        ("the queue has been paused", "2 jobs are before it, of higher priority"),
    ),
    "paused-without-workers": Said(
        (C.PAUSED, C.NO_WORKERS, C.IN_LINE),
        (r"the queue has been paused for \d+s and no worker is connected; it is next in line",),
        queue=(C.PAUSED, "and no worker is connected; 1 waiting"),
    ),
    "no-workers": Said(
        (C.NO_WORKERS, C.IN_LINE),
        ("It waits because no worker is connected; 1 job is before it.",),
        steps=("Start a worker",),
        queue=(C.NO_WORKERS, "No worker is connected; 2 waiting."),
    ),
    "worker-just-ended": Said(
        (C.NO_WORKERS, C.IN_LINE),
        ("no worker is connected that the server can name",),
        ("it has just ended, or its connection has no name",),
        sure=False,
    ),
    "global-concurrency": Said(
        (C.CONCURRENCY, C.IN_LINE),
        ("It waits because 1 of 1 jobs run that may at once over all workers; it is next in line",),
        ("The global concurrency of the queue is 1, and 1 job are active",),
        ("bulltui queues concurrency global-concurrency 2",),
        queue=(C.CONCURRENCY, "1 of 1 jobs run"),
    ),
    "below-global-concurrency": Said((C.WORKERS_BUSY, C.IN_LINE), ("its worker is busy",)),
    "rate-limited": Said(
        (C.RATE_LIMITED, C.IN_LINE),
        (rf"the queue is rate limited, for {TEN} more; 1 job is before it",),
        ("2 jobs of 2 in 10m 00s have started in this window",),
        ("bulltui queues clear-rate-limit rate-limited",),
        queue=(C.RATE_LIMITED, "The queue is rate limited"),
    ),
    "below-the-limit": Said((C.WORKERS_BUSY, C.IN_LINE), ("its worker is busy",), sure=True),
    "own-limit": Said(
        (C.RATE_LIMITED, C.IN_LINE),
        (rf"its workers may have reached a limit of their own, for {TEN} more",),
        ("1 job started in the window that runs",),
        sure=False,
    ),
    "own-limit-or-busy": Said(
        (C.RATE_LIMITED, C.WORKERS_BUSY, C.IN_LINE),
        ("its workers may have reached a limit of their own", "its worker is busy"),
        sure=False,
    ),
    "held-by-hand": Said(
        (C.RATE_LIMITED, C.IN_LINE),
        (rf"a worker has stopped the queue by `rateLimit\(\)`, for {TEN} more",),
    ),
    "delayed": Said(
        (C.DELAYED,),
        (rf"It is delayed for {HOUR} more, as it was added to run later",),
        ("Its delay is 1h 00m", rf"Due .*, in {HOUR}"),
        ("Run it now: p, or `bulltui jobs promote delayed a`",),
        queue=(C.DELAYED, rf"1 job delayed, the next for {HOUR}"),
    ),
    "delayed-and-paused": Said(
        (C.DELAYED, C.PAUSED, C.NO_WORKERS),
        (rf"It is delayed for {HOUR}",),
        ("It will not run then unless that changes",),
    ),
    "backoff": Said(
        (C.BACKOFF,),
        (rf"It is delayed for {HOUR} more, because attempt 1 of 3 failed and its backoff wants a pause",),
        ("Attempt 1 of 3 failed: boom",),
    ),
    "put-off": Said((C.DELAYED,), ("put off after it had been started",), sure=False),
    "put-off-after-a-failure": Said(
        (C.DELAYED,),
        ("put off after it had been started: by its backoff, by its own code, or by hand",),
        ("Attempt 1 of 3 failed: boom",),
        sure=False,
    ),
    "scheduled": Said((C.DELAYED,), ("as the next run of the scheduler nightly",), ("a run of the scheduler nightly",)),
    "overdue": Said(
        (C.OVERDUE, C.NO_WORKERS),
        (r"It was due \d+s ago, and nothing has moved it: no worker is connected",),
        ("Delayed jobs are moved by workers only",),
        queue=(C.NO_WORKERS, "No worker is connected; 1 delayed"),
    ),
    "overdue-busy": Said((C.OVERDUE, C.WORKERS_BUSY), ("nothing has moved it: its worker is busy",)),
    "due-at-global-concurrency": Said((C.CONCURRENCY, C.IN_LINE), ("1 of 1 jobs run that may at once",)),
    "overdue-busy-at-global-concurrency": Said(
        (C.OVERDUE, C.WORKERS_BUSY), ("nothing has moved it: its worker is busy",)
    ),
    "overdue-rate-limited": Said((C.OVERDUE, C.RATE_LIMITED), ("nothing has moved it: the queue is rate limited",)),
    "child-process-failed": Said((C.ATTEMPTS,), ("its options allow no second attempt",), ("child process failed",)),
    "priority": Said(
        (C.PRIORITY, C.IN_LINE, C.WORKERS_BUSY),
        ("It waits: 4 jobs are before it, 3 of them of higher priority",),
        ("Its priority is 5",),
        ("bulltui jobs reprioritize --priority=1 priority asked",),
    ),
    "priority-first": Said((C.WORKERS_BUSY, C.IN_LINE), ("its worker is busy; it is next in line",)),
    "children": Said(
        (C.CHILDREN,),
        ("It waits for 2 of 5 children.",),
        ("3 done, 2 to come", r"children-parts/held-1 \(ok\) is active", r"children-parts/late \(ok\) is delayed"),
        related=("held-1", "late"),
        queue=(C.NO_WORKERS, "No worker is connected; 1 waiting for children"),
    ),
    "failed-child-in-the-way": Said(
        (C.CHILDREN, C.CHILD_FAILED),
        ("It waits for 1 of 2 children; bad-1 in failed-child-in-the-way-parts failed",),
        ("bad-1 .* is failed: boom",),
        ("bulltui jobs retry failed-child-in-the-way-parts bad-1",),
        related=("bad-1",),
    ),
    "ignored-child": Said(
        (C.CHILDREN,), ("It waits for 1 of 2 children.",), ("1 failed and ignored",), related=("late",)
    ),
    "child-gone": Said(
        (C.CHILDREN, C.NO_HASH),
        ("It waits for 2 of 2 children; gone in child-gone-parts is gone, so it would wait for ever",),
        steps=("bulltui jobs remove-children child-gone parent",),
        related=("gone", "late"),
    ),
    "parent-will-fail": Said(
        (C.CHILD_FAILED, C.NO_WORKERS, C.IN_LINE),
        (r"It will fail as soon as a worker takes it \(child bull:parent-will-fail-parts:bad-1 failed\)",),
    ),
    "parent-failed": Said(
        (C.CHILD_FAILED,),
        (r"It failed .*, as its child .*bad-1 failed \(failParentOnFailure\)",),
        ("bad-1 is failed: boom",),
        ("Retry the child first",),
        related=("bad-1",),
    ),
    "child-of-a-parent": Said(
        (C.DELAYED,), ("It is delayed",), ("It is a child of child-of-a-parent/parent",), related=("parent",)
    ),
    "running": Said(
        (C.RUNNING,),
        (r"It runs on the worker alpha, for \d+s",),
        (rf"Its lock lives for {TEN} more", r"Others took about [2-9]\dms \(the middle one of the last 3\)"),
        queue=(C.RUNNING, "1 job running"),
    ),
    "worker-died": Said(
        (C.RUNNING, C.NO_WORKERS),
        (rf"It has the lock of a worker for {TEN} more, but no worker is connected",),
        ("If its worker is gone it is stalled as soon as the lock ends",),
        sure=False,
    ),
    "stalled": Said(
        (C.STALLED,),
        ("It is stalled: its lock is gone", r"it waits in line again at the check after the next"),
        ("The next check for stalled jobs marks it", rf"A check may run in {TEN}", "maxStalledCount"),
        ("bulltui jobs release stalled held",),
        queue=(C.STALLED, "Stalled: none of 1 active job has a lock"),
    ),
    "stalled-and-checked": Said((C.STALLED,), (rf"it waits in line again in {TEN} or a little later",)),
    "stalled-again": Said((C.STALLED,), (rf"it fails for good in {TEN}",), ("It has stalled 1 time before",)),
    "stalled-without-workers": Said(
        (C.STALLED, C.NO_WORKERS), ("its lock is gone, and no worker is connected that could find that out",)
    ),
    "stalled-too-often": Said(
        (C.STALLED,),
        ("its workers lost it more often than they allow, 1 time",),
        ("job stalled more than allowable limit",),
        ("--reset-stalled",),
    ),
    "attempts-exhausted": Said(
        (C.ATTEMPTS,),
        ("It failed for good .*: all 3 attempts are used",),
        ("Its error: ETIMEDOUT", "Backoff between attempts: fixed, 1ms"),
        ("bulltui jobs retry attempts-exhausted a",),
        queue=(C.IDLE, "Idle: nothing waits"),
    ),
    "one-attempt": Said((C.ATTEMPTS,), ("its options allow no second attempt",)),
    "unrecoverable": Said(
        (C.UNRECOVERABLE,), ("after 1 of 5 attempts: its code threw an UnrecoverableError",), ("no such card",)
    ),
    "given-up": Said((C.UNRECOVERABLE,), ("after 1 of 5 attempts: something forbade another",), sure=False),
    "completed": Said(
        (C.COMPLETED,),
        (r"It is done, (just now|\d+s ago)",),
        (r'Its result: \{"paid":true\}', "removeOnComplete: 100 completed jobs are kept, none older than 1h 00m"),
        queue=(C.IDLE, "Idle"),
    ),
    "removed-on-complete": Said(
        (C.AUTO_REMOVED,), ("It completed .*, and was removed since, as removeOnComplete wants",)
    ),
    "removed-later": Said((C.AUTO_REMOVED,), ("as removeOnComplete wants",)),
    "removed-on-fail": Said((C.AUTO_REMOVED,), ("It failed .*, and was removed since, as removeOnFail wants",)),
    "cleaned": Said((C.AUTO_REMOVED,), ("by removeOnComplete or by a clean",), ("A clean removed",), sure=False),
    "removed-by-hand": Said((C.REMOVED,), ("It was removed .*, when it was wait",)),
    "drained": Said(
        (C.REMOVED,), ("It is gone without a trace",), ("A drain removes jobs without a word",), sure=False
    ),
    "deduplicated": Said((C.DEDUPLICATED,), ("the job owner stands for it",), related=("owner",)),
    "deduplicated-by-number": Said((C.DEDUPLICATED,), ("the job 1 stands for it",), related=("1",)),
    "deduplicated-and-replaced": Said(
        (C.DEDUPLICATED,), ("the job after stands for it",), ("was replaced by that one",), related=("after",)
    ),
    "holds-deduplication": Said(
        (C.DELAYED, C.NO_WORKERS), ("It is delayed",), (rf"It holds the deduplication id one for {TEN} more",)
    ),
    "id-without-hash": Said(
        (C.NO_HASH,), ("Its id stands in `waiting`, but its data is gone",), steps=("bulltui jobs remove id-without",)
    ),
    "id-with-a-rest": Said((C.NO_HASH,), ("Its id stands in `active`, but of its data only a rest is there",)),
    "hash-in-no-state": Said(
        (C.NO_STATE,),
        ("It is in no list and no set of its queue, so nothing will ever run it",),
        ("Its last event: `waiting`",),
        ("bulltui jobs duplicate hash-in-no-state a",),
    ),
    "never-added": Said((C.NOT_FOUND,), ("there never was",), ("The newest number it gave is 1",)),
    "long-gone": Said((C.NOT_FOUND,), ("any more, if there was",), sure=False),
    "own-id-unknown": Said((C.NOT_FOUND,), ("There is no job of that id",)),
    "id-with-colons": Said(
        (C.WORKERS_BUSY, C.IN_LINE), ("it is next in line",), ("Added",), ("See what runs",), sure=True
    ),
    "two-places": Said((C.NO_WORKERS, C.IN_LINE), (), ("Its id stands in `waiting` and `failed` at once",), sure=False),
}


MEASURED = ("moving", "next-in-line")
"""Where nobody refreshes the queue all the time, so that its speed is measured."""


class Told:
    """A library that makes scenes, and us who look at them, on a database of their own."""

    def __init__(self, library: Library, database: int, runtime: Runtime, stand: Stand) -> None:
        self.library = library
        self.database = database
        self._runtime = runtime
        self._stand = stand

    def scene(self, name: str) -> tuple[QueueRef, str]:
        """The queue and the id to ask about."""
        queue, job_id = self.library("reason", self.database, name=name)
        return QueueRef(PREFIX, queue), job_id

    def job(self, ref: QueueRef, job_id: str, row: QueueRow | None = None) -> Why:
        """What we say of a job."""
        return self._stand.wait(why_job(self._runtime, ref, job_id, row=row))

    def row(self, ref: QueueRef) -> QueueRow:
        """The queue as it is refreshed."""
        (queue,) = self._stand.wait(self._counts(ref))
        return QueueRow(queue)

    async def _counts(self, ref: QueueRef) -> list[Queue]:
        return await self._runtime.reader.counts([ref])

    def queue(self, ref: QueueRef, row: QueueRow | None = None) -> Why:
        """What we say of a queue."""
        return self._stand.wait(why_queue(self._runtime, ref, row=row))


@pytest.fixture(scope="module", params=VERSIONS)
def told(request: pytest.FixtureRequest, stand: Stand) -> Iterator[Told]:
    """Each version of the library, with all scenes side by side on one database."""
    database = DATABASES[request.param]
    with ExitStack() as stack:
        client = stack.enter_context(Redis(port=stand.server.port, db=database))
        client.flushdb()
        library = stand.library(request.param)
        runtime = stand.open(stack, open_runtime(Settings(url=f"{stand.server.url}/{database}")))
        yield Told(library, database, runtime, stand)
        library("stop", database)
        client.flushdb()


def _has(pattern: str, lines: tuple[str, ...]) -> bool:
    return any(re.search(pattern, line) for line in lines)


@pytest.mark.parametrize("name", SAID)
def test_reason(told: Told, name: str) -> None:
    expected = SAID[name]
    ref, job_id = told.scene(name)
    row = None if name in MEASURED else told.row(ref)
    why = told.job(ref, job_id, row)
    assert why.causes == expected.causes, why
    for pattern in expected.verdict:
        assert re.search(pattern, why.verdict), why
    for pattern in expected.evidence:
        assert _has(pattern, why.evidence), why
    for pattern in expected.steps:
        assert _has(pattern, why.steps), why
    assert sorted(one.job.id for one in why.related) == sorted(expected.related), why
    assert why.sure is expected.sure, why
    if expected.queue is not None:
        cause, pattern = expected.queue
        verdict = told.queue(ref, row)
        assert verdict.cause is cause, verdict
        assert re.search(pattern, verdict.verdict), verdict


@pytest.mark.parametrize(("name", "state"), [("stalled-and-checked", "completed"), ("stalled-again", "failed")])
def test_what_becomes_of_a_stalled_job_is_foretold(told: Told, name: str, state: str) -> None:
    ref, job_id = told.scene(name)
    foretold = told.job(ref, job_id).verdict
    assert ("fails for good" in foretold) is (state == "failed")
    told.library("check", told.database, queue=ref.name)
    told.library("settled", told.database, queue=ref.name, id=job_id, state=state)


def test_what_a_resume_of_bullmq_5_loses(told: Told) -> None:
    ref, job_id = told.scene("lost-by-a-resume")
    why = told.job(ref, job_id)
    if told.library.version.startswith("5."):
        assert why.causes == (C.NO_STATE,), why
        assert _has("A resume by BullMQ up to 5 throws away what lies in `wait`", why.evidence)
    else:
        assert why.cause is C.NO_WORKERS, why


PLAUSIBLE = {C.IN_LINE, C.PRIORITY, C.WORKERS_BUSY, C.RUNNING, C.BACKOFF, C.OVERDUE, C.COMPLETED}


def test_jobs_that_move_fast_are_never_said_to_be_lost_or_stuck(told: Told) -> None:
    ref, _ = told.scene("rush")
    row = replace(told.row(ref), rates=Rates(finished=60.0))
    chance = random.Random(7)
    causes: Counter[Cause] = Counter()
    for _ in range(150):
        why = told.job(ref, f"job-{chance.randrange(1500)}", row)
        assert {*why.causes} <= PLAUSIBLE, why
        causes.update(why.causes)
    assert len(causes) >= 4, causes
