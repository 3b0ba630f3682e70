"""JSON text in another layout is the same JSON, token by token."""

import json

from hypothesis import given, settings
from hypothesis import strategies as st

from bulltui.domain.json_layout import compact, indented, members
from tests.thorough import tried

TEXTS = st.text(max_size=12)
VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | TEXTS,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(TEXTS, inner, max_size=4),
    max_leaves=12,
)
EXAMPLES = settings(max_examples=tried(400, 60), deadline=None)


@EXAMPLES
@given(VALUES, st.booleans())
def test_layouts_of_any_value(value: object, ascii_only: bool) -> None:
    dense = json.dumps(value, ensure_ascii=ascii_only, separators=(",", ":"))
    assert compact(json.dumps(value, ensure_ascii=ascii_only, indent=3)) == dense
    assert indented(dense) == json.dumps(value, ensure_ascii=ascii_only, indent=2)
    assert compact(indented(dense)) == dense


@EXAMPLES
@given(st.dictionaries(TEXTS, VALUES, max_size=6))
def test_members_are_the_text_of_the_values(value: dict[str, object]) -> None:
    found = members(json.dumps(value, indent=1))
    assert found is not None
    assert {name: json.loads(text) for name, text in found.items()} == value


def test_no_object_has_no_members() -> None:
    assert members("[1]") is members("{") is members("") is None
    assert members('{"a":1,"a":2}') == {"a": "2"}
