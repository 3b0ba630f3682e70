"""What a queue is held up by, told from how it stands now and from what moved through it lately.

Whether it goes on at all is what `explain_queue` says, and is taken from there: this adds what only a span of time
tells, so the two never contradict each other.
"""

from dataclasses import dataclass, replace
from enum import StrEnum

from bulltui.domain.bottleneck_numbers import NOT_SEEN, Numbers, Window, numbers_of
from bulltui.domain.evidence import Ground, Workforce
from bulltui.domain.explain_queue import QueueEvidence, explain_queue
from bulltui.domain.human import age, duration, rate
from bulltui.domain.layout import Layout
from bulltui.domain.rates import growing
from bulltui.domain.snapshot import QueueRow
from bulltui.domain.text import plural
from bulltui.domain.why import Cause, Why

_MINUTE_MS = 60_000
OFTEN = 0.5
"""From this share of the looks on, a queue is held by its limit or its concurrency rather than touching it."""
AT_THE_LIMIT = 0.95
"""As many jobs as the limit allows start, but for the moments in which workers wake up."""
_ENOUGH_LOOKS = 5
_ENOUGH_MS = 20_000
ENOUGH_JOBS = 20
"""Durations are compared where there are so many on either side."""
SLOWER = 1.5
"""So many times as long as an hour ago is slower, in the middle or among the slowest."""
_LEAST_MS = 20
"""A job that takes less longer is no slower one, however many times as long it takes."""

LOCAL_LIMITS = (
    "Limits that workers have by themselves (the option `limiter`) are not stored in Redis: without a global one only"
    " the counter of the window that runs is seen, and not how many jobs may start."
)


class Verdict(StrEnum):
    """What holds a queue up. The values are stable words for scripts."""

    PAUSED = "paused"
    NO_WORKERS = "no-workers"  # jobs wait and nobody is connected to do them
    RATE_LIMITED = "rate-limited"
    SATURATED = "saturated"  # as many jobs run as its global concurrency allows, and others wait
    STALLED = "stalled"  # what runs has no worker any more
    STUCK = "stuck"  # jobs could run, workers are connected, and nothing moves
    SLOWER = "slower-jobs"  # than an hour ago
    GROWING = "growing"  # more jobs are added than finish
    BUSY = "workers-busy"  # workers do all they can, and jobs wait
    DRAINING = "draining"  # fewer jobs are added than finish
    FINE = "fine"  # jobs run as they come
    STARVED = "starved"  # workers have less to do than they could: nothing waits, and some wait for jobs
    IDLE = "idle"  # nothing to do

    @property
    def holds(self) -> bool:
        """Whether something keeps jobs from running as they come."""
        return self not in (Verdict.DRAINING, Verdict.FINE, Verdict.STARVED, Verdict.IDLE)


_OF_CAUSE = {
    Cause.PAUSED: Verdict.PAUSED,
    Cause.NO_WORKERS: Verdict.NO_WORKERS,
    Cause.RATE_LIMITED: Verdict.RATE_LIMITED,
    Cause.CONCURRENCY: Verdict.SATURATED,
    Cause.WORKERS_BUSY: Verdict.BUSY,
    Cause.STALLED: Verdict.STALLED,
    Cause.STUCK: Verdict.STUCK,
    Cause.OVERDUE: Verdict.STUCK,
    Cause.DELAYED: Verdict.IDLE,
    Cause.CHILDREN: Verdict.IDLE,
}
"""What is decided by how the queue stands. Those that are not here depend on what moved."""


@dataclass(frozen=True, slots=True)
class Bottleneck:
    """A verdict with one plain sentence, what it is concluded from, and what to do. `why` is what holds the queue at
    this moment, which the verdict stands on. `sure` is False where the server does not tell enough."""

    verdict: Verdict
    sentence: str
    numbers: Numbers
    why: Why
    evidence: tuple[str, ...] = ()
    steps: tuple[str, ...] = ()
    sure: bool = True


