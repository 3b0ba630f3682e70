"""`bulltui history`."""

import csv
import io
import json
import math

import pytest

from bulltui.domain.charting import Ask, Chart, Measure
from bulltui.domain.errors import BulltuiError, UnreachableError
from bulltui.domain.point import Flow, Point, Stand
from bulltui.domain.queue import QueueRef
from bulltui.domain.sketch import sketch_of
from bulltui.services.watch.protocols import HistoryState
from tests.cli.conftest import Run
from tests.cli.fakes import MAIL, NOW, PAYMENTS, FakeReader, Opened
from tests.fake_watch import FakeHistory

MINUTE = 60_000
HOUR = 60 * MINUTE


@pytest.fixture
def history(opened: Opened) -> FakeHistory:
    """A day of two queues, a point each minute of the last two hours."""
    start = (NOW - 2 * HOUR) // MINUTE * MINUTE
    opened.history = FakeHistory(
        {
            PAYMENTS: [
                Point(
                    start + minute * MINUTE,
                    Stand(6, waiting=minute, waiting_max=minute),
                    Flow(added=12, completed=10, failed=1 if minute % 10 == 0 else 0),
                    run=sketch_of([100, 200, 4000]),
                )
                for minute in range(120)
            ],
            MAIL: [Point(start + minute * MINUTE, flow=Flow(completed=100)) for minute in range(120)],
        },
        stands=HistoryState("/state/history/1.db", writer="pid 7", first_ms=start, last_ms=NOW, bytes=4096),
    )
    return opened.history


def test_a_chart_for_each_measure_with_its_numbers(run: Run, history: FakeHistory) -> None:
    ended = run("history", "payments", "--last", "1h", "--step", "1m", "--measure", "completed,run-p95")
    assert (ended.code, ended.err) == (0, "")
    assert "payments" in ended.out
    assert "completed jobs/min  min 10  avg 10  max 10  last 10  total 6" in ended.out
    assert "run-p95  min 3.9s" in ended.out
    assert any("⠀" < sign <= "⣿" for sign in ended.out)
    assert max(map(len, ended.out.splitlines())) <= 80


def test_several_queues_are_together_and_none_named_are_all(run: Run, history: FakeHistory) -> None:
    both = run(
        "history", "payments", "mail.bulk", "--last", "1h", "--step", "1m", "--measure", "completed", "-o", "json"
    ).json
    everything = run("history", "--last", "1h", "--step", "1m", "--measure", "completed", "-o", "json").json
    assert both["queues"] == ["bull:payments", "bull:mail.bulk"]
    assert everything["queues"] == []
    assert both["measures"] == everything["measures"]
    assert both["measures"]["completed"]["avg"] == pytest.approx(110)


def test_globs_choose(run: Run, history: FakeHistory) -> None:
    assert run("history", "-q", "pay*", "--last", "1h", "-o", "json").json["queues"] == ["bull:payments"]
    nothing = run("history", "-q", "nothing*", "-o", "json")
    assert (nothing.code, nothing.error["code"]) == (4, "queue")


def test_programs_get_exact_numbers_and_null_where_nothing_is_known(run: Run, history: FakeHistory) -> None:
    words = ("history", "payments", "--last", "3h", "--step", "30m", "--measure", "completed,failed,waiting")
    document = run(*words, "-o", "json").json
    values = document["measures"]["completed"]["values"]
    assert values[0] is None
    assert values[-3] == 10
    assert document["measures"]["completed"]["total"] == 1200
    assert document["measures"]["failed"]["total"] == 12
    assert document["step"] == 30 * MINUTE
    assert len(values) == (document["to"] - document["from"]) // document["step"]
    lines = [json.loads(line) for line in run(*words, "-o", "jsonl").out.splitlines()]
    rows = list(csv.DictReader(io.StringIO(run(*words, "-o", "csv").out)))
    assert [line["completed"] for line in lines] == values
    assert [float(row["completed"]) if row["completed"] else None for row in rows] == values
    assert [int(row["at"]) for row in rows] == [line["at"] for line in lines]


def test_a_step_that_still_runs_is_by_the_minute_of_what_passed(run: Run, history: FakeHistory) -> None:
    document = run("history", "payments", "--last", "2h", "--step", "1h", "--measure", "completed", "-o", "json").json
    assert document["to"] > NOW
    assert document["measures"]["completed"]["values"][-1] == pytest.approx(10, rel=0.1)
    assert document["measures"]["completed"]["total"] == 1200


def test_rows(run: Run, history: FakeHistory) -> None:
    ended = run("history", "payments", "--last", "1h", "--step", "10m", "--measure", "completed,run-p95", "--table")
    lines = ended.out.splitlines()
    assert lines[0].split() == ["TIME", "COMPLETED", "RUN-P95"]
    assert len(lines) in (7, 8)
    assert lines[2].split()[2:] == ["10", "3.9s"]


