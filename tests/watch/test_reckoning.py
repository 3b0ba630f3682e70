"""What was not seen follows from counts: all of it, once, and never what cannot be."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bulltui.domain.point import Flow
from bulltui.domain.queue import Counts, Queue
from bulltui.services.watch.reckoning import Account, Missing, divided
from tests.thorough import tried
from tests.watch.recording import START, queue


def read(
    added: int,
    *,
    waiting: int = 0,
    active: int = 0,
    failed: int = 0,
    totals: tuple[int | None, int | None] = (None,) * 2,
) -> Queue:
    counts = Counts(waiting=waiting, active=active, failed=failed)
    return queue(counts=counts, added=added, completed_total=totals[0], failed_total=totals[1])


def missed(first: Queue, last: Queue, *, followed: bool = False) -> Flow:
    account = Account()
    account.read(first, START, followed=followed)
    account.read(last, START + 10_000, followed=followed)
    return sum((found.flow for found in account.settle(START + 10_000)), Flow())


def test_by_metrics_where_these_are_kept() -> None:
    flow = missed(read(100, totals=(90, 5)), read(130, waiting=3, totals=(110, 7)))
    assert flow == Flow(added=30, started=22, completed=20, failed=2, estimated=22)


def test_by_what_was_added_and_is_not_there_any_more() -> None:
    flow = missed(read(100, waiting=10, failed=1), read(130, waiting=4, active=2, failed=3))
    assert flow == Flow(added=30, started=36, completed=32, failed=2, estimated=34)


@pytest.mark.parametrize(
    "last",
    [
        read(0),
        read(20, totals=(10, 0)),
        read(110, totals=(50, 5)),
        read(110, totals=(1_000_000, 5)),
        read(110, totals=(None, None), waiting=500),
    ],
    ids=["emptied", "obliterated and filled", "an old replica", "counters of another", "counters gone"],
)
def test_a_counter_that_cannot_be_right_tells_nothing_or_little(last: Queue) -> None:
    flow = missed(read(100, waiting=10, totals=(90, 5)), last)
    assert min(flow.added, flow.started, flow.completed, flow.failed) >= 0
    assert flow.finished <= 20


def test_nothing_is_missing_where_all_events_are_seen() -> None:
    assert not missed(read(100, totals=(90, 5)), read(500, totals=(400, 9)), followed=True)


def test_what_was_seen_beside_a_gap_is_not_counted_twice() -> None:
    account = Account()
    account.read(read(100, totals=(90, 5)), START, followed=True)
    for at in (START - 1, START + 1, START + 2):  # the first is in the counts already
        if (interval := account.interval(at)) is not None:
            interval.completed += 1
            interval.added += 1
    account.lose(START + 3, START + 5_000)
    account.read(read(110, totals=(100, 5)), START + 10_000, followed=True)
    assert account.settle(START + 9_999) == []  # more may be seen of that time
    (found,) = account.settle(START + 10_000)
    assert found == Missing(Flow(added=8, started=10, completed=8, failed=0, estimated=8), START + 3, START + 5_000)
    account.read(read(120, totals=(110, 5)), START + 20_000, followed=True)
    assert account.settle(START + 20_000) == []


def test_an_event_belongs_to_the_read_before_it() -> None:
    account = Account()
    assert account.interval(START) is None
    account.read(read(1), START, followed=True)
    account.read(read(2), START + 10, followed=True)
    first, second = account.interval(START + 10), account.interval(START + 11)
    assert first is not None
    assert second is not None
    assert first is not second


def test_reads_that_come_faster_than_events_are_passed_over() -> None:
    account = Account()
    for number in range(100):
        account.read(read(number, totals=(number, 0)), START + number, followed=True)
    account.lose(START, START + 99)
    account.settle(START + 99)
    account.read(read(200, totals=(200, 0)), START + 200, followed=True)
    assert sum((one.flow for one in account.settle(START + 200)), Flow()).completed == 200 - 3


@settings(max_examples=tried(500, 50), deadline=None)
@given(st.tuples(*(st.integers(0, 10_000),) * 4), st.integers(0, 10**7), st.integers(0, 10**8))
def test_what_is_missing_is_divided_without_rest(numbers: tuple[int, ...], offset: int, span: int) -> None:
    added, started, completed, failed = numbers
    flow = Flow(added, started, completed, failed, estimated=completed + failed)
    parts = list(divided(Missing(flow, START + offset, START + offset + span)))
    assert sum((part for _, part in parts), Flow()) == flow
    assert all(START + offset <= at <= START + offset + span for at, _ in parts)
    assert len(parts) <= 362
    assert all(min(part.added, part.started, part.completed, part.failed) >= 0 for _, part in parts)
