"""A report is gathered from what answers, and says what did not."""

import asyncio
import json
from collections.abc import Mapping, Sequence
from dataclasses import replace

import pytest

from bulltui.domain.charting import Measure
from bulltui.domain.errors import BulltuiError, UnreachableError
from bulltui.domain.human import DAY_MS, HOUR_MS
from bulltui.domain.point import Point
from bulltui.domain.queue import QueueRef
from bulltui.domain.report import Report
from bulltui.domain.report_period import Kind, Period, period_of
from bulltui.domain.snapshot import Health, Link, ServerState, Snapshot
from bulltui.reports.form import Form
from bulltui.reports.writing import written
from bulltui.services import report as service
from bulltui.services import report_errors
from bulltui.services.report import Sources, report_of
from bulltui.services.report_scope import Place
from bulltui.services.watch.protocols import HistoryState
from tests.fake_watch import FakeHistory
from tests.reports.week import ADDRESS, NOW, PLACE, Weeks, history, refs, snapshot, sources, unreachable, week

DAY = period_of(Kind.DAY, NOW)


@pytest.fixture(scope="module")
def whole() -> Report:
    return week()


def day(given: Sources, places: Sequence[Place] = (PLACE,), period: Period = DAY) -> Report:
    return asyncio.run(report_of(given, places, period))


def counted(points: Mapping[QueueRef, list[Point]], start_ms: int, end_ms: int) -> list[int]:
    """Counted one by one."""
    found = [0, 0, 0, 0, 0]
    for some in points.values():
        for one in some:
            if start_ms <= one.at_ms < end_ms:
                flow = one.flow
                for at, number in enumerate((flow.added, flow.completed, flow.failed, flow.retried, flow.stalled)):
                    found[at] += number
    return found


def test_numbers_equal_a_direct_count(whole: Report) -> None:
    points = history().points
    for tally, span in ((whole.total, whole.period.span), (whole.before, whole.period.before)):
        assert tally is not None
        told = [tally.added, tally.completed, tally.failed, tally.retried, tally.stalled]
        assert told == counted(points, span.start_ms, span.end_ms)
    for line in whole.queues:
        of_queue = counted({line.ref: points[line.ref]}, whole.period.span.start_ms, whole.period.span.end_ms)
        assert [line.now.completed, line.now.failed] == of_queue[1:3]
    assert not whole.missing


def test_charts_have_both_times_and_what_happened(whole: Report) -> None:
    assert whole.charts is not None
    assert whole.charts.before is not None
    assert whole.charts.before.start_ms == whole.charts.now.start_ms - 7 * DAY_MS
    # What was completed by the chart is what was completed, but for the hour that runs and the part before the start.
    line = whole.charts.now.lines[Measure.COMPLETED]
    assert len(line) == 7 * 24 + 1
    assert line[-1] is None
    assert line[-2] is not None
    assert whole.charts.now.lines[Measure.WAITING][-1] is not None  # what stands is known of that hour too
    assert [mark.kind.value for mark in whole.charts.marks].count("firing") == 5
    assert [mark.kind.value for mark in whole.charts.marks].count("action") == 3


def test_errors_are_those_of_the_period_beside_those_of_the_one_before(whole: Report) -> None:
    groups = {group.title: (group.count, group.before) for group in whole.errors.groups}
    assert groups["Request failed with status code 502"] == (88, 0)
    assert groups["Cannot read properties of undefined (reading 'vat')"] == (19, 33)
    assert [group.count for group in whole.errors.groups] == [412, 88, 61, 19]
    assert (whole.errors.whole, whole.errors.examined, whole.errors.kinds) == (True, 580, 4)


def test_what_was_done_here_is_told_and_elsewhere_is_not(whole: Report) -> None:
    assert [line.deed.id for line in whole.deeds or ()] == ["d1", "d2", "d3"]
    assert [(line.rule, line.times, line.firing) for line in whole.alerts or ()] == [
        ("failure-share", 2, False),
        ("slow-start", 1, True),
        ("backlog", 1, True),
        ("memory", 1, False),
    ]
    assert whole.standing is not None
    assert [(one.ref.name, one.paused, one.no_workers) for one in whole.standing] == [
        ("images", False, True),
        ("reports", True, False),
    ]


def test_a_gap_is_told(whole: Report) -> None:
    (note,) = whole.notes
    assert note.startswith("Nothing is known of 5h 00m: ")


def test_without_the_server_it_is_made_of_the_history() -> None:
    made = day(sources(unreachable))
    (missing,) = made.missing
    assert missing.startswith("Nothing listens at redis.internal:6379. So this is from the history alone")
    assert made.total.completed > 100_000
    assert made.standing is None
    assert not made.errors.asked
    assert made.servers[0].problem
    assert made.alerts
    assert not made.deeds


