"""Explanations of jobs: whatever is seen gives a sentence and a cause, and no cause without what it takes."""

import re
from dataclasses import replace

from hypothesis import given, settings
from hypothesis import strategies as st

from bulltui.domain.evidence import Evidence, Ground, Usual, Workforce
from bulltui.domain.explain_job import explain_job
from bulltui.domain.explain_queue import QueueEvidence, explain_queue
from bulltui.domain.fields import raw_field
from bulltui.domain.flow import Bond, FlowNode, JobRef
from bulltui.domain.human import HOUR_MS
from bulltui.domain.job import Dependencies, Job, decode
from bulltui.domain.layout import Layout, LayoutVerdict
from bulltui.domain.queue import Counts, Queue, QueueRef, RateLimit
from bulltui.domain.rates import Rates
from bulltui.domain.states import LISTED, JobState
from bulltui.domain.steps import command, step
from bulltui.domain.surroundings import LastSeen, Surroundings
from bulltui.domain.text import visible
from bulltui.domain.why import Cause, Why

NOW = 1_750_000_000_000
MAIL = QueueRef("bull", "mail")
EVIL = "\x1b[31m[red]\u202e\udcff`x`"

FIELDS = {
    "name": ["charge", EVIL],
    "data": ['{"a":1}', "broken", "[]"],
    "opts": [
        *('{"attempts":3,"backoff":{"type":"fixed","delay":1000}}', '{"removeOnComplete":{"age":1,"count":"x"}}'),
        *("[]", "no", '{"removeOnFail":true,"backoff":5}', '{"attempts":"x","backoff":{"type":"\u202e","delay":1e30}}'),
    ],
    "timestamp": [str(NOW - 60_000), "never"],
    "processedOn": [str(NOW - 30_000)],
    "finishedOn": [str(NOW - 1_000), "-5"],
    "atm": ["1", "3", "99"],
    "ats": ["1", "4"],
    "stc": ["0", "2"],
    "priority": ["0", "5"],
    "delay": ["0", "5000"],
    "failedReason": [
        "boom",
        EVIL,
        "child process failed",
        "child bull:parts:x failed",
        "job stalled more than allowable limit",
    ],
    "stacktrace": ['["UnrecoverableError: x"]', '["Error: x"]', "x"],
    "returnvalue": ["1", EVIL],
    "pb": ["alpha", EVIL],
    "rjk": ["nightly", EVIL],
    "deid": ["one", EVIL],
    "defa": ["child x failed", "job stalled more than allowable limit"],
    "parentKey": ["bull:orders:p"],
}

refs = st.sampled_from([MAIL, QueueRef("app", "a:b"), QueueRef("-p", EVIL)])
ids = st.sampled_from(["1", "17", "x:y:z", "-x", EVIL, "a b"])
small = st.integers(0, 5)
spans = st.none() | st.sampled_from([0, 1, 500, HOUR_MS])
limits = st.builds(
    RateLimit, st.none() | small, st.none() | small, small, st.sampled_from([0, 5000]), manual=st.booleans()
)
workforces = st.builds(
    Workforce, st.none() | st.integers(0, 3), st.none() | small, st.none() | small, st.sampled_from(["", EVIL])
)
hashes = st.fixed_dictionaries({}, optional={name: st.sampled_from(values) for name, values in FIELDS.items()})
nodes = st.builds(
    FlowNode,
    st.builds(JobRef, refs, ids),
    st.sampled_from(Bond),
    name=st.sampled_from(["", EVIL]),
    state=st.sampled_from(JobState),
    missing=st.booleans(),
    failed_reason=st.sampled_from(["", EVIL]),
)
grounds = st.builds(
    Ground,
    st.just(MAIL),
    st.just(NOW),
    paused=st.booleans(),
    paused_at_ms=st.none() | st.just(NOW - 5_000),
    concurrency=st.none() | small,
    limit=limits,
    active=small,
    stalled_check_ttl_ms=spans,
    workers=workforces,
    may_be=st.sampled_from([(), (Layout.V3, Layout.V4), (Layout.V5, Layout.V6), (Layout.BULL,)]),
    per_minute=st.none() | st.sampled_from([0.0, 0.01, 120.0]),
)


