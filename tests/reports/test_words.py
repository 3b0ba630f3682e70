"""Numbers as they are read, and charts as they are laid out."""

import pytest

from bulltui.domain.axes import Unit
from bulltui.domain.charting import Mark, MarkKind
from bulltui.reports import words
from bulltui.reports.drawing import Role, drawing_of
from bulltui.reports.markdown import plain
from bulltui.reports.page import Line, Plot


@pytest.mark.parametrize(
    ("now", "before", "text"),
    [
        (5, None, "—"),
        (None, 5, "—"),
        (5, 5, "="),
        (1204, 1000, "+204 (+20 %)"),
        (900, 1000, "−100 (−10 %)"),
        (7, 0, "+7"),
        (1000, 100, "+900 (+900 %)"),
        (1200, 100, "+1,100 (×12)"),
        (10_001, 10_000, "+1 (± 0 %)"),
    ],
)
def test_changes(now: float | None, before: float | None, text: str) -> None:
    assert words.changed(now, before) == text


def test_shares_and_times() -> None:
    assert [words.share(value) for value in (None, 0.0, 0.0004, 0.0123, 1.0)] == [
        "—",
        "0.0 %",
        "< 0.1 %",
        "1.2 %",
        "100.0 %",
    ]
    assert words.changed_share(0.031, 0.011) == "+2.0 points"
    assert words.changed_share(0.0, 0.0) == "="
    assert words.changed_time(1_500, 1_000) == "+0.5s (+50 %)"
    assert words.took(None) == "—"
    assert words.per_minute(90, 60_000) == "90"


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("a|b", "a\\|b"),
        ("<b>", "\\<b\\>"),
        ("http://x.example", "http\\://x.example"),
        ("www.x.example", "www\\.x.example"),
        ("1.5s", "1.5s"),
    ],
)
def test_markdown_means_what_it_says(text: str, told: str) -> None:
    assert plain(text) == told


def plot(*lines: Line, marks: tuple[Mark, ...] = ()) -> Plot:
    return Plot("Failures", Unit.RATE, 0, 60_000, lines, marks)


def test_a_line_is_broken_where_nothing_is_known() -> None:
    drawing = drawing_of(plot(Line("failed", (1.0, 2.0, None, None, 4.0, None, 0.0, 1.0))), 560, 190)
    runs = [stroke.spots for stroke in drawing.strokes if stroke.role is Role.FIRST]
    assert sorted(len(run) for run in runs) == [2, 2, 2, 2]  # of one value alone a short line; one is the legend
    gaps = [area.spots for area in drawing.areas if area.role is Role.GAP]
    assert len(gaps) == 2
    width = (560 - 8 - gaps[0][0][0]) / 6  # the first begins at the third of eight steps
    assert gaps[0][1][0] - gaps[0][0][0] == pytest.approx(2 * width)


def test_all_lies_within_the_chart_and_the_greatest_is_highest() -> None:
    values = tuple(float(number * 37 % 101) for number in range(50))
    drawing = drawing_of(plot(Line("failed", values), Line("before", values[::-1], faint=True)), 560, 190)
    spots = [
        spot
        for stroke in drawing.strokes
        if stroke.role is Role.FIRST and len(stroke.spots) == 50
        for spot in stroke.spots
    ]
    assert all(0 <= x <= 560 and 0 <= y <= 190 for stroke in drawing.strokes for x, y in stroke.spots)
    assert min(range(50), key=lambda at: spots[at][1]) == values.index(max(values))
    assert [spot[0] for spot in spots] == sorted(spot[0] for spot in spots)
    assert any(stroke.role is Role.FAINT for stroke in drawing.strokes)
    assert len(drawing.zones) == 50
    assert "failed between 0 and" in drawing.told


def test_marks_have_forms_of_their_own() -> None:
    marks = (
        Mark(60_000, MarkKind.FIRING, "alert \x1b[31m"),
        Mark(120_000, MarkKind.ACTION, "pause"),
        Mark(180_000, MarkKind.RESOLVED, "over"),
        Mark(99_999_999, MarkKind.FIRING, "later"),
    )
    drawing = drawing_of(plot(Line("failed", (1.0,) * 9), marks=marks), 560, 190)
    told = {area.role: (len(area.spots), area.told) for area in drawing.areas if area.told}
    assert told[Role.ALERT][0] == 3
    assert told[Role.ACTION][0] == 4
    assert "alert ␛[31m" in told[Role.ALERT][1]
    assert len(told) == 2


@pytest.mark.parametrize("values", [(), (None, None), (0.0,), (1e15, 1e-9)])
def test_any_values_can_be_drawn(values: tuple[float | None, ...]) -> None:
    drawing = drawing_of(plot(Line("failed", values)), 352, 144)
    words_of = [word.text for word in drawing.words]
    assert ("nothing known" in words_of) == (not any(value is not None for value in values))
