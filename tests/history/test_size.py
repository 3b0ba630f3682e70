"""A small edition of `tests/bench/history.py`: what a history takes of the disk, and how long charts take."""

import asyncio
from pathlib import Path

import pytest

from bulltui.domain.charting import Ask, chart_of
from bulltui.history import reading
from bulltui.history.files import history_path
from bulltui.history.schema import open_to_write
from bulltui.history.tiers import DAY, MINUTE, MINUTES, TEN_SECONDS
from bulltui.history.writing import Writer
from bulltui.services.watch.protocols import Written
from tests.bench import history as bench
from tests.own_time import own_time

_LOAD = bench.Load(busy=2, now_and_then=5, idle=3, days=4)


def test_what_the_bench_lays_down_is_what_writes_leave_behind(tmp_path: Path) -> None:
    base = open_to_write(tmp_path / "a.db", bench.SERVER, 1000)
    writer = Writer(base, 10**9)
    base.execute("BEGIN")
    numbers = [writer.number(ref, 0) for ref in _LOAD.refs]
    base.execute("COMMIT")
    pattern = bench.Pattern(bench.Drawn(_LOAD), numbers)
    for at, points in pattern.points.items():
        writer.write(Written(at, dict(zip(_LOAD.refs, points, strict=True))))
    for tier in (TEN_SECONDS, MINUTES):
        rows = base.execute(f"SELECT * FROM open_{tier.name} ORDER BY id").fetchall()
        laid = [
            (tier.place(slot, number), *row)
            for slot, some in sorted(pattern.rows[tier].items())
            for number, row in sorted(some)
        ]
        assert len(rows) == len(laid)
        # All queues together are drawn for the bench, since to add up a thousand takes its time.
        pairs = [(one, other) for one, other in zip(rows, laid, strict=True) if one[0] & 0xFFFFFF]
        assert pairs
        assert all(one == other for one, other in pairs)
    base.close()


@pytest.fixture(scope="module")
def filled(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, int]:
    """A folder with a history, and when it ends."""
    folder = tmp_path_factory.mktemp("filled")
    return folder, bench.fill(history_path(folder, bench.SERVER), _LOAD)


def test_ten_queues_take_their_share_and_a_chart_of_a_day_is_quick(filled: tuple[Path, int]) -> None:
    folder, end = filled
    path = history_path(folder, bench.SERVER)
    # Of a thousand queues over 90 days, which take 1.5 GB: a hundredth, and hours and days of four days only.
    assert path.stat().st_size < 11_000_000
    base = open_to_write(path, bench.SERVER, 1000)
    for refs in (None, _LOAD.refs[:1]):
        ask = Ask(bench.ALL, end - DAY, end, MINUTE, tuple(refs or ()))
        took = []
        for _ in range(5):
            begun = own_time()
            points = reading.points(base, refs, ask.start_ms, ask.end_ms, ask.step_ms, timings=True)
            chart = chart_of(points, ask)
            took.append(own_time() - begun)
        assert all(None not in line for line in chart.lines.values())
        assert min(took) < 0.1  # 0.05 on a machine that does nothing else
    base.close()


def test_the_bench_measures(filled: tuple[Path, int]) -> None:
    folder, end = filled
    figures = asyncio.run(bench.charts(folder, _LOAD, end))
    assert figures[0].ours < 16  # with the log
    assert {figure.unit for figure in figures} == {"MB", "ms"}
