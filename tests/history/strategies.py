"""Points as they may come, for property tests."""

from hypothesis import strategies as st

from bulltui.domain.point import Flow, OfName, Point, Stand
from bulltui.domain.queue import QueueRef
from bulltui.domain.sketch import Sketch, sketch_of

small = st.integers(0, 400)
durations = st.lists(st.floats(0, 1e7) | st.sampled_from((0, 1, 250.0, 250.0, 1e12)), max_size=12)
sketches: st.SearchStrategy[Sketch] = st.builds(sketch_of, durations)
QUEUES = (
    QueueRef("bull", "mail"),
    QueueRef("bull", "päy:ments"),
    QueueRef("{eu}", "mail"),
    QueueRef("b", "\ud800\udc80x"),
)
refs = st.sampled_from(QUEUES)


@st.composite
def _stands(draw: st.DrawFn) -> Stand:
    reads = draw(st.integers(0, 2))
    if not reads:
        return Stand()
    waiting, active, failed = draw(small), draw(small), draw(small)
    workers = draw(st.none() | st.integers(0, 9))
    return Stand(
        reads,
        waiting,
        waiting + draw(st.integers(0, 5)),
        active,
        active + draw(st.integers(0, 5)),
        draw(small),
        draw(small),
        failed,
        failed + draw(st.integers(0, 5)),
        draw(small),
        draw(small),
        workers,
        None if workers is None else max(0, workers - draw(st.integers(0, 2))),
        draw(st.integers(0, reads)),
        draw(st.integers(0, reads)),
        draw(st.integers(0, reads)),
    )


stands = _stands()
flows = st.just(Flow()) | st.builds(Flow, small, small, small, small, small, small, small, small)
IDLE = Point(0, Stand(reads=1, completed=7, workers=2, workers_min=2))
points = st.just(IDLE) | st.builds(Point, st.just(0), stands, flows, sketches, sketches)
moved = st.builds(Point, st.just(0), st.just(Stand()), flows, sketches, sketches)
"""As they are filled in: nobody knows how a queue stood."""
of_names = st.builds(OfName, small, small, sketches, sketches)
