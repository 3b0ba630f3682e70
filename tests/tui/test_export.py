"""Jobs are written into a file from the screen: the state, the marked, what a search found."""

import asyncio
import json
from pathlib import Path

import pytest
from redis import Redis

from bulltui.config.settings import Settings
from bulltui.demo.server import EmbeddedServer
from bulltui.domain.errors import UnreachableError
from bulltui.domain.states import JobState
from bulltui.tui.app import BulltuiApp
from bulltui.tui.panes.lines import Lines
from bulltui.tui.present.line import pieces
from bulltui.tui.screens.form import FormScreen
from bulltui.wiring import open_runtime
from tests.conftest import url_for
from tests.tui.fakes import FakeQueue, Stage, failed, job, settle, shop, stage, until
from tests.tui.hurry import painted_at_the_end
from tests.tui.support import screen_text
from tests.tui.test_acting_real import fill
from tests.tui.test_acting_real import job as fill_job


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    return tmp_path


def ids(path: Path) -> list[str]:
    return [json.loads(line)["id"] for line in path.read_text().splitlines()]


def told(on: Stage) -> str:
    """What the form says below its fields, in one line without spaces: a path may be folded anywhere."""
    lines = on.app.screen.query_one("#hint", Lines).lines
    return "".join("".join(text for text, _ in pieces(line)).replace(" ", "") for line in lines)


async def over(on: Stage) -> None:
    await until(on.pilot, lambda: not on.app.acting.desk.exports.doing, "the export goes on")
    await on.settle()


async def test_a_state_goes_into_a_file_named_after_it(folder: Path) -> None:
    async with stage(shop()) as on:
        await on.press("enter", "X")
        assert isinstance(on.app.screen, FormScreen)
        assert "all 12 failed" in on.text
        assert "payments-failed.jsonl,whichonlyyoucanread." in told(on)
        await on.press("enter")
        await over(on)
        path = folder / "payments-failed.jsonl"
        assert ids(path) == [str(number) for number in range(40, 28, -1)]
        assert path.stat().st_mode & 0o777 == 0o600
        assert "12 jobs written to" in on.text
        assert [one.name for one in folder.iterdir()] == [path.name]


async def test_the_marked_come_first(folder: Path) -> None:
    async with stage(shop()) as on:
        await on.press("enter", "space", "space", "X")
        assert "2 marked" in on.text
        await on.press("enter")
        await over(on)
        assert ids(folder / "payments-jobs.jsonl") == ["40", "39"]


async def test_all_states_of_the_marked_queues(folder: Path) -> None:
    async with stage(shop()) as on:
        await on.press("space", "space", "X")
        assert "Write all jobs of 2 queues into a file" in on.text
        await on.press("enter")
        await over(on)
        (path,) = folder.iterdir()
        assert path.name == "2-queues-all.jsonl"


async def test_a_table_for_a_spreadsheet(folder: Path) -> None:
    queues = {"payments": FakeQueue({JobState.FAILED: [failed(1, data='{"order":"=1+1"}')]})}
    async with stage(queues) as on:
        await on.press("enter", "X", "tab", "right", "right", "tab")
        await on.type("mine")
        await on.press("tab")
        on.app.screen.query_one("#columns").value = "id,data.order,oops"  # type: ignore[attr-defined]
        await on.press("enter")
        assert "Jobs have no field 'oops'." in on.text
        on.app.screen.query_one("#columns").value = "id,data.order"  # type: ignore[attr-defined]
        await on.press("enter")
        await over(on)
        assert (folder / "mine.csv").read_text().splitlines() == ["id,data.order", "1,'=1+1"]


async def test_no_file_is_written_over(folder: Path) -> None:
    (folder / "payments-failed.jsonl").write_text("mine")
    async with stage(shop()) as on:
        await on.press("enter", "X")
        assert "payments-failed-1.jsonl" in told(on)
        on.app.screen.query_one("#file").value = "payments-failed"  # type: ignore[attr-defined]
        await until(on.pilot, lambda: "istherealready.Nameanotherfile." in told(on))
        await on.press("enter")
        assert isinstance(on.app.screen, FormScreen)
        await on.press("escape")
        assert [one.name for one in folder.iterdir()] == ["payments-failed.jsonl"]


