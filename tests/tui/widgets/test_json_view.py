"""The JSON view: lines that fold, strings that unfold, hostile and huge values."""

import json
import time
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from textual.app import App, ComposeResult

from bulltui.tui.themes import register_themes
from bulltui.tui.widgets.cells import width_of
from bulltui.tui.widgets.json_lines import Kind, all_folds, initial_folds, json_lines, line_pieces, path_text
from bulltui.tui.widgets.json_view import JsonView
from tests.own_time import own_time
from tests.tui.support import save_picture, screen_strips, screen_text

ORDER = {
    "id": 81_231,
    "customer": {"name": "Zoë", "vip": True, "note": None},
    "lines": [{"sku": "A-1", "price": 9.5}, {"sku": "B-2", "price": 1e21}],
    "empty": {},
    "none": [],
}


def drawn(value: Any, width: int = 60, **options: Any) -> list[str]:
    return [
        "".join(text for text, _ in line_pieces(line, width)).rstrip()
        for line in json_lines(value, width=width, **options)
    ]


def test_lines_of_a_value() -> None:
    assert drawn(ORDER, folded={("lines", 0)}) == [
        "▾ {",
        '    "id": 81231,',
        '  ▾ "customer": {',
        '      "name": "Zoë",',
        '      "vip": true,',
        '      "note": null',
        "    },",
        '  ▾ "lines": [',
        "    ▸ {…} 2 keys,",
        "    ▾ {",
        '        "sku": "B-2",',
        '        "price": 1e+21',
        "      }",
        "    ],",
        '    "empty": {},',
        '    "none": []',
        "  }",
    ]


def test_unfolded_lines_are_the_json() -> None:
    text = "".join(line.replace("▾", "") for line in drawn(ORDER, 200))
    assert json.loads(text) == ORDER


JSON = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(max_size=300),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=30), inner, max_size=4),
    max_leaves=20,
)


@given(JSON, st.integers(20, 100), st.booleans())
def test_no_line_is_dangerous_and_folding_is_consistent(value: Any, width: int, fold: bool) -> None:
    folded = all_folds(value) if fold else set()
    lines = json_lines(value, folded, {("a",), ()}, width)
    for line in lines:
        text = "".join(piece for piece, _ in line_pieces(line, width))
        assert "\n" not in text
        assert "\x1b" not in text
    assert sum(line.kind is Kind.OPEN for line in lines) == sum(line.kind is Kind.CLOSE for line in lines)
    assert initial_folds(value) <= all_folds(value)


def test_what_starts_folded() -> None:
    value = {"many": list(range(101)), "few": [0], "deep": {"b": {"c": {"d": {"e": 1}}}}}
    assert initial_folds(value) == {("many",), ("deep", "b", "c", "d")}
    items = [{"id": n} for n in range(100)]
    groups = [items] * 90
    folds = initial_folds(groups)
    assert 1500 < len(json_lines(groups, folds)) < 4500
    assert (0,) not in folds
    assert (89,) in folds


def test_long_strings_tell_their_size_and_unfold() -> None:
    text = "first line\nsecond " + "x" * 100
    (folded,) = drawn(text, 40)
    assert folded.startswith('▸ "first line\\nsecond ')
    assert folded.endswith("… 118 characters")
    assert width_of(folded) <= 40
    assert drawn(text, 40, opened={()}) == [
        "▾ 118 characters",
        "    first line\\n",
        "    second " + "x" * 28,
        "    " + "x" * 35,
        "    " + "x" * 35,
        "    xx",
    ]


@pytest.mark.parametrize("text", ["字" * 500, "a" * 1_000_000, "\n" * 1000, "\x1b[31m\u202e" * 50, "e\u0301" * 300])
def test_unfolded_strings_fit_and_are_whole(text: str) -> None:
    lines = json_lines({"t": text}, opened={("t",)}, width=50)
    pieces = [line.text for line in lines if line.kind is Kind.MORE]
    assert all(width_of(piece) <= 43 for piece in pieces)
    shown = "".join(pieces)
    assert len(shown) >= len(text)
    assert "\x1b" not in shown


def test_a_number_too_long_for_python() -> None:
    assert drawn(10**5000, 40)[0].strip().startswith("0x")


def test_deep_values_need_no_recursion() -> None:
    value: Any = 1
    for _ in range(3_000):
        value = [value]
    assert len(json_lines(value)) == 6_001
    assert len(json_lines(value, initial_folds(value))) == 9
    line = json_lines(value)[3_000]
    assert width_of("".join(text for text, _ in line_pieces(line, 60))) <= 60


