"""The best of many in bounded memory."""

import random

from bulltui.domain.best import Best


def test_it_keeps_the_largest_and_says_what_it_dropped() -> None:
    worths = list(range(20_000))
    random.Random(7).shuffle(worths)
    best = Best(100, downwards=True)
    for start in range(0, len(worths), 500):
        best.add((str(worth), worth) for worth in worths[start : start + 500])
    assert best.names == [str(worth) for worth in range(19_999, 19_899, -1)]
    assert best.dropped


def test_upwards() -> None:
    best = Best(3, downwards=False)
    best.add((name, name) for name in "dbca")
    assert best.names == ["a", "b", "c"]
    assert best.dropped


def test_what_is_worth_nothing_comes_last_either_way() -> None:
    for downwards in (True, False):
        best = Best(4, downwards=downwards)
        best.add([("none", None), ("two", 2), ("one", 1)])
        assert best.names == (["two", "one", "none"] if downwards else ["one", "two", "none"])
        assert not best.dropped


def test_texts_come_after_numbers_and_none_is_kept_twice() -> None:
    best = Best(10, downwards=False)
    best.add([("text", "a"), ("number", 7), ("text", "b")])
    best.add([("number", 1)])
    assert best.names == ["number", "text"]
    assert len(best) == 2