async def test_it_is_stopped_and_goes_on_behind_what_was_written(folder: Path) -> None:
    queues = {"payments": FakeQueue({JobState.FAILED: [failed(number) for number in range(300)]})}
    async with stage(queues) as on:
        finder = on.runtime.finder
        finder.most = 100
        look, gate = finder.look, asyncio.Event()

        async def held(probe: object) -> object:
            found = await look(probe)  # type: ignore[arg-type]
            if finder.looks > 1:
                await gate.wait()
            return found

        finder.look = held  # type: ignore[method-assign, assignment]
        await on.press("enter", "X")
        await on.pilot.press("enter")
        await until(on.pilot, lambda: "100 of 300" in on.text)
        assert "esc stops" in on.text
        await on.pilot.press("escape")
        assert "stopping" in on.text
        gate.set()
        await over(on)
        assert "Stopped: 200 of 300 jobs examined, 200 jobs written." in on.text
        assert {one.name for one in folder.iterdir()} == {"payments-failed.jsonl.part", "payments-failed.jsonl.marks"}
        await on.press("X")
        assert "Goes on with" in on.text
        await on.press("enter")
        await over(on)
        assert ids(folder / "payments-failed.jsonl") == [str(number) for number in range(300)]
        assert [one.name for one in folder.iterdir()] == ["payments-failed.jsonl"]


async def test_a_part_of_another_export_is_left_alone(folder: Path) -> None:
    (folder / "payments-failed.jsonl.part").write_text("{}")
    (folder / "payments-failed.jsonl.marks").write_text('{"server": "elsewhere"}\n')
    async with stage(shop()) as on:
        await on.press("enter", "X")
        assert "payments-failed-1.jsonl" in told(on)
        on.app.screen.query_one("#file").value = "payments-failed.jsonl"  # type: ignore[attr-defined]
        await until(on.pilot, lambda: "ofanotherexportthatdidnotcometoitsend" in told(on))


async def test_what_goes_wrong_is_said_and_stays(folder: Path) -> None:
    async with stage(shop()) as on:
        await on.press("enter", "X")
        on.runtime.reader.error = UnreachableError("Connection refused.", hint="Start the server.")
        await on.press("enter")
        await over(on)
        assert "Connection refused. Start the server." in on.text
        assert "export: failed" in on.text


async def test_leaving_asks_while_an_export_runs() -> None:
    async with stage(shop()) as on:
        await on.press("enter", "X")
        on.runtime.reader.gate.clear()
        await on.pilot.press("enter")
        await until(on.pilot, lambda: bool(on.app.acting.desk.exports.doing))
        await on.pilot.press("q")
        await on.pilot.pause(0.05)
        assert "into a file goes on. Stop it and leave?" in on.text
        await on.pilot.press("y")
        on.runtime.reader.gate.set()
        await until(on.pilot, lambda: not on.app.is_running)


async def test_nothing_is_changed_by_it_where_nothing_may_be(folder: Path) -> None:
    async with stage(shop(), settings=Settings(read_only=True)) as on:
        await on.press("enter", "X", "enter")
        await over(on)
        assert len(ids(folder / "payments-failed.jsonl")) == 12


async def test_what_a_filter_left(folder: Path) -> None:
    jobs = [job(1, data='{"card":"visa"}'), job(2, data='{"card":"amex"}'), job(3, data='{"card":"visa"}')]
    async with stage({"payments": FakeQueue({JobState.WAITING: jobs})}) as on:
        await on.press("enter", "slash")
        await on.type("visa")
        await on.press("enter")
        await until(on.pilot, lambda: "amex" not in on.text)
        await on.press("X")
        assert "all waiting that fit" in on.text
        await on.press("enter")
        await over(on)
        assert ids(folder / "payments-found.jsonl") == ["1", "3"]


