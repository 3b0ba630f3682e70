"""Rates from successive reads."""

from hypothesis import given
from hypothesis import strategies as st

from bulltui.domain.layout import Layout, LayoutVerdict
from bulltui.domain.queue import Counts, Queue, QueueRef
from bulltui.domain.rates import Rates, Sample, rates, sample


def read(at: int, added: int, pending: int, *, failed: int = 0, totals: tuple[int, int] | None = None) -> Sample:
    return Sample(at, added, pending, failed, *(totals or (None, None)))


def test_two_reads_are_needed() -> None:
    assert rates([]) == rates([read(0, 1, 1)]) == Rates()
    assert rates([read(5, 1, 1), read(5, 9, 1)]) == Rates()
    assert rates([read(5, 1, 1), read(4, 9, 1)]) == Rates()


def test_from_metrics() -> None:
    found = rates([read(0, 10, 0, totals=(100, 5)), read(30_000, 40, 9, totals=(120, 10))])
    assert found == Rates(added=60, finished=50, failed=10)


def test_estimated_from_backlog() -> None:
    found = rates([read(0, 10, 5), read(60_000, 40, 15, failed=2)])
    assert found == Rates(added=30, finished=20, failed=2, estimated=True)
    assert rates([read(0, 10, 5), read(60_000, 10, 15)]).finished == 0


def test_counters_that_went_back() -> None:
    assert rates([read(0, 100, 0), read(60_000, 3, 0)]) == Rates()
    assert rates([read(0, 1, 0, totals=(100, 5)), read(60_000, 3, 0, totals=(1, 0))]).estimated


def test_sample() -> None:
    queue = Queue(
        QueueRef("bull", "mail"), Counts(waiting=1, failed=3), LayoutVerdict(Layout.V5), added=9, failed_total=4
    )
    assert sample(queue, 17) == Sample(17, 9, 1, 3, None, 4)


numbers = st.integers(min_value=0, max_value=2**53)
samples = st.builds(Sample, numbers, numbers, numbers, numbers, st.none() | numbers, st.none() | numbers)


@given(st.lists(samples, max_size=4))
def test_rates_are_never_negative(reads: list[Sample]) -> None:
    found = rates(reads)
    assert all(rate is None or rate >= 0 for rate in (found.added, found.finished, found.failed))
