"""Starts are counted over whole windows of a limiter, whenever one began to look."""

import random

import pytest

from bulltui.domain.bottleneck import bottleneck, evidence_of
from bulltui.domain.event import Event
from bulltui.domain.layout import Layout, LayoutVerdict
from bulltui.domain.limiter_windows import window_begins
from bulltui.domain.point import Flow, Point, Stand
from bulltui.domain.queue import Counts, Queue, QueueRef, RateLimit
from bulltui.domain.snapshot import QueueRow
from bulltui.services.limit_looks import Seen, of_stream
from bulltui.services.limits import lately

DURATION, MOST = 1000, 10
NOW = 1_800_000_000_000
MAIL = QueueRef("bull", "mail")
V5 = LayoutVerdict(Layout.V5, ("meta.version is bullmq:5.81.5",))


def whole_windows(starts: list[int], duration_ms: int) -> tuple[int, int] | None:
    """How many start in whole windows, and how long these took."""
    begins = window_begins(starts, duration_ms)
    if len(begins) < 2:
        return None
    return begins[-1] - begins[0], starts[begins[-1]] - starts[begins[0]]


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


def looked_at() -> Seen:
    seen = Seen()
    for at in (NOW - 3000, NOW):
        seen.look(Queue(MAIL, Counts(waiting=9), V5, limit=RateLimit(2, DURATION)), at)
    return seen


def events(*starts: int) -> list[Event]:
    return [Event(MAIL, f"{at}-0", "active", str(at)) for at in starts]


def test_what_has_stopped_starts_nothing() -> None:
    busy = [NOW - 60_000 + at for at in (0, 5, 1002, 1003, 2004, 2005, 3006, 3007)]
    window = of_stream(looked_at(), events(*busy), NOW, 3000)
    assert window.started == 0


def test_windows_that_are_long_are_counted_further_back() -> None:
    going = [NOW - 9000 + at + shift for at in range(0, 9000, 1003) for shift in (0, 4)]
    window = of_stream(looked_at(), events(*going), NOW, 1500)
    assert (window.windows, window.full) == (7, 7)
    assert window.started == pytest.approx(2 * 60_000 / 1003)
    found = bottleneck(evidence_of(QueueRow(looked_at().last or Queue(MAIL, Counts(), V5), workers=1), NOW), window)
    assert found.numbers.full == 7
    assert "In 7 of 7 windows of its limit as many started as may." in found.evidence


class _Steps:
    """A past in steps of ten seconds, of which one starts a job each second."""

    def covers(self, ref: QueueRef | None) -> float:
        return 3600.0

    def flow(self, ref: QueueRef | None, seconds: float) -> Flow:
        return self.over(ref, seconds).flow

    def still(self, ref: QueueRef, seconds: float) -> bool:
        return False

    def over(self, ref: QueueRef | None, seconds: float) -> Point:
        begin = (NOW + 7_000 - int(seconds * 1000) + 5_000) // 10_000 * 10_000
        return Point(begin, Stand(reads=9), Flow(started=(NOW + 7_000 - begin) // 1000))


def test_a_span_is_as_long_as_it_really_is() -> None:
    window = lately(MAIL, _Steps(), NOW + 7_000)
    assert window.started == pytest.approx(60)
    assert window.span_ms == 57_000


def test_without_events_nobody_knows_of_starts() -> None:
    class Counted(_Steps):
        def over(self, ref: QueueRef | None, seconds: float) -> Point:
            return Point(NOW - int(seconds * 1000), Stand(reads=9), Flow(added=9, completed=9, estimated=9))

    assert lately(MAIL, Counted(), NOW).started is None