async def test_it_fits_a_small_screen() -> None:
    async with stage(shop(), (60, 16)) as on:
        await on.press("enter", "space", "X")
        for known in ("1 marked", "JSON lines", "payments", "enter goes on", "esc closes"):
            assert known in on.text


async def test_all_that_a_search_means_and_the_marked_of_it(folder: Path) -> None:
    queues = {
        "mail": FakeQueue({JobState.WAITING: [job(1, data='{"card":"visa"}'), job(2)]}),
        "payments": FakeQueue({JobState.FAILED: [failed(3, data='{"card":"visa"}'), failed(4)]}),
    }
    async with stage(queues) as on:
        await on.press("space", "space", "ctrl+f")
        await on.type("visa")
        await on.press("enter")
        assert "2 found" in on.text
        await on.press("X")
        assert "Write all jobs of 2 queues that match into a file" in on.text
        await on.press("enter")
        await over(on)
        assert sorted(ids(folder / "2-queues-found.jsonl")) == ["1", "3"]
        await on.press("space", "X")
        assert "1 marked" in on.text
        assert "all 2 found" in on.text
        await on.press("enter")
        await over(on)
        (path,) = folder.glob("*-jobs.jsonl")
        assert len(ids(path)) == 1


async def test_the_jobs_of_one_error(folder: Path) -> None:
    queues = {"payments": FakeQueue({JobState.FAILED: [failed(1), failed(2, "no money"), failed(3)]})}
    async with stage(queues) as on:
        await on.press("E", "X")
        assert "Write 2 jobs of one error in payments into a file" in on.text
        await on.press("enter")
        await over(on)
        assert ids(folder / "payments-error.jsonl") == ["1", "3"]
        await on.press("enter", "X")
        assert "payments-error-1.jsonl" in told(on)


async def test_what_a_real_server_has_is_in_the_file_whole(server: EmbeddedServer, raw: Redis, folder: Path) -> None:
    """Large data, ids with colons and bytes that are no UTF-8 among it."""
    fill(raw)
    large = json.dumps({"text": "x" * 3_000_000})
    raw.zadd("bull:q:failed", {fill_job(raw, "a:b:c", data=large): 1, fill_job(raw, "odd", failedReason=b"\xff"): 2})
    settings = Settings(url=url_for(server), refresh_s=0.5, state_folder=str(folder / "state"))
    async with open_runtime(settings) as runtime:
        app = BulltuiApp(runtime)
        async with painted_at_the_end(), app.run_test(size=(140, 40), notifications=True) as pilot:
            await until(pilot, lambda: app.settled, seconds=15)
            for key in ("enter", "X", "enter"):
                await pilot.press(key)
                await settle(pilot)
            await until(pilot, (folder / "q-failed.jsonl").exists)
            await until(pilot, lambda: "5 jobs written" in "\n".join(screen_text(app)))
    written = {one["id"]: one for one in map(json.loads, (folder / "q-failed.jsonl").read_text().splitlines())}
    assert set(written) == {"f0", "f1", "f2", "a:b:c", "odd"}
    assert written["odd"]["failedReason"] == "\\xff"
    assert written["a:b:c"]["data"] == json.loads(large)


async def test_paths_that_are_columns_of_the_table_are_columns_of_the_file(folder: Path) -> None:
    queues = {"payments": FakeQueue({JobState.FAILED: [failed(1, data='{"order":7}', returnvalue='{"ok":true}')]})}
    async with stage(queues) as on:
        (ref,) = on.runtime.reader.queues
        await on.runtime.remembered.set_columns(ref, ("id", "data.order", "result.ok"))
        await on.press("enter", "X", "right", "right")
        on.app.screen.query_one("#format").focus()
        await on.press("right", "right", "enter")
        await over(on)
        (path,) = folder.glob("*.csv")
        head, row = path.read_text().splitlines()
        assert head.endswith("returnvalue,data.order,returnvalue.ok")
        assert row.endswith(",7,true")
