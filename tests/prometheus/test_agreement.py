"""The same charts from a real Prometheus and from our files: half an hour of known numbers is put into both."""

import asyncio
import math
import subprocess
from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from bulltui.config.watching import HistorySettings
from bulltui.domain.charting import TIMINGS, Ask, Chart, Measure
from bulltui.domain.point import Flow, OfName, Point, Stand
from bulltui.domain.queue import QueueRef
from bulltui.domain.sketch import sketch_of
from bulltui.history.files import open_history
from bulltui.history.prometheus import PrometheusHistory
from bulltui.history.prometheus_words import Servers
from bulltui.metrics import labels
from bulltui.services.clock import SystemClock
from bulltui.services.watch.job_counts import BOUNDS_S
from bulltui.services.watch.local import LocalHistory
from bulltui.services.watch.protocols import STEP_MS, Written
from tests.metrics.prometheus import needs, prometheus

MAIL = QueueRef("bull", "mail")
ODD = QueueRef("my:app", 'say "hi" \\ .*')
REFS = (MAIL, ODD)
STEPS = 180
RESET_AT = 100
EARLY_MS = 500
"""So long before the end of a step it was scraped."""
MINUTE = 60_000
RUN_MS = {MAIL: 60, ODD: 400}


def flow_at(ref: QueueRef, step: int) -> Flow:
    """What moves in a step: a wave, of each queue another one."""
    of = REFS.index(ref) + 1
    done = round(30 * of * (1.5 + math.sin(step / 18)))
    failed = done // 10
    return Flow(
        added=done + of, started=done, completed=done - failed, failed=failed, retried=of, stalled=step % 7 == 0
    )


def stand_at(ref: QueueRef, step: int) -> Stand:
    of = REFS.index(ref) + 1
    waiting, active = of * (step % 60), of * 3
    return Stand(
        1, waiting, waiting, active, active, delayed=of * 10, failed=step, failed_max=step,
        oldest_ms=1000 * of * (step % 30), workers=of, workers_min=of,
        paused=int(ref == ODD and step >= 90), limited=0, saturated=int(ref == MAIL),
    )  # fmt: skip


@dataclass
class Filled:
    """Both histories, and where they begin (epoch ms)."""

    local: LocalHistory
    other: PrometheusHistory
    start_ms: int


@pytest.fixture(scope="module")
def start_ms() -> int:
    now = SystemClock().now_ms()
    return (now - 3 * 3_600_000) // MINUTE * MINUTE


@pytest.fixture(scope="module")
def url(tmp_path_factory: pytest.TempPathFactory, start_ms: int) -> Iterator[str]:
    folder = tmp_path_factory.mktemp("prometheus")
    text = folder / "samples"
    text.write_text(samples(start_ms))
    words = ("tsdb", "create-blocks-from", "openmetrics", "-q", str(text), str(folder / "data"))
    subprocess.run([needs("promtool"), *words], check=True, capture_output=True, timeout=60)
    with prometheus(folder, "127.0.0.1:1", scrape_s=3600) as running:
        yield running.url


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory, start_ms: int) -> Path:
    """The state folder, with the history of our own."""
    folder = tmp_path_factory.mktemp("state")
    asyncio.run(fill(folder, start_ms))
    return folder


async def fill(folder: Path, start_ms: int) -> None:
    store = open_history(folder, "redis://x", max_mb=100, clock=SystemClock())
    assert await store.lead()
    for step in range(STEPS):
        at_ms = start_ms + step * STEP_MS
        points, names = {}, {}
        for ref in REFS:
            flow = flow_at(ref, step)
            ended = sketch_of([RUN_MS[ref]] * flow.finished)
            points[ref] = Point(at_ms, stand_at(ref, step), flow, ended, ended)
            names[ref, "job"] = OfName(flow.completed, flow.failed, ended, ended)
        await store.write(Written(at_ms, points, names))
    await store.close()


@pytest.fixture
async def filled(url: str, start_ms: int, folder: Path) -> AsyncIterator[Filled]:
    store = open_history(folder, "redis://x", max_mb=100, clock=SystemClock())
    settings = HistorySettings(source="prometheus", url=url)
    yield Filled(LocalHistory({"": store}), PrometheusHistory(settings, Servers(), SystemClock()), start_ms)
    await store.close()


