"""The columns of a job table and the order by one of them: chosen, remembered, honest about what was looked at."""

from dataclasses import replace

from bulltui.domain.job import JobSummary
from bulltui.domain.queue import QueueRef
from bulltui.domain.states import JobState
from bulltui.tui.panes.job_pane import JobPane
from bulltui.tui.present.job_columns import OFFERED, chosen, path_of, sorting, usual, value_cell
from bulltui.tui.screens.columns import ColumnsScreen
from bulltui.tui.screens.main import MainScreen
from tests.tui.fakes import NOW, FakeQueue, Stage, failed, job, stage
from tests.tui.test_present import opened

REF = QueueRef("bull", "pay")


def queues(count: int = 120) -> dict[str, FakeQueue]:
    """Failed jobs that ran for 0 to 99 s."""
    jobs = [failed(n, processedOn=str(NOW - 1000 * (n * 37 % 100)), finishedOn=str(NOW)) for n in range(count, 0, -1)]
    return {"pay": FakeQueue({JobState.FAILED: jobs, JobState.WAITING: [job(n) for n in range(205, 200, -1)]})}


def pane(on: Stage) -> JobPane:
    assert isinstance(on.app.screen, MainScreen)
    return on.app.screen.jobs


def ids(on: Stage, count: int) -> list[object]:
    return [pane(on).table.source.key(place) for place in range(count)]


class TestPresent:
    def test_usual_columns_can_all_be_chosen(self) -> None:
        for state in JobState:
            keys = usual(state)
            assert set(keys) <= set(OFFERED)
            assert [one.column.key for one in chosen(state, keys, lambda job, key: "")[1:]] == list(keys)

    def test_what_means_nothing_in_a_state_is_left_out(self) -> None:
        shown = chosen(JobState.WAITING, ("id", "ago", "due", "age"), lambda job, key: "")
        assert [one.column.key for one in shown] == ["sign", "id", "age"]
        assert chosen(JobState.WAITING, ("ago",), lambda job, key: "") == chosen(
            JobState.WAITING, (), lambda job, key: ""
        )

    def test_paths(self) -> None:
        assert path_of("data.user.id") == ("data", "user", "id")
        for wrong in ("data", "data.", "user.id", "", "data..x"):
            assert path_of(wrong) is None
        (_, column) = chosen(JobState.FAILED, ("data.user.id",), lambda job, key: f"{job.id} {key}")
        assert column.column.title == "id"
        assert column.cell(JobSummary("7", JobState.FAILED), NOW) == "7 data.user.id"

    def test_values(self) -> None:
        one = job(1, data='{"a":{"b":[1,{"c":"x"},{"c":"y"}]},"n":null,"o":{"k":1.5},"t":true}', returnvalue='{"ok":1}')
        found = opened(one)
        assert value_cell(found, "data.a.b.c") == "x, y"
        assert value_cell(found, "data.a.b.0") == "1"
        assert value_cell(found, "data.n") == ""
        assert value_cell(found, "data.gone") == ""
        assert value_cell(found, "data.o") == '{"k":1.5}'
        assert value_cell(found, "data.t") == "true"
        assert value_cell(found, "result.ok") == "1"
        assert value_cell(found, "opts.attempts") == "3"
        assert value_cell(opened(job(1, data="{")), "data.a") == ""

    def test_what_is_beyond_what_was_read_is_not_called_missing(self) -> None:
        found = opened(job(1, data='{"a":1}'))
        cut = replace(found, raw={**found.raw, "data": replace(found.raw["data"], cut=True)})
        assert value_cell(cut, "data.a") == ("…", "dim")

    def test_sorting_by_a_path(self) -> None:
        by = sorting("data.a")
        assert by is not None
        summary = JobSummary("1", JobState.WAITING, data_preview='{"a":"x"}')
        assert by.worth(summary) == "x"
        assert by.worth(replace(summary, data_preview='{"a":2}')) == 2
        assert by.worth(replace(summary, data_preview="{")) is None
        assert sorting("data") is None
        assert sorting("result.ok") is None


