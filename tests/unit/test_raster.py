"""Lines as dots: exact small pictures, and what holds for all."""

import math
from random import Random

import pytest

from bulltui.domain.raster import NOBODY, Line, column_of, columns_of, level, raster
from tests.own_time import own_time
from tests.thorough import tried


def dots(sign: str) -> set[tuple[int, int]]:
    """The dots of a sign: column, and row from below."""
    places = {
        0x01: (0, 3),
        0x02: (0, 2),
        0x04: (0, 1),
        0x40: (0, 0),
        0x08: (1, 3),
        0x10: (1, 2),
        0x20: (1, 1),
        0x80: (1, 0),
    }
    code = 0 if sign == " " else ord(sign) - 0x2800
    return {place for bit, place in places.items() if code & bit}


def lit(signs: tuple[str, ...]) -> set[tuple[int, int]]:
    """All dots of a picture."""
    height = len(signs)
    return {
        (2 * x + column, 4 * (height - 1 - y) + row)
        for y, line in enumerate(signs)
        for x, sign in enumerate(line)
        for column, row in dots(sign)
    }


class TestGolden:
    def test_a_flight_of_stairs(self) -> None:
        assert lit(raster([Line([0, 1, 2, 3])], 2, 1, 3).signs) == {
            *((0, 0), (1, 0), (1, 1), (2, 1), (2, 2), (3, 2), (3, 3)),
        }

    def test_a_spike_of_one_value_is_one_column_wide(self) -> None:
        assert raster([Line([0, 0, 7, 0])], 2, 2, 7).signs == (" ⡇", "⣀⣇")

    def test_a_gap_is_a_gap(self) -> None:
        assert raster([Line([3, 3, None, None, 3, 3])], 3, 1, 3).signs == ("⠉ ⠉",)

    def test_a_value_stands_over_its_time(self) -> None:
        assert raster([Line([0, 3])], 4, 1, 3).signs == ("⣀⣀⡏⠉",)

    def test_zero_is_the_lowest_row_and_nothing_else_is(self) -> None:
        assert raster([Line([0, 0])], 1, 1, 1000).signs == ("⣀",)
        assert raster([Line([1, 1])], 1, 1, 1000).signs == ("⠤",)

    def test_lines_share_a_cell_and_the_later_one_has_its_colour(self) -> None:
        picture = raster([Line([0, 0, 0, 0]), Line([0, 0, 3, 3])], 2, 1, 3)
        assert picture.signs == ("⣀⣏",)
        assert picture.owners == ((1, 1),)
        assert raster([Line([0, 0]), Line([3, 3])], 1, 2, 3).owners == ((1,), (0,))

    def test_in_ascii_lines_are_letters(self) -> None:
        picture = raster([Line([0, 1, 2], "a"), Line([2, 2, None], "b")], 3, 3, 2, ascii=True)
        assert picture.signs == ("bba", " aa", "aa ")

    def test_a_line_of_another_time_is_dashed_and_below(self) -> None:
        assert raster([Line([0] * 8, dashed=True)], 4, 1, 1).signs == ("⣀ ⣀ ",)
        assert raster([Line([0] * 4, dashed=True), Line([1, 1, 1, 1], "x")], 4, 2, 1, ascii=True).signs == (
            "xxxx",
            "..  ",
        )

    def test_lines_are_named_where_there_are_no_colours(self) -> None:
        signs = raster([Line([0] * 80, "a"), Line([5] * 80, "b")], 40, 3, 5, named=True).signs
        assert signs[0].count("b") == signs[2].count("a") == 3
        assert not set("ab") & set(signs[1])

    def test_where_lines_end(self) -> None:
        assert raster([Line([0, 9]), Line([9, 0]), Line([9, None])], 2, 3, 9).ends == (0, 2, None)


class TestForAll:
    @pytest.mark.parametrize("seed", range(tried(400, 20)))
    def test_what_is_known_has_a_dot_and_what_is_not_has_none(self, seed: int) -> None:
        rng = Random(seed)
        width, height, number = rng.randint(1, 30), rng.randint(1, 6), rng.randint(1, 90)
        values = [None if rng.random() < 0.3 else rng.choice((0, rng.random() * 100)) for _ in range(number)]
        top = max((value for value in values if value is not None), default=0) or 1
        found = lit(raster([Line(values)], width, height, top).signs)
        columns, rows = 2 * width, 4 * height
        spans = columns_of(values, columns)
        assert {x for x, _ in found} == {x for x, span in enumerate(spans) if span is not None}
        for span, x in zip(spans, range(columns), strict=True):
            if span is not None:
                assert (x, level(span[0], top, rows)) in found
                assert (x, level(span[1], top, rows)) in found
        for place, value in enumerate(values):
            if value is not None:
                x = place * columns // number if number > columns else column_of(place, number, columns)
                assert (x, level(value, top, rows)) in found

    @pytest.mark.parametrize("seed", range(tried(200, 10)))
    def test_a_spike_is_never_lost(self, seed: int) -> None:
        rng = Random(seed)
        number = rng.randint(1, 5000)
        values = [0.0] * number
        values[rng.randrange(number)] = 1e9
        signs = raster([Line(values)], rng.randint(1, 40), 3, 1e9).signs
        assert any(column_row[1] == 11 for column_row in lit(signs))

    @pytest.mark.parametrize("seed", range(tried(200, 10)))
    def test_signs_and_their_lines_go_together(self, seed: int) -> None:
        rng = Random(seed)
        lines = [Line([rng.choice((None, rng.random())) for _ in range(20)], "abc"[i]) for i in range(3)]
        for plain in (False, True):
            picture = raster(lines, 17, 4, 1, ascii=plain, named=True)
            for signs, owners in zip(picture.signs, picture.owners, strict=True):
                assert len(signs) == len(owners) == 17
                assert [sign == " " for sign in signs] == [owner == NOBODY for owner in owners]

    def test_what_no_number_is_unknown(self) -> None:
        assert columns_of([math.nan, math.inf, -math.inf, 1.0], 4) == [None, None, None, (1.0, 1.0)]

    def test_a_single_row_has_all_there_is(self) -> None:
        assert raster([Line([0, 5, None], "a")], 3, 1, 5, ascii=True).signs == ("aa ",)

    @pytest.mark.parametrize(("width", "height"), [(0, 0), (0, 3), (3, 0), (-1, -1)])
    def test_no_room_is_no_error(self, width: int, height: int) -> None:
        picture = raster([Line([1, 2, 3])], width, height, 3)
        assert "".join(picture.signs).strip() == ""
        assert raster([Line([])], 3, 1, 0).signs == ("   ",)

    @pytest.mark.quiet
    def test_six_lines_over_280_columns_are_drawn_within_a_frame(self) -> None:
        rng = Random(1)
        lines = [
            Line([50 + 40 * math.sin(at / 20 + line) + rng.random() * 10 for at in range(560)], "a")
            for line in range(6)
        ]
        took = []
        for _ in range(7):
            start = own_time()
            raster(lines, 280, 20, 100)
            took.append(own_time() - start)
        print(f"{min(took) * 1000:.1f} ms")
        assert min(took) < 0.016  # measured: 5 ms
