"""What moved lately, by itself: as much as what is known of it all, for less."""

from hypothesis import given, settings
from hypothesis import strategies as st

from bulltui.domain.point import Flow, Point, Stand
from bulltui.domain.sketch import sketch_of
from bulltui.services.fleet.watching import FleetRecent
from bulltui.services.watch.windows import Windows
from tests.alerts.support import NOW, PAYMENTS, Clock
from tests.thorough import tried

STEPS = st.lists(st.tuples(st.integers(1, 12), st.sampled_from((0, 0, 0, 1, 7))), max_size=tried(200, 40))


@settings(max_examples=tried(200, 25), deadline=None)
@given(STEPS, st.sampled_from((60, 300, 900, 3600)))
def test_it_is_the_same(steps: list[tuple[int, int]], seconds: int) -> None:
    clock = Clock(NOW - NOW % 60_000)
    windows = Windows(clock)
    at = clock.now
    for pause, many in steps:
        at += pause * 10_000
        clock.now = at + 10_000
        sketch = sketch_of([100.0] * many)
        windows.add(PAYMENTS, Point(at, Stand(reads=2, waiting=many), Flow(many, many, many, 0), sketch, sketch))
    for ref in (PAYMENTS, None):
        assert windows.flow(ref, seconds) == windows.over(ref, seconds).flow
    fleet = FleetRecent({"": windows})
    assert fleet.flow(PAYMENTS, seconds) == windows.flow(PAYMENTS, seconds)


def test_it_is_the_same_where_steps_were_put_together() -> None:
    clock = Clock(NOW - NOW % 60_000)
    windows = Windows(clock)
    began = clock.now
    for step in range(60):
        flow = Flow(1, 1, 1) if step == 0 else Flow()
        windows.add(PAYMENTS, Point(began + step * 10_000, Stand(reads=1, waiting=step), flow))
        clock.now = began + (step + 1) * 10_000
    for back in range(0, 600, 10):
        assert windows.flow(PAYMENTS, back) == windows.over(PAYMENTS, back).flow
        assert not (windows.still(PAYMENTS, back) and windows.over(PAYMENTS, back).flow)
    assert windows.still(PAYMENTS, 60)