def test_paths_are_those_of_jq() -> None:
    assert path_text(()) == "."
    assert path_text(("items", 3, "name")) == ".items[3].name"
    assert path_text((0, "a b", "x")) == '.[0]["a b"].x'
    assert path_text(("a\x1b",)) == '.["a\\u001b"]'


class Viewer(App[None]):
    def __init__(self, value: Any, theme: str = "bulltui-dark") -> None:
        super().__init__()
        self.view = JsonView(value)
        register_themes(self)
        self.theme = theme

    def compose(self) -> ComposeResult:
        yield self.view


async def test_keys_fold_and_unfold() -> None:
    app = Viewer(ORDER)
    async with app.run_test(size=(60, 20)) as pilot:
        await pilot.press("down", "down", "enter")
        assert '▌  ▸ "customer": {…} 3 keys,' in screen_text(app)
        assert app.view.path_text() == ".customer"
        await pilot.press("right", "right")
        assert app.view.path_text() == ".customer.name"
        assert app.view.copy_value() == "Zoë"
        await pilot.press("left")
        assert app.view.path_text() == ".customer"
        await pilot.press("left", "left")
        assert app.view.path_text() == "."
        await pilot.press("minus")
        assert screen_text(app)[2:4] == ['   ▸ "customer": {…} 3 keys,', '   ▸ "lines": […] 2 items,']
        await pilot.press("plus")
        assert app.view.line_count == 20
        await pilot.press("G")
        assert app.view.cursor == 19
        assert screen_text(app)[19] == "▌  }"
        await pilot.press("space")
        assert screen_text(app)[0] == "▌▸ {…} 5 keys"
        assert json.loads(app.view.value_text()) == ORDER


async def test_mouse_folds_at_the_sign() -> None:
    app = Viewer(ORDER)
    async with app.run_test(size=(60, 20)) as pilot:
        await pilot.click(JsonView, offset=(3, 2))
        assert '▌  ▸ "customer": {…} 3 keys,' in screen_text(app)
        await pilot.click(JsonView, offset=(20, 1))
        assert app.view.path_text() == ".id"


async def test_another_state_keeps_folds_and_cursor() -> None:
    app = Viewer(ORDER)
    async with app.run_test(size=(60, 20)) as pilot:
        await pilot.press("down", "down", "enter")
        app.view.show({"new": 1, **ORDER}, keep=True)
        await pilot.pause()
        assert '▌  ▸ "customer": {…} 3 keys,' in screen_text(app)
        app.view.show([1])
        await pilot.pause()
        assert [line for line in screen_text(app) if line] == ["▌▾ [", "     1", "   ]"]


async def test_hostile_values_stay_in_their_lines() -> None:
    app = Viewer({"\x1b[31m\n": "\x1b]52;c;x\x07", "k" * 5000: "字" * 3000, "[red]": "[/]", "\u202e": "\ud800"})
    async with app.run_test(size=(60, 10)) as pilot:
        await pilot.press("down", "down", "enter")
        for strip in screen_strips(app):
            assert strip.cell_length == 60
            assert strip.text.isprintable()


@pytest.mark.usefixtures("no_collector")
async def test_a_megabyte_opens_and_scrolls_at_once() -> None:
    value = {
        f"group-{g}": [{"id": n, "name": f"item {n}", "ok": True, "at": n / 7} for n in range(100)] for g in range(100)
    }
    assert len(json.dumps(value)) > 500_000
    started = own_time()
    app = Viewer(value)
    opened = own_time() - started
    async with app.run_test(size=(80, 30)) as pilot:
        started = time.process_time()
        await pilot.press("plus")
        unfolded = time.process_time() - started
        assert app.view.line_count > 50_000
        started = time.process_time()
        await pilot.press("G", "pageup", "g", "j")
        scrolled = time.process_time() - started
        started = time.process_time()
        await pilot.press("space")
        folded = time.process_time() - started
        flat = {f"k{n}": n for n in range(50_000)}
        started = time.process_time()
        app.view.show(flat)
        wide = time.process_time() - started
        print(f"open {opened:.3f} all {unfolded:.3f} scroll {scrolled:.3f} fold {folded:.3f} flat {wide:.3f} s")
        assert opened < 0.1
        assert unfolded < 0.3
        assert scrolled < 0.2
        assert wide < 0.2  # 0.04 when nobody else works here


@pytest.mark.parametrize("theme", ["bulltui-dark", "bulltui-light"])
async def test_pictures(theme: str) -> None:
    app = Viewer(ORDER | {"stack": "Error: boom\n    at x (y.ts:1:2)\n" * 3, "long": "lorem ipsum " * 30}, theme)
    async with app.run_test(size=(80, 30)) as pilot:
        await pilot.press("G", "k", "k", "enter")
        save_picture(app, f"json-{theme}")
        assert "Error: boom\\n" in "\n".join(screen_text(app))
