"""What is said of charts in words."""

import pytest

from bulltui.domain.chart_view import Window
from bulltui.domain.charting import Chart, Mark, MarkKind, Measure
from bulltui.domain.queue import QueueRef
from bulltui.services.watch.protocols import HistoryState
from bulltui.tui.present import charts
from bulltui.tui.present.line import Part, Pieces

H = 3_600_000
A, B = QueueRef("bull", "a"), QueueRef("bull", "b", "eu")
WINDOW = Window(0, H, 60_000)


def text(parts: list[Part]) -> str:
    """The parts as one text."""
    return "  ".join("".join(piece for piece, _ in one.pieces) for one in parts)


def line(pieces: Pieces) -> str:
    """A line as text."""
    return "".join(piece for piece, _ in pieces)


@pytest.mark.parametrize(
    ("now", "before", "said"),
    [
        (110, 100, "+10%"),
        (50, 100, "-50%"),
        (310, 100, "×3.1"),
        (100.2, 100, "as before"),
        (7, 0, "none before"),
        (0, 9, "-100%"),
        (250, 100, "+150%"),
        (1009, 1000, "+0.9%"),
        (9e9, 1, "×9G"),
    ],
)
def test_how_a_number_differs(now: float, before: float, said: str) -> None:
    assert charts.change_text(now, before) == said


def test_counts_are_exact_where_they_are_short() -> None:
    assert [charts.count_text(number) for number in (0, 31, 9999, 12_400)] == ["0", "31", "9,999", "12.4k"]


def test_whose_charts_they_are() -> None:
    assert charts.whose(()) == "all queues"
    assert charts.whose((B,)) == "eu/b"
    assert charts.whose((A, B)) == "2 queues"
    assert charts.whose((A, B), group="mail\x1b") == "mail␛ (2 queues)"


def test_a_mark_concerns_its_queues_and_one_of_a_server_all() -> None:
    of_a, of_server = Mark(0, MarkKind.ACTION, "x", (A,)), Mark(0, MarkKind.FIRING, "x")
    assert charts.concerns(of_a, (A, B))
    assert not charts.concerns(of_a, (B,))
    assert charts.concerns(of_a, ())
    assert charts.concerns(of_server, (B,))


def test_names_are_told_once() -> None:
    assert charts.mark_words(Mark(0, MarkKind.ACTION, "paused a", (A,)))[0] == "paused a"
    many = tuple(QueueRef("bull", f"q{number}") for number in range(9))
    assert charts.mark_words(Mark(0, MarkKind.ACTION, "paused", many))[0] == "paused (q0, q1, q2 and 6 more)"


def test_totals_with_and_without_failures() -> None:
    chart = Chart(0, 60_000, {Measure.ADDED: (5.0,), Measure.COMPLETED: (4.0,), Measure.FAILED: (0.0,)})
    assert text(charts.totals(chart, None)) == "added 5  completed 4  failed 0"
    bad = Chart(0, 60_000, {Measure.COMPLETED: (0.0,), Measure.FAILED: (9.0,), Measure.ADDED: (9.0,)})
    assert text(charts.totals(bad, None)).endswith("failed 9 (100%)")
    assert "No flow" in text(charts.totals(Chart(0, 60_000, {Measure.ADDED: (None,)}), None))


def test_notices() -> None:
    chart = Chart(0, 60_000, {Measure.ADDED: (None,)}, problem="us is away.")
    state = HistoryState("x", problem="The disk is full.", hint="Make room.")
    said = charts.notices(chart, WINDOW, state, "No marks.", H)
    assert said[:3] == ["No marks.", "us is away.", "The disk is full. Make room."]
    assert "The history is empty" in said[3]
    young = HistoryState("x", first_ms=H // 2, last_ms=H)
    assert "The history begins 30m 00s ago" in charts.notices(chart, WINDOW, young, "", H)[1]
    known = Chart(0, 60_000, {Measure.ADDED: (1.0,)})
    assert charts.notices(known, WINDOW, HistoryState("prometheus"), "", H) == []


def test_what_the_cursor_is_on() -> None:
    marks = [
        Mark(61_000, MarkKind.RESOLVED, "over"),
        Mark(60_500, MarkKind.FIRING, "bad\n"),
        Mark(0, MarkKind.ACTION, "x"),
    ]
    lines = [line(pieces) for pieces in charts.at_cursor(WINDOW, 1, marks)]
    assert len(lines) == 3
    assert "bad␊" in lines[1]
    assert "✓" in lines[2]