def samples(start_ms: int) -> str:
    """What our endpoint would have told of them, one scrape just before the end of each step. In the middle the process
    began anew, with its counters at 0."""
    lines: dict[str, list[str]] = {}

    def add(metric: str, where: str, value: float, at_ms: int) -> None:
        lines.setdefault(metric, []).append(f"{metric}{{{where}}} {value:g} {at_ms / 1000:.3f}")

    for ref in REFS:
        where = labels.of_queue(ref)
        counted = Flow()
        for step in range(-1, STEPS):
            at_ms = start_ms + (step + 1) * STEP_MS - EARLY_MS
            if step == RESET_AT:
                counted = Flow()
            counted = counted + flow_at(ref, step) if step >= 0 else counted
            for name in ("added", "started", "completed", "failed", "retried", "stalled"):
                add(f"bulltui_jobs_{name}_total", where, getattr(counted, name), at_ms)
            stand = stand_at(ref, max(0, step))
            for state in ("waiting", "active", "delayed", "failed"):
                add("bullmq_job_count", f'{where},state="{state}"', getattr(stand, state), at_ms)
            add("bulltui_queue_workers", where, stand.workers or 0, at_ms)
            add("bulltui_queue_paused", where, stand.paused, at_ms)
            add("bulltui_queue_rate_limited", where, stand.limited, at_ms)
            add("bulltui_queue_oldest_waiting_age_seconds", where, stand.oldest_ms / 1000, at_ms)
            if ref == MAIL:
                add("bulltui_queue_global_concurrency", where, stand.active, at_ms)
            for which in ("wait", "run"):
                add(f"bulltui_job_{which}_seconds_quantile", f'{where},quantile="0.95"', RUN_MS[ref] / 1000, at_ms)
            for metric, result in (
                ("bulltui_job_wait_seconds", ""),
                ("bullmq_job_completion_duration_seconds", ',result="completed"'),
            ):
                named = f'{where},name="job"{result}'
                for bound in (*BOUNDS_S, math.inf):
                    below = counted.finished if bound >= RUN_MS[ref] / 1000 else 0
                    add(f"{metric}_bucket", f'{named},le="{"+Inf" if bound == math.inf else bound}"', below, at_ms)
                add(f"{metric}_sum", named, counted.finished * RUN_MS[ref] / 1000, at_ms)
                add(f"{metric}_count", named, counted.finished, at_ms)
            for result, ended in (("completed", counted.completed), ("failed", counted.failed)):
                add("bullmq_jobs_finished_total", f'{where},name="job",result="{result}"', ended, at_ms)
    for step in range(-1, STEPS):
        add("bulltui_queues", 'job="bulltui"', len(REFS), start_ms + (step + 1) * STEP_MS - EARLY_MS)
    return "".join(f"# TYPE {name} unknown\n" + "\n".join(some) + "\n" for name, some in lines.items()) + "# EOF\n"


def one_step(ref_charts: Chart, measure: Measure) -> float:
    """How much a value may change by one scrape more or less."""
    values = [value for value in ref_charts.lines[measure] if value is not None]
    return max(values, default=0.0) / 6


@pytest.mark.parametrize("refs", [(), (ODD,), REFS], ids=["all", "one", "both"])
async def test_the_same_charts_within_a_sample(filled: Filled, refs: tuple[QueueRef, ...]) -> None:
    measures = tuple(Measure)
    end_ms = filled.start_ms + STEPS * STEP_MS
    ask = Ask(measures, filled.start_ms - 5 * MINUTE, end_ms, MINUTE, refs)
    ours, theirs = await filled.local.chart(ask), await filled.other.chart(ask)
    assert theirs.problem == ""
    assert (ours.start_ms, ours.step_ms) == (theirs.start_ms, theirs.step_ms)
    for measure in measures:
        mine, other = ours.lines[measure], theirs.lines[measure]
        assert len(mine) == len(other) == 35
        if measure in TIMINGS and "95" not in measure.value and len(refs) == 1:
            continue  # no such quantile was told
        for at, (a, b) in enumerate(zip(mine, other, strict=True)):
            if at < 4:
                assert (a, b) == (None, None), (measure, at)
            elif at == 4:  # a sample at the very beginning is all that there is
                assert a is None, measure
            else:
                assert a is not None, (measure, at)
                assert b is not None, (measure, at)
                # Buckets are as right as they are wide; a percentile of several queues follows from them.
                bound = 0.45 * a if measure in TIMINGS else max(one_step(ours, measure), 0.02 * a)
                assert abs(a - b) <= bound + 1e-9, (measure, at, a, b)


async def test_flows_over_the_whole_time_are_right_within_a_percent_across_a_reset(filled: Filled) -> None:
    end_ms = filled.start_ms + STEPS * STEP_MS
    ours, theirs = await filled.local.each(filled.start_ms, end_ms), await filled.other.each(filled.start_ms, end_ms)
    assert set(ours) == set(theirs) == set(REFS)
    for ref in REFS:
        for name in ("added", "started", "completed", "failed", "retried", "stalled"):
            mine, other = getattr(ours[ref].flow, name), getattr(theirs[ref].flow, name)
            assert abs(mine - other) <= max(2, 0.02 * mine), (ref, name, mine, other)
        one, other_stand = ours[ref].stand, theirs[ref].stand
        for name in (
            "waiting_max",
            "active_max",
            "delayed",
            "failed",
            "failed_max",
            "workers",
            "workers_min",
            "oldest_ms",
        ):
            assert getattr(one, name) == getattr(other_stand, name), (ref, name)
        for name in ("paused", "saturated", "limited"):
            share, other_share = getattr(one, name) / one.reads, getattr(other_stand, name) / other_stand.reads
            assert abs(share - other_share) < 0.03, (ref, name)
        assert abs(ours[ref].run.total - theirs[ref].run.total) <= 0.02 * ours[ref].run.total
        assert theirs[ref].run.mean_ms == pytest.approx(RUN_MS[ref], rel=0.02)


async def test_names_of_jobs_too(filled: Filled) -> None:
    start, end = filled.start_ms - filled.start_ms % 3_600_000, filled.start_ms + 4 * 3_600_000
    ours = await filled.local.names(start, end - end % 3_600_000)
    theirs = await filled.other.names(start, end - end % 3_600_000)
    assert set(theirs) == set(ours) == {(ref, "job") for ref in REFS}
    for key, one in ours.items():
        assert theirs[key].completed == pytest.approx(one.completed, rel=0.02)
        assert theirs[key].failed == pytest.approx(one.failed, rel=0.03)


async def test_how_it_is(filled: Filled) -> None:
    state = await filled.other.state()
    assert (state.leads, state.writer) == (False, "Prometheus")
    assert "does it scrape" in state.problem  # these three hours nobody did
    assert state.first_ms is not None
    assert 0 <= filled.start_ms - state.first_ms <= 2 * 86_400_000