@st.composite
def surroundings(draw: st.DrawFn) -> Surroundings:
    """Also such as no server could tell."""
    return Surroundings(
        NOW,
        exists=draw(st.booleans()),
        foreign=draw(st.booleans()),
        states=tuple(draw(st.lists(st.sampled_from(LISTED), max_size=3, unique=True))),
        unsearched=tuple(draw(st.lists(st.sampled_from([JobState.WAITING, JobState.ACTIVE]), unique=True))),
        score=draw(st.none() | st.sampled_from([5.0, float("inf"), (NOW + 5_000) * 4096.0, (NOW - 50_000) * 4096.0])),
        ahead=draw(st.none() | st.integers(0, 200_000)),
        ahead_deeper=draw(st.booleans()),
        higher=draw(st.none() | small),
        lock_ttl_ms=draw(spans),
        in_stalled=draw(st.booleans()),
        stalled_check_ttl_ms=draw(spans),
        dedup_owner=draw(st.sampled_from(["", "1", EVIL])),
        dedup_ttl_ms=draw(spans),
        last_id=draw(small),
        stamp=(draw(st.none() | st.just(NOW - 9)), draw(st.none() | st.sampled_from([NOW, NOW - 5])), draw(small)),
        faults=tuple(draw(st.lists(st.sampled_from(["wait", EVIL]), max_size=2))),
    )


@st.composite
def evidences(draw: st.DrawFn) -> Evidence:
    """Any combination of what may be seen."""
    job = None
    job_id = draw(ids)
    if draw(st.booleans()):
        raw = {name: raw_field(text) for name, text in draw(hashes).items()}
        dependencies = Dependencies(draw(small), draw(small), draw(small), draw(small))
        job = decode(job_id, MAIL, draw(st.sampled_from(JobState)), raw, dependencies=dependencies)
    kinds = st.sampled_from(
        ["completed", "failed", "removed", "deduplicated", "waiting", "cleaned", "duplicated", EVIL]
    )
    events = st.builds(LastSeen, kinds, st.sampled_from([0, NOW - 1, NOW + 1]), st.sampled_from(["", "7", EVIL]))
    return Evidence(
        MAIL,
        job_id,
        draw(surroundings()),
        draw(grounds),
        job,
        seen=tuple(draw(st.lists(events, max_size=3))),
        children=tuple(draw(st.lists(nodes, max_size=3))),
        parent=draw(st.none() | nodes),
        usual=draw(st.none() | st.just(Usual(1200, 20))),
        moving=draw(st.booleans()),
    )


def check_form(why: Why) -> None:
    """What holds for any explanation."""
    assert why.causes
    assert len(set(why.causes)) == len(why.causes)
    assert re.fullmatch(r"[A-Z0-9].*\.", why.verdict, re.DOTALL), why.verdict
    for text in (why.verdict, *why.evidence, *why.steps):
        assert text == visible(text), text
        assert text.strip() == text != ""
        assert ".." not in text.replace("...", "")
        assert "  " not in text


@settings(max_examples=200, deadline=None)
@given(evidences())
def test_anything_seen_gives_a_sentence_and_a_cause(seen: Evidence) -> None:
    why = explain_job(seen)
    check_form(why)
    ground, around, causes = seen.ground, seen.around, {*why.causes}
    # What each cause takes at least.
    assert Cause.PAUSED not in causes or ground.paused or JobState.PAUSED in around.states
    assert Cause.NO_WORKERS not in causes or ground.workers.total == 0
    assert Cause.WORKERS_BUSY not in causes or (ground.workers.total and ground.active)
    assert Cause.CONCURRENCY not in causes or (ground.concurrency is not None and ground.active >= ground.concurrency)
    assert Cause.RATE_LIMITED not in causes or ground.limit.ttl_ms > 0
    assert Cause.RUNNING not in causes or around.lock_ttl_ms is not None
    assert not {Cause.NOT_FOUND, Cause.AUTO_REMOVED, Cause.DEDUPLICATED, Cause.REMOVED} & causes or not around.exists
    assert Cause.NO_STATE not in causes or (around.exists and not around.states)
    assert Cause.OVERDUE not in causes or around.score is not None
    assert Cause.COMPLETED not in causes or JobState.COMPLETED in around.states
    assert Cause.DEDUPLICATED not in causes or any(one.kind == "deduplicated" for one in seen.seen)
    if around.faults or seen.moving:
        assert not why.sure


counts = st.builds(Counts, small, small, small, small, small, small, small, small)


@settings(max_examples=100, deadline=None)
@given(counts, grounds, st.none() | st.sampled_from([NOW - HOUR_MS, NOW - 5, NOW + 5_000]), small)
def test_any_queue_gives_a_sentence_and_a_cause(
    counted: Counts, ground: Ground, due_at: int | None, unlocked: int
) -> None:
    queue = Queue(MAIL, counted, LayoutVerdict(Layout.V6), paused=ground.paused, faults=("wait",) * (unlocked == 5))
    rates = Rates(added=1000.0, finished=ground.per_minute)
    why = explain_queue(QueueEvidence(queue, ground, rates, due_at, min(unlocked, counted.active), counted.active))
    check_form(why)
    causes = {*why.causes}
    if ground.paused:
        assert why.cause is Cause.PAUSED
    if counted.pending and ground.workers.total == 0:
        assert Cause.NO_WORKERS in causes
    assert Cause.MOVING not in causes or ground.per_minute
    assert Cause.IDLE not in causes or not counted.pending