def evidence_of(row: QueueRow, now_ms: int) -> QueueEvidence:
    """What a row of a refresh tells, without asking anybody."""
    queue = row.queue
    ground = Ground(
        row.ref,
        now_ms,
        paused=queue.paused,
        concurrency=queue.concurrency,
        limit=queue.limit,
        active=queue.counts.active,
        workers=Workforce(row.workers),
        may_be=queue.layout.could_be,
        strange="" if queue.layout.layout is not Layout.UNKNOWN or queue.layout.could_be else "unknown",
        per_minute=row.rates.finished,
    )
    return QueueEvidence(queue, ground, row.rates)


def with_rates(seen: QueueEvidence, now: Window) -> QueueEvidence:
    """The same with the rates of a window, where these tell more: what was seen over a few seconds does only where
    nothing else is known."""
    if not now.seen or (now.span_ms < _ENOUGH_MS and seen.rates.finished is not None):
        return seen
    return replace(seen, rates=now.rates, ground=replace(seen.ground, per_minute=now.rates.finished))


def bottleneck(seen: QueueEvidence, now: Window = NOT_SEEN, before: Window = NOT_SEEN) -> Bottleneck:
    """What holds a queue up: `now` is what was seen of it lately, `before` of an hour ago. Where the rates of `seen`
    are others than those of `now`, give `with_rates(seen, now)`."""
    why = explain_queue(seen)
    numbers = numbers_of(seen, now, before)
    verdict, sentence, told = _refined(seen, why, numbers)
    first = (told,) if told and told != sentence else ()
    evidence = dict.fromkeys((*first, *_evidence(seen, numbers), *why.evidence))
    sure = why.sure or verdict in (Verdict.GROWING, Verdict.DRAINING, Verdict.SLOWER)
    # Jobs that run may run all there is to run: whether others could is not seen in counts.
    sure = sure and not (verdict is Verdict.BUSY and why.cause is Cause.RUNNING)
    return Bottleneck(verdict, sentence or why.verdict, numbers, why, tuple(evidence), why.steps, sure)


def _refined(seen: QueueEvidence, why: Why, numbers: Numbers) -> tuple[Verdict, str, str]:
    """The verdict, its sentence (empty: that of `why`), and what it goes by."""
    decided = _OF_CAUSE.get(why.cause)
    slower = _slower(numbers)
    waits = f"{plural(numbers.waiting, 'job')} wait{'s' if numbers.waiting == 1 else ''}"
    if decided is not None:
        # Workers that are busy with slower jobs: why they are busy says more than that they are.
        if decided is Verdict.BUSY and slower:
            return Verdict.SLOWER, f"{slower}; {waits}.", why.verdict
        if decided is Verdict.BUSY and growing(seen.rates):
            return Verdict.GROWING, _grows(numbers, waits), why.verdict
        return decided, "", ""
    if numbers.waiting:
        if found := _held(why, numbers, waits):
            return (*found, why.verdict)
        if slower:
            return Verdict.SLOWER, f"{slower}; {waits}.", why.verdict
        if growing(seen.rates):
            return Verdict.GROWING, _grows(numbers, waits), why.verdict
        if numbers.drains_ms is not None:
            added = f" and {rate(numbers.added)} are added" if numbers.added else ""
            text = f"Draining: {waits}; {rate(numbers.finished or 0)} finish a minute{added}"
            return Verdict.DRAINING, f"{text}, so it is empty in about {age(numbers.drains_ms)}.", why.verdict
        if Cause.WORKERS_BUSY in why.causes or why.cause is Cause.RUNNING:
            return Verdict.BUSY, "", ""
        return Verdict.FINE, "", ""
    if slower:
        return Verdict.SLOWER, f"{slower}; nothing waits.", why.verdict
    idle = seen.ground.workers.idle
    moved = bool(numbers.started or numbers.finished)
    if numbers.workers and (idle or not numbers.active) and (moved or numbers.active):
        return (
            Verdict.STARVED,
            "Its workers wait for jobs: nothing waits, and what comes is done at once.",
            why.verdict,
        )
    return (Verdict.FINE if numbers.active else Verdict.IDLE), "", ""