async def test_sorting_by_a_column_looks_at_the_whole_state() -> None:
    async with stage(queues()) as on:
        await on.press("enter", "s")
        await on.type("ran")
        await on.press("enter")
        ran = {str(n): n * 37 % 100 for n in range(1, 121)}
        assert [ran[str(one)] for one in ids(on, 3)] == [99, 98, 97]
        assert "by ran" in on.text
        assert pane(on).table.sort == ("run", True)
        assert on.runtime.finder.looks == 2
        await on.press("o")
        assert [ran[str(one)] for one in ids(on, 3)] == [0, 1, 2]
        await on.press("s", "enter")  # as they lie in Redis
        assert ids(on, 2) == ["120", "119"]


async def test_the_order_of_redis_needs_no_look() -> None:
    async with stage(queues()) as on:
        looks = on.runtime.finder.looks
        await on.press("enter", "s")
        await on.type("ago")
        await on.press("enter")
        assert ids(on, 2) == ["120", "119"]
        assert pane(on).table.sort == ("ago", True)
        assert on.runtime.finder.looks == looks


async def test_the_order_is_remembered_for_the_queue() -> None:
    async with stage(queues()) as on:
        await on.press("enter", "s")
        await on.type("ran")
        await on.press("enter")
        assert on.runtime.remembered.sort(REF) == "-run"
        pane(on).show_state(JobState.WAITING)  # there it means nothing
        await on.settle()
        assert ids(on, 1) == ["201"]
        pane(on).show_state(JobState.FAILED)
        await on.settle()
        assert pane(on).table.sort == ("run", True)


async def test_what_a_filter_left_is_sorted_as_it_comes() -> None:
    async with stage(queues()) as on:
        await on.press("enter", "slash")
        await on.type("id:1*")
        await on.press("enter", "s")
        await on.type("ran")
        await on.press("enter")
        ran = {str(n): n * 37 % 100 for n in range(1, 121)}
        shown = [ran[str(one)] for one in ids(on, len(pane(on).table.source))]
        assert len(shown) == 1 + 10 + 21
        assert shown == sorted(shown, reverse=True)


async def test_columns_are_chosen_and_remembered() -> None:
    async with stage(queues()) as on:
        await on.press("enter", "vertical_line")
        assert isinstance(on.app.screen, ColumnsScreen)
        await on.press("down", "space")  # no name
        await on.press("tab")
        await on.type("data.order")
        await on.press("enter", "K", "K", "enter")
        assert on.runtime.remembered.columns(REF) == ("id", "ago", "wait", "run", "data.order", "tries", "error")
        header = next(line for line in on.lines if "order" in line)
        assert "name" not in header.split("▏")[-1]
        row = next(line for line in on.lines if "▌   120" in line)
        assert row.count("120") == 2


async def test_a_path_that_is_none_is_refused() -> None:
    async with stage(queues()) as on:
        await on.press("enter", "vertical_line", "tab")
        await on.type("orderId")
        await on.press("enter")
        assert "A path begins with data, result or opts" in on.text
        await on.press("escape")
        assert isinstance(on.app.screen, MainScreen)
        assert on.runtime.remembered.columns(REF) == ()


async def test_columns_for_all_queues_and_as_usual() -> None:
    other = {"other": FakeQueue({JobState.FAILED: [failed(7)]})}
    async with stage({**queues(), **other}) as on:
        await on.press("enter", "vertical_line", "down", "space", "tab", "tab", "right", "enter")
        pane(on).show_queue(QueueRef("bull", "other"))
        await on.settle()
        assert "name" not in [column.key for column in pane(on).table.columns]
        await on.press("vertical_line", "tab", "tab", "right", "right", "enter")
        assert on.runtime.remembered.columns(QueueRef("bull", "other")) == ()


async def test_at_60x16() -> None:
    async with stage(queues(), size=(60, 16)) as on:
        await on.press("enter", "vertical_line")
        assert "[x] id" in on.text
        assert "this queue" in on.text
        assert "space shows" in on.text
