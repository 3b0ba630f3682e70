"""Sparklines of the list from the history."""

from math import isnan

from bulltui.domain.charting import Ask, Chart, Measure
from bulltui.domain.errors import BulltuiError
from bulltui.domain.point import Flow, Point
from bulltui.domain.queue import QueueRef
from bulltui.tui.list_trends import trend_of
from tests.fake_watch import FakeHistory
from tests.tui.fakes import NOW, FakeQueue, stage

M = 60_000
A, B = QueueRef("bull", "a"), QueueRef("bull", "b")


def hour(*completed: int) -> list[Point]:
    """The last hour, as many parts of it as there are numbers."""
    end = -(-NOW // (10 * M)) * 10 * M
    start = end - len(completed) * 10 * M
    return [Point(start + place * 10 * M, flow=Flow(completed=number)) for place, number in enumerate(completed)]


class TestInTheList:
    async def test_the_last_hour_is_shown_where_bullmq_keeps_no_metrics(self) -> None:
        queues = {"a": FakeQueue(trend=(1.0,)), "b": FakeQueue(more={"completed_total": 7}, trend=(1.0, 2.0))}
        async with stage(queues) as shown:
            shown.runtime.history = FakeHistory({A: hour(10, 20, 40, 80, 160, 1), B: hour(*[99] * 6)})
            shown.runtime.clock.now += 6 * M
            await shown.publish()
            await shown.settle()
            # The hour has gone on: its first part is out of sight, of its last nothing is known yet.
            assert "· a " in shown.lines[3]
            assert "▂▃▅█▂" in shown.lines[3]
            assert {ask.refs for ask in shown.runtime.history.asked} == {(A,)}

    async def test_at_most_once_a_minute(self) -> None:
        async with stage({"a": FakeQueue()}) as shown:
            known = shown.runtime.history = FakeHistory({A: hour(1, 2, 3, 4, 5, 6)})
            shown.runtime.clock.now += 6 * M
            for _ in range(5):
                await shown.publish()
            assert len(known.asked) == 1
            shown.runtime.clock.now += M
            await shown.publish()
            assert len(known.asked) == 1  # what is known of an hour is not old yet
            shown.runtime.clock.now += 5 * M
            await shown.publish()
            assert len(known.asked) == 2

    async def test_a_history_that_fails_or_is_slow_leaves_the_list_as_it_is(self) -> None:
        async with stage({"a": FakeQueue(trend=(4.0, 8.0))}) as shown:
            known = shown.runtime.history = FakeHistory(error=BulltuiError("broken"))
            shown.runtime.clock.now += 6 * M
            await shown.publish()
            assert "▅█" in shown.text or "▄█" in shown.text
            known.error = None
            known.free.clear()
            shown.runtime.clock.now += M
            await shown.publish()
            assert "▅█" in shown.text or "▄█" in shown.text
            await shown.press("down")

    async def test_one_that_takes_long_does_not_keep_the_others(self) -> None:
        names = [f"q{number}" for number in range(9)]
        async with stage({name: FakeQueue() for name in names}) as shown:
            known = FakeHistory({QueueRef("bull", name): hour(1, 2, 3, 4, 5, 6) for name in names})
            plain = known.chart

            async def slow(ask: Ask) -> Chart:
                shown.runtime.clock.now += 2000
                return await plain(ask)

            known.chart = slow  # type: ignore[method-assign]
            shown.runtime.history = known
            shown.runtime.clock.now += 6 * M
            await shown.publish()
            assert len(known.asked) == 3
            shown.runtime.clock.now += M
            await shown.publish()
            assert len(known.asked) == 6
            assert len({ask.refs for ask in known.asked}) == 6


class TestTrend:
    def test_unknown_is_a_gap_and_not_zero(self) -> None:
        chart = Chart(0, M, {Measure.COMPLETED: (None, 1.0, None, 3.0), Measure.FAILED: (None, 1.0, None, 0.0)})
        trend = trend_of(chart)
        assert (trend[0], isnan(trend[1]), trend[2]) == (2.0, True, 3.0)

    def test_one_value_is_no_trend(self) -> None:
        assert trend_of(Chart(0, M, {Measure.COMPLETED: (None, 1.0), Measure.FAILED: (None, 1.0)})) == ()
        assert trend_of(Chart(0, M)) == ()
