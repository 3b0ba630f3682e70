"""What a queue is held up by: each verdict, and that it never contradicts why a queue does not go on."""

import random
from dataclasses import replace
from itertools import product

import pytest

from bulltui.domain.bottleneck import NOT_SEEN, Bottleneck, Verdict, Window, bottleneck, evidence_of, with_rates
from bulltui.domain.evidence import Ground, Workforce
from bulltui.domain.explain_queue import QueueEvidence, explain_queue
from bulltui.domain.layout import Layout, LayoutVerdict
from bulltui.domain.point import Flow, Point, Stand
from bulltui.domain.queue import Counts, Queue, QueueRef, RateLimit
from bulltui.domain.rates import Rates
from bulltui.domain.sketch import NONE, Sketch, sketch_of
from bulltui.domain.snapshot import QueueRow
from bulltui.domain.why import Cause
from tests.thorough import tried

MAIL = QueueRef("bull", "mail")
V5 = LayoutVerdict(Layout.V5, ("meta.version is bullmq:5.81.5",))
NOW = 1_800_000_000_000
FIVE = 300_000
LIMIT = RateLimit(100, 60_000)
NO_LIMIT, NO_RATES, ALL_BUSY = RateLimit(), Rates(), Workforce(2, 0, 2)
STILL, WATCHED = Flow(), Stand(reads=60)


def seen(
    counts: Counts,
    *,
    workers: Workforce = ALL_BUSY,
    rates: Rates = NO_RATES,
    paused: bool = False,
    concurrency: int | None = None,
    limit: RateLimit = NO_LIMIT,
    unlocked: int = 0,
    due_at: int | None = None,
) -> QueueEvidence:
    queue = Queue(MAIL, counts, V5, paused, concurrency, limit)
    ground = Ground(
        MAIL,
        NOW,
        paused=paused,
        concurrency=concurrency,
        limit=limit,
        active=counts.active,
        workers=workers,
        may_be=(Layout.V5,),
        per_minute=rates.finished,
    )
    return QueueEvidence(queue, ground, rates, due_at, unlocked, counts.active)


def window(flow: Flow = STILL, stand: Stand = WATCHED, run: Sketch = NONE, span_ms: int = FIVE) -> Window:
    return Window(Point(NOW - span_ms, stand, flow, run=run), span_ms)


def verdict(evidence: QueueEvidence, now: Window = NOT_SEEN, before: Window = NOT_SEEN) -> Bottleneck:
    return bottleneck(with_rates(evidence, now), now, before)


def test_paused_and_without_workers() -> None:
    assert verdict(seen(Counts(waiting=3), paused=True)).verdict is Verdict.PAUSED
    nobody = verdict(seen(Counts(waiting=3), workers=Workforce(0)))
    assert nobody.verdict is Verdict.NO_WORKERS
    assert nobody.sentence == "No worker is connected; 3 waiting."
    assert any("workers list" in step for step in nobody.steps)
    # Nobody is missed where nothing is to be done.
    assert verdict(seen(Counts(completed=9), workers=Workforce(0))).verdict is Verdict.IDLE


def test_held_by_the_rate_limit_at_this_moment_or_most_of_the_time() -> None:
    held = replace(LIMIT, used=100, ttl_ms=4000)
    assert verdict(seen(Counts(waiting=3), limit=held)).verdict is Verdict.RATE_LIMITED
    # Between two windows nothing holds it, yet no more start than may.
    flow = Flow(added=500, started=499, completed=499)
    told = verdict(seen(Counts(waiting=900), limit=LIMIT), window(flow))
    assert told.verdict is Verdict.RATE_LIMITED
    assert told.sentence == "At its rate limit: 100 may start a minute, and 99 do; 900 jobs wait."
    assert told.numbers.limit_per_minute == 100
    assert told.numbers.started == pytest.approx(99.8)
    often = verdict(seen(Counts(waiting=9), limit=LIMIT), window(Flow(completed=9), Stand(reads=60, limited=45)))
    assert often.verdict is Verdict.RATE_LIMITED
    assert often.numbers.limited == 0.75
    assert any("75% of 60 looks" in line for line in often.evidence)


def test_a_limit_that_is_not_reached_holds_nothing() -> None:
    flow = Flow(added=100, started=100, completed=100)
    told = verdict(seen(Counts(waiting=1, active=2), limit=replace(LIMIT, used=7, ttl_ms=900)), window(flow))
    assert told.verdict is Verdict.BUSY


