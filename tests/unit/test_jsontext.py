"""JSON that parses whatever comes and writes what everyone takes."""

import json
import sys

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bulltui.domain.jsontext import dump, parse
from tests.unit.strangers import DOCUMENTS

json_values = st.recursive(
    st.one_of(st.none(), st.booleans(), st.integers(), st.floats(allow_nan=False, allow_infinity=False), st.text()),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
    max_leaves=10,
)


@given(json_values)
def test_writing_and_reading_gives_the_same(value: object) -> None:
    for indent in (None, 2):
        assert json.loads(dump(value, indent=indent)) == value
    assert parse(dump(value)).value == value


@given(st.text())
def test_parsing_never_raises(text: str) -> None:
    parsed = parse(text, "default")
    assert parsed.text == text
    if not parsed.ok:
        assert parsed.value == "default"
        assert parsed.problem


@pytest.mark.parametrize("text", DOCUMENTS)
def test_documents_of_strangers(text: str) -> None:
    parsed = parse(text)
    dump(parsed.value).encode()


@pytest.mark.parametrize("text", ["NaN", "-Infinity", '{"a":[NaN]}', "", "{", "\ufeff{}", "01"])
def test_what_is_no_json(text: str) -> None:
    assert not parse(text).ok if text else parse(text).ok


def test_numbers_beyond_all_floats_are_kept_as_text() -> None:
    assert parse("[-1e999, 1e400, 1e300]").value == ["-1e999", "1e400", 1e300]


def test_absent_texts_have_the_default() -> None:
    assert parse(None, {}).value == {}
    assert parse("", 0).value == 0
    assert parse("null", 5).value is None


@pytest.mark.parametrize("value", [float("nan"), float("inf"), [float("-inf")], {"a": float("nan")}])
def test_numbers_that_json_has_not(value: object) -> None:
    json.loads(dump(value), parse_constant=pytest.fail)


def test_what_acts_on_a_terminal_is_escaped_and_nothing_else() -> None:
    text = "é日👍 \x1b\x00\x7f\x9b\u202e\u200b\U000e0041"
    written = dump(text)
    assert written == '"é日👍 \\u001b\\u0000\\u007f\\u009b\\u202e\\u200b\\udb40\\udc41"'
    assert json.loads(written) == text


def test_keys_are_escaped_too() -> None:
    assert json.loads(dump({"\x1b\udcff": 1})) == {"\x1b\\xff": 1}


def test_deep_values_of_one_stack_are_written_from_another() -> None:
    text = "[" * 700 + "]" * 700

    def deeper(levels: int, value: object) -> str:
        return dump(value) if levels == 0 else deeper(levels - 1, value)

    parsed = parse(text)
    assert parsed.ok
    limit = sys.getrecursionlimit()
    assert deeper(250, parsed.value) == text
    assert deeper(250, [parsed.value, "\udcff"]).startswith("[[[")
    assert sys.getrecursionlimit() == limit