# --- single cases that no library makes by itself


def a_job(state: JobState, **fields: str) -> Job:
    whole = {"name": "charge", "data": "{}", "opts": '{"attempts":3}', "timestamp": str(NOW - 60_000)} | fields
    return decode("8f21", MAIL, state, {name: raw_field(text) for name, text in whole.items()})


def seen_in(state: JobState, ground: Ground | None = None, **around: object) -> Evidence:
    surroundings = replace(Surroundings(NOW, exists=True, states=(state,)), **around)  # type: ignore[arg-type]
    return Evidence(MAIL, "8f21", surroundings, ground or Ground(MAIL, NOW), a_job(state))


BUSY = Workforce(total=2, idle=0, locks=2)


def test_workers_that_cannot_be_seen_are_no_cause() -> None:
    ground = Ground(MAIL, NOW, workers=Workforce(problem="The Redis user may not run CLIENT LIST."))
    why = explain_job(seen_in(JobState.WAITING, ground, ahead=0))
    assert why.causes == (Cause.IN_LINE,)
    assert not why.sure
    assert "Whether workers are connected cannot be known: The Redis user may not run CLIENT LIST." in why.evidence
    overdue = explain_job(seen_in(JobState.DELAYED, ground, score=(NOW - 60_000) * 4096.0))
    assert overdue.causes == (Cause.OVERDUE,)
    assert not overdue.sure
    stalled = explain_job(seen_in(JobState.ACTIVE, ground))
    assert stalled.causes == (Cause.STALLED,)
    assert "if a worker is connected, it waits in line again" in stalled.verdict


def test_the_estimate_follows_from_the_rate() -> None:
    ground = Ground(MAIL, NOW, active=2, workers=BUSY, per_minute=300.0)
    why = explain_job(seen_in(JobState.WAITING, ground, ahead=1204, higher=0))
    assert why.verdict == (
        "It waits: 1,204 jobs are before it, its turn comes in about 4m 00s; all 2 workers are busy."
    )
    for rate in (None, 0.0):
        slow = explain_job(seen_in(JobState.WAITING, replace(ground, per_minute=rate), ahead=1204, higher=0))
        assert "about" not in slow.verdict
    stopped = explain_job(seen_in(JobState.WAITING, replace(ground, paused=True), ahead=1204, higher=0))
    assert "about" not in stopped.verdict


def test_a_place_in_the_middle_of_a_million() -> None:
    ground = Ground(MAIL, NOW, active=2, workers=BUSY, per_minute=600.0)
    seen = replace(
        seen_in(JobState.WAITING, ground, states=(), unsearched=(JobState.WAITING,), ahead=150_000, ahead_deeper=True),
        job=a_job(JobState.WAITING),
    )
    why = explain_job(seen)
    assert why.causes == (Cause.IN_LINE, Cause.WORKERS_BUSY)
    assert "more than 150,000 jobs are before it, its turn comes in at least about 4h 10m" in why.verdict
    assert "It is not within the first or last 150,000 of the list." in why.evidence


def test_a_pause_that_workers_of_old_do_not_see() -> None:
    ground = Ground(MAIL, NOW, paused=True, active=2, workers=BUSY, may_be=(Layout.V4,))
    why = explain_job(seen_in(JobState.WAITING, ground, ahead=0))
    assert why.cause is Cause.PAUSED
    assert not why.sure
    assert "Workers of BullMQ up to 4 take jobs from `wait` even so." in why.evidence


def test_left_behind_in_the_list_of_the_paused() -> None:
    why = explain_job(seen_in(JobState.PAUSED, Ground(MAIL, NOW, workers=BUSY), ahead=3))
    assert why.causes == (Cause.STUCK, Cause.PAUSED)
    assert why.steps == ("Resume the queue once more, which brings them back: P, or `bulltui queues resume mail`.",)


def test_a_concurrency_that_old_libraries_do_not_know_is_no_cause() -> None:
    ground = Ground(MAIL, NOW, concurrency=1, active=2, workers=BUSY, may_be=(Layout.V4,))
    assert Cause.CONCURRENCY not in explain_job(seen_in(JobState.WAITING, ground, ahead=0)).causes


