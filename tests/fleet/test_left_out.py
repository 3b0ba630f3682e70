"""What of several servers is missing from a list is said, with the reason; of what is there the queue can be read."""

from dataclasses import replace

import pytest

from bulltui.domain.errors import UnreachableError
from bulltui.domain.flow import FlowNode, JobRef
from bulltui.domain.job import Dependencies
from bulltui.domain.queue import QueueRef
from bulltui.domain.snapshot import Snapshot
from bulltui.domain.states import JobState
from bulltui.services.apart import not_asked
from bulltui.services.grouping import Grouping
from bulltui.tui.present import flow, found
from bulltui.tui.present.left_out import left_out
from bulltui.tui.widgets.cells import cut_name, width_of
from bulltui.tui.widgets.columns import Column, place
from tests.tui.fake_servers import away, state
from tests.tui.fakes import FakeClock, FakeFinder, FakeQueue, FakeReader, failed, stage

EU, US = QueueRef("bull", "mail", "eu"), QueueRef("bull", "mail", "us")
SIZES = [(140, 40), (80, 24), (60, 16)]


def test_the_servers_of_which_no_queue_is_asked() -> None:
    snapshot = Snapshot(servers=(state("eu"), away("us"), state("ap", taken_at=0)))
    assert not_asked(snapshot, [EU], [EU], everywhere=True) == {
        "us": "Connection refused.",
        "ap": "it has not answered yet.",
    }
    assert not_asked(snapshot, [EU], [EU], everywhere=False) == {}
    assert not_asked(snapshot, [EU, US], [EU], everywhere=False) == {"us": "Connection refused."}
    assert not_asked(snapshot, [EU, US], [EU, US], everywhere=False) == {}
    assert not_asked(Snapshot(servers=(away(),)), [], [], everywhere=True) == {}


async def test_the_only_server_with_failed_jobs_that_is_away_is_named() -> None:
    reader = FakeReader({})
    reader.error = UnreachableError("It is away.")
    grouping = Grouping(FakeFinder(reader), FakeClock(), [US], expected={EU: 0, US: 3})
    async for _ in grouping.steps():
        pass
    assert grouping.problems == ["us was not looked through: It is away."]


@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize("keys", [("E", "E"), ("ctrl+f", "ctrl+f", *"card", "enter")])
async def test_errors_and_find_say_which_server_is_missing(size: tuple[int, int], keys: tuple[str, ...]) -> None:
    async with stage({"mail": FakeQueue({JobState.FAILED: [failed(1)]})}, size) as on:
        on.runtime.publish(replace(on.runtime.snapshot(), servers=(state("eu"), away("us"))))
        await on.settle()
        await on.press(*keys)
        said = [line.strip() for line in on.lines]
        assert "! us was not looked through: Connection refused." in said, on.text


@pytest.mark.parametrize("size", SIZES)
async def test_the_jobs_of_an_error_name_their_queue(size: tuple[int, int]) -> None:
    async with stage({"mail": FakeQueue({JobState.FAILED: [failed(1), failed(2)]})}, size) as on:
        await on.press("E", "enter")
        assert "2 jobs of one error" in on.lines[1]
        (row,) = (line for line in on.lines if line.startswith("▌"))
        assert "mail" in row.split()


def shown(columns: tuple[Column, ...], width: int) -> int:
    """How wide the queue is; 0 where it is not there."""
    return next((one.width for one in place(columns, width - 2) if columns[one.index].key == "queue"), 0)


@pytest.mark.parametrize("columns", [flow.COLUMNS, found.columns(), found.columns(states=False)])
def test_the_queue_stands_there_at_every_width(columns: tuple[Column, ...]) -> None:
    assert {width for width in range(34, 200) if shown(columns, width) < 8} == set()


def test_at_sixty_the_children_stand_there_too() -> None:
    keys = {flow.COLUMNS[one.index].key for one in place(flow.COLUMNS, 56)}
    assert keys == {"job", "state", "children", "queue"}


def test_a_name_is_shortened_such_that_server_and_queue_can_be_told() -> None:
    assert cut_name("eu/mail", 8) == "eu/mail"
    assert cut_name("eu/payments", 8) == "eu/paym…"
    assert cut_name("prod-eu/mail", 8) == "p…u/mail"
    assert cut_name("prod-eu/payments", 8) != cut_name("prod-us/payments", 8)
    assert cut_name("payments-of-old", 8) == "payment…"
    for width in range(30):
        for name in ("production-eu/payments", "a/b", "日本/語", "日本語の長い名前/x", "/", "x/" * 9):
            assert width_of(cut_name(name, width)) <= width


async def test_the_flow_names_server_and_queue_at_sixty_columns() -> None:
    there = JobRef(replace(EU, name="payments"), "1")
    async with stage({"payments": FakeQueue({JobState.FAILED: [failed(1)]})}, (60, 16)) as on:
        on.runtime.flows.jobs = {
            JobRef(QueueRef("bull", "payments"), "1"): FlowNode(
                there, None, "charge", JobState.FAILED, children=Dependencies(processed=2)
            )
        }
        await on.press("enter", "f")
        assert any("eu/pay" in line for line in on.lines), on.text


def test_many_that_are_missing_have_a_line_each_and_the_rest_is_counted() -> None:
    long = [f"s{n} was not looked through: {'it does not answer ' * 9}" for n in range(9)]
    lines = ["".join(text for text, _ in line) for line in left_out(long, 60, 5)]
    assert len(lines) == 5
    assert all(f"s{n} was" in lines[n] for n in range(4))
    assert "5 more" in lines[4]
    assert all(width_of(line) <= 60 for line in lines)
    assert left_out([], 60, 5) == []
