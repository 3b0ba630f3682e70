"""Histories of several servers are read as one."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import pytest

from bulltui.domain.charting import Ask, Measure
from bulltui.domain.errors import BulltuiError, NotFoundError
from bulltui.domain.point import Flow, OfName, Point, Stand, beside
from bulltui.domain.queue import QueueRef
from bulltui.domain.sketch import sketch_of
from bulltui.services.watch.local import Labelled, LocalHistory
from bulltui.services.watch.protocols import HistoryState, Written

MAIL = QueueRef("bull", "mail")
PAY = QueueRef("bull", "pay")
EU_MAIL, US_MAIL = QueueRef("bull", "mail", "eu"), QueueRef("bull", "mail", "us")
STEP = 10_000


@dataclass
class FakeStore:
    """A point of each queue in each step."""

    queues: dict[QueueRef, Point]
    error: BulltuiError | None = None
    asked: list[Any] = field(default_factory=list)
    written: list[Any] = field(default_factory=list)
    stands: HistoryState = HistoryState("/here", leads=True, first_ms=5, last_ms=7, bytes=10)

    async def lead(self) -> bool:
        return True

    async def write(self, written: Written) -> None:
        self.written.append(written)

    async def fill(self, ref: QueueRef, points: Sequence[Point], step_ms: int) -> None:
        self.written.append((ref, points, step_ms))

    async def cursors(self) -> dict[QueueRef, str]:
        return dict.fromkeys(self.queues, "1-1")

    async def points(
        self, refs: Sequence[QueueRef] | None, start_ms: int, end_ms: int, step_ms: int, *, timings: bool
    ) -> list[Point | None]:
        self.asked.append((refs, timings))
        if self.error is not None:
            raise self.error
        some = [point for ref, point in self.queues.items() if refs is None or ref in refs]
        steps = range(start_ms, end_ms, step_ms)
        return [beside(some, at) if some else None for at in steps]

    async def each(self, start_ms: int, end_ms: int, *, timings: bool) -> dict[QueueRef, Point]:
        if self.error is not None:
            raise self.error
        return self.queues

    async def names(
        self, refs: Sequence[QueueRef] | None, start_ms: int, end_ms: int
    ) -> dict[tuple[QueueRef, str], OfName]:
        return {(ref, "charge"): OfName(1) for ref in self.queues}

    async def state(self) -> HistoryState:
        if self.error is not None:
            raise self.error
        return self.stands

    async def close(self) -> None:
        self.asked.append("closed")


def point(completed: int, ms: float) -> Point:
    return Point(
        0, Stand(reads=1, waiting=completed, waiting_max=completed), Flow(completed=completed), run=sketch_of([ms])
    )


def ask(*measures: Measure, refs: tuple[QueueRef, ...] = ()) -> Ask:
    return Ask(measures, 0, 2 * STEP, STEP, refs)


async def test_all_queues_of_all_servers_go_together() -> None:
    eu, us = FakeStore({MAIL: point(2, 10), PAY: point(1, 20)}), FakeStore({MAIL: point(5, 4000)})
    both = LocalHistory({"eu": eu, "us": us})
    chart = await both.chart(ask(Measure.COMPLETED, Measure.WAITING, Measure.RUN_P99))
    assert chart.lines[Measure.COMPLETED] == (48.0, 48.0)
    assert chart.lines[Measure.WAITING] == (8.0, 8.0)
    longest = chart.lines[Measure.RUN_P99][0]
    assert longest == pytest.approx(4.0, rel=0.02)  # of all durations together, and no mean of two percentiles
    assert eu.asked == us.asked == [(None, True)]


async def test_a_queue_is_asked_of_its_server_alone_and_without_its_label() -> None:
    eu, us = FakeStore({MAIL: point(2, 10)}), FakeStore({MAIL: point(5, 10)})
    both = LocalHistory({"eu": eu, "us": us})
    chart = await both.chart(ask(Measure.COMPLETED, refs=(US_MAIL,)))
    assert chart.lines[Measure.COMPLETED] == (30.0, 30.0)
    assert us.asked == [([MAIL], False)]
    assert not eu.asked
    with pytest.raises(NotFoundError):
        await both.chart(ask(Measure.COMPLETED, refs=(QueueRef("bull", "mail", "ap"),)))
    assert set(await both.each(0, STEP)) == {EU_MAIL, US_MAIL}
    assert set(await both.names(0, STEP)) == {(EU_MAIL, "charge"), (US_MAIL, "charge")}


async def test_a_single_server_has_no_label() -> None:
    store = FakeStore({MAIL: point(2, 10)})
    one = LocalHistory({"": store})
    chart = await one.chart(ask(Measure.COMPLETED, refs=(MAIL,)))
    assert chart.lines[Measure.COMPLETED] == (12.0, 12.0)
    assert set(await one.each(0, STEP)) == {MAIL}
    assert await one.state() == store.stands


async def test_one_that_cannot_be_read_is_named_and_the_other_shown() -> None:
    broken = FakeStore({}, BulltuiError("The file is broken.", hint="Take it away."))
    both = LocalHistory({"eu": broken, "us": FakeStore({MAIL: point(5, 10)})})
    chart = await both.chart(ask(Measure.COMPLETED))
    assert chart.lines[Measure.COMPLETED] == (30.0, 30.0)
    assert chart.problem == "eu: The file is broken."
    state = await both.state()
    assert (state.problem, state.hint, state.leads) == ("eu: The file is broken.", "Take it away.", False)
    assert (state.first_ms, state.last_ms, state.bytes) == (5, 7, 10)
    with pytest.raises(BulltuiError, match="broken"):
        await both.chart(ask(Measure.COMPLETED, refs=(EU_MAIL,)))


async def test_a_store_takes_refs_with_the_label_and_gives_them_back_with_it() -> None:
    store = FakeStore({MAIL: point(2, 10)})
    labelled = Labelled(store, "eu")
    one = point(1, 1)
    await labelled.write(Written(0, {EU_MAIL: one}, {(EU_MAIL, "a"): OfName(1)}, {EU_MAIL: "1-2"}))
    await labelled.fill(EU_MAIL, [one], 60_000)
    assert store.written == [Written(0, {MAIL: one}, {(MAIL, "a"): OfName(1)}, {MAIL: "1-2"}), (MAIL, [one], 60_000)]
    assert set(await labelled.cursors()) == {EU_MAIL}
    assert set(await labelled.each(0, 1, timings=True)) == {EU_MAIL}
    assert set(await labelled.names([EU_MAIL], 0, 1)) == {(EU_MAIL, "charge")}
    assert await labelled.points([EU_MAIL], 0, STEP, STEP, timings=False) == [beside([point(2, 10)], 0)]
    assert await labelled.lead()
    assert (await labelled.state()).bytes == 10
    await labelled.close()
    assert store.asked[-1] == "closed"
