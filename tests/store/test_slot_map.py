"""What CLUSTER SLOTS tells, however a Cluster announces its nodes."""

from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bulltui.store.slot_map import Range, SlotMap, is_tagged, read_slots, slot_of, spelt, where

ASKED = ("seed", 7000)


def test_each_slot_has_its_range() -> None:
    found = SlotMap([Range(100, 199, ("b", 2)), Range(0, 99, ("a", 1), (("c", 3),)), Range(300, 300, ("a", 1))])
    assert [found.at(slot) and found.at(slot).primary for slot in (0, 99, 100, 199, 300)] == [  # type: ignore[union-attr]
        ("a", 1),
        ("a", 1),
        ("b", 2),
        ("b", 2),
        ("a", 1),
    ]
    assert [found.at(slot) for slot in (200, 299, 301, 16_383)] == [None] * 4
    assert found.primaries == [("a", 1), ("b", 2)]
    assert found.replicas == {("c", 3): ("a", 1)}
    assert found.slots_of(("a", 1)) == 101


@pytest.mark.parametrize(
    ("row", "expected"),
    [
        ([b"10.0.0.1", 7001, b"id", []], ("10.0.0.1", 7001)),
        ([b"::1", 7001, b"id", []], ("::1", 7001)),
        ([b"node-1.example", 7001, b"id", [b"ip", b"10.0.0.1"]], ("node-1.example", 7001)),
        ([b"", 7001, b"id"], ("seed", 7001)),
        ([None, 7001, b"id", [b"ip", b"10.0.0.1"]], ("seed", 7001)),
        ([b"?", 7001, b"id", {b"ip": b"10.0.0.1"}], ("10.0.0.1", 7001)),
        ([b"?", 7001, b"id", [b"ip", b"10.0.0.1"]], ("10.0.0.1", 7001)),
        ([b"?", 7001], ("seed", 7001)),
    ],
)
def test_a_node_is_reached_as_it_announces_itself(row: list[object], expected: tuple[str, int]) -> None:
    assert where(row, ASKED) == expected


def test_an_answer_is_read_whole() -> None:
    found = read_slots([[0, 5, [b"a", 1, b"x"], [b"b", 2, b"y"]], [6, 9, [b"", 3, b"z"]]], ASKED)
    assert found.at(3) == Range(0, 5, ("a", 1), (("b", 2),))
    assert found.at(9) == Range(6, 9, ("seed", 3))


@pytest.mark.parametrize("reply", [None, b"OK", 7, [[1]], [[0, 1]], [[0, 1, [b"a"]]], [[b"x", 1, [b"a", 1]]]])
def test_what_is_no_answer_is_said_so(reply: object) -> None:
    with pytest.raises(ValueError, match="CLUSTER SLOTS"):
        read_slots(reply, ASKED)


def test_addresses_are_spelt_with_brackets_where_they_need_them() -> None:
    assert [spelt(("::1", 7000)), spelt(("a", 1))] == ["[::1]:7000", "a:1"]


@given(st.binary(max_size=20), st.binary(max_size=20), st.binary(max_size=20))
def test_what_is_tagged_lies_together_whatever_follows(start: bytes, one: bytes, other: bytes) -> None:
    if is_tagged(start):
        assert slot_of(start + one) == slot_of(start + other)


@pytest.mark.parametrize("start", [b"", b"bull:mail:", b"{}bull:", b"{bull:", b"}{", b"{}{a}:"])
def test_without_a_whole_tag_nothing_is_sure(start: bytes) -> None:
    assert not is_tagged(start)


def test_tags() -> None:
    assert is_tagged(b"{bull}:mail:")
    assert is_tagged(b"bull:{mail}:")
    assert is_tagged(b"}{a}{b")


anything = st.recursive(
    st.none() | st.integers() | st.binary(max_size=8) | st.floats(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.binary(max_size=4), inner, max_size=3),
    max_leaves=12,
)


@given(anything | st.lists(st.tuples(st.integers(), st.integers(), anything), max_size=3))
def test_whatever_answers_is_read_or_refused(reply: object) -> None:
    with suppress(ValueError, OverflowError):
        read_slots(reply, ASKED)