def _held(why: Why, numbers: Numbers, waits: str) -> tuple[Verdict, str] | None:
    """Jobs come and go, but no faster than its limit or its concurrency lets them."""
    allowed, started = numbers.limit_per_minute, numbers.started
    if numbers.limit.limited and numbers.limit.manual:
        left = duration(numbers.limit.ttl_ms)
        return Verdict.RATE_LIMITED, f"A worker has stopped it by `rateLimit()`, for {left} more; {waits}."
    at_limit = allowed is not None and started is not None and started >= allowed * AT_THE_LIMIT
    full = numbers.windows > 0 and numbers.full >= numbers.windows * OFTEN
    if at_limit or full or _often(numbers.limited, numbers.looks, now=numbers.limit.limited):
        if allowed is None:
            return Verdict.RATE_LIMITED, f"Held by a rate limit of its workers; {waits}."
        doing = "" if started is None else f", and {rate(started)} do"
        return Verdict.RATE_LIMITED, f"At its rate limit: {rate(allowed)} may start a minute{doing}; {waits}."
    if _often(numbers.saturated, numbers.looks, now=Cause.CONCURRENCY in why.causes):
        most = numbers.concurrency or 0
        return Verdict.SATURATED, f"At its global concurrency: {most:,} may run at once over all workers; {waits}."
    return None


def _often(share: float | None, looks: int, *, now: bool) -> bool:
    """Whether it was so at most looks; where there were too few to say, whether it is so now."""
    return now if share is None or looks < _ENOUGH_LOOKS else share >= OFTEN


def _grows(numbers: Numbers, waits: str) -> str:
    added, finished = rate(numbers.added or 0), rate(numbers.finished or 0)
    return f"Growing by {rate(numbers.growth or 0)} a minute: {added} are added and {finished} finish; {waits}."


def _slower(numbers: Numbers) -> str:
    """That jobs take longer than an hour ago, empty where they do not or where there are too few to say."""
    if min(numbers.runs, numbers.before_runs) < ENOUGH_JOBS:
        return ""
    for name, now, before in (
        ("Jobs take", numbers.run_p50, numbers.before_p50),
        ("The slowest jobs take", numbers.run_p95, numbers.before_p95),
    ):
        if now is not None and before is not None and now - before >= _LEAST_MS and now >= before * SLOWER:
            which = "half of them more than " if name == "Jobs take" else "one in 20 more than "
            times = f"{now / before:.1f} times as long as" if before >= 1 else "longer than"
            return f"{name} {times} an hour ago, {which}{took(now)} (then {took(before)})"
    return ""


def took(ms: float) -> str:
    """A percentile as people read it. It is right within a percent, and is not to be cut below what it is."""
    step = 10 ** max(0, len(str(int(ms))) - 2)
    return duration(round(ms / step) * step)


def _evidence(seen: QueueEvidence, numbers: Numbers) -> list[str]:
    """What was measured, in sentences."""
    told: list[str] = []
    span = duration(numbers.looks_ms)
    if numbers.started is not None and numbers.started:
        told.append(f"{rate(numbers.started)} jobs a minute started, over {duration(numbers.starts_ms)}.")
    if numbers.windows and numbers.limit.maximum is not None:
        told.append(f"In {numbers.full:,} of {plural(numbers.windows, 'window')} of its limit as many started as may.")
    if numbers.limited:
        told.append(f"Its rate limit held it at {numbers.limited:.0%} of {plural(numbers.looks, 'look')} in {span}.")
    if numbers.saturated:
        told.append(
            f"Its global concurrency was used up at {numbers.saturated:.0%} of {plural(numbers.looks, 'look')}"
            f" in {span}."
        )
    if numbers.limit.maximum is None and numbers.limit.ttl_ms > 0 and not numbers.limit.manual:
        told.append(
            f"A limiter of its workers counts {plural(numbers.limit.used, 'job')} in a window that runs for"
            f" {duration(numbers.limit.ttl_ms)} more."
        )
    if numbers.runs >= ENOUGH_JOBS and numbers.before_runs and numbers.run_p50 is not None:
        told.append(
            f"{plural(numbers.runs, 'job')} took {took(numbers.run_p50)} in the middle, and"
            f" {plural(numbers.before_runs, 'job')} of an hour ago {took(numbers.before_p50 or 0)}."
        )
    if seen.rates.estimated:
        told.append("How many finish is estimated from adds and backlog.")
    return told


__all__ = ["NOT_SEEN", "Bottleneck", "Numbers", "Verdict", "Window", "bottleneck", "evidence_of", "with_rates"]
