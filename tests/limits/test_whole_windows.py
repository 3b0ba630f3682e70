"""Starts are counted over whole windows of a limiter, whenever one began to look."""

import random

import pytest

from bulltui.services.limits import whole_windows

DURATION, MOST = 1000, 10


def limited(chance: random.Random, windows: int, within_ms: int, wake_ms: int) -> tuple[list[int], float]:
    """The starts of workers that a limit holds, and how many there are a minute: a window begins when the first of them
    wakes up after the end of the one before."""
    starts: list[int] = []
    begins: list[int] = []
    at = 50_000
    for _ in range(windows):
        begins.append(at)
        starts += sorted([at, *(at + chance.randint(0, within_ms) for _ in range(MOST - 1))])
        at += DURATION + chance.randint(1, wake_ms)
    return starts, (windows - 1) * MOST * 60_000 / (begins[-1] - begins[0])


@pytest.mark.parametrize("seed", range(40))
def test_as_many_as_really_start(seed: int) -> None:
    chance = random.Random(seed)
    starts, truth = limited(chance, 8, chance.choice((0, 20, 300, 600)), 12)
    # One begins to look in the middle of a window, and ends in the middle of another.
    seen = starts[chance.randint(0, MOST) : len(starts) - chance.randint(0, MOST)]
    found = whole_windows(seen, DURATION)
    assert found is not None
    assert found[0] * 60_000 / found[1] == pytest.approx(truth, rel=0.01)
    assert found[0] % MOST == 0


def test_a_whole_window_is_needed() -> None:
    assert whole_windows([], DURATION) is None
    assert whole_windows([1, 2, 3], DURATION) is None
    assert whole_windows([1, 2, 1100, 1101], DURATION) is None  # where the first began is not known
    assert whole_windows([1, 2, 1100, 1101, 2105], DURATION) == (2, 1005)
    assert whole_windows([1, 2, 3], 0) is None
