"""The set that remembers many names in little memory."""

import sys

from hypothesis import given
from hypothesis import strategies as st

from bulltui.domain.seen import Seen, digest


@given(st.lists(st.integers(min_value=1, max_value=2**64 - 1) | st.sampled_from([1, 1025, 2049, 2**63])))
def test_it_is_a_set(numbers: list[int]) -> None:
    seen, plain = Seen(), set[int]()
    for number in numbers:
        assert seen.add(number) is (number not in plain)
        plain.add(number)
    assert all(number in seen for number in plain)
    assert len(seen) == len(plain)
    assert 2**64 - 2 in plain or 2**64 - 2 not in seen


def test_it_grows_and_loses_nothing() -> None:
    seen = Seen()
    names = [digest(str(number).encode()) for number in range(20_000)]
    assert all(map(seen.add, names))
    assert not any(map(seen.add, names))
    assert len(seen) == 20_000
    assert sys.getsizeof(seen._places) < 20_000 * 32 + 100_000


def test_no_digest_is_the_empty_place() -> None:
    assert all(digest(str(number).encode()) for number in range(1000))
