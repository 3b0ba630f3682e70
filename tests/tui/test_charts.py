"""The charts: what is read, what is shown of it, and the keys."""

import asyncio
import time
from collections.abc import AsyncIterator, Iterator, Mapping
from contextlib import asynccontextmanager

import pytest

from bulltui.config.settings import Settings
from bulltui.domain.charting import TIMINGS, Mark, MarkKind, Measure
from bulltui.domain.errors import BulltuiError
from bulltui.domain.point import Flow, Point, Stand
from bulltui.domain.queue import QueueRef
from bulltui.domain.sketch import sketch_of
from bulltui.services.watch.protocols import HistoryState
from bulltui.tui.chart_plots import Room
from bulltui.tui.screens.charts import ChartsScreen
from bulltui.tui.screens.main import MainScreen
from bulltui.tui.widgets.line_chart import LineChart
from bulltui.tui.widgets.trend import ascii_only
from tests.fake_watch import FakeHistory
from tests.own_time import own_time
from tests.tui.fakes import NOW, FakeQueue, Stage, shop, stage, until

S, M, H, D = 1000, 60_000, 3_600_000, 86_400_000
PAYMENTS, IMAGES = QueueRef("bull", "payments"), QueueRef("bull", "images")


@pytest.fixture(autouse=True)
def utc(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Times are those of London in winter."""
    monkeypatch.setenv("TZ", "UTC")
    time.tzset()
    yield
    monkeypatch.undo()
    time.tzset()


def points(start_ms: int, end_ms: int, step_ms: int, completed: int = 10) -> list[Point]:
    """An even stretch of the past."""
    return [
        Point(
            at,
            Stand(6, waiting=3, waiting_max=40, active=2, active_max=2),
            Flow(added=completed + 2, completed=completed, failed=1),
            sketch_of([100]),
            sketch_of([1500]),
        )
        for at in range(start_ms // step_ms * step_ms, end_ms, step_ms)
    ]


def history() -> FakeHistory:
    """Two hours in minutes, and payments a day earlier too."""
    recent = points(NOW - 2 * H, NOW, M)
    return FakeHistory(
        {PAYMENTS: [*points(NOW - D - 2 * H, NOW - D, M, 20), *recent], IMAGES: points(NOW - 2 * H, NOW, M, 5)},
        stands=HistoryState("here", leads=True, first_ms=NOW - 30 * D, last_ms=NOW),
    )


@asynccontextmanager
async def charts(
    size: tuple[int, int] = (140, 40),
    *,
    known: FakeHistory | None = None,
    marks: tuple[Mark, ...] = (),
    queues: Mapping[str, FakeQueue] | None = None,
    settings: Settings | None = None,
) -> AsyncIterator[Stage]:
    """The charts of payments, the first queue of the list."""
    async with stage(queues or shop(), size, settings) as shown:
        shown.runtime.history = known or history()
        shown.runtime.marks.known = list(marks)
        await shown.press("m")
        assert isinstance(shown.app.screen, ChartsScreen)
        yield shown


def seen(shown: Stage) -> list[str]:
    """The charts in sight."""
    return [chart.id or "" for chart in shown.app.screen.query(LineChart) if chart.display]


async def test_charts_of_a_server_that_is_away_are_not_called_live() -> None:
    async with charts((60, 16)) as shown:
        assert shown.lines[1].rstrip().endswith("live")
        shown.runtime.go_offline()
        await shown.settle()
        title = next(line for line in shown.lines if "Charts of payments" in line)
        assert title.rstrip().endswith("server away")


class TestOpening:
    async def test_of_the_queue_under_the_cursor(self) -> None:
        async with charts() as shown:
            assert "Charts of payments  last 1h" in shown.text
            assert {ask.refs for ask in shown.runtime.history.asked} == {(PAYMENTS,)}
            for panel in ("Throughput", "Failures", "Backlog", "Wait", "Run", "Held up"):
                assert panel in shown.text
            assert "c completed 10" in shown.text

    @pytest.mark.parametrize("size", [(60, 16), (80, 24), (140, 40)])
    async def test_a_long_name_leaves_room_for_the_span(self, size: tuple[int, int]) -> None:
        async with charts(size, queues={"k" * 10_240: FakeQueue()}) as shown:
            title = shown.lines[1]
            assert title.startswith(" Charts of kkkkkkkkkk")
            assert "…  last 1h" in title
            assert title.rstrip().endswith("live")

    async def test_of_all_and_back(self) -> None:
        async with charts() as shown:
            await shown.press("a")
            assert "Charts of all queues" in shown.text
            await shown.press("a")
            assert [ask.refs for ask in shown.runtime.history.asked[-2:]] == [(), (PAYMENTS,)]

    async def test_all_are_those_that_are_shown_where_some_are_left_out(self) -> None:
        async with charts(settings=Settings(queues=("p*", "i*"))) as shown:
            await shown.press("a")
            assert set(shown.runtime.history.asked[-1].refs) == set(shown.runtime.reader.queues)

    async def test_of_marked_queues(self) -> None:
        async with stage(shop()) as shown:
            shown.runtime.history = history()
            await shown.press("space", "space", "m")
            assert "Charts of 2 queues" in shown.text
            assert len(shown.runtime.history.asked[-1].refs) == 2

    async def test_of_a_group(self) -> None:
        async with stage(shop()) as shown:
            shown.runtime.history = history()
            await shown.press("z")
            main = shown.app.screen
            assert isinstance(main, MainScreen)
            main.queues.table.move_to_key("mail:")
            await shown.settle()
            await shown.press("m")
            assert {ref.name for ref in shown.runtime.history.asked[-1].refs} == {"mail:bulk", "mail:news"}
            assert "(2 queues)" in shown.text

    async def test_the_same_key_and_esc_close(self) -> None:
        async with charts() as shown:
            await shown.press("left", "m")
            assert isinstance(shown.app.screen, MainScreen)
            await shown.press("m", "left", "escape")
            assert isinstance(shown.app.screen, ChartsScreen)
            await shown.press("escape")
            assert isinstance(shown.app.screen, MainScreen)


class TestLayout:
    @pytest.mark.parametrize(
        ("size", "number"), [((140, 40), 6), ((110, 28), 4), ((80, 24), 1), ((60, 16), 1), ((200, 60), 8)]
    )
    async def test_as_many_as_there_is_room_for(self, size: tuple[int, int], number: int) -> None:
        async with charts(size) as shown:
            assert len(seen(shown)) == number
            assert max(map(len, shown.lines)) <= size[0]
            assert all(chart.size.height >= 7 for chart in shown.app.screen.query(LineChart) if chart.display)

    async def test_narrow_shows_one_after_the_other(self) -> None:
        async with charts((80, 24)) as shown:
            assert seen(shown) == ["throughput"]
            assert "[Throughput] Failures" in shown.text
            await shown.press("right_square_bracket")
            assert seen(shown) == ["failures"]
            await shown.press("tab", "tab")
            assert seen(shown) == ["wait"]
            assert Measure.WAIT_P95 in shown.runtime.history.asked[-1].measures
            await shown.press("shift+tab", "left_square_bracket", "left_square_bracket", "left_square_bracket")
            assert seen(shown) == ["places"]

    async def test_durations_are_read_only_where_they_are_shown(self) -> None:
        async with charts((80, 24)) as shown:
            assert not TIMINGS & set(shown.runtime.history.asked[-1].measures)

    async def test_one_is_enlarged(self) -> None:
        async with charts() as shown:
            steps = shown.runtime.history.asked[-1].steps
            await shown.press("right_square_bracket", "enter")
            assert seen(shown) == ["failures"]
            assert shown.runtime.history.asked[-1].steps > steps
            await shown.press("enter")
            assert len(seen(shown)) == 6
            await shown.press("enter", "escape")
            assert len(seen(shown)) == 6

    async def test_resize(self) -> None:
        async with charts() as shown:
            await shown.pilot.resize_terminal(80, 24)
            await shown.settle()
            assert seen(shown) == ["throughput"]
            await shown.pilot.resize_terminal(140, 40)
            await shown.settle()
            assert len(seen(shown)) == 6

    def test_rooms(self) -> None:
        for width in (60, 80, 109, 110, 300):
            for height in (16, 24, 30, 40, 100):
                for large in (False, True):
                    room = Room.of(width, height, large=large)
                    for chosen in range(8):
                        assert chosen in room.shown(chosen, 8)
                        assert len(room.shown(chosen, 8)) == min(8, room.columns * room.rows)


class TestSpan:
    async def test_longer_shorter_earlier_later_live(self) -> None:
        async with charts() as shown:
            asked = shown.runtime.history.asked
            await shown.press("minus")
            assert (asked[-1].end_ms - asked[-1].start_ms, "last 6h" in shown.text) == (6 * H, True)
            await shown.press("plus", "plus")
            assert asked[-1].end_ms - asked[-1].start_ms == 15 * M
            await shown.press("less_than_sign")
            assert NOW - asked[-1].end_ms >= 7 * M
            assert "past" in shown.lines[1]
            await shown.press("less_than_sign", "greater_than_sign", "greater_than_sign")
            assert "live" in shown.lines[1]
            await shown.press("less_than_sign", "o")
            assert "live" in shown.lines[1]

    async def test_zoom_keeps_the_cursor_in_the_middle(self) -> None:
        async with charts() as shown:
            await shown.press("minus", "shift+left", "shift+left", "shift+left", "plus")
            ask = shown.runtime.history.asked[-1]
            assert abs((ask.start_ms + ask.end_ms) // 2 - (NOW - 6 * H * 3 // 10)) < 10 * M

    async def test_compared_with_the_day_before(self) -> None:
        async with charts() as shown:
            await shown.press("c")
            first, second = shown.runtime.history.asked[-2:]
            assert first.earlier(D) == second
            assert "the day before" in shown.lines[1]
            assert "-50%" in shown.lines[2]
            await shown.press("left")
            assert "c completed 10 (20)" in shown.text
            await shown.press("c")
            assert shown.runtime.history.asked[-1] == shown.runtime.history.asked[-2].earlier(7 * D)
            await shown.press("c")
            assert "before" not in shown.lines[1]

    async def test_it_goes_on_by_itself(self) -> None:
        async with charts() as shown:
            before = shown.runtime.history.asked[-1]
            screen = shown.app.screen
            assert isinstance(screen, ChartsScreen)
            shown.runtime.clock.now += 10 * M
            screen._read_again()
            await shown.settle()
            assert shown.runtime.history.asked[-1].end_ms == before.end_ms + 10 * M


class TestCursor:
    async def test_values_at_the_cursor(self) -> None:
        async with charts() as shown:
            assert "No alerts and no actions" in shown.text
            await shown.press("left")
            assert "to 08:00" in shown.text
            await shown.press("shift+left", "right", "shift+right", "shift+right", "shift+right")
            assert "to 08:00" in shown.text
            await shown.press("escape")
            assert "No alerts and no actions" in shown.text

    async def test_from_mark_to_mark(self) -> None:
        marks = (
            Mark(NOW - 40 * M, MarkKind.FIRING, "payments: too\x1b[31m many fail", (PAYMENTS,)),
            Mark(NOW - 20 * M, MarkKind.ACTION, "ops retried 7 jobs", (PAYMENTS,)),
            Mark(NOW - 10 * M, MarkKind.RESOLVED, "payments: few fail", (PAYMENTS,)),
            Mark(NOW - 5 * M, MarkKind.ACTION, "ops paused images", (IMAGES,)),
        )
        async with charts(marks=marks) as shown:
            assert "! 1 alert ▲ 1 action ✓ 1 alert over" in shown.text
            axis = next(line for line in shown.lines if "└" in line)
            assert [sign for sign in axis[: len(axis) // 2] if sign in "!▲✓"] == ["!", "▲", "✓"]
            await shown.press("n")
            assert "payments: too␛[31m many fail" in shown.text
            await shown.press("n")
            assert "ops retried 7 jobs (payments)" in shown.text
            await shown.press("N")
            assert "many fail" in shown.text
            await shown.press("a")
            assert "2 actions" not in shown.text  # the cursor is still on one
            await shown.press("escape")
            assert "2 actions" in shown.text

    @pytest.mark.parametrize("size", [(140, 40), (80, 24), (60, 16)])
    async def test_nothing_moves_while_the_cursor_goes_over_marks(self, size: tuple[int, int]) -> None:
        marks = tuple(Mark(NOW - 20 * M + at, MarkKind.ACTION, f"ops did {at}", (PAYMENTS,)) for at in range(9))
        async with charts(size, marks=marks) as shown:
            axis = [at for at, line in enumerate(shown.lines) if "└" in line]
            await shown.press("left")
            assert [at for at, line in enumerate(shown.lines) if "└" in line] == axis
            await shown.press("n", "N")
            assert [at for at, line in enumerate(shown.lines) if "└" in line] == axis
            assert "more at this time" in shown.text or "ops did 0" in shown.text

    async def test_a_click_puts_the_cursor(self) -> None:
        async with charts() as shown:
            chart = shown.app.screen.query_one("#backlog", LineChart)
            await shown.pilot.click(chart, offset=(20, 4))
            await shown.settle()
            assert chart.plot is not None
            assert chart.plot.cursor is not None
            assert "▌Backlog" in shown.text


class TestTotals:
    async def test_what_the_span_came_to(self) -> None:
        async with charts() as shown:
            said = shown.lines[2]
        assert "added 720" in said
        assert "completed 600" in said
        assert "failed 60 (9.1%)" in said
        assert "run p95 at worst 1.5s" in said or "run p95 at worst 1.4s" in said
        assert "most waiting 40" in said

    async def test_what_follows_from_counts_is_called_so(self) -> None:
        known = history()
        known.points[PAYMENTS] = [Point(NOW - 30 * M, flow=Flow(completed=5, estimated=5))]
        async with charts(known=known) as shown:
            assert "~ partly estimated from counts" in shown.text

    async def test_a_young_history_says_so(self) -> None:
        known = history()
        known.stands = HistoryState("here", first_ms=NOW - 20 * M, last_ms=NOW)
        async with charts(known=known) as shown:
            assert "The history begins 20m 00s ago" in shown.text

    async def test_an_empty_history_says_so(self) -> None:
        async with charts(known=FakeHistory()) as shown:
            assert "The history is empty" in shown.text
            assert "Nothing is known of this time." in shown.text

    async def test_what_is_not_whole_is_told(self) -> None:
        known = history()
        known.problem = "us\x1b does not answer."
        async with charts(known=known) as shown:
            assert "us␛ does not answer." in shown.text


class TestTrouble:
    async def test_a_history_that_cannot_be_read_leaves_the_last_charts_with_their_age(self) -> None:
        async with charts() as shown:
            shown.runtime.history.error = BulltuiError("The disk is full.", hint="Make room.")
            shown.runtime.clock.now += 65 * S
            await shown.press("minus")
            assert "The disk is full. Make room. These charts are of 1m 05s ago." in shown.text
            assert "not read" in shown.lines[1]
            assert "c completed 10" in shown.text
            shown.runtime.history.error = None
            await shown.press("plus")
            assert "disk" not in shown.text

    async def test_one_that_never_could_be_read_says_why(self) -> None:
        known = FakeHistory(error=BulltuiError("No history of queues is kept here.", hint="Set it."))
        async with charts(known=known) as shown:
            assert "No history of queues is kept here. Set it." in shown.text

    async def test_a_slow_history_blocks_no_key_and_is_never_asked_twice_at_once(self) -> None:
        async with charts() as shown:
            known = shown.runtime.history
            known.free.clear()
            asked = len(known.asked)
            for key in ("minus", "minus", "less_than_sign", "plus"):
                await shown.pilot.press(key)
            assert "reading…" in shown.text
            assert len(known.asked) == asked + 1
            await shown.pilot.press("right_square_bracket", "enter")
            await until(shown.pilot, lambda: seen(shown) == ["failures"])
            known.free.set()
            await shown.settle()
            # Of all that was wanted meanwhile only the newest is read.
            assert len(known.asked) == asked + 2
            assert "past" in shown.lines[1]

    async def test_marks_that_cannot_be_read_do_not_take_the_charts(self, monkeypatch: pytest.MonkeyPatch) -> None:
        async with stage(shop()) as shown:
            shown.runtime.history = history()

            async def broken(start_ms: int, end_ms: int) -> list[Mark]:
                raise BulltuiError("The audit cannot be read.")

            monkeypatch.setattr(shown.runtime.marks, "marks", broken)
            await shown.press("m")
            assert "The audit cannot be read." in shown.text
            assert "c completed 10" in shown.text

    @pytest.mark.parametrize("size", [(60, 16), (140, 40)])
    async def test_a_server_that_is_away_leaves_the_charts(self, size: tuple[int, int]) -> None:
        known = history()
        known.stands = HistoryState(
            "here", first_ms=NOW - 20 * M, last_ms=NOW, problem="It is full.", hint="Make room."
        )
        async with charts(size, known=known) as shown:
            shown.runtime.go_offline()
            await shown.settle()
            await shown.press("minus", "left")
            assert "Connection refused." in shown.text
            assert "It is full. Make room." in shown.text
            assert "┤" in shown.text
            assert len(shown.lines) == size[1]

    async def test_closed_while_it_reads(self) -> None:
        async with charts() as shown:
            shown.runtime.history.free.clear()
            await shown.pilot.press("minus", "m")
            await shown.settle()
            shown.runtime.history.free.set()
            await asyncio.sleep(0)
            assert isinstance(shown.app.screen, MainScreen)


class TestSpeed:
    async def test_a_key_on_a_large_screen_takes_a_moment(self) -> None:
        async with charts((280, 70)) as shown:
            await shown.press("minus")
            screen = shown.app.screen
            assert isinstance(screen, ChartsScreen)
            took = []
            for _ in range(5):
                start = own_time()
                screen.action_cursor_left()
                took.append(own_time() - start)
            assert min(took) < 0.04


class TestLooks:
    async def test_light(self) -> None:
        async with charts(settings=Settings(theme="light")) as shown:
            assert "Throughput" in shown.text

    async def test_ascii(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setenv("BULLTUI_ASCII", "1")
        ascii_only.cache_clear()
        try:
            async with charts(marks=(Mark(NOW - 10 * M, MarkKind.ACTION, "x"),)) as shown:
                body = "\n".join(line for chart in shown.app.screen.query(LineChart) for line in _lines(chart))
        finally:
            ascii_only.cache_clear()
        assert body.isascii()
        assert "^" in body

    async def test_hostile_names(self) -> None:
        queues = {"a\x1b[2J\u202eb": FakeQueue()}
        known = FakeHistory({QueueRef("bull", "a\x1b[2J\u202eb"): points(NOW - H, NOW, M)})
        async with charts(known=known, queues=queues) as shown:
            assert "Charts of a␛[2J‹U+202E›b" in shown.text

    async def test_several_servers_are_told_apart(self) -> None:
        ref = QueueRef("bull", "payments", "eu")
        async with stage(shop()) as shown:
            screen = shown.app.screen
            assert isinstance(screen, MainScreen)
            shown.runtime.history = FakeHistory({ref: points(NOW - H, NOW, M)})
            screen.open_charts((ref,))
            await shown.settle()
            assert "Charts of eu/payments" in shown.text


def _lines(chart: LineChart) -> list[str]:
    return [chart.render_line(y).text for y in range(chart.size.height)]