def test_a_job_that_takes_far_longer_than_others() -> None:
    stamp = (NOW - 3_600_000, None, 0)
    seen = replace(seen_in(JobState.ACTIVE, lock_ttl_ms=20_000, stamp=stamp), usual=Usual(1_200, 20))
    why = explain_job(seen)
    assert why.verdict == "It runs on a worker that has no name, for 1h 00m."
    assert "Others took about 1.2s (the middle one of the last 20)." in why.evidence
    assert "This one takes more than 10 times as long." in why.evidence
    fine = explain_job(replace(seen, usual=Usual(600_000, 1)))
    assert "The last one took about 10m 00s." in fine.evidence
    assert not any("times as long" in line for line in fine.evidence)


def test_a_job_in_a_group_of_bullmq_pro_is_not_said_to_be_lost() -> None:
    ground = Ground(MAIL, NOW, strange="BullMQ Pro: a `groups` key")
    why = explain_job(seen_in(JobState.WAITING, ground, states=()))
    assert why.verdict == "It is in no list and no set that is known here."
    assert not why.sure
    assert "BullMQ Pro keeps jobs in groups, which are not read here." in why.evidence


def test_clocks_of_workers_may_be_ahead() -> None:
    seen = replace(seen_in(JobState.COMPLETED, stamp=(NOW, NOW + 5_000, 1)), job=a_job(JobState.COMPLETED))
    assert explain_job(seen).verdict == "It is done, just now."


def test_nothing_is_advised_that_is_refused_for_bull() -> None:
    ground = Ground(MAIL, NOW, paused=True, workers=Workforce(1), may_be=(Layout.BULL,))
    why = explain_job(seen_in(JobState.PAUSED, ground, ahead=0))
    assert why.steps == ("Use Bull's own tools: its queues can be looked at here, not changed.",)


def test_commands_can_be_typed() -> None:
    assert command("jobs retry", MAIL, "17") == "`bulltui jobs retry mail 17`"
    assert command("jobs retry", QueueRef("app", "mail"), "a b") == "`bulltui jobs retry -p app mail 'a b'`"
    assert command("jobs retry", MAIL, "-x") == "`bulltui jobs retry -- mail -x`"
    assert command("jobs retry", QueueRef("bull", EVIL), EVIL) == "`bulltui jobs retry QUEUE ID`"
    assert step("Resume", "pause", "queues resume", MAIL) == "Resume: P, or `bulltui queues resume mail`."
    assert step("Let it fail", "fail", "jobs fail", MAIL, "1") == (
        "Let it fail: . fail stuck, or `bulltui jobs fail mail 1`."
    )


def failed_with(opts: str, **fields: str) -> Why:
    job = a_job(JobState.FAILED, opts=opts, atm="3", failedReason="boom", **fields)
    return explain_job(replace(seen_in(JobState.FAILED, stamp=(NOW - 9, NOW - 1, 3)), job=job))


def test_options_are_told_as_far_as_they_are_any() -> None:
    for backoff, told in (
        ("5000", "Backoff between attempts: 5.0s."),
        ('{"type":"exponential","delay":100}', "Backoff between attempts: exponential, 0.1s."),
        ('{"type":"custom"}', "Backoff between attempts: custom, its own."),
        ('{"delay":1e30}', "Backoff between attempts: 999y+."),
    ):
        assert told in failed_with(f'{{"attempts":3,"backoff":{backoff}}}').evidence
    for backoff in ("0", "true", '"x"', "null"):
        why = failed_with(f'{{"attempts":3,"backoff":{backoff}}}')
        assert not any("Backoff" in line for line in why.evidence)
    for keep, told in (
        ("100", "removeOnFail: 100 failed jobs are kept."),
        ('{"age":60,"count":5}', "removeOnFail: 5 failed jobs are kept, none older than 1m 00s."),
        ("true", "removeOnFail is set, and yet it is still there."),
        (
            "false",
            "removeOnFail is not set for it; workers or other jobs of the queue may have it set, and then it goes too.",
        ),
    ):
        assert told in failed_with(f'{{"attempts":3,"removeOnFail":{keep}}}').evidence


def test_a_child_of_a_queue_with_stalled_in_its_name() -> None:
    seen = seen_in(JobState.WAITING, Ground(MAIL, NOW, workers=BUSY), ahead=0)
    job = a_job(JobState.WAITING, defa="child bull:stalled-orders:1 failed")
    assert explain_job(replace(seen, job=job)).cause is Cause.CHILD_FAILED
    job = a_job(JobState.WAITING, defa="job stalled more than allowable limit")
    assert explain_job(replace(seen, job=job)).cause is Cause.STALLED