def test_times_can_be_given(run: Run, history: FakeHistory) -> None:
    document = run("history", "--from", "90m", "--to", "30m", "--step", "10m", "-o", "json").json
    assert document["to"] - document["from"] in (60 * MINUTE, 70 * MINUTE)
    assert NOW - 90 * MINUTE - document["from"] < 10 * MINUTE


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("--measure", "speed"), "There is no measure 'speed'."),
        (("--step", "7s"), "7s is no step"),
        (("--last", "never"), "'never' is no span"),
        (("--from", "30m", "--to", "90m"), "The start is not before the end."),
        (("--from", "someday"), "'someday' is no time."),
        (("--last", "1h", "--from", "2h"), "--last and --from are both the start."),
        (("--last", ""), "--last is empty."),
    ],
)
def test_what_cannot_be_meant_is_said(run: Run, history: FakeHistory, words: tuple[str, ...], said: str) -> None:
    ended = run("history", *words)
    assert ended.code == 2
    assert said in ended.err
    assert not history.asked


def test_measures_are_listed(run: Run, history: FakeHistory) -> None:
    said = run("history", "--measure", "help").out
    assert all(measure.value in said for measure in Measure)


def test_without_a_history_one_is_told_how_to_get_one(run: Run, history: FakeHistory) -> None:
    history.stands = HistoryState("/state/history/1.db")
    history.points.clear()
    ended = run("history", "payments")
    assert ended.code == 4
    assert "no history of this server yet" in ended.err
    assert "bulltui monitor" in ended.err


def test_a_source_that_does_not_know_its_beginning_is_read_all_the_same(run: Run, history: FakeHistory) -> None:
    history.stands = HistoryState("https://prometheus:9090")
    assert run("history", "payments", "--last", "1h").code == 0


def test_numbers_that_are_none_are_not_told(run: Run, history: FakeHistory, monkeypatch: pytest.MonkeyPatch) -> None:
    async def strange(ask: Ask) -> Chart:
        return Chart(ask.start_ms, ask.step_ms, {Measure.COMPLETED: (math.nan, math.inf, 5.0)})

    monkeypatch.setattr(history, "chart", strange)
    document = run("history", "--last", "1h", "--step", "10m", "-o", "json").json
    assert document["measures"]["completed"]["values"] == [None, None, 5.0]
    assert document["measures"]["completed"]["total"] == 50


def test_a_history_that_cannot_be_read_is_an_error(run: Run, history: FakeHistory) -> None:
    history.error = BulltuiError("The disk is full.", hint="Make room.", code="history")
    ended = run("history", "-o", "json")
    assert (ended.code, ended.out) == (1, "")
    assert ended.error["message"] == "The disk is full."


def test_what_is_missing_is_said_beside_the_answer(run: Run, history: FakeHistory) -> None:
    history.problem = "us does not answer."
    ended = run("history", "--last", "24h", "-o", "csv")
    assert ended.code == 3
    assert "us does not answer." in ended.err
    assert "The history begins" in ended.err


def test_a_queue_that_is_gone_is_found_in_the_history(run: Run, history: FakeHistory) -> None:
    gone = QueueRef("bull", "gone\x1b[31m")
    history.points[gone] = history.points[PAYMENTS]
    ended = run("history", "gone\x1b[31m", "--last", "1h")
    assert ended.code == 0
    assert "gone␛[31m" in ended.out
    assert "\x1b" not in ended.out
    assert run("history", "never-was").code == 4


def test_a_server_that_is_away_leaves_its_history(run: Run, history: FakeHistory, store: FakeReader) -> None:
    store.error = UnreachableError("Connection refused.")
    assert run("history", "payments", "--last", "1h").code == 0
    assert run("history", "never-was").code == 6


def test_the_state_of_the_history(run: Run, history: FakeHistory) -> None:
    ended = run("history", "--state")
    assert ended.code == 0
    assert "/state/history/1.db" in ended.out
    assert "4.0 KiB" in ended.out
    assert "pid 7" in ended.out
    assert run("history", "--state", "-o", "json").json["first"] == history.stands.first_ms
    assert not history.asked
    history.stands = HistoryState("x", problem="The disk is full.", hint="Make room.")
    broken = run("history", "--state")
    assert broken.code == 1
    assert "The disk is full. Make room." in broken.out


def test_where_there_is_no_braille_letters_draw(
    run: Run, history: FakeHistory, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("BULLTUI_ASCII", "1")
    said = run("history", "payments", "--last", "1h", "--measure", "completed").out
    assert said.isascii()
    assert "***" in said
