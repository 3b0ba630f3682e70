"""Queues in which nothing moves are not looked at by rules that look back, and all comes out as if they were."""

from hypothesis import given, settings
from hypothesis import strategies as st

from bulltui.domain.alert import Rule, Watched
from bulltui.domain.alert_rules import BUILT_IN
from bulltui.domain.point import Flow, Point, Stand
from bulltui.domain.queue import QueueRef
from bulltui.domain.sketch import sketch_of
from bulltui.domain.snapshot import QueueRow
from bulltui.services.watch.alert_engine import Engine
from bulltui.services.watch.windows import Windows
from tests.alerts.support import NOW, PAYMENTS, Clock, row
from tests.thorough import tried

BEGIN = NOW - NOW % 60_000
RULES = (
    *BUILT_IN,
    Rule("many", Watched.FAILED_RATE, 2, for_s=0, clear_s=20, window_s=60),
    Rule("slow", Watched.WAIT_P95, 1, for_s=10, clear_s=0, window_s=300),
    Rule("long", Watched.RUN_P95, 1, for_s=0, clear_s=0, window_s=60),
)
FEW = Rule("few", Watched.FAILED_RATE, 2, below=True, for_s=0, clear_s=0, window_s=60)


class Counting(Windows):
    """Counts which queues were looked at; with `blind` it never says that one stands still."""

    def __init__(self, clock: Clock, *, blind: bool = False) -> None:
        super().__init__(clock)
        self.blind = blind
        self.looked: list[QueueRef | None] = []

    def over(self, ref: QueueRef | None, seconds: float) -> Point:
        self.looked.append(ref)
        return super().over(ref, seconds)

    def flow(self, ref: QueueRef | None, seconds: float) -> Flow:
        self.looked.append(ref)
        return super().flow(ref, seconds)

    def still(self, ref: QueueRef, seconds: float) -> bool:
        return not self.blind and super().still(ref, seconds)


def test_where_nothing_moved_nothing_is_looked_at() -> None:
    clock = Clock(BEGIN)
    windows = Counting(clock)
    engine = Engine(RULES, (), windows, "s")
    refs = [QueueRef("bull", f"q{number}") for number in range(50)]

    def look() -> set[QueueRef | None]:
        windows.looked.clear()
        for ref in refs:
            windows.add(ref, Point(clock.now, Stand(reads=1)))
        clock.now += 10_000
        for ref in refs:
            engine.look_at(row(ref), clock.now, clock.now)
        return set(windows.looked)

    for _ in range(5):
        assert look() == set()
    windows.add(refs[7], Point(clock.now, Stand(reads=1), Flow(3, 3, 3)))
    assert look() == {refs[7]}
    windows.looked.clear()
    clock.now += 10_000
    engine.look_at(row(refs[9], waiting=4), clock.now, clock.now)
    assert set(windows.looked) == {refs[9]}, "jobs wait and none ends"


def test_too_little_is_looked_for_where_nothing_moved() -> None:
    clock = Clock(BEGIN)
    windows = Counting(clock)
    engine = Engine((FEW,), (), windows, "s")
    for _ in range(8):
        windows.add(PAYMENTS, Point(clock.now, Stand(reads=1)))
        clock.now += 10_000
        engine.look_at(row(), clock.now, clock.now)
    assert [alert.rule for alert in engine.firing] == ["few"]


STEP = st.tuples(
    st.sampled_from((1, 1, 1, 3, 40)),
    st.sampled_from((0, 0, 0, 12)),
    st.sampled_from((0, 0, 9)),
    st.sampled_from((0, 0, 5)),
    st.booleans(),
)


@settings(max_examples=tried(300, 40), deadline=None)
@given(st.lists(STEP, max_size=tried(150, 40)))
def test_what_fires_is_the_same(steps: list[tuple[int, int, int, int, bool]]) -> None:
    clock = Clock(BEGIN)
    known = [Counting(clock, blind=blind) for blind in (False, True)]
    engines = [Engine(RULES, (), one, "s") for one in known]
    for pause, failed, stalled, waiting, goes_on in steps:
        clock.now += (pause - 1) * 10_000
        took = sketch_of([3000.0] * failed)
        flow = Flow(failed, failed, 0, failed, stalled=stalled) if goes_on else Flow()
        point = Point(clock.now, Stand(reads=1, waiting=waiting), flow, took, took)
        clock.now += 10_000
        seen: QueueRow = row(waiting=waiting)
        for one, engine in zip(known, engines, strict=True):
            one.add(PAYMENTS, point)
            engine.look_at(seen, clock.now, clock.now)
        assert engines[0].firing == engines[1].firing
        assert engines[0].changes(clock.now).tracks == engines[1].changes(clock.now).tracks
        for span in (60, 300, 900, 3600):
            whole = known[1].over(PAYMENTS, span)
            assert known[0].flow(PAYMENTS, span) == whole.flow
            if known[0].still(PAYMENTS, span):
                assert not any((whole.flow, whole.wait, whole.run))