def test_held_by_hand_and_by_a_limit_of_the_workers_own() -> None:
    manual = RateLimit(used=2**53 - 1, ttl_ms=9300, manual=True)
    told = verdict(seen(Counts(waiting=3), limit=manual), window(Flow(completed=400)))
    assert told.verdict is Verdict.RATE_LIMITED
    assert "`rateLimit()`, for 9.3s more" in told.sentence
    own = verdict(seen(Counts(waiting=3), limit=RateLimit(used=12, ttl_ms=800)), window(Flow()))
    assert own.verdict is Verdict.RATE_LIMITED
    assert not own.sure
    assert any("A limiter of its workers counts 12 jobs" in line for line in own.evidence)


def test_saturated_by_its_global_concurrency() -> None:
    full = verdict(seen(Counts(waiting=40, active=2), concurrency=2))
    assert full.verdict is Verdict.SATURATED
    flow = Flow(added=300, started=300, completed=300)
    moving = verdict(seen(Counts(waiting=40, active=1), concurrency=2), window(flow, Stand(reads=60, saturated=55)))
    assert moving.verdict is Verdict.SATURATED
    assert moving.sentence == "At its global concurrency: 2 may run at once over all workers; 40 jobs wait."
    # As many as may run do, but nothing waits for them.
    assert verdict(seen(Counts(active=2), concurrency=2)).verdict is Verdict.FINE


def test_growing_and_how_fast_and_draining_and_until_when() -> None:
    waiting = Counts(waiting=600, active=2)
    grows = verdict(
        seen(waiting, workers=Workforce(2)), window(Flow(added=1000, started=500, completed=450, failed=50))
    )
    assert grows.verdict is Verdict.GROWING
    assert grows.sentence == "Growing by 100 a minute: 200 are added and 100 finish; 600 jobs wait."
    assert grows.numbers.growth == pytest.approx(100)
    drains = verdict(seen(waiting, workers=Workforce(2)), window(Flow(added=500, started=1000, completed=1000)))
    assert drains.verdict is Verdict.DRAINING
    assert drains.numbers.drains_ms == 6 * 60_000
    assert "so it is empty in about 6m 00s" in drains.sentence
    # Workers that are busy are how it grows, not the whole story.
    busy = verdict(seen(waiting), window(Flow(added=1000, started=500, completed=500)))
    assert busy.verdict is Verdict.GROWING


def test_slower_jobs_than_an_hour_ago() -> None:
    counts = Counts(waiting=50, active=2)
    flow = Flow(added=600, started=600, completed=600)
    fast, slow = sketch_of([100] * 400), sketch_of([400] * 400)
    told = verdict(seen(counts), window(flow, run=slow), window(flow, run=fast))
    assert told.verdict is Verdict.SLOWER
    assert "Jobs take 4.0 times as long as an hour ago, half of them more than 0.4s (then 0.1s)" in told.sentence
    assert told.numbers.before_p50 == pytest.approx(100, rel=0.02)
    # One in ten is slow: the middle one is not.
    tail = sketch_of([100] * 360 + [3000] * 40)
    told = verdict(seen(counts), window(flow, run=tail), window(flow, run=fast))
    assert told.sentence.startswith("The slowest jobs take 30.")
    # Too few to say, and as fast as then.
    few = sketch_of([4000] * 19)
    assert verdict(seen(counts), window(flow, run=few), window(flow, run=fast)).verdict is not Verdict.SLOWER
    assert verdict(seen(counts), window(flow, run=fast), window(flow, run=fast)).verdict is not Verdict.SLOWER
    # A hair's breadth is nothing, however many times it is.
    one, five = sketch_of([1] * 400), sketch_of([5] * 400)
    assert verdict(seen(counts), window(flow, run=five), window(flow, run=one)).verdict is not Verdict.SLOWER


def test_starved_idle_and_stuck() -> None:
    came = window(Flow(added=50, started=50, completed=50))
    assert verdict(seen(Counts(), workers=Workforce(2, 2)), came).verdict is Verdict.STARVED
    assert verdict(seen(Counts(active=1), workers=Workforce(2, 1)), came).verdict is Verdict.STARVED
    assert verdict(seen(Counts(active=2), workers=Workforce(2, 0, 2)), came).verdict is Verdict.FINE
    assert verdict(seen(Counts(completed=9), workers=Workforce(2, 2)), window()).verdict is Verdict.IDLE
    assert verdict(seen(Counts(delayed=9), workers=Workforce(2, 2))).verdict is Verdict.IDLE
    stuck = verdict(seen(Counts(waiting=9), workers=Workforce(2, 2)))
    assert stuck.verdict is Verdict.STUCK
    assert not stuck.sure
    overdue = verdict(seen(Counts(delayed=9), workers=Workforce(2, 2), due_at=NOW - 60_000))
    assert overdue.verdict is Verdict.STUCK


