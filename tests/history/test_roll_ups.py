"""Whatever is written, in whatever order: each tier says what all of it together says."""

import sqlite3
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from unittest import mock

from hypothesis import given, settings
from hypothesis import strategies as st

from bulltui.domain.point import Point
from bulltui.domain.queue import QueueRef
from bulltui.history import laying, reading, room
from bulltui.history.rows import COLUMNS, point_of
from bulltui.history.schema import open_to_write
from bulltui.history.tiers import DAY, HOUR, MINUTE, TIERS, Tier
from bulltui.history.writing import Writer
from bulltui.services.watch.protocols import STEP_MS, Written
from tests.history import strategies as some
from tests.history.model import Model
from tests.thorough import tried

BEGIN = 1_800_000_000_000 // DAY * DAY
EXAMPLES = tried(1000, 60)
SPAN = 50 * HOUR

# Near each other, so that steps meet, and hours and days apart, so that blocks of time are over in between.
_times = st.integers(0, 12) | st.integers(0, 40) | st.integers(0, 720) | st.integers(0, SPAN // STEP_MS - 1)


@st.composite
def _written(draw: st.DrawFn) -> Written:
    at = BEGIN + draw(_times) * STEP_MS
    if draw(st.booleans()):  # as it mostly is: all queues at once
        return Written(at, {ref: replace(draw(some.points), at_ms=at) for ref in some.QUEUES[:2]})
    return Written(
        at,
        {ref: replace(one, at_ms=at) for ref, one in draw(st.dictionaries(some.refs, some.points, max_size=4)).items()},
        draw(st.dictionaries(st.tuples(some.refs, st.sampled_from(("a", "b", "é\ud83d"))), some.of_names, max_size=3)),
        draw(st.dictionaries(some.refs, st.text(max_size=5, alphabet="0123456789-"), max_size=2)),
    )


@st.composite
def _filled(draw: st.DrawFn) -> tuple[QueueRef, list[Point], int]:
    step = draw(st.sampled_from((MINUTE, HOUR)))
    slots = sorted(draw(st.sets(st.integers(0, 130 if step == MINUTE else SPAN // HOUR - 1), max_size=12)))
    return draw(some.refs), [replace(draw(some.moved), at_ms=BEGIN + slot * step) for slot in slots], step


@st.composite
def _asked(draw: st.DrawFn) -> tuple[list[QueueRef] | None, int, int, int]:
    step = draw(st.sampled_from((STEP_MS, 30_000, MINUTE, 5 * MINUTE, 90_000, HOUR, 6 * HOUR, DAY)))
    first = draw(st.integers(0, 3) | st.integers(0, SPAN // step))
    steps = draw(st.integers(1, 30))
    start = BEGIN // step * step + first * step
    return draw(st.none() | st.lists(some.refs, max_size=3)), start, start + steps * step, step


def _expected(model: Model, tier: Tier, base: sqlite3.Connection) -> dict[tuple[int, int], Point]:
    found = {}
    totals = set()
    for ref, placed in model.steps.items():
        if not placed:
            continue
        (number,) = reading.numbers_of(base, [ref])
        slots = {tier.slot(at) for at, step, _ in placed if step <= tier.step_ms}
        totals |= slots
        for slot in slots:
            found[number, slot] = model.point(placed, tier, slot * tier.step_ms, (slot + 1) * tier.step_ms)
    for slot in totals:
        found[0, slot] = model.total(tier, slot * tier.step_ms, (slot + 1) * tier.step_ms)
    return {key: one for key, one in found.items() if one is not None}


@contextmanager
def opened() -> Iterator[sqlite3.Connection]:
    with tempfile.TemporaryDirectory() as folder:
        base = open_to_write(Path(folder) / "a.db", "here", 1000)
        base.execute("PRAGMA synchronous = OFF")
        try:
            yield base
        finally:
            base.close()


@settings(max_examples=EXAMPLES, deadline=None)
@given(
    ops=st.lists(_written() | _written() | _written() | _filled() | st.just("restart"), max_size=25),
    asked=st.lists(_asked(), min_size=1, max_size=6),
    spans=st.lists(st.tuples(_times, st.integers(1, 5000)), min_size=1, max_size=3),
)
def test_every_tier_says_what_was_written(
    ops: list[Written | tuple[QueueRef, list[Point], int] | str],
    asked: list[tuple[list[QueueRef] | None, int, int, int]],
    spans: list[tuple[int, int]],
) -> None:
    model = Model()
    filled = False
    with opened() as base, mock.patch.object(room, "drop"):
        writer = Writer(base, 10**9)
        for op in ops:
            if isinstance(op, str):
                writer = Writer(base, 10**9)
            elif isinstance(op, Written):
                writer.write(op)
                model.write(op)
            else:
                writer.fill(*op, now_ms=BEGIN + DAY)
                model.fill(*op)
                filled = True
        for tier in TIERS:
            rows = laying.rows(base, tier, 0, tier.slot(BEGIN + 100 * DAY), None, ", ".join(COLUMNS))
            kept = {(number, slot): point_of(row, slot * tier.step_ms) for number, slot, row in rows}
            assert kept == _expected(model, tier, base)
        for refs, start, end, step in asked:
            found = reading.points(base, refs, start, end, step, timings=True)
            assert found == model.points(refs, start, end, step)
            short = reading.points(base, refs, start, end, step, timings=False)
            assert [one and (one.stand, one.flow) for one in short] == [one and (one.stand, one.flow) for one in found]
        for first, steps in spans:
            start, end = BEGIN + first * STEP_MS, BEGIN + (first + steps) * STEP_MS
            if not filled:
                assert reading.each(base, start, end, timings=True) == model.each(start, end)
            assert reading.names(base, None, start, end) == model.names(start, end)
        assert reading.cursors(base) == model.cursors
        assert base.execute("PRAGMA integrity_check").fetchall() == [("ok",)]
