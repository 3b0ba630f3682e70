"""Which part of the past a chart shows."""

from itertools import pairwise

import pytest

from bulltui.domain.chart_view import View, Window, next_mark, settled, span_window, step_for, total
from bulltui.domain.charting import RANGES, Chart, Mark, MarkKind, Measure
from bulltui.domain.errors import UsageError
from bulltui.domain.moments import moment

NOW = 1_795_000_003_000
M, H, D = 60_000, 3_600_000, 86_400_000


class TestWindow:
    @pytest.mark.parametrize("cells", [1, 20, 49, 70, 129, 280, 1000])
    def test_a_line_has_room_for_all_values_and_both_ends_are_whole(self, cells: int) -> None:
        for place, one in enumerate(RANGES):
            for view in (View(place), View(place, NOW - D)):
                window = view.window(NOW, cells)
                assert window.end_ms - window.start_ms == one.span_ms
                assert window.start_ms % window.step_ms == window.end_ms % window.step_ms == 0
                assert window.step_ms >= one.step_ms
                assert window.steps <= max(2 * cells, 15 if place < 2 else 90)
                assert window.steps * window.step_ms == one.span_ms

    def test_wider_lines_have_finer_steps(self) -> None:
        steps = [step_for(D, M, cells) for cells in (10, 20, 40, 80, 160, 400, 1000)]
        assert all(before >= after for before, after in pairwise(steps))
        assert (steps[0], steps[-1]) == (2 * H, M)

    def test_short_steps_are_shown_when_they_are_over_and_long_ones_while_they_run(self) -> None:
        short, long = View(0).window(NOW, 100), View(4).window(NOW, 100)
        assert short.end_ms <= NOW < short.end_ms + short.step_ms
        assert long.end_ms - long.step_ms < NOW <= long.end_ms

    def test_place(self) -> None:
        window = Window(1000, 5000, 1000)
        assert [window.place_of(at) for at in (999, 1000, 1999, 4999, 5000)] == [None, 0, 0, 3, None]

    def test_a_span_of_any_length(self) -> None:
        window = span_window(NOW - 5 * H - 7, NOW, None, 50)
        assert (window.step_ms, window.steps) == (5 * M, 61)
        assert span_window(NOW - 1000 * D, NOW, None, 50).step_ms == D
        assert span_window(NOW - H, NOW, 10 * M, 5).step_ms == 10 * M


class TestView:
    def test_zoom_goes_around_the_cursor(self) -> None:
        view = View(3).zoomed(-1, NOW, NOW - 10 * H)
        window = view.window(NOW, 60)
        assert view.chosen.name == "6h"
        assert abs((window.start_ms + window.end_ms) // 2 - (NOW - 10 * H)) <= window.step_ms

    def test_zoom_ends_at_both_ends(self) -> None:
        assert View(0).zoomed(-1, NOW) == View(0)
        assert View(6).zoomed(1, NOW, 5) == View(6)

    def test_what_would_be_to_come_is_live(self) -> None:
        earlier = View(1).moved(-0.5, NOW)
        assert earlier.end_ms == NOW - H // 2
        assert earlier.moved(0.5, NOW).end_ms is None
        assert View(3, NOW - H).zoomed(1, NOW, NOW - M).end_ms is None
        assert View(1).moved(-1e9, NOW).window(NOW, 60).start_ms >= 0

    def test_comparisons_go_round(self) -> None:
        view = View()
        seen = [(view := view.compared()).compare_ms for _ in range(3)]
        assert seen == [D, 7 * D, 0]

    def test_the_day_before_has_the_same_steps(self) -> None:
        for place in range(len(RANGES)):
            window = View(place).window(NOW, 60)
            assert D % window.step_ms == 0


class TestFlows:
    def test_a_step_that_runs_is_by_the_minute_of_what_passed(self) -> None:
        chart = Chart(0, 10 * M, {Measure.ADDED: (10.0, 5.0), Measure.WAITING: (7.0, 7.0)})
        assert settled(chart, 15 * M).lines == {Measure.ADDED: (10.0, 10.0), Measure.WAITING: (7.0, 7.0)}
        assert settled(chart, 10 * M + 5000).lines[Measure.ADDED] == (10.0, None)
        assert settled(chart, 20 * M) == chart
        assert settled(Chart(0, M, {Measure.ADDED: ()}), 0).lines == {Measure.ADDED: ()}

    def test_totals(self) -> None:
        assert total((6.0, None, 6.0), 10_000) == 2
        assert total((None,), M) is None


class TestMarks:
    def test_from_one_to_the_next(self) -> None:
        window = Window(0, 100, 10)
        marks = [Mark(at, MarkKind.ACTION, "x") for at in (5, 31, 33, 77, 200)]
        assert next_mark(marks, None, 1, window) == 0
        assert next_mark(marks, 0, 1, window) == 30
        assert next_mark(marks, 30, 1, window) == 70
        assert next_mark(marks, 70, 1, window) is None
        assert next_mark(marks, None, -1, window) == 70
        assert next_mark(marks, 70, -1, window) == 30
        assert next_mark(marks, 0, -1, window) is None


class TestMoments:
    def test_times_as_people_type_them(self) -> None:
        assert moment("now", NOW) == NOW
        assert moment("3h", NOW) == moment("3h ago", NOW) == NOW - 3 * H
        assert moment("2026-11-24T09:00Z", NOW) == 1_795_510_800_000
        assert moment("2026-11-24T09:00:30+01:00", NOW) == 1_795_507_230_000
        assert moment("1795510800000", NOW) == 1_795_510_800_000
        assert moment("2026-11-24 09:00", NOW) - moment("2026-11-24", NOW) == 9 * H
        assert moment("9:30", NOW) - moment("09:00", NOW) == 30 * M

    @pytest.mark.parametrize("text", ["", "soon", "2026-13-01", "25:00", "99999-01-01", "-5m", "5000000000000000000"])
    def test_others_are_refused(self, text: str) -> None:
        with pytest.raises(UsageError, match="is no time"):
            moment(text, NOW)