def test_a_few_seconds_say_less_than_the_last_minute() -> None:
    known = Rates(added=60, finished=60)
    quiet = window(span_ms=3000)
    assert with_rates(seen(Counts(waiting=9), rates=known), quiet).rates == known
    assert with_rates(seen(Counts(waiting=9)), quiet).rates.finished == 0
    assert with_rates(seen(Counts(waiting=9), rates=known), window()).rates.finished == 0


def test_of_a_row_alone() -> None:
    row = QueueRow(Queue(MAIL, Counts(waiting=600), V5), Rates(10, 110), 3)
    told = bottleneck(evidence_of(row, NOW))
    assert told.verdict is Verdict.DRAINING
    assert told.numbers.span_ms == 0
    assert told.numbers.started is None
    assert told.numbers.limited is None


COUNTS = (
    Counts(),
    Counts(waiting=40),
    Counts(active=2),
    Counts(waiting=40, active=2),
    Counts(prioritized=3, active=1, failed=7),
    Counts(delayed=5),
    Counts(waiting_children=2),
    Counts(paused=4),
)
WORKERS = (Workforce(), Workforce(0), Workforce(2), Workforce(2, 0, 2), Workforce(2, 1, 1), Workforce(2, 2))
LIMITS = (
    RateLimit(),
    LIMIT,
    replace(LIMIT, used=100, ttl_ms=500),
    replace(LIMIT, used=5, ttl_ms=500),
    RateLimit(used=3, ttl_ms=500),
    RateLimit(used=2**53 - 1, ttl_ms=500, manual=True),
)
WINDOWS = (
    Window(),
    window(),
    window(Flow(added=400, started=100, completed=100)),
    window(Flow(added=100, started=400, completed=400)),
    window(Flow(added=100, started=400, completed=400), Stand(reads=60, limited=50)),
    window(Flow(added=100, started=100, completed=100), Stand(reads=60, saturated=50), sketch_of([500] * 50)),
)
HOUR_AGO = window(run=sketch_of([100] * 50))

AGREE = {
    Cause.PAUSED: {Verdict.PAUSED},
    Cause.NO_WORKERS: {Verdict.NO_WORKERS},
    Cause.RATE_LIMITED: {Verdict.RATE_LIMITED},
    Cause.CONCURRENCY: {Verdict.SATURATED},
    Cause.WORKERS_BUSY: {Verdict.BUSY, Verdict.GROWING, Verdict.SLOWER},
    Cause.STUCK: {Verdict.STUCK},
    Cause.OVERDUE: {Verdict.STUCK},
    Cause.STALLED: {Verdict.STALLED},
    Cause.DELAYED: {Verdict.IDLE},
    Cause.CHILDREN: {Verdict.IDLE},
    Cause.IDLE: {Verdict.IDLE, Verdict.STARVED, Verdict.SLOWER},
    Cause.RUNNING: {Verdict.FINE, Verdict.STARVED, Verdict.BUSY, Verdict.GROWING, Verdict.SLOWER},
    Cause.MOVING: {*Verdict}
    - {Verdict.PAUSED, Verdict.NO_WORKERS, Verdict.STUCK, Verdict.STALLED, Verdict.IDLE}
    - {Verdict.STARVED},
}
"""Of which verdicts the cause that `why` says first may be spoken."""


def test_it_never_contradicts_why() -> None:
    met: set[Verdict] = set()
    sides = (False, True)
    cases = [*product(COUNTS, WORKERS, LIMITS, (None, 0, 2, 9), sides, WINDOWS, sides, (None, NOW - 60_000))]
    chosen = random.Random(6).sample(cases, tried(len(cases), 6000))
    for counts, workers, limit, concurrency, paused, now, unlocked, due_at in chosen:
        evidence = with_rates(
            seen(
                counts,
                workers=workers,
                paused=paused,
                concurrency=concurrency,
                limit=limit,
                unlocked=counts.active if unlocked else 0,
                due_at=due_at if counts.delayed else None,
            ),
            now,
        )
        why, told = explain_queue(evidence), bottleneck(evidence, now, HOUR_AGO)
        case = (counts, workers, limit, concurrency, paused, now, why, told)
        assert told.verdict in AGREE[why.cause], case
        assert told.why == why
        # Who says that it grows is not told that it empties, and the other way round.
        if "growing" in why.verdict:
            assert told.verdict not in (Verdict.DRAINING, Verdict.FINE, Verdict.BUSY), case
        assert (told.numbers.drains_ms is None) or (told.numbers.growth or 0) < 0, case
        assert told.sentence.endswith("."), case
        met.add(told.verdict)
    assert met == {*Verdict}, {*Verdict} - met
