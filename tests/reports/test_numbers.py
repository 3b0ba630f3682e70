"""The numbers of a report, held against counting by hand."""

import random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bulltui.domain.alert import Alert, Phase, Severity, Watched
from bulltui.domain.charting import Chart, Measure
from bulltui.domain.point import Flow, OfName, Point, Stand
from bulltui.domain.queue import QueueRef
from bulltui.domain.report import Tally
from bulltui.domain.report_numbers import (
    alert_lines,
    by_backlog,
    by_failures,
    by_throughput,
    by_wait,
    change,
    covered,
    gaps,
    known_steps,
    name_lines,
    queue_lines,
    tally_of,
    total_of,
)
from bulltui.domain.report_period import Span
from bulltui.domain.sketch import ACCURACY, sketch_of
from tests.thorough import tried

ONE, TWO, IDLE = QueueRef("bull", "one"), QueueRef("bull", "two"), QueueRef("bull", "idle")


def point(completed: int, failed: int, *, runs: list[float] | None = None, waiting: int | None = None) -> Point:
    stand = Stand() if waiting is None else Stand(reads=1, waiting=waiting, waiting_max=waiting + 5, oldest_ms=9_000)
    flow = Flow(added=completed + failed, completed=completed, failed=failed, retried=1, stalled=2, estimated=3, lost=4)
    return Point(0, stand, flow, sketch_of([]), sketch_of(runs or []))


def test_totals_are_sums_and_percentiles_those_of_all_durations() -> None:
    chance = random.Random(1)
    runs = [[chance.lognormvariate(6, 1.2) for _ in range(count)] for count in (400, 37)]
    total = total_of({ONE: point(400, 0, runs=runs[0], waiting=7), TWO: point(30, 7, runs=runs[1], waiting=1)})
    assert (total.added, total.completed, total.failed, total.finished) == (437, 430, 7, 437)
    assert (total.retried, total.stalled, total.estimated, total.lost, total.waiting) == (2, 4, 6, 8, 8)
    assert total.failure_share == pytest.approx(7 / 437)
    every = sorted(runs[0] + runs[1])
    assert total.run.total == 437
    for share, found in ((0.5, total.run.p50), (0.95, total.run.p95), (0.99, total.run.p99)):
        assert found == pytest.approx(every[-(-int(share * 100) * 437 // 100) - 1], rel=ACCURACY)
    assert total.wait.p50 is None
    assert total.waiting_max is None  # the worst of each was at another time


def test_what_is_not_known_is_no_nought() -> None:
    assert total_of({}) == Tally() == tally_of(None) == tally_of(Point(0))
    assert tally_of(point(0, 0)).failure_share is None
    assert tally_of(point(1, 0)).waiting is None
    assert change(None, 1) is None
    assert change(1, None) is None
    assert change(5, 0) == type(change(1, 1))(5, None)  # type: ignore[misc]
    found = change(5, 4)
    assert found is not None
    assert (found.by, found.share) == (1, 0.25)


def test_queues_are_ordered_by_what_is_asked() -> None:
    now = {TWO: point(5, 9, waiting=3), ONE: point(80, 9, waiting=0), IDLE: Point(0, Stand(reads=1))}
    lines = queue_lines(now, {TWO: point(1, 1)})
    assert [line.ref for line in lines] == [IDLE, ONE, TWO]
    assert [line.ref for line in by_failures(lines)] == [ONE, TWO]  # as many of each: by name
    assert [line.ref for line in by_throughput(lines)] == [ONE, TWO]
    assert [line.ref for line in by_backlog(lines)] == [TWO]
    assert [line.ref for line in by_wait(lines)] == [ONE, TWO]
    assert [line.before is None for line in lines] == [True, True, False]
    assert all(line.before is None for line in queue_lines(now, None))


def test_names_are_ordered_by_their_slowest_runs() -> None:
    now = {
        (ONE, "quick"): OfName(9, 1, run=sketch_of([10.0] * 10)),
        (TWO, "slow"): OfName(1, 0, run=sketch_of([9_000.0])),
        (ONE, "unseen"): OfName(3, 0),
    }
    lines = name_lines(now, {(TWO, "slow"): OfName(1, 0, run=sketch_of([100.0]))})
    assert [line.name for line in lines] == ["slow", "quick", "unseen"]
    assert lines[0].run_before is not None
    assert lines[0].run_before.p95 == pytest.approx(100, rel=ACCURACY)
    assert lines[1].run_before is None


def test_what_is_known_of_a_span_and_what_is_not() -> None:
    chart = Chart(0, 10, {Measure.COMPLETED: (1.0, None, 0.0, 0.0, None)})
    span = Span(5, 48)
    known = known_steps(chart, span)
    assert known == [Span(5, 10), Span(20, 30), Span(30, 40)]
    assert gaps(known, span) == [Span(10, 20), Span(40, 48)]
    assert covered(known, span) == pytest.approx(25 / 43)
    assert gaps([], span) == [span]
    assert gaps([span], span) == []
    assert known_steps(Chart(0, 10), span) == []


def alert(number: int, fired: int, resolved: int = 0, *, ref: QueueRef | None = ONE, bad: bool = False) -> Alert:
    severity = Severity.CRITICAL if bad else Severity.INFO
    phase = Phase.RESOLVED if resolved else Phase.FIRING
    rule = "bad" if bad else "rule"
    return Alert(
        f"a{number}",
        rule,
        Watched.BACKLOG,
        severity,
        phase,
        ref,
        "",
        0,
        fired,
        resolved,
        worst=float(number),
        threshold=1,
    )


def test_alerts_count_as_far_as_they_fired_within_the_span() -> None:
    span = Span(100, 200)
    lines = alert_lines(
        [
            alert(1, 50, 120),  # began before
            alert(2, 150),  # still fires
            alert(2, 150),  # told twice
            alert(3, 10, 90),  # was over
            alert(4, 200),  # came after
            alert(5, 0),  # never fired
            alert(6, 130, 140, ref=TWO, bad=True),
            alert(7, 160, 999),  # ended after the report
        ],
        span,
    )
    assert [(one.rule, one.subject, one.times, one.lasted_ms, one.firing) for one in lines] == [
        ("bad", "two", 1, 10, False),
        ("rule", "one", 3, 20 + 50 + 40, True),
    ]
    assert (lines[1].last_ms, lines[1].worst) == (160, 7.0)
    assert alert_lines([], span) == ()


@given(st.lists(st.sampled_from((None, 0.0, 1.0)), max_size=12), st.integers(0, 130), st.integers(1, 130))
@settings(max_examples=tried(500, 60), deadline=None)
def test_known_and_unknown_parts_make_up_the_span(line: list[float | None], start: int, length: int) -> None:
    span = Span(start, start + length)
    known = known_steps(Chart(0, 10, {Measure.COMPLETED: tuple(line)}), span)
    moments = [any(one.holds(at) for one in known) for at in range(span.start_ms, span.end_ms)]
    assert moments == [at // 10 < len(line) and line[at // 10] is not None for at in range(span.start_ms, span.end_ms)]
    assert [any(one.holds(at) for one in gaps(known, span)) for at in range(span.start_ms, span.end_ms)] == [
        not one for one in moments
    ]
    assert covered(known, span) == pytest.approx(sum(moments) / length)
