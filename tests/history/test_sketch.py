"""Percentiles within one percent, however sketches are put together and packed."""

import math

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from bulltui.domain.sketch import ACCURACY, LONGEST_MS, NONE, Sketch, bucket_of, merged, sketch_of, unpacked
from tests.history.strategies import durations, sketches
from tests.thorough import tried

_many = settings(max_examples=tried(1000, 40), deadline=None)
_counts = st.dictionaries(st.integers(0, 1400), st.integers(1, 300) | st.integers(1, 2**50), max_size=12).map(
    lambda some: tuple(sorted(some.items()))
)
_any = sketches | st.builds(lambda some, total: Sketch(some, total if some else 0), _counts, st.integers(0, 2**50))


@_many
@given(st.lists(st.floats(1, LONGEST_MS), min_size=1, max_size=80), st.sampled_from((0.0, 0.25, 0.5, 0.95, 0.99, 1.0)))
def test_a_percentile_is_right_within_one_percent(some: list[float], share: float) -> None:
    exact = sorted(some)[max(1, math.ceil(share * len(some))) - 1]
    for sketch in (sketch_of(some), unpacked(sketch_of(some).packed()), merged(sketch_of([one]) for one in some)):
        found = sketch.quantile(share)
        assert found is not None
        assert abs(found - exact) <= exact * ACCURACY * 1.000001


@_many
@given(_any, _any, _any)
def test_it_does_not_matter_how_they_are_put_together(one: Sketch, two: Sketch, three: Sketch) -> None:
    whole = merged((one, two, three))
    assert one + two == two + one
    assert (one + two) + three == one + (two + three) == whole
    assert whole.total == one.total + two.total + three.total
    assert whole.sum_ms == one.sum_ms + two.sum_ms + three.sum_ms
    counts: dict[int, int] = {}
    for bucket, count in (*one.counts, *two.counts, *three.counts):
        counts[bucket] = counts.get(bucket, 0) + count
    assert whole.counts == tuple(sorted(counts.items()))


@_many
@given(_any, _any)
def test_packed_and_unpacked_it_is_the_same(one: Sketch, other: Sketch) -> None:
    again = unpacked(one.packed())
    if one:
        assert again == one
        assert hash(again) == hash(one)
    else:
        assert not again
    assert bool(again) == bool(one)
    assert again.total == one.total
    for share in (0.0, 0.1, 0.5, 0.95, 0.99, 1.0):
        assert unpacked(one.packed()).quantile(share) == one.quantile(share)
    together = merged((unpacked(one.packed()), unpacked(other.packed())))
    assert together == one + other
    assert together.packed() == Sketch(together.counts, together.sum_ms).packed()


@given(durations)
def test_the_sum_and_the_mean_are_exact(some: list[float]) -> None:
    sketch = sketch_of(some)
    assert sketch.total == len(some)
    assert sketch.sum_ms == round(sum(some))
    assert sketch.mean_ms == (sketch.sum_ms / len(some) if some else None)


def test_an_empty_one_says_nothing() -> None:
    assert not NONE
    assert NONE.packed() == b""
    assert unpacked(None) == unpacked(b"") == NONE == merged(())
    assert NONE.quantile(0.5) is None
    assert NONE.mean_ms is None


def test_what_takes_no_time_or_for_ever_has_a_bucket() -> None:
    assert bucket_of(0) == bucket_of(-5) == bucket_of(0.999) == bucket_of(math.nan) == 0
    assert bucket_of(1e300) == bucket_of(LONGEST_MS)
    assert sketch_of([0, 0.5]).quantile(1) == 0


def test_a_few_durations_take_a_few_bytes() -> None:
    assert len(sketch_of([250.0] * 200).packed()) < 10
    assert len(sketch_of([1.0, 1e9]).packed()) < 25


@_many
@given(st.binary(max_size=60))
@example(bytes(14))
@example(b"\x01\x00\x00\x00\x8b" + bytes(8))
def test_bytes_that_are_no_sketch_are_refused_and_nothing_else(content: bytes) -> None:
    try:
        sketch = unpacked(content)
        for what in (lambda: sketch.counts, lambda: sketch.total, lambda: sketch.quantile(0.5), sketch.wide):
            what()
    except ValueError:
        return


def test_a_cut_off_one_is_refused() -> None:
    for whole in (sketch_of(range(1, 5000)), sketch_of([5.0, 9.0])):
        with pytest.raises(ValueError, match=r"no sketch|size"):
            _ = unpacked(whole.packed()[:-3]).counts
