"""Counters that only grow, whatever becomes of the steps that they are made of."""

from bulltui.domain.point import Flow
from bulltui.domain.queue import QueueRef
from bulltui.services.watch.totals import Totals

MAIL, PAY = QueueRef("bull", "mail"), QueueRef("bull", "pay")


def test_what_moves_is_told_before_its_step_is_over_and_once() -> None:
    totals = Totals()
    totals.moving({0: {MAIL: Flow(added=2)}})
    assert totals.flows == {MAIL: Flow(added=2)}
    totals.moving({0: {MAIL: Flow(added=5)}, 10: {MAIL: Flow(added=1), PAY: Flow(failed=1)}})
    assert totals.flows == {MAIL: Flow(added=6), PAY: Flow(failed=1)}
    totals.settle(0, {MAIL: Flow(added=5, completed=4)})
    assert totals.flows == {MAIL: Flow(added=6, completed=4), PAY: Flow(failed=1)}
    totals.moving({0: {MAIL: Flow(added=1)}})  # one that came late, to a step that is over
    assert totals.flows[MAIL] == Flow(added=7, completed=4)
    totals.settle(0, {MAIL: Flow(added=1)})
    totals.settle(10, {MAIL: Flow(added=1), PAY: Flow(failed=1)})
    assert totals.flows == {MAIL: Flow(added=7, completed=4), PAY: Flow(failed=1)}


def test_what_is_seen_again_is_neither_counted_twice_nor_taken_back() -> None:
    totals = Totals()
    totals.moved(MAIL, Flow(added=10))
    totals.moving({0: {MAIL: Flow(added=5, failed=1)}})
    totals.begin_anew()
    assert totals.flows == {MAIL: Flow(added=15, failed=1)}  # a counter that goes back has begun again, to Prometheus
    totals.moving({0: {MAIL: Flow(added=3)}})
    assert totals.flows == {MAIL: Flow(added=15, failed=1)}
    totals.settle(0, {MAIL: Flow(added=8, failed=1)})
    assert totals.flows == {MAIL: Flow(added=18, failed=1)}


def test_queues_that_are_gone_are_dropped() -> None:
    totals = Totals()
    totals.moved(MAIL, Flow(added=1))
    totals.moving({0: {MAIL: Flow(added=1), PAY: Flow(added=1)}})
    totals.begin_anew()
    totals.moving({0: {MAIL: Flow(added=1), PAY: Flow(added=1)}})
    totals.keep({PAY})
    assert totals.flows == {PAY: Flow(added=1)}