def test_a_server_that_never_answers_is_not_waited_for(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(service, "LOOK_S", 0.05)

    async def hangs() -> Snapshot:
        await asyncio.Event().wait()
        raise AssertionError

    made = day(sources(hangs))
    assert "did not tell within" in made.missing[0]


def test_alerts_and_audit_that_cannot_be_read_are_told() -> None:
    given = sources()
    given.board.error = BulltuiError("alerts.db is damaged.")  # type: ignore[attr-defined]
    given.deeds.error = BulltuiError("The audit cannot be read.")  # type: ignore[attr-defined]
    made = day(given)
    assert made.missing == (
        "Alerts cannot be told: alerts.db is damaged.",
        "What was changed from here cannot be told: The audit cannot be read.",
    )
    assert (made.alerts, made.deeds) == (None, None)
    text = written(made, Form.MD).decode()
    assert "No alert fired" not in text
    assert "None fired" not in text
    assert "Nothing was changed" not in text
    assert json.loads(written(made, Form.JSON))["alerts"] is None
    assert written(made, Form.CSV)
    assert made.total.known


def test_without_the_history_there_is_no_report() -> None:
    given = sources()
    given.history.error = UnreachableError("Prometheus does not answer.")  # type: ignore[attr-defined]
    with pytest.raises(UnreachableError):
        day(given)


def test_a_history_of_nothing_is_told() -> None:
    made = day(replace(sources(), history=FakeHistory()))
    assert made.missing[0].startswith("The history has nothing of this period.")
    assert not made.total.known
    assert made.charts is None
    assert made.errors.groups


def test_a_history_that_cannot_be_read_as_a_whole_is_told() -> None:
    given = sources()
    given.history.problem = "eu: the file is damaged."  # type: ignore[attr-defined]
    assert day(given).missing == ("eu: the file is damaged.",)


def test_numbers_are_not_compared_with_a_time_that_is_not_known() -> None:
    young = history()
    young.stands = HistoryState("history.db", first_ms=NOW - 20 * HOUR_MS)
    for some in young.points.values():
        some[:] = [one for one in some if one.at_ms >= NOW - 20 * HOUR_MS]
    made = day(replace(sources(), history=young))
    assert made.before is None
    assert made.charts is not None
    assert made.charts.before is None
    assert all(line.before is None for line in made.queues)
    assert all(line.run_before is None for line in made.names)
    assert any("No number is compared" in note and "the history begins at" in note for note in made.notes)
    assert any(note.startswith("Nothing is known of ") for note in made.notes)


def test_queues_are_chosen_by_globs_in_every_part() -> None:
    made = day(sources(), [Place("", ADDRESS, ("bull",), ("pay*", "images"))])
    assert {line.ref.name for line in made.queues} == {"payments", "images"}
    assert {line.ref.name for line in made.names} == {"payments", "images"}
    assert {ref.name for group in made.errors.groups for ref in group.queues} <= {"payments", "images"}
    assert {one.ref.name for one in made.standing or ()} == {"images"}
    week_of = asyncio.run(report_of(sources(), [Place("", ADDRESS, ("bull",), ("mail*",))], period_of(Kind.WEEK, NOW)))
    assert not week_of.deeds  # those were on payments
    assert [line.rule for line in week_of.alerts or ()] == ["memory"]  # of the server
    asked = history()
    day(replace(sources(), history=asked), [Place("", ADDRESS, ("other",))])
    assert all(ask.measures == (Measure.COMPLETED,) for ask in asked.asked)  # none is no chart of all


def test_of_several_servers_one_that_is_away_is_named() -> None:
    ours = {QueueRef("bull", name, "eu"): some for name, some in zip(refs(), history().points.values(), strict=True)}
    states = (
        ServerState("eu", ADDRESS, health=Health(Link.ONLINE)),
        ServerState("us", "us:6379/0", health=Health(Link.OFFLINE, message="Nothing listens at us:6379.")),
    )

    async def look() -> Snapshot:
        return replace(snapshot(), rows=(), servers=states)

    given = replace(sources(look), history=Weeks(ours))
    made = day(given, [Place("eu", ADDRESS, ("bull",)), Place("us", "us:6379/0", None)])
    assert made.missing == ("us: Nothing listens at us:6379.",)
    assert made.several
    assert [one.problem for one in made.servers] == ["", "Nothing listens at us:6379."]
    assert len(made.queues) == 6


def test_errors_are_read_within_a_bound(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(report_errors, "MOST_JOBS", 100)
    given = sources()
    given.finder.most = 60  # type: ignore[attr-defined]
    made = asyncio.run(report_of(given, (PLACE,), period_of(Kind.WEEK, NOW)))
    assert not made.errors.whole
    assert made.errors.examined == 120
    assert all(group.before is None for group in made.errors.groups)
    assert any("Errors are those of 120 of " in note for note in made.notes)


def test_a_server_that_goes_away_while_errors_are_read_is_told() -> None:
    given = sources()
    given.finder.error = UnreachableError("The connection ended.")  # type: ignore[attr-defined]
    made = asyncio.run(report_of(given, (PLACE,), period_of(Kind.WEEK, NOW)))
    assert made.missing == ("Errors cannot be told: The connection ended.",)
    assert not made.errors.asked
    assert made.standing


def test_estimated_and_lost_are_told() -> None:
    guessed = history()
    ref = refs()["payments"]
    last = guessed.points[ref][-1]
    guessed.points[ref][-1] = replace(last, flow=replace(last.flow, estimated=12, lost=7))
    notes = day(replace(sources(), history=guessed)).notes
    assert any(note.startswith("12 jobs of 1 queue that completed or failed follow from counts") for note in notes)
    assert any(note.startswith("At least 7 events were gone") for note in notes)


def test_errors_up_to_a_time_leave_out_what_failed_since() -> None:
    period = period_of(Kind.DAY, NOW, end="2026-11-26T12:00")
    made = day(sources(), period=period)
    start, end = period.span.start_ms, period.span.end_ms
    failed = [at for jobs in sources().finder.jobs.values() for _, at, _ in jobs]  # type: ignore[attr-defined]
    assert sum(group.count for group in made.errors.groups) == sum(start <= at < end for at in failed)
